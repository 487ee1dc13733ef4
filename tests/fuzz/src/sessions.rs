//! Both sides of a session, told anything in any order.
//!
//! The bytes are a list of things that happen. What is checked is that a machine neither panics nor
//! grows: whatever a peer does, what waits to be sent or done stays within its bounds.

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use keting_model::{CityId, LogId};
use keting_sync::{
    Admitted, Answer, Denial, DeviceConfig, DeviceEffect, DeviceSession, IssuingKey, LogBatch,
    OutboxBatch, Outcome, OwnFault, Persisted, Purpose, Resumption, ServerConfig, ServerEffect,
    ServerSession, Standing,
};
use keting_trust::{Cursor, Ed25519Signer, Incarnation, SignedConfirmation, Signer as _, limits};

use crate::seeds;

const CITY: CityId = CityId::new([0xc1; 16]);
const LOG: LogId = LogId::new([0x10; 16]);
const BINDING: [u8; 32] = [0xcb; 32];
const INCARNATION: Incarnation = Incarnation::new([0x1c; 8]);

/// A phone before a server that says anything.
pub fn phone(bytes: &[u8]) -> bool {
    try_phone(&mut Unstructured::new(bytes)).is_ok()
}

/// A server before a phone that says anything, once it has proved who it is.
pub fn server(bytes: &[u8]) -> bool {
    try_server(&mut Unstructured::new(bytes)).is_ok()
}

fn try_phone(u: &mut Unstructured<'_>) -> Result<()> {
    let signer = signer();
    let mut session = DeviceSession::new(device_config(&signer), 1);
    let mut now_ms = 0;
    session.handle_connected(&BINDING, now_ms);
    while !u.is_empty() {
        match u.int_in_range(0..=9_u8)? {
            0 => session.handle_outbox_changed(now_ms),
            1 => {
                now_ms = next_timer(session.poll_timeout(), now_ms, |at| session.handle_timeout(at))
            }
            2 => session.handle_arriving(u.int_in_range(0..=limits::FRAME_BYTES_MAX)?, now_ms),
            _ => session.handle_frame(&frame(u, &seeds::server_frames())?, now_ms),
        }
        let mut effects = 0;
        while let Some(effect) = session.poll_effect() {
            effects += 1;
            perform_for_phone(u, &mut session, &signer, effect, now_ms)?;
        }
        assert!(effects <= limits::EFFECTS_MAX, "a phone is asked for too much at once");
        drain(|| session.poll_transmit());
        while session.poll_event().is_some() {}
    }
    Ok(())
}

fn perform_for_phone(
    u: &mut Unstructured<'_>,
    session: &mut DeviceSession,
    signer: &Ed25519Signer,
    effect: DeviceEffect,
    now_ms: u64,
) -> Result<()> {
    match effect {
        DeviceEffect::SignHello { id, bytes } => {
            session.handle_signed(id, signer.sign(&bytes), now_ms);
        }
        DeviceEffect::SignConfirmation { id, confirmation } => {
            let signed = SignedConfirmation::sign(confirmation, signer).map(|signed| signed.bytes);
            session.handle_signed(id, signed, now_ms);
        }
        DeviceEffect::ReadOutbox { id, .. } => {
            let batch =
                if u.ratio(1, 8)? { Err(OwnFault::Store) } else { Ok(OutboxBatch::default()) };
            session.handle_outbox(id, batch, now_ms);
        }
        DeviceEffect::Persist(persist) => {
            let persisted =
                Persisted { incarnation: INCARNATION, last_sequence: 0, has_come_on: true };
            let outcome = if u.ratio(1, 8)? { Err(OwnFault::Store) } else { Ok(persisted) };
            session.handle_persisted(persist.id, outcome, now_ms);
        }
        DeviceEffect::Close(_) => {}
    }
    Ok(())
}

fn try_server(u: &mut Unstructured<'_>) -> Result<()> {
    let mut session =
        ServerSession::new(ServerConfig::new(CITY, IssuingKey::new(Arc::new(issuing()))), 1);
    let mut now_ms = 0;
    session.handle_connected(&BINDING, now_ms);
    session.handle_frame(&honest_hello(), now_ms);
    while !u.is_empty() {
        match u.int_in_range(0..=9_u8)? {
            0 => session.handle_log_advanced(u.int_in_range(0..=1_000)?, now_ms),
            1 => {
                now_ms = next_timer(session.poll_timeout(), now_ms, |at| session.handle_timeout(at))
            }
            2 => session.handle_arriving(u.int_in_range(0..=limits::FRAME_BYTES_MAX)?, now_ms),
            _ => session.handle_frame(&frame(u, &seeds::device_frames())?, now_ms),
        }
        let mut effects = 0;
        while let Some(effect) = session.poll_effect() {
            effects += 1;
            perform_for_server(u, &mut session, effect, now_ms)?;
        }
        assert!(effects <= limits::EFFECTS_MAX, "a server is asked for too much at once");
        drain(|| session.poll_transmit());
        while session.poll_event().is_some() {}
    }
    Ok(())
}

fn perform_for_server(
    u: &mut Unstructured<'_>,
    session: &mut ServerSession,
    effect: ServerEffect,
    now_ms: u64,
) -> Result<()> {
    let fails = u.ratio(1, 16)?;
    match effect {
        ServerEffect::Authenticate { .. } | ServerEffect::Enrol { .. } if fails => {
            session.handle_denied(denial());
        }
        ServerEffect::Admit { .. } if fails => session.refuse(denial()),
        ServerEffect::Authenticate { .. } => {
            let head = Cursor::genesis(LOG, 1);
            let resumption = Resumption::Tail { cursor: head };
            let standing = Standing {
                head,
                backed_up_to: 0,
                server_time_ms: 0,
                highest: None,
                issuing_grant: None,
                resumption,
            };
            session.handle_authenticated(standing, now_ms);
        }
        ServerEffect::Admit { id, commits } => {
            let number = u.int_in_range(1..=1_000)?;
            let is_superseded = u.ratio(1, 8)?;
            let outcome = match is_superseded {
                true => Outcome::Superseded { number },
                false => Outcome::Admitted { number },
            };
            let answers = commits
                .iter()
                .map(|commit| Answer { commit: commit.key, outcome: outcome.clone() });
            let head = Cursor { number: 1_000, ..Cursor::genesis(LOG, 1) };
            session.handle_admitted(id, Admitted { answers: answers.collect(), head }, now_ms);
        }
        ServerEffect::ReadLog { id, until, .. } => {
            let up_to = Cursor { number: until, ..Cursor::genesis(LOG, 1) };
            session.handle_log(id, LogBatch { entries: Vec::new(), up_to }, now_ms);
        }
        ServerEffect::ReadDocuments { .. } => session.refuse(denial()),
        ServerEffect::Enrol { .. } | ServerEffect::Confirmed(_) | ServerEffect::Close(_) => {}
    }
    Ok(())
}

/// A driver's no.
fn denial() -> Denial {
    Denial { code: "store_failed".to_owned(), retryable: true, message: String::new() }
}

/// A frame of the goldens, whole or damaged, or any bytes at all.
fn frame(u: &mut Unstructured<'_>, golden: &[Vec<u8>]) -> Result<Vec<u8>> {
    if u.ratio(1, 8)? {
        let length = u.int_in_range(0..=64_usize)?.min(u.len());
        return Ok(u.bytes(length)?.to_vec());
    }
    let mut frame = u.choose(golden)?.clone();
    for _ in 0..u.int_in_range(0..=2_u8)? {
        let at = u.choose_index(frame.len())?;
        frame[at] = u.arbitrary()?;
    }
    Ok(frame)
}

/// Lets the next timer end.
fn next_timer(timeout: Option<(u64, &'static str)>, now_ms: u64, mut end: impl FnMut(u64)) -> u64 {
    let Some((at_ms, _)) = timeout else { return now_ms };
    let at_ms = at_ms.max(now_ms);
    end(at_ms);
    at_ms
}

/// Takes what is to be sent, and counts it.
fn drain(poll: impl FnMut() -> Option<Vec<u8>>) {
    let frames = std::iter::from_fn(poll).count();
    assert!(frames <= limits::TRANSMIT_FRAMES_MAX, "{frames} frames at once");
}

/// The key that the server signs with what it says of its log.
fn issuing() -> Ed25519Signer {
    Ed25519Signer::from_seed([0x15; 32])
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed([0xa1; 32])
}

fn device_config(signer: &Ed25519Signer) -> DeviceConfig {
    DeviceConfig {
        versions: keting_sync::VERSIONS.to_vec(),
        city: CITY,
        software: "keting-fuzz/1".to_owned(),
        device: signer.public_key().clone(),
        purpose: Purpose::Sync {
            cursor: Some(Cursor::genesis(LOG, 1)),
            first_sync: None,
            incarnation: INCARNATION,
            last_sequence: 0,
            heard: None,
        },
        told_of_end: false,
    }
}

/// What an honest phone says first on this very connection: a Hello is bound to it.
fn honest_hello() -> Vec<u8> {
    let signer = signer();
    let mut session = DeviceSession::new(device_config(&signer), 1);
    session.handle_connected(&BINDING, 0);
    while let Some(effect) = session.poll_effect() {
        if let DeviceEffect::SignHello { id, bytes } = effect {
            session.handle_signed(id, signer.sign(&bytes), 0);
        }
    }
    session.poll_transmit().unwrap()
}
