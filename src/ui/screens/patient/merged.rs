//! Several records of one person on the page of one of them: where a merged one leads, choosing another to merge with,
//! separating, and taking an appointment over.
use super::{Line, Msg, Patient};
use crate::{
    domain::{
        appointment::AppointmentStatus as S,
        ids::{AppointmentId, PatientId, RequestId},
        patient::record_number,
        why::Why,
    },
    store::{Error, Merged, refusal},
    tr,
    ui::{
        cx::Cx,
        desk,
        widgets::{
            confirm::Confirm,
            picker::{Picker, Row},
            table::{Column, Table},
        },
    },
};
use serde_json::json;

impl Patient {
    /// The list of visits; `numbers` says of each in which record it stands, where there are several.
    pub(super) fn lines(numbers: bool) -> Table<Line> {
        let dim = |l: &Line, t: crate::ui::theme::Theme| if l.coming { t.text() } else { t.dim() };
        let mut table = Table::new(|l: &Line| l.visit.id.0)
            .column(Column::new("Visits", |l: &Line| l.when.clone()).width(20).look(dim))
            .column(Column::new("Provider", |l: &Line| l.visit.provider_name.to_string()).width(16).look(dim))
            .column(
                Column::new("Centre", |l: &Line| l.visit.centre_name.clone()).grow(14).priority(4).look(dim),
            )
            .column(Column::new("Reason", |l: &Line| l.visit.reason.clone()).width(12).priority(3).look(dim))
            .column(Column::new("Status", |l: &Line| l.status.clone()).width(11).look(|l, t| {
                match l.visit.status {
                    S::NoShow => t.warn(),
                    _ if l.coming => t.strong(),
                    _ => t.dim(),
                }
            }));
        if numbers {
            let number = |l: &Line| l.visit.origin.map(record_number).unwrap_or_default();
            table = table.column(Column::new("Record", number).width(6).priority(2).look(dim));
        }
        table.empty("No visits yet. b books one.")
    }

    /// The records that were merged into this one.
    pub(super) fn merged(&self) -> &[Merged] {
        self.profile.as_ref().map_or(&[], |p| &p.merged)
    }

    /// Why nothing new is done in this record, when it was merged into another.
    pub(super) fn leads(&self) -> Result<(), Why> {
        match self.profile.as_ref().and_then(|p| Some((p.record_number, p.merged_into.as_ref()?))) {
            None => Ok(()),
            Some((number, leads)) => Err(refusal(
                "patient_merged",
                &json!({ "number": record_number(number), "into": record_number(leads.record_number) }),
            )),
        }
    }

    /// Why the selected appointment is not changed here: it stands in a merged record.
    pub(super) fn stands_elsewhere(&self) -> Result<(), Why> {
        let Some(p) = &self.profile else { return Ok(()) };
        let facts = match self.table.selected().map(|l| (l.visit.patient, l.visit.origin)) {
            Some((of, Some(number))) if p.merged.iter().any(|m| m.id == of) => {
                json!({ "number": record_number(number), "into": record_number(p.record_number), "appointment": true })
            }
            _ => return self.leads(),
        };
        Err(refusal("patient_merged", &facts))
    }

    /// Whether the selected appointment can be taken over into the record that goes on.
    pub(super) fn can_take_over(&self) -> Result<(), Why> {
        let Some(line) = self.table.selected() else {
            return Err(Why::new("nothing_selected", tr!("No visit is selected.")));
        };
        if self.stands_elsewhere().is_ok() {
            return Err(Why::new(
                "unmerge_not_merged",
                tr!("That appointment stands in the record that goes on."),
            ));
        }
        match line.visit.status {
            S::Booked | S::Arrived => Ok(()),
            _ => Err(Why::new(
                "only_booked_moves",
                tr!("Only what is booked or has arrived is taken over; the rest stays where it is."),
            )),
        }
    }

    pub(super) fn pick_other(&self, cx: &mut Cx<Msg>) {
        let (Some(p), actor, today) = (&self.profile, cx.env().actor.clone(), cx.env().today()) else {
            return;
        };
        let (id, identity, who) = (self.id, p.identity.clone(), self.name());
        cx.open(
            move |answer| {
                Picker::new(tr!("Which is the other record of {who}?", who = who), answer)
                    .hint(tr!("Those who look alike; or type a name, a number, a phone or a birth date."))
                    .query("patient.other", move |typed, store| {
                        let (actor, identity) = (actor.clone(), identity.clone());
                        async move {
                            if !typed.trim().is_empty() {
                                let mut rows = desk::patient_rows(store, actor, typed, today).await?;
                                rows.retain(|r| r.value.id != id);
                                return Ok(rows);
                            }
                            let Some(actor) = actor else { return Err(Error::NoSession) };
                            let alike = store.look_alikes(&actor, identity, Some(id)).await?;
                            let row = |a: crate::domain::patient::LookAlike| {
                                let detail = desk::patient_detail(&a.hit, today);
                                Row::new(a.hit.clone(), a.hit.shown(), detail)
                            };
                            Ok(alike.into_iter().filter(|a| a.hit.merged_into.is_none()).map(row).collect())
                        }
                    })
            },
            Msg::Other,
        );
    }

    /// Asks which record is separated, where there are several.
    pub(super) fn separate(&self, cx: &mut Cx<Msg>) {
        let merged = match self.profile.as_ref() {
            // From the page of the merged record itself.
            Some(p) if p.merged_into.is_some() => return self.ask_separate(self.id, cx),
            Some(p) => p.merged.clone(),
            None => return,
        };
        if let [one] = merged.as_slice() {
            return self.ask_separate(one.id, cx);
        }
        let row = |m: Merged| {
            let title = format!("{} {}", record_number(m.record_number), m.name);
            Row::new(m.id, title, m.reason)
        };
        let rows = merged.into_iter().map(row).collect();
        cx.open(|a| Picker::new(tr!("Separate which record?"), a).rows(rows), Msg::Separate);
    }

    pub(super) fn ask_separate(&self, id: PatientId, cx: &mut Cx<Msg>) {
        let Some(p) = &self.profile else { return };
        let (number, into, since) = match (p.merged.iter().find(|m| m.id == id), &p.merged_into) {
            (Some(m), _) => {
                let day = m.at.with_timezone(&cx.env().zone()).date_naive();
                let by = tr!(
                    "Merged {day} by {by}: {why}",
                    day = crate::domain::dates::long_date(day),
                    by = m.by,
                    why = m.reason
                );
                (m.record_number, p.record_number, by + " ")
            }
            (None, Some(leads)) => (p.record_number, leads.record_number, String::new()),
            (None, None) => return,
        };
        let question =
            tr!("Separate {number} from {into}?", number = record_number(number), into = record_number(into));
        let consequence = tr!(
            "{since}Both records are what they were; what was written in {into} meanwhile stays there.",
            since = since,
            into = record_number(into)
        );
        cx.open(
            |a| Confirm::new(question, a).consequence(consequence).yes(tr!("separate")).no(tr!("keep")),
            move |sure| Msg::SeparateSure(id, sure),
        );
    }

    pub(super) fn unmerge(&mut self, id: PatientId, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        self.saving = true;
        cx.save(
            "patient.unmerge",
            move |store| async move { store.unmerge_patient(&actor, RequestId::new(), id).await.map(|_| ()) },
            |done| Msg::Saved(tr!("Separated: both records are what they were.").into(), done),
        );
    }

    pub(super) fn take_over(&mut self, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(line)) = (cx.env().actor.clone(), self.table.selected()) else { return };
        let (old, seen) = (line.visit.id, line.visit.version);
        self.saving = true;
        cx.save(
            "patient.take-over",
            move |store| async move {
                store.take_over_appointment(&actor, RequestId::new(), old, seen, AppointmentId::new()).await
            },
            Msg::TakenOver,
        );
    }
}
