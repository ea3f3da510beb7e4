//! What a desk types beside the clinic's records: at the till, on papers, on the waiting list, about rooms, kinds of visits and
//! who is away.
use super::{Room, columns::Typed};
use crate::support::{cluster::Db, people};
use chrono::Duration;
use praxis::{
    domain::{
        exception::{ExceptionKind, NewException},
        fee::Method,
        ids::{ExceptionId, PaymentId, PrintJobId, RequestId, RoomId, VisitTypeId, WaitId},
        paper::Paper,
        room::{RoomDetails, RoomKind},
        time::Period,
        visit_type::VisitTypeDetails,
        waitlist::{NewWait, Wish},
    },
    store::SignIn,
};

/// The sealed texts: why money was given back, why the count differs, a paper for the printer, a note about who waits.
pub(crate) async fn at_the_till(r: &mut Room, typed: &Typed) {
    let (new, clinic) = (RequestId::new, r.clinic.clone());
    let visit = people::appointment(&mut r.w, &clinic, &clinic.gp, clinic.linh, (8, 0), "completed").await;
    let mei = people::signed_in(&r.db, "mei").await;
    let (store, actor) = (&mei.store, &mei.actor);
    let payment = PaymentId::new();
    store.take_fee(actor, new(), payment, visit, Method::Cash, 5000, "").await.unwrap();
    let why = typed.text("payment.why");
    store.refund_fee(actor, new(), PaymentId::new(), visit, payment, 1000, &why).await.unwrap();
    let paper = Paper {
        kind: "slip",
        title: "Appointment slip".into(),
        text: typed.text("print_job.content"),
        centre: clinic.randwick,
        patient: Some(clinic.linh),
    };
    store.print(actor, new(), PrintJobId::new(), paper).await.unwrap();
    let mut wish = Wish::between(clinic.today, clinic.today + Duration::days(14));
    (wish.profession, wish.centre) = (Some("gp".into()), Some(clinic.randwick));
    let wait =
        NewWait { id: WaitId::new(), patient: clinic.linh, wish, note: typed.text("waitlist_entry.note") };
    store.add_wait(actor, new(), wait).await.unwrap();
    let note = typed.text("day_close.note");
    store.close_day(actor, new(), clinic.randwick, clinic.today, 1, &note).await.unwrap();
}

/// What stays as it is typed: it is about the clinic and about no patient.
pub(crate) async fn about_the_clinic(db: &Db, clinic: &people::Clinic, mut text: impl FnMut() -> String) {
    let new = RequestId::new;
    let root: SignIn = people::signed_in(db, "root").await;
    let (store, actor) = (&root.store, &root.actor);
    let room = RoomDetails { name: text(), kind: RoomKind::Consulting, equipment: text() };
    store.add_room(actor, new(), RoomId::new(), clinic.randwick, room).await.unwrap();
    let kind = VisitTypeDetails {
        name: text(),
        minutes: 20,
        price_cents: 0,
        buffer_minutes: 0,
        professions: vec![],
        room_kind: None,
    };
    store.add_visit_type(actor, new(), VisitTypeId::new(), "canary".into(), kind).await.unwrap();
    let start = people::at(clinic.tomorrow + Duration::days(40), 9, 0);
    let away = NewException {
        id: ExceptionId::new(),
        kind: ExceptionKind::Leave,
        provider: Some(clinic.gp.provider()),
        centre: None,
        period: Period { start, end: start + Duration::hours(4) },
        slot_minutes: 30,
        reason: text(),
    };
    store.add_exception(actor, new(), away).await.unwrap();
}
