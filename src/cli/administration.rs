//! `praxis get`, `praxis set` and `praxis role`: the site's policies and people's roles from a shell, each change logged
//! with the name of the OS user and a reason.
use super::{
    Context, Failure, block_on,
    failure::{DATA, USAGE},
    output::{note, say, say_json},
    user::{connect, no_account, position, reason},
};
use crate::{
    domain::policy::{self, POLICIES},
    store::Error,
    text::clean,
};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Shows the policies of the site, or one of them.
#[derive(Debug, Args)]
pub struct Get {
    /// The policy to show; without it, all of them
    key: Option<String>,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

/// Gives a policy of the site another value. Programs that are open follow at once.
#[derive(Debug, Args)]
pub struct Set {
    /// The policy, as `praxis get` lists it
    key: String,
    value: String,
    /// Why it is changed; goes to the log
    #[arg(long)]
    why: String,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

/// Gives somebody another role. Their permissions change at their next statement.
#[derive(Debug, Args)]
pub struct Role {
    /// The person's user name or e-mail address
    login: String,
    /// administrator, nurse and so on, or a profession such as gp
    role: String,
    /// Why it is changed; goes to the log
    #[arg(long)]
    why: String,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

impl Get {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        if let Some(key) = &self.key {
            known(key)?;
        }
        let wanted = |key: &str| self.key.as_deref().is_none_or(|k| k == key);
        block_on(async {
            let mut system = connect(context, self.database_login.as_deref()).await?;
            let all = system.settings().await?;
            let shown: Vec<_> = all.iter().filter(|(p, _)| wanted(p.key)).collect();
            if context.json {
                let answer: serde_json::Map<String, Value> =
                    shown.iter().map(|(p, v)| (p.key.to_owned(), json!(v))).collect();
                say_json(&Value::Object(answer));
            } else if let (Some(_), [(_, value)]) = (&self.key, shown.as_slice()) {
                say(&clean(value));
            } else {
                let width = shown.iter().map(|(p, _)| p.key.len()).max().unwrap_or(0);
                for (p, value) in shown {
                    say(&format!("{:width$}  {}", p.key, clean(value)));
                }
            }
            Ok(ExitCode::SUCCESS)
        })?
    }
}

impl Set {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let policy = known(&self.key)?;
        let value = policy.check(&self.value).map_err(|why| Failure::new(DATA, why.to_string()))?;
        let why = reason(&self.why)?;
        block_on(async {
            let mut system = connect(context, self.database_login.as_deref()).await?;
            let done = system.change_setting(policy.key, &value, &why).await;
            let before = system.tell_refusal("setting.change", "setting", policy.key, done).await?;
            if context.json {
                say_json(&json!({ "key": policy.key, "from": before, "to": value }));
            } else if before == value {
                say(&format!("{} is {} already. Nothing was changed.", policy.key, clean(&value)));
            } else {
                say(&format!("{} is {} now; it was {}.", policy.key, clean(&value), clean(&before)));
            }
            Ok(ExitCode::SUCCESS)
        })?
    }
}

impl Role {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let to = position(&self.role)?;
        let why = reason(&self.why)?;
        block_on(async {
            let mut system = connect(context, self.database_login.as_deref()).await?;
            let done = system.change_role(&self.login, to, &why).await;
            let before = match system.tell_refusal("account.change", "account", &self.login, done).await {
                Err(Error::NotFound) => return Err(no_account(&self.login)),
                done => done?,
            };
            let now = to.profession.map_or(to.role.code(), |p| p.code());
            if context.json {
                say_json(&json!({ "login": self.login, "from": before, "to": now }));
            } else {
                say(&format!("{} is {} now; the role was {before}.", clean(&self.login), to.word()));
                note(
                    "Centres are given by an administrator in the program; without one nobody sees a board.",
                );
            }
            Ok(ExitCode::SUCCESS)
        })?
    }
}

fn known(key: &str) -> Result<&'static policy::Policy, Failure> {
    policy::policy(key).ok_or_else(|| {
        let keys: Vec<&str> = POLICIES.iter().map(|p| p.key).collect();
        Failure::new(USAGE, format!("there is no policy {}. Policies: {}", clean(key), keys.join(", ")))
    })
}
