//! A granted key in the wrong hands: commits that lie, that reach too far, that were made for
//! another city or under another's grant, changes that are none, frames that are no messages, an
//! invitation used twice.
//!
//! Mallory speaks the protocol well enough to be heard: their session is the shipping one, but they
//! answer what it asks for themselves ([`conversation`]), and sign what they like ([`forger`]). Whatever
//! they do, no document of the server changes; what their key signed is answered and held or refused
//! with a code.

mod conversation;
mod forger;

use keting_model::{Document, DocumentId, DocumentKind, Op, Value};
use keting_sync::{CommitKey, Outcome, PushedCommit, Secret};
use keting_testkit::craft::{Craft, make_text};
use keting_testkit::rng::Rng;
use keting_trust::{Part, SignedCommit};

pub use forger::Forger;

use crate::device::Device;
use crate::dump;
use crate::hostile::conversation::Conversation;
use crate::hostile::forger::put;
use crate::world::{Broken, World};

/// What Mallory tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trick {
    /// A commit of somebody else, as it is: it is in the log already.
    Replay,
    /// A commit of somebody else with one bit of the signature turned.
    ForgedSignature,
    /// A commit of somebody else with a change that is not the one it was signed with.
    OtherChange,
    /// A household of a region their grant does not cover.
    OutsideGrant,
    /// An edit they may make, under somebody else's grant.
    OthersGrant,
    /// An edit they may make, signed for another city.
    OtherCity,
    /// A value no command could have written.
    BrokenRule,
    /// A field of another kind of document.
    UnknownField,
    /// A change of a few bytes that makes a Text thousands of times under a key of no field.
    ManyTexts,
    /// Bytes that are no change.
    NoChange,
    /// A good change with some bytes turned.
    TornChange,
    /// A change by an actor that is not theirs.
    OthersActor,
    /// A change on a change that nobody has.
    MissingDependency,
    /// Frames that are no messages, before and after they are let in.
    Garbage,
    /// An invitation that somebody else has used.
    UsedInvitation,
}

const TRICKS: [Trick; 15] = [
    Trick::Replay,
    Trick::ForgedSignature,
    Trick::OtherChange,
    Trick::OutsideGrant,
    Trick::OthersGrant,
    Trick::OtherCity,
    Trick::BrokenRule,
    Trick::UnknownField,
    Trick::ManyTexts,
    Trick::NoChange,
    Trick::TornChange,
    Trick::OthersActor,
    Trick::MissingDependency,
    Trick::Garbage,
    Trick::UsedInvitation,
];

impl Trick {
    /// Whether what they send, and where it goes, says enough for nothing of it to be made again.
    fn is_known_unmade(self) -> bool {
        !matches!(self, Self::OutsideGrant | Self::TornChange)
    }
}

/// What the server may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// It is in the log, and was before.
    AdmittedBefore,
    /// It is not in the log.
    HeldOrRefused,
}

/// Lets Mallory try something. False if they cannot yet.
///
/// # Errors
/// When a trick changed a document, was answered as none may be, or made the server do what it need
/// not.
pub fn attack(world: &mut World) -> Result<bool, Broken> {
    let trick = TRICKS[world.rng.index(TRICKS.len())];
    let mut rng = world.rng.fork(7);
    if world.host.is_troubled || world.host.server.is_none() {
        return Ok(false);
    }
    let mallory = world.devices.iter().find(|device| !device.is_honest && !device.is_troubled);
    let Some(mallory) = mallory.filter(|mallory| mallory.is_enrolled()) else { return Ok(false) };
    if mallory.replica.is_none() {
        return Ok(false);
    }
    // What others have pushed already is not their doing.
    world.step_server();
    let before = (documents(world)?, ops_replayed(world));
    let played = match trick {
        Trick::Garbage => garbage(world, &mut rng)?,
        Trick::UsedInvitation => used_invitation(world, &mut rng)?,
        trick => push(world, trick, &mut rng)?,
    };
    if documents(world)? != before.0 {
        return Err(format!("Mallory's {trick:?} changed a document"));
    }
    if trick.is_known_unmade() && ops_replayed(world) != before.1 {
        return Err(format!("Mallory's {trick:?} was made again before it was refused"));
    }
    world.flush_server();
    if played {
        world.trace.count(&format!("mallory: {trick:?}"));
    }
    Ok(played)
}

fn documents(world: &mut World) -> Result<dump::Contents, Broken> {
    let server = world.host.server.as_mut().ok_or("no server")?;
    let read = server.store().snapshot().map_err(|error| error.to_string())?;
    Ok(dump::server_contents(&*read))
}

/// How many operations the server has made again since its process began.
fn ops_replayed(world: &World) -> Option<u64> {
    world.host.server.as_ref().map(|server| server.metrics().ops_replayed)
}

fn push(world: &mut World, trick: Trick, rng: &mut Rng) -> Result<bool, Broken> {
    let mallory = world.devices.iter().find(|device| !device.is_honest).unwrap();
    let Some((pushed, expected)) = make(world, mallory, trick, rng) else { return Ok(false) };
    let mut conversation = Conversation::begin(world, rng, None)?;
    conversation.outbox = vec![pushed];
    let outcomes = conversation.run(world)?;
    let Some(outcome) = outcomes.first() else {
        // Whoever joined while the server's clock was wrong may have a grant that is not good now.
        let is_shut_out = ["grant_ended", "grant_not_yet_valid"];
        if conversation.refusal.as_deref().is_some_and(|code| is_shut_out.contains(&code)) {
            return Ok(false);
        }
        return Err(format!("Mallory's {trick:?} was not answered"));
    };
    let is_good = match expected {
        Expected::AdmittedBefore => matches!(outcome, Outcome::Admitted { .. }),
        Expected::HeldOrRefused => {
            matches!(outcome, Outcome::Held { .. } | Outcome::Refused { .. })
        }
    };
    let code = outcome.code().unwrap_or("admitted").to_owned();
    world.note(&format!("mallory {trick:?}: {code}"));
    world.trace.count(&format!("mallory answered: {code}"));
    if is_good { Ok(true) } else { Err(format!("Mallory's {trick:?} was {outcome:?}")) }
}

fn garbage(world: &mut World, rng: &mut Rng) -> Result<bool, Broken> {
    let mut conversation = Conversation::begin(world, rng, None)?;
    let is_known_first = rng.chance(1, 2);
    if is_known_first {
        conversation.run(world)?;
    }
    let mut frame = vec![0; 1 + rng.index(200)];
    rng.fill(&mut frame);
    frame[0] = u8::try_from(rng.below(2)).unwrap();
    let now_ms = world.clock.now_ms();
    let unix_ms = world.host.unix_ms();
    let server = world.host.server.as_mut().ok_or("no server")?;
    let connection = conversation.connection;
    server.handle_frame(connection, &frame, now_ms);
    server.step(now_ms, unix_ms);
    while server.poll_transmit(connection).is_some() {}
    if !server.is_closed(connection) {
        return Err("the server goes on talking after a frame that is no message".to_owned());
    }
    server.disconnect(connection);
    Ok(true)
}

fn used_invitation(world: &mut World, rng: &mut Rng) -> Result<bool, Broken> {
    let victim = world.devices.iter().find(|device| device.is_honest && device.is_enrolled());
    let Some(victim) = victim else { return Ok(false) };
    let secret = Secret::new(*victim.invitation().secret.as_bytes());
    let mut conversation = Conversation::begin(world, rng, Some(secret))?;
    conversation.run(world)?;
    match conversation.refusal.as_deref() {
        Some("invitation_used") => Ok(true),
        other => Err(format!("an invitation used twice was answered {other:?}")),
    }
}

/// Makes what Mallory pushes; nothing if there is nothing to make it of yet.
fn make(
    world: &World,
    mallory: &Device,
    trick: Trick,
    rng: &mut Rng,
) -> Option<(PushedCommit, Expected)> {
    let replica = mallory.replica.as_ref()?;
    let mut forger = Forger::new(mallory, rng)?;
    let no = Expected::HeldOrRefused;
    match trick {
        Trick::Replay | Trick::ForgedSignature | Trick::OtherChange => {
            // A commit of somebody else that they were sent, whole or not.
            let store = replica.store();
            let commits = store.commits_after(None, u32::MAX).ok()?;
            let own = replica.device();
            let others: Vec<_> = commits
                .into_iter()
                .filter(|(_, commit)| commit.device != *own.as_bytes() && commit.number.is_some())
                .collect();
            let (row, stored) = rng.pick(&others)?;
            let commit = SignedCommit::read_stored(&stored.bytes).ok()?;
            let parts: Vec<_> = store.parts(*row).ok()?.into_iter().map(part_of).collect();
            if parts.len() != commit.body.entries.len() {
                return None;
            }
            let key = CommitKey { author: Some(commit.id().device), command: commit.body.command };
            let mut pushed = PushedCommit { key, signed: stored.bytes.clone(), parts };
            match trick {
                Trick::ForgedSignature => {
                    *pushed.signed.last_mut()? ^= 1;
                    Some((pushed, no))
                }
                Trick::OtherChange => {
                    pushed.parts.first_mut()?.salt[0] ^= 1;
                    Some((pushed, no))
                }
                _ => Some((pushed, Expected::AdmittedBefore)),
            }
        }
        Trick::OutsideGrant => {
            let outside = *world.memory.regions.get("9904810010010201")?;
            Some((forger.household(outside, rng), no))
        }
        Trick::OthersGrant => {
            let victim = world.devices.iter().find(|device| device.is_honest)?;
            forger.grant = victim.replica.as_ref()?.grant()?.digest();
            Some((forger.household(forger.home, rng), no))
        }
        Trick::OtherCity => {
            forger.city = keting_model::CityId::new([9; 16]);
            Some((forger.household(forger.home, rng), no))
        }
        Trick::BrokenRule => {
            let (id, mut ops) = forger.household_ops(forger.home, rng);
            ops.push(put("tenure", Value::from("stolen")));
            Some((forger.commit("household.add", id, &ops, rng), no))
        }
        Trick::UnknownField => Some((forger.household_with_a_foreign_field(rng), no)),
        Trick::ManyTexts => {
            let id = DocumentId::from_random(DocumentKind::Household, drawn(rng));
            let stamp = forger.stamp(rng);
            let once = [Op::MakeText { key: "k".to_owned() }];
            let once = Craft::parse(&Document::empty(id).author(&stamp, &once).ok()?.bytes);
            let change = once.with_ops(&vec![make_text("k"); 4_096]).bytes();
            Some((forger.sign("household.edit", &stamp, id, change, rng), no))
        }
        Trick::NoChange => {
            let id = DocumentId::from_random(DocumentKind::Household, drawn(rng));
            let mut change = vec![0; 1 + rng.index(300)];
            rng.fill(&mut change);
            let stamp = forger.stamp(rng);
            Some((forger.sign("household.edit", &stamp, id, change, rng), no))
        }
        Trick::TornChange => {
            let (id, ops) = forger.household_ops(forger.home, rng);
            let stamp = forger.stamp(rng);
            let mut change = Document::empty(id).author(&stamp, &ops).ok()?.bytes;
            let at = 8 + rng.index(change.len() - 8);
            change[at] ^= 1 << rng.below(8);
            Some((forger.sign("household.add", &stamp, id, change, rng), no))
        }
        Trick::OthersActor => {
            let (id, ops) = forger.household_ops(forger.home, rng);
            let mut stamp = forger.stamp(rng);
            stamp.actor = keting_model::ActorId::new(drawn(rng));
            let change = Document::empty(id).author(&stamp, &ops).ok()?.bytes;
            Some((forger.sign("household.add", &stamp, id, change, rng), no))
        }
        Trick::MissingDependency => Some((forger.edit_of_what_nobody_has(rng), no)),
        Trick::Garbage | Trick::UsedInvitation => None,
    }
}

fn part_of(part: keting_store::StoredPart) -> Part {
    let salt = part.salt.as_slice().try_into().unwrap();
    Part { salt, document: part.document, change: part.bytes }
}

fn drawn<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
