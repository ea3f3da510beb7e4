//! `go`: the places of the person, by the beginning of their word.
use super::{
    CommandLine,
    pick::Pick,
    plan::{Choice, Draft, Plan, Stop, missing},
};
use crate::{
    tr,
    ui::{
        cx::Env,
        route::{self, Route},
    },
};

impl CommandLine {
    pub(super) fn plan_place(&self, draft: &mut Draft, env: &Env) -> Result<Plan, Stop> {
        let text = self.line.names.join(" ").to_lowercase();
        let role = env.actor.as_ref().map(|a| a.role);
        let places = role.map(route::places).unwrap_or_default();
        let mut rows: Vec<(String, Route)> =
            places.into_iter().map(|p| (crate::text::tr_str(p.word).to_owned(), p.route)).collect();
        rows.push((tr!("Home").into(), Route::Home));
        rows.push((tr!("Messages").into(), Route::Messages));
        rows.retain(|(word, _)| word.to_lowercase().starts_with(&text));
        match rows.as_slice() {
            [] => Err(missing(
                "no_such_place",
                tr!("There is no place \"{text}\" for you.", text = text),
                tr!("go alone lists the places; ctrl-p finds everything."),
            )),
            [(word, route)] => {
                draft.parts.push(word.clone());
                draft.said = tr!("Enter goes there.").into();
                Ok(Plan::Place(route.clone()))
            }
            some => {
                let row = |(word, route): &(String, Route)| Choice {
                    pick: Pick::Place(route.clone()),
                    title: word.clone(),
                    detail: String::new(),
                };
                Err(Stop::Ask(tr!("Where to?").into(), some.iter().map(row).collect()))
            }
        }
    }
}
