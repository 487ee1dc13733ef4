//! From a command to a signed commit on the disk.
//!
//! What a person wants is judged by the same rule and the same authority as anybody else's; only then one
//! transaction writes commit, changes, projection rows and outbox entry. When it returns, the edit is durable;
//! when it fails, nothing happened.
//!
//! The changes are made on the open documents themselves: a copy costs the more the longer the history is. A
//! document is not among the open ones meanwhile, so where an edit comes to nothing after its change was made,
//! the document is dropped with it and read from the file the next time.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::Family;
use keting_model::{
    Authored, CityTime, Command, CommandError, Document, DocumentId, DocumentKind, Edit, Home, Op,
    Plan, RULE_VERSION, RowChange, Stamp, Touched, Warning, difference, home_of, judge, project,
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
    /// The document as it is here with the change in it, and the rows from before it.
    here: Open,
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
        self.settle_incarnation()?;
        let mut bases =
            self.take_bases(command.documents(), occasion.anew().map(|anew| &anew.seen))?;
        let done = self.carry_out_on(&mut bases, command, occasion);
        self.keep_open(bases);
        done
    }

    /// Carries out a command on its documents. Those that it changed are not among them afterwards.
    fn carry_out_on(
        &mut self,
        bases: &mut BTreeMap<DocumentId, Base>,
        command: &Command,
        occasion: Occasion<'_>,
    ) -> Result<Executed, EngineError> {
        let anew = occasion.anew();
        let seen = self.seen()?;
        let plan = plan(command, bases)?;
        let planned_on = Seen::of(bases);
        let followed = self.followed_in(bases)?;

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
        let families = judged(command, stamp.city, &plan, bases)?;
        let mut drafts = Vec::new();
        for Edit { document, ops } in plan.edits {
            let base = bases.remove(&document).ok_or(CommandError::NotGiven { document })?;
            drafts.push(draft(base, &ops, &stamp, self.environment.random())?);
        }
        within_limits(&drafts)?;

        let said = Said {
            name: command.name(),
            grant: self.permitting(&families, &drafts, bases)?,
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

    /// The grant to name: the one that permits the first change and lives longest. The author's own replica
    /// looks first: what others would hold is refused at once.
    fn permitting(
        &mut self,
        families: &BTreeMap<DocumentId, BTreeSet<Family>>,
        drafts: &[Draft],
        bases: &BTreeMap<DocumentId, Base>,
    ) -> Result<Digest, EngineError> {
        let mut named = None;
        for draft in drafts {
            let home = self.home(draft.after(), drafts, bases)?;
            let none = BTreeSet::new();
            let families = families.get(&draft.after().id()).unwrap_or(&none);
            let permitting = self.may_write(draft.after(), &home, families)?;
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
    fn home(
        &mut self,
        document: &Document,
        drafts: &[Draft],
        bases: &BTreeMap<DocumentId, Base>,
    ) -> Result<DocumentId, EngineError> {
        let missing = EngineError::NotFound { what: "the document's region" };
        match home_of(document).ok_or(missing)? {
            Home::Itself => Ok(document.id()),
            Home::Region(region) => Ok(region),
            Home::Of(owner) => {
                let drafted = drafts.iter().map(Draft::after).find(|after| after.id() == owner);
                let given = drafted.or_else(|| Some(&bases.get(&owner)?.here.document));
                let home = match given {
                    Some(owner) => home_of(owner),
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
        for Draft { here, authored, part } in drafts {
            let rows = project(&here.document);
            changes.extend(difference(&here.rows, &rows));
            let changes_since_snapshot = here.changes_since_snapshot + 1;
            opened.push(Open { rows, changes_since_snapshot, ..here });
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

impl Draft {
    /// The document as it is here with the change in it.
    pub(super) fn after(&self) -> &Document {
        &self.here.document
    }
}

/// What a command makes of its documents, as they are planned on.
fn plan(command: &Command, bases: &mut BTreeMap<DocumentId, Base>) -> Result<Plan, CommandError> {
    let mut documents: BTreeMap<_, _> =
        bases.iter_mut().map(|(id, base)| (*id, base.lend())).collect();
    let plan = command.plan(&documents);
    for (id, base) in bases {
        documents.remove(id).into_iter().for_each(|document| base.take_back(document));
    }
    plan
}

/// The rule's word on what is planned: which families of keys are written, by document.
fn judged(
    command: &Command,
    city_time: CityTime,
    plan: &Plan,
    bases: &BTreeMap<DocumentId, Base>,
) -> Result<BTreeMap<DocumentId, BTreeSet<Family>>, EngineError> {
    let touched = plan.edits.iter().map(|Edit { document, ops }| {
        let base = bases.get(document).ok_or(CommandError::NotGiven { document: *document })?;
        Ok(Touched { before: base.document(), ops })
    });
    let touched = touched.collect::<Result<Vec<_>, CommandError>>()?;
    Ok(judge(command.name(), RULE_VERSION, city_time, &touched)?)
}

fn draft(base: Base, ops: &[Op], stamp: &Stamp, salt: [u8; 16]) -> Result<Draft, EngineError> {
    let Base { mut here, seen } = base;
    let authored = match seen {
        None => here.document.author(stamp, ops)?,
        Some(mut seen) => {
            let authored = seen.author(stamp, ops)?;
            here.document.apply(&authored.bytes)?;
            authored
        }
    };
    let part = Part { salt, document: here.document.id(), change: authored.bytes.clone() };
    Ok(Draft { here, authored, part })
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
