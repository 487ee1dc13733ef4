//! Which region lies in which, as this replica knows it: read once from the projection, then kept
//! with every region that changes; and which of them has a code.

use std::cell::RefCell;
use std::collections::BTreeMap;

use keting_model::query::{self, Withheld};
use keting_model::{Cell, Document, DocumentId, DocumentKind};
use keting_store::{StoreError, View};
use keting_trust::Tree;

use crate::error::EngineError;
use crate::replica::Replica;

/// The tree of regions.
#[derive(Debug, Default)]
pub struct Regions {
    parents: RefCell<Option<BTreeMap<DocumentId, Option<DocumentId>>>>,
}

impl Regions {
    /// Reads the tree if it has not been read yet. Most opens of a file never need it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, store: &View) -> Result<(), StoreError> {
        if self.parents.borrow().is_some() {
            return Ok(());
        }
        *self.parents.borrow_mut() = Some(read_parents(store)?);
        Ok(())
    }

    /// The tree as a view of the file has it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(view: &View) -> Result<Self, StoreError> {
        Ok(Self { parents: RefCell::new(Some(read_parents(view)?)) })
    }

    /// Takes in a region that changed.
    pub fn learn(&mut self, document: &Document) {
        if let Some(parents) = self.parents.get_mut() {
            parents.insert(document.id(), parent_of(document));
        }
    }

    /// Whether a region is here.
    pub fn holds(&self, region: &DocumentId) -> bool {
        self.parents.borrow().as_ref().is_some_and(|parents| parents.contains_key(region))
    }
}

/// The tree with a document in it as a command would leave it: a region that is being made has its
/// place already.
pub struct RegionsWith<'r> {
    /// The tree as it is.
    pub regions: &'r Regions,
    /// The document.
    pub document: &'r Document,
}

impl RegionsWith<'_> {
    /// Whether a region is here.
    pub fn holds(&self, region: &DocumentId) -> bool {
        *region == self.document.id() || self.regions.holds(region)
    }
}

impl Tree for RegionsWith<'_> {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        let its_own = (*region == self.document.id()).then(|| parent_of(self.document)).flatten();
        its_own.or_else(|| self.regions.parent(region))
    }
}

impl Replica {
    /// The region with a code. Should two people have given the same, the one that is in the log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn region_of_code(&self, code: &str) -> Result<Option<DocumentId>, EngineError> {
        Ok(region_of_code(&self.store, &self.withheld(), code)?)
    }
}

/// The region with a code that may be shown: of several the one that is in the log, since the others
/// will be held.
pub(crate) fn region_of_code(
    view: &View,
    withheld: &Withheld,
    code: &str,
) -> Result<Option<DocumentId>, StoreError> {
    let mut found = Vec::new();
    for region in query::region_of_code(view, code)? {
        if withheld.shows(view, &region)? {
            found.push(region);
        }
    }
    if found.len() > 1 {
        for region in &found {
            if view.is_in_the_log(region)? {
                return Ok(Some(*region));
            }
        }
    }
    Ok(found.into_iter().next())
}

/// The region that a region says it lies in.
fn parent_of(document: &Document) -> Option<DocumentId> {
    if document.id().kind() != Some(DocumentKind::Region) {
        return None;
    }
    let parent = document.value("parent");
    DocumentId::from_slice(parent.as_ref().and_then(keting_model::Value::as_bytes)?).ok()
}

impl Tree for Regions {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        self.parents.borrow().as_ref().and_then(|parents| parents.get(region).copied().flatten())
    }
}

impl Tree for &Regions {
    fn parent(&self, region: &DocumentId) -> Option<DocumentId> {
        Regions::parent(self, region)
    }
}

fn read_parents(view: &View) -> Result<BTreeMap<DocumentId, Option<DocumentId>>, StoreError> {
    let mut parents = BTreeMap::new();
    view.query("SELECT document, parent FROM region", &[], &mut |cells| {
        if let [Cell::Blob(region), parent] = cells
            && let Ok(region) = DocumentId::from_slice(region)
        {
            let above = match parent {
                Cell::Blob(parent) => DocumentId::from_slice(parent).ok(),
                Cell::Null | Cell::Int(_) | Cell::Text(_) => None,
            };
            parents.insert(region, above);
        }
    })?;
    Ok(parents)
}
