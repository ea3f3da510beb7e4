//! Booking: one screen, any order, always a live list of the first free times. Enter takes the selected one, and what was
//! booked can be taken back with one key. Moving an appointment is the same screen with its time to be chosen anew.
mod choose;
mod offers;
mod take;
mod view;

use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, DayPart, DayStrip, Directory, FreeFilter, FreeSlot},
        ids::{AppointmentId, CentreId, PatientId, ProviderId, RequestId},
        patient::PatientHit,
        why::Why,
    },
    store::{Change, Error, PatientProfile},
    tr,
    ui::{
        cx::Cx,
        desk,
        route::BookingStart,
        screen::{Screen, Ui, Widget},
        widgets::prompt::Prompt,
    },
};
use chrono::NaiveDate;
use offers::Offers;
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

crate::commands! {
    /// What the booking understands.
    pub enum Command {
        Confirm: "booking.confirm" "book it" "Book the selected time";
        Patient: "booking.patient" "patient" "Choose the patient";
        Provider: "booking.provider" "provider" "Choose the provider, or anybody";
        Centre: "booking.centre" "centre" "Choose the centre, or any";
        Reason: "booking.reason" "reason" "Write why the patient comes";
        From: "booking.from" "day" "Look from another day on";
        Part: "booking.part" "part of day" "Only mornings, afternoons or evenings";
        Profession: "booking.profession" "profession" "Only one profession";
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

/// What the booking is told.
pub enum Msg {
    Directory(Result<Directory, Error>),
    Moving(Result<Booked, Error>),
    Profile(Result<Box<PatientProfile>, Error>),
    /// `true`: the same question again, because somebody changed something.
    Free(FreeFilter, bool, Result<Vec<FreeSlot>, Error>),
    Strips(NaiveDate, Result<Vec<DayStrip>, Error>),
    PickedPatient(Option<PatientHit>),
    PickedProvider(Option<Option<ProviderId>>),
    PickedCentre(Option<Option<CentreId>>),
    PickedProfession(Option<Option<String>>),
    Reason(Option<String>),
    From(Option<NaiveDate>),
    Booked(Result<Booked, Error>),
    Moved(Result<Booked, Error>),
    Undone,
    Reload,
}

/// The screen.
pub struct Booking {
    patient: Option<PatientId>,
    profile: Option<Box<PatientProfile>>,
    move_of: Option<AppointmentId>,
    moving: Option<Booked>,
    provider: Option<ProviderId>,
    centre: Option<CentreId>,
    profession: Option<String>,
    from: Option<NaiveDate>,
    part: DayPart,
    reason: String,
    kind: AppointmentKind,
    directory: Option<Directory>,
    offers: Offers,
    /// Asked and not answered.
    asked: Option<FreeFilter>,
    answered: bool,
    strips: Vec<DayStrip>,
    strip_day: Option<NaiveDate>,
    id: AppointmentId,
    request: RequestId,
    saving: bool,
    ask_provider: bool,
    /// The time that was chosen before this screen.
    wanted: Option<Box<FreeSlot>>,
}

impl Booking {
    /// With what is already known.
    #[must_use]
    pub fn new(start: BookingStart) -> Self {
        let walk_in = start.walk_in;
        Self {
            patient: start.patient,
            profile: None,
            move_of: start.move_of,
            moving: None,
            provider: start.provider,
            centre: start.centre,
            profession: None,
            from: start.from,
            part: DayPart::Any,
            reason: start.reason.unwrap_or_default(),
            kind: if walk_in { AppointmentKind::WalkIn } else { AppointmentKind::Slot },
            directory: None,
            offers: Offers::default(),
            asked: None,
            answered: false,
            strips: vec![],
            strip_day: None,
            id: AppointmentId::new(),
            request: RequestId::new(),
            saving: false,
            wanted: start.slot,
            ask_provider: start.provider.is_none() && start.move_of.is_none() && !walk_in,
        }
    }

    fn here(&self) -> bool {
        matches!(self.kind, AppointmentKind::WalkIn | AppointmentKind::Emergency)
    }

    fn filter(&self, cx: &Cx<Msg>) -> FreeFilter {
        FreeFilter {
            patient: self.patient,
            provider: self.provider,
            profession: self.profession.clone(),
            centre: self.centre,
            part: self.part,
            limit: if self.wanted.is_some() { 200 } else { offers::NUMBERED as u16 },
            ..FreeFilter::from(self.from.unwrap_or_else(|| cx.env().today()))
        }
    }

    /// Asks for the free times; `again` keeps the rows where they are.
    fn find(&mut self, again: bool, cx: &mut Cx<Msg>) {
        if self.here() {
            return self.ask_strips(cx.env().today(), cx);
        }
        let Some(actor) = cx.env().actor.clone() else { return };
        // The newer load takes the older one's place: a question that waits for its answer is asked again, not refreshed.
        let again = again && self.asked.is_none();
        let filter = self.filter(cx);
        let mut wanted = filter.clone();
        // A moved appointment is in nobody's way, least of all in its own.
        wanted.patient = wanted.patient.filter(|_| self.moving.is_none());
        if !again {
            self.asked = Some(filter.clone());
        }
        cx.load(
            "booking.free",
            move |store| async move { store.first_free(&actor, wanted).await },
            move |slots| Msg::Free(filter, again, slots),
        );
    }

    /// Selects the time that was chosen before; when it is free no more, that is said.
    fn take_wanted(&mut self, cx: &mut Cx<Msg>) {
        let Some(wanted) = &self.wanted else { return };
        let same = |o: &offers::Offer| o.slot.session == wanted.session && o.slot.period == wanted.period;
        match self.offers.rows.iter().position(same) {
            Some(at) => {
                self.offers.select(at);
            }
            None => {
                let time = crate::domain::dates::clock(wanted.time());
                cx.toast(tr!("{time} is not free, for the provider or the patient.", time = time));
                self.wanted = None;
            }
        }
    }

    fn ask_strips(&mut self, day: NaiveDate, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let own = actor.workplace.as_ref().map(|w| w.centre);
        let (providers, centre) = match self.provider {
            Some(provider) if !self.here() => (vec![provider], None),
            _ => (vec![], self.centre.or_else(|| self.offers.selected().map(|o| o.slot.centre)).or(own)),
        };
        let centre = if self.here() { self.centre.or(own) } else { centre };
        cx.load(
            "booking.strips",
            move |store| async move { store.day_strips(&actor, providers, centre, day).await },
            move |strips| Msg::Strips(day, strips),
        );
    }

    fn follow(&mut self, cx: &mut Cx<Msg>) {
        if let Some(day) = self.offers.selected().map(|o| o.slot.day).filter(|_| !self.here())
            && self.strip_day != Some(day)
        {
            self.strip_day = Some(day);
            self.ask_strips(day, cx);
        }
    }

    fn read_patient(&mut self, cx: &mut Cx<Msg>) {
        if let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) {
            let opened = self.profile.is_none();
            cx.load(
                "booking.patient",
                move |store| async move { store.patient_profile(&actor, patient, opened).await.map(Box::new) },
                Msg::Profile,
            );
        }
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
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        if let Some(actor) = cx.env().actor.clone() {
            cx.load(
                "booking.directory",
                move |store| async move { store.directory(&actor).await },
                Msg::Directory,
            );
        }
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
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            // The answer that is awaited decides; the key waits for it.
            Command::Confirm if self.asked.is_some() || self.saving => Ok(()),
            Command::Confirm => self.missing().map_or(Ok(()), Err),
            Command::Patient | Command::WalkIn if self.move_of.is_some() => {
                Err(Why::new("appointment_keeps_its_patient", tr!("An appointment keeps its patient."))
                    .instead(tr!("Cancel it and book another one.")))
            }
            Command::Emergency if !self.here() => {
                Err(Why::new("emergency_now", tr!("An emergency is now.")).instead(tr!("w first.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        use Command as C;
        let uses_list = matches!(
            command,
            C::Confirm
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
        let needs_directory = matches!(command, C::Centre | C::Profession) && self.directory.is_none();
        needs_directory
            || uses_list
                && (self.asked.is_some() || self.saving || self.patient.is_some() && self.profile.is_none())
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use Command as C;
        let nth = [C::Pick1, C::Pick2, C::Pick3, C::Pick4, C::Pick5, C::Pick6, C::Pick7, C::Pick8, C::Pick9];
        match command {
            C::Confirm => self.confirm(cx),
            C::Patient => self.pick_patient(cx),
            C::Provider => self.pick_provider(cx),
            C::Centre => self.pick_centre(cx),
            C::Profession => self.pick_profession(cx),
            C::Reason => {
                let text = self.reason.clone();
                cx.open(move |a| Prompt::new(tr!("Why does the patient come?"), a).with(&text), Msg::Reason);
            }
            C::From => desk::ask_date(cx, tr!("Free from which day on?").into(), Msg::From),
            C::Part => {
                self.part = self.part.next();
                self.find(false, cx);
            }
            C::WalkIn => {
                self.kind = if self.here() { AppointmentKind::Slot } else { AppointmentKind::WalkIn };
                self.offers = Offers::default();
                self.strip_day = None;
                self.find(false, cx);
            }
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
        match msg {
            Msg::Directory(Ok(directory)) => {
                self.directory = Some(directory);
                if self.here() {
                    self.find(false, cx);
                }
            }
            Msg::Moving(Ok(old)) => {
                let first = self.moving.is_none();
                self.patient = Some(old.patient);
                if first {
                    self.provider = Some(old.provider);
                    self.reason.clone_from(&old.reason);
                    self.read_patient(cx);
                }
                self.moving = Some(old);
                if first {
                    self.find(false, cx);
                }
            }
            Msg::Profile(Ok(profile)) => self.profile = Some(profile),
            Msg::Free(filter, again, Ok(slots)) => {
                if again {
                    if filter == self.filter(cx) {
                        self.offers.refresh(slots);
                    }
                } else if self.asked.as_ref() == Some(&filter) {
                    self.asked = None;
                    self.answered = true;
                    self.offers.replace(slots);
                    self.take_wanted(cx);
                }
                self.follow(cx);
            }
            Msg::Free(_, again, Err(e)) => {
                if !again {
                    self.asked = None;
                }
                cx.failed(&e);
            }
            Msg::Strips(_, Ok(strips)) => {
                if self.here()
                    && let Some(directory) = &self.directory
                {
                    let desk = cx.env().actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.centre);
                    let own = self.centre.or(desk);
                    self.offers.walk_in(&strips, directory, own, cx.env().zone(), cx.env().now());
                    self.answered = true;
                }
                self.strips = strips;
            }
            Msg::PickedPatient(Some(hit)) => {
                self.patient = Some(hit.id);
                self.profile = None;
                self.read_patient(cx);
                self.find(false, cx);
                if std::mem::take(&mut self.ask_provider) {
                    self.pick_provider(cx);
                }
            }
            Msg::PickedPatient(None) if self.patient.is_none() => cx.back(),
            Msg::PickedProvider(Some(provider)) => {
                self.provider = provider;
                (self.strip_day, self.wanted) = (None, None);
                self.find(false, cx);
            }
            Msg::PickedCentre(Some(centre)) => {
                self.centre = centre;
                (self.strip_day, self.wanted) = (None, None);
                self.find(false, cx);
            }
            Msg::PickedProfession(Some(profession)) => {
                self.profession = profession;
                self.provider = None;
                self.find(false, cx);
            }
            Msg::Reason(Some(reason)) => self.reason = reason,
            Msg::From(Some(day)) => {
                (self.from, self.wanted) = (Some(day), None);
                self.find(false, cx);
            }
            Msg::Booked(Ok(b)) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let (id, version) = (b.id, b.version);
                let said = if self.here() {
                    tr!("Waiting: {what}", what = desk::confirmation(&b))
                } else {
                    tr!("Booked: {what}", what = desk::confirmation(&b))
                };
                cx.undoable(
                    said,
                    "booking.book",
                    move |store| async move {
                        store.cancel_appointment(&actor, RequestId::new(), id, version, "undone").await
                    },
                    |_| Msg::Undone,
                );
                cx.back();
            }
            Msg::Moved(Ok(b)) => {
                let (Some(actor), Some(old)) = (cx.env().actor.clone(), self.moving.clone()) else { return };
                let (id, version) = (b.id, b.version);
                cx.undoable(
                    tr!("Moved from {old}: {what}", old = desk::when(&old), what = desk::confirmation(&b)),
                    "booking.move",
                    move |store| async move {
                        store.move_appointment(&actor, RequestId::new(), id, version, old.time()).await
                    },
                    |_| Msg::Undone,
                );
                cx.back();
            }
            Msg::Booked(Err(e)) | Msg::Moved(Err(e)) => self.refused(&e, cx),
            Msg::Directory(Err(e)) | Msg::Moving(Err(e)) | Msg::Profile(Err(e)) | Msg::Strips(_, Err(e)) => {
                cx.failed(&e);
            }
            Msg::Reload => self.find(true, cx),
            Msg::Undone
            | Msg::PickedPatient(None)
            | Msg::PickedProvider(None)
            | Msg::PickedCentre(None)
            | Msg::PickedProfession(None)
            | Msg::Reason(None)
            | Msg::From(None) => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => {
                matches!(r.entity.as_str(), "appointment" | "clinic_session")
                    && (self.provider.is_none() || r.provider == self.provider.map(|p| p.0))
            }
        };
        if concerns && !self.saving {
            cx.after("booking.reload", Duration::from_millis(50), Msg::Reload);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}
