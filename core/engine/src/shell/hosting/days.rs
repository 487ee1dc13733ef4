//! The city's day turns while screens are open: what depends on today is then asked again.

use std::time::Duration;

use super::{Changed, Host};
use crate::shell::local::Local;

/// A machine that slept does not count the time, so it is looked this often whether another day has
/// begun meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl Host {
    /// Looks at the clock, and lets everybody ask again on another day.
    pub(in crate::shell) fn look_at_day(&self) {
        if self.glance(Local::looks_at_another_day) == Some(true) {
            self.changes.tell(&Changed::Everything);
        }
    }

    /// Tells of each day that begins, for as long as it is let.
    pub(super) async fn tell_of_days(&self) {
        loop {
            self.until(|seen| seen.is_open).await;
            self.look_at_day();
            let left = self.glance(|local| Duration::from_millis(local.now().day_left_ms()));
            tokio::select! {
                () = tokio::time::sleep(left.unwrap_or(LOOK_EVERY).min(LOOK_EVERY)) => {}
                _ = self.until(|seen| !seen.is_open) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Instant;

    use futures_util::FutureExt;
    use keting_model::{CityId, CityTime};
    use keting_trust::invitation::Secret;
    use keting_trust::{Ed25519Signer, Invitation, Signer};

    use super::*;
    use crate::environment::{Boot, Environment};
    use crate::shell::changes::Reads;
    use crate::shell::handle::runtime;
    use crate::shell::hosting::{First, Opening};
    use crate::vault::DirectoryVault;

    /// The afternoon of 27 November 2026.
    const AFTERNOON: CityTime = CityTime::new(1_795_759_200_000);

    #[test]
    fn everybody_asks_again_when_the_day_turns_in_the_city() {
        let folder = tempfile::tempdir().unwrap();
        let before_midnight = AFTERNOON.plus_ms(AFTERNOON.day_left_ms() - 300);
        let host = Host::begin(opening(folder.path(), &Clock::at(before_midnight)), false).unwrap();
        let listener = host.changes.listen(Reads::Tables(&[]));
        within_patience(async {
            // It hears of the file, which is opened first.
            while host.read(|replica| Ok(replica.now().day())).await.unwrap() == AFTERNOON.day() {
                listener.changed().await;
            }
        });
        host.close();
    }

    #[test]
    fn whoever_slept_over_midnight_asks_again_once_the_clock_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::at(AFTERNOON);
        let host = Host::begin(opening(folder.path(), &clock), false).unwrap();
        let listener = host.changes.listen(Reads::Tables(&[]));
        within_patience(host.read(|_| Ok(()))).unwrap();
        // The file was opened, of which it hears.
        within_patience(listener.changed());
        host.look_at_day();
        assert!(listener.changed().now_or_never().is_none());
        clock.slept_ms.store(2 * AFTERNOON.day_left_ms(), Ordering::Relaxed);
        host.look_at_day();
        assert!(listener.changed().now_or_never().is_some());
        host.close();
    }

    #[derive(Clone)]
    struct Clock {
        begun_at: CityTime,
        begun: Instant,
        slept_ms: Arc<AtomicU64>,
    }

    impl Clock {
        fn at(begun_at: CityTime) -> Self {
            Self { begun_at, begun: Instant::now(), slept_ms: Arc::default() }
        }

        fn passed_ms(&self) -> u64 {
            let awake_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap();
            awake_ms + self.slept_ms.load(Ordering::Relaxed)
        }
    }

    impl Environment for Clock {
        fn unix_ms(&self) -> u64 {
            self.begun_at.plus_ms(self.passed_ms()).unix_ms()
        }

        fn boot(&self) -> Boot {
            Boot { id: Some([1; 16]), elapsed_ms: self.passed_ms() }
        }

        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn opening(folder: &Path, clock: &Clock) -> Opening {
        let invitation = Invitation {
            url: "wss://127.0.0.1:9/v1/sync".to_owned(),
            tls_spki_sha256: [1; 32],
            city: CityId::new([2; 16]),
            root: Ed25519Signer::from_seed([3; 32]).public_key().clone(),
            secret: Secret::new([4; 16]),
            expires_at_ms: AFTERNOON.unix_ms(),
        };
        let clock = clock.clone();
        Opening {
            directory: folder.join("data"),
            vault: Arc::new(DirectoryVault::open(&folder.join("vault")).unwrap()),
            environment: Box::new(move || Box::new(clock.clone())),
            first: First::Join(Box::new(invitation)),
        }
    }

    fn within_patience<T>(future: impl Future<Output = T>) -> T {
        let limited = async { tokio::time::timeout(Duration::from_secs(60), future).await };
        runtime().unwrap().block_on(limited).unwrap()
    }
}
