//! The operator's door: a Unix socket in the server's directory that only its owner can open.
//!
//! One request a connection: a line of JSON in, a line of JSON out. It is how `keting invite`
//! reaches a running server. Who has the socket is the one server of its directory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keting::durable_file::{FolderError, check_private};
use keting_store::{DiskFault, Lock, OpenError};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::info;

use crate::announcing::{AnnounceError, AnnounceRequest};
use crate::ending::{EndError, EndRequest};
use crate::invitations::CancelError;
use crate::inviting::{InviteError, InviteRequest};
use crate::renewal::{RenewError, RenewRequest};
use crate::shell::core_thread::{CoreHandle, ToCore};
use crate::shell::leading_here::first_that_leads_here;
use crate::shell::rotation::RotateError;
use crate::store::StoreError;

const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// How long a server may take to answer an operator, in milliseconds. It does what it is asked in well under a
/// second, once the pushes that are before it are written.
pub const ANSWER_MS_MAX: u64 = 10_000;

/// What the operator may ask.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminRequest {
    /// An invitation for one device.
    Invite(InviteRequest),
    /// To take back the invitation with this id, or one that begins so.
    CancelInvitation(String),
    /// To renew a device's grants.
    RenewGrants(RenewRequest),
    /// To end a device.
    EndDevice(EndRequest),
    /// To take the server's clock for right as it stands.
    ConfirmClock,
    /// To tell every device where the server is from now on.
    Announce(AnnounceRequest),
    /// To change the TLS key.
    RotateKey,
    /// To say how it is.
    Health,
}

impl AdminRequest {
    /// The word for it in the log.
    const fn name(&self) -> &'static str {
        match self {
            Self::Invite(_) => "invite",
            Self::CancelInvitation(_) => "cancel_invitation",
            Self::RenewGrants(_) => "renew_grants",
            Self::EndDevice(_) => "end_device",
            Self::ConfirmClock => "confirm_clock",
            Self::Announce(_) => "announce",
            Self::RotateKey => "rotate_key",
            Self::Health => "health",
        }
    }
}

/// What the server answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminReply {
    /// The invitation's text.
    Invitation(String),
    /// The invitation with this id is taken back.
    InvitationCancelled(String),
    /// The grants of the device with this id are renewed.
    GrantsRenewed(String),
    /// The device with this id is ended.
    DeviceEnded(String),
    /// The clock is taken for right: it shows this time, milliseconds since the Unix epoch.
    ClockConfirmed(u64),
    /// The announcement with this serial is made.
    Announced(u64),
    /// The TLS key with this SHA-256 is the server's from now on, beside the older ones.
    KeyRotated(String),
    /// How the server is.
    Health {
        /// The code of what is wrong; nothing if it can do its work.
        fault: Option<String>,
    },
    /// It was refused; the code is stable.
    Refused {
        /// Why, as a stable code.
        code: String,
        /// Why, for a person.
        message: String,
    },
}

/// Where the socket stands.
pub fn socket_path(directory: &Path) -> PathBuf {
    directory.join("admin.sock")
}

/// Whether the operator's socket can stand in a directory: the operating system bounds how long its path
/// may be, 107 bytes on Linux.
pub fn has_room_for_socket(directory: &Path) -> bool {
    std::os::unix::net::SocketAddr::from_pathname(socket_path(directory)).is_ok()
}

/// Whether a process has the hold on a directory: whether a server runs on it, though it may not answer.
pub fn is_held(directory: &Path) -> bool {
    Lock::is_held(&socket_path(directory))
}

/// The socket, and with it the hold on the directory: no other process serves it meanwhile.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Given back when the socket is closed, or the process ends, however that is.
    _hold: Lock,
}

/// Says why a server cannot begin on a directory.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process serves it.
    #[error("another server runs on this directory")]
    InUse,
    /// Others than its owner may write to the directory.
    #[error("others may write to the directory")]
    FolderNotPrivate,
    /// The directory's path is too long for the socket in it.
    #[error("the directory's path is too long for the operator's socket in it")]
    PathTooLong,
    /// The file that is locked beside the socket cannot be made.
    #[error("the directory cannot be held")]
    Hold(#[from] OpenError),
    /// The socket cannot be made.
    #[error("the operator's socket cannot be made")]
    Io(#[from] io::Error),
}

impl BindError {
    /// A code that stays the same in every version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse => "server_in_use",
            Self::FolderNotPrivate => "folder_not_private",
            Self::PathTooLong => "data_path_too_long",
            Self::Hold(error) => error.code(),
            Self::Io(error) => DiskFault::of(error).map_or("file_unusable", DiskFault::code),
        }
    }
}

impl AdminSocket {
    /// Takes the hold on a directory and opens the socket, in place of one that a killed server left
    /// behind. Called within a tokio runtime.
    ///
    /// # Errors
    /// [`BindError::InUse`] at once when another process has it, whose socket stays as it is; when others may
    /// write to the directory, its path is too long, or a file cannot be made.
    pub fn bind(directory: &Path) -> Result<Self, BindError> {
        use std::os::unix::fs::PermissionsExt;
        match check_private(directory) {
            Ok(()) => {}
            Err(FolderError::NotPrivate) => return Err(BindError::FolderNotPrivate),
            Err(FolderError::Io(error)) => return Err(error.into()),
        }
        if !has_room_for_socket(directory) {
            return Err(BindError::PathTooLong);
        }
        let path = socket_path(directory);
        let hold = match Lock::take(&path) {
            Err(OpenError::ReplicaInUse) => return Err(BindError::InUse),
            taken => taken?,
        };
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path, _hold: hold })
    }

    /// Answers requests until the future is dropped.
    pub async fn accept(self, core: CoreHandle) {
        while let Ok((stream, _)) = self.listener.accept().await {
            let core = core.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(stream, core).await {
                    tracing::debug!(%error, "an operator's connection ended");
                }
            });
        }
    }
}

impl Drop for AdminSocket {
    /// Takes the socket away while the directory is still held, so that it is no other server's.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Asks the server that runs on `directory`.
///
/// # Errors
/// When no server runs there; [`io::ErrorKind::TimedOut`] when one does not answer within [`ANSWER_MS_MAX`].
/// It may come to the request later all the same.
pub async fn ask(directory: &Path, request: &AdminRequest) -> io::Result<AdminReply> {
    let answer = timeout(Duration::from_millis(ANSWER_MS_MAX), ask_and_wait(directory, request));
    answer.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn ask_and_wait(directory: &Path, request: &AdminRequest) -> io::Result<AdminReply> {
    let mut stream = UnixStream::connect(socket_path(directory)).await?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream).take(REQUEST_BYTES_MAX).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}

async fn serve(stream: UnixStream, core: CoreHandle) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    (&mut stream).take(REQUEST_BYTES_MAX).read_line(&mut line).await?;
    let mut line = serde_json::to_vec(&answer(serde_json::from_str(&line)?, &core).await)?;
    line.push(b'\n');
    stream.get_mut().write_all(&line).await
}

/// Has the core do what the operator asks for, and writes it into the log.
async fn answer(request: AdminRequest, core: &CoreHandle) -> AdminReply {
    let act = request.name();
    let reply = perform(request, core).await;
    match &reply {
        AdminReply::Refused { code, .. } => info!(act, code, "an operator's request was refused"),
        _ => info!(act, "an operator's request was carried out"),
    }
    reply
}

async fn perform(request: AdminRequest, core: &CoreHandle) -> AdminReply {
    match request {
        AdminRequest::Invite(request) => {
            let made = invite(request, core).await;
            AdminReply::of(made, AdminReply::Invitation, InviteError::code)
        }
        AdminRequest::CancelInvitation(id) => {
            let id = ask_core(core, |reply| ToCore::CancelInvitation { id, reply }).await;
            AdminReply::of(
                id,
                |id| AdminReply::InvitationCancelled(id.to_string()),
                CancelError::code,
            )
        }
        AdminRequest::RenewGrants(request) => {
            let device = ask_core(core, |reply| ToCore::RenewGrants { request, reply }).await;
            AdminReply::of(
                device,
                |device| AdminReply::GrantsRenewed(device.to_string()),
                RenewError::code,
            )
        }
        AdminRequest::EndDevice(request) => {
            let device = ask_core(core, |reply| ToCore::EndDevice { request, reply }).await;
            AdminReply::of(
                device,
                |device| AdminReply::DeviceEnded(device.to_string()),
                EndError::code,
            )
        }
        AdminRequest::Announce(request) => {
            let serial = ask_core(core, |reply| ToCore::Announce { request, reply }).await;
            AdminReply::of(serial, AdminReply::Announced, AnnounceError::code)
        }
        AdminRequest::RotateKey => {
            let key = ask_core(core, |reply| ToCore::RotateKey { reply }).await;
            AdminReply::of(key, |key| AdminReply::KeyRotated(key.to_string()), RotateError::code)
        }
        AdminRequest::Health => match ask_core(core, |reply| ToCore::Health { reply }).await {
            Some(health) => AdminReply::Health { fault: health.fault.map(str::to_owned) },
            None => AdminReply::stopping(),
        },
        AdminRequest::ConfirmClock => {
            let time = ask_core(core, |reply| ToCore::ConfirmClock { reply }).await;
            AdminReply::of(time, AdminReply::ClockConfirmed, StoreError::code)
        }
    }
}

/// Makes an invitation that leads here now.
async fn invite(request: InviteRequest, core: &CoreHandle) -> Option<Result<String, InviteError>> {
    let url = match ask_core(core, |reply| ToCore::PlacesToTry { reply }).await? {
        Err(error) => return Some(Err(error.into())),
        Ok(None) => None,
        Ok(Some(places)) => {
            let urls = places.urls.clone();
            let found = first_that_leads_here(places).await;
            if found.is_none() {
                return Some(Err(InviteError::AnnouncedElsewhere(urls)));
            }
            found
        }
    };
    ask_core(core, |reply| ToCore::Invite { request, url, reply }).await
}

async fn ask_core<T>(
    core: &CoreHandle,
    question: impl FnOnce(oneshot::Sender<T>) -> ToCore,
) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    let _ = core.send(question(reply)).await;
    answer.await.ok()
}

impl AdminReply {
    /// What the core answered, if it did.
    fn of<T, E: std::error::Error>(
        answered: Option<Result<T, E>>,
        done: impl FnOnce(T) -> Self,
        code: impl FnOnce(&E) -> &'static str,
    ) -> Self {
        match answered {
            Some(Ok(value)) => done(value),
            Some(Err(error)) => {
                Self::Refused { code: code(&error).to_owned(), message: error.to_string() }
            }
            None => Self::stopping(),
        }
    }

    fn stopping() -> Self {
        Self::Refused {
            code: "server_stopping".to_owned(),
            message: "the server is stopping".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_a_server_that_takes_every_request_and_answers_none_is_told_in_ten_seconds()
     {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(socket_path(directory.path())).unwrap();
        let begun = tokio::time::Instant::now();
        for request in [
            AdminRequest::EndDevice(EndRequest { device: "1".into(), why: "已调离".into() }),
            AdminRequest::RotateKey,
            AdminRequest::Health,
        ] {
            let asked = ask(directory.path(), &request).await.unwrap_err();
            assert_eq!(asked.kind(), io::ErrorKind::TimedOut);
        }
        assert_eq!(begun.elapsed().as_millis(), 3 * u128::from(ANSWER_MS_MAX));
        let (stream, _) = listener.accept().await.unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        assert!(line.contains("end_device"), "it was asked: {line}");
    }
}
