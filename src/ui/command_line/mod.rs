//! The command line of the desk: one line, and above it what Enter will do, in full. A key never waits for the server;
//! nothing is guessed silently: what is ambiguous is asked with numbers, what is missing is named.
mod answers;
mod certain;
mod doing;
mod known;
mod pick;
mod places;
mod plan;
mod preview;
mod purpose;
mod slots;
mod view;
mod waits;

use super::{
    command::WidgetCommand,
    cx::Cx,
    desk,
    screen::{Kind, Screen, TextInput, Ui},
    widgets::text_input::TextLine,
};
use crate::{
    domain::{
        booking::{Booked, FreeFilter, FreeSlot},
        desk_line::Line,
        ids::{AppointmentId, PatientId, ProviderId, RequestId, WaitId},
        permission::Table,
        visit_type::VisitType,
        waitlist::WaitEntry,
        why::Why,
    },
    search::patients::Found,
    store::{Change, Error, PatientAppointment},
    tr,
};
use known::{Known, Need};
use pick::Picked;
use plan::State;
use preview::{Preview, Shown};
use ratatui::{Frame, layout::Rect};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use zeroize::Zeroizing;

crate::commands! {
    /// What the command line understands.
    pub enum Command {
        Do: "line.do" "do it" "Do what the preview says, or ask for what is ambiguous";
        Complete: "line.complete" "complete" "Complete the word";
        Earlier: "line.earlier" "earlier lines" "An earlier line of this session";
        Later: "line.later" "later line" "A later line of this session" quiet;
        Close: "line.close" "close" "Close the line; nothing is done" quiet;
        Pick1: "line.pick-1" "1" "Take the first" quiet;
        Pick2: "line.pick-2" "2" "Take the second" quiet;
        Pick3: "line.pick-3" "3" "Take the third" quiet;
        Pick4: "line.pick-4" "4" "Take the fourth" quiet;
        Pick5: "line.pick-5" "5" "Take the fifth" quiet;
        Pick6: "line.pick-6" "6" "Take the sixth" quiet;
        Pick7: "line.pick-7" "7" "Take the seventh" quiet;
        Pick8: "line.pick-8" "8" "Take the eighth" quiet;
        Pick9: "line.pick-9" "9" "Take the ninth" quiet;
    }
}

/// The lines of this sign-in, in memory only: wiped when it ends or the terminal is locked.
#[derive(Debug, Clone, Default)]
pub struct History(Arc<Mutex<Vec<Zeroizing<String>>>>);

/// How many lines are remembered.
const REMEMBERED: usize = 50;

impl History {
    /// Forgets every line.
    pub fn wipe(&self) {
        self.with(Vec::clear);
    }
    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.with(|lines| lines.len())
    }
    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn add(&self, line: &str) {
        self.with(|lines| {
            if lines.last().is_none_or(|l| l.as_str() != line) {
                lines.push(Zeroizing::new(line.to_owned()));
            }
            if lines.len() > REMEMBERED {
                lines.remove(0);
            }
        });
    }
    fn line(&self, at: usize) -> Option<String> {
        self.with(|lines| lines.get(at).map(|l| l.to_string()))
    }
    fn with<T>(&self, then: impl FnOnce(&mut Vec<Zeroizing<String>>) -> T) -> T {
        let mut lines = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        then(&mut lines)
    }
}

/// The field of the line: while a number is asked for, digits answer instead of being typed.
#[derive(Default)]
struct Field {
    line: TextLine,
    asking: bool,
}

impl TextInput for Field {
    fn insert(&mut self, text: &str) {
        self.line.insert(text);
    }
    fn edit(&mut self, command: WidgetCommand) -> bool {
        self.line.edit(command)
    }
    fn takes(&self, character: char) -> bool {
        !(self.asking && character.is_ascii_digit())
    }
    fn text(&self) -> String {
        self.line.text()
    }
}

/// What the line is told.
pub enum Msg {
    Directory(Result<crate::domain::booking::Directory, Error>),
    VisitTypes(Result<Vec<VisitType>, Error>),
    /// A rest after typing: ask for what is needed now.
    Ask,
    People(Result<Vec<(String, Vec<Found>)>, Error>),
    Appointments(PatientId, Result<Vec<PatientAppointment>, Error>),
    Free(FreeFilter, Result<Vec<FreeSlot>, Error>),
    Working(Result<Vec<ProviderId>, Error>),
    Reason(Option<String>),
    Booked(Result<Booked, Error>),
    /// As it was, and as it is.
    Moved(Result<Box<(Booked, Booked)>, Error>),
    Changed(desk::Done),
    Waits(PatientId, Result<Vec<WaitEntry>, Error>),
    Waited(String, Result<WaitId, Error>),
    Nothing,
    Again,
}

/// The layer.
pub struct CommandLine {
    field: Field,
    line: Line,
    rules: Arc<Table>,
    history: History,
    /// Which line of the history is shown, counted from the newest; 0 is what is being typed.
    back: usize,
    typed: String,
    known: Known,
    picked: Picked,
    /// What is asked of the server and not answered.
    asked: Option<Need>,
    failed: bool,
    saving: bool,
    /// Why the store refused what Enter asked for, until the line changes.
    trouble: Option<String>,
    preview: Preview,
    /// What was drawn last: Enter that was pressed before it could be read does only what was typed.
    shown: Option<Shown>,
    /// Whose wishes are being read.
    waits_asked: Option<PatientId>,
    /// The same line is done once, however often the server is asked.
    id: AppointmentId,
    request: RequestId,
}

impl CommandLine {
    /// An empty line for somebody who may do what these rules say.
    #[must_use]
    pub fn new(rules: Arc<Table>, history: History) -> Self {
        Self {
            field: Field { line: TextLine::new().max(200), asking: false },
            line: Line::default(),
            rules,
            history,
            back: 0,
            typed: String::new(),
            known: Known::default(),
            picked: Picked::default(),
            asked: None,
            failed: false,
            saving: false,
            trouble: None,
            preview: Preview::help(),
            shown: None,
            waits_asked: None,
            id: AppointmentId::new(),
            request: RequestId::new(),
        }
    }

    /// The text was changed: it is read again, and what was picked for other words is forgotten.
    fn read(&mut self, cx: &mut Cx<Msg>) {
        let line = Line::parse(self.field.line.value(), cx.env().today());
        if line != self.line {
            self.picked.follow(&self.line, &line);
            (self.id, self.request) = (AppointmentId::new(), RequestId::new());
        }
        self.line = line;
        self.field.asking = false;
        self.failed = false;
        self.trouble = None;
        self.think(cx);
    }

    /// Works out what Enter would do, and asks for what that takes.
    fn think(&mut self, cx: &mut Cx<Msg>) {
        let env = cx.env().clone();
        self.preview = self.plan(&env);
        let State::Wait(need) = &self.preview.state else {
            self.asked = None;
            return;
        };
        if self.asked.as_ref() != Some(need) && !self.failed {
            self.asked = Some(need.clone());
            // Fast typing asks once.
            let rest =
                if matches!(need, Need::People(_)) { Duration::from_millis(60) } else { Duration::ZERO };
            cx.after("line.ask", rest, Msg::Ask);
        }
    }

    fn show_history(&mut self, older: bool, cx: &mut Cx<Msg>) {
        let count = self.history.len();
        let next = if older { self.back + 1 } else { self.back.saturating_sub(1) };
        if next == self.back || next > count {
            return;
        }
        if self.back == 0 {
            self.typed = self.field.line.value().to_owned();
        }
        self.back = next;
        let text = if next == 0 { Some(self.typed.clone()) } else { self.history.line(count - next) };
        self.field.line.set(&text.unwrap_or_default());
        self.read(cx);
    }

    fn refused(&mut self, e: &Error, cx: &mut Cx<Msg>) {
        self.saving = false;
        if !matches!(e, Error::Unknown | Error::Unavailable(_) | Error::Slow) {
            (self.id, self.request) = (AppointmentId::new(), RequestId::new());
        }
        match e {
            Error::NoSession => cx.failed(e),
            // It is read whole above the line, where the answer is typed.
            _ => self.trouble = Some(e.to_string()),
        }
        // What was picked may be gone; what is shown next is what is there now.
        self.known.forget_times();
        self.picked.slot = None;
        self.picked.appointment = None;
        self.think(cx);
    }

    fn unanswered(&mut self, e: &Error, cx: &mut Cx<Msg>) {
        self.asked = None;
        self.failed = true;
        cx.failed(e);
    }
}

impl Screen for CommandLine {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["command-line"]
    }
    fn title(&self) -> String {
        tr!("Command line").into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(&mut self.field)
    }
    fn takes_digits(&self) -> Option<&'static str> {
        self.field.asking.then_some(tr!("choose"))
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let who = actor.clone();
        cx.load("line.directory", move |store| async move { store.directory(&who).await }, Msg::Directory);
        cx.load(
            "line.visit-types",
            move |store| async move { store.visit_types(&actor).await },
            Msg::VisitTypes,
        );
    }
    fn retry(&mut self, cx: &mut Cx<Msg>) {
        self.failed = false;
        self.think(cx);
    }
    fn edited(&mut self, cx: &mut Cx<Msg>) {
        self.back = 0;
        self.read(cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match (command, &self.preview.state) {
            (Command::Do, State::Missing(why)) => Err(why.clone()),
            (Command::Do, State::Help) => Err(Why::new("line_is_empty", tr!("Nothing is typed yet."))
                .instead(tr!("Begin with bk, mv, cx, ar, fd or another of these words; Esc closes."))),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        match command {
            Command::Do => self.asked.is_some() || self.saving,
            Command::Complete => matches!(self.asked, Some(Need::People(_))),
            _ => false,
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        use Command as C;
        const PICKS: [Command; 9] =
            [C::Pick1, C::Pick2, C::Pick3, C::Pick4, C::Pick5, C::Pick6, C::Pick7, C::Pick8, C::Pick9];
        match command {
            C::Do => self.enter(cx),
            C::Complete => self.complete(cx),
            C::Earlier => self.show_history(true, cx),
            C::Later => self.show_history(false, cx),
            C::Close if self.field.asking => self.field.asking = false,
            C::Close => cx.close(),
            pick => {
                let at = PICKS.iter().position(|c| *c == pick).unwrap_or(0);
                self.pick(at, cx);
            }
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Directory(Ok(directory)) => {
                self.known.directory = Some(directory);
                self.think(cx);
            }
            Msg::VisitTypes(Ok(types)) => {
                self.known.visit_types = Some(types);
                self.think(cx);
            }
            Msg::Ask => self.ask(cx),
            Msg::People(Ok(found)) => {
                self.known.people.extend(found);
                self.think(cx);
            }
            Msg::Appointments(patient, Ok(list)) => {
                self.known.appointments.insert(patient, list);
                self.think(cx);
            }
            Msg::Free(filter, Ok(slots)) => {
                self.known.learn_free(filter, slots);
                self.think(cx);
            }
            Msg::Working(Ok(working)) => {
                self.known.working = Some(working);
                self.think(cx);
            }
            Msg::Directory(Err(e))
            | Msg::VisitTypes(Err(e))
            | Msg::People(Err(e))
            | Msg::Appointments(_, Err(e))
            | Msg::Free(_, Err(e))
            | Msg::Working(Err(e)) => self.unanswered(&e, cx),
            Msg::Reason(Some(why)) => self.cancel(why, cx),
            Msg::Booked(Ok(b)) => self.booked(&b, cx),
            Msg::Moved(Ok(both)) => {
                let (old, new) = *both;
                self.moved(old, &new, cx);
            }
            Msg::Booked(Err(e)) | Msg::Moved(Err(e)) => self.refused(&e, cx),
            Msg::Changed(done) => match &done.result {
                Err(e) => self.refused(e, cx),
                Ok(_) => {
                    self.remember();
                    cx.close();
                    desk::tell(cx, &done, Msg::Changed);
                }
            },
            Msg::Waits(patient, list) => self.hear_waits(patient, list, cx),
            Msg::Waited(said, Ok(id)) => self.waited(&said, id, cx),
            Msg::Waited(_, Err(e)) => self.refused(&e, cx),
            Msg::Reason(None) | Msg::Nothing => {}
            Msg::Again => {
                self.known.forget_times();
                (self.asked, self.waits_asked) = (None, None);
                self.think(cx);
            }
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => {
                matches!(r.entity.as_str(), "appointment" | "clinic_session" | "waitlist_entry")
            }
        };
        // While a number is asked for, the rows keep their numbers; the database refuses what is gone.
        if concerns && !self.saving && !self.field.asking {
            cx.after("line.reload", Duration::from_millis(50), Msg::Again);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.draw(frame, area, ui);
    }
}
