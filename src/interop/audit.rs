//! Lines of the log for other programs: CSV that no spreadsheet takes for formulas, and FHIR R4 AuditEvents, one a line.
use crate::{
    domain::audit::AuditEntry,
    text::{clean, csv_cell},
};
use chrono::SecondsFormat;
use chrono_tz::Tz;
use serde_json::{Value, json};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
/// Names of ours: actions are commands of the program, roles those of its accounts.
const ACTION: &str = "urn:praxis:action";
const ROLE: &str = "urn:praxis:role";

/// The names of the columns.
pub const COLUMNS: [&str; 14] = [
    "time",
    "utc",
    "person",
    "login",
    "role",
    "action",
    "outcome",
    "record",
    "record id",
    "patient",
    "record number",
    "right",
    "facts",
    "event",
];

/// One line of CSV, without its end.
#[must_use]
pub fn csv_row(e: &AuditEntry, zone: Tz) -> Vec<String> {
    let text = |s: &str| csv_cell(s).into_owned();
    vec![
        e.at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string(),
        e.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        text(&e.who.to_string()),
        text(&e.login),
        text(&e.role),
        text(&e.action),
        if e.refused { "refused" } else { "done" }.to_owned(),
        text(&e.entity),
        e.entity_id.map(|i| i.to_string()).unwrap_or_default(),
        text(&e.patient_name.as_ref().map(ToString::to_string).unwrap_or_default()),
        e.record_number.map(|n| format!("{n:06}")).unwrap_or_default(),
        text(e.facts["right"].as_str().unwrap_or_default()),
        text(&e.facts.to_string()),
        e.id.0.to_string(),
    ]
}

/// One FHIR R4 AuditEvent. `site` is the clinic's name.
#[must_use]
pub fn fhir(e: &AuditEntry, site: &str) -> Value {
    let (code, display, letter) = kind(&e.action);
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": e.id.0,
        "type": { "system": DICOM, "code": code, "display": display },
        "subtype": [{ "system": ACTION, "code": clean(&e.action) }],
        "action": letter,
        "recorded": e.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        // 4 is a failure that was dealt with: a rule refused.
        "outcome": if e.refused { "4" } else { "0" },
        "agent": [agent(e)],
        "source": {
            "site": clean(site),
            "observer": { "display": "Praxis" },
            "type": [{ "system": SOURCE_TYPE, "code": "4", "display": "Application Server" }],
        },
        "entity": entities(e),
    });
    if let (Some(rule), Some(event)) = (e.facts["rule"].as_str(), event.as_object_mut()) {
        event.insert("outcomeDesc".into(), clean(rule).into());
    }
    event
}

fn agent(e: &AuditEntry) -> Value {
    let mut agent = json!({ "requestor": true });
    let Some(map) = agent.as_object_mut() else { return agent };
    let name = e.who.to_string();
    let who = match (&e.account, e.facts["by"].as_str()) {
        (Some(account), _) => {
            json!({ "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", account.0) } })
        }
        (None, Some("system")) => {
            json!({ "display": clean(e.facts["os_user"].as_str().unwrap_or("system")) })
        }
        (None, _) => json!({ "display": "nobody signed in" }),
    };
    map.insert("who".into(), who);
    if !e.role.is_empty() {
        map.insert("role".into(), json!([{ "coding": [{ "system": ROLE, "code": clean(&e.role) }] }]));
    }
    // A string of FHIR is never empty.
    for (field, value) in [("name", &name), ("altId", &e.login)] {
        if !value.is_empty() {
            map.insert(field.into(), clean(value).into());
        }
    }
    agent
}

fn entities(e: &AuditEntry) -> Value {
    let mut all = vec![];
    if let Some(patient) = e.patient {
        let mut what = json!({ "reference": format!("Patient/{}", patient.0) });
        if let (Some(name), Some(map)) = (&e.patient_name, what.as_object_mut()) {
            map.insert("display".into(), clean(&name.to_string()).into());
        }
        all.push(json!({
            "what": what,
            "type": { "system": ENTITY_TYPE, "code": "1", "display": "Person" },
            "role": { "system": ENTITY_ROLE, "code": "1", "display": "Patient" },
        }));
    }
    let mut record = json!({
        "type": { "system": ENTITY_TYPE, "code": "2", "display": "System Object" },
        "role": { "system": ENTITY_ROLE, "code": "4", "display": "Domain Resource" },
        "name": clean(&e.entity),
        "detail": details(e),
    });
    if let Some(map) = record.as_object_mut() {
        if let Some(id) = e.entity_id {
            map.insert(
                "what".into(),
                json!({ "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{id}") } }),
            );
        }
        if map["detail"].as_array().is_some_and(Vec::is_empty) {
            map.remove("detail");
        }
    }
    all.push(record);
    Value::Array(all)
}

/// The facts, one after the other.
fn details(e: &AuditEntry) -> Value {
    let facts = e.facts.as_object().into_iter().flatten();
    facts
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (clean(name), clean(&text).into_owned())
        })
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| json!({ "type": name, "valueString": text }))
        .collect()
}

/// DICOM's kind of event, its words, and what was done to data: create, read, update, delete, execute.
fn kind(action: &str) -> (&'static str, &'static str, &'static str) {
    let (area, verb) = action.split_once('.').unwrap_or((action, ""));
    let letter = match verb {
        "add" | "register" | "book" | "write" | "order" | "add-result" | "add-report" | "add-addendum"
        | "request" | "send" => "C",
        "open" | "open-panel" | "visits" | "viewers" | "list" | "print" | "export" => "R",
        "erase" | "remove" => "D",
        "search" | "run" | "start" | "close" | "refused" | "lock" | "unlock" => "E",
        _ => "U",
    };
    let (code, display) = match (area, verb) {
        ("sign-in" | "session", "open" | "close" | "refused" | "end" | "second-factor" | "list") => {
            ("110114", "User Authentication")
        }
        (_, "export" | "print") => ("110106", "Export"),
        (_, "search") | ("patients", "open") => ("110112", "Query"),
        ("import", _) => ("110107", "Import"),
        (
            "account" | "accounts" | "permission" | "registration" | "setting" | "profile" | "emergency"
            | "access" | "connection",
            _,
        ) => ("110113", "Security Alert"),
        ("audit", _) => ("110101", "Audit Log Used"),
        (
            "appointment" | "session" | "centre" | "centres" | "department" | "provider" | "home" | "board",
            _,
        ) => ("110100", "Application Activity"),
        _ => ("110110", "Patient Record"),
    };
    let letter = if code == "110114" || code == "110112" { "E" } else { letter };
    (code, display, letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ids::{AccountId, AuditEventId, PatientId},
        name::PersonName,
    };
    use uuid::Uuid;

    fn entry(action: &str) -> AuditEntry {
        AuditEntry {
            id: AuditEventId(Uuid::from_u128(1)),
            at: chrono::DateTime::from_timestamp(1_773_273_600, 5_000).unwrap(),
            account: Some(AccountId(Uuid::from_u128(2))),
            who: PersonName::new("Smith", "Anna"),
            login: "anna".into(),
            role: "gp".into(),
            action: action.into(),
            entity: "patient".into(),
            entity_id: Some(Uuid::from_u128(3)),
            patient: Some(PatientId(Uuid::from_u128(3))),
            patient_name: Some(PersonName::new("=cmd()", "\u{202e}Jack")),
            record_number: Some(12),
            refused: false,
            facts: json!({ "right": "appointment", "rows": 3, "none": null, "empty": "" }),
        }
    }

    /// The rules of R4 for an AuditEvent that a line can break.
    fn faults(v: &Value) -> Vec<String> {
        let mut found = vec![];
        let mut must = |holds: bool, rule: &str| {
            if !holds {
                found.push(rule.to_owned());
            }
        };
        let coding = |c: &Value| {
            c["system"].as_str().is_some_and(|s| s.contains(':'))
                && c["code"].as_str().is_some_and(|c| !c.is_empty())
        };
        let id = v["id"].as_str().unwrap_or_default();
        must(v["resourceType"] == "AuditEvent", "resourceType");
        must(
            (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)),
            "id",
        );
        must(coding(&v["type"]), "type is one coding");
        must(v["subtype"].as_array().is_some_and(|s| s.iter().all(coding)), "subtype is a list of codings");
        must(["C", "R", "U", "D", "E"].contains(&v["action"].as_str().unwrap_or_default()), "action");
        must(["0", "4", "8", "12"].contains(&v["outcome"].as_str().unwrap_or_default()), "outcome");
        let recorded = v["recorded"].as_str().unwrap_or_default();
        must(chrono::DateTime::parse_from_rfc3339(recorded).is_ok(), "recorded is an instant with its zone");
        let agents = v["agent"].as_array().cloned().unwrap_or_default();
        must(!agents.is_empty() && agents.iter().all(|a| a["requestor"].is_boolean()), "agent.requestor");
        must(
            agents.iter().all(|a| {
                a["role"].is_null() || a["role"][0]["coding"].as_array().is_some_and(|c| c.iter().all(coding))
            }),
            "agent.role",
        );
        must(v["source"]["observer"].is_object(), "source.observer");
        must(v["source"]["type"].as_array().is_some_and(|t| t.iter().all(coding)), "source.type");
        for e in v["entity"].as_array().into_iter().flatten() {
            must(e["name"].is_null() || e["query"].is_null(), "sev-1: a name or a query");
            must(coding(&e["type"]) && coding(&e["role"]), "entity.type and entity.role");
            let details = e["detail"].as_array();
            must(
                details.is_none_or(|d| {
                    !d.is_empty() && d.iter().all(|x| x["type"].is_string() && x["valueString"].is_string())
                }),
                "detail",
            );
        }
        fn empty(v: &Value) -> bool {
            match v {
                Value::String(s) => s.trim().is_empty(),
                Value::Array(a) => a.is_empty() || a.iter().any(empty),
                Value::Object(o) => o.is_empty() || o.values().any(empty),
                Value::Null => true,
                _ => false,
            }
        }
        must(!empty(v), "nothing is empty");
        found
    }

    #[test]
    fn every_kind_of_action_becomes_an_event_that_keeps_the_rules_of_r4() {
        for action in [
            "sign-in.open",
            "sign-in.refused",
            "patients.open",
            "patient.open",
            "patient.register",
            "appointment.book",
            "note.strike",
            "audit.export",
            "import.run",
            "subject.erase",
            "records.search",
            "emergency.open",
            "something.else",
            "odd",
        ] {
            assert_eq!(faults(&fhir(&entry(action), "Clinic")), [""; 0], "{action}");
            let mut bare = entry(action);
            (bare.account, bare.patient, bare.entity_id, bare.patient_name) = (None, None, None, None);
            (bare.who, bare.login, bare.role, bare.refused) =
                (PersonName::default(), String::new(), String::new(), true);
            bare.facts = json!({ "rule": "desk_only" });
            assert_eq!(faults(&fhir(&bare, "Clinic")), [""; 0], "{action}");
        }
        let mut broken = fhir(&entry("patient.open"), "Clinic");
        broken["recorded"] = "2026-03-12".into();
        broken["entity"][1]["query"] = "x".into();
        assert_eq!(faults(&broken).len(), 2, "the rules see what is planted");
    }

    #[test]
    fn what_a_person_looked_at_is_told_in_both_formats() {
        let e = entry("patient.open");
        let v = fhir(&e, "Clinic");
        assert_eq!((v["type"]["code"].as_str(), v["action"].as_str()), (Some("110110"), Some("R")));
        assert_eq!(v["agent"][0]["altId"], "anna");
        assert_eq!(v["entity"][0]["what"]["reference"], "Patient/00000000-0000-0000-0000-000000000003");
        assert!(!v.to_string().contains('\u{202e}'));
        let row = csv_row(&e, Tz::Australia__Sydney);
        assert_eq!(row.len(), COLUMNS.len());
        assert_eq!(row[0], "2026-03-12 11:00:00 AEDT");
        assert!(row[9].starts_with('\'') && !row[9].contains('\u{202e}'), "{}", row[9]);
    }
}
