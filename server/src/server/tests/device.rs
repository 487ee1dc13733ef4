//! A device of the protocol alone.

use std::collections::VecDeque;

use super::*;

/// A device without a disk: what it was told to persist, and its outbox.
pub(super) struct Device {
    pub(super) signer: Ed25519Signer,
    pub(super) purpose: Purpose,
    pub(super) city: keting_model::CityId,
    pub(super) session: Option<DeviceSession>,
    pub(super) connection: Option<ConnectionId>,
    pub(super) person: Option<Person>,
    pub(super) outbox: Vec<keting_sync::PushedCommit>,
    pub(super) answers: Vec<Answer>,
    pub(super) entries: BTreeMap<(u64, Option<DocumentId>), Entry>,
    pub(super) cursor: Option<Cursor>,
    pub(super) heard: Option<Claimed<Heard>>,
    pub(super) first_sync: Option<keting_sync::FirstSync>,
    pub(super) closed: Option<String>,
    pub(super) told_of_end: bool,
    /// Where the server's log ends, once it said that the device's cursor is of another.
    pub(super) parted_from: Option<Cursor>,
    /// What the last Welcome said of this incarnation.
    pub(super) highest: Option<Highest>,
    /// The grant of the issuing key that came with it.
    pub(super) issuing_grant: Option<Vec<u8>>,
    pub(super) bytes_down: usize,
}

impl Device {
    pub(super) fn session(&self) -> &DeviceSession {
        self.session.as_ref().unwrap()
    }

    pub(super) fn person(&mut self) -> &mut Person {
        self.person.as_mut().unwrap()
    }

    pub(super) fn queue(&mut self, commit: crate::admission::PushedCommit) {
        let command = keting_trust::SignedCommit::open(&commit.signed).unwrap().body.command;
        self.outbox.push(keting_sync::PushedCommit {
            key: CommitKey::own(command),
            signed: commit.signed,
            parts: commit.parts,
        });
        self.session.as_mut().unwrap().handle_outbox_changed(0);
    }

    /// Keeps the highest place of the log that the server names.
    fn take_words(&mut self, persist: &Persist) {
        let groups = persist.groups.iter().map(|group| &group.heard);
        let said = groups.chain(persist.answers.iter().map(|answers| &answers.heard));
        for heard in said {
            let number = |heard: &Claimed<Heard>| heard.says().cursor.number;
            if self.heard.as_ref().is_none_or(|before| number(before) < number(heard)) {
                self.heard = Some(heard.clone());
            }
        }
    }

    pub(super) fn documents(&self) -> BTreeSet<DocumentId> {
        self.entries.keys().filter_map(|(_, document)| *document).collect()
    }

    pub(super) fn perform(&mut self, now_ms: u64) -> bool {
        let mut effects = VecDeque::new();
        let mut moved = false;
        loop {
            let Some(session) = &mut self.session else { return moved };
            session.handle_timeout(now_ms);
            while let Some(event) = session.poll_event() {
                match event {
                    DeviceEvent::Closed(reason) => {
                        self.told_of_end |= reason.code() == "device_ended";
                        self.closed = Some(reason.code().to_owned());
                    }
                    DeviceEvent::Welcomed(welcome) => {
                        (self.highest, self.issuing_grant) =
                            (welcome.highest, welcome.issuing_grant);
                    }
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

    pub(super) fn perform_one(&mut self, effect: DeviceEffect, now_ms: u64) {
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
                self.take_words(&persist);
                let session = self.session.as_mut().unwrap();
                self.answers.extend(persist.all_answers().cloned());
                for entry in persist.entries().cloned() {
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
                let persisted = Persisted { incarnation, last_sequence: 0, has_come_on: true };
                session.handle_persisted(persist.id, Ok(persisted), now_ms);
            }
            DeviceEffect::Close(_) => {}
        }
    }
}

pub(super) fn resume(
    seed: u8,
    cursor: Option<Cursor>,
    first_sync: Option<keting_sync::FirstSync>,
) -> Purpose {
    let incarnation = Incarnation::new([seed; 8]);
    Purpose::Sync { cursor, first_sync, incarnation, last_sequence: 0, heard: None }
}
