//! A small clinic for tests: two centres, an account of each role, sessions today and tomorrow, five patients.
//!
//! The database's clock is set to Thursday 12 March 2026, 09:00 in Sydney; everybody's password is [`PASSWORD`].
use super::cluster::{Db, apart, fresh_database};
pub use super::signing::{nobody, signed_in};
pub use super::{
    speaker::speaker as raw,
    texts::{sealed, texts},
};
use chrono::{DateTime, Duration, NaiveDate, TimeZone as _, Utc};
use praxis::{
    auth::password,
    domain::ids::{
        AccountId, AppointmentId, CentreId, ClinicSessionId, EncounterId, PatientId, ProviderId, ReferralId,
    },
    store::sealed::BulkKeys,
    text::fold,
};
use sqlx::{Connection as _, PgConnection, Row as _};
use std::sync::LazyLock;
use uuid::Uuid;

/// The password of everybody.
pub const PASSWORD: &str = "praxis-demo-pass";

/// One person who can sign in.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub login: &'static str,
    pub account: AccountId,
    /// Set for those whom patients are booked with.
    pub provider: Option<ProviderId>,
    /// Where they work.
    pub centre: CentreId,
    /// 08:00 to 17:00 in slots of 30 minutes, for providers.
    pub today: Option<ClinicSessionId>,
    pub tomorrow: Option<ClinicSessionId>,
}

impl Person {
    /// The provider's id.
    pub fn provider(&self) -> ProviderId {
        self.provider.expect("a provider")
    }
}

/// Who and what there is.
#[derive(Debug, Clone)]
pub struct Clinic {
    /// Randwick Medical Centre and Ultimo Medical Centre; the hospital has no people.
    pub randwick: CentreId,
    pub ultimo: CentreId,
    pub hospital: CentreId,
    pub reception: Person,
    pub nurse: Person,
    /// SMITH Anna, at Randwick.
    pub gp: Person,
    /// BUSEY Gary, at Ultimo.
    pub gp2: Person,
    /// NEESON Liam, cardiology, at Randwick; needs referrals.
    pub specialist: Person,
    /// JACKSON Sam, physiotherapist, at Randwick.
    pub physio: Person,
    pub pharmacist: Person,
    pub diagnostics: Person,
    pub lab: Person,
    pub auditor: Person,
    pub admin: Person,
    /// The account of the patient BLACK Jack.
    pub jack_account: Person,
    /// BLACK Jack, M, born 4 May 1996, every field of the identity filled.
    pub jack: PatientId,
    /// NGUYEN Linh, F, 1991.
    pub linh: PatientId,
    /// ZHANG Hao, M, 1974, only a name and a date.
    pub hao: PatientId,
    /// RASHID Omar, M, a child born in 2019, with a name in a second script.
    pub omar: PatientId,
    /// BLACK Jackie, F, 1996: a look-alike of Jack.
    pub jackie: PatientId,
    /// Today and tomorrow where the centres are.
    pub today: NaiveDate,
    pub tomorrow: NaiveDate,
}

/// The instant of a wall time in Sydney on a day.
pub fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    chrono_tz::Australia::Sydney
        .from_local_datetime(&day.and_hms_opt(hour, minute, 0).expect("a time"))
        .single()
        .expect("one instant")
        .with_timezone(&Utc)
}

/// Sets the database's clock; it goes on from there.
pub async fn set_now(c: &mut PgConnection, now: DateTime<Utc>) {
    sqlx::query("update clinic.clock set shift = $1 - now()").bind(now).execute(c).await.expect("the clock");
}

/// A superuser connection that writes history and wakes nobody.
pub async fn writer(db: &Db) -> PgConnection {
    let mut c = db.superuser().await;
    sqlx::raw_sql("set praxis.history = 'on'; set praxis.quiet = 'on'")
        .execute(&mut c)
        .await
        .expect("settings");
    c
}

/// The clinic as it was built once: most tests take a copy.
static BUILT: LazyLock<(Db, Clinic)> = LazyLock::new(|| {
    let db = fresh_database();
    let clinic = apart(|| built(&db));
    (db, clinic)
});

/// Fills an empty database with the clinic, in which it is nine o'clock now.
pub async fn clinic(db: &Db) -> Clinic {
    let (template, clinic) = &*BUILT;
    let clinic = if db.is_copy_of(template) { clinic.clone() } else { built(db).await };
    let mut c = writer(db).await;
    set_now(&mut c, at(clinic.today, 9, 0)).await;
    db.park(c);
    clinic
}

async fn built(db: &Db) -> Clinic {
    let mut c = writer(db).await;
    let today = NaiveDate::from_ymd_opt(2026, 3, 12).expect("a day");
    let tomorrow = today + Duration::days(1);
    set_now(&mut c, at(today, 8, 59)).await;
    let randwick = centre(&mut c, "medical_centre", "Randwick Medical Centre", "11000000001").await;
    let ultimo = centre(&mut c, "medical_centre", "Ultimo Medical Centre", "11000000002").await;
    let hospital = centre(&mut c, "hospital", "Harbour Hospital", "11000000003").await;
    sqlx::query("insert into clinic.specialty (code, name) values ('cardiology', 'Cardiology'), ('dermatology', 'Dermatology') on conflict do nothing")
        .execute(&mut c)
        .await
        .expect("specialties");
    let days = [today, tomorrow];
    let mut made = vec![];
    for (login, role, family, given, centre, profession) in [
        ("mei", "receptionist", "Wong", "Mei", randwick, None),
        ("nina", "nurse", "Costa", "Nina", randwick, None),
        ("anna", "gp", "Smith", "Anna", randwick, Some("gp")),
        ("gary", "gp", "Busey", "Gary", ultimo, Some("gp")),
        ("liam", "specialist", "Neeson", "Liam", randwick, Some("specialist")),
        ("sam", "other_provider", "Jackson", "Sam", randwick, Some("physiotherapist")),
        ("paula", "pharmacist", "Pill", "Paula", randwick, Some("pharmacist")),
        ("ray", "diagnostics_provider", "Xavier", "Ray", randwick, Some("radiographer")),
        ("lab", "lab_technician", "Probe", "Tess", randwick, None),
        ("audrey", "auditor", "Ledger", "Audrey", randwick, None),
        ("root", "administrator", "Keys", "Alice", randwick, None),
        ("jack", "patient", "Black", "Jack", randwick, None),
    ] {
        made.push(person(&mut c, login, role, (family, given), centre, profession, days).await);
    }
    let [
        reception,
        nurse,
        gp,
        gp2,
        specialist,
        physio,
        pharmacist,
        diagnostics,
        lab,
        auditor,
        admin,
        jack_account,
    ] = made[..]
    else {
        unreachable!("twelve people")
    };
    sqlx::query("insert into clinic.provider_specialty values ($1, 'cardiology')")
        .bind(specialist.provider().0)
        .execute(&mut c)
        .await
        .expect("a specialty");
    let jack = patient(&mut c, ("Black", "Jack"), "male", (1996, 5, 4)).await;
    sqlx::query(
        "update clinic.patient set preferred_name = 'Jacko', second_script_name = '布莱克', national_number = 'N1234567',
                medicare_number = '2123456701', email = 'jack@example.org', phone = '0412 345 678', phone_digits = '0412345678',
                address = '1 Avoca St, Randwick', language = 'en', contact_name = 'BLACK Mary', contact_relationship = 'mother',
                contact_phone = '0498 765 432', blood_group = 'O+', account_id = $2 where id = $1",
    )
    .bind(jack.0)
    .bind(jack_account.account.0)
    .execute(&mut c)
    .await
    .expect("an identity");
    let linh = patient(&mut c, ("Nguyen", "Linh"), "female", (1991, 8, 30)).await;
    let hao = patient(&mut c, ("Zhang", "Hao"), "male", (1974, 1, 2)).await;
    let omar = patient(&mut c, ("Rashid", "Omar"), "male", (2019, 11, 20)).await;
    sqlx::query("update clinic.patient set second_script_name = 'عمر رشيد' where id = $1")
        .bind(omar.0)
        .execute(&mut c)
        .await
        .expect("a name");
    let jackie = patient(&mut c, ("Black", "Jackie"), "female", (1996, 12, 1)).await;
    // A database that somebody is connected to cannot be copied.
    c.close().await.expect("closed");
    Clinic {
        randwick,
        ultimo,
        hospital,
        reception,
        nurse,
        gp,
        gp2,
        specialist,
        physio,
        pharmacist,
        diagnostics,
        lab,
        auditor,
        admin,
        jack_account,
        jack,
        linh,
        hao,
        omar,
        jackie,
        today,
        tomorrow,
    }
}

/// A centre in Sydney.
pub async fn centre(c: &mut PgConnection, kind: &str, name: &str, number: &str) -> CentreId {
    let id = CentreId::new();
    sqlx::query("insert into clinic.centre (id, kind, number, name, name_key) values ($1, $2, $3, $4, $5)")
        .bind(id.0)
        .bind(kind)
        .bind(number)
        .bind(name)
        .bind(fold(name))
        .execute(c)
        .await
        .expect("a centre");
    id
}

/// Somebody who can sign in; with a profession also a provider with sessions on these days.
pub async fn person(
    c: &mut PgConnection,
    login: &'static str,
    role: &str,
    (family, given): (&str, &str),
    centre: CentreId,
    profession: Option<&str>,
    days: [NaiveDate; 2],
) -> Person {
    let account = AccountId::new();
    sqlx::query("insert into clinic.account (id, login, email, role, family_name, given_name) values ($1, $2, $2 || '@praxis.example', $3, $4, $5)")
        .bind(account.0)
        .bind(login)
        .bind(role)
        .bind(family)
        .bind(given)
        .execute(&mut *c)
        .await
        .expect("an account");
    let secret = password::new_credential(PASSWORD, "m=8,t=1,p=1").expect("a credential");
    sqlx::query("insert into auth.credential (account_id, salt, params, verifier) values ($1, $2, $3, $4)")
        .bind(account.0)
        .bind(secret.salt)
        .bind(secret.params)
        .bind(secret.verifier)
        .execute(&mut *c)
        .await
        .expect("a credential");
    let mut made = Person { login, account, provider: None, centre, today: None, tomorrow: None };
    let Some(profession) = profession else {
        if role != "patient" {
            sqlx::query("insert into clinic.staff_centre values ($1, $2)")
                .bind(account.0)
                .bind(centre.0)
                .execute(&mut *c)
                .await
                .expect("a place of work");
        }
        return made;
    };
    let provider = ProviderId::new();
    sqlx::query(
        "with p as (insert into clinic.provider (id, account_id, profession, fee_cents, name_key) values ($1, $2, $3, 8500, $4) returning id)
         insert into clinic.provider_centre select id, $5 from p",
    )
    .bind(provider.0)
    .bind(account.0)
    .bind(profession)
    .bind(fold(&format!("{family} {given}")))
    .bind(centre.0)
    .execute(&mut *c)
    .await
    .expect("a provider");
    made.provider = Some(provider);
    made.today = Some(session(c, provider, centre, days[0], (8, 17)).await);
    made.tomorrow = Some(session(c, provider, centre, days[1], (8, 17)).await);
    made
}

/// A clinic session of slots of 30 minutes between two full hours.
pub async fn session(
    c: &mut PgConnection,
    provider: ProviderId,
    centre: CentreId,
    day: NaiveDate,
    (from, to): (u32, u32),
) -> ClinicSessionId {
    let id = ClinicSessionId::new();
    sqlx::query("insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at) values ($1, $2, $3, $4, $5, $6)")
        .bind(id.0)
        .bind(provider.0)
        .bind(centre.0)
        .bind(day)
        .bind(at(day, from, 0))
        .bind(at(day, to, 0))
        .execute(c)
        .await
        .expect("a session");
    id
}

/// A patient with the words the search looks in.
pub async fn patient(
    c: &mut PgConnection,
    (family, given): (&str, &str),
    sex: &str,
    (year, month, day): (i32, u32, u32),
) -> PatientId {
    let id = PatientId::new();
    sqlx::query(
        "insert into clinic.patient (id, family_name, given_name, sex, birth_date) values ($1, $2, $3, $4, $5)",
    )
    .bind(id.0)
    .bind(family)
    .bind(given)
    .bind(sex)
    .bind(NaiveDate::from_ymd_opt(year, month, day))
    .execute(&mut *c)
    .await
    .expect("a patient");
    for (name, is_family) in [(family, true), (given, false)] {
        for word in praxis::text::words(name) {
            sqlx::query("insert into clinic.patient_word values ($1, $2, $3) on conflict do nothing")
                .bind(id.0)
                .bind(word)
                .bind(is_family)
                .execute(&mut *c)
                .await
                .expect("a word");
        }
    }
    id
}

/// An appointment of 30 minutes today, in any status and without the rules of booking.
pub async fn appointment(
    c: &mut PgConnection,
    clinic: &Clinic,
    with: &Person,
    patient: PatientId,
    (hour, minute): (u32, u32),
    status: &str,
) -> AppointmentId {
    appointment_on(c, with, patient, at(clinic.today, hour, minute), status, "blood test").await
}

/// The same at any instant (its day is Sydney's) and with another reason.
pub async fn appointment_on(
    c: &mut PgConnection,
    with: &Person,
    patient: PatientId,
    starts: DateTime<Utc>,
    status: &str,
    reason: &str,
) -> AppointmentId {
    let id = AppointmentId::new();
    let sealed = BulkKeys::of(c, &crate::support::keys(), [patient.0].into()).await.expect("a key");
    let text = sealed.seal(("appointment", "reason"), id.0, patient.0, reason).expect("a sealed text");
    sqlx::query(
        "insert into clinic.appointment (id, patient_id, provider_id, centre_id, clinic_session_id, status, day, starts_at, ends_at,
                reason, booked_by, arrived_at, started_at, ended_at)
         values ($1, $2, $3, $4, (select id from clinic.clinic_session s where s.provider_id = $3 and s.starts_at <= $7 and s.ends_at > $7),
                $5, $6, $7, $7 + interval '30 min', $8, $9,
                case when $5 in ('arrived', 'in_progress', 'completed') then $7 - interval '10 min' end,
                case when $5 in ('in_progress', 'completed') then $7 end, case when $5 = 'completed' then $7 + interval '20 min' end)",
    )
    .bind(id.0)
    .bind(patient.0)
    .bind(with.provider().0)
    .bind(with.centre.0)
    .bind(status)
    .bind(starts.with_timezone(&chrono_tz::Australia::Sydney).date_naive())
    .bind(starts)
    .bind(text)
    .bind(with.account.0)
    .execute(c)
    .await
    .expect("an appointment");
    id
}

/// A visit of an appointment of [`appointment`], in a state of `open`, `paused`, `signed` or `voided`.
pub async fn visit(
    c: &mut PgConnection,
    with: &Person,
    appointment: AppointmentId,
    state: &str,
) -> EncounterId {
    let id = EncounterId::new();
    let (patient, reason): (Uuid, Option<Vec<u8>>) =
        sqlx::query_as("select patient_id, reason from clinic.appointment where id = $1")
            .bind(appointment.0)
            .fetch_one(&mut *c)
            .await
            .expect("an appointment");
    let sealed = BulkKeys::of(c, &crate::support::keys(), [patient].into()).await.expect("a key");
    let complaint = reason.map(|bytes| {
        let text = sealed.open(("appointment", "reason"), appointment.0, patient, &bytes).expect("it opens");
        sealed.seal(("encounter", "chief_complaint"), id.0, patient, &text).expect("a sealed text")
    });
    sqlx::query(
        "insert into clinic.encounter (id, appointment_id, patient_id, provider_id, centre_id, state, day, started_at, ended_at,
                chief_complaint, signed_at, signed_by, author)
         select $1, a.id, a.patient_id, a.provider_id, a.centre_id, $3, a.day, a.starts_at,
                case when $3 = 'signed' then a.ends_at end, $5,
                case when $3 = 'signed' then a.ends_at end, case when $3 = 'signed' then $4::uuid end, $4
           from clinic.appointment a where a.id = $2",
    )
    .bind(id.0)
    .bind(appointment.0)
    .bind(state)
    .bind(with.account.0)
    .bind(complaint)
    .execute(c)
    .await
    .expect("a visit");
    id
}

/// A referral that was sent, from the GP to the specialist.
pub async fn referral(c: &mut PgConnection, clinic: &Clinic, patient: PatientId) -> ReferralId {
    let id = ReferralId::new();
    sqlx::query(
        "insert into clinic.referral (id, patient_id, from_provider_id, to_provider_id, written_on, valid_until, status, sent_at, author)
         values ($1, $2, $3, $4, $5, $5 + 365, 'sent', clinic.now(), $6)",
    )
    .bind(id.0)
    .bind(patient.0)
    .bind(clinic.gp.provider().0)
    .bind(clinic.specialist.provider().0)
    .bind(clinic.today)
    .bind(clinic.gp.account.0)
    .execute(c)
    .await
    .expect("a referral");
    id
}

/// Penicillin on Jack's list of allergies.
pub async fn penicillin(c: &mut PgConnection, clinic: &Clinic) {
    let id = Uuid::now_v7();
    let substance = sealed(c, clinic.jack, ("allergy", "substance"), id, "Penicillin").await;
    sqlx::query("insert into clinic.allergy (id, patient_id, substance, author) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(clinic.jack.0)
        .bind(substance)
        .bind(clinic.gp.account.0)
        .execute(c)
        .await
        .expect("an allergy");
}

/// How many rows a query finds, looked at with the superuser's eyes: `select count(*) ...` with one id.
pub async fn count(c: &mut PgConnection, query: &'static str, id: impl Into<Uuid>) -> i64 {
    sqlx::query(query).bind(id.into()).fetch_one(c).await.expect("a count").get(0)
}
