//! Real sessions on both sides, frames carried by hand, virtual time.

use std::collections::{BTreeMap, VecDeque};

use keting_model::DocumentId;
use keting_sync::{
    Answer, DeviceConfig, DeviceEffect, DeviceEvent, DeviceSession, Entry, Moved, OutboxBatch,
    OutboxItem, Outcome, Persisted, device::Purpose,
};
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;
use keting_trust::{
    Cursor, Digest, Ed25519Signer, Incarnation, Invitation, SignedConfirmation, Signer,
};

mod meanwhile;

use super::*;
use crate::admission::Push;
use crate::init::store_path;
use crate::testing::{HEAD_REGION, NOW_MS, OTHER_REGION, Person, Seeded, Town, endpoint};
use crate::verify::verify;

#[test]
fn a_device_enrols_and_what_one_writes_reaches_the_other_while_both_are_connected() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let region = world.region(HEAD_REGION);
    let (household, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    assert!(bob.documents().contains(&household));
    assert_eq!(alice.session().cursor(), bob.session().cursor());
    assert_eq!(world.server.metrics().commits_admitted, 1);
    assert_eq!(world.server.health().number, alice.session().cursor().unwrap().number);
    world.verify();
}

#[test]
fn a_device_that_was_away_gets_what_concerns_it_and_an_idle_one_only_a_word() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("grid_worker", OTHER_GRID, 2);
    let mut carol = world.enrol("micro_grid_head", OTHER_REGION, 3);
    world.hang_up(&mut bob);
    world.hang_up(&mut carol);
    let region = world.region(HEAD_REGION);
    for _ in 0..20 {
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
    }
    world.settle(&mut [&mut alice]);
    let before = carol.documents().len();
    world.call(&mut carol);
    world.settle(&mut [&mut alice, &mut carol]);
    assert_eq!(carol.documents().len(), before);
    assert_eq!(carol.session().cursor(), alice.session().cursor());
    let entries = carol.entries.len();
    world.hang_up(&mut carol);
    world.call(&mut carol);
    world.settle(&mut [&mut carol]);
    assert_eq!(carol.entries.len(), entries);
    assert!(carol.bytes_down < 1_000, "{} bytes", carol.bytes_down);
}

#[test]
fn a_first_sync_that_is_cut_again_and_again_ends_with_everything() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let region = world.region(HEAD_REGION);
    for _ in 0..30 {
        let (household, commit) = alice.person().add_household(region);
        alice.queue(commit);
        let edit = alice.person().edit_household(household, "二幢");
        alice.queue(edit);
    }
    world.settle(&mut [&mut alice]);
    world.server.sync.group_bytes = 2_000;
    let mut bob = world.enrol_and_stop_after("micro_grid_head", HEAD_REGION, 2, 3);
    let mut cuts = 0;
    while !bob.session().is_quiescent() {
        world.hang_up(&mut bob);
        bob.purpose = resume(2, None, None);
        world.call(&mut bob);
        world.run(&mut [&mut bob], Some(8));
        cuts += 1;
        assert!(cuts < 500, "it never ends");
    }
    assert!(cuts > 5, "{cuts} cuts");
    // The city's regions up and down from the micro-grid, and the households.
    assert_eq!((bob.documents().len(), bob.entries.len() >= 6 + 2 * 30), (6 + 30, true));
}

#[test]
fn an_invitation_that_another_device_used_is_refused_with_its_code() {
    let mut world = World::new();
    let invitation = world.invite("micro_grid_head", HEAD_REGION);
    let mut alice = world.device(1, Some(&invitation));
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    let mut mallory = world.device(2, Some(&invitation));
    world.call(&mut mallory);
    world.run(&mut [&mut mallory], None);
    assert_eq!(mallory.closed.as_deref(), Some("invitation_used"));
    let mut stranger = world.device(3, None);
    world.call(&mut stranger);
    world.run(&mut [&mut stranger], None);
    assert_eq!(stranger.closed.as_deref(), Some("unknown_device"));
}

#[test]
fn a_held_commit_is_answered_and_its_verdict_comes_with_the_log() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let elsewhere = world.region(OTHER_REGION);
    let (_, commit) = alice.person().add_household(elsewhere);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    let Outcome::Held { number, code } = &alice.answers[0].outcome else { panic!() };
    assert_eq!(code, "not_granted");
    assert!(alice.entries.contains_key(&(*number, None)));
    assert!(world.server.metrics().to_text().contains("held_total{code=\"not_granted\"} 1"));
}

#[test]
fn a_device_whose_grants_have_ended_hands_over_its_late_work_reads_nothing_and_is_told() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.hang_up(&mut alice);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let region = world.region(HEAD_REGION);
    let (_, foreign) = bob.person().add_household(region);
    bob.queue(foreign);
    world.settle(&mut [&mut bob]);
    world.hang_up(&mut bob);
    let (cursor, entries) = (alice.cursor, alice.entries.len());

    world.unix_ms += 2 * YEAR_MS;
    world.call(&mut alice);
    let (_, late) = alice.person().add_household(region);
    alice.queue(late);
    world.run(&mut [&mut alice], None);
    let Outcome::Held { code, .. } = &alice.answers[0].outcome else { panic!() };
    assert_eq!((code.as_str(), alice.closed.as_deref()), ("expired", None));
    world.now_ms += keting_trust::limits::HAND_OVER_MS;
    world.run(&mut [&mut alice], None);
    assert_eq!(alice.closed.as_deref(), Some("expired"));
    assert_eq!((alice.cursor, alice.entries.len()), (cursor, entries));
}

#[test]
fn a_device_whose_grants_end_while_it_is_connected_gets_no_word_beyond_what_it_was_given() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let cursor = alice.cursor;
    world.unix_ms += 2 * YEAR_MS;
    let region = world.region(HEAD_REGION);
    let (_, late) = alice.person().add_household(region);
    alice.queue(late);
    world.run(&mut [&mut alice], None);
    assert!(matches!(&alice.answers[0].outcome, Outcome::Held { code, .. } if code == "expired"));
    assert_eq!((alice.closed.as_deref(), alice.cursor), (Some("expired"), cursor));
}

#[test]
fn a_device_that_is_given_more_gets_what_its_cursor_had_passed_over() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", OTHER_REGION, 2);
    let region = world.region(OTHER_REGION);
    let (household, commit) = bob.person().add_household(region);
    bob.queue(commit);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(!alice.documents().contains(&household));
    // The same once more is not more.
    let mut other = SqliteStoreBeside::new(&world);
    other.grant(&world, &alice.signer, HEAD_REGION);
    world.now_ms += 1_000;
    world.settle(&mut [&mut alice, &mut bob]);
    assert_eq!(alice.closed, None);
    other.grant(&world, &alice.signer, OTHER_REGION);
    world.now_ms += 1_000;
    world.run(&mut [&mut alice, &mut bob], None);
    assert_eq!(alice.closed.as_deref(), Some("audience_changed"));
    world.hang_up(&mut alice);
    world.call(&mut alice);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(alice.documents().contains(&household));
    world.verify();
}

#[test]
fn a_cursor_with_the_right_number_and_another_chain_is_of_another_log() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let honest = alice.cursor.unwrap();
    world.hang_up(&mut alice);
    let region = world.region(HEAD_REGION);
    let (household, commit) = bob.person().add_household(region);
    bob.queue(commit);
    world.settle(&mut [&mut bob]);
    let head = bob.cursor.unwrap();

    let chain = keting_trust::ChainHash::new([7; 32]);
    let elsewhere = keting_model::LogId::new([7; 16]);
    for lost in [
        Cursor { chain, ..honest },
        Cursor { chain, ..head },
        Cursor { chain: head.chain, ..honest },
        Cursor { number: 0, ..honest },
        Cursor { number: head.number + 1, ..head },
        Cursor { generation: honest.generation + 1, ..honest },
        Cursor { log: elsewhere, ..honest },
    ] {
        alice.cursor = Some(lost);
        world.call(&mut alice);
        world.run(&mut [&mut alice, &mut bob], None);
        assert_eq!(alice.closed, None, "{lost:?}");
        assert_eq!(alice.parted_from.take(), Some(head), "{lost:?} is taken for one of this log");
        assert!(!alice.documents().contains(&household));
        assert_eq!(alice.cursor, Some(lost));
        world.hang_up(&mut alice);
    }

    alice.cursor = Some(honest);
    world.call(&mut alice);
    world.settle(&mut [&mut alice]);
    assert_eq!(alice.parted_from, None);
    assert!(alice.documents().contains(&household));
}

#[test]
fn a_first_sync_that_was_interrupted_on_a_lost_branch_begins_anew() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let region = world.region(HEAD_REGION);
    for _ in 0..10 {
        let (_, commit) = alice.person().add_household(region);
        alice.queue(commit);
    }
    world.settle(&mut [&mut alice]);
    world.server.sync.group_bytes = 2_000;
    let mut bob = world.enrol_and_stop_after("micro_grid_head", HEAD_REGION, 2, 5);
    world.hang_up(&mut bob);
    let position = &mut bob.first_sync.as_mut().unwrap().position;
    position.at.chain = keting_trust::ChainHash::new([7; 32]);
    bob.entries.clear();
    world.call(&mut bob);
    world.settle(&mut [&mut bob, &mut alice]);
    assert_eq!(bob.closed, None);
    assert_eq!(bob.documents().len(), 6 + 10, "whole documents, from the first");
    assert_eq!(bob.cursor, alice.cursor);
}

#[test]
fn frames_that_are_rubbish_close_the_connection_and_nothing_else() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    for frame in [&b""[..], b"\x00", b"\x07rubbish", &[0xff; 100], &[0; 5_000]] {
        let connection = world.server.connect([1; 32], world.now_ms);
        world.server.handle_frame(connection, frame, world.now_ms);
        world.server.step(world.now_ms, NOW_MS);
        while world.server.poll_transmit(connection).is_some() {}
        assert!(world.server.is_closed(connection));
        world.server.disconnect(connection);
    }
    assert_eq!(world.server.health().connections, 1);
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.settle(&mut [&mut alice]);
    assert_eq!(alice.answers.len(), 1);
}

#[test]
fn what_a_device_confirmed_is_written_down() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    world.settle(&mut [&mut alice]);
    let number = alice.session().cursor().unwrap().number;
    while let Some((at, why)) = world.server.poll_timeout() {
        world.now_ms = at;
        world.server.step(world.now_ms, NOW_MS);
        if why == "confirmations" {
            break;
        }
    }
    let device = alice.signer.public_key().device_id();
    let row = world.server.store().snapshot().unwrap().device(&device).unwrap().unwrap();
    assert_eq!(row.confirmed_number, number);
}

#[test]
fn another_processs_entries_are_noticed_by_looking() {
    let mut world = World::with(Some(1_000));
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut other = SqliteStoreBeside::new(&world);
    let mut bob = other.town_person(&world);
    let region = world.region(HEAD_REGION);
    let (household, commit) = bob.add_household(region);
    other.admit(&world, bob.push(vec![commit]));
    assert!(!alice.documents().contains(&household));
    world.now_ms += 1_000;
    world.settle(&mut [&mut alice]);
    assert!(alice.documents().contains(&household));
}

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
const OTHER_GRID: &str = "99048100100102";

struct World {
    dir: tempfile::TempDir,
    server: Server,
    now_ms: u64,
    unix_ms: u64,
    links: u64,
}

/// A device without a disk: what it was told to persist, and its outbox.
struct Device {
    signer: Ed25519Signer,
    purpose: Purpose,
    city: keting_model::CityId,
    session: Option<DeviceSession>,
    connection: Option<ConnectionId>,
    person: Option<Person>,
    outbox: Vec<keting_sync::PushedCommit>,
    answers: Vec<Answer>,
    entries: BTreeMap<(u64, Option<DocumentId>), Entry>,
    cursor: Option<Cursor>,
    first_sync: Option<keting_sync::FirstSync>,
    closed: Option<String>,
    /// Where the server's log ends, once it said that the device's cursor is of another.
    parted_from: Option<Cursor>,
    bytes_down: usize,
}

impl World {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(poll_store_every_ms: Option<u64>) -> Self {
        let Town { dir, store, .. } = Town::new();
        assert_eq!(store_path(dir.path()), dir.path().join("server.sqlite"));
        let config = Config {
            endpoint: endpoint(),
            threads: 1,
            open_documents_bytes_max: SERVER_DOCUMENTS_OPEN_BYTES_MAX,
            poll_store_every_ms,
        };
        let server = Server::open(Box::new(store), config, Box::new(Seeded(7))).unwrap();
        Self { dir, server, now_ms: 0, unix_ms: NOW_MS, links: 0 }
    }

    fn region(&mut self, code: &str) -> DocumentId {
        self.server.store().snapshot().unwrap().region_by_code(code).unwrap().unwrap().document
    }

    fn invite(&mut self, role: &str, region: &str) -> Invitation {
        let request = InviteRequest {
            name: "王五".into(),
            role: role.into(),
            region_code: Some(region.into()),
            days: None,
            grant_days: None,
        };
        self.server.invite(&request, NOW_MS).unwrap().parse().unwrap()
    }

    fn device(&self, seed: u8, invitation: Option<&Invitation>) -> Device {
        let purpose = match invitation {
            Some(invitation) => Purpose::Enrol {
                secret: keting_sync::Secret::new(*invitation.secret.as_bytes()),
                name: "phone".into(),
            },
            None => resume(seed, None, None),
        };
        Device {
            signer: Ed25519Signer::from_seed([seed; 32]),
            purpose,
            city: self.server.city().id,
            session: None,
            connection: None,
            person: None,
            outbox: Vec::new(),
            answers: Vec::new(),
            entries: BTreeMap::new(),
            cursor: None,
            first_sync: None,
            closed: None,
            parted_from: None,
            bytes_down: 0,
        }
    }

    fn enrol(&mut self, role: &str, region: &str, seed: u8) -> Device {
        let mut device = self.enrol_and_stop_after(role, region, seed, usize::MAX);
        self.settle(&mut [&mut device]);
        device
    }

    fn enrol_and_stop_after(
        &mut self,
        role: &str,
        region: &str,
        seed: u8,
        rounds: usize,
    ) -> Device {
        let invitation = self.invite(role, region);
        let mut device = self.device(seed, Some(&invitation));
        self.call(&mut device);
        self.run(&mut [&mut device], Some(rounds));
        let id = device.signer.public_key().device_id();
        let read = self.server.store().snapshot().unwrap();
        let grant = read.grants_of(&id).unwrap().remove(0).digest;
        drop(read);
        let signer = Ed25519Signer::from_seed([seed; 32]);
        device.person = Some(Person::new(self.server.city(), signer, grant, [seed; 8]));
        device.purpose = resume(seed, None, None);
        device
    }

    fn call(&mut self, device: &mut Device) {
        self.links += 1;
        let mut binding = [0; 32];
        binding[..8].copy_from_slice(&self.links.to_be_bytes());
        if let Purpose::Sync { cursor, first_sync, .. } = &mut device.purpose {
            (*cursor, *first_sync) = (device.cursor, device.first_sync.clone());
        }
        let config = DeviceConfig {
            versions: keting_sync::VERSIONS.to_vec(),
            city: device.city,
            software: "test".into(),
            device: device.signer.public_key().clone(),
            purpose: device.purpose.clone(),
        };
        let mut session = DeviceSession::new(config, self.links);
        session.handle_connected(&binding, self.now_ms);
        device.session = Some(session);
        device.connection = Some(self.server.connect(binding, self.now_ms));
        device.bytes_down = 0;
    }

    fn hang_up(&mut self, device: &mut Device) {
        device.perform(self.now_ms);
        if let Some(connection) = device.connection.take() {
            self.server.disconnect(connection);
        }
        device.session = None;
    }

    /// Carries frames until nothing moves, and asserts that every session is content.
    fn settle(&mut self, devices: &mut [&mut Device]) {
        self.run(devices, None);
        // A device that something foreign happened to hears of it later.
        for _ in 0..4 {
            if devices.iter().all(|device| device.session().is_quiescent()) {
                let head = self.server.health().number;
                if devices.iter().all(|d| d.session().cursor().is_some_and(|c| c.number == head)) {
                    return;
                }
            }
            self.now_ms += keting_trust::limits::UP_TO_EVERY_MS;
            self.run(devices, None);
        }
        panic!("the sessions do not come to rest");
    }

    /// Carries frames until nothing moves, or so many have been carried.
    fn run(&mut self, devices: &mut [&mut Device], mut frames_max: Option<usize>) {
        loop {
            let mut moved = false;
            for device in devices.iter_mut() {
                moved |= device.perform(self.now_ms);
                let (Some(session), Some(connection)) = (&mut device.session, device.connection)
                else {
                    continue;
                };
                while let Some(frame) = session.poll_transmit() {
                    self.server.handle_frame(connection, &frame, self.now_ms);
                    moved = true;
                }
            }
            self.server.step(self.now_ms, self.unix_ms);
            for device in devices.iter_mut() {
                let Some(connection) = device.connection else { continue };
                while let Some(frame) = self.server.poll_transmit(connection) {
                    if let Some(left) = &mut frames_max {
                        if *left == 0 {
                            return;
                        }
                        *left -= 1;
                    }
                    device.bytes_down += frame.len();
                    device.session.as_mut().unwrap().handle_frame(&frame, self.now_ms);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn verify(&mut self) {
        let read = self.server.store().snapshot().unwrap();
        assert_eq!(verify(&*read, &mut |_| {}).unwrap().differences, []);
    }
}

fn resume(seed: u8, cursor: Option<Cursor>, first_sync: Option<keting_sync::FirstSync>) -> Purpose {
    let incarnation = Incarnation::new([seed; 8]);
    Purpose::Sync { cursor, first_sync, incarnation, last_sequence: 0 }
}

impl Device {
    fn session(&self) -> &DeviceSession {
        self.session.as_ref().unwrap()
    }

    fn person(&mut self) -> &mut Person {
        self.person.as_mut().unwrap()
    }

    fn queue(&mut self, commit: crate::admission::PushedCommit) {
        let command = keting_trust::SignedCommit::open(&commit.signed).unwrap().body.command;
        self.outbox.push(keting_sync::PushedCommit {
            key: CommitKey::own(command),
            signed: commit.signed,
            parts: commit.parts,
        });
        self.session.as_mut().unwrap().handle_outbox_changed(0);
    }

    fn documents(&self) -> BTreeSet<DocumentId> {
        self.entries.keys().filter_map(|(_, document)| *document).collect()
    }

    fn perform(&mut self, now_ms: u64) -> bool {
        let mut effects = VecDeque::new();
        let mut moved = false;
        loop {
            let Some(session) = &mut self.session else { return moved };
            session.handle_timeout(now_ms);
            while let Some(event) = session.poll_event() {
                match event {
                    DeviceEvent::Closed(reason) => self.closed = Some(reason.code().to_owned()),
                    DeviceEvent::LogDiverged { theirs, .. } => self.parted_from = Some(theirs),
                    _ => {}
                }
            }
            effects.extend(std::iter::from_fn(|| session.poll_effect()));
            let Some(effect) = effects.pop_front() else { return moved };
            moved = true;
            self.perform_one(effect, now_ms);
        }
    }

    fn perform_one(&mut self, effect: DeviceEffect, now_ms: u64) {
        let session = self.session.as_mut().unwrap();
        match effect {
            DeviceEffect::SignHello { id, bytes } => {
                session.handle_signed(id, self.signer.sign(&bytes), now_ms);
            }
            DeviceEffect::SignConfirmation { id, confirmation } => {
                let signed = SignedConfirmation::sign(confirmation, &self.signer);
                session.handle_signed(id, signed.map(|signed| signed.bytes), now_ms);
            }
            DeviceEffect::ReadOutbox { id, after, commits_max, .. } => {
                let items = self.outbox.iter().zip(1..).skip(usize::try_from(after).unwrap());
                let items = items
                    .take(commits_max)
                    .map(|(commit, place)| OutboxItem { place, commit: commit.clone() })
                    .collect();
                session.handle_outbox(id, Ok(OutboxBatch { items, more: false }), now_ms);
            }
            DeviceEffect::Persist(persist) => {
                self.answers.extend(persist.answers);
                for entry in persist.entries {
                    if entry.parts.is_empty() {
                        self.entries.insert((entry.number, None), entry.clone());
                    }
                    for part in &entry.parts {
                        self.entries.insert((entry.number, Some(part.document)), entry.clone());
                    }
                }
                match persist.moved {
                    Some(Moved::FirstSync(position)) => self.first_sync = Some(position),
                    Some(Moved::Log(cursor)) => {
                        (self.cursor, self.first_sync) = (Some(cursor), None);
                    }
                    None => {}
                }
                let incarnation = Incarnation::new([0; 8]);
                let persisted = Persisted { incarnation, last_sequence: 0 };
                session.handle_persisted(persist.id, Ok(persisted), now_ms);
            }
            DeviceEffect::Close(_) => {}
        }
    }
}

/// A second server process's view of the same store.
struct SqliteStoreBeside {
    store: crate::store::sqlite::SqliteStore,
    admission: Admission,
}

impl SqliteStoreBeside {
    fn new(world: &World) -> Self {
        let store = crate::store::sqlite::SqliteStore::open(&store_path(world.dir.path())).unwrap();
        Self { store, admission: Admission::new(1) }
    }

    fn town_person(&mut self, world: &World) -> Person {
        let signer = Ed25519Signer::from_seed([77; 32]);
        let grant = self.grant(world, &signer, HEAD_REGION);
        Person::new(world.server.city(), signer, grant, [77; 8])
    }

    fn grant(&mut self, world: &World, signer: &Ed25519Signer, region: &str) -> Digest {
        let request = InviteRequest {
            name: "李四".into(),
            role: "micro_grid_head".into(),
            region_code: Some(region.into()),
            days: None,
            grant_days: None,
        };
        let seed = 99 + self.store.snapshot().unwrap().head().unwrap().unwrap().number;
        let (city, endpoint, mut random) = (world.server.city(), endpoint(), Seeded(seed));
        let invitation =
            invite(&mut self.store, city, &endpoint, &request, &mut random, NOW_MS).unwrap();
        let enrolled = crate::enrol::enrol(
            &mut self.store,
            city,
            &invitation.secret,
            signer.public_key(),
            "phone",
            &mut random,
            NOW_MS,
        )
        .unwrap();
        Digest::of(enrolled.grants.last().unwrap())
    }

    fn admit(&mut self, world: &World, push: Push) {
        self.admission.admit(&mut self.store, world.server.city(), &[push], NOW_MS).unwrap();
    }
}
