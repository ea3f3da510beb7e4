//! Writing, sending and reading referrals. Who refers and the order of the statuses are the database's
//! (`clinic.referral_rules`); a sent one lets its patient be booked (`clinic.open_referral`).
use super::{
    Error, Event, Store,
    authored::{authored, coded, name, stale},
    sealed,
};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, ReferralId, RequestId},
    provider::Profession,
    record::VisitRef,
    referral::{NewReferral, Referral, ReferralStatus, ReferralUrgency, Target},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Somebody or something a patient can be referred to, for choosing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReferralTarget {
    pub target: Target,
    pub name: String,
    /// Profession and specialties, or empty for a specialty.
    pub detail: String,
}

/// The columns a target is kept in.
struct Columns {
    provider: Option<Uuid>,
    specialty: Option<String>,
    outside: [Option<Vec<u8>>; 3],
}

fn columns(
    target: Option<&Target>,
    text: &sealed::Row<'_>,
    old: [Option<&[u8]>; 3],
) -> Result<Columns, Error> {
    let mut found = Columns { provider: None, specialty: None, outside: [None, None, None] };
    match target {
        Some(Target::Provider(id)) => found.provider = Some(id.0),
        Some(Target::Specialty(code)) => found.specialty = Some(code.clone()),
        Some(Target::Outside { name, specialty, contact }) => {
            found.outside = [
                text.seal_changed("outside_name", name.trim(), old[0])?,
                text.seal_changed("outside_specialty", specialty.trim(), old[1])?,
                text.seal_changed("outside_contact", contact.trim(), old[2])?,
            ];
        }
        None => {}
    }
    Ok(found)
}

impl Store {
    /// Whom a patient can be referred to: every provider of a profession that takes referrals, but the speaker, specialists
    /// first; then every specialty.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn referral_targets(&self, actor: &Actor) -> Result<Vec<ReferralTarget>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let providers = sqlx::query!(
                    r#"select p.id, a.family_name, a.given_name, p.profession,
                              coalesce((select string_agg(s.name, ', ' order by s.name) from clinic.provider_specialty ps
                                         join clinic.specialty s on s.code = ps.specialty where ps.provider_id = p.id), '') as "specialties!"
                       from clinic.provider p join clinic.account a on a.id = p.account_id
                       where a.deactivated_at is null and p.account_id <> auth.actor()
                       order by p.profession = 'specialist' desc, a.family_name, a.given_name, p.id"#
                )
                .fetch_all(&mut *c)
                .await?;
                let specialties = sqlx::query!("select code, name from clinic.specialty order by name")
                    .fetch_all(&mut *c)
                    .await?;
                let people = providers.into_iter().filter_map(|p| {
                    let profession = Profession::from_code(&p.profession)?;
                    profession.takes_referrals().then(|| ReferralTarget {
                        target: Target::Provider(p.id.into()),
                        name: name((Some(p.family_name), Some(p.given_name))).to_string(),
                        detail: if p.specialties.is_empty() {
                            crate::text::tr_str(profession.word()).to_owned()
                        } else {
                            p.specialties
                        },
                    })
                });
                let any = specialties.into_iter().map(|s| ReferralTarget {
                    target: Target::Specialty(s.code),
                    name: s.name,
                    detail: String::new(),
                });
                Ok(people.chain(any).collect())
            })
        })
        .await
    }

    /// Writes a referral in a visit; it is not sent yet.
    ///
    /// # Errors
    /// [`Error::Refused`] with `profession_does_not_refer`, `referral_target` or `referral_period`.
    pub async fn write_referral(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        new: NewReferral,
    ) -> Result<ReferralId, Error> {
        let event = Event::new("referral.write", "encounter").id(visit.encounter.0).patient(visit.patient);
        self.write(actor, request, event, &(visit, new.clone()), move |c| {
            Box::pin(async move {
                let id = ReferralId::new();
                let keys = sealed::keys_to_write(&mut *c, visit.patient.0).await?;
                let text = keys.row("referral", visit.patient.0, id);
                let to = columns(new.target.as_ref(), &text, [None; 3])?;
                let [outside_name, outside_specialty, outside_contact] = to.outside;
                let done = sqlx::query!(
                    "insert into clinic.referral (id, patient_id, encounter_id, from_provider_id, to_provider_id, to_specialty,
                            outside_name, outside_specialty, outside_contact, reason, letter, urgency, written_on, visits_allowed,
                            valid_until, author)
                     select $1, e.patient_id, e.id, e.provider_id, $4, $5, $6, $7, $8, $9, $10, $11, today.day, $12,
                            coalesce($13, (today.day + make_interval(months => clinic.setting('referral_valid_months')::int))::date),
                            auth.actor()
                       from clinic.encounter e join clinic.centre ce on ce.id = e.centre_id,
                            lateral (select (clinic.now() at time zone ce.zone)::date as day) today
                      where e.id = $2 and e.patient_id = $3",
                    id.0,
                    visit.encounter.0,
                    visit.patient.0,
                    to.provider,
                    to.specialty,
                    outside_name,
                    outside_specialty,
                    outside_contact,
                    text.seal("reason", new.reason.trim())?,
                    text.seal("letter", &new.letter)?,
                    new.urgency.code(),
                    new.visits_allowed.map(i32::from),
                    new.valid_until
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(id) } else { Err(Error::NotFound) }
            })
        })
        .await
    }

    /// Changes a referral that was not sent yet. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] with `sent_referral_stays`.
    pub async fn change_referral(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        (referral, seen): (ReferralId, i64),
        new: NewReferral,
    ) -> Result<i64, Error> {
        let event = Event::new("referral.change", "referral").id(referral.0).patient(patient);
        self.write(actor, request, event, &(referral, new.clone()), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, patient.0).await?;
                let text = keys.row("referral", patient.0, referral);
                let old = sqlx::query!(
                    "select outside_name, outside_specialty, outside_contact, reason, letter from clinic.referral where id = $1",
                    referral.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                let outside = [&old.outside_name, &old.outside_specialty, &old.outside_contact];
                let to = columns(new.target.as_ref(), &text, outside.map(Option::as_deref))?;
                let [outside_name, outside_specialty, outside_contact] = to.outside;
                let version = sqlx::query_scalar!(
                    "update clinic.referral set to_provider_id = $3, to_specialty = $4, outside_name = $5, outside_specialty = $6,
                            outside_contact = $7, reason = $8, letter = $9, urgency = $10, visits_allowed = $11,
                            valid_until = coalesce($12, valid_until)
                      where id = $1 and version = $2 and patient_id = $13 and author = auth.actor() and struck_at is null
                      returning version",
                    referral.0,
                    seen,
                    to.provider,
                    to.specialty,
                    outside_name,
                    outside_specialty,
                    outside_contact,
                    text.seal_changed("reason", new.reason.trim(), old.reason.as_deref())?,
                    text.seal_changed("letter", &new.letter, old.letter.as_deref())?,
                    new.urgency.code(),
                    new.visits_allowed.map(i32::from),
                    new.valid_until,
                    patient.0
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale!(c, "clinic.referral", referral.0)),
                }
            })
        })
        .await
    }

    /// Sends a referral: from now on the patient can be booked by it. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Refused`] with `referral_needs_reason`; [`Error::Stale`] when somebody changed it since `seen`.
    pub async fn send_referral(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        referral: ReferralId,
        seen: i64,
    ) -> Result<i64, Error> {
        let event = Event::new("referral.send", "referral").id(referral.0).patient(patient);
        self.set_referral(actor, request, event, referral, seen, ReferralStatus::Sent).await
    }

    /// Takes a referral back; nobody can be booked by it any more.
    ///
    /// # Errors
    /// [`Error::Refused`] once it is booked; [`Error::Stale`] when somebody changed it since `seen`.
    pub async fn withdraw_referral(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        referral: ReferralId,
        seen: i64,
    ) -> Result<i64, Error> {
        let event = Event::new("referral.withdraw", "referral").id(referral.0).patient(patient);
        self.set_referral(actor, request, event, referral, seen, ReferralStatus::Withdrawn).await
    }

    async fn set_referral(
        &self,
        actor: &Actor,
        request: RequestId,
        event: Event,
        referral: ReferralId,
        seen: i64,
        to: ReferralStatus,
    ) -> Result<i64, Error> {
        self.write(actor, request, event, &(referral, to), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.referral set status = $3
                      where id = $1 and version = $2 and author = auth.actor() and struck_at is null returning version",
                    referral.0,
                    seen,
                    to.code()
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale!(c, "clinic.referral", referral.0)),
                }
            })
        })
        .await
    }

    /// Opens a referral and its letter; read by the one it is written to, it becomes seen. Always logged.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the speaker may read.
    pub async fn open_referral(&self, actor: &Actor, referral: ReferralId) -> Result<Referral, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.referral_seen($1)", referral.0).fetch_one(&mut *c).await?;
                let mut found = select(c, Some(referral.0), None, false).await?;
                let found = found.pop().ok_or(Error::NotFound)?;
                Event::new("referral.open", "referral")
                    .id(referral.0)
                    .patient(found.patient)
                    .record(&mut *c)
                    .await?;
                Ok(found)
            })
        })
        .await
    }

    /// The open referrals written to the signed-in provider or to their specialty: those still to be booked
    /// first, of these the most urgent.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn incoming_referrals(&self, actor: &Actor, opened: bool) -> Result<Vec<Referral>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let mut found = select(c, None, None, true).await?;
                found.sort_by_key(|r| {
                    (r.status == ReferralStatus::Booked, std::cmp::Reverse(r.what.urgency as u8), r.sent_at)
                });
                if opened {
                    Event::new("referrals.open", "referral")
                        .facts(serde_json::json!({ "rows": found.len() }))
                        .record(&mut *c)
                        .await?;
                }
                Ok(found)
            })
        })
        .await
    }
}

/// The referrals of a visit, oldest first.
pub(super) async fn referrals(c: &mut PgConnection, encounter: Uuid) -> Result<Vec<Referral>, Error> {
    select(c, None, Some(encounter), false).await
}

async fn select(
    c: &mut PgConnection,
    id: Option<Uuid>,
    encounter: Option<Uuid>,
    incoming: bool,
) -> Result<Vec<Referral>, Error> {
    let rows = sqlx::query!(
        r#"select r.id, r.patient_id, r.encounter_id, r.version, r.to_provider_id, r.to_specialty, r.outside_name, r.outside_specialty,
                  r.outside_contact, r.reason, r.letter, r.urgency, r.written_on, r.visits_allowed, r.valid_until, r.status, r.sent_at,
                  r.created_at, r.struck_at, coalesce(r.author = auth.actor(), false) as "mine!",
                  f.family_name as from_family, f.given_name as from_given, t.family_name as "t_family?", t.given_name as "t_given?",
                  sp.name as "specialty_name?", a.family_name as "a_family?", a.given_name as "a_given?",
                  s.family_name as "s_family?", s.given_name as "s_given?", p.family_name as patient_family, p.given_name as patient_given
           from clinic.referral r
           join clinic.patient p on p.id = r.patient_id
           join clinic.provider fp on fp.id = r.from_provider_id join clinic.account f on f.id = fp.account_id
           left join clinic.provider tp on tp.id = r.to_provider_id left join clinic.account t on t.id = tp.account_id
           left join clinic.specialty sp on sp.code = r.to_specialty
           left join clinic.account a on a.id = r.author
           left join clinic.account s on s.id = r.struck_by
           where ($1::uuid is null or r.id = $1) and ($2::uuid is null or r.encounter_id = $2)
             and (not $3 or r.struck_at is null and r.status in ('sent', 'seen', 'booked')
                  and (r.to_provider_id = auth.provider_id() or r.to_provider_id is null and r.to_specialty in
                      (select ps.specialty from clinic.provider_specialty ps where ps.provider_id = auth.provider_id())))
           order by r.created_at, r.id"#,
        id,
        encounter,
        incoming
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("referral", r.patient_id, r.id);
            let outside = text.open("outside_name", r.outside_name.as_deref())?;
            let (target, to) = match (r.to_provider_id, r.to_specialty) {
                (Some(id), _) => {
                    (Some(Target::Provider(id.into())), name((r.t_family, r.t_given)).to_string())
                }
                (None, Some(code)) => {
                    let to = r.specialty_name.unwrap_or_else(|| code.clone());
                    (Some(Target::Specialty(code)), to)
                }
                (None, None) => (
                    Some(Target::Outside {
                        name: outside.clone(),
                        specialty: text.open("outside_specialty", r.outside_specialty.as_deref())?,
                        contact: text.open("outside_contact", r.outside_contact.as_deref())?,
                    }),
                    outside,
                ),
            };
            Ok(Referral {
                id: r.id.into(),
                patient: r.patient_id.into(),
                patient_name: name((Some(r.patient_family), Some(r.patient_given))),
                encounter: r.encounter_id.map(Into::into),
                version: r.version,
                from: name((Some(r.from_family), Some(r.from_given))),
                what: NewReferral {
                    target,
                    reason: text.open("reason", r.reason.as_deref())?,
                    letter: text.open("letter", r.letter.as_deref())?,
                    urgency: coded(ReferralUrgency::from_code(&r.urgency), "urgency")?,
                    visits_allowed: r.visits_allowed.and_then(|n| u8::try_from(n).ok()),
                    valid_until: Some(r.valid_until),
                },
                to,
                written_on: r.written_on,
                status: coded(ReferralStatus::from_code(&r.status), "referral status")?,
                sent_at: r.sent_at,
                written: authored(
                    r.mine,
                    (r.a_family, r.a_given),
                    r.created_at,
                    (r.s_family, r.s_given),
                    r.struck_at,
                ),
            })
        })
        .collect()
}
