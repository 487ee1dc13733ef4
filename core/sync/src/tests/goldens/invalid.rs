//! One scenario, or more, for every way to break the protocol.

use keting_trust::{ChainHash, Cursor, Ed25519Signer, Part, SignedConfirmation};

use super::file::Golden;
use super::valid::{confirmation, hello, position};
use super::{enrolled, welcome};
use crate::error::PeerMisbehaved;
use crate::frame::{encode_device, encode_server};
use crate::limits::{FRAME_BYTES_MAX, HELLO_BYTES_MAX};
use crate::message::{
    Answer, Answers, CommitKey, Confirm, DeviceMessage, Enrolled, Entries, Entry, NewGeneration,
    Outcome, Progress, Push, PushedCommit, Request, Resume, ServerMessage, UpTo, Welcome,
};
use crate::tests::values::{CITY, INCARNATION, command, commit, cursor_at, entry, genesis, part};

/// Who receives the frames, and where that session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The connection stands.
    ServerConnected,
    /// The Hello is there, the driver decides.
    ServerDeciding,
    /// The same for a device that wants to be enrolled.
    ServerDecidingEnrolment,
    /// The device is told that it has everything: the log is empty.
    ServerLive,
    /// The Hello is sent.
    DeviceAwaitingWelcome,
    /// The same for a device that wants to be enrolled.
    DeviceEnrolling,
    /// The Welcome is there, Enrolled is due.
    DeviceAwaitingEnrolled,
    /// The Welcome is there; the device has a cursor at number 5.
    DeviceLive,
    /// The Welcome is there; the device has no cursor.
    DeviceFirstSync,
}

impl State {
    pub(super) const fn is_server(self) -> bool {
        matches!(
            self,
            Self::ServerConnected
                | Self::ServerDeciding
                | Self::ServerDecidingEnrolment
                | Self::ServerLive
        )
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ServerConnected => "connected",
            Self::ServerDeciding => "deciding",
            Self::ServerDecidingEnrolment => "deciding_enrolment",
            Self::ServerLive | Self::DeviceLive => "live",
            Self::DeviceAwaitingWelcome => "awaiting_welcome",
            Self::DeviceEnrolling => "enrolling",
            Self::DeviceAwaitingEnrolled => "awaiting_enrolled",
            Self::DeviceFirstSync => "first_sync",
        }
    }
}

pub(super) struct Broken {
    pub(super) name: &'static str,
    sentence: &'static str,
    pub(super) state: State,
    pub(super) expected: PeerMisbehaved,
    pub(super) frames: Vec<Vec<u8>>,
    /// Whether the grammar alone refuses the frames.
    pub(super) of_no_grammar: bool,
}

impl Broken {
    pub(super) fn golden(&self) -> Golden {
        let to = if self.state.is_server() { "server" } else { "device" };
        Golden {
            name: format!("{}.txt", self.name),
            sentence: self.sentence.to_owned(),
            lines: vec![
                ("to", to.to_owned()),
                ("state", self.state.name().to_owned()),
                ("code", self.expected.code().to_owned()),
            ],
            frames: self.frames.clone(),
        }
    }
}

fn broken(
    name: &'static str,
    sentence: &'static str,
    state: State,
    expected: PeerMisbehaved,
    frames: Vec<Vec<u8>>,
) -> Broken {
    Broken { name, sentence, state, expected, frames, of_no_grammar: false }
}

fn to_server(
    name: &'static str,
    sentence: &'static str,
    state: State,
    expected: PeerMisbehaved,
    messages: &[DeviceMessage],
) -> Broken {
    broken(name, sentence, state, expected, messages.iter().map(encode_device).collect())
}

fn to_device(
    name: &'static str,
    sentence: &'static str,
    state: State,
    expected: PeerMisbehaved,
    messages: &[ServerMessage],
) -> Broken {
    broken(name, sentence, state, expected, messages.iter().map(encode_server).collect())
}

pub(super) fn all() -> Vec<Broken> {
    let mut all = frames();
    all.extend(grammar());
    all.extend(handshake());
    all.extend(pushes_and_confirms());
    all.extend(answers_to_hello());
    all.extend(entries());
    all.extend(first_sync());
    all
}

fn frames() -> Vec<Broken> {
    use PeerMisbehaved::{FrameEmpty, FrameTooLarge, NotCanonical, UnknownCodec};
    use State::{DeviceLive, ServerConnected, ServerLive};
    vec![
        broken("frame-empty", "No bytes at all.", ServerLive, FrameEmpty, vec![vec![]]),
        broken(
            "frame-too-large",
            "One byte more than a frame may have.",
            DeviceLive,
            FrameTooLarge,
            vec![vec![0; FRAME_BYTES_MAX + 1]],
        ),
        broken(
            "frame-too-large-for-a-hello",
            "One byte more than the first frame may have.",
            ServerConnected,
            FrameTooLarge,
            vec![vec![0; HELLO_BYTES_MAX + 1]],
        ),
        broken(
            "frame-of-unknown-codec",
            "A Ping in a frame of codec 1.",
            ServerLive,
            UnknownCodec,
            vec![vec![1, 0x81, 4]],
        ),
        broken(
            "number-not-shortest",
            "A Ping whose number takes two bytes.",
            ServerLive,
            NotCanonical,
            vec![vec![0, 0x81, 0x18, 4]],
        ),
        broken(
            "array-of-indefinite-length",
            "A Ping in an array without a length.",
            ServerLive,
            NotCanonical,
            vec![vec![0, 0x9f, 4, 0xff]],
        ),
        broken(
            "limits-out-of-order",
            "A Welcome whose limits are not sorted.",
            State::DeviceAwaitingWelcome,
            NotCanonical,
            vec![unsorted_limits()],
        ),
    ]
}

/// What the grammar alone refuses.
fn grammar() -> Vec<Broken> {
    use PeerMisbehaved::{Malformed, TooMuch, UnknownMessage};
    use State::{DeviceLive, ServerConnected, ServerLive};
    let mut many_versions = vec![0, 0x87, 1, 0x91];
    many_versions.extend([1; 17]);
    let mut all = vec![
        broken(
            "message-of-the-other-direction",
            "A Pong that comes from a device, in an array of two.",
            ServerLive,
            UnknownMessage,
            vec![vec![0, 0x82, 23, 0]],
        ),
        broken(
            "message-unknown",
            "A message with the number 15.",
            ServerLive,
            UnknownMessage,
            vec![vec![0, 0x81, 15]],
        ),
        broken(
            "message-with-a-field-too-many",
            "A Ping with a field.",
            ServerLive,
            Malformed,
            vec![vec![0, 0x82, 4, 0]],
        ),
        broken(
            "message-not-an-array",
            "A text instead of a message.",
            DeviceLive,
            Malformed,
            vec![vec![0, 0x61, b'a']],
        ),
        broken(
            "answer-without-its-number",
            "An answer says admitted and gives no number.",
            DeviceLive,
            Malformed,
            vec![answer_without_number()],
        ),
        broken(
            "push-of-nothing",
            "A Push without a commit.",
            ServerLive,
            Malformed,
            vec![vec![0, 0x82, 2, 0x80]],
        ),
        broken(
            "hello-with-too-many-versions",
            "A Hello that offers 17 versions.",
            ServerConnected,
            TooMuch,
            vec![many_versions],
        ),
    ];
    all.iter_mut().for_each(|broken| broken.of_no_grammar = true);
    // The grammar's validator believes such a claim, so it is not asked.
    all.push(broken(
        "push-that-claims-a-thousand-million-commits",
        "Eleven bytes that claim 1,000,000,000 commits.",
        ServerLive,
        TooMuch,
        vec![vec![0, 0x82, 2, 0x9a, 0x3b, 0x9a, 0xca, 0]],
    ));
    all.push(broken(
        "message-with-bytes-behind-it",
        "A Ping and one byte more.",
        ServerLive,
        Malformed,
        vec![vec![0, 0x81, 4, 0]],
    ));
    all
}

fn handshake() -> Vec<Broken> {
    use PeerMisbehaved::{ConfirmNotSent, HelloMissing, HelloNotSigned, HelloRepeated, TooEarly};
    use State::{ServerConnected, ServerDeciding, ServerDecidingEnrolment, ServerLive};
    let resume = || Resume {
        cursor: Some(genesis()),
        first_sync: None,
        incarnation: INCARNATION,
        last_sequence: 0,
    };
    let mut forged = hello(Request::Resume(resume()));
    if let DeviceMessage::Hello(hello) = &mut forged {
        hello.software.push('!');
    }
    let push = |number, bytes| DeviceMessage::Push(Push { commits: vec![commit(number, bytes)] });
    vec![
        to_server(
            "push-before-hello",
            "A Push as the first message.",
            ServerConnected,
            HelloMissing,
            &[push(1, 10)],
        ),
        to_server(
            "ping-before-hello",
            "A Ping as the first message.",
            ServerConnected,
            HelloMissing,
            &[DeviceMessage::Ping],
        ),
        to_server(
            "hello-forged",
            "A Hello changed after it was signed.",
            ServerConnected,
            HelloNotSigned,
            &[forged],
        ),
        to_server(
            "hello-twice",
            "A second Hello on a session that stands.",
            ServerLive,
            HelloRepeated,
            &[hello(Request::Resume(resume()))],
        ),
        to_server(
            "hello-twice-before-the-welcome",
            "A second Hello before the server has decided on the first.",
            ServerDeciding,
            HelloRepeated,
            &[hello(Request::Resume(resume()))],
        ),
        to_server(
            "push-too-much-before-the-welcome",
            "Two Pushes of 40,000 bytes before the server has decided.",
            ServerDeciding,
            TooEarly,
            &[push(1, 40_000), push(2, 40_000)],
        ),
        to_server(
            "push-before-enrolment",
            "A Push of a device that is not enrolled yet.",
            ServerDecidingEnrolment,
            TooEarly,
            &[push(1, 10)],
        ),
        to_server(
            "ping-before-the-welcome",
            "A Ping before the server has decided.",
            ServerDeciding,
            TooEarly,
            &[DeviceMessage::Ping],
        ),
        to_server(
            "confirm-before-the-welcome",
            "A Confirm before anything was sent.",
            ServerDeciding,
            ConfirmNotSent,
            &[DeviceMessage::Confirm(Confirm { groups: 0, confirmation: None })],
        ),
    ]
}

fn pushes_and_confirms() -> Vec<Broken> {
    use PeerMisbehaved::{ConfirmNotSent, ConfirmationInvalid, PushedTwice, TooManyPushed};
    use State::ServerLive;
    let push = |number, bytes| {
        let parts = vec![Part { change: vec![0; bytes], ..part(0) }];
        let commits = vec![PushedCommit { parts, ..commit(number, 0) }];
        DeviceMessage::Push(Push { commits })
    };
    let confirm = |groups, confirmation| DeviceMessage::Confirm(Confirm { groups, confirmation });
    let of_genesis = |city, signer: &Ed25519Signer| {
        let confirmation = keting_trust::Confirmation {
            city,
            cursor: genesis(),
            incarnation: INCARNATION,
            last_sequence: 0,
        };
        SignedConfirmation::sign(confirmation, signer).unwrap().bytes
    };
    let stranger = Ed25519Signer::from_seed([0xbb; 32]);
    let other_city = keting_model::CityId::new([0; 16]);
    let alice = crate::tests::values::alice();
    vec![
        to_server(
            "push-without-waiting-for-answers",
            "Five Pushes of a million bytes each, none answered.",
            ServerLive,
            TooManyPushed,
            &[1, 2, 3, 4, 5].map(|number| push(number, 1_000_000)),
        ),
        to_server(
            "push-of-a-commit-twice",
            "One commit in two Pushes, before its answer.",
            ServerLive,
            PushedTwice,
            &[push(1, 10), push(1, 10)],
        ),
        to_server(
            "push-of-a-commit-twice-in-one",
            "One commit twice in one Push.",
            ServerLive,
            PushedTwice,
            &[DeviceMessage::Push(Push { commits: vec![commit(1, 1), commit(1, 2)] })],
        ),
        to_server(
            "confirm-of-groups-not-sent",
            "Two groups are confirmed, one was sent.",
            ServerLive,
            ConfirmNotSent,
            &[confirm(2, None)],
        ),
        to_server(
            "confirm-of-fewer-groups",
            "One group is confirmed, then none.",
            ServerLive,
            ConfirmNotSent,
            &[confirm(1, None), confirm(0, None)],
        ),
        to_server(
            "confirmation-of-a-number-not-sent",
            "A confirmation of number 5 of an empty log.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(confirmation(5)))],
        ),
        to_server(
            "confirmation-of-another-key",
            "A confirmation that another key signed.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(of_genesis(CITY, &stranger)))],
        ),
        to_server(
            "confirmation-of-another-city",
            "A confirmation for another city.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(of_genesis(other_city, &alice)))],
        ),
    ]
}

fn answers_to_hello() -> Vec<Broken> {
    use PeerMisbehaved::{
        EnrolledOutOfPlace, OtherCity, VersionNotOffered, WelcomeMissing, WelcomeRepeated,
    };
    use State::{DeviceAwaitingEnrolled, DeviceAwaitingWelcome, DeviceEnrolling, DeviceLive};
    let other_city = keting_model::CityId::new([0; 16]);
    let other_log = keting_model::LogId::new([0; 16]);
    let welcomed = |welcome| ServerMessage::Welcome(welcome);
    vec![
        to_device(
            "entries-before-the-welcome",
            "Entries as the first message.",
            DeviceAwaitingWelcome,
            WelcomeMissing,
            &[entries_of(&[6])],
        ),
        to_device(
            "enrolled-before-the-welcome",
            "An Enrolled as the first message.",
            DeviceEnrolling,
            WelcomeMissing,
            &[ServerMessage::Enrolled(enrolled())],
        ),
        to_device(
            "welcome-twice",
            "A second Welcome.",
            DeviceLive,
            WelcomeRepeated,
            &[welcomed(welcome())],
        ),
        to_device(
            "welcome-in-a-version-not-offered",
            "A Welcome in version 2, where version 1 was offered.",
            DeviceAwaitingWelcome,
            VersionNotOffered,
            &[welcomed(Welcome { version: 2, ..welcome() })],
        ),
        to_device(
            "welcome-of-another-city",
            "A Welcome of another city.",
            DeviceAwaitingWelcome,
            OtherCity,
            &[welcomed(Welcome { city: other_city, ..welcome() })],
        ),
        to_device(
            "enrolled-of-another-log",
            "An Enrolled of another log than the Welcome's.",
            DeviceAwaitingEnrolled,
            OtherCity,
            &[ServerMessage::Enrolled(Enrolled { log: other_log, ..enrolled() })],
        ),
        to_device(
            "enrolled-not-asked-for",
            "An Enrolled to a device that is enrolled.",
            DeviceLive,
            EnrolledOutOfPlace,
            &[ServerMessage::Enrolled(enrolled())],
        ),
        to_device(
            "entries-instead-of-enrolled",
            "Entries where an Enrolled is due.",
            DeviceAwaitingEnrolled,
            EnrolledOutOfPlace,
            &[entries_of(&[6])],
        ),
        to_device(
            "answer-not-asked-for",
            "An answer to a commit that was never pushed.",
            DeviceLive,
            PeerMisbehaved::AnswerNotAsked,
            &[ServerMessage::Answers(Answers {
                answers: vec![Answer {
                    commit: CommitKey::own(command(1)),
                    outcome: Outcome::Admitted { number: 6 },
                }],
            })],
        ),
    ]
}

fn entries() -> Vec<Broken> {
    use PeerMisbehaved::{
        CursorBackwards, CursorOfOtherLog, EntriesOutOfOrder, EntryBeyond, NewGenerationOutOfPlace,
        ProgressOutOfPlace,
    };
    use State::{DeviceFirstSync, DeviceLive};
    let other_chain = Cursor { chain: ChainHash::new([0; 32]), ..cursor_at(5) };
    let next_generation = Cursor { generation: 2, ..cursor_at(9) };
    let notice =
        || ServerMessage::NewGeneration(NewGeneration { head: cursor_at(9), shared_number: 4 });
    let cases = [
        (
            "entries-not-increasing",
            "Number 7 before number 6.",
            EntriesOutOfOrder,
            vec![entries_of(&[7, 6])],
        ),
        (
            "entries-not-increasing-over-messages",
            "Number 7 in one message and again in the next.",
            EntriesOutOfOrder,
            vec![entries_of(&[7]), entries_of(&[7])],
        ),
        (
            "entries-at-the-cursor",
            "Number 5 to a device whose cursor is at 5.",
            EntriesOutOfOrder,
            vec![entries_of(&[5])],
        ),
        (
            "entries-below-an-up-to",
            "Number 7 after the server said that there was nothing else up to 8.",
            EntriesOutOfOrder,
            vec![up_to(cursor_at(8)), entries_of(&[7])],
        ),
        (
            "entry-beyond-its-up-to",
            "Number 9 in a group that ends at 8.",
            EntryBeyond,
            vec![entries_of(&[9]), up_to(cursor_at(8))],
        ),
        ("up-to-below", "An UpTo 4 to a cursor at 5.", CursorBackwards, vec![up_to(cursor_at(4))]),
        (
            "up-to-with-another-chain",
            "An UpTo 5 with another chain hash than the cursor's.",
            CursorBackwards,
            vec![up_to(other_chain)],
        ),
        (
            "up-to-of-another-generation",
            "An UpTo of generation 2 after a Welcome of generation 1.",
            CursorOfOtherLog,
            vec![up_to(next_generation)],
        ),
        (
            "progress-outside-a-first-sync",
            "A Progress to a device with a cursor.",
            ProgressOutOfPlace,
            vec![progress(2, 1)],
        ),
        (
            "new-generation-twice",
            "Two notices of a new generation.",
            NewGenerationOutOfPlace,
            vec![notice(), notice()],
        ),
        (
            "entries-after-a-new-generation",
            "Entries of a log that the device does not share.",
            NewGenerationOutOfPlace,
            vec![notice(), entries_of(&[6])],
        ),
    ];
    let mut all: Vec<_> = cases
        .into_iter()
        .map(|(name, sentence, expected, messages)| {
            to_device(name, sentence, DeviceLive, expected, &messages)
        })
        .collect();
    all.push(to_device(
        "new-generation-to-a-new-device",
        "A notice of a new generation to a device that has nothing.",
        DeviceFirstSync,
        NewGenerationOutOfPlace,
        &[notice()],
    ));
    all
}

fn first_sync() -> Vec<Broken> {
    use PeerMisbehaved::{CursorBackwards, EntryBeyond, ProgressOutOfPlace, WindowExceeded};
    use State::DeviceFirstSync;
    let large = |number| {
        let parts = vec![Part { change: vec![0; 1_000_000], ..part(0) }];
        let entries = vec![Entry { parts, ..entry(number, 0) }];
        ServerMessage::Entries(Entries { entries })
    };
    let mut elsewhere = position(2);
    elsewhere.at.number = 8;
    let elsewhere = ServerMessage::Progress(Progress { position: elsewhere, done: 2, total: 40 });
    let cases = [
        (
            "entries-beyond-the-window",
            "Six messages of a million bytes, and no end of the group.",
            WindowExceeded,
            [1, 2, 3, 4, 5, 6].map(large).to_vec(),
        ),
        (
            "progress-with-an-entry-beyond",
            "Number 10 in a first sync that began at 9.",
            EntryBeyond,
            vec![entries_of(&[10]), progress(2, 1)],
        ),
        (
            "progress-back-to-an-earlier-phase",
            "Phase 2 after phase 3.",
            ProgressOutOfPlace,
            vec![progress(3, 1), progress(2, 2)],
        ),
        (
            "progress-with-fewer-documents",
            "Two documents are sent, then one.",
            ProgressOutOfPlace,
            vec![progress(2, 2), progress(2, 1)],
        ),
        (
            "progress-beyond-its-total",
            "Forty-one documents of forty.",
            ProgressOutOfPlace,
            vec![progress(2, 41)],
        ),
        (
            "progress-of-another-first-sync",
            "A position at number 8 after one at number 9.",
            ProgressOutOfPlace,
            vec![progress(2, 1), elsewhere],
        ),
        (
            "first-sync-that-ends-elsewhere",
            "A first sync that began at number 9 ends at 8.",
            CursorBackwards,
            vec![progress(2, 1), up_to(cursor_at(8))],
        ),
    ];
    let to_device = |(name, sentence, expected, messages): (_, _, _, Vec<_>)| {
        to_device(name, sentence, DeviceFirstSync, expected, &messages)
    };
    cases.into_iter().map(to_device).collect()
}

fn entries_of(numbers: &[u64]) -> ServerMessage {
    let entries = numbers.iter().map(|number| entry(*number, 1)).collect();
    ServerMessage::Entries(Entries { entries })
}

fn up_to(cursor: Cursor) -> ServerMessage {
    ServerMessage::UpTo(UpTo { cursor, more: false })
}

fn progress(phase: u8, done: u64) -> ServerMessage {
    ServerMessage::Progress(Progress { position: position(phase), done, total: 40 })
}

/// A Welcome whose map of limits is `{2: 1, 1: 1}`.
fn unsorted_limits() -> Vec<u8> {
    let mut frame = encode_server(&ServerMessage::Welcome(Welcome {
        limits: crate::message::Limits([(1, 1), (2, 1)].into()),
        ..welcome()
    }));
    let end = frame.len() - 4;
    frame[end..].copy_from_slice(&[2, 1, 1, 1]);
    frame
}

/// `[20, [[null, command, 0, null, null]]]`.
fn answer_without_number() -> Vec<u8> {
    let mut frame = vec![0, 0x82, 20, 0x81, 0x85, 0xf6, 0x48];
    frame.extend(command(1).as_bytes());
    frame.extend([0, 0xf6, 0xf6]);
    frame
}
