//! Connections of the signed-in patient or provider: asked for, accepted or rejected by the other side, ended by either.
use crate::{
    domain::{
        access::{Connection, ConnectionStep, Side},
        dates::short_day,
        ids::{ProviderId, RequestId},
        why::Why,
    },
    store::{Change, Error, ProviderRow},
    tr,
    ui::{
        cx::Cx,
        desk,
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            confirm::Confirm,
            picker::{Picker, Row as Choice},
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of connections understands.
    pub enum Command {
        Ask: "connection.request" "ask a provider" "Ask a provider to be connected with you, so that they may read your record";
        Accept: "connection.accept" "accept" "Accept the connection";
        Reject: "connection.reject" "reject" "Reject the connection";
        End: "connection.end" "end" "End the connection, or take back what you asked";
    }
}

/// What this screen is told.
pub enum Msg {
    Loaded(Result<Vec<Connection>, Error>),
    Providers(Result<Vec<ProviderRow>, Error>),
    Chosen(Option<ProviderId>),
    Sure(Box<Connection>, ConnectionStep, bool),
    Done(&'static str, Result<(), Error>),
}

struct Row {
    of: Connection,
    with: String,
    when: String,
    state: String,
}

/// The screen.
pub struct Connections {
    table: Table<Row>,
    patient: bool,
    saving: bool,
    /// Whether the log was told that the list was opened.
    opened: bool,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            table: Table::new(|r: &Row| r.of.id.0)
                .column(Column::new("With", |r: &Row| r.with.clone()).grow(20))
                .column(Column::new("Asked", |r: &Row| r.when.clone()).width(10).priority(3))
                .column(Column::new("State", |r: &Row| r.state.clone()).width(30).look(|r, t| {
                    match r.of.state.as_str() {
                        "asked" => t.warn(),
                        "approved" => t.good(),
                        _ => t.dim(),
                    }
                }))
                .empty("You have no connections."),
            patient: false,
            saving: false,
            opened: false,
        }
    }
}

fn state(of: &Connection) -> String {
    match of.state.as_str() {
        "asked" if of.waits_for_me() => tr!("waits for your answer").into(),
        "asked" => tr!("waits for their answer").into(),
        "approved" => tr!("connected").into(),
        "declined" => tr!("rejected").into(),
        _ => tr!("ended").into(),
    }
}

impl Connections {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let opened = !std::mem::replace(&mut self.opened, true);
        cx.load(
            "connection.list",
            move |store| async move { store.connections(&actor, opened).await },
            Msg::Loaded,
        );
    }

    fn answer(&mut self, of: Connection, step: ConnectionStep, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let said = match step {
            ConnectionStep::Accept => {
                tr!("Connected. The provider may read the record until one of you ends it.")
            }
            ConnectionStep::Reject => tr!("Rejected."),
            ConnectionStep::End => tr!("Ended."),
        };
        let request = RequestId::new();
        self.saving = true;
        cx.save(
            "connection.answer",
            move |store| async move { store.answer_connection(&actor, request, &of, step).await },
            move |done| Msg::Done(said, done),
        );
    }
}

impl Screen for Connections {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["connections"]
    }
    fn title(&self) -> String {
        tr!("Connections").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        if self.saving {
            return Err(Why::new("saving", tr!("It is being saved.")));
        }
        let row = self.table.selected().map(|r| &r.of);
        match command {
            Command::Ask if self.patient => Ok(()),
            Command::Ask => Err(Why::new("not_permitted", tr!("Patients choose a provider here."))
                .instead(tr!("Open the patient and ask from there."))),
            Command::Accept | Command::Reject if row.is_some_and(Connection::waits_for_me) => Ok(()),
            Command::Accept | Command::Reject => {
                Err(Why::new("connection_other_side", tr!("Only the one who was asked answers, once.")))
            }
            Command::End
                if row.is_some_and(|r| r.state == "approved" || r.state == "asked" && !r.waits_for_me()) =>
            {
                Ok(())
            }
            Command::End => Err(Why::new("connection_edge", tr!("There is nothing to end."))),
        }
    }
    fn waits_for(&self, command: Command) -> bool {
        command != Command::Ask && self.table.is_loading() && self.table.rows().is_empty()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.patient = cx.env().actor.as_ref().is_some_and(|a| a.patient.is_some());
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if change.concerns(&["connection"]) {
            self.load(cx);
        }
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        if command == Command::Ask {
            let Some(actor) = cx.env().actor.clone() else { return };
            return cx.load(
                "connection.providers",
                move |store| async move { store.providers(&actor).await },
                Msg::Providers,
            );
        }
        let Some((of, with)) = self.table.selected().map(|r| (r.of.clone(), r.with.clone())) else { return };
        let patient_side = of.mine == Side::Patient;
        let (step, question, yes, consequence) = match command {
            Command::Accept => (
                ConnectionStep::Accept,
                tr!("Accept the connection with {who}?", who = with),
                tr!("accept"),
                if patient_side {
                    tr!("They may then read your whole record until one of you ends it.")
                } else {
                    tr!("You may then read the record until one of you ends it.")
                },
            ),
            Command::Reject => (
                ConnectionStep::Reject,
                tr!("Reject the connection with {who}?", who = with),
                tr!("reject"),
                tr!("They cannot ask again; you still can."),
            ),
            _ => (
                ConnectionStep::End,
                tr!("End the connection with {who}?", who = with),
                tr!("end it"),
                tr!("It no longer opens the record. It can be asked for again."),
            ),
        };
        let of = Box::new(of);
        cx.open(
            move |a| Confirm::new(question, a).consequence(consequence).yes(yes).no(tr!("keep")),
            move |sure| Msg::Sure(of.clone(), step, sure),
        );
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(all)) => {
                let zone = cx.env().zone();
                let row = |of: Connection| Row {
                    with: match of.mine {
                        Side::Patient => {
                            format!("{}, {}", of.provider_name, desk::profession(&of.profession))
                        }
                        Side::Provider => format!("{}  {:06}", of.patient_name, of.record_number),
                    },
                    when: short_day(of.asked_at.with_timezone(&zone).date_naive()),
                    state: state(&of),
                    of,
                };
                self.table.set_rows(all.into_iter().map(row).collect());
            }
            Msg::Providers(Ok(all)) => {
                let rows = all
                    .into_iter()
                    .map(|p| {
                        let centres = p.centres.iter().map(|c| c.1.as_str()).collect::<Vec<_>>().join(", ");
                        let detail = format!("{}  {centres}", desk::profession(&p.profession));
                        Choice::new(p.id, p.name.to_string(), detail)
                    })
                    .collect();
                cx.open(move |a| Picker::new(tr!("Ask which provider?"), a).rows(rows), Msg::Chosen);
            }
            Msg::Loaded(Err(e)) | Msg::Providers(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Chosen(Some(provider)) => {
                let Some(actor) = cx.env().actor.clone() else { return };
                let (Some(patient), request) = (actor.patient, RequestId::new()) else { return };
                self.saving = true;
                cx.save(
                    "connection.request",
                    move |store| async move { store.ask_connection(&actor, request, patient, provider).await },
                    |done| Msg::Done(tr!("Asked. They accept or reject it."), done),
                );
            }
            Msg::Sure(of, step, true) => self.answer(*of, step, cx),
            Msg::Chosen(None) | Msg::Sure(_, _, false) => {}
            Msg::Done(said, done) => {
                self.saving = false;
                match done {
                    Ok(()) => cx.toast(said),
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rest] = widgets::split_top(area, 2);
        widgets::put(frame, head, 0, &format!(" {}", self.title()), ui.theme.strong());
        let about = tr!("A connected provider may read the whole record, without an appointment.");
        widgets::put(frame, head, 1, &format!(" {about}"), ui.theme.dim());
        self.table.view(frame, rest, ui);
    }
}
