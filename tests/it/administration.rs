//! The site's policies, accounts and roles from a shell: what is changed, what is refused, and what the log keeps of it.
use crate::support::{
    KEY_FILE,
    cluster::{Db, block_on, fresh_database},
};
use serde_json::Value;
use std::process::{Command, Output};

fn praxis(db: &Db, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_praxis"))
        .args(args)
        .env_clear()
        .env("HOME", std::env::temp_dir())
        .env("PRAXIS_DATABASE_URL", db.url_as("postgres"))
        .env("PRAXIS_SEALING_KEY_FILE", &*KEY_FILE)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn done(db: &Db, args: &[&str]) -> String {
    let output = praxis(db, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
    out(&output)
}

fn refused(db: &Db, args: &[&str], code: i32, with: &str) {
    let output = praxis(db, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}{}", out(&output), err(&output));
    assert!(err(&output).contains(with), "{args:?}: {}", err(&output));
}

fn events(db: &Db, action: &str) -> i64 {
    block_on(async {
        let query = "select count(*) from audit.event where action = $1 and outcome = 'done' and facts ->> 'by' = 'system' and facts ? 'os_user'";
        sqlx::query_scalar(query).bind(action).fetch_one(&mut db.superuser().await).await.unwrap()
    })
}

/// What was refused, as the log has it: the action, of whom or what, and the rule.
fn refusals(db: &Db) -> Vec<String> {
    block_on(async {
        let query = "select concat_ws(' ', action, facts ->> 'of', facts ->> 'rule') from audit.event
                      where outcome = 'refused' and facts ->> 'by' = 'system' and facts ? 'os_user' order by at, n";
        sqlx::query_scalar(query).fetch_all(&mut db.superuser().await).await.unwrap()
    })
}

#[test]
fn a_policy_is_shown_and_changed_with_a_reason_that_the_log_keeps() {
    let db = fresh_database();
    assert_eq!(done(&db, &["get", "history_policy"]), "central\n");
    let all = done(&db, &["get"]);
    assert!(all.contains("history_grace_days") && all.contains("90"), "{all}");
    let said = done(&db, &["set", "history_policy", "strict", "--why", "The board decided"]);
    assert_eq!(said, "history_policy is strict now; it was central.\n");
    assert!(done(&db, &["set", "history_policy", "strict", "--why", "again"]).contains("already"));
    assert_eq!(events(&db, "setting.change"), 1);
    let json: Value = serde_json::from_str(&done(&db, &["get", "history_policy", "--json"])).unwrap();
    assert_eq!(json["history_policy"], "strict");
}

#[test]
fn a_policy_that_is_not_or_a_value_that_does_not_fit_is_refused_with_what_would() {
    let db = fresh_database();
    refused(&db, &["get", "colour"], 2, "Policies: clinic_name");
    refused(&db, &["set", "schema_version", "9", "--why", "x"], 2, "there is no policy schema_version");
    refused(&db, &["set", "session_hours", "25", "--why", "x"], 65, "a whole number from 1 to 24");
    refused(&db, &["set", "session_hours", "8", "--why", "  "], 2, "--why takes a reason");
    assert_eq!(events(&db, "setting.change"), 0);
}

#[test]
fn accounts_are_listed_deactivated_and_brought_back() {
    let db = fresh_database();
    done(&db, &["user", "add", "--login", "root", "--role", "administrator", "--family", "Keys"]);
    done(&db, &["user", "add", "--login", "nia", "--role", "nurse", "--given", "Nia", "--family", "Okoro"]);
    refused(&db, &["user", "deactivate", "root", "--why", "left"], 77, "administrator");
    refused(&db, &["user", "deactivate", "nobody", "--why", "left"], 65, "nobody signs in as nobody");
    done(&db, &["user", "deactivate", "nia", "--why", "Left the clinic"]);
    refused(&db, &["user", "deactivate", "nia", "--why", "again"], 77, "deactivated already");
    assert!(done(&db, &["user", "list"]).contains("OKORO Nia  (deactivated)"));
    done(&db, &["user", "reactivate", "NIA", "--why", "is back"]);
    refused(&db, &["user", "reactivate", "nia", "--why", "is back"], 77, "is not deactivated");
    assert_eq!((events(&db, "account.deactivate"), events(&db, "account.reactivate")), (1, 1));
    refused(&db, &["user", "code", "nobody"], 65, "nobody signs in as nobody");
    refused(&db, &["user", "add", "--login", "nia", "--role", "nurse"], 65, "already the login");
    let told = [
        "account.deactivate root last_administrator",
        "account.deactivate nobody not_found",
        "account.deactivate nia already_deactivated",
        "account.reactivate nia not_deactivated",
        "account.give-code nobody not_found",
        "account.add nia login_name_pkey",
    ];
    assert_eq!(refusals(&db), told);
    assert_eq!(events(&db, "accounts.open"), 0, "staff is the directory");
    done(&db, &["user", "list", "--patients"]);
    assert_eq!(events(&db, "accounts.open"), 1);
    let code: Value = serde_json::from_str(&done(&db, &["user", "code", "nia", "--json"])).unwrap();
    assert_eq!(code["one_time_code"].as_str().unwrap().len(), 23);
    assert_eq!(events(&db, "account.give-code"), 1);
}

#[test]
fn a_role_is_given_but_the_clinic_keeps_an_administrator() {
    let db = fresh_database();
    done(&db, &["user", "add", "--login", "root", "--role", "administrator"]);
    done(&db, &["user", "add", "--login", "kim", "--role", "nurse"]);
    refused(&db, &["role", "root", "nurse", "--why", "x"], 77, "administrator");
    refused(&db, &["role", "kim", "king", "--why", "x"], 2, "Roles: ");
    assert!(done(&db, &["role", "kim", "gp", "--why", "Qualified"]).contains("the role was nurse"));
    let listed: Value = serde_json::from_str(&done(&db, &["user", "list", "--json"])).unwrap();
    let kim = listed.as_array().unwrap().iter().find(|a| a["login"] == "kim").unwrap().clone();
    assert_eq!((kim["role"].as_str(), kim["profession"].as_str()), (Some("gp"), Some("gp")));
    assert_eq!(events(&db, "account.change"), 1);
    refused(&db, &["role", "somebody", "nurse", "--why", "x"], 65, "nobody signs in as somebody");
    assert_eq!(
        refusals(&db),
        ["account.change root last_administrator", "account.change somebody not_found"]
    );
}
