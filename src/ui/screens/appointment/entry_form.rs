//! One entry of a patient's list as a form: its fields come from the domain's table, so that every list has the same form.
use crate::{
    domain::{
        history::{
            Entry, HistoryList,
            form::{self, FieldKind},
        },
        why::Why,
    },
    text::tr_str,
    tr,
    ui::{
        cx::{Answer, Cx, Env},
        draft::Keeps,
        screen::{Kind, Leave, Screen, Ui, Widget},
        widgets::{
            self,
            form::{Field, Form},
        },
    },
};
use chrono::NaiveDate;
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of an entry understands.
    pub enum Command {
        Accept: "entry.accept" "accept" "Take the entry as it is filled in";
        Cancel: "entry.cancel" "cancel" "Close without an entry";
    }
}

/// A form that answers an entry, or `None`.
pub struct EntryForm {
    list: HistoryList,
    code: Option<(String, String)>,
    form: Form<&'static str>,
    today: NaiveDate,
    keeps: Keeps,
    answer: Answer<Option<Entry>>,
}

impl EntryForm {
    /// Empty, or filled with the entry that is corrected.
    #[must_use]
    pub fn new(
        list: HistoryList,
        old: Option<&Entry>,
        today: NaiveDate,
        keeps: Keeps,
        answer: Answer<Option<Entry>>,
    ) -> Self {
        let mut form = Form::new();
        for spec in form::fields(list) {
            let label = tr_str(spec.label);
            let field = match spec.kind {
                FieldKind::Choice(options) => {
                    Field::choice(label, options.iter().map(|(_, word)| tr_str(word).to_owned()).collect())
                        .with(options.first().map_or("", |(_, word)| tr_str(word)))
                }
                FieldKind::Date => Field::text(label).max(20).hint(tr!("2010, 3/2010 or 12/3/2010")),
                FieldKind::Number => Field::text(label).max(2),
                FieldKind::Text | FieldKind::Coded => Field::text(label).max(400),
            };
            let field = field.check(move |typed| form::check(spec, typed, today));
            form = form.with(spec.key, if spec.required { field.required() } else { field });
        }
        let mut made = Self {
            list,
            code: old.and_then(|o| Some((o.name().to_owned(), o.code()?.to_owned()))),
            form,
            today,
            keeps,
            answer,
        };
        for (key, value) in old.map(form::values).unwrap_or_default() {
            made.form.set(key, &made.word_of(key, &value));
        }
        made.form.saved();
        if let Some(first) = form::fields(list).first() {
            made.form.go_to(first.key);
        }
        made
    }

    fn options(&self, key: &str) -> &'static [(&'static str, &'static str)] {
        match form::fields(self.list).iter().find(|f| f.key == key).map(|f| f.kind) {
            Some(FieldKind::Choice(options)) => options,
            _ => &[],
        }
    }
    /// What stands in a field for a stored value: of a choice its word.
    fn word_of(&self, key: &str, value: &str) -> String {
        let word = self.options(key).iter().find(|(code, _)| *code == value).map(|(_, word)| tr_str(word));
        word.unwrap_or(value).to_owned()
    }
    /// The stored value of what stands in a field.
    fn value_of(&self, key: &str) -> String {
        match self.form.chosen(key) {
            Some(at) => self.options(key).get(at).map_or("", |(code, _)| *code).to_owned(),
            None => self.form.get(key),
        }
    }

    fn accept(&mut self, cx: &mut Cx<()>) {
        if self.form.check().is_err() {
            return;
        }
        // A code belongs to the words it was chosen with.
        let code = self.code.clone().filter(|(name, _)| *name == self.form.get("name")).map(|(_, code)| code);
        match form::entry(self.list, code, |key| self.value_of(key), self.today) {
            Ok(entry) => cx.answer(&self.answer.clone(), Some(entry)),
            Err(wrong) => {
                for (key, why) in wrong {
                    self.form.problem(key, why.to_string());
                }
            }
        }
    }
}

impl Screen for EntryForm {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        let last = form::fields(self.list).last().map(|f| f.key);
        if self.form.current() == last { &["entry-last", "entry"] } else { &["entry"] }
    }
    fn title(&self) -> String {
        self.list.word().into()
    }
    fn kind(&self) -> Kind {
        Kind::Dialog
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn keeps(&self, _env: &Env) -> Option<Keeps> {
        Some(self.keeps.clone())
    }
    fn typed(&self) -> Option<String> {
        self.form.typed()
    }
    fn put_back(&mut self, text: &str) {
        self.form.put_back(text);
    }
    fn leave(&self) -> Leave {
        if self.form.is_dirty() { Leave::Ask(tr!("The entry is not added yet.").into()) } else { Leave::Free }
    }
    fn available(&self, _command: Command) -> Result<(), Why> {
        Ok(())
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        match command {
            Command::Accept => self.accept(cx),
            Command::Cancel => cx.answer(&self.answer.clone(), None),
        }
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let lines = form::fields(self.list).len() as u16;
        let area = widgets::centred(area, 76, lines + 2);
        let inner = widgets::boxed(frame, area, self.list.word(), ui.theme);
        self.form.view(frame, inner, ui);
    }
}
