//! Booking: one screen, any order, always a live list of the first free times. Enter takes the selected one, and what was
//! booked can be taken back with one key. The time that is being chosen is held, and the other desks see it. Moving an
//! appointment is the same screen with its time to be chosen anew.
mod choose;
mod find;
mod hear;
mod offers;
mod person;
mod take;
mod view;
mod waiting;

use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, DayPart, DayStrip, Directory, FreeFilter, FreeSlot},
        ids::{AppointmentId, CallId, CentreId, DepartmentId, PatientId, ProviderId, RequestId, SeriesId},
        patient::PatientHit,
        series::Rhythm,
        time::Period,
        visit_type::VisitType,
        waitlist::WaitEntry,
        why::Why,
    },
    store::{Change, Error, Held, Hold, Overbookable, PatientProfile, Unbookable},
    tr,
    ui::{
        carry::{Carried, Landing, Pasted},
        cx::Cx,
        desk,
        lapse::Lapse,
        route::BookingStart,
        screen::{Screen, Ui, Widget},
        widgets::prompt::Prompt,
    },
};
use chrono::NaiveDate;
use offers::Offers;
use person::Relative;
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

crate::commands! {
    /// What the booking understands.
    pub enum Command {
        Confirm: "booking.confirm" "book it" "Book the selected time";
        Paste: "appointment.paste" "paste" "Move the appointment that was cut to the selected time";
        Patient: "booking.patient" "patient" "Choose the patient";
        Provider: "booking.provider" "provider" "Choose the provider, or anybody";
        Centre: "booking.centre" "centre" "Choose the centre, or any";
        Reason: "booking.reason" "reason" "Write why the patient comes";
        From: "booking.from" "day" "Look from another day on";
        Window: "booking.window" "how long" "Look only so many days ahead";
        Part: "booking.part" "part of day" "Only mornings, afternoons or evenings";
        Profession: "booking.profession" "profession" "Only one profession";
        VisitType: "booking.visit-type" "visit type" "Choose what the visit is for: times that are long enough for it";
        Kept: "booking.kept" "kept times" "Show times too that are kept for the same day or for urgent visits" quiet;
        Department: "booking.department" "department" "Only one department";
        Series: "booking.series" "series" "The selected time again and again: weekly, fortnightly, every so many days";
        Family: "booking.family" "family" "One more patient right after this one, with the same provider";
        Overbook: "booking.overbook" "overbook" "Show taken times that you may book over, with a reason; or back to free times";
        Wait: "waitlist.add" "waiting list" "No time suits: put the patient on the waiting list, with what is chosen here";
        WalkIn: "booking.walk-in" "walk-in" "The patient is here without an appointment, or back to free times";
        Emergency: "booking.emergency" "emergency" "A walk-in that cannot wait" quiet;
        Pick1: "booking.pick-1" "1" "Select the first time" quiet;
        Pick2: "booking.pick-2" "2" "Select the second time" quiet;
        Pick3: "booking.pick-3" "3" "Select the third time" quiet;
        Pick4: "booking.pick-4" "4" "Select the fourth time" quiet;
        Pick5: "booking.pick-5" "5" "Select the fifth time" quiet;
        Pick6: "booking.pick-6" "6" "Select the sixth time" quiet;
        Pick7: "booking.pick-7" "7" "Select the seventh time" quiet;
        Pick8: "booking.pick-8" "8" "Select the eighth time" quiet;
        Pick9: "booking.pick-9" "9" "Select the ninth time" quiet;
    }
}

/// What can be taken, and what of it somebody is choosing just now.
#[derive(Debug, Clone, Default)]
pub struct Free {
    pub slots: Vec<FreeSlot>,
    pub holds: Vec<Hold>,
    /// The times of each place for a family, in the order of `slots`.
    pub places: Vec<Vec<FreeSlot>>,
    /// How many are overbooked, of how many, in the order of `slots`.
    pub over: Vec<(i64, i64)>,
}

impl From<Vec<FreeSlot>> for Free {
    fn from(slots: Vec<FreeSlot>) -> Self {
        Self { slots, ..Self::default() }
    }
}

impl From<Vec<Overbookable>> for Free {
    fn from(rows: Vec<Overbookable>) -> Self {
        let over = rows.iter().map(|r| (r.used, r.cap)).collect();
        Self { slots: rows.into_iter().map(|r| r.slot).collect(), over, ..Self::default() }
    }
}

/// Who can be booked and for what, and who cannot.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub directory: Directory,
    pub unbookable: Vec<Unbookable>,
    pub visit_types: Vec<VisitType>,
}

impl From<Directory> for Known {
    fn from(directory: Directory) -> Self {
        Self { directory, ..Self::default() }
    }
}

/// What the booking is told.
#[allow(clippy::large_enum_variant, reason = "a message lives for one turn of the loop")]
pub enum Msg {
    Directory(Result<Known, Error>),
    Moving(Result<Booked, Error>),
    Profile(Result<Box<PatientProfile>, Error>),
    /// `true`: the same question again, because somebody changed something.
    Free(FreeFilter, bool, Result<Free, Error>),
    Holds(Result<Vec<Hold>, Error>),
    /// Whether a patient is referred to a specialist.
    Referred(PatientId, ProviderId, Result<bool, Error>),
    Strips(NaiveDate, Result<Vec<DayStrip>, Error>),
    PickedPatient(Option<PatientHit>),
    PickedRelative(Option<PatientHit>),
    PickedProvider(Option<Option<ProviderId>>),
    PickedCentre(Option<Option<CentreId>>),
    PickedProfession(Option<Option<String>>),
    PickedDepartment(Option<Option<DepartmentId>>),
    PickedVisitType(Option<Option<String>>),
    Reason(Option<String>),
    OverbookReason(Option<String>),
    From(Option<NaiveDate>),
    Window(Option<String>),
    Rhythm(Option<String>),
    /// A booking, and the place in the queue of somebody who is here.
    Booked(Result<(Booked, Option<(i32, i32)>), Error>),
    BookedFamily(Result<Vec<Booked>, Error>),
    /// What those who come right after the patient wait for.
    FamilyWaits(Result<Vec<(PatientId, Vec<WaitEntry>)>, Error>),
    Moved(Result<Booked, Error>),
    Pasted(Pasted),
    /// The free time nearest to the one that was refused, with the refusal.
    Nearest(String, Result<Option<FreeSlot>, Error>),
    Hold,
    Held(Result<Held, Error>),
    LetGo,
    Undone,
    Reload,
    ReadHolds,
    /// A hold of another desk is over.
    Lapsed,
}

/// The screen.
pub struct Booking {
    patient: Option<PatientId>,
    profile: Option<Box<PatientProfile>>,
    /// Who comes right after the patient, in this order.
    family: Vec<Relative>,
    move_of: Option<AppointmentId>,
    moving: Option<Booked>,
    provider: Option<ProviderId>,
    centre: Option<CentreId>,
    profession: Option<String>,
    department: Option<DepartmentId>,
    from: Option<NaiveDate>,
    days: u16,
    part: DayPart,
    reason: String,
    kind: AppointmentKind,
    directory: Option<Directory>,
    unbookable: Vec<Unbookable>,
    visit_types: Vec<VisitType>,
    /// A visit type's code.
    visit_type: Option<String>,
    /// Kept times too.
    kept: bool,
    /// The patient has a referral to this specialist, or none.
    referred: Option<(PatientId, ProviderId, bool)>,
    offers: Offers,
    /// Asked and not answered.
    asked: Option<FreeFilter>,
    answered: bool,
    strips: Vec<DayStrip>,
    strip_day: Option<NaiveDate>,
    lapse: Lapse,
    /// What this desk holds, or wishes to.
    held: Option<(ProviderId, Period)>,
    id: AppointmentId,
    series: SeriesId,
    request: RequestId,
    saving: bool,
    ask_provider: bool,
    /// The time that was chosen before this screen.
    wanted: Option<Box<FreeSlot>>,
    /// Somebody from the waiting list, and the call that books them.
    waiting: Option<Box<WaitEntry>>,
    call: CallId,
}

/// How many days are looked at unless the person says otherwise.
const DAYS: u16 = 60;

impl Booking {
    /// With what is already known.
    #[must_use]
    pub fn new(start: BookingStart) -> Self {
        let walk_in = start.walk_in;
        Self {
            patient: start.patient,
            profile: None,
            family: vec![],
            move_of: start.move_of,
            moving: None,
            provider: start.provider,
            centre: start.centre,
            profession: None,
            department: None,
            from: start.from,
            days: DAYS,
            part: DayPart::Any,
            reason: start.reason.unwrap_or_default(),
            kind: if walk_in { AppointmentKind::WalkIn } else { AppointmentKind::Slot },
            directory: None,
            unbookable: vec![],
            visit_types: vec![],
            visit_type: start.visit_type,
            lapse: Lapse::default(),
            kept: false,
            referred: None,
            offers: Offers::default(),
            asked: None,
            answered: false,
            strips: vec![],
            strip_day: None,
            held: None,
            id: AppointmentId::new(),
            series: SeriesId::new(),
            request: RequestId::new(),
            saving: false,
            wanted: start.slot,
            waiting: None,
            call: CallId::new(),
            ask_provider: start.provider.is_none() && start.move_of.is_none() && !walk_in,
        }
    }

    /// With what is carried: a booking that names nobody is of the one who was cut.
    #[must_use]
    pub fn carrying(mut start: BookingStart, carried: Option<&Carried>) -> Self {
        if let Some(carried) = carried
            && start.patient.is_none()
            && start.move_of.is_none()
            && !start.walk_in
        {
            start.move_of = Some(carried.appointment);
        }
        let waiting = start.waiting.take();
        Self::new(start).for_waiting(waiting)
    }

    fn here(&self) -> bool {
        matches!(self.kind, AppointmentKind::WalkIn | AppointmentKind::Emergency)
    }
    fn overbooks(&self) -> bool {
        self.kind == AppointmentKind::Overbook
    }
}

impl Screen for Booking {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["booking"]
    }
    fn title(&self) -> String {
        if self.move_of.is_some() { tr!("Move").into() } else { tr!("Book").into() }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.offers)
    }
    fn takes_digits(&self) -> Option<&'static str> {
        Some(tr!("free times"))
    }
    fn needs_minute(&self) -> bool {
        true
    }
    fn minute(&mut self, cx: &mut Cx<Msg>) {
        self.find(true, cx);
        // Held for 90 seconds: renewed each minute while the person stays.
        self.hold(cx);
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.read_directory(cx);
        self.read_moving(cx);
        self.read_patient(cx);
        self.find(self.answered, cx);
        if self.patient.is_none() && self.move_of.is_none() {
            self.pick_patient(cx);
        }
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        if self.answered {
            self.find(true, cx);
        }
    }
    fn hang_up(&mut self, cx: &mut Cx<Msg>) {
        self.let_go(cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            // The answer that is awaited decides; the key waits for it.
            Command::Confirm if self.asked.is_some() || self.saving => Ok(()),
            Command::Confirm | Command::Paste => self.missing().map_or(Ok(()), Err),
            Command::Patient | Command::WalkIn | Command::Overbook | Command::Series | Command::Family
                if self.move_of.is_some() =>
            {
                Err(Why::new("appointment_keeps_its_patient", tr!("An appointment keeps its patient."))
                    .instead(tr!("Cancel it and book another one.")))
            }
            Command::Emergency if !self.here() => {
                Err(Why::new("emergency_now", tr!("An emergency is now.")).instead(tr!("w first.")))
            }
            Command::Wait if self.patient.is_none() => {
                Err(Why::new("booking_patient", tr!("No patient is chosen.")).instead(tr!("p chooses one.")))
            }
            Command::Series | Command::Family if self.patient.is_none() => {
                Err(Why::new("booking_patient", tr!("No patient is chosen."))
                    .instead(tr!("p chooses the first one.")))
            }
            Command::Series | Command::Family if self.kind != AppointmentKind::Slot => {
                Err(Why::new("series_of_slots", tr!("Only free times are booked several at once."))
                    .instead(tr!("w or o goes back to them.")))
            }
            Command::Series if !self.family.is_empty() => {
                Err(Why::new("series_of_family", tr!("A series is of one patient."))
                    .instead(tr!("p chooses the patient again.")))
            }
            Command::Series => self.missing().map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        let uses_list = matches!(
            command,
            C::Confirm
                | C::Paste
                | C::Series
                | C::Pick1
                | C::Pick2
                | C::Pick3
                | C::Pick4
                | C::Pick5
                | C::Pick6
                | C::Pick7
                | C::Pick8
                | C::Pick9
        );
        let needs_directory = matches!(command, C::Centre | C::Profession | C::Department | C::VisitType)
            && self.directory.is_none();
        needs_directory
            || uses_list
                && (self.asked.is_some()
                    || self.saving
                    || self.patient.is_some() && self.profile.is_none()
                    || self.family.iter().any(|r| r.waits.is_none()))
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use Command as C;
        let nth = [C::Pick1, C::Pick2, C::Pick3, C::Pick4, C::Pick5, C::Pick6, C::Pick7, C::Pick8, C::Pick9];
        match command {
            C::Confirm => self.confirm(cx),
            C::Paste => {
                if let Some(offer) = self.offers.selected() {
                    let to = offer.new_time();
                    crate::ui::carry::paste(cx, Landing::Slot(to), Msg::Pasted);
                }
            }
            C::Patient => self.pick_patient(cx),
            C::Family => self.pick_relative(cx),
            C::Provider => self.pick_provider(cx),
            C::Centre => self.pick_centre(cx),
            C::Profession => self.pick_profession(cx),
            C::Department => self.pick_department(cx),
            C::VisitType => self.pick_visit_type(cx),
            C::Kept => {
                self.kept = !self.kept;
                self.find(false, cx);
            }
            C::Reason => {
                let text = self.reason.clone();
                cx.open(move |a| Prompt::new(tr!("Why does the patient come?"), a).with(&text), Msg::Reason);
            }
            C::From => desk::ask_date(cx, tr!("Free from which day on?").into(), Msg::From),
            C::Window => self.ask_window(cx),
            C::Series => {
                let question = tr!("How often? Like 6 weekly, 4 fortnightly, 5 every 10 days");
                cx.open(
                    move |a| Prompt::new(question, a).check(|text| Rhythm::parse(text).map(|_| ())),
                    Msg::Rhythm,
                );
            }
            C::Overbook => self.overbook(cx),
            C::Part => {
                self.part = self.part.next();
                self.find(false, cx);
            }
            C::WalkIn => {
                self.kind = if self.here() { AppointmentKind::Slot } else { AppointmentKind::WalkIn };
                self.family.clear();
                self.offers = Offers::default();
                self.strip_day = None;
                self.find(false, cx);
            }
            C::Wait => self.wait(cx),
            C::Emergency => {
                self.kind = match self.kind {
                    AppointmentKind::Emergency => AppointmentKind::WalkIn,
                    _ => AppointmentKind::Emergency,
                };
            }
            pick => {
                let at = nth.iter().position(|c| *c == pick).unwrap_or(0);
                if self.offers.select(at) {
                    self.follow(cx);
                } else {
                    cx.toast(tr!("No free time has that number."));
                }
            }
        }
    }

    fn moved(&mut self, cx: &mut Cx<Msg>) {
        self.follow(cx);
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        self.hear(msg, cx);
        let theirs = self.offers.holds.iter().filter(|h| !h.mine).map(|h| h.until);
        self.lapse.wait(theirs, "booking.lapse", cx, Msg::Lapsed);
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let row = match change {
            Change::Everything => return cx.after("booking.reload", Duration::from_millis(50), Msg::Reload),
            Change::Link(_) => return,
            Change::Row(row) => row,
        };
        let ours = self.provider.is_none() || row.provider == self.provider.map(|p| p.0);
        let own = row.session.is_some() && row.session == cx.env().actor.as_ref().map(|a| a.session.0);
        match row.entity.as_str() {
            "appointment" | "clinic_session" if ours && !self.saving => {
                cx.after("booking.reload", Duration::from_millis(50), Msg::Reload);
            }
            // The GP may have written it meanwhile.
            "referral" if self.referred.is_some_and(|(_, _, found)| !found) => {
                self.referred = None;
                self.ask_referral(cx);
            }
            // Only whoever shows that provider's day reads again who is choosing there.
            "slot_hold" if !own && self.shows(row.provider, row.day) => {
                cx.after("booking.holds", Duration::from_millis(50), Msg::ReadHolds);
            }
            _ => {}
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}
