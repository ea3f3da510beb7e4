//! The table of permissions in the database: what is missing is filled in from the program's own, and what administrators
//! changed stays as they changed it.
use super::error::Error;
use crate::domain::{actor::Role, permission::Table};
use sqlx::{Connection as _, PgConnection};

/// Every action, role and codes of the program's table, those that may not included.
fn rules() -> serde_json::Value {
    Table::built_in()
        .actions()
        .iter()
        .flat_map(|a| {
            Role::ALL.map(|r| {
                let codes: Vec<_> = a.codes(r).iter().map(|c| c.name()).collect();
                serde_json::json!({ "action": a.id, "role": r.code(), "codes": codes })
            })
        })
        .collect()
}

/// Fills in the actions and rules that the database lacks. What an action's codes mean is the program's.
pub(super) async fn load(db: &mut PgConnection) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    // By the owner; and nobody is woken thirteen hundred times.
    sqlx::raw_sql("set local role praxis_owner; set local praxis.quiet = 'on'").execute(&mut *tx).await?;
    let actions: serde_json::Value = Table::built_in()
        .actions()
        .iter()
        .map(|a| {
            let codes: Vec<_> = a.meanings().iter().map(|c| c.name()).collect();
            serde_json::json!({ "action": a.id, "codes": codes, "strict": a.strict })
        })
        .collect();
    sqlx::query(
        "insert into clinic.policy_action (action, codes, strict)
         select x ->> 'action', array(select jsonb_array_elements_text(x -> 'codes')), (x ->> 'strict')::boolean
           from jsonb_array_elements($1) x
         on conflict (action) do update set codes = excluded.codes, strict = excluded.strict
          where (policy_action.codes, policy_action.strict) is distinct from (excluded.codes, excluded.strict)",
    )
    .bind(actions)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into clinic.policy_rule (action, role, codes)
         select x ->> 'action', x ->> 'role', array(select jsonb_array_elements_text(x -> 'codes'))
           from jsonb_array_elements($1) x
         on conflict (action, role) do nothing",
    )
    .bind(rules())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Where the database's rules are not the program's: `action role` of each.
pub(super) async fn differing(db: &mut PgConnection) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar("select d from clinic.policy_differs($1) d").bind(rules()).fetch_all(db).await?)
}
