//! Reaching the server: at each of its addresses in turn, until a session got through at one.
//!
//! Whoever answers there need not be able to serve: a machine that was left behind, a server of another
//! city, one that takes the connection and says nothing. None of them keeps a device from the next address.

use tokio::time::Instant;

use crate::error::EngineError;
use crate::shell::facade::Keting;
use crate::shell::news::SyncNews;
use crate::shell::socket::SocketError;
use crate::shell::sync_loop::{Outcome, Until, sync_at};

/// Syncs with the server at the first address where a session gets through. If it does at none, what is
/// told is why not at the first where it may later, or else at the first of all.
pub(super) async fn reach(
    keting: &Keting,
    until: Until,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Outcome {
    let started = Instant::now();
    let server = match keting.with_replica(|replica| replica.server()) {
        Ok(server) => server,
        Err(error) => return error.into(),
    };
    let mut failed: Option<Outcome> = None;
    for url in server.addresses() {
        let outcome = sync_at(keting, &server, url, started, until, news).await;
        if outcome.ended.is_ok() || outcome.progress.is_served {
            return outcome;
        }
        if failed.as_ref().is_none_or(|before| !may_pass(before) && may_pass(&outcome)) {
            failed = Some(outcome);
        }
    }
    failed.unwrap_or_else(|| EngineError::from(SocketError::BadAddress).into())
}

fn may_pass(outcome: &Outcome) -> bool {
    outcome.ended.as_ref().is_err_and(EngineError::retryable)
}
