//! Typed ids: a provider's id where a patient's is meant does not compile.
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts by the time it was made (UUIDv7).
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// One person who can sign in.
    AccountId;
    /// One sign-in, from the password to the sign-out.
    SessionId;
    /// One write as the client asked for it; the database does it at most once.
    RequestId;
    /// A hospital or medical centre.
    CentreId;
    /// One entry of the till.
    PaymentId;
    /// A paper on its way to a printer.
    PrintJobId;
    /// A department of a centre.
    DepartmentId;
    /// Somebody patients are booked with.
    ProviderId;
    /// Somebody who is cared for.
    PatientId;
    /// A block of a provider's time at a centre on one day.
    ClinicSessionId;
    /// A kind of visit.
    VisitTypeId;
    /// A room of a centre.
    RoomId;
    /// A leave, a holiday or an extra day.
    ExceptionId;
    /// Time of a session that is held back.
    HoldId;
    /// A patient's time with a provider.
    AppointmentId;
    /// Somebody who waits for a time.
    WaitId;
    /// One call in which a time was offered to somebody who waits.
    CallId;
    /// Appointments that were booked together.
    SeriesId;
    /// What happened at an appointment; "visit" on screen.
    EncounterId;
    /// One measured sign.
    ObservationId;
    /// One note of a visit.
    NoteId;
    /// An ordered test.
    ServiceRequestId;
    /// One result of an ordered test.
    ResultId;
    /// A report file that belongs to a visit.
    ReportId;
    /// One diagnosis of a visit.
    DiagnosisId;
    /// One prescribed drug.
    PrescriptionId;
    /// Treatment or advice of a visit.
    TreatmentId;
    /// A referral to a specialist.
    ReferralId;
    /// A row of one of a patient's lists: allergy, condition, medication, surgery, vaccination, family history.
    HistoryItemId;
    /// A draft of a form that was not saved yet.
    DraftId;
    /// An application of a provider to be registered.
    RegistrationId;
    /// A request to read a history.
    AccessRequestId;
    /// A patient and a provider who are connected, or were asked to be.
    ConnectionId;
    /// An emergency access.
    EmergencyId;
    /// A message to the clinic, to a colleague or to a patient.
    MessageId;
    /// A permission that was proposed to be another one.
    PermissionChangeId;
    /// One event of the audit log.
    AuditEventId;
}
