//! Fees, papers and figures on a stage: how they look at three sizes, and how an entry is made step by step.
use super::{
    actor, env, every_size,
    front_desk::{at, id, smith, today},
};
use crate::support::budgets::counted;
use praxis::{
    domain::{
        actor::Role,
        appointment::AppointmentStatus as S,
        fee::{FeeDay, FeeLine, Method, Payment, Till},
        figure::{Figure, FigureRow, Point},
        ids::{AppointmentId, CentreId, PatientId, PaymentId, ProviderId},
        name::PersonName,
        paper::{Paper, PaperRow},
    },
    interop::paper::{day_close, day_sheet, receipt, routing_slip, slip},
    ui::{
        screens::{
            fees::{self, Fees},
            figures::{self, Figures},
            paper::PaperView,
        },
        testing::Stage,
    },
};

fn line(n: u128, name: (&str, &str), hour: u32, status: S, due: i64, paid: &[(i64, Method)]) -> FeeLine {
    let starts_at = at(today(), hour, 0);
    let payment = |(i, (cents, method)): (usize, &(i64, Method))| Payment {
        id: PaymentId(id(n * 10 + i as u128)),
        appointment: AppointmentId(id(n)),
        kind: "payment".into(),
        method: *method,
        cents: *cents,
        rest: *cents,
        why: String::new(),
        correction: false,
        receipt: i32::try_from(n * 10).unwrap_or_default() + i as i32,
        at: starts_at,
        by: "Mei Wong".into(),
    };
    FeeLine {
        appointment: AppointmentId(id(n)),
        patient: PatientId(id(100 + n)),
        patient_name: PersonName::new(name.0, name.1),
        record_number: n as i32,
        provider_name: smith(),
        starts_at,
        status,
        what: "Consultation, short".into(),
        due,
        payments: paid.iter().enumerate().map(payment).collect(),
    }
}

fn day() -> FeeDay {
    FeeDay {
        day: today(),
        currency: "AUD".into(),
        lines: vec![
            line(1, ("Black", "Jack"), 9, S::Completed, 8500, &[(5000, Method::Cash)]),
            line(2, ("Nguyen", "Linh"), 9, S::Completed, 4500, &[(4000, Method::Card), (500, Method::Cash)]),
            line(3, ("Zhang", "Hao"), 10, S::Booked, 9500, &[]),
        ],
        till: Till {
            by_method: vec![(Method::Cash, 5500), (Method::Card, 4000)],
            by_person: vec![("Mei Wong (mei)".into(), 9500)],
            entries: 3,
            corrections: 0,
        },
        closed: None,
    }
}

fn till() -> Stage<Fees> {
    let mut stage = Stage::with(Fees::at(None, None), env(Some(actor(Role::Receptionist))));
    assert_eq!(stage.effects(), ["load fees"]);
    stage.deliver(fees::Msg::Loaded(today(), Ok(day())));
    stage
}

#[test]
fn the_till_of_a_day_at_three_sizes() {
    insta::assert_snapshot!("fees_80x24", till().frame());
    insta::assert_snapshot!("fees_60x20", till().at(60, 20).frame());
    insta::assert_snapshot!("fees_132x43", till().at(132, 43).frame());
    every_size(till);
}

#[test]
fn what_is_still_to_be_paid_is_taken_with_three_keys_and_a_confirmation_of_the_amount() {
    let mut stage = till();
    stage.keys("t 1");
    assert!(stage.text().contains("BLACK Jack pays how much (cash)?"), "{}", stage.text());
    assert!(stage.text().contains("35.00"), "{}", stage.text());
    stage.keys("enter");
    assert!(stage.effects().contains(&"save fee.take".to_owned()), "{:?}", stage.effects());
    counted("record a fee paid in cash, the whole of it (in the list of fees)", &[stage.pressed()]);
}

#[test]
fn giving_back_asks_which_how_much_and_why() {
    let mut stage = till();
    stage.keys("down x 2 enter");
    assert!(stage.text().contains("Why is it given back?"), "{}", stage.text());
    stage.type_text("twice").keys("enter");
    assert!(stage.effects().contains(&"save fee.refund".to_owned()), "{:?}", stage.effects());
    let mut stage = till();
    stage.keys("down down x");
    assert!(stage.toast().contains("Nothing was paid"), "{}", stage.toast());
}

#[test]
fn closing_the_day_counts_and_asks_why_it_differs() {
    let mut stage = till();
    stage.keys("c");
    assert!(stage.text().contains("AUD 55.00 in cash"), "{}", stage.text());
    stage.type_text("54").keys("enter");
    assert!(stage.text().contains("That differs by -1.00. Why?"), "{}", stage.text());
    stage.type_text("a coin").keys("enter");
    assert!(stage.effects().contains(&"save day.close".to_owned()), "{:?}", stage.effects());
}

#[test]
fn the_papers_of_the_desk_as_they_are_printed() {
    let row = PaperRow {
        time: "09:30".into(),
        patient: "BLACK Jack".into(),
        number: "000123".into(),
        born: "04 May 1996".into(),
        provider: "SMITH Anna GP".into(),
        reason: "blood test".into(),
        status: "booked".into(),
        room: String::new(),
        ticket: "14".into(),
        date: "Thu 12 Mar".into(),
    };
    let (clinic, zone, day) = ("Randwick Medical Centre", chrono_tz::Australia::Sydney, day());
    let papers = [
        day_sheet(
            clinic,
            "Day sheet Thu 12 Mar",
            &[row.clone(), PaperRow { time: "10:00".into(), ..row.clone() }],
        ),
        slip(clinic, "9999 1234", &row),
        routing_slip(clinic, &row),
        receipt(clinic, "", &day.lines[1], "AUD", zone, None),
        day_close(clinic, "Till of Thu 12 Mar", &day),
    ];
    insta::assert_snapshot!("papers", papers.join("\n"));
}

#[test]
fn a_paper_goes_to_the_printer_once() {
    let paper = Paper {
        kind: "slip",
        title: "Appointment slip: BLACK Jack".into(),
        text: "Your appointment\n".into(),
        centre: CentreId(id(5)),
        patient: None,
    };
    let mut stage = Stage::with(PaperView::of(paper), env(Some(actor(Role::Receptionist))));
    stage.keys("p");
    assert_eq!(stage.effects(), ["save print.add"]);
    stage.deliver(praxis::ui::screens::paper::Msg::Sent(Ok(praxis::domain::ids::PrintJobId(id(9)))));
    assert!(stage.text().contains("on its way to the printer"), "{}", stage.text());
    stage.keys("p");
    assert!(stage.toast().contains("sent to the printer already"), "{}", stage.toast());
}

fn figure() -> Stage<Figures> {
    let mut stage = Stage::with(Figures::default(), env(Some(actor(Role::Administrator))));
    let row = |n: u128, name: &str, values: &[f64]| FigureRow {
        provider: ProviderId(id(n)),
        provider_name: name.into(),
        centre: CentreId(id(5)),
        centre_name: "Randwick Medical Centre".into(),
        points: values
            .iter()
            .enumerate()
            .map(|(w, v)| Point {
                week: today() - chrono::Duration::weeks(values.len() as i64 - w as i64),
                value: Some(*v),
                of: 1200,
                by: None,
            })
            .collect(),
    };
    let rows = vec![
        row(1, "JACKSON Sam", &[40.0, 55.0, 48.0, 61.0]),
        row(2, "SMITH Anna", &[88.0, 91.0, 97.0, 80.0]),
    ];
    stage.deliver(figures::Msg::Loaded(Figure::Utilisation, today(), Ok(rows)));
    stage
}

#[test]
fn a_figure_has_a_line_for_each_provider_and_the_weeks_of_the_selected_one() {
    insta::assert_snapshot!("figures_80x24", figure().frame());
    insta::assert_snapshot!("figures_60x20", figure().at(60, 20).frame());
    insta::assert_snapshot!("figures_132x43", figure().at(132, 43).frame());
    every_size(figure);
}
