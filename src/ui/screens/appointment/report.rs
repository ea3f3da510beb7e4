//! Naming a report that belongs to the visit: what kind, its title, where it was made, and its file.
use crate::{
    domain::{
        ids::ServiceRequestId,
        service_request::{NewReport, ReportType},
    },
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
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the form of a report understands.
    pub enum Command {
        Save: "report.save" "save" "Add the report to the visit";
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum F {
    Title,
    Kind,
    Facility,
    File,
}

/// The form; it answers the report.
pub struct ReportForm {
    form: Form<F>,
    of: Option<(ServiceRequestId, String)>,
    keeps: Keeps,
    answer: Answer<NewReport>,
}

impl ReportForm {
    /// The name of its draft; its part is the test's id.
    pub const FORM: &'static str = "report.add";

    /// A report of the visit, or of one of its tests.
    #[must_use]
    pub fn new(of: Option<(ServiceRequestId, String)>, keeps: Keeps, answer: Answer<NewReport>) -> Self {
        let kinds = ReportType::ALL.iter().map(|k| k.word().to_owned()).collect();
        let form = Form::new()
            .with(F::Title, Field::text(tr!("Title")).required().max(200))
            .with(F::Kind, Field::choice(tr!("Type"), kinds).with(ReportType::Laboratory.word()))
            .with(F::Facility, Field::text(tr!("Facility")).max(200))
            .with(F::File, Field::text(tr!("File")).max(300));
        Self { form, of, keeps, answer }
    }
}

impl Screen for ReportForm {
    type Command = Command;
    type Msg = ();

    fn contexts(&self) -> &[&str] {
        &["report"]
    }
    fn title(&self) -> String {
        tr!("Report").into()
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
        if self.form.is_dirty() {
            Leave::Ask(tr!("The report is not entered yet.").into())
        } else {
            Leave::Free
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<()>) {
        let Command::Save = command;
        if self.form.check().is_err() {
            return;
        }
        let kind = self.form.chosen(F::Kind).and_then(|n| ReportType::ALL.get(n).copied());
        let report = NewReport {
            kind: kind.unwrap_or(ReportType::Other),
            title: self.form.get(F::Title),
            facility: self.form.get(F::Facility),
            file_name: self.form.get(F::File),
            order: self.of.as_ref().map(|(id, _)| *id),
        };
        let answer = self.answer.clone();
        cx.answer(&answer, report);
    }
    fn update(&mut self, (): (), _cx: &mut Cx<()>) {}
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let title = match &self.of {
            Some((_, name)) => tr!("Report of {name}", name = name),
            None => tr!("Report").to_owned(),
        };
        let area = widgets::centred(area, 70, 8);
        let inner = widgets::boxed(frame, area, &title, ui.theme);
        self.form.view(frame, inner, ui);
    }
}
