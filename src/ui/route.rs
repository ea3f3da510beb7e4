//! Every place of the program. Screens name places; they never name each other: `screens::open` makes the screen of a place.
use super::{cx::Opening, layer::Slot, screen::Screen};
use crate::domain::paper::Paper;
use crate::domain::{
    actor::Role,
    booking::{Booked, FreeSlot},
    ids::{
        AccountId, AppointmentId, AuditEventId, CentreId, EncounterId, MessageId, PatientId, ProviderId,
        ReferralId, SeriesId, WaitId,
    },
    message::MessageKind,
    waitlist::{Offering, WaitEntry, Wish},
};
use chrono::NaiveDate;

/// What is already known when a booking starts; the rest is chosen there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingStart {
    /// For whom.
    pub patient: Option<PatientId>,
    /// With whom.
    pub provider: Option<ProviderId>,
    /// Where.
    pub centre: Option<CentreId>,
    /// The appointment that is moved instead of a new one being made.
    pub move_of: Option<AppointmentId>,
    /// The day to begin looking at.
    pub from: Option<NaiveDate>,
    /// The patient came without an appointment and is waiting.
    pub walk_in: bool,
    /// The reason already known: a follow-up's.
    pub reason: Option<String>,
    /// The free time that was chosen already.
    pub slot: Option<Box<FreeSlot>>,
    /// What the visit is for, by its code.
    pub visit_type: Option<String>,
    /// Somebody from the waiting list: the booking takes them off it.
    pub waiting: Option<Box<WaitEntry>>,
}

/// What is known of a wish for the waiting list before its form is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitStart {
    pub patient: PatientId,
    /// The patient's name, for the head of the form.
    pub who: String,
    pub wish: Wish,
    pub note: String,
    /// The entry that is changed, as it was seen; nothing: a new one.
    pub change: Option<(WaitId, i64)>,
}

/// The visits that are planned one after the other before they are booked, or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStart {
    pub patient: PatientId,
    /// The patient's name, and how often they come, for the head of the plan.
    pub who: String,
    pub how: String,
    /// The first time; the others are at the same time on their days.
    pub first: FreeSlot,
    pub days: Vec<NaiveDate>,
    /// What is moved there, one for each day; nothing: new ones are booked.
    pub moves: Vec<Booked>,
    /// The series that is moved.
    pub series: Option<SeriesId>,
    /// A visit type's code.
    pub visit_type: Option<String>,
    pub reason: String,
}

/// Where an intake begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeStart {
    /// Of whom; whoever is found or registered first, when nobody is known yet.
    pub patient: Option<PatientId>,
    /// What was typed when they were looked for.
    pub looked_for: String,
    pub step: IntakeStep,
}

/// The steps of an intake, in their order.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum IntakeStep {
    #[default]
    Who,
    Identity,
    Vitals,
    Allergies,
    Appointment,
}

/// To whom a message is written, and about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageStart {
    pub kind: MessageKind,
    pub to: AccountId,
    /// The receiver's name, for the head of the form.
    pub to_name: String,
    /// The patient it is about, with the name.
    pub about: Option<(PatientId, String)>,
    pub subject: String,
    pub answer_to: Option<MessageId>,
}

/// A place one can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Login,
    ChangePassword,
    /// The second factor of the signed-in person.
    SecondFactor,
    /// The open sign-ins of an account: one's own, or to an administrator anybody's.
    SignIns(AccountId),
    /// One's own name, user name, e-mail address and phone.
    MyProfile,
    /// A patient asks for an account, before there is one.
    RegisterMyself,
    /// Patients who asked for an account, for those who decide.
    SignUps,
    /// Another of one's centres.
    Workplace,
    /// The first screen of the person's role.
    Home,
    /// The day's appointments of a centre; today without a date.
    Board(Option<NaiveDate>),
    /// The schedule's views, from this day or today.
    Schedule(Option<NaiveDate>),
    /// The next seven days of a provider: of oneself, or of whom one chooses there.
    Week(Option<ProviderId>),
    /// Leave, holidays and extra days.
    Exceptions,
    /// The clinic sessions of a provider, or one's own and the centre's, from this day or today.
    Sessions(Option<ProviderId>, Option<NaiveDate>),
    /// What was due and paid on a day, with an appointment to begin at.
    Fees(Option<NaiveDate>, Option<AppointmentId>),
    /// A paper as it will be printed.
    Paper(Paper),
    /// Utilisation, no-shows, waits and the third free time.
    Figures,
    Patients,
    Patient(PatientId),
    /// Registering somebody; with what was typed when they were looked for, or nothing.
    RegisterPatient(String),
    /// Changing the identity of a patient.
    EditPatient(PatientId),
    /// Guided intake.
    Intake(IntakeStart),
    /// Two records of one person side by side: the one that was open, and the other.
    MergePatients(PatientId, PatientId),
    Booking(BookingStart),
    /// Who waits for a time.
    Waitlist,
    /// The times that came free for people who wait.
    Freed,
    /// The form of a wish for the waiting list.
    Wait(Box<WaitStart>),
    /// A time that came free, and those whom it suits.
    Offer(Box<Offering>),
    /// A series before it is booked or moved.
    PlanSeries(Box<PlanStart>),
    /// What was booked together with an appointment.
    Series(AppointmentId),
    Providers,
    Provider(ProviderId),
    Centres,
    Centre(CentreId),
    Records,
    Record(EncounterId),
    /// A patient's visits at every centre.
    History(PatientId),
    /// The referrals written to the signed-in provider.
    Referrals,
    /// One of them, with its letter.
    Referral(ReferralId),
    /// The visit of whoever waits next for the signed-in provider.
    NextVisit,
    /// The visit of an appointment, started or opened again.
    StartVisit(AppointmentId),
    /// The appointment panel of a visit.
    Visit(EncounterId),
    Admin,
    AdminAccounts,
    AdminApplications,
    AdminCentres,
    AdminDepartments,
    AdminProviders,
    AdminRooms,
    AdminSettings,
    AdminVisitTypes,
    /// Who may do what.
    Permissions,
    /// Everything that waits for the signed-in person.
    Inbox,
    /// Messages and tasks for the signed-in person.
    Messages,
    /// Writing to a colleague or to a patient.
    WriteMessage(MessageStart),
    /// Writing to the clinic as a person who has signed in.
    WriteToClinic,
    /// Writing to the clinic before anybody is signed in.
    WriteUnsigned,
    /// Sign up as a provider, before any account exists.
    ApplyAsProvider,
    AuditLog,
    /// One event of the log, whole.
    AuditEvent(AuditEventId),
    /// Who looked at a patient's record.
    RecordViewers(PatientId),
    /// Everything kept about one person; without a patient it asks about whom.
    Subject(Option<PatientId>),
    /// Asking to read the history of a patient.
    AskAccess(PatientId),
    /// Requests to read a history: to answer, or one's own.
    AccessRequests,
    Connections,
    /// Breaking the glass, or the emergency access that is open.
    Emergency,
    /// The review of emergency accesses.
    Emergencies,
    /// A patient's own details.
    OwnDetails,
}

/// Wraps a screen for [`open`]: `Route::Patients => at(Patients::default())`.
pub fn at(screen: impl Screen) -> Option<Opening> {
    Some(Box::new(move |id| Box::new(Slot::new(id, screen))))
}

/// One entry of the second line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The word shown (English; looked up when shown).
    pub word: &'static str,
    /// The command that goes there.
    pub command: &'static str,
    /// The place.
    pub route: Route,
}

/// The places of a role in the order of their digits. Nobody signed in has none.
#[must_use]
pub fn places(role: Role) -> Vec<Place> {
    use Role::{
        Administrator, Auditor, DiagnosticsProvider, Gp, LabTechnician, Nurse, OtherProvider, Patient,
        Pharmacist, Receptionist, Specialist,
    };
    const DESK: &[Role] =
        &[Receptionist, Nurse, Gp, Specialist, OtherProvider, Pharmacist, DiagnosticsProvider];
    const CLINICAL: &[Role] =
        &[Nurse, Gp, Specialist, OtherProvider, Pharmacist, DiagnosticsProvider, LabTechnician, Patient];
    const EVERYBODY: &[Role] = &Role::ALL;
    let all: [(&'static str, &'static str, Route, &[Role]); 9] = [
        ("Board", "go.board", Route::Board(None), DESK),
        (
            "Schedule",
            "go.schedule",
            Route::Schedule(None),
            &[
                Receptionist,
                Nurse,
                Gp,
                Specialist,
                OtherProvider,
                Pharmacist,
                DiagnosticsProvider,
                Administrator,
            ],
        ),
        ("Patients", "go.patients", Route::Patients, DESK),
        ("Providers", "go.providers", Route::Providers, EVERYBODY),
        ("Centres", "go.centres", Route::Centres, EVERYBODY),
        ("Records", "go.records", Route::Records, CLINICAL),
        ("Admin", "go.admin", Route::Admin, &[Administrator]),
        ("Audit log", "go.audit", Route::AuditLog, &[Auditor, Administrator]),
        ("Inbox", "go.messages", Route::Inbox, EVERYBODY),
    ];
    all.into_iter()
        .filter(|(.., roles)| roles.contains(&role))
        .map(|(word, command, route, _)| Place { word, command, route })
        .collect()
}

/// The first screen of a role.
#[must_use]
pub fn home(role: Role) -> Route {
    match role {
        Role::Administrator | Role::Auditor | Role::Patient => Route::Home,
        Role::LabTechnician => Route::Records,
        role if role.sees_patients() => Route::Home,
        _ => Route::Board(None),
    }
}

/// The word of the second line that is marked while this place is shown.
#[must_use]
pub fn section(route: &Route) -> &'static str {
    match route {
        Route::Login
        | Route::ChangePassword
        | Route::SecondFactor
        | Route::SignIns(_)
        | Route::MyProfile
        | Route::RegisterMyself
        | Route::Workplace
        | Route::Home
        | Route::ApplyAsProvider
        | Route::AccessRequests
        | Route::Connections
        | Route::Emergency
        | Route::Emergencies
        | Route::OwnDetails => "",
        Route::WriteUnsigned => "",
        Route::Inbox | Route::Messages | Route::WriteMessage(_) | Route::WriteToClinic => "go.messages",
        Route::Paper(_) | Route::Figures => "",
        Route::Board(_) | Route::Fees(..) | Route::Booking(_) | Route::PlanSeries(_) | Route::Series(_) => {
            "go.board"
        }
        Route::Schedule(_) | Route::Sessions(..) | Route::Week(_) | Route::Exceptions => "go.schedule",
        Route::Patients
        | Route::Patient(_)
        | Route::RegisterPatient(_)
        | Route::EditPatient(_)
        | Route::MergePatients(..)
        | Route::Intake(_)
        | Route::SignUps => "go.patients",
        Route::Providers | Route::Provider(_) => "go.providers",
        Route::Centres | Route::Centre(_) => "go.centres",
        Route::Records
        | Route::Record(_)
        | Route::History(_)
        | Route::Visit(_)
        | Route::NextVisit
        | Route::Referrals
        | Route::Referral(_)
        | Route::StartVisit(_)
        | Route::AskAccess(_) => "go.records",
        Route::RecordViewers(_) | Route::Subject(_) => "",
        Route::AuditLog | Route::AuditEvent(_) => "go.audit",
        _ => "go.admin",
    }
}
