//! What the front desk's screens say and carry along: long sentences are read whole, and nothing is typed twice.
use super::{
    actor, env,
    front_desk::{id, profile, today},
};
use praxis::{
    domain::{actor::Role, ids::PatientId, why::Why},
    store::Error,
    ui::{
        screens::{
            patient::{self, Patient},
            register_patient::{self, RegisterPatient},
        },
        testing::Stage,
    },
};

fn form() -> Stage<RegisterPatient> {
    Stage::with(RegisterPatient::new(today()), env(Some(actor(Role::Receptionist))))
}

#[test]
fn a_sentence_that_is_longer_than_a_line_is_read_whole() {
    let mut stage = form();
    stage.type_text("Black").keys("ctrl-s");
    stage.deliver(register_patient::Msg::Alike(Ok(vec![])));
    let long = "This rule is told in so many words that they do not fit on one line of the screen at eighty columns.";
    let why =
        Why::new("patient_medicare_key", long).instead("Ask whoever wrote it to be brief, and try again.");
    stage.deliver(register_patient::Msg::Registered(Err(Error::Duplicate(why))));
    let told = stage.text();
    let (lines, bottom): (Vec<&str>, _) = (told.lines().collect(), 22);
    assert!(lines[bottom].ends_with("to be brief, and try again."), "{told}");
    assert!(lines[bottom - 1].trim_start().starts_with("This rule is told"), "{told}");
    // Beside its field it is cut; at the edge of the form it is whole.
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("Medicare number: This rule is told") && words.contains("at eighty columns."),
        "{told}"
    );
}

#[test]
fn a_provider_books_their_patient_with_themselves_first() {
    let mut stage = Stage::with(Patient::new(PatientId(id(1))), env(Some(actor(Role::Gp))));
    stage.deliver(patient::Msg::Loaded(Ok(profile())));
    stage.forget_effects();
    stage.keys("b");
    let pushed = stage.effects().join(" ");
    assert!(pushed.contains(&format!("provider: Some(ProviderId({}))", id(3))), "{pushed}");
}

#[test]
fn a_callers_appointment_is_put_on_a_slip_from_their_page() {
    let mut stage = super::front_desk::page();
    stage.forget_effects().keys("o s");
    let pushed = stage.effects().join(" ");
    for part in [
        "push Paper(Paper { kind: \"slip\", title: \"Appointment slip: BLACK Jack\"",
        "Randwick Medical Centre\\nYour appointment",
        "Date          Thu 12 Mar 2026\\nTime          10:30\\nWith          SMITH Anna GP",
        "For           blood test",
        "Questions     02 9399 1111, 12 Belmore Road, Randwick",
    ] {
        assert!(pushed.contains(part), "{part}: {pushed}");
    }
    // Of what was cancelled there is none.
    stage.forget_effects().keys("down o s");
    assert!(stage.effects().is_empty(), "{:?}", stage.effects());
    assert_eq!(
        stage.toast(),
        "A slip is of an appointment that is still booked. Select a booked one; b books one."
    );
}

#[test]
fn what_was_looked_for_stands_in_the_registration_and_is_no_text_to_lose() {
    for (typed, shown) in
        [("okafor chidi", "Okafor"), ("0412 345 678", "0412 345 678"), ("4/5/1996", "4/5/1996")]
    {
        let form = RegisterPatient::new(today()).looked_for(typed);
        let mut stage = Stage::with(form, env(Some(actor(Role::Receptionist)))).running();
        assert!(stage.text().contains(shown), "{}", stage.text());
        stage.keys("esc esc");
        assert!(!stage.text().contains("Discard"), "{}", stage.text());
    }
}
