//! The whole record of one visit, as it is read afterwards: every field of the panel, who wrote it, what was amended.
use super::{
    diagnosis::Diagnosis,
    ids::{
        DiagnosisId, EncounterId, NoteId, PatientId, PrescriptionId, ProviderId, ReferralId, ReportId, ResultId,
        ServiceRequestId, TreatmentId,
    },
    name::PersonName,
    prescription::Prescription,
    referral::Referral,
    service_request::{Report, TestOrder},
    treatment::Treatment,
};
use crate::coded;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The visit that is written in, and whose it is: both ids travel with every write, and the database compares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitRef {
    pub encounter: EncounterId,
    pub patient: PatientId,
}

/// A row of a visit that its author may mark as entered in error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VisitRow {
    Note(NoteId),
    Test(ServiceRequestId),
    Result(ResultId),
    Report(ReportId),
    Diagnosis(DiagnosisId),
    Prescription(PrescriptionId),
    Treatment(TreatmentId),
    Referral(ReferralId),
}

/// That something was marked as entered in error: it is kept and shown so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    pub by: PersonName,
    pub at: DateTime<Utc>,
}

/// Who entered something and when, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub author: PersonName,
    /// The reader wrote it, so may mark it as entered in error.
    pub mine: bool,
    pub at: DateTime<Utc>,
    pub struck: Option<Struck>,
}

coded! {
    /// How a visit stands.
    pub enum VisitState {
        Open = "open" "open",
        Paused = "paused" "paused",
        Signed = "signed" "signed",
        Voided = "voided" "voided",
    }
}

coded! {
    /// What is printed at the end of a visit.
    pub enum Document {
        VisitSummary = "visit_summary" "visit summary",
        Prescriptions = "prescriptions" "prescriptions",
        Referral = "referral" "referral",
        SickNote = "sick_note" "sick note",
        TestOrders = "test_orders" "test orders",
        Receipt = "receipt" "receipt",
    }
}

coded! {
    /// One of the patient's standing lists.
    pub enum ListKind {
        Allergy = "allergy" "Allergies",
        Condition = "condition" "Conditions",
        Medication = "medication" "Current medication",
        Surgery = "surgery" "Surgeries",
        Vaccination = "vaccination" "Vaccinations",
        Family = "family_history" "Family history",
    }
}

/// One entry of a standing list, in words: what it is called and what else is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    pub kind: ListKind,
    pub title: String,
    pub details: Vec<String>,
    /// It was added in this visit.
    pub here: bool,
    pub entry: Entry,
}

/// One measured sign, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The code of the sign, or the words of a free one.
    pub sign: String,
    pub value: f64,
    /// The diastolic pressure.
    pub value2: Option<f64>,
    pub unit: String,
    pub flag: Option<String>,
    pub taken_at: DateTime<Utc>,
    pub entry: Entry,
}

/// A note of the visit or one added after signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: NoteId,
    pub addendum: bool,
    pub system: Option<String>,
    pub title: String,
    pub body: String,
    pub entry: Entry,
}

/// Who the record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: PatientId,
    pub record_number: i32,
    pub name: PersonName,
    pub preferred_name: Option<String>,
    pub second_script_name: Option<String>,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub national_number: Option<String>,
    pub medicare_number: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub language: Option<String>,
    /// Emergency contact: name, relationship, phone.
    pub contact: [Option<String>; 3],
    pub blood_group: Option<String>,
    /// listed, none_known, not_asked or hidden: four different things.
    pub allergy_state: String,
}

/// What the End tab plans: saved whole, with the version of the visit that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub follow_up_on: Option<NaiveDate>,
    pub follow_up_notes: String,
    /// In cents, 0 to 10,000,000.
    pub fee_cents: Option<i32>,
    /// First and last day of the sick note.
    pub sick_note: Option<(NaiveDate, NaiveDate)>,
    pub documents: Vec<Document>,
}

/// Everything of one visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub encounter: EncounterId,
    pub version: i64,
    pub patient: Identity,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre: String,
    pub zone: String,
    /// A contact happened without a visit.
    pub contact: bool,
    pub state: VisitState,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub signed: Option<(PersonName, DateTime<Utc>)>,
    /// The reader sees the patient's whole history; otherwise only what they wrote themselves.
    pub whole: bool,
    pub chief_complaint: String,
    pub lists: Vec<ListEntry>,
    pub vitals: Vec<Measured>,
    /// Examination notes and addenda, oldest first.
    pub notes: Vec<Note>,
    pub tests: Vec<TestOrder>,
    pub reports: Vec<Report>,
    pub diagnoses: Vec<Diagnosis>,
    pub prescriptions: Vec<Prescription>,
    pub treatments: Vec<Treatment>,
    pub referrals: Vec<Referral>,
    pub ending: Ending,
    /// The time of the booked follow-up.
    pub follow_up_booked: Option<DateTime<Utc>>,
    pub void_why: String,
}

/// One visit in the patient's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastVisit {
    pub encounter: EncounterId,
    pub day: NaiveDate,
    pub started_at: DateTime<Utc>,
    pub provider: PersonName,
    pub centre: String,
    pub contact: bool,
    pub state: VisitState,
    pub chief_complaint: String,
    pub diagnoses: Vec<String>,
}

/// A page of a history, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryPage {
    pub visits: Vec<PastVisit>,
    /// Where the next page begins; none at the end.
    pub next: Option<HistoryCursor>,
    /// The reader sees the whole history; otherwise only their own visits.
    pub whole: bool,
}

/// The last visit of a page: the next page is older than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    pub started_at: DateTime<Utc>,
    pub encounter: EncounterId,
}
