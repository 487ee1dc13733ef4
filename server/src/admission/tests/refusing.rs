//! What refusing takes, counted: cheap before dear, whatever comes.

use keting_model::{Document, DocumentId, DocumentKind, Op, Value};
use keting_testkit::craft::{Craft, make_text};
use keting_trust::Part;
use keting_trust::guard::Spent;
use keting_trust::limits::{
    COMMIT_PARTS_MAX, DEVICE_BRANCHES_MAX, DEVICE_DAY_BYTES_MAX, WASTED_CHANGE_BYTES,
};

use super::*;
use crate::store::StoredDevice;
use crate::testing::Person;

#[test]
fn hundreds_of_changes_that_make_thousands_of_texts_are_held_unmade_and_unloaded() {
    let mut town = Town::new();
    let mut steward = town.person("steward", UNIT);
    for (parts, code) in [(COMMIT_PARTS_MAX, "limit"), (1, "unknown_key")] {
        let commit = texts(&mut steward, parts);
        let batch = town.batch(&steward, vec![commit]);
        assert_eq!(held_code(&batch.answers[0][0]), code);
        assert_eq!(batch.spent, Spent::default());
    }
}

#[test]
fn what_the_bytes_or_the_rows_say_is_answered_before_any_document_is_loaded() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut stranger = town.person("micro_grid_head", OTHER_REGION);
    let (household, first) = alice.add_household(region);
    town.admit_one(&alice, first);
    stranger.receive(&alice, &household);
    town.damage(household);

    // What the guard is against comes first: nobody may accept it.
    let mut lying = alice.documents[&household].clone();
    let stamp = alice.stamp();
    let unknown = [Op::Put { key: "secret".into(), value: Value::from("x") }];
    let change = lying.author(&stamp, &unknown).unwrap().bytes;
    let unknown = vec![Part { salt: [1; 16], document: household, change }];
    let unknown = alice.sign("household.edit", &stamp, unknown);
    assert_eq!(held_code(&town.admit_one(&alice, unknown)), "unknown_key");
    let stamp = stranger.stamp();
    let garbage = vec![Part { salt: [1; 16], document: household, change: vec![0xff; 40] }];
    let garbage = stranger.sign("household.edit", &stamp, garbage);
    assert_eq!(held_code(&town.admit_one(&stranger, garbage)), "malformed");
    let out_of_reach = stranger.edit_household(household, "我的");
    assert_eq!(held_code(&town.admit_one(&stranger, out_of_reach)), "not_granted");

    // Only now somebody has to look, and the store is found to be damaged.
    let honest = alice.edit_household(household, "二幢");
    let push = [alice.push(vec![honest])];
    let admitted = town.admission.admit(&mut town.store, &town.city, &push, NOW_MS);
    assert!(matches!(admitted, Err(StoreError::Damaged(_))), "{admitted:?}");
}

#[test]
fn of_three_hundred_changes_at_old_heads_no_more_are_made_than_one_device_may_have_branches() {
    let mut town = Town::new();
    let (mut alice, states) = long_history(&mut town, 300);
    let branches: Vec<_> = states.iter().map(|state| branch(&mut alice, state, "分枝")).collect();
    let batch = town.batch(&alice, branches);
    let admitted = batch.answers[0].iter().filter(|answer| is_admitted(answer)).count();
    assert!((1..=DEVICE_BRANCHES_MAX).contains(&admitted), "{admitted}");
    let mut others = batch.answers[0].iter().filter(|answer| !is_admitted(answer));
    let refused = Outcome::Refused { code: "too_many_branches" };
    assert!(others.all(|answer| *answer == refused));
    assert_eq!(batch.spent.forks, admitted as u64);
}

#[test]
fn whoever_wastes_earlier_states_does_so_at_the_cost_of_their_day() {
    let mut town = Town::new();
    let (mut alice, states) = long_history(&mut town, 40);
    // A field that is empty is emptied: the rule is against it, once the earlier state is made.
    let mut idle = |state: &Document| {
        alice.documents.insert(state.id(), state.clone());
        alice.begin_incarnation();
        let emptied = vec![Op::Put { key: "tenure".into(), value: Value::Null }];
        alice.write("household.edit", vec![(state.id(), emptied)])
    };
    let commits: Vec<_> = states.iter().map(&mut idle).collect();
    let batch = town.batch(&alice, commits[..1].to_vec());
    assert_eq!(held_code(&batch.answers[0][0]), "unchanged");
    assert_eq!((batch.spent.forks, batch.spent.forked_changes), (1, 41));
    let of_one = batch.spent.forked_changes * WASTED_CHANGE_BYTES;
    let row = town.read().device(&alice.device()).unwrap().unwrap();
    assert!(row.day_bytes >= of_one, "{row:?}");

    town.set_device(&alice, |row| StoredDevice {
        day_bytes: DEVICE_DAY_BYTES_MAX - 3 * of_one,
        ..row
    });
    let batch = town.batch(&alice, commits[1..].to_vec());
    assert!(batch.spent.forks <= 3, "{:?}", batch.spent);
    let refused = Outcome::Refused { code: "quota_exceeded" };
    assert!(batch.answers[0][3..].iter().all(|answer| *answer == refused));
}

/// Somebody with a household that was edited so many times, and the household before each edit.
fn long_history(town: &mut Town, edits: usize) -> (Person, Vec<Document>) {
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    let mut commits = vec![first];
    let mut states = Vec::new();
    for edit in 0..edits {
        states.push(alice.documents[&household].clone());
        commits.push(alice.edit_household(household, &format!("{edit}幢")));
    }
    let batch = town.batch(&alice, commits);
    assert!(batch.answers[0].iter().all(is_admitted));
    (alice, states)
}

/// An edit on an earlier state, in a life of its own.
fn branch(person: &mut Person, base: &Document, address: &str) -> PushedCommit {
    person.begin_incarnation();
    person.documents.insert(base.id(), base.clone());
    person.edit_household(base.id(), address)
}

/// A commit of so many changes of some ninety bytes that each make a Text 4,096 times.
fn texts(person: &mut Person, parts: usize) -> PushedCommit {
    let stamp = person.stamp();
    let mut document = Document::empty(DocumentId::from_random(DocumentKind::Household, [1; 14]));
    let honest = [Op::MakeText { key: "k".into() }];
    let honest = Craft::parse(&document.author(&stamp, &honest).unwrap().bytes);
    let many = honest.with_ops(&vec![make_text("k"); 4_096]);
    let part = |person: &mut Person| Part {
        document: DocumentId::from_random(DocumentKind::Household, person.fresh()),
        salt: person.fresh(),
        change: many.bytes(),
    };
    let parts = (0..parts).map(|_| part(person)).collect();
    person.sign("household.edit", &stamp, parts)
}

fn is_admitted(answer: &Outcome) -> bool {
    matches!(answer, Outcome::Admitted { .. })
}

impl Town {
    fn batch(&mut self, person: &Person, commits: Vec<PushedCommit>) -> Batch {
        let push = [person.push(commits)];
        self.admission.admit(&mut self.store, &self.city, &push, NOW_MS).unwrap()
    }

    /// Leaves nothing of a document that loads.
    fn damage(&mut self, document: DocumentId) {
        let stored = self.read().document(&document).unwrap().unwrap();
        let mut transaction = self.store.begin().unwrap();
        transaction.put_document(&stored, b"nothing that loads").unwrap();
        transaction.commit().unwrap();
        self.admission = Admission::new(2);
    }
}
