//! The demo's directory: centres, departments, staff, providers and patients as rows.
use super::{
    names,
    random::{Random, id},
    staff::{CENTRES, DEPARTMENTS, PROVIDERS, STAFF},
};
use crate::{store::demo::Rows, text::fold};
use chrono::{Days, NaiveDate};
use uuid::Uuid;

/// What the schedule needs to know of the people.
pub(super) struct People {
    pub seed: u64,
    pub patients: u32,
    pub zone: chrono_tz::Tz,
    /// The day on which the demo was first made: ages are counted from it.
    pub origin: NaiveDate,
}

pub(super) fn centre(seed: u64, i: usize) -> Uuid {
    id(seed, "centre", &[i as i64])
}
pub(super) fn provider(seed: u64, i: usize) -> Uuid {
    id(seed, "provider", &[i as i64])
}
pub(super) fn provider_account(seed: u64, i: usize) -> Uuid {
    id(seed, "provider-account", &[i as i64])
}
pub(super) fn staff_account(seed: u64, i: usize) -> Uuid {
    id(seed, "staff-account", &[i as i64])
}
pub(super) fn patient(seed: u64, i: u32) -> Uuid {
    id(seed, "patient", &[i64::from(i)])
}

fn key(name: &str) -> String {
    fold::words(name).join(" ")
}

impl People {
    /// Every row of the directory.
    pub(super) fn rows(&self) -> Vec<Rows> {
        let mut all = self.places();
        all.extend(self.staff());
        all.extend(self.everybody());
        all
    }

    fn places(&self) -> Vec<Rows> {
        let seed = self.seed;
        let mut centres =
            Rows::of("centre", "id, kind, number, name, name_key, phone, email, address, suburb, zone");
        for (i, c) in CENTRES.iter().enumerate() {
            centres.put(centre(seed, i)).put(c.kind).put(c.number).put(c.name).put(key(c.name)).put(c.phone);
            centres
                .put(format!("desk{}@praxis.example", i + 1))
                .put(c.address)
                .put(c.suburb)
                .put(self.zone.name())
                .end();
        }
        let mut departments = Rows::of("department", "id, centre_id, name, services, opens, closed");
        for (i, (c, name, services, opens, closed)) in DEPARTMENTS.iter().enumerate() {
            departments
                .put(id(seed, "department", &[i as i64]))
                .put(centre(seed, *c))
                .put(name)
                .put(services);
            departments.put(opens).put(closed).end();
        }
        vec![centres, departments]
    }

    fn staff(&self) -> Vec<Rows> {
        let seed = self.seed;
        let mut accounts =
            Rows::of("account", "id, login, email, family_name, given_name, phone, role, last_centre_id");
        let mut login_names = Rows::of("login_name", "name, account_id");
        let mut places = Rows::of("staff_centre", "account_id, centre_id");
        let mut account =
            |id: Uuid, login: &str, family: &str, given: &str, role: &str, centres: &[usize], n: usize| {
                let email = format!("{login}@praxis.example");
                accounts
                    .put(id)
                    .put(login)
                    .put(&email)
                    .put(family)
                    .put(given)
                    .put(format!("02 5550 2{n:03}"))
                    .put(role);
                accounts.maybe(centres.first().map(|c| centre(seed, *c))).end();
                login_names.put(login).put(id).end();
                login_names.put(&email).put(id).end();
                for c in centres {
                    places.put(id).put(centre(seed, *c)).end();
                }
            };
        for (i, (login, family, given, role, centres)) in STAFF.iter().enumerate() {
            account(staff_account(seed, i), login, family, given, role, centres, i);
        }
        for (i, p) in PROVIDERS.iter().enumerate() {
            account(provider_account(seed, i), p.login, p.family, p.given, p.role, p.centres, 100 + i);
        }
        // One patient can sign in, to see their own side of it.
        account(id(seed, "patient-account", &[0]), "pat", "Black", "Jack", "patient", &[], 900);

        let mut providers = Rows::of(
            "provider",
            "id, account_id, profession, department_id, provider_number, sex, birth_date, registration_number, \
             licence_number, licence_until, expertise, qualifications, practising_since, biography, fee_cents, name_key",
        );
        let mut specialties = Rows::of("provider_specialty", "provider_id, specialty");
        let mut centres = Rows::of("provider_centre", "provider_id, centre_id");
        let mut hours = Rows::of(
            "provider_hours",
            "id, provider_id, centre_id, weekday, from_minute, to_minute, slot_minutes",
        );
        for (i, p) in PROVIDERS.iter().enumerate() {
            let mut r = Random::of(seed, "provider", &[i as i64]);
            let born = NaiveDate::from_yo_opt(1960 + r.below(30) as i32, 1 + r.below(360) as u32)
                .unwrap_or(self.origin);
            providers.put(provider(seed, i)).put(provider_account(seed, i)).put(p.profession);
            providers.put(id(seed, "department", &[p.department as i64])).put(format!(
                "20{:04}{}A",
                1000 + i * 37,
                i % 10
            ));
            providers
                .put(p.sex)
                .put(born)
                .put(format!("MED000{:07}", 1_100_200 + i * 7919))
                .put(format!("L-{:05}", 40_000 + i * 311));
            providers
                .put(self.origin + Days::new(200 + 30 * i as u64))
                .put(p.expertise)
                .put("qualified in Sydney");
            providers.put(born.format("%Y").to_string().parse::<i32>().unwrap_or(1970) + 27);
            providers
                .put(format!("Works in {}.", p.expertise))
                .put(p.fee_cents)
                .put(key(&format!("{} {}", p.family, p.given)))
                .end();
            if let Some(s) = p.specialty {
                specialties.put(provider(seed, i)).put(s).end();
            }
            for c in p.centres {
                centres.put(provider(seed, i)).put(centre(seed, *c)).end();
            }
            for weekday in 1..=5 {
                let c = p.centres[if weekday % 2 == 1 { 0 } else { p.centres.len() - 1 }];
                hours
                    .put(id(seed, "hours", &[i as i64, weekday]))
                    .put(provider(seed, i))
                    .put(centre(seed, c))
                    .put(weekday);
                hours.put(540).put(1020).put(30).end();
            }
        }
        vec![accounts, login_names, places, providers, specialties, centres, hours]
    }

    fn everybody(&self) -> Vec<Rows> {
        let seed = self.seed;
        let mut patients = Rows::of(
            "patient",
            "id, record_number, family_name, given_name, preferred_name, second_script_name, sex, birth_date, medicare_number, \
             email, phone, phone_digits, address, language, contact_name, contact_relationship, contact_phone, blood_group, \
             allergy_state, account_id, centre_id",
        );
        let mut words = Rows::of("patient_word", "patient_id, word, family");
        let mut allergies =
            Rows::of("allergy", "id, patient_id, substance, reaction, severity, since, author");
        let mut conditions = Rows::of("condition", "id, patient_id, code, name, since, treatment, author");
        let mut alerts = Rows::of("patient_alert", "id, patient_id, text, author");
        for i in 0..self.patients {
            let mut r = Random::of(seed, "patient", &[i64::from(i)]);
            let female = r.chance(52);
            let (family, script) = if i == 0 { ("Black", "") } else { *r.pick(&names::FAMILY) };
            let given = match (i, female) {
                (0, _) => "Jack",
                (_, true) => r.pick(&names::FEMALE),
                _ => r.pick(&names::MALE),
            };
            let sex = if i == 0 || !female { "male" } else { "female" };
            let born = if i == 0 {
                NaiveDate::from_ymd_opt(1996, 5, 4)
            } else {
                self.origin.checked_sub_days(Days::new(r.between(20, 34_000) as u64))
            };
            let phone = format!("04{:02} {:03} {:03}", r.below(100), r.below(1000), r.below(1000));
            let who = patient(seed, i);
            patients.put(who).put(i + 1).put(family).put(given);
            patients.put(if r.chance(8) {
                &given[..given.char_indices().nth(2).map_or(given.len(), |(n, _)| n)]
            } else {
                ""
            });
            patients.put(script).put(sex).maybe(born).put(medicare(20_000_000 + i));
            let email =
                if i == 0 { "pat@praxis.example".into() } else { format!("patient{}@praxis.example", i + 1) };
            patients.put(email).put(&phone).put(phone.replace(' ', ""));
            patients.put(format!(
                "{} {}, {}",
                r.between(1, 240),
                r.pick(&names::STREETS),
                r.pick(&CENTRES).suburb
            ));
            patients.put(if script.is_empty() { "en" } else { r.pick(&["en", "zh", "ar", "el", "vi"]) });
            patients
                .put(r.pick(&names::FEMALE))
                .put(r.pick(&["mother", "partner", "sister", "daughter", "friend"]));
            patients.put(format!("04{:02} {:03} {:03}", r.below(100), r.below(1000), r.below(1000)));
            patients.put(r.pick(&["O+", "A+", "B+", "O-", "A-", "AB+"]));
            let allergic = i == 0 || r.chance(14);
            patients.put(if allergic {
                "listed"
            } else if r.chance(70) {
                "none_known"
            } else {
                "not_asked"
            });
            patients
                .maybe((i == 0).then(|| id(seed, "patient-account", &[0])))
                .put(centre(seed, r.below(4)))
                .end();
            let mut seen = std::collections::BTreeSet::new();
            for (text, is_family) in [(family, true), (given, false), (script, true)] {
                for word in fold::words(text) {
                    if seen.insert(word.clone()) {
                        words.put(who).put(word).put(is_family).end();
                    }
                }
            }
            let author = provider_account(seed, r.below(6));
            if allergic {
                let (substance, reaction, severity) = if i == 0 {
                    ("penicillin", "rash", "moderate")
                } else {
                    *r.pick(&[
                        ("penicillin", "rash", "moderate"),
                        ("peanut", "swelling of the lips", "severe"),
                        ("ibuprofen", "wheezing", "severe"),
                        ("latex", "itching", "mild"),
                        ("sulfamethoxazole", "hives", "moderate"),
                    ])
                };
                allergies
                    .put(id(seed, "allergy", &[i64::from(i)]))
                    .put(who)
                    .sealed(substance)
                    .sealed(reaction);
                allergies
                    .put(severity)
                    .put(self.origin - Days::new(r.between(400, 4000) as u64))
                    .put(author)
                    .end();
            }
            if r.chance(30) {
                let (code, name, treatment) = *r.pick(&[
                    ("I10", "hypertension", "perindopril 5 mg daily"),
                    ("E11.9", "type 2 diabetes", "metformin 500 mg twice a day"),
                    ("J45.909", "asthma", "salbutamol as needed"),
                    ("M54.50", "low back pain", "exercise"),
                    ("E78.5", "raised cholesterol", "atorvastatin 20 mg at night"),
                ]);
                conditions.put(id(seed, "condition", &[i64::from(i)])).put(who).put(code).sealed(name);
                conditions
                    .put(self.origin - Days::new(r.between(400, 5000) as u64))
                    .sealed(treatment)
                    .put(author)
                    .end();
            }
            if r.chance(4) {
                alerts.put(id(seed, "alert", &[i64::from(i)])).put(who);
                let text = *r.pick(&[
                    "hard of hearing",
                    "needs an interpreter",
                    "uses a wheelchair",
                    "afraid of needles",
                ]);
                alerts.sealed(text);
                alerts.put(staff_account(seed, 0)).end();
            }
        }
        vec![patients, words, allergies, conditions, alerts]
    }
}

/// A Medicare number with a correct check digit (Services Australia: weights 1 3 7 9 1 3 7 9), issue 1.
fn medicare(n: u32) -> String {
    let digits = format!("{n:08}");
    let sum: u32 = digits.bytes().zip([1, 3, 7, 9, 1, 3, 7, 9]).map(|(d, w)| u32::from(d - b'0') * w).sum();
    format!("{digits}{}1", sum % 10)
}
