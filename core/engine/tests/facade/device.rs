//! A device in a folder of its own, and a caller without a runtime.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use keting::{
    Answer, Answered, DirectoryVault, EngineError, Invitation, Keting, Query, Status, SyncStatus,
    Vault, parts,
};
use keting_trust::invitation::Secret;
use keting_trust::{Ed25519Signer, Signer};
use tempfile::TempDir;

/// Longer than anything here takes, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for a device.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn vault(&self) -> Arc<dyn Vault> {
        vault_in(self.folder.path())
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a device here whose server is at `url`.
    pub fn join_at(&self, url: &str) -> Keting {
        let invitation = Invitation {
            url: url.to_owned(),
            tls_spki_sha256: [1; 32],
            city: keting_model::CityId::new([2; 16]),
            root: Ed25519Signer::from_seed([3; 32]).public_key().clone(),
            secret: Secret::new([4; 16]),
            expires_at_ms: 1_795_759_200_000,
        };
        wait(Keting::join(&self.data(), self.vault(), &invitation)).unwrap()
    }

    /// Makes a device here whose server nobody runs.
    pub fn join(&self) -> Keting {
        self.join_at("wss://127.0.0.1:9/v1/sync")
    }

    pub fn open(&self) -> Result<Keting, EngineError> {
        wait(Keting::open(&self.data(), self.vault()))
    }

    /// Waits until nobody has the replica open.
    pub fn wait_until_given_back(&self) {
        let lock = File::open(self.data().join("replica.db.lock")).unwrap();
        let (given_back, waits) = mpsc::channel();
        thread::spawn(move || {
            lock.lock_shared().unwrap();
            lock.unlock().unwrap();
            given_back.send(()).unwrap();
        });
        let is_given_back = waits.recv_timeout(PATIENCE).is_ok();
        assert!(is_given_back, "somebody keeps the replica open");
    }

    /// The files of the device that this process has open.
    #[cfg(target_os = "linux")]
    pub fn open_files(&self) -> Vec<PathBuf> {
        let all = std::fs::read_dir("/proc/self/fd").unwrap();
        let all = all.filter_map(|one| std::fs::read_link(one.unwrap().path()).ok());
        all.filter(|path| path.starts_with(self.data())).collect()
    }
}

pub fn vault_in(folder: &Path) -> Arc<dyn Vault> {
    Arc::new(DirectoryVault::open(&folder.join("vault")).unwrap())
}

/// Runs one test of this binary by itself in another process, which knows by `mark` that it is the one.
pub fn by_itself(test: &str, mark: &str, value: &OsStr) -> Command {
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", test, "--nocapture"]).env(mark, value);
    other
}

/// Waits for a future on the calling thread, as an app without any runtime does.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let begun = Instant::now();
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing came of it");
        thread::park_timeout(PATIENCE);
    }
}

/// A write that a status shows: the server is said to have been heard then.
pub fn note(keting: &Keting, at_ms: u64) -> Answered<()> {
    parts::write(keting, move |replica| {
        parts::work_on(replica, |replica| replica.note_up_to_date(at_ms)).map(drop)
    })
}

pub fn device(answer: Answer) -> Status {
    let Answer::Device(status) = answer else { panic!("not what was asked: {answer:?}") };
    *status
}

pub fn sync_status(answer: Answer) -> SyncStatus {
    let Answer::Sync(status) = answer else { panic!("not what was asked: {answer:?}") };
    *status
}

/// What the last [`note`] said.
pub fn noted(keting: &Keting) -> Option<u64> {
    device(wait(keting.ask(Query::Device)).unwrap()).up_to_date_at_ms
}
