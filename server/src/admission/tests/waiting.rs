//! What is refused for a reason that may pass: nothing is numbered, and it is admitted once it has
//! passed.

use keting::error::known;

use super::*;
use crate::store::ServerStore;

#[test]
fn what_a_grant_covered_that_is_over_is_refused_until_there_is_a_live_one() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    let second = alice.edit_household(household, "二幢");
    let push = alice.push(vec![first, second]);
    let (before, late) = (town.number(), NOW_MS + 400 * DAY_MS);
    let answers = admit_at(&mut town, &push, late);
    assert_eq!(answers, [refused("grant_ended"), refused("grant_ended")]);
    assert_eq!(town.number(), before);

    town.grant_again(&alice, late - DAY_MS, late + DAY_MS);
    let answers = admit_at(&mut town, &push, late);
    assert!(answers.iter().all(|answer| matches!(answer, Outcome::Admitted { .. })), "{answers:?}");
}

#[test]
fn what_a_grant_will_cover_is_refused_until_it_does_and_what_none_ever_did_is_held() {
    let mut town = Town::new();
    let (region, elsewhere) = (town.region(HEAD_REGION), town.region(OTHER_REGION));
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, commit) = alice.add_household(region);
    let push = alice.push(vec![commit]);
    // The server's clock was ahead when it gave the grant.
    let early = NOW_MS - 1;
    let answers = admit_at(&mut town, &push, early);
    assert_eq!(answers, [refused("grant_not_yet_valid")]);
    let answers = admit_at(&mut town, &push, NOW_MS);
    assert!(matches!(answers[0], Outcome::Admitted { .. }), "{answers:?}");

    let (_, beyond) = alice.add_household(elsewhere);
    let answers = admit_at(&mut town, &alice.push(vec![beyond]), NOW_MS);
    assert_eq!(held_code(&answers[0]), "not_granted");
}

#[test]
fn a_position_that_the_log_never_had_is_refused_and_nothing_is_numbered() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let here = town.read().head().unwrap().unwrap().cursor().position();
    let faults: [fn(&mut Position); 3] =
        [|seen| seen.number += 1, |seen| seen.chain[7] ^= 1, |seen| seen.generation += 1];
    for fault in faults {
        alice.seen = here;
        fault(&mut alice.seen);
        let (household, commit) = alice.add_household(region);
        let child = alice.edit_household(household, "二幢");
        let answers = town.admit(&[alice.push(vec![commit, child])]);
        assert_eq!(answers[0], [refused("log_diverged"), refused("missing_dependency")]);
    }
    alice.seen = here;
    let (_, commit) = alice.add_household(region);
    assert_eq!(town.admit_one(&alice, commit), Outcome::Admitted { number: here.number + 1 });
}

#[test]
fn what_came_without_a_part_is_admitted_when_all_of_it_comes() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, commit) = alice.add_household(region);
    let cut = PushedCommit { parts: Vec::new(), ..commit.clone() };
    assert_eq!(town.admit_one(&alice, cut), refused("parts_missing"));
    assert!(matches!(town.admit_one(&alice, commit), Outcome::Admitted { .. }));
}

#[test]
fn what_is_held_is_not_worth_repeating_and_what_waits_is() {
    for reason in REASONS {
        let retryable = known(reason.code).unwrap_or_else(|| panic!("{}", reason.code)).retryable;
        let may_pass = reason.consequence == Consequence::RefusedForNow;
        assert_eq!(retryable, may_pass, "{}", reason.code);
        assert!(!reason.because.is_empty());
    }
}

#[test]
fn the_page_of_verdicts_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/verdicts.md");
    let mut page = String::from(HEAD);
    for reason in REASONS {
        let consequence = match reason.consequence {
            Consequence::Held => "held",
            Consequence::RefusedForNow => "refused",
        };
        page += &format!("| `{}` | {consequence} | {} |\n", reason.code, reason.because);
    }
    if std::env::var_os("KETING_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page, "docs/verdicts.md is not the table: run this with KETING_BLESS=1");
}

const HEAD: &str = "\
# What becomes of a commit that is not admitted

A verdict in the log is for good. So a commit is *held* only for what no waiting can change; for what
may pass it is *refused*: nothing is numbered, it stays in its author's outbox, and it goes again by
itself on the next connection ([decision 20](adr/0020-no-lasting-verdict-from-a-passing-state.md)). What
builds on a held commit is held with it, what builds on a refused one is refused.

Of an act that a device made anew one commit is admitted, and the log says of every other that it is
*superseded* ([decision 22](adr/0022-authored-anew-on-what-was-seen.md)). That is no reason of the table:
what was entered stands, so nobody is told.

What nobody signed who is known here, or what is no commit of this city, is in no row: it is refused to
whoever sent it, and counted. What people are told is in [errors](errors.md). This page is made from
the table in `server/src/admission/reasons.rs`, and a test holds the two together.

| code | what follows | what can change it, or why nothing can |
|---|---|---|
";

fn refused(code: &'static str) -> Outcome {
    Outcome::Refused { code }
}

fn admit_at(town: &mut Town, push: &Push, now_ms: u64) -> Vec<Outcome> {
    let push = std::slice::from_ref(push);
    town.admission.admit(&mut town.store, &town.city, push, now_ms).unwrap().answers.remove(0)
}

impl Town {
    /// Gives somebody the grant they have once more, for another time.
    fn grant_again(&mut self, person: &Person, issued_at_ms: u64, expires_at_ms: u64) {
        let stored = self.store.snapshot().unwrap().grant(&person.grant).unwrap().unwrap();
        let grant = keting_trust::SignedGrant::read_stored(&stored.bytes).unwrap().grant;
        let grant = keting_trust::Grant { id: [5; 16], issued_at_ms, expires_at_ms, ..grant };
        self.log_grant(&keting_trust::SignedGrant::issue(grant, &self.city.issuing).unwrap());
    }
}
