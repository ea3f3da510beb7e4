//! The sealed texts of messages, of asking for access and of breaking the glass, through the store.
use super::{Room, columns::Typed};
use crate::support::people::{self, PASSWORD};
use praxis::{
    auth::login,
    domain::{
        access::{AccessStep, NewAccessRequest, NewEmergency},
        ids::{AccessRequestId, AppointmentId, EmergencyId, MessageId, RequestId},
        message::{Letter, MessageKind, Note},
    },
};

/// A doctor who does not know the patient asks and is refused, breaks the glass and is reviewed, and writes to the desk.
pub(crate) async fn ask_and_write(r: &Room, typed: &Typed) {
    let (new, jack) = (RequestId::new, r.clinic.jack);
    let gary = people::signed_in(&r.db, "gary").await;
    let request = NewAccessRequest {
        id: AccessRequestId::new(),
        patient: jack,
        reason: typed.text("access_request.reason"),
        days: 7,
    };
    let id = request.id;
    gary.store.ask_access(&gary.actor, new(), request).await.unwrap();
    let patient = people::signed_in(&r.db, "jack").await;
    let seen = patient.store.access_requests(&patient.actor, false).await.unwrap();
    let version = seen.iter().find(|q| q.id == id).unwrap().version;
    let no = AccessStep::Refuse(typed.text("access_request.note"));
    patient.store.decide_access(&patient.actor, new(), id, jack, version, no).await.unwrap();

    let emergency = NewEmergency {
        id: EmergencyId::new(),
        appointment: AppointmentId::new(),
        number: "N1234567".into(),
        born: chrono::NaiveDate::from_ymd_opt(1996, 5, 4).unwrap(),
        reason: typed.text("emergency.reason"),
        centre: None,
    };
    let id = emergency.id;
    let proof = login::proof(&gary.store, "gary", zeroize::Zeroizing::new(PASSWORD.into())).await.unwrap();
    gary.store.open_emergency(&gary.actor, new(), emergency, proof.to_vec()).await.unwrap();
    gary.store.end_emergency(&gary.actor, new(), id).await.unwrap();
    let audrey = people::signed_in(&r.db, "audrey").await;
    let note = typed.text("emergency.review_note");
    audrey.store.review_emergency(&audrey.actor, new(), id, true, note).await.unwrap();

    let letter = Letter { subject: typed.text("message.subject"), body: typed.text("message.body") };
    let to = r.clinic.reception.account;
    let note = Note { to, about: Some(jack), letter, due_on: None, answer_to: None };
    let (store, actor) = (&r.anna.store, &r.anna.actor);
    store.send_message(actor, new(), MessageId::new(), MessageKind::Staff, note).await.unwrap();
}
