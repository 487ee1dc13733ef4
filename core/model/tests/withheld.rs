//! Over every role: what it may not read is null, and its name says so.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{Replica, add_household, add_region, household_id, residents};
use keting_model::household::HouseholdCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{HouseholdFilter, Shown, Withheld, household, households, notes, visits};
use keting_model::{Command, DocumentKind, Fields, Role};
use serde_json::{Value as Json, json};

/// What stands in the private part of everybody, and only of a child.
const OF_EVERYBODY: [&str; 5] = ["id_number", "birth_date", "sex", "health", "disability"];
const OF_CHILDREN: [&str; 6] =
    ["phone", "bond", "care_tags", "status", "status_reason", "status_at"];

/// A household of an adult and a child of whom everything is known, with a visit and a note.
fn full() -> Replica {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let person = |name: &str, id_number: &str, birth_date: &str| {
        Fields::new()
            .with("name", name)
            .with("phone", "13800000001")
            .with("bond", "both")
            .with("id_number", id_number)
            .with("birth_date", birth_date)
            .with("sex", "male")
            .with("health", "高血压")
            .with("disability", "听力")
            .with_care_tag("left_behind", true)
    };
    let (father, child) = (
        person("王建国", "110105194912310011", "1949-12-31"),
        person("王小宝", "990481202002020019", "2020-02-02"),
    );
    let command = add_household(&mut alice, 1, 1, &[father, child]);
    alice.run(&command).unwrap();
    let household = household_id(1);
    for resident in residents(&alice, 1) {
        let (fact, time) = (alice.fresh(), alice.time());
        let (reason, at) = (Some("上学".to_owned()), Some("2026-05-30".to_owned()));
        let status = "away".to_owned();
        let say =
            HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
        alice.run(&Command::Household(say)).unwrap();
    }
    let (visit, note, time) = (alice.fresh(), alice.fresh(), alice.time());
    let fields = Fields::new().with("at", "2026-05-01");
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    alice.run(&Command::Visits(add)).unwrap();
    let add = VisitsCommand::AddNote { household, note, text: "空巢".into(), time };
    alice.run(&Command::Visits(add)).unwrap();
    alice
}

fn reads(role: Role, kind: DocumentKind) -> bool {
    role.reads().iter().any(|(readable, _)| *readable == kind)
}

/// Each of `fields` of one who is shown is null and named if they are withheld, and neither if not.
fn assert_withheld(role: Role, shown: &Json, named: &Json, fields: &[&str], withheld: bool) {
    for field in fields {
        let says_so = named.as_array().unwrap().contains(&json!(field));
        assert_eq!(shown[field].is_null(), withheld, "{} {field}", role.name());
        assert_eq!(says_so, withheld, "{} {field}", role.name());
    }
}

#[test]
fn whatever_a_role_may_not_read_is_null_and_named() {
    let rows = tables(&full().rows());
    for role in Role::ALL {
        let withheld = Withheld::from_roles(&[role]);
        let detail = household(&rows, &withheld, &household_id(1), Shown::Standing).unwrap();
        assert_eq!(detail.is_some(), reads(role, DocumentKind::Household), "{}", role.name());
        let Some(detail) = detail else { continue };
        let detail = serde_json::to_value(&detail).unwrap();
        let (father, child) = (&detail["residents"][0], &detail["residents"][1]);
        let hidden = !reads(role, DocumentKind::HouseholdPrivate);
        for resident in [father, child] {
            assert_withheld(role, resident, &detail["withheld"], &OF_EVERYBODY, hidden);
            assert_withheld(role, resident, &resident["withheld"], &OF_EVERYBODY, hidden);
        }
        assert_withheld(role, child, &child["withheld"], &OF_CHILDREN, hidden);
        assert_withheld(role, father, &father["withheld"], &OF_CHILDREN, false);
        assert!(OF_CHILDREN.iter().all(|field| !father[field].is_null()), "{}", role.name());
        let known = ["id", "name"];
        assert!(known.iter().all(|field| !child[field].is_null()), "{}", role.name());

        let listed = households(&rows, &withheld, &HouseholdFilter::default()).unwrap();
        let listed = serde_json::to_value(&listed[0]).unwrap();
        let fields = ["id_number", "phone", "bond", "care_tags", "status"];
        let child = &listed["residents"][1];
        assert_withheld(role, child, &child["withheld"], &fields, hidden);
    }
}

#[test]
fn visits_and_notes_are_null_and_named_for_a_role_that_may_not_read_them() {
    let rows = tables(&full().rows());
    for role in Role::ALL {
        let withheld = Withheld::from_roles(&[role]);
        let beside = json!({
            "visits": visits(&rows, &withheld, &household_id(1), Shown::Standing).unwrap(),
            "notes": notes(&rows, &withheld, &household_id(1), Shown::Standing).unwrap(),
        });
        let hidden = !reads(role, DocumentKind::HouseholdVisits);
        let named = json!(withheld.beside_household());
        assert_withheld(role, &beside, &named, &["visits", "notes"], hidden);
    }
    assert!(!reads(Role::Mediator, DocumentKind::HouseholdVisits));
}
