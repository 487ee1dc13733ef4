//! Reaching the server: at each of its addresses in turn, until it is found at one.

use crate::error::known;
use crate::replica::whereabouts::Whereabouts;
use crate::shell::socket::{Socket, SocketError};
use crate::shell::tls::KeyPin;

/// Connects to the server at the first address where it is found, and says which that was.
///
/// # Errors
/// When it is found nowhere: why not at the first address where it may be found later, or else at the
/// first of all.
pub(super) async fn reach(server: &Whereabouts) -> Result<(Socket, String), SocketError> {
    let pins: Vec<KeyPin> = server.keys().iter().map(|key| *key.as_bytes()).collect();
    let mut failed = None;
    for url in server.addresses() {
        match Socket::connect(url, &pins).await {
            Ok(socket) => return Ok((socket, url.to_owned())),
            Err(error)
                if failed.as_ref().is_none_or(|before| !may_pass(before) && may_pass(&error)) =>
            {
                failed = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(failed.unwrap_or(SocketError::BadAddress))
}

fn may_pass(error: &SocketError) -> bool {
    known(error.code()).is_some_and(|known| known.retryable)
}
