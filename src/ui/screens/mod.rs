//! The screens. A new one adds a line to each of four lists here: its module, its commands, its keymap sections, its arm.
use super::{
    command::{CommandDef, CommandSet as _},
    cx::{Env, Opening},
    route::{Route, at},
};

pub mod access;
pub mod admin;
pub mod appointment;
pub mod audit_log;
pub mod board;
pub mod booking;
pub mod calendar;
pub mod change_password;
pub mod directory;
pub mod emergency;
pub mod fees;
pub mod figures;
pub mod history;
pub mod home;
pub mod inbox;
pub mod intake;
pub mod login;
pub mod merging;
pub mod messages;
pub mod paper;
pub mod patient;
pub mod patients;
pub mod profile;
pub mod record;
pub mod record_viewers;
pub mod records;
pub mod referrals;
pub mod register_patient;
pub mod schedule;
pub mod second_factor;
pub mod series;
pub mod sign_ins;
pub mod sign_up;
pub mod sign_ups;
pub mod subject;
pub mod visit_door;
pub mod waitlist;
pub mod workplace;

/// The commands of every screen, under the heading the help shows them by. One line for each set of commands.
#[rustfmt::skip]
pub const COMMANDS: &[(&str, &[CommandDef])] = &[
    ("Sign in", login::Command::ALL),
    ("Choose a password", change_password::Command::ALL),
    ("My second factor", second_factor::Command::ALL),
    ("My sign-ins", sign_ins::Command::ALL),
    ("My profile", profile::Command::ALL),
    ("Register as a patient", sign_up::Command::ALL),
    ("Patients who register themselves", sign_ups::Command::ALL),
    ("Where you work", workplace::Command::ALL),
    ("Board", board::Command::ALL),
    ("Booking", booking::Command::ALL),
    ("Waiting list", waitlist::Command::ALL),
    ("A wish for the waiting list", waitlist::form::Command::ALL),
    ("Times that came free", waitlist::freed::Command::ALL),
    ("A time that came free", waitlist::offer::Command::ALL),
    ("Fees", fees::Command::ALL),
    ("A paper", paper::Command::ALL),
    ("Figures of the desk", figures::Command::ALL),
    ("A series before it is booked", series::plan::Command::ALL),
    ("What was booked together", series::Command::ALL),
    ("Patients", patients::Command::ALL),
    ("Patient", patient::Command::ALL),
    ("Form of a patient", register_patient::Command::ALL),
    ("Two records of one person", merging::Command::ALL),
    ("Intake", intake::Command::ALL),
    ("My day", home::provider::Command::ALL),
    ("Overview", home::overview::Command::ALL),
    ("My appointments and visits", home::own::Command::ALL),
    ("Schedule", calendar::Command::ALL),
    ("Clinic sessions", schedule::Command::ALL),
    ("Session", schedule::panel::Command::ALL),
    ("Form of a session", schedule::form::Command::ALL),
    ("Seven days", schedule::week::Command::ALL),
    ("Slots of a session", schedule::slots::Command::ALL),
    ("Leave and holidays", schedule::exceptions::Command::ALL),
    ("Form of a leave", schedule::exception_form::Command::ALL),
    ("Bookings to move", schedule::plan::Command::ALL),
    ("Records", records::Command::ALL),
    ("Referrals to you", referrals::Command::ALL),
    ("Letter of a referral", referrals::letter::Command::ALL),
    ("Visits of a patient", history::Command::ALL),
    ("Providers", directory::providers::Command::ALL),
    ("Provider", directory::provider::Command::ALL),
    ("Centres", directory::centres::Command::ALL),
    ("Centre", directory::centre::Command::ALL),
    ("Text that was not saved", super::keeper::Command::ALL),
    ("Appointment panel", appointment::Command::ALL),
    ("Examination", appointment::examination::Command::ALL),
    ("Lists of a patient", appointment::lists::Command::ALL),
    ("An entry of a list", appointment::entry_form::Command::ALL),
    ("Tests", appointment::tests::Command::ALL),
    ("A report", appointment::report::Command::ALL),
    ("Diagnosis", appointment::diagnosis::Command::ALL),
    ("End of a visit", appointment::end::Command::ALL),
    ("A referral", appointment::referral::Command::ALL),
    ("Record", record::Command::ALL),
    ("Addendum", record::AddendumCommand::ALL),
    ("Administration", admin::home::Command::ALL),
    ("Forms of administration", admin::fields::FormCommand::ALL),
    ("Accounts", admin::accounts::Command::ALL),
    ("Details of providers", admin::providers::Command::ALL),
    ("Applications", admin::applications::Command::ALL),
    ("Centres of the clinic", admin::centres::Command::ALL),
    ("Departments", admin::departments::Command::ALL),
    ("Visit types", admin::visit_types::Command::ALL),
    ("Rooms", admin::rooms::Command::ALL),
    ("Policies", admin::settings::Command::ALL),
    ("Permissions", admin::permissions::Command::ALL),
    ("Choice of centres", admin::centre_choice::Command::ALL),
    ("One-time code", admin::code_shown::Command::ALL),
    ("Inbox", inbox::Command::ALL),
    ("Messages", messages::Command::ALL),
    ("A message", messages::write::Command::ALL),
    ("A message without signing in", messages::outside::Command::ALL),
    ("Audit log", audit_log::Command::ALL),
    ("An event of the log", audit_log::event::Command::ALL),
    ("Who looked at a record", record_viewers::Command::ALL),
    ("Everything about one person", subject::Command::ALL),
    ("Asking for access", access::ask::Command::ALL),
    ("Requests to read a record", access::requests::Command::ALL),
    ("Connections", access::connections::Command::ALL),
    ("Emergency access", emergency::Command::ALL),
    ("Review of emergencies", emergency::review::Command::ALL),
];

/// The keymap sections of the screens: what their `contexts()` name, beside the shared ones.
#[rustfmt::skip]
pub const SECTIONS: &[&str] = &[
    "lock",
    "login",
    "change-password",
    "second-factor",
    "sign-ins",
    "profile",
    "sign-up",
    "sign-ups",
    "workplace",
    "board",
    "waitlist",
    "waitlist-form",
    "freed",
    "offer",
    "offer-call",
    "fees",
    "paper",
    "figures",
    "booking",
    "series-plan",
    "series",
    "patients",
    "patient",
    "patient-form",
    "merging",
    "intake",
    "intake-who",
    "intake-end",
    "home",
    "overview",
    "own",
    "calendar",
    "schedule",
    "session",
    "session-form",
    "week",
    "slots",
    "exceptions",
    "exception-form",
    "plan",
    "records",
    "records-line",
    "referrals",
    "letter",
    "visits",
    "providers",
    "provider",
    "centres",
    "centre",
    "visit",
    "visit-offer",
    "draft-offer",
    "patient-lists",
    "lists-dialog",
    "entry",
    "entry-last",
    "examination",
    "examination-rows",
    "examination-vitals",
    "tests",
    "tests-line",
    "report",
    "diagnosis",
    "diagnosis-line",
    "end",
    "end-form",
    "referral",
    "record",
    "addendum",
    "admin",
    "admin-form",
    "accounts",
    "admin-providers",
    "applications",
    "admin-centres",
    "departments",
    "visit-types",
    "rooms",
    "settings",
    "permissions",
    "centre-choice",
    "code",
    "audit",
    "audit-event",
    "viewers",
    "subject",
    "access-form",
    "access",
    "connections",
    "emergency",
    "emergency-form",
    "emergencies",
    "inbox",
    "messages",
    "message-form",
    "outside-form",
];

/// The screen of a place. One arm for each: `Route::Patients => at(patients::Patients::default()),`.
pub(super) fn open(route: &Route, env: &Env) -> Option<Opening> {
    match route {
        Route::Login => at(login::Login::default()),
        Route::ChangePassword => at(change_password::ChangePassword::of(env.actor.as_deref())),
        Route::SecondFactor => at(second_factor::SecondFactor::of(env.actor.as_deref())),
        Route::SignIns(account) => at(sign_ins::SignIns::of(*account)),
        Route::MyProfile => at(profile::MyProfile::default()),
        Route::RegisterMyself => at(sign_up::SignUp::new(env.today())),
        Route::SignUps => at(sign_ups::SignUps::default()),
        Route::Workplace => at(workplace::ChooseWorkplace::default()),
        Route::Home => home::open(env),
        Route::Board(day) => at(board::Board::at(*day)),
        Route::Booking(start) => at(booking::Booking::carrying(start.clone(), env.carried.as_deref())),
        Route::Waitlist => at(waitlist::Waitlist::default()),
        Route::Freed => at(waitlist::freed::FreedList::default()),
        Route::Wait(start) => at(waitlist::form::WaitForm::of((**start).clone(), env.today())),
        Route::Offer(offering) => at(waitlist::offer::Offer::of((**offering).clone())),
        Route::PlanSeries(start) => at(series::plan::PlanSeries::of((**start).clone())),
        Route::Series(appointment) => at(series::SeriesView::of(*appointment)),
        Route::Fees(day, first) => at(fees::Fees::at(*day, *first)),
        Route::Paper(paper) => at(paper::PaperView::of(paper.clone())),
        Route::Figures => at(figures::Figures::default()),
        Route::Patients => at(patients::Patients::default()),
        Route::Patient(id) => at(patient::Patient::new(*id)),
        Route::RegisterPatient(looked_for) => {
            at(register_patient::RegisterPatient::new(env.today()).looked_for(looked_for))
        }
        Route::EditPatient(id) => at(register_patient::RegisterPatient::of(*id, env.today())),
        Route::MergePatients(one, other) => at(merging::Merging::of(*one, *other)),
        Route::Intake(start) => at(intake::Intake::new(start, env.today())),
        Route::Schedule(day) => at(calendar::Calendar::at(*day)),
        Route::Sessions(provider, day) => at(schedule::Schedule::of(*provider, *day)),
        Route::Week(provider) => at(schedule::week::Week::of(*provider, None)),
        Route::Exceptions => at(schedule::exceptions::Exceptions::default()),
        Route::Referrals => at(referrals::Referrals::default()),
        Route::Referral(id) => at(referrals::letter::Letter::of(*id)),
        Route::Records => at(records::Records::default()),
        Route::History(patient) => at(history::History::of(*patient)),
        Route::Providers => at(directory::providers::Providers::default()),
        Route::Provider(id) => at(directory::provider::Provider::of(*id)),
        Route::Centres => at(directory::centres::Centres::default()),
        Route::Centre(id) => at(directory::centre::Centre::of(*id)),
        Route::Visit(encounter) => at(appointment::Panel::new(*encounter)),
        Route::NextVisit => at(visit_door::VisitDoor::next()),
        Route::StartVisit(appointment) => at(visit_door::VisitDoor::of(*appointment)),
        Route::Record(visit) => at(record::RecordView::new(*visit)),
        Route::Admin => at(admin::home::Home::default()),
        Route::AdminAccounts => at(admin::accounts::Accounts::default()),
        Route::AdminProviders => at(admin::providers::Providers::default()),
        Route::AdminApplications => at(admin::applications::Applications::default()),
        Route::AdminCentres => at(admin::centres::Centres::default()),
        Route::AdminDepartments => at(admin::departments::Departments::default()),
        Route::AdminRooms => at(admin::rooms::Rooms::default()),
        Route::AdminVisitTypes => at(admin::visit_types::VisitTypes::default()),
        Route::AdminSettings => at(admin::settings::Settings::default()),
        Route::Permissions => at(admin::permissions::Permissions::default()),
        Route::ApplyAsProvider => at(admin::apply::Apply::default()),
        Route::Inbox => at(inbox::Inbox::default()),
        Route::Messages => at(messages::Messages::default()),
        Route::WriteMessage(start) => at(messages::write::Write::to(start.clone())),
        Route::WriteToClinic => at(messages::write::Write::to_clinic()),
        Route::WriteUnsigned => at(messages::outside::Outside::default()),
        Route::AuditLog => at(audit_log::AuditLog::default()),
        Route::AuditEvent(id) => at(audit_log::event::EventView::of(*id)),
        Route::RecordViewers(patient) => at(record_viewers::RecordViewers::of(*patient)),
        Route::Subject(patient) => at(subject::Subject::of(*patient)),
        Route::AskAccess(patient) => at(access::ask::Ask::of(*patient)),
        Route::AccessRequests => at(access::requests::Requests::default()),
        Route::Connections => at(access::connections::Connections::default()),
        Route::Emergency => at(emergency::Emergency::new(env.today())),
        Route::Emergencies => at(emergency::review::Reviews::default()),
        Route::OwnDetails => at(home::details::OwnDetails::default()),
    }
}
