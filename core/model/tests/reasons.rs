//! Why something was withdrawn stands where only those hold it who may read it: of a visit or a note with
//! them, of who is concealed in the private part, to and from which it moves.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{Replica, edit_resident, everybody, household_id};
use keting_model::household::HouseholdCommand;
use keting_model::household_visits::{VisitsCommand, visits_of};
use keting_model::query::{
    FactView, Permitted, Shown, Withheld, conflicts, household, visits, visits_and_notes,
};
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{
    Command, CommandError, Fields, ItemId, Op, RULE_VERSION, Role, RuleError, Touched, Value, judge,
};
use proptest::prelude::*;
use serde_json::json;

const WHY: &str = "他家有病人没让进门";

/// What is known of the resident at first.
fn known() -> Fields {
    Fields::new().with("name", "小宝").with("phone", "13800000001")
}

fn meet(replicas: &mut [Replica]) {
    let sent: Vec<_> = replicas.iter().map(|replica| replica.sent.clone()).collect();
    for replica in replicas.iter_mut() {
        sent.iter().for_each(|of_one| replica.hear(of_one));
    }
}

fn say(
    replica: &mut Replica,
    record: Record,
    reason: &str,
    withdraws: bool,
) -> Result<(), CommandError> {
    let (household, time, fact) = (household_id(1), replica.time(), replica.fresh());
    let reason = reason.to_owned();
    let command = if withdraws {
        let seen = visits_and_notes(&tables(&replica.rows()), &household).unwrap();
        WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time }
    } else {
        let reason = Some(reason);
        WithdrawalCommand::Restore { household, record, fact, reason, time }
    };
    replica.run(&Command::Withdrawal(command)).map(drop)
}

fn withdraw(replica: &mut Replica, record: Record, reason: &str) {
    say(replica, record, reason, true).unwrap();
}

fn conceal(replica: &Replica, resident: ItemId) -> Command {
    let (household, time) = (household_id(1), replica.time());
    Command::Household(HouseholdCommand::Conceal { household, resident, time })
}

fn reveal(replica: &Replica, resident: ItemId) -> Command {
    let (household, time) = (household_id(1), replica.time());
    Command::Household(HouseholdCommand::Reveal { household, resident, time })
}

/// Whether any change to the household, as it travels, has these bytes. A document that is saved is packed.
fn travels_in_the_open(replica: &Replica, reason: &str) -> bool {
    let open = replica.sent.iter().filter(|sent| sent.document == household_id(1));
    let has = |bytes: &[u8]| bytes.windows(reason.len()).any(|part| part == reason.as_bytes());
    open.into_iter().any(|sent| has(&sent.bytes))
}

/// What stands under the keys of a resident's reasons in the open.
fn in_the_open(replica: &Replica) -> Vec<Value> {
    let document = &replica.documents[&household_id(1)];
    let of_resident = |key: &String| key.starts_with("r/") && key.contains("/w/");
    let reasons = document.keys().filter(|key| of_resident(key) && key.ends_with("/reason"));
    reasons.flat_map(|key| document.values(&key)).filter(|value| *value != Value::Null).collect()
}

/// The facts about the resident's withdrawal that somebody of a role is shown, who has only the documents
/// of that role.
fn shown(replica: &Replica, role: Role) -> Vec<FactView> {
    let withheld = Withheld::from_roles(&[role]);
    let mut rows = replica.rows();
    rows.retain(|row| !withheld.withholds(row.document.kind().unwrap()));
    let page = household(&tables(&rows), &withheld, &household_id(1), Shown::AlsoWithdrawn);
    page.unwrap().unwrap().residents.remove(0).resident.withdrawn
}

fn reasons(facts: &[FactView]) -> Vec<Option<&str>> {
    facts.iter().map(|fact| fact.reason.as_deref()).collect()
}

#[test]
fn why_a_visit_or_a_note_is_withdrawn_stands_with_it_and_in_no_change_to_the_household() {
    let ([mut alice], _) = everybody(known());
    let (household, visit, note, time) =
        (household_id(1), alice.fresh(), alice.fresh(), alice.time());
    let fields = Fields::new().with("at", "2026-05-30").with("purpose", "回访");
    alice
        .run(&Command::Visits(VisitsCommand::AddVisit { household, visit, fields, time }))
        .unwrap();
    let text = "独居".to_owned();
    alice.run(&Command::Visits(VisitsCommand::AddNote { household, note, text, time })).unwrap();
    let year = 2026;
    for record in [Record::Visit { visit, year }, Record::Note { note, year }] {
        withdraw(&mut alice, record, WHY);
        say(&mut alice, record, WHY, false).unwrap();
        withdraw(&mut alice, record, WHY);
    }
    assert!(!travels_in_the_open(&alice, WHY));
    let kept = alice.documents[&visits_of(&household, year)].keys();
    assert_eq!(kept.filter(|key| key.ends_with("/reason")).count(), 6);
    let asked = |withheld| {
        let all = visits(&tables(&alice.rows()), &withheld, &household, Shown::AlsoWithdrawn);
        all.unwrap().unwrap()
    };
    let read = asked(Withheld::nothing());
    assert_eq!(reasons(&read[0].withdrawn), [Some(WHY)]);
    assert!(read[0].withdrawn[0].withheld.is_empty());
}

#[test]
fn who_reads_only_their_own_visits_is_told_that_why_another_withdrew_one_is_withheld() {
    let ([mut alice, mut steward], _) = everybody(known());
    let (household, visit, time) = (household_id(1), steward.fresh(), steward.time());
    let fields = Fields::new().with("at", "2026-05-30").with("purpose", "回访");
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    steward.run(&Command::Visits(add)).unwrap();
    alice.hear(&steward.sent.clone());
    withdraw(&mut alice, Record::Visit { visit, year: 2026 }, WHY);
    // To a steward comes the household, and of visits what they wrote themselves.
    let open = alice.sent.iter().filter(|sent| sent.document == household);
    steward.hear(&open.cloned().collect::<Vec<_>>());
    let bytes = steward.sent.iter().flat_map(|sent| sent.bytes.clone()).collect::<Vec<_>>();
    assert!(!bytes.windows(WHY.len()).any(|part| part == WHY.as_bytes()));
    let withheld = Withheld::from_roles(&[Role::Steward]);
    let told = visits(&tables(&steward.rows()), &withheld, &household, Shown::AlsoWithdrawn);
    let told = serde_json::to_value(told.unwrap().unwrap()).unwrap();
    let fact = &told[0]["withdrawn"][0];
    assert_eq!((&fact["status"], &fact["reason"]), (&json!("withdrawn"), &json!(null)));
    assert_eq!(fact["withheld"], json!(["reason"]));
}

#[test]
fn why_somebody_who_is_concealed_is_withdrawn_is_in_no_change_to_the_household() {
    let ([mut alice], resident) = everybody(known());
    alice.run(&conceal(&alice, resident)).unwrap();
    let record = Record::Resident(resident);
    withdraw(&mut alice, record, WHY);
    say(&mut alice, record, WHY, false).unwrap();
    withdraw(&mut alice, record, WHY);
    assert!(!travels_in_the_open(&alice, WHY));
    assert_eq!(reasons(&shown(&alice, Role::GridWorker)), [Some(WHY)]);
    let steward = shown(&alice, Role::Steward);
    assert_eq!((reasons(&steward), steward[0].withheld), (vec![None], &["reason"][..]));
}

#[test]
fn reasons_move_with_everything_else_when_somebody_is_concealed_and_revealed() {
    for becomes_known in [false, true] {
        let ([mut alice], resident) = everybody(known());
        let record = Record::Resident(resident);
        withdraw(&mut alice, record, WHY);
        say(&mut alice, record, "查过了", false).unwrap();
        assert_eq!(in_the_open(&alice).len(), 2);
        let born = |day: &str| Fields::new().with("birth_date", day);
        let (hide, show) = if becomes_known {
            let [child, adult] = ["2020-02-02", "1980-02-02"]
                .map(|day| edit_resident(&alice, 1, resident, born(day)));
            (child, adult)
        } else {
            (conceal(&alice, resident), reveal(&alice, resident))
        };
        alice.run(&hide).unwrap();
        assert_eq!(in_the_open(&alice), []);
        alice.run(&show).unwrap();
        assert_eq!(in_the_open(&alice).len(), 2);
        withdraw(&mut alice, record, "又错了");
        assert_eq!(reasons(&shown(&alice, Role::Steward)), [Some("又错了")]);
    }
}

#[test]
fn what_was_withdrawn_beside_a_conceal_is_hidden_at_once_and_leaves_the_open_with_the_next_word() {
    for keeps in [true, false] {
        let ([mut alice, mut bob], resident) = everybody(known());
        let record = Record::Resident(resident);
        withdraw(&mut alice, record, WHY);
        bob.run(&conceal(&bob, resident)).unwrap();
        let mut both = [alice, bob];
        meet(&mut both);
        for replica in &both {
            assert_eq!(reasons(&shown(replica, Role::Steward)), [None]);
            assert_eq!(reasons(&shown(replica, Role::GridWorker)), [Some(WHY)]);
        }
        let [mut alice, mut bob] = both;
        say(&mut bob, record, "问过了", keeps).unwrap();
        assert_eq!(in_the_open(&bob), []);
        // Somebody else says so at the same time, and what each moved is there once.
        say(&mut alice, record, "我也问过了", keeps).unwrap();
        let mut both = [alice, bob];
        meet(&mut both);
        assert_eq!(in_the_open(&both[0]), []);
        if keeps {
            let all = shown(&both[0], Role::GridWorker);
            assert_eq!(reasons(&all).len(), 2);
            assert!(reasons(&all).iter().all(Option::is_some));
        }
        let (withheld, may) = (Withheld::nothing(), Permitted::everything());
        assert_eq!(conflicts(&tables(&both[0].rows()), &withheld, &may, None).unwrap(), []);
    }
}

#[test]
fn a_reason_in_a_part_that_others_read_is_refused() {
    let ([mut alice], resident) = everybody(known());
    let (household, visit, fact) = (household_id(1), alice.fresh(), alice.fresh());
    let judged = |replica: &Replica, name: &str, ops: &[Op]| {
        let touched = Touched { before: &replica.documents[&household], ops };
        judge(name, RULE_VERSION, replica.time(), &[touched]).map(drop)
    };
    let of_fact = |replica: &Replica, root: &str, reason: bool| {
        let time = i64::try_from(replica.time().unix_ms()).unwrap();
        let mut values = vec![
            ("over", Value::Bytes(Vec::new())),
            ("time", Value::Int(time)),
            ("status", Value::from("withdrawn")),
        ];
        values.extend(reason.then_some(("reason", Value::from(WHY))));
        let put = |(field, value)| Op::Put { key: format!("{root}/{fact}/{field}"), value };
        values.into_iter().map(put).collect::<Vec<_>>()
    };
    let root = format!("v/{visit}/w");
    assert_eq!(judged(&alice, "record.withdraw", &of_fact(&alice, &root, false)), Ok(()));
    let wrong = judged(&alice, "record.withdraw", &of_fact(&alice, &root, true));
    assert_eq!(wrong, Err(RuleError::UnknownKey));

    let root = format!("r/{resident}/w");
    let lacking = RuleError::Incomplete { group: "the withdrawal", missing: "reason" };
    assert_eq!(judged(&alice, "record.withdraw", &of_fact(&alice, &root, true)), Ok(()));
    let without = judged(&alice, "record.withdraw", &of_fact(&alice, &root, false));
    assert_eq!(without, Err(lacking));
    alice.run(&conceal(&alice, resident)).unwrap();
    assert_eq!(judged(&alice, "record.withdraw", &of_fact(&alice, &root, false)), Ok(()));
    let wrong = judged(&alice, "record.withdraw", &of_fact(&alice, &root, true));
    assert_eq!(wrong, Err(RuleError::Concealed { field: "r/*/w/*/reason" }));
    // The same holds for whatever else moves.
    let phone = Op::Put { key: format!("r/{resident}/phone"), value: Value::from("13800000002") };
    let wrong = judged(&alice, "resident.edit", &[phone]);
    assert_eq!(wrong, Err(RuleError::Concealed { field: "r/*/phone" }));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Do { replica: usize, what: u8 },
    Hear { from: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_usize, 0..5_u8).prop_map(|(replica, what)| Step::Do { replica, what }),
        1 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Hear { from, to }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reason_is_lost_or_read_in_the_open_however_people_withdraw_and_conceal_beside_each_other(
        steps in prop::collection::vec(step(), 1..24),
    ) {
        let (mut all, resident) = everybody::<3>(known());
        let record = Record::Resident(resident);
        for (place, step) in steps.into_iter().enumerate() {
            match step {
                Step::Hear { from, to } => {
                    let sent = all[from].sent.clone();
                    all[to].hear(&sent);
                }
                // What is refused, since it is so already or withdrawn, says nothing.
                Step::Do { replica, what } => {
                    let replica = &mut all[replica];
                    match what {
                        0 | 1 => drop(say(replica, record, &format!("原因{place}"), what == 0)),
                        2 => drop(replica.run(&conceal(replica, resident))),
                        3 => drop(replica.run(&reveal(replica, resident))),
                        _ => {
                            let phone = Fields::new().with("phone", format!("138000000{place:02}"));
                            drop(replica.run(&edit_resident(replica, 1, resident, phone)));
                        }
                    }
                }
            }
        }
        meet(&mut all);
        let worker = shown(&all[0], Role::GridWorker);
        prop_assert!(reasons(&worker).iter().all(Option::is_some), "{worker:?}");
        for replica in &all {
            prop_assert_eq!(replica.rows(), all[0].rows());
        }
        let flag = format!("r/{resident}/concealed");
        let concealed = all[0].documents[&household_id(1)].values(&flag).contains(&Value::Bool(true));
        let steward = shown(&all[0], Role::Steward);
        prop_assert!(!concealed || reasons(&steward).iter().all(Option::is_none), "{steward:?}");
        // Whoever says something more of them, having heard all, leaves nothing in the open.
        let [mut one, ..] = all;
        let said = [true, false].map(|withdraws| say(&mut one, record, "再说一次", withdraws).is_ok());
        if concealed && said.contains(&true) {
            prop_assert_eq!(in_the_open(&one), []);
        }
    }
}
