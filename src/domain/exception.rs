//! Leave, holidays and extra days, the bookings that clash with them, and where those could go instead.
use super::{
    ids::{AppointmentId, CentreId, ClinicSessionId, ExceptionId, PatientId, ProviderId},
    name::PersonName,
    time::Period,
    waitlist::Met,
};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// What an exception from the usual week is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    /// A provider is away, at one centre or everywhere.
    Leave,
    /// A centre is closed.
    Holiday,
    /// A provider works when they usually do not.
    Extra,
}

impl ExceptionKind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Leave, Self::Holiday, Self::Extra];

    /// The name in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Holiday => "holiday",
            Self::Extra => "extra",
        }
    }

    /// The kind of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// The words on screen (English; the screens pass them through `tr_str`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Holiday => "holiday",
            Self::Extra => "extra day",
        }
    }
}

/// An exception that shall be entered. A leave has a provider, a holiday a centre, an extra day both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewException {
    pub id: ExceptionId,
    pub kind: ExceptionKind,
    pub provider: Option<ProviderId>,
    /// A leave without one is everywhere.
    pub centre: Option<CentreId>,
    pub period: Period,
    /// The slots of an extra day, in minutes.
    pub slot_minutes: u32,
    pub reason: String,
}

/// An exception as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionEntry {
    pub id: ExceptionId,
    pub version: i64,
    pub kind: ExceptionKind,
    pub provider: Option<ProviderId>,
    pub provider_name: Option<PersonName>,
    pub centre: Option<CentreId>,
    pub centre_name: String,
    /// The clock it is told by.
    pub zone: Tz,
    pub period: Period,
    pub reason: String,
    /// Live bookings under it.
    pub clashes: u32,
}

/// A booking that cannot stay where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    pub appointment: AppointmentId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub phone: String,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    pub period: Period,
    /// Until when its provider is kept clear.
    pub busy: Period,
}

/// A free slot that a clash may move to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub session: ClinicSessionId,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    pub period: Period,
    /// When its session ends.
    pub until: DateTime<Utc>,
}

/// One booking and where it would go; `None`: nothing fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    pub clash: Clash,
    pub to: Option<Opening>,
    /// The wishes on the waiting list that going there closes.
    pub closes: Vec<Met>,
}

/// Where each clash would go: the nearest free time that is long enough, with the same provider later, or with a colleague of
/// the profession at the centre (a specialist's patients have a letter to that one: never). No slot is given twice, nobody
/// gets a time at which they are elsewhere. Both lists are in the order of time; a slot of `free` is one slot of its session.
#[must_use]
pub fn propose(clashes: &[Clash], free: &[Opening], elsewhere: &[(PatientId, Period)]) -> Vec<PlanStep> {
    let mut taken = vec![false; free.len()];
    let mut given: Vec<(PatientId, Period)> = vec![];
    let mut steps = vec![];
    for clash in clashes {
        let (takes, keeps) = (clash.period.end - clash.period.start, clash.busy.end - clash.busy.start);
        let mut best: Option<(Duration, bool, Vec<usize>, Opening)> = None;
        for (i, first) in free.iter().enumerate() {
            let same = first.provider == clash.provider;
            let colleague = first.profession == clash.profession
                && first.centre == clash.centre
                && clash.profession != "specialist";
            if taken[i] || !(same && first.period.start >= clash.period.end || !same && colleague) {
                continue;
            }
            let distance = (first.period.start - clash.period.start).abs();
            if best.as_ref().is_some_and(|(d, s, ..)| (*d, !*s) <= (distance, !same)) {
                continue;
            }
            let Some(run) = run(free, &taken, i, takes, keeps) else { continue };
            let period = Period { start: first.period.start, end: free[run[run.len() - 1]].period.end };
            let period = Period { end: period.end.min(first.period.start + rounded(takes, first)), ..period };
            let busy =
                elsewhere.iter().chain(&given).any(|(p, at)| *p == clash.patient && at.overlaps(&period));
            if !busy {
                best = Some((distance, same, run, Opening { period, ..first.clone() }));
            }
        }
        let to = best.map(|(_, _, run, opening)| {
            run.into_iter().for_each(|i| taken[i] = true);
            given.push((clash.patient, opening.period));
            opening
        });
        steps.push(PlanStep { clash: clash.clone(), to, closes: vec![] });
    }
    steps
}

/// How long a visit is in the slots of this opening.
fn rounded(takes: Duration, slot: &Opening) -> Duration {
    let step = slot.period.minutes().max(1);
    Duration::minutes((takes.num_minutes() + step - 1) / step * step)
}

/// The free slots from the `first`th on that touch each other and are long enough together, for the visit and for what is kept
/// clear after it; the buffer may run past the end of the session.
fn run(
    free: &[Opening],
    taken: &[bool],
    first: usize,
    takes: Duration,
    keeps: Duration,
) -> Option<Vec<usize>> {
    let start = free[first].period.start;
    let (needed, clear) = (start + rounded(takes, &free[first]), start + keeps);
    let mut found = vec![first];
    let mut end = free[first].period.end;
    for (i, next) in free.iter().enumerate().skip(first + 1) {
        if end >= needed.max(clear.min(free[first].until)) || next.period.start > end {
            break;
        }
        if next.session == free[first].session && next.period.start == end && !taken[i] {
            found.push(i);
            end = next.period.end;
        }
    }
    (end >= needed && end >= clear.min(free[first].until)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use uuid::Uuid;

    fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, day, hour, minute, 0).unwrap()
    }
    fn clash(n: u128, patient: u128, day: u32, hour: u32, minutes: i64, profession: &str) -> Clash {
        let period = Period { start: at(day, hour, 0), end: at(day, hour, 0) + Duration::minutes(minutes) };
        Clash {
            appointment: AppointmentId(Uuid::from_u128(n)),
            version: 1,
            patient: PatientId(Uuid::from_u128(patient)),
            patient_name: PersonName::new("Black", "Jack"),
            phone: String::new(),
            provider: ProviderId(Uuid::from_u128(1)),
            provider_name: PersonName::new("Smith", "Anna"),
            profession: profession.into(),
            centre: CentreId(Uuid::from_u128(5)),
            centre_name: "Randwick".into(),
            zone: Tz::UTC,
            period,
            busy: period,
        }
    }
    fn opening(provider: u128, session: u128, day: u32, hour: u32, minute: u32) -> Opening {
        Opening {
            session: ClinicSessionId(Uuid::from_u128(session)),
            provider: ProviderId(Uuid::from_u128(provider)),
            provider_name: PersonName::new("Wong", "Mei"),
            profession: "gp".into(),
            centre: CentreId(Uuid::from_u128(5)),
            centre_name: "Randwick".into(),
            zone: Tz::UTC,
            period: Period {
                start: at(day, hour, minute),
                end: at(day, hour, minute) + Duration::minutes(30),
            },
            until: at(day, 17, 0),
        }
    }
    fn starts(steps: &[PlanStep]) -> Vec<Option<DateTime<Utc>>> {
        steps.iter().map(|s| s.to.as_ref().map(|t| t.period.start)).collect()
    }

    #[test]
    fn each_clash_gets_the_nearest_time_and_none_is_given_twice() {
        let clashes =
            [clash(1, 1, 12, 9, 30, "gp"), clash(2, 2, 12, 9, 30, "gp"), clash(3, 3, 12, 10, 30, "gp")];
        let free = [opening(2, 20, 12, 9, 0), opening(2, 20, 12, 11, 0), opening(1, 10, 19, 9, 0)];
        let steps = propose(&clashes, &free, &[]);
        assert_eq!(starts(&steps), [Some(at(12, 9, 0)), Some(at(12, 11, 0)), Some(at(19, 9, 0))]);
    }

    #[test]
    fn a_specialists_patient_waits_for_the_specialist() {
        let free = [opening(2, 20, 12, 9, 0), opening(1, 10, 19, 9, 0)];
        assert_eq!(
            starts(&propose(&[clash(1, 1, 12, 9, 30, "specialist")], &free, &[])),
            [Some(at(19, 9, 0))]
        );
    }

    #[test]
    fn nobody_is_sent_to_a_time_at_which_they_are_elsewhere() {
        let free = [opening(2, 20, 12, 9, 0), opening(2, 20, 12, 9, 30)];
        let elsewhere = [(PatientId(Uuid::from_u128(1)), free[0].period)];
        assert_eq!(
            starts(&propose(&[clash(1, 1, 12, 9, 30, "gp")], &free, &elsewhere)),
            [Some(at(12, 9, 30))]
        );
        assert_eq!(starts(&propose(&[clash(1, 1, 12, 9, 30, "gp")], &free[..1], &elsewhere)), [None]);
    }

    #[test]
    fn a_long_visit_needs_slots_that_touch() {
        let free = [opening(2, 20, 12, 9, 0), opening(2, 20, 12, 10, 0), opening(2, 20, 12, 10, 30)];
        let steps = propose(&[clash(1, 1, 12, 9, 60, "gp")], &free, &[]);
        let to = steps[0].to.as_ref().unwrap();
        assert_eq!((to.period.start, to.period.minutes()), (at(12, 10, 0), 60));
    }

    #[test]
    fn what_is_kept_clear_after_a_visit_must_be_free_as_well() {
        let mut one = clash(1, 1, 12, 8, 30, "gp");
        one.busy.end += Duration::minutes(10);
        let free = [opening(2, 20, 12, 9, 0), opening(2, 20, 12, 10, 0), opening(2, 20, 12, 10, 30)];
        let steps = propose(&[one.clone()], &free, &[]);
        assert_eq!(starts(&steps), [Some(at(12, 10, 0))]);
        assert_eq!(steps[0].to.as_ref().unwrap().period.minutes(), 30);
        let last = Opening { until: at(12, 9, 30), ..free[0].clone() };
        assert_eq!(starts(&propose(&[one], &[last], &[])), [Some(at(12, 9, 0))], "the session is over then");
    }

    #[test]
    fn every_kind_comes_back_from_its_code() {
        for kind in ExceptionKind::ALL {
            assert_eq!(ExceptionKind::from_code(kind.code()), Some(kind));
        }
    }
}
