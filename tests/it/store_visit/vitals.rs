//! Vital signs: appended, flagged by age, entered at intake.
use super::*;

#[tokio::test]
async fn vitals_are_appended_flagged_and_bring_their_bmi() {
    let mut g = ground().await;
    let e = g.open_visit().await;
    let jack = g.clinic.jack;
    let record = |line: &str| {
        let readings = parse_line(line).unwrap();
        g.anna.store.record_observations(&g.anna.actor, RequestId::new(), jack, Some(e), readings, None)
    };
    let ids =
        record("bp 150/80 hr 72 t 37.2 spo2 98 ht 175 wt 70 rr 14 pain 3 glu 5.4 grip=20 kg gait=steady")
            .await
            .unwrap();
    assert_eq!(ids.len(), 12);
    record("bp 120/80 wt 80").await.unwrap();
    let all = g.anna.store.observations(&g.anna.actor, jack, Some(e)).await.unwrap();
    let said: Vec<String> = all
        .iter()
        .map(|o| {
            format!(
                "{} {}{}",
                o.name(),
                o.text(),
                o.flag.map(|f| format!(" {}", f.letter())).unwrap_or_default()
            )
        })
        .collect();
    for expected in [
        "Blood pressure 150/80 mmHg H",
        "Blood pressure 120/80 mmHg",
        "BMI 22.9 kg/m²",
        "BMI 26.1 kg/m² H",
        "Pain 3/10",
        "Glucose 5.4 mmol/L",
        "grip 20 kg",
        "gait steady",
        "Temperature 37.2 °C",
    ] {
        assert!(said.iter().any(|s| s == expected), "{expected} in {said:#?}");
    }
    let pressure = all.iter().find(|o| o.text().starts_with("150")).unwrap();
    g.anna.store.strike_observation(&g.anna.actor, RequestId::new(), pressure.id).await.unwrap();
    let all = g.anna.store.observations(&g.anna.actor, jack, Some(e)).await.unwrap();
    assert!(all.iter().find(|o| o.id == pressure.id).unwrap().struck_at.is_some());
    let elsewhere = g.anna.store.observations(&g.anna.actor, jack, None).await.unwrap();
    assert!(!elsewhere.iter().any(|o| o.id == pressure.id));
}

#[tokio::test]
async fn reception_enters_vitals_at_intake_and_sees_only_those() {
    let mut g = ground().await;
    g.booked(9, "arrived").await;
    let mei = people::signed_in(&g.db, "mei").await;
    let readings = parse_line("bp 120/80").unwrap();
    mei.store
        .record_observations(&mei.actor, RequestId::new(), g.clinic.jack, None, readings, None)
        .await
        .unwrap();
    assert_eq!(mei.store.observations(&mei.actor, g.clinic.jack, None).await.unwrap().len(), 1);
    assert_eq!(g.anna.store.observations(&g.anna.actor, g.clinic.jack, None).await.unwrap().len(), 1);
}
