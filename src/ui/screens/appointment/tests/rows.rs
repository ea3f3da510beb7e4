//! The rows of the Tests tab: the visit's tests with results and reports, then those of earlier visits.
use crate::{
    domain::{
        authored::Authored,
        dates,
        record::VisitRow,
        service_request::{NewReport, ResultFlag, TestOrder, TestResult, TestUrgency},
    },
    store::VisitTests,
    tr,
    ui::theme::Theme,
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use ratatui::style::Style;
use uuid::Uuid;

/// One row: a test, one of its results, or a report.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) row: VisitRow,
    /// The test it is or belongs to.
    pub(super) order: Option<TestOrder>,
    pub(super) what: String,
    pub(super) mark: &'static str,
    pub(super) state: String,
    pub(super) on: NaiveDate,
    pub(super) by: Authored,
}

fn look(row: &Row, theme: Theme) -> Style {
    if row.by.struck.is_some() { theme.dim() } else { theme.text() }
}

pub(super) fn alarming(row: &Row, theme: Theme) -> Style {
    if row.mark.is_empty() || row.by.struck.is_some() { look(row, theme) } else { theme.alarm() }
}

/// The rows: the visit's tests with results and reports, then earlier ones.
pub(super) fn rows(found: &VisitTests, zone: Tz) -> Vec<Row> {
    let mut all = vec![];
    for order in &found.orders {
        all.push(order_row(order, zone, false));
        all.extend(order.results.iter().map(|r| result_row(order, r, zone)));
    }
    for report in &found.reports {
        all.push(Row {
            id: report.id.0,
            row: VisitRow::Report(report.id),
            order: report.what.order.and_then(|o| found.orders.iter().find(|x| x.id == o).cloned()),
            what: report_words(&report.what),
            mark: "",
            state: report.what.kind.word().to_owned(),
            on: report.written.at.with_timezone(&zone).date_naive(),
            by: report.written.clone(),
        });
    }
    for order in found.earlier.iter().filter(|o| o.written.struck.is_none()) {
        all.push(order_row(order, zone, true));
        all.extend(order.results.iter().map(|r| result_row(order, r, zone)));
    }
    all
}

fn report_words(report: &NewReport) -> String {
    let mut words = tr!("report: {title}", title = report.title);
    for part in [&report.facility, &report.file_name].into_iter().filter(|p| !p.is_empty()) {
        words.push_str(", ");
        words.push_str(part);
    }
    words
}

fn order_row(order: &TestOrder, zone: Tz, earlier: bool) -> Row {
    let mut what = order.what.name.clone();
    if let Some(specimen) = &order.what.specimen {
        what.push_str(&tr!(", on {specimen}", specimen = specimen));
    }
    if order.what.urgency != TestUrgency::Routine {
        what.push_str(&format!(", {}", order.what.urgency.word()));
    }
    if !order.what.notes.is_empty() {
        what.push_str(&format!(": {}", order.what.notes));
    }
    if earlier {
        let day = order.ordered_at.with_timezone(&zone).date_naive();
        what = format!("{} {what}", dates::short_day(day));
    }
    let state = match order.written.struck {
        Some(_) => tr!("entered in error"),
        None => order.status.word(),
    };
    Row {
        id: order.id.0,
        row: VisitRow::Test(order.id),
        order: Some(order.clone()),
        what,
        mark: "",
        state: state.to_owned(),
        on: order.ordered_at.with_timezone(&zone).date_naive(),
        by: order.written.clone(),
    }
}

fn result_row(order: &TestOrder, result: &TestResult, zone: Tz) -> Row {
    let state = match (&result.written.struck, &result.acknowledged) {
        (Some(_), _) => tr!("entered in error"),
        (None, Some(_)) => tr!("seen"),
        (None, None) => tr!("NOT SEEN"),
    };
    Row {
        id: result.id.0,
        row: VisitRow::Result(result.id),
        order: Some(order.clone()),
        what: format!("  {}", result.what.in_words()),
        mark: result.what.flag.map_or("", ResultFlag::mark),
        state: state.to_owned(),
        on: result.what.measured_at.with_timezone(&zone).date_naive(),
        by: result.written.clone(),
    }
}
