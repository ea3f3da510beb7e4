//! The appointment panel on a stage: its frames, typing in it, its drafts, and how it ends.
use chrono::{DateTime, Duration, NaiveDate, Utc};
use praxis::{
    clock::Clock,
    domain::{
        actor::{Actor, Role, Workplace},
        encounter::{BodySystem, EncounterState, Note, Observation, PastVisit, Visit, rows_of},
        history::{AllergyState, AllergyStatus, ConditionStatus, Entry, History, HistoryItem, Severity},
        ids::{
            AccountId, CentreId, DraftId, EncounterId, HistoryItemId, NoteId, ObservationId, PatientId,
            ProviderId, SessionId,
        },
        name::PersonName,
        observation::{Flag, parse_line},
    },
    store::{AllergyMark, Banner, Draft, DraftSaved, Error, Identity},
    ui::{
        cx::Env,
        screens::appointment::{Loaded, Msg, Panel, examination, info, tab::Chart},
        testing::Stage,
    },
};
use std::sync::Arc;
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_268_920, 0).unwrap() // 12 March 2026, 09:42 in Sydney
}
fn smith() -> PersonName {
    PersonName::new("Smith", "Anna")
}

fn actor() -> Actor {
    let anna = super::actor(Role::Gp);
    let workplace = anna.workplace.clone().map(|w| Workplace { centre: CentreId(id(4)), ..w });
    let (account, session) = (AccountId(id(1)), SessionId(id(2)));
    Actor { account, session, name: smith(), provider: Some(ProviderId(id(3))), workplace, ..anna }
}

fn item(n: u128, entry: Entry, news: bool, struck: bool) -> HistoryItem {
    HistoryItem {
        id: HistoryItemId(id(n)),
        patient: PatientId(id(11)),
        origin: None,
        version: 1,
        entry,
        encounter: None,
        author: smith(),
        mine: true,
        created_at: now(),
        changed_at: now(),
        struck_at: struck.then(now),
        news,
    }
}

pub fn chart() -> Chart {
    let allergy = Entry::Allergy {
        code: None,
        substance: "penicillin".into(),
        reaction: "rash".into(),
        severity: Some(Severity::Severe),
        since: NaiveDate::from_ymd_opt(2010, 1, 1),
        status: AllergyStatus::Active,
    };
    let condition = |name: &str| Entry::Condition {
        code: Some("J45.909".into()),
        name: name.into(),
        since: NaiveDate::from_ymd_opt(2015, 3, 12),
        treatment: "salbutamol".into(),
        status: ConditionStatus::Active,
    };
    Chart {
        visit: Visit {
            id: EncounterId(id(10)),
            version: 3,
            appointment: None,
            patient: PatientId(id(11)),
            provider: ProviderId(id(3)),
            provider_name: smith(),
            centre: CentreId(id(4)),
            centre_name: "Randwick Medical Centre".into(),
            state: EncounterState::Open,
            day: NaiveDate::from_ymd_opt(2026, 3, 12).unwrap(),
            started_at: now() - Duration::minutes(6),
            ended_at: None,
            chief_complaint: "blood test".into(),
            follow_up_on: None,
            follow_up_notes: String::new(),
            fee_cents: None,
            sick_from: None,
            sick_to: None,
            documents: vec![],
            void_why: String::new(),
            signed_at: None,
            signed_by: None,
            mine: true,
            may_write: true,
            needs_diagnosis: false,
            diagnoses: 0,
        },
        banner: Banner {
            patient: PatientId(id(11)),
            record_number: 123,
            name: PersonName::new("Black", "Jack"),
            sex: "male".into(),
            birth_date: NaiveDate::from_ymd_opt(1996, 5, 4),
            allergy_state: AllergyState::Listed,
            allergies: vec![AllergyMark {
                substance: "penicillin".into(),
                reaction: "rash".into(),
                severity: Some(Severity::Severe),
                origin: None,
            }],
            alerts: vec![],
        },
        history: History {
            allergy_state: AllergyState::Listed,
            items: vec![
                item(20, allergy, false, false),
                item(21, condition("Asthma"), true, false),
                item(22, condition("Gout"), false, true),
            ],
            last_seen: Some(now() - Duration::days(90)),
        },
        missing: vec![],
    }
}

fn identity() -> Identity {
    let some = |t: &str| Some(t.to_owned());
    Identity {
        version: 1,
        name: PersonName::new("Black", "Jack"),
        preferred_name: some("Jacko"),
        second_script_name: some("布莱克"),
        sex: "male".into(),
        birth_date: NaiveDate::from_ymd_opt(1996, 5, 4),
        record_number: 123,
        national_number: some("N1234567"),
        medicare_number: some("2123456701"),
        email: some("jack@example.org"),
        phone: some("0412 345 678"),
        address: some("1 Avoca St, Randwick"),
        language: some("en"),
        contact_name: some("BLACK Mary"),
        contact_relationship: some("mother"),
        contact_phone: some("0498 765 432"),
        blood_group: some("O+"),
        changed_at: now(),
    }
}

fn past(n: u128, days: i64) -> PastVisit {
    PastVisit {
        encounter: EncounterId(id(n)),
        day: (now() - Duration::days(days)).date_naive(),
        started_at: now() - Duration::days(days),
        provider: smith(),
        centre: "Randwick Medical Centre".into(),
        state: EncounterState::Signed,
        chief_complaint: "cough".into(),
        origin: None,
        diagnoses: vec!["Acute bronchitis".into()],
    }
}

pub fn signs() -> Vec<Observation> {
    let line = |text: &str, days: i64, from: u128, encounter: Option<u128>| {
        rows_of(parse_line(text).unwrap())
            .into_iter()
            .enumerate()
            .map(|(i, readings)| Observation {
                id: ObservationId(id(from + i as u128)),
                encounter: encounter.map(|e| EncounterId(id(e))),
                flag: (readings.len() == 2 && days == 0).then_some(Flag::High),
                readings,
                at: now() - Duration::days(days),
                author: PersonName::new("Costa", "Nina"),
                mine: false,
                struck_at: None,
            })
            .collect::<Vec<_>>()
    };
    let mut all = line("bp 150/95 hr 72", 0, 30, Some(10));
    all.extend(line("bp 120/80 hr 80 t 36.8", 30, 40, None));
    all.extend(line("bp 118/76", 60, 50, None));
    all
}

pub fn notes() -> Vec<Note> {
    vec![Note {
        id: NoteId(id(60)),
        addendum: false,
        system: Some(BodySystem::Lungs),
        title: "Chest".into(),
        body: "clear on both sides".into(),
        author: smith(),
        mine: true,
        at: now() - Duration::minutes(2),
        struck_at: None,
        version: 1,
    }]
}

fn loaded(chart: Chart, drafts: Vec<Draft>) -> Msg {
    Msg::Loaded(Ok(Box::new(Loaded { chart, drafts })))
}

/// A panel whose chart and tabs have loaded.
pub fn panel_of(chart: Chart, drafts: Vec<Draft>) -> Stage<Panel> {
    let env = Env { clock: Clock::fixed(now()), actor: Some(Arc::new(actor())), carried: None };
    let mut stage = Stage::with(Panel::new(EncounterId(id(10))), env).at(80, 24);
    stage.deliver(loaded(chart, drafts));
    let known = Box::new((identity(), vec![past(70, 10), past(71, 90)]));
    stage.deliver(Msg::Tab(0, Box::new(info::Msg::Known(Ok(known)))));
    stage.deliver(Msg::Tab(1, Box::new(examination::Msg::Stored(Ok((signs(), notes()))))));
    stage.forget_effects();
    stage
}
pub fn panel() -> Stage<Panel> {
    panel_of(chart(), vec![])
}

fn draft(form: &str, payload: &str, here: bool) -> Draft {
    Draft {
        id: DraftId(id(80)),
        form: form.into(),
        part: String::new(),
        revision: 7,
        version_seen: Some(3),
        payload: payload.into(),
        saved_at: now() - Duration::minutes(1),
        here,
    }
}

#[test]
fn the_info_tab_shows_identity_lists_news_and_past_visits() {
    insta::assert_snapshot!(panel().frame());
}

#[test]
fn the_examination_tab_shows_last_values_fields_and_what_is_stored() {
    let mut stage = panel();
    stage.keys("2");
    insta::assert_snapshot!(stage.frame());
}

#[test]
fn while_nothing_is_known_the_panel_says_loading_and_keys_wait() {
    let env = Env { clock: Clock::fixed(now()), actor: Some(Arc::new(actor())), carried: None };
    let mut stage = Stage::with(Panel::new(EncounterId(id(10))), env).at(80, 24);
    assert_eq!(stage.effects(), ["load visit.open"]);
    stage.keys("2");
    assert!(stage.text().contains("loading"));
    stage.deliver(loaded(chart(), vec![]));
    assert!(stage.text().contains("Chief complaint"), "{}", stage.text());
}

#[test]
fn another_tab_is_two_keys_away_while_typing() {
    let mut stage = panel();
    stage.keys("2").type_text("x1").pressed();
    assert!(stage.text().contains("blood testx1"));
    let tab = stage.keys("esc 1").pressed();
    crate::support::budgets::counted("another tab of the panel while typing in a field", &[tab]);
    assert!(stage.text().contains("Past visits"), "{}", stage.text());
    stage.keys("2");
    assert!(stage.text().contains("blood testx1"), "the text stays");
}

#[test]
fn what_is_typed_is_kept_after_a_second_of_rest_and_two_at_the_latest() {
    let mut stage = panel();
    stage.keys("2").type_text("!");
    let effects = stage.effects();
    for timer in ["after visit.draft-quiet", "after visit.draft-latest"] {
        assert!(effects.iter().any(|e| e == timer), "{effects:?}");
    }
    stage.fire("visit.draft-quiet");
    assert!(stage.effects().contains(&"save visit.draft".to_owned()), "{:?}", stage.effects());
    assert!(stage.text().contains("2 Examination*"));
}

#[test]
fn leaving_the_complaint_saves_it_to_the_visit() {
    let mut stage = panel();
    stage.keys("2").type_text(" and cough").keys("tab");
    let effects = stage.effects();
    assert!(effects.contains(&"save visit.save-field".to_owned()), "{effects:?}");
    stage.deliver(Msg::Tab(1, Box::new(examination::Msg::Complaint(Ok(4)))));
    assert!(!stage.text().contains("Examination*"), "{}", stage.text());
    assert!(stage.text().contains("saved 09:42:00"));
}

#[test]
fn vital_signs_are_one_line_and_enter() {
    let mut stage = panel();
    stage.keys("2 tab").type_text("bp 120/80 hr 72 t 37.2 spo2 98").keys("enter");
    assert!(stage.effects().contains(&"save visit.vitals".to_owned()), "{:?}", stage.effects());
    stage.deliver(Msg::Tab(1, Box::new(examination::Msg::Vitals(Ok(vec![])))));
    assert!(!stage.text().contains("spo2 98  "), "{}", stage.text());
}

#[test]
fn an_impossible_sign_is_refused_with_its_range() {
    let mut stage = panel();
    stage.keys("2 tab").type_text("t 372").keys("enter");
    assert!(!stage.effects().contains(&"save visit.vitals".to_owned()));
    assert_eq!(stage.toast(), "Temperature 372 °C is impossible. It lies between 25 and 45.");
    assert!(stage.text().contains("t 372"), "the line stays");
}

#[test]
fn an_unusual_sign_is_asked_about() {
    let mut stage = panel();
    stage.keys("2 tab").type_text("bp 190/120").keys("enter");
    assert_eq!(stage.depth(), 2);
    insta::assert_snapshot!(stage.frame());
    stage.keys("y");
    assert!(stage.effects().contains(&"save visit.vitals".to_owned()));
}

#[test]
fn a_note_is_added_when_its_fields_are_left_and_its_draft_closed_with_it() {
    let mut stage = panel();
    stage.keys("2 tab tab tab tab").type_text("soft").keys("enter").type_text("no mass");
    stage.keys("ctrl-s");
    let effects = stage.effects();
    assert!(effects.contains(&"save visit.note".to_owned()), "{effects:?}");
    assert!(effects.contains(&"save visit.draft".to_owned()), "kept even while it is being saved");
    stage.deliver(Msg::Tab(1, Box::new(examination::Msg::Note(Ok((NoteId(id(61)), 1))))));
    assert!(!stage.text().contains("no mass"), "{}", stage.text());
    assert!(!stage.text().contains("Examination*"));
}

#[test]
fn ending_the_visit_is_hinted_while_typing_and_the_tabs_are_as_many_as_there_are() {
    let mut stage = panel();
    assert!(stage.text().contains(" 1-5 tabs"), "{}", stage.text());
    stage.keys("2");
    assert!(stage.text().contains("esc E end and sign"), "{}", stage.text());
}

#[test]
fn the_end_of_the_line_sends_what_was_typed() {
    let mut stage = panel();
    stage.keys("2").type_text("!");
    stage.forget_effects();
    stage.hang_up();
    assert!(stage.effects().contains(&"save visit.draft".to_owned()), "{:?}", stage.effects());
}

#[test]
fn text_of_this_sign_in_stands_in_its_fields_again() {
    let payload = r#"{"complaint":"blood test, tired","vitals":"hr 7"}"#;
    let mut stage = panel_of(chart(), vec![draft("visit.examination", payload, true)]);
    stage.keys("2");
    let text = stage.text();
    assert!(text.contains("blood test, tired") && text.contains("hr 7"), "{text}");
    assert!(text.contains("Examination*"));
}

#[test]
fn text_of_another_sign_in_is_offered_and_taken() {
    let mut stage = panel_of(chart(), vec![draft("visit.examination", r#"{"body":"half a sent"}"#, false)]);
    insta::assert_snapshot!(stage.frame());
    stage.keys("ctrl-t");
    assert!(stage.text().contains("half a sent"), "{}", stage.text());
    assert!(!stage.text().contains("another sign-in"));
    assert!(stage.effects().contains(&"save visit.draft".to_owned()));
}

#[test]
fn discarding_offered_text_asks_first() {
    let mut stage = panel_of(chart(), vec![draft("visit.examination", r#"{"body":"half"}"#, false)]);
    stage.keys("ctrl-y");
    assert!(
        stage.text().contains("Discard the text from 09:41 about BLACK Jack 000123?"),
        "{}",
        stage.text()
    );
    stage.keys("y");
    assert!(stage.effects().contains(&"save visit.draft".to_owned()));
    assert!(!stage.text().contains("another sign-in"));
}

#[test]
fn a_draft_that_cannot_be_kept_says_so_and_is_tried_again() {
    let mut stage = panel();
    stage.keys("2").type_text("!").fire("visit.draft-quiet");
    stage.deliver(Msg::DraftSaved { tab: 1, id: DraftId(id(99)), revision: 1, outcome: Err(Error::Slow) });
    assert!(stage.text().contains("NOT SAVED"), "{}", stage.text());
    assert!(stage.effects().contains(&"after visit.draft-again".to_owned()));
    stage.deliver(Msg::DraftSaved {
        tab: 1,
        id: DraftId(id(99)),
        revision: 1,
        outcome: Ok(DraftSaved::At(now())),
    });
    assert!(!stage.text().contains("NOT SAVED"));
}

#[test]
fn signing_with_something_missing_goes_there_instead() {
    let mut chart = chart();
    chart.visit.chief_complaint = String::new();
    let mut stage = panel_of(chart, vec![]);
    assert!(stage.text().contains("2 Examination!"));
    stage.keys("E");
    assert_eq!(stage.toast(), "The chief complaint is missing.");
    assert!(stage.text().contains("Chief complaint"));
    assert_eq!(stage.depth(), 1);
}

#[test]
fn signing_is_two_keys_and_names_the_patient() {
    let mut stage = panel();
    stage.keys("E");
    assert!(stage.text().contains("End and sign the visit of BLACK Jack 000123?"), "{}", stage.text());
    stage.keys("y");
    assert_eq!(stage.effects(), ["save visit.sign"]);
    stage.deliver(Msg::Signed(Ok(4)));
    assert_eq!(stage.toast(), "Signed BLACK Jack 000123.");
}

#[test]
fn voiding_asks_why_and_then_whether() {
    let mut stage = panel();
    stage.keys("V").type_text("wrong patient").keys("enter y");
    assert!(stage.effects().contains(&"save visit.void".to_owned()), "{:?}", stage.effects());
    stage.deliver(Msg::Voided(Ok(4)));
    assert!(stage.effects().contains(&"back".to_owned()));
}

#[test]
fn a_signed_visit_takes_an_addendum_and_nothing_else() {
    let mut chart = chart();
    chart.visit.state = EncounterState::Signed;
    chart.visit.may_write = false;
    let mut stage = panel_of(chart, vec![]);
    stage.keys("2");
    insta::assert_snapshot!(stage.frame());
    stage.keys("esc E");
    assert!(stage.toast().starts_with("This visit is over."), "{}", stage.toast());
}

#[test]
fn a_past_visit_opens_over_a_narrow_panel_and_beside_a_wide_one() {
    let mut stage = panel();
    stage.keys("end enter");
    assert!(stage.effects().iter().any(|e| e.starts_with("push Record(")), "{:?}", stage.effects());
    let mut stage = panel().at(120, 30);
    let _ = stage.frame();
    stage.keys("end enter");
    assert!(stage.effects().contains(&"load visit.beside".to_owned()), "{:?}", stage.effects());
}

#[test]
fn the_lists_are_edited_from_the_examination_without_leaving_it() {
    let mut stage = panel();
    stage.keys("2 ctrl-o");
    insta::assert_snapshot!(stage.frame());
    stage.keys("a enter").type_text("latex").keys("ctrl-s");
    assert!(stage.effects().contains(&"save history.add".to_owned()), "{:?}", stage.effects());
    stage.keys("esc");
    assert!(stage.text().contains("Chief complaint"));
}

#[test]
fn the_four_allergy_states_look_different() {
    let mut seen = vec![];
    for state in [AllergyState::Listed, AllergyState::NoneKnown, AllergyState::NotAsked, AllergyState::Hidden]
    {
        let mut chart = chart();
        chart.banner.allergy_state = state;
        if state != AllergyState::Listed {
            chart.banner.allergies.clear();
        }
        let mut stage = panel_of(chart, vec![]);
        seen.push(stage.text().lines().nth(2).unwrap_or_default().to_owned());
    }
    insta::assert_snapshot!(seen.join("\n"));
}
