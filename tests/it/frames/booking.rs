//! The booking on a stage: how it looks, how many keys it takes, and what it does with a list that changes under it.
use super::{
    actor, env, every_size,
    front_desk::{at, board, hit, id, profile, smith, today},
};
use chrono::Duration;
use praxis::{
    domain::{
        actor::Role,
        appointment::{AppointmentKind as Kind, AppointmentStatus as S},
        booking::{BookableCentre, BookableProvider, Booked, DayStrip, Directory, FreeFilter, FreeSlot},
        ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId},
        name::PersonName,
        time::Period,
        why::Why,
    },
    store::Error,
    ui::{
        route::{BookingStart, PlanStart},
        screens::booking::{self, Booking},
        testing::Stage,
        widgets::picker::{Row, Rows},
    },
};

pub(super) fn directory() -> Directory {
    let centre = |n: u128, name: &str| BookableCentre {
        id: CentreId(id(n)),
        kind: "hospital".into(),
        name: name.into(),
        suburb: String::new(),
        zone: chrono_tz::Australia::Sydney,
        departments: vec![],
    };
    let provider = |n: u128, family: &str, given: &str, profession: &str| BookableProvider {
        id: ProviderId(id(n)),
        name: PersonName::new(family, given),
        profession: profession.into(),
        specialties: if profession == "specialist" { vec!["Cardiology".into()] } else { vec![] },
        expertise: String::new(),
        department: None,
        centres: vec![CentreId(id(5))],
    };
    Directory {
        providers: vec![
            provider(30, "Jackson", "Sam", "physiotherapist"),
            provider(31, "Neeson", "Liam", "specialist"),
            provider(3, "Smith", "Anna", "gp"),
        ],
        centres: vec![centre(5, "Randwick Medical Centre"), centre(6, "Royal Randwick Hospital")],
    }
}

pub(super) fn slots() -> Vec<FreeSlot> {
    let slot = |n: u128, day: i64, hour, minute| {
        let start = at(today() + Duration::days(day), hour, minute);
        FreeSlot {
            session: ClinicSessionId(id(500 + n)),
            provider: ProviderId(id(3)),
            provider_name: smith(),
            profession: "gp".into(),
            centre: CentreId(id(5)),
            centre_name: "Randwick Medical Centre".into(),
            zone: chrono_tz::Australia::Sydney,
            day: today() + Duration::days(day),
            period: Period { start, end: start + Duration::minutes(30) },
        }
    };
    vec![slot(0, 0, 10, 30), slot(0, 0, 11, 0), slot(1, 1, 8, 0)]
}

/// A series of three weekly visits that is to be planned.
pub fn plan() -> PlanStart {
    let first = slots().remove(0);
    PlanStart {
        patient: PatientId(id(1)),
        who: "BLACK Jack".into(),
        how: "every week, 3 times".into(),
        days: (0..3).map(|n| first.day + Duration::days(7 * n)).collect(),
        first,
        moves: vec![],
        series: None,
        visit_type: None,
        reason: String::new(),
    }
}

pub(super) fn strips() -> Vec<DayStrip> {
    vec![DayStrip {
        provider: ProviderId(id(3)),
        name: smith(),
        sessions: vec![Period { start: at(today(), 8, 0), end: at(today(), 17, 0) }],
        taken: vec![Period { start: at(today(), 8, 0), end: at(today(), 10, 30) }],
    }]
}

pub(super) fn booked() -> Booked {
    let slot = slots().remove(0);
    Booked {
        id: AppointmentId(id(70)),
        version: 1,
        patient: PatientId(id(1)),
        patient_name: PersonName::new("Black", "Jack"),
        record_number: 1,
        provider: slot.provider,
        provider_name: slot.provider_name,
        profession: slot.profession,
        centre: slot.centre,
        centre_name: slot.centre_name,
        zone: slot.zone,
        session: Some(slot.session),
        period: slot.period,
        kind: Kind::Slot,
        status: S::Booked,
        visit_type: None,
        room: None,
        reason: String::new(),
        met: vec![],
    }
}

pub(super) fn filter(patient: bool, provider: bool) -> FreeFilter {
    FreeFilter {
        patient: patient.then(|| PatientId(id(1))),
        provider: provider.then(|| ProviderId(id(3))),
        ..FreeFilter::from(today())
    }
}

pub(super) fn booking(start: BookingStart) -> Stage<Booking> {
    Stage::with(Booking::new(start), env(Some(actor(Role::Receptionist))))
}

/// As [`booking`] for BLACK Jack with Dr Smith, with its list read.
pub fn ready() -> Stage<Booking> {
    let start = BookingStart {
        patient: Some(PatientId(id(1))),
        provider: Some(ProviderId(id(3))),
        ..BookingStart::default()
    };
    let mut stage = booking(start);
    stage.deliver(booking::Msg::Directory(Ok(directory().into())));
    stage.deliver(booking::Msg::Profile(Ok(profile())));
    stage.deliver(booking::Msg::Free(filter(true, true), false, Ok(slots().into())));
    stage.deliver(booking::Msg::Strips(today(), Ok(strips())));
    stage
}

#[test]
fn the_booking_shows_who_where_and_the_first_free_times() {
    insta::assert_snapshot!(ready().frame());
}

#[test]
fn a_known_patient_is_booked_with_a_known_provider_in_at_most_six_keys() {
    let mut keys = 0;
    let mut press = |stage: &mut Stage<Booking>, key: &str| {
        keys += 1;
        stage.keys(key);
    };
    // 1: `b` on the board.
    let mut from_board = board();
    from_board.keys("b");
    assert!(from_board.effects()[0].starts_with("push Booking("));
    let mut stage = booking(BookingStart::default());
    stage.deliver(booking::Msg::Directory(Ok(directory().into())));
    stage.deliver(booking::Msg::Free(filter(false, false), false, Ok(slots().into())));
    // The patient: letters and Enter.
    stage.type_text("bla ja");
    let row = Row::new(hit(1, "Black", "Jack"), "BLACK Jack", "29M  04 May 1996  000001");
    stage.deliver_to_top(Rows::answer_to("bla ja", Ok(vec![row])));
    press(&mut stage, "enter");
    // The provider: letters and Enter.
    assert_eq!(stage.depth(), 2);
    stage.type_text("smi");
    press(&mut stage, "enter");
    assert_eq!(stage.depth(), 1);
    // The first free time; the key waits for the list.
    press(&mut stage, "enter");
    assert!(!stage.effects().iter().any(|e| e.starts_with("save")));
    stage.forget_effects();
    stage.deliver(booking::Msg::Profile(Ok(profile())));
    stage.deliver(booking::Msg::Free(filter(true, true), false, Ok(slots().into())));
    assert!(stage.effects().contains(&"save booking.book".to_owned()), "{:?}", stage.effects());
    assert!(keys < 6, "{} keys and b", keys);
    stage.forget_effects();
    stage.deliver(booking::Msg::Booked(Ok((booked(), None))));
    assert_eq!(
        stage.toast(),
        "Booked: BLACK Jack (000001) Thu 12 Mar 2026 10:30 to 11:00, SMITH Anna, Randwick Medical Centre"
    );
    assert_eq!(stage.effects(), ["back"]);
    stage.keys("u");
    assert!(stage.effects().contains(&"save booking.book".to_owned()));
}

#[test]
fn a_provider_is_found_by_profession_and_a_centre_by_part_of_its_words() {
    let mut stage = ready();
    stage.keys("v").type_text("cardio").keys("enter");
    assert!(stage.text().contains("NEESON Liam · specialist"), "{}", stage.text());
    stage.keys("c").type_text("royal rand").keys("enter");
    assert!(stage.text().contains("Royal Randwick Hospital"), "{}", stage.text());
}

#[test]
fn a_time_somebody_takes_stays_in_its_row_and_cannot_be_taken() {
    let mut stage = ready();
    let mut left = slots();
    left.remove(0);
    stage.forget_effects();
    stage.deliver(booking::Msg::Free(filter(true, true), true, Ok(left.into())));
    assert!(stage.text().contains("taken"), "{}", stage.text());
    stage.keys("enter");
    assert!(stage.toast().contains("Somebody just took that time."), "{}", stage.toast());
    stage.keys("2 enter");
    assert!(stage.effects().contains(&"save booking.book".to_owned()), "{:?}", stage.effects());
}

#[test]
fn a_refusal_is_told_whole_and_the_list_is_read_again() {
    let mut stage = ready();
    stage.forget_effects();
    stage.keys("enter");
    let why = Why::new("specialist_needs_referral", "Specialists take referred patients only.")
        .instead("The patient's GP writes it.");
    stage.deliver(booking::Msg::Booked(Err(Error::Refused(why))));
    assert_eq!(stage.toast(), "Specialists take referred patients only. The patient's GP writes it.");
    assert_eq!(stage.effects(), ["load booking.free"]);
}

#[test]
fn moving_shows_the_old_time_and_can_be_moved_back() {
    let mut stage = booking(BookingStart { move_of: Some(AppointmentId(id(70))), ..BookingStart::default() });
    stage.deliver(booking::Msg::Moving(Ok(booked())));
    stage.deliver(booking::Msg::Directory(Ok(directory().into())));
    stage.deliver(booking::Msg::Profile(Ok(profile())));
    stage.deliver(booking::Msg::Free(filter(true, true), false, Ok(slots().into())));
    insta::assert_snapshot!(stage.frame());
    stage.forget_effects();
    stage.keys("3 enter");
    assert!(stage.effects().contains(&"save booking.move".to_owned()), "{:?}", stage.effects());
    stage.keys("p");
    stage.forget_effects();
    stage.deliver(booking::Msg::Moved(Ok(booked())));
    assert!(stage.toast().starts_with("Moved from Thu 12 Mar 10:30: BLACK Jack"), "{}", stage.toast());
}

#[test]
fn a_walk_in_is_taken_by_whoever_works_now() {
    let start = BookingStart { patient: Some(PatientId(id(1))), walk_in: true, ..BookingStart::default() };
    let mut stage = booking(start);
    stage.deliver(booking::Msg::Directory(Ok(directory().into())));
    stage.deliver(booking::Msg::Profile(Ok(profile())));
    stage.deliver(booking::Msg::Strips(today(), Ok(strips())));
    insta::assert_snapshot!(stage.frame());
    stage.forget_effects();
    stage.keys("enter");
    assert!(stage.effects().contains(&"save booking.book".to_owned()), "{:?}", stage.effects());
}

#[test]
fn the_booking_draws_at_every_size() {
    every_size(ready);
}
