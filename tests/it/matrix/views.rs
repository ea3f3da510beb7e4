//! The store's functions that open a view, by the action's name.
use super::clinic::Cell;
use praxis::{
    domain::{audit::AuditFilter, message::Folder, patient_query::PatientQuery, record::VisitRef},
    store::{AccountFilter, Error, RecordSearch, SignIn},
};

/// Opens the view of the action; none: it is no view.
pub async fn open(s: &SignIn, action: &str, cell: &Cell) -> Option<Result<(), Error>> {
    let id = |name: &str| cell.ids[name];
    let (store, actor, patient) = (&s.store, &s.actor, cell.ids["p"].into());
    Some(match action {
        "patients.open" => {
            let query = PatientQuery::parse(&format!("cell{}", cell.i), cell.plan.today);
            store.find_patients(actor, query, true).await.map(drop)
        }
        "patient.open" => store.patient_profile(actor, patient, true).await.map(drop),
        "board.open" => store.board(actor, id("bc").into(), cell.plan.today, true).await.map(drop),
        "waitlist.open" => store.wait(actor, id("waits").into()).await.map(drop),
        "fees.open" => store.fees(actor, cell.ids["randwick"].into(), cell.plan.today, true).await.map(drop),
        "report.open" => {
            let (figure, to) = (praxis::domain::figure::Figure::default(), cell.plan.today);
            store.figure(actor, figure, to, to, true).await.map(drop)
        }
        "appointment.open" => store.appointment(actor, id("booked").into(), true).await.map(drop),
        "session.open-panel" => {
            store.session_appointments(actor, cell.plan.session.into(), true).await.map(drop)
        }
        "home.open" => store.provider_home(actor, true).await.map(drop),
        "visit.open" => store.visit(actor, id("t").into(), true).await.map(drop),
        "tests.open" => {
            let visit = VisitRef { encounter: id("f").into(), patient };
            store.visit_tests(actor, visit, true).await.map(drop)
        }
        "referral.open" => store.open_referral(actor, id("letter").into()).await.map(drop),
        "referrals.open" => store.incoming_referrals(actor, true).await.map(drop),
        "record.open" => store.record(actor, id("f").into(), true).await.map(drop),
        "record.viewers" => store.record_viewers(actor, patient, None, true).await.map(drop),
        "history.open" => store.history(actor, patient, true).await.map(drop),
        // Closed: the page says why and shows nothing.
        "patient.visits" => match store.patient_visits(actor, patient, None, true).await {
            Ok(page) if page.closed.is_some() => Err(Error::NotFound),
            seen => seen.map(drop),
        },
        "records.search" => {
            let search = RecordSearch { patient: Some(format!("cell{}", cell.i)), ..RecordSearch::default() };
            store.search_records(actor, search, None).await.map(drop)
        }
        "accounts.open" => store.accounts(actor, AccountFilter::default(), true).await.map(drop),
        "message.open" => store.messages(actor, Folder::Received, true).await.map(drop),
        "audit.open" => store.audit_entries(actor, AuditFilter::default(), None, 1, true).await.map(drop),
        "sign-in.list" => store.sign_ins(actor, id("me").into(), true).await.map(drop),
        _ => return None,
    })
}
