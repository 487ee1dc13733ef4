//! Where an app keeps the device's secrets: behind the phone's own keys.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keting::keys::Zeroizing;
use keting::{ReplicaId, Secret, Vault, VaultError};

/// How long an app's vault may take to answer: a person may have to unlock it.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A place for secrets that an app gives: each is a few bytes under a name.
///
/// It is called on a thread of the engine's own and has 60 seconds to answer. It must not wait for a call of
/// the same replica meanwhile. What is stored must be durable before `store` returns, and must not go into a backup: a copy
/// of a device that finds its secrets would be taken for the device.
#[uniffi::export(with_foreign)]
#[async_trait]
pub trait KeyVault: Send + Sync {
    /// Reads a secret; none if there is none of that name.
    async fn load(&self, name: String) -> Result<Option<Vec<u8>>, VaultFailure>;

    /// Keeps a secret, in the place of an earlier one of that name.
    async fn store(&self, name: String, secret: Vec<u8>) -> Result<(), VaultFailure>;

    /// Forgets a secret, if there is one.
    async fn remove(&self, name: String) -> Result<(), VaultFailure>;
}

/// Why a vault does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum VaultFailure {
    /// The phone has to be unlocked first. Retryable.
    #[error("the vault is locked")]
    Locked,
    /// The key that wrapped the secrets is no more, as after a person took their screen lock away.
    #[error("the vault's key is gone")]
    Gone,
    /// The platform says no. Retryable.
    #[error("the vault answers {code}")]
    Unavailable {
        /// What it says, as a number of the platform's.
        code: i32,
    },
}

/// What an app's own fault in a vault comes to.
impl From<uniffi::UnexpectedUniFFICallbackError> for VaultFailure {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { code: 0 }
    }
}

/// An app's vault as the engine sees it.
pub struct AppVault(pub Arc<dyn KeyVault>);

impl AppVault {
    fn answer<T>(
        secret: Secret,
        asked: impl Future<Output = Result<T, VaultFailure>>,
    ) -> Result<T, VaultError> {
        let unavailable = |kind| VaultError::Unavailable(io::Error::from(kind));
        match wait_for(asked, ANSWER_WITHIN) {
            None => Err(unavailable(io::ErrorKind::TimedOut)),
            Some(Ok(answer)) => Ok(answer),
            Some(Err(VaultFailure::Gone)) => {
                Err(VaultError::Missing { secret, vault: "the phone".to_owned() })
            }
            Some(Err(VaultFailure::Locked)) => Err(unavailable(io::ErrorKind::WouldBlock)),
            Some(Err(VaultFailure::Unavailable { .. })) => Err(unavailable(io::ErrorKind::Other)),
        }
    }
}

impl Vault for AppVault {
    fn load(
        &self,
        replica: &ReplicaId,
        secret: Secret,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let loaded = Self::answer(secret, self.0.load(secret.name_of(replica)))?;
        Ok(loaded.map(Zeroizing::new))
    }

    fn store(&self, replica: &ReplicaId, secret: Secret, bytes: &[u8]) -> Result<(), VaultError> {
        Self::answer(secret, self.0.store(secret.name_of(replica), bytes.to_vec()))
    }

    fn forget(&self, replica: &ReplicaId) -> Result<(), VaultError> {
        Secret::ALL
            .into_iter()
            .try_for_each(|secret| Self::answer(secret, self.0.remove(secret.name_of(replica))))
    }
}

/// Waits on this thread until a future is done; none if it takes longer.
fn wait_for<T>(future: impl Future<Output = T>, at_most: Duration) -> Option<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let (waker, began) = (Waker::from(Arc::new(Unpark(thread::current()))), Instant::now());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(done);
        }
        thread::park_timeout(at_most.checked_sub(began.elapsed()).filter(|left| !left.is_zero())?);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use super::*;

    #[test]
    fn an_answer_that_comes_from_another_thread_is_waited_for_and_one_that_never_comes_is_not() {
        let mut is_asked = false;
        let later = poll_fn(|context| {
            if std::mem::replace(&mut is_asked, true) {
                return Poll::Ready(7);
            }
            let waker = context.waker().clone();
            thread::spawn(move || waker.wake());
            Poll::Pending
        });
        assert_eq!(wait_for(later, ANSWER_WITHIN), Some(7));
        assert_eq!(wait_for(pending::<()>(), Duration::from_millis(1)), None);
    }
}
