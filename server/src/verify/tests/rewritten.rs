//! A server that writes its log anew, chain and all: what people and keys signed still tells.

use keting_model::{CityId, LogId};
use keting_trust::{
    ChainHash, CommitBody, Digest, Ed25519Signer, Grant, Place, RecordKind, SignedCommit,
    SignedGrant, SignedVerdict,
};
use rusqlite::{Connection, params};

use super::*;
use crate::testing::Person;

#[test]
fn a_number_that_an_incarnation_gave_to_two_commits_is_found() {
    let mut story = Story::begin();
    // Between them stands one that is held.
    story.sign_again(|body| body.sequence -= 2);
    assert_eq!(story.found(), ["sequence_twice"]);
    // Another incarnation of the same device counts for itself.
    let mut story = Story::begin();
    story.alice.begin_incarnation();
    story.add_household();
    assert_eq!(story.found(), [""; 0]);
}

#[test]
fn a_commit_of_another_city_or_log_is_found() {
    let elsewhere: [fn(&mut CommitBody); 2] =
        [|body| body.city = CityId::new([9; 16]), |body| body.log = LogId::new([9; 16])];
    for elsewhere in elsewhere {
        let mut story = Story::begin();
        story.sign_again(elsewhere);
        assert_eq!(story.found(), ["commit_of_other_city"]);
    }
}

#[test]
fn a_grant_that_was_given_after_its_issuers_own_had_ended_is_found() {
    for (early_ms, found) in [(0, &["grant_without_chain"][..]), (1_000, &[])] {
        let mut story = Story::begin();
        let issuing = story.town.city.issuing_grant;
        let issuing = story.town.read().grant(&issuing).unwrap().unwrap().bytes;
        let issuing = SignedGrant::open(&issuing).unwrap().grant;
        let own = story.town.read().grant(&story.alice.grant).unwrap().unwrap().bytes;
        let own = SignedGrant::open(&own).unwrap().grant;
        let issued_at_ms = issuing.expires_at_ms - early_ms;
        let expires_at_ms = issued_at_ms + 60_000;
        let (issuer, parent) = (issuing.holder, Some(story.town.city.issuing_grant));
        let late = Grant { id: [7; 16], issuer, parent, issued_at_ms, expires_at_ms, ..own };
        let late = SignedGrant::issue(late, &story.town.city.issuing).unwrap();
        story.town.log_grant(&late);
        assert_eq!(story.found(), found);
    }
}

#[test]
fn a_grant_or_a_verdict_that_its_key_did_not_sign_is_found() {
    let mut story = Story::begin();
    let grant = story.last(RecordKind::Grant);
    let mut record = story.record(grant);
    *record.last_mut().unwrap() ^= 1;
    story.rewrite(grant, &record);
    assert!(story.found().contains(&"grant_not_signed"));

    let mut story = Story::begin();
    let verdict = story.last(RecordKind::Verdict);
    let key = story.town.city.issuing.public_key().clone();
    let honest = SignedVerdict::open(&story.record(verdict), &key).unwrap();
    let stranger = Ed25519Signer::from_seed([9; 32]);
    let forged = SignedVerdict::sign_at(honest.place, honest.record, &stranger).unwrap();
    story.rewrite(verdict, &forged.bytes);
    assert!(story.found().contains(&"verdict_not_signed"));
}

#[test]
fn a_verdict_that_was_signed_for_another_place_of_the_log_is_found() {
    let mut story = Story::begin();
    let number = story.last(RecordKind::Verdict);
    let honest = SignedVerdict::read_stored(&story.record(number)).unwrap();
    let elsewhere = Place { number: number + 1, ..honest.place };
    let issuing = &story.town.city.issuing;
    let moved = SignedVerdict::sign_at(elsewhere, honest.record, issuing).unwrap();
    story.rewrite(number, &moved.bytes);
    assert!(story.found().contains(&"record_of_another_place"));
}

/// A town in which Alice made a household, had one held, and made another.
struct Story {
    town: Town,
    alice: Person,
}

impl Story {
    fn begin() -> Self {
        let mut town = Town::new();
        let alice = town.person("micro_grid_head", HEAD_REGION);
        let mut story = Self { town, alice };
        story.add_household();
        let elsewhere = story.town.region(OTHER_REGION);
        let (_, held) = story.alice.add_household(elsewhere);
        story.town.admit_one(&story.alice, held);
        story.add_household();
        assert_eq!(story.found(), [""; 0]);
        story
    }

    fn add_household(&mut self) {
        let region = self.town.region(HEAD_REGION);
        let (_, commit) = self.alice.add_household(region);
        let answer = self.town.admit_one(&self.alice, commit);
        assert!(matches!(answer, crate::admission::Outcome::Admitted { .. }), "{answer:?}");
    }

    /// Alice signs her last commit once more, with something else in it.
    fn sign_again(&mut self, alter: impl FnOnce(&mut CommitBody)) {
        let number = self.last(RecordKind::Commit);
        let mut body = SignedCommit::open(&self.record(number)).unwrap().body;
        alter(&mut body);
        let record = SignedCommit::sign(body, &self.alice.signer).unwrap().bytes;
        self.rewrite(number, &record);
    }

    fn last(&mut self, kind: RecordKind) -> u64 {
        let entries = self.town.read().entries(0, u32::MAX).unwrap();
        entries.into_iter().rfind(|entry| entry.kind == kind).unwrap().number
    }

    fn record(&mut self, number: u64) -> Vec<u8> {
        self.town.read().entry(number).unwrap().unwrap().record
    }

    /// Puts another record in an entry's place, and makes the chain and the head fit.
    fn rewrite(&mut self, number: u64, record: &[u8]) {
        let file = Connection::open(self.town.dir.path().join("server.sqlite")).unwrap();
        let digest = Digest::of(record);
        let place = i64::try_from(number).unwrap();
        let columns = params![record, digest.as_bytes(), place];
        file.execute("UPDATE log SET record = ?1, digest = ?2 WHERE number = ?3", columns).unwrap();
        let columns = params![digest.as_bytes(), place];
        file.execute("UPDATE commits SET digest = ?1 WHERE number = ?2", columns).unwrap();
        let entries = self.town.read().entries(0, u32::MAX).unwrap();
        let head = self.town.read().head().unwrap().unwrap();
        let mut chain = ChainHash::genesis(&head.log, head.generation);
        for entry in entries {
            chain = chain.next(entry.number, entry.kind, &entry.digest);
            let place = i64::try_from(entry.number).unwrap();
            let columns = params![chain.as_bytes(), place];
            file.execute("UPDATE log SET chain = ?1 WHERE number = ?2", columns).unwrap();
        }
        file.execute("UPDATE head SET chain = ?1", [chain.as_bytes()]).unwrap();
    }

    /// What a verification finds, each code once.
    fn found(&mut self) -> Vec<&'static str> {
        let report = verify(&*self.town.read(), &mut |_| {}).unwrap();
        let codes: BTreeSet<_> = report.differences.iter().map(|found| found.code).collect();
        codes.into_iter().collect()
    }
}
