//! Who has what about one person: counted by kind, centre and author, with who looked. From here it is taken out, and proposed
//! and confirmed to be erased; why that is refused stands there first.
mod rows;

use crate::{
    auth::login,
    domain::{
        dates::long_date,
        ids::{PatientId, RequestId},
        patient::record_number,
        subject::Subject as Kept,
        why::Why,
    },
    interop::subject::NewFile,
    store::{Change, Error},
    tr,
    ui::{
        cx::Cx,
        route::Route,
        screen::{Screen, Ui, Widget},
        widgets::{self, confirm::Confirm, prompt::Prompt, table::Table},
    },
};
use chrono::{DateTime, Utc};
use ratatui::{Frame, layout::Rect};
use rows::Line;
use std::path::PathBuf;
use zeroize::Zeroizing;

crate::commands! {
    /// What the view of everything about one person understands.
    pub enum Command {
        Export: "subject.export" "take out" "Write everything into a new file that only you can read: text, or JSON when its name ends in .json";
        Erase: "subject.erase" "erase" "Propose to erase the record, or confirm what another administrator proposed";
        Withdraw: "subject.withdraw" "withdraw" "Take the proposal to erase back";
        Viewers: "subject.viewers" "each view" "Show every single view of the record";
    }
}

/// What this screen is told.
pub enum Msg {
    /// Whose it is, when that was asked.
    Number(Option<String>),
    Found(Result<PatientId, Error>),
    Loaded(Box<Result<Kept, Error>>),
    /// Into which file.
    File(Option<String>),
    /// The password for taking it out.
    Out(PathBuf, Option<String>),
    Taken(PathBuf, Result<Result<usize, String>, Error>),
    Propose(bool),
    Proposed(Result<(), Error>),
    Confirm(bool),
    /// The password for the last word.
    Destroy(Option<String>),
    Erased(Result<DateTime<Utc>, Error>),
    Withdrawn(Result<bool, Error>),
}

/// The screen.
pub struct Subject {
    patient: Option<PatientId>,
    kept: Option<Box<Kept>>,
    table: Table<Line>,
    saving: bool,
}

impl Subject {
    /// What is kept about this patient; without one it asks about whom.
    #[must_use]
    pub fn of(patient: Option<PatientId>) -> Self {
        Self { patient, kept: None, table: rows::table(), saving: false }
    }

    fn load(&mut self, opened: bool, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
        self.table.loading();
        cx.load(
            "subject.load",
            move |store| async move { store.subject(&actor, patient, opened).await },
            |kept| Msg::Loaded(Box::new(kept)),
        );
    }

    fn who(&self) -> String {
        self.kept.as_ref().map(|k| k.erasure.name.to_string()).unwrap_or_default()
    }

    /// Somebody else proposed to erase it: the next step is this person's.
    fn to_confirm(&self) -> bool {
        self.kept.as_ref().is_some_and(|k| matches!(k.erasure.proposed, Some((.., false))))
    }

    fn take_out(&mut self, file: PathBuf, password: Zeroizing<String>, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
        let at = file.clone();
        self.saving = true;
        cx.save(
            "subject.export",
            move |store| async move {
                let made = match NewFile::at(&at) {
                    Ok(made) => made,
                    Err(e) => {
                        return Ok(Err(tr!("{file} cannot be made: {why}", file = at.display(), why = e)));
                    }
                };
                let proof = login::proof(&store, &actor.login, password).await?;
                let record = store.subject_record(&actor, patient, proof.to_vec()).await?;
                let json = at.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
                let filled = made.fill(&record, json).map(|()| record.rows.len());
                Ok(filled
                    .map_err(|e| tr!("{file} could not be written: {why}", file = at.display(), why = e)))
            },
            move |taken| Msg::Taken(file, taken),
        );
    }

    fn destroy(&mut self, password: String, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
        let (password, request) = (Zeroizing::new(password), RequestId::new());
        self.saving = true;
        cx.save(
            "subject.erase",
            move |store| async move {
                let proof = login::proof(&store, &actor.login, password).await?;
                store.confirm_erasure(&actor, request, patient, proof.to_vec()).await
            },
            Msg::Erased,
        );
    }

    /// How it stands with erasing, in one or two sentences.
    fn standing(&self, ui: &Ui) -> String {
        let Some(kept) = &self.kept else { return String::new() };
        let e = &kept.erasure;
        let day = |at: DateTime<Utc>| long_date(at.with_timezone(&kept.zone).date_naive());
        if let Some(at) = e.erased_at {
            return tr!("Erased on {day}: its texts open no more. The rows stay.", day = day(at));
        }
        let Some(until) = e.keep_until else {
            return tr!("What you may read yourself; the clinic's own notes about its work are not in it.")
                .into();
        };
        let first = if until >= ui.env.today() {
            tr!("Must be kept until {day}; erasing is refused until then.", day = long_date(until))
        } else {
            tr!(
                "Had to be kept until {day}: it may be erased, by two administrators.",
                day = long_date(until)
            )
        };
        let key = |id| ui.key(&["subject"], id);
        let second = match &e.proposed {
            None => String::new(),
            Some((_, at, true)) => tr!(
                "You proposed to erase it on {day}; another administrator confirms, {key} withdraws.",
                day = day(*at),
                key = key("subject.withdraw")
            ),
            Some((who, at, false)) => tr!(
                "{who} proposed to erase it on {day}: {key} confirms.",
                who = who,
                day = day(*at),
                key = key("subject.erase")
            ),
        };
        format!("{first} {second}")
    }
}

impl Screen for Subject {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["subject"]
    }
    fn title(&self) -> String {
        tr!("Everything kept about one person").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn waits_for(&self, _: Command) -> bool {
        self.patient.is_some() && self.kept.is_none() && self.table.is_loading()
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let Some(kept) = &self.kept else {
            return Err(Why::new("nobody", tr!("It is not known yet about whom.")));
        };
        let e = &kept.erasure;
        match command {
            _ if self.saving => Err(Why::new("saving", tr!("It is being done."))),
            Command::Export | Command::Viewers => Ok(()),
            Command::Withdraw if e.proposed.is_none() => {
                Err(Why::new("erasure_not_proposed", tr!("Nobody has proposed to erase this record.")))
            }
            Command::Erase if kept.own => Err(Why::new(
                "erasure_role",
                tr!("Only administrators erase a record, two of them together."),
            )),
            Command::Erase if e.erased_at.is_some() => {
                Err(Why::new("record_erased", tr!("This record is erased already.")))
            }
            Command::Erase if matches!(e.proposed, Some((.., true))) => Err(Why::new(
                "erasure_needs_second",
                tr!("You proposed to erase this record; another administrator must confirm it."),
            )
            .instead(tr!("Ask a second administrator."))),
            Command::Erase | Command::Withdraw => Ok(()),
        }
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        if self.patient.is_some() {
            return self.load(true, cx);
        }
        let whole =
            |typed: &str| {
                typed.trim().parse::<i32>().map(drop).map_err(|_| {
                    Why::new("record_number", tr!("Type the number of the record, as in 000123."))
                })
            };
        cx.open(move |a| Prompt::new(tr!("About which record? Its number"), a).check(whole), Msg::Number);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(false, cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let mine = self.patient.map(|p| p.0);
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if r.entity == "erasure" && r.patient == mine)
        {
            self.load(false, cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(kept) = &self.kept else { return };
        let number = record_number(kept.erasure.record_number);
        match command {
            Command::Export => {
                let name = format!("record-{number}-{}.txt", cx.env().today());
                let file = std::env::home_dir().unwrap_or_default().join(name).display().to_string();
                let whole = |typed: &str| match typed.trim().starts_with('/') {
                    true => Ok(()),
                    false => Err(Why::new("whole_path", tr!("Write the whole path, from / on."))),
                };
                let question = tr!("Into which new file? A name that ends in .json gives JSON.");
                cx.open(move |a| Prompt::new(question, a).with(&file).check(whole), Msg::File);
            }
            Command::Erase => {
                let confirms = self.to_confirm();
                let question = if confirms {
                    tr!("Destroy the key of record {number}, {who}?", number = number, who = self.who())
                } else {
                    tr!("Propose to erase record {number}, {who}?", number = number, who = self.who())
                };
                let consequence = if confirms {
                    tr!("Nobody reads its texts again, in no later backup. This cannot be taken back.")
                } else {
                    tr!("Nothing is destroyed yet: another administrator confirms it.")
                };
                cx.open(
                    move |a| {
                        Confirm::new(question, a)
                            .consequence(consequence)
                            .yes(if confirms { tr!("destroy it") } else { tr!("propose it") })
                            .no(tr!("keep"))
                    },
                    if confirms { Msg::Confirm } else { Msg::Propose },
                );
            }
            Command::Withdraw => {
                let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
                let request = RequestId::new();
                self.saving = true;
                cx.save(
                    "subject.erase",
                    move |store| async move { store.withdraw_erasure(&actor, request, patient).await },
                    Msg::Withdrawn,
                );
            }
            Command::Viewers => {
                if let Some(patient) = self.patient {
                    cx.push(Route::RecordViewers(patient));
                }
            }
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Number(Some(typed)) => {
                let (Some(actor), Ok(number)) = (cx.env().actor.clone(), typed.trim().parse::<i32>()) else {
                    return;
                };
                self.table.loading();
                cx.load(
                    "subject.find",
                    move |store| async move { store.erasure(&actor, number).await.map(|e| e.patient) },
                    Msg::Found,
                );
            }
            Msg::Number(None) => cx.back(),
            Msg::Found(Ok(patient)) => {
                self.patient = Some(patient);
                self.load(true, cx);
            }
            Msg::Found(Err(e)) => {
                match e {
                    Error::NotFound => cx.toast(tr!("There is no record of that number.")),
                    other => cx.failed(&other),
                }
                self.opened(cx);
            }
            Msg::Loaded(kept) => match *kept {
                Ok(kept) => {
                    self.table.set_rows(rows::lines(&kept));
                    self.kept = Some(Box::new(kept));
                }
                Err(e) => {
                    self.table.loaded();
                    cx.failed(&e);
                }
            },
            Msg::File(Some(typed)) => {
                let file = PathBuf::from(typed.trim());
                cx.open(
                    |a| Prompt::new(tr!("Your password again"), a).hidden(),
                    move |password| Msg::Out(file.clone(), password),
                );
            }
            Msg::Out(file, Some(password)) => self.take_out(file, Zeroizing::new(password), cx),
            Msg::Taken(file, taken) => {
                self.saving = false;
                match taken {
                    Ok(Ok(n)) => cx.toast(tr!("{n} rows are in {file}.", n = n, file = file.display())),
                    Ok(Err(why)) => cx.toast(why),
                    Err(e) => cx.failed(&e),
                }
                self.load(false, cx);
            }
            Msg::Propose(true) => {
                let (Some(actor), Some(patient)) = (cx.env().actor.clone(), self.patient) else { return };
                let request = RequestId::new();
                self.saving = true;
                cx.save(
                    "subject.erase",
                    move |store| async move { store.propose_erasure(&actor, request, patient).await },
                    Msg::Proposed,
                );
            }
            Msg::Proposed(done) => self.done(done, tr!("Proposed. Another administrator confirms it."), cx),
            Msg::Confirm(true) => {
                cx.open(|a| Prompt::new(tr!("Your password again"), a).hidden(), Msg::Destroy);
            }
            Msg::Destroy(Some(password)) => self.destroy(password, cx),
            Msg::Erased(done) => {
                self.done(done.map(drop), tr!("The key is destroyed; the record's texts open no more."), cx);
            }
            Msg::Withdrawn(done) => self.done(done.map(drop), tr!("The proposal is withdrawn."), cx),
            Msg::File(None)
            | Msg::Out(_, None)
            | Msg::Propose(false)
            | Msg::Confirm(false)
            | Msg::Destroy(None) => {}
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let Some(kept) = &self.kept else {
            let [head, rest] = widgets::split_top(area, 2);
            widgets::put(frame, head, 0, &format!(" {}", self.title()), ui.theme.strong());
            // Until it is said about whom, nothing is being read.
            if self.patient.is_some() {
                widgets::notice(frame, rest, tr!("loading"), ui.theme);
            }
            return;
        };
        let head = tr!(
            " Everything kept about {who}  {number}",
            who = kept.erasure.name,
            number = record_number(kept.erasure.record_number)
        );
        let room = usize::from(area.width.saturating_sub(2).max(1));
        let lines = crate::text::wrap(&crate::text::clean(&self.standing(ui)), room);
        let waits = kept.erasure.proposed.is_some() || kept.erasure.erased_at.is_some();
        let [top, list] = widgets::split_top(area, 2 + lines.len() as u16);
        widgets::put(frame, top, 0, &head, ui.theme.strong());
        for (y, line) in (1..).zip(&lines) {
            let style = if waits { ui.theme.warn() } else { ui.theme.text() };
            widgets::put(frame, top, y, &format!(" {line}"), style);
        }
        self.table.view(frame, list, ui);
    }
}

impl Subject {
    fn done(&mut self, done: Result<(), Error>, said: &'static str, cx: &mut Cx<Msg>) {
        self.saving = false;
        match done {
            Ok(()) => cx.toast(said),
            Err(e) => cx.failed(&e),
        }
        self.load(false, cx);
    }
}
