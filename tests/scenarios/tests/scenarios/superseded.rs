//! Work whose act stands by another commit, as the server says: what a phone believes of it, and when it
//! forgets its own.

use keting::parts::replica_of;
use keting_model::Fields;
use keting_scenarios::city::City;
use keting_scenarios::device::Device;
use keting_scenarios::liar::Liar;
use keting_scenarios::phone::{Phone, Two};
use keting_sync::message::{Entries, ServerMessage};
use keting_sync::{Answer, CommitKey, Entry, Outcome};
use keting_trust::{
    CommitId, Cursor, Digest, Outcome as VerdictOutcome, RecordKind, SignedCommit, SignedVerdict,
    Verdict,
};

const BEFORE: &str = "望潮苑1幢1单元101室";
const AFTER: &str = "望潮苑1幢1单元104室";

#[test]
fn the_answer_alone_takes_nothing_out() {
    let mut story = Story::begin();
    let said = story.answer();
    story.liar.say(&story.two.alice, vec![said]).unwrap();
    assert_eq!(story.shown(), AFTER);
    story.stands_once();
}

#[test]
fn by_the_verdict_it_leaves_and_where_nothing_stands_for_it_here_a_person_has_what_was_entered() {
    for was_held in [false, true] {
        let mut story = Story::begin();
        let mut said = vec![story.answer(), story.verdict(), story.up_to()];
        if was_held {
            story.is_held();
            // It is not sent any more.
            said.remove(0);
        }
        story.liar.say(&story.two.alice, said).unwrap();
        assert_eq!(story.shown(), BEFORE);
        let held = story.two.alice.keting.held().unwrap();
        assert_eq!((held.len(), held[0].code.as_str()), (1, "needs_a_person"));
        assert_eq!(held[0].id, story.pushed.command);
        story.two.alice.assert_verified();
    }
}

#[test]
fn what_is_held_is_held_no_more_once_the_log_brings_another_commit_of_its_act() {
    let mut story = Story::begin();
    let (alice, household) = (&story.two.alice, story.two.household);
    let copy = alice.copied_data();
    copy.makes_anew();
    alice.edit(household, Fields::new().with("tenure", "owned")).unwrap();
    story.is_held();
    copy.sync();
    // What was held with it is made anew on that.
    story.two.alice.sync();
    let tenure = story.two.alice.detail(household).tenure;
    assert_eq!(tenure.as_deref(), Some("owned"));
    story.stands_once();
}

#[test]
fn what_is_held_behind_two_others_is_made_anew_once_both_are_superseded_and_not_asked_for_before() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, household) = (&two.alice, two.household);
    let resident = alice.detail(household).residents[0].resident.id;
    two.sync();
    let mut liar = Liar::of(&city);
    let (head, number) = (liar.head(), liar.head().number + 1);
    // One in the private part, one in the household, neither on the other, and a third on both.
    alice.edit_resident(household, resident, Fields::new().with("health", "良好"));
    let first = newest(alice);
    alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    let second = newest(alice);
    assert_eq!(commit_of(alice, &second).body.follows, []);
    let copies = [alice.copied_data_as("copy1"), alice.copied_data_as("copy2")];
    alice.edit_resident(
        household,
        resident,
        Fields::new().with("health", "慢病").with("phone", "13800000002"),
    );
    let mut hold = |phone: &Phone, commits: &[CommitKey]| {
        let outcome = Outcome::Held { number, code: "not_granted".to_owned() };
        let held =
            commits.iter().map(|commit| Answer { commit: *commit, outcome: outcome.clone() });
        let said = liar.answers(phone, held.collect(), head);
        liar.say(phone, vec![ServerMessage::Answers(said)]).unwrap();
    };
    hold(alice, &[first, second]);
    assert_eq!(alice.keting.held().unwrap().len(), 3);
    // Each of two copies has one of them held, makes the other anew and hands it over.
    for (copy, held, left) in [(&copies[0], first, 2), (&copies[1], second, 0)] {
        hold(copy, &[held]);
        copy.makes_anew();
        copy.sync();
        alice.sync();
        let codes = alice.keting.held().unwrap().into_iter().map(|held| held.code);
        let codes: Vec<_> = codes.collect();
        assert_eq!(codes.len(), left, "{codes:?}");
        assert!(!codes.contains(&"needs_a_person".to_owned()), "{codes:?}");
    }
    two.sync();
    for phone in [alice, &two.bob] {
        let shown = &phone.detail(household).residents[0];
        assert_eq!(shown.resident.phone.as_deref(), Some("13800000002"));
        assert_eq!(phone.detail(household).tenure.as_deref(), Some("rented"));
        assert_eq!(phone.conflicts(household), []);
        phone.assert_verified();
    }
    assert_eq!(alice.detail(household).residents[0].health.as_deref(), Some("慢病"));
    assert_eq!(alice.keting.status().unwrap().waiting, 0);
}

/// The commit that a phone made last.
fn newest(phone: &Phone) -> CommitKey {
    let waiting = replica_of(&phone.keting).waiting(None, 9, u64::MAX).unwrap();
    CommitKey::own(waiting.last().unwrap().commit.command)
}

fn commit_of(phone: &Phone, key: &CommitKey) -> SignedCommit {
    let replica = replica_of(&phone.keting);
    let own = *replica.device().as_bytes();
    let (_, stored) = replica.store().commit_of(&own, &key.command).unwrap().unwrap();
    SignedCommit::open(&stored.bytes).unwrap()
}

#[test]
fn what_was_to_be_made_anew_is_held_once_a_verdict_holds_it_and_what_stands_on_it_is_held_with_it()
{
    let mut story = Story::begin();
    let (alice, household) = (&story.two.alice, story.two.household);
    alice.edit(household, Fields::new().with("tenure", "owned")).unwrap();
    alice.hears_that_it_was_put_back();
    let held = VerdictOutcome::Held { code: "not_granted".to_owned() };
    let entry = story.verdict_of(held);
    let up_to = story.liar.up_to(after(&story.head, &entry), std::slice::from_ref(&entry));
    let entries = ServerMessage::Entries(Entries { entries: vec![entry] });
    story.liar.say(&story.two.alice, vec![entries, up_to]).unwrap();
    let held = story.two.alice.keting.held().unwrap().into_iter();
    let codes: Vec<_> = held.map(|held| held.code).collect();
    assert_eq!(codes, ["not_granted", "ancestor_held"]);
    story.two.alice.assert_verified();
}

#[test]
fn what_could_not_be_made_anew_is_asked_for_no_more_once_the_server_holds_it_as_a_copy_sent_it() {
    let story = Story::begin();
    let entry = story.verdict_of(VerdictOutcome::Held { code: "not_granted".to_owned() });
    let up_to = story.liar.up_to(after(&story.head, &entry), std::slice::from_ref(&entry));
    let directory = story.two.alice.directory().to_owned();
    let Story { two, mut liar, _city, .. } = story;
    drop(two);
    // It is of an app that this version knows nothing of.
    Device::at(directory.clone()).alter("UPDATE outbox SET command = x'ff' WHERE state <> 2");
    let alice = Phone::open(directory);
    alice.hears_that_it_was_put_back();
    assert_eq!(replica_of(&alice.keting).author_anew().unwrap().to_send, 0);
    assert_eq!(alice.keting.held().unwrap()[0].code, "needs_a_person");
    let entries = ServerMessage::Entries(Entries { entries: vec![entry] });
    liar.say(&alice, vec![entries, up_to]).unwrap();
    assert_eq!(alice.keting.held().unwrap()[0].code, "not_granted");
}

#[test]
fn what_the_log_brought_by_another_commit_is_forgotten_once_it_is_answered() {
    let mut story = Story::begin();
    story.hears_of_another_commit();
    let alice = &story.two.alice;
    assert_eq!(alice.keting.status().unwrap().waiting, 1);
    story.stands_once();
}

#[test]
fn a_phones_own_verification_finds_an_act_that_has_two_numbers() {
    let mut story = Story::begin();
    story.hears_of_another_commit();
    let household = story.two.household;
    let directory = story.two.alice.directory().to_owned();
    let Story { two, _city, .. } = story;
    drop(two);
    Device::at(directory.clone()).alter("UPDATE commits SET number = 99 WHERE number IS NULL");
    let found = replica_of(&Phone::open(directory).keting).verify(&mut |_, _| {}).unwrap();
    let found = found.differences.into_iter().map(|one| (one.document, one.what));
    assert_eq!(found.collect::<Vec<_>>(), [(household, "act_admitted_twice")]);
}

/// Where a log stands after a verdict more.
fn after(head: &Cursor, verdict: &Entry) -> Cursor {
    head.next(RecordKind::Verdict, &Digest::of(&verdict.record))
}

/// Alice, who has edited a household, and the verdict that another commit stands for that.
struct Story {
    two: Two,
    liar: Liar,
    pushed: CommitKey,
    /// Up to where everybody has the log.
    head: Cursor,
    _city: City,
}

impl Story {
    fn begin() -> Self {
        let city = City::start();
        let two = Two::in_city(&city);
        two.alice.sync();
        let mut liar = Liar::of(&city);
        let head = liar.head();
        two.alice.edit(two.household, Fields::new().with("address", AFTER)).unwrap();
        let waiting = replica_of(&two.alice.keting).waiting(None, 9, u64::MAX).unwrap();
        let pushed = CommitKey::own(waiting[0].commit.command);
        Self { two, liar, pushed, head, _city: city }
    }

    /// A copy of the phone makes the edit anew and hands it over; the phone hears of that, and the link
    /// breaks before its own is answered.
    fn hears_of_another_commit(&mut self) {
        let alice = &self.two.alice;
        let copy = alice.copied_data();
        copy.makes_anew();
        copy.sync();
        let entries = self.liar.truth_after(self.head.number);
        assert_eq!(entries.len(), 1, "the edit made anew");
        let head = self.liar.head();
        let up_to = self.liar.up_to(head, &entries);
        let said = vec![ServerMessage::Entries(Entries { entries }), up_to];
        self.liar.say(alice, said).unwrap();
    }

    /// The edit is answered as held.
    fn is_held(&mut self) {
        let outcome = Outcome::Held { number: self.next().number, code: "not_granted".to_owned() };
        let answers = vec![Answer { commit: self.pushed, outcome }];
        let said = self.liar.answers(&self.two.alice, answers, self.head);
        self.liar.say(&self.two.alice, vec![ServerMessage::Answers(said)]).unwrap();
        assert_eq!(self.two.alice.keting.held().unwrap()[0].code, "not_granted");
    }

    fn answer(&self) -> ServerMessage {
        let outcome = Outcome::Superseded { number: self.next().number };
        let answers = vec![Answer { commit: self.pushed, outcome }];
        ServerMessage::Answers(self.liar.answers(&self.two.alice, answers, self.head))
    }

    /// What the log would have next.
    fn next(&self) -> Cursor {
        after(&self.head, &self.verdict_entry())
    }

    fn verdict(&self) -> ServerMessage {
        ServerMessage::Entries(Entries { entries: vec![self.verdict_entry()] })
    }

    fn up_to(&self) -> ServerMessage {
        self.liar.up_to(self.next(), &[self.verdict_entry()])
    }

    fn verdict_entry(&self) -> Entry {
        let device = replica_of(&self.two.alice.keting).device();
        let by = CommitId { device, command: keting_model::CommandId::new([9; 8]) };
        self.verdict_of(VerdictOutcome::Superseded { by })
    }

    fn verdict_of(&self, outcome: VerdictOutcome) -> Entry {
        let device = replica_of(&self.two.alice.keting).device();
        let commit = CommitId { device, command: self.pushed.command };
        let verdict =
            Verdict { city: self.liar.city.id, log: self.head.log, commit, outcome, at_ms: 1 };
        let place = self.head.next_place();
        let signed = SignedVerdict::sign_at(place, verdict, &self.liar.city.issuing).unwrap();
        let kind = RecordKind::Verdict.code();
        Entry { number: place.number, kind, record: signed.bytes, parts: Vec::new() }
    }

    fn shown(&self) -> String {
        self.two.alice.household(self.two.household).address
    }

    /// With the honest server the edit stands, once, and nobody is told anything.
    fn stands_once(self) {
        self.two.sync();
        for phone in [&self.two.alice, &self.two.bob] {
            assert_eq!(phone.household(self.two.household).address, AFTER);
            assert_eq!(phone.keting.status().unwrap().waiting, 0);
            assert_eq!(phone.keting.held().unwrap(), []);
            phone.assert_verified();
        }
    }
}
