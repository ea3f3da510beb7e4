//! A patient on one page for the desk: who they are, what must be read before anything else, and their visits. A caller's
//! appointment is moved, cancelled or checked in from here.
use crate::{
    domain::{
        appointment::AppointmentStatus,
        booking::Booked,
        dates,
        ids::{PatientId, RequestId},
        patient::PatientHit,
        waitlist::WaitEntry,
        why::Why,
    },
    store::{Change, Error, PatientAppointment, PatientProfile, VisitFee},
    tr,
    ui::{
        carry::{self, Carried},
        cx::{Cx, Env},
        desk::{self, Target},
        route::{BookingStart, IntakeStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{
            picker::{Picker, Row},
            table::Table,
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};
use std::time::Duration;
use uuid::Uuid;

mod fee;
mod merged;
mod save;
mod slip;
mod view;
mod waits;

crate::commands! {
    /// What a patient's page understands.
    pub enum Command {
        Survivor: "patient.survivor" "record that goes on" "Open the record into which this one was merged";
        TakeOver: "patient.take-over" "take over" "Take an appointment of a merged record over into the one that goes on";
        Book: "patient.book" "book" "Make an appointment for this patient" => "appointment.book";
        Intake: "patient.intake" "intake" "Take the patient in: identity, vital signs, allergies, appointment" quiet;
        Wait: "waitlist.add" "waiting list" "Put the patient on the waiting list, or change what they wait for" quiet;
        Edit: "patient.edit" "edit" "Change the identity";
        Advance: "appointment.advance" "arrived" "The patient has arrived for the selected appointment";
        Move: "appointment.move" "move" "Move the selected appointment to another time";
        Cut: "appointment.cut" "cut" "Take the selected appointment along, to paste it on another day or elsewhere";
        Series: "appointment.series" "series" "What was booked together with the selected appointment" quiet;
        Cancel: "appointment.cancel" "cancel" "Cancel the selected appointment, with a reason";
        NoShow: "appointment.no-show" "no-show" "The patient did not come to the selected appointment";
        Restore: "appointment.restore" "restore" "Book the selected cancelled appointment again";
        Slip: "board.slip" "appointment slip" "Show the selected appointment on paper, for the patient" quiet;
        Fee: "visit.set-fee" "fee" "Set the fee of the selected appointment's visit" quiet;
        Alert: "alert.add" "alert" "Add a sentence to the banner";
        Strike: "alert.strike" "strike alert" "Take an alert off the banner";
        Block: "patient.block" "block" "Block booking until a day, or lift the block" quiet;
        Viewers: "record.viewers" "who viewed" "Show who looked at this record" quiet;
        Deactivate: "patient.deactivate" "deactivate" "Deactivate the patient, or make them active again" quiet;
        Kept: "subject.export" "all kept" "Show everything kept about the patient, to take it out or to erase it" quiet;
        Visits: "patient.visits" "all visits" "List the visits at every centre" quiet;
        Ask: "patient.ask" "ask for access" "Ask to read the history of this patient" quiet;
        Merge: "patient.merge" "merge" "Compare with another record of the same person, and merge the two" quiet;
        Unmerge: "patient.unmerge" "separate" "Separate a record that was merged" quiet;
        Connect: "patient.connect" "connect" "Ask this patient to be connected with you" quiet;
    }
}

/// What the page is told.
pub enum Msg {
    Loaded(Result<Box<PatientProfile>, Error>),
    Changed(desk::Done),
    Reason(Target, Option<String>),
    /// What the selected visit costs now.
    Fee(Result<Option<VisitFee>, Error>),
    FeeTyped(VisitFee, Option<String>),
    AlertText(Option<String>),
    AlertPicked(Option<Uuid>),
    /// Made active or not, and why.
    Active(bool, Option<String>),
    BlockUntil(Option<NaiveDate>),
    BlockWhy(NaiveDate, Option<String>),
    Other(Option<PatientHit>),
    Separate(Option<PatientId>),
    SeparateSure(PatientId, bool),
    TakenOver(Result<Booked, Error>),
    Saved(String, Result<(), Error>),
    /// What they wait for already.
    Waits(Result<Vec<WaitEntry>, Error>),
    WaitPicked(Option<Option<Box<WaitEntry>>>),
    Reload,
}

/// One visit as it is drawn.
struct Line {
    visit: PatientAppointment,
    when: String,
    status: String,
    coming: bool,
}

/// The screen.
pub struct Patient {
    id: PatientId,
    profile: Option<Box<PatientProfile>>,
    table: Table<Line>,
    /// The list says in which record a visit stands.
    numbered: bool,
    saving: bool,
}

impl Patient {
    /// The page of this patient.
    #[must_use]
    pub fn new(id: PatientId) -> Self {
        Self { id, profile: None, table: Self::lines(false), numbered: false, saving: false }
    }

    fn load(&mut self, opened: bool, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let id = self.id;
        self.table.loading();
        cx.load(
            "patient",
            move |store| async move { store.patient_profile(&actor, id, opened).await.map(Box::new) },
            Msg::Loaded,
        );
    }

    fn redraw(&mut self, env: &Env) {
        let Some(p) = &self.profile else { return };
        let today = env.today();
        let line = |v: &PatientAppointment, coming: bool| {
            let at = v.period.starts_at(v.zone);
            let old = at.date() < today - chrono::Duration::days(180);
            let day = match at.date() {
                d if d == today => tr!("today").to_owned(),
                d if old => dates::long_date(d),
                d => dates::short_day(d),
            };
            Line {
                when: format!("{day} {}", dates::clock(at.time())),
                status: v.status.word().into(),
                coming,
                visit: v.clone(),
            }
        };
        let numbered = p.upcoming.iter().chain(&p.past).any(|v| v.origin.is_some());
        if numbered != std::mem::replace(&mut self.numbered, numbered) {
            self.table = Self::lines(numbered);
        }
        let lines = p.upcoming.iter().map(|v| line(v, true)).chain(p.past.iter().map(|v| line(v, false)));
        self.table.set_rows(lines.collect());
    }

    fn name(&self) -> String {
        self.profile.as_ref().map(|p| p.name().to_string()).unwrap_or_default()
    }

    fn target(&self) -> Option<Target> {
        self.table.selected().map(|l| Target {
            id: l.visit.id,
            version: l.visit.version,
            status: l.visit.status,
            label: format!("{} {}", l.when, self.name()),
        })
    }

    fn change(&mut self, to: AppointmentStatus, cx: &mut Cx<Msg>) {
        if let Some(target) = self.target() {
            self.saving = true;
            desk::change(cx, target, to, String::new(), Msg::Changed);
        }
    }
}

impl Screen for Patient {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["patient"]
    }
    fn title(&self) -> String {
        self.profile.as_ref().map_or_else(|| tr!("Patient").into(), |p| p.name().to_string())
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(self.profile.is_none(), cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(false, cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        use AppointmentStatus as S;
        let Some(profile) = &self.profile else {
            return Err(Why::new("loading", tr!("The patient is still being read.")));
        };
        let to = |status| match self.target() {
            Some(t) => t.check(status, true, true),
            None => Err(Why::new("nothing_selected", tr!("No visit is selected."))),
        };
        match command {
            Command::Survivor if profile.merged_into.is_none() => {
                Err(Why::new("unmerge_not_merged", tr!("This record was not merged into another."))
                    .instead(tr!("m moves the selected visit, X cancels it, b books another.")))
            }
            Command::Unmerge if profile.merged_into.is_none() && profile.merged.is_empty() => {
                Err(Why::new("unmerge_not_merged", tr!("No record was merged with this one.")))
            }
            Command::TakeOver => self.can_take_over(),
            Command::Book
            | Command::Edit
            | Command::Intake
            | Command::Alert
            | Command::Connect
            | Command::Merge
                if self.leads().is_err() =>
            {
                self.leads()
            }
            Command::Advance | Command::Move | Command::Restore if self.stands_elsewhere().is_err() => {
                self.stands_elsewhere()
            }
            Command::Fee if self.table.selected().is_none() => {
                Err(Why::new("nothing_selected", tr!("No visit is selected.")))
            }
            Command::Slip => self.can_slip(),
            Command::Advance => to(S::Arrived),
            Command::Cancel => to(S::Cancelled),
            Command::NoShow => to(S::NoShow),
            Command::Restore => match self.target().map(|t| t.status) {
                Some(S::Cancelled | S::NoShow) => to(S::Booked),
                _ => {
                    Err(Why::new("restore_cancelled", tr!("Only what was cancelled or missed is restored.")))
                }
            },
            Command::Move => match self.target() {
                Some(t) if t.status == S::Booked => Ok(()),
                _ => Err(Why::new(
                    "only_booked_moves",
                    tr!("Only an appointment that is still booked can be moved."),
                )
                .instead(tr!("b books a new one."))),
            },
            Command::Cut => carry::check(self.target().is_some_and(|t| t.status == S::Booked)),
            Command::Series if self.target().is_none() => to(S::Cancelled),
            Command::Strike if profile.alerts.is_empty() => {
                Err(Why::new("no_alert", tr!("There is no alert.")).instead(tr!("a adds one.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command != Command::Edit && (self.saving || self.profile.is_none() && self.table.is_loading())
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use AppointmentStatus as S;
        match command {
            Command::Book => {
                // Whoever sees patients books them with themselves first.
                let provider = cx.env().actor.as_ref().and_then(|a| a.provider);
                let patient = Some(self.id);
                cx.push(Route::Booking(BookingStart { patient, provider, ..BookingStart::default() }));
            }
            Command::Wait => self.ask_waits(cx),
            Command::Slip => self.show_slip(cx),
            Command::Edit => cx.push(Route::EditPatient(self.id)),
            Command::Intake => {
                let patient = Some(self.id);
                cx.push(Route::Intake(IntakeStart { patient, ..IntakeStart::default() }));
            }
            Command::Survivor => {
                if let Some(leads) = self.profile.as_ref().and_then(|p| p.merged_into.clone()) {
                    cx.push(Route::Patient(leads.id));
                }
            }
            Command::TakeOver => self.take_over(cx),
            Command::Merge => self.pick_other(cx),
            Command::Unmerge => self.separate(cx),
            Command::Ask => cx.push(Route::AskAccess(self.id)),
            Command::Visits => cx.push(Route::History(self.id)),
            Command::Connect => self.connect(cx),
            Command::Advance => self.change(S::Arrived, cx),
            Command::NoShow => self.change(S::NoShow, cx),
            Command::Restore => self.change(S::Booked, cx),
            Command::Cancel => {
                if let (Some(target), Some(line)) = (self.target(), self.table.selected()) {
                    let question = tr!(
                        "Cancel {who} with {provider}? Why?",
                        who = target.label,
                        provider = line.visit.provider_name
                    );
                    desk::ask_reason(cx, question, move |why| Msg::Reason(target.clone(), why));
                }
            }
            Command::Move => {
                if let Some(l) = self.table.selected() {
                    let move_of = Some(l.visit.id);
                    cx.push(Route::Booking(BookingStart { move_of, ..BookingStart::default() }));
                }
            }
            Command::Cut => {
                if let (Some(l), Some(p)) = (self.table.selected(), &self.profile) {
                    let v = &l.visit;
                    let carried = Carried {
                        appointment: v.id,
                        version: v.version,
                        patient: p.id,
                        patient_name: p.name(),
                        provider: v.provider,
                        provider_name: v.provider_name.clone(),
                        period: v.period,
                        zone: v.zone,
                    };
                    carry::cut(cx, carried);
                }
            }
            Command::Series => {
                if let Some(l) = self.table.selected() {
                    cx.push(Route::Series(l.visit.id));
                }
            }
            Command::Fee => {
                let (Some(actor), Some(line)) = (cx.env().actor.clone(), self.table.selected()) else {
                    return;
                };
                let appointment = line.visit.id;
                cx.load(
                    "visit.fee",
                    move |store| async move { store.visit_fee(&actor, appointment).await },
                    Msg::Fee,
                );
            }
            Command::Alert => {
                let question = tr!("What must everybody read about {who}?", who = self.name());
                desk::ask_reason(cx, question, Msg::AlertText);
            }
            Command::Strike => {
                let alerts = self.profile.as_ref().map(|p| p.alerts.clone()).unwrap_or_default();
                if let [one] = alerts.as_slice() {
                    return self.strike(one.id, cx);
                }
                let rows = alerts.into_iter().map(|a| Row::new(a.id, a.text, a.by.to_string())).collect();
                cx.open(|a| Picker::new(tr!("Strike which alert?"), a).rows(rows), Msg::AlertPicked);
            }
            Command::Viewers => cx.push(Route::RecordViewers(self.id)),
            Command::Kept => cx.push(Route::Subject(Some(self.id))),
            Command::Deactivate => {
                let active = self.profile.as_ref().is_some_and(|p| p.deactivated);
                let question = if active {
                    tr!("Make {who} active again? Why?", who = self.name())
                } else {
                    tr!("Deactivate {who}? Nobody can book them then. Why?", who = self.name())
                };
                desk::ask_reason(cx, question, move |why| Msg::Active(active, why));
            }
            Command::Block => {
                if self.profile.as_ref().is_some_and(|p| p.blocked_until.is_some()) {
                    return self.block(None, String::new(), cx);
                }
                let question = tr!("Until which day may {who} not be booked?", who = self.name());
                desk::ask_date(cx, question, Msg::BlockUntil);
            }
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(profile)) => {
                self.profile = Some(profile);
                self.redraw(&cx.env().clone());
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Changed(done) => {
                self.saving = false;
                desk::tell(cx, &done, Msg::Changed);
                self.load(false, cx);
            }
            Msg::Reason(target, Some(why)) => {
                self.saving = true;
                desk::change(cx, target, AppointmentStatus::Cancelled, why, Msg::Changed);
            }
            Msg::Fee(Ok(Some(fee))) if fee.signed => {
                cx.toast(tr!("The visit is signed: its fee stays. Its provider adds an addendum."));
            }
            Msg::Fee(Ok(Some(fee))) => self.ask_fee(fee, cx),
            Msg::Fee(Ok(None)) => {
                cx.toast(tr!("This appointment has no visit yet: a fee is set once it has begun."));
            }
            Msg::Fee(Err(e)) => cx.failed(&e),
            Msg::FeeTyped(fee, Some(typed)) => self.set_fee(fee, &typed, cx),
            Msg::FeeTyped(_, None) => {}
            Msg::AlertText(Some(text)) => {
                let (Some(actor), patient) = (cx.env().actor.clone(), self.id) else { return };
                self.saving = true;
                cx.save(
                    "alert.add",
                    move |store| async move {
                        store
                            .add_alert(&actor, RequestId::new(), Uuid::now_v7(), patient, text)
                            .await
                            .map(|_| ())
                    },
                    |done| Msg::Saved(tr!("The alert stands on the banner.").into(), done),
                );
            }
            Msg::AlertPicked(Some(alert)) => self.strike(alert, cx),
            Msg::Active(active, Some(why)) => self.set_active(active, why, cx),
            Msg::BlockUntil(Some(day)) => {
                let question = tr!("Why may {who} not be booked?", who = self.name());
                desk::ask_reason(cx, question, move |why| Msg::BlockWhy(day, why));
            }
            Msg::BlockWhy(day, Some(why)) => self.block(Some(day), why, cx),
            Msg::Other(Some(other)) => cx.push(Route::MergePatients(self.id, other.id)),
            Msg::Separate(Some(id)) => self.ask_separate(id, cx),
            Msg::SeparateSure(id, true) => self.unmerge(id, cx),
            Msg::TakenOver(Ok(booked)) => {
                self.saving = false;
                cx.toast(tr!("Taken over: {what}", what = desk::confirmation(&booked)));
                self.load(false, cx);
            }
            Msg::TakenOver(Err(e)) => {
                self.saving = false;
                cx.failed(&e);
                self.load(false, cx);
            }
            Msg::Saved(said, Ok(())) => {
                self.saving = false;
                let struck = said.strip_prefix("strike ").and_then(|id| id.parse::<Uuid>().ok());
                match (struck, cx.env().actor.clone()) {
                    (Some(alert), Some(actor)) => {
                        let patient = self.alert_of(alert);
                        cx.undoable(
                            tr!("The alert was struck."),
                            "alert.strike",
                            move |store| async move {
                                store.strike_alert(&actor, RequestId::new(), alert, patient, false).await
                            },
                            |done| Msg::Saved(tr!("The alert stands again.").into(), done),
                        );
                    }
                    _ => cx.toast(said),
                }
                self.load(false, cx);
            }
            Msg::Saved(_, Err(e)) => {
                self.saving = false;
                cx.failed(&e);
                self.load(false, cx);
            }
            Msg::Reload => self.load(false, cx),
            Msg::Waits(Ok(waits)) => self.choose_wait(waits, cx),
            Msg::Waits(Err(e)) => cx.failed(&e),
            Msg::WaitPicked(Some(entry)) => self.open_wait(entry.map(|e| *e), cx),
            Msg::WaitPicked(None)
            | Msg::Reason(_, None)
            | Msg::AlertText(None)
            | Msg::AlertPicked(None)
            | Msg::Active(_, None)
            | Msg::BlockUntil(None)
            | Msg::BlockWhy(_, None)
            | Msg::Other(None)
            | Msg::Separate(None)
            | Msg::SeparateSure(_, false) => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => {
                r.entity == "patient_link"
                    || self.merged().iter().any(|m| r.patient == Some(m.id.0))
                    || r.patient == Some(self.id.0)
                    || r.entity == "patient" && r.id == Some(self.id.0)
            }
        };
        if concerns {
            cx.after("patient.reload", Duration::from_millis(50), Msg::Reload);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}
