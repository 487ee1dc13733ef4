//! Who changed a field, from what to what, as each role may read it.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{Replica, add_household, edit_resident, everybody, household_id, residents};
use keting_model::history::{History, HistoryEntry, history};
use keting_model::household::HouseholdCommand;
use keting_model::input::Field;
use keting_model::query::Withheld;
use keting_model::{Command, Document, Fields, ItemId, Role};

fn asked(field: Option<Field>) -> History {
    History { household: household_id(1), resident: None, field }
}

fn read(replica: &Replica, withheld: &Withheld, asked: &History) -> Vec<HistoryEntry> {
    let here = asked.documents().into_iter().filter_map(|id| replica.documents.get(&id));
    let documents: Vec<Document> = here.cloned().collect();
    history(&documents, withheld, asked)
}

/// Each entry as `field: from → to`.
fn told(entries: &[HistoryEntry]) -> Vec<String> {
    let line = |entry: &HistoryEntry| {
        let to = entry.to.as_deref().unwrap_or("-");
        format!("{}: {} → {to}", entry.field, entry.from.join("/"))
    };
    entries.iter().map(line).collect()
}

fn edit(replica: &mut Replica, resident: ItemId, fields: Fields) {
    replica.now_ms += 60_000;
    let command = edit_resident(replica, 1, resident, fields);
    replica.run(&command).unwrap();
}

fn say(replica: &mut Replica, resident: ItemId, status: &str) {
    replica.now_ms += 60_000;
    let (household, fact, time) = (household_id(1), replica.fresh(), replica.time());
    let (status, reason, at) = (status.to_owned(), Some("说了".to_owned()), None);
    let say = HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
    replica.run(&Command::Household(say)).unwrap();
}

fn named(name: &str) -> Fields {
    Fields::new().with("name", name).with("phone", "13800000001")
}

#[test]
fn each_change_of_a_field_is_told_with_what_stood_there_the_latest_first() {
    let ([mut alice], resident) = everybody(named("王小明"));
    edit(&mut alice, resident, Fields::new().with("phone", "13800000002"));
    edit(&mut alice, resident, Fields::new().with("phone", ""));
    edit(&mut alice, resident, Fields::new().with_care_tag("living_alone", true));
    edit(&mut alice, resident, Fields::new().with("id_number", "11010519491231002X"));
    say(&mut alice, resident, "away");
    say(&mut alice, resident, "living");
    let all = read(&alice, &Withheld::nothing(), &asked(None));
    assert_eq!(
        told(&all),
        [
            "status: away → living",
            "status: living → away",
            "id_number:  → 11010519491231002X",
            "living_alone:  → true",
            "phone: 13800000002 → -",
            "phone: 13800000001 → 13800000002",
            "status:  → living",
            "phone:  → 13800000001",
            "name:  → 王小明",
            "address:  → 潮乡1幢1单元101室",
        ]
    );
    assert!(all[..9].iter().all(|one| one.resident == Some(resident)));
    assert_eq!((all[9].resident, all[0].name.as_deref()), (None, Some("王小明")));
    assert_eq!(all[4].entered.at.as_deref(), Some("2026-06-01T08:02:00+08:00"));
    let phones = read(&alice, &Withheld::nothing(), &asked(Some(Field::Phone)));
    assert_eq!(told(&phones), [&told(&all[4..6])[..], &told(&all[7..8])].concat());
    let tags = read(&alice, &Withheld::nothing(), &asked(Some(Field::CareTag)));
    assert_eq!(told(&tags), ["living_alone:  → true"]);
}

#[test]
fn a_settle_is_told_with_all_that_was_said() {
    let ([mut alice, mut bob], resident) = everybody(named("王小明"));
    edit(&mut alice, resident, Fields::new().with("phone", "13800000002"));
    edit(&mut bob, resident, Fields::new().with("phone", "13800000003"));
    alice.hear(&bob.sent);
    let key = format!("r/{resident}/phone");
    let settle = keting_model::Settle {
        document: household_id(1),
        key,
        value: "13800000003".into(),
        time: alice.time(),
    };
    alice.now_ms += 60_000;
    alice.run(&Command::Settle(settle)).unwrap();
    let phones = told(&read(&alice, &Withheld::nothing(), &asked(Some(Field::Phone))));
    assert_eq!(phones[0], "phone: 13800000002/13800000003 → 13800000003");
    assert_eq!(phones.len(), 4);
}

#[test]
fn who_turns_out_to_be_a_child_moves_and_nothing_of_them_was_changed_or_is_told_to_who_may_not_read_it()
 {
    let ([mut alice], resident) = everybody(named("王小宝"));
    say(&mut alice, resident, "away");
    edit(&mut alice, resident, Fields::new().with("birth_date", "2020-02-02"));
    edit(&mut alice, resident, Fields::new().with("phone", "13800000009"));
    let head = Withheld::from_roles(&[Role::MicroGridHead]);
    assert_eq!(
        told(&read(&alice, &head, &asked(None))),
        [
            "phone: 13800000001 → 13800000009",
            "birth_date:  → 2020-02-02",
            "status: living → away",
            "status:  → living",
            "phone:  → 13800000001",
            "name:  → 王小宝",
            "address:  → 潮乡1幢1单元101室",
        ]
    );
    for role in Role::ALL.into_iter().filter(|role| Withheld::from_roles(&[*role]) != head) {
        let withheld = Withheld::from_roles(&[role]);
        let reads_private = !withheld.withholds(keting_model::DocumentKind::HouseholdPrivate);
        let reads = !withheld.withholds(keting_model::DocumentKind::Household);
        let told = told(&read(&alice, &withheld, &asked(None)));
        let wanted: &[&str] = match (reads, reads_private) {
            (true, true) => continue,
            (true, false) => &["name:  → 王小宝", "address:  → 潮乡1幢1单元101室"],
            (false, _) => &[],
        };
        assert_eq!(told, wanted, "{}", role.name());
    }
}

#[test]
fn the_history_of_one_resident_tells_nothing_of_another() {
    let ([mut alice], first) = everybody(named("王小明"));
    let other = add_household(&mut alice, 2, 1, &[named("李红"), named("李一")]);
    alice.run(&other).unwrap();
    let second = residents(&alice, 2)[1];
    let of = |household, resident| {
        let asked = History { household: household_id(household), resident, field: None };
        read(&alice, &Withheld::nothing(), &asked).len()
    };
    assert_eq!((of(1, Some(first)), of(1, None)), (3, 4));
    assert_eq!((of(2, Some(second)), of(2, None), of(1, Some(second))), (3, 7, 0));
}
