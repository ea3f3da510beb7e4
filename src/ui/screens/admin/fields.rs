//! What the forms of administration share: fields by the one table of field rules, one set of commands, and the id of a
//! request, which is new after each outcome that is known.
use crate::{
    auth::{login::fresh_code, strength},
    domain::{
        ids::RequestId,
        validate::{self, check_undated},
        why::Why,
    },
    store::{Error, Verifier},
    text::tr_str,
    tr,
    ui::{
        screen::{Leave, Ui},
        widgets::{
            form::{Field, Form},
            put, split_top,
        },
    },
};
use ratatui::{Frame, layout::Rect};
use std::sync::Arc;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

crate::commands! {
    /// What every form of administration understands.
    pub enum FormCommand {
        Save: "admin.save" "save" "Save the form";
        Centres: "admin.choose-centres" "centres" "Choose the centres of work";
    }
}

/// A text field that keeps to the rule of this field.
pub(in crate::ui::screens) fn ruled(field: validate::Field) -> Field {
    optional(field, field.rule().required)
}

/// The same, required or not as the form wants it.
pub(in crate::ui::screens) fn optional(field: validate::Field, required: bool) -> Field {
    labelled(tr_str(field.rule().label), field, required)
}

/// The same under another name.
pub(in crate::ui::screens) fn labelled(label: &str, field: validate::Field, required: bool) -> Field {
    let rule = field.rule();
    let text = match rule.kind {
        validate::Kind::Text => Field::many(label, 3),
        _ => Field::text(label),
    };
    let text = text
        .max(rule.max)
        .check(move |typed| if typed.is_empty() { Ok(()) } else { check_undated(field, typed).map(|_| ()) });
    if required { text.required() } else { text }
}

/// The stored form of what was typed; the form has checked it.
pub(in crate::ui::screens) fn stored(field: validate::Field, typed: &str) -> String {
    if typed.trim().is_empty() {
        return String::new();
    }
    check_undated(field, typed).unwrap_or_else(|_| typed.trim().to_owned())
}

/// A password that may be chosen, typed twice alike; `own` is what is known of the person.
pub(in crate::ui::screens) fn chosen_password(
    (first, again): (String, String),
    own: &[&str],
) -> Result<Zeroizing<String>, Why> {
    let (first, again) = (Zeroizing::new(first), Zeroizing::new(again));
    strength::check(&first, own)?;
    if *first != *again {
        let why = Why::new("password_twice", tr!("The two passwords differ."));
        return Err(why.instead(tr!("Type the same one twice.")));
    }
    Ok(first)
}

/// A reason must be given.
pub(in crate::ui::screens) fn reason(typed: &str) -> Result<(), Why> {
    check_undated(validate::Field::ReasonNeeded, typed).map(|_| ())
}

/// What leaving a form with changes says.
pub(in crate::ui::screens) fn leave(dirty: usize) -> Leave {
    match dirty {
        0 => Leave::Free,
        n => Leave::Ask(crate::text::tr_n("{n} unsaved field", "{n} unsaved fields", n)),
    }
}

/// One request and the one-time code that belongs to it: asked again, it is the same code.
#[derive(Default)]
pub(in crate::ui::screens) struct Request {
    pub id: RequestId,
    code: Arc<OnceCell<(Zeroizing<String>, Verifier)>>,
    /// A save is on its way.
    pub saving: bool,
}

impl Request {
    /// The code of this request, made when first asked for.
    pub fn code(&self) -> impl Future<Output = Result<(Zeroizing<String>, Verifier), Error>> + Send + use<> {
        let cell = self.code.clone();
        async move { cell.get_or_try_init(fresh_code).await.cloned() }
    }

    /// The outcome is known, or not: only then may the same request be sent again.
    pub fn ended(&mut self, error: Option<&Error>) {
        self.saving = false;
        if !matches!(error, Some(Error::Unknown)) {
            *self = Self::default();
        }
    }
}

/// What is said while a save is on its way.
pub(in crate::ui::screens) fn busy() -> Why {
    Why::new("saving", tr!("It is being saved."))
}

/// What a form without a choice of centres can be asked: saving, and that not twice at once.
pub(super) fn only_save(command: FormCommand, request: &Request) -> Result<(), Why> {
    match command {
        FormCommand::Save if request.saving => Err(busy()),
        FormCommand::Save => Ok(()),
        FormCommand::Centres => Err(Why::new("not_here", tr!("There are no centres to choose here."))),
    }
}

/// A form under its title.
pub(super) fn view_titled<N: Copy + PartialEq>(
    title: &str,
    form: &mut Form<N>,
    frame: &mut Frame<'_>,
    area: Rect,
    ui: &Ui,
) {
    let [top, rest] = split_top(area, 2);
    put(frame, top, 0, &format!(" {title}"), ui.theme.strong());
    form.view(frame, rest, ui);
}
