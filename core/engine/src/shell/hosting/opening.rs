//! How a replica's file is opened: for the first time as the app says, later as what it then is.

use std::path::PathBuf;
use std::sync::Arc;

use keting_trust::Invitation;

use crate::directory;
use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::Replica;
use crate::vault::Vault;

/// Makes the clocks and the source of chance for each opening of the file.
pub(crate) type NewEnvironment = Box<dyn Fn() -> Box<dyn Environment> + Send>;

/// Where a replica is, and what is needed to open it.
pub(crate) struct Opening {
    pub(crate) directory: PathBuf,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) environment: NewEnvironment,
    pub(crate) first: First,
}

/// What opening is for the first time.
pub(crate) enum First {
    /// It is there.
    Open,
    /// It is made, or accepts the invitation.
    Join(Box<Invitation>),
    /// Its file is damaged.
    Salvage,
}

impl Opening {
    /// Opens the file.
    pub(super) fn open(&mut self) -> Result<Replica, EngineError> {
        let (vault, environment) = (Arc::clone(&self.vault), (self.environment)());
        let opened = match &self.first {
            First::Open => directory::open(&self.directory, vault, environment),
            First::Join(invitation) => {
                directory::create(&self.directory, vault, environment, invitation)
            }
            First::Salvage => directory::salvage(&self.directory, vault, environment)
                .map(|(replica, _report)| replica),
        }?;
        self.first = First::Open;
        Ok(opened)
    }
}
