//! Bringing in what files of another system say, in one transaction. What is there already stays as it is: running an
//! import twice changes nothing.
use super::{Error, System, Verifier, account, centre, provider::insert_hours};
use crate::{
    domain::{
        account::{AccountDetails, Position},
        actor::Role,
        contact::phone_digits,
        ids::{AccountId, CentreId, PatientId, ProviderId},
        import::{ImportSet, NewPatient, NewProvider, Remark},
        provider::WeeklyHours,
    },
    text::{fold, words},
    tr,
};
use serde::Serialize;
use sqlx::{Connection as _, PgConnection};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many of a kind were added, and how many were there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub added: u64,
    pub unchanged: u64,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    pub centres: Tally,
    pub providers: Tally,
    pub patients: Tally,
    pub affiliations: Tally,
    /// Providers whose weekly hours were kept.
    pub hours: u64,
    /// What is worth knowing.
    pub notes: Vec<Remark>,
}

impl ImportReport {
    /// Whether anything is new.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [self.centres, self.providers, self.patients, self.affiliations].iter().all(|t| t.added == 0)
    }
}

/// What is there already, and what is to be added.
pub struct Plan {
    report: ImportReport,
    centres: HashMap<String, CentreId>,
    new_centres: Vec<usize>,
    new_providers: Vec<usize>,
    new_patients: Vec<usize>,
    new_affiliations: Vec<usize>,
    providers: HashMap<String, ProviderId>,
}

impl Plan {
    /// What carrying it out will say.
    #[must_use]
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// The e-mail addresses of people who are new: those whose passwords must be hashed.
    #[must_use]
    pub fn new_people<'s>(&self, set: &'s ImportSet) -> Vec<&'s crate::domain::import::NewPerson> {
        let providers = self.new_providers.iter().map(|&i| &set.providers[i].person);
        providers.chain(self.new_patients.iter().map(|&i| &set.patients[i].person)).collect()
    }
}

impl System {
    /// Compares the files with the database. Writes nothing.
    ///
    /// # Errors
    /// Those of the line to the server; the inner ones are bad lines, all of them.
    pub async fn plan_import(&mut self, set: &ImportSet) -> Result<Result<Plan, Vec<Remark>>, Error> {
        plan(&mut self.c, set).await
    }

    /// Writes everything that is new, in one transaction. `verifiers` are those of [`Plan::new_people`] by address.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when somebody else took an address or number meanwhile; nothing was written then.
    pub async fn write_import(
        &mut self,
        source: &str,
        set: &ImportSet,
        verifiers: &HashMap<String, Verifier>,
    ) -> Result<Result<ImportReport, Vec<Remark>>, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtext('praxis import')), set_config('praxis.quiet', 'on', true) as q,
                    set_config('statement_timeout', '0', true) as t"
        )
        .fetch_one(&mut *tx)
        .await?;
        // Looked at again under the lock: a second import may have been faster.
        let mut plan = match plan(&mut tx, set).await? {
            Ok(plan) => plan,
            Err(problems) => return Ok(Err(problems)),
        };
        if plan.report.is_empty() {
            return Ok(Ok(plan.report));
        }
        write(&mut tx, set, &mut plan, verifiers).await?;
        let r = &plan.report;
        let facts = serde_json::json!({
            "os_user": by, "source": source, "centres": r.centres.added, "providers": r.providers.added,
            "patients": r.patients.added, "affiliations": r.affiliations.added
        });
        sqlx::query!("select audit.record_system('import.run', 'account', null, $1) as id", facts)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query!("select pg_notify('change', 'everything')").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Ok(plan.report))
    }
}

struct Known {
    logins: HashMap<String, (String, bool, Option<Uuid>)>,
    provider_numbers: HashSet<String>,
    medicare: HashMap<String, i32>,
    affiliations: HashSet<(Uuid, Uuid)>,
}

async fn known(c: &mut PgConnection) -> Result<Known, Error> {
    let logins = sqlx::query!(
        r#"select n.name, a.role, pt.id is not null as "patient!", p.id as "provider?" from clinic.login_name n
           join clinic.account a on a.id = n.account_id
           left join clinic.provider p on p.account_id = a.id left join clinic.patient pt on pt.account_id = a.id"#
    )
    .fetch_all(&mut *c)
    .await?;
    let numbers = sqlx::query_scalar!(
        r#"select provider_number as "n!" from clinic.provider where provider_number is not null"#
    )
    .fetch_all(&mut *c)
    .await?;
    let medicare = sqlx::query!(
        r#"select medicare_number as "n!", record_number from clinic.patient where medicare_number is not null"#
    )
    .fetch_all(&mut *c)
    .await?;
    let affiliations =
        sqlx::query!("select provider_id, centre_id from clinic.provider_centre").fetch_all(&mut *c).await?;
    Ok(Known {
        logins: logins.into_iter().map(|r| (r.name, (r.role, r.patient, r.provider))).collect(),
        provider_numbers: numbers.into_iter().collect(),
        medicare: medicare.into_iter().map(|r| (r.n, r.record_number)).collect(),
        affiliations: affiliations.into_iter().map(|r| (r.provider_id, r.centre_id)).collect(),
    })
}

async fn plan(c: &mut PgConnection, set: &ImportSet) -> Result<Result<Plan, Vec<Remark>>, Error> {
    let known = known(c).await?;
    let there = sqlx::query!("select id, number, name, name_key, retired_at from clinic.centre")
        .fetch_all(&mut *c)
        .await?;
    let in_use = || there.iter().filter(|r| r.retired_at.is_none());
    let mut problems = vec![];
    let mut plan = Plan {
        report: ImportReport { notes: set.notes.clone(), ..ImportReport::default() },
        centres: in_use().map(|r| (r.name_key.clone(), CentreId(r.id))).collect(),
        new_centres: vec![],
        new_providers: vec![],
        new_patients: vec![],
        new_affiliations: vec![],
        providers: HashMap::new(),
    };
    for (i, new) in set.centres.iter().enumerate() {
        let key = fold(&new.details.name);
        let by_number = there.iter().find(|r| r.number.as_deref() == Some(new.details.number.as_str()));
        let by_name = in_use().find(|r| r.name_key == key);
        match (by_number, by_name) {
            (Some(a), _) if a.retired_at.is_some() => problems.push(Remark::new(
                new.place,
                tr!(
                    "the centre with abn {number} is retired here; reopen it first",
                    number = new.details.number
                ),
            )),
            (Some(a), Some(b)) if a.id != b.id => problems.push(Remark::new(
                new.place,
                tr!(
                    "abn {number} and name belong to two different centres here",
                    number = new.details.number
                ),
            )),
            (None, Some(b)) if b.number.is_some() => problems.push(Remark::new(
                new.place,
                tr!(
                    "a centre of this name is here under another abn, {number}",
                    number = b.number.clone().unwrap_or_default()
                ),
            )),
            (Some(old), _) | (None, Some(old)) => {
                if old.name_key != key {
                    plan.report.notes.push(Remark::new(
                        new.place,
                        tr!(
                            "this centre is called {name} here; that name stays",
                            name = crate::text::clean(&old.name)
                        ),
                    ));
                }
                plan.centres.insert(key, CentreId(old.id));
                plan.report.centres.unchanged += 1;
            }
            (None, None) => {
                plan.centres.insert(key, CentreId::new());
                plan.new_centres.push(i);
                plan.report.centres.added += 1;
            }
        }
    }
    plan_people(set, &known, &mut plan, &mut problems);
    plan_affiliations(set, &known, &mut plan, &mut problems);
    Ok(if problems.is_empty() { Ok(plan) } else { Err(problems) })
}

fn plan_people(set: &ImportSet, known: &Known, plan: &mut Plan, problems: &mut Vec<Remark>) {
    let taken = |role: &str| {
        let word = Role::from_code(role).map_or("somebody", Role::word);
        tr!("the e-mail address belongs to another account here ({role})", role = word)
    };
    for (i, new) in set.providers.iter().enumerate() {
        let (person, number) = (&new.person, &new.provider_number);
        match known.logins.get(&person.email) {
            Some((_, _, Some(id))) => {
                plan.providers.insert(person.email.clone(), ProviderId(*id));
                plan.report.providers.unchanged += 1;
            }
            Some((role, ..)) => problems.push(Remark::new(person.place, taken(role))),
            None if known.provider_numbers.contains(number) => {
                let reason = tr!("provider number {number} belongs to somebody else here", number = number);
                problems.push(Remark::new(person.place, reason));
            }
            None => {
                plan.providers.insert(person.email.clone(), ProviderId::new());
                plan.new_providers.push(i);
                plan.report.providers.added += 1;
            }
        }
    }
    for (i, new) in set.patients.iter().enumerate() {
        let person = &new.person;
        match known.logins.get(&person.email) {
            Some((_, true, _)) => plan.report.patients.unchanged += 1,
            Some((role, ..)) => problems.push(Remark::new(person.place, taken(role))),
            None => match known.medicare.get(&new.medicare_number) {
                Some(record) => problems.push(Remark::new(
                    person.place,
                    tr!(
                        "the Medicare number belongs to the patient with record number {number}",
                        number = record
                    ),
                )),
                None => {
                    plan.new_patients.push(i);
                    plan.report.patients.added += 1;
                }
            },
        }
    }
}

fn plan_affiliations(set: &ImportSet, known: &Known, plan: &mut Plan, problems: &mut Vec<Remark>) {
    let mut centres_of: HashMap<ProviderId, u64> = HashMap::new();
    for (i, new) in set.affiliations.iter().enumerate() {
        let provider = plan
            .providers
            .get(&new.email)
            .copied()
            .or_else(|| known.logins.get(&new.email).and_then(|(_, _, p)| *p).map(ProviderId));
        let centre = plan.centres.get(&fold(&new.centre)).copied();
        if provider.is_none() {
            let reason = tr!("there is no provider {email}", email = crate::text::clean(&new.email));
            problems.push(Remark::new(new.place, reason));
        }
        if centre.is_none() {
            let name = crate::text::cut(&crate::text::clean(&new.centre), 60);
            problems.push(Remark::new(new.place, tr!("there is no centre called {name}", name = name)));
        }
        let (Some(provider), Some(centre)) = (provider, centre) else { continue };
        plan.providers.insert(new.email.clone(), provider);
        *centres_of.entry(provider).or_default() += 1;
        if known.affiliations.contains(&(provider.0, centre.0)) {
            plan.report.affiliations.unchanged += 1;
        } else {
            plan.new_affiliations.push(i);
            plan.report.affiliations.added += 1;
        }
    }
    for &i in &plan.new_providers {
        let new = &set.providers[i];
        if new.hours.is_none() {
            continue;
        }
        let at = plan.providers.get(&new.person.email).and_then(|p| centres_of.get(p)).copied().unwrap_or(0);
        let note = match at {
            0 => tr!("works at no centre, so the working hours are not kept"),
            1 => "",
            _ => tr!("works at several centres: the working hours are kept at the first one in the file"),
        };
        if at > 0 {
            plan.report.hours += 1;
        }
        if !note.is_empty() {
            plan.report.notes.push(Remark::new(new.person.place, note));
        }
    }
}

async fn write(
    c: &mut PgConnection,
    set: &ImportSet,
    plan: &mut Plan,
    verifiers: &HashMap<String, Verifier>,
) -> Result<(), Error> {
    for &i in &plan.new_centres {
        let details = &set.centres[i].details;
        if let Some(id) = plan.centres.get(&fold(&details.name)) {
            centre::insert(c, *id, details).await?;
        }
    }
    let mut first: HashMap<&str, CentreId> = HashMap::new();
    for a in &set.affiliations {
        if let Some(centre) = plan.centres.get(&fold(&a.centre)) {
            first.entry(&a.email).or_insert(*centre);
        }
    }
    for &i in &plan.new_providers {
        let id = write_provider(c, &set.providers[i], verifiers).await?;
        plan.providers.insert(set.providers[i].person.email.clone(), id);
    }
    for &i in &plan.new_patients {
        write_patient(c, &set.patients[i], verifiers).await?;
    }
    for &i in &plan.new_affiliations {
        let a = &set.affiliations[i];
        if let (Some(provider), Some(centre)) =
            (plan.providers.get(&a.email), plan.centres.get(&fold(&a.centre)))
        {
            sqlx::query!(
                "insert into clinic.provider_centre (provider_id, centre_id) values ($1, $2)",
                provider.0,
                centre.0
            )
            .execute(&mut *c)
            .await?;
        }
    }
    for &i in &plan.new_providers {
        let new = &set.providers[i];
        let email = new.person.email.as_str();
        if let (Some((from_minute, to_minute)), Some(centre), Some(provider)) =
            (new.hours, first.get(email), plan.providers.get(email))
        {
            for weekday in 1..=5 {
                let hours =
                    WeeklyHours { centre: *centre, weekday, from_minute, to_minute, slot_minutes: 30 };
                insert_hours(c, *provider, &hours).await?;
            }
        }
    }
    Ok(())
}

async fn write_credential(
    c: &mut PgConnection,
    account: AccountId,
    email: &str,
    verifiers: &HashMap<String, Verifier>,
) -> Result<(), Error> {
    let v = verifiers.get(email).ok_or(Error::NotSaved)?;
    sqlx::query!(
        "insert into auth.credential (account_id, salt, params, verifier, must_change) values ($1, $2, $3, $4, true)",
        account.0,
        v.salt,
        v.params,
        v.verifier
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn write_provider(
    c: &mut PgConnection,
    new: &NewProvider,
    verifiers: &HashMap<String, Verifier>,
) -> Result<ProviderId, Error> {
    let (account, person) = (AccountId::new(), &new.person);
    let (name, incomplete) = person.shown_name();
    let details = AccountDetails {
        login: person.email.clone(),
        email: person.email.clone(),
        name,
        phone: person.phone.clone(),
        position: Position::provider(new.profession),
        centres: vec![],
    };
    let provider = account::insert(c, account, &details, incomplete).await?.ok_or(Error::NotSaved)?;
    sqlx::query!(
        "update clinic.provider set provider_number = $2, expertise = $3 where id = $1",
        provider.0,
        account::known(&new.provider_number),
        account::known(&new.expertise)
    )
    .execute(&mut *c)
    .await?;
    write_credential(c, account, &person.email, verifiers).await?;
    Ok(provider)
}

async fn write_patient(
    c: &mut PgConnection,
    new: &NewPatient,
    verifiers: &HashMap<String, Verifier>,
) -> Result<(), Error> {
    let (account, patient, person) = (AccountId::new(), PatientId::new(), &new.person);
    let (name, incomplete) = person.shown_name();
    let details = AccountDetails {
        login: person.email.clone(),
        email: person.email.clone(),
        name: name.clone(),
        phone: person.phone.clone(),
        position: Position::plain(Role::Patient),
        centres: vec![],
    };
    account::insert(c, account, &details, incomplete).await?;
    // A patient of these files has neither sex nor birth date: somebody must ask.
    sqlx::query!(
        "insert into clinic.patient (id, family_name, given_name, medicare_number, email, phone, phone_digits, account_id, incomplete)
         values ($1, $2, $3, $4, $5, $6, $7, $8, true)",
        patient.0,
        name.family,
        name.given,
        account::known(&new.medicare_number),
        person.email,
        account::known(&person.phone),
        phone_digits(&person.phone),
        account.0
    )
    .execute(&mut *c)
    .await?;
    let (family, given) = (words(&name.family), words(&name.given));
    let all: Vec<String> = family.iter().chain(&given).cloned().collect();
    sqlx::query!(
        "insert into clinic.patient_word (patient_id, word, family) select $1, w, w = any ($3) from unnest($2::text[]) w
         on conflict do nothing",
        patient.0,
        &all,
        &family
    )
    .execute(&mut *c)
    .await?;
    write_credential(c, account, &person.email, verifiers).await
}
