//! What the rows of a visit share: who entered them, how a stale version is told, what a stored code means.
use super::Error;
use crate::domain::{
    authored::{Authored, Struck},
    name::PersonName,
};
use chrono::{DateTime, Utc};

/// An account as a query joins it; the names are missing when it is nobody's.
pub(super) type Joined = (Option<String>, Option<String>);

/// The name of a joined account.
pub(super) fn name((family, given): Joined) -> PersonName {
    PersonName::new(family.unwrap_or_default(), given.unwrap_or_default())
}

/// Somebody and when, where both are known.
pub(super) fn by(who: Joined, at: Option<DateTime<Utc>>) -> Option<(PersonName, DateTime<Utc>)> {
    at.map(|at| (name(who), at))
}

/// Who entered a row, and who struck it out.
pub(super) fn authored(
    mine: bool,
    author: Joined,
    at: DateTime<Utc>,
    struck: Joined,
    struck_at: Option<DateTime<Utc>>,
) -> Authored {
    Authored { author: name(author), mine, at, struck: struck_at.map(|at| Struck { by: name(struck), at }) }
}

/// The value of a stored code; an unknown one is a fault, never a guess.
pub(super) fn coded<T>(value: Option<T>, what: &'static str) -> Result<T, Error> {
    value.ok_or_else(|| Error::bug("an unknown code", std::io::Error::other(what)))
}

/// Who changed the row since it was read, or that it is gone: `stale!(c, "clinic.diagnosis", id)`.
macro_rules! stale {
    ($c:expr, $table:literal, $id:expr) => {
        sqlx::query!(
            r#"select x.changed_at, coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!" from "#
                + $table
                + " x left join clinic.account a on a.id = x.changed_by where x.id = $1",
            $id
        )
        .fetch_optional($c)
        .await?
        .map_or($crate::store::Error::NotFound, |r| $crate::store::Error::Stale { by: r.by, at: r.changed_at })
    };
}
pub(super) use stale;
