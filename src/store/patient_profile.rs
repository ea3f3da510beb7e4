//! A patient on one page for the desk: identity, alerts, allergy marks as far as the role may see them, appointments.
use super::{
    Error, Event, Store,
    appointment::{kind_of, status_of, texts, zone_of},
    patient_link::{Merged, links},
    sealed,
};
use crate::{
    domain::{
        actor::Actor,
        appointment::{AppointmentKind, AppointmentStatus},
        ids::{AppointmentId, CentreId, PatientId, ProviderId},
        name::PersonName,
        patient::{Allergies, AllergyMark, Identity, Leads, PatientAlert, PatientHit, Sex, easily_confused},
        time::Period,
        waitlist::WaitEntry,
    },
    text::fold,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;

/// One appointment in a patient's list.
#[derive(Debug, Clone, PartialEq)]
pub struct PatientAppointment {
    pub id: AppointmentId,
    pub version: i64,
    pub period: Period,
    pub zone: Tz,
    pub status: AppointmentStatus,
    pub kind: AppointmentKind,
    /// A visit type's code.
    pub visit_type: Option<String>,
    /// Its name; empty where it is of no type.
    pub visit_type_name: String,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre: CentreId,
    pub centre_name: String,
    /// Telephone, address and suburb of the centre; empty where none is known.
    pub centre_contact: String,
    pub reason: String,
    pub why: String,
    /// Whose record it stands in, and its number where that is another one of the same person.
    pub patient: PatientId,
    pub origin: Option<i32>,
}

/// What the desk knows of a patient.
#[derive(Debug, Clone, PartialEq)]
pub struct PatientProfile {
    pub id: PatientId,
    pub version: i64,
    pub record_number: i32,
    pub identity: Identity,
    pub incomplete: bool,
    pub deactivated: bool,
    pub deactivated_why: String,
    /// The record that goes on, when this one was merged into it.
    pub merged_into: Option<Leads>,
    /// Records of the same person that were merged into this one, in the order of merging.
    pub merged: Vec<Merged>,
    /// When they were last made active again, and why.
    pub reactivated: Option<(DateTime<Utc>, String)>,
    pub blocked_until: Option<NaiveDate>,
    pub blocked_why: String,
    pub alerts: Vec<PatientAlert>,
    pub allergies: Allergies,
    /// From now on, soonest first; cancelled ones that can be restored among them.
    pub upcoming: Vec<PatientAppointment>,
    /// The latest first, at most 100.
    pub past: Vec<PatientAppointment>,
    /// Appointments missed within the last 12 months.
    pub no_shows: i64,
    /// Somebody else of today at this centre who is easily taken for them.
    pub look_alikes_today: Vec<PatientHit>,
    /// Their open wishes on the waiting list, where they were asked for.
    pub waits: Vec<WaitEntry>,
}

impl PatientProfile {
    /// The name as every screen writes it.
    #[must_use]
    pub fn name(&self) -> PersonName {
        self.identity.name()
    }
}

impl Store {
    /// One patient's page.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] to whose role it is not open; those of the line to the server.
    pub async fn patient_profile(
        &self,
        actor: &Actor,
        patient: PatientId,
        opened: bool,
    ) -> Result<PatientProfile, Error> {
        let centre = actor.workplace.as_ref().map(|w| w.centre);
        let event = Event::new("patient.open", "patient").id(patient.0).patient(patient);
        self.view(actor, event, opened, move |c| {
            Box::pin(async move {
                let mut profile = identity(c, patient).await?;
                (profile.merged_into, profile.merged) = links(c, patient).await?;
                profile.alerts = alerts(c, patient).await?;
                profile.allergies = allergies(c, patient).await?;
                appointments(c, &mut profile).await?;
                if let Some(centre) = centre {
                    profile.look_alikes_today = look_alikes_today(c, &profile, centre).await?;
                }
                Ok((profile, serde_json::json!({})))
            })
        })
        .await
    }
}

pub(super) async fn identity(c: &mut PgConnection, patient: PatientId) -> Result<PatientProfile, Error> {
    let p = sqlx::query!(
        r#"select p.version, p.record_number, p.family_name, p.given_name, coalesce(p.preferred_name, '') as "preferred!",
                  coalesce(p.second_script_name, '') as "second!", p.sex, p.birth_date, coalesce(p.national_number, '') as "national!",
                  coalesce(p.medicare_number, '') as "medicare!", coalesce(p.email, '') as "email!", coalesce(p.phone, '') as "phone!",
                  coalesce(p.address, '') as "address!", coalesce(p.language, '') as "language!",
                  coalesce(p.contact_name, '') as "contact_name!", coalesce(p.contact_relationship, '') as "relationship!",
                  coalesce(p.contact_phone, '') as "contact_phone!", coalesce(p.blood_group, '') as "blood!", p.incomplete,
                  p.deactivated_at is not null as "deactivated!", p.deactivated_why, p.blocked_until, p.blocked_why,
                  p.reactivated_at, p.reactivated_why
             from clinic.patient p where p.id = $1"#,
        patient.0
    )
    .fetch_optional(&mut *c)
    .await?
    .ok_or(Error::NotFound)?;
    let keys = sealed::keys(c, [patient.0]).await?;
    let text = keys.row("patient", patient.0, patient);
    Ok(PatientProfile {
        id: patient,
        version: p.version,
        record_number: p.record_number,
        identity: Identity {
            family_name: p.family_name,
            given_name: p.given_name,
            preferred_name: p.preferred,
            second_script_name: p.second,
            sex: Sex::from_code(&p.sex),
            birth_date: p.birth_date,
            national_number: p.national,
            medicare_number: p.medicare,
            email: p.email,
            phone: p.phone,
            address: p.address,
            language: p.language,
            contact_name: p.contact_name,
            contact_relationship: p.relationship,
            contact_phone: p.contact_phone,
            blood_group: p.blood,
        },
        incomplete: p.incomplete,
        deactivated: p.deactivated,
        merged_into: None,
        merged: vec![],
        deactivated_why: text.open("deactivated_why", p.deactivated_why.as_deref())?,
        reactivated: match p.reactivated_at {
            Some(at) => Some((at, text.open("reactivated_why", p.reactivated_why.as_deref())?)),
            None => None,
        },
        blocked_until: p.blocked_until,
        blocked_why: text.open("blocked_why", p.blocked_why.as_deref())?,
        alerts: vec![],
        allergies: Allergies::Hidden,
        upcoming: vec![],
        past: vec![],
        no_shows: 0,
        look_alikes_today: vec![],
        waits: vec![],
    })
}

async fn alerts(c: &mut PgConnection, patient: PatientId) -> Result<Vec<PatientAlert>, Error> {
    let rows = sqlx::query!(
        r#"select l.id, l.patient_id, l.text, l.created_at, a.family_name, a.given_name, o.record_number as "origin?"
           from clinic.patient_alert l join clinic.account a on a.id = l.author
           left join clinic.patient o on o.id = l.patient_id and l.patient_id <> $1
          where l.patient_id = any ((select clinic.records_of($1))::uuid[]) and l.struck_at is null order by l.created_at, l.id"#,
        patient.0
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            Ok(PatientAlert {
                patient: r.patient_id.into(),
                origin: r.origin,
                id: r.id,
                text: keys.row("patient_alert", r.patient_id, r.id).open("text", Some(&r.text))?,
                by: PersonName::new(r.family_name, r.given_name),
                at: r.created_at,
            })
        })
        .collect()
}

async fn allergies(c: &mut PgConnection, patient: PatientId) -> Result<Allergies, Error> {
    let state = sqlx::query_scalar!(r#"select clinic.allergy_state($1) as "state!""#, patient.0)
        .fetch_one(&mut *c)
        .await?;
    Ok(match state.as_str() {
        "none_known" => Allergies::NoneKnown,
        "not_asked" => Allergies::NotAsked,
        "listed" => {
            let rows = sqlx::query!(
                r#"select patient_id as "patient!", record_number as "number!", id as "id!", substance as "substance!", reaction, severity
                     from clinic.allergy_marks_of($1)"#,
                patient.0
            )
            .fetch_all(&mut *c)
            .await?;
            let keys = sealed::keys(c, rows.iter().map(|r| r.patient)).await?;
            let marks = rows.into_iter().map(|r| {
                let text = keys.row("allergy", r.patient, r.id);
                Ok(AllergyMark {
                    substance: text.open("substance", Some(&r.substance))?,
                    reaction: text.open("reaction", r.reaction.as_deref())?,
                    severity: r.severity,
                    origin: (r.patient != patient.0).then_some(r.number),
                })
            });
            Allergies::Listed(marks.collect::<Result<_, Error>>()?)
        }
        _ => Allergies::Hidden,
    })
}

async fn appointments(c: &mut PgConnection, profile: &mut PatientProfile) -> Result<(), Error> {
    let rows = sqlx::query!(
        r#"select a.id, a.version, a.starts_at, a.ends_at, c.zone, a.status, a.kind, a.visit_type, a.provider_id, v.family_name, v.given_name,
                  pr.profession, a.centre_id, c.name as centre_name, coalesce(t.name, '') as "visit_type_name!",
                  concat_ws(', ', nullif(btrim(c.phone), ''), nullif(btrim(c.address), ''), nullif(btrim(c.suburb), '')) as "centre_contact!",
                  a.ends_at > clinic.now() or a.status in ('arrived', 'in_progress') as "coming!",
                  a.patient_id, o.record_number as "origin?",
                  (select count(*) from clinic.appointment n where n.patient_id = any ((select clinic.records_of($1))::uuid[]) and n.status = 'no_show'
                      and n.starts_at > clinic.now() - interval '12 months') as "no_shows!"
             from clinic.appointment a
             join clinic.provider pr on pr.id = a.provider_id
             join clinic.account v on v.id = pr.account_id
             join clinic.centre c on c.id = a.centre_id
             left join clinic.visit_type t on t.code = a.visit_type
             left join clinic.patient o on o.id = a.patient_id and a.patient_id <> $1
            where a.patient_id = any ((select clinic.records_of($1))::uuid[]) order by a.starts_at desc, a.id limit 150"#,
        profile.id.0
    )
    .fetch_all(&mut *c)
    .await?;
    let mut texts = texts(&mut *c, rows.iter().map(|r| r.id).collect()).await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    for r in rows {
        let text = keys.row("appointment", r.patient_id, r.id);
        let said = texts.remove(&r.id).unwrap_or_default();
        profile.no_shows = r.no_shows;
        let list = if r.coming { &mut profile.upcoming } else { &mut profile.past };
        list.push(PatientAppointment {
            id: r.id.into(),
            version: r.version,
            period: Period { start: r.starts_at, end: r.ends_at },
            zone: zone_of(&r.zone),
            status: status_of(&r.status)?,
            kind: kind_of(&r.kind)?,
            visit_type: r.visit_type,
            visit_type_name: r.visit_type_name,
            provider: r.provider_id.into(),
            provider_name: PersonName::new(r.family_name, r.given_name),
            profession: r.profession,
            centre: r.centre_id.into(),
            centre_name: r.centre_name,
            centre_contact: r.centre_contact,
            reason: text.open("reason", said.reason.as_deref())?,
            why: text.open("status_why", said.status_why.as_deref())?,
            patient: r.patient_id.into(),
            origin: r.origin,
        });
    }
    profile.upcoming.reverse();
    profile.past.truncate(100);
    Ok(())
}

async fn look_alikes_today(
    c: &mut PgConnection,
    me: &PatientProfile,
    centre: CentreId,
) -> Result<Vec<PatientHit>, Error> {
    let rows = sqlx::query!(
        "select distinct p.id, p.family_name, p.given_name, p.birth_date
           from clinic.appointment a join clinic.patient p on p.id = a.patient_id
          where a.centre_id = $1 and a.day = (clinic.now() at time zone (select zone from clinic.centre where id = $1))::date
            and a.status not in ('cancelled', 'voided') and p.id <> all ((select clinic.records_of($2))::uuid[])",
        centre.0,
        me.id.0
    )
    .fetch_all(&mut *c)
    .await?;
    let mine = (fold(&me.identity.family_name), fold(&me.identity.given_name));
    let ids: Vec<uuid::Uuid> = rows
        .into_iter()
        .filter(|r| {
            easily_confused(
                (&mine.0, &mine.1),
                me.identity.birth_date,
                (&fold(&r.family_name), &fold(&r.given_name)),
                r.birth_date,
            )
        })
        .map(|r| r.id)
        .collect();
    super::find_patient::hits(c, &ids).await
}
