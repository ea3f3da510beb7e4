//! A department: its centre, its services, and whether it is closed and when it opens.
use super::fields::{FormCommand, Request, leave, only_save, ruled, stored, view_titled};
use crate::{
    domain::{
        centre::{CentreEntry, DepartmentDetails, DepartmentEntry},
        ids::{CentreId, DepartmentId},
        validate::Field as F,
        why::Why,
    },
    store::{Error, Store},
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
    Centre,
    Called,
    Services,
    Closed,
    Opens,
}

/// What comes back.
pub enum Msg {
    Centres(Result<Vec<CentreEntry>, Error>),
    Saved(Result<(), Error>),
}

/// The form; it answers whether anything was saved.
pub struct DepartmentForm {
    form: Form<Name>,
    centres: Vec<CentreId>,
    old: Option<DepartmentEntry>,
    id: DepartmentId,
    request: Request,
    answer: Answer<bool>,
}

impl DepartmentForm {
    /// A new department, or one that is there.
    #[must_use]
    pub fn new(old: Option<DepartmentEntry>, answer: Answer<bool>) -> Self {
        let is = |f: fn(&DepartmentDetails) -> &str| {
            old.as_ref().map(|o| f(&o.details).to_owned()).unwrap_or_default()
        };
        let centre = match &old {
            Some(o) => Field::fixed(tr!("Centre"), o.centre_name.clone()),
            None => Field::choice(tr!("Centre"), vec![]).required(),
        };
        let closed = if old.as_ref().is_some_and(|o| o.details.closed) { "yes" } else { "" };
        let form = Form::new()
            .with(Name::Centre, centre)
            .with(Name::Called, ruled(F::DepartmentName).with(&is(|d| &d.name)))
            .with(Name::Services, Field::text(tr!("Services")).max(200).with(&is(|d| &d.services)))
            .with(Name::Closed, Field::toggle(tr!("Closed")).with(closed))
            .with(
                Name::Opens,
                Field::text(tr!("Opens when"))
                    .max(100)
                    .hint(tr!("said while it is closed"))
                    .with(&is(|d| &d.opens)),
            );
        let id = old.as_ref().map_or_else(DepartmentId::new, |o| o.id);
        Self { form, centres: vec![], old, id, request: Request::default(), answer }
    }

    fn details(&self) -> Option<DepartmentDetails> {
        let centre = match &self.old {
            Some(o) => o.details.centre,
            None => *self.centres.get(self.form.chosen(Name::Centre)?)?,
        };
        Some(DepartmentDetails {
            centre,
            name: stored(F::DepartmentName, &self.form.get(Name::Called)),
            services: stored(F::ItemNotes, &self.form.get(Name::Services)),
            closed: self.form.is_on(Name::Closed),
            opens: stored(F::ItemNotes, &self.form.get(Name::Opens)),
        })
    }
}

impl Screen for DepartmentForm {
    type Command = FormCommand;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        if self.old.is_some() { tr!("Department") } else { tr!("New department") }.into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.form)
    }
    fn available(&self, command: FormCommand) -> Result<(), Why> {
        only_save(command, &self.request)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        if self.old.is_none() {
            cx.load("department.centres", |s| async move { s.centre_entries(&actor).await }, Msg::Centres);
        }
    }
    fn command(&mut self, command: FormCommand, cx: &mut Cx<Msg>) {
        if command != FormCommand::Save || self.form.check().is_err() {
            return;
        }
        let (Some(actor), Some(details)) = (cx.env().actor.clone(), self.details()) else { return };
        self.request.saving = true;
        let (request, id, seen) = (self.request.id, self.id, self.old.as_ref().map(|o| o.version));
        let write = move |s: Store| async move {
            match seen {
                Some(seen) => s.change_department(&actor, request, id, seen, details).await.map(|_| ()),
                None => s.add_department(&actor, request, id, details).await.map(|_| ()),
            }
        };
        cx.save("department.save", write, Msg::Saved);
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Centres(Ok(all)) => {
                let used: Vec<CentreEntry> = all.into_iter().filter(|c| !c.retired).collect();
                self.centres = used.iter().map(|c| c.id).collect();
                self.form.set_options(Name::Centre, used.into_iter().map(|c| c.details.name).collect());
            }
            Msg::Saved(Ok(())) => {
                self.request.ended(None);
                self.form.saved();
                cx.toast(tr!("Saved."));
                cx.answer(&self.answer.clone(), true);
            }
            Msg::Saved(Err(e)) => {
                self.request.ended(Some(&e));
                if let Error::Duplicate(why) = &e {
                    self.form.problem(Name::Called, why.sentence.clone());
                }
                cx.failed(&e);
            }
            Msg::Centres(Err(e)) => cx.failed(&e),
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
