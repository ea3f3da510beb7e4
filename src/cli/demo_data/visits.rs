//! What was written in the demo's visits: complaint, vitals, notes, diagnoses, prescriptions, advice, tests and results.
use super::{
    cases::{CASES, Case},
    people::{patient, provider, provider_account},
    place::Place,
    staff::Provider,
};
use crate::store::demo::Rows;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

pub(super) struct Visits {
    seed: u64,
    encounters: Rows,
    observations: Rows,
    notes: Rows,
    diagnoses: Rows,
    prescriptions: Rows,
    treatments: Rows,
    requests: Rows,
    results: Rows,
}

impl Visits {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            encounters: Rows::of(
                "encounter",
                "id, appointment_id, patient_id, provider_id, centre_id, state, day, started_at, ended_at, chief_complaint, \
                 fee_cents, signed_at, signed_by, author",
            ),
            observations: Rows::of(
                "observation",
                "id, encounter_id, patient_id, sign, value, value2, unit, taken_at, author",
            ),
            notes: Rows::of("note", "id, encounter_id, patient_id, title, body, author, created_at"),
            diagnoses: Rows::of(
                "diagnosis",
                "id, encounter_id, patient_id, code, name, role, certainty, author, created_at",
            ),
            prescriptions: Rows::of(
                "prescription",
                "id, encounter_id, patient_id, drug, dose, route, frequency, duration_days, starts_on, repeats, status, author",
            ),
            treatments: Rows::of("treatment", "id, encounter_id, patient_id, title, notes, author"),
            requests: Rows::of(
                "service_request",
                "id, encounter_id, patient_id, code, name, specimen, status, ordered_at, author",
            ),
            results: Rows::of(
                "result",
                "id, service_request_id, patient_id, value, numeric_value, unit, range_low, range_high, flag, measured_at, \
                 performed_by, acknowledged_at, acknowledged_by, author",
            ),
        }
    }

    /// Why the patient comes.
    pub(super) fn case(seed: u64, place: &Place) -> &'static Case {
        place.random(seed, "case").pick(&CASES)
    }

    /// A visit that began, and ended and was signed if `ended` says when.
    pub(super) fn add(
        &mut self,
        p: &Provider,
        place: &Place,
        appointment: Uuid,
        centre: Uuid,
        (started, ended): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) {
        let seed = self.seed;
        let case = Self::case(seed, place);
        let mut r = place.random(seed, "visit");
        let (visit, who) = (place.id(seed, "encounter"), patient(seed, place.patient));
        let author = provider_account(seed, place.provider);
        let signed = ended.map(|e| e + Duration::minutes(2));
        let e = &mut self.encounters;
        e.put(visit).put(appointment).put(who).put(provider(seed, place.provider)).put(centre);
        e.put(if ended.is_some() { "signed" } else { "open" }).put(place.day).put(started.to_rfc3339());
        e.maybe(ended.map(|t| t.to_rfc3339())).sealed(case.reason).put(p.fee_cents);
        e.maybe(signed.map(|t| t.to_rfc3339())).maybe(signed.map(|_| author)).put(author).end();

        let taken = (started + Duration::minutes(1)).to_rfc3339();
        let mut sign = |n: &str, value: String, second: Option<i64>, unit: &str| {
            let o = &mut self.observations;
            o.put(place.id(seed, n))
                .put(visit)
                .put(who)
                .put(n)
                .put(value)
                .maybe(second)
                .put(unit)
                .put(&taken)
                .put(author)
                .end();
        };
        if r.chance(70) {
            sign("bp", r.between(104, 150).to_string(), Some(r.between(60, 94)), "mmHg");
            sign("hr", r.between(56, 98).to_string(), None, "/min");
        }
        if r.chance(25) {
            sign("t", format!("{}.{}", r.between(36, 38), r.between(0, 9)), None, "°C");
        }
        if ended.is_none() {
            return;
        }
        let said = started + Duration::minutes(4);
        self.notes
            .put(place.id(seed, "note"))
            .put(visit)
            .put(who)
            .put("")
            .sealed(case.note)
            .put(author)
            .put(said.to_rfc3339())
            .end();
        if matches!(p.profession, "gp" | "specialist" | "physiotherapist") {
            let d = &mut self.diagnoses;
            d.put(place.id(seed, "diagnosis"))
                .put(visit)
                .put(who)
                .put(case.code)
                .sealed(case.diagnosis)
                .put("main");
            d.put(if r.chance(85) { "certain" } else { "suspected" })
                .put(author)
                .put(said.to_rfc3339())
                .end();
        }
        if matches!(p.profession, "gp" | "specialist") {
            if let Some((drug, dose, frequency, days)) = case.drug {
                let x = &mut self.prescriptions;
                x.put(place.id(seed, "prescription")).put(visit).put(who).sealed(drug).sealed(dose);
                x.put(if drug.contains("cream") { "topical" } else { "oral" })
                    .put(frequency)
                    .put(days)
                    .put(place.day);
                x.put(0).put("ended").put(author).end();
            }
            if let Some((test, loinc, unit, low, high)) = case.test {
                self.test(place, visit, who, author, said, (test, loinc, unit, low, high));
            }
        }
        self.treatments
            .put(place.id(seed, "treatment"))
            .put(visit)
            .put(who)
            .sealed("advice")
            .sealed(case.advice)
            .put(author)
            .end();
    }

    fn test(
        &mut self,
        place: &Place,
        visit: Uuid,
        who: Uuid,
        author: Uuid,
        ordered: DateTime<Utc>,
        (test, loinc, unit, low, high): (&str, &str, &str, i32, i32),
    ) {
        let seed = self.seed;
        let mut r = place.random(seed, "test");
        let request = place.id(seed, "request");
        self.requests
            .put(request)
            .put(visit)
            .put(who)
            .put(loinc)
            .sealed(test)
            .sealed("blood")
            .put("reviewed");
        self.requests.put(ordered.to_rfc3339()).put(author).end();
        let value = r.between(i64::from(low) * 9, i64::from(high) * 11);
        let flag = if value < i64::from(low) * 10 {
            "low"
        } else if value > i64::from(high) * 10 {
            "high"
        } else {
            "normal"
        };
        let shown = format!("{}.{}", value / 10, value % 10);
        let measured = ordered + Duration::hours(26);
        let x = &mut self.results;
        x.put(place.id(seed, "result"))
            .put(request)
            .put(who)
            .sealed(&shown)
            .put(&shown)
            .put(unit)
            .put(low)
            .put(high);
        x.put(flag)
            .put(measured.to_rfc3339())
            .sealed("hospital laboratory")
            .put((measured + Duration::hours(20)).to_rfc3339());
        x.put(author).put(provider_account(seed, 10)).end();
    }

    pub(super) fn into_rows(self) -> Vec<Rows> {
        vec![
            self.encounters,
            self.observations,
            self.notes,
            self.diagnoses,
            self.prescriptions,
            self.treatments,
            self.requests,
            self.results,
        ]
    }
}
