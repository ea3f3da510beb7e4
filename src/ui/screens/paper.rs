//! A paper on the screen, as it will be printed: looked at, sent to the centre's printer, or saved to a new file that only its owner
//! reads. The log is told before the file is written.
use crate::{
    domain::{
        ids::{PrintJobId, RequestId},
        paper::Paper,
        why::Why,
    },
    store::{Change, Error, PrintJob},
    tr,
    ui::{
        cx::Cx,
        screen::{Screen, Ui, Widget},
        widgets::{self, prompt::Prompt, scroll_text::ScrollText},
    },
};
use ratatui::{Frame, layout::Rect};
use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

crate::commands! {
    /// What a paper understands.
    pub enum Command {
        Print: "print.add" "print" "Send this to the printer of the centre";
        Save: "paper.save" "to a file" "Write this into a new file; the log is told";
    }
}

/// What the screen is told.
pub enum Msg {
    Sent(Result<PrintJobId, Error>),
    Jobs(Result<Vec<PrintJob>, Error>),
    File(Option<String>),
    Saved(PathBuf, Result<Result<(), String>, Error>),
}

/// One paper.
pub struct PaperView {
    paper: Paper,
    text: ScrollText,
    /// What was sent to the printer, and what became of it.
    sent: Option<PrintJobId>,
    state: String,
    saving: bool,
}

impl PaperView {
    /// Shows this.
    #[must_use]
    pub fn of(paper: Paper) -> Self {
        let text = ScrollText::as_it_is(paper.text.clone());
        Self { paper, text, sent: None, state: String::new(), saving: false }
    }

    fn look(&self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        cx.load("print.state", move |store| async move { store.print_jobs(&actor).await }, Msg::Jobs);
    }
}

/// Writes a new file of mode 0600; why not, in words.
fn write(file: &Path, text: &str) -> Result<(), String> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut out = made.map_err(|e| tr!("{file} cannot be made: {why}", file = file.display(), why = e))?;
    let done = out.write_all(text.as_bytes()).and_then(|()| out.sync_all());
    done.map_err(|e| tr!("{file} could not be written: {why}", file = file.display(), why = e))
}

impl Screen for PaperView {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["paper"]
    }
    fn title(&self) -> String {
        self.paper.title.clone()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.text)
    }
    fn opened(&mut self, _: &mut Cx<Msg>) {}
    fn available(&self, command: Command) -> Result<(), Why> {
        if command == Command::Print && self.sent.is_some() {
            return Err(Why::new("already_sent", tr!("This paper was sent to the printer already."))
                .instead(tr!("Leave it and open it again to print another copy.")));
        }
        Ok(())
    }
    fn waits_for(&self, _: Command) -> bool {
        self.saving
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        match command {
            Command::Print => {
                let (request, id, paper) = (RequestId::new(), PrintJobId::new(), self.paper.clone());
                self.saving = true;
                cx.save(
                    "print.add",
                    move |store| async move { store.print(&actor, request, id, paper).await },
                    Msg::Sent,
                );
            }
            Command::Save => {
                let name = format!("{}-{}.txt", self.paper.kind, cx.env().today());
                let file = std::env::home_dir().unwrap_or_default().join(name).display().to_string();
                cx.open(
                    move |answer| {
                        Prompt::new(tr!("Into which new file?"), answer).with(&file).check(|typed| {
                            if Path::new(typed.trim()).is_absolute() {
                                Ok(())
                            } else {
                                Err(Why::new("path", tr!("Write the whole path, beginning with a slash.")))
                            }
                        })
                    },
                    Msg::File,
                );
            }
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Sent(Ok(id)) => {
                self.saving = false;
                self.sent = Some(id);
                self.state = tr!("on its way to the printer").into();
            }
            Msg::Jobs(Ok(jobs)) => {
                if let Some(job) = jobs.iter().find(|j| Some(j.id) == self.sent) {
                    self.state = match job.state.as_str() {
                        "printed" => tr!("printed").into(),
                        "failed" => tr!("not printed: {why}", why = crate::text::clean(&job.problem)),
                        _ if job.problem.is_empty() => tr!("on its way to the printer").into(),
                        _ => tr!("tried again: {why}", why = crate::text::clean(&job.problem)),
                    };
                }
            }
            Msg::File(Some(typed)) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let (request, id, paper) = (RequestId::new(), PrintJobId::new(), self.paper.clone());
                let file = PathBuf::from(typed.trim());
                let at = file.clone();
                self.saving = true;
                cx.save(
                    "paper.save",
                    move |store| async move {
                        let text = paper.text.clone();
                        store.save_paper(&actor, request, id, paper).await?;
                        Ok(write(&file, &text))
                    },
                    move |done| Msg::Saved(at, done),
                );
            }
            Msg::Saved(file, Ok(Ok(()))) => {
                self.saving = false;
                cx.toast(tr!("Saved in {file}.", file = file.display()));
            }
            Msg::Saved(_, Ok(Err(why))) => {
                self.saving = false;
                cx.toast(why);
            }
            Msg::Sent(Err(e)) | Msg::Saved(_, Err(e)) => {
                self.saving = false;
                cx.failed(&e);
            }
            Msg::Jobs(Err(e)) => cx.failed(&e),
            Msg::File(None) => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let mine = match change {
            Change::Everything => self.sent.is_some(),
            Change::Row(r) => r.entity == "print_job" && r.id.is_some() && r.id == self.sent.map(|id| id.0),
            Change::Link(_) => false,
        };
        if mine {
            self.look(cx);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, body] = widgets::split_top(area, 1);
        widgets::put(frame, head, 0, &format!(" {}   {}", self.paper.title, self.state), ui.theme.strong());
        self.text.view(frame, body, ui);
    }
}
