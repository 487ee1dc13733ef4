//! One session alone, where the order of two inputs matters that a pair makes at the same instant.

use keting_trust::{SignError, Signer as _};

use super::values::{
    BINDING, CITY, INCARNATION, LOG, SERVER_TIME_MS, alice, answers as answers_of,
    at_the_beginning, commit, config, cursor_at, enrol, genesis, resume, server_config, up_to,
};
use crate::device::{DeviceEffect, DeviceSession, OutboxBatch, OutboxItem, Persisted};
use crate::frame::{encode_device, encode_server};
use crate::message::{
    Answer, DeviceMessage, Enrolled, Limits, Outcome, Push, ServerMessage, Welcome,
};
use crate::server::{Admitted, ServerEffect, ServerSession};

/// A device with a cursor at number 5 whose Welcome is there; its outbox is asked for.
fn live_device() -> (DeviceSession, u64) {
    let mut device = DeviceSession::new(config(resume(Some(cursor_at(5)), None)), 1);
    device.handle_connected(&BINDING, 0);
    let Some(DeviceEffect::SignHello { id, bytes }) = device.poll_effect() else {
        panic!("a signature is asked for");
    };
    let signed: Result<_, SignError> = alice().sign(&bytes);
    device.handle_signed(id, signed, 0);
    let Some(DeviceEffect::ReadOutbox { id, after: 0, .. }) = device.poll_effect() else {
        panic!("the outbox is asked for");
    };
    receive(&mut device, welcome());
    (device, id)
}

fn welcome() -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        version: 1,
        city: CITY,
        log: LOG,
        generation: 1,
        head_number: 5,
        backed_up_to: 0,
        server_time_ms: SERVER_TIME_MS,
        limits: Limits::default(),
        highest: None,
        issuing_grant: None,
    })
}

fn receive(device: &mut DeviceSession, message: ServerMessage) {
    device.handle_frame(&encode_server(&message), 0);
}

fn persist(device: &mut DeviceSession) {
    let Some(DeviceEffect::Persist(persist)) = device.poll_effect() else {
        panic!("something is to be persisted");
    };
    let persisted = Persisted { incarnation: INCARNATION, last_sequence: 1, has_come_on: true };
    device.handle_persisted(persist.id, Ok(persisted), 0);
}

fn drain(device: &mut DeviceSession) {
    while device.poll_transmit().is_some() {}
}

#[test]
fn an_edit_while_the_outbox_is_being_read_is_not_forgotten() {
    let (mut device, id) = live_device();
    device.handle_outbox_changed(0);
    assert_eq!(device.poll_effect(), None, "one read at a time");
    device.handle_outbox(id, Ok(OutboxBatch::default()), 0);
    let Some(DeviceEffect::ReadOutbox { id, .. }) = device.poll_effect() else {
        panic!("the outbox is asked for again");
    };
    device.handle_outbox(id, Ok(OutboxBatch::default()), 0);
    assert_eq!(device.poll_effect(), None);
}

#[test]
fn the_outbox_is_not_touched_before_enrolment_is_durable() {
    let mut device = DeviceSession::new(config(enrol()), 1);
    device.handle_connected(&BINDING, 0);
    let Some(DeviceEffect::SignHello { id, bytes }) = device.poll_effect() else {
        panic!("a signature is asked for");
    };
    device.handle_signed(id, alice().sign(&bytes), 0);
    device.handle_outbox_changed(0);
    assert_eq!(device.poll_effect(), None);
    receive(&mut device, welcome());
    let root = alice().public_key().clone();
    let enrolled =
        Enrolled { city_name: "Haining".to_owned(), log: LOG, root, grants: vec![], proof: vec![] };
    receive(&mut device, ServerMessage::Enrolled(enrolled));
    device.handle_outbox_changed(0);
    persist(&mut device);
    assert!(matches!(device.poll_effect(), Some(DeviceEffect::ReadOutbox { .. })));
}

#[test]
fn an_outbox_that_cannot_be_read_ends_the_session_as_our_own_fault() {
    let (mut device, id) = live_device();
    device.handle_outbox(id, Err(crate::OwnFault::Store), 0);
    let reason = crate::CloseReason::OwnFault(crate::OwnFault::Store);
    assert_eq!(device.poll_effect(), Some(DeviceEffect::Close(reason)));
}

#[test]
fn a_session_is_not_quiescent_before_the_cursor_is_past_the_devices_own_commits() {
    let (mut device, id) = live_device();
    let item = OutboxItem { place: 1, commit: commit(1, 10) };
    let key = item.commit.key;
    device.handle_outbox(id, Ok(OutboxBatch { items: vec![item], more: false }), 0);
    receive(&mut device, up_to(cursor_at(5)));
    persist(&mut device);
    drain(&mut device);
    assert!(!device.is_quiescent(), "the commit has no answer");
    let outcome = Outcome::Admitted { number: 6 };
    let answers = vec![Answer { commit: key, outcome }];
    receive(&mut device, answers_of(answers, cursor_at(9)));
    persist(&mut device);
    drain(&mut device);
    assert!(!device.is_quiescent(), "the cursor is below the commit");
    receive(&mut device, up_to(cursor_at(6)));
    persist(&mut device);
    let Some(DeviceEffect::SignConfirmation { id, .. }) = device.poll_effect() else {
        panic!("a confirmation is to be signed");
    };
    assert!(!device.is_quiescent(), "nothing is confirmed");
    device.handle_signed(id, Ok(vec![1]), 0);
    drain(&mut device);
    assert!(device.is_quiescent());
    assert_eq!(device.cursor(), Some(cursor_at(6)));
}

#[test]
fn a_failed_store_ends_the_session_and_confirms_nothing() {
    let (mut device, _) = live_device();
    receive(&mut device, up_to(cursor_at(7)));
    let Some(DeviceEffect::Persist(persist)) = device.poll_effect() else {
        panic!("something is to be persisted");
    };
    drain(&mut device);
    device.handle_persisted(persist.id, Err(crate::OwnFault::Store), 0);
    let reason = crate::CloseReason::OwnFault(crate::OwnFault::Store);
    assert!(reason.retryable());
    assert_eq!(device.poll_effect(), Some(DeviceEffect::Close(reason)));
    assert_eq!((device.poll_transmit(), device.cursor()), (None, Some(cursor_at(5))));
}

#[test]
fn what_was_persisted_counts_also_after_the_connection_broke() {
    let (mut device, _) = live_device();
    receive(&mut device, up_to(cursor_at(7)));
    let Some(DeviceEffect::Persist(persist)) = device.poll_effect() else {
        panic!("something is to be persisted");
    };
    device.handle_disconnected();
    let persisted = Persisted { incarnation: INCARNATION, last_sequence: 1, has_come_on: true };
    device.handle_persisted(persist.id, Ok(persisted), 0);
    assert_eq!(device.cursor(), Some(cursor_at(7)));
    assert_eq!(device.status().up_to_date_as_of_ms, Some(SERVER_TIME_MS));
    let close = DeviceEffect::Close(crate::CloseReason::ConnectionLost);
    assert_eq!((device.poll_effect(), device.poll_effect()), (Some(close), None));
}

#[test]
fn the_server_looks_at_the_log_after_an_answer_even_if_nobody_said_that_it_grew() {
    let mut device = DeviceSession::new(config(resume(Some(genesis()), None)), 1);
    device.handle_connected(&BINDING, 0);
    let Some(DeviceEffect::SignHello { id, bytes }) = device.poll_effect() else {
        panic!("a signature is asked for");
    };
    device.handle_signed(id, alice().sign(&bytes), 0);
    let mut server = ServerSession::new(server_config(), 1);
    server.handle_connected(&BINDING, 0);
    server.handle_frame(&device.poll_transmit().unwrap(), 0);
    server.handle_authenticated(at_the_beginning(), 0);
    let push = DeviceMessage::Push(Push { commits: vec![commit(1, 10)] });
    server.handle_frame(&encode_device(&push), 0);
    assert!(matches!(server.poll_effect(), Some(ServerEffect::Authenticate { .. })));
    let Some(ServerEffect::Admit { id, commits }) = server.poll_effect() else {
        panic!("a commit is to be admitted");
    };
    let outcome = Outcome::Admitted { number: 1 };
    let answer = Answer { commit: commits[0].key, outcome };
    let head = cursor_at(1);
    server.handle_admitted(id, Admitted { answers: vec![answer], head }, 0);
    let read = server.poll_effect();
    assert!(matches!(read, Some(ServerEffect::ReadLog { after: 0, until: 1, .. })), "{read:?}");
}
