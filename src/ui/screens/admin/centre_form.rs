//! A centre: what it is, how it is reached, and in which time zone it works.
use super::fields::{FormCommand, Request, leave, only_save, optional, ruled, stored, view_titled};
use crate::{
    domain::{
        centre::{CentreDetails, CentreEntry, CentreKind},
        ids::CentreId,
        validate::Field as F,
        why::Why,
    },
    store::{Error, Store},
    text::tr_str,
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
    Kind,
    Number,
    Called,
    Phone,
    Email,
    Address,
    Suburb,
    Zone,
}

/// The form; it answers whether anything was saved.
pub struct CentreForm {
    form: Form<Name>,
    old: Option<CentreEntry>,
    id: CentreId,
    request: Request,
    answer: Answer<bool>,
}

impl CentreForm {
    /// A new centre, or one that is there.
    #[must_use]
    pub fn new(old: Option<CentreEntry>, answer: Answer<bool>) -> Self {
        let is = |f: fn(&CentreDetails) -> &str| {
            old.as_ref().map(|o| f(&o.details).to_owned()).unwrap_or_default()
        };
        let zone = old.as_ref().map_or("Australia/Sydney", |o| &o.details.zone);
        let kinds = CentreKind::ALL.map(|k| tr_str(k.word()).to_owned()).to_vec();
        let kind = old.as_ref().map_or("", |o| tr_str(o.details.kind.word()));
        let form = Form::new()
            .with(Name::Kind, Field::choice(tr!("Kind"), kinds).required().with(kind))
            .with(Name::Called, ruled(F::CentreName).with(&is(|d| &d.name)))
            .with(Name::Number, optional(F::CentreNumber, false).with(&is(|d| &d.number)))
            .with(Name::Phone, optional(F::Phone, false).with(&is(|d| &d.phone)))
            .with(Name::Email, optional(F::Email, false).with(&is(|d| &d.email)))
            .with(Name::Address, optional(F::Address, false).with(&is(|d| &d.address)))
            .with(Name::Suburb, optional(F::Suburb, false).with(&is(|d| &d.suburb)))
            .with(Name::Zone, ruled(F::Zone).with(zone));
        let id = old.as_ref().map_or_else(CentreId::new, |o| o.id);
        Self { form, old, id, request: Request::default(), answer }
    }

    fn details(&self) -> Option<CentreDetails> {
        let get = |name, field| stored(field, &self.form.get(name));
        Some(CentreDetails {
            kind: *CentreKind::ALL.get(self.form.chosen(Name::Kind)?)?,
            number: get(Name::Number, F::CentreNumber),
            name: get(Name::Called, F::CentreName),
            phone: get(Name::Phone, F::Phone),
            email: get(Name::Email, F::Email),
            address: get(Name::Address, F::Address),
            suburb: get(Name::Suburb, F::Suburb),
            zone: get(Name::Zone, F::Zone),
        })
    }
}

impl Screen for CentreForm {
    type Command = FormCommand;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        if self.old.is_some() { tr!("Centre") } else { tr!("New centre") }.into()
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
        self.request.saving = true;
        let (request, id, seen) = (self.request.id, self.id, self.old.as_ref().map(|o| o.version));
        let write = move |s: Store| async move {
            match seen {
                Some(seen) => s.change_centre(&actor, request, id, seen, details).await.map(|_| ()),
                None => s.add_centre(&actor, request, id, details).await.map(|_| ()),
            }
        };
        cx.save("centre.save", write, |r| r);
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
                    let at = if why.rule == "centre_number_key" { Name::Number } else { Name::Called };
                    self.form.problem(at, why.sentence.clone());
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
