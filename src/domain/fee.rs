//! Fees as they are recorded: what is due for a visit, what was paid and how, and the close of a day's till. Amounts are cents of
//! the site's currency; the program takes no money.
use super::{
    appointment::AppointmentStatus,
    ids::{AppointmentId, PatientId, PaymentId},
    name::PersonName,
};
use crate::tr;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// How something was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Cash,
    Card,
    Other,
}

impl Method {
    /// Every method, in the order of the list.
    pub const ALL: [Self; 3] = [Self::Cash, Self::Card, Self::Other];

    /// The name in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Other => "other",
        }
    }
    /// The method of this code; what is not known is other.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|m| m.code() == code).unwrap_or(Self::Other)
    }
    /// The word on screen and on a receipt.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cash => tr!("cash"),
            Self::Card => tr!("card"),
            Self::Other => tr!("other"),
        }
    }
}

/// One entry of the till; it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub appointment: AppointmentId,
    /// `payment`, `refund` or `void`.
    pub kind: String,
    pub method: Method,
    /// Less than nothing where it was given back.
    pub cents: i64,
    /// What of a payment was not given back.
    pub rest: i64,
    pub why: String,
    /// Entered after the day was closed.
    pub correction: bool,
    pub receipt: i32,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// What one appointment of a day owes and paid, on whatever day it was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeLine {
    pub appointment: AppointmentId,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub provider_name: PersonName,
    pub starts_at: DateTime<Utc>,
    pub status: AppointmentStatus,
    /// The kind of visit.
    pub what: String,
    pub due: i64,
    pub payments: Vec<Payment>,
}

impl FeeLine {
    /// What was paid and not given back.
    #[must_use]
    pub fn paid(&self) -> i64 {
        self.payments.iter().map(|p| p.cents).sum()
    }
    /// What is still to be paid.
    #[must_use]
    pub fn open(&self) -> i64 {
        self.due - self.paid()
    }
}

/// The sums of a day's till: without corrections, by method and by person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Till {
    pub by_method: Vec<(Method, i64)>,
    pub by_person: Vec<(String, i64)>,
    pub entries: i64,
    /// The sum of what was entered after the close.
    pub corrections: i64,
}

impl Till {
    /// Everything that was taken, less what was given back.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.by_method.iter().map(|(_, cents)| cents).sum()
    }
    /// What should lie in the till.
    #[must_use]
    pub fn cash(&self) -> i64 {
        self.by_method.iter().filter(|(m, _)| *m == Method::Cash).map(|(_, cents)| cents).sum()
    }
}

/// How a day's till was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayClose {
    pub cash: i64,
    pub counted: i64,
    pub note: String,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// A centre's day of fees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeeDay {
    pub day: NaiveDate,
    pub currency: String,
    /// In the order of the appointments.
    pub lines: Vec<FeeLine>,
    pub till: Till,
    pub closed: Option<DayClose>,
}
