//! A phone: its disk and its vault, and the app on it while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use keting::parts::{Executed, FileIdentity, Reaching, Replica, ReplicaConfig, SyncDriver};
use keting::{EngineError, Environment, ReplicaId, Secret, Vault};
use keting_model::{Command, DocumentId};
use keting_testkit::rng::Rng;
use keting_testkit::vfs::Disk;
use keting_trust::limits::DOCUMENTS_OPEN_BYTES_MAX;
use keting_trust::{CommitId, DeviceId, Digest, Ed25519Signer, Invitation};

use crate::cast::Part;
use crate::clock::{Clock, DeviceEnvironment};
use crate::confirmed::Confirming;
use crate::network::LinkId;
use crate::pins::Given;
use crate::put_back::Image;
use crate::said::{Remembered, about};
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
    /// What is left of the app's last go at reaching the server, if it has not got through.
    pub reaching: Option<Reaching>,
    /// What invitations it was given.
    pub given: Vec<Given>,
    /// Every edit the app said was durable, and how far it was seen to come.
    pub edits: BTreeMap<CommitId, Edit>,
    /// The numbers of the entries that it told the server it has.
    pub confirmed: BTreeSet<u64>,
    /// Whether the disk was made to fail since the app began.
    pub is_troubled: bool,
    /// Whether the disk may still fail.
    pub is_disk_bad: bool,
    /// How much memory open documents may take, in bytes: on some phones one document, on some all.
    pub open_documents_bytes_max: usize,
    /// The machine as it once was.
    pub image: Option<Image>,
    vault: Arc<MemoryVault>,
    id: ReplicaId,
    identity: FileIdentity,
    invitation: Invitation,
    /// The device's id, once the server has let it in and it knows.
    enrolled: Option<DeviceId>,
}

/// A connection and the driver on it.
pub struct Session {
    /// The connection.
    pub link: LinkId,
    /// What ships.
    pub driver: SyncDriver,
    /// The go at reaching the server that it is of, and the address that was dialled.
    pub reaching: Reaching,
    /// The same.
    pub url: String,
    /// Whether the app has noted that the server was reached there.
    pub is_noted: bool,
    /// When it began, in milliseconds since the run did.
    pub begun_at_ms: u64,
    /// How many edits it has said need not be made anew.
    pub moot: usize,
    /// What came that it may confirm.
    pub confirming: Confirming,
}

/// An edit that the app said is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The household or region it is about.
    pub about: DocumentId,
    /// When it was entered, in milliseconds since the run began.
    pub entered_at_ms: u64,
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
    /// It could not be made anew: it stands in the list of held work.
    LeftToAPerson,
    /// It needed not be made anew: its author was told so.
    Moot,
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
            reaching: None,
            given: vec![Given { key: Digest::new(invitation.tls_spki_sha256), number: 0 }],
            edits: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            is_troubled: false,
            is_disk_bad: false,
            open_documents_bytes_max: DOCUMENTS_OPEN_BYTES_MAX >> rng.fork(4).below(9),
            image: None,
            vault: Arc::new(MemoryVault::default()),
            id: ReplicaId::new(id),
            identity: FileIdentity(id),
            invitation,
            enrolled: None,
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
            reaching: None,
            given: self.given.clone(),
            edits: self.edits.clone(),
            confirmed: self.confirmed.clone(),
            is_troubled: false,
            is_disk_bad: false,
            image: None,
            vault: Arc::clone(&self.vault),
            identity: FileIdentity(identity),
            invitation: self.invitation.clone(),
            ..*self
        }
    }

    /// Keeps the whole machine as it is now, with what its holder has said.
    pub fn take_image(&mut self, said: Remembered, seed: u64) {
        let (disk, vault) = (self.disk.duplicate(seed), self.vault.duplicate());
        let (edits, confirmed) = (self.edits.clone(), self.confirmed.clone());
        self.image = Some(Image { disk, vault, edits, confirmed, said });
    }

    /// Puts the whole machine back as it was, and starts it anew. Gives what its holder had said then.
    pub fn put_back(&mut self, seed: u64) -> Option<Remembered> {
        let image = self.image.as_ref()?;
        self.disk = image.disk.duplicate(seed);
        self.vault = Arc::new(image.vault.duplicate());
        self.edits = image.edits.clone();
        self.confirmed = image.confirmed.clone();
        self.environment.restart();
        Some(image.said.clone())
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
        let opened = if self.is_enrolled() {
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
        self.reaching = None;
        // Killed, not closed: SQLite would tidy up on closing.
        self.disk.kill_processes();
        self.replica = None;
        link
    }

    /// Whether the server has let the device in, and the device knows it.
    pub fn is_enrolled(&self) -> bool {
        self.enrolled.is_some()
    }

    /// What its edits are about that the server holds since they came after an end of the device.
    pub fn late(&self) -> BTreeSet<DocumentId> {
        let late = Progress::Held("grant_revoked".to_owned());
        let late = self.edits.values().filter(|edit| edit.progress == late);
        late.map(|edit| edit.about).collect()
    }

    /// Remembers an enrolment that is durable.
    pub fn note_enrolment(&mut self) {
        if let Some(replica) = self.replica.as_ref().filter(|it| it.membership().is_some()) {
            self.enrolled = Some(replica.device());
        }
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

    /// Takes an invitation: into the file that it has, or for the one that it is to make. `number` is the
    /// entry of the log up to which announcements count for nothing against it.
    ///
    /// # Errors
    /// When the file cannot be written, or the city is another.
    pub fn accept(&mut self, invitation: Invitation, number: u64) -> Result<(), EngineError> {
        if let Some(replica) = &mut self.replica {
            replica.accept(&invitation)?;
        }
        self.given.push(Given { key: Digest::new(invitation.tls_spki_sha256), number });
        if !self.is_enrolled() {
            self.invitation = invitation;
        }
        Ok(())
    }

    /// The invitation it was let in by.
    pub fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// The device's id, once it is one.
    pub fn id(&self) -> Option<DeviceId> {
        self.enrolled
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
            let (entered_at_ms, progress) = (self.environment.now_ms(), Progress::Waiting);
            let edit = Edit { about: about(command), entered_at_ms, progress };
            self.edits.insert(executed.commit, edit);
        }
        Some(executed)
    }
}
