//! The board on paper: the day sheet of what is shown, and the slips of the selected appointment.
use super::{Board, Command, Msg, rows::Line};
use crate::{
    domain::{
        dates::{full_day, long_date},
        paper::{Paper, PaperRow},
        patient::record_number,
    },
    interop::paper,
    tr,
    ui::{cx::Cx, desk, route::Route},
};

impl Board {
    pub(super) fn show_paper(&self, command: Command, cx: &mut Cx<Msg>) {
        let Some(place) = cx.env().actor.as_ref().and_then(|a| a.workplace.clone()) else { return };
        let day = self.shown_day.unwrap_or_else(|| self.day_of(cx.env()));
        let title = tr!("Day sheet {day}", day = full_day(day));
        let selected = self.table.selected();
        let (kind, title, text) = match (command, selected) {
            (Command::DaySheet, _) => {
                let rows: Vec<PaperRow> = self.table.rows().iter().map(row_of).collect();
                ("day-sheet", title.clone(), paper::day_sheet(&place.name, &title, &rows))
            }
            (Command::Slip, Some(line)) => {
                let title = tr!("Appointment slip: {who}", who = line.name);
                ("slip", title, paper::slip(&place.name, &place.contact, &row_of(line)))
            }
            (Command::RoutingSlip, Some(line)) => {
                let title = tr!("Routing slip: {who}", who = line.name);
                ("routing-slip", title, paper::routing_slip(&place.name, &row_of(line)))
            }
            _ => return,
        };
        let patient = selected.filter(|_| kind != "day-sheet").map(|l| l.row.patient);
        cx.push(Route::Paper(Paper { kind, title, text, centre: place.centre, patient }));
    }
}

fn row_of(line: &Line) -> PaperRow {
    let r = &line.row;
    let what = r.service.visit_type.clone().map(|(_, name)| name).unwrap_or_default();
    PaperRow {
        time: line.time.clone(),
        patient: line.name.clone(),
        number: record_number(r.record_number),
        born: r.birth_date.map(long_date).unwrap_or_default(),
        provider: format!("{} {}", line.provider, desk::profession(&r.profession)),
        reason: if r.reason.is_empty() { what } else { r.reason.clone() },
        status: line.status.clone(),
        room: r.room.clone().unwrap_or_default(),
        ticket: r.queue.ticket.map(|n| n.to_string()).unwrap_or_default(),
        date: full_day(r.day),
    }
}
