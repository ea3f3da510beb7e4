//! `praxis user add`: the first administrator, before anybody can sign in. A code is printed once; there is no default
//! password anywhere.
use super::{
    Context, Failure, block_on,
    failure::{DATA, USAGE},
    migrate::no_database,
    output::{note, say},
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
    },
    server,
    store::System,
    text::clean,
};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// How long the first code can be used, in hours.
const CODE_HOURS: i32 = 72;

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add an account and print its one-time code
    Add(Add),
}

/// Adds an account and prints its one-time code, once. Needs a database login that
/// may act as the schema's owner: the one that ran `praxis migrate`.
#[derive(Debug, Args)]
pub struct Add {
    /// The user name to sign in with
    #[arg(long)]
    login: String,
    /// administrator, receptionist, nurse, lab_technician, auditor, or a profession
    /// such as gp
    #[arg(long)]
    role: String,
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
        let Self::Add(add) = self;
        let details = add.details()?;
        block_on(async {
            let mut system = connect(context, add.database_login.as_deref()).await?;
            for name in [&details.login, &details.email] {
                if !name.is_empty() && system.login_taken(name).await? {
                    let message = format!(
                        "{name} is already the login or e-mail address of an account. Nothing was changed"
                    );
                    return Err(Failure::new(DATA, message));
                }
            }
            let (code, verifier) = fresh_code().await?;
            let id = AccountId::new();
            system.add_account(id, &details, &verifier, CODE_HOURS).await?;
            if context.json {
                let answer = serde_json::json!({
                    "account": id, "login": details.login, "role": details.position.role.code(),
                    "one_time_code": &*code, "hours": CODE_HOURS
                });
                say(&answer.to_string());
            } else {
                say(&format!("Added {} ({}).", details.login, details.position.word()));
                say(&format!("One-time code: {}", &*code));
                note(
                    "The code is shown only now and works for 72 hours; a password is chosen at the first sign-in.",
                );
            }
            Ok(ExitCode::SUCCESS)
        })?
    }
}

impl Add {
    fn details(&self) -> Result<AccountDetails, Failure> {
        let position = Profession::from_code(&self.role).map(Position::provider).or_else(|| {
            Role::from_code(&self.role)
                .filter(|r| !r.sees_patients() && *r != Role::Patient)
                .map(Position::plain)
        });
        let Some(position) = position else {
            let known: Vec<&str> = Position::all()
                .into_iter()
                .map(|p| p.profession.map_or(p.role.code(), Profession::code))
                .collect();
            let message = format!("there is no role {}. Roles: {}", clean(&self.role), known.join(", "));
            return Err(Failure::new(USAGE, message));
        };
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
