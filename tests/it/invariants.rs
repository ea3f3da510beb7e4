//! What must hold in a database whatever died: asked with the superuser's eyes after every fault run, and each rule is
//! shown here to notice when it is broken.
use crate::support::{
    cluster::{Db, block_on, fresh_database},
    people,
};
use sqlx::PgConnection;

/// Each rule of `docs/reliability.md` with the query that finds what breaks it: one sentence per row.
const RULES: &[(&str, &str)] = &[
    (
        "I1",
        "select a.id || ' and ' || b.id || ' are at the same time with one provider'
           from clinic.appointment a join clinic.appointment b on a.id < b.id and a.provider_id = b.provider_id and a.during && b.during
          where a.kind = 'slot' and b.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
            and b.status in ('booked', 'arrived', 'in_progress')",
    ),
    (
        "I2",
        "select a.id || ' and ' || b.id || ' are at the same time for one patient'
           from clinic.appointment a join clinic.appointment b on a.id < b.id and a.patient_id = b.patient_id and a.during && b.during
          where a.kind = 'slot' and b.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
            and b.status in ('booked', 'arrived', 'in_progress')",
    ),
    // What entered a status and did not leave it: once in the one it has now, never in any other.
    (
        "I4",
        "with steps as (
             select appointment_id, to_status as status, 1 as n from clinic.appointment_event
             union all select appointment_id, from_status, -1 from clinic.appointment_event where from_status is not null)
         select a.id || ' is ' || a.status || ', its history says ' || s.status || ' ' || sum(s.n) || ' times'
           from clinic.appointment a join steps s on s.appointment_id = a.id
          group by a.id, a.status, s.status
         having sum(s.n) <> case when s.status = a.status then 1 else 0 end",
    ),
    (
        "I4",
        "select e.appointment_id || ' was changed by a ' || a.role
           from clinic.appointment_event e join clinic.account a on a.id = e.account_id join clinic.appointment x on x.id = e.appointment_id
          where a.role in ('lab_technician', 'auditor')
             or a.role = 'patient' and a.id is distinct from (select account_id from clinic.patient where id = x.patient_id)",
    ),
    // One effect per request: everything of one transaction carries its number (xmin).
    (
        "I5",
        "select r.id || ' is done without a result' from clinic.request r where r.state = 'done' and r.result is null",
    ),
    (
        "I5",
        "select 'the request ' || r.id || ' changed appointments ' || count(*) || ' times'
           from clinic.request r join clinic.appointment_event e on e.xmin = r.xmin
          where r.state = 'done' and r.kind in ('appointment.book', 'appointment.move', 'appointment.set-status', 'appointment.restore', 'appointment.cancel-own')
          group by r.id having count(*) > count(distinct e.appointment_id)",
    ),
    (
        "I5",
        "select 'the change of ' || e.appointment_id || ' at ' || e.at || ' belongs to no request'
           from clinic.appointment_event e
          where e.account_id is not null and not exists (select from clinic.request r where r.xmin = e.xmin and r.state = 'done')",
    ),
    (
        "I6",
        "select a.id || ' is with a specialist and names no referral that was open'
           from clinic.appointment a join clinic.provider v on v.id = a.provider_id
           left join clinic.referral r on r.id = a.referral_id and r.patient_id = a.patient_id and r.struck_at is null
                and a.day between r.written_on and r.valid_until
                and (r.to_provider_id = a.provider_id or r.to_provider_id is null and r.to_specialty in
                    (select specialty from clinic.provider_specialty where provider_id = a.provider_id))
          where v.profession = 'specialist' and a.kind <> 'emergency' and a.status <> 'cancelled' and r.id is null
            and exists (select from clinic.appointment_event e
                         where e.appointment_id = a.id and e.from_status is null and e.account_id is not null)",
    ),
    (
        "I6",
        "select 'the referral ' || r.id || ' allows ' || r.visits_allowed || ' visits and has ' || count(*)
           from clinic.referral r join clinic.appointment a on a.referral_id = r.id
          where a.status not in ('cancelled', 'no_show', 'voided', 'left')
          group by r.id, r.visits_allowed having count(*) > r.visits_allowed",
    ),
    (
        "I7",
        "select a.id || ' is of somebody with themselves'
           from clinic.appointment a join clinic.patient p on p.id = a.patient_id join clinic.provider v on v.id = a.provider_id
          where p.account_id = v.account_id",
    ),
    (
        "I9",
        "select n.id || ' was written by another than its author'
           from clinic.note n join audit.event e on e.xmin = n.xmin
          where n.struck_at is null and n.version = 1 and e.account_id is distinct from n.author",
    ),
    (
        "I11",
        "select 'the request ' || r.id || ' (' || r.kind || ') has ' || count(e.id) || ' events'
           from clinic.request r left join audit.event e on e.xmin = r.xmin and e.outcome = 'done' and e.action = r.kind
          where r.state = 'done' group by r.id, r.kind having count(e.id) = 0 or count(e.id) <> count(distinct coalesce(e.entity_id, r.id))",
    ),
    (
        "I11",
        "select 'the event ' || e.id || ' (' || e.action || ') belongs to no request'
           from audit.event e
          where e.outcome = 'done' and e.action in ('appointment.book', 'appointment.move', 'appointment.set-status', 'appointment.restore', 'appointment.cancel-own')
            and not exists (select from clinic.request r where r.xmin = e.xmin and r.state = 'done')",
    ),
    (
        "I12",
        "select 'the chain ' || chain_id || ' is broken at ' || n from (
             select e.*, lag(e.hash, 1, sha256('praxis')) over w as before, lag(e.n, 1, 0::bigint) over w as last
               from audit.event e window w as (partition by chain_id order by n)) e
          where previous <> before or n <> last + 1 or hash <> audit.digest(previous, n, id, at, session_id, account_id, role,
                action, entity, entity_id, patient_id, outcome, facts)",
    ),
    (
        "I12",
        "select 'the chain ' || c.id || ' ends at ' || c.n || ' and has ' || count(e.id) || ' events'
           from audit.chain c left join audit.event e on e.chain_id = c.id
          group by c.id, c.n having count(e.id) <> c.n",
    ),
    (
        "I14",
        "select e.appointment_id || ' went from ' || e.from_status || ' to ' || e.to_status
           from clinic.appointment_event e
          where e.account_id is not null and e.from_status <> e.to_status
            and e.from_status || '>' || e.to_status not in ('booked>arrived', 'booked>in_progress', 'booked>cancelled', 'booked>no_show',
                'arrived>booked', 'arrived>in_progress', 'arrived>left', 'arrived>cancelled', 'in_progress>completed',
                'in_progress>voided', 'in_progress>arrived', 'left>arrived', 'no_show>booked', 'no_show>arrived', 'cancelled>booked')",
    ),
    (
        "I14",
        "select 'the session ' || s.id || ' is removed and has bookings'
           from clinic.clinic_session s join clinic.appointment a on a.clinic_session_id = s.id
          where s.removed_at is not null and a.status in ('booked', 'arrived', 'in_progress') group by s.id",
    ),
    // A visit that runs or ended agrees with its appointment.
    (
        "I14",
        "select 'the visit ' || e.id || ' is ' || e.state || ' and its appointment ' || a.status
           from clinic.encounter e join clinic.appointment a on a.id = e.appointment_id
          where e.state = 'signed' and a.status <> 'completed' and exists (select from clinic.request r where r.xmin = e.xmin)",
    ),
    // Free and booked times are the defined ones: no live booking of a slot stands outside of its session.
    (
        "I18",
        "select a.id || ' is no slot of its session'
           from clinic.appointment a join clinic.clinic_session s on s.id = a.clinic_session_id
          where a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
            and (a.starts_at < s.starts_at or a.ends_at > s.ends_at or a.provider_id <> s.provider_id
                 or mod(extract(epoch from a.starts_at - s.starts_at)::int, s.slot_minutes * 60) <> 0)",
    ),
    // What a search begins with is what the appointments say.
    (
        "I18",
        "select 'the open time of the session ' || coalesce(o.clinic_session_id, x.clinic_session_id) || ' is kept wrong'
           from clinic.open_time o
           full join clinic.open_times((select array_agg(id) from clinic.clinic_session)) x
             on x.clinic_session_id = o.clinic_session_id and x.part = o.part
          where (o.provider_id, o.centre_id, o.day, o.first_at, o.last_at, o.longest)
                is distinct from (x.provider_id, x.centre_id, x.day, x.first_at, x.last_at, x.longest)",
    ),
];

/// What is kept of the open time, anew.
const FOLLOW: &str = "delete from clinic.open_time;
    insert into clinic.open_time select x.* from clinic.open_times((select array_agg(id) from clinic.clinic_session)) x";

/// What is broken, one sentence per offence; empty when everything holds.
pub async fn broken(db: &Db) -> Vec<String> {
    let mut c = db.superuser().await;
    let mut found = vec![];
    for (rule, query) in RULES {
        let rows: Vec<String> =
            sqlx::query_scalar(*query).fetch_all(&mut c).await.unwrap_or_else(|e| panic!("{rule}: {e}"));
        found.extend(rows.into_iter().map(|said| format!("{rule}: {said}")));
    }
    found
}

/// What was signed, byte for byte (I8): compare what it was before trouble with what it is after.
pub async fn signed(db: &Db) -> Vec<(uuid::Uuid, String)> {
    let mut c = db.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns
          where table_schema = 'clinic' and column_name = 'encounter_id' order by 1",
    )
    .fetch_all(&mut c)
    .await
    .expect("tables");
    let rows: Vec<String> = tables
        .iter()
        .map(|t| {
            // Striking out, moving along and adding to is allowed; what was written stays.
            format!(
                "select x.encounter_id, '{t}' || (to_jsonb(x) - array['struck_at', 'struck_by', 'version', 'changed_at', 'changed_by',
                        'status', 'reviewed_at', 'reviewed_by', 'ended_on'])::text from clinic.{t} x
                  where coalesce(to_jsonb(x) ->> 'kind', '') <> 'addendum'"
            )
        })
        .collect();
    let query = format!(
        "select e.id, md5(string_agg(w.said, '|' order by w.said))
           from clinic.encounter e join (select id as encounter_id, 'encounter' || to_jsonb(x)::text as said from clinic.encounter x
                union all {}) w on w.encounter_id = e.id
          where e.state = 'signed' group by e.id order by e.id",
        rows.join(" union all ")
    );
    sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&mut c).await.expect("what was signed")
}

/// Breaks a rule by force: no trigger, no constraint. Only the open time follows, where it is not what is broken.
async fn by_force(db: &Db, c: &mut PgConnection, statement: &'static str) -> String {
    let follow = if statement.contains("open_time") { "" } else { FOLLOW };
    let sql = format!(
        "set session_replication_role = replica; {statement}; {follow}; set session_replication_role = origin"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(c).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    let mut rules: Vec<String> =
        broken(db).await.iter().map(|s| s.split(':').next().unwrap_or_default().to_owned()).collect();
    rules.dedup();
    rules.join(" ")
}

#[test]
fn every_rule_notices_when_it_is_broken() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut w = people::writer(&db).await;
        let a = people::appointment(&mut w, &clinic, &clinic.gp, clinic.linh, (10, 0), "booked").await;
        let s = people::signed_in(&db, "mei").await;
        let request = praxis::domain::ids::RequestId::new();
        s.store.set_status(&s.actor, request, a, 1, "arrived", "").await.expect("a check-in");
        s.store.close().await;
        assert_eq!(broken(&db).await, [""; 0]);
        let mut c = db.superuser().await;
        sqlx::raw_sql(
            "alter table clinic.appointment drop constraint appointment_provider_overlap, drop constraint appointment_patient_overlap",
        )
        .execute(&mut c)
        .await
        .expect("no constraint");
        let mut breaks = async |statement| by_force(&db, &mut c, statement).await;
        let copy = "insert into clinic.appointment (id, patient_id, provider_id, centre_id, status, day, starts_at, ends_at, booked_by)
                    select gen_random_uuid(), patient_id, provider_id, centre_id, 'booked', day, starts_at, ends_at, booked_by
                      from clinic.appointment limit 1";
        assert_eq!(breaks(copy).await, "I1 I2");
        assert_eq!(breaks("delete from clinic.appointment where status = 'booked'").await, "");
        assert_eq!(breaks("update clinic.appointment set status = 'cancelled'").await, "I4");
        assert_eq!(breaks("update clinic.appointment set status = 'arrived'").await, "");
        let again = "insert into clinic.appointment_event select gen_random_uuid(), appointment_id, at, account_id, 'arrived', 'booked',
                            from_starts_at, to_starts_at, from_provider_id, to_provider_id, why from clinic.appointment_event
                      where account_id is not null";
        assert_eq!(breaks(again).await, "I4 I5");
        assert_eq!(
            breaks(
                "delete from clinic.appointment_event where to_status = 'booked' and from_status is not null"
            )
            .await,
            ""
        );
        assert_eq!(breaks("update clinic.appointment set provider_id = (select id from clinic.provider where profession = 'specialist')").await, "I18");
        assert_eq!(breaks("update clinic.appointment set provider_id = s.provider_id from clinic.clinic_session s where s.id = clinic_session_id").await, "");
        assert_eq!(breaks("update clinic.patient set account_id = (select account_id from clinic.provider where id = (select provider_id from clinic.appointment)) where id = (select patient_id from clinic.appointment)").await, "I7");
        assert_eq!(breaks("update clinic.patient set account_id = null where id = (select patient_id from clinic.appointment)").await, "");
        assert_eq!(breaks("update clinic.clinic_session set removed_at = now() where id = (select clinic_session_id from clinic.appointment)").await, "I14");
        assert_eq!(breaks("update clinic.clinic_session set removed_at = null").await, "");
        assert_eq!(breaks("update clinic.open_time set longest = longest + 1").await, "I18");
        assert_eq!(breaks("update clinic.open_time set longest = longest - 1").await, "");
        assert_eq!(
            breaks("update audit.event set facts = '{\"n\": 1}' where action = 'sign-in.close'").await,
            ""
        );
        assert_eq!(
            breaks("update audit.event set facts = '{\"n\": 1}' where action = 'sign-in.open'").await,
            "I12"
        );
        assert_eq!(
            breaks("delete from audit.event where action = 'appointment.set-status'").await,
            "I11 I12"
        );
    });
}

#[test]
fn what_was_signed_cannot_be_changed_by_anybody_and_a_change_would_be_seen() {
    let db = fresh_database();
    block_on(async {
        let clinic = people::clinic(&db).await;
        let mut w = people::writer(&db).await;
        let a = people::appointment(&mut w, &clinic, &clinic.gp, clinic.linh, (8, 0), "completed").await;
        let visit = people::visit(&mut w, &clinic.gp, a, "open").await;
        sqlx::query("insert into clinic.note (id, encounter_id, patient_id, body, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)")
            .bind(visit.0)
            .bind(clinic.linh.0)
            .bind(clinic.gp.account.0)
            .execute(&mut w)
            .await
            .expect("a note");
        sqlx::raw_sql(
            "update clinic.encounter set state = 'signed', signed_at = clinic.now(), signed_by = author",
        )
        .execute(&mut w)
        .await
        .expect("a signature");
        let before = signed(&db).await;
        assert_eq!(before.len(), 1);
        for statement in [
            "update clinic.note set body = '\\x0062'",
            "delete from clinic.note",
            "update clinic.encounter set chief_complaint = '\\x0062'",
            "update clinic.encounter set state = 'open', signed_at = null, signed_by = null",
            "delete from clinic.encounter",
        ] {
            let refused = sqlx::query(statement).execute(&mut w).await.expect_err(statement);
            assert!(refused.to_string().contains("signed_is_signed"), "{statement}: {refused}");
        }
        assert_eq!(signed(&db).await, before);
        by_force(&db, &mut w, "update clinic.note set body = '\\x0062'").await;
        assert_ne!(signed(&db).await, before);
    });
}
