//! From the connection to the Welcome: proof, versions, enrolment, refusals.

use keting_trust::Signer as _;

use super::pair::Pair;
use super::values::{
    BINDING, CITY, INCARNATION, SECRET, SERVER_TIME_MS, alice, at_the_beginning, config, enrol,
    genesis, heard, resume, server_config,
};
use crate::device::{DeviceEffect, DeviceEvent, DeviceSession};
use crate::error::{CloseReason, OwnFault, PeerMisbehaved};
use crate::frame::{decode_device, decode_server, encode_device};
use crate::message::{
    DeviceMessage, EntryPosition, Hello, Request, Resume, Secret, ServerMessage, group_of,
};
use crate::server::{Denial, Resumption, ServerEffect, ServerSession, Standing};
use keting_trust::limits::FRAME_BYTES_MAX;

#[test]
fn an_idle_reconnection_costs_one_round_trip_and_less_than_a_kilobyte() {
    let mut pair = Pair::in_step(1, 20);
    let reads = pair.server.reads;
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until_quiescent();
    assert_eq!(pair.now_ms - start_ms, 2 * pair.latency_ms, "one round trip");
    assert_eq!(pair.link().frames, (1, 2), "Hello up, Welcome and UpTo down");
    let bytes = pair.link().up_bytes + pair.link().down_bytes;
    assert!(bytes < 1024, "{bytes} bytes");
    assert_eq!(pair.server.reads, reads, "the store is not asked");
}

#[test]
fn commits_that_wait_are_pushed_behind_the_hello_and_answered_with_the_welcome() {
    let mut pair = Pair::in_step(1, 3);
    for _ in 0..4 {
        pair.replica.enqueue(200);
    }
    let start_ms = pair.now_ms;
    pair.connect();
    pair.run_until(|pair| pair.replica.unanswered() == 0);
    assert_eq!(pair.now_ms - start_ms, 2 * pair.latency_ms, "one round trip");
}

#[test]
fn a_device_is_enrolled_and_begins_its_first_sync_on_the_same_connection() {
    let mut pair = Pair::new(1);
    pair.add_foreign(true, 1, 100);
    pair.connect_for(enrol());
    pair.run_until_quiescent();
    assert!(pair.replica.enrolled);
    assert_eq!(pair.replica.entries.len(), 1);
    let enrolled = pair.events.iter().position(|event| *event == DeviceEvent::Enrolled);
    let welcomed = pair.events.iter().position(|event| matches!(event, DeviceEvent::Welcomed(_)));
    assert!(welcomed < enrolled);
}

/// A server that has taken a Hello and waits for its driver's word.
fn deciding() -> ServerSession {
    let mut server = ServerSession::new(server_config(), 1);
    server.handle_connected(&BINDING, 0);
    server.handle_frame(&encode_device(&DeviceMessage::Hello(Box::new(hello(&BINDING)))), 0);
    assert!(matches!(server.poll_effect(), Some(ServerEffect::Authenticate { .. })));
    server
}

fn hello(binding: &[u8]) -> Hello {
    let resume = Resume {
        cursor: Some(genesis()),
        first_sync: None,
        incarnation: INCARNATION,
        last_sequence: 0,
        heard: None,
    };
    signed(Request::Resume(resume), binding)
}

fn signed(request: Request, binding: &[u8]) -> Hello {
    let mut hello = Hello {
        versions: vec![1],
        city: CITY,
        software: "keting-test/1".to_owned(),
        device: alice().public_key().clone(),
        request,
        told_of_end: false,
        signature: Vec::new(),
    };
    hello.signature = alice().sign(&hello.signed_bytes(binding)).unwrap();
    hello
}

fn sent(server: &mut ServerSession) -> Vec<ServerMessage> {
    let frames = std::iter::from_fn(|| server.poll_transmit());
    frames.map(|frame| decode_server(&frame, FRAME_BYTES_MAX).unwrap()).collect()
}

#[test]
fn a_hello_made_for_another_channel_is_worth_nothing() {
    let mut server = ServerSession::new(server_config(), 1);
    server.handle_connected(&BINDING, 0);
    let replayed = DeviceMessage::Hello(Box::new(hello(&[0; 32])));
    server.handle_frame(&encode_device(&replayed), 0);
    let misbehaved = CloseReason::PeerMisbehaved(PeerMisbehaved::HelloNotSigned);
    assert_eq!(server.poll_effect(), Some(ServerEffect::Close(misbehaved)));
    assert_eq!(server.device(), None);
}

#[test]
fn no_bit_of_a_hello_can_be_changed_without_its_signature_being_worth_nothing() {
    let first_sync = EntryPosition { at: genesis(), phase: 2, after: vec![7; 8] };
    let resumed = |cursor, first_sync| {
        let heard = Some(Box::new(heard(genesis(), group_of(&[]))));
        let incarnation = INCARNATION;
        let resume = Resume { cursor, first_sync, incarnation, last_sequence: 300, heard };
        signed(Request::Resume(resume), &BINDING)
    };
    let enrolling =
        Request::Enrol { secret: Secret::new(SECRET), name: "alice's phone".to_owned() };
    for hello in [
        resumed(Some(genesis()), None),
        resumed(None, Some(first_sync)),
        signed(enrolling, &BINDING),
    ] {
        let frame = encode_device(&DeviceMessage::Hello(Box::new(hello)));
        assert!(is_believed(&frame), "as it was signed");
        for bit in 0..frame.len() * 8 {
            let mut changed = frame.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_believed(&changed), "bit {bit} of {}", frame.len() * 8);
        }
    }
}

/// Whether a server takes the frame for the word of the device whose key it names.
fn is_believed(frame: &[u8]) -> bool {
    let mut server = ServerSession::new(server_config(), 1);
    server.handle_connected(&BINDING, 0);
    server.handle_frame(frame, 0);
    let asked =
        |effect| matches!(effect, ServerEffect::Authenticate { .. } | ServerEffect::Enrol { .. });
    std::iter::from_fn(|| server.poll_effect()).any(asked)
}

#[test]
fn a_hello_of_unknown_versions_is_answered_with_those_the_server_speaks() {
    let mut server = ServerSession::new(server_config(), 1);
    server.handle_connected(&BINDING, 0);
    // [1, [7, 8], "what version 7 has here"]: only the beginning is agreed for ever.
    let mut frame = vec![0, 0x83, 1, 0x82, 7, 8, 0x64];
    frame.extend(b"what");
    server.handle_frame(&frame, 0);
    let messages = sent(&mut server);
    let [ServerMessage::Refused(refused)] = messages.as_slice() else {
        panic!("refused: {messages:?}");
    };
    assert_eq!((refused.code.as_str(), refused.retryable), ("no_common_version", false));
    assert_eq!(refused.versions, crate::VERSIONS);

    let mut device = DeviceSession::new(config(resume(None, None)), 1);
    device.handle_connected(&BINDING, 0);
    device.handle_frame(&crate::frame::encode_server(&messages[0]), 0);
    let incompatible = CloseReason::Incompatible { supported: vec![1] };
    assert!(!incompatible.retryable());
    let events: Vec<_> = std::iter::from_fn(|| device.poll_event()).collect();
    assert_eq!(events, [DeviceEvent::Closed(incompatible)]);
}

#[test]
fn a_device_of_another_city_is_refused() {
    let mut pair = Pair::new(1);
    pair.server_config.city = keting_model::CityId::new([0; 16]);
    pair.connect();
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    let reason = pair.link().device_closed.clone().unwrap();
    assert_eq!((reason.code(), reason.retryable()), ("other_city", false));
}

#[test]
fn a_denied_device_hears_why_and_nothing_else() {
    let mut server = deciding();
    server.handle_denied(Denial {
        code: "busy".to_owned(),
        retryable: true,
        message: "微".repeat(1000),
    });
    let messages = sent(&mut server);
    let [ServerMessage::Refused(refused)] = messages.as_slice() else {
        panic!("refused: {messages:?}");
    };
    assert!(refused.retryable && refused.message.len() <= 256);
    assert!(matches!(server.poll_effect(), Some(ServerEffect::Close(_))));
    server.handle_authenticated(
        Standing {
            head: genesis(),
            backed_up_to: 0,
            server_time_ms: 0,
            highest: None,
            issuing_grant: None,
            resumption: Resumption::Tail { cursor: genesis() },
        },
        0,
    );
    assert_eq!((sent(&mut server), server.poll_effect()), (Vec::new(), None));
}

#[test]
fn a_welcome_brings_the_issuing_keys_grant_that_the_driver_found_the_device_to_lack() {
    for issuing_grant in [None, Some(vec![7; 300])] {
        let mut server = deciding();
        let standing = Standing { issuing_grant: issuing_grant.clone(), ..at_the_beginning() };
        server.handle_authenticated(standing, 0);
        let Some(ServerMessage::Welcome(welcome)) = sent(&mut server).into_iter().next() else {
            panic!("the device is let in");
        };
        assert_eq!(welcome.issuing_grant, issuing_grant);
    }
}

#[test]
fn a_driver_that_resumes_elsewhere_than_asked_is_at_fault() {
    let at_fault = Some(ServerEffect::Close(OwnFault::Driver.into()));
    let beyond = keting_trust::Cursor { number: 9, ..genesis() };
    for resumption in [Resumption::Tail { cursor: beyond }, Resumption::FirstSync { from: None }] {
        let mut server = deciding();
        let head = genesis();
        server.handle_authenticated(
            Standing {
                head,
                backed_up_to: 0,
                server_time_ms: 0,
                highest: None,
                issuing_grant: None,
                resumption,
            },
            0,
        );
        assert_eq!(server.poll_effect(), at_fault);
    }
}

#[test]
fn a_key_that_does_not_sign_ends_the_session_as_our_own_fault() {
    let mut device = DeviceSession::new(config(resume(None, None)), 1);
    device.handle_connected(&BINDING, 0);
    let Some(DeviceEffect::SignHello { id, .. }) = device.poll_effect() else {
        panic!("a signature is asked for");
    };
    device.handle_signed(id + 1, Err(keting_trust::SignError::Unavailable), 0);
    assert_eq!(device.poll_effect(), None, "an answer to nothing is ignored");
    device.handle_signed(id, Err(keting_trust::SignError::Unavailable), 0);
    assert_eq!(device.poll_effect(), Some(DeviceEffect::Close(OwnFault::Signer.into())));
}

#[test]
fn a_device_that_offers_several_versions_waits_for_the_welcome_before_it_pushes() {
    let mut device = DeviceSession::new(
        crate::DeviceConfig { versions: vec![1, 2], ..config(resume(None, None)) },
        1,
    );
    device.handle_connected(&BINDING, 0);
    let Some(DeviceEffect::SignHello { id, bytes }) = device.poll_effect() else {
        panic!("a signature is asked for");
    };
    device.handle_signed(id, alice().sign(&bytes), 0);
    let hello = device.poll_transmit().unwrap();
    assert!(matches!(decode_device(&hello, FRAME_BYTES_MAX), Ok(DeviceMessage::Hello(_))));
    assert_eq!((device.poll_transmit(), device.poll_effect()), (None, None));
}

#[test]
fn the_server_can_end_a_session_and_say_why() {
    let mut pair = Pair::in_step(1, 1);
    pair.connect();
    pair.run_until_quiescent();
    assert_eq!(pair.device().status().up_to_date_as_of_ms, Some(SERVER_TIME_MS + pair.now_ms - 50));
    pair.link().server.refuse(Denial {
        code: "shutting_down".to_owned(),
        retryable: true,
        message: String::new(),
    });
    pair.drive();
    pair.run_until(|pair| pair.links[0].device_closed.is_some());
    let reason = pair.link().device_closed.clone().unwrap();
    assert_eq!((reason.code(), reason.retryable()), ("shutting_down", true));
    assert!(!pair.device().status().connected);
}
