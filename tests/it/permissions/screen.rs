//! The screen of permissions, and what a role is told when it tries what it may not do.
use crate::frames::{actor, env, every_size};
use praxis::{
    domain::{
        actor::Role,
        ids::PermissionChangeId,
        name::PersonName,
        permission::{Code, Table},
    },
    store::PermissionChange,
    ui::{
        screens::{
            admin::{
                permissions::{Msg, Permissions},
                settings::Settings,
            },
            directory::providers::Providers,
        },
        testing::Stage,
    },
};
use std::sync::Arc;
use uuid::Uuid;

fn stage(role: Role) -> Stage<Permissions> {
    let mut s = Stage::with(Permissions::default(), env(Some(actor(role))));
    let change = PermissionChange {
        id: PermissionChangeId(Uuid::from_u128(7)),
        action: "sign-in.list".into(),
        role: Role::Auditor,
        before: vec![Code::OwnObject],
        codes: vec![Code::Any],
        why: "yearly audit".into(),
        by: PersonName::new("Lock", "Bob"),
        mine: false,
        at: chrono::DateTime::UNIX_EPOCH,
        due: None,
    };
    s.deliver(Msg::Loaded(Ok((Arc::new(Table::built_in().clone()), vec![change]))));
    s
}

#[test]
fn every_action_and_role_is_read_at_80_columns_and_one_in_words() {
    let mut s = stage(Role::Administrator);
    insta::assert_snapshot!("permissions", s.frame());
    s.keys("down down down");
    assert!(s.frame().contains("LOCK Bob: auditor from own_object to any (yearly audit)"), "{}", s.frame());
    s.keys("enter");
    insta::assert_snapshot!("permission_in_words", s.frame());
    every_size(|| stage(Role::Administrator));
}

#[test]
fn the_proposal_of_another_administrator_is_confirmed_with_one_key() {
    let mut s = stage(Role::Administrator);
    s.keys("down down down y");
    assert!(s.effects().contains(&"save permission.decide".to_owned()), "{:?}", s.effects());
}

#[test]
fn a_change_asks_for_the_role_the_codes_and_the_reason() {
    let mut s = stage(Role::Administrator);
    s.keys("down down down c");
    s.type_text("nurse");
    s.keys("enter");
    assert!(s.frame().contains("nurse: any own_object; empty takes it away"), "{}", s.frame());
    s.type_text(" magic");
    s.keys("enter");
    assert!(s.frame().contains("Known here: any own_object."), "{}", s.frame());
    s.keys("ctrl-u enter");
    s.type_text("the board decided");
    s.keys("enter");
    assert!(s.effects().contains(&"save permission.propose".to_owned()), "{:?}", s.effects());
}

#[test]
fn a_role_that_may_not_is_told_who_may_and_is_offered_nothing() {
    let mut s = Stage::with(Settings::default(), env(Some(actor(Role::Receptionist))));
    assert!(!s.frame().contains("enter change"), "{}", s.frame());
    s.keys("enter");
    assert_eq!(
        s.toast(),
        "Only an administrator may change a policy; you are signed in as reception. Ask one of them."
    );
    s.keys("g y");
    let frame = s.frame();
    assert!(frame.contains("Why may I not?") && frame.contains("change: Only an administrator"), "{frame}");
    // Whoever reads it is told how it closes.
    assert!(frame.contains("esc close"), "{frame}");
    s.keys("esc");
    assert!(!s.frame().contains("Why may I not?"), "{}", s.frame());
    let mut s = stage(Role::Receptionist);
    s.keys("down down down c");
    assert!(s.toast().starts_with("Only an administrator may propose another"));
}

#[test]
fn a_way_into_a_screen_that_books_is_closed_to_roles_that_book_nothing() {
    let offered = |role| Stage::with(Providers::default(), env(Some(actor(role)))).frame().contains("b book");
    assert!(offered(Role::Receptionist));
    for role in [Role::Auditor, Role::Patient, Role::LabTechnician] {
        assert!(!offered(role), "{role:?}");
        let mut s = Stage::with(Providers::default(), env(Some(actor(role))));
        s.keys("b");
        assert!(s.toast().contains("may book an appointment"), "{role:?}: {}", s.toast());
        assert_eq!(s.depth(), 1, "{role:?}");
    }
}

#[test]
fn every_command_leads_to_an_action_that_there_is() {
    for (_, commands) in praxis::ui::registry::registry() {
        for command in commands {
            let Some(action) = command.leads_to else { continue };
            assert!(Table::built_in().action(action).is_some(), "{} leads to {action}", command.id);
        }
    }
}
