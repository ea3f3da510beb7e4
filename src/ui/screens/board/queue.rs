//! The queue from the board: calling the next or the selected one, not there, put back, and how soon somebody is to be seen.
//! Each is done at once and can be taken back.
use super::{Command, Msg};
use crate::{
    domain::{
        actor::Actor,
        appointment::AppointmentStatus,
        ids::{AppointmentId, CentreId, RequestId},
        queue::{Priority, QueueFilter},
        why::Why,
    },
    store::{BoardRow, Called, Error, Store},
    text::{fold, tr_n},
    tr,
    ui::{
        cx::Cx,
        widgets::picker::{Picker, Row},
    },
};
use std::sync::Arc;

/// What the queue is told.
pub enum Said {
    /// Where the next one is to come; `None`: nowhere after all.
    Room(QueueFilter, Option<String>),
    Called(Result<Option<Called>, Error>),
    Absent(String, Result<i32, Error>),
    PutBack(String, Result<(), Error>),
    Picked(AppointmentId, String, Option<Priority>),
    /// The priority that is now, whose, and the one before.
    Priority(AppointmentId, String, Priority, Result<Priority, Error>),
    Undone(Result<(), Error>),
}

/// Whether it can be done to this row.
pub(super) fn available(command: Command, row: Option<&BoardRow>) -> Result<(), Why> {
    let Some(row) = row else {
        return Err(Why::new("nothing_selected", tr!("Nobody is selected.")));
    };
    let waits = row.status == AppointmentStatus::Arrived;
    match command {
        Command::Priority if !waits && row.status != AppointmentStatus::Booked => Err(Why::new(
            "queue_over",
            tr!("The appointment is {status}: it stands in no queue.", status = row.status.word()),
        )),
        Command::Call if !waits => {
            Err(Why::new("queue_not_waiting", tr!("Only who has arrived and waits is called."))
                .instead(tr!("space checks in.")))
        }
        Command::Absent if !waits || row.queue.called_at.is_none() => {
            Err(Why::new("queue_not_called", tr!("The patient is not called at the moment."))
                .instead(tr!("q c calls.")))
        }
        Command::PutBack if !waits || row.queue.called_at.is_none() && row.queue.retry_at.is_none() => {
            Err(Why::new("queue_not_called", tr!("The patient is not called at the moment.")))
        }
        _ => Ok(()),
    }
}

/// Calls the next of those shown; with `ask`, to a room that is asked for first.
pub(super) fn call_next(cx: &mut Cx<Msg>, of: QueueFilter, ask: bool) {
    if ask {
        let Some(actor) = cx.env().actor.clone() else { return };
        let centre = actor.workplace.as_ref().map(|w| w.centre);
        return cx.open(
            move |answer| {
                Picker::new(tr!("Call the next one to which room?"), answer)
                    .hint(tr!("Type a room's name; any other words are taken as they are."))
                    .query("queue.rooms", move |typed, store| rooms(store, actor.clone(), centre, typed))
            },
            move |room| Msg::Queue(Said::Room(of.clone(), room)),
        );
    }
    next(cx, of, String::new());
}

/// The rooms of the centre that match, free ones first, and what was typed.
async fn rooms(
    store: Store,
    actor: Arc<Actor>,
    centre: Option<CentreId>,
    typed: String,
) -> Result<Vec<Row<String>>, Error> {
    let wanted = fold(&typed);
    let mut found = store.rooms(&actor, centre).await?;
    found.retain(|r| !r.retired && fold(&r.details.name).contains(&wanted));
    found.sort_by_key(|r| r.holds.is_some());
    let mut rows: Vec<Row<String>> = found
        .into_iter()
        .map(|r| {
            let state = if r.holds.is_some() { tr!("taken") } else { tr!("free") };
            Row::new(r.details.name.clone(), r.details.name, state)
        })
        .collect();
    let typed: String = typed.trim().chars().take(40).collect();
    if !typed.is_empty() {
        rows.push(Row::new(typed.clone(), typed, tr!("as typed")));
    }
    Ok(rows)
}

fn next(cx: &mut Cx<Msg>, of: QueueFilter, room: String) {
    let Some(actor) = cx.env().actor.clone() else { return };
    let Some(centre) = actor.workplace.as_ref().map(|w| w.centre) else { return };
    let request = RequestId::new();
    cx.save(
        "queue.call",
        move |store| async move { store.call_next(&actor, request, centre, of, &room).await },
        |called| Msg::Queue(Said::Called(called)),
    );
}

/// Does it to the selected row.
pub(super) fn step(cx: &mut Cx<Msg>, command: Command, row: &BoardRow) {
    let Some(actor) = cx.env().actor.clone() else { return };
    let (id, name, request) = (row.appointment, row.patient_name.to_string(), RequestId::new());
    match command {
        Command::Call => cx.save(
            "queue.call",
            move |store| async move { store.call_patient(&actor, request, id, "").await.map(Some) },
            |called| Msg::Queue(Said::Called(called)),
        ),
        Command::Absent => cx.save(
            "queue.call",
            move |store| async move { store.call_unanswered(&actor, request, id).await },
            move |times| Msg::Queue(Said::Absent(name, times)),
        ),
        Command::PutBack => cx.save(
            "queue.call",
            move |store| async move { store.put_back(&actor, request, id).await },
            move |done| Msg::Queue(Said::PutBack(name, done)),
        ),
        _ => {
            let title = tr!("How soon is {who} to be seen?", who = name);
            let rows = Priority::ALL.map(|p| Row::new(p, p.word(), "")).to_vec();
            cx.open(
                move |answer| Picker::new(title, answer).rows(rows).numbered(),
                move |picked| Msg::Queue(Said::Picked(id, name.clone(), picked)),
            );
        }
    }
}

fn set(cx: &mut Cx<Msg>, id: AppointmentId, name: String, priority: Priority) {
    let Some(actor) = cx.env().actor.clone() else { return };
    let request = RequestId::new();
    cx.save(
        "queue.set-priority",
        move |store| async move { store.set_priority(&actor, request, id, priority).await },
        move |before| Msg::Queue(Said::Priority(id, name, priority, before)),
    );
}

/// Says what was done and how it is taken back; `true`: the board is to be read again.
pub(super) fn tell(cx: &mut Cx<Msg>, said: Said) -> bool {
    match said {
        Said::Room(of, Some(room)) => next(cx, of, room),
        Said::Called(Ok(Some(called))) => tell_call(cx, &called),
        Said::Called(Ok(None)) => {
            cx.toast(tr!("Nobody waits to be called: everybody is called, or was not there just now."));
        }
        Said::Absent(name, Ok(times)) => {
            let often = tr_n("{n} time", "{n} times", times);
            cx.toast(tr!(
                "Not there ({often}): {who}. Called again in some minutes.",
                often = often,
                who = name
            ));
        }
        Said::PutBack(name, Ok(())) => cx.toast(tr!("Back in the queue: {who}", who = name)),
        Said::Picked(id, name, Some(priority)) => set(cx, id, name, priority),
        Said::Priority(id, name, now, Ok(before)) if before != now => {
            let text = tr!("{who} is {priority}", who = name, priority = now.word());
            let Some(actor) = cx.env().actor.clone() else { return true };
            let request = RequestId::new();
            cx.undoable(
                text,
                "queue.set-priority",
                move |store| async move { store.set_priority(&actor, request, id, before).await.map(drop) },
                |done| Msg::Queue(Said::Undone(done)),
            );
        }
        Said::Priority(_, name, now, Ok(_)) => {
            cx.toast(tr!("{who} is {priority}", who = name, priority = now.word()));
        }
        Said::Undone(Ok(())) => cx.toast(tr!("Taken back.")),
        Said::Room(_, None) | Said::Picked(_, _, None) => return false,
        Said::Called(Err(e))
        | Said::Absent(_, Err(e))
        | Said::PutBack(_, Err(e))
        | Said::Priority(.., Err(e))
        | Said::Undone(Err(e)) => cx.failed(&e),
    }
    true
}

fn tell_call(cx: &mut Cx<Msg>, called: &Called) {
    let Some(actor) = cx.env().actor.clone() else { return };
    let text = match &called.room {
        Some(room) => tr!("Called to {room}: {who}", room = room, who = called.patient_name),
        None => {
            tr!("Called to {provider}: {who}", provider = called.provider_name, who = called.patient_name)
        }
    };
    let (id, request) = (called.appointment, RequestId::new());
    cx.undoable(
        text,
        "queue.call",
        move |store| async move { store.put_back(&actor, request, id).await },
        |done| Msg::Queue(Said::Undone(done)),
    );
}
