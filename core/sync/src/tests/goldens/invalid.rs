//! One scenario, or more, for every way to break the protocol.

mod of_device;
mod of_server;

use super::valid::{confirmation, hello};
use super::welcome;
use crate::error::PeerMisbehaved;
use crate::frame::{encode_device, encode_server};
use crate::message::{
    Confirm, DeviceMessage, Push, Request, Resume, ServerMessage, Welcome, group_of,
};
use crate::tests::values::{INCARNATION, command, commit, cursor_at, genesis, heard};
use keting_testkit::golden::Golden;
use keting_trust::limits::{FRAME_BYTES_MAX, HELLO_BYTES_MAX};

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
    all.extend(of_device::pushes_and_confirms());
    all.extend(of_server::answers_to_hello());
    all.extend(of_server::entries());
    all.extend(of_server::first_sync());
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
    let mut many_versions = vec![0, 0x88, 1, 0x91];
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
    let said = heard(cursor_at(9), group_of(&[]));
    let cut = &said.bytes()[..said.bytes().len() - 1];
    all.extend([
        broken(
            "up-to-with-a-word-that-is-cut",
            "An UpTo whose word lacks its last byte.",
            DeviceLive,
            Malformed,
            vec![up_to_with(cut)],
        ),
        broken(
            "up-to-with-a-confirmation-for-a-word",
            "An UpTo with a signed record of another form.",
            DeviceLive,
            Malformed,
            vec![up_to_with(&confirmation(5))],
        ),
        broken(
            "up-to-with-too-long-a-word",
            "An UpTo whose word has 513 bytes.",
            DeviceLive,
            TooMuch,
            vec![up_to_with(&[0; 513])],
        ),
    ]);
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
        heard: None,
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

/// A Welcome whose map of limits is `{2: 1, 1: 1}`; two bytes follow the map.
fn unsorted_limits() -> Vec<u8> {
    let mut frame = encode_server(&ServerMessage::Welcome(Welcome {
        limits: crate::message::Limits([(1, 1), (2, 1)].into()),
        ..welcome()
    }));
    let end = frame.len() - 2;
    frame[end - 4..end].copy_from_slice(&[2, 1, 1, 1]);
    frame
}

/// `[20, [[null, command, 0, null, null]], heard]`.
fn answer_without_number() -> Vec<u8> {
    let mut frame = vec![0, 0x83, 20, 0x81, 0x85, 0xf6, 0x48];
    frame.extend(command(1).as_bytes());
    frame.extend([0, 0xf6, 0xf6]);
    frame.extend(word(heard(cursor_at(9), group_of(&[])).bytes()));
    frame
}

/// `[19, word, false]` with a word that was damaged, is of another kind, or too long.
fn up_to_with(word_bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 0x83, 19];
    frame.extend(word(word_bytes));
    frame.push(0xf4);
    frame
}

/// A byte string of 24 to 65,535 bytes.
fn word(bytes: &[u8]) -> Vec<u8> {
    let head = match u8::try_from(bytes.len()) {
        Ok(length) => vec![0x58, length],
        Err(_) => {
            let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
            vec![0x59, length[0], length[1]]
        }
    };
    [head.as_slice(), bytes].concat()
}
