//! The appointment slip from a patient's page, for those who are on the phone or at the desk about a time to come.
use super::{Msg, Patient};
use crate::{
    domain::{
        appointment::AppointmentStatus,
        dates::{clock, full_day, long_date},
        paper::{Paper, PaperRow},
        patient::record_number,
        why::Why,
    },
    interop::paper,
    tr,
    ui::{cx::Cx, desk, route::Route},
};

impl Patient {
    /// Whether the selected appointment is one to come; why not.
    pub(super) fn can_slip(&self) -> Result<(), Why> {
        match self.table.selected().map(|l| l.visit.status) {
            Some(AppointmentStatus::Booked | AppointmentStatus::Arrived) => Ok(()),
            Some(_) => {
                Err(Why::new("slip_of_booked", tr!("A slip is of an appointment that is still booked."))
                    .instead(tr!("Select a booked one; b books one.")))
            }
            None => Err(Why::new("nothing_selected", tr!("No visit is selected."))),
        }
    }

    /// Shows it on paper, to print or to save.
    pub(super) fn show_slip(&self, cx: &mut Cx<Msg>) {
        let (Some(line), Some(p)) = (self.table.selected(), &self.profile) else { return };
        let (v, at) = (&line.visit, line.visit.period.starts_at(line.visit.zone));
        let row = PaperRow {
            time: clock(at.time()),
            patient: p.name().to_string(),
            number: record_number(p.record_number),
            born: p.identity.birth_date.map(long_date).unwrap_or_default(),
            provider: format!("{} {}", v.provider_name, desk::profession(&v.profession)),
            reason: if v.reason.is_empty() { v.visit_type_name.clone() } else { v.reason.clone() },
            status: line.status.clone(),
            date: full_day(at.date()),
            ..PaperRow::default()
        };
        // It says where the appointment is, and comes out of the printer of this desk.
        let here = cx.env().actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.centre);
        cx.push(Route::Paper(Paper {
            kind: "slip",
            title: tr!("Appointment slip: {who}", who = row.patient),
            text: paper::slip(&v.centre_name, &v.centre_contact, &row),
            centre: here.unwrap_or(v.centre),
            patient: Some(v.patient),
        }));
    }
}
