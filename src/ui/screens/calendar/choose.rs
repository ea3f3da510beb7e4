//! Who and where: the pickers of the schedule. Providers and centres are few, so the directory is read when one is opened.
use super::{Calendar, Msg};
use crate::{
    domain::{
        actor::{Actor, Workplace},
        booking::Directory,
        ids::ProviderId,
        name::PersonName,
    },
    search::rank,
    store::{Error, Store},
    tr,
    ui::{
        cx::Cx,
        desk,
        widgets::picker::{Picker, Row},
    },
};
use std::sync::Arc;

impl Calendar {
    pub(super) fn pick_provider(&self, cx: &mut Cx<Msg>) {
        let actor = cx.env().actor.clone();
        cx.open(
            move |answer| {
                Picker::new(tr!("Whose schedule?"), answer).query(
                    "calendar.providers",
                    move |typed, store| {
                        let actor = actor.clone();
                        async move { Ok(found(&typed, providers(&directory(store, actor).await?))) }
                    },
                )
            },
            Msg::PickedProvider,
        );
    }

    pub(super) fn pick_centre(&self, cx: &mut Cx<Msg>) {
        let actor = cx.env().actor.clone();
        cx.open(
            move |answer| {
                Picker::new(tr!("The schedule of which centre?"), answer).query(
                    "calendar.centres",
                    move |typed, store| {
                        let actor = actor.clone();
                        async move { Ok(found(&typed, centres(directory(store, actor).await?))) }
                    },
                )
            },
            Msg::PickedCentre,
        );
    }

    /// The provider that was picked is selected; where they do not work at the shown centre that day, in the week.
    pub(super) fn picked(&mut self, provider: ProviderId, name: PersonName, cx: &mut Cx<Msg>) {
        self.names.insert(provider, name);
        if let Some(cursor) = &mut self.cursor {
            (cursor.provider, cursor.booking) = (Some(provider), None);
        }
        let by_day = matches!(self.view, super::View::Strip | super::View::Sheet);
        if by_day && !self.people.contains(&provider) {
            return self.look(super::View::Week, cx);
        }
        if self.view == super::View::Month {
            self.everybody = false;
        }
        self.keep_in_sight();
        self.land();
        self.show(cx);
    }
}

async fn directory(store: Store, actor: Option<Arc<Actor>>) -> Result<Directory, Error> {
    let Some(actor) = actor else { return Err(Error::NoSession) };
    store.directory(&actor).await
}

fn found<T: Clone>(typed: &str, rows: Vec<Row<T>>) -> Vec<Row<T>> {
    rank(typed, &rows, |r| r.title.clone()).into_iter().map(|hit| rows[hit.index].clone()).collect()
}

fn providers(directory: &Directory) -> Vec<Row<(ProviderId, PersonName)>> {
    let row = |p: &crate::domain::booking::BookableProvider| {
        let centres: Vec<&str> =
            p.centres.iter().filter_map(|c| directory.centre(*c)).map(|c| c.name.as_str()).collect();
        let title = format!("{}  {}", p.name, desk::profession(&p.profession));
        Row::new((p.id, p.name.clone()), title, centres.join(", "))
    };
    directory.providers.iter().map(row).collect()
}

fn centres(directory: Directory) -> Vec<Row<Workplace>> {
    let row = |c: crate::domain::booking::BookableCentre| {
        let place = Workplace { centre: c.id, name: c.name.clone(), zone: c.zone, contact: String::new() };
        Row::new(place, c.name, c.suburb)
    };
    directory.centres.into_iter().map(row).collect()
}
