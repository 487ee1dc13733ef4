//! A server that lies: what it says is checked as if a stranger had said it, and what does not hold up
//! leaves the phone as it was.

use keting::parts::replica_of;
use keting_model::{CommandId, Document, DocumentId, DocumentKind, Fields, Op, Stamp};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::device::Device;
use keting_scenarios::liar::{Liar, state};
use keting_scenarios::phone::Two;
use keting_sync::Entry;
use keting_trust::{CommitBody, Digest, Ed25519Signer, Part, SignedCommit, SignedGrant, actor_id};

#[test]
fn a_phone_that_is_told_the_truth_takes_it() {
    let mut story = Story::begin();
    let truth = story.truth.clone();
    assert!(story.liar.tell(&story.two.alice, truth).is_ok());
    assert_eq!(story.two.alice.household(story.two.household).address, "望潮苑1幢1单元103室");
    story.two.alice.assert_verified();
}

#[test]
fn entries_in_another_order_or_under_one_number_are_refused() {
    let mut story = Story::begin();
    let [first, second] = story.truth.clone().try_into().unwrap();
    story.is_refused(vec![second.clone(), first.clone()], "entries_out_of_order");
    story.is_refused(vec![first.clone(), first.clone()], "entries_out_of_order");
    let under_one = Entry { number: first.number, ..second };
    story.is_refused(vec![first, under_one], "entries_out_of_order");
    story.end();
}

#[test]
fn an_entry_that_the_phone_has_or_that_is_beyond_the_log_is_refused() {
    let mut story = Story::begin();
    let [first, second] = story.truth.clone().try_into().unwrap();
    let number = story.cursor_number();
    let again = Entry { number, ..first.clone() };
    story.is_refused(vec![again], "entries_out_of_order");
    let beyond = Entry { number: second.number + 1, ..second };
    story.is_refused(vec![first, beyond], "entry_beyond");
    story.end();
}

#[test]
fn a_commit_with_a_bit_turned_anywhere_is_refused() {
    let mut story = Story::begin();
    let first = story.truth[0].clone();
    for at in (0..first.record.len()).step_by(29) {
        let mut forged = first.clone();
        forged.record[at] ^= 1;
        assert_eq!(story.liar.not_taken(&story.two.alice, vec![forged]).len(), 1);
    }
    let mut forged = first;
    *forged.record.last_mut().unwrap() ^= 1;
    story.is_set_aside(vec![forged], "bad_signature");
    story.end();
}

#[test]
fn a_commit_of_another_city_is_refused() {
    let mut story = Story::begin();
    let elsewhere = City::start();
    let stranger = elsewhere.phone("陈建国", "micro_grid_head", MICRO_GRID);
    stranger.add_household(MICRO_GRID, "听涛苑1幢1单元101室", "王二");
    stranger.sync();
    let foreign = Liar::of(&elsewhere).truth_after(0).pop().unwrap();
    let replayed = Entry { number: story.truth[0].number, ..foreign };
    story.is_set_aside(vec![replayed], "not_in_commit");
    story.end();
}

#[test]
fn a_change_that_its_author_did_not_sign_is_refused() {
    let mut story = Story::begin();
    let [first, second] = story.truth.clone().try_into().unwrap();
    let exchanged = Entry { parts: second.parts, ..first.clone() };
    story.is_set_aside(vec![exchanged], "not_in_commit");
    let mut torn = first;
    *torn.parts[0].change.last_mut().unwrap() ^= 1;
    story.is_set_aside(vec![torn], "not_in_commit");
    story.end();
}

#[test]
fn a_change_that_the_guard_refuses_is_refused_although_its_author_signed_it() {
    let mut story = Story::begin();
    let broken = story.signed_by_bob(|_| {}, "a_field_nobody_knows");
    story.is_set_aside(vec![broken], "unknown_key");
    story.end();
}

#[test]
fn a_commit_under_a_grant_that_is_not_its_authors_is_refused() {
    let mut story = Story::begin();
    let alices = replica_of(&story.two.alice.keting).grant().map(SignedGrant::digest).unwrap();
    let borrowed = story.signed_by_bob(move |body| body.grant = alices, "address");
    story.is_set_aside(vec![borrowed], "grant_of_another");
    let made_up = story.signed_by_bob(|body| body.grant = Digest::of(b"a grant"), "address");
    story.is_set_aside(vec![made_up], "unknown_grant");
    story.end();
}

/// Alice has something of her own to send and has yet to hear of two edits of Bob's.
struct Story {
    city: City,
    two: Two,
    liar: Liar,
    truth: Vec<Entry>,
}

impl Story {
    fn begin() -> Self {
        let city = City::start();
        let two = Two::in_city(&city);
        let mut liar = Liar::of(&city);
        two.alice.sync();
        let known = two.alice.keting.status().unwrap().cursor.unwrap().number;
        for address in ["望潮苑1幢1单元102室", "望潮苑1幢1单元103室"] {
            two.bob.edit(two.household, Fields::new().with("address", address)).unwrap();
        }
        two.bob.sync();
        two.alice.add_household(MICRO_GRID, "望潮苑1幢1单元104室", "张三");
        let truth = liar.truth_after(known);
        assert_eq!(truth.len(), 2);
        Self { city, two, liar, truth }
    }

    /// The phone keeps them beside the documents, with the code.
    fn is_set_aside(&mut self, entries: Vec<Entry>, code: &str) {
        assert_eq!(self.liar.not_taken(&self.two.alice, entries), [code]);
    }

    /// The phone ends the session with a code and is as it was.
    fn is_refused(&mut self, entries: Vec<Entry>, code: &str) {
        let before = state(&self.two.alice);
        let error = self.liar.tell(&self.two.alice, entries).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(keting::error::known(error.code()).is_some(), "{error} has no advice");
        assert_eq!(state(&self.two.alice), before, "after {error}");
    }

    fn cursor_number(&self) -> u64 {
        self.two.alice.keting.status().unwrap().cursor.unwrap().number
    }

    /// A commit of a new household with one field, really signed with Bob's key.
    fn signed_by_bob(&self, alter: impl FnOnce(&mut CommitBody), key: &str) -> Entry {
        let seed = Device::at(self.two.bob.directory().to_owned()).secret("device-seed");
        let signer = Ed25519Signer::from_seed(std::fs::read(seed).unwrap().try_into().unwrap());
        let honest = SignedCommit::open(&self.truth[1].record).unwrap().body;
        let command = CommandId::new([0xbb; 8]);
        let actor = actor_id(&honest.device, &honest.incarnation);
        let stamp = Stamp { actor, time: honest.time, city: honest.city_time, command };
        let document = DocumentId::from_random(DocumentKind::Household, [0xbb; 14]);
        let put = Op::Put { key: key.to_owned(), value: "x".into() };
        let change = Document::empty(document).author(&stamp, &[put]).unwrap().bytes;
        let part = Part { salt: [0; 16], document, change };
        let mut body = CommitBody {
            command,
            command_name: "household.edit".to_owned(),
            entries: vec![part.digest()],
            ..honest
        };
        alter(&mut body);
        let record = SignedCommit::sign(body, &signer).unwrap().bytes;
        Entry { record, parts: vec![part], ..self.truth[0].clone() }
    }

    /// The honest server is believed as ever.
    fn end(self) {
        let Self { city, two, .. } = self;
        two.sync();
        for phone in [&two.alice, &two.bob] {
            assert_eq!(phone.household(two.household).address, "望潮苑1幢1单元103室");
            assert_eq!(phone.households().len(), 2);
            phone.assert_verified();
        }
        drop(city);
    }
}
