//! What interactions cost on the line: the rows of the table in `docs/performance.md`, measured through the real app,
//! the real keymap and the bytes that would be written. A test asserts the goals, `cargo bench --bench bytes` prints them.
use praxis::{
    clock::Clock,
    domain::actor::Actor,
    ui::{
        Picture,
        cx::{Cx, Env},
        keymap::{Keymap, load},
        screen::{Screen, Ui, Widget},
        testing::Stage,
        widgets::{
            confirm::Confirm,
            form::{Field, Form},
            picker::{Picker, Row},
            table::{Column, Table},
            tabs,
        },
    },
};
use ratatui::{Frame, layout::Rect};
use std::sync::Arc;
use uuid::Uuid;

/// One interaction: its name, its bytes, and how many it may cost.
pub struct Cost {
    pub what: &'static str,
    pub bytes: usize,
    pub goal: usize,
}

praxis::commands! {
    pub enum Command {
        Ask: "wire.ask" "ask" "Open a question";
        Pick: "wire.pick" "pick" "Open a picker";
        Tab: "wire.tab" "tab" "Show the other tab";
    }
}

/// A day of a centre as the board shows it.
pub struct Day {
    table: Table<usize>,
}

impl Day {
    pub fn new() -> Self {
        let names = ["NGUYEN Linh", "BLACK Jack", "ZHANG Hao", "O'NEILL Siobhan", "AL-FARSI Omar"];
        let people = ["Smith, Anna GP", "Jackson, Sam", "Neeson, Liam"];
        let visits = ["follow-up", "blood test", "physio", "first visit"];
        let mut table = Table::new(|n: &usize| Uuid::from_u128(*n as u128))
            .column(Column::new("Time", |n: &usize| format!("{:02}:{:02}", 8 + n / 6, n % 6 * 10)).width(6))
            .column(Column::new("Patient", move |n: &usize| names[n % 5].into()).grow(18))
            .column(Column::new("Age", |n: &usize| format!("{}F", 18 + n * 7 % 70)).width(5))
            .column(Column::new("Provider", move |n: &usize| people[n % 3].into()).width(16).priority(2))
            .column(Column::new("Visit", move |n: &usize| visits[n % 4].into()).width(12).priority(3))
            .column(Column::new("Status", |n: &usize| ["booked", "arrived"][n % 2].into()).width(10));
        table.set_rows((0..60).collect());
        Self { table }
    }
}

impl Screen for Day {
    type Command = Command;
    type Msg = Option<u8>;
    fn contexts(&self) -> &[&str] {
        &["wire"]
    }
    fn title(&self) -> String {
        "Day".into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Option<u8>>) {
        if command == Command::Ask {
            let question = "Cancel 10:30 BLACK Jack with Dr Smith?";
            return cx.open(
                move |a| Confirm::new(question, a).yes("cancel it").no("keep"),
                |yes| yes.then_some(0),
            );
        }
        let rows = (0..9).map(|n| Row::new(n, format!("Reason {n}"), "what it means")).collect();
        cx.open(|a| Picker::new("Why is it cancelled?", a).rows(rows), |picked| picked);
    }
    fn update(&mut self, _: Option<u8>, _: &mut Cx<Option<u8>>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        self.table.view(frame, area, ui);
    }
}

/// Two tabs, a form in each.
pub struct Forms {
    forms: [Form<usize>; 2],
    at: usize,
}

impl Forms {
    pub fn new() -> Self {
        let labels = [
            ["Family name", "Given name", "Sex", "Born", "Street", "City", "Postcode", "Phone", "E-mail"],
            ["Reason", "Since", "Pulse", "Pressure", "Temperature", "Weight", "Height", "Pain", "Plan"],
        ];
        let form = |labels: [&str; 9]| {
            labels.into_iter().enumerate().fold(Form::new(), |form, (i, label)| {
                form.with(i, Field::text(label).with(&format!("{label} of somebody")))
            })
        };
        Self { forms: labels.map(form), at: 0 }
    }
}

impl Screen for Forms {
    type Command = Command;
    type Msg = ();
    fn contexts(&self) -> &[&str] {
        &["wire"]
    }
    fn title(&self) -> String {
        "Forms".into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.forms[self.at])
    }
    fn command(&mut self, _: Command, _: &mut Cx<()>) {
        self.at = 1 - self.at;
    }
    fn update(&mut self, (): (), _: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [line, rest] = praxis::ui::widgets::split_top(area, 2);
        let tab = |word: &str| tabs::Tab { word: word.into(), ..tabs::Tab::default() };
        tabs::view(frame, line, &[tab("Info"), tab("Examination")], self.at, ui.theme);
        self.forms[self.at].view(frame, rest, ui);
    }
}

fn keymap() -> Keymap {
    load("default", Some("[wire]\n\"i\" = \"wire.pick\"\n\"q\" = \"wire.ask\"\n\"ctrl-t\" = \"wire.tab\"\n"))
}

fn cost<S: Screen>(stage: &mut Stage<S>, picture: &mut Picture, keys: &str) -> usize {
    stage.keys(keys);
    picture.draw(stage.app()).len()
}

/// Every row, for somebody who is signed in.
pub fn measure(actor: &Actor) -> Vec<Cost> {
    let mut out = vec![];
    let mut add = |what, bytes, goal| out.push(Cost { what, bytes, goal });
    let env = |clock| Env { clock, actor: Some(Arc::new(actor.clone())), carried: None };
    let clock = Clock::system();

    let mut day = Stage::with_keymap(Day::new(), env(clock.clone()), keymap());
    let mut picture = Picture::sized(80, 24);
    add("full redraw of a list, 80x24", picture.draw(day.app()).len(), 1800);
    add("nothing happened", picture.draw(day.app()).len(), 0);
    add("a key that changes nothing", cost(&mut day, &mut picture, "f7"), 0);
    add("move the selection one row", cost(&mut day, &mut picture, "down"), 12);
    cost(&mut day, &mut picture, "pagedown");
    add("scroll a list one row", cost(&mut day, &mut picture, "down"), 100);
    cost(&mut day, &mut picture, "home");
    add("open a question", cost(&mut day, &mut picture, "q"), 450);
    add("close it", cost(&mut day, &mut picture, "esc"), 450);
    add("open a picker of nine rows", cost(&mut day, &mut picture, "i"), 1300);
    add("close it", cost(&mut day, &mut picture, "esc"), 1500);
    clock.follow(clock.now() + chrono::Duration::minutes(1));
    day.app().minute();
    add("a minute passes on an idle list", picture.draw(day.app()).len(), 40);
    let mut wide = Picture::sized(200, 50);
    add("full redraw of a list, 200x50", wide.draw(day.app()).len(), 4000);

    let mut forms = Stage::with_keymap(Forms::new(), env(clock), keymap());
    let mut picture = Picture::sized(80, 24);
    add("full redraw of a form, 80x24", picture.draw(forms.app()).len(), 1800);
    // 8 without the mark at the field's left, which people need to see where they are.
    add("next field of a form", cost(&mut forms, &mut picture, "tab"), 12);
    forms.type_text("x");
    add("type a character in a field", picture.draw(forms.app()).len(), 2);
    add("delete it again", cost(&mut forms, &mut picture, "backspace"), 6);
    add("switch tab, form to form", cost(&mut forms, &mut picture, "ctrl-t"), 500);
    out
}
