//! From a command to a signed commit on the disk.
//!
//! The changes are made on copies of the documents and judged by the same rule and the same
//! authority as anybody else's; only then one transaction writes commit, changes, projection rows
//! and outbox entry. When it returns, the edit is durable; when it fails, nothing happened.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::{
    Authored, CityTime, Command, Document, DocumentId, DocumentKind, Home, Op, RULE_VERSION,
    RowChange, Stamp, Touched, Warning, difference, home_of, judge, project,
};
use keting_store::{
    CommitRow, OutboxEntry, OutboxState, StoreError, StoredChange, StoredCommit, Transaction,
};
use keting_trust::guard::scan;
use keting_trust::{
    CommitBody, CommitId, Cursor, Digest, Grant, Part, SignedCommit, actor_id, covers_write, limits,
};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::authors::Author;
use crate::replica::cache::Open;
use crate::replica::dating::Dated;
use crate::replica::regions::RegionsWith;
use crate::replica::rolled_back::Replaced;

/// A command that is done and durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// Its commit.
    pub commit: CommitId,
    /// The documents it changed.
    pub documents: Vec<DocumentId>,
    /// What the person should look at again: it may be wrong, and was kept.
    pub warnings: Vec<Warning>,
}

/// One document's share of a commit, before it is written.
pub(super) struct Draft {
    before: Open,
    pub(super) after: Document,
    ops: Vec<Op>,
    authored: Authored,
    part: Part,
}

/// What a person wants, and which earlier attempt at it goes with it.
struct Wish<'c> {
    command: &'c Command,
    replaced: Option<Replaced>,
}

/// What a commit says of its command and of other commits.
struct Said {
    name: &'static str,
    /// The grant to name.
    grant: Digest,
    replaces: Option<CommitId>,
    follows: Vec<CommitId>,
}

impl Replica {
    /// Carries out a command, durably.
    ///
    /// # Errors
    /// When the device is not enrolled, the command is not valid on the documents as they are, the
    /// holder's grant does not permit it, or the file cannot be written. Nothing has then happened.
    pub fn execute(&mut self, command: &Command) -> Result<Executed, EngineError> {
        self.carry_out(command, None).map_err(|error| self.connect_anew_after(error))
    }

    /// Carries out a command, perhaps anew: its commit then takes the place of another.
    pub(super) fn carry_out(
        &mut self,
        command: &Command,
        replaced: Option<Replaced>,
    ) -> Result<Executed, EngineError> {
        self.settle_incarnation()?;
        let mut opened = self.open_for(command)?;
        let planned_on: BTreeSet<_> = opened.keys().copied().collect();
        // A document with a long history is costly to copy, so it is lent to the plan and not copied.
        let documents: BTreeMap<_, _> =
            opened.iter_mut().map(|(id, open)| (*id, open.lend_document())).collect();
        let plan = command.plan(&documents)?;
        for (id, document) in documents {
            opened.entry(id).and_modify(|open| open.document = document);
        }

        let dated = self.date_edit();
        let stamp = Stamp {
            actor: actor_id(self.signer.public_key(), &dated.incarnation),
            time: dated.clock.time,
            city: command.time().unwrap_or(dated.now),
            command: keting_model::CommandId::new(self.environment.random()),
        };
        let warnings = command.warnings(&plan, stamp.city);
        let mut drafts = Vec::new();
        for edit in plan.edits {
            let before = match opened.remove(&edit.document) {
                Some(open) => open,
                None => self.open_document(&edit.document)?,
            };
            drafts.push(draft(before, edit.ops, &stamp, self.environment.random())?);
        }

        let grant = self.judge_own(command, stamp.city, &drafts)?;
        let follows = self.follows(&planned_on, &drafts)?;
        let replaces = replaced.map(|replaced| replaced.commit);
        let said = Said { name: command.name(), grant, replaces, follows };
        let commit = self.sign(said, &drafts, &stamp, &dated)?;
        let wish = Wish { command, replaced };
        let documents = self.keep(&wish, &commit, drafts, &dated)?;
        Ok(Executed { commit: commit.id(), documents, warnings })
    }

    fn open_for(&mut self, command: &Command) -> Result<BTreeMap<DocumentId, Open>, EngineError> {
        self.city()?;
        command.documents().into_iter().map(|id| Ok((id, self.open_document(&id)?))).collect()
    }

    /// The author's own replica judges first: what others would hold is refused at once. Gives the
    /// grant to name: the one that permits the first change and lives longest.
    fn judge_own(
        &mut self,
        command: &Command,
        city_time: CityTime,
        drafts: &[Draft],
    ) -> Result<Digest, EngineError> {
        within_limits(drafts)?;
        let touched: Vec<_> = drafts
            .iter()
            .map(|draft| Touched { before: &draft.before.document, ops: &draft.ops })
            .collect();
        let families = judge(command.name(), RULE_VERSION, city_time, &touched)?;
        let mut named = None;
        for draft in drafts {
            let id = draft.after.id();
            let home = self.home(&draft.after, drafts)?;
            let none = BTreeSet::new();
            let families = families.get(&id).unwrap_or(&none);
            let permitting = self.may_write(&draft.after, &home, families)?;
            named.get_or_insert(permitting);
        }
        Ok(match named {
            Some(named) => named,
            None => self.city()?.grants.longest().digest(),
        })
    }

    fn may_write(
        &self,
        document: &Document,
        home: &DocumentId,
        families: &BTreeSet<Family>,
    ) -> Result<Digest, EngineError> {
        let city = self.city()?;
        city.regions.read(&self.store)?;
        let kind = document.id().kind();
        let kind = kind.ok_or(EngineError::NotFound { what: "the document's kind" })?;
        let tree = RegionsWith { regions: &city.regions, document };
        if !tree.holds(home) {
            return Err(EngineError::NotFound { what: "the region" });
        }
        let covers = |grant: &Grant| covers_write(grant, &tree, home, kind, families);
        Ok(city.grants.covering(self.server_time_ms(), covers)?.digest())
    }

    /// The region a document lives in; for a part of a household, where the household lives.
    fn home(&mut self, document: &Document, drafts: &[Draft]) -> Result<DocumentId, EngineError> {
        let missing = EngineError::NotFound { what: "the document's region" };
        match home_of(document).ok_or(missing)? {
            Home::Itself => Ok(document.id()),
            Home::Region(region) => Ok(region),
            Home::Of(owner) => {
                let drafted = drafts.iter().find(|draft| draft.after.id() == owner);
                let home = match drafted {
                    Some(draft) => home_of(&draft.after),
                    None => home_of(&self.open_document(&owner)?.document),
                };
                match home {
                    Some(Home::Region(region)) => Ok(region),
                    Some(Home::Itself | Home::Of(_)) | None => {
                        Err(EngineError::NotFound { what: "the household" })
                    }
                }
            }
        }
    }

    fn sign(
        &self,
        said: Said,
        drafts: &[Draft],
        stamp: &Stamp,
        dated: &Dated,
    ) -> Result<SignedCommit, EngineError> {
        let city = self.city()?;
        let log = city.membership.log;
        let seen = city.cursor.unwrap_or_else(|| Cursor::genesis(log, 0));
        let body = CommitBody {
            city: city.membership.city,
            log,
            device: self.signer.public_key().clone(),
            incarnation: dated.incarnation,
            sequence: dated.clock.sequence,
            grant: said.grant,
            seen: seen.position(),
            command: stamp.command,
            command_name: said.name.to_owned(),
            rule_version: RULE_VERSION,
            time: stamp.time,
            city_time: stamp.city,
            replaces: said.replaces,
            follows: said.follows,
            entries: drafts.iter().map(|draft| draft.part.digest()).collect(),
        };
        Ok(SignedCommit::sign(body, self.signer.as_ref())?)
    }

    fn keep(
        &mut self,
        wish: &Wish<'_>,
        commit: &SignedCommit,
        drafts: Vec<Draft>,
        dated: &Dated,
    ) -> Result<Vec<DocumentId>, EngineError> {
        let mut changes = Vec::new();
        let mut opened = Vec::new();
        let mut made = Vec::new();
        for Draft { before, after, authored, part, .. } in drafts {
            let rows = project(&after);
            changes.extend(difference(&before.rows, &rows));
            let changes_since_snapshot = before.changes_since_snapshot + 1;
            opened.push(Open { document: after, rows, changes_since_snapshot });
            made.push((authored, part));
        }
        let documents: Vec<_> = opened.iter().map(|open| open.document.id()).collect();
        let author = self.unknown_author(commit)?;
        let row = self.store.write(|transaction| {
            let row = write(transaction, wish.command, commit, &opened, made, dated.now)?;
            for open in &mut opened {
                snapshot_if_due(transaction, open)?;
            }
            transaction.put_row_changes(&changes)?;
            if let Some(author) = &author {
                author.write(transaction)?;
            }
            if let Some(Replaced { row, .. }) = wish.replaced {
                transaction.forget_work(row)?;
            }
            dated.keep(transaction)?;
            Ok(row)
        })?;
        self.unacknowledged.learn(row, &documents);
        self.authors.learn(author.as_slice());
        self.incarnation = dated.incarnation;
        (self.clock, self.city_clock) = (dated.clock, dated.city_clock);
        self.take_in(opened, &changes);
        Ok(documents)
    }

    /// The writer of one's own commit, if the file may not know them yet.
    fn unknown_author(&self, commit: &SignedCommit) -> Result<Option<Author>, EngineError> {
        let grants = &self.city()?.grants;
        let own = grants.named(&commit.body.grant).unwrap_or(grants.longest());
        let lacks = self.authors.lacks(&commit.actor(), &commit.body.grant);
        Ok(lacks.then(|| Author::of(commit, &own.grant.name)))
    }

    /// After a transaction: what is open is what the file holds, and those who watch are told.
    pub(super) fn take_in(&mut self, opened: Vec<Open>, changes: &[RowChange]) {
        for open in opened {
            if let (Some(city), Some(DocumentKind::Region)) =
                (&mut self.city, open.document.id().kind())
            {
                city.regions.learn(&open.document);
            }
            self.documents.put(open);
        }
        self.observers.tell(changes);
    }
}

/// What everybody else would refuse for its size is refused at once, while it can still be divided.
fn within_limits(drafts: &[Draft]) -> Result<(), EngineError> {
    let parts = drafts.iter().map(|draft| draft.part.change.len()).sum::<usize>();
    let signed_max = drafts.len() * limits::COMMIT_PART_BYTES
        + limits::COMMIT_FOLLOWS_MAX * limits::COMMIT_FOLLOWED_BYTES
        + limits::COMMIT_BYTES_BESIDE_PARTS;
    if parts + signed_max > limits::COMMIT_WITH_PARTS_BYTES_MAX {
        return Err(EngineError::TooLarge);
    }
    for draft in drafts {
        scan(&draft.part.change).map_err(|_| EngineError::TooLarge)?;
    }
    Ok(())
}

fn draft(before: Open, ops: Vec<Op>, stamp: &Stamp, salt: [u8; 16]) -> Result<Draft, EngineError> {
    let mut after = before.document.clone();
    let authored = after.author(stamp, &ops)?;
    let part = Part { salt, document: after.id(), change: authored.bytes.clone() };
    Ok(Draft { before, after, ops, authored, part })
}

fn write(
    transaction: &mut Transaction<'_>,
    command: &Command,
    commit: &SignedCommit,
    opened: &[Open],
    made: Vec<(Authored, Part)>,
    now: CityTime,
) -> Result<CommitRow, StoreError> {
    let row = transaction.put_commit(&StoredCommit {
        device: *commit.id().device.as_bytes(),
        command: commit.body.command,
        bytes: commit.bytes.clone(),
        number: None,
        incarnation: *commit.body.incarnation.as_bytes(),
        sequence: commit.body.sequence,
        received_at_ms: now.unix_ms(),
    })?;
    for (entry, (open, (authored, part))) in (0_u32..).zip(opened.iter().zip(made)) {
        let change = StoredChange {
            hash: authored.hash,
            actor: commit.actor(),
            seq: authored.seq,
            commit: row,
            entry,
            salt: part.salt.to_vec(),
            bytes: authored.bytes,
        };
        transaction.put_document_change(&part.document, &change, &open.document.heads())?;
    }
    transaction.put_outbox(&OutboxEntry {
        commit: row,
        command: command.to_bytes(),
        state: OutboxState::Queued,
        queued_at_ms: now.unix_ms(),
        carried_for: None,
        stands: true,
    })?;
    Ok(row)
}

/// Writes a compacted save once enough changes have gathered behind the last one.
pub(super) fn snapshot_if_due(
    transaction: &mut Transaction<'_>,
    open: &mut Open,
) -> Result<(), StoreError> {
    if open.changes_since_snapshot >= keting_trust::limits::CHANGES_AFTER_SNAPSHOT_MAX {
        let document = &open.document;
        transaction.put_snapshot(&document.id(), &document.save(), &document.heads())?;
        open.changes_since_snapshot = 0;
    }
    Ok(())
}
