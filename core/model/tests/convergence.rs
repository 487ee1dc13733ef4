//! Random commands on several replicas, whose changes arrive in any order and more than once.
//!
//! Every planned command must be judged good, and no longer good once it was done or bent; the
//! rows must follow change by change; and in the end all replicas must agree.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::tables::tables;
use common::unseen::{replaced_unseen, vanished_unseen};
use common::{
    NOW_MS, Replica, Sent, Written, add_household, add_region, edit_resident, household_id,
    residents,
};
use keting_model::day::Day;
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{Permitted, Withheld, conflicts, visits_and_notes};
use keting_model::region::RegionCommand;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{
    Cell, CityTime, Command, Document, DocumentId, DocumentKind, Fields, ItemId, Op, Plan,
    RULE_VERSION, Row, RowChange, Settle, Touched, Value, difference, judge, project,
};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Do { replica: usize, what: u8, pick: usize, choice: usize },
    Hear { from: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..3_usize, 0..20_u8, 0..4_usize, 0..6_usize)
            .prop_map(|(replica, what, pick, choice)| Step::Do { replica, what, pick, choice }),
        1 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Hear { from, to }),
    ]
}

fn any_command(replica: &mut Replica, what: u8, pick: usize, choice: usize) -> Option<Command> {
    let household = household_id(1);
    let known = residents(replica, 1);
    let resident = known.get(pick % known.len().max(1)).copied();
    let one_of = |words: &[&str]| words[choice % words.len()].to_owned();
    let born = one_of(&["2020-01-01", "1980-05-05", "2015-12-31"]);
    let (fresh, fact, time) = (replica.fresh(), replica.fresh(), replica.time());
    Some(match what {
        0 => Command::Household(HouseholdCommand::Edit {
            household,
            fields: Fields::new()
                .with("address", one_of(&["甲", "乙"]))
                .with("tenure", one_of(&["owned", "rented", ""])),
        }),
        1 => Command::Household(HouseholdCommand::AddResident {
            household,
            resident: NewResident {
                resident: fresh,
                fact,
                fields: Fields::new()
                    .with("name", "小红")
                    .with("relation", "child")
                    .with("phone", "13800000000")
                    .with("birth_date", born)
                    .with_care_tag("living_alone", true),
            },
            time,
        }),
        2..=4 => {
            let phone = one_of(&["13800000001", "13800000002", "0573-87650000", ""]);
            let fields = match what {
                2 => Fields::new().with("phone", phone),
                3 => Fields::new().with_care_tag("veteran_family", choice.is_multiple_of(2)),
                _ => Fields::new().with("phone", phone).with("birth_date", born),
            };
            edit_resident(replica, 1, resident?, fields)
        }
        5 | 6 => Command::Household(HouseholdCommand::SetStatus {
            household,
            resident: resident?,
            fact,
            status: one_of(&["living", "away", "moved_out", "deceased"]),
            reason: (what == 6).then(|| "打工".to_owned()),
            at: None,
            time,
        }),
        7 => Command::Household(HouseholdCommand::AddNeed {
            household,
            need: fresh,
            text: "修水管".to_owned(),
            time,
        }),
        8 => Command::Visits(VisitsCommand::AddVisit {
            household,
            visit: fresh,
            fields: Fields::new()
                .with("at", one_of(&["2026-01-02", "2025-12-31"]))
                .with("note", "在家"),
            time,
        }),
        9 => Command::Visits(VisitsCommand::AddNote {
            household,
            note: fresh,
            text: "空巢".to_owned(),
            time,
        }),
        10 => Command::Private(PrivateCommand::Edit {
            household,
            resident: resident?,
            fields: Fields::new()
                .with("health", one_of(&["高血压", "糖尿病", ""]))
                .with_care_tag("disabled", choice.is_multiple_of(2)),
        }),
        11 => Command::Region(RegionCommand::Edit {
            region: common::region_id(2),
            fields: Fields::new().with("head", one_of(&["老李", "老王", ""])),
        }),
        12 => Command::Household(HouseholdCommand::AdvanceNeed {
            household,
            need: a_need(replica)?,
            fact,
            status: one_of(&["in_progress", "met", "dropped"]),
            note: choice.is_multiple_of(2).then(|| "修好了".to_owned()),
            time,
        }),
        13 if choice.is_multiple_of(2) => {
            Command::Household(HouseholdCommand::Conceal { household, resident: resident?, time })
        }
        13 => Command::Household(HouseholdCommand::Reveal { household, resident: resident?, time }),
        14 => withdraw(replica, a_record(replica, pick)?, fact),
        15 => restore(replica, pick, fact)?,
        _ => settle(replica, pick)?,
    })
}

/// The household itself, or something in it.
fn a_record(replica: &Replica, pick: usize) -> Option<Record> {
    let item = |table: &str| {
        let rows = replica.rows();
        let row = rows.iter().find(|row| row.table.name == table)?;
        ItemId::from_slice(&row.item).ok()
    };
    let year = 2026;
    Some(match pick {
        0 => Record::Household,
        1 => Record::Resident(item("resident")?),
        2 => Record::Need(item("need")?),
        _ => Record::Note { note: item("note")?, year },
    })
}

fn withdraw(replica: &Replica, record: Record, fact: ItemId) -> Command {
    let (household, reason, time) = (household_id(1), "录错了".to_owned(), replica.time());
    let seen = visits_and_notes(&tables(&replica.rows()), &household).unwrap();
    let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
    Command::Withdrawal(withdraw)
}

/// Restores something that is withdrawn.
fn restore(replica: &Replica, pick: usize, fact: ItemId) -> Option<Command> {
    let (household, time) = (household_id(1), replica.time());
    let restored = |record| {
        let reason = pick.is_multiple_of(2).then(|| "没有错".to_owned());
        let restore = WithdrawalCommand::Restore { household, record, fact, reason, time };
        Command::Withdrawal(restore)
    };
    let mut known = replica.clone();
    let mut all = (0..4).filter_map(|pick| a_record(replica, pick)).map(restored);
    all.find(|command| known.plan(command).is_ok())
}

fn a_need(replica: &Replica) -> Option<ItemId> {
    let rows = replica.rows();
    let need = rows.iter().find(|row| row.table.name == "need")?;
    ItemId::from_slice(&need.item).ok()
}

/// Settles one of the fields that hold several values with the last of them, or what is said of a
/// resident with one more word.
fn settle(replica: &mut Replica, pick: usize) -> Option<Command> {
    let rows = replica.rows();
    let conflicts: Vec<&Row> = rows.iter().filter(|row| row.table.name == "conflict").collect();
    let row = conflicts.get(pick % conflicts.len().max(1))?;
    let key = String::from_utf8(row.item.clone()).unwrap();
    if let Some(resident) = key.strip_prefix("r/").and_then(|rest| rest.strip_suffix("/s")) {
        return Some(Command::Household(HouseholdCommand::SetStatus {
            household: row.document,
            resident: resident.parse().unwrap(),
            fact: replica.fresh(),
            status: "away".to_owned(),
            reason: None,
            at: None,
            time: replica.time(),
        }));
    }
    let value = replica.documents[&row.document].values(&key).pop()?;
    // What is private of a resident is settled by way of the household.
    let is_private = row.document.kind() == Some(DocumentKind::HouseholdPrivate);
    let document = if is_private { household_id(1) } else { row.document };
    Some(Command::Settle(Settle { document, key, value, time: replica.time() }))
}

fn founded() -> Vec<Replica> {
    let mut first = Replica::new(1);
    first.run(&add_region(1, None, "town")).unwrap();
    first.run(&add_region(2, Some(1), "micro_grid")).unwrap();
    let head = Fields::new().with("name", "王建国").with("relation", "head");
    let command = add_household(&mut first, 1, 2, &[head]);
    first.run(&command).unwrap();
    let mut replicas = vec![first.clone()];
    for actor in 2..=3 {
        let mut other = Replica::new(actor);
        other.hear(&first.sent);
        replicas.push(other);
    }
    replicas
}

fn apply(table: &mut BTreeMap<(&'static str, DocumentId, Vec<u8>), Row>, changes: Vec<RowChange>) {
    for change in changes {
        match change {
            RowChange::Put(row) => {
                table.insert((row.table.name, row.document, row.item.clone()), row);
            }
            RowChange::Delete { table: of, document, item } => {
                assert!(table.remove(&(of.name, document, item)).is_some());
            }
        }
    }
}

fn by_place(rows: Vec<Row>) -> BTreeMap<(&'static str, DocumentId, Vec<u8>), Row> {
    rows.into_iter().map(|row| ((row.table.name, row.document, row.item.clone()), row)).collect()
}

/// Whether an operation may be repeated although what it says is shown: of a resident who is or was
/// concealed a settle says again what stands in one part, since something else may stand in the other.
fn may_be_said_again(document: &Document, op: &Op) -> bool {
    let Op::Settle { key, .. } = op else { return false };
    let Some(resident) = key.strip_prefix("r/").and_then(|rest| rest.split('/').next()) else {
        return false;
    };
    let is_private = document.id().kind() == Some(DocumentKind::HouseholdPrivate);
    is_private || document.value(&format!("r/{resident}/concealed")).is_some()
}

/// Bends what a command writes in every way that must be refused.
fn assert_bent_plans_are_refused(
    name: &str,
    plan: &Plan,
    before: &BTreeMap<DocumentId, Document>,
    after: &BTreeMap<DocumentId, Document>,
) {
    let refused = |name: &str, document: &Document, ops: &[Op]| {
        let verdict =
            judge(name, RULE_VERSION, CityTime::new(NOW_MS), &[Touched { before: document, ops }]);
        assert!(verdict.is_err(), "{name} {ops:?} was let through");
    };
    for edit in &plan.edits {
        let (document, ops) = (&before[&edit.document], &edit.ops);
        let done = &after[&edit.document];
        if !ops.iter().all(|op| may_be_said_again(done, op)) {
            refused(name, done, ops);
            refused("field.settle", done, ops);
        }
        refused(name, document, &[]);
        refused("settle.all", document, ops);
        for other in ["region.edit", "household.edit", "note.add", "need.advance", "private.edit"] {
            // A private part filled in with a new resident is what `private.edit` writes, too.
            let same = other == "private.edit"
                && edit.document.kind() == Some(DocumentKind::HouseholdPrivate);
            if other != name && !same {
                refused(other, document, ops);
            }
        }
        for (place, op) in ops.iter().enumerate() {
            let (Op::Put { key, value } | Op::Settle { key, value }) = op else { panic!("{op:?}") };
            let with = |bent: Op| {
                let mut ops = ops.clone();
                ops[place] = bent;
                ops
            };
            let wrong =
                if matches!(value, Value::Int(_)) { Value::from("x") } else { Value::Int(-1) };
            refused(name, document, &with(Op::Put { key: key.clone(), value: wrong }));
            refused(
                name,
                document,
                &with(Op::Put { key: format!("{key}x"), value: value.clone() }),
            );
            refused(
                name,
                document,
                &with(Op::Put { key: format!("x/{key}"), value: value.clone() }),
            );
            refused(name, document, &with(Op::MakeText { key: key.clone() }));
            let other = match op {
                Op::Settle { .. } => Op::Put { key: key.clone(), value: value.clone() },
                _ => Op::Settle { key: key.clone(), value: value.clone() },
            };
            refused(name, document, &with(other));
            refused(name, document, &[ops.clone(), vec![op.clone()]].concat());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replicas_agree_whatever_the_order_and_however_often_changes_arrive(
        steps in prop::collection::vec(step(), 1..40),
        order in any::<u64>(),
    ) {
        let mut replicas = founded();
        for step in &steps {
            match *step {
                Step::Hear { from, to } => {
                    let sent = replicas[from].sent.clone();
                    replicas[to].hear(&sent);
                }
                Step::Do { replica, what, pick, choice } => {
                    let replica = &mut replicas[replica];
                    let Some(command) = any_command(replica, what, pick, choice) else { continue };
                    prop_assert_eq!(Command::from_bytes(&command.to_bytes()), Ok(command.clone()));
                    let rows_before = replica.rows();
                    let Ok(plan) = replica.plan(&command) else { continue };
                    let before = replica.documents.clone();
                    replica.run(&command).unwrap();
                    assert_bent_plans_are_refused(command.name(), &plan, &before, &replica.documents);
                    let rows_after = replica.rows();
                    let mut table = by_place(rows_before.clone());
                    apply(&mut table, difference(&rows_before, &rows_after));
                    prop_assert_eq!(table, by_place(rows_after));
                }
            }
        }
        let everything: Vec<Sent> = replicas.iter().flat_map(|replica| replica.sent.clone()).collect();
        // Everything twice or more, in an order of the seed's.
        let mut shuffled: Vec<&Sent> = everything.iter().chain(&everything).collect();
        let mut seed = order;
        shuffled.sort_by_cached_key(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        });
        let mut stranger = Replica::new(9);
        replicas.push(stranger.clone());
        for replica in &mut replicas {
            let mut waiting: Vec<&Sent> = shuffled.clone();
            while !waiting.is_empty() {
                let count = waiting.len();
                waiting.retain(|sent| !replica.take(sent));
                prop_assert!(waiting.len() < count, "a change is never taken in");
            }
            shuffled.reverse();
        }
        stranger.hear(&everything_in_order(&everything));
        replicas.push(stranger);
        let written: Vec<&Written> = replicas.iter().flat_map(|replica| &replica.written).collect();
        prop_assert_eq!(vanished_unseen(&written, &replicas[0]), None);
        prop_assert_eq!(replaced_unseen(&written), None);
        prop_assert_eq!(child_in_the_open(&replicas[0]), None);
        prop_assert_eq!(hidden_unseen(&written, &replicas[0]), None);
        for replica in &replicas {
            prop_assert_eq!(replica.heads(), replicas[0].heads());
            prop_assert_eq!(replica.rows(), replicas[0].rows());
            let rows: Vec<Row> = replica.documents.values()
                .map(|document| Document::load(document.id(), &document.save()).unwrap())
                .flat_map(|document| project(&document)).collect();
            prop_assert_eq!(rows, replica.rows());
        }
    }
}

/// Somebody who is a child by a date that stands, and of whom a reader of the household is shown more
/// than name and relation.
fn child_in_the_open(replica: &Replica) -> Option<ItemId> {
    let private = DocumentId::derive(&household_id(1), DocumentKind::HouseholdPrivate, 0);
    let is_child = |resident: &ItemId| {
        let stands = replica.documents.get(&private)?.values(&format!("r/{resident}/birth_date"));
        let born = |value: &Value| Day::parse(value.as_text()?);
        let today = replica.time().day();
        stands.iter().filter_map(born).find(|born| born.is_of_a_child_on(today))
    };
    let rows = project(&replica.documents[&household_id(1)]);
    residents(replica, 1).into_iter().filter(|resident| is_child(resident).is_some()).find(
        |child| {
            let of_child = |row: &&Row| row.item.starts_with(child.as_bytes());
            let row =
                rows.iter().filter(|row| row.table.name == "resident").find(of_child).unwrap();
            let hidden = ["phone", "bond", "care_tags", "status"];
            let shows = |column: &&str| {
                let at = row.table.columns.iter().position(|name| name == column).unwrap();
                row.cells[at] != Cell::Null
            };
            let key = format!("r/{child}/");
            let listed = |row: &Row| {
                row.table.name == "conflict"
                    && row.item.starts_with(key.as_bytes())
                    && row.cells.iter().any(|cell| matches!(cell, Cell::Blob(_)))
                    && !["/name", "/relation", "/s"]
                        .iter()
                        .any(|open| row.item.ends_with(open.as_bytes()))
            };
            hidden.iter().any(shows) || rows.iter().any(listed)
        },
    )
}

/// What somebody wrote into a withdrawn household or its private part who had not heard of that, and nobody
/// who withdrew it had seen, though it is in no list.
fn hidden_unseen(written: &[&Written], last: &Replica) -> Option<String> {
    let rows = last.rows();
    let withdrawn = |row: &&Row| row.table.name == "withdrawal" && row.cells[1] == Cell::Int(1);
    let household = rows.iter().filter(withdrawn).find(|row| row.item == b"w")?.document;
    let private = DocumentId::derive(&household, DocumentKind::HouseholdPrivate, 0);
    let puts = |change: &'_ Written| -> Vec<(String, Value)> {
        let ops = change.ops.iter().filter_map(Op::written);
        ops.map(|(key, value)| (key.to_owned(), value.clone())).collect()
    };
    let withdraws = |change: &&&Written| puts(change).iter().any(|(key, _)| key.starts_with("w/"));
    let was_seen = |change: &Written| {
        let here = |by: &&&Written| by.before.id() == change.before.id();
        written.iter().filter(withdraws).filter(here).any(|by| by.before.has(&change.hash))
    };
    let stands = |change: &&&Written| {
        let document = &last.documents[&change.before.id()];
        puts(change).iter().any(|(key, value)| {
            let is_own = key.starts_with("w/") || key == "of";
            !is_own && document.values(key) == std::slice::from_ref(value)
        })
    };
    let of_it = |change: &&&Written| [household, private].contains(&change.before.id());
    let unseen = written.iter().filter(of_it).filter(stands).find(|change| !was_seen(change))?;
    let (all, may) = (Withheld::nothing(), Permitted::everything());
    let listed = conflicts(&tables(&rows), &all, &may, None).unwrap();
    let is_listed = listed.iter().any(|one| one.key == "w" && !one.meanwhile.is_empty());
    (!is_listed).then(|| format!("{:?}", unseen.ops))
}

/// The changes so that none comes before what it depends on.
fn everything_in_order(everything: &[Sent]) -> Vec<Sent> {
    let mut scratch = Replica::new(8);
    let mut ordered = Vec::new();
    let mut waiting: Vec<&Sent> = everything.iter().collect();
    while !waiting.is_empty() {
        waiting.retain(|sent| {
            let taken = scratch.take(sent);
            if taken {
                ordered.push((*sent).clone());
            }
            !taken
        });
    }
    ordered
}

#[test]
fn the_day_of_the_tests_is_in_2026() {
    assert_eq!(CityTime::new(NOW_MS).day().to_string(), "2026-06-01");
}
