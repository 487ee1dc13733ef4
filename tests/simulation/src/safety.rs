//! What is true at every moment, whatever happens.
//!
//! - An edit that its author's phone said is durable is in their file for ever, and in their outbox
//!   with a state that only moves on.
//!   A machine that is put back has what it had then, and what it makes anew comes to the server once.
//! - What a phone believes the server has, the server has. Nothing honest is held but a region whose
//!   code another has, and what lies in it; and no phone finds such a region by its code. Of a device that
//!   was ended while it had two machines, what one made after the other was told is held, with what lies in
//!   that.
//! - What a phone told the server that it has is in its file, whatever crashes after that.
//! - A device that was ended reads nothing until it is invited back.
//! - A phone pins the TLS keys that it was told of last, by an invitation or by the log, and no others; and
//!   the server gives a key up once everybody who may read was told of a newer one, or after thirty days.
//! - The server's log has no gap, its chain is right, and nothing that was in it ever changes.
//! - Within one incarnation of a device's file times rise with the sequence, whatever its clock did.
//! - No file holds a document that the holder's grant does not cover, nor somebody else's changes
//!   where they may read only their own.
//! - A phone that heard the server since it started knows the city's time as the server told it,
//!   whatever its own clock shows.
//! - Neither a phone nor the server keeps more documents open than its memory allows.
//! - Two sides that hold a document at the same heads show the same of it, also at different times.
//!
//! Not asserted here: what becomes of an edit whose phone answered with an error. It may come back
//! after a crash if its last write had reached the disk; nobody was promised either.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Reach;
use keting_model::{ChangeHash, CityTime, DocumentId, DocumentKind, HybridTime};
use keting_server::store::CommitState;
use keting_store::OutboxState;
use keting_trust::{ChainHash, DeviceId, Digest, Incarnation, RecordKind, SignedCommit};

use crate::confirmed::demand_kept;
use crate::device::{Device, Edit, Progress};
use crate::dump::{self, Contents};
use crate::pins::{Announced, demand_in_time};
use crate::places::Places;
use crate::world::{Broken, World};

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Memory {
    /// Every household that anybody made.
    pub households: Vec<DocumentId>,
    /// How often people did something.
    pub acts: u64,
    /// The regions of people, by their codes.
    pub regions: BTreeMap<String, DocumentId>,
    /// Where what people made lies.
    pub places: Places,
    /// Which region lies in which, as the server last had it.
    pub parents: BTreeMap<DocumentId, Option<DocumentId>>,
    /// What the log announces.
    pub announced: Vec<Announced>,
    /// Where each document of the server lives.
    homes: BTreeMap<DocumentId, DocumentId>,
    log: Vec<(Digest, ChainHash)>,
    /// The time of each commit of the log, by its place in its incarnation.
    courses: BTreeMap<(DeviceId, Incarnation), BTreeMap<u64, HybridTime>>,
    /// Devices of which a machine was put back. What was still on its way from it may arrive among what
    /// it sends then, so that an incarnation has two courses.
    pub put_back: BTreeSet<DeviceId>,
    shown: BTreeMap<(DocumentId, Vec<ChangeHash>), Vec<String>>,
    /// How far the server's clock was off when it told the time, in milliseconds.
    pub told_off_ms: BTreeSet<i64>,
}

impl World {
    /// Checks everything that runs.
    ///
    /// # Errors
    /// When something is not as it must be.
    pub fn check(&mut self) -> Result<(), Broken> {
        self.check_server()?;
        for index in 0..self.devices.len() {
            self.check_device(index)?;
            self.check_contents(index)?;
            self.demand_finder(index)?;
            self.demand_unread(index)?;
            self.demand_pins(index)?;
            self.demand_outbox(index)?;
            self.demand_hidden(index)?;
        }
        self.trace.count("safety checks");
        Ok(())
    }

    /// Checks the server's log, and what its documents show.
    ///
    /// # Errors
    /// When something is not as it must be.
    pub fn check_server(&mut self) -> Result<(), Broken> {
        if self.host.is_troubled {
            return Ok(());
        }
        let Some(server) = &mut self.host.server else { return Ok(()) };
        let open_bytes = server.metrics().open_documents_bytes;
        check_memory("the server", open_bytes, self.host.open_documents_bytes_max)?;
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        let head = read.head().unwrap().unwrap();
        let mut chain = ChainHash::genesis(&head.log, head.generation);
        let mut number = 0;
        for entry in read.entries(0, u32::MAX).unwrap() {
            number += 1;
            let digest = Digest::of(&entry.record);
            chain = chain.next(number, entry.kind, &digest);
            if entry.number != number || entry.chain != chain || entry.digest != digest {
                return Err(format!("the log is broken at {number}"));
            }
            let place = usize::try_from(number - 1).unwrap();
            match self.memory.log.get(place) {
                None => {
                    self.memory.log.push((digest, chain));
                    match entry.kind {
                        RecordKind::Commit => {
                            self.memory.note_time(&SignedCommit::open(&entry.record).unwrap())?;
                        }
                        RecordKind::Announcement => {
                            self.memory.announced.push(Announced::read(number, &entry.record));
                            let (devices, replaced) = (&self.devices, &self.moving.replaced);
                            let has_one_life = |device: &Device| {
                                self.ends.has_one_life(devices, device, &self.memory.put_back)
                            };
                            demand_in_time(&*read, devices, has_one_life, &self.memory, replaced)?;
                        }
                        _ => {}
                    }
                }
                Some(known) if *known == (digest, chain) => {}
                Some(_) => return Err(format!("entry {number} of the log has changed")),
            }
        }
        if (head.number, head.chain) != (number, chain) || self.memory.log.len() as u64 != number {
            return Err(format!(
                "the log ended at {} and ends at {number}, its head says {}",
                self.memory.log.len(),
                head.number
            ));
        }
        self.memory.parents = read.regions().unwrap().into_iter().collect();
        for document in read.documents(None, u32::MAX).unwrap() {
            match self.memory.homes.insert(document.id, document.home) {
                Some(home) if home != document.home => {
                    return Err(format!("{} has moved without a decision", document.id));
                }
                Some(_) | None => {}
            }
        }
        let contents = dump::server_contents(&*read);
        drop(read);
        self.memory.compare("the server", contents)
    }

    /// Checks that a device has kept every edit it promised to, and how far each has come.
    ///
    /// # Errors
    /// When something is not as it must be.
    pub fn check_device(&mut self, index: usize) -> Result<(), Broken> {
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        let (Some(replica), false) = (&device.replica, device.is_troubled) else { return Ok(()) };
        demand_kept(device)?;
        let told_off_ms = &self.memory.told_off_ms;
        if device.knows_time() {
            check_time(&device.name, replica.now(), self.clock.unix_ms(), told_off_ms)?;
        }
        let open_bytes = replica.open_documents_bytes();
        check_memory(&device.name, open_bytes, device.open_documents_bytes_max)?;
        self.said.anew.look(index, replica.store()).unwrap();
        let mut acknowledged = Vec::new();
        let mut held = Vec::new();
        for (commit, Edit { about, entered_at_ms, progress }) in &mut device.edits {
            let lost = |what: &str| format!("{} lost {what} of {}", device.name, commit.command);
            let Some(here) = self.said.anew.in_file(replica.store(), commit).unwrap() else {
                if !self.said.is_moot(commit) {
                    return Err(lost("the edit"));
                }
                *progress = Progress::Moot;
                continue;
            };
            if replica.store().parts(here.row).unwrap().is_empty() {
                return Err(lost("the changes"));
            }
            let now = match here.entry.as_ref().map(|entry| &entry.state) {
                // It came by the log: another machine, as this one once was, had sent it.
                None if here.commit.number.is_some() => Progress::Acknowledged,
                None => return Err(lost("the outbox entry")),
                Some(state) => progress_of(state),
            };
            let is_forward = match (&*progress, &now) {
                (Progress::Acknowledged, Progress::Held(_)) => false,
                (before, now) => before <= now,
            };
            if !is_forward {
                return Err(format!("{}'s edit went from {progress:?} to {now:?}", device.name));
            }
            if let (Progress::Held(code), true) = (&now, device.is_honest) {
                // What an earlier incarnation made is counted only as far as the server had heard of it.
                let is_earlier =
                    here.commit.incarnation != *replica.persisted().incarnation.as_bytes();
                let entered = (!is_earlier).then_some(*entered_at_ms);
                held.push((*commit, *about, entered, code.clone()));
            }
            *progress = now;
            if *progress == Progress::Acknowledged {
                acknowledged.push((here.id(), here.commit.number));
            }
        }
        let (name, own, late) = (device.name.clone(), replica.device(), device.late());
        // A machine that was not told yet goes on with what another one was told of.
        let has_others = self.devices_of(&own) > 1;
        let (Some(server), false) = (&mut self.host.server, self.host.is_troubled) else {
            return Ok(());
        };
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        for (commit, about, entered, code) in held {
            let places = &self.memory.places;
            let is_right = match code.as_str() {
                "grant_revoked" => has_others && self.ends.may_hold(&own, entered),
                "ancestor_held" if places.is_any_above(&late, about) => true,
                code => places.is_rightly_held(&self.said, &*read, (&commit, about), code),
            };
            if !is_right {
                return Err(format!("{name}'s honest {} is held: {code}", commit.command));
            }
            self.trace.count(&format!("seen held: {code}"));
        }
        for (commit, number) in acknowledged {
            let state = read.commit_state(&commit.device, &commit.command).unwrap();
            let kept = state.is_some_and(|state| {
                state.state == CommitState::Admitted && Some(state.number) == number
            });
            if !kept {
                return Err(format!(
                    "the server lost {} that {name} believes it has",
                    commit.command
                ));
            }
        }
        Ok(())
    }

    /// Checks that a device holds nothing it may not, and shows what others show.
    fn check_contents(&mut self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let (Some(replica), false) = (&device.replica, device.is_troubled) else { return Ok(()) };
        let contents = dump::contents(replica);
        for id in contents.keys() {
            if !self.may_hold(device, id)? {
                return Err(format!("{} holds {id}, which no grant of theirs covers", device.name));
            }
        }
        let name = device.name.clone();
        self.memory.compare(&name, contents)
    }

    /// Whether a device may hold a document, worked out from the role's table and the server's tree
    /// alone.
    fn may_hold(&self, device: &Device, id: &DocumentId) -> Result<bool, Broken> {
        let kind = id.kind().ok_or("a document of no kind")?;
        let Some(home) = self.memory.homes.get(id) else {
            // It may be newer than the last look at a server that is not well right now.
            let is_known = self.host.server.is_some() && !self.host.is_troubled;
            return Ok(!is_known || is_all_own(device, id));
        };
        Ok(match self.reach(device, kind, home) {
            Some(Reach::Whole) => true,
            Some(Reach::OwnOnly) => is_all_own(device, id),
            None => false,
        })
    }

    /// How much of a document with this home a device's holder may read.
    pub fn reach(&self, device: &Device, kind: DocumentKind, home: &DocumentId) -> Option<Reach> {
        let own = self.memory.regions.get(device.part.region)?;
        let above = kind == DocumentKind::Region && self.is_within(own, home);
        if !above && !self.is_within(home, own) {
            return None;
        }
        let reads = device.part.role.reads();
        reads.iter().find(|(readable, _)| *readable == kind).map(|(_, reach)| *reach)
    }

    fn is_within(&self, region: &DocumentId, outer: &DocumentId) -> bool {
        let mut at = Some(*region);
        while let Some(region) = at {
            if region == *outer {
                return true;
            }
            at = self.memory.parents.get(&region).copied().flatten();
        }
        false
    }
}

fn progress_of(state: &OutboxState) -> Progress {
    match state {
        OutboxState::Queued | OutboxState::Sent | OutboxState::Refused { .. } => Progress::Waiting,
        // Until all that was sent is answered; then another commit of the same act stands.
        OutboxState::Superseded => Progress::Waiting,
        OutboxState::Acknowledged => Progress::Acknowledged,
        OutboxState::Held { code } if code == "device_rolled_back" => Progress::Waiting,
        OutboxState::Held { code } if code == "needs_a_person" => Progress::LeftToAPerson,
        OutboxState::Held { code } => Progress::Held(code.clone()),
    }
}

fn is_all_own(device: &Device, id: &DocumentId) -> bool {
    let Some(replica) = &device.replica else { return true };
    let (store, own) = (replica.store(), replica.device());
    store.changes_of(id).unwrap().iter().all(|change| {
        let commit = store.commit(change.commit).unwrap();
        commit.is_some_and(|commit| commit.device == *own.as_bytes())
    })
}

impl Memory {
    /// Where each document of the server lives.
    pub fn homes(&self) -> &BTreeMap<DocumentId, DocumentId> {
        &self.homes
    }

    fn note_time(&mut self, commit: &SignedCommit) -> Result<(), Broken> {
        let (id, body) = (commit.id(), &commit.body);
        if self.put_back.contains(&id.device) {
            return Ok(());
        }
        let course = self.courses.entry((id.device, body.incarnation)).or_default();
        course.insert(body.sequence, body.time);
        let before = course.range(..body.sequence).next_back();
        let after = course.range(body.sequence + 1..).next();
        if before.is_some_and(|(_, time)| *time >= body.time)
            || after.is_some_and(|(_, time)| *time <= body.time)
        {
            return Err(format!("the time of {}'s incarnation went back", id.device));
        }
        Ok(())
    }

    fn compare(&mut self, who: &str, contents: Contents) -> Result<(), Broken> {
        for (id, content) in contents {
            let shown =
                self.shown.entry((id, content.heads)).or_insert_with(|| content.rows.clone());
            if *shown != content.rows {
                return Err(format!(
                    "{who} shows {id} differently: {:?} where others had {shown:?}",
                    content.rows
                ));
            }
        }
        Ok(())
    }
}

fn check_memory(name: &str, open_bytes: usize, bytes_max: usize) -> Result<(), Broken> {
    if open_bytes <= bytes_max {
        return Ok(());
    }
    Err(format!("{name} keeps {open_bytes} bytes of documents open, where {bytes_max} are allowed"))
}

/// A phone knows the city's time as far as the server's word of it was on its way; or it says that it
/// does not.
fn check_time(
    name: &str,
    now: CityTime,
    true_ms: u64,
    told_off_ms: &BTreeSet<i64>,
) -> Result<(), Broken> {
    const ON_ITS_WAY_MS_MAX: u64 = 60_000;
    let is_told = |off_ms: &i64| {
        let told_ms = true_ms.saturating_add_signed(*off_ms);
        (told_ms.saturating_sub(ON_ITS_WAY_MS_MAX)..=told_ms).contains(&now.unix_ms())
    };
    if now.is_uncertain() || is_told(&0) || told_off_ms.iter().any(is_told) {
        return Ok(());
    }
    Err(format!("{name} takes it to be {}, when it is {true_ms}", now.unix_ms()))
}
