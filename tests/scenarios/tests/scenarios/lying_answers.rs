//! A server that lies about its log and about what became of one's edits: what a phone refuses, and
//! what it cannot notice before the server signs what it says. Nothing is lost then either.

use keting_model::{CommandId, Fields};
use keting_scenarios::city::City;
use keting_scenarios::liar::{Liar, state};
use keting_scenarios::phone::Two;
use keting_store::OutboxState;
use keting_sync::message::{Answers, Entries, ServerMessage, UpTo};
use keting_sync::{Answer, CommitKey, Entry, Outcome, Persist};
use keting_trust::limits::NUMBER_MAX;
use keting_trust::{ChainHash, Cursor};

#[test]
fn an_answer_to_an_edit_that_was_not_pushed_or_was_answered_is_refused() {
    let mut story = Story::begin();
    let admitted = Outcome::Admitted { number: story.at.number + 1 };
    let never_made = CommitKey::own(CommandId::new([9; 8]));
    let pushed = story.edit("望潮苑1幢1单元104室");
    story.is_refused(vec![answers(&[(never_made, admitted.clone())])], "answer_not_asked");
    let twice = answers(&[(pushed, admitted.clone()), (pushed, admitted)]);
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
        (Cursor { number: NUMBER_MAX + 1, ..at }, "too_much"),
    ] {
        story.is_refused(vec![up_to(cursor)], code);
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
        story.is_refused(vec![answers(&[(pushed, outcome)])], "too_much");
    }
    story.end();
}

#[test]
fn an_entry_that_builds_on_one_that_was_left_out_is_refused() {
    let mut story = Story::begin();
    let [_, second] = story.truth.clone().try_into().unwrap();
    let left_out = ServerMessage::Entries(Entries { entries: vec![second] });
    let head = story.liar.head();
    story.is_refused(vec![left_out, up_to(head)], "log_refused");
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
        story.liar.say(&story.two.alice, vec![answers(&[(pushed, outcome)])]).unwrap();
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
    let answers = vec![Answer { commit, outcome }];
    let late = Persist { id: 1, enrolled: None, answers, entries: Vec::new(), moved: None };
    let mut alice = keting::parts::replica_of(&story.two.alice.keting);
    alice.note_sent(&[commit]).unwrap();
    assert_eq!(alice.outbox(9).unwrap(), []);
    alice.persist(&late).unwrap();
    assert_eq!(alice.outbox(9).unwrap(), []);
}

#[test]
fn a_phone_that_believed_a_cursor_of_no_log_is_told_by_the_honest_server_and_keeps_its_edits() {
    let mut story = Story::begin();
    let nowhere = Cursor { chain: ChainHash::new([9; 32]), ..story.liar.head() };
    story.liar.say(&story.two.alice, vec![up_to(nowhere)]).unwrap();
    story.edit("望潮苑1幢1单元104室");
    let Two { alice, household, .. } = &story.two;
    assert_eq!(alice.try_sync().unwrap_err().code(), "log_diverged");
    // What it claims to have seen is nowhere in the log; perhaps the server will get that back.
    let waiting = keting::parts::replica_of(&alice.keting).outbox(9).unwrap();
    let code = "log_diverged".to_owned();
    assert_eq!(waiting.last().unwrap().state, OutboxState::Refused { code });
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

fn answers(given: &[(CommitKey, Outcome)]) -> ServerMessage {
    let answers = given.iter().cloned().map(|(commit, outcome)| Answer { commit, outcome });
    ServerMessage::Answers(Answers { answers: answers.collect() })
}

fn up_to(cursor: Cursor) -> ServerMessage {
    ServerMessage::UpTo(UpTo { cursor, more: false })
}
