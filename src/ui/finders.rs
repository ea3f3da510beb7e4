//! What the palette finds beside actions and places: patients, providers and centres, by the same search as their lists.
//!
//! What a role may not see is not offered: the database answers with nothing, and nothing is shown.
use super::{
    desk,
    palette::{Does, Item, PaletteSource},
    route::Route,
};
use crate::{
    search::rank,
    store::{Error, Store},
    text::clean,
    tr,
};
use futures::future::BoxFuture;
use std::sync::Arc;

/// How many rows of each kind the palette shows.
const EACH: usize = 6;

/// Patients by name, number, phone or birth date.
pub struct Patients;

impl PaletteSource for Patients {
    fn search(&self, text: String, store: Store) -> BoxFuture<'static, Result<Vec<Item>, Error>> {
        Box::pin(async move {
            let actor = Arc::new(store.who_am_i().await?);
            if !super::route::places(actor.role).iter().any(|p| p.route == Route::Patients) {
                return Ok(vec![]);
            }
            let today = store.clock().today(actor.zone());
            let rows = desk::patient_rows(store, Some(actor), text, today).await?;
            let item = |row: super::widgets::picker::Row<crate::domain::patient::PatientHit>| Item {
                does: Does::Push(Route::Patient(row.value.id)),
                title: row.title,
                detail: row.detail,
                key: tr!("patient").into(),
            };
            Ok(rows.into_iter().take(EACH).map(item).collect())
        })
    }
}

/// Providers and centres, few enough to be ranked here.
pub struct Directory;

impl PaletteSource for Directory {
    fn search(&self, text: String, store: Store) -> BoxFuture<'static, Result<Vec<Item>, Error>> {
        Box::pin(async move {
            let actor = store.who_am_i().await?;
            let directory = store.directory(&actor).await?;
            let providers = directory.providers.iter().map(|p| Item {
                title: clean(&p.name.to_string()).into_owned(),
                detail: clean(&format!("{} {}", desk::profession(&p.profession), p.expertise)).into_owned(),
                key: tr!("provider").into(),
                does: Does::Push(Route::Provider(p.id)),
            });
            let centres = directory.centres.iter().map(|c| Item {
                title: clean(&c.name).into_owned(),
                detail: clean(&c.suburb).into_owned(),
                key: tr!("centre").into(),
                does: Does::Push(Route::Centre(c.id)),
            });
            let all: Vec<Item> = providers.chain(centres).collect();
            let hits = rank(&text, &all, |i| format!("{} {}", i.title, i.detail));
            Ok(hits.into_iter().take(EACH).map(|h| all[h.index].clone()).collect())
        })
    }
}
