//! The devices that this one knows: those whose grants are here.

use keting_model::Role;
use keting_trust::{DeviceId, RecordKind, SignedGrant};

use crate::error::EngineError;
use crate::shell::local::Local;

/// A device whose grant is here. One that has several grants is listed for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// Its id.
    pub device: DeviceId,
    /// The name of its holder.
    pub name: String,
    /// What the holder may do with it.
    pub role: Role,
    /// When the grant ends by the city's time, milliseconds since the Unix epoch.
    pub expires_at_ms: u64,
}

impl Local {
    /// The devices whose grants are here.
    ///
    /// # Errors
    /// `not_enrolled` while this one has not joined; when the file cannot be read.
    pub fn known_devices(&self) -> Result<Vec<KnownDevice>, EngineError> {
        self.require_joined()?;
        let records = self.read(|reader| reader.records_of(RecordKind::Grant.code()))?;
        let grants = records.iter().filter_map(|one| SignedGrant::read_stored(&one.bytes).ok());
        Ok(grants.map(KnownDevice::of).collect())
    }
}

impl KnownDevice {
    fn of(signed: SignedGrant) -> Self {
        let grant = signed.grant;
        let (device, role) = (grant.holder.device_id(), grant.role);
        Self { device, name: grant.name, role, expires_at_ms: grant.expires_at_ms }
    }
}
