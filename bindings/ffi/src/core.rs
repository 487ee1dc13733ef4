//! The handle: a device's replica, opened, joined, suspended and closed.

use std::path::Path;
use std::sync::Arc;

use keting::{EngineError, Invitation, Keting};

use crate::failure::KetingError;
use crate::guarded;
use crate::vault::{AppVault, KeyVault};

/// One replica on threads of the engine's own.
///
/// No call does anything on the caller's thread: each is posted, and its answer awaited. Whoever stops
/// waiting before its work has begun takes it back; later it is finished.
#[derive(uniffi::Object)]
pub struct Core {
    pub(crate) keting: Keting,
}

#[uniffi::export]
impl Core {
    /// Opens the device in a folder.
    ///
    /// # Errors
    /// When there is none, or its file cannot be opened, which then stays as it was; `replica_in_use`
    /// when another process has it open.
    #[uniffi::constructor]
    pub async fn open(
        directory: String,
        vault: Arc<dyn KeyVault>,
    ) -> Result<Arc<Self>, KetingError> {
        guarded::soon(async {
            Self::over(Keting::open(Path::new(&directory), Arc::new(AppVault(vault))).await)
        })
        .await
    }

    /// Makes a device in a folder that an invitation allows to enrol, with the next sync; it needs no
    /// network. A device that is there already accepts the invitation, and keeps what it has.
    ///
    /// # Errors
    /// When the text is no invitation, the folder or the vault cannot be written, or a device of another
    /// city is there.
    #[uniffi::constructor]
    pub async fn join(
        directory: String,
        vault: Arc<dyn KeyVault>,
        invitation: String,
    ) -> Result<Arc<Self>, KetingError> {
        guarded::soon(async {
            let invitation: Invitation = invitation.parse().map_err(EngineError::from)?;
            let vault = Arc::new(AppVault(vault));
            Self::over(Keting::join(Path::new(&directory), vault, &invitation).await)
        })
        .await
    }

    /// Opens a device whose file was found damaged (`corrupt`): the file is set aside, never deleted, and
    /// a fresh one takes its place with the edits that the server has not acknowledged. The status says
    /// what could be saved.
    ///
    /// # Errors
    /// As for opening, or when there is no room for a fresh file; the damaged one then stays.
    #[uniffi::constructor]
    pub async fn salvage(
        directory: String,
        vault: Arc<dyn KeyVault>,
    ) -> Result<Arc<Self>, KetingError> {
        guarded::soon(async {
            Self::over(Keting::salvage(Path::new(&directory), Arc::new(AppVault(vault))).await)
        })
        .await
    }

    /// Begins suspended, as a start in the background does: the file is not touched before it is resumed
    /// or synced once.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    #[uniffi::constructor]
    pub fn suspended(
        directory: String,
        vault: Arc<dyn KeyVault>,
    ) -> Result<Arc<Self>, KetingError> {
        guarded::now(|| {
            Self::over(Keting::suspended(Path::new(&directory), Arc::new(AppVault(vault))))
        })
    }

    /// Closes the file and gives it back: what has begun is finished, what waits and every later call is
    /// answered `closed`, live queries end, syncing stops. It may be called again and waits each time.
    ///
    /// # Errors
    /// `internal`.
    pub async fn shutdown(&self) -> Result<(), KetingError> {
        guarded::soon(self.keting.close()).await
    }

    /// Closes the file while the app is in the background: calls wait until it is resumed, live queries
    /// pause, syncing stops. Says whether the file was closed within so many milliseconds; if not, it is
    /// closed as soon as what is still going on has ended, unless it is resumed before.
    ///
    /// # Errors
    /// `closed`.
    pub async fn suspend(&self, within_ms: u32) -> Result<bool, KetingError> {
        guarded::soon(self.keting.suspend(within_ms)).await
    }

    /// Opens the file again: calls that wait are answered, live queries ask again, syncing goes on if it
    /// was started.
    ///
    /// # Errors
    /// `closed`, or why the file cannot be opened. Then each later call tries to open it.
    pub async fn resume(&self) -> Result<(), KetingError> {
        guarded::soon(self.keting.resume()).await
    }

    /// Accepts a further invitation to the city that the device is in: the next sync presents it, and then
    /// the device has its address, keys and grants, and keeps its data and what waits to be sent.
    ///
    /// # Errors
    /// When the text is no invitation, or one of another city; `closed`.
    pub async fn rejoin(&self, invitation: String) -> Result<(), KetingError> {
        guarded::soon(async {
            let invitation: Invitation = invitation.parse().map_err(EngineError::from)?;
            self.keting.rejoin(&invitation).await
        })
        .await
    }

    /// Forgets the report of a salvage, which the status shows until then: a person has taken note of it.
    ///
    /// # Errors
    /// When the file cannot be written; `closed`.
    pub async fn dismiss_salvage_report(&self) -> Result<(), KetingError> {
        guarded::soon(self.keting.dismiss_salvage_report()).await
    }
}

impl Core {
    fn over(keting: Result<Keting, EngineError>) -> Result<Arc<Self>, EngineError> {
        Ok(Arc::new(Self { keting: keting? }))
    }
}
