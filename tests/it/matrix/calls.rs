//! The same cells through the store's own functions: what they answer, and what the log is told of it.
use super::{
    clinic::{Cell, Speaker},
    expected::{ROLES, Row},
};
use praxis::store::{Error, SignIn};
use sqlx::{PgConnection, Row as _};
use std::collections::HashSet;
use uuid::Uuid;

/// What the store can be asked without a text, and what it is done to. Views first: the writes after them change what is seen.
const CALLS: [(&str, &str); 11] = [
    ("patient.open", "p"),
    ("appointment.open", "booked"),
    ("record.open", "f"),
    ("visit.open", "t"),
    ("alert.strike", "alert"),
    ("alert.restore", "struck"),
    ("appointment.set-status", "due"),
    ("visit.start", "waiting"),
    ("visit.pause", "t"),
    ("visit.resume", "paused"),
    ("observation.strike", "observation"),
];

/// One call: whether it was allowed, and what the log says of it.
pub struct Call {
    pub action: &'static str,
    pub role: &'static str,
    pub situation: char,
    pub expected: bool,
    pub found: bool,
    pub logged: bool,
    pub said: String,
}

/// Calls everything as everybody and reads the log once.
pub async fn run(table: &[Row], speakers: &[Speaker], su: &mut PgConnection) -> Vec<Call> {
    let of_speaker = async |speaker: &Speaker| {
        let mut calls = vec![];
        for cell in &speaker.cells {
            for (action, object) in CALLS {
                // Apart as their statements are: one's own visit is a row of one's own record, a patient's row the search's.
                let role = ROLES[speaker.role];
                if action == "visit.open" && cell.situation == 's'
                    || action == "patient.open" && role == "auditor"
                {
                    continue;
                }
                let row = table.iter().find(|r| r.action == action).expect("a row of the table");
                let answer = call(&speaker.sign_in, action, cell).await;
                let call = Call {
                    action,
                    role: ROLES[speaker.role],
                    situation: cell.situation,
                    expected: row.allows(speaker.role, cell.situation),
                    found: answer.is_ok(),
                    logged: false,
                    said: answer.err().map_or_else(String::new, |e| e.to_string()),
                };
                calls.push((speaker.sign_in.actor.account.0, cell.ids[object], call));
            }
        }
        calls
    };
    let calls: Vec<_> =
        futures::future::join_all(speakers.iter().map(of_speaker)).await.into_iter().flatten().collect();
    let events: HashSet<(String, Uuid, Uuid)> =
        sqlx::query("select action, account_id, entity_id from audit.event where outcome = 'done' and account_id is not null and entity_id is not null")
            .fetch_all(su)
            .await
            .expect("the log")
            .iter()
            .map(|r| (r.get(0), r.get(1), r.get(2)))
            .collect();
    calls
        .into_iter()
        .map(|(who, what, call)| {
            let logged = events.contains(&(call.action.to_owned(), who, what));
            Call { logged, ..call }
        })
        .collect()
}

async fn call(s: &SignIn, action: &str, cell: &Cell) -> Result<(), Error> {
    let id = |name: &str| cell.ids[name];
    let (store, actor, request) = (&s.store, &s.actor, praxis::domain::ids::RequestId::new());
    match action {
        "patient.open" => store.patient_profile(actor, id("p").into(), true).await.map(drop),
        "appointment.open" => store.appointment(actor, id("booked").into(), true).await.map(drop),
        "record.open" => store.record(actor, id("f").into(), true).await.map(drop),
        "visit.open" => store.visit(actor, id("t").into(), true).await.map(drop),
        "alert.strike" => store.strike_alert(actor, request, id("alert"), id("p").into(), true).await,
        "alert.restore" => store.strike_alert(actor, request, id("struck"), id("p").into(), false).await,
        "appointment.set-status" => {
            store.set_status(actor, request, id("due").into(), 1, "arrived", "").await.map(drop)
        }
        "visit.start" => store.start_visit(actor, request, id("waiting").into()).await.map(drop),
        "visit.pause" => store.pause_visit(actor, request, id("t").into(), 1).await.map(drop),
        "visit.resume" => store.resume_visit(actor, request, id("paused").into(), 1).await.map(drop),
        _ => store.strike_observation(actor, request, id("observation").into()).await,
    }
}
