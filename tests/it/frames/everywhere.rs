//! Every place there is, opened for a role that may: drawn at every size without data, so that none is forgotten. With data
//! each screen's own tests do the same.
use super::{actor, env, front_desk};
use chrono::Duration;
use praxis::{
    clock::Clock,
    domain::{
        actor::Role,
        ids::{
            AccountId, AppointmentId, AuditEventId, CentreId, EncounterId, PatientId, ProviderId, ReferralId,
        },
        message::MessageKind,
    },
    ui::{
        Picture,
        cx::Env,
        route::{BookingStart, IntakeStart, MessageStart, Route},
        screens::{
            board::{self, Board},
            login::Login,
        },
        testing::Stage,
    },
};

fn message() -> MessageStart {
    MessageStart {
        kind: MessageKind::Staff,
        to: AccountId::new(),
        to_name: "SMITH Anna".into(),
        about: Some((PatientId::new(), "BLACK Jack".into())),
        subject: String::new(),
        answer_to: None,
    }
}

fn a_paper() -> praxis::domain::paper::Paper {
    praxis::domain::paper::Paper {
        kind: "slip",
        title: "Appointment slip".into(),
        text: "Your appointment\n".into(),
        centre: CentreId::new(),
        patient: None,
    }
}

/// One route of each kind, with somebody who has that place.
pub fn everywhere() -> Vec<(Route, Role)> {
    let (gp, desk, admin) = (Role::Gp, Role::Receptionist, Role::Administrator);
    let all = vec![
        (Route::Login, desk),
        (Route::ChangePassword, desk),
        (Route::SecondFactor, desk),
        (Route::SignIns(AccountId::new()), desk),
        (Route::MyProfile, desk),
        (Route::RegisterMyself, desk),
        (Route::SignUps, desk),
        (Route::Workplace, desk),
        (Route::Home, gp),
        (Route::Home, admin),
        (Route::Home, Role::Patient),
        (Route::Board(None), desk),
        (Route::Schedule(None), gp),
        (Route::Week(None), gp),
        (Route::Exceptions, gp),
        (Route::Sessions(None, None), gp),
        (Route::Intake(IntakeStart::default()), desk),
        (Route::Fees(None, None), desk),
        (Route::Figures, admin),
        (Route::Paper(a_paper()), desk),
        (Route::Patients, desk),
        (Route::Patient(PatientId::new()), desk),
        (Route::EditPatient(PatientId::new()), desk),
        (Route::RegisterPatient(String::new()), desk),
        (Route::MergePatients(PatientId::new(), PatientId::new()), desk),
        (Route::Intake(IntakeStart::default()), desk),
        (Route::Booking(BookingStart::default()), desk),
        (Route::Waitlist, desk),
        (Route::Freed, desk),
        (Route::Wait(Box::new(super::waitlist::start())), desk),
        (Route::Offer(Box::new(super::waitlist::offering())), desk),
        (Route::PlanSeries(Box::new(super::booking::plan())), desk),
        (Route::Series(AppointmentId::new()), desk),
        (Route::Providers, desk),
        (Route::Provider(ProviderId::new()), desk),
        (Route::Centres, desk),
        (Route::Centre(CentreId::new()), desk),
        (Route::Records, gp),
        (Route::Record(EncounterId::new()), gp),
        (Route::History(PatientId::new()), gp),
        (Route::Referrals, gp),
        (Route::Referral(ReferralId::new()), gp),
        (Route::NextVisit, gp),
        (Route::StartVisit(AppointmentId::new()), gp),
        (Route::Visit(EncounterId::new()), gp),
        (Route::Admin, admin),
        (Route::AdminAccounts, admin),
        (Route::AdminApplications, admin),
        (Route::AdminCentres, admin),
        (Route::AdminDepartments, admin),
        (Route::AdminProviders, admin),
        (Route::AdminRooms, admin),
        (Route::AdminSettings, admin),
        (Route::AdminVisitTypes, admin),
        (Route::Permissions, admin),
        (Route::ApplyAsProvider, desk),
        (Route::AuditLog, admin),
        (Route::AuditEvent(AuditEventId::new()), admin),
        (Route::RecordViewers(PatientId::new()), admin),
        (Route::Subject(Some(PatientId::new())), admin),
        (Route::AskAccess(PatientId::new()), gp),
        (Route::AccessRequests, Role::Patient),
        (Route::Connections, Role::Patient),
        (Route::Emergency, gp),
        (Route::Emergencies, admin),
        (Route::OwnDetails, Role::Patient),
        (Route::Inbox, gp),
        (Route::Messages, desk),
        (Route::WriteMessage(message()), desk),
        (Route::WriteToClinic, Role::Patient),
        (Route::WriteUnsigned, desk),
    ];
    for (route, _) in &all {
        // A new place does not compile until it stands here, and so in the list above.
        match route {
            Route::Login | Route::ChangePassword | Route::Workplace | Route::Home | Route::Board(_) => {}
            Route::Week(_) | Route::Exceptions | Route::AdminRooms | Route::AdminVisitTypes => {}
            Route::Schedule(_) | Route::Sessions(..) | Route::MergePatients(..) => {}
            Route::Intake(_) => {}
            Route::Patients | Route::Patient(_) | Route::EditPatient(_) => {}
            Route::RegisterPatient(_) | Route::Booking(_) | Route::Providers | Route::Provider(_) => {}
            Route::Centres | Route::Centre(_) | Route::Records | Route::Record(_) | Route::History(_) => {}
            Route::Referrals | Route::Referral(_) | Route::NextVisit | Route::StartVisit(_) => {}
            Route::SecondFactor | Route::SignIns(_) | Route::MyProfile => {}
            Route::RegisterMyself | Route::SignUps => {}
            Route::Visit(_) | Route::Admin | Route::AdminAccounts | Route::AdminApplications => {}
            Route::AdminCentres | Route::AdminDepartments | Route::AdminProviders => {}
            Route::AdminSettings | Route::Permissions | Route::ApplyAsProvider | Route::AuditLog => {}
            Route::AuditEvent(_) | Route::RecordViewers(_) | Route::Subject(_) => {}
            Route::AskAccess(_) | Route::AccessRequests | Route::Connections => {}
            Route::Emergency | Route::Emergencies | Route::OwnDetails => {}
            Route::PlanSeries(_) | Route::Series(_) => {}
            Route::Waitlist | Route::Freed | Route::Wait(_) | Route::Offer(_) => {}
            Route::Fees(..) | Route::Paper(_) | Route::Figures => {}
            Route::Inbox => {}
            Route::Messages | Route::WriteMessage(_) | Route::WriteToClinic | Route::WriteUnsigned => {}
        }
    }
    all
}

/// What a place without a screen says.
const NOWHERE: &str = "has no place of its own here";

#[test]
fn every_place_opens_and_is_drawn_at_every_size() {
    let mut sizes: Vec<(u16, u16)> =
        [1, 5, 10, 24, 60].iter().flat_map(|h| (1..=100).map(|w| (w, *h))).collect();
    sizes.extend([1, 20, 40, 80, 160].iter().flat_map(|w| (1..=60).map(|h| (*w, h))));
    let places = everywhere();
    std::thread::scope(|scope| {
        for part in places.chunks(places.len().div_ceil(2)) {
            let sizes = &sizes;
            scope.spawn(move || {
                for (route, role) in part {
                    let mut stage = Stage::with(Login::default(), env(Some(actor(*role)))).running();
                    stage.app().open(route.clone());
                    assert!(!stage.text().contains(NOWHERE), "{route:?} has no screen for {role:?}");
                    for (w, h) in sizes {
                        stage = stage.at(*w, *h);
                        stage.draw();
                    }
                }
            });
        }
    });
}

/// The board of the front desk's tests with a clock that goes, set to 09:42:10.
fn board_with_a_clock() -> (Stage<Board>, Clock) {
    let clock = Clock::system();
    clock.follow(front_desk::at(front_desk::today(), 9, 42) + Duration::seconds(10));
    let env = Env { clock: clock.clone(), ..env(Some(actor(Role::Receptionist))) };
    let mut stage = Stage::with(Board::default(), env);
    stage.deliver(board::Msg::Loaded(front_desk::today(), Ok(front_desk::day())));
    (stage, clock)
}

#[test]
fn a_minute_on_an_idle_board_costs_one_small_frame_and_changes_only_clock_and_waits() {
    let (mut stage, clock) = board_with_a_clock();
    let mut picture = Picture::sized(80, 24);
    assert!(!picture.draw(stage.app()).is_empty());
    assert!(picture.draw(stage.app()).is_empty(), "an idle board sends nothing");
    let before = stage.text();
    clock.follow(clock.now() + Duration::minutes(1));
    stage.app().minute();
    stage.forget_effects();
    let bytes = picture.draw(stage.app()).len();
    let after = stage.text();
    let changed: Vec<(char, char)> = before.chars().zip(after.chars()).filter(|(a, b)| a != b).collect();
    println!("a minute on an idle board: {bytes} bytes, {} characters", changed.len());
    assert!(changed.iter().all(|(a, b)| a.is_ascii_digit() && b.is_ascii_digit()), "{changed:?}\n{after}");
    assert!((1..=40).contains(&bytes), "{bytes} bytes");
}
