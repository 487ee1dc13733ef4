//! What a verification says of a server that worked, and of one whose rows were changed.

mod rewritten;

use super::*;
use crate::store::ServerStore as _;
use crate::testing::{HEAD_REGION, OTHER_REGION, Town, UNIT};

#[test]
fn a_server_that_worked_honestly_is_clean() {
    let mut town = worked();
    let report = verify(&*town.read(), &mut |_| {}).unwrap();
    assert_eq!(report.differences, []);
    assert_eq!((report.documents, report.commits), (8 + 2, 8 + 4));
}

#[test]
fn whatever_is_changed_behind_the_servers_back_is_found() {
    for (sql, code) in [
        ("UPDATE log SET record = x'00' WHERE number = 14", "chain_differs"),
        ("UPDATE log SET record = x'00' WHERE number = 14", "commit_not_signed"),
        ("DELETE FROM log WHERE number = 14", "number_missing"),
        ("UPDATE head SET number = number + 1", "head_differs"),
        ("UPDATE parts SET salt = zeroblob(16) WHERE number = 14", "part_not_in_commit"),
        ("UPDATE parts SET actor = zeroblob(10) WHERE number = 14", "actor_differs"),
        ("DELETE FROM parts WHERE number = 14", "part_missing"),
        ("DELETE FROM parts WHERE number = 14", "document_row_differs"),
        ("UPDATE documents SET heads = zeroblob(32)", "heads_differ"),
        ("UPDATE documents SET snapshot = x''", "snapshot_differs"),
        ("UPDATE documents SET snapshot = x'0102'", "snapshot_unreadable"),
        ("UPDATE documents SET home = zeroblob(16) WHERE kind = 2", "home_differs"),
        ("UPDATE parts SET change = x'00' WHERE number = 14", "change_not_let_in"),
        (
            "UPDATE log SET record = (SELECT record FROM log WHERE number = 15) WHERE number = 14",
            "rule_broken",
        ),
        ("UPDATE regions SET parent = NULL WHERE level = 'unit'", "region_row_differs"),
        ("DELETE FROM regions WHERE level = 'unit'", "region_row_differs"),
        (
            "INSERT INTO regions (document, code, level, name) VALUES (zeroblob(16), 'x', 'unit', 'x')",
            "region_row_differs",
        ),
        (
            "INSERT INTO grants SELECT zeroblob(32), g.device, g.bytes, g.number
             FROM grants g JOIN devices d ON d.device = g.device LIMIT 1",
            "grant_row_differs",
        ),
        ("INSERT INTO own SELECT device, 15 FROM devices", "own_row_differs"),
        ("INSERT INTO own SELECT device, 99 FROM devices", "own_row_differs"),
        ("DELETE FROM audience WHERE number = 14", "audience_differs"),
        ("UPDATE audience SET kind = 9 WHERE number = 14", "audience_differs"),
        ("DELETE FROM own", "own_row_missing"),
        ("UPDATE commits SET held = 'x' WHERE number = 14", "commit_row_differs"),
        ("DELETE FROM grants", "commit_without_grant"),
        ("UPDATE grants SET number = number + 900", "commit_without_grant"),
        (
            "UPDATE meta SET value = (SELECT key FROM devices LIMIT 1) WHERE key = 'root_key'",
            "grant_without_chain",
        ),
    ] {
        let mut town = worked();
        let path = town.dir.path().join("server.sqlite");
        rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
        let report = verify(&*town.read(), &mut |_| {}).unwrap();
        let codes: BTreeSet<_> = report.differences.iter().map(|found| found.code).collect();
        assert!(codes.contains(code), "{sql}: {codes:?}");
    }
}

fn worked() -> Town {
    let mut town = Town::new();
    let (mine, unit) = (town.region(HEAD_REGION), town.region(UNIT));
    let elsewhere = town.region(OTHER_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut steward = town.person("steward", UNIT);
    let (household, first) = alice.add_household(unit);
    let edit = alice.edit_household(household, "二幢");
    let visit = alice.add_visit(household);
    let (_, held) = alice.add_household(elsewhere);
    let push = alice.push(vec![first, edit, visit, held]);
    town.admit(&[push]);
    steward.receive(&alice, &household);
    let own = steward.add_visit(household);
    town.admit_one(&steward, own);
    assert_ne!(mine, unit);
    assert!(town.store.snapshot().is_ok());
    town
}
