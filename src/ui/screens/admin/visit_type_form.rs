//! A visit type: its name, how long it takes, what it costs, who does it, and which kind of room it needs.
use super::fields::{FormCommand, Request, leave, only_save, view_titled};
use crate::{
    domain::{
        ids::VisitTypeId,
        money::{amount, cents},
        provider::Profession,
        room::RoomKind,
        visit_type::{BUFFER, MINUTES, VisitType, VisitTypeDetails},
        why::Why,
    },
    store::{Error, Store},
    text::{fold, tr_str},
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Leave, Screen, Ui, Widget},
        widgets::form::{Field, Form},
    },
};
use ratatui::{Frame, layout::Rect};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Called,
    Code,
    Minutes,
    Buffer,
    Price,
    Room,
    For(usize),
}

/// Whom a visit type can be for: the professions, and nurses.
fn professions() -> Vec<&'static str> {
    let mut all: Vec<&str> = Profession::ALL.iter().map(|p| p.code()).collect();
    all.push("nurse");
    all
}

/// The form; it answers whether anything was saved.
pub struct VisitTypeForm {
    form: Form<Name>,
    old: Option<VisitType>,
    id: VisitTypeId,
    request: Request,
    answer: Answer<bool>,
}

/// A code that begins with a letter and has no spaces.
fn code(typed: &str) -> Result<(), Why> {
    let good = typed.len() <= 30
        && typed.starts_with(|c: char| c.is_ascii_lowercase())
        && typed
            .split('-')
            .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    if good || typed.is_empty() {
        return Ok(());
    }
    Err(Why::new("visit_type_code", tr!("`{typed}` is no code.", typed = typed))
        .instead(tr!("Small letters, digits and hyphens, as in blood-test.")))
}

impl VisitTypeForm {
    /// A new visit type, or one that is there.
    #[must_use]
    pub fn new(old: Option<VisitType>, answer: Answer<bool>) -> Self {
        let d = old.as_ref().map(|o| &o.details);
        let number =
            |n: Option<u32>, otherwise: &str| n.map_or_else(|| otherwise.to_owned(), |n| n.to_string());
        let mut rooms = vec![tr!("any").to_owned()];
        rooms.extend(RoomKind::ALL.map(|k| tr_str(k.code()).to_owned()));
        let room = d.and_then(|d| d.room_kind).map_or(tr!("any"), |k| tr_str(k.code()));
        let text = |label: &str| Field::text(label).required().max(60);
        let mut form = Form::new().with(Name::Called, text(tr!("Name")).with(d.map_or("", |d| &d.name)));
        form = match &old {
            Some(o) => form.with(Name::Code, Field::fixed(tr!("Code"), o.code.clone())),
            None => form.with(
                Name::Code,
                Field::text(tr!("Code")).max(30).hint(tr!("made from the name")).check(code),
            ),
        };
        let between = |label: &str, r: std::ops::RangeInclusive<u32>| {
            Field::number(label, f64::from(*r.start()), f64::from(*r.end())).required()
        };
        form = form
            .with(Name::Minutes, between(tr!("Minutes"), MINUTES).with(&number(d.map(|d| d.minutes), "15")))
            .with(
                Name::Buffer,
                between(tr!("Kept clear after"), BUFFER).with(&number(d.map(|d| d.buffer_minutes), "0")),
            )
            .with(
                Name::Price,
                Field::text(tr!("Price"))
                    .required()
                    .max(10)
                    .check(|t| cents(t).map(|_| ()))
                    .with(&amount(d.map_or(0, |d| d.price_cents))),
            )
            .with(Name::Room, Field::choice(tr!("Room"), rooms).with(room));
        for (n, p) in professions().into_iter().enumerate() {
            let word = crate::ui::desk::profession(p);
            let on = d.is_some_and(|d| d.professions.iter().any(|x| x == p));
            let field = Field::toggle(tr!("For {profession}", profession = word));
            form = form.with(Name::For(n), if on { field.with("yes") } else { field });
        }
        let id = old.as_ref().map_or_else(VisitTypeId::new, |o| o.id);
        Self { form, old, id, request: Request::default(), answer }
    }

    fn details(&self) -> Option<VisitTypeDetails> {
        let number = |name| self.form.get(name).trim().parse::<u32>().ok();
        let professions = professions()
            .into_iter()
            .enumerate()
            .filter(|(n, _)| self.form.is_on(Name::For(*n)))
            .map(|(_, p)| p.to_owned());
        Some(VisitTypeDetails {
            name: self.form.get(Name::Called).trim().to_owned(),
            minutes: number(Name::Minutes)?,
            price_cents: cents(&self.form.get(Name::Price)).ok()?.unsigned_abs(),
            buffer_minutes: number(Name::Buffer)?,
            professions: professions.collect(),
            room_kind: self
                .form
                .chosen(Name::Room)
                .and_then(|n| n.checked_sub(1))
                .and_then(|n| RoomKind::ALL.get(n))
                .copied(),
        })
    }

    /// The code that was typed, or one made of the name.
    fn code(&self) -> String {
        if let Some(typed) = self.form.filled(Name::Code) {
            return typed;
        }
        let folded = fold(&self.form.get(Name::Called));
        let words: Vec<String> = folded
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect();
        let made: String = words.join("-").chars().take(30).collect();
        made.trim_end_matches('-').to_owned()
    }
}

impl Screen for VisitTypeForm {
    type Command = FormCommand;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        if self.old.is_some() { tr!("Visit type") } else { tr!("New visit type") }.into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, command: FormCommand) -> Result<(), Why> {
        only_save(command, &self.request)
    }
    fn command(&mut self, command: FormCommand, cx: &mut Cx<Self::Msg>) {
        if command != FormCommand::Save || self.form.check().is_err() {
            return;
        }
        let (Some(actor), Some(details)) = (cx.env().actor.clone(), self.details()) else { return };
        let made = self.code();
        if self.old.is_none() && (made.is_empty() || code(&made).is_err()) {
            self.form.problem(Name::Code, tr!("Write a code: small letters, as in blood-test."));
            return self.form.go_to(Name::Code);
        }
        self.request.saving = true;
        let (request, id, seen) = (self.request.id, self.id, self.old.as_ref().map(|o| o.version));
        let write = move |s: Store| async move {
            match seen {
                Some(seen) => s.change_visit_type(&actor, request, id, seen, details).await.map(|_| ()),
                None => s.add_visit_type(&actor, request, id, made, details).await.map(|_| ()),
            }
        };
        cx.save("visit-type.save", write, |r| r);
    }
    fn update(&mut self, msg: Self::Msg, cx: &mut Cx<Self::Msg>) {
        self.request.ended(msg.as_ref().err());
        match msg {
            Ok(()) => {
                self.form.saved();
                cx.toast(tr!("Saved."));
                cx.answer(&self.answer.clone(), true);
            }
            Err(e) => {
                if let Error::Duplicate(why) = &e {
                    self.form.problem(Name::Code, why.sentence.clone());
                }
                cx.failed(&e);
            }
        }
    }
    fn leave(&self) -> Leave {
        leave(self.form.dirty_fields())
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let title = self.title();
        view_titled(&title, &mut self.form, frame, area, ui);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_small_words_with_hyphens() {
        assert!(code("blood-test").is_ok() && code("x2").is_ok());
        assert!(
            code("Blood").is_err() && code("a--b").is_err() && code("-a").is_err() && code("a b").is_err()
        );
    }
}
