//! A server that brings grants of nobody's: a grant counts on a phone only if its issuer was given,
//! from the root key on, the right to give that much, in this city and its log.

use keting::parts::replica_of;
use keting_model::role::Role;
use keting_model::{CityId, LogId};
use keting_scenarios::city::{City, GRID, MICRO_GRID, OTHER_MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::liar::{Liar, given};
use keting_scenarios::phone::{Phone, Two};
use keting_sync::Entry;
use keting_trust::{
    CommitBody, Digest, Ed25519Signer, Grant, KindAccess, PublicKey, RecordKind, SignedCommit,
    SignedGrant, Signer,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const NOT_OF_THE_CITY: &str = "grant_not_of_the_city";

#[test]
fn a_grant_that_the_citys_issuing_key_gave_is_taken() {
    let mut story = Story::begin();
    let given_by_the_city = story.by_the_city(|_| {});
    story.is_taken(&[given_by_the_city]);
}

#[test]
fn a_grant_whose_issuer_nobody_granted_is_refused() {
    let mut story = Story::begin();
    let (mallory, friend) = (signer(0x66), signer(0x67));
    let by_mallory = story.by(&mallory, |_| {});
    story.is_refused(&[by_mallory]);
    // Nor does it help to be granted by somebody whom nobody granted.
    let to_friend = story.by(&mallory, |grant| grant.holder = friend.public_key().clone());
    let by_friend = story.by(&friend, |_| {});
    story.is_refused(&[by_friend.clone(), to_friend.clone()]);
    story.is_refused(&[to_friend, by_friend]);
    // Nor to say that the root key did not need to be asked.
    let without_parent = story.by(&mallory, |grant| grant.parent = None);
    story.is_refused(&[without_parent]);
    story.end();
}

#[test]
fn a_grant_of_another_city_or_log_is_refused_although_the_citys_own_key_gave_it() {
    let mut story = Story::begin();
    let elsewhere: [fn(&mut Grant); 2] =
        [|grant| grant.city = CityId::new([9; 16]), |grant| grant.log = LogId::new([9; 16])];
    for elsewhere in elsewhere {
        let by_the_issuing_key = story.by_the_city(elsewhere);
        story.is_refused(&[by_the_issuing_key]);
        let mut by_the_root_key = story.liar.issuing_grant().grant;
        elsewhere(&mut by_the_root_key);
        let by_the_root_key = given(by_the_root_key, &story.liar.root);
        story.is_refused(&[by_the_root_key]);
    }
    story.end();
}

#[test]
fn a_grant_that_gives_more_than_its_issuer_may_is_refused() {
    let mut story = Story::begin();
    let alice = signer_of(&story.two.alice);
    let stewards = |grant: &mut Grant| {
        (grant.role, grant.depth) = (Role::Steward, 0);
        grant.kinds = KindAccess::of_role(Role::Steward);
    };
    // A head may let a steward in, in the head's own micro-grid, and nobody else anywhere else.
    let elsewhere = story.liar.region(OTHER_MICRO_GRID);
    let beside = story.by(&alice, |grant| {
        stewards(grant);
        grant.regions = vec![elsewhere];
    });
    story.is_refused(&[beside]);
    let another_head = story.by(&alice, |grant| grant.depth = 0);
    story.is_refused(&[another_head]);
    let passes_on = story.by(&alice, |grant| {
        stewards(grant);
        grant.depth = 1;
    });
    story.is_refused(&[passes_on]);
    let of_the_city = story.by(&alice, |grant| {
        (grant.role, grant.depth) = (Role::Administrator, 0);
        grant.regions.clear();
    });
    story.is_refused(&[of_the_city]);
    let steward = story.by(&alice, stewards);
    story.is_taken(&[steward]);
}

#[test]
fn a_grant_that_was_given_after_its_issuers_own_had_ended_is_refused() {
    let mut story = Story::begin();
    let ended_ms = story.liar.issuing_grant().grant.expires_at_ms;
    let late = story.by_the_city(|grant| {
        grant.issued_at_ms = ended_ms;
        grant.expires_at_ms = ended_ms + DAY_MS;
    });
    story.is_refused(&[late]);
    story.end();
}

#[test]
fn a_renewed_issuing_key_counts_as_soon_as_the_root_key_gave_it_and_not_before() {
    let mut story = Story::begin();
    let [to_renewed, under_it] = story.by_a_renewed_key();
    story.is_refused(std::slice::from_ref(&under_it));
    story.is_taken(&[to_renewed, under_it]);
}

#[test]
fn a_grant_of_the_root_key_that_names_one_above_it_is_refused() {
    let mut story = Story::begin();
    let issuing = story.liar.issuing_grant();
    let below = Grant { parent: Some(issuing.digest()), ..issuing.grant };
    story.is_refused(&[given(below, &story.liar.root)]);
    story.end();
}

#[test]
fn a_grant_that_does_not_count_keeps_none_beside_it_from_counting() {
    let mut story = Story::begin();
    let [to_renewed, _] = story.by_a_renewed_key();
    let by_mallory = story.by(&signer(0x66), |_| {});
    let entries = story.entries(&[by_mallory, to_renewed.clone()]);
    story.liar.tell(&story.two.alice, entries).unwrap();
    let alice = replica_of(&story.two.alice.keting);
    assert!(alice.store().record(to_renewed.digest().as_bytes()).unwrap().is_some());
    assert_eq!(alice.status().unwrap().set_aside, 1);
}

#[test]
fn a_grant_that_was_kept_unread_is_proven_before_anything_counts_under_it() {
    let mut story = Story::begin();
    let (mallory, bob) = (signer(0x66), signer_of(&story.two.bob));
    let bobs = story.liar.grant_for(bob.public_key(), Role::GridWorker, GRID);
    let bobs = given(bobs, &mallory);
    let issuing = story.liar.issuing_grant().grant;
    let mallorys = given(Grant { holder: mallory.public_key().clone(), ..issuing }, &mallory);

    let Story { city: _city, two, mut liar, .. } = story;
    let alice = kept_unread(two.alice, &[&bobs, &mallorys]);
    let known = alice.keting.status().unwrap().cursor.unwrap().number;
    let honest = liar.truth_after(known).remove(0);
    let body = SignedCommit::open(&honest.record).unwrap().body;
    let under_bobs = CommitBody { grant: bobs.digest(), ..body };
    let record = SignedCommit::sign(under_bobs, &bob).unwrap().bytes;
    let aside = liar.not_taken(&alice, vec![Entry { record, ..honest }]);
    assert_eq!(aside, [NOT_OF_THE_CITY]);
}

#[test]
fn a_grant_that_came_as_a_record_of_another_kind_is_none() {
    let mut story = Story::begin();
    let bob = signer_of(&story.two.bob);
    let bobs = story.liar.grant_for(bob.public_key(), Role::GridWorker, GRID);
    let bobs = given(bobs, &story.liar.city.issuing);
    let known = story.two.alice.keting.status().unwrap().cursor.unwrap().number;
    let [honest, second] = story.liar.truth_after(known).try_into().unwrap();
    let body = SignedCommit::open(&honest.record).unwrap().body;
    let record = SignedCommit::sign(CommitBody { grant: bobs.digest(), ..body }, &bob).unwrap();
    let under_bobs = Entry { number: second.number, record: record.bytes, ..honest.clone() };
    for kind in [RecordKind::Decision.code(), 200] {
        let (record, parts) = (bobs.bytes.clone(), Vec::new());
        let not_a_grant = Entry { number: honest.number, kind, record, parts };
        let told = vec![not_a_grant, under_bobs.clone()];
        assert_eq!(story.liar.not_taken(&story.two.alice, told), ["unknown_grant"], "{kind}");
    }
    // A commit is no grant, and a grant no commit.
    for (kind, record) in [(RecordKind::Grant, honest.record), (RecordKind::Commit, bobs.bytes)] {
        let (kind, parts) = (kind.code(), honest.parts.clone());
        let swapped = Entry { number: honest.number, kind, record, parts };
        let aside = story.liar.not_taken(&story.two.alice, vec![swapped]);
        assert!(aside.iter().all(|code| keting::error::known(code).is_some()), "{aside:?}");
    }
    story.end();
}

#[test]
fn a_grant_of_a_newer_version_is_kept_unread_and_so_is_what_was_written_under_it() {
    let mut story = Story::begin();
    let bob = signer_of(&story.two.bob);
    let bobs = story.liar.grant_for(bob.public_key(), Role::GridWorker, GRID);
    let newer = of_an_unknown_algorithm(&given(bobs, &story.liar.city.issuing).bytes);
    let known = story.two.alice.keting.status().unwrap().cursor.unwrap().number;
    let [honest, second] = story.liar.truth_after(known).try_into().unwrap();
    let body = SignedCommit::open(&honest.record).unwrap().body;
    let body = CommitBody { grant: Digest::of(&newer), ..body };
    let record = SignedCommit::sign(body, &bob).unwrap().bytes;
    let (kind, parts) = (RecordKind::Grant.code(), Vec::new());
    let grant = Entry { number: honest.number, kind, record: newer, parts };
    let commit = Entry { number: second.number, record, ..honest };
    story.liar.tell(&story.two.alice, vec![grant, commit]).unwrap();
    let status = story.two.alice.keting.status().unwrap();
    assert_eq!((status.unread, status.cursor.unwrap().number), (2, second.number));
    assert_eq!(story.two.alice.households().len(), 1, "nothing counts under it");
    let alice = story.two.alice.reopened();
    assert_eq!(alice.keting.status().unwrap().unread, 2);
    alice.assert_verified();
}

/// Signed bytes as a version would write them that has other keys.
fn of_an_unknown_algorithm(signed: &[u8]) -> Vec<u8> {
    const PROTECTED_ED25519: [u8; 4] = [0x43, 0xa1, 0x01, 0x32];
    const ES256: u8 = 0x26;
    let mut signed = signed.to_vec();
    assert_eq!(signed[1..5], PROTECTED_ED25519);
    signed[4] = ES256;
    signed
}

/// Alice, who is told of somebody's grant.
struct Story {
    city: City,
    two: Two,
    liar: Liar,
    carol: PublicKey,
}

impl Story {
    fn begin() -> Self {
        let city = City::start();
        let two = Two::in_city(&city);
        let liar = Liar::of(&city);
        // So that the log has room beyond what Alice has.
        two.bob.add_household(MICRO_GRID, "望潮苑1幢1单元105室", "赵六");
        two.bob.add_household(MICRO_GRID, "望潮苑1幢1单元106室", "赵七");
        two.bob.sync();
        let carol = signer(0x63).public_key().clone();
        Self { city, two, liar, carol }
    }

    /// The root key's grant to another issuing key, and one that this key gave.
    fn by_a_renewed_key(&mut self) -> [SignedGrant; 2] {
        let renewed = signer(0x68);
        let to_renewed =
            Grant { holder: renewed.public_key().clone(), ..self.liar.issuing_grant().grant };
        [given(to_renewed, &self.liar.root), self.by(&renewed, |_| {})]
    }

    /// Carol's grant of a head, altered, by the issuing key.
    fn by_the_city(&mut self, alter: impl FnOnce(&mut Grant)) -> SignedGrant {
        let grant = self.carols(alter);
        given(grant, &self.liar.city.issuing)
    }

    /// Carol's grant of a head, altered, by whomever.
    fn by(&mut self, issuer: &dyn Signer, alter: impl FnOnce(&mut Grant)) -> SignedGrant {
        given(self.carols(alter), issuer)
    }

    fn carols(&mut self, alter: impl FnOnce(&mut Grant)) -> Grant {
        let mut grant = self.liar.grant_for(&self.carol, Role::MicroGridHead, MICRO_GRID);
        alter(&mut grant);
        grant
    }

    /// The phone takes the grants for what they say.
    fn is_taken(&mut self, grants: &[SignedGrant]) {
        let entries = self.entries(grants);
        self.liar.tell(&self.two.alice, entries).unwrap();
        let replica = replica_of(&self.two.alice.keting);
        for grant in grants {
            assert!(replica.store().record(grant.digest().as_bytes()).unwrap().is_some());
        }
    }

    /// The phone sets them aside: they let nobody do anything.
    fn is_refused(&mut self, grants: &[SignedGrant]) {
        let entries = self.entries(grants);
        let aside = self.liar.not_taken(&self.two.alice, entries);
        assert_eq!(aside, vec![NOT_OF_THE_CITY; grants.len()]);
    }

    fn entries(&self, grants: &[SignedGrant]) -> Vec<Entry> {
        let kind = RecordKind::Grant.code();
        let after = self.two.alice.keting.status().unwrap().cursor.unwrap().number;
        let entry = |(number, grant): (u64, &SignedGrant)| Entry {
            number,
            kind,
            record: grant.bytes.clone(),
            parts: Vec::new(),
        };
        (after + 1..).zip(grants).map(entry).collect()
    }

    /// The honest server is believed as ever.
    fn end(self) {
        let Self { city, two, .. } = self;
        two.sync();
        assert_eq!(two.alice.households().len(), 3);
        two.alice.assert_verified();
        drop(city);
    }
}

/// Puts grants into a phone's file as they lie there that an older version could not read, and lets
/// the newer one open it.
fn kept_unread(phone: Phone, grants: &[&SignedGrant]) -> Phone {
    let directory = phone.directory().to_owned();
    drop(phone);
    for grant in grants {
        let (kind, digest) = (RecordKind::Grant.code(), hex::encode(grant.digest().as_bytes()));
        let bytes = hex::encode(&grant.bytes);
        Device::at(directory.clone()).alter(&format!(
            "INSERT INTO records (kind, digest, bytes) VALUES ({kind}, x'{digest}', x'{bytes}')"
        ));
    }
    Phone::open(directory)
}

fn signer_of(phone: &Phone) -> Ed25519Signer {
    let seed = Device::at(phone.directory().to_owned()).secret("device-seed");
    Ed25519Signer::from_seed(std::fs::read(seed).unwrap().try_into().unwrap())
}

fn signer(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed([seed; 32])
}
