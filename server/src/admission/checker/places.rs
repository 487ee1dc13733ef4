//! Where things lie: the home of a document, and the row of a region.

use keting_model::home::{Home, home_of};
use keting_model::region::Level;
use keting_model::{Document, DocumentId, Value};

use super::{Checker, Judged};
use crate::admission::reached::{Reached, ReachedPart};
use crate::store::{ServerRead, StoreError, StoredRegion};

/// Where a document is found to lie.
pub(super) enum Found {
    Home(DocumentId),
    Nothing,
}

impl Checker<'_> {
    /// Where a document lives. The first admitted change says so, once and for all.
    pub(super) fn home(
        &self,
        index: usize,
        part: &ReachedPart,
        guarded: &Reached,
        read: Option<&dyn ServerRead>,
    ) -> Result<Found, StoreError> {
        if let Some(home) = self.beside.get(&part.id).and_then(|working| working.home) {
            return Ok(Found::Home(home));
        }
        let owner = match home_of(&part.document) {
            None => return Ok(Found::Nothing),
            Some(Home::Itself) => return Ok(Found::Home(part.id)),
            Some(Home::Region(region)) => return Ok(Found::Home(region)),
            Some(Home::Of(owner)) => owner,
        };
        // The owner may be made by this very commit, by one before it, or be long there.
        let made_here = guarded.parts.iter().find(|part| part.id == owner);
        if let Some(Home::Region(region)) = made_here.and_then(|part| home_of(&part.document))
            && self.beside.get(&owner).is_none_or(|working| working.home.is_none())
        {
            return Ok(Found::Home(region));
        }
        if let Some(home) = self.beside.get(&owner).and_then(|working| working.home) {
            return Ok(Found::Home(home));
        }
        if let Some((maker, home)) = self.homes.get(&owner)
            && *maker < index
        {
            return Ok(Found::Home(*home));
        }
        let stored = match read {
            Some(read) => read.document(&owner)?,
            None => None,
        };
        Ok(stored.map_or(Found::Nothing, |stored| Found::Home(stored.home)))
    }

    /// The row of a region, or why there can be none.
    pub(super) fn region(
        &self,
        document: &Document,
        read: &dyn ServerRead,
    ) -> Result<Result<StoredRegion, Judged>, StoreError> {
        let text =
            |key: &str| document.value(key).as_ref().and_then(Value::as_text).map(str::to_owned);
        let id = document.id();
        let before = self.known_region(&id, read)?;
        let level = text("level").as_deref().and_then(Level::from_name);
        let (Some(code), Some(level), Some(name)) = (text("code"), level, text("name")) else {
            return Ok(Err(Judged::Against("incomplete")));
        };
        let parent = document.value("parent");
        let parent = parent
            .as_ref()
            .and_then(Value::as_bytes)
            .and_then(|bytes| DocumentId::from_slice(bytes).ok());
        if let Some(before) = before {
            // Where a region lies changes by a decision only, never by a merge.
            return Ok(Ok(StoredRegion { name, ..before }));
        }
        if let Some(parent) = &parent {
            let Some(parent) = self.known_region(parent, read)? else {
                return Ok(Err(Judged::Against("missing_dependency")));
            };
            if parent.level >= level {
                return Ok(Err(Judged::Against("wrong_parent")));
            }
            if !level.continues(&parent.code, &code) {
                return Ok(Err(Judged::Against("wrong_code")));
            }
        }
        let taken = self.regions.values().any(|region| region.code == code)
            || read.region_by_code(&code)?.is_some();
        if taken {
            return Ok(Err(Judged::Against("code_exists")));
        }
        Ok(Ok(StoredRegion { document: id, code, parent, level, name }))
    }

    fn known_region(
        &self,
        id: &DocumentId,
        read: &dyn ServerRead,
    ) -> Result<Option<StoredRegion>, StoreError> {
        match self.regions.get(id) {
            Some(region) => Ok(Some(region.clone())),
            None => read.region(id),
        }
    }
}
