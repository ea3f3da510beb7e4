//! The states of an appointment and the only ways between them. The same table stands in the database, which refuses
//! whatever is not in it; this copy explains.
use super::why::Why;
use crate::tr;
use serde::{Deserialize, Serialize};

/// Where an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AppointmentStatus {
    Booked,
    Arrived,
    InProgress,
    Completed,
    Cancelled,
    NoShow,
    /// Arrived, and gone before being seen.
    Left,
    /// A visit started by mistake and undone, with a reason.
    Voided,
}

/// How an appointment came to its time. Only [`AppointmentKind::Slot`] takes part in "nothing overlaps".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AppointmentKind {
    Slot,
    Overbook,
    WalkIn,
    Emergency,
}

/// What must hold besides the status for a change to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// The appointment is today, at its centre.
    Today,
    /// It has not started and nobody else has the time.
    FutureAndFree,
}

/// What is known about an appointment when a change is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub today: bool,
    pub future: bool,
    pub free: bool,
}

use AppointmentStatus::{Arrived, Booked, Cancelled, Completed, InProgress, Left, NoShow, Voided};

/// Every allowed change.
pub const EDGES: [(AppointmentStatus, AppointmentStatus, Condition); 15] = [
    (Booked, Arrived, Condition::Today),
    (Booked, InProgress, Condition::Today),
    (Booked, Cancelled, Condition::Always),
    (Booked, NoShow, Condition::Always),
    (Arrived, Booked, Condition::Always),
    (Arrived, InProgress, Condition::Always),
    (Arrived, Left, Condition::Always),
    (Arrived, Cancelled, Condition::Always),
    (InProgress, Completed, Condition::Always),
    (InProgress, Voided, Condition::Always),
    (InProgress, Arrived, Condition::Always),
    (Left, Arrived, Condition::Always),
    (NoShow, Booked, Condition::Always),
    (NoShow, Arrived, Condition::Always),
    (Cancelled, Booked, Condition::FutureAndFree),
];

impl AppointmentStatus {
    /// Every status, in the order of a day.
    pub const ALL: [Self; 8] = [Booked, Arrived, InProgress, Completed, Cancelled, NoShow, Left, Voided];

    /// The name in the database, in commands and in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Booked => "booked",
            Arrived => "arrived",
            InProgress => "in_progress",
            Completed => "completed",
            Cancelled => "cancelled",
            NoShow => "no_show",
            Left => "left",
            Voided => "voided",
        }
    }

    /// The status of this code; hyphens and blanks stand for underscores.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let code = code.trim().to_lowercase().replace(['-', ' '], "_");
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// The word on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Booked => tr!("booked"),
            Arrived => tr!("arrived"),
            InProgress => tr!("in progress"),
            Completed => tr!("completed"),
            Cancelled => tr!("cancelled"),
            NoShow => tr!("no-show"),
            Left => tr!("left"),
            Voided => tr!("voided"),
        }
    }

    /// One letter for narrow columns, different for each status.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Booked => 'B',
            Arrived => 'A',
            InProgress => 'P',
            Completed => 'C',
            Cancelled => 'X',
            NoShow => 'N',
            Left => 'L',
            Voided => 'V',
        }
    }

    /// The condition on the change to `to`; `None`: never.
    #[must_use]
    pub fn condition(self, to: Self) -> Option<Condition> {
        EDGES.into_iter().find(|(a, b, _)| (*a, *b) == (self, to)).map(|(_, _, c)| c)
    }

    /// What this status may become, whatever the day.
    pub fn next(self) -> impl Iterator<Item = (Self, Condition)> {
        EDGES.into_iter().filter(move |(from, ..)| *from == self).map(|(_, to, c)| (to, c))
    }

    /// Whether the change is allowed now; otherwise which rule refuses it and what works instead.
    pub fn check(self, to: Self, facts: Facts) -> Result<(), Why> {
        match self.condition(to) {
            Some(Condition::Always) => Ok(()),
            Some(Condition::Today) if facts.today => Ok(()),
            Some(Condition::FutureAndFree) if facts.future && facts.free => Ok(()),
            Some(Condition::Today) => Err(Why::new(
                "appointment_today",
                tr!("An appointment can only be {status} on its own day.", status = to.word()),
            )
            .instead(tr!("Move it to today first."))),
            Some(Condition::FutureAndFree) if !facts.future => Err(Why::new(
                "restore_in_future",
                tr!("The time of this appointment has passed, so it cannot be restored."),
            )
            .instead(tr!("Book a new time."))),
            Some(Condition::FutureAndFree) => Err(Why::new(
                "restore_if_free",
                tr!("The time was given to somebody else, so this appointment cannot be restored."),
            )
            .instead(tr!("Book another time."))),
            None => Err(self.never(to)),
        }
    }

    fn never(self, to: Self) -> Why {
        let sentence = if self == to {
            tr!("This appointment is already {status}.", status = self.word())
        } else {
            tr!("An appointment that is {from} cannot become {to}.", from = self.word(), to = to.word())
        };
        let why = Why::new("appointment_status", sentence);
        let ways: Vec<&str> = self.next().map(|(next, _)| next.word()).collect();
        if ways.is_empty() {
            why.instead(tr!("Nothing follows it; book a new appointment."))
        } else {
            why.instead(tr!("It can become: {ways}.", ways = ways.join(", ")))
        }
    }

    /// The receptionist's "next status" key: booked to arrived, and no further.
    #[must_use]
    pub fn next_at_desk(self) -> Option<Self> {
        (self == Booked).then_some(Arrived)
    }

    /// Still expected, waiting or being seen.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Booked | Arrived | InProgress)
    }

    /// Takes its time, so that no other slot may overlap it.
    #[must_use]
    pub fn takes_time(self) -> bool {
        self.is_open() || self == Completed
    }

    /// The code in FHIR R4 AppointmentStatus.
    #[must_use]
    pub fn fhir(self) -> &'static str {
        match self {
            Booked => "booked",
            Arrived => "arrived",
            InProgress => "checked-in",
            Completed => "fulfilled",
            Cancelled | Left => "cancelled",
            NoShow => "noshow",
            Voided => "entered-in-error",
        }
    }
}

impl AppointmentKind {
    /// Every kind, the usual one first.
    pub const ALL: [Self; 4] = [Self::Slot, Self::Overbook, Self::WalkIn, Self::Emergency];

    /// The name in the database, in commands and in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Overbook => "overbook",
            Self::WalkIn => "walk_in",
            Self::Emergency => "emergency",
        }
    }

    /// The kind of this code; hyphens and blanks stand for underscores.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let code = code.trim().to_lowercase().replace(['-', ' '], "_");
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// The word on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Slot => tr!("booked time"),
            Self::Overbook => tr!("overbooked"),
            Self::WalkIn => tr!("walk-in"),
            Self::Emergency => tr!("emergency"),
        }
    }

    /// One letter for narrow columns; a blank for the usual kind.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Slot => ' ',
            Self::Overbook => 'o',
            Self::WalkIn => 'w',
            Self::Emergency => 'e',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_FACTS: Facts = Facts { today: true, future: true, free: true };

    #[test]
    fn exactly_the_written_changes_are_allowed_of_all_pairs() {
        let mut allowed = 0;
        for from in AppointmentStatus::ALL {
            for to in AppointmentStatus::ALL {
                let listed = matches!(
                    (from, to),
                    (Booked, Arrived | InProgress | Cancelled | NoShow)
                        | (Arrived, Booked | InProgress | Left | Cancelled)
                        | (InProgress, Completed | Voided | Arrived)
                        | (Left, Arrived)
                        | (NoShow, Booked | Arrived)
                        | (Cancelled, Booked)
                );
                assert_eq!(from.check(to, ALL_FACTS).is_ok(), listed, "{from:?} -> {to:?}");
                allowed += usize::from(listed);
            }
        }
        assert_eq!(allowed, EDGES.len());
    }

    #[test]
    fn only_todays_appointments_are_checked_in_or_started_from_booked() {
        let other_day = Facts { today: false, ..ALL_FACTS };
        assert_eq!(Booked.check(Arrived, other_day).unwrap_err().rule, "appointment_today");
        assert_eq!(Booked.check(InProgress, other_day).unwrap_err().rule, "appointment_today");
        assert!(Booked.check(Cancelled, other_day).is_ok());
        assert!(Booked.check(NoShow, other_day).is_ok());
        assert!(Arrived.check(Left, other_day).is_ok());
    }

    #[test]
    fn a_cancelled_appointment_is_restored_only_while_future_and_free() {
        let past = Facts { future: false, ..ALL_FACTS };
        let taken = Facts { free: false, ..ALL_FACTS };
        assert_eq!(Cancelled.check(Booked, past).unwrap_err().rule, "restore_in_future");
        assert_eq!(Cancelled.check(Booked, taken).unwrap_err().rule, "restore_if_free");
    }

    #[test]
    fn a_refusal_says_what_works_instead() {
        let why = Arrived.check(Completed, ALL_FACTS).unwrap_err();
        assert_eq!(
            why.to_string(),
            "An appointment that is arrived cannot become completed. It can become: booked, in progress, left, cancelled."
        );
        assert!(Voided.check(Booked, ALL_FACTS).unwrap_err().to_string().contains("Nothing follows"));
        assert!(Booked.check(Booked, ALL_FACTS).unwrap_err().to_string().contains("already booked"));
    }

    #[test]
    fn the_desk_key_goes_to_arrived_and_no_further() {
        for status in AppointmentStatus::ALL {
            assert_eq!(status.next_at_desk(), (status == Booked).then_some(Arrived));
        }
    }

    #[test]
    fn codes_and_letters_are_unique_and_read_back() {
        for status in AppointmentStatus::ALL {
            assert_eq!(AppointmentStatus::from_code(status.code()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.code());
        }
        let letters: std::collections::HashSet<_> =
            AppointmentStatus::ALL.map(AppointmentStatus::letter).into();
        assert_eq!(letters.len(), 8);
        for kind in AppointmentKind::ALL {
            assert_eq!(AppointmentKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
        assert_eq!(AppointmentStatus::from_code("No-Show"), Some(NoShow));
    }
}
