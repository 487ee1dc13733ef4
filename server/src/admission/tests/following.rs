//! What follows a commit that is held, refused, admitted or not here, though no document shows it.

use keting_model::DocumentId;

use super::*;

/// Alice, and the household that she adds where she may or may not.
struct Story {
    town: Town,
    alice: Person,
    region: DocumentId,
    elsewhere: DocumentId,
}

impl Story {
    fn begin() -> Self {
        let mut town = Town::new();
        let (region, elsewhere) = (town.region(HEAD_REGION), town.region(OTHER_REGION));
        let alice = town.person("micro_grid_head", HEAD_REGION);
        Self { town, alice, region, elsewhere }
    }

    /// A new household, planned with others in sight.
    fn add(&mut self, region: DocumentId, after: &[&PushedCommit]) -> PushedCommit {
        self.alice.follows = after.iter().map(|commit| id_of(commit)).collect();
        self.alice.follows.sort_unstable();
        let (_, commit) = self.alice.add_household(region);
        self.alice.follows.clear();
        commit
    }

    fn push(&mut self, commits: &[&PushedCommit]) -> Vec<Outcome> {
        let commits = commits.iter().map(|commit| (*commit).clone()).collect();
        self.town.admit(&[self.alice.push(commits)]).remove(0)
    }
}

#[test]
fn what_follows_a_held_commit_is_held_with_it_in_the_same_batch_and_long_after() {
    let mut story = Story::begin();
    let held = story.add(story.elsewhere, &[]);
    let with_it = story.add(story.region, &[&held]);
    let beside = story.add(story.region, &[]);
    let answers = story.push(&[&held, &with_it, &beside]);
    assert_eq!([held_code(&answers[0]), held_code(&answers[1])], ["not_granted", "ancestor_held"]);
    assert!(is_admitted(&answers[2]), "what stands beside goes on");
    let after = story.add(story.region, &[&beside, &with_it]);
    assert_eq!(held_code(&story.push(&[&after])[0]), "ancestor_held");
}

#[test]
fn what_follows_a_commit_that_is_not_here_comes_again_and_is_admitted_behind_it() {
    let mut story = Story::begin();
    let first = story.add(story.region, &[]);
    let second = story.add(story.region, &[&first]);
    let third = story.add(story.region, &[&second]);
    let missing = Outcome::Refused { code: "missing_dependency" };
    let number = story.town.number();
    assert_eq!(story.push(&[&second, &third]), [missing.clone(), missing.clone()]);
    assert_eq!(story.push(&[&second, &first])[0], missing, "it must stand before");
    assert_eq!(story.town.number(), number + 1);
    assert!(story.push(&[&second, &third]).iter().all(is_admitted));
    let fourth = story.add(story.region, &[&first, &third]);
    let fifth = story.add(story.region, &[&fourth]);
    assert!(story.push(&[&fourth, &fifth]).iter().all(is_admitted));
}

#[test]
fn a_household_below_a_region_that_is_held_for_its_code_is_held_with_it() {
    let mut town = Town::new();
    let micro_grid = town.region(HEAD_REGION);
    let unit = |officer: &mut Person| {
        let id = DocumentId::from_random(DocumentKind::Region, officer.fresh());
        let text = |key: &str, value: &str| Op::Put { key: key.into(), value: Value::from(value) };
        let mut ops = vec![
            text("code", "9904810010010101002"),
            text("name", "二单元"),
            text("level", "unit"),
        ];
        let parent = Value::Bytes(micro_grid.as_bytes().to_vec());
        ops.push(Op::Put { key: "parent".into(), value: parent });
        (id, officer.write("region.add", vec![(id, ops)]))
    };
    let mut alice = town.person("village_officer", VILLAGE);
    let mut bob = town.person("village_officer", VILLAGE);
    let (_, first) = unit(&mut alice);
    assert!(is_admitted(&town.admit_one(&alice, first)));

    let (region, second) = unit(&mut bob);
    bob.follows = vec![id_of(&second)];
    let (household, in_it) = bob.add_household(region);
    bob.follows = vec![id_of(&in_it)];
    let visit = bob.add_visit(household);
    let answers = town.admit(&[bob.push(vec![second, in_it, visit])]).remove(0);
    let codes: Vec<_> = answers.iter().map(held_code).collect();
    assert_eq!(codes, ["code_exists", "ancestor_held", "ancestor_held"]);
    bob.follows.clear();
    let (_, beside) = bob.add_household(micro_grid);
    assert!(is_admitted(&town.admit_one(&bob, beside)));
}

fn id_of(commit: &PushedCommit) -> CommitId {
    keting_trust::SignedCommit::open(&commit.signed).unwrap().id()
}

fn is_admitted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Admitted { .. })
}
