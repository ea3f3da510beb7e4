//! Referrals: what they need, and what a sent one opens.
use super::*;
use praxis::domain::referral::ReferralStatus;

#[tokio::test]
async fn a_sent_referral_lets_the_specialist_be_booked_and_a_draft_does_not() {
    let r = room().await;
    let (store, actor, visit) = (&r.anna.store, &r.anna.actor, r.visit);
    let liam = &r.clinic.specialist;
    let mei = people::signed_in(&r.db, "mei").await;
    let start = at(r.clinic.tomorrow, 11, 0);
    let slot = NewAppointment {
        id: AppointmentId::new(),
        patient: visit.patient,
        provider: liam.provider(),
        centre: liam.centre,
        session: liam.tomorrow,
        kind: AppointmentKind::Slot,
        period: Period { start, end: start + Duration::minutes(30) },
        visit_type: None,
        reason: "murmur".into(),
        arrived: false,
    };
    let book = |slot: NewAppointment| mei.store.book(&mei.actor, RequestId::new(), slot);
    assert_eq!(rule(book(slot.clone()).await), "specialist_needs_referral");
    let by_specialty = r.referral(Some(Target::Specialty("cardiology".into())));
    let id = store.write_referral(actor, RequestId::new(), visit, by_specialty.clone()).await.unwrap();
    assert_eq!(rule(book(slot.clone()).await), "specialist_needs_referral");

    // The letter is read before the history; the history opens with the booking.
    let specialist = people::signed_in(&r.db, "liam").await;
    assert!(specialist.store.incoming_referrals(&specialist.actor, true).await.unwrap().is_empty());
    assert!(specialist.store.open_referral(&specialist.actor, id).await.is_err());
    let version = store.send_referral(actor, RequestId::new(), visit.patient, id, 1).await.unwrap();
    assert_eq!(specialist.store.incoming_referrals(&specialist.actor, true).await.unwrap().len(), 1);
    let letter = specialist.store.open_referral(&specialist.actor, id).await.unwrap();
    assert_eq!(
        (letter.status, letter.what.letter.as_str()),
        (ReferralStatus::Seen, "Dear Liam,\nplease listen.")
    );
    let closed = specialist.store.record(&specialist.actor, visit.encounter, true).await;
    assert_eq!(rule(closed), "record_no_relationship");
    book(slot).await.unwrap();
    let open = specialist.store.record(&specialist.actor, visit.encounter, true).await.unwrap();
    assert_eq!(open.referrals[0].status, ReferralStatus::Booked);

    let change =
        store.change_referral(actor, RequestId::new(), visit.patient, (id, version + 2), by_specialty).await;
    assert!(change.is_ok(), "nothing was changed in it: {change:?}");
    let other = NewReferral {
        letter: "another letter".into(),
        ..r.referral(Some(Target::Specialty("cardiology".into())))
    };
    let seen = r.record().await.referrals[0].version;
    let change = store.change_referral(actor, RequestId::new(), visit.patient, (id, seen), other).await;
    assert_eq!(rule(change), "sent_referral_stays");
}

#[tokio::test]
async fn a_referral_needs_an_addressee_a_reason_and_a_profession_that_refers() {
    let r = room().await;
    let (store, actor, visit) = (&r.anna.store, &r.anna.actor, r.visit);
    let nobody = store.write_referral(actor, RequestId::new(), visit, r.referral(None)).await;
    assert_eq!(rule(nobody), "referral_target");
    let to_herself = r.referral(Some(Target::Provider(r.clinic.gp.provider())));
    assert_eq!(
        rule(store.write_referral(actor, RequestId::new(), visit, to_herself).await),
        "referral_to_oneself"
    );
    let cardiology = Some(Target::Specialty("cardiology".into()));
    let mut early = r.referral(cardiology.clone());
    early.valid_until = Some(r.clinic.today - Duration::days(1));
    assert_eq!(rule(store.write_referral(actor, RequestId::new(), visit, early).await), "referral_period");
    let mut silent = r.referral(cardiology.clone());
    silent.reason = " ".into();
    let id = store.write_referral(actor, RequestId::new(), visit, silent).await.unwrap();
    assert_eq!(
        rule(store.send_referral(actor, RequestId::new(), visit.patient, id, 1).await),
        "referral_needs_reason"
    );

    let mut c = people::writer(&r.db).await;
    let a =
        people::appointment(&mut c, &r.clinic, &r.clinic.physio, r.clinic.jack, (11, 0), "in_progress").await;
    let encounter = people::visit(&mut c, &r.clinic.physio, a, "open").await;
    let sam = people::signed_in(&r.db, "sam").await;
    let his = VisitRef { encounter, patient: r.clinic.jack };
    let refused = sam.store.write_referral(&sam.actor, RequestId::new(), his, r.referral(cardiology)).await;
    assert_eq!(rule(refused), "profession_does_not_refer");
}

#[tokio::test]
async fn letters_that_wait_for_a_booking_stand_before_those_that_are_booked() {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let booked = people::referral(&mut c, &clinic, clinic.jack).await;
    let waits = people::referral(&mut c, &clinic, clinic.linh).await;
    sqlx::query("update clinic.referral set status = 'booked', urgency = 'urgent' where id = $1")
        .bind(booked.0)
        .execute(&mut c)
        .await
        .unwrap();
    let liam = people::signed_in(&db, "liam").await;
    let found = liam.store.incoming_referrals(&liam.actor, false).await.unwrap();
    assert_eq!(found.iter().map(|r| r.id).collect::<Vec<_>>(), [waits, booked]);
}
