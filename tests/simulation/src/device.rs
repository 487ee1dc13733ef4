//! A phone: its disk and its vault, and the app on it while it runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use keting::parts::{FileIdentity, Replica, ReplicaConfig, SyncDriver};
use keting::{EngineError, Environment, Executed, ReplicaId, Secret, Vault};
use keting_model::{Command, DocumentId};
use keting_testkit::rng::Rng;
use keting_testkit::vfs::Disk;
use keting_trust::limits::DOCUMENTS_OPEN_BYTES_MAX;
use keting_trust::{CommitId, Ed25519Signer, Invitation};

use crate::cast::Part;
use crate::clock::{Clock, DeviceEnvironment};
use crate::network::LinkId;
use crate::said::about;
use crate::vault::MemoryVault;

const FILE: &str = "/replica.db";

/// A phone.
pub struct Device {
    /// What traces call it.
    pub name: String,
    /// Whose it is.
    pub part: Part,
    /// Whether its key only signs what the app made.
    pub is_honest: bool,
    /// Its disk.
    pub disk: Disk,
    /// Its clock and chance.
    pub environment: DeviceEnvironment,
    /// The app's replica, while the app runs.
    pub replica: Option<Replica>,
    /// The app's connection.
    pub session: Option<Session>,
    /// Every edit the app said was durable, and how far it was seen to come.
    pub edits: BTreeMap<CommitId, Edit>,
    /// Whether the disk was made to fail since the app began.
    pub is_troubled: bool,
    /// Whether the disk may still fail.
    pub is_disk_bad: bool,
    /// How much memory open documents may take, in bytes: on some phones one document, on some all.
    pub open_documents_bytes_max: usize,
    vault: Arc<MemoryVault>,
    id: ReplicaId,
    identity: FileIdentity,
    invitation: Invitation,
    is_enrolled: bool,
}

/// A connection and the driver on it.
pub struct Session {
    /// The connection.
    pub link: LinkId,
    /// What ships.
    pub driver: SyncDriver,
}

/// An edit that the app said is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The household or region it is about.
    pub about: DocumentId,
    /// How far it was seen to come.
    pub progress: Progress,
}

/// How far an edit was seen to come. It never goes back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// It waits, or is on its way: a cut takes it back, a power cut takes even the note of it.
    Waiting,
    /// The server said it is durable.
    Acknowledged,
    /// The server did not take it.
    Held(String),
}

impl Device {
    /// A phone with an invitation and no app data yet.
    pub fn new(part: Part, invitation: Invitation, clock: &Clock, rng: &Rng) -> Self {
        let mut id = [0; 16];
        rng.fork(1).fill(&mut id);
        Self {
            name: part.name.to_owned(),
            part,
            is_honest: true,
            disk: Disk::new(rng.fork(2).next_u64()),
            environment: DeviceEnvironment::new(clock, rng.fork(3)),
            replica: None,
            session: None,
            edits: BTreeMap::new(),
            is_troubled: false,
            is_disk_bad: false,
            open_documents_bytes_max: DOCUMENTS_OPEN_BYTES_MAX >> rng.fork(4).below(9),
            vault: Arc::new(MemoryVault::default()),
            id: ReplicaId::new(id),
            identity: FileIdentity(id),
            invitation,
            is_enrolled: false,
        }
    }

    /// A copy of the directory on another disk, with the same vault.
    pub fn copy(&self, clock: &Clock, rng: &Rng) -> Self {
        let mut identity = [0; 16];
        rng.fork(1).fill(&mut identity);
        Self {
            name: format!("{}'", self.name),
            disk: self.disk.duplicate(rng.fork(2).next_u64()),
            environment: DeviceEnvironment::new(clock, rng.fork(3)),
            replica: None,
            session: None,
            edits: self.edits.clone(),
            is_troubled: false,
            is_disk_bad: false,
            vault: Arc::clone(&self.vault),
            identity: FileIdentity(identity),
            invitation: self.invitation.clone(),
            ..*self
        }
    }

    /// Starts the app: it makes its replica, or opens it.
    pub fn start(&mut self) -> Result<(), EngineError> {
        self.disk.set_unix_ms(self.environment.unix_ms());
        let identity = self.identity;
        let identity = move |_: &Path| Some(identity);
        let config = ReplicaConfig {
            path: Path::new(FILE),
            vfs: Some(self.disk.vfs_name()),
            id: self.id,
            identity: &identity,
        };
        let vault = || Arc::clone(&self.vault) as Arc<dyn Vault>;
        let environment = || Box::new(self.environment.clone());
        let opened = if self.is_enrolled {
            Replica::open(&config, vault(), environment())
        } else {
            Replica::create(&config, vault(), environment(), &self.invitation)
        };
        let mut replica = opened?;
        replica.keep_documents_within(self.open_documents_bytes_max);
        self.replica = Some(replica);
        self.note_enrolment();
        self.is_troubled = self.is_disk_bad;
        Ok(())
    }

    /// Ends the app without a word, as a crash does; what it wrote stays.
    pub fn stop(&mut self) -> Option<LinkId> {
        let link = self.session.take().map(|session| session.link);
        // Killed, not closed: SQLite would tidy up on closing.
        self.disk.kill_processes();
        self.replica = None;
        link
    }

    /// Whether the server has let the device in, and the device knows it.
    pub fn is_enrolled(&self) -> bool {
        self.is_enrolled
    }

    /// Remembers an enrolment that is durable.
    pub fn note_enrolment(&mut self) {
        let enrolled = self.replica.as_ref().is_some_and(|replica| replica.membership().is_some());
        self.is_enrolled |= enrolled;
    }

    /// Whether the server could not keep an edit the last time.
    pub fn has_refused_edits(&self) -> bool {
        let status = self.replica.as_ref().and_then(|replica| replica.status().ok());
        status.is_some_and(|status| status.refused > 0)
    }

    /// Whether that happened on the connection it has, and nothing else is left to do there.
    pub fn was_refused(&self) -> bool {
        let done =
            |session: &Session| session.driver.progress().held > 0 && session.driver.is_quiescent();
        self.session.as_ref().is_some_and(done) && self.has_refused_edits()
    }

    /// Whether it is a copy of another phone's directory.
    pub fn is_copy(&self) -> bool {
        self.name.ends_with('\'')
    }

    /// Whether it can know what time it is: its own clock is right, or it has heard the server on this
    /// connection. Else it goes by a clock that somebody may have set back while it was off; or, as a
    /// copy, by what the clock of the other machine was off.
    pub fn knows_time(&self) -> bool {
        let has_heard = |session: &Session| session.driver.progress().time_heard;
        let is_right = !self.environment.is_off() && !self.is_copy();
        is_right || self.session.as_ref().is_some_and(has_heard)
    }

    /// The invitation it was given.
    pub fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// The device's key, for somebody who has got hold of it.
    pub fn signer(&self) -> Option<Ed25519Signer> {
        let seed = self.vault.require(&self.id, Secret::DeviceSeed).ok()?;
        Some(Ed25519Signer::from_seed(*seed))
    }

    /// Lets its holder do something, and remembers what the app said is durable.
    pub fn execute(&mut self, command: &Command) -> Option<Result<Executed, EngineError>> {
        let executed = self.replica.as_mut()?.execute(command);
        if let Ok(executed) = &executed {
            let edit = Edit { about: about(command), progress: Progress::Waiting };
            self.edits.insert(executed.commit, edit);
        }
        Some(executed)
    }
}
