//! The core's end of one connection: frames go to its writer as far as there is room.

use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::server::ConnectionId;
use crate::shell::core_thread::ToCore;

/// The way to one connection's writer.
pub(super) struct Link {
    outgoing: mpsc::Sender<Vec<u8>>,
    /// Tells the socket by its end that the core has let go.
    _kept: oneshot::Sender<()>,
    /// Whether a [`ToCore::Room`] is on its way.
    awaits_room: bool,
}

/// How handing over a session's frames ended.
#[derive(PartialEq, Eq)]
pub(super) enum Filled {
    /// The session has no more.
    All,
    /// The writer has no more room.
    Full,
    /// There is no writer any more.
    Gone,
}

impl Link {
    pub(super) fn new(outgoing: mpsc::Sender<Vec<u8>>, kept: oneshot::Sender<()>) -> Self {
        Self { outgoing, _kept: kept, awaits_room: false }
    }

    /// Whether frames may be there that the writer had no room for.
    pub(super) fn awaits_room(&self) -> bool {
        self.awaits_room
    }

    /// Notes that there may be room again.
    pub(super) fn room_came(&mut self) {
        self.awaits_room = false;
    }

    /// Hands over frames as long as there is room for one more.
    pub(super) fn fill(&self, mut next: impl FnMut() -> Option<Vec<u8>>) -> Filled {
        loop {
            match self.outgoing.try_reserve() {
                Ok(place) => match next() {
                    Some(frame) => place.send(frame),
                    None => return Filled::All,
                },
                Err(TrySendError::Full(())) => return Filled::Full,
                Err(TrySendError::Closed(())) => return Filled::Gone,
            }
        }
    }

    /// Sees to it that the core looks again once the writer has room, or is gone.
    pub(super) fn tell_of_room(
        &mut self,
        connection: ConnectionId,
        sockets: &Handle,
        back: &mpsc::WeakSender<ToCore>,
    ) {
        if std::mem::replace(&mut self.awaits_room, true) {
            return;
        }
        let (outgoing, back) = (self.outgoing.clone(), back.clone());
        sockets.spawn(async move {
            drop(outgoing.reserve().await);
            if let Some(inbox) = back.upgrade() {
                let _ = inbox.send(ToCore::Room { connection }).await;
            }
        });
    }
}
