//! A granted key in the wrong hands: commits that lie, that reach too far, that were made for
//! another city or under another's grant, changes that are none, frames that are no messages, an
//! invitation used twice.
//!
//! Mallory speaks the protocol well enough to be heard: his session is the shipping one, but he
//! answers what it asks for himself. Whatever he does, no document of the server changes; what his
//! key signed is answered and held or refused with a code.

use keting_model::household::HouseholdCommand;
use keting_model::{
    Command, CommandId, Document, DocumentId, DocumentKind, Fields, Op, RULE_VERSION, Stamp, Value,
};
use keting_server::server::ConnectionId;
use keting_sync::{
    CommitKey, DeviceConfig, DeviceEffect, DeviceEvent, DeviceSession, OutboxBatch, OutboxItem,
    Outcome, Persisted, Purpose, PushedCommit, Secret,
};
use keting_testkit::rng::Rng;
use keting_trust::{
    CommitBody, Cursor, Digest, Ed25519Signer, Incarnation, Part, PublicKey, SignedCommit,
    SignedConfirmation, SignedGrant, Signer, actor_id,
};

use crate::device::Device;
use crate::dump;
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
    /// A household of a region his grant does not cover.
    OutsideGrant,
    /// An edit he may make, under somebody else's grant.
    OthersGrant,
    /// An edit he may make, signed for another city.
    OtherCity,
    /// A value no command could have written.
    BrokenRule,
    /// A field of another kind of document.
    UnknownField,
    /// Bytes that are no change.
    NoChange,
    /// A good change with some bytes turned.
    TornChange,
    /// A change by an actor that is not his.
    OthersActor,
    /// A change on a change that nobody has.
    MissingDependency,
    /// Frames that are no messages, before and after he is let in.
    Garbage,
    /// An invitation that somebody else has used.
    UsedInvitation,
}

const TRICKS: [Trick; 14] = [
    Trick::Replay,
    Trick::ForgedSignature,
    Trick::OtherChange,
    Trick::OutsideGrant,
    Trick::OthersGrant,
    Trick::OtherCity,
    Trick::BrokenRule,
    Trick::UnknownField,
    Trick::NoChange,
    Trick::TornChange,
    Trick::OthersActor,
    Trick::MissingDependency,
    Trick::Garbage,
    Trick::UsedInvitation,
];

/// What the server may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// It is in the log, and was before.
    AdmittedBefore,
    /// It is not in the log.
    HeldOrRefused,
}

/// Lets Mallory try something. False if he cannot yet.
///
/// # Errors
/// When a trick changed a document, or was answered as none may be.
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
    // What others have pushed already is not his doing.
    world.step_server();
    let before = documents(world)?;
    let played = match trick {
        Trick::Garbage => garbage(world, &mut rng)?,
        Trick::UsedInvitation => used_invitation(world, &mut rng)?,
        trick => push(world, trick, &mut rng)?,
    };
    if documents(world)? != before {
        return Err(format!("Mallory's {trick:?} changed a document"));
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

fn push(world: &mut World, trick: Trick, rng: &mut Rng) -> Result<bool, Broken> {
    let mallory = world.devices.iter().find(|device| !device.is_honest).unwrap();
    let Some((pushed, expected)) = make(world, mallory, trick, rng) else { return Ok(false) };
    let mut conversation = Conversation::begin(world, rng, None)?;
    conversation.outbox = vec![pushed];
    let outcomes = conversation.run(world)?;
    let Some(outcome) = outcomes.first() else {
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
    let unix_ms = world.clock.unix_ms();
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
            // A commit of somebody else that he was sent, whole or not.
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

/// Somebody who signs what he likes with a granted key.
pub struct Forger {
    signer: Ed25519Signer,
    incarnation: Incarnation,
    /// The city that commits are for.
    pub city: keting_model::CityId,
    log: keting_model::LogId,
    /// The grant that commits name.
    pub grant: Digest,
    /// The region that the key may write in.
    pub home: DocumentId,
    sequence: u64,
    time: keting_model::HybridTime,
    city_time: keting_model::CityTime,
}

impl Forger {
    /// With the key of a device that is enrolled.
    pub fn new(mallory: &Device, rng: &mut Rng) -> Option<Self> {
        let replica = mallory.replica.as_ref()?;
        let (grant, membership): (&SignedGrant, _) = (replica.grant()?, replica.membership()?);
        Some(Self {
            signer: mallory.signer()?,
            incarnation: Incarnation::new(drawn(rng)),
            city: membership.city,
            log: membership.log,
            grant: grant.digest(),
            home: *grant.grant.regions.first()?,
            sequence: 0,
            time: keting_model::HybridTime::new(replica.now().unix_ms(), 0),
            city_time: replica.now(),
        })
    }

    fn stamp(&mut self, rng: &mut Rng) -> Stamp {
        self.time = self.time.tick(0);
        Stamp {
            actor: actor_id(self.signer.public_key(), &self.incarnation),
            time: self.time,
            city: self.city_time,
            command: CommandId::new(drawn(rng)),
        }
    }

    fn household_ops(&self, region: DocumentId, rng: &mut Rng) -> (DocumentId, Vec<Op>) {
        let household = DocumentId::from_random(DocumentKind::Household, drawn(rng));
        let fields = Fields::new().with("address", "9-909");
        let command = Command::Household(HouseholdCommand::Add {
            household,
            region,
            fields,
            residents: Vec::new(),
            time: self.city_time,
        });
        let empty = command.documents().into_iter().map(|id| (id, Document::empty(id))).collect();
        let plan = command.plan(&empty).unwrap();
        (household, plan.edits.into_iter().flat_map(|edit| edit.ops).collect())
    }

    /// A new household in a region.
    pub fn household(&mut self, region: DocumentId, rng: &mut Rng) -> PushedCommit {
        let (id, ops) = self.household_ops(region, rng);
        self.commit("household.add", id, &ops, rng)
    }

    /// A new household with a field of another kind of document.
    pub fn household_with_a_foreign_field(&mut self, rng: &mut Rng) -> PushedCommit {
        let (id, mut ops) = self.household_ops(self.home, rng);
        ops.push(put("id_number", Value::from("330481195003010012")));
        self.commit("household.add", id, &ops, rng)
    }

    /// An edit of a household that nobody was given.
    pub fn edit_of_what_nobody_has(&mut self, rng: &mut Rng) -> PushedCommit {
        let (id, ops) = self.household_ops(self.home, rng);
        let mut document = Document::empty(id);
        let stamp = self.stamp(rng);
        document.author(&stamp, &ops).unwrap();
        let stamp = self.stamp(rng);
        let edit = [put("address", Value::from("9-999"))];
        let change = document.author(&stamp, &edit).unwrap().bytes;
        self.sign("household.edit", &stamp, id, change, rng)
    }

    fn commit(&mut self, name: &str, id: DocumentId, ops: &[Op], rng: &mut Rng) -> PushedCommit {
        let stamp = self.stamp(rng);
        let change = Document::empty(id).author(&stamp, ops).unwrap().bytes;
        self.sign(name, &stamp, id, change, rng)
    }

    fn sign(
        &mut self,
        name: &str,
        stamp: &Stamp,
        document: DocumentId,
        change: Vec<u8>,
        rng: &mut Rng,
    ) -> PushedCommit {
        self.sequence += 1;
        let part = Part { salt: drawn(rng), document, change };
        let body = CommitBody {
            city: self.city,
            log: self.log,
            device: self.signer.public_key().clone(),
            incarnation: self.incarnation,
            sequence: self.sequence,
            grant: self.grant,
            seen: Cursor::genesis(self.log, 0).position(),
            command: stamp.command,
            command_name: name.to_owned(),
            rule_version: RULE_VERSION,
            time: stamp.time,
            city_time: stamp.city,
            replaces: None,
            entries: vec![part.digest()],
        };
        let signed = SignedCommit::sign(body, &self.signer).unwrap().bytes;
        PushedCommit { key: CommitKey::own(stamp.command), signed, parts: vec![part] }
    }
}

/// A session of Mallory's, held without a network between.
struct Conversation {
    session: DeviceSession,
    connection: ConnectionId,
    signer: Ed25519Signer,
    incarnation: Incarnation,
    outbox: Vec<PushedCommit>,
    refusal: Option<String>,
}

impl Conversation {
    fn begin(world: &mut World, rng: &mut Rng, secret: Option<Secret>) -> Result<Self, Broken> {
        let mallory = world.devices.iter().find(|device| !device.is_honest).ok_or("no mallory")?;
        let replica = mallory.replica.as_ref().ok_or("mallory is away")?;
        let config = replica.session_config().map_err(|error| error.to_string())?;
        let (signer, config) = match secret {
            // With another key than the one that was let in by this invitation.
            Some(secret) => {
                let signer = Ed25519Signer::from_seed(drawn(rng));
                let device: PublicKey = signer.public_key().clone();
                let purpose = Purpose::Enrol { secret, name: "phone".to_owned() };
                (signer, DeviceConfig { device, purpose, ..config })
            }
            None => (mallory.signer().ok_or("mallory has no key")?, config),
        };
        let now_ms = world.clock.now_ms();
        let mut binding = [0; 32];
        rng.fill(&mut binding);
        let server = world.host.server.as_mut().ok_or("no server")?;
        let connection = server.connect(binding, now_ms);
        let mut session = DeviceSession::new(config, rng.next_u64());
        session.handle_connected(&binding, now_ms);
        let incarnation = Incarnation::new(drawn(rng));
        Ok(Self { session, connection, signer, incarnation, outbox: Vec::new(), refusal: None })
    }

    /// Talks until neither side has anything to say, and gives what became of the outbox.
    fn run(&mut self, world: &mut World) -> Result<Vec<Outcome>, Broken> {
        let (now_ms, unix_ms) = (world.clock.now_ms(), world.clock.unix_ms());
        let server = world.host.server.as_mut().ok_or("no server")?;
        let mut outcomes = Vec::new();
        loop {
            while let Some(effect) = self.session.poll_effect() {
                self.perform(effect, now_ms);
            }
            while let Some(event) = self.session.poll_event() {
                match event {
                    DeviceEvent::Answered(answers) => {
                        outcomes.extend(answers.into_iter().map(|answer| answer.outcome));
                    }
                    DeviceEvent::Closed(reason) => self.refusal = Some(reason.code().to_owned()),
                    _ => {}
                }
            }
            let mut is_still = true;
            while let Some(frame) = self.session.poll_transmit() {
                server.handle_frame(self.connection, &frame, now_ms);
                is_still = false;
            }
            server.step(now_ms, unix_ms);
            while let Some(frame) = server.poll_transmit(self.connection) {
                self.session.handle_frame(&frame, now_ms);
                is_still = false;
            }
            if is_still {
                break;
            }
        }
        Ok(outcomes)
    }

    fn perform(&mut self, effect: DeviceEffect, now_ms: u64) {
        match effect {
            DeviceEffect::SignHello { id, bytes } => {
                self.session.handle_signed(id, self.signer.sign(&bytes), now_ms);
            }
            DeviceEffect::SignConfirmation { id, confirmation } => {
                let signed = SignedConfirmation::sign(confirmation, &self.signer);
                self.session.handle_signed(id, signed.map(|signed| signed.bytes), now_ms);
            }
            DeviceEffect::ReadOutbox { id, .. } => {
                let items: Vec<_> = std::mem::take(&mut self.outbox)
                    .into_iter()
                    .zip(1..)
                    .map(|(commit, place)| OutboxItem { place, commit })
                    .collect();
                let batch = OutboxBatch { items, more: false };
                self.session.handle_outbox(id, Ok(batch), now_ms);
            }
            DeviceEffect::Persist(persist) => {
                let persisted = Persisted { incarnation: self.incarnation, last_sequence: 0 };
                self.session.handle_persisted(persist.id, Ok(persisted), now_ms);
            }
            DeviceEffect::Close(_) => {}
        }
    }
}

fn part_of(part: keting_store::StoredPart) -> Part {
    let salt = part.salt.as_slice().try_into().unwrap();
    Part { salt, document: part.document, change: part.bytes }
}

fn put(key: &str, value: Value) -> Op {
    Op::Put { key: key.to_owned(), value }
}

fn drawn<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
