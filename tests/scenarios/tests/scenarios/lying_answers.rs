//! A server that lies about its log and about what became of one's edits: what a phone refuses, and
//! what it cannot notice where the issuing key itself lies. Nothing is lost then either.

use keting_model::{CommandId, Fields};
use keting_scenarios::city::City;
use keting_scenarios::liar::{Liar, state};
use keting_scenarios::phone::Two;
use keting_store::OutboxState;
use keting_sync::message::{Answers, Entries, ServerMessage, UpTo, group_of};
use keting_sync::{Answer, CommitKey, Entry, Outcome, Persist};
use keting_trust::limits::NUMBER_MAX;
use keting_trust::{ChainHash, Cursor, Ed25519Signer, Heard, Signed, Signer};

#[test]
fn an_answer_to_an_edit_that_was_not_pushed_or_was_answered_is_refused() {
    let mut story = Story::begin();
    let admitted = Outcome::Admitted { number: story.at.number + 1 };
    let never_made = CommitKey::own(CommandId::new([9; 8]));
    let pushed = story.edit("望潮苑1幢1单元104室");
    let said = story.answers(&[(never_made, admitted.clone())]);
    story.is_refused(vec![said], "answer_not_asked");
    let twice = story.answers(&[(pushed, admitted.clone()), (pushed, admitted)]);
    story.is_refused(vec![twice], "answer_not_asked");
    story.end();
}

#[test]
fn a_cursor_that_goes_back_or_leaves_the_log_is_refused() {
    let mut story = Story::begin();
    let at = story.at;
    let chain = ChainHash::new([9; 32]);
    for (cursor, code) in [
        (Cursor { chain, ..at }, "cursor_backwards"),
        (Cursor { number: at.number - 1, ..at }, "cursor_backwards"),
        (Cursor { number: 0, ..at }, "cursor_backwards"),
        (Cursor { generation: at.generation + 1, ..at }, "cursor_of_other_log"),
        (Cursor { log: keting_model::LogId::new([9; 16]), ..at }, "cursor_of_other_log"),
    ] {
        let said = story.liar.up_to(cursor, &[]);
        story.is_refused(vec![said], code);
    }
    story.end();
}

#[test]
fn a_number_that_no_log_has_is_refused_wherever_it_stands() {
    let mut story = Story::begin();
    let number = NUMBER_MAX + 1;
    let beyond = Entry { number, ..story.truth[0].clone() };
    let entries = ServerMessage::Entries(Entries { entries: vec![beyond] });
    story.is_refused(vec![entries], "too_much");
    let pushed = story.edit("望潮苑1幢1单元104室");
    for outcome in [Outcome::Admitted { number }, Outcome::Held { number, code: "x".to_owned() }] {
        let said = story.answers(&[(pushed, outcome)]);
        story.is_refused(vec![said], "too_much");
    }
    story.end();
}

#[test]
fn an_entry_that_builds_on_one_that_was_left_out_is_set_aside() {
    let mut story = Story::begin();
    let [_, second] = story.truth.clone().try_into().unwrap();
    let aside = story.liar.not_taken(&story.two.alice, vec![second]);
    assert_eq!(aside, ["missing_dependency"]);
    story.end();
}

#[test]
fn an_edit_that_is_falsely_answered_stays_with_its_author_who_sees_what_was_said() {
    let number = 99;
    let code = "not_granted".to_owned();
    for (outcome, state) in [
        (Outcome::Held { number, code: code.clone() }, Some(OutboxState::Held { code })),
        (Outcome::Admitted { number }, None),
    ] {
        let mut story = Story::begin();
        let pushed = story.edit("望潮苑1幢1单元104室");
        let said = story.answers(&[(pushed, outcome)]);
        story.liar.say(&story.two.alice, vec![said]).unwrap();
        let alice = story.two.alice.reopened();
        let is_held = state.is_some();
        let shown =
            if is_held { "望潮苑1幢1单元101室" } else { "望潮苑1幢1单元104室" };
        assert_eq!(alice.household(story.two.household).address, shown);
        assert_eq!(alice.keting.held().unwrap().len(), usize::from(is_held));
        let waiting = keting::parts::replica_of(&alice.keting).outbox(9).unwrap();
        let states: Vec<_> = waiting.into_iter().map(|entry| entry.state).collect();
        assert_eq!(states, Vec::from_iter(state));
        alice.assert_verified();
    }
}

#[test]
fn an_edit_that_the_log_brought_is_not_taken_back_by_what_becomes_of_a_late_push() {
    let mut story = Story::begin();
    let commit = story.edit("望潮苑1幢1单元104室");
    story.two.sync();
    let outcome = Outcome::Refused { code: "quota_exceeded".to_owned() };
    let head = story.liar.head();
    let said = story.liar.answers(&story.two.alice, vec![Answer { commit, outcome }], head);
    let answers = vec![said];
    let late = Persist {
        id: 1,
        channel_binding: Vec::new(),
        enrolled: None,
        answers,
        groups: Vec::new(),
        moved: None,
    };
    let mut alice = keting::parts::replica_of(&story.two.alice.keting);
    alice.note_sent(&[commit]).unwrap();
    assert_eq!(alice.outbox(9).unwrap(), []);
    alice.persist(&late).unwrap();
    assert_eq!(alice.outbox(9).unwrap(), []);
}

#[test]
fn what_is_said_of_the_log_without_an_issuing_keys_signature_over_just_that_is_refused() {
    let mut story = Story::begin();
    let head = story.liar.head();
    let truth = story.truth.clone();
    let pushed = story.edit("望潮苑1幢1单元104室");
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let issuing = story.liar.city.issuing.clone();
    let group = group_of(&truth);
    // Whoever has the server's TLS key alone, or its own key for commits.
    let words = [&mallory as &dyn Signer, &story.liar.city.device]
        .map(|key| story.liar.heard(head, group, key));
    for heard in words {
        let up_to = UpTo { heard, more: false };
        let entries = ServerMessage::Entries(Entries { entries: truth.clone() });
        story.is_refused(vec![entries, ServerMessage::UpTo(up_to)], "log_not_signed");
    }
    // A word that was given for other entries, or for none: one was left out, or put in.
    for (entries, said_of) in [
        (truth.clone(), group_of(&truth[..1])),
        (truth[..1].to_vec(), group_of(&truth)),
        (truth.clone(), group_of(&[])),
    ] {
        let up_to = UpTo { heard: story.liar.heard(head, said_of, &issuing), more: false };
        let entries = ServerMessage::Entries(Entries { entries });
        story.is_refused(vec![entries, ServerMessage::UpTo(up_to)], "log_not_signed");
    }
    let nothing = UpTo { heard: story.liar.heard(story.at, group_of(&[]), &mallory), more: false };
    story.is_refused(vec![ServerMessage::UpTo(nothing)], "log_not_signed");
    // An admission that the issuing key did not sign, or signed for another commit.
    let admitted = Answer { commit: pushed, outcome: Outcome::Admitted { number: head.number } };
    for (group, key) in
        [(group_of(&[]), &issuing as &dyn Signer), (group, &issuing), (group_of(&[]), &mallory)]
    {
        let heard = story.liar.heard(head, group, key);
        let said = Answers { answers: vec![admitted.clone()], heard };
        story.is_refused(vec![ServerMessage::Answers(said)], "log_not_signed");
    }
    story.end();
}

#[test]
fn work_is_not_taken_off_a_phone_by_an_answer_with_a_word_that_was_said_of_something_else() {
    let mut story = Story::begin();
    let head = story.liar.head();
    let number = head.number;
    let code = "not_granted".to_owned();
    let held = |number| Outcome::Held { number, code: code.clone() };
    let pushed = story.edit("望潮苑1幢1单元104室");
    // An UpTo that ends an empty group, recorded one quiet day, goes with every answer.
    let idle = group_of(&[]);
    let taken = Outcome::Refused { code: "fork".to_owned() };
    let other_code = Outcome::Held { number, code: "expired".to_owned() };
    let refused = Outcome::Refused { code: code.clone() };
    for (said, of) in [
        (held(number), None),
        (taken, None),
        (refused.clone(), None),
        (Outcome::Superseded { number }, None),
        // So does a word on other answers.
        (held(number), Some(other_code)),
        (held(number), Some(held(number - 1))),
        (held(number), Some(refused)),
        (held(number), Some(Outcome::Superseded { number })),
        (held(number), Some(Outcome::Admitted { number })),
    ] {
        let group = of.map_or(idle, |outcome| {
            let answer = Answer { commit: pushed, outcome };
            story.liar.answers(&story.two.alice, vec![answer], head).heard.says().group
        });
        let heard = story.liar.heard(head, group, &story.liar.city.issuing);
        let answers = vec![Answer { commit: pushed, outcome: said }];
        let said = ServerMessage::Answers(Answers { answers, heard });
        story.is_refused(vec![said], "log_not_signed");
    }
    story.end();
}

#[test]
fn a_word_of_another_city_or_log_that_the_issuing_key_signed_is_refused() {
    let mut story = Story::begin();
    let issuing = story.liar.city.issuing.clone();
    let heard = Heard {
        city: keting_model::CityId::new([9; 16]),
        cursor: story.at,
        at_ms: 1,
        group: group_of(&[]),
    };
    let heard = Signed::sign(heard, &issuing).unwrap().into();
    let said = vec![ServerMessage::UpTo(UpTo { heard, more: false })];
    story.is_refused(said, "log_not_signed");
    story.end();
}

#[test]
fn a_phone_that_believed_a_cursor_of_no_log_is_told_by_the_honest_server_and_keeps_its_edits() {
    let mut story = Story::begin();
    let nowhere = Cursor { chain: ChainHash::new([9; 32]), ..story.liar.head() };
    let up_to = story.liar.up_to(nowhere, &[]);
    story.liar.say(&story.two.alice, vec![up_to]).unwrap();
    story.edit("望潮苑1幢1单元104室");
    let Two { alice, household, .. } = &story.two;
    assert_eq!(alice.try_sync().unwrap_err().code(), "log_diverged");
    let waiting = keting::parts::replica_of(&alice.keting).outbox(9).unwrap();
    let code = "log_diverged".to_owned();
    assert_eq!(waiting.last().unwrap().state, OutboxState::Refused { code });
    assert!(alice.keting.status().unwrap().log_diverged);
    assert_eq!(alice.household(*household).address, "望潮苑1幢1单元104室");
}

/// Alice, who has yet to hear of two edits of Bob's.
struct Story {
    city: City,
    two: Two,
    liar: Liar,
    truth: Vec<Entry>,
    /// Up to where Alice has the log.
    at: Cursor,
}

impl Story {
    fn begin() -> Self {
        let city = City::start();
        let two = Two::in_city(&city);
        let mut liar = Liar::of(&city);
        two.alice.sync();
        let at = two.alice.keting.status().unwrap().cursor.unwrap();
        for address in ["望潮苑1幢1单元102室", "望潮苑1幢1单元103室"] {
            two.bob.edit(two.household, Fields::new().with("address", address)).unwrap();
        }
        two.bob.sync();
        let truth = liar.truth_after(at.number);
        Self { city, two, liar, truth, at }
    }

    /// An edit of Alice's that waits for the server.
    fn edit(&mut self, address: &str) -> CommitKey {
        let alice = &self.two.alice;
        alice.edit(self.two.household, Fields::new().with("address", address)).unwrap();
        let waiting = keting::parts::replica_of(&alice.keting).waiting(None, 9, u64::MAX).unwrap();
        CommitKey::own(waiting.last().unwrap().commit.command)
    }

    fn answers(&mut self, given: &[(CommitKey, Outcome)]) -> ServerMessage {
        let answers = given.iter().cloned().map(|(commit, outcome)| Answer { commit, outcome });
        let head = self.liar.head();
        ServerMessage::Answers(self.liar.answers(&self.two.alice, answers.collect(), head))
    }

    /// The phone ends the session with a code and is as it was.
    fn is_refused(&mut self, said: Vec<ServerMessage>, code: &str) {
        let before = state(&self.two.alice);
        let error = self.liar.say(&self.two.alice, said).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(keting::error::known(error.code()).is_some(), "{error} has no advice");
        assert_eq!(state(&self.two.alice), before, "after {error}");
    }

    /// The honest server is believed as ever.
    fn end(self) {
        let Self { city, two, .. } = self;
        two.sync();
        for phone in [&two.alice, &two.bob] {
            assert_eq!(phone.keting.status().unwrap().waiting, 0);
            phone.assert_verified();
        }
        assert_eq!(two.alice.conflicts(two.household), two.bob.conflicts(two.household));
        drop(city);
    }
}
