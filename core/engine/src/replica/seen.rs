//! What a replica's file tells whoever only looks at it: nothing is written, and no incarnation begins.

use keting_store::{DatabaseKey, Look, OpenError, look};

use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::city_clock::{CityClock, Reading};
use crate::replica::whereabouts::Whereabouts;
use crate::replica::{City, ReplicaConfig, Status, dating, enrol, open_config, salvaged};
use crate::vault::Vault;

/// What a file tells.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: Status,
    /// Where the server is, if the device is enrolled or invited.
    pub(crate) server: Option<Whereabouts>,
    /// The city's time by now, milliseconds since the Unix epoch.
    pub(crate) city_ms: u64,
}

/// Opens a replica's file to look at it.
///
/// # Errors
/// When the key does not open it, or it cannot be read.
pub(crate) fn look_at(
    config: &ReplicaConfig<'_>,
    key: &DatabaseKey,
    vault: &dyn Vault,
) -> Result<Look, EngineError> {
    if salvaged::was_emptied(config.path, vault, &config.id)? {
        return Err(OpenError::Corrupt.into());
    }
    Ok(look(&open_config(config, key))?)
}

impl Seen {
    /// Reads it.
    ///
    /// # Errors
    /// When the file cannot be read, or what it keeps is damaged.
    pub(crate) fn read(look: &Look, environment: &dyn Environment) -> Result<Self, EngineError> {
        let file = look.reader();
        let reading = Reading::of(environment);
        let clock = CityClock::resume(dating::read(file)?, &reading);
        let now = clock.now(&reading);
        let server = match enrol::whereabouts(file, City::read(file)?.as_ref()) {
            Err(EngineError::NotEnrolled) => None,
            found => Some(found?),
        };
        let status = Status::read(file, now, clock.off_ms(&reading))?;
        Ok(Self { status, server, city_ms: now.unix_ms() })
    }
}
