//! What is done under the lock: compare, number, write.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::CommandId;
use keting_trust::limits::DEVICE_HELD_BYTES_MAX;
use keting_trust::{
    CommitId, DeviceId, Outcome as VerdictOutcome, RecordKind, SignedVerdict, Verdict,
};

use super::check::Checked;
use super::checker::Admissible;
use super::grants::ShownGrants;
use super::receive::{Item, Opened, day};
use super::{Contradiction, Finding, Outcome};
use crate::authority::Book;
use crate::city::City;
use crate::store::{
    AudienceKey, CommitState, ServerRead, ServerTransaction, StoreError, StoredCommit,
    StoredDevice, StoredDocument, StoredHeld, StoredPart,
};

/// Whether what was checked against an earlier view holds now as well.
pub(super) fn still_holds(
    read: &dyn ServerRead,
    items: &[Item<'_>],
    checked: &Checked,
    book: &Book,
) -> Result<bool, StoreError> {
    let head = read.head()?.ok_or(StoreError::Empty)?;
    if head.cursor() == checked.head.cursor() {
        return Ok(true);
    }
    if !book.is_current(&head) {
        return Ok(false);
    }
    for (id, working) in &checked.documents {
        let heads = read.document(id)?.map(|stored| stored.heads);
        if heads.as_ref() != working.stored.as_ref().map(|stored| &stored.heads) {
            return Ok(false);
        }
    }
    for (item, finding) in items.iter().zip(&checked.findings) {
        if let (Ok(opened), Finding::Admit(_) | Finding::Held(_) | Finding::Superseded(_)) =
            (&item.opened, finding)
            && is_known(read, opened, finding)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a commit, or another one in its place or of its act, has been answered since it was looked up.
fn is_known(
    read: &dyn ServerRead,
    opened: &Opened<'_>,
    finding: &Finding,
) -> Result<bool, StoreError> {
    let CommitId { device, command } = &opened.id;
    let body = &opened.commit.body;
    Ok(read.commit_state(device, command)?.is_some()
        || read.is_sequence_taken(device, &body.incarnation, body.sequence)?
        || !matches!(finding, Finding::Superseded(_))
            && read.admitted_of_act(device, &body.act())?.is_some())
}

/// Gives every commit its number and writes all rows. The answers are good once the transaction is
/// committed.
pub(super) fn record(
    transaction: &mut dyn ServerTransaction,
    city: &City,
    items: &[Item<'_>],
    checked: &Checked,
    book: &Book,
    now_ms: u64,
) -> Result<Result<(Vec<Outcome>, u64), Contradiction>, StoreError> {
    let mut writer = Writer {
        transaction,
        city,
        grants: ShownGrants::new(book),
        now_ms,
        firsts: BTreeMap::new(),
        devices: BTreeMap::new(),
        regions_number: None,
    };
    let mut answers: Vec<Outcome> = Vec::with_capacity(items.len());
    let mut repeated = 0;
    for (item, finding) in items.iter().zip(&checked.findings) {
        let answer = match (finding, &item.opened) {
            (Finding::Answered(outcome), _) => {
                repeated += 1;
                Ok(outcome.clone())
            }
            (Finding::SameAs(first), _) => {
                repeated += 1;
                let same = answers.get(*first).cloned();
                Ok(same.unwrap_or(Outcome::Refused { code: "store_contradiction" }))
            }
            (Finding::Refused(code), _)
            | (Finding::Held(_) | Finding::Admit(_) | Finding::Superseded(_), Err(code)) => {
                writer.refuse(item, code)
            }
            (Finding::Superseded(by), Ok(opened)) => writer.supersede(opened, *by),
            (Finding::Held(code), Ok(opened)) => writer.hold(item, opened, code),
            (Finding::Admit(admissible), Ok(opened)) => writer.admit(opened, admissible),
        };
        match answer {
            Ok(outcome) => answers.push(outcome),
            Err(StoreError::Contradiction | StoreError::OutOfRange) => {
                return Ok(Err(Contradiction { push: item.push }));
            }
            Err(error) => return Err(error),
        }
    }
    for (device, bytes) in checked.allowances.wasted() {
        writer.charge_day(&device, bytes)?;
    }
    writer.finish(checked)?;
    Ok(Ok((answers, repeated)))
}

struct Writer<'t, 'c> {
    transaction: &'t mut dyn ServerTransaction,
    city: &'c City,
    now_ms: u64,
    grants: ShownGrants<'c>,
    /// The entry that first touched each document of the batch.
    firsts: BTreeMap<keting_model::DocumentId, u64>,
    devices: BTreeMap<DeviceId, StoredDevice>,
    regions_number: Option<u64>,
}

impl Writer<'_, '_> {
    fn admit(
        &mut self,
        opened: &Opened<'_>,
        admissible: &Admissible,
    ) -> Result<Outcome, StoreError> {
        self.grants.show(self.transaction, opened, admissible)?;
        let number = self.transaction.append(RecordKind::Commit, &opened.commit.bytes)?.number;
        self.answer(opened, number, CommitState::Admitted)?;
        self.transaction.put_actor(&opened.commit.actor(), &opened.id.device)?;
        let mut audiences = BTreeSet::new();
        for (part, found) in opened.parts.iter().zip(&admissible.parts) {
            self.transaction.put_part(
                number,
                &StoredPart {
                    entry: found.entry,
                    document: part.document,
                    salt: part.salt,
                    change: part.change.clone(),
                    hash: found.hash,
                    actor: found.actor,
                    seq: found.seq,
                },
            )?;
            self.firsts.entry(part.document).or_insert(number);
            audiences.insert(AudienceKey { region: found.home, kind: part.document.kind_code() });
        }
        for key in &audiences {
            self.transaction.put_audience(number, key)?;
        }
        if admissible.own {
            self.transaction.put_own(number, &opened.id.device)?;
        }
        for region in &admissible.regions {
            self.transaction.put_region(region)?;
            self.regions_number = Some(number);
        }
        self.charge_day(&opened.id.device, opened.bytes())?;
        self.supersede_held(opened)?;
        Ok(Outcome::Admitted { number })
    }

    /// Passes the verdict that the commit of the same author with the command `by` stands for its act.
    fn supersede(&mut self, opened: &Opened<'_>, by: CommandId) -> Result<Outcome, StoreError> {
        let number = self.pass(opened.id, superseded(opened.id.device, by))?;
        self.answer(opened, number, CommitState::Superseded { verdict: number })?;
        self.charge_day(&opened.id.device, opened.bytes())?;
        Ok(Outcome::Superseded { number })
    }

    /// Passes the same verdict on what was held of the act of a commit that is admitted.
    fn supersede_held(&mut self, admitted: &Opened<'_>) -> Result<(), StoreError> {
        let CommitId { device, command: by } = admitted.id;
        for held in self.transaction.held_of_act(&device, &admitted.commit.body.act())? {
            let commit = CommitId { device, command: held.command };
            let number = self.pass(commit, superseded(device, by))?;
            let bytes = self.transaction.supersede_held(&device, &held.command, number)?;
            if let Some(row) = self.device(&device)? {
                row.held_bytes = row.held_bytes.saturating_sub(bytes);
            }
        }
        Ok(())
    }

    /// Counts what came to nothing against the day of the device that pushed it: it cost the
    /// others as much as if it had been kept.
    fn refuse(&mut self, item: &Item<'_>, code: &'static str) -> Result<Outcome, StoreError> {
        self.charge_day(&item.carrier, item.bytes)?;
        Ok(Outcome::Refused { code })
    }

    fn charge_day(&mut self, device: &DeviceId, bytes: u64) -> Result<(), StoreError> {
        let today = day(self.now_ms);
        if let Some(device) = self.device(device)? {
            if device.day != today {
                (device.day, device.day_bytes) = (today, 0);
            }
            device.day_bytes = device.day_bytes.saturating_add(bytes);
        }
        Ok(())
    }

    fn hold(
        &mut self,
        item: &Item<'_>,
        opened: &Opened<'_>,
        code: &'static str,
    ) -> Result<Outcome, StoreError> {
        // Another commit of the act may stand before it in the batch.
        let act = opened.commit.body.act();
        if let Some(stands) = self.transaction.admitted_of_act(&opened.id.device, &act)? {
            return self.supersede(opened, stands.command);
        }
        let bytes = opened.bytes();
        let within = self.device(&opened.id.device)?.is_some_and(|device| {
            let held_bytes = device.held_bytes.saturating_add(bytes);
            let within = held_bytes <= DEVICE_HELD_BYTES_MAX;
            if within {
                device.held_bytes = held_bytes;
            }
            within
        });
        if !within {
            return self.refuse(item, "quota_exceeded");
        }
        let number = self.pass(opened.id, VerdictOutcome::Held { code: code.to_owned() })?;
        self.answer(opened, number, CommitState::Held { code: code.to_owned() })?;
        self.transaction.put_held(&StoredHeld {
            device: opened.id.device,
            command: opened.id.command,
            number,
            record: opened.commit.bytes.clone(),
            parts: opened.parts.to_vec(),
            hashes: opened.own_changes(),
        })?;
        Ok(Outcome::Held { number, code: code.to_owned() })
    }

    fn answer(
        &mut self,
        opened: &Opened<'_>,
        number: u64,
        state: CommitState,
    ) -> Result<(), StoreError> {
        self.transaction.put_commit(&StoredCommit {
            device: opened.id.device,
            command: opened.id.command,
            act: opened.commit.body.act(),
            incarnation: opened.commit.body.incarnation,
            sequence: opened.commit.body.sequence,
            number,
            digest: opened.digest,
            state,
        })
    }

    /// Passes a verdict on a commit, which its author sees.
    fn pass(&mut self, commit: CommitId, outcome: VerdictOutcome) -> Result<u64, StoreError> {
        let (city, log, at_ms) = (self.city.id, self.city.log, self.now_ms);
        let verdict = Verdict { city, log, commit, outcome, at_ms };
        let head = self.transaction.head()?.ok_or(StoreError::Empty)?;
        let signed =
            SignedVerdict::sign_at(head.cursor().next_place(), verdict, &self.city.issuing)
                .map_err(|error| StoreError::Failed(Box::new(error)))?;
        let number = self.transaction.append(RecordKind::Verdict, &signed.bytes)?.number;
        self.transaction.put_own(number, &commit.device)?;
        Ok(number)
    }

    fn device(&mut self, id: &DeviceId) -> Result<Option<&mut StoredDevice>, StoreError> {
        if !self.devices.contains_key(id) {
            match self.transaction.device(id)? {
                Some(row) => self.devices.insert(*id, row),
                None => return Ok(None),
            };
        }
        Ok(self.devices.get_mut(id))
    }

    fn finish(self, checked: &Checked) -> Result<(), StoreError> {
        for (id, working) in checked.documents.iter().filter(|(_, working)| working.added > 0) {
            let first = self.firsts.get(id).copied().unwrap_or(0);
            let (Some(home), stored) = (working.home, working.stored.as_ref()) else { continue };
            let heads = working.document.as_ref().map(keting_model::Document::heads);
            let row = StoredDocument {
                id: *id,
                home,
                heads: heads.unwrap_or_default(),
                change_count: stored.map_or(0, |stored| stored.change_count) + working.added,
                first_number: stored.map_or(first, |stored| stored.first_number),
                bytes: working.snapshot.len() as u64,
            };
            self.transaction.put_document(&row, &working.snapshot)?;
        }
        for device in self.devices.values() {
            self.transaction.put_device(device)?;
        }
        if let Some(regions_number) = self.regions_number {
            let head = self.transaction.head()?.ok_or(StoreError::Empty)?;
            self.transaction.set_head(&crate::store::Head { regions_number, ..head })?;
        }
        Ok(())
    }
}

fn superseded(device: DeviceId, by: CommandId) -> VerdictOutcome {
    VerdictOutcome::Superseded { by: CommitId { device, command: by } }
}
