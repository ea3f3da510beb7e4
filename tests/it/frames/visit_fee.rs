//! The fee of a visit, set at the desk from the patient's page: one amount in one line, and why not.
use super::front_desk::page;
use praxis::{domain::ids::EncounterId, store::VisitFee, ui::screens::patient::Msg};

fn fee(signed: bool) -> VisitFee {
    VisitFee { encounter: EncounterId(uuid::Uuid::from_u128(0x90)), version: 3, cents: Some(8500), signed }
}

#[test]
fn the_desk_types_an_amount_and_is_told_what_is_none() {
    let mut s = page();
    s.keys("f");
    assert!(s.effects().contains(&"load visit.fee".to_owned()), "{:?}", s.effects());
    s.deliver(Msg::Fee(Ok(Some(fee(false)))));
    assert!(s.text().contains("Fee of the visit of BLACK Jack") && s.text().contains("85.00"), "{}", s.text());
    s.keys("ctrl-u").type_text("90x").keys("enter");
    assert!(s.text().contains("This is not an amount."), "{}", s.text());
    s.keys("backspace enter");
    assert!(s.effects().contains(&"save visit.set-fee".to_owned()), "{:?}", s.effects());
}

#[test]
fn a_signed_visit_and_one_that_has_not_begun_keep_their_fee() {
    let mut s = page();
    s.keys("f").deliver(Msg::Fee(Ok(Some(fee(true)))));
    assert!(s.toast().contains("The visit is signed"), "{}", s.toast());
    let mut s = page();
    s.keys("f").deliver(Msg::Fee(Ok(None)));
    assert!(s.toast().contains("no visit yet"), "{}", s.toast());
}
