//! The rooms of every centre: added, changed, retired once they are used no more.
use super::fields::{FormCommand, Request, busy, leave, only_save, view_titled};
use crate::{
    domain::{
        centre::CentreEntry,
        ids::{CentreId, RoomId},
        room::{Room, RoomDetails, RoomKind},
        why::Why,
    },
    store::{Change, Error, Store},
    text::tr_str,
    tr,
    ui::{
        cx::{Answer, Cx},
        screen::{Leave, Screen, Ui, Widget},
        widgets::{
            form::{Field, Form},
            put, split_top,
            table::{Column, Table},
        },
    },
};
use ratatui::{Frame, layout::Rect};

crate::commands! {
    /// What the list of rooms understands.
    pub enum Command {
        Open: "room.change" "change" "Change the selected room";
        Add: "room.add" "add" "Add a room";
        Retire: "room.retire" "retire" "Keep it for its past and use it no more; it can be used again";
        Reopen: "room.reopen" "use again" "Use a retired room again";
    }
}

/// What comes back.
pub enum Msg {
    Loaded(Result<(Vec<Room>, Vec<CentreEntry>), Error>),
    Closed(bool),
    Retired(Result<i64, Error>),
}

/// The list.
pub struct Rooms {
    table: Table<Room>,
    centres: Vec<(CentreId, String)>,
    request: Request,
}

impl Default for Rooms {
    fn default() -> Self {
        let table = Table::new(|r: &Room| r.id.0)
            .column(Column::new("Room", |r: &Room| r.details.name.clone()).grow(14))
            .column(Column::new("Centre", |r: &Room| r.centre_name.clone()).grow(14))
            .column(Column::new("Kind", |r: &Room| tr_str(r.details.kind.code()).to_owned()).width(11))
            .column(Column::new("Equipment", |r: &Room| r.details.equipment.clone()).grow(10).priority(3))
            .column(
                Column::new("", |r: &Room| match (r.retired, r.holds) {
                    (true, _) => tr!("retired").into(),
                    (_, Some(_)) => tr!("in use").into(),
                    _ => String::new(),
                })
                .width(7)
                .priority(2),
            )
            .empty("No room yet.");
        Self { table, centres: vec![], request: Request::default() }
    }
}

impl Rooms {
    fn load(&mut self, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.table.loading();
        let read =
            |s: Store| async move { Ok((s.rooms(&actor, None).await?, s.centre_entries(&actor).await?)) };
        cx.load("rooms.list", read, Msg::Loaded);
    }

    fn retire(&mut self, retired: bool, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(row)) = (cx.env().actor.clone(), self.table.selected().cloned()) else {
            return;
        };
        self.request.saving = true;
        let request = self.request.id;
        let write =
            move |s: Store| async move { s.retire_room(&actor, request, row.id, row.version, retired).await };
        cx.save("room.retire", write, Msg::Retired);
    }
}

impl Screen for Rooms {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["rooms"]
    }
    fn title(&self) -> String {
        tr!("Rooms").into()
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        match (command, self.table.selected().map(|r| r.retired)) {
            (Command::Add, _) => Ok(()),
            (_, None) => Err(Why::new("no_row", tr!("No room is selected."))),
            (Command::Retire, Some(true)) => Err(Why::new("retired", tr!("It is retired already."))),
            (Command::Reopen, Some(false)) => Err(Why::new("in_use", tr!("It is in use."))),
            (Command::Retire | Command::Reopen, _) if self.request.saving => Err(busy()),
            _ => Ok(()),
        }
    }
    fn waits_for(&self, _command: Command) -> bool {
        self.table.is_loading() && self.centres.is_empty()
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let centres = self.centres.clone();
        match command {
            Command::Add => cx.open(move |a| RoomForm::new(None, centres, a), Msg::Closed),
            Command::Open => {
                let row = self.table.selected().cloned();
                cx.open(move |a| RoomForm::new(row, centres, a), Msg::Closed);
            }
            Command::Retire => self.retire(true, cx),
            Command::Reopen => self.retire(false, cx),
        }
    }
    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok((rooms, centres))) => {
                self.centres =
                    centres.into_iter().filter(|c| !c.retired).map(|c| (c.id, c.details.name)).collect();
                self.table.set_rows(rooms);
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Closed(_) => self.load(cx),
            Msg::Retired(Ok(_)) => {
                self.request.ended(None);
                cx.toast(tr!("Saved."));
                self.load(cx);
            }
            Msg::Retired(Err(e)) => {
                self.request.ended(Some(&e));
                cx.failed(&e);
                self.load(cx);
            }
        }
    }
    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        if matches!(change, Change::Everything) || matches!(change, Change::Row(r) if r.entity == "room") {
            self.load(cx);
        }
    }
    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [top, rest] = split_top(area, 1);
        put(frame, top, 0, &format!(" {}", self.title()), ui.theme.strong());
        self.table.view(frame, rest, ui);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Centre,
    Called,
    Kind,
    Equipment,
}

/// A room: where, its name, its kind, what stands in it. It answers whether anything was saved.
pub struct RoomForm {
    form: Form<Name>,
    centres: Vec<(CentreId, String)>,
    old: Option<Room>,
    id: RoomId,
    request: Request,
    answer: Answer<bool>,
}

impl RoomForm {
    /// A new room, or one that is there.
    #[must_use]
    pub fn new(old: Option<Room>, centres: Vec<(CentreId, String)>, answer: Answer<bool>) -> Self {
        let names: Vec<String> = centres.iter().map(|(_, n)| crate::text::clean(n).into_owned()).collect();
        let only = names.first().cloned().filter(|_| names.len() == 1).unwrap_or_default();
        let centre = match &old {
            Some(o) => Field::fixed(tr!("Centre"), o.centre_name.clone()),
            None => Field::choice(tr!("Centre"), names).required().with(&only),
        };
        let kinds = RoomKind::ALL.map(|k| tr_str(k.code()).to_owned()).to_vec();
        let kind = old.as_ref().map_or(RoomKind::Consulting, |o| o.details.kind);
        let is =
            |f: fn(&RoomDetails) -> &str| old.as_ref().map(|o| f(&o.details).to_owned()).unwrap_or_default();
        let form = Form::new()
            .with(Name::Centre, centre)
            .with(Name::Called, Field::text(tr!("Name")).required().max(40).with(&is(|d| &d.name)))
            .with(Name::Kind, Field::choice(tr!("Kind"), kinds).required().with(tr_str(kind.code())))
            .with(Name::Equipment, Field::text(tr!("Equipment")).max(200).with(&is(|d| &d.equipment)));
        let id = old.as_ref().map_or_else(RoomId::new, |o| o.id);
        Self { form, centres, old, id, request: Request::default(), answer }
    }

    fn details(&self) -> Option<RoomDetails> {
        Some(RoomDetails {
            name: self.form.get(Name::Called).trim().to_owned(),
            kind: *RoomKind::ALL.get(self.form.chosen(Name::Kind)?)?,
            equipment: self.form.get(Name::Equipment).trim().to_owned(),
        })
    }

    fn centre(&self) -> Option<CentreId> {
        match &self.old {
            Some(o) => Some(o.centre),
            None => self.centres.get(self.form.chosen(Name::Centre)?).map(|c| c.0),
        }
    }
}

impl Screen for RoomForm {
    type Command = FormCommand;
    type Msg = Result<(), Error>;

    fn contexts(&self) -> &[&str] {
        &["admin-form"]
    }
    fn title(&self) -> String {
        if self.old.is_some() { tr!("Room") } else { tr!("New room") }.into()
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
        let (Some(actor), Some(details), Some(centre)) =
            (cx.env().actor.clone(), self.details(), self.centre())
        else {
            return;
        };
        self.request.saving = true;
        let (request, id, seen) = (self.request.id, self.id, self.old.as_ref().map(|o| o.version));
        let write = move |s: Store| async move {
            match seen {
                Some(seen) => s.change_room(&actor, request, id, seen, details).await.map(|_| ()),
                None => s.add_room(&actor, request, id, centre, details).await.map(|_| ()),
            }
        };
        cx.save("room.save", write, |r| r);
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
                    self.form.problem(Name::Called, why.sentence.clone());
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
