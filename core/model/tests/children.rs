//! Of a child under fourteen nothing but name and relation stands in the open, whenever it is found
//! out that somebody is one.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{Replica, add_household, add_region, edit_resident, household_id, residents};
use keting_model::day::Day;
use keting_model::household::HouseholdCommand;
use keting_model::household_private::PrivateCommand;
use keting_model::query::{Permitted, Shown, Withheld, household, turned_fourteen};
use keting_model::{
    ActorId, Cell, CityTime, Command, CommandError, CommandId, DocumentId, DocumentKind, Fields,
    HybridTime, ItemId, Op, RULE_VERSION, Role, Settle, Stamp, Touched, Value, judge, project,
};

/// A household of one resident of whom no birth date is known, away for a year.
fn founded() -> (Replica, ItemId) {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let resident = Fields::new()
        .with("name", "小宝")
        .with("relation", "grandchild")
        .with("phone", "13800000001")
        .with("bond", "both")
        .with_care_tag("left_behind", true);
    let command = add_household(&mut alice, 1, 1, &[resident]);
    alice.run(&command).unwrap();
    let resident = residents(&alice, 1)[0];
    say(&mut alice, resident, "away");
    (alice, resident)
}

fn say(replica: &mut Replica, resident: ItemId, status: &str) {
    let say = HouseholdCommand::SetStatus {
        household: household_id(1),
        resident,
        fact: replica.fresh(),
        status: status.to_owned(),
        reason: Some("上学".to_owned()),
        at: Some("2026-05-30".to_owned()),
        time: replica.time(),
    };
    replica.run(&Command::Household(say)).unwrap();
}

fn edit(replica: &mut Replica, resident: ItemId, fields: Fields) {
    let edit = edit_resident(replica, 1, resident, fields);
    replica.run(&edit).unwrap();
}

fn private() -> DocumentId {
    DocumentId::derive(&household_id(1), DocumentKind::HouseholdPrivate, 0)
}

/// What a document shows of the only resident, by column; of the status the word alone, in whichever
/// of the two it is said.
fn shown(replica: &Replica, document: DocumentId, columns: &[&str]) -> Vec<Option<String>> {
    let rows = project(&replica.documents[&document]);
    let row = rows.iter().find(|row| row.table.name.starts_with("resident")).unwrap();
    let cell = |wanted: &&str| {
        if *wanted == "said" {
            return Some(said(replica, document)).filter(|said| !said.is_empty());
        }
        let at = row.table.columns.iter().position(|column| column == wanted).unwrap();
        match &row.cells[at] {
            Cell::Text(text) => Some(text.clone()),
            Cell::Null | Cell::Int(_) | Cell::Blob(_) => None,
        }
    };
    columns.iter().map(cell).collect()
}

/// What all facts say in a document: each word, reason and day that stands there, sorted.
fn said(replica: &Replica, document: DocumentId) -> String {
    let document = &replica.documents[&document];
    let fields = ["/status", "/reason", "/at"];
    let of_facts = document.keys().filter(|key| fields.iter().any(|field| key.ends_with(field)));
    let mut said: Vec<String> = of_facts
        .filter_map(|key| document.value(&key))
        .filter(|value| *value != Value::Null)
        .map(|value| value.to_string())
        .collect();
    said.sort();
    said.join(" ")
}

/// The status that is shown to one who reads both documents.
fn status(replica: &Replica) -> Option<String> {
    let rows = tables(&replica.rows());
    let shown =
        household(&rows, &Withheld::nothing(), &household_id(1), Shown::Standing).unwrap().unwrap();
    assert_eq!(shown.residents[0].facts.len(), 1);
    shown.residents[0].resident.status.clone()
}

const SHARED: &[&str] = &["phone", "bond", "care_tags", "said"];

fn known() -> Vec<Option<String>> {
    ["13800000001", "both", "left_behind", "2026-05-30 away living 上学"]
        .map(|text| Some(text.to_owned()))
        .to_vec()
}

#[test]
fn who_becomes_known_as_a_child_leaves_nothing_in_the_open_and_loses_nothing() {
    for (field, value) in [("birth_date", "2020-02-02"), ("id_number", "990481202002020019")] {
        let (mut alice, resident) = founded();
        assert_eq!(shown(&alice, household_id(1), SHARED), known());
        edit(&mut alice, resident, Fields::new().with(field, value));
        assert_eq!(shown(&alice, household_id(1), SHARED), vec![None; SHARED.len()], "{field}");
        assert_eq!(shown(&alice, private(), SHARED), known(), "{field}");
        let stays = shown(&alice, household_id(1), &["name", "relation"]);
        assert_eq!(stays, [Some("小宝".to_owned()), Some("grandchild".to_owned())]);
    }
}

#[test]
fn what_the_same_command_changes_is_not_undone_by_the_move() {
    let (mut alice, resident) = founded();
    let fields = Fields::new()
        .with("birth_date", "2020-02-02")
        .with("phone", "13800000002")
        .with("bond", "");
    edit(&mut alice, resident, fields);
    assert_eq!(shown(&alice, household_id(1), SHARED), vec![None; SHARED.len()]);
    let now = shown(&alice, private(), &["phone", "bond", "care_tags"]);
    assert_eq!(now, [Some("13800000002".to_owned()), None, Some("left_behind".to_owned())]);
}

#[test]
fn what_is_said_of_a_child_after_the_move_stays_private_and_counts() {
    let (mut alice, resident) = founded();
    edit(&mut alice, resident, Fields::new().with("birth_date", "2020-02-02"));
    say(&mut alice, resident, "moved_out");
    assert_eq!(shown(&alice, household_id(1), &["status", "said"]), [None, None]);
    assert_eq!(status(&alice).as_deref(), Some("moved_out"));
}

#[test]
fn who_turns_out_to_be_no_child_has_everything_in_the_open_again() {
    let (mut alice, resident) = founded();
    edit(&mut alice, resident, Fields::new().with("birth_date", "2020-02-02"));
    say(&mut alice, resident, "living");
    edit(&mut alice, resident, Fields::new().with("birth_date", "1980-02-02"));
    let open = shown(&alice, household_id(1), &["phone", "bond", "care_tags", "status"]);
    assert_eq!(open, ["13800000001", "both", "left_behind", "living"].map(|s| Some(s.to_owned())));
    assert_eq!(shown(&alice, private(), SHARED), vec![None; SHARED.len()]);
    assert_eq!(said(&alice, household_id(1)), "2026-05-30 2026-05-30 away living living 上学 上学");
    // And back once more.
    edit(&mut alice, resident, Fields::new().with("birth_date", "2020-02-02"));
    assert_eq!(shown(&alice, household_id(1), SHARED), vec![None; SHARED.len()]);
    assert_eq!(shown(&alice, private(), &["phone"]), [Some("13800000001".to_owned())]);
    assert_eq!(status(&alice).as_deref(), Some("living"));
}

#[test]
fn what_people_wrote_differently_stays_where_it_is_until_it_is_settled() {
    let (mut alice, resident) = founded();
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    edit(&mut alice, resident, Fields::new().with("phone", "13800000002"));
    edit(&mut bob, resident, Fields::new().with("phone", "13800000003"));
    alice.hear(&bob.sent);
    edit(&mut alice, resident, Fields::new().with("birth_date", "2020-02-02"));
    let (document, key) = (household_id(1), format!("r/{resident}/phone"));
    assert_eq!(alice.documents[&document].values(&key).len(), 2);
    assert_eq!(shown(&alice, document, SHARED), vec![None; SHARED.len()]);
    let value = Value::from("13800000003");
    let settle = Settle { document, key: key.clone(), value, time: alice.time() };
    let plan = alice.run(&Command::Settle(settle)).unwrap();
    // One commit settles it on nothing in the open and puts it in the private part.
    let written: Vec<_> = plan.edits.iter().flat_map(|edit| edit.ops.clone()).collect();
    assert!(written.contains(&Op::Settle { key: key.clone(), value: Value::Null }), "{written:?}");
    assert!(written.contains(&Op::Put { key, value: Value::from("13800000003") }), "{written:?}");
    assert_eq!(shown(&alice, private(), &["phone"]), [Some("13800000003".to_owned())]);
}

#[test]
fn two_who_find_out_at_once_write_the_same() {
    let (mut alice, resident) = founded();
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    for replica in [&mut alice, &mut bob] {
        edit(replica, resident, Fields::new().with("birth_date", "2020-02-02"));
    }
    alice.hear(&bob.sent);
    assert!(alice.rows().iter().all(|row| row.table.name != "conflict"));
    assert_eq!(shown(&alice, private(), SHARED), known());
}

#[test]
fn what_may_tell_that_somebody_is_a_child_is_not_written_by_an_edit_of_the_private_part_alone() {
    let (mut alice, resident) = founded();
    for (field, value) in [("birth_date", "2020-02-02"), ("id_number", "990481202002020019")] {
        let fields = Fields::new().with(field, value);
        let edit = PrivateCommand::Edit { household: household_id(1), resident, fields };
        let refused = CommandError::UnknownField { field: field.to_owned() };
        assert_eq!(alice.plan(&Command::Private(edit)), Err(refused));
    }
}

#[test]
fn concealing_and_revealing_only_move_and_say_which_it_is() {
    let (mut alice, resident) = founded();
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    edit(&mut alice, resident, Fields::new().with("phone", "13800000002"));
    edit(&mut bob, resident, Fields::new().with("phone", "13800000003"));
    alice.hear(&bob.sent);
    let document = &alice.documents[&household_id(1)];
    let key = |name: &str| format!("r/{resident}/{name}");
    let put = |name: &str, value| Op::Put { key: key(name), value };
    let settle = |value| Op::Settle { key: key("phone"), value };
    let judged = |command: &str, ops: &[Op]| {
        judge(command, RULE_VERSION, CityTime::new(5), &[Touched { before: document, ops }])
            .map(drop)
            .map_err(|error| error.code())
    };
    let (yes, no) =
        (|| put("concealed", Value::Bool(true)), || put("concealed", Value::Bool(false)));
    let conceal = |op: Op| judged("resident.conceal", &[yes(), op]);
    // Only a settle decides between what several people wrote.
    assert_eq!(conceal(settle(Value::Null)), Err("conflicted"));
    assert_eq!(conceal(put("bond", Value::Null)), Ok(()));
    assert_eq!(conceal(put("phone", Value::Null)), Err("conflicted"));
    assert_eq!(conceal(settle(Value::from("13800000002"))), Err("conflicted"));
    assert_eq!(conceal(put("bond", Value::from("registered"))), Err("not_this_command"));
    assert_eq!(conceal(put("name", Value::from("x"))), Err("not_this_command"));
    assert_eq!(judged("resident.conceal", &[no()]), Err("not_this_command"));
    assert_eq!(judged("resident.reveal", &[no()]), Ok(()));
    assert_eq!(
        judged("resident.reveal", &[no(), put("bond", Value::Null)]),
        Err("not_this_command")
    );
    // An edit says it on account of a date of birth, and moves no value of several.
    assert_eq!(judged("resident.edit", &[yes()]), Ok(()));
    assert_eq!(judged("resident.edit", &[settle(Value::Null)]), Err("conflicted"));
    assert_eq!(judged("resident.edit", &[settle("13800000002".into())]), Err("conflicted"));
}

#[test]
fn of_whom_it_is_said_what_is_new_is_written_in_the_private_part() {
    let (mut alice, resident) = founded();
    let document = alice.documents.get_mut(&household_id(1)).unwrap();
    let concealed = Op::Put { key: format!("r/{resident}/concealed"), value: Value::Bool(true) };
    let stamp = Stamp {
        actor: ActorId::new([1; 10]),
        time: HybridTime::new(common::NOW_MS, 99),
        city: CityTime::new(common::NOW_MS),
        command: CommandId::new([99; 8]),
    };
    document.author(&stamp, &[concealed]).unwrap();
    let open = said(&alice, household_id(1));
    say(&mut alice, resident, "living");
    assert_eq!(said(&alice, household_id(1)), open);
    assert_eq!(said(&alice, private()), "2026-05-30 living 上学");
}

#[test]
fn who_turned_fourteen_is_told_to_whoever_may_reveal_them_until_somebody_does() {
    let (mut alice, resident) = founded();
    edit(&mut alice, resident, Fields::new().with("birth_date", "2020-02-02"));
    let told = |alice: &Replica, role: Role, today: &str| {
        let (withheld, permitted) = (Withheld::from_roles(&[role]), Permitted::from_roles(&[role]));
        let today = Day::parse(today).unwrap();
        let all = turned_fourteen(&tables(&alice.rows()), &withheld, &permitted, today).unwrap();
        all.into_iter().map(|one| (one.household, one.resident, one.name)).collect::<Vec<_>>()
    };
    let head = Role::MicroGridHead;
    let her = vec![(household_id(1), resident, "小宝".to_owned())];
    assert_eq!(told(&alice, head, "2034-02-01"), []);
    assert_eq!(told(&alice, head, "2034-02-02"), her);
    assert_eq!(told(&alice, head, "2038-02-01"), her);
    // Of who is grown up nobody is reminded: there may be another reason.
    assert_eq!(told(&alice, head, "2038-02-02"), []);
    assert_eq!(told(&alice, Role::Steward, "2034-02-02"), []);
    assert_eq!(told(&alice, Role::Administrator, "2034-02-02"), []);
    say(&mut alice, resident, "moved_out");
    assert_eq!(told(&alice, head, "2034-02-02"), []);
    say(&mut alice, resident, "living");
    assert_eq!(told(&alice, head, "2034-02-02"), her);
    // 2034-02-02.
    alice.now_ms = 2_022_465_600_000;
    let (household, time) = (household_id(1), alice.time());
    let reveal = HouseholdCommand::Reveal { household, resident, time };
    alice.run(&Command::Household(reveal)).unwrap();
    assert_eq!(told(&alice, head, "2034-02-02"), []);
}
