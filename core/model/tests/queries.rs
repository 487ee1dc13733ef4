//! The queries on real tables, made by the migrations and filled by projections.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::plans::Listener;
use common::tables::tables;
use common::{
    Replica, add_household, add_region, edit_resident, household_id, region_id, residents,
};
use keting_model::household::HouseholdCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{
    self, HouseholdFilter, IdBeginning, ItemKind, Permitted, Rows, Shown, Withheld, conflicts,
    counts, household, households,
};
use keting_model::{
    Cell, Command, DocumentKind, Fields, ItemId, PROJECTION_MIGRATIONS, Role, projection,
};

/// A village of two micro-grids: a family with a child in one, a man alone in the other.
fn village() -> Replica {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    alice.run(&add_region(2, Some(1), "micro_grid")).unwrap();
    alice.run(&add_region(3, Some(1), "micro_grid")).unwrap();
    let father = Fields::new()
        .with("name", "王建国")
        .with("relation", "head")
        .with("phone", "13812345678")
        .with("id_number", "11010519491231002X")
        .with_care_tag("veteran_family", true)
        .with_care_tag("disabled", true);
    let child = Fields::new()
        .with("name", "王小宝")
        .with("relation", "grandchild")
        .with("phone", "13800000001")
        .with("bond", "both")
        .with("birth_date", "2020-02-02");
    let command = add_household(&mut alice, 1, 2, &[father, child]);
    alice.run(&command).unwrap();
    let alone = Fields::new().with("name", "李四").with("relation", "head");
    let command = add_household(&mut alice, 2, 3, &[alone]);
    alice.run(&command).unwrap();
    alice
}

#[test]
fn every_table_of_the_projection_is_made_by_the_migrations_with_its_columns() {
    let made = tables(&[]);
    for table in projection::tables() {
        let mut columns = Vec::new();
        let sql = format!("SELECT name FROM pragma_table_info('{}')", table.name);
        made.query(&sql, &[], &mut |row| columns.push(row[0].clone())).unwrap();
        let wanted = ["document", "item"].iter().chain(table.columns);
        assert_eq!(columns, wanted.map(|c| Cell::Text((*c).to_owned())).collect::<Vec<_>>());
    }
    let versions: Vec<u32> = PROJECTION_MIGRATIONS.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=8).collect::<Vec<u32>>());
}

#[test]
fn a_head_of_a_micro_grid_sees_everything_and_a_steward_no_id_number_and_nothing_of_a_child() {
    let rows = tables(&village().rows());
    let head = Withheld::from_roles(&[Role::MicroGridHead]);
    let all = households(&rows, &head, &HouseholdFilter::default()).unwrap();
    let json = serde_json::to_value(&all).unwrap();
    let family = &json[0];
    assert_eq!(family["id"], household_id(1).to_string());
    assert_eq!(family["region"], "99048100102");
    assert_eq!(family["head"], "王建国");
    assert_eq!(family["withheld"], serde_json::json!([]));
    let father = &family["residents"][0];
    assert_eq!(father["id_number"], "11010519491231002X");
    assert_eq!(father["care_tags"], serde_json::json!(["disabled", "veteran_family"]));
    let child = &family["residents"][1];
    assert_eq!((&child["phone"], &child["status"]), (&"13800000001".into(), &"living".into()));

    let steward = Withheld::from_roles(&[Role::Steward]);
    let all = households(&rows, &steward, &HouseholdFilter::default()).unwrap();
    let json = serde_json::to_value(&all).unwrap();
    assert_eq!(json[0]["withheld"], serde_json::json!(["id_number"]));
    assert_eq!(json[0]["residents"][0]["withheld"], serde_json::json!(["id_number"]));
    assert_eq!(json[0]["residents"][0]["care_tags"], serde_json::json!(["veteran_family"]));
    assert_eq!(json[0]["residents"][0]["id_number"], serde_json::Value::Null);
    let child = &json[0]["residents"][1];
    assert_eq!(child["name"], "王小宝");
    let withheld = serde_json::json!(["id_number", "phone", "bond", "care_tags", "status"]);
    assert_eq!(child["withheld"], withheld);
    for field in ["phone", "bond", "care_tags", "status"] {
        assert_eq!(child[field], serde_json::Value::Null, "{field}");
    }
    assert_eq!(json[1]["withheld"], serde_json::json!(["id_number"]));
}

#[test]
fn a_steward_sees_nothing_any_more_of_who_becomes_known_as_a_child() {
    let mut alice = village();
    let father = residents(&alice, 1)[0];
    let fields = Fields::new().with("id_number", "").with("birth_date", "2020-02-02");
    let born = edit_resident(&alice, 1, father, fields);
    alice.run(&born).unwrap();
    let rows = tables(&alice.rows());
    let seen_by = |role| {
        let withheld = Withheld::from_roles(&[role]);
        let shown =
            household(&rows, &withheld, &household_id(1), Shown::Standing).unwrap().unwrap();
        serde_json::to_value(&shown.residents[0]).unwrap()
    };
    let steward = seen_by(Role::Steward);
    assert_eq!((&steward["name"], &steward["relation"]), (&"王建国".into(), &"head".into()));
    for field in ["phone", "bond", "care_tags", "status", "status_reason", "status_at"] {
        assert_eq!(steward[field], serde_json::Value::Null, "{field}");
    }
    let head = seen_by(Role::MicroGridHead);
    assert_eq!((&head["phone"], &head["status"]), (&"13812345678".into(), &"living".into()));
    assert_eq!(head["care_tags"], serde_json::json!(["disabled", "veteran_family"]));
}

#[test]
fn nothing_private_stands_in_the_household_document() {
    let alice = village();
    let open = alice.documents.values().filter(|d| d.id().kind() == Some(DocumentKind::Household));
    for document in open {
        let bytes = document.save();
        for secret in ["11010519491231002X", "13800000001", "2020-02-02", "disabled"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}

#[test]
fn a_list_and_counts_of_a_region_hold_what_is_in_it_and_below() {
    let rows = tables(&village().rows());
    let of = |n| HouseholdFilter { region: Some(region_id(n)), ..Default::default() };
    let ids = |n| -> Vec<_> {
        let found = households(&rows, &Withheld::nothing(), &of(n)).unwrap();
        found.into_iter().map(|household| household.id).collect()
    };
    assert_eq!(ids(1), vec![household_id(1), household_id(2)]);
    assert_eq!(ids(3), vec![household_id(2)]);
    assert_eq!(
        counts(&rows, &Withheld::nothing(), Some(region_id(1))).unwrap(),
        counts(&rows, &Withheld::nothing(), None).unwrap()
    );
    let below = counts(&rows, &Withheld::nothing(), Some(region_id(2))).unwrap();
    assert_eq!((below.households, below.residents.get("living")), (1, Some(&2)));
}

#[test]
fn what_lies_outside_of_a_readers_regions_is_nowhere() {
    let (mut alice, mut bob) = (village(), Replica::new(2));
    bob.hear(&alice.sent);
    for (replica, address) in [(&mut alice, "甲"), (&mut bob, "乙")] {
        for household in [1, 2] {
            let edit = HouseholdCommand::Edit {
                household: household_id(household),
                fields: Fields::new().with("address", address),
            };
            replica.run(&Command::Household(edit)).unwrap();
        }
    }
    alice.hear(&bob.sent);
    let rows = tables(&alice.rows());
    let seen = |withheld: &Withheld, region| {
        let filter = HouseholdFilter { region, ..Default::default() };
        let listed = households(&rows, withheld, &filter).unwrap();
        let counted = counts(&rows, withheld, region).unwrap();
        assert_eq!(
            (listed.len() as u64, listed.len() as u64),
            (counted.households, counted.conflicts)
        );
        listed.into_iter().map(|household| household.id).collect::<Vec<_>>()
    };
    let [first, second] = [household_id(1), household_id(2)];
    let own = Withheld::nothing().within(vec![region_id(3)]);
    for region in [None, Some(region_id(1)), Some(region_id(3))] {
        assert_eq!(seen(&own, region), [second]);
    }
    assert!(seen(&own, Some(region_id(2))).is_empty());
    let may = Permitted::everything();
    for (id, is_shown) in [(first, false), (second, true)] {
        assert_eq!(household(&rows, &own, &id, Shown::Standing).unwrap().is_some(), is_shown);
        assert_eq!(query::visits(&rows, &own, &id, Shown::Standing).unwrap().is_some(), is_shown);
        assert_eq!(!conflicts(&rows, &own, &may, Some(&id)).unwrap().is_empty(), is_shown);
    }
    assert_eq!(conflicts(&rows, &own, &may, None).unwrap().len(), 1);
    assert_eq!(query::conflict_counts(&rows, &own, None).unwrap().len(), 1);
    assert_eq!([1, 2, 3].map(|n| own.shows(&rows, &region_id(n)).unwrap()), [true, false, true]);
    let regions = own.regions_shown(&rows).unwrap().unwrap();
    assert_eq!(regions.into_iter().collect::<Vec<_>>(), [1, 3].map(region_id));
    let both = Withheld::nothing().within(vec![region_id(2), region_id(3)]);
    assert_eq!(seen(&both, None), seen(&Withheld::nothing(), None));
    let hidden = [own, both, Withheld::nothing()];
    assert_eq!(hidden.map(|one| query::hidden_households(&rows, &one).unwrap()), [1, 0, 0]);
}

#[test]
fn a_family_that_moves_out_is_counted_so_and_its_child_too() {
    let mut alice = village();
    for resident in residents(&alice, 1) {
        let leave = Command::Household(HouseholdCommand::SetStatus {
            household: household_id(1),
            resident,
            fact: alice.fresh(),
            status: "moved_out".into(),
            reason: Some("购房".into()),
            at: Some("2026-05-30".into()),
            time: alice.time(),
        });
        assert_eq!(leave.name(), "resident.leave");
        alice.run(&leave).unwrap();
    }
    let rows = tables(&alice.rows());
    let counted = counts(&rows, &Withheld::nothing(), None).unwrap();
    assert_eq!(counted.residents.get("moved_out"), Some(&2));
    let shown =
        household(&rows, &Withheld::nothing(), &household_id(1), Shown::Standing).unwrap().unwrap();
    assert_eq!(shown.head, None);
    assert_eq!(shown.residents[1].status_reason.as_deref(), Some("购房"));
    assert_eq!(shown.residents[0].birth_date.as_deref(), Some("1949-12-31"));
}

#[test]
fn visits_needs_notes_and_conflicts_are_listed() {
    let mut alice = village();
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    let resident = residents(&alice, 1)[0];
    let edit = |r: &Replica, phone: &str| {
        edit_resident(r, 1, resident, Fields::new().with("phone", phone))
    };
    let from_bob = edit(&bob, "13900000002");
    bob.run(&from_bob).unwrap();
    let from_alice = edit(&alice, "13900000001");
    alice.run(&from_alice).unwrap();
    alice.hear(&bob.sent);
    let id = household_id(1);
    let (visit, need, time) = (alice.fresh(), alice.fresh(), alice.time());
    let fields =
        Fields::new().with("at", "2026-05-01").with("purpose", "节日走访").with("by", "老王");
    alice
        .run(&Command::Visits(VisitsCommand::AddVisit { household: id, visit, fields, time }))
        .unwrap();
    let text = "加装电梯".to_owned();
    alice
        .run(&Command::Household(HouseholdCommand::AddNeed { household: id, need, text, time }))
        .unwrap();
    let rows = tables(&alice.rows());
    let visits = query::visits(&rows, &Withheld::nothing(), &id, Shown::Standing).unwrap().unwrap();
    assert_eq!((visits.len(), visits[0].by.as_deref()), (1, Some("老王")));
    let shown = household(&rows, &Withheld::nothing(), &id, Shown::Standing).unwrap().unwrap();
    assert_eq!((shown.needs.len(), shown.needs[0].status.as_str()), (1, "open"));
    let open = conflicts(&rows, &Withheld::nothing(), &Permitted::everything(), Some(&id)).unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].key, format!("r/{resident}/phone"));
    let mut values: Vec<_> = open[0].values.iter().map(|one| one.value.as_str()).collect();
    values.sort_unstable();
    assert_eq!(values, ["13900000001", "13900000002"]);
    assert_eq!(open[0].shown, shown.residents[0].resident.phone.clone().unwrap());
}

#[test]
fn no_list_scans_a_table_once_a_household() {
    let rows = tables(&village().rows());
    let listener = Listener::of(&rows);
    let region = Some(region_id(1));
    households(&listener, &Withheld::nothing(), &HouseholdFilter { region, ..Default::default() })
        .unwrap();
    household(&listener, &Withheld::nothing(), &household_id(1), Shown::Standing).unwrap();
    counts(&listener, &Withheld::nothing(), region).unwrap();
    assert!(listener.asked() >= 5);
    assert_eq!(listener.inner_scans(), [""; 0]);
}

#[test]
fn a_list_of_one_region_reads_nothing_of_another_also_of_what_was_withdrawn() {
    let rows = tables(&village().rows());
    for shown in [Shown::Standing, Shown::AlsoWithdrawn] {
        let listener = Listener::of(&rows);
        let filter = HouseholdFilter { region: Some(region_id(2)), shown };
        households(&listener, &Withheld::nothing(), &filter).unwrap();
        assert!(listener.asked() >= 5);
        assert_eq!(listener.scans(), [""; 0]);
    }
}

#[test]
fn a_scan_within_a_loop_or_a_correlated_subquery_is_seen() {
    let rows = tables(&village().rows());
    let inner_scans = |sql: &str| {
        let listener = Listener::of(&rows);
        listener.query(sql, &[], &mut |_| {}).unwrap();
        listener.inner_scans().len()
    };
    let within = "SELECT 1 FROM household x CROSS JOIN resident y WHERE y.name > x.address";
    let correlated = "SELECT (SELECT count(*) FROM resident y WHERE y.name > x.address) \
                      FROM household x";
    let found = "SELECT 1 FROM household x CROSS JOIN resident y ON y.document = x.document";
    let one_after_the_other = "SELECT address FROM household UNION ALL SELECT name FROM resident";
    assert_eq!([within, correlated, found, one_after_the_other].map(inner_scans), [1, 1, 0, 0]);
}

#[test]
fn what_the_reader_may_not_see_is_named_by_nothing() {
    let mut alice = village();
    let (household, visit) = (household_id(1), ItemId::new([9; 8]));
    let fields = Fields::new().with("at", "2026-01-02").with("purpose", "回访");
    let time = alice.time();
    alice
        .run(&Command::Visits(VisitsCommand::AddVisit { household, visit, fields, time }))
        .unwrap();
    let rows = tables(&alice.rows());
    let named = |withheld: &Withheld, digits: &str| {
        let beginning = IdBeginning::read(digits).unwrap();
        let households = query::households_named(&rows, withheld, &beginning).unwrap();
        let visits =
            query::items_named(&rows, withheld, &household, ItemKind::Visit, &beginning).unwrap();
        (households.len(), visits.into_iter().map(|one| one.called).collect::<Vec<_>>())
    };
    let all = Withheld::nothing();
    assert_eq!(named(&all, "0909"), (0, vec!["2026-01-02 回访".to_owned()]));
    assert_eq!(named(&all, &household.to_string()[..4]), (2, Vec::new()));
    assert_eq!(named(&all, &household.to_string()[..6]).0, 1);
    let elsewhere = Withheld::nothing().within(vec![region_id(3)]);
    assert_eq!(named(&elsewhere, "0909").1, Vec::<String>::new());
    assert_eq!(named(&elsewhere, &household.to_string()[..4]).0, 1);
    let mediator = Withheld::from_roles(&[Role::Mediator]);
    assert_eq!(named(&mediator, "0909").1, Vec::<String>::new());
}
