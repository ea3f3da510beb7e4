//! The pickers of the booking: patient, provider, centre, profession. Providers and centres are few and kept in memory.
use super::{Booking, Msg};
use crate::{
    domain::{
        actor::Actor, appointment::AppointmentKind, booking::Directory, ids::ProviderId,
        visit_type::VisitType,
    },
    search::rank,
    store::{Error, Store, Unbookable},
    tr,
    ui::{
        cx::Cx,
        desk,
        widgets::picker::{Picker, Row},
    },
};
use std::sync::Arc;

impl Booking {
    pub(super) fn pick_patient(&self, cx: &mut Cx<Msg>) {
        let (actor, today) = (cx.env().actor.clone(), cx.env().today());
        cx.open(
            move |answer| {
                Picker::new(tr!("Book whom?"), answer)
                    .hint(tr!("Type part of a name, a number, a phone or a birth date."))
                    .query("booking.find-patient", move |typed, store| {
                        desk::patient_rows(store, actor.clone(), typed, today)
                    })
            },
            Msg::PickedPatient,
        );
    }

    pub(super) fn pick_relative(&self, cx: &mut Cx<Msg>) {
        let (actor, today) = (cx.env().actor.clone(), cx.env().today());
        cx.open(
            move |answer| {
                Picker::new(tr!("Who comes right after?"), answer)
                    .hint(tr!(
                        "Everybody is booked one after the other with the same provider, all or nobody."
                    ))
                    .query("booking.find-patient", move |typed, store| {
                        desk::patient_rows(store, actor.clone(), typed, today)
                    })
            },
            Msg::PickedRelative,
        );
    }

    /// Taken times instead of free ones, with the reason that must be given; or back.
    pub(super) fn overbook(&mut self, cx: &mut Cx<Msg>) {
        if self.overbooks() {
            self.kind = AppointmentKind::Slot;
            return self.find(false, cx);
        }
        let question = tr!("Book over a taken time: why? It is kept.").to_owned();
        desk::ask_reason(cx, question, Msg::OverbookReason);
    }

    pub(super) fn pick_department(&self, cx: &mut Cx<Msg>) {
        let Some(directory) = &self.directory else { return };
        let mut rows = vec![Row::new(None, tr!("every department"), "")];
        for centre in directory.centres.iter().filter(|c| self.centre.is_none_or(|id| c.id == id)) {
            rows.extend(centre.departments.iter().map(|d| {
                let detail = if d.closed { desk::closed(&d.opens) } else { String::new() };
                Row::new(Some(d.id), format!("{}  {}", d.name, centre.name), detail)
            }));
        }
        cx.open(|answer| Picker::new(tr!("Which department?"), answer).rows(rows), Msg::PickedDepartment);
    }

    /// What can be chosen is what the chosen provider or profession does.
    pub(super) fn pick_visit_type(&self, cx: &mut Cx<Msg>) {
        let provider = self.provider.and_then(|id| self.directory.as_ref()?.provider(id));
        let profession = provider.map(|p| &p.profession).or(self.profession.as_ref());
        let fits = |t: &&VisitType| !t.retired && profession.is_none_or(|p| t.details.is_for(p));
        let mut rows = vec![Row::new(None, tr!("any kind of visit"), "")];
        rows.extend(
            self.visit_types
                .iter()
                .filter(fits)
                .map(|t| Row::new(Some(t.code.clone()), t.details.name.clone(), t.details.takes())),
        );
        cx.open(|answer| Picker::new(tr!("What for?"), answer).rows(rows), Msg::PickedVisitType);
    }

    pub(super) fn pick_provider(&self, cx: &mut Cx<Msg>) {
        let actor = cx.env().actor.clone();
        let known = self.directory.as_ref().map(|d| provider_rows(d, &self.unbookable));
        cx.open(
            move |answer| {
                let picker = Picker::new(tr!("With whom?"), answer);
                match known {
                    Some(rows) => picker.rows(rows),
                    // Not read yet: keys typed ahead must find the picker, which then waits for its rows.
                    None => picker.query("booking.find-provider", move |typed, store| {
                        found_providers(store, actor.clone(), typed)
                    }),
                }
            },
            Msg::PickedProvider,
        );
    }

    pub(super) fn pick_centre(&self, cx: &mut Cx<Msg>) {
        let Some(directory) = &self.directory else { return };
        let mut rows = vec![Row::new(None, tr!("any centre"), "")];
        rows.extend(directory.centres.iter().map(|c| {
            let title =
                if c.suburb.is_empty() { c.name.clone() } else { format!("{}  {}", c.name, c.suburb) };
            let closed: Vec<String> = c
                .departments
                .iter()
                .filter(|d| d.closed)
                .map(|d| format!("{} {}", d.name, desk::closed(&d.opens)))
                .collect();
            Row::new(Some(c.id), title, closed.join(", "))
        }));
        cx.open(|answer| Picker::new(tr!("Where?"), answer).rows(rows), Msg::PickedCentre);
    }

    pub(super) fn pick_profession(&self, cx: &mut Cx<Msg>) {
        let Some(directory) = &self.directory else { return };
        let mut codes: Vec<String> = directory.providers.iter().map(|p| p.profession.clone()).collect();
        codes.sort();
        codes.dedup();
        let mut rows = vec![Row::new(None, tr!("every profession"), "")];
        rows.extend(codes.into_iter().map(|c| {
            let word = desk::profession(&c);
            Row::new(Some(c), word, "")
        }));
        cx.open(|answer| Picker::new(tr!("Which profession?"), answer).rows(rows), Msg::PickedProfession);
    }
}

fn provider_rows(directory: &Directory, unbookable: &[Unbookable]) -> Vec<Row<Option<ProviderId>>> {
    let here = |id: ProviderId| unbookable.iter().all(|u| u.provider != id);
    let mut rows = vec![Row::new(None, tr!("anybody  who is free first"), "")];
    rows.extend(directory.providers.iter().filter(|p| here(p.id)).map(|p| {
        let centres: Vec<&str> =
            p.centres.iter().filter_map(|c| directory.centre(*c)).map(|c| c.name.as_str()).collect();
        let title = [
            p.name.to_string(),
            desk::profession(&p.profession),
            p.specialties.join(" "),
            p.expertise.clone(),
            centres.join(" "),
        ];
        let title: Vec<String> = title.into_iter().filter(|t| !t.is_empty()).collect();
        Row::new(Some(p.id), title.join("  "), "")
    }));
    // Who is asked for by name and is not booked any more is found, with the reason.
    rows.extend(unbookable.iter().map(|u| {
        let title = format!("{}  {}", u.name, desk::profession(&u.profession));
        let why = if u.until.is_some() { tr!("not booked now") } else { tr!("does not work here any more") };
        Row::new(Some(u.provider), title, why)
    }));
    rows
}

async fn found_providers(
    store: Store,
    actor: Option<Arc<Actor>>,
    typed: String,
) -> Result<Vec<Row<Option<ProviderId>>>, Error> {
    let Some(actor) = actor else { return Err(Error::NoSession) };
    let rows = provider_rows(&store.directory(&actor).await?, &store.unbookable(&actor).await?);
    Ok(rank(&typed, &rows, |r| r.title.clone()).into_iter().map(|hit| rows[hit.index].clone()).collect())
}
