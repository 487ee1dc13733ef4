//! What may keep a city from being made.

use std::path::Path;

use keting::durable_file::FolderError;
use keting_store::{DiskFault, OpenError};
use keting_trust::SignError;

use super::{Place, RegionsError};
use crate::shell::certificate::CertificateError;
use crate::store::StoreError;

/// Says why a city was not made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is one already. Not retryable.
    #[error("there is a city already")]
    CityExists,
    /// There is a device in the directory. Not retryable.
    #[error("there is a device in the directory")]
    DeviceExists,
    /// The table of regions is not one. Not retryable.
    #[error(transparent)]
    Regions(#[from] RegionsError),
    /// A region of the table breaks a rule of regions. Not retryable.
    #[error("第 {line} 行：{code} · line {line}: the region is not valid: {code}")]
    BadRegion {
        /// The line, 0 if it is not known.
        line: u64,
        /// The rule's code.
        code: String,
    },
    /// The city's name is not one. Not retryable.
    #[error("the city's name is not valid")]
    BadName(#[source] SignError),
    /// There is a file already where the root key is to be written. Not retryable.
    #[error("there is a file already where the root key is to be written")]
    RootKeyExists,
    /// The root key's file cannot be written. Not retryable.
    #[error("the file for the root key cannot be used")]
    RootKeyFile(#[source] std::io::Error),
    /// The file holds no root key. Not retryable.
    #[error("the file holds no root key")]
    NoRootKey,
    /// The root key is of another city, or another one than the city's. Not retryable.
    #[error("the root key is not that of the city")]
    WrongRootKey,
    /// The city's server runs. Retryable, once it was stopped.
    #[error("the city's server runs")]
    ServerRuns,
    /// The certificate cannot be made. Not retryable.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Others than its owner may write to the directory. Not retryable.
    #[error("others may write to the directory")]
    FolderNotPrivate,
    /// The directory's path is too long for the operator's socket in it. Not retryable.
    #[error("the directory's path is too long for the operator's socket in it")]
    PathTooLong,
    /// The directory cannot be written. Retryable.
    #[error("the directory cannot be written")]
    Io(#[from] std::io::Error),
    /// The store's file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InitError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CityExists => "city_exists",
            Self::DeviceExists => "device_exists",
            Self::Regions(error) => error.code(),
            Self::BadRegion { .. } => "regions_invalid",
            Self::BadName(_) => "bad_name",
            Self::RootKeyExists => "root_key_exists",
            Self::RootKeyFile(error) => {
                DiskFault::of(error).map_or("file_unusable", DiskFault::code)
            }
            Self::NoRootKey => "root_key_malformed",
            Self::WrongRootKey => "other_root_key",
            Self::ServerRuns => "server_in_use",
            Self::Certificate(_) => "certificate_failed",
            Self::FolderNotPrivate => "folder_not_private",
            Self::PathTooLong => "data_path_too_long",
            Self::Io(error) => DiskFault::of(error).map_or("io", DiskFault::code),
            Self::Open(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

impl InitError {
    /// The file or folder that it is about, if it is about one of these.
    pub fn path<'p>(&self, place: Place<'p>) -> Option<&'p Path> {
        match self {
            Self::RootKeyExists | Self::RootKeyFile(_) | Self::NoRootKey | Self::WrongRootKey => {
                Some(place.root_key)
            }
            Self::CityExists
            | Self::DeviceExists
            | Self::ServerRuns
            | Self::Certificate(_)
            | Self::FolderNotPrivate
            | Self::PathTooLong
            | Self::Io(_)
            | Self::Open(_)
            | Self::Store(_) => Some(place.directory),
            Self::Regions(_) | Self::BadRegion { .. } | Self::BadName(_) => None,
        }
    }
}

impl From<FolderError> for InitError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::NotPrivate => Self::FolderNotPrivate,
            FolderError::Io(error) => Self::Io(error),
        }
    }
}

impl From<SignError> for InitError {
    fn from(error: SignError) -> Self {
        Self::BadName(error)
    }
}
