//! Finding patients: candidates by what was typed, those looked at last, and those who may be the one being registered.
use super::{Error, Event, Store};
use crate::{
    domain::{
        actor::Actor,
        contact,
        ids::PatientId,
        name::PersonName,
        patient::{Identity, Leads, LookAlike, PatientHit, Sex},
        patient_query::PatientQuery,
    },
    text::words,
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// How many candidates the database gives at most.
const CANDIDATES: i32 = 200;

impl Store {
    /// At most 200 patients who may be meant, best first; the program ranks and marks them. For an empty query those whom
    /// this person looked at last. `opened` says that the search was opened: that is logged, the words typed are not.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn find_patients(
        &self,
        actor: &Actor,
        query: PatientQuery,
        opened: bool,
    ) -> Result<Vec<PatientHit>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let ids = candidates(c, &query).await?;
                let found = hits(c, &ids).await?;
                if opened {
                    let facts = serde_json::json!({ "by": if query.is_empty() { "recent" } else { "typed" }, "rows": found.len() });
                    Event::new("patients.open", "patient").facts(facts).record(&mut *c).await?;
                }
                Ok(found)
            })
        })
        .await
    }

    /// One patient as a line of a list; `None` when there is none.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn patient_hit(&self, actor: &Actor, id: PatientId) -> Result<Option<PatientHit>, Error> {
        self.read(actor, move |c| Box::pin(async move { Ok(hits(c, &[id.0]).await?.pop()) })).await
    }

    /// Tells the log that what a search found was taken up: what kind of thing was typed and how many were found, never what.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn accept_search(&self, actor: &Actor, query: PatientQuery, found: usize) -> Result<(), Error> {
        let by = [
            ("name", !query.words.is_empty()),
            ("number", !query.digits.is_empty()),
            ("born", query.born.is_some() || query.born_year.is_some()),
            ("email", query.email.is_some()),
        ];
        let by: Vec<&str> = by.into_iter().filter_map(|(kind, typed)| typed.then_some(kind)).collect();
        let event =
            Event::new("patients.open", "patient").facts(serde_json::json!({ "by": by, "rows": found }));
        self.read(actor, |c| Box::pin(event.record(c))).await
    }

    /// Who may be the person being registered (or changed: `except`), the likeliest first.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn look_alikes(
        &self,
        actor: &Actor,
        identity: Identity,
        except: Option<PatientId>,
    ) -> Result<Vec<LookAlike>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let folded: Vec<String> =
                    words(&format!("{} {}", identity.family_name, identity.given_name)).into_iter().take(6).collect();
                let digits = contact::phone_digits(&identity.phone);
                if folded.is_empty() && digits.len() < 6 {
                    return Ok(vec![]);
                }
                let found = sqlx::query!(
                    r#"select patient_id as "id!", words_alike as "words!", born_alike as "born!", phone_alike as "phone!"
                         from clinic.look_alikes($1, $2, $3, $4)"#,
                    &folded,
                    identity.birth_date,
                    digits,
                    except.map(|p| p.0)
                )
                .fetch_all(&mut *c)
                .await?;
                let ids: Vec<Uuid> = found.iter().map(|f| f.id).collect();
                let mut by_id: HashMap<Uuid, PatientHit> =
                    hits(c, &ids).await?.into_iter().map(|h| (h.id.0, h)).collect();
                Ok(found
                    .into_iter()
                    .filter_map(|f| {
                        let hit = by_id.remove(&f.id)?;
                        Some(LookAlike { hit, name: f.words > 0, birth_date: f.born, phone: f.phone })
                    })
                    .collect())
            })
        })
        .await
    }
}

/// The patients who may be meant, best first; for an empty query those looked at last.
async fn candidates(c: &mut PgConnection, query: &PatientQuery) -> Result<Vec<Uuid>, Error> {
    if query.is_empty() {
        if query.unfinished {
            return Ok(vec![]);
        }
        let recent = sqlx::query_scalar!(r#"select patient_id as "id!" from clinic.recent_patients(20)"#);
        return Ok(recent.fetch_all(c).await?);
    }
    let folded: Vec<String> = query.words.iter().flat_map(|w| words(w)).take(6).collect();
    if folded.is_empty() && query.digits.is_empty() && query.born.is_none() && query.email.is_none() {
        return Ok(vec![]);
    }
    Ok(sqlx::query_scalar!(
        r#"select patient_id as "id!" from clinic.find_patients($1, $2, $3, $4, $5, $6)"#,
        &folded,
        query.digits,
        query.born,
        query.born_year,
        query.email,
        CANDIDATES
    )
    .fetch_all(c)
    .await?)
}

/// The rows of a list, in the order of `ids`.
pub(super) async fn hits(c: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<PatientHit>, Error> {
    let rows = sqlx::query!(
        r#"select p.id, p.record_number, p.family_name, p.given_name, coalesce(p.preferred_name, '') as "preferred!",
                  coalesce(p.second_script_name, '') as "second!", p.sex, p.birth_date, coalesce(p.phone, '') as "phone!",
                  p.deactivated_at is not null as "deactivated!", s.id as "goes_on?", s.record_number as "goes_on_number?",
                  (select min(a.starts_at) from clinic.appointment a
                    where a.patient_id = p.id and a.status in ('booked', 'arrived') and a.ends_at > clinic.now()) as next
             from unnest($1::uuid[]) with ordinality o(id, n) join clinic.patient p on p.id = o.id
             left join clinic.patient_link l on l.patient_id = p.id and l.undone_at is null
             left join clinic.patient s on s.id = l.survivor_id
            order by o.n"#,
        ids
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| PatientHit {
            id: r.id.into(),
            record_number: r.record_number,
            name: PersonName::new(r.family_name, r.given_name),
            preferred_name: r.preferred,
            second_script_name: r.second,
            sex: Sex::from_code(&r.sex),
            birth_date: r.birth_date,
            phone: r.phone,
            deactivated: r.deactivated,
            merged_into: r
                .goes_on
                .zip(r.goes_on_number)
                .map(|(id, n)| Leads { id: id.into(), record_number: n }),
            next: r.next,
        })
        .collect())
}
