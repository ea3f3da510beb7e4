//! Nobody writes under another's name, nobody's row comes to hang on another account, and a policy takes what it takes in the
//! program: tried past it, with the event of a write beside each, as somebody would who means harm.
use super::block_on;
use crate::support::{
    cluster::{Db, fresh_database},
    people, speaker,
};
use praxis::domain::policy::{POLICIES, PolicyKind};
use sqlx::{Executor as _, PgConnection};

async fn ready() -> (Db, people::Clinic) {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    (db, clinic)
}

/// What becomes of a statement in a transaction with its request and its event: the rule or code that refuses it, else `kept`
/// and how many rows it wrote.
async fn told(c: &mut PgConnection, action: &str, entity: &str, statement: &str) -> String {
    let begin = format!("begin; select clinic.request_begin(gen_random_uuid(), '{action}', '\\x00')");
    c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(begin))).await.expect("a request");
    let end = format!("select audit.tell('{action}', '{entity}', null, null, 'done', '{{}}'); commit");
    let done = match c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))).await {
        Ok(done) => c.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(end))).await.map(|_| done.rows_affected()),
        Err(e) => Err(e),
    };
    match done {
        Ok(rows) => format!("kept {rows}"),
        Err(e) => {
            c.execute("rollback").await.expect("a rollback");
            let e = e.into_database_error().expect("an answer");
            e.constraint().map_or_else(|| e.code().unwrap_or_default().into_owned(), str::to_owned)
        }
    }
}

#[test]
fn nobody_signs_strikes_or_marks_as_read_in_the_name_of_somebody_else() {
    block_on(async {
        let (db, clinic) = ready().await;
        let mut su = people::writer(&db).await;
        let a = people::appointment(&mut su, &clinic, &clinic.gp, clinic.linh, (9, 0), "in_progress").await;
        let visit = people::visit(&mut su, &clinic.gp, a, "open").await;
        let (anna, other) = (clinic.gp.account.0, clinic.gp2.account.0);
        let note = format!(
            "insert into clinic.note (id, encounter_id, patient_id, body, author) values (gen_random_uuid(), '{}', '{}', '\\x00', '{anna}')",
            visit.0, clinic.linh.0
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(note)).execute(&mut su).await.unwrap();
        sqlx::raw_sql("insert into clinic.message (id, kind, from_role, proven, from_name, from_email, from_phone, subject, body, sent_at)
                       values (gen_random_uuid(), 'clinic', 'unknown', false, 'x', 'x@y.example', '1', '\\x00', '\\x00', clinic.now())")
            .execute(&mut su).await.unwrap();
        let mut c = speaker::speaker(&db, "anna").await;
        let strike = |who| format!("update clinic.note set struck_at = clinic.now(), struck_by = '{who}'");
        assert_eq!(told(&mut c, "record.strike", "note", &strike(other)).await, "not_in_own_name");
        assert_eq!(told(&mut c, "record.strike", "note", &strike(anna)).await, "kept 1");
        let sign = format!(
            "update clinic.encounter set state = 'signed', signed_at = clinic.now(), signed_by = '{other}'"
        );
        assert_eq!(told(&mut c, "visit.sign", "encounter", &sign).await, "not_in_own_name");
        let mut mei = speaker::speaker(&db, "mei").await;
        let read = |who| format!("update clinic.message set read_by = '{who}', read_at = clinic.now()");
        let action = "message.mark-read";
        assert_eq!(told(&mut mei, action, "message", &read(other)).await, "not_in_own_name");
        assert_eq!(told(&mut mei, action, "message", &read(clinic.reception.account.0)).await, "kept 1");
        let book = format!(
            "insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
             values (gen_random_uuid(), '{}', '{}', '{}', 'walk_in', 'arrived', current_date, now(), now() + interval '15 min', '{other}')",
            clinic.hao.0, clinic.gp.provider().0, clinic.randwick.0
        );
        assert_eq!(told(&mut mei, "appointment.book", "appointment", &book).await, "not_in_own_name");
    });
}

#[test]
fn nobody_hangs_a_patient_or_a_provider_on_an_account() {
    block_on(async {
        let (db, clinic) = ready().await;
        let mut mei = speaker::speaker(&db, "mei").await;
        // Whose record it is, is whose chart is theirs: a merge would open another patient's to them.
        for (column, value) in [
            ("account_id", format!("'{}'", clinic.gp2.account.0)),
            ("record_number", "7".to_owned()),
            ("allergy_state", "'none_known'".into()),
            ("changed_by", format!("'{}'", clinic.gp2.account.0)),
        ] {
            let register = format!(
                "insert into clinic.patient (id, family_name, given_name, birth_date, {column}) values (gen_random_uuid(), 'A', 'B', '1990-01-01', {value})"
            );
            assert_eq!(told(&mut mei, "patient.register", "patient", &register).await, "42501", "{column}");
        }
        let mut root = speaker::speaker(&db, "root").await;
        let take = format!(
            "update clinic.provider set account_id = '{}' where id = '{}'",
            clinic.admin.account.0,
            clinic.gp.provider().0
        );
        assert_eq!(told(&mut root, "provider.change", "provider", &take).await, "42501");
        for table in ["staff_centre", "provider_centre", "provider_hours", "provider_specialty"] {
            let swap = format!(
                "update clinic.{table} set {} = null",
                if table == "staff_centre" { "account_id" } else { "provider_id" }
            );
            assert_eq!(told(&mut root, "provider.set-centres", "provider", &swap).await, "42501", "{table}");
        }
    });
}

#[test]
fn a_policy_takes_in_the_database_what_it_takes_in_the_program() {
    block_on(async {
        let (db, _) = ready().await;
        let mut root = speaker::speaker(&db, "root").await;
        let set = |key: &str, value: &str| {
            format!("update clinic.setting set value = '{value}' where key = '{key}'")
        };
        for policy in POLICIES {
            let (good, bad): (Vec<String>, Vec<String>) = match policy.kind {
                PolicyKind::Number(low, high) => (
                    vec![low.to_string(), high.to_string()],
                    vec![(high + 1).to_string(), "-1".into(), "x".into()],
                ),
                PolicyKind::Choice(words) => {
                    (words.iter().map(|w| (*w).to_owned()).collect(), vec!["x".into(), String::new()])
                }
                PolicyKind::Text(max) => (vec!["A".repeat(max)], vec!["A".repeat(max + 1), String::new()]),
                PolicyKind::Professions => (vec![String::new(), "gp,specialist".into()], vec!["GP;".into()]),
                PolicyKind::Roles => (vec![String::new()], vec!["Administrator!".into()]),
            };
            for value in bad {
                let refused = told(&mut root, "setting.change", "setting", &set(policy.key, &value)).await;
                assert_eq!(refused, "setting_value", "{} = {value:?}", policy.key);
            }
            for value in good {
                let kept = told(&mut root, "setting.change", "setting", &set(policy.key, &value)).await;
                assert_eq!(kept, "kept 1", "{} = {value:?}", policy.key);
            }
        }
        // What no policy is.
        for key in ["schema_min_client", "sealing_required", "sealing_keys", "clinic_contact"] {
            let done = told(&mut root, "setting.change", "setting", &set(key, "x")).await;
            assert!(
                ["setting_value", "sealing_settings_stay", "kept 0"].contains(&done.as_str()),
                "{key}: {done}"
            );
        }
    });
}

#[test]
fn a_patient_reads_no_login_no_telephone_number_and_no_reason_but_their_own() {
    block_on(async {
        let (db, clinic) = ready().await;
        let mut jack = speaker::speaker(&db, "jack").await;
        for column in ["login", "email", "phone", "deactivated_why", "blocked_why", "reactivated_why"] {
            let read = format!("select {column} from clinic.account");
            let refused = jack.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(read))).await.expect_err(column);
            let code = refused.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
            assert_eq!(code.as_deref(), Some("42501"), "{column}");
        }
        let details = "select login from clinic.account_details() order by login";
        let own: Vec<String> = sqlx::query_scalar(details).fetch_all(&mut jack).await.unwrap();
        assert_eq!(own, ["jack"]);
        let mut nobody = speaker::nobody(&db).await;
        let none: Vec<String> = sqlx::query_scalar(details).fetch_all(&mut nobody).await.unwrap();
        assert!(none.is_empty(), "{none:?}");
        // The names of those who treat them, and no more.
        let names = "select count(*) from clinic.account where family_name = 'Smith'";
        let seen: i64 = sqlx::query_scalar(names).fetch_one(&mut jack).await.unwrap();
        assert_eq!(seen, 1);
        let mut mei = speaker::speaker(&db, "mei").await;
        let all: Vec<String> = sqlx::query_scalar(details).fetch_all(&mut mei).await.unwrap();
        assert!(all.len() > 8 && all.contains(&"anna".to_owned()), "{all:?} at {:?}", clinic.randwick);
    });
}
