//! Finding a patient: one box for everything, best row first. What Enter opens is the answer to the text that was typed,
//! never the row that happened to be there.
use crate::{
    domain::{
        dates,
        patient::{AGE_SEX, age_sex, record_number},
        patient_query::PatientQuery,
        why::Why,
    },
    search::patients::{Found, ranked},
    store::{Change, Error},
    tr,
    ui::{
        command::WidgetCommand,
        cx::Cx,
        route::{BookingStart, IntakeStart, Route},
        screen::{Screen, TextInput, Ui, Used, Widget},
        widgets::{
            self,
            table::{Column, Table},
            text_input::TextLine,
        },
    },
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect};

const NOTHING_TYPED: &str = "Type part of a name, a number, a phone or a birth date.";
const NOBODY: &str = "Nobody is found. ctrl-n registers a new patient.";

crate::commands! {
    /// What the search for patients understands.
    pub enum Command {
        Open: "patients.open" "open" "Open the selected patient";
        Book: "patients.book" "book" "Book the selected patient" => "appointment.book";
        Intake: "patients.intake" "intake" "Take the selected patient in, step by step; or a new one" quiet;
        Register: "patients.register" "register" "Register a new patient" => "patient.register";
    }
}

/// What the search is told.
pub enum Msg {
    Found(String, Result<Vec<Found>, Error>),
    Accepted(Result<(), Error>),
}

/// One row as it is drawn.
struct Line {
    found: Found,
    age: String,
    born: String,
    number: String,
    phone: String,
    next: String,
}

/// The box and the rows under it: typing edits the box, up and down move in the rows.
struct Search {
    text: TextLine,
    table: Table<Line>,
}

impl Widget for Search {
    fn contexts(&self) -> &'static [&'static str] {
        &["filter", "text"]
    }
    fn act(&mut self, command: WidgetCommand) -> Used {
        use WidgetCommand as W;
        match command {
            W::Next | W::Previous | W::PageDown | W::PageUp => self.table.act(command),
            W::FilterDrop if !self.text.value().is_empty() => {
                self.text.set("");
                Used::Edited
            }
            text if self.text.edit(text) => Used::Edited,
            _ => Used::No,
        }
    }
    fn field(&mut self) -> Option<&mut dyn TextInput> {
        Some(&mut self.text)
    }
}

/// The screen.
pub struct Patients {
    search: Search,
    /// The text whose answer is shown.
    answered: Option<String>,
    opened: bool,
}

impl Default for Patients {
    fn default() -> Self {
        let table = Table::new(|l: &Line| l.found.hit.id.0)
            .column(Column::new("Patient", |l: &Line| l.found.shown.clone()).grow(20).look(|l, t| {
                if l.found.hit.deactivated || l.found.hit.merged_into.is_some() { t.dim() } else { t.text() }
            }))
            .column(Column::new("Age", |l: &Line| l.age.clone()).width(AGE_SEX).priority(2))
            .column(Column::new("Born", |l: &Line| l.born.clone()).width(11).priority(3))
            .column(Column::new("Number", |l: &Line| l.number.clone()).width(7).priority(4))
            .column(Column::new("Phone", |l: &Line| l.phone.clone()).width(14).priority(5))
            .column(Column::new("Next", |l: &Line| l.next.clone()).width(12).priority(6))
            .empty(NOTHING_TYPED);
        Self { search: Search { text: TextLine::new().max(120), table }, answered: None, opened: false }
    }
}

impl Patients {
    fn ask(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (text, today) = (self.search.text.text(), cx.env().today());
        self.search.table.loading();
        let query = PatientQuery::parse(&text, today);
        let opened = !std::mem::replace(&mut self.opened, true);
        cx.load(
            "patients.find",
            move |store| async move {
                let hits = store.find_patients(&actor, query.clone(), opened).await?;
                Ok(ranked(&query, hits))
            },
            move |found| Msg::Found(text, found),
        );
    }
    /// Somebody was found and is opened: that is what the log is told of a search, not each key.
    fn accept(&self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone().filter(|_| !self.search.text.value().is_empty()) else {
            return;
        };
        let query = PatientQuery::parse(&self.search.text.text(), cx.env().today());
        let found = self.search.table.rows().len();
        cx.save(
            "patients.open",
            move |store| async move { store.accept_search(&actor, query, found).await },
            Msg::Accepted,
        );
    }
    fn selected(&self) -> Option<&Found> {
        self.search.table.selected().map(|l| &l.found)
    }
}

fn line(found: Found, today: NaiveDate, zone: Tz) -> Line {
    let hit = &found.hit;
    Line {
        age: age_sex(hit.birth_date, hit.sex, today),
        born: hit.birth_date.map(dates::long_date).unwrap_or_default(),
        number: record_number(hit.record_number),
        phone: match hit.merged_into {
            Some(_) => tr!("merged into").into(),
            None => hit.phone.clone(),
        },
        next: hit.merged_into.as_ref().map(|l| record_number(l.record_number)).unwrap_or_else(|| {
            hit.next.map_or_else(String::new, |at| {
                let at = at.with_timezone(&zone);
                if at.date_naive() == today {
                    tr!("today {time}", time = at.format("%H:%M"))
                } else {
                    at.format("%d %b %H:%M").to_string()
                }
            })
        }),
        found,
    }
}

impl Screen for Patients {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["patients"]
    }
    fn title(&self) -> String {
        tr!("Patients").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.search)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match command {
            Command::Open | Command::Book if self.selected().is_none() && !self.search.table.is_loading() => {
                Err(Why::new("nothing_selected", tr!("Nobody is selected."))
                    .instead(tr!("Type part of a name, a number, a phone or a birth date.")))
            }
            _ => Ok(()),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command != Command::Register
            && self.search.table.is_loading()
            && self.answered.as_deref() != Some(self.search.text.value())
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.ask(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.ask(cx);
    }
    fn edited(&mut self, cx: &mut Cx<Msg>) {
        self.ask(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        // A merged record leads to the one that goes on.
        let patient = self.selected().map(|f| f.hit.merged_into.as_ref().map_or(f.hit.id, |l| l.id));
        match (command, patient) {
            (Command::Open, Some(patient)) => {
                cx.push(Route::Patient(patient));
                self.accept(cx);
            }
            (Command::Book, Some(_)) => {
                cx.push(Route::Booking(BookingStart { patient, ..BookingStart::default() }));
                self.accept(cx);
            }
            (Command::Intake, patient) => {
                let looked_for = self.search.text.value().to_owned();
                cx.push(Route::Intake(IntakeStart { patient, looked_for, ..IntakeStart::default() }));
                if patient.is_some() {
                    self.accept(cx);
                }
            }
            (Command::Register, _) => {
                cx.push(Route::RegisterPatient(self.search.text.value().to_owned()));
            }
            _ => {}
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        let (text, found) = match msg {
            Msg::Found(text, found) => (text, found),
            Msg::Accepted(Ok(())) => return,
            Msg::Accepted(Err(e)) => return cx.failed(&e),
        };
        if text != self.search.text.value() {
            return;
        }
        match found {
            Ok(found) => {
                let (today, zone) = (cx.env().today(), cx.env().zone());
                let fresh = self.answered.as_deref() != Some(&text);
                self.answered = Some(text);
                let marks = found.iter().map(|f| f.marks.iter().flat_map(Clone::clone).collect()).collect();
                let lines = found.into_iter().map(|f| line(f, today, zone)).collect();
                let nothing_typed = self.search.text.value().trim().is_empty();
                self.search.table.set_empty(if nothing_typed { NOTHING_TYPED } else { NOBODY });
                self.search.table.set_rows(lines);
                self.search.table.set_marks(marks);
                if fresh {
                    self.search.table.go(0);
                }
            }
            Err(e) => {
                self.search.table.loaded();
                cx.failed(&e);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let concerns = match change {
            Change::Everything => true,
            Change::Row(r) => r.entity == "patient",
            Change::Link(_) => false,
        };
        if concerns && self.answered.is_some() {
            self.ask(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 1);
        let label = format!(" {} ", tr!("Find"));
        let [left, right] = widgets::split_left(head, crate::text::width(&label) as u16);
        widgets::put(frame, left, 0, &label, ui.theme.strong());
        self.search.text.view(frame, right, ui.theme, ui.focused);
        if self.search.text.value().is_empty() {
            let hint = tr!("name, record or Medicare number, phone, e-mail, birth date");
            widgets::put(frame, right, 0, hint, ui.theme.dim());
        }
        let leads = self.selected().and_then(|f| {
            let into = record_number(f.hit.merged_into.as_ref()?.record_number);
            let number = record_number(f.hit.record_number);
            let key = ui.key(&["patients"], "patients.open");
            Some(tr!(
                "{number} was merged into {into}: {key} opens {into}.",
                number = number,
                into = into,
                key = key
            ))
        });
        let [body, foot] = widgets::split_top(body, body.height.saturating_sub(u16::from(leads.is_some())));
        self.search.table.view(frame, body, &Ui { focused: false, ..ui.clone() });
        if let Some(leads) = leads {
            widgets::put(frame, foot, 0, &format!(" {leads}"), ui.theme.warn());
        }
    }
}
