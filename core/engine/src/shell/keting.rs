//! What an application holds: one replica on threads of the engine's own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keting_trust::Invitation;

use crate::environment::{Environment, SystemEnvironment};
use crate::error::EngineError;
use crate::shell::hosting::{Answered, First, Host, NewEnvironment, Opening};
use crate::shell::local::Local;
use crate::vault::Vault;

/// A replica for an application.
///
/// No call blocks: the work is done on threads of the engine's own, and the futures need no runtime. An
/// edit is posted when its verb is called, and edits are carried out in the order of these calls. Whoever
/// drops a future before its work has begun takes it back; later it is finished. Cloning gives
/// another handle to the same replica; dropping the last one closes it and waits for nothing,
/// [`Self::close`] waits. After that every call answers `closed`.
#[derive(Clone)]
pub struct Keting {
    handle: Arc<Handle>,
}

/// What the clones share.
struct Handle {
    host: Arc<Host>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.host.close();
    }
}

impl Keting {
    /// Opens the device in `directory`.
    ///
    /// # Errors
    /// When there is none, or its file cannot be opened, which then stays as it was; `replica_in_use`
    /// when another process has it open.
    pub async fn open(directory: &Path, vault: Arc<dyn Vault>) -> Result<Self, EngineError> {
        Self::opened(directory, vault, First::Open).await
    }

    /// Makes a device in `directory` that `invitation` allows to enrol, with the next sync; it needs no
    /// network. A device that is there already accepts the invitation, and keeps what it has.
    ///
    /// # Errors
    /// When the directory or the vault cannot be written, or a device of another city is there.
    pub async fn join(
        directory: &Path,
        vault: Arc<dyn Vault>,
        invitation: &Invitation,
    ) -> Result<Self, EngineError> {
        Self::opened(directory, vault, First::Join(Box::new(invitation.clone()))).await
    }

    /// Opens a device whose file was found damaged (`corrupt`): the file is set aside, never deleted, and
    /// a fresh one takes its place with the edits that the server has not acknowledged. The status says
    /// what could be saved.
    ///
    /// # Errors
    /// As [`Self::open`], or when there is no room for a fresh file; the damaged one then stays.
    pub async fn salvage(directory: &Path, vault: Arc<dyn Vault>) -> Result<Self, EngineError> {
        Self::opened(directory, vault, First::Salvage).await
    }

    /// Begins suspended, as a start in the background does: the file is not touched before
    /// [`Self::resume`] or [`Self::sync_once`].
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn suspended(directory: &Path, vault: Arc<dyn Vault>) -> Result<Self, EngineError> {
        let environment = Box::new(|| Box::new(SystemEnvironment) as Box<dyn Environment>);
        Self::begin(opening(directory, vault, environment, First::Open), true)
    }

    async fn opened(
        directory: &Path,
        vault: Arc<dyn Vault>,
        first: First,
    ) -> Result<Self, EngineError> {
        let environment = Box::new(|| Box::new(SystemEnvironment) as Box<dyn Environment>);
        Self::opened_with(opening(directory, vault, environment, first)).await
    }

    pub(crate) async fn opened_with(opening: Opening) -> Result<Self, EngineError> {
        let keting = Self::begin(opening, false)?;
        match keting.resume().await {
            Ok(()) => Ok(keting),
            // Whoever tries again must not find this attempt in their way.
            Err(error) => keting.close().await.and(Err(error)),
        }
    }

    fn begin(opening: Opening, suspended: bool) -> Result<Self, EngineError> {
        let host = Host::begin(opening, suspended)?;
        Ok(Self { handle: Arc::new(Handle { host }) })
    }

    /// Closes the file and gives it back: what has begun is finished, what waits and every later call is
    /// answered `closed`, live queries end, syncing stops, and the engine's threads end. It may be called again
    /// and waits each time.
    ///
    /// # Errors
    /// Never so far.
    pub async fn close(&self) -> Result<(), EngineError> {
        self.host().close();
        self.host().has_ended().await;
        self.host().join_threads();
        Ok(())
    }

    /// Closes the file while the app is in the background: calls wait until [`Self::resume`], live queries
    /// pause, syncing stops. Says whether the file was closed within so many milliseconds; false where
    /// something was still going on, such as a write. It is then closed as soon as that has ended, unless
    /// it is resumed before.
    ///
    /// # Errors
    /// `closed`.
    pub async fn suspend(&self, within_ms: u32) -> Result<bool, EngineError> {
        self.host().suspend(Duration::from_millis(within_ms.into())).await
    }

    /// Opens the file again: calls that wait are answered, live queries ask again, syncing goes on if it
    /// was started.
    ///
    /// # Errors
    /// `closed`, or why the file cannot be opened. Then each later call tries to open it.
    pub async fn resume(&self) -> Result<(), EngineError> {
        self.host().run()?;
        self.host().write(|_| Ok(())).await
    }

    /// Accepts a further invitation to the city that the device is in: the next sync presents it, and then
    /// the device has its address, keys and grants, and keeps its data and what waits to be sent. An
    /// invitation that leads to nothing changes nothing.
    ///
    /// # Errors
    /// When the invitation is of another city, or names another root key; `closed`.
    pub fn rejoin(&self, invitation: &Invitation) -> Answered<()> {
        let invitation = invitation.clone();
        self.write(move |replica| replica.accept(&invitation))
    }

    /// Forgets the report of a salvage, which the status shows until then: a person has taken note of it.
    ///
    /// # Errors
    /// When the file cannot be written; `closed`.
    pub fn dismiss_salvage_report(&self) -> Answered<()> {
        self.write(Local::dismiss_salvage_report)
    }

    /// Posts a write to the engine's own thread.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
    ) -> Answered<T> {
        self.host().write(work)
    }

    /// Posts a query to the engine's own threads.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T, EngineError> + Send + 'static,
    ) -> Answered<T> {
        self.host().read(work)
    }

    pub(super) fn host(&self) -> &Arc<Host> {
        &self.handle.host
    }
}

/// Where a replica is, and what it takes to open it.
pub(crate) fn opening(
    directory: &Path,
    vault: Arc<dyn Vault>,
    environment: NewEnvironment,
    first: First,
) -> Opening {
    Opening { directory: directory.to_owned(), vault, environment, first }
}
