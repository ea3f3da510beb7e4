//! The store's functions of the desk, the till, availability, merging, and of what is kept about somebody, by the action's name.
use super::clinic::{self, Cell};
use chrono::{DateTime, Duration, NaiveTime, Utc};
use praxis::{
    domain::{
        exception::{ExceptionKind, NewException},
        fee::Method,
        ids::{ExceptionId, PatientId, PaymentId, PrintJobId, RequestId, RoomId, VisitTypeId},
        paper::Paper,
        queue::Priority,
        room::{RoomDetails, RoomKind},
        time::Period,
        visit_type::VisitTypeDetails,
    },
    store::{Error, HoldKind, Merge, SignIn},
};
use uuid::Uuid;

/// Half an hour of the cell's session, so many hours after its beginning.
fn half_hour(cell: &Cell, hours: u32) -> Period {
    let at = cell.plan.session_day.and_time(NaiveTime::from_hms_opt(8 + hours, 0, 0).expect("a time"));
    let start: DateTime<Utc> =
        at.and_local_timezone(chrono_tz::Australia::Sydney).single().expect("an instant").to_utc();
    Period { start, end: start + Duration::minutes(30) }
}

fn room() -> RoomDetails {
    RoomDetails { name: "New".into(), kind: RoomKind::Consulting, equipment: String::new() }
}

fn visit_type() -> VisitTypeDetails {
    VisitTypeDetails {
        name: "New".into(),
        minutes: 20,
        price_cents: 0,
        buffer_minutes: 0,
        professions: vec![],
        room_kind: None,
    }
}

/// None: it is none of these.
pub async fn of_desk(s: &SignIn, action: &str, cell: &Cell) -> Option<Result<(), Error>> {
    let id = |name: &str| cell.ids[name];
    let (store, a, r) = (&s.store, &s.actor, RequestId::new());
    let patient: PatientId = id("p").into();
    Some(match action {
        "patient.merge" => {
            let merge = Merge {
                id: Uuid::now_v7(),
                merged: id("hao").into(),
                survivor: patient,
                reason: "one person".into(),
            };
            store.merge_patients(a, r, merge).await
        }
        // By those who may where there is one that was merged, by the others of anybody.
        "patient.unmerge" if cell.situation == 'm' || !clinic::merges(a.role) => {
            let merged = if cell.situation == 'm' { id("other").into() } else { patient };
            store.unmerge_patient(a, r, merged).await.map(drop)
        }
        "session.hold" => store
            .hold_time(a, r, cell.plan.session.into(), half_hour(cell, 2), HoldKind::Urgent, None)
            .await
            .map(drop),
        "session.release" => {
            store.release_time(a, r, cell.plan.session.into(), half_hour(cell, 0)).await.map(drop)
        }
        "session.generate" => {
            store.generate_sessions(a, r, id("with").into(), cell.plan.session_day, 1).await.map(drop)
        }
        "session.copy-week" => {
            // The last of its days is before those of the other centre, which a receptionist of this one does not see.
            let from = cell.plan.session_day - Duration::days(3);
            store.copy_week(a, r, id("with").into(), from).await.map(drop)
        }
        "exception.add" => {
            let start = cell.plan.slot_ends + Duration::days(20);
            let new = NewException {
                id: ExceptionId::new(),
                kind: ExceptionKind::Leave,
                provider: Some(id("with").into()),
                centre: Some(id("randwick").into()),
                period: Period { start, end: start + Duration::days(1) },
                slot_minutes: 30,
                reason: "away".into(),
            };
            store.add_exception(a, r, new).await.map(drop)
        }
        "exception.remove" => {
            let leave = clinic::id("", &id("with").to_string(), "leave");
            store.remove_exception(a, r, leave.into(), 1).await
        }
        "appointment.set-room" => {
            let room = clinic::id("", &id("bc").to_string(), "room");
            store.set_room(a, r, id("due").into(), 1, Some(room.into())).await.map(drop)
        }
        "fee.take" => {
            let (due, new) = (id("due").into(), PaymentId::new());
            store.take_fee(a, r, new, due, Method::Cash, 100, "").await.map(drop)
        }
        "fee.refund" => {
            let (due, new) = (id("due").into(), PaymentId::new());
            store.refund_fee(a, r, new, due, id("payment").into(), 100, "too much").await.map(drop)
        }
        "day.close" => {
            let day = cell.plan.today - Duration::days(3);
            store.close_day(a, r, id("randwick").into(), day, 0, "").await.map(drop)
        }
        "print.add" => {
            let paper = Paper {
                kind: "slip",
                title: "Slip".into(),
                text: "Slip".into(),
                centre: id("randwick").into(),
                patient: None,
            };
            store.print(a, r, PrintJobId::new(), paper).await.map(drop)
        }
        "queue.call" => store.call_patient(a, r, id("waiting").into(), "2").await.map(drop),
        "queue.set-priority" => store.set_priority(a, r, id("due").into(), Priority::Soon).await.map(drop),
        "visit-type.add" => {
            store.add_visit_type(a, r, VisitTypeId::new(), "new".into(), visit_type()).await.map(drop)
        }
        "visit-type.change" => {
            store.change_visit_type(a, r, id("/visit_type").into(), 1, visit_type()).await.map(drop)
        }
        "visit-type.retire" => {
            store.retire_visit_type(a, r, id("/visit_type").into(), 1, true).await.map(drop)
        }
        "visit-type.reopen" => {
            store.retire_visit_type(a, r, id("/off_visit_type").into(), 1, false).await.map(drop)
        }
        "room.add" => store.add_room(a, r, RoomId::new(), id("randwick").into(), room()).await.map(drop),
        "room.change" => store.change_room(a, r, id("/room").into(), 1, room()).await.map(drop),
        "room.retire" => store.retire_room(a, r, id("/room").into(), 1, true).await.map(drop),
        "room.reopen" => store.retire_room(a, r, id("/off_room").into(), 1, false).await.map(drop),
        "subject.export" => store.subject_record(a, patient, cell.plan.proof.clone()).await.map(drop),
        // Of one who need not be kept any more: every record of a cell must be.
        "subject.erase" => store.propose_erasure(a, r, id("/old").into()).await,
        _ => return None,
    })
}
