//! What every device has been given, for the operator.

use keting_trust::{DeviceId, Grant};

use crate::authority::{Book, Uncovered};
use crate::city::City;
use crate::named::{Unnamed, only_named};
use crate::store::{ServerRead, StoreError};

/// A grant, as the operator looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Whose it is.
    pub device: DeviceId,
    /// The holder's name.
    pub name: String,
    /// The name of the role.
    pub role: &'static str,
    /// The codes of the regions; none stands for the whole city.
    pub regions: Vec<String>,
    /// Until when it is good, milliseconds since the Unix epoch.
    pub expires_at_ms: u64,
    /// Whether it is good at the moment.
    pub state: GrantState,
}

/// Whether a grant is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantState {
    /// It is.
    Live,
    /// It will be.
    NotYetValid,
    /// Its time is over.
    Over,
    /// Its device was ended, for this reason.
    Ended(String),
}

impl GrantState {
    /// The word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::NotYetValid => "not_yet_valid",
            Self::Over => "over",
            Self::Ended(_) => "ended",
        }
    }
}

/// Says why a device was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No device has such an id. Not retryable.
    #[error("there is no such device")]
    NoSuchDevice,
    /// Several devices have ids that begin so. Not retryable.
    #[error("several devices have an id that begins so")]
    AmbiguousDevice,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchDevice => "no_such_device",
            Self::AmbiguousDevice => "ambiguous_device",
            Self::Store(error) => error.code(),
        }
    }
}

/// The device that an id in hexadecimal digits, or the beginning of one, names. The server's own is
/// none of them.
///
/// # Errors
/// When none or several are named, or the store cannot be read.
pub fn find_device(
    read: &dyn ServerRead,
    city: &City,
    wanted: &str,
) -> Result<DeviceId, FindError> {
    let devices = read.devices()?.into_iter().map(|row| row.device);
    let devices = devices.filter(|device| !city.is_server_device(device));
    only_named(devices, |device| *device, wanted).map_err(|unnamed| match unnamed {
        Unnamed::Nothing => FindError::NoSuchDevice,
        Unnamed::Several => FindError::AmbiguousDevice,
    })
}

/// Lists the grants of all devices but the server's own, device by device, each in the log's order.
///
/// # Errors
/// When the store cannot be read.
pub fn grants(read: &dyn ServerRead, city: &City, now_ms: u64) -> Result<Vec<Granted>, StoreError> {
    let head = read.head()?.ok_or(StoreError::Empty)?;
    let mut book = Book::default();
    book.refresh(read, &head)?;
    let mut all = Vec::new();
    for row in read.devices()?.into_iter().filter(|row| !city.is_server_device(&row.device)) {
        let rights = book.rights(read, city, &row.device)?;
        for (grant, end) in rights.all() {
            let state = match (end, Uncovered::of(grant, now_ms)) {
                (Some(end), _) => GrantState::Ended(end.why.clone()),
                (None, None) => GrantState::Live,
                (None, Some(Uncovered::NotYetValid)) => GrantState::NotYetValid,
                (None, Some(_)) => GrantState::Over,
            };
            all.push(Granted {
                device: row.device,
                name: grant.name.clone(),
                role: grant.role.name(),
                regions: codes(read, grant)?,
                expires_at_ms: grant.expires_at_ms,
                state,
            });
        }
    }
    Ok(all)
}

fn codes(read: &dyn ServerRead, grant: &Grant) -> Result<Vec<String>, StoreError> {
    let mut codes = Vec::new();
    for region in &grant.regions {
        codes.push(read.region(region)?.map_or_else(|| region.to_string(), |row| row.code));
    }
    Ok(codes)
}
