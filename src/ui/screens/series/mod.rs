//! The appointments that were booked together: a series, or a family. From one of them on they are cancelled or moved
//! together; a single one is cut or cancelled alone.
pub mod closes;
pub mod plan;

use crate::{
    domain::{
        appointment::AppointmentStatus,
        booking::Booked,
        dates,
        ids::{AppointmentId, RequestId},
        series::{Step, Together},
        waitlist::Freed,
        why::Why,
    },
    store::{Change, Error, Series},
    text::tr_n,
    tr,
    ui::{
        carry::{self, Carried},
        cx::Cx,
        desk::{self, Target},
        route::{PlanStart, Route},
        screen::{Screen, Ui, Widget},
        widgets::{
            self,
            prompt::Prompt,
            table::{Column, Table},
        },
    },
};
use chrono::{NaiveDate, NaiveTime};
use ratatui::{Frame, layout::Rect};
use std::time::Duration;

crate::commands! {
    /// What the list of a series understands.
    pub enum Command {
        Cut: "appointment.cut" "cut" "Take the selected appointment along, to paste it elsewhere";
        Cancel: "appointment.cancel" "cancel" "Cancel the selected appointment alone, with a reason";
        CancelLater: "series.cancel-later" "this and later" "Cancel the selected appointment and all later ones, with a reason";
        MoveLater: "series.move-later" "move with later" "Move the selected appointment; the later ones follow by as much";
        Patient: "series.patient" "patient" "Open the patient";
    }
}

/// What the list is told.
pub enum Msg {
    Loaded(Result<Option<Series>, Error>),
    Changed(desk::Done),
    Reason(Target, Option<String>),
    LaterReason(AppointmentId, Option<String>),
    When(AppointmentId, Option<String>),
    Together(Result<Vec<Booked>, Error>),
    Reload,
}

/// The screen.
pub struct SeriesView {
    of: AppointmentId,
    series: Option<Series>,
    table: Table<Booked>,
    saving: bool,
    loaded: bool,
}

impl SeriesView {
    /// What belongs together with this appointment.
    #[must_use]
    pub fn of(appointment: AppointmentId) -> Self {
        Self {
            of: appointment,
            series: None,
            table: Table::new(|b: &Booked| b.id.0)
                .column(Column::new("When", desk::when).width(17))
                .column(Column::new("Patient", |b: &Booked| b.patient_name.to_string()).grow(12).priority(2))
                .column(
                    Column::new("Provider", |b: &Booked| b.provider_name.to_string()).grow(12).priority(3),
                )
                .column(Column::new("Centre", |b: &Booked| b.centre_name.clone()).grow(10).priority(5))
                .column(Column::new("Status", |b: &Booked| b.status.word().to_owned()).width(11).look(
                    |b, t| match b.status {
                        AppointmentStatus::Booked => t.text(),
                        _ => t.dim(),
                    },
                ))
                .empty("This appointment stands alone."),
            saving: false,
            loaded: false,
        }
    }

    fn load(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), of) = (cx.env().actor.clone(), self.of) else { return };
        self.table.loading();
        cx.load("series", move |store| async move { store.series_of(&actor, of).await }, Msg::Loaded);
    }

    fn target(&self) -> Option<Target> {
        self.table.selected().map(|b| Target {
            id: b.id,
            version: b.version,
            status: b.status,
            label: format!("{} {}", desk::when(b), b.patient_name),
        })
    }

    /// The selected one and those after it that are still booked.
    fn later(&self, from: AppointmentId) -> Vec<Booked> {
        self.series.as_ref().map(|s| s.from(from).cloned().collect()).unwrap_or_default()
    }

    fn cancel_later(&mut self, from: AppointmentId, why: &str, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(series)) = (cx.env().actor.clone(), self.series.as_ref().map(|s| s.id)) else {
            return;
        };
        let steps: Vec<Step> = self
            .later(from)
            .iter()
            .map(|b| Step::Cancel { appointment: b.id, seen: b.version, why: why.to_owned() })
            .collect();
        self.saving = true;
        cx.save(
            "series.cancel",
            move |store| async move {
                store.together(&actor, RequestId::new(), Together::Cancel, series, steps).await
            },
            Msg::Together,
        );
    }

    fn cancelled(&mut self, all: &[Booked], cx: &mut Cx<Msg>) {
        let (Some(actor), Some(series)) = (cx.env().actor.clone(), self.series.as_ref().map(|s| s.id)) else {
            return;
        };
        if all.iter().all(|b| b.status == AppointmentStatus::Booked) {
            return cx.toast(tr_n("Booked again: {n} visit", "Booked again: {n} visits", all.len()));
        }
        let steps: Vec<Step> =
            all.iter().map(|b| Step::Restore { appointment: b.id, seen: b.version }).collect();
        cx.freed(Freed::Several);
        let (first, last) = (all.first().map(desk::when), all.last().map(desk::when));
        cx.undoable(
            tr!(
                "{what}: {first} to {last}",
                what = tr_n("Cancelled {n} visit", "Cancelled {n} visits", all.len()),
                first = first.unwrap_or_default(),
                last = last.unwrap_or_default()
            ),
            "series.cancel",
            move |store| async move {
                store.together(&actor, RequestId::new(), Together::Restore, series, steps).await
            },
            Msg::Together,
        );
    }

    /// What was just done is shown at once, before the list is read again.
    fn learn(&mut self, all: &[Booked]) {
        if let Some(series) = &mut self.series {
            for member in &mut series.members {
                if let Some(now) = all.iter().find(|b| b.id == member.id) {
                    member.clone_from(now);
                }
            }
            self.table.set_rows(series.members.clone());
        }
    }

    fn plan_move(&mut self, from: AppointmentId, typed: &str, cx: &mut Cx<Msg>) {
        let moves = self.later(from);
        let (Some(first), Some(series)) = (moves.first(), self.series.as_ref().map(|s| s.id)) else { return };
        let old = first.period.starts_at(first.zone).date();
        let Ok((day, time)) = day_and_time(typed, old, cx.env().today()) else { return };
        let days = plan::shifted(&moves, (day - old).num_days());
        let (n, visit_type) = (moves.len(), first.visit_type.clone());
        cx.push(Route::PlanSeries(Box::new(PlanStart {
            patient: first.patient,
            who: first.patient_name.to_string(),
            how: tr_n("{n} visit moves", "{n} visits move", n),
            first: plan::slot_of(first, day, time),
            days,
            moves,
            series: Some(series),
            visit_type,
            reason: String::new(),
        })));
    }
}

/// `11:00`, or `tue 11:00`, `19 mar 9:30`.
fn day_and_time(typed: &str, same: NaiveDate, today: NaiveDate) -> Result<(NaiveDate, NaiveTime), Why> {
    let typed = typed.trim();
    let (day, time) = typed.rsplit_once(char::is_whitespace).unwrap_or(("", typed));
    let day = if day.trim().is_empty() { same } else { dates::parse_date(day, today)? };
    Ok((day, dates::parse_time(time)?))
}

impl Screen for SeriesView {
    type Command = Command;
    type Msg = Msg;

    fn contexts(&self) -> &[&str] {
        &["series"]
    }
    fn title(&self) -> String {
        match &self.series {
            Some(s) if s.family => tr!("Booked together").into(),
            _ => tr!("Series").into(),
        }
    }
    fn widget(&mut self) -> Option<&mut dyn Widget> {
        Some(&mut self.table)
    }
    fn opened(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn resumed(&mut self, cx: &mut Cx<Msg>) {
        self.load(cx);
    }
    fn available(&self, command: Command) -> Result<(), Why> {
        let Some(selected) = self.table.selected() else {
            return if self.loaded {
                Err(Why::new("nothing_selected", tr!("No appointment is selected.")))
            } else {
                Ok(())
            };
        };
        match command {
            Command::Patient => Ok(()),
            Command::Cancel => match self.target() {
                Some(t) => t.check(AppointmentStatus::Cancelled, true, true),
                None => Ok(()),
            },
            Command::MoveLater if self.series.as_ref().is_some_and(|s| s.family) => {
                Err(Why::new("family_moves_one_by_one", tr!("A family is moved one by one."))
                    .instead(tr!("x cuts the selected appointment.")))
            }
            _ => carry::check(selected.status == AppointmentStatus::Booked),
        }
    }
    fn waits_for(&self, _: Command) -> bool {
        self.saving || !self.loaded
    }

    fn command(&mut self, command: Command, cx: &mut Cx<Msg>) {
        let Some(b) = self.table.selected().cloned() else { return };
        match command {
            Command::Patient => cx.push(Route::Patient(b.patient)),
            Command::Cut => carry::cut(cx, Carried::from(&b)),
            Command::Cancel => {
                let Some(target) = self.target() else { return };
                let question =
                    tr!("Cancel {who} with {provider}? Why?", who = target.label, provider = b.provider_name);
                desk::ask_reason(cx, question, move |why| Msg::Reason(target.clone(), why));
            }
            Command::CancelLater => {
                let n = self.later(b.id).len();
                let question = tr!(
                    "{what} from {when} on? Why?",
                    what = tr_n("Cancel {n} visit", "Cancel {n} visits", n),
                    when = desk::when(&b)
                );
                desk::ask_reason(cx, question, move |why| Msg::LaterReason(b.id, why));
            }
            Command::MoveLater => {
                let (id, today) = (b.id, cx.env().today());
                let same = b.period.starts_at(b.zone).date();
                let question = tr!("When shall {when} be? Like 11:00 or tue 11:00", when = desk::when(&b));
                cx.open(
                    move |a| {
                        Prompt::new(question, a)
                            .check(move |text| day_and_time(text, same, today).map(|_| ()))
                    },
                    move |text| Msg::When(id, text),
                );
            }
        }
    }

    fn update(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Loaded(Ok(series)) => {
                let first = !std::mem::replace(&mut self.loaded, true);
                self.table.set_rows(series.as_ref().map(|s| s.members.clone()).unwrap_or_default());
                self.series = series;
                if first {
                    self.table.select(self.of.0);
                }
            }
            Msg::Loaded(Err(e)) => {
                self.table.loaded();
                cx.failed(&e);
            }
            Msg::Changed(done) => {
                self.saving = false;
                desk::tell(cx, &done, Msg::Changed);
                self.load(cx);
            }
            Msg::Reason(target, Some(why)) => {
                self.saving = true;
                desk::change(cx, target, AppointmentStatus::Cancelled, why, Msg::Changed);
            }
            Msg::LaterReason(from, Some(why)) => self.cancel_later(from, &why, cx),
            Msg::When(from, Some(text)) => self.plan_move(from, &text, cx),
            Msg::Together(done) => {
                self.saving = false;
                match done {
                    Ok(all) => {
                        self.learn(&all);
                        self.cancelled(&all, cx);
                    }
                    Err(e) => cx.failed(&e),
                }
                self.load(cx);
            }
            Msg::Reload => self.load(cx),
            Msg::Reason(_, None) | Msg::LaterReason(_, None) | Msg::When(_, None) => {}
        }
    }

    fn changed(&mut self, change: &Change, cx: &mut Cx<Msg>) {
        let ours = match change {
            Change::Everything => true,
            Change::Link(_) => false,
            Change::Row(r) => {
                r.entity == "appointment" && self.table.rows().iter().any(|b| Some(b.id.0) == r.id)
            }
        };
        if ours {
            cx.after("series.reload", Duration::from_millis(50), Msg::Reload);
        }
    }

    fn view(&mut self, frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
        let [head, rows] = widgets::split_top(area, 1);
        let title = match &self.series {
            Some(s) => {
                let place = self.table.selected().and_then(|b| s.place(b.id)).unwrap_or(0);
                tr!(" {place} of {n} booked together", place = place, n = s.members.len())
            }
            None => String::new(),
        };
        widgets::put(frame, head, 0, &title, ui.theme.strong());
        self.table.view(frame, rows, ui);
    }
}

#[cfg(test)]
mod tests {
    use super::day_and_time;
    use chrono::NaiveDate;

    #[test]
    fn a_time_alone_is_on_the_same_day() {
        let thu = NaiveDate::from_ymd_opt(2026, 3, 12).unwrap();
        let read = |text| day_and_time(text, thu, thu).map(|(d, t)| format!("{d} {}", t.format("%H:%M")));
        assert_eq!(read("11:00").unwrap(), "2026-03-12 11:00");
        assert_eq!(read("19 mar 9:30").unwrap(), "2026-03-19 09:30");
        assert!(read("tomorrow").is_err() && read("").is_err());
    }
}
