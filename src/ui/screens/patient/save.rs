//! What the page changes of the patient themselves: alerts, whether they are active, until when they are not booked.
use super::{Msg, Patient};
use crate::{
    domain::{
        dates,
        ids::{PatientId, RequestId},
    },
    tr,
    ui::cx::Cx,
};
use chrono::NaiveDate;
use uuid::Uuid;

impl Patient {
    /// Asks the patient to be connected.
    pub(super) fn connect(&mut self, cx: &mut Cx<Msg>) {
        let Some((actor, provider)) = cx.env().actor.clone().and_then(|a| Some((a.clone(), a.provider?)))
        else {
            return cx.toast(tr!("Only those with whom patients are booked are connected with them."));
        };
        let (patient, said) = (self.id, tr!("Asked: {who} accepts or rejects it.", who = self.name()));
        self.saving = true;
        cx.save(
            "connection.request",
            move |store| async move {
                store.ask_connection(&actor, RequestId::new(), patient, provider).await
            },
            move |done| Msg::Saved(said, done),
        );
    }

    pub(super) fn strike(&mut self, alert: Uuid, cx: &mut Cx<Msg>) {
        let (Some(actor), patient) = (cx.env().actor.clone(), self.alert_of(alert)) else { return };
        self.saving = true;
        cx.save(
            "alert.strike",
            move |store| async move { store.strike_alert(&actor, RequestId::new(), alert, patient, true).await },
            move |done| Msg::Saved(format!("strike {alert}"), done),
        );
    }

    /// Whose record an alert stands in.
    pub(super) fn alert_of(&self, alert: Uuid) -> PatientId {
        let alerts = self.profile.as_ref().map_or(&[][..], |p| &p.alerts);
        alerts.iter().find(|a| a.id == alert).map_or(self.id, |a| a.patient)
    }

    pub(super) fn set_active(&mut self, active: bool, why: String, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(p)) = (cx.env().actor.clone(), &self.profile) else { return };
        let (id, seen) = (self.id, p.version);
        let said = if active {
            tr!("Active again: {who}", who = self.name())
        } else {
            tr!("Deactivated: {who}. D makes them active again.", who = self.name())
        };
        self.saving = true;
        cx.save(
            "patient.deactivate",
            move |store| async move {
                store.set_patient_active(&actor, RequestId::new(), id, seen, active, why).await.map(|_| ())
            },
            move |done| Msg::Saved(said, done),
        );
    }

    pub(super) fn block(&mut self, until: Option<NaiveDate>, why: String, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(p)) = (cx.env().actor.clone(), &self.profile) else { return };
        let (id, seen) = (self.id, p.version);
        let said = match until {
            Some(day) => tr!(
                "Not bookable until {day}: {who}. B lifts it.",
                day = dates::full_day(day),
                who = self.name()
            ),
            None => tr!("Bookable again: {who}", who = self.name()),
        };
        self.saving = true;
        cx.save(
            "patient.block",
            move |store| async move {
                store.block_patient(&actor, RequestId::new(), id, seen, until, why).await.map(|_| ())
            },
            move |done| Msg::Saved(said, done),
        );
    }
}
