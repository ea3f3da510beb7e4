//! One's own profile: what one changes oneself, and below it the numbers that only the clinic changes.
use super::admin::fields::{busy, labelled, leave, optional, ruled, stored};
use crate::{
    domain::{
        account::{Profile, ProfileNumbers},
        actor::Actor,
        ids::RequestId,
        name::PersonName,
        validate::Field as F,
        why::Why,
    },
    store::{Change, Error, Store},
    text::wrap,
    tr,
    ui::{
        cx::Cx,
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, split_top,
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the profile understands.
    pub enum Command {
        Save: "profile.change" "save" "Save your name, user name, e-mail address and phone";
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Family,
    Given,
    Login,
    Email,
    Phone,
}

/// What comes back.
pub enum Msg {
    Loaded(Result<(i64, Profile, ProfileNumbers), Error>),
    Saved(Result<(Actor, Store), Error>),
}

/// The form.
pub struct MyProfile {
    form: Form<Name>,
    numbers: ProfileNumbers,
    seen: Option<i64>,
    request: RequestId,
    saving: bool,
}

fn form(p: &Profile) -> Form<Name> {
    let filled = |field: Field, text: &str| field.with(text);
    Form::new()
        .with(Name::Family, filled(ruled(F::FamilyName), &p.name.family))
        .with(Name::Given, filled(optional(F::GivenName, false), &p.name.given))
        .with(Name::Login, filled(labelled(tr!("User name"), F::Login, true), &p.login))
        .with(Name::Email, filled(optional(F::Email, false), &p.email))
        .with(Name::Phone, filled(optional(F::Phone, false), &p.phone))
}

impl Default for MyProfile {
    fn default() -> Self {
        let nobody = Profile {
            login: String::new(),
            email: String::new(),
            name: PersonName::new(String::new(), String::new()),
            phone: String::new(),
        };
        Self {
            form: form(&nobody),
            numbers: ProfileNumbers::default(),
            seen: None,
            request: RequestId::new(),
            saving: false,
        }
    }
}

impl MyProfile {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load("profile.load", move |s| async move { s.profile(&actor).await }, Msg::Loaded);
    }

    fn written(&self) -> Profile {
        let get = |name, field| stored(field, &self.form.get(name));
        Profile {
            login: get(Name::Login, F::Login).to_lowercase(),
            email: get(Name::Email, F::Email).to_lowercase(),
            name: PersonName::new(get(Name::Family, F::FamilyName), get(Name::Given, F::GivenName)),
            phone: get(Name::Phone, F::Phone),
        }
    }

    fn locked(&self) -> Vec<String> {
        let n = &self.numbers;
        let all = [
            (tr!("Record number"), &n.record),
            (tr!("National number"), &n.national),
            (tr!("Medicare number"), &n.medicare),
            (tr!("Provider number"), &n.provider),
            (tr!("Registration number"), &n.registration),
            (tr!("Licence number"), &n.licence),
        ];
        let shown = |(label, value): (&str, &Option<String>)| value.as_ref().map(|v| format!("{label}  {v}"));
        all.into_iter().filter_map(shown).collect()
    }
}

impl Screen for MyProfile {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["profile"]
    }
    fn title(&self) -> String {
        tr!("My profile").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, _: Command) -> Result<(), Why> {
        if self.saving { Err(busy()) } else { Ok(()) }
    }
    fn waits_for(&self, _: Command) -> bool {
        self.seen.is_none()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, _: Command, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(seen)) = (cx.env().actor.clone(), self.seen) else { return };
        if self.form.check().is_err() {
            return;
        }
        let (request, profile) = (self.request, self.written());
        self.saving = true;
        let write = move |s: Store| async move {
            s.change_profile(&actor, request, seen, profile).await?;
            let actor = s.who_am_i().await?;
            Ok((actor, s))
        };
        cx.save("profile.change", write, Msg::Saved);
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok((version, profile, numbers))) => {
                self.numbers = numbers;
                // What is being typed stays: saving it says that somebody else was faster.
                if self.seen.is_none() || !self.form.is_dirty() {
                    self.seen = Some(version);
                    self.form = form(&profile);
                }
            }
            Msg::Loaded(Err(e)) => cx.failed(&e),
            Msg::Saved(outcome) => {
                self.saving = false;
                if !matches!(outcome, Err(Error::Unknown)) {
                    self.request = RequestId::new();
                }
                match outcome {
                    Ok((actor, store)) => {
                        self.form.saved();
                        cx.signed_in(actor, store);
                        cx.toast(tr!("Your profile is saved."));
                    }
                    Err(e) => {
                        if let Error::Duplicate(why) = &e {
                            self.form.problem(Name::Login, why.sentence.clone());
                        }
                        cx.failed(&e);
                    }
                }
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let mine = cx.env().actor.as_ref().map(|a| a.account.0);
        let about =
            |r: &crate::store::RowChange| r.entity == "account" && mine == Some(r.id.unwrap_or_default());
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if about(r)) {
            self.load(cx);
        }
    }
    fn leave(&self) -> Leave {
        leave(self.form.dirty_fields())
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 2);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        let [fields, below] = split_top(rest, self.form.height().min(rest.height) + 1);
        self.form.view(frame, fields, ui);
        let locked = self.locked();
        if locked.is_empty() {
            return;
        }
        for (y, line) in (0..).zip(&locked) {
            put(frame, below, y, &format!(" {line}"), ui.theme.text());
        }
        let why =
            tr!("Numbers are locked: the clinic checked them. Reception or an administrator corrects them.");
        let lines = wrap(why, usize::from(below.width.saturating_sub(2)).max(1));
        for (y, line) in (locked.len() as u16 + 1..).zip(&lines) {
            put(frame, below, y, &format!(" {line}"), ui.theme.dim());
        }
    }
}
