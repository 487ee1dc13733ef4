//! What a grant lets its holder do: the role's table, narrowed by the grant, within its regions.
//!
//! Time is the server's clock, passed in. Whether the grant itself stands is
//! [`verify_chain`](crate::grant::verify_chain)'s question.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::{Family, Reach};
use keting_model::{DocumentId, DocumentKind};

use crate::grant::Grant;
use crate::limits::TREE_DEPTH_MAX;

/// Says which region lies in which. The answer may change with every decision of the log.
pub trait Tree {
    /// The region that `region` lies in; none for a region at the top or an unknown one.
    fn parent(&self, region: &DocumentId) -> Option<DocumentId>;
}

impl Tree for BTreeMap<DocumentId, DocumentId> {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        self.get(region).copied()
    }
}

/// Says why a grant does not permit something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The grant is not valid any more.
    #[error("the grant has expired")]
    Expired,
    /// The grant is not valid yet.
    #[error("the grant is not valid yet")]
    NotYetValid,
    /// The document lies in no region of the grant.
    #[error("the document lies outside the regions of the grant")]
    OutsideRegions,
    /// The grant does not permit this with documents of the kind.
    #[error("the grant does not cover documents of this kind")]
    Kind,
    /// The role does not permit it.
    #[error("the role does not permit this")]
    Role,
}

impl Denied {
    /// The stable code of the refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::OutsideRegions | Self::Kind | Self::Role => "not_granted",
        }
    }
}

/// Whether a grant covers a region: itself, or a region it lies in.
pub fn covers(grant: &Grant, tree: &dyn Tree, region: &DocumentId) -> bool {
    if grant.covers_city() {
        return true;
    }
    let mut region = *region;
    for _ in 0..TREE_DEPTH_MAX {
        if grant.regions.binary_search(&region).is_ok() {
            return true;
        }
        match tree.parent(&region) {
            Some(parent) => region = parent,
            None => return false,
        }
    }
    false
}

/// Whether a grant covers a write to a document of a kind that lives in the region `home`: what the
/// change touches must be among what the role writes. Whether the grant is live is another question,
/// see [`check_live`].
///
/// A region document's home is the region itself, and only regions *below* those of the grant may
/// be written; for a new one, `tree` must already know in which region it is to lie.
///
/// # Errors
/// When it does not reach that far.
pub fn covers_write(
    grant: &Grant,
    tree: &dyn Tree,
    home: &DocumentId,
    kind: DocumentKind,
    families: &BTreeSet<Family>,
) -> Result<(), Denied> {
    if !families.iter().all(|family| grant.may_write(*family)) {
        return Err(Denied::Role);
    }
    if !grant.access(kind.code()).is_some_and(|access| access.write) {
        return Err(Denied::Kind);
    }
    let reached = match kind {
        DocumentKind::Region if !grant.covers_city() => {
            tree.parent(home).is_some_and(|above| covers(grant, tree, &above))
        }
        DocumentKind::Region
        | DocumentKind::Household
        | DocumentKind::HouseholdPrivate
        | DocumentKind::HouseholdVisits => covers(grant, tree, home),
    };
    if reached { Ok(()) } else { Err(Denied::OutsideRegions) }
}

/// How much of the documents of a kind, in its regions, the holder of a grant may read: what both
/// the role and the grant permit. The grant must be live, see [`check_live`].
pub fn may_read(grant: &Grant, kind: DocumentKind) -> Option<Reach> {
    let access = grant.access(kind.code()).filter(|access| access.read)?;
    let (_, reach) = grant.role.reads().iter().find(|(readable, _)| *readable == kind)?;
    Some(if access.own_only { Reach::OwnOnly } else { *reach })
}

/// Checks that a grant by itself is valid at `now_ms`: from its first instant, not at its last.
///
/// # Errors
/// When it is not yet or not any more.
pub fn check_live(grant: &Grant, now_ms: u64) -> Result<(), Denied> {
    if now_ms < grant.issued_at_ms {
        Err(Denied::NotYetValid)
    } else if now_ms >= grant.expires_at_ms {
        Err(Denied::Expired)
    } else {
        Ok(())
    }
}
