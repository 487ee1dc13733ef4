//! From a command to a signed commit on the disk.
//!
//! The changes are made on copies of the documents and judged by the same rule and the same
//! authority as anybody else's; only then one transaction writes commit, changes, projection rows
//! and outbox entry. When it returns, the edit is durable; when it fails, nothing happened.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::{
    Authored, CityTime, Command, CommandError, Document, DocumentId, DocumentKind, Edit, Home, Op,
    RULE_VERSION, RowChange, Stamp, Touched, Warning, difference, home_of, judge, project,
};
use keting_store::{
    CommitRow, OutboxEntry, OutboxState, StoreError, StoredChange, StoredCommit, Transaction,
};
use keting_trust::guard::scan;
use keting_trust::{
    CommitBody, CommitId, Cursor, Digest, Grant, Incarnation, Part, Position, SignedCommit,
    actor_id, covers_write, limits,
};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::authors::Author;
use crate::replica::cache::Open;
use crate::replica::dating::Dated;
use crate::replica::occasion::Occasion;
use crate::replica::planned_on::{Base, Seen};
use crate::replica::regions::RegionsWith;

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
    base: Base,
    /// The document as it is here with the change in it.
    pub(super) after: Document,
    ops: Vec<Op>,
    authored: Authored,
    part: Part,
}

/// What a person wants, and what it was planned on.
struct Wish<'c> {
    command: &'c Command,
    planned_on: Seen,
    occasion: Occasion<'c>,
}

/// What a commit says of its command and of other commits.
struct Said {
    name: &'static str,
    /// The grant to name.
    grant: Digest,
    /// The place of the log that its author had seen.
    seen: Position,
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
        self.carry_out(command, Occasion::Given { draft: None })
            .map_err(|error| self.connect_anew_after(error))
    }

    /// Carries out a command, as somebody gave it or anew.
    pub(super) fn carry_out(
        &mut self,
        command: &Command,
        occasion: Occasion<'_>,
    ) -> Result<Executed, EngineError> {
        let anew = occasion.anew();
        self.settle_incarnation()?;
        let seen = self.seen()?;
        let mut bases = self.open_bases(command.documents(), anew.map(|anew| &anew.seen))?;
        let mut documents: BTreeMap<_, _> =
            bases.iter_mut().map(|(id, base)| (*id, base.lend())).collect();
        let plan = command.plan(&documents)?;
        for (id, base) in &mut bases {
            documents.remove(id).into_iter().for_each(|document| base.take_back(document));
        }
        let planned_on = Seen::of(&bases);
        let followed = self.followed_in(&bases)?;

        let mut dated = self.date_edit();
        if anew.is_some_and(|anew| anew.begins_incarnation) {
            dated = dated.in_incarnation(Incarnation::new(self.environment.random()));
        }
        let stamp = Stamp {
            actor: actor_id(self.signer.public_key(), &dated.incarnation),
            time: dated.clock.time,
            city: command.time().unwrap_or(dated.now),
            command: keting_model::CommandId::new(self.environment.random()),
        };
        let warnings = command.warnings(&plan, stamp.city, &self.store, &self.withheld())?;
        let mut drafts = Vec::new();
        for Edit { document, ops } in plan.edits {
            let base = bases.remove(&document).ok_or(CommandError::NotGiven { document })?;
            drafts.push(draft(base, ops, &stamp, self.environment.random())?);
        }

        let said = Said {
            name: command.name(),
            grant: self.judge_own(command, stamp.city, &drafts)?,
            seen: anew.map_or(seen, |anew| anew.position),
            replaces: anew.map(|anew| anew.replaces),
            follows: self.follows(followed, &planned_on, &drafts)?,
        };
        let commit = self.sign(said, &drafts, &stamp, &dated)?;
        let wish = Wish { command, planned_on, occasion };
        let documents = self.keep(&wish, &commit, drafts, &dated)?;
        Ok(Executed { commit: commit.id(), documents, warnings })
    }

    /// How far the log is here.
    fn seen(&self) -> Result<Position, EngineError> {
        let city = self.city()?;
        let cursor = city.cursor.unwrap_or_else(|| Cursor::genesis(city.membership.log, 0));
        Ok(cursor.position())
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
            .map(|draft| Touched { before: draft.base.document(), ops: &draft.ops })
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
        let body = CommitBody {
            city: city.membership.city,
            log: city.membership.log,
            device: self.signer.public_key().clone(),
            incarnation: dated.incarnation,
            sequence: dated.clock.sequence,
            grant: said.grant,
            seen: said.seen,
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
        for Draft { base, after, authored, part, .. } in drafts {
            let rows = project(&after);
            changes.extend(difference(&base.here.rows, &rows));
            let changes_since_snapshot = base.here.changes_since_snapshot + 1;
            opened.push(Open { document: after, rows, changes_since_snapshot });
            made.push((authored, part));
        }
        let documents: Vec<_> = opened.iter().map(|open| open.document.id()).collect();
        let author = self.unknown_author(commit)?;
        let row = self.store.write(|transaction| {
            let row = write(transaction, wish, commit, &opened, made, dated.now)?;
            wish.occasion.settle(transaction, row)?;
            for open in &mut opened {
                snapshot_if_due(transaction, open)?;
            }
            transaction.put_row_changes(&changes)?;
            if let Some(author) = &author {
                author.write(transaction)?;
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

fn draft(base: Base, ops: Vec<Op>, stamp: &Stamp, salt: [u8; 16]) -> Result<Draft, EngineError> {
    let mut after = base.document().clone();
    let authored = after.author(stamp, &ops)?;
    if !base.is_as_here() {
        after = base.here.document.clone();
        after.apply(&authored.bytes)?;
    }
    let part = Part { salt, document: after.id(), change: authored.bytes.clone() };
    Ok(Draft { base, after, ops, authored, part })
}

fn write(
    transaction: &mut Transaction<'_>,
    wish: &Wish<'_>,
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
        replaces: commit.body.replaces.map(|first| first.command),
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
        command: wish.command.to_bytes(),
        state: OutboxState::Queued,
        queued_at_ms: wish.occasion.anew().map_or(now.unix_ms(), |anew| anew.entered_at_ms),
        carried_for: None,
        stands: true,
        planned_on: wish.planned_on.to_bytes(),
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
