//! `praxis user`: accounts from a shell, the first administrator before anybody can sign in. A code is printed once; there
//! is no default password anywhere.
mod service;

use super::{
    Context, Failure, block_on,
    failure::{DATA, USAGE},
    migrate::no_database,
    output::{note, say, say_json},
};
use crate::{
    auth::login::fresh_code,
    domain::{
        account::{AccountDetails, Position},
        actor::Role,
        ids::AccountId,
        name::PersonName,
        provider::Profession,
        validate::{Field, check_undated},
        why::Why,
    },
    server,
    store::{Error, System},
    text::clean,
};
use clap::{Args, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// How long the first code can be used, in hours.
const CODE_HOURS: i32 = 72;

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add an account and print its one-time code
    Add(Add),
    /// List the accounts
    List(List),
    /// Sign somebody out everywhere and refuse further sign-ins
    Deactivate(WhoAndWhy),
    /// Let somebody sign in again
    Reactivate(WhoAndWhy),
    /// Replace somebody's password by a one-time code and print it, once
    Code(Who),
}

/// Lists the accounts of staff.
#[derive(Debug, Args)]
pub struct List {
    /// Patients' accounts too
    #[arg(long)]
    patients: bool,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

/// Whose account.
#[derive(Debug, Args)]
pub struct Who {
    /// The person's user name or e-mail address
    login: String,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

/// Whose account, and why.
#[derive(Debug, Args)]
pub struct WhoAndWhy {
    #[command(flatten)]
    who: Who,
    /// Why; kept with the account
    #[arg(long)]
    why: String,
}

/// Adds an account and prints its one-time code, once; or a service, whose secret
/// goes to a file. Needs a database login that may act as the schema's owner: the
/// one that ran `praxis migrate`.
#[derive(Debug, Args)]
pub struct Add {
    /// The user name to sign in with
    #[arg(long)]
    login: String,
    /// administrator, receptionist, nurse, lab_technician, auditor, or a profession
    /// such as gp
    #[arg(long, required_unless_present = "service", default_value = "")]
    role: String,
    /// Not a person but a program: a waiting-room screen (display) of one centre
    #[arg(long, requires = "centre", requires = "secret_file", conflicts_with_all = ["role", "email", "family", "given"])]
    service: bool,
    /// The service's centre, by name or number
    #[arg(long, value_name = "CENTRE", requires = "service")]
    centre: Option<String>,
    /// Where the service's secret is written; the file must not be there yet
    #[arg(long, value_name = "FILE", requires = "service")]
    secret_file: Option<PathBuf>,
    /// The e-mail address, which can be used to sign in too
    #[arg(long, default_value = "")]
    email: String,
    /// The family name
    #[arg(long, default_value = "")]
    family: String,
    /// The given name
    #[arg(long, default_value = "")]
    given: String,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

impl User {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let done = match self {
            Self::Add(add) => block_on(add.run(context))?,
            Self::List(list) => block_on(list.run(context))?,
            Self::Deactivate(asked) => block_on(asked.deactivate(context))?,
            Self::Reactivate(asked) => block_on(asked.reactivate(context))?,
            Self::Code(who) => block_on(who.code(context))?,
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(&self, context: &Context) -> Result<(), Failure> {
        let mut system = connect(context, self.database_login.as_deref()).await?;
        let accounts = system.accounts(self.patients).await?;
        if context.json {
            let rows: Vec<_> = accounts
                .iter()
                .map(|a| {
                    serde_json::json!({
                        "account": a.id, "login": a.login, "email": a.email, "family": a.name.family,
                        "given": a.name.given, "role": a.role, "profession": a.profession,
                        "deactivated_at": a.deactivated_at
                    })
                })
                .collect();
            say_json(&serde_json::Value::Array(rows));
            return Ok(());
        }
        service::list(&mut system).await?;
        for a in accounts {
            let role = a.profession.as_deref().unwrap_or(&a.role);
            let ended = if a.deactivated_at.is_some() { "  (deactivated)" } else { "" };
            let name = format!("{} {}", a.name.family.to_uppercase(), a.name.given);
            say(&format!("{:<24} {:<20} {}{ended}", clean(&a.login), role, clean(name.trim())));
        }
        Ok(())
    }
}

impl WhoAndWhy {
    async fn deactivate(&self, context: &Context) -> Result<(), Failure> {
        let why = reason(&self.why)?;
        let keys = super::program::keys_of(&context.config()?)?;
        let mut system = connect(context, self.who.database_login.as_deref()).await?;
        let mut done = system.deactivate_account(&keys, &self.who.login, &why).await;
        if matches!(done, Err(Error::NotFound)) {
            done = system.end_service(&self.who.login, &why).await.map(Into::into);
        }
        let id = self.who.found(&mut system, "account.deactivate", done).await?;
        let said = format!("{} can no longer sign in.", clean(&self.who.login));
        tell(context, &serde_json::json!({ "account": id, "deactivated": true }), &said);
        Ok(())
    }

    async fn reactivate(&self, context: &Context) -> Result<(), Failure> {
        let why = reason(&self.why)?;
        let keys = super::program::keys_of(&context.config()?)?;
        let mut system = connect(context, self.who.database_login.as_deref()).await?;
        let done = system.reactivate_account(&keys, &self.who.login, &why).await;
        let id = self.who.found(&mut system, "account.reactivate", done).await?;
        let said = format!("{} can sign in again.", clean(&self.who.login));
        tell(context, &serde_json::json!({ "account": id, "deactivated": false }), &said);
        Ok(())
    }
}

impl Who {
    async fn code(&self, context: &Context) -> Result<(), Failure> {
        let mut system = connect(context, self.database_login.as_deref()).await?;
        let (code, verifier) = fresh_code().await?;
        let done = system.give_code(&self.login, &verifier, CODE_HOURS).await;
        let id = self.found(&mut system, "account.give-code", done).await?;
        let answer = serde_json::json!({ "account": id, "one_time_code": &*code, "hours": CODE_HOURS });
        tell(context, &answer, &format!("One-time code: {}", &*code));
        if !context.json {
            note(
                "The code is shown only now and works for 72 hours; a password is chosen at the next sign-in.",
            );
        }
        Ok(())
    }

    /// What was done, or why not, which the log is told.
    async fn found<T>(
        &self,
        system: &mut System,
        action: &str,
        done: Result<T, Error>,
    ) -> Result<T, Failure> {
        match system.tell_refusal(action, "account", &self.login, done).await {
            Err(Error::NotFound) => Err(no_account(&self.login)),
            done => Ok(done?),
        }
    }
}

/// Nobody signs in with this name.
pub(super) fn no_account(login: &str) -> Failure {
    Failure::new(DATA, format!("nobody signs in as {}. `praxis user list` shows the accounts", clean(login)))
}

fn tell(context: &Context, json: &serde_json::Value, said: &str) {
    if context.json { say_json(json) } else { say(said) }
}

/// The position of this role or profession.
pub(super) fn position(role: &str) -> Result<Position, Failure> {
    let position = Profession::from_code(role).map(Position::provider).or_else(|| {
        Role::from_code(role).filter(|r| !r.sees_patients() && *r != Role::Patient).map(Position::plain)
    });
    position.ok_or_else(|| {
        let known: Vec<&str> = Position::all()
            .into_iter()
            .map(|p| p.profession.map_or(p.role.code(), Profession::code))
            .collect();
        let message = format!("there is no role {}. Roles: {}", clean(role), known.join(", "));
        Failure::new(USAGE, message)
    })
}

impl Add {
    async fn run(&self, context: &Context) -> Result<(), Failure> {
        if let (true, Some(centre), Some(file)) = (self.service, &self.centre, &self.secret_file) {
            let mut system = connect(context, self.database_login.as_deref()).await?;
            return service::add(context, &mut system, &self.login, centre, file).await;
        }
        let details = self.details()?;
        let mut system = connect(context, self.database_login.as_deref()).await?;
        for name in [&details.login, &details.email] {
            if !name.is_empty() && system.login_taken(name).await? {
                let taken = Err::<(), _>(Error::Duplicate(Why::new("login_name_pkey", "")));
                system.tell_refusal("account.add", "account", name, taken).await.ok();
                let message = format!(
                    "{name} is already the login or e-mail address of an account. Nothing was changed"
                );
                return Err(Failure::new(DATA, message));
            }
        }
        let (code, verifier) = fresh_code().await?;
        let id = AccountId::new();
        let done = system.add_account(id, &details, &verifier, CODE_HOURS).await;
        system.tell_refusal("account.add", "account", &details.login, done).await?;
        if context.json {
            let answer = serde_json::json!({
                "account": id, "login": details.login, "role": details.position.role.code(),
                "one_time_code": &*code, "hours": CODE_HOURS
            });
            say_json(&answer);
        } else {
            say(&format!("Added {} ({}).", details.login, details.position.word()));
            say(&format!("One-time code: {}", &*code));
            note(
                "The code is shown only now and works for 72 hours; a password is chosen at the first sign-in.",
            );
        }
        Ok(())
    }

    fn details(&self) -> Result<AccountDetails, Failure> {
        let position = position(&self.role)?;
        let field = |field: Field, option: &str, value: &str| {
            if value.is_empty() {
                return Ok(String::new());
            }
            check_undated(field, value).map_err(|why| Failure::new(USAGE, format!("--{option}: {why}")))
        };
        let login = check_undated(Field::Login, &self.login)
            .map_err(|why| Failure::new(USAGE, format!("--login: {why}")))?;
        Ok(AccountDetails {
            login,
            email: field(Field::Email, "email", &self.email)?.to_lowercase(),
            name: PersonName::new(
                field(Field::FamilyName, "family", &self.family)?,
                field(Field::GivenName, "given", &self.given)?,
            ),
            phone: String::new(),
            position,
            centres: vec![],
        })
    }
}

/// A connection that acts as the owner.
pub(super) async fn connect(context: &Context, login: Option<&str>) -> Result<System, Failure> {
    let database = context.config()?.database.ok_or_else(no_database)?;
    let login = login.unwrap_or(&database.user);
    let hosts: Vec<_> = database.hosts.iter().map(|h| database.options_for(h, login)).collect();
    let (connection, _) = server::primary(&hosts).await?;
    Ok(System::new(connection, &os_user()).await?)
}

/// The name of the OS user, from the system and not from the environment.
fn os_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}

/// A reason somebody can read later: one line that says something.
pub(super) fn reason(why: &str) -> Result<String, Failure> {
    let why = clean(why.trim()).to_string();
    if why.is_empty() || why.chars().count() > 200 {
        return Err(Failure::new(USAGE, "--why takes a reason of 1 to 200 characters"));
    }
    Ok(why)
}
