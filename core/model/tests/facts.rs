//! Facts about residents and needs: which of several counts, and which ranks the rule lets through.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{NOW_MS, Replica, add_household, add_region, household_id, residents};
use keting_model::household::HouseholdCommand;
use keting_model::{
    Cell, CityTime, Command, Document, DocumentId, DocumentKind, Fields, ItemId, Op, RULE_VERSION,
    RuleError, Touched, Value, judge, project,
};

const TEN_YEARS_MS: u64 = 3_653 * 24 * 60 * 60 * 1_000;

/// A household of one adult or child with one need.
fn founded(birth_date: &str) -> (Replica, ItemId, ItemId) {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let resident = Fields::new().with("name", "李梅").with("birth_date", birth_date);
    let command = add_household(&mut alice, 1, 1, &[resident]);
    alice.run(&command).unwrap();
    let (need, time) = (alice.fresh(), alice.time());
    let (household, text) = (household_id(1), "加装电梯".to_owned());
    let add = HouseholdCommand::AddNeed { household, need, text, time };
    alice.run(&Command::Household(add)).unwrap();
    let resident = residents(&alice, 1)[0];
    (alice, resident, need)
}

fn say(replica: &mut Replica, resident: ItemId, status: &str) {
    let (fact, time) = (replica.fresh(), replica.time());
    let (household, status) = (household_id(1), status.to_owned());
    let (reason, at) = (None, None);
    let say = HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
    replica.run(&Command::Household(say)).unwrap();
}

fn advance(replica: &mut Replica, need: ItemId, status: &str) {
    let (fact, time) = (replica.fresh(), replica.time());
    let (household, status) = (household_id(1), status.to_owned());
    let note = None;
    let advance = HouseholdCommand::AdvanceNeed { household, need, fact, status, note, time };
    replica.run(&Command::Household(advance)).unwrap();
}

/// A column of the only row of a table.
fn column(replica: &Replica, document: DocumentId, table: &str, column: &str) -> Cell {
    let rows = project(&replica.documents[&document]);
    let row = rows.iter().find(|row| row.table.name == table).unwrap();
    let at = row.table.columns.iter().position(|name| *name == column).unwrap();
    row.cells[at].clone()
}

fn private() -> DocumentId {
    DocumentId::derive(&household_id(1), DocumentKind::HouseholdPrivate, 0)
}

#[test]
fn a_correction_counts_whatever_the_clock_of_the_phone_it_corrects() {
    let (mut alice, resident, need) = founded("1980-05-05");
    alice.now_ms += TEN_YEARS_MS;
    say(&mut alice, resident, "moved_out");
    advance(&mut alice, need, "met");
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    say(&mut bob, resident, "living");
    advance(&mut bob, need, "open");
    alice.hear(&bob.sent);
    for replica in [&alice, &bob] {
        let status = |table| column(replica, household_id(1), table, "status");
        assert_eq!(status("resident"), Cell::Text("living".into()));
        assert_eq!(status("need"), Cell::Text("open".into()));
    }
}

#[test]
fn facts_whose_authors_did_not_know_of_each_other_are_ordered_by_time() {
    let (mut alice, resident, _) = founded("1980-05-05");
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    bob.now_ms += 1_000;
    say(&mut bob, resident, "away");
    say(&mut alice, resident, "moved_out");
    alice.hear(&bob.sent);
    assert_eq!(column(&alice, household_id(1), "resident", "status"), Cell::Text("away".into()));
}

#[test]
fn a_fact_is_ranked_above_those_of_both_documents() {
    let (mut alice, resident, _) = founded("2012-06-02");
    say(&mut alice, resident, "away");
    say(&mut alice, resident, "living");
    assert_eq!(column(&alice, private(), "resident_private", "status_rank"), Cell::Int(3));
    // After the fourteenth birthday what is said stands in the open.
    alice.now_ms = NOW_MS + 2 * 24 * 60 * 60 * 1_000;
    say(&mut alice, resident, "away");
    assert_eq!(column(&alice, household_id(1), "resident", "status_rank"), Cell::Int(4));
}

#[test]
fn the_rule_lets_a_fact_be_ranked_above_all_seen_but_not_far_above_them() {
    const STEP_MAX: i64 = 1 << 20;
    let (mut alice, resident, need) = founded("1980-05-05");
    say(&mut alice, resident, "away");
    advance(&mut alice, need, "met");
    let document = &alice.documents[&household_id(1)];
    let of_resident = |rank| ranked("resident.leave", document, &format!("r/{resident}"), rank);
    for wrong in [1, 2, 2 + STEP_MAX + 1, i64::MAX] {
        assert_eq!(of_resident(wrong), Err(RuleError::WrongRank), "{wrong}");
    }
    for right in [3, 2 + STEP_MAX] {
        assert_eq!(of_resident(right), Ok(()), "{right}");
    }
    let of_need = |rank| ranked("need.advance", document, &format!("n/{need}"), rank);
    assert_eq!(of_need(1), Err(RuleError::WrongRank));
    assert_eq!(of_need(2), Ok(()));
    assert!(matches!(of_need(0), Err(RuleError::Invalid { .. })));
}

/// Whether a fact of a rank about an item is let through.
fn ranked(command: &str, before: &Document, item: &str, rank: i64) -> Result<(), RuleError> {
    let fact = format!("{item}/s/{}", ItemId::new([9; 8]));
    let status = if item.starts_with('r') { "away" } else { "met" };
    let put = |field: &str, value| Op::Put { key: format!("{fact}/{field}"), value };
    let ops = [
        put("status", Value::from(status)),
        put("time", Value::Int(5)),
        put("rank", Value::Int(rank)),
    ];
    judge(command, RULE_VERSION, CityTime::new(5), &[Touched { before, ops: &ops }]).map(drop)
}
