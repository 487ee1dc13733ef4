//! A server that lies to a phone: another root key, a chain that leads nowhere, a grant of nobody's,
//! commits that were not signed so, entries out of order, a cursor that leaves the log, answers
//! to what was not asked.
//!
//! It has the city's issuing key, and to sign what the guard must refuse somebody's granted key
//! ([`words`] holds what it says). The phone ends the session with the code of the lie, and its file,
//! its place in the log and what its screens show are as they were. What a phone cannot notice, since
//! the issuing key itself signs it (entries left out, a false answer to what was pushed), is no lie of
//! this one; `docs/threat-model.md` lists it.

mod words;

use std::fmt::Write as _;

use keting::parts::{Next, Replica, SyncDriver};
use keting_server::store::ServerRead;
use keting_store::{OutboxEntry, OutboxState};
use keting_sync::frame::encode_server;
use keting_sync::message::ServerMessage;
use keting_testkit::rng::Rng;
use keting_trust::{Cursor, Digest, RecordKind, SignedGrant};

use crate::dump;
use crate::hostile::Forger;
use crate::liar::words::{Liar, welcome};
use crate::pins::last_serial;
use crate::world::{Broken, World};

/// A way to enrol a device that is none.
const FALSE_ENROLMENTS: [&str; 4] =
    ["other_root_key", "broken_chain", "grant_of_another", "enrolment_not_proven"];

/// What a server may say to a phone that has a cursor, and what it is told then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    GrantOfNobody,
    GrantOfOtherCity,
    GrantBeyondItsIssuer,
    CommitOfOtherCity,
    CommitUnderOthersGrant,
    CommitUnderNoGrant,
    CommitNotSigned,
    CommitWithOtherChange,
    CommitBreaksTheRule,
    DependencyLeftOut,
    EntriesReversed,
    EntryTwice,
    EntryBelowTheCursor,
    EntryBeyondItsUpTo,
    EntryBeyondEveryLog,
    AnnouncementByNobody,
    AnnouncementOlder,
    CursorBackwards,
    CursorOfOtherChain,
    CursorOfOtherGeneration,
    AnswerNotAsked,
    WordByNobody,
    WordOfOtherEntries,
    WelcomeOfOtherCity,
    WelcomeTwice,
    EnrolledAgain,
    FirstSyncBelowTheCursor,
    ProgressByNobody,
    EndByNobody,
    EndOfOtherConnection,
    EndWithoutProof,
}

/// What the phone sets aside, while the session goes on.
const SET_ASIDE: &str = "set aside";
/// What the phone keeps, and what changes nothing of what it goes by.
const KEPT: &str = "connection_lost";

const LIES: [(Lie, &str); 31] = [
    (Lie::GrantOfNobody, SET_ASIDE),
    (Lie::GrantOfOtherCity, SET_ASIDE),
    (Lie::GrantBeyondItsIssuer, SET_ASIDE),
    (Lie::CommitOfOtherCity, SET_ASIDE),
    (Lie::CommitUnderOthersGrant, SET_ASIDE),
    (Lie::CommitUnderNoGrant, SET_ASIDE),
    (Lie::CommitNotSigned, SET_ASIDE),
    (Lie::CommitWithOtherChange, SET_ASIDE),
    (Lie::CommitBreaksTheRule, SET_ASIDE),
    (Lie::DependencyLeftOut, SET_ASIDE),
    (Lie::AnnouncementByNobody, SET_ASIDE),
    (Lie::AnnouncementOlder, KEPT),
    (Lie::EntriesReversed, "entries_out_of_order"),
    (Lie::EntryTwice, "entries_out_of_order"),
    (Lie::EntryBelowTheCursor, "entries_out_of_order"),
    (Lie::EntryBeyondItsUpTo, "entry_beyond"),
    (Lie::EntryBeyondEveryLog, "too_much"),
    (Lie::CursorBackwards, "cursor_backwards"),
    (Lie::CursorOfOtherChain, "cursor_backwards"),
    (Lie::CursorOfOtherGeneration, "cursor_of_other_log"),
    (Lie::AnswerNotAsked, "answer_not_asked"),
    (Lie::WordByNobody, "log_not_signed"),
    (Lie::WordOfOtherEntries, "log_not_signed"),
    (Lie::WelcomeOfOtherCity, "peer_of_other_city"),
    (Lie::WelcomeTwice, "welcome_repeated"),
    (Lie::EnrolledAgain, "enrolled_out_of_place"),
    (Lie::FirstSyncBelowTheCursor, "progress_out_of_place"),
    (Lie::ProgressByNobody, "log_not_signed"),
    (Lie::EndByNobody, "log_not_signed"),
    (Lie::EndOfOtherConnection, "log_not_signed"),
    (Lie::EndWithoutProof, "log_not_signed"),
];

/// Lets the server lie to one of the phones. False if there is none to lie to.
///
/// # Errors
/// When the phone believed it, or anything on it changed.
pub fn deceive(world: &mut World) -> Result<bool, Broken> {
    let purpose = world.rng.next_u64();
    let mut rng = world.rng.fork(purpose);
    let can_listen = |index: &usize| {
        let device = &world.devices[*index];
        device.is_honest && !device.is_troubled && device.replica.is_some()
    };
    let listeners: Vec<usize> = (0..world.devices.len()).filter(can_listen).collect();
    let Some(victim) = rng.pick(&listeners).copied() else { return Ok(false) };
    world.hang_up_by_phone(victim);
    let mut binding = [0; 32];
    rng.fill(&mut binding);
    let Some(told) = plan(world, victim, binding, &mut rng)? else { return Ok(false) };
    tell(world, victim, &told, binding, &mut rng)?;
    world.trace.count(&format!("lie: {}", told.name));
    Ok(true)
}

fn is_due(entry: &OutboxEntry) -> bool {
    entry.state == OutboxState::Held { code: "device_rolled_back".to_owned() }
}

/// What a phone is told, and with which code it ends the session.
struct Told {
    name: String,
    said: Vec<ServerMessage>,
    code: &'static str,
}

/// What to tell a phone on a connection of a channel binding, if there is anything to tell it.
fn plan(
    world: &mut World,
    victim: usize,
    binding: [u8; 32],
    rng: &mut Rng,
) -> Result<Option<Told>, Broken> {
    let device = &world.devices[victim];
    let Some(replica) = &device.replica else { return Ok(None) };
    let Some(server) = world.host.server.as_mut().filter(|_| !world.host.is_troubled) else {
        return Ok(None);
    };
    let city_id = server.city().id;
    let log = server.city().log;
    let issuing = {
        let digest = server.city().issuing_grant;
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        issuing_grant(&*read, &digest)?
    };
    let city = server.city();
    let status = replica.status().map_err(|error| error.to_string())?;
    let genesis = Cursor::genesis(log, 0);
    let welcome = ServerMessage::Welcome(welcome(city_id, &genesis, world.clock.unix_ms()));
    let known = status.cursor.map_or(0, |cursor| cursor.number);
    let followed = last_serial(&world.memory.announced, known);
    let liar = Liar { city, issuing, followed, victim: replica.public_key().clone() };
    if !device.is_enrolled() {
        let code = *rng.pick(&FALSE_ENROLMENTS).ok_or("no lie")?;
        let said = vec![welcome, ServerMessage::Enrolled(liar.enrolled(code, rng))];
        return Ok(Some(Told { name: format!("enrolment {code}"), said, code }));
    }
    if replica.is_to_be_renewed().map_err(|error| error.to_string())? {
        return Ok(None);
    }
    // Whoever was put back makes work anew once they hear that everything is here, from whomever.
    if replica.store().outbox_held().map_err(|error| error.to_string())?.iter().any(is_due) {
        return Ok(None);
    }
    let Some(at) = status.cursor else { return Ok(None) };
    let (lie, code) = *rng.pick(&LIES).ok_or("no lie")?;
    let Some(mut forger) = Forger::new(device, rng) else { return Ok(None) };
    let Some(signer) = device.signer() else { return Ok(None) };
    let Some(said) = liar.say(lie, &at, &mut forger, &signer, binding, rng) else {
        return Ok(None);
    };
    let said = match lie {
        Lie::WelcomeOfOtherCity => said,
        _ => std::iter::once(welcome).chain(said).collect(),
    };
    Ok(Some(Told { name: format!("{lie:?}"), said, code }))
}

fn tell(
    world: &mut World,
    victim: usize,
    told: &Told,
    binding: [u8; 32],
    rng: &mut Rng,
) -> Result<(), Broken> {
    let now_ms = world.clock.now_ms();
    let who = world.devices[victim].name.clone();
    // What has its place in the log is not sent again, so only a copy of the phone is told.
    let mut copy = None;
    let is_taken = [SET_ASIDE, KEPT].contains(&told.code);
    if is_taken {
        let mut told = world.devices[victim].copy(&world.clock, rng);
        told.start().map_err(|error| format!("a copy of {who} does not start: {error}"))?;
        copy = Some(told);
    }
    let device = copy.as_mut().unwrap_or(&mut world.devices[victim]);
    let replica = device.replica.as_mut().ok_or("an app does not run")?;
    // An app whose disk failed as the last session ended makes good for that as the next one begins.
    let mut driver =
        SyncDriver::start(replica, binding, now_ms).map_err(|error| format!("{who}: {error}"))?;
    let watched = replica.observers().subscribe(&[]);
    let before = if is_taken { followed(replica)? } else { kept(replica)? };
    let set_aside = replica.store().set_aside_count().map_err(|error| error.to_string())?;
    for message in &told.said {
        while driver.poll_transmit().is_some() {}
        driver.handle_frame(replica, &encode_server(message), now_ms);
    }
    driver.handle_disconnected(replica, now_ms);
    let ended = driver.take_ended().ok_or("a session without an end")?;
    let mut code = ended.as_ref().err().map_or("ok", |error| error.code()).to_owned();
    let aside = replica.store().set_aside_count().map_err(|error| error.to_string())?;
    if code == "connection_lost" && aside > set_aside {
        code = SET_ASIDE.to_owned();
    }
    if code != told.code {
        return Err(format!("{who} was told {}, and ended with {code}", told.name));
    }
    let after = if is_taken { followed(replica)? } else { kept(replica)? };
    if after != before {
        return Err(format!("{who} was told {}, and is not as it was", told.name));
    }
    if watched.next_within(std::time::Duration::ZERO) != Next::TimedOut {
        return Err(format!("{who} was told {}, and its screens heard of it", told.name));
    }
    world.note(&format!("{who} is told {} and refuses: {code}", told.name));
    Ok(())
}

/// What a phone shows, and where it goes.
fn followed(replica: &Replica) -> Result<String, Broken> {
    let server = replica.server().map_err(|error| error.to_string())?;
    Ok(format!("{:?} {server:?}", dump::contents(replica)))
}

/// Everything a lie may not change. That an edit was sent, or sent again, is no change.
fn kept(replica: &Replica) -> Result<String, Broken> {
    let store = replica.store();
    let mut text = followed(replica)?;
    let commits = store.commits_after(None, u32::MAX).map_err(|error| error.to_string())?;
    for (row, commit) in commits {
        let entry = store.outbox_entry(row).map_err(|error| error.to_string())?;
        let state = entry.map(|entry| entry.state).map(|state| match state {
            OutboxState::Sent | OutboxState::Refused { .. } => OutboxState::Queued,
            other @ (OutboxState::Queued
            | OutboxState::Acknowledged
            | OutboxState::Held { .. }
            | OutboxState::Superseded) => other,
        });
        let _ = write!(text, "{row:?} {:?} {state:?}", commit.number);
    }
    let grants = store.records_of(RecordKind::Grant.code()).map_err(|error| error.to_string())?;
    let status = replica.status().map_err(|error| error.to_string())?;
    let is_member = replica.membership().is_some();
    let _ = write!(
        text,
        "{} {is_member} {:?} {:?} {:?} {:?} {}",
        grants.len(),
        status.ended,
        status.cursor,
        status.first_sync,
        status.up_to_date_at_ms,
        status.unread,
    );
    Ok(text)
}

fn issuing_grant(read: &dyn ServerRead, digest: &Digest) -> Result<SignedGrant, Broken> {
    let stored = read.grant(digest).map_err(|error| error.to_string())?;
    let stored = stored.ok_or("the issuing key has no grant")?;
    SignedGrant::open(&stored.bytes).map_err(|error| error.to_string())
}
