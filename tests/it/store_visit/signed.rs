//! A signed visit: what may still be added or marked, and that nobody changes it, whoever asks.
use super::*;

#[tokio::test]
async fn after_signing_an_author_adds_an_addendum_and_marks_an_own_note_as_an_error() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let id =
        g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("left knee"), None).await.unwrap();
    g.sign(e).await;
    assert_eq!(
        rule(g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("more"), None).await),
        "signed_is_signed"
    );
    g.anna
        .store
        .add_addendum(&g.anna.actor, RequestId::new(), e, note("it was the right knee"), None)
        .await
        .unwrap();
    g.anna.store.strike_note(&g.anna.actor, RequestId::new(), id).await.unwrap();
    let notes = g.anna.store.notes(&g.anna.actor, e).await.unwrap();
    assert!(notes[0].struck_at.is_some() && notes[1].addendum);
    let gary = people::signed_in(&g.db, "gary").await;
    assert!(gary.store.add_addendum(&gary.actor, RequestId::new(), e, note("x"), None).await.is_err());
}

#[tokio::test]
async fn nobody_changes_a_signed_visit_not_even_the_owner_of_the_database() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let jack = g.clinic.jack.0;
    let author = g.clinic.gp.account.0;
    g.anna.store.add_note(&g.anna.actor, RequestId::new(), e, note("kept"), None).await.unwrap();
    let rows = [
        "insert into clinic.observation (id, encounter_id, patient_id, sign, value, unit, taken_at, author) values (gen_random_uuid(), $1, $2, 'pain', 3, '/10', now(), $3)",
        "insert into clinic.service_request (id, encounter_id, patient_id, name, ordered_at, author) values (gen_random_uuid(), $1, $2, '\\x00', now(), $3)",
        "insert into clinic.report (id, encounter_id, patient_id, type, title, author) values (gen_random_uuid(), $1, $2, 'other', '\\x00', $3)",
        "insert into clinic.prescription (id, encounter_id, patient_id, drug, starts_on, author) values (gen_random_uuid(), $1, $2, '\\x00', now(), $3)",
        "insert into clinic.treatment (id, encounter_id, patient_id, title, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)",
        "insert into clinic.referral (id, encounter_id, patient_id, from_provider_id, to_specialty, written_on, valid_until, author)
         select gen_random_uuid(), $1, $2, v.id, 'cardiology', now(), now() + interval '1 year', $3 from clinic.provider v where v.account_id = $3",
        "insert into clinic.allergy (id, encounter_id, patient_id, substance, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)",
        "insert into clinic.condition (id, encounter_id, patient_id, name, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)",
        "insert into clinic.medication (id, encounter_id, patient_id, name, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)",
        "insert into clinic.surgery (id, encounter_id, patient_id, name, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)",
        "insert into clinic.vaccination (id, encounter_id, patient_id, vaccine, author) values (gen_random_uuid(), $1, $2, '\\x00', $3)",
        "insert into clinic.family_history (id, encounter_id, patient_id, relationship, condition, author) values (gen_random_uuid(), $1, $2, 'aunt', '\\x00', $3)",
    ];
    for sql in rows {
        sqlx::query(sql)
            .bind(e.0)
            .bind(jack)
            .bind(author)
            .execute(&mut g.c)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    let elsewhere = g.booked(14, "arrived").await;
    let other = g.start(elsewhere).await;
    g.sign(e).await;
    // Neither as the superuser nor as the owner, with history allowed or not.
    for prepare in [
        "reset role; set praxis.history = 'off'",
        "set role praxis_owner",
        "reset role; set praxis.history = 'on'",
    ] {
        sqlx::raw_sql(prepare).execute(&mut g.c).await.unwrap();
        let mut tries: Vec<String> = vec![
            format!("update clinic.encounter set chief_complaint = '\\x0078' where id = '{}'", e.0),
            format!(
                "update clinic.encounter set state = 'open', signed_at = null, signed_by = null where id = '{}'",
                e.0
            ),
            format!("delete from clinic.encounter where id = '{}'", e.0),
        ];
        for table in [
            "observation",
            "note",
            "service_request",
            "report",
            "diagnosis",
            "prescription",
            "treatment",
            "referral",
            "allergy",
            "condition",
            "medication",
            "surgery",
            "vaccination",
            "family_history",
        ] {
            tries.push(format!(
                "update clinic.{table} set author = gen_random_uuid() where encounter_id = '{}'",
                e.0
            ));
            tries.push(format!(
                "update clinic.{table} set encounter_id = '{}' where encounter_id = '{}'",
                other.0, e.0
            ));
            tries.push(format!(
                "update clinic.{table} set encounter_id = null where encounter_id = '{}'",
                e.0
            ));
            tries.push(format!("delete from clinic.{table} where encounter_id = '{}'", e.0));
        }
        for sql in tries {
            let outcome = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut g.c).await;
            let message = match outcome {
                Err(sqlx::Error::Database(db)) => db.message().to_owned(),
                other => format!("{other:?}"),
            };
            assert!(
                message == "signed_is_signed"
                    || message == "row_keeps_its_visit"
                    || message.contains("null value"),
                "{prepare}: {sql}: {message}"
            );
        }
    }
}

#[tokio::test]
async fn a_row_of_one_patient_never_lands_in_anothers_visit() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let wrong = g
        .anna
        .store
        .record_observations(
            &g.anna.actor,
            RequestId::new(),
            g.clinic.linh,
            Some(e),
            parse_line("hr 72").unwrap(),
            None,
        )
        .await;
    assert_eq!(rule(wrong), "row_of_another_patient");
}
