//! Where what people made lies, by their own words; and what the server may hold of it: of two regions
//! of one code the one that came second, with all that lies in it. Everything else that is honest is
//! never held.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::household::HouseholdCommand;
use keting_model::region::RegionCommand;
use keting_model::{Command, DocumentId, DocumentKind};
use keting_server::store::{CommitState, ServerRead};
use keting_trust::CommitId;

use crate::said::Said;
use crate::world::{Broken, World};

/// The regions and households that people made.
#[derive(Debug, Default)]
pub struct Places {
    /// What each lies in.
    above: BTreeMap<DocumentId, DocumentId>,
    /// The codes of the regions.
    codes: BTreeMap<DocumentId, String>,
}

impl Places {
    /// Takes in what a command makes, if it makes anything.
    pub fn learn(&mut self, command: &Command) {
        match command {
            Command::Region(RegionCommand::Add { region, parent, fields }) => {
                self.above.extend(parent.map(|parent| (*region, parent)));
                let code = fields.value("code").map(ToString::to_string).unwrap_or_default();
                self.codes.insert(*region, code);
            }
            Command::Household(HouseholdCommand::Add { household, region, .. }) => {
                self.above.insert(*household, *region);
            }
            _ => {}
        }
    }

    /// Every code that people gave a region.
    pub fn codes(&self) -> BTreeSet<String> {
        self.codes.values().cloned().collect()
    }

    /// The regions that something lies in, as far as people made them; itself among them, if it is one.
    fn regions_of(&self, document: DocumentId) -> Vec<DocumentId> {
        let chain = std::iter::successors(Some(document), |at| self.above.get(at).copied());
        chain.filter(|at| at.kind() == Some(DocumentKind::Region)).collect()
    }

    /// Whether the server was right to hold a commit about something, for the reason it gave.
    pub fn is_rightly_held(
        &self,
        said: &Said,
        read: &dyn ServerRead,
        (commit, about): (&CommitId, DocumentId),
        code: &str,
    ) -> bool {
        let makes_it = said.maker(&about).as_ref() == Some(commit);
        match code {
            "code_exists" => {
                let stands = self.codes.get(&about).map(|code| read.region_by_code(code).unwrap());
                makes_it && stands.flatten().is_some_and(|stands| stands.document != about)
            }
            "ancestor_held" => {
                let lies_in = self.regions_of(about).into_iter();
                let mut lies_in = lies_in.filter(|region| !makes_it || *region != about);
                lies_in.any(|region| is_held(said, read, &region))
            }
            _ => false,
        }
    }

    /// Whether something, or a region that it lies in, is among these.
    pub fn is_any_above(&self, these: &BTreeSet<DocumentId>, about: DocumentId) -> bool {
        these.contains(&about) || self.regions_of(about).iter().any(|it| these.contains(it))
    }

    /// Whether a commit about something has to be held, since it lies in a region that is.
    pub fn must_be_held(&self, said: &Said, read: &dyn ServerRead, about: DocumentId) -> bool {
        self.regions_of(about).iter().any(|region| is_held(said, read, region))
    }
}

fn is_held(said: &Said, read: &dyn ServerRead, region: &DocumentId) -> bool {
    let Some(maker) = said.maker(region) else { return false };
    let answered = said.anew.at_server(read, &maker).unwrap();
    answered.is_some_and(|answered| matches!(answered.state, CommitState::Held { .. }))
}

impl World {
    /// Demands of what somebody has just entered that it is not built on what their phone knows to be
    /// held.
    ///
    /// # Errors
    /// When it is.
    pub fn demand_sound_ground(&self, index: usize, about: DocumentId) -> Result<(), Broken> {
        let regions = self.memory.places.regions_of(about);
        match regions.iter().find(|region| self.is_known_to_be_held(index, region)) {
            None => Ok(()),
            Some(region) => {
                let name = &self.devices[index].name;
                Err(format!(
                    "{name} entered something in {region}, which their phone knows is held"
                ))
            }
        }
    }

    /// Demands of a phone that no code finds a region there that it knows to be held.
    ///
    /// # Errors
    /// When one does.
    pub fn demand_finder(&self, index: usize) -> Result<(), Broken> {
        let Some(replica) = &self.devices[index].replica else { return Ok(()) };
        for code in self.memory.places.codes() {
            let found = replica.region_of_code(&code).map_err(|error| error.to_string())?;
            if found.is_some_and(|found| self.is_known_to_be_held(index, &found)) {
                return Err(format!("{} finds a held region by {code}", self.devices[index].name));
            }
        }
        Ok(())
    }

    /// Whether a phone's own file says that the making of a region does not stand. A disk that fails
    /// says nothing.
    fn is_known_to_be_held(&self, index: usize, region: &DocumentId) -> bool {
        let Some(replica) = &self.devices[index].replica else { return false };
        let Some(maker) = self.said.maker(region) else { return false };
        let found = self.said.anew.in_file(replica.store(), &maker).ok().flatten();
        found.is_some_and(|here| !here.stands())
    }
}
