//! Guided intake on a stage: five steps, each skippable, kept when it is left and taken up again, ending in a booking.
use super::{actor, env, every_size, front_desk, hit};
use praxis::{
    domain::{
        actor::Role,
        ids::{DraftId, PatientId},
        patient::LookAlike,
    },
    store::{Draft, Registered},
    ui::{
        keeper::KeepMsg,
        route::{IntakeStart, IntakeStep},
        screens::intake::{self, FORM, Intake},
        testing::Stage,
    },
};

fn stage(start: IntakeStart) -> Stage<Intake> {
    Stage::with(Intake::new(&start, front_desk::today()), env(Some(actor(Role::Receptionist))))
}

fn of_jack(step: IntakeStep) -> Stage<Intake> {
    let mut s =
        stage(IntakeStart { patient: Some(PatientId(front_desk::id(1))), looked_for: String::new(), step });
    s.deliver(intake::Msg::Profile(Ok(front_desk::profile())));
    s.forget_effects();
    s
}

fn new_person() -> Stage<Intake> {
    stage(IntakeStart { looked_for: "brown joe".into(), ..IntakeStart::default() })
}

#[test]
fn every_step_is_drawn_at_every_size() {
    for (name, (w, h)) in [("80", (80, 24)), ("60", (60, 20)), ("132", (132, 43))] {
        insta::assert_snapshot!(format!("who_{name}"), stage(IntakeStart::default()).at(w, h).frame());
        insta::assert_snapshot!(format!("identity_{name}"), of_jack(IntakeStep::Identity).at(w, h).frame());
        let mut vitals = of_jack(IntakeStep::Vitals);
        vitals.type_text("bp 120/80 hr 72");
        insta::assert_snapshot!(format!("vitals_{name}"), vitals.at(w, h).frame());
        insta::assert_snapshot!(format!("allergies_{name}"), of_jack(IntakeStep::Allergies).at(w, h).frame());
        insta::assert_snapshot!(
            format!("appointment_{name}"),
            of_jack(IntakeStep::Appointment).at(w, h).frame()
        );
    }
    every_size(|| of_jack(IntakeStep::Vitals));
    every_size(|| of_jack(IntakeStep::Appointment));
}

#[test]
fn each_step_is_skipped_with_one_key_and_the_end_books_this_patient() {
    let mut s = of_jack(IntakeStep::Identity);
    s.keys("ctrl-n ctrl-n ctrl-n");
    assert!(s.text().contains("Not done: Identity, Vitals, Allergies"), "{}", s.text());
    s.keys("b");
    let booked = format!("patient: Some(PatientId({}))", front_desk::id(1));
    assert!(
        s.effects().iter().any(|e| e.starts_with("push Booking(") && e.contains(&booked)),
        "{:?}",
        s.effects()
    );
    let mut s = of_jack(IntakeStep::Appointment);
    s.keys("w");
    assert!(s.effects().iter().any(|e| e.contains("walk_in: true")), "{:?}", s.effects());
}

#[test]
fn what_a_step_holds_is_saved_at_once_and_goes_on() {
    let mut s = of_jack(IntakeStep::Vitals);
    s.type_text("bp 120/80 hr 72").keys("ctrl-s");
    assert!(s.effects().contains(&"save observation.add".to_owned()), "{:?}", s.effects());
    s.deliver(intake::Msg::Vitals("pulse 72".into(), Ok(())));
    s.deliver(intake::Msg::Profile(Ok(front_desk::profile())));
    s.forget_effects();
    s.type_text("latex").keys("ctrl-s");
    assert!(s.effects().contains(&"save lists.add".to_owned()), "{:?}", s.effects());
    s.deliver(intake::Msg::Allergy("latex".into(), Ok(())));
    s.deliver(intake::Msg::Profile(Ok(front_desk::profile())));
    // Another one may follow; an empty form goes on.
    s.keys("ctrl-s");
    assert!(
        s.text().contains("stored: pulse 72") && s.text().contains("books an appointment"),
        "{}",
        s.text()
    );
    // What cannot be is told at its field, and nothing is sent.
    let mut s = of_jack(IntakeStep::Vitals);
    s.type_text("bp 80/120").keys("ctrl-s");
    assert!(!s.effects().contains(&"save observation.add".to_owned()), "{:?}", s.effects());
    assert!(s.text().contains("higher"), "{}", s.text());
}

#[test]
fn a_new_person_is_registered_unless_it_is_one_who_is_there() {
    let mut s = new_person();
    assert!(s.text().contains("Brown") && s.text().contains("Joe"), "{}", s.text());
    s.keys("ctrl-s");
    assert!(s.effects().contains(&"load intake.look-alikes".to_owned()), "{:?}", s.effects());
    let identity = Box::new(praxis::domain::patient::Identity::default());
    let alike = LookAlike { hit: hit(2, "Brown", "Joseph"), name: true, birth_date: true, phone: false };
    s.deliver(intake::Msg::Alike(identity.clone(), Ok(vec![alike])));
    assert!(s.text().contains("Two records of one person are dangerous"), "{}", s.text());
    s.keys("enter");
    assert!(s.effects().iter().any(|e| e.starts_with("go Intake(")), "{:?}", s.effects());
    let mut s = new_person();
    s.keys("ctrl-s");
    s.deliver(intake::Msg::Alike(identity, Ok(vec![])));
    assert!(s.effects().contains(&"save patient.register".to_owned()), "{:?}", s.effects());
    s.forget_effects();
    let done = Registered { id: PatientId(front_desk::id(9)), record_number: 9, version: 1 };
    s.deliver(intake::Msg::Registered(Ok(done)));
    assert!(
        s.effects().iter().any(|e| e.starts_with("go Intake(") && e.contains("Vitals")),
        "{:?}",
        s.effects()
    );
}

fn draft(payload: String, here: bool) -> Draft {
    Draft {
        id: DraftId::new(),
        form: FORM.into(),
        part: front_desk::id(1).to_string(),
        revision: 3,
        version_seen: None,
        payload,
        saved_at: env(None).now(),
        here,
    }
}

#[test]
fn an_intake_that_was_left_is_offered_and_stands_where_it_was() {
    let mut s = of_jack(IntakeStep::Identity);
    s.keys("ctrl-n").type_text("hr 72");
    let kept = praxis::ui::screen::Screen::typed(s.screen().unwrap()).unwrap();
    // At another desk: the first step names it.
    let mut other = stage(IntakeStart::default());
    other.deliver(intake::Msg::Drafts(Ok(vec![draft(kept.clone(), false)])));
    assert!(other.text().contains("an intake that was left: BLACK Jack"), "{}", other.text());
    other.keys("o");
    let opened = other.effects();
    assert!(opened.iter().any(|e| e.starts_with("go Intake(") && e.contains(&front_desk::id(1).to_string())));
    // And the patient's own intake takes it up.
    let mut again = of_jack(IntakeStep::Identity);
    again.deliver_to_top(KeepMsg::Found(Ok(vec![draft(kept, true)])));
    assert!(again.text().contains("hr 72"), "{}", again.text());
}
