//! Who may do what: one table of actions and roles, the same for the program, which draws by it, and for the database, which
//! decides by it. Who is not in the table may not.
mod code;
mod decide;
mod markdown;
mod words;

pub use code::Code;
pub use decide::{Facts, own_record};
pub use markdown::markdown;

use super::actor::Role;
use serde::{Deserialize, de::Error as _};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// What the program carries: the rules of a new database.
const TABLE: &str = include_str!("table.toml");

/// One thing that can be done, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The name of the command, of the event in the log and of the permission, as in `visit.sign`.
    pub id: String,
    /// What it is, after "may": "sign a visit" (English; looked up when shown).
    pub does: String,
    /// Under the strict history policy a relationship opens nothing here.
    pub strict: bool,
    /// The codes of each role that may; a role without a line may not.
    pub cells: BTreeMap<&'static str, Vec<Code>>,
}

impl Action {
    /// The codes of a role; none: it may not.
    #[must_use]
    pub fn codes(&self, role: Role) -> &[Code] {
        self.cells.get(role.code()).map_or(&[], Vec::as_slice)
    }

    /// Every code that has a meaning for this action, in the order of the list of codes.
    #[must_use]
    pub fn meanings(&self) -> Vec<Code> {
        Code::ALL.into_iter().filter(|c| self.cells.values().any(|codes| codes.contains(c))).collect()
    }
}

/// All actions, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    actions: Vec<Action>,
}

static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    // A table that cannot be read permits nothing; a test reads it.
    Table::parse(TABLE)
        .inspect_err(|e| tracing::error!(error = %e, "the table of permissions"))
        .unwrap_or_default()
});

impl Table {
    /// The table that this program carries.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a table.
    ///
    /// # Errors
    /// An unknown role, group or code, a role named twice, or no TOML: with the action where it is.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let groups = groups(&file.groups)?;
        let mut actions: Vec<Action> = vec![];
        for (first, rest) in file.actions {
            for (second, section) in rest {
                actions.push(action(format!("{first}.{second}"), section, &groups)?);
            }
        }
        // TOML sorts by name; people read it in the order in which it was written.
        actions.sort_by_cached_key(|a| text.find(&format!("[{}]", a.id)));
        Ok(Self { actions })
    }

    /// Every action, in the order of the file.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action of this name, if there is one.
    #[must_use]
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.iter().find(|a| a.id == id)
    }

    /// The codes of a role for an action; none: it may not.
    #[must_use]
    pub fn codes(&self, role: Role, action: &str) -> &[Code] {
        self.action(action).map_or(&[], |a| a.codes(role))
    }

    /// The same actions under the rules of a database: action, role, codes. What this program does not know is left out.
    #[must_use]
    pub fn with(&self, rules: impl IntoIterator<Item = (String, String, Vec<String>)>) -> Self {
        let mut table = self.clone();
        for action in &mut table.actions {
            action.cells.clear();
        }
        let mut known: HashMap<&str, &mut Action> =
            self.actions.iter().map(|a| a.id.as_str()).zip(&mut table.actions).collect();
        for (action, role, codes) in rules {
            let (Some(action), Some(role)) = (known.get_mut(action.as_str()), Role::from_code(&role)) else {
                continue;
            };
            let codes: Vec<Code> = codes.iter().filter_map(|c| Code::from_name(c)).collect();
            if !codes.is_empty() {
                action.cells.insert(role.code(), codes);
            }
        }
        table
    }
}

#[derive(Deserialize)]
struct File {
    groups: BTreeMap<String, Vec<String>>,
    #[serde(flatten)]
    actions: BTreeMap<String, BTreeMap<String, Section>>,
}

#[derive(Deserialize)]
struct Section {
    does: String,
    #[serde(default)]
    strict: bool,
    #[serde(flatten)]
    lines: BTreeMap<String, String>,
}

type Groups = BTreeMap<String, Vec<Role>>;

fn groups(file: &BTreeMap<String, Vec<String>>) -> Result<Groups, toml::de::Error> {
    let role = |r: &String| Role::from_code(r).ok_or_else(|| toml::de::Error::custom(format!("no role {r}")));
    file.iter()
        .map(|(name, roles)| Ok((name.clone(), roles.iter().map(role).collect::<Result<Vec<_>, _>>()?)))
        .collect()
}

fn action(id: String, section: Section, groups: &Groups) -> Result<Action, toml::de::Error> {
    let wrong = |what: String| toml::de::Error::custom(format!("{id}: {what}"));
    // How many a name stands for: the smaller one wins.
    let mut cells: BTreeMap<&'static str, (usize, Vec<Code>)> = BTreeMap::new();
    for (names, codes) in &section.lines {
        let codes = codes
            .split_whitespace()
            .map(|c| Code::from_name(c).ok_or_else(|| wrong(format!("no code {c}"))))
            .collect::<Result<Vec<_>, _>>()?;
        for name in names.split_whitespace() {
            let roles = match (Role::from_code(name), groups.get(name)) {
                (Some(role), _) => vec![role],
                (None, Some(roles)) => roles.clone(),
                (None, None) => return Err(wrong(format!("no role or group {name}"))),
            };
            for role in &roles {
                match cells.get(role.code()) {
                    Some((size, _)) if *size == roles.len() => {
                        return Err(wrong(format!("{} is named twice", role.code())));
                    }
                    Some((size, _)) if *size < roles.len() => {}
                    _ => {
                        cells.insert(role.code(), (roles.len(), codes.clone()));
                    }
                }
            }
        }
    }
    let cells = cells.into_iter().map(|(role, (_, codes))| (role, codes)).collect();
    Ok(Action { id, does: section.does, strict: section.strict, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_nobody_who_is_not_named_may() {
        let table = Table::parse(TABLE).unwrap();
        assert!(table.actions().len() > 100, "{} actions", table.actions().len());
        assert_eq!(table.actions()[0].id, "sign-in.open");
        assert_eq!(table.codes(Role::Receptionist, "visit.sign"), []);
        assert_eq!(table.codes(Role::Administrator, "no.such"), []);
        assert_eq!(table.codes(Role::Gp, "account.register"), []);
    }

    #[test]
    fn a_role_of_its_own_wins_over_its_group_and_a_smaller_group_over_a_larger() {
        let head = "[groups]\nall = ['gp', 'nurse', 'auditor']\nfew = ['gp', 'nurse']\n[a.b]\ndoes = 'x'\n";
        let table =
            Table::parse(&format!("{head}all = 'any'\nfew = 'own_centre'\nnurse = 'own_object'")).unwrap();
        let codes = |role| table.codes(role, "a.b");
        assert_eq!(codes(Role::Nurse), [Code::OwnObject]);
        assert_eq!(codes(Role::Gp), [Code::OwnCentre]);
        assert_eq!(codes(Role::Auditor), [Code::Any]);
        for wrong in ["'gp nurse' = 'any'\ngp = 'any'", "chef = 'any'", "gp = 'magic'"] {
            assert!(Table::parse(&format!("{head}{wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_rules_of_a_database_take_the_place_of_the_built_in_ones() {
        let rules = [
            ("visit.sign", "nurse", vec!["own_object"]),
            ("visit.sign", "gp", vec![]),
            ("x.y", "gp", vec!["any"]),
        ];
        let rules =
            rules.map(|(a, r, c)| (a.to_owned(), r.to_owned(), c.into_iter().map(str::to_owned).collect()));
        let table = Table::built_in().with(rules);
        assert_eq!(table.codes(Role::Nurse, "visit.sign"), [Code::OwnObject]);
        assert_eq!(table.codes(Role::Gp, "visit.sign"), []);
        assert_eq!(table.codes(Role::Administrator, "centre.add"), []);
    }
}
