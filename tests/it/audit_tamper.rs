//! What somebody with every right on the database can do to the log, and that all of it is found when it is older than the
//! newest root outside.
use crate::{
    audit_seal::{Sealed, busy, look},
    support::cluster::block_on,
};
use serde_json::Value;
use sqlx::Connection as _;

/// A log of several chains under two roots, and a copy of it to put back.
fn under_two_roots() -> Sealed {
    let s = Sealed::new();
    let clinic = busy(&s.db);
    s.seal();
    block_on(async {
        look(&s.db, &clinic, "anna").await;
        look(&s.db, &clinic, "mei").await;
    });
    s.seal();
    let (code, answer) = s.verify(&[]);
    assert_eq!(code, 0, "{answer}");
    as_superuser(&s, &[COPIED]);
    s
}

const COPIED: &str = "
    create schema kept;
    create table kept.event as select * from audit.event; create table kept.chain as select * from audit.chain;
    create table kept.root as select * from audit.root; create table kept.root_head as select * from audit.root_head;";

const PUT_BACK: &str = "
    truncate audit.event, audit.chain, audit.root, audit.root_head;
    insert into audit.event select * from kept.event; insert into audit.chain select * from kept.chain;
    insert into audit.root select * from kept.root; insert into audit.root_head select * from kept.root_head;";

/// Does this to the log, with [`PICKED`] at hand.
fn tamper(s: &Sealed, sql: &'static str) {
    as_superuser(s, &[PICKED, sql]);
}

fn as_superuser(s: &Sealed, statements: &[&'static str]) {
    block_on(async {
        let mut c = s.db.superuser().await;
        sqlx::raw_sql("set session_replication_role = replica").execute(&mut c).await.unwrap();
        for sql in statements {
            sqlx::raw_sql(*sql).execute(&mut c).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        }
        c.close().await.unwrap();
    });
}

/// One chain of the first root with at least four events: what the cases are done to; and a function that writes a chain
/// anew from its beginning.
const PICKED: &str = "
    create temp table picked as
      select e.chain_id as chain, min(e.id::text) filter (where e.n = 2)::uuid as second, max(e.n) as last,
             min(e.id::text) filter (where e.n = 3)::uuid as third
        from audit.event e where e.chain_id in (select chain_id from audit.root_head where root_n = 1)
       group by e.chain_id having count(*) >= 4 order by min(e.at) limit 1;
    do $$ begin if not exists (select from picked) then raise 'no chain is long enough'; end if; end $$;
    create function pg_temp.anew(which uuid) returns void language plpgsql as $$
    declare e audit.event; h bytea := sha256('praxis'); k bigint := 0;
    begin
        for e in select * from audit.event x where x.chain_id = which order by x.at, x.n loop
            k := k + 1;
            update audit.event x set n = -k where x.id = e.id;
        end loop;
        for e in select * from audit.event x where x.chain_id = which order by x.n desc loop
            k := -e.n;
            update audit.event x set n = k, previous = h, hash = audit.digest(h, k, e.id, e.at, e.session_id, e.account_id, e.role,
                   e.action, e.entity, e.entity_id, e.patient_id, e.outcome, e.facts) where x.id = e.id returning hash into h;
        end loop;
        update audit.chain set n = k, head = h where id = which;
    end $$;
    create function pg_temp.heads() returns void language sql as $$
        update audit.root_head h set head = e.hash from audit.event e where e.chain_id = h.chain_id and e.n = h.n
    $$;
    create function pg_temp.roots() returns void language plpgsql as $$
    declare r audit.root; p bytea := decode(repeat('00', 32), 'hex'); hs bytea; said text;
    begin
        for r in select * from audit.root order by n loop
            select sha256(convert_to(string_agg(h.chain_id || ' ' || h.n || ' ' || encode(h.head, 'hex') || E'\\n', '' order by h.chain_id), 'UTF8'))
              into hs from audit.root_head h where h.root_n = r.n;
            said := format(E'praxis audit root 1\\nnumber %s\\nat %s\\nprevious %s\\nchains %s\\nevents %s\\nheads %s\\nkey %s\\n', r.n,
                    to_char(r.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), encode(p, 'hex'), r.chains, r.events,
                    encode(hs, 'hex'), r.key);
            update audit.root x set previous = p, heads = hs, hash = sha256(convert_to(said, 'UTF8')) where x.n = r.n returning hash into p;
        end loop;
    end $$;";

/// The first fault's kind, and whether it names this event.
fn first(answer: &Value) -> (&str, Option<i64>) {
    (answer["first"]["kind"].as_str().unwrap_or("none"), answer["first"]["n"].as_i64())
}

#[test]
fn an_event_altered_in_any_column_is_named() {
    let columns = [
        "at = at - interval '1 microsecond'",
        "session_id = gen_random_uuid()",
        "account_id = null",
        "role = 'nurse'",
        "action = 'patient.opem'",
        "entity = 'appointment'",
        "entity_id = gen_random_uuid()",
        "patient_id = gen_random_uuid()",
        "outcome = case outcome when 'done' then 'refused' else 'done' end",
        "facts = facts || '{\"rows\": 7}'",
        "facts = facts - 'right' - 'by' || '{\"x\": null}'",
        "hash = sha256(hash)",
        "previous = sha256(previous)",
        "id = gen_random_uuid()",
    ];
    let s = Sealed::new();
    busy(&s.db);
    s.seal();
    assert_eq!(s.verify(&[]).0, 0);
    block_on(async {
        let mut c = s.db.superuser().await;
        sqlx::raw_sql("set session_replication_role = replica").execute(&mut c).await.unwrap();
        sqlx::raw_sql(PICKED).execute(&mut c).await.unwrap();
        sqlx::raw_sql("create table kept as select * from audit.event").execute(&mut c).await.unwrap();
        for column in columns {
            let sql = format!(
                "update audit.event set {column} where chain_id = (select chain from picked) and n = 2"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut c).await.unwrap();
            let (code, answer) = s.verify(&[]);
            assert_eq!(code, 65, "{column}");
            assert_eq!(answer["first"]["n"], 2, "{column}: {answer}");
            assert!(["altered", "inserted"].contains(&first(&answer).0), "{column}: {answer}");
            sqlx::raw_sql("truncate audit.event; insert into audit.event select * from kept")
                .execute(&mut c)
                .await
                .unwrap();
        }
        assert_eq!(s.verify(&[]).0, 0, "put back as it was");
    });
}

/// What is done, the kinds that may be found first, and the number in the chain that must be named.
type Case = (&'static str, &'static [&'static str], Option<i64>);

const CASES: &[Case] = &[
    ("delete from audit.event where id = (select second from picked)", &["missing"], Some(3)),
    ("delete from audit.event where chain_id = (select chain from picked) and n = 1", &["missing"], Some(2)),
    (
        "delete from audit.event where chain_id = (select chain from picked) and n = (select last from picked);
         update audit.chain c set n = e.n, head = e.hash from audit.event e
          where c.id = (select chain from picked) and e.chain_id = c.id and e.n = (select last - 1 from picked)",
        &["missing"],
        None,
    ),
    (
        "delete from audit.event where chain_id = (select chain from picked) and n > 2;
         update audit.chain c set n = 2, head = e.hash from audit.event e
          where c.id = (select chain from picked) and e.chain_id = c.id and e.n = 2;
         delete from audit.root_head where chain_id = (select chain from picked)",
        &["root-altered", "inserted"],
        None,
    ),
    (
        "insert into audit.event select gen_random_uuid(), chain_id, last + 1, at, session_id, account_id, role, action, entity,
                entity_id, patient_id, outcome, facts, hash, sha256(hash) from audit.event, picked where chain_id = chain and n = last",
        &["altered", "inserted"],
        None,
    ),
    (
        "update audit.event set n = case n when 2 then -3 else -2 end where chain_id = (select chain from picked) and n in (2, 3);
         update audit.event set n = -n where n < 0",
        &["reordered"],
        None,
    ),
    (
        "update audit.event set action = 'home.open' where id = (select second from picked); select pg_temp.anew((select chain from picked))",
        &["recomputed"],
        Some(1),
    ),
    (
        "delete from audit.event where id = (select second from picked); select pg_temp.anew((select chain from picked))",
        &["recomputed", "missing"],
        None,
    ),
    (
        "update audit.event set action = 'home.open' where id = (select second from picked);
         select pg_temp.anew((select chain from picked)), pg_temp.heads()",
        &["root-altered"],
        None,
    ),
    (
        "update audit.event set action = 'home.open' where id = (select second from picked);
         select pg_temp.anew((select chain from picked)); select pg_temp.heads(); select pg_temp.roots()",
        &["root-forged", "root-altered"],
        None,
    ),
    (
        "delete from audit.event where chain_id = (select chain from picked); delete from audit.chain where id = (select chain from picked)",
        &["missing"],
        Some(1),
    ),
    (
        "delete from audit.event where chain_id = (select chain from picked); delete from audit.chain where id = (select chain from picked);
         delete from audit.root_head where chain_id = (select chain from picked)",
        &["root-altered"],
        None,
    ),
    (
        "delete from audit.event where chain_id = (select chain from picked); delete from audit.chain where id = (select chain from picked);
         delete from audit.root_head where chain_id = (select chain from picked); select pg_temp.roots()",
        &["root-forged", "root-altered"],
        None,
    ),
    ("delete from audit.root_head where root_n = 1; delete from audit.root where n = 1", &["root-missing", "root-altered"], None),
    ("delete from audit.root_head where root_n = 2; delete from audit.root where n = 2", &["older-copy"], None),
    ("update audit.root set at = at - interval '1 s' where n = 1", &["root-altered"], None),
    ("update audit.root set key = '0123456789abcdef' where n = 2; select pg_temp.roots()", &["root-forged", "root-altered"], None),
    // A whole chain with old times, put in beside the others and fitting itself.
    (
        "insert into audit.chain select gen_random_uuid(), session_id, 1, 0, head from audit.chain limit 1;
         insert into audit.event select gen_random_uuid(), c.id, 1, now() - interval '1 day', null, null, 'nobody', 'x', 'x', null, null,
                'done', '{}', sha256('praxis'), sha256('') from audit.chain c where c.n = 0;
         select pg_temp.anew(id) from audit.chain where n = 0",
        &["inserted"],
        Some(1),
    ),
    (
        "truncate audit.event, audit.chain, audit.root, audit.root_head",
        &["older-copy"],
        None,
    ),
];

fn finds(cases: &'static [Case]) {
    let s = under_two_roots();
    for (sql, kinds, n) in cases {
        tamper(&s, sql);
        let (code, answer) = s.verify(&[]);
        assert_eq!(code, 65, "not found: {sql}\n{answer}");
        let found: Vec<&str> =
            answer["earliest"].as_array().unwrap().iter().map(|f| f["kind"].as_str().unwrap()).collect();
        assert!(kinds.iter().any(|k| found.contains(k)), "{sql}: {found:?}\n{answer}");
        if let Some(n) = n {
            assert_eq!(answer["first"]["n"], *n, "{sql}\n{answer}");
        }
        as_superuser(&s, &[PUT_BACK]);
    }
    assert_eq!(s.verify(&[]).0, 0, "put back as it was");
}

#[test]
fn what_is_removed_put_in_or_moved_is_found() {
    finds(&CASES[..6]);
}

#[test]
fn a_chain_written_anew_is_found() {
    finds(&CASES[6..13]);
}

#[test]
fn roots_removed_altered_or_made_again_are_found() {
    finds(&CASES[13..]);
}

#[test]
fn an_older_copy_of_the_database_is_found_and_not_sealed_further() {
    let s = Sealed::new();
    let clinic = busy(&s.db);
    s.seal();
    block_on(look(&s.db, &clinic, "mei"));
    s.seal();
    tamper(
        &s,
        "delete from audit.event e using audit.root_head h where h.root_n = 2 and h.chain_id = e.chain_id;
         delete from audit.chain c using audit.root_head h where h.root_n = 2 and h.chain_id = c.id;
         delete from audit.root_head where root_n = 2; delete from audit.root where n = 2",
    );
    let (code, answer) = s.verify(&[]);
    assert_eq!((code, first(&answer).0), (65, "older-copy"), "{answer}");
    block_on(look(&s.db, &clinic, "mei"));
    let refused = s.praxis(&["jobs", "run", "--once"]);
    assert_eq!(refused.status.code(), Some(65), "{}", crate::audit_seal::said(&refused));
}

#[test]
fn a_swapped_key_is_found() {
    let s = Sealed::new();
    busy(&s.db);
    s.seal();
    let other = s.folder.join("other.key");
    assert!(s.praxis(&["audit", "key", other.to_str().unwrap()]).status.success());
    let (code, answer) = s.verify(&["--keys", other.with_extension("key.pub").to_str().unwrap()]);
    assert_eq!((code, first(&answer).0), (65, "root-forged"), "{answer}");
    let both = s.folder.join("both.pub");
    let keys = [s.folder.join("audit.key.pub"), other.with_extension("key.pub")];
    let text: String = keys.iter().map(|k| std::fs::read_to_string(k).unwrap()).collect();
    std::fs::write(&both, text).unwrap();
    assert_eq!(
        s.verify(&["--keys", both.to_str().unwrap()]).0,
        0,
        "a clinic with a new key keeps the old public half"
    );
}
