//! What the booking makes of its answers. A refusal is told with the nearest time that works and the key that takes it.
use super::{Booking, Msg, find::days_of, person::Relative};
use crate::{
    domain::{
        appointment::AppointmentKind,
        booking::{Booked, FreeSlot},
        dates,
        ids::RequestId,
        patient::PatientHit,
        series::{Rhythm, Step, Together},
        why::Why,
    },
    store::{Error, Held},
    tr,
    ui::{
        carry,
        cx::Cx,
        desk,
        route::{PlanStart, Route},
    },
};

impl Booking {
    pub(super) fn hear(&mut self, msg: Msg, cx: &mut Cx<Msg>) {
        match msg {
            Msg::Directory(Ok(known)) => {
                self.directory = Some(known.directory);
                (self.unbookable, self.visit_types) = (known.unbookable, known.visit_types);
                if self.here() {
                    self.find(false, cx);
                }
                self.tell_provider(cx);
                self.ask_referral(cx);
            }
            Msg::Moving(Ok(old)) => self.hear_moving(old, cx),
            Msg::Profile(Ok(profile)) => {
                let first = self.profile.is_none();
                self.profile = Some(profile);
                if first && let Some(why) = self.refused_patient(self.first_day(cx)) {
                    cx.failed(&Error::Refused(why));
                }
            }
            Msg::Free(filter, again, Ok(free)) => {
                let now = cx.env().now();
                if again {
                    if filter == self.filter(cx) {
                        self.offers.refresh(free);
                    }
                } else if self.asked.as_ref() == Some(&filter) {
                    self.asked = None;
                    self.answered = true;
                    self.offers.replace(free, now);
                    self.take_wanted(cx);
                }
                self.follow(cx);
            }
            Msg::Free(_, again, Err(e)) => {
                if !again {
                    self.asked = None;
                }
                if self.overbooks() {
                    self.kind = AppointmentKind::Slot;
                    self.find(false, cx);
                }
                cx.failed(&e);
            }
            Msg::Referred(patient, provider, Ok(found)) => {
                self.referred = Some((patient, provider, found));
                if let Some(why) = self.refused_referral() {
                    cx.failed(&Error::Refused(why));
                }
            }
            Msg::Holds(Ok(holds)) => self.offers.set_holds(holds),
            Msg::Strips(_, Ok(strips)) => {
                if self.here()
                    && let Some(directory) = &self.directory
                {
                    let desk = cx.env().actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.centre);
                    let own = self.centre.or(desk);
                    self.offers.walk_in(&strips, directory, own, cx.env().zone(), cx.env().now());
                    self.answered = true;
                }
                self.strips = strips;
                self.read_holds_beside(cx);
            }
            Msg::PickedPatient(Some(hit)) => self.hear_patient(hit, cx),
            Msg::PickedPatient(None) if self.patient.is_none() => cx.back(),
            Msg::PickedRelative(Some(hit)) => {
                if Some(hit.id) != self.patient && self.family.iter().all(|r| r.hit.id != hit.id) {
                    self.family.push(Relative { hit, waits: None });
                    self.read_family(cx);
                    self.find(false, cx);
                }
            }
            Msg::PickedProvider(Some(provider)) => {
                self.provider = provider;
                (self.strip_day, self.wanted) = (None, None);
                self.find(false, cx);
                self.tell_provider(cx);
                self.ask_referral(cx);
            }
            Msg::PickedCentre(Some(centre)) => {
                self.centre = centre;
                (self.strip_day, self.wanted) = (None, None);
                self.find(false, cx);
            }
            Msg::PickedProfession(Some(profession)) => {
                self.profession = profession;
                self.provider = None;
                self.find(false, cx);
            }
            Msg::PickedDepartment(Some(department)) => {
                self.department = department;
                self.provider = None;
                self.find(false, cx);
            }
            Msg::PickedVisitType(Some(visit_type)) => {
                self.visit_type = visit_type;
                self.find(false, cx);
            }
            Msg::Reason(Some(reason)) => self.reason = reason,
            Msg::OverbookReason(Some(reason)) => {
                (self.reason, self.kind) = (reason, AppointmentKind::Overbook);
                self.family.clear();
                self.find(false, cx);
            }
            Msg::From(Some(day)) => {
                (self.from, self.wanted) = (Some(day), None);
                self.find(false, cx);
            }
            Msg::Window(Some(text)) => {
                if let Ok(days) = days_of(&text) {
                    self.days = days;
                    self.find(false, cx);
                }
            }
            Msg::Rhythm(Some(text)) => self.plan(&text, cx),
            Msg::Booked(Ok((b, place))) => self.hear_booked(&b, place, cx),
            Msg::FamilyWaits(Ok(read)) => {
                for (patient, waits) in read {
                    if let Some(relative) = self.family.iter_mut().find(|r| r.hit.id == patient) {
                        relative.waits = Some(waits);
                    }
                }
            }
            Msg::FamilyWaits(Err(e)) => {
                // Nobody's booking waits for a list that cannot be read.
                self.family.iter_mut().for_each(|r| r.waits = r.waits.take().or_else(|| Some(vec![])));
                cx.failed(&e);
            }
            Msg::BookedFamily(Ok(all)) => self.hear_family(&all, cx),
            Msg::Moved(Ok(b)) => self.hear_moved(&b, cx),
            Msg::Pasted(pasted) => {
                let done = pasted.result.is_ok();
                carry::tell(cx, &pasted, Msg::Pasted);
                if done && !pasted.undo {
                    cx.back();
                } else {
                    self.find(true, cx);
                }
            }
            Msg::Booked(Err(e)) => self.refused(&e, cx),
            Msg::BookedFamily(Err(e)) | Msg::Moved(Err(e)) => self.refused(&e, cx),
            Msg::Nearest(said, Ok(Some(slot))) => self.offer_instead(&said, slot, cx),
            Msg::Nearest(said, _) => cx.failed(&Error::Refused(Why::new("slot_taken", said))),
            Msg::Hold => self.hold(cx),
            Msg::Held(Ok(Held::By(..))) => {
                self.held = None;
                self.read_holds(cx);
            }
            Msg::Directory(Err(e)) | Msg::Moving(Err(e)) | Msg::Profile(Err(e)) | Msg::Strips(_, Err(e)) => {
                cx.failed(&e);
            }
            Msg::Reload => self.find(true, cx),
            Msg::ReadHolds => self.read_holds(cx),
            // What is drawn is drawn anew; nothing has to be read.
            Msg::Lapsed => self.lapse.over(),
            // A hold is a courtesy: one that could not be taken or shown stops nobody.
            Msg::Held(_) | Msg::Referred(_, _, Err(_)) | Msg::Holds(Err(_)) | Msg::LetGo | Msg::Undone => {}
            Msg::PickedPatient(None)
            | Msg::PickedRelative(None)
            | Msg::PickedProvider(None)
            | Msg::PickedCentre(None)
            | Msg::PickedProfession(None)
            | Msg::PickedDepartment(None)
            | Msg::PickedVisitType(None)
            | Msg::Reason(None)
            | Msg::OverbookReason(None)
            | Msg::From(None)
            | Msg::Window(None)
            | Msg::Rhythm(None) => {}
        }
    }

    fn first_day(&self, cx: &Cx<Msg>) -> chrono::NaiveDate {
        self.from.unwrap_or_else(|| cx.env().today())
    }

    fn tell_provider(&self, cx: &mut Cx<Msg>) {
        if let Some(why) = self.refused_provider() {
            cx.failed(&Error::Refused(why));
        }
    }

    fn hear_moving(&mut self, old: Booked, cx: &mut Cx<Msg>) {
        let first = self.moving.is_none();
        self.patient = Some(old.patient);
        if first {
            self.provider = Some(old.provider);
            self.reason.clone_from(&old.reason);
            self.visit_type.clone_from(&old.visit_type);
            self.read_patient(cx);
        }
        self.moving = Some(old);
        if first {
            self.find(false, cx);
        }
    }

    fn hear_patient(&mut self, hit: PatientHit, cx: &mut Cx<Msg>) {
        self.patient = Some(hit.id);
        self.profile = None;
        self.family.clear();
        self.read_patient(cx);
        self.ask_referral(cx);
        self.find(false, cx);
        // Nothing more is asked of who cannot be booked; the reason follows with the rest of what is known.
        if !hit.deactivated && std::mem::take(&mut self.ask_provider) {
            self.pick_provider(cx);
        }
    }

    fn hear_booked(&mut self, b: &Booked, place: Option<(i32, i32)>, cx: &mut Cx<Msg>) {
        let Some(actor) = cx.env().actor.clone() else { return };
        let (id, version) = (b.id, b.version);
        let waited = self.waits().map(|entry| (self.call, entry));
        self.held = None;
        let said = match (place, self.here()) {
            (Some((place, _)), true) => tr!(
                "Waiting, number {place} in the queue: {what}",
                place = place,
                what = desk::confirmation(b)
            ),
            (None, true) => tr!("Waiting: {what}", what = desk::confirmation(b)),
            _ => tr!("Booked: {what}", what = desk::confirmation(b)),
        };
        cx.undoable(
            said,
            "booking.book",
            move |store| async move {
                if let Some((call, entry)) = waited {
                    let back = store.unbook_waiting(&actor, RequestId::new(), call, entry, id, version);
                    return back.await.map(|b| b.version);
                }
                store.unbook(&actor, RequestId::new(), id, version).await
            },
            |_| Msg::Undone,
        );
        cx.back();
    }

    fn hear_family(&mut self, all: &[Booked], cx: &mut Cx<Msg>) {
        let (Some(actor), Some(first)) = (cx.env().actor.clone(), all.first()) else { return };
        self.held = None;
        let names: Vec<String> = all
            .iter()
            .map(|b| format!("{} {}", dates::clock(b.period.starts_at(b.zone).time()), b.patient_name))
            .collect();
        let steps: Vec<Step> =
            all.iter().map(|b| Step::Unbook { appointment: b.id, seen: b.version }).collect();
        let series = self.series;
        cx.undoable(
            tr!(
                "Booked {day}, {provider}, {centre}: {names}",
                day = dates::full_day(first.period.starts_at(first.zone).date()),
                provider = first.provider_name,
                centre = first.centre_name,
                names = names.join(", ")
            ) + &desk::all_off_the_list(all),
            "booking.book",
            move |store| async move {
                store.together(&actor, RequestId::new(), Together::Cancel, series, steps).await
            },
            |_| Msg::Undone,
        );
        cx.back();
    }

    fn hear_moved(&mut self, b: &Booked, cx: &mut Cx<Msg>) {
        let (Some(actor), Some(old)) = (cx.env().actor.clone(), self.moving.clone()) else { return };
        let (id, version, closed) = (b.id, b.version, b.closed());
        self.held = None;
        cx.freed(desk::left_by(&old));
        if cx.env().carried.as_ref().is_some_and(|c| c.appointment == id) {
            cx.carry(None);
        }
        cx.undoable(
            tr!("Moved from {old}: {what}", old = desk::when(&old), what = desk::confirmation(b)),
            "booking.move",
            move |store| async move {
                store.move_back(&actor, RequestId::new(), id, version, old.time(), closed).await
            },
            |_| Msg::Undone,
        );
        cx.back();
    }

    /// The series of the selected time, to be looked through before it is booked.
    fn plan(&mut self, text: &str, cx: &mut Cx<Msg>) {
        let (Ok(rhythm), Some(patient), Some(offer)) =
            (Rhythm::parse(text), self.patient, self.offers.selected())
        else {
            return;
        };
        let who = self.profile.as_ref().map(|p| p.name().to_string()).unwrap_or_default();
        cx.push(Route::PlanSeries(Box::new(PlanStart {
            patient,
            who,
            how: rhythm.words(),
            days: rhythm.days(offer.slot.day).collect(),
            first: offer.slot.clone(),
            moves: vec![],
            series: None,
            visit_type: self.visit_type.clone(),
            reason: self.reason.clone(),
        })));
    }

    /// Says what was refused, and which number of the list is nearest to what was wanted.
    fn offer_instead(&mut self, said: &str, slot: FreeSlot, cx: &mut Cx<Msg>) {
        let time = dates::clock(slot.time());
        let day = if slot.day == cx.env().today() { String::new() } else { dates::short_day(slot.day) + " " };
        let at = self.offers.place_of(slot) + 1;
        let keys = if at <= super::offers::NUMBERED { format!("{at} enter") } else { tr!("G enter").into() };
        let why = Why::new("slot_taken", said.to_owned()).instead(tr!(
            "{keys} books {day}{time} instead.",
            keys = keys,
            day = day,
            time = time
        ));
        cx.failed(&Error::Refused(why));
    }
}
