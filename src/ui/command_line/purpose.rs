//! What a visit is for: the words behind the time are a visit type when they begin with the whole name or code of one, else
//! the reason. Words that only look like one are asked about; what they were taken for is always said.
use super::{
    CommandLine,
    known::Need,
    pick::Pick,
    plan::{Choice, Stop, missing},
};
use crate::{
    domain::{ids::ProviderId, visit_type::VisitType},
    search::desk_line::{self, Reading},
    tr,
    ui::desk,
};

/// What the words behind the time were taken for.
#[derive(Debug, Default)]
pub(super) struct Purpose {
    /// A visit type's code.
    pub visit_type: Option<String>,
    pub reason: String,
    /// The visit type in full.
    name: String,
}

impl Purpose {
    fn of(visit_type: &VisitType, reason: &str) -> Self {
        let (details, reason) = (&visit_type.details, reason.trim().to_owned());
        let name = format!("{} {}", details.name, details.takes());
        Self { visit_type: Some(visit_type.code.clone()), reason, name }
    }

    /// It in full, as the preview says it.
    pub fn said(&self) -> impl Iterator<Item = String> {
        self.said_of(tr!("reason"))
    }

    /// The same, where the rest of the words is not a reason but something else.
    pub fn said_of(&self, rest: &str) -> impl Iterator<Item = String> + use<> {
        let visit = (!self.name.is_empty()).then(|| tr!("visit type {name}", name = self.name));
        let rest = (!self.reason.is_empty()).then(|| format!("{rest} {}", self.reason));
        visit.into_iter().chain(rest)
    }
}

impl CommandLine {
    /// The words that say why, the patient's and the provider's taken away.
    pub(super) fn reason(&self, reading: &Reading) -> String {
        let words = [reading.left.join(" "), self.line.reason.clone()];
        words.iter().filter(|w| !w.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    }

    /// Takes the words behind the time for a visit type, a reason, or one after the other.
    pub(super) fn purpose(&self, reading: &Reading, provider: Option<ProviderId>) -> Result<Purpose, Stop> {
        self.purpose_of(&self.reason(reading), reading, provider)
    }

    /// The same of these words.
    pub(super) fn purpose_of(
        &self,
        reason: &str,
        reading: &Reading,
        provider: Option<ProviderId>,
    ) -> Result<Purpose, Stop> {
        let reason = reason.to_owned();
        if reason.is_empty() {
            return Ok(Purpose::default());
        }
        let types = self.known.visit_types.as_ref().ok_or(Stop::Wait(Need::VisitTypes))?;
        match &self.picked.purpose {
            Some(None) => return Ok(Purpose { reason, ..Purpose::default() }),
            Some(Some(code)) => {
                if let Some(picked) = types.iter().find(|t| t.code == *code) {
                    // The words that were read as its name are no reason as well.
                    return Ok(Purpose::of(picked, ""));
                }
            }
            None => {}
        }
        let of = |p: ProviderId| Some(self.known.directory.as_ref()?.provider(p)?.profession.clone());
        let profession = provider.and_then(of).or_else(|| reading.profession.clone());
        let (found, like) = desk_line::purpose(&reason, types, profession.as_deref());
        match found {
            desk_line::Purpose::Type(found, end) => Ok(Purpose::of(found, &reason[end..])),
            desk_line::Purpose::Like => Err(ask(&reason, &like)),
            desk_line::Purpose::Reason => match desk_line::purpose(&reason, types, None).0 {
                // A name of the catalogue that this provider does not do is no reason without being said.
                desk_line::Purpose::Type(other, _) => Err(missing(
                    "visit_type_profession",
                    tr!(
                        "{name} is not done by a {profession}.",
                        name = other.details.name,
                        profession = desk::profession(profession.as_deref().unwrap_or_default())
                    ),
                    tr!("Name another provider, or say the reason in other words."),
                )),
                _ => Ok(Purpose { reason, ..Purpose::default() }),
            },
        }
    }
}

fn ask(reason: &str, like: &[&VisitType]) -> Stop {
    let only = Choice {
        pick: Pick::Purpose(None),
        title: tr!("no visit type").into(),
        detail: tr!("reason {why}", why = reason),
    };
    let types = like.iter().take(super::plan::ROWS - 1).map(|t| Choice {
        pick: Pick::Purpose(Some(t.code.clone())),
        title: t.details.name.clone(),
        detail: t.details.takes(),
    });
    let question = tr!("Is \"{words}\" a visit type or a reason?", words = reason);
    Stop::Ask(question, std::iter::once(only).chain(types).collect())
}
