//! Golden frames: every message in `valid/`, every way to break the protocol in `invalid/`.
//!
//! `KETING_BLESS=1` writes the files anew; a change in them is a change of the protocol. A line
//! `frame = …` holds hexadecimal bytes, with `00*500` for five hundred zeros.

mod invalid;
mod valid;

use std::collections::BTreeSet;
use std::path::PathBuf;

use keting_trust::{SignError, Signer as _};
use proptest::prelude::*;

use super::values::{
    BINDING, CITY, LOG, SERVER_TIME_MS, alice, at_the_beginning, config, cursor_at, enrol, genesis,
    resume, server_config,
};
use crate::device::{DeviceEffect, DeviceSession};
use crate::error::{CloseReason, PeerMisbehaved};
use crate::frame::{decode_device, decode_server, encode_device, encode_server};
use crate::message::{DeviceMessage, Enrolled, Limits, ServerMessage, Welcome};
use crate::server::{Enrolment, ServerEffect, ServerSession};
use invalid::{Broken, State};
use keting_testkit::golden::Golden;
use keting_trust::limits::FRAME_BYTES_MAX;

fn folder(kind: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/golden/sync");
    PathBuf::from(root).join(kind)
}

/// Every frame in the files of a folder, with its file's name.
pub(super) fn golden_frames(kind: &str) -> Vec<(String, Vec<u8>)> {
    let mut frames = Vec::new();
    for file in std::fs::read_dir(folder(kind)).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        frames.extend(Golden::frames_of(&text).into_iter().map(|frame| (name.clone(), frame)));
    }
    frames
}

/// Compares with the files of a folder, or writes them; none may be missing and none left over.
fn compare(kind: &str, goldens: &[Golden]) {
    let folder = folder(kind);
    if std::env::var_os("KETING_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for old in std::fs::read_dir(&folder).unwrap() {
            std::fs::remove_file(old.unwrap().path()).unwrap();
        }
        for golden in goldens {
            std::fs::write(folder.join(&golden.name), golden.to_text()).unwrap();
        }
    }
    let there: BTreeSet<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<_> = goldens.iter().map(|golden| golden.name.clone()).collect();
    assert_eq!(there, expected, "the files of {kind}");
    for golden in goldens {
        let text = std::fs::read_to_string(folder.join(&golden.name)).unwrap();
        assert_eq!(text, golden.to_text(), "{}", golden.name);
    }
}

#[test]
fn every_message_has_its_golden_bytes_and_reads_back_from_them() {
    let goldens: Vec<_> = valid::all().iter().map(valid::Example::golden).collect();
    compare("valid", &goldens);
    for example in valid::all() {
        let text = std::fs::read_to_string(folder("valid").join(example.golden().name)).unwrap();
        let frame = Golden::frames_of(&text).pop().unwrap();
        match example.message {
            valid::Either::Device(message) => {
                assert_eq!(decode_device(&frame, FRAME_BYTES_MAX), Ok(message));
            }
            valid::Either::Server(message) => {
                assert_eq!(decode_server(&frame, FRAME_BYTES_MAX), Ok(*message));
            }
        }
    }
}

#[test]
fn every_golden_message_is_of_the_documented_grammar_and_broken_ones_are_not() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol-sync.cddl");
    let grammar = std::fs::read_to_string(path).unwrap();
    for example in valid::all() {
        let frame = Golden::frames_of(&example.golden().to_text()).pop().unwrap();
        let fits = cddl::validate_cbor_from_slice(&grammar, &frame[1..], None);
        assert!(fits.is_ok(), "{}: {}", example.name, fits.unwrap_err());
    }
    let mut broken = 0;
    for golden in invalid::all().iter().filter(|golden| golden.of_no_grammar) {
        for frame in &golden.frames {
            let fits = cddl::validate_cbor_from_slice(&grammar, &frame[1..], None);
            assert!(fits.is_err(), "{}", golden.name);
            broken += 1;
        }
    }
    assert!(broken >= 5, "{broken}");
}

#[test]
fn every_way_to_break_the_protocol_has_a_golden_frame_and_is_told_by_its_code() {
    let goldens: Vec<_> = invalid::all().iter().map(Broken::golden).collect();
    compare("invalid", &goldens);
    for broken in invalid::all() {
        let path = folder("invalid").join(broken.golden().name);
        let frames = Golden::frames_of(&std::fs::read_to_string(path).unwrap());
        let (found, refused) = feed(broken.state, &frames);
        assert_eq!(found, Some(broken.expected), "{}", broken.name);
        if broken.state.is_server() {
            assert_eq!(refused.as_deref(), Some(broken.expected.code()), "{}", broken.name);
        }
    }
    let seen: BTreeSet<_> = invalid::all().iter().map(|broken| broken.expected).collect();
    assert_eq!(seen, PeerMisbehaved::ALL.into_iter().collect());
    let codes: BTreeSet<_> = PeerMisbehaved::ALL.iter().map(|all| all.code()).collect();
    assert_eq!(codes.len(), PeerMisbehaved::ALL.len());
}

#[test]
fn cut_or_changed_at_any_byte_a_golden_message_is_refused_or_another_message() {
    for example in valid::all() {
        let whole = Golden::frames_of(&example.golden().to_text()).pop().unwrap();
        for end in 0..whole.len() {
            assert!(decode_device(&whole[..end], FRAME_BYTES_MAX).is_err());
            assert!(decode_server(&whole[..end], FRAME_BYTES_MAX).is_err());
        }
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[index] ^= 1 << bit;
                if let Ok(message) = decode_device(&changed, FRAME_BYTES_MAX) {
                    assert_eq!(encode_device(&message), changed);
                }
                if let Ok(message) = decode_server(&changed, FRAME_BYTES_MAX) {
                    assert_eq!(encode_server(&message), changed);
                }
            }
        }
    }
}

const STATES: [State; 9] = [
    State::ServerConnected,
    State::ServerDeciding,
    State::ServerDecidingEnrolment,
    State::ServerLive,
    State::DeviceAwaitingWelcome,
    State::DeviceEnrolling,
    State::DeviceAwaitingEnrolled,
    State::DeviceLive,
    State::DeviceFirstSync,
];

proptest! {
    /// Frames that are right by themselves, in any order, in any state, some of them damaged.
    #[test]
    fn no_order_of_frames_makes_a_session_panic_or_go_on_after_its_close(
        state in proptest::sample::select(&STATES[..]),
        choices in proptest::collection::vec((any::<prop::sample::Index>(), any::<u16>()), 1..30),
    ) {
        let all = valid::all();
        let frames: Vec<_> = choices
            .into_iter()
            .map(|(index, damage)| {
                let text = index.get(&all).golden().to_text();
                let mut frame = Golden::frames_of(&text).pop().unwrap();
                // One in eight has one byte changed.
                if damage % 8 == 0 {
                    let at = usize::from(damage / 8) % frame.len();
                    frame[at] ^= 1;
                }
                frame
            })
            .collect();
        let closes = if state.is_server() {
            let mut server = server_in(state);
            frames.iter().for_each(|frame| server.handle_frame(frame, 0));
            let effects = std::iter::from_fn(|| server.poll_effect());
            effects.map(|effect| matches!(effect, ServerEffect::Close(_))).collect::<Vec<_>>()
        } else {
            let mut device = device_in(state);
            frames.iter().for_each(|frame| device.handle_frame(frame, 0));
            let effects = std::iter::from_fn(|| device.poll_effect());
            effects.map(|effect| matches!(effect, DeviceEffect::Close(_))).collect()
        };
        let first = closes.iter().position(|is_close| *is_close);
        prop_assert!(first.is_none_or(|first| first + 1 == closes.len()), "{closes:?}");
    }
}

/// Feeds frames to a session in a state; what it found wrong, and the code it told the peer.
fn feed(state: State, frames: &[Vec<u8>]) -> (Option<PeerMisbehaved>, Option<String>) {
    let misbehaved = |reason| match reason {
        CloseReason::PeerMisbehaved(misbehaved) => Some(misbehaved),
        _ => None,
    };
    if !state.is_server() {
        let mut device = device_in(state);
        frames.iter().for_each(|frame| device.handle_frame(frame, 0));
        let found = std::iter::from_fn(|| device.poll_effect()).find_map(|effect| match effect {
            DeviceEffect::Close(reason) => misbehaved(reason),
            _ => None,
        });
        return (found, None);
    }
    let mut server = server_in(state);
    frames.iter().for_each(|frame| server.handle_frame(frame, 0));
    let found = std::iter::from_fn(|| server.poll_effect()).find_map(|effect| match effect {
        ServerEffect::Close(reason) => misbehaved(reason),
        _ => None,
    });
    let last = std::iter::from_fn(|| server.poll_transmit()).last();
    let refused = last.and_then(|frame| match decode_server(&frame, FRAME_BYTES_MAX) {
        Ok(ServerMessage::Refused(refused)) => Some(refused.code),
        _ => None,
    });
    (found, refused)
}

fn server_in(state: State) -> ServerSession {
    let mut server = ServerSession::new(server_config(), 1);
    server.handle_connected(&BINDING, 0);
    let purpose = match state {
        State::ServerDecidingEnrolment => enrol(),
        _ => resume(Some(genesis()), None),
    };
    if state != State::ServerConnected {
        let mut device = DeviceSession::new(config(purpose), 1);
        server.handle_frame(&hello_of(&mut device), 0);
    }
    if state == State::ServerLive {
        server.handle_authenticated(at_the_beginning(), 0);
    }
    while server.poll_effect().is_some() || server.poll_transmit().is_some() {}
    server
}

fn device_in(state: State) -> DeviceSession {
    let purpose = match state {
        State::DeviceEnrolling | State::DeviceAwaitingEnrolled => enrol(),
        State::DeviceFirstSync => resume(None, None),
        _ => resume(Some(cursor_at(5)), None),
    };
    let mut device = DeviceSession::new(config(purpose), 1);
    hello_of(&mut device);
    let waits = [State::DeviceAwaitingWelcome, State::DeviceEnrolling];
    if !waits.contains(&state) {
        device.handle_frame(&encode_server(&ServerMessage::Welcome(welcome())), 0);
    }
    while device.poll_effect().is_some() || device.poll_transmit().is_some() {}
    device
}

fn hello_of(device: &mut DeviceSession) -> Vec<u8> {
    device.handle_connected(&BINDING, 0);
    while let Some(effect) = device.poll_effect() {
        if let DeviceEffect::SignHello { id, bytes } = effect {
            let signed: Result<_, SignError> = alice().sign(&bytes);
            device.handle_signed(id, signed, 0);
        }
    }
    device.poll_transmit().unwrap()
}

fn welcome() -> Welcome {
    Welcome {
        version: 1,
        city: CITY,
        log: LOG,
        generation: 1,
        head_number: 9,
        backed_up_to: 7,
        server_time_ms: SERVER_TIME_MS,
        limits: Limits::with_idle_after_ms(105_000),
        highest: None,
        issuing_grant: None,
    }
}

fn enrolled() -> Enrolled {
    let root = alice().public_key().clone();
    Enrolled {
        city_name: "海宁市".to_owned(),
        log: LOG,
        root,
        grants: vec![vec![1], vec![2, 3]],
        proof: vec![4; 3],
    }
}

#[test]
fn a_repeated_answer_of_the_driver_to_enrolment_is_ignored() {
    let mut server = server_in(State::ServerDecidingEnrolment);
    let enrolment =
        Enrolment { enrolled: enrolled(), head: genesis(), backed_up_to: 0, server_time_ms: 0 };
    server.handle_enrolled(enrolment.clone(), 0);
    let frames = std::iter::from_fn(|| server.poll_transmit()).count();
    server.handle_enrolled(enrolment, 0);
    assert_eq!((frames, server.poll_transmit()), (2, None));
    assert_eq!(server.device(), Some(alice().public_key()));
    let message = DeviceMessage::Ping;
    server.handle_frame(&encode_device(&message), 0);
    assert_eq!(server.poll_transmit(), Some(encode_server(&ServerMessage::Pong)));
}
