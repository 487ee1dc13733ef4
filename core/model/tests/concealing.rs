//! Somebody becomes known as a child, or is concealed by hand, while others write about them: nothing of
//! it is read in the open, nothing is lost, and whoever was right is settled by people.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{Replica, edit_resident, everybody, household_id};
use keting_model::household::HouseholdCommand;
use keting_model::query::{
    ConflictView, Counts, Permitted, ResidentDetail, Shown, Withheld, conflicts, counts, household,
    households,
};
use keting_model::role::Role;
use keting_model::{Command, CommandError, DocumentKind, Fields, ItemId, Row, Settle, Value};

const FIRST: &str = "13800000001";
const SECOND: &str = "13800000002";
const THIRD: &str = "13800000003";
const OF_A_CHILD: &str = "2020-02-02";
const OF_AN_ADULT: &str = "1980-02-02";

/// What is known of the one resident in a household of which everybody has heard.
fn known() -> Fields {
    Fields::new()
        .with("name", "小宝")
        .with("relation", "grandchild")
        .with("phone", FIRST)
        .with("bond", "both")
        .with_care_tag("left_behind", true)
}

fn edit(replica: &mut Replica, resident: ItemId, name: &str, value: &str) {
    let edit = edit_resident(replica, 1, resident, Fields::new().with(name, value));
    replica.run(&edit).unwrap();
}

fn say(replica: &mut Replica, resident: ItemId, status: &str, reason: &str) {
    let say = HouseholdCommand::SetStatus {
        household: household_id(1),
        resident,
        fact: replica.fresh(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        at: None,
        time: replica.time(),
    };
    replica.run(&Command::Household(say)).unwrap();
}

fn conceal(replica: &Replica, resident: ItemId) -> Command {
    let (household, time) = (household_id(1), replica.time());
    Command::Household(HouseholdCommand::Conceal { household, resident, time })
}

fn reveal(replica: &Replica, resident: ItemId) -> Command {
    let (household, time) = (household_id(1), replica.time());
    Command::Household(HouseholdCommand::Reveal { household, resident, time })
}

fn settle(replica: &Replica, resident: ItemId, name: &str, value: impl Into<Value>) -> Command {
    let (document, key) = (household_id(1), format!("r/{resident}/{name}"));
    Command::Settle(Settle { document, key, value: value.into(), time: replica.time() })
}

/// Everybody hears of everything, each in an order of their own.
fn meet(replicas: &mut [Replica]) {
    let sent: Vec<_> = replicas.iter().map(|replica| replica.sent.clone()).collect();
    for replica in replicas.iter_mut() {
        sent.iter().for_each(|of_one| replica.hear(of_one));
    }
    let first = replicas[0].rows();
    assert!(replicas.iter().all(|replica| replica.rows() == first));
}

/// What somebody of a role is shown, who has only the documents of that role.
struct Screen {
    resident: ResidentDetail,
    conflicts: Vec<ConflictView>,
    counts: Counts,
}

fn screen(replica: &Replica, role: Role) -> Screen {
    let withheld = Withheld::from_roles(&[role]);
    let mut rows: Vec<Row> = replica.rows();
    rows.retain(|row| !withheld.withholds(row.document.kind().unwrap()));
    let rows = tables(&rows);
    let mut shown =
        household(&rows, &withheld, &household_id(1), Shown::Standing).unwrap().unwrap();
    let permitted = Permitted::from_roles(&[role]);
    let conflicts = conflicts(&rows, &withheld, &permitted, None).unwrap();
    let counts = counts(&rows, &withheld, None).unwrap();
    let listed = households(&rows, &withheld, &Default::default()).unwrap().remove(0);
    let resident = shown.residents.remove(0);
    assert_eq!(listed.residents[0].phone, resident.resident.phone);
    assert_eq!(listed.residents[0].care_tags, resident.resident.care_tags);
    assert_eq!(listed.residents[0].status, resident.resident.status);
    assert_eq!(listed.conflicts, conflicts.len() as u64);
    assert_eq!(counts.conflicts, conflicts.len() as u64);
    Screen { resident, conflicts, counts }
}

fn head(replica: &Replica) -> Screen {
    screen(replica, Role::MicroGridHead)
}

/// Demands that a steward is shown name and relation, and not a word more.
fn assert_hidden(replica: &Replica) {
    let Screen { resident: detail, conflicts, counts } = screen(replica, Role::Steward);
    let resident = &detail.resident;
    assert_eq!(
        (resident.name.as_str(), resident.relation.as_deref()),
        ("小宝", Some("grandchild"))
    );
    assert!(resident.concealed);
    let shown = [&resident.phone, &resident.bond, &resident.status, &resident.id_number];
    assert_eq!(shown, [&None; 4]);
    assert_eq!([&detail.status_reason, &detail.status_at, &detail.birth_date], [&None; 3]);
    assert_eq!((&resident.care_tags, detail.facts.len()), (&None, 0));
    for field in ["phone", "bond", "care_tags", "status", "status_reason"] {
        assert!(resident.withheld.contains(&field), "{field}");
    }
    assert_eq!(conflicts, []);
    assert_eq!(counts.residents.keys().collect::<Vec<_>>(), ["unknown"]);
}

/// The names of what still stands in the open of the resident, besides name and relation.
fn in_the_open(replica: &Replica, resident: ItemId) -> Vec<String> {
    let document = &replica.documents[&household_id(1)];
    let prefix = format!("r/{resident}/");
    let says_nothing = ["name", "relation", "concealed", "over", "time"];
    let names = document.keys().filter_map(|key| key.strip_prefix(&prefix).map(str::to_owned));
    let open = names.filter(|name| !says_nothing.iter().any(|end| name.ends_with(end)));
    open.filter(|name| {
        document.values(&format!("{prefix}{name}")).iter().any(|value| *value != Value::Null)
    })
    .collect()
}

fn values(conflict: &ConflictView) -> Vec<&str> {
    conflict.values.iter().map(|value| value.value.as_str()).collect()
}

fn conflict<'s>(screen: &'s Screen, name: &str) -> &'s ConflictView {
    let of_field = |one: &&ConflictView| one.key.ends_with(&format!("/{name}"));
    screen.conflicts.iter().find(of_field).unwrap_or_else(|| panic!("{:?}", screen.conflicts))
}

#[test]
fn what_others_wrote_of_a_child_meanwhile_is_hidden_at_once_and_moved_by_the_next_who_may() {
    let ([mut alice, mut bob, mut dora], resident) = everybody(known());
    edit(&mut alice, resident, "birth_date", OF_A_CHILD);
    edit(&mut bob, resident, "phone", SECOND);
    say(&mut dora, resident, "away", "去杭州治病");
    let mut all = [alice, bob, dora];
    meet(&mut all);
    let [mut alice, ..] = all;
    assert_hidden(&alice);
    assert_eq!(in_the_open(&alice, resident).len(), 3, "{:?}", in_the_open(&alice, resident));

    let shown = head(&alice);
    assert_eq!(shown.resident.resident.status.as_deref(), Some("away"));
    assert_eq!(shown.resident.status_reason.as_deref(), Some("去杭州治病"));
    let phone = conflict(&shown, "phone");
    assert_eq!((values(phone), phone.document), (vec![FIRST, SECOND], household_id(1)));
    assert!(phone.may_settle);
    assert_eq!(shown.conflicts.len(), 1);

    let command = settle(&alice, resident, "phone", SECOND);
    alice.run(&command).unwrap();
    assert_eq!(in_the_open(&alice, resident), [""; 0]);
    assert_hidden(&alice);
    let shown = head(&alice);
    assert_eq!(shown.resident.resident.phone.as_deref(), Some(SECOND));
    assert_eq!(shown.resident.status_reason.as_deref(), Some("去杭州治病"));
    assert_eq!(shown.conflicts, []);
}

#[test]
fn somebody_is_concealed_while_another_edits_every_field_that_moves() {
    let ([mut alice, mut bob], resident) = everybody(known());
    let command = conceal(&alice, resident);
    alice.run(&command).unwrap();
    assert_hidden(&alice);
    let fields = Fields::new()
        .with("phone", SECOND)
        .with("bond", "registered")
        .with_care_tag("left_behind", false)
        .with_care_tag("bereaved", true);
    let command = edit_resident(&bob, 1, resident, fields);
    bob.run(&command).unwrap();
    say(&mut bob, resident, "away", "上学");
    let mut both = [alice, bob];
    meet(&mut both);
    let [mut alice, _] = both;

    assert_hidden(&alice);
    let shown = head(&alice);
    assert_eq!(values(conflict(&shown, "phone")), [FIRST, SECOND]);
    assert_eq!(values(conflict(&shown, "bond")), ["both", "registered"]);
    assert_eq!(values(conflict(&shown, "t/left_behind")), ["true", "false"]);
    assert_eq!(shown.conflicts.len(), 3);
    // What only one of them said is shown beside it.
    let tags = shown.resident.resident.care_tags.clone().unwrap();
    assert_eq!(tags, ["bereaved", "left_behind"]);
    assert_eq!(shown.resident.resident.status.as_deref(), Some("away"));

    // Nobody overrules unseen what another wrote: an edit is refused until it is settled.
    let plain = edit_resident(&alice, 1, resident, Fields::new().with("phone", THIRD));
    assert_eq!(alice.plan(&plain).map_err(|error| error.code()), Err("conflicted"));
    for (name, value) in [
        ("phone", Value::from(SECOND)),
        ("bond", Value::from("both")),
        ("t/left_behind", Value::Bool(false)),
    ] {
        let command = settle(&alice, resident, name, value);
        alice.run(&command).unwrap();
        assert_eq!(alice.plan(&command), Err(CommandError::NothingToSettle));
        assert_hidden(&alice);
    }
    assert_eq!(in_the_open(&alice, resident), [""; 0]);
    let shown = head(&alice);
    assert_eq!(shown.conflicts, []);
    assert_eq!(shown.resident.resident.phone.as_deref(), Some(SECOND));
    assert_eq!(shown.resident.resident.care_tags.as_deref().unwrap(), ["bereaved"]);
}

#[test]
fn a_field_first_written_in_both_parts_at_once_is_listed_with_both_values() {
    let fields = Fields::new().with("name", "小宝").with("relation", "grandchild");
    let ([mut alice, mut bob, mut carol], resident) = everybody(fields);
    let command = conceal(&alice, resident);
    alice.run(&command).unwrap();
    carol.hear(&alice.sent);
    edit(&mut carol, resident, "phone", FIRST);
    edit(&mut bob, resident, "phone", SECOND);
    let mut all = [alice, bob, carol];
    meet(&mut all);
    let [mut alice, ..] = all;
    assert_hidden(&alice);
    let shown = head(&alice);
    let phone = conflict(&shown, "phone");
    assert_eq!(values(phone), [FIRST, SECOND]);
    assert!(phone.values.iter().all(|value| value.entered.len() == 1));
    let command = settle(&alice, resident, "phone", SECOND);
    alice.run(&command).unwrap();
    assert_eq!(head(&alice).conflicts, []);
    assert_eq!(head(&alice).resident.resident.phone.as_deref(), Some(SECOND));
    assert_eq!(in_the_open(&alice, resident), [""; 0]);
}

#[test]
fn what_was_written_of_somebody_while_they_were_revealed_is_listed_and_comes_into_the_open() {
    let ([mut alice, mut bob], resident) = everybody(known());
    edit(&mut alice, resident, "birth_date", OF_A_CHILD);
    bob.hear(&alice.sent);
    edit(&mut bob, resident, "phone", SECOND);
    edit(&mut bob, resident, "bond", "registered");
    say(&mut bob, resident, "away", "上学");
    edit(&mut alice, resident, "birth_date", OF_AN_ADULT);
    let mut both = [alice, bob];
    meet(&mut both);
    let [mut alice, _] = both;
    let shown = head(&alice);
    assert!(!shown.resident.resident.concealed);
    assert_eq!(values(conflict(&shown, "phone")), [FIRST, SECOND]);
    assert_eq!(values(conflict(&shown, "bond")), ["both", "registered"]);
    assert_eq!(shown.resident.resident.status.as_deref(), Some("away"));
    for (name, value) in [("phone", SECOND), ("bond", "both")] {
        let command = settle(&alice, resident, name, value);
        alice.run(&command).unwrap();
    }
    let shown = screen(&alice, Role::Steward);
    assert_eq!(shown.resident.resident.phone.as_deref(), Some(SECOND));
    assert_eq!(shown.resident.resident.bond.as_deref(), Some("both"));
    assert_eq!(shown.resident.status_reason.as_deref(), Some("上学"));
    assert_eq!((shown.conflicts, head(&alice).conflicts), (vec![], vec![]));
}

#[test]
fn who_is_dated_as_a_child_while_another_reveals_them_stays_hidden_until_that_is_settled() {
    for (settled, hidden) in [("2019-02-02", true), (OF_AN_ADULT, false)] {
        let ([mut alice, mut bob], resident) = everybody(known());
        edit(&mut alice, resident, "birth_date", OF_A_CHILD);
        bob.hear(&alice.sent);
        edit(&mut alice, resident, "birth_date", OF_AN_ADULT);
        edit(&mut bob, resident, "birth_date", "2019-02-02");
        let mut both = [alice, bob];
        meet(&mut both);
        let [mut alice, _] = both;
        assert_hidden(&alice);
        let shown = head(&alice);
        let dates = conflict(&shown, "birth_date");
        assert_eq!((values(dates).len(), dates.document), (2, household_id(1)));
        assert_eq!(values(conflict(&shown, "concealed")).len(), 2);
        let command = settle(&alice, resident, "birth_date", settled);
        alice.run(&command).unwrap();
        assert_eq!(head(&alice).conflicts, []);
        if hidden {
            assert_hidden(&alice);
            assert_eq!(in_the_open(&alice, resident), [""; 0]);
        } else {
            let shown = screen(&alice, Role::Steward);
            assert_eq!(shown.resident.resident.phone.as_deref(), Some(FIRST));
        }
    }
}

#[test]
fn whoever_settles_on_the_date_of_a_child_conceals_them() {
    let ([mut alice, mut bob], resident) = everybody(known());
    edit(&mut alice, resident, "birth_date", "1962-05-05");
    edit(&mut bob, resident, "birth_date", "1963-05-05");
    let mut both = [alice, bob];
    meet(&mut both);
    let [mut alice, _] = both;
    assert_eq!(screen(&alice, Role::Steward).resident.resident.phone.as_deref(), Some(FIRST));
    let command = settle(&alice, resident, "birth_date", OF_A_CHILD);
    alice.run(&command).unwrap();
    assert_hidden(&alice);
    assert_eq!(in_the_open(&alice, resident), [""; 0]);
    assert_eq!(head(&alice).resident.resident.phone.as_deref(), Some(FIRST));
}

#[test]
fn who_was_concealed_by_hand_is_revealed_by_hand_and_a_child_by_nobody() {
    let ([mut alice, ..], resident): ([Replica; 1], _) = everybody(known());
    let before = screen(&alice, Role::Steward).resident;
    for replica in [conceal(&alice, resident), reveal(&alice, resident)] {
        alice.run(&replica).unwrap();
    }
    assert_eq!(screen(&alice, Role::Steward).resident, before);
    let command = conceal(&alice, resident);
    alice.run(&command).unwrap();
    assert_eq!(alice.plan(&command), Err(CommandError::NothingChanged));
    // A date that says they are none leaves them as somebody wanted it.
    edit(&mut alice, resident, "birth_date", OF_AN_ADULT);
    assert_hidden(&alice);
    edit(&mut alice, resident, "birth_date", OF_A_CHILD);
    assert_eq!(alice.plan(&reveal(&alice, resident)), Err(CommandError::IsChild));
    let nobody = ItemId::new([9; 8]);
    let not_found = Err(CommandError::NotFound { what: "the resident" });
    assert_eq!(alice.plan(&conceal(&alice, nobody)), not_found);
}

#[test]
fn two_who_conceal_and_two_who_reveal_at_once_agree() {
    let ([mut alice, mut bob], resident) = everybody(known());
    for replica in [&mut alice, &mut bob] {
        let command = conceal(replica, resident);
        replica.run(&command).unwrap();
    }
    let mut both = [alice, bob];
    meet(&mut both);
    assert_hidden(&both[0]);
    assert_eq!(head(&both[0]).conflicts, []);
    for replica in &mut both {
        let command = reveal(replica, resident);
        replica.run(&command).unwrap();
    }
    meet(&mut both);
    let shown = screen(&both[1], Role::Steward);
    assert_eq!((shown.resident.resident.phone.as_deref(), shown.conflicts), (Some(FIRST), vec![]));
    assert_eq!(head(&both[1]).conflicts, []);
}

#[test]
fn two_who_settle_differently_whether_somebody_is_concealed_lose_nothing_of_them() {
    let ([mut alice, mut bob], resident) = everybody(known());
    say(&mut alice, resident, "away", "去杭州");
    let mut both = [alice, bob];
    meet(&mut both);
    let before = screen(&both[0], Role::MicroGridHead).resident;
    [alice, bob] = both;
    for (replica, commands) in [(&mut alice, &[conceal, reveal][..]), (&mut bob, &[conceal])] {
        for command in commands {
            let command = command(replica, resident);
            replica.run(&command).unwrap();
        }
    }
    let mut both = [alice, bob];
    // Each time both settle it, apart and differently, until one does so alone.
    for _ in 0..2 {
        meet(&mut both);
        for (replica, is_concealed) in both.iter_mut().zip([false, true]) {
            let command = settle(replica, resident, "concealed", is_concealed);
            replica.run(&command).unwrap();
        }
    }
    meet(&mut both);
    let command = settle(&both[0], resident, "concealed", false);
    both[0].run(&command).unwrap();
    meet(&mut both);
    for replica in &both {
        let shown = screen(replica, Role::MicroGridHead);
        assert_eq!((shown.resident, shown.conflicts), (before.clone(), vec![]));
    }
}

#[test]
fn two_who_settle_between_the_parts_on_different_values_are_both_heard() {
    let ([mut alice, mut bob], resident) = everybody(known());
    let command = conceal(&alice, resident);
    alice.run(&command).unwrap();
    edit(&mut bob, resident, "phone", SECOND);
    let mut both = [alice, bob];
    meet(&mut both);
    for (replica, phone) in both.iter_mut().zip([FIRST, SECOND]) {
        let command = settle(replica, resident, "phone", phone);
        replica.run(&command).unwrap();
        assert_eq!(head(replica).conflicts, []);
    }
    meet(&mut both);
    let conflicts = head(&both[0]).conflicts;
    let mut values: Vec<&str> =
        conflicts.iter().flat_map(|one| &one.values).map(|one| one.value.as_str()).collect();
    values.sort_unstable();
    assert_eq!(values, [FIRST, SECOND]);
}

#[test]
fn nothing_of_a_child_is_ever_written_in_the_open() {
    let fields = known().with("birth_date", OF_A_CHILD);
    let ([mut alice, ..], resident): ([Replica; 1], _) = everybody(fields);
    assert_hidden(&alice);
    say(&mut alice, resident, "away", "上学");
    edit(&mut alice, resident, "phone", SECOND);
    let document = &alice.documents[&household_id(1)];
    let written: Vec<String> = document.keys().collect();
    assert!(written.iter().all(|key| !key.ends_with("/phone") && !key.ends_with("/reason")));
    assert_eq!(document.id().kind(), Some(DocumentKind::Household));
}
