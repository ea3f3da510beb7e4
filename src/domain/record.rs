//! The whole record of one visit, as it is read afterwards: every field of the panel, who wrote it, what was amended.
use super::{
    authored::Struck,
    diagnosis::Diagnosis,
    encounter::{Note, Observation, Visit},
    history::History,
    ids::{
        DiagnosisId, EncounterId, NoteId, ObservationId, PatientId, PrescriptionId, ReferralId, ReportId,
        ResultId, ServiceRequestId, TreatmentId,
    },
    name::PersonName,
    prescription::Prescription,
    referral::Referral,
    service_request::{Report, TestOrder},
    treatment::Treatment,
};
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
    Observation(ObservationId),
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

/// Something that was marked as entered in error after it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The table of the row, as in `note`.
    pub table: String,
    pub id: uuid::Uuid,
    pub struck: Struck,
}

/// An earlier visit of the same patient, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastVisit {
    pub day: NaiveDate,
    pub provider: PersonName,
    pub centre: String,
    /// The main diagnosis; empty when there is none.
    pub diagnosis: String,
}

/// Everything of one visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub patient: Identity,
    pub visit: Visit,
    /// The provider's profession, a code.
    pub profession: String,
    pub zone: String,
    /// Something done without a visit: a repeat prescription, a result.
    pub contact: bool,
    /// The reader sees the patient's whole history; otherwise only what they wrote themselves.
    pub whole: bool,
    /// The patient's standing lists as they are now.
    pub history: History,
    /// The patient's visits before this one that the reader may read, newest first, a hundred at most.
    pub past: Vec<PastVisit>,
    pub vitals: Vec<Observation>,
    /// Examination notes and addenda, oldest first.
    pub notes: Vec<Note>,
    pub tests: Vec<TestOrder>,
    pub reports: Vec<Report>,
    pub diagnoses: Vec<Diagnosis>,
    pub prescriptions: Vec<Prescription>,
    pub treatments: Vec<Treatment>,
    pub referrals: Vec<Referral>,
    /// The booked follow-up: its time and with whom.
    pub follow_up: Option<(DateTime<Utc>, PersonName)>,
    pub amendments: Vec<Amendment>,
}
