//! Tab 1: who the patient is at a glance, every list, what changed since this provider last saw them, and the past visits.
use super::{
    lists::{Command, FORM, ListMsg, Lists},
    tab::{Ask, Chart, Tab, TabCx},
};
use crate::{
    domain::{encounter::PastVisit, why::Why},
    store::{Change, Draft, Error, Identity},
    text::clean,
    tr,
    ui::{
        screen::{Ui, Widget},
        widgets,
    },
};
use ratatui::{Frame, layout::Rect};

/// What the world answers.
#[derive(Debug)]
pub enum Msg {
    Known(Result<Box<(Identity, Vec<PastVisit>)>, Error>),
    More(Result<Vec<PastVisit>, Error>),
    Lists(ListMsg),
}

/// The tab.
#[derive(Default)]
pub struct Info {
    identity: Option<Identity>,
    past: Vec<PastVisit>,
    /// The last page of past visits was not the end.
    more: bool,
    lists: Lists,
}

/// A page of past visits is full when it has this many.
const PAGE: usize = 50;

impl Info {
    fn load(&self, cx: &mut TabCx<'_, Msg>) {
        let (patient, encounter) = (cx.patient(), cx.encounter());
        cx.read(
            "visit.info",
            move |store, actor| async move {
                let identity = store.identity(&actor, patient).await?;
                let past = store.past_visits(&actor, patient, encounter, None).await?;
                Ok(Box::new((identity, past)))
            },
            Msg::Known,
        );
    }

    fn show(&mut self, cx: &mut TabCx<'_, Msg>) {
        let visit = &cx.chart.visit;
        let into = visit.may_write.then_some(visit.id);
        self.lists.set(visit.patient, into, &cx.chart.history, &self.past);
    }
}

impl Tab for Info {
    type Command = Command;
    type Msg = Msg;

    fn form(&self) -> &'static str {
        "visit.info"
    }
    fn word(&self) -> &'static str {
        tr!("Info")
    }
    fn contexts(&self) -> &[&str] {
        &["patient-lists"]
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.lists.table)
    }
    fn available(&self, command: Command, _chart: &Chart) -> Result<(), Why> {
        if command == Command::Close {
            return Err(Why::new("not_a_dialog", tr!("The lists are part of this tab.")));
        }
        self.lists.available(command)
    }
    fn opened(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.show(cx);
        self.load(cx);
    }
    fn chart_changed(&mut self, cx: &mut TabCx<'_, Msg>) {
        self.show(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut TabCx<'_, Msg>) {
        if matches!(change, Change::Everything)
            || matches!(change, Change::Row(r) if matches!(r.entity.as_str(), "patient" | "encounter" | "diagnosis"))
        {
            self.load(cx);
        }
    }
    fn moved(&mut self, cx: &mut TabCx<'_, Msg>) {
        let last = self.past.last().map(|p| (p.started_at, p.encounter));
        if let Some(before) = last.filter(|l| self.more && self.lists.past() == Some(l.1)) {
            self.more = false;
            let (patient, encounter) = (cx.patient(), cx.encounter());
            cx.read(
                "visit.past-visits",
                move |store, actor| async move {
                    store.past_visits(&actor, patient, encounter, Some(before)).await
                },
                Msg::More,
            );
        }
    }
    fn command(&mut self, command: Command, cx: &mut TabCx<'_, Msg>) {
        match (command, self.lists.past()) {
            (Command::Open, Some(past)) => cx.ask(Ask::Beside(past)),
            _ => self.lists.command(command, cx, Msg::Lists),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut TabCx<'_, Msg>) {
        match msg {
            Msg::Known(Ok(known)) => {
                let (identity, past) = *known;
                self.identity = Some(identity);
                self.more = past.len() == PAGE;
                self.past = past;
                self.show(cx);
            }
            Msg::More(Ok(past)) => {
                self.more = past.len() == PAGE;
                self.past.extend(past);
                self.show(cx);
            }
            Msg::Known(Err(e)) | Msg::More(Err(e)) => cx.failed(&e),
            Msg::Lists(msg) => {
                if self.lists.update(msg, cx, Msg::Lists) {
                    cx.ask(Ask::Reload);
                }
            }
        }
    }
    fn dialog(&self) -> Option<(&'static str, &'static str)> {
        Some((FORM, tr!("The list entry")))
    }
    fn reopen(&mut self, draft: &Draft, cx: &mut TabCx<'_, Msg>) {
        self.lists.reopen(draft, cx, Msg::Lists);
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui, chart: &Chart) {
        let [top, rest] = widgets::split_top(area, if area.height < 14 { 0 } else { 6 });
        if let Some(identity) = &self.identity {
            for (y, line) in lines_of(identity).iter().enumerate() {
                widgets::put(frame, top, y as u16, &format!(" {line}"), ui.theme.text());
            }
        }
        let news = match chart.history.last_seen {
            Some(at) => {
                let at = at.with_timezone(&ui.env.zone()).format("%d %b %Y");
                tr!(" + new or changed since you last saw the patient on {day}", day = at)
            }
            None => tr!(" You see this patient for the first time.").to_owned(),
        };
        widgets::put(frame, top, top.height.saturating_sub(1), &news, ui.theme.dim());
        self.lists.table.view(frame, rest, ui);
    }
}

/// The identity in five lines; what is not recorded says so.
fn lines_of(i: &Identity) -> [String; 5] {
    let or = |text: &Option<String>| match text.as_deref().filter(|t| !t.is_empty()) {
        Some(text) => clean(text).replace('\n', ", "),
        None => "-".to_owned(),
    };
    let contact = match (&i.contact_name, &i.contact_relationship) {
        (Some(_), Some(_)) => format!("{} ({})", or(&i.contact_name), or(&i.contact_relationship)),
        _ => or(&i.contact_name),
    };
    [
        tr!(
            "Preferred {preferred}   Second script {second}   Language {language}   Blood {blood}",
            preferred = or(&i.preferred_name),
            second = or(&i.second_script_name),
            language = or(&i.language),
            blood = or(&i.blood_group)
        ),
        tr!(
            "National number {national}   Medicare {medicare}",
            national = or(&i.national_number),
            medicare = or(&i.medicare_number)
        ),
        tr!("Phone {phone}   E-mail {email}", phone = or(&i.phone), email = or(&i.email)),
        tr!("Address {address}", address = or(&i.address)),
        tr!("Emergency contact {who}   {phone}", who = contact, phone = or(&i.contact_phone)),
    ]
}
