//! Regions: added.

use keting_model::region::RegionCommand;
use keting_model::{Command, Fields, Level, RegionId};

use crate::shell::local::Local;
use crate::verbs::{Saving, set_given};

/// A region to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegion {
    /// The id that the form took; none for a fresh one.
    pub id: Option<RegionId>,
    /// The region it lies in.
    pub parent: RegionId,
    /// The code, which continues that of the region it lies in.
    pub code: String,
    /// The name, as it was typed; so are the other texts.
    pub name: String,
    /// How deep it lies.
    pub level: Level,
    /// The boundary, in words.
    pub boundary: Option<String>,
    /// The person in charge.
    pub head: Option<String>,
}

impl Local {
    /// Adds a region.
    ///
    /// # Errors
    /// When a field is not valid, the code does not continue that of the region it lies in, the holder may
    /// not, or the file cannot be written.
    pub fn add_region(&self, region: NewRegion, draft: Option<String>) -> Saving<RegionId> {
        self.save(draft, |replica| {
            let fresh = || RegionId::from_random(replica.environment().random());
            let id = region.id.unwrap_or_else(fresh);
            let fields = Fields::new().with("code", region.code).with("name", region.name);
            let mut fields = fields.with("level", region.level.name());
            set_given(&mut fields, "boundary", region.boundary);
            set_given(&mut fields, "head", region.head);
            let parent = Some(region.parent.document());
            let add = RegionCommand::Add { region: id.document(), parent, fields };
            Ok((id, Command::Region(add)))
        })
    }
}
