//! Reaching the server: what [`Reaching`] gives is dialled, one address after the other.

use tokio::time::Instant;

use crate::error::EngineError;
use crate::reaching::Reaching;
use crate::shell::local::Local;
use crate::shell::news::SyncNews;
use crate::shell::socket::SocketError;
use crate::shell::sync_loop::{Outcome, Until, sync_at};

/// Syncs with the server at the first address where a session gets through. If it does at none, what is
/// told is why not at the first where it may later, or else at the first of all.
pub(super) async fn reach(
    keting: &Local,
    until: Until,
    news: &mut (dyn FnMut(SyncNews) + Send),
) -> Outcome {
    let started = Instant::now();
    let mut reaching = match keting.with_replica(|replica| Reaching::begin(replica)) {
        Ok(reaching) => reaching,
        Err(error) => return error.into(),
    };
    let mut failed: Option<Outcome> = None;
    while let Some(url) = reaching.next_address() {
        let outcome = sync_at(keting, reaching.server(), &url, started, until, news).await;
        if Reaching::is_over(&outcome.ended, &outcome.progress) {
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
