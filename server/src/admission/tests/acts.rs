//! Of an act that a device made anew one commit stands: the first that was admitted.

use keting_model::DocumentId;
use keting_trust::{CommitId, Outcome as VerdictOutcome, SignedCommit, Signer as _};

use super::*;
use crate::verify::verify;

/// Alice, and an edit that she makes twice: as she made it first, and anew in another life of her phone.
struct Story {
    town: Town,
    alice: Person,
    household: DocumentId,
    original: PushedCommit,
    anew: PushedCommit,
}

impl Story {
    fn begin() -> Self {
        let mut town = Town::new();
        let region = town.region(HEAD_REGION);
        let mut alice = town.person("micro_grid_head", HEAD_REGION);
        let (household, first) = alice.add_household(region);
        town.admit_one(&alice, first);
        let seen = alice.documents.clone();
        let original = alice.edit_household(household, "二幢");
        alice.documents = seen;
        let anew =
            make_anew(&mut alice, &original, |alice| alice.edit_household(household, "二幢"));
        Self { town, alice, household, original, anew }
    }

    fn push(&mut self, commits: &[&PushedCommit]) -> Vec<Outcome> {
        let commits = commits.iter().map(|commit| (*commit).clone()).collect();
        self.town.admit(&[self.alice.push(commits)]).remove(0)
    }

    /// The act is there once, and the verdict on the other commit is its author's to read.
    fn stands_once(&mut self, winner: &PushedCommit, loser: &PushedCommit, verdict: u64) {
        assert_eq!(self.town.read().document(&self.household).unwrap().unwrap().change_count, 2);
        let entry = self.town.read().entry(verdict).unwrap().unwrap();
        let key = self.town.city.issuing.public_key().clone();
        let passed = SignedVerdict::open(&entry.record, &key).unwrap().record;
        assert_eq!(passed.commit, id_of(loser));
        assert_eq!(passed.outcome, VerdictOutcome::Superseded { by: id_of(winner) });
        let read = self.town.read();
        let own = read.own_numbers(&self.alice.device(), verdict - 1, verdict, 9).unwrap();
        assert_eq!((own, read.parts(verdict).unwrap()), (vec![verdict], vec![]));
        drop(read);
        self.town.verify();
    }
}

/// A commit that takes the place of another, in a life of its own.
fn make_anew(
    alice: &mut Person,
    first: &PushedCommit,
    make: impl FnOnce(&mut Person) -> PushedCommit,
) -> PushedCommit {
    alice.begin_incarnation();
    alice.replaces = Some(id_of(first));
    let made = make(alice);
    alice.replaces = None;
    made
}

#[test]
fn the_first_that_comes_is_admitted_and_the_other_superseded_whichever_it_is() {
    for original_first in [true, false] {
        let mut story = Story::begin();
        let (original, anew) = (story.original.clone(), story.anew.clone());
        let (winner, loser) = if original_first { (original, anew) } else { (anew, original) };
        let before = story.town.number();
        assert_eq!(story.push(&[&winner]), [Outcome::Admitted { number: before + 1 }]);
        let superseded = Outcome::Superseded { number: before + 2 };
        let answers = [story.push(&[&loser]), story.push(&[&loser])];
        assert_eq!(answers.concat(), vec![superseded; 2], "it is answered the same again");
        assert_eq!(story.town.number(), before + 2);
        story.stands_once(&winner, &loser, before + 2);
    }
}

#[test]
fn in_one_batch_the_one_that_stands_before_the_other_is_admitted() {
    for original_first in [true, false] {
        let mut story = Story::begin();
        let (original, anew) = (story.original.clone(), story.anew.clone());
        let (winner, loser) = if original_first { (original, anew) } else { (anew, original) };
        let before = story.town.number();
        let outcomes =
            [Outcome::Admitted { number: before + 1 }, Outcome::Superseded { number: before + 2 }];
        assert_eq!(story.push(&[&winner, &loser]), outcomes);
        story.stands_once(&winner, &loser, before + 2);
    }
}

#[test]
fn what_another_server_admitted_of_the_act_meanwhile_stands() {
    let mut story = Story::begin();
    let (original, anew) = (story.original.clone(), story.anew.clone());
    let (theirs, ours) =
        (story.alice.push(vec![original.clone()]), story.alice.push(vec![anew.clone()]));
    let before = story.town.number();
    let batch = story.town.admit_after(&ours, theirs);
    assert_eq!(batch.answers[0], [Outcome::Superseded { number: before + 2 }]);
    assert!(batch.rechecked);
    story.stands_once(&original, &anew, before + 2);
}

#[test]
fn what_builds_on_or_follows_a_superseded_commit_is_refused_until_it_is_made_anew() {
    let mut story = Story::begin();
    let (original, anew, household) = (story.original.clone(), story.anew.clone(), story.household);
    story.push(&[&original]);
    // Alice's documents are as after the second.
    let builds = story.alice.edit_household(household, "三幢");
    story.alice.follows = vec![id_of(&anew)];
    let region = story.town.region(HEAD_REGION);
    let (_, follows) = story.alice.add_household(region);
    let missing = Outcome::Refused { code: "missing_dependency" };
    let after = [missing.clone(), missing];
    // In one batch with it, and later.
    assert_eq!(story.push(&[&anew, &builds, &follows])[1..], after);
    assert_eq!(story.push(&[&builds, &follows]), after);
    story.town.verify();
}

#[test]
fn what_was_held_of_an_act_is_superseded_when_another_commit_of_it_is_admitted() {
    let mut story = Story::begin();
    let elsewhere = story.town.region(OTHER_REGION);
    let (_, held) = story.alice.add_household(elsewhere);
    let household = story.household;
    let before = story.town.number();
    assert_eq!(held_code(&story.push(&[&held])[0]), "not_granted");
    let kept = |town: &mut Town, alice: &Person| {
        town.read().device(&alice.device()).unwrap().unwrap().held_bytes
    };
    assert!(kept(&mut story.town, &story.alice) > 0);
    let another =
        make_anew(&mut story.alice, &held, |alice| alice.edit_household(household, "三幢"));
    let third = make_anew(&mut story.alice, &held, |alice| alice.edit_household(household, "四幢"));
    // What it builds on is not here, and then it is.
    assert_eq!(story.push(&[&another]), [Outcome::Refused { code: "missing_dependency" }]);
    let anew = story.anew.clone();
    let answers = story.push(&[&anew, &another, &third]);
    assert_eq!(answers[1], Outcome::Admitted { number: before + 3 });
    assert_eq!(answers[2], Outcome::Superseded { number: before + 5 });
    assert_eq!(story.push(&[&held]), [Outcome::Superseded { number: before + 4 }]);
    assert_eq!(kept(&mut story.town, &story.alice), 0);
    story.town.verify();
}

#[test]
fn what_would_be_held_behind_another_commit_of_its_act_in_one_batch_is_superseded() {
    let mut story = Story::begin();
    let elsewhere = story.town.region(OTHER_REGION);
    let original = story.original.clone();
    let never_granted =
        make_anew(&mut story.alice, &original, |alice| alice.add_household(elsewhere).1);
    let before = story.town.number();
    let answers = story.push(&[&original, &never_granted]);
    assert_eq!(answers[1], Outcome::Superseded { number: before + 2 });
    story.stands_once(&original, &never_granted, before + 2);
}

#[test]
fn in_whatever_order_and_batches_an_act_comes_one_commit_of_it_is_admitted_and_nothing_is_held() {
    const ORDERS: [[usize; 3]; 6] =
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    const BATCHES: [&[usize]; 4] = [&[3], &[1, 2], &[2, 1], &[1, 1, 1]];
    for (order, batches) in ORDERS.iter().flat_map(|order| BATCHES.map(|sizes| (order, sizes))) {
        let mut story = Story::begin();
        let elsewhere = story.town.region(OTHER_REGION);
        let original = story.original.clone();
        let never_granted =
            make_anew(&mut story.alice, &original, |alice| alice.add_household(elsewhere).1);
        let all = [original, story.anew.clone(), never_granted];
        let mut coming = order.iter().map(|index| &all[*index]);
        for size in batches {
            story.push(&coming.by_ref().take(*size).collect::<Vec<_>>());
        }
        let stands = order.iter().find(|index| **index != 2).unwrap();
        for (index, answer) in story.push(&all.iter().collect::<Vec<_>>()).iter().enumerate() {
            let is_admitted = matches!(answer, Outcome::Admitted { .. });
            let is_superseded = matches!(answer, Outcome::Superseded { .. });
            assert_eq!((is_admitted, is_superseded), (index == *stands, index != *stands));
        }
        let row = story.town.read().device(&story.alice.device()).unwrap().unwrap();
        assert_eq!(row.held_bytes, 0, "{order:?} {batches:?}");
        story.town.verify();
    }
}

#[test]
fn nobody_makes_anothers_act_anew() {
    let mut story = Story::begin();
    let mut bob = story.town.person("micro_grid_head", HEAD_REGION);
    bob.receive(&story.alice, &story.household);
    let (original, household) = (story.original.clone(), story.household);
    story.push(&[&story.anew.clone()]);
    let stolen = make_anew(&mut bob, &original, |bob| bob.edit_household(household, "三幢"));
    assert_eq!(held_code(&story.town.admit_one(&bob, stolen)), "bad_commit");
    story.town.verify();
}

#[test]
fn an_act_that_is_in_the_log_twice_is_found() {
    let mut story = Story::begin();
    story.push(&[&story.original.clone()]);
    let path = story.town.dir.path().join("server.sqlite");
    let file = rusqlite::Connection::open(path).unwrap();
    // As by a server that does not look: the row says that it is of another act.
    file.execute_batch("UPDATE commits SET act = randomblob(8)").unwrap();
    story.push(&[&story.anew.clone()]);
    let report = verify(&*story.town.read(), &mut |_| {}).unwrap();
    let codes: Vec<_> = report.differences.iter().map(|found| found.code).collect();
    assert!(codes.contains(&"act_admitted_twice"), "{codes:?}");
}

fn id_of(commit: &PushedCommit) -> CommitId {
    SignedCommit::open(&commit.signed).unwrap().id()
}
