//! Facts about residents and needs: what is current, what contradicts, what settles it, and which
//! facts the rule lets through.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{
    NOW_MS, Replica, add_household, add_region, edit_resident, household_id, region_id, residents,
};
use keting_model::household::HouseholdCommand;
use keting_model::query::{
    ConflictView, FactView, HouseholdDetail, Permitted, Shown, Withheld, conflicts, counts,
    household,
};
use keting_model::{
    CityTime, Command, CommandError, Document, Fields, InvalidValue, ItemId, Op, RULE_VERSION,
    Role, RuleError, Touched, Value, judge,
};

const TEN_YEARS_MS: u64 = 3_653 * 24 * 60 * 60 * 1_000;

/// A household of one adult or child with one need, as Alice and Bob know it.
struct Two {
    alice: Replica,
    bob: Replica,
    resident: ItemId,
    need: ItemId,
}

fn two(birth_date: &str) -> Two {
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
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    Two { alice, bob, resident, need }
}

impl Two {
    /// Both hear of what the other did.
    fn meet(&mut self) {
        let sent = self.alice.sent.clone();
        self.alice.hear(&self.bob.sent.clone());
        self.bob.hear(&sent);
    }
}

/// Somebody says what became of the resident, and why.
fn say(replica: &mut Replica, resident: ItemId, status: &str, reason: &str) {
    replica.run(&saying(replica.clone(), resident, status, reason)).unwrap();
}

fn saying(mut replica: Replica, resident: ItemId, status: &str, reason: &str) -> Command {
    let (fact, time) = (replica.fresh(), replica.time());
    Command::Household(HouseholdCommand::SetStatus {
        household: household_id(1),
        resident,
        fact,
        status: status.to_owned(),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        at: None,
        time,
    })
}

fn advance(replica: &mut Replica, need: ItemId, status: &str, note: &str) {
    let (fact, time) = (replica.fresh(), replica.time());
    let (household, status) = (household_id(1), status.to_owned());
    let note = Some(note.to_owned());
    let advance = HouseholdCommand::AdvanceNeed { household, need, fact, status, note, time };
    replica.run(&Command::Household(advance)).unwrap();
}

fn shown(replica: &Replica) -> HouseholdDetail {
    let rows = tables(&replica.rows());
    household(&rows, &Withheld::nothing(), &household_id(1), Shown::Standing).unwrap().unwrap()
}

fn open(replica: &Replica) -> Vec<ConflictView> {
    conflicts(&tables(&replica.rows()), &Withheld::nothing(), &Permitted::everything(), None)
        .unwrap()
}

/// What is said and why, sorted.
fn said(conflict: &ConflictView) -> Vec<(String, String)> {
    let one = |fact: &FactView| (fact.status.clone(), fact.reason.clone().unwrap_or_default());
    let mut said: Vec<_> = conflict.facts.iter().map(one).collect();
    said.sort();
    said
}

fn pairs(said: &[(&str, &str)]) -> Vec<(String, String)> {
    said.iter().map(|(status, reason)| ((*status).into(), (*reason).into())).collect()
}

#[test]
fn of_two_who_say_different_things_neither_counts_whatever_their_clocks_show() {
    for (ahead_alice, ahead_bob) in [(0, 0), (0, TEN_YEARS_MS), (TEN_YEARS_MS, 0)] {
        let mut two = two("1980-05-05");
        (two.alice.now_ms, two.bob.now_ms) = (NOW_MS + ahead_alice, NOW_MS + ahead_bob);
        say(&mut two.alice, two.resident, "deceased", "医院证明");
        say(&mut two.bob, two.resident, "away", "去杭州");
        two.meet();
        for replica in [&two.alice, &two.bob] {
            let open = open(replica);
            assert_eq!(open.len(), 1);
            assert_eq!(open[0].key, format!("r/{}/s", two.resident));
            assert_eq!(said(&open[0]), pairs(&[("away", "去杭州"), ("deceased", "医院证明")]));
            let resident = &shown(replica).residents[0];
            assert_eq!(resident.resident.status.as_deref(), Some("away"));
            assert!(resident.resident.status_in_conflict);
            assert_eq!(
                counts(&tables(&replica.rows()), &Withheld::nothing(), None).unwrap().conflicts,
                1
            );
        }
        // Settled once, settled on both, also on what is shown already.
        say(&mut two.bob, two.resident, "away", "");
        two.meet();
        for replica in [&two.alice, &two.bob] {
            assert_eq!(open(replica), []);
            assert!(!shown(replica).residents[0].resident.status_in_conflict);
        }
    }
}

#[test]
fn of_two_who_advance_a_need_differently_both_are_heard() {
    let mut two = two("1980-05-05");
    advance(&mut two.alice, two.need, "met", "修好了");
    advance(&mut two.bob, two.need, "dropped", "不要了");
    two.meet();
    let found = open(&two.alice);
    assert_eq!(found[0].key, format!("n/{}/s", two.need));
    assert_eq!(said(&found[0]), pairs(&[("dropped", "不要了"), ("met", "修好了")]));
    let need = &shown(&two.bob).needs[0];
    assert_eq!((need.status.as_str(), need.status_in_conflict), ("met", true));
    advance(&mut two.alice, two.need, "dropped", "问过了");
    two.meet();
    assert_eq!(open(&two.bob), []);
    assert_eq!(shown(&two.bob).needs[0].note.as_deref(), Some("问过了"));
}

#[test]
fn what_somebody_corrected_is_history_and_what_they_had_not_seen_is_not() {
    let mut two = two("1980-05-05");
    say(&mut two.alice, two.resident, "deceased", "听说");
    say(&mut two.alice, two.resident, "moved_out", "弄错了");
    say(&mut two.bob, two.resident, "away", "去杭州");
    two.meet();
    let found = open(&two.alice);
    assert_eq!(said(&found[0]), pairs(&[("away", "去杭州"), ("moved_out", "弄错了")]));
}

#[test]
fn what_was_said_before_is_read_with_its_reasons_the_last_word_first() {
    let mut two = two("1980-05-05");
    advance(&mut two.alice, two.need, "in_progress", "已报物业");
    two.alice.now_ms += 60_000;
    advance(&mut two.alice, two.need, "met", "修好了");
    say(&mut two.alice, two.resident, "moved_out", "嫁到镇上");
    two.meet();
    two.bob.now_ms += 120_000;
    say(&mut two.bob, two.resident, "living", "搬回来了");
    let before = |facts: &[FactView]| -> Vec<(String, Option<String>)> {
        facts.iter().map(|fact| (fact.status.clone(), fact.reason.clone())).collect()
    };
    let seen = shown(&two.bob);
    let (need, resident) = (&seen.needs[0], &seen.residents[0]);
    assert_eq!(before(&need.earlier), [("in_progress".into(), Some("已报物业".into()))]);
    let one = [("moved_out".into(), Some("嫁到镇上".into())), ("living".into(), None)];
    assert_eq!(before(&resident.earlier), one);
    assert!(resident.earlier.iter().all(|fact| fact.entered.at.is_some()));
    assert_eq!(resident.status_reason.as_deref(), Some("搬回来了"));
}

#[test]
fn what_was_said_before_of_a_child_is_read_by_whoever_reads_what_is_private() {
    let mut two = two("2020-05-05");
    say(&mut two.alice, two.resident, "away", "住院");
    say(&mut two.alice, two.resident, "living", "出院");
    let rows = tables(&two.alice.rows());
    let earlier = |role| {
        let withheld = Withheld::from_roles(&[role]);
        let seen = household(&rows, &withheld, &household_id(1), Shown::Standing).unwrap();
        let mut residents = seen.unwrap().residents.into_iter();
        residents.next().unwrap().earlier.into_iter().map(|fact| fact.reason).collect::<Vec<_>>()
    };
    assert_eq!(earlier(Role::MicroGridHead), [Some("住院".to_owned()), None]);
    assert_eq!(earlier(Role::Steward), []);
}

#[test]
fn who_says_the_same_for_another_reason_agrees_and_both_reasons_are_shown() {
    let mut two = two("1980-05-05");
    say(&mut two.alice, two.resident, "deceased", "医院证明");
    say(&mut two.bob, two.resident, "deceased", "邻居说");
    two.meet();
    assert_eq!(open(&two.alice), []);
    let resident = &shown(&two.alice).residents[0];
    assert_eq!(resident.status_reason.as_deref(), Some("医院证明；邻居说"));
    assert_eq!(resident.facts.len(), 2);
    // One more that says no more makes one of the two.
    say(&mut two.alice, two.resident, "deceased", "");
    assert_eq!(shown(&two.alice).residents[0].facts.len(), 1);
    let again = saying(two.alice.clone(), two.resident, "deceased", "");
    assert_eq!(two.alice.plan(&again), Err(CommandError::NothingChanged));
}

#[test]
fn who_has_gone_by_all_that_is_said_is_not_counted_and_who_has_by_one_word_is() {
    let mut two = two("1980-05-05");
    say(&mut two.alice, two.resident, "deceased", "");
    say(&mut two.bob, two.resident, "moved_out", "");
    let living = |replica: &Replica| {
        let counted = counts(&tables(&replica.rows()), &Withheld::nothing(), None).unwrap();
        assert_eq!(shown(replica).living_here as u64, counted.living_here);
        counted.living_here
    };
    two.meet();
    assert_eq!(living(&two.alice), 0);
    let mut carol = Replica::new(3);
    carol.hear(&two.alice.sent[..2]);
    say(&mut carol, two.resident, "away", "");
    two.alice.hear(&carol.sent);
    assert_eq!(living(&two.alice), 1);
}

#[test]
fn who_is_only_registered_here_does_not_live_here_and_may_be_the_head_all_the_same() {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let of = |name: &str, bond: &str| Fields::new().with("name", name).with("bond", bond);
    let head = of("李梅", "registered").with("relation", "head");
    let child = of("小宝", "registered").with("birth_date", "2020-05-05");
    let unsaid = Fields::new().with("name", "王强");
    let all = [head, child, of("张三", "both"), of("李四", "lives_here"), unsaid];
    let command = add_household(&mut alice, 1, 1, &all);
    alice.run(&command).unwrap();
    let rows = tables(&alice.rows());
    // Whoever may not read how the child belongs there counts it.
    for (role, living) in [(Role::MicroGridHead, 3), (Role::Steward, 4)] {
        let withheld = Withheld::from_roles(&[role]);
        let seen = household(&rows, &withheld, &household_id(1), Shown::Standing).unwrap().unwrap();
        assert_eq!((seen.living_here, seen.head.as_deref()), (living, Some("李梅")));
        assert_eq!(counts(&rows, &withheld, None).unwrap().living_here, living as u64);
        assert_eq!(
            counts(&rows, &withheld, Some(region_id(1))).unwrap().living_here,
            living as u64
        );
    }
}

#[test]
fn a_fact_in_the_open_and_one_in_the_private_part_contradict_for_who_reads_both() {
    let mut two = two("");
    // Bob has not heard that she is a child.
    let fields = Fields::new().with("birth_date", "2012-06-02");
    let born = edit_resident(&two.alice, 1, two.resident, fields);
    two.alice.run(&born).unwrap();
    say(&mut two.alice, two.resident, "away", "上学");
    say(&mut two.bob, two.resident, "moved_out", "搬家");
    two.meet();
    let rows = tables(&two.alice.rows());
    let seen_by = |role| {
        let withheld = Withheld::from_roles(&[role]);
        let detail =
            household(&rows, &withheld, &household_id(1), Shown::Standing).unwrap().unwrap();
        (
            conflicts(&rows, &withheld, &Permitted::everything(), None).unwrap(),
            detail.residents[0].clone(),
            detail.living_here,
        )
    };
    let (found, resident, living) = seen_by(Role::MicroGridHead);
    assert_eq!(said(&found[0]), pairs(&[("away", "上学"), ("moved_out", "搬家")]));
    assert_eq!((resident.resident.status.as_deref(), living), (Some("away"), 1));
    // A steward reads none of them, and counts her.
    let (found, resident, living) = seen_by(Role::Steward);
    assert_eq!((found, living), (vec![], 1));
    assert_eq!(resident.resident.status, None);
    assert_eq!(counts(&rows, &Withheld::nothing(), None).unwrap().living_here, 1);
    // And one over both settles it, wherever it is said.
    say(&mut two.alice, two.resident, "living", "");
    assert_eq!(open(&two.alice), []);
}

#[test]
fn three_people_and_three_words_are_three_in_whatever_order_they_come() {
    let mut two = two("1980-05-05");
    let mut carol = Replica::new(3);
    carol.hear(&two.alice.sent);
    say(&mut two.alice, two.resident, "away", "a");
    say(&mut two.bob, two.resident, "moved_out", "b");
    say(&mut carol, two.resident, "deceased", "c");
    let three = pairs(&[("away", "a"), ("deceased", "c"), ("moved_out", "b")]);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut reader = Replica::new(9);
        let people = [&two.alice, &two.bob, &carol];
        order.iter().for_each(|place: &usize| reader.hear(&people[*place].sent));
        assert_eq!(said(&open(&reader)[0]), three);
    }
}

#[test]
fn the_rule_lets_a_fact_replace_exactly_what_was_current_as_its_author_saw_it() {
    let mut two = two("1980-05-05");
    say(&mut two.alice, two.resident, "away", "a");
    say(&mut two.bob, two.resident, "moved_out", "b");
    let before_alice = two.alice.documents[&household_id(1)].clone();
    two.meet();
    let document = &two.alice.documents[&household_id(1)];
    let current = |document: &Document| current_of(document, &format!("r/{}", two.resident));
    let both = current(document);
    assert_eq!(both.len(), 2);
    let of = |document: &Document, over: &[ItemId]| {
        let bytes = over.iter().flat_map(ItemId::as_bytes).copied().collect();
        new_fact("resident.leave", document, &format!("r/{}", two.resident), bytes)
    };
    assert_eq!(of(document, &both), Ok(()));
    // Leaves out one that its author had.
    for left in &both {
        assert_eq!(of(document, &[*left]), Err(RuleError::FactLeftOut));
    }
    assert_eq!(of(document, &[]), Err(RuleError::FactLeftOut));
    // Names one that its author had not, one that was replaced, one that is none.
    assert_eq!(of(&before_alice, &both), Err(RuleError::FactNotCurrent));
    let mut unknown = both.clone();
    unknown.push(ItemId::new([0xff; 8]));
    assert_eq!(of(document, &unknown), Err(RuleError::FactNotCurrent));
    // Is no list of ids.
    let invalid = RuleError::Invalid { field: "r/*/s/*/over", rule: InvalidValue::NotAnId };
    let backwards: Vec<ItemId> = both.iter().rev().copied().collect();
    assert_eq!(of(document, &backwards), Err(invalid.clone()));
    assert_eq!(of(document, &[both[0], both[0]]), Err(invalid.clone()));
    let cut = new_fact("resident.leave", document, &format!("r/{}", two.resident), vec![1; 7]);
    assert_eq!(cut, Err(invalid));
}

#[test]
fn the_rule_judges_facts_about_needs_alike_and_lets_only_one_at_a_time() {
    let mut two = two("1980-05-05");
    let item = format!("n/{}", two.need);
    let of = |document: &Document, over| new_fact("need.advance", document, &item, over);
    let before = two.alice.documents[&household_id(1)].clone();
    assert_eq!(of(&before, vec![]), Ok(()));
    assert_eq!(of(&before, vec![1; 8]), Err(RuleError::FactNotCurrent));
    let two_at_once = [fact_ops(&item, 8, vec![]), fact_ops(&item, 9, vec![])].concat();
    let verdict = judge(
        "need.advance",
        RULE_VERSION,
        CityTime::new(5),
        &[Touched { before: &before, ops: &two_at_once }],
    );
    assert_eq!(verdict, Err(RuleError::Twice { field: "n/*/s/*/over" }));
    advance(&mut two.alice, two.need, "met", "好了");
    let after = &two.alice.documents[&household_id(1)];
    assert_eq!(of(after, vec![]), Err(RuleError::FactLeftOut));
}

/// The ids of the facts about an item that nobody replaced.
fn current_of(document: &Document, item: &str) -> Vec<ItemId> {
    let start = format!("{item}/s/");
    let facts: Vec<String> = document
        .keys()
        .filter_map(|key| Some(key.strip_prefix(&start)?.strip_suffix("/over")?.to_owned()))
        .collect();
    let over = |fact: &String| document.value(&format!("{start}{fact}/over"));
    let replaced: Vec<u8> =
        facts.iter().filter_map(|fact| Some(over(fact)?.as_bytes()?.to_vec())).flatten().collect();
    let ids = facts.iter().map(|fact| fact.parse::<ItemId>().unwrap());
    ids.filter(|id| !replaced.chunks(8).any(|other| other == id.as_bytes())).collect()
}

/// Whether a fact about an item that replaces these bytes' facts is let through.
fn new_fact(command: &str, before: &Document, item: &str, over: Vec<u8>) -> Result<(), RuleError> {
    let ops = fact_ops(item, 9, over);
    judge(command, RULE_VERSION, CityTime::new(5), &[Touched { before, ops: &ops }]).map(drop)
}

fn fact_ops(item: &str, id: u8, over: Vec<u8>) -> Vec<Op> {
    let fact = format!("{item}/s/{}", ItemId::new([id; 8]));
    let status = if item.starts_with('r') { "away" } else { "met" };
    let put = |field: &str, value| Op::Put { key: format!("{fact}/{field}"), value };
    vec![
        put("over", Value::Bytes(over)),
        put("time", Value::Int(5)),
        put("status", Value::from(status)),
    ]
}
