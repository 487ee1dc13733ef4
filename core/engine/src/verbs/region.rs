//! Regions: added.

use keting_model::region::RegionCommand;
use keting_model::{Command, Fields, Level, RegionId};

use crate::replica::Replica;
use crate::verbs::{Made, set_given};

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

impl NewRegion {
    /// The command that adds it.
    pub(super) fn added(self, replica: &mut Replica) -> Made<RegionId> {
        let fresh = || RegionId::from_random(replica.environment().random());
        let id = self.id.unwrap_or_else(fresh);
        let fields = Fields::new().with("code", self.code).with("name", self.name);
        let mut fields = fields.with("level", self.level.name());
        set_given(&mut fields, "boundary", self.boundary);
        set_given(&mut fields, "head", self.head);
        let parent = Some(self.parent.document());
        let add = RegionCommand::Add { region: id.document(), parent, fields };
        Ok((id, Command::Region(add)))
    }
}
