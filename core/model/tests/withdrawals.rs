//! What was entered by mistake is withdrawn, counts nowhere, and is restored; what others did to it
//! meanwhile is listed.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::tables::tables;
use common::{Replica, add_household, add_region, edit_resident, household_id, residents};
use keting_model::household::HouseholdCommand;
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{
    ConflictView, HouseholdDetail, HouseholdFilter, Permitted, Shown, Withheld, conflicts, counts,
    household, households, notes, visits, visits_and_notes,
};
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, CommandError, Fields, InvalidValue, ItemId, Role, RuleError};
use keting_model::{Op, RULE_VERSION, Row, Touched, Value, judge};

const NUMBER: &str = "11010519491231002X";

/// A household of two, of which Alice and Bob know.
struct Two {
    alice: Replica,
    bob: Replica,
    first: ItemId,
    second: ItemId,
}

fn two() -> Two {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let head =
        Fields::new().with("name", "李梅").with("relation", "head").with("id_number", NUMBER);
    let add = add_household(&mut alice, 1, 1, &[head, Fields::new().with("name", "王强")]);
    alice.run(&add).unwrap();
    let [first, second] = residents(&alice, 1)[..] else { panic!() };
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    Two { alice, bob, first, second }
}

impl Two {
    fn meet(&mut self) {
        let sent = self.alice.sent.clone();
        self.alice.hear(&self.bob.sent.clone());
        self.bob.hear(&sent);
    }

    /// Demands that both have the same to settle.
    fn to_settle(&self) -> Vec<ConflictView> {
        let [one, other] = [&self.alice, &self.bob].map(open);
        assert_eq!(one, other);
        one
    }
}

fn withdrawing(replica: &Replica, record: Record, reason: &str) -> Command {
    let (household, time) = (household_id(1), replica.time());
    let fact = replica.clone().fresh();
    let seen = visits_and_notes(&tables(&replica.rows()), &household).unwrap();
    let reason = reason.to_owned();
    let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
    Command::Withdrawal(withdraw)
}

fn withdraw(replica: &mut Replica, record: Record, reason: &str) {
    replica.run(&withdrawing(replica, record, reason)).unwrap();
    replica.fresh();
}

fn restore(replica: &mut Replica, record: Record) {
    let (household, time, fact) = (household_id(1), replica.time(), replica.fresh());
    let restore = WithdrawalCommand::Restore { household, record, fact, reason: None, time };
    replica.run(&Command::Withdrawal(restore)).unwrap();
}

fn open(replica: &Replica) -> Vec<ConflictView> {
    let rows = tables(&replica.rows());
    conflicts(&rows, &Withheld::nothing(), &Permitted::everything(), None).unwrap()
}

fn page(replica: &Replica, shown: Shown) -> Option<HouseholdDetail> {
    let rows = tables(&replica.rows());
    household(&rows, &Withheld::nothing(), &household_id(1), shown).unwrap()
}

fn names(page: Option<HouseholdDetail>) -> Vec<String> {
    page.into_iter().flat_map(|page| page.residents).map(|one| one.resident.name).collect()
}

/// What others did meanwhile, by key.
fn done(conflict: &ConflictView) -> Vec<&str> {
    conflict.meanwhile.iter().map(|done| done.key.as_str()).collect()
}

fn phone(replica: &mut Replica, resident: ItemId, phone: &str) {
    replica.run(&edit_resident(replica, 1, resident, Fields::new().with("phone", phone))).unwrap();
}

fn visit(replica: &mut Replica) -> ItemId {
    let (household, visit, time) = (household_id(1), replica.fresh(), replica.time());
    let fields = Fields::new().with("at", "2026-05-30").with("purpose", "回访");
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    replica.run(&Command::Visits(add)).unwrap();
    visit
}

#[test]
fn a_withdrawn_resident_counts_nowhere_is_shown_on_demand_and_restored() {
    let Two { mut alice, first, .. } = two();
    withdraw(&mut alice, Record::Resident(first), "同名，录错了户");
    let rows = tables(&alice.rows());
    assert_eq!(names(page(&alice, Shown::Standing)), ["王强"]);
    let counted = counts(&rows, &Withheld::nothing(), None).unwrap();
    assert_eq!((counted.living_here, counted.conflicts), (1, 0));
    let listed = households(&rows, &Withheld::nothing(), &HouseholdFilter::default()).unwrap();
    assert_eq!((listed[0].living_here, &listed[0].head), (1, &None));

    let shown = page(&alice, Shown::AlsoWithdrawn).unwrap();
    assert_eq!((shown.living_here, &shown.head), (1, &None));
    let withdrawn = &shown.residents[0].resident.withdrawn;
    assert_eq!(withdrawn[0].status, "withdrawn");
    assert_eq!(withdrawn[0].reason.as_deref(), Some("同名，录错了户"));

    let edit = edit_resident(&alice, 1, first, Fields::new().with("phone", "13800000001"));
    assert_eq!(alice.run(&edit), Err(CommandError::Withdrawn));
    restore(&mut alice, Record::Resident(first));
    assert_eq!(names(page(&alice, Shown::Standing)), ["李梅", "王强"]);
    alice.run(&edit).unwrap();
    assert_eq!(open(&alice), []);
    let before = |shown| {
        let page = page(&alice, shown).unwrap();
        let of = page.residents.into_iter().map(|one| one.resident.withdrawn_before);
        let all: Vec<_> = of.flatten().map(|fact| (fact.status, fact.reason)).collect();
        all
    };
    let withdrawn = ("withdrawn".to_owned(), Some("同名，录错了户".to_owned()));
    assert_eq!(before(Shown::AlsoWithdrawn), [("stands".to_owned(), None), withdrawn]);
    assert_eq!(before(Shown::Standing), []);
}

#[test]
fn the_number_of_a_withdrawn_resident_no_longer_warns() {
    let Two { mut alice, first, .. } = two();
    let add = add_household(
        &mut alice,
        2,
        1,
        &[Fields::new().with("name", "李梅").with("id_number", NUMBER)],
    );
    let warned = |replica: &mut Replica| {
        let plan = replica.plan(&add).unwrap();
        let rows = tables(&replica.rows());
        add.warnings(&plan, replica.time(), &rows, &Withheld::nothing()).unwrap().len()
    };
    assert_eq!(warned(&mut alice), 1);
    withdraw(&mut alice, Record::Resident(first), "录错了");
    assert_eq!(warned(&mut alice), 0);
    restore(&mut alice, Record::Resident(first));
    assert_eq!(warned(&mut alice), 1);
    withdraw(&mut alice, Record::Household, "录错了");
    assert_eq!(warned(&mut alice), 0);
}

#[test]
fn what_others_did_to_a_resident_meanwhile_is_listed_wherever_it_stands_and_settled_either_way() {
    for undo in [false, true] {
        let mut two = two();
        let record = Record::Resident(two.first);
        withdraw(&mut two.alice, record, "录错了");
        phone(&mut two.bob, two.first, "13800000001");
        let (household, resident) = (household_id(1), two.first);
        let fields = Fields::new().with("health", "高血压");
        let edit = PrivateCommand::Edit { household, resident, fields };
        two.bob.run(&Command::Private(edit)).unwrap();
        // Nobody asks about what is of somebody else.
        phone(&mut two.bob, two.second, "13800000002");
        two.meet();
        let listed = two.to_settle();
        let [conflict] = listed.as_slice() else { panic!("{listed:?}") };
        let key = |end: &str| format!("r/{}/{end}", two.first);
        assert_eq!((conflict.key.clone(), conflict.shown.as_str()), (key("w"), "withdrawn"));
        assert_eq!(done(conflict), [key("phone"), key("health")]);
        assert_eq!(names(page(&two.bob, Shown::Standing)), ["王强"]);
        if undo {
            restore(&mut two.bob, record);
        } else {
            withdraw(&mut two.bob, record, "确实录错了");
        }
        two.meet();
        assert_eq!(two.to_settle(), []);
        let stands = names(page(&two.alice, Shown::Standing)).len();
        assert_eq!(stands, if undo { 2 } else { 1 });
    }
}

#[test]
fn a_withdrawn_household_takes_all_that_is_its_with_it_and_nothing_that_was_not_seen_goes_unheard()
{
    let mut two = two();
    let seen = visit(&mut two.bob);
    two.meet();
    withdraw(&mut two.alice, Record::Household, "录重复了");
    let unseen = visit(&mut two.bob);
    two.meet();
    let listed = two.to_settle();
    assert_eq!(done(&listed[0]), [format!("v/{unseen}")]);
    assert_ne!(seen, unseen);
    let rows = tables(&two.bob.rows());
    assert_eq!(households(&rows, &Withheld::nothing(), &HouseholdFilter::default()).unwrap(), []);
    assert_eq!(counts(&rows, &Withheld::nothing(), None).unwrap().living_here, 0);
    assert_eq!(page(&two.bob, Shown::Standing), None);
    assert_eq!(names(page(&two.bob, Shown::AlsoWithdrawn)), ["李梅", "王强"]);
    assert_eq!(page(&two.bob, Shown::AlsoWithdrawn).unwrap().living_here, 0);
    let add = two.alice.clone().fresh();
    let need = HouseholdCommand::AddNeed {
        household: household_id(1),
        need: add,
        text: "修水管".to_owned(),
        time: two.alice.time(),
    };
    assert_eq!(two.alice.run(&Command::Household(need)), Err(CommandError::Withdrawn));
    let inside = withdrawing(&two.alice, Record::Resident(two.first), "录错了");
    assert_eq!(two.alice.run(&inside), Err(CommandError::Withdrawn));
    withdraw(&mut two.alice, Record::Household, "确认重复");
    two.meet();
    assert_eq!(two.to_settle(), []);
    let again = withdrawing(&two.bob, Record::Household, "再说一次");
    assert_eq!(two.bob.run(&again), Err(CommandError::AlreadyWithdrawn));
}

#[test]
fn two_who_withdraw_the_same_agree_and_one_who_restores_beside_another_is_a_conflict() {
    let mut two = two();
    let record = Record::Resident(two.first);
    withdraw(&mut two.alice, record, "录错了");
    withdraw(&mut two.bob, record, "不在这户");
    two.meet();
    assert_eq!(two.to_settle(), []);
    let withdrawn = |two: &Two| {
        page(&two.alice, Shown::AlsoWithdrawn).unwrap().residents[0].resident.withdrawn.len()
    };
    assert_eq!(withdrawn(&two), 2);
    let again = withdrawing(&two.alice, record, "再说一次");
    assert_eq!(two.alice.run(&again), Err(CommandError::AlreadyWithdrawn));
    restore(&mut two.alice, record);
    two.meet();
    withdraw(&mut two.bob, record, "问过本人");
    withdraw(&mut two.alice, record, "问错了人");
    restore(&mut two.alice, record);
    two.meet();
    let listed = two.to_settle();
    assert_eq!(listed[0].shown, "stands");
    assert_eq!(listed[0].values.len(), 2);
    assert_eq!(names(page(&two.bob, Shown::Standing)).len(), 2);
    withdraw(&mut two.alice, record, "问过本人");
    two.meet();
    assert_eq!(two.to_settle(), []);
    assert_eq!(names(page(&two.bob, Shown::Standing)), ["王强"]);
}

#[test]
fn visits_notes_and_needs_are_withdrawn_one_by_one() {
    let Two { mut alice, .. } = two();
    let visit = visit(&mut alice);
    let (household, note, need, time) =
        (household_id(1), alice.fresh(), alice.fresh(), alice.time());
    let text = "独居".to_owned();
    alice.run(&Command::Visits(VisitsCommand::AddNote { household, note, text, time })).unwrap();
    let add = HouseholdCommand::AddNeed { household, need, text: "修水管".to_owned(), time };
    alice.run(&Command::Household(add)).unwrap();
    let year = 2026;
    let records = [Record::Visit { visit, year }, Record::Note { note, year }, Record::Need(need)];
    let count = |replica: &Replica, shown| {
        let rows = tables(&replica.rows());
        let all = Withheld::nothing();
        [
            visits(&rows, &all, &household, shown).unwrap().unwrap().len(),
            notes(&rows, &all, &household, shown).unwrap().unwrap().len(),
            page(replica, shown).unwrap().needs.len(),
        ]
    };
    for record in records {
        withdraw(&mut alice, record, "录错了");
    }
    assert_eq!(count(&alice, Shown::Standing), [0, 0, 0]);
    assert_eq!(count(&alice, Shown::AlsoWithdrawn), [1, 1, 1]);
    assert!(counts(&tables(&alice.rows()), &Withheld::nothing(), None).unwrap().needs.is_empty());
    for record in records {
        restore(&mut alice, record);
    }
    assert_eq!(count(&alice, Shown::Standing), [1, 1, 1]);
    let elsewhere = withdrawing(&alice, Record::Visit { visit, year: 2025 }, "录错了");
    assert_eq!(alice.run(&elsewhere), Err(CommandError::NotFound { what: "the visit" }));
}

#[test]
fn of_who_is_concealed_a_reader_hears_that_something_was_done_and_not_what() {
    let mut two = two();
    let (household, resident, time) = (household_id(1), two.first, two.alice.time());
    let conceal = HouseholdCommand::Conceal { household, resident, time };
    two.alice.run(&Command::Household(conceal)).unwrap();
    withdraw(&mut two.alice, Record::Resident(two.first), "录错了");
    phone(&mut two.bob, two.first, "13800000001");
    two.meet();
    let rows = tables(&two.bob.rows());
    let steward = Withheld::from_roles(&[Role::Steward]);
    let listed =
        conflicts(&rows, &steward, &Permitted::from_roles(&[Role::Steward]), None).unwrap();
    assert_eq!(done(&listed[0]), [format!("r/{}", two.first)]);
    assert_eq!(
        (&listed[0].meanwhile[0].value, listed[0].meanwhile[0].withheld),
        (&None, &["value"][..])
    );
    assert!(!listed[0].may_settle);
    // Who reads what is private is told all of it.
    let all = two.to_settle();
    let told = all[0].meanwhile.iter().map(|done| (done.key.as_str(), done.value.as_deref()));
    let phone = format!("r/{}/phone", two.first);
    assert_eq!(told.collect::<Vec<_>>(), [(phone.as_str(), Some("13800000001"))]);
}

#[test]
fn what_others_did_meanwhile_is_told_with_what_they_wrote() {
    let mut two = two();
    withdraw(&mut two.alice, Record::Household, "录重复了");
    let (household, time) = (household_id(1), two.bob.time());
    let (first, fact, need) = (two.first, two.bob.fresh(), two.bob.fresh());
    let fields = Fields::new().with("address", "一号").with("tenure", "rented");
    let text = "修水管".to_owned();
    let (status, reason, at) =
        ("away".to_owned(), Some("去杭州".to_owned()), Some("2026-05-20".to_owned()));
    let resident = first;
    for command in [
        HouseholdCommand::Edit { household, fields },
        HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time },
        HouseholdCommand::AddNeed { household, need, text, time },
    ] {
        two.bob.run(&Command::Household(command)).unwrap();
    }
    let fields = Fields::new().with("health", "高血压");
    two.bob.run(&Command::Private(PrivateCommand::Edit { household, resident, fields })).unwrap();
    let visit = visit(&mut two.bob);
    two.meet();
    let listed = two.to_settle();
    let told = listed[0].meanwhile.iter().map(|done| {
        [&Some(done.key.clone()), &done.value, &done.at, &done.reason].map(Clone::clone)
    });
    let row = |key: String, said: [&str; 3]| {
        let said = said.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
        let [value, at, reason] = said;
        [Some(key), value, at, reason]
    };
    let expected = [
        row("address".to_owned(), ["一号", "", ""]),
        row(format!("n/{need}/text"), ["修水管", "", ""]),
        row(format!("r/{first}/s"), ["away", "2026-05-20", "去杭州"]),
        row("tenure".to_owned(), ["rented", "", ""]),
        row(format!("r/{first}/health"), ["高血压", "", ""]),
        row(format!("v/{visit}"), ["回访", "2026-05-30", ""]),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert!(listed[0].meanwhile.iter().all(|done| done.withheld.is_empty()));
}

#[test]
fn why_somebody_who_is_concealed_is_withdrawn_hears_only_who_reads_what_is_private() {
    let mut two = two();
    let (id, resident, time) = (household_id(1), two.first, two.alice.time());
    let conceal = HouseholdCommand::Conceal { household: id, resident, time };
    withdraw(&mut two.alice, Record::Resident(two.second), "录重复了");
    two.alice.run(&Command::Household(conceal)).unwrap();
    withdraw(&mut two.alice, Record::Resident(two.first), "被人领养");
    two.bob
        .run(&edit_resident(&two.bob, 1, two.first, Fields::new().with("relation", "child")))
        .unwrap();
    two.meet();
    let rows = tables(&two.bob.rows());
    let reasons = |role: Role| {
        let withheld = Withheld::from_roles(&[role]);
        let listed = conflicts(&rows, &withheld, &Permitted::everything(), None).unwrap();
        let page = household(&rows, &withheld, &id, Shown::AlsoWithdrawn);
        let mut residents = page.unwrap().unwrap().residents;
        residents.sort_by_key(|one| one.resident.id);
        let shown = residents.iter().map(|one| one.resident.withdrawn[0].reason.clone());
        (listed[0].facts[0].reason.clone(), shown.collect::<Vec<_>>())
    };
    let (first, second) = (Some("被人领养".to_owned()), Some("录重复了".to_owned()));
    assert_eq!(reasons(Role::GridWorker), (first.clone(), vec![first, second.clone()]));
    assert_eq!(reasons(Role::Steward), (None, vec![None, second]));
}

#[test]
fn of_a_withdrawn_visit_hears_only_who_has_the_visit() {
    let mut two = two();
    let visit = visit(&mut two.alice);
    let record = Record::Visit { visit, year: 2026 };
    two.meet();
    withdraw(&mut two.alice, record, "走错了");
    restore(&mut two.alice, record);
    withdraw(&mut two.bob, record, "他家有病人，没让进");
    two.meet();
    let mut rows = two.bob.rows();
    let listed = |rows: &[Row]| {
        let steward = Withheld::from_roles(&[Role::Steward]);
        conflicts(&tables(rows), &steward, &Permitted::from_roles(&[Role::Steward]), None).unwrap()
    };
    assert_eq!(listed(&rows).len(), 1);
    // To a steward come only the visits that they made.
    rows.retain(|row| row.table.name != "visit");
    assert_eq!(listed(&rows), []);
}

#[test]
fn who_reads_no_visits_hears_nothing_of_one_that_some_withdrew_and_some_restored() {
    let mut two = two();
    let visit = visit(&mut two.alice);
    let record = Record::Visit { visit, year: 2026 };
    two.meet();
    withdraw(&mut two.alice, record, "走错了");
    restore(&mut two.alice, record);
    withdraw(&mut two.bob, record, "确实走错了");
    two.meet();
    assert_eq!(two.to_settle()[0].key, format!("v/{visit}/w"));
    let rows = tables(&two.bob.rows());
    let (mediator, may) = (Withheld::from_roles(&[Role::Mediator]), Permitted::everything());
    assert_eq!(conflicts(&rows, &mediator, &may, None).unwrap(), []);
}

#[test]
fn a_withdrawal_needs_a_reason_and_something_to_withdraw() {
    let Two { mut alice, first, .. } = two();
    let empty = withdrawing(&alice, Record::Resident(first), "  ");
    let rule = InvalidValue::Empty;
    assert_eq!(alice.run(&empty), Err(CommandError::Invalid { field: "r/*/w/*/reason", rule }));
    let nobody = withdrawing(&alice, Record::Resident(ItemId::new([9; 8])), "录错了");
    assert_eq!(alice.run(&nobody), Err(CommandError::NotFound { what: "the resident" }));
    let (household, fact, time) = (household_id(1), alice.fresh(), alice.time());
    let record = Record::Household;
    let restore = WithdrawalCommand::Restore { household, record, fact, reason: None, time };
    assert_eq!(alice.run(&Command::Withdrawal(restore)), Err(CommandError::NothingChanged));

    // Whoever writes the operations themselves is held to the same.
    let plan = alice.plan(&withdrawing(&alice, Record::Resident(first), "录错了")).unwrap();
    let edit = plan.edits.iter().find(|edit| edit.document == household).unwrap();
    let judged = |name: &str, ops: &[Op]| {
        let touched = Touched { before: &alice.documents[&household], ops };
        judge(name, RULE_VERSION, alice.time(), &[touched]).map(drop)
    };
    assert_eq!(judged("record.withdraw", &edit.ops), Ok(()));
    let status = Err(RuleError::NotThisCommand { field: "w/*/status" });
    assert_eq!(judged("record.restore", &edit.ops), status);
    let is_reason = |op: &Op| op.written().is_some_and(|(key, _)| key.ends_with("/reason"));
    let without: Vec<Op> = edit.ops.iter().filter(|op| !is_reason(op)).cloned().collect();
    let lacking = Err(RuleError::Incomplete { group: "the withdrawal", missing: "reason" });
    assert_eq!(judged("record.withdraw", &without), lacking);
    let over_another = edit.ops.iter().map(|op| match op {
        Op::Put { key, .. } if key.ends_with("/over") => {
            Op::Put { key: key.clone(), value: Value::Bytes(vec![7; 8]) }
        }
        op => op.clone(),
    });
    let wrong = judged("record.withdraw", &over_another.collect::<Vec<_>>());
    assert_eq!(wrong, Err(RuleError::FactNotCurrent));
}
