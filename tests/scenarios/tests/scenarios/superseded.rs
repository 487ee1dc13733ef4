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
    CommitId, Cursor, Digest, Outcome as VerdictOutcome, RecordKind, SignedVerdict, Verdict,
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
        let entry = self.verdict_entry();
        self.head.next(RecordKind::Verdict, &Digest::of(&entry.record))
    }

    fn verdict(&self) -> ServerMessage {
        ServerMessage::Entries(Entries { entries: vec![self.verdict_entry()] })
    }

    fn up_to(&self) -> ServerMessage {
        self.liar.up_to(self.next(), &[self.verdict_entry()])
    }

    fn verdict_entry(&self) -> Entry {
        let device = replica_of(&self.two.alice.keting).device();
        let commit = CommitId { device, command: self.pushed.command };
        let by = CommitId { device, command: keting_model::CommandId::new([9; 8]) };
        let verdict = Verdict {
            city: self.liar.city.id,
            log: self.head.log,
            commit,
            outcome: VerdictOutcome::Superseded { by },
            at_ms: 1,
        };
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
