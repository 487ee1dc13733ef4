//! What may go wrong with the database.

/// Says why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process kept the lock too long. Retryable.
    #[error("another process keeps the store locked")]
    Busy,
    /// There is no room on the disk. Retryable, once there is.
    #[error("the disk is full")]
    DiskFull,
    /// The file or its file system is read-only. Retryable, once it is not.
    #[error("the store cannot be written")]
    ReadOnly,
    /// A row contradicts another one. Not retryable.
    #[error("a row contradicts the ones already there")]
    Contradiction,
    /// The store holds what nobody could have written. Not retryable.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// A number is larger than a column holds. Not retryable.
    #[error("a number is larger than the store can hold")]
    OutOfRange,
    /// No city has been made here. Not retryable.
    #[error("the store holds no city yet")]
    Empty,
    /// The disk or the database failed otherwise. Retryable.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The codes of all that may befall a store in which there is a city.
    pub const CODES: [&str; 7] = [
        Self::Busy.code(),
        Self::DiskFull.code(),
        Self::ReadOnly.code(),
        Self::Contradiction.code(),
        Self::Damaged("").code(),
        Self::OutOfRange.code(),
        "store_failed",
    ];

    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy => "store_busy",
            Self::DiskFull => "server_full",
            Self::ReadOnly => "server_read_only",
            Self::Contradiction => "store_contradiction",
            Self::Damaged(_) => "store_damaged",
            Self::OutOfRange => "number_too_large",
            Self::Empty => "no_city",
            Self::Failed(_) => "store_failed",
        }
    }

    /// Whether the same may work later.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Busy | Self::DiskFull | Self::ReadOnly | Self::Failed(_) => true,
            Self::Contradiction | Self::Damaged(_) | Self::OutOfRange | Self::Empty => false,
        }
    }
}
