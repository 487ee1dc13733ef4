//! Whose the actors are that documents name: learnt with each commit from the grant it was made
//! under, written in the transaction that keeps the commit, and compared with the commits by
//! [`super::verify`].

use std::collections::{BTreeMap, BTreeSet};

use keting_model::query::Rows;
use keting_model::{ActorId, Cell, DocumentId, PUT_AUTHOR};
use keting_store::{StoreError, Transaction};
use keting_trust::{DeviceId, Digest, SignedCommit, limits};

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::verify::{Difference, VerifyReport};

/// The writer of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) actor: ActorId,
    pub(super) device: DeviceId,
    /// The grant the name is from.
    pub(super) grant: Digest,
    pub(super) name: String,
}

impl Author {
    /// The writer of a commit, whose grant names its holder so.
    pub(super) fn of(commit: &SignedCommit, name: &str) -> Self {
        Self {
            actor: commit.actor(),
            device: commit.id().device,
            grant: commit.body.grant,
            name: name.to_owned(),
        }
    }

    /// Writes whose the actor is.
    pub(super) fn write(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let actor = Cell::Blob(self.actor.as_bytes().to_vec());
        let device = Cell::Blob(self.device.as_bytes().to_vec());
        transaction.put(PUT_AUTHOR, &[actor, device, Cell::Text(self.name.clone())])
    }
}

/// The writers that the file has already, so that not every edit writes one: the grant by which each
/// is known.
#[derive(Debug, Default)]
pub(super) struct KnownAuthors(BTreeMap<ActorId, Digest>);

impl KnownAuthors {
    /// Whether the file may not have this writer yet, or under another name.
    pub(super) fn lacks(&self, actor: &ActorId, grant: &Digest) -> bool {
        self.0.get(actor) != Some(grant)
    }

    /// Takes note of writers that are durable now.
    pub(super) fn learn(&mut self, written: &[Author]) {
        if self.0.len().saturating_add(written.len()) > limits::AUTHORS_KEPT_MAX {
            self.0.clear();
        }
        self.0.extend(written.iter().map(|author| (author.actor, author.grant)));
    }
}

/// Whose the actors must be, by the commits that were verified.
#[derive(Debug, Default)]
pub(super) struct ExpectedAuthors(BTreeMap<ActorId, Expected>);

#[derive(Debug)]
struct Expected {
    /// A document the actor wrote in, to name in the report.
    document: DocumentId,
    device: DeviceId,
    /// What the holder was called in the grants that the commits name.
    names: BTreeSet<String>,
}

impl ExpectedAuthors {
    /// Takes in a commit that changed a document, whose grant names its holder so.
    pub(super) fn expect(&mut self, document: &DocumentId, commit: &SignedCommit, name: &str) {
        let expected = self.0.entry(commit.actor()).or_insert_with(|| Expected {
            document: *document,
            device: commit.id().device,
            names: BTreeSet::new(),
        });
        if !expected.names.contains(name) {
            expected.names.insert(name.to_owned());
        }
    }
}

impl Replica {
    /// Whether this device wrote as an actor, in whatever incarnation.
    pub(super) fn wrote_as(&self, actor: &ActorId) -> Result<bool, StoreError> {
        let mut is_own = false;
        let device = self.device();
        let parameters = [actor.as_bytes().as_slice(), device.as_bytes()];
        let parameters = parameters.map(|bytes| Cell::Blob(bytes.to_vec()));
        self.store.query(
            "SELECT 1 FROM author WHERE actor = ?1 AND device = ?2",
            &parameters,
            &mut |_| is_own = true,
        )?;
        Ok(is_own)
    }

    /// Finds writers whom screens would show under another name or device than their commits say.
    pub(super) fn find_wrong_authors(
        &self,
        expected: &ExpectedAuthors,
        report: &mut VerifyReport,
    ) -> Result<(), EngineError> {
        for (actor, Expected { document, device, names }) in &expected.0 {
            let mut is_right = false;
            let parameters = [Cell::Blob(actor.as_bytes().to_vec())];
            self.store.query(
                "SELECT device, name FROM author WHERE actor = ?1",
                &parameters,
                &mut |row| {
                    is_right = matches!(row, [Cell::Blob(known), Cell::Text(name)]
                        if known == device.as_bytes() && names.contains(name));
                },
            )?;
            if !is_right {
                let difference = Difference { document: *document, what: "author_differs" };
                report.differences.push(difference);
            }
        }
        Ok(())
    }
}
