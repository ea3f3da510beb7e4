//! Lines of the log for other programs, through the real program.
use crate::{
    audit_seal::{Sealed, busy, said},
    support::cluster::block_on,
};
use serde_json::Value;

#[test]
fn the_log_is_written_as_csv_and_as_fhir_and_the_export_is_in_it() {
    let s = Sealed::new();
    let clinic = busy(&s.db);
    let number: i32 = block_on(async {
        sqlx::query_scalar("select record_number from clinic.patient where id = $1")
            .bind(clinic.jack.0)
            .fetch_one(&mut s.db.superuser().await)
            .await
            .unwrap()
    });
    let refused = s.praxis(&["audit", "export"]);
    assert_eq!(refused.status.code(), Some(77), "the program's login is not the owner's: {}", said(&refused));
    let csv = s.praxis(&["audit", "export", "--csv", "--as", "postgres"]);
    let text = String::from_utf8(csv.stdout).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(rows.headers().unwrap().get(5), Some("action"));
    let rows: Vec<_> = rows.records().map(|r| r.unwrap()).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    assert!(rows[0][5] == *"audit.export" && rows.windows(2).all(|w| w[0][1] >= w[1][1]), "newest first");
    assert!(rows.iter().any(|r| &r[5] == "patient.open" && &r[9] == "BLACK Jack"));
    assert!(rows[0][0].ends_with("AEDT") || rows[0][0].ends_with("AEST"), "{}", &rows[0][0]);
    let number = number.to_string();
    let fhir = s.praxis(&[
        "audit",
        "export",
        "--fhir",
        "--as",
        "postgres",
        "--patient",
        &number,
        "--action",
        "patient",
    ]);
    let events: Vec<Value> =
        String::from_utf8(fhir.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(!events.is_empty());
    for event in &events {
        assert_eq!(event["resourceType"], "AuditEvent");
        assert_eq!(event["entity"][0]["what"]["reference"], format!("Patient/{}", clinic.jack.0));
        assert!(event["subtype"][0]["code"].as_str().unwrap().starts_with("patient"));
    }
    let empty = s.praxis(&["audit", "export", "--as", "postgres", "--to", "2001-01-01"]);
    assert_eq!(String::from_utf8(empty.stdout).unwrap().lines().count(), 1, "the names of the columns");
    let nobody = s.praxis(&["audit", "export", "--as", "postgres", "--patient", "99999999"]);
    assert_eq!(nobody.status.code(), Some(65), "{}", said(&nobody));
}
