//! What a driver sees of a device's session: configuration, effects and events.

use keting_model::CityId;
use keting_trust::{
    Claimed, Confirmation, Cursor, DeviceId, Digest, Heard, Incarnation, PublicKey,
};
use minicbor::{Decode, Encode};

use crate::error::CloseReason;
use crate::message::{
    Answer, Answers, CommitKey, Enrolled, Entry, EntryPosition, PushedCommit, Secret, Welcome,
    group_of, group_of_progress,
};

/// What a device's session starts with, read from the replica in one transaction.
#[derive(Debug, Clone)]
pub struct DeviceConfig {
    /// The versions of the protocol to offer, normally [`crate::VERSIONS`].
    pub versions: Vec<u16>,
    /// The city.
    pub city: CityId,
    /// Name and version of the software.
    pub software: String,
    /// The device's public key; [`DeviceEffect::SignHello`] asks for its private half.
    pub device: PublicKey,
    /// What the session is for.
    pub purpose: Purpose,
    /// Whether the device was told that it is ended, and was given nothing since.
    pub told_of_end: bool,
}

/// What a session is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// To be enrolled with an invitation, and then to sync.
    Enrol {
        /// The invitation's secret.
        secret: Secret,
        /// What the device is to be called in lists.
        name: String,
    },
    /// To sync from where the replica stands.
    Sync {
        /// Up to where the replica has the log.
        cursor: Option<Cursor>,
        /// Where its first sync was interrupted, as the last [`Persist`] said.
        first_sync: Option<FirstSync>,
        /// The life of the replica's file.
        incarnation: Incarnation,
        /// The sequence of the last commit made in it.
        last_sequence: u64,
        /// The highest that the server ever said of its log, as it was kept.
        heard: Option<Box<Claimed<Heard>>>,
    },
}

/// Where a first sync stands: kept by the driver as bytes (`keting_trust::cbor`) between sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSync {
    /// Where to go on.
    pub position: EntryPosition,
    /// Documents received.
    pub done: u64,
    /// Documents in all.
    pub total: u64,
}

/// What the session asks its driver to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceEffect {
    /// Sign these bytes with the device's key; answer with `handle_signed`.
    SignHello {
        /// To be named in the answer.
        id: u64,
        /// What to sign, with [`keting_trust::Signer::sign`].
        bytes: Vec<u8>,
    },
    /// Sign this confirmation; answer with `handle_signed`, giving the bytes of the
    /// `SignedConfirmation`.
    SignConfirmation {
        /// To be named in the answer.
        id: u64,
        /// What to sign.
        confirmation: Confirmation,
    },
    /// Read unacknowledged commits in the outbox's order; answer with `handle_outbox`.
    ReadOutbox {
        /// To be named in the answer.
        id: u64,
        /// Only what comes after this place in the outbox; 0 is before everything.
        after: u64,
        /// At most so many commits.
        commits_max: usize,
        /// At most so many bytes by [`PushedCommit::cost_bytes`], but at least one commit.
        bytes_max: usize,
    },
    /// Store all of this in one transaction; answer with `handle_persisted` once it is durable.
    Persist(Persist),
    /// Write out what `poll_transmit` still gives, as far as the connection takes it, and close it.
    Close(CloseReason),
}

/// What must become durable together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persist {
    /// To be named in the answer.
    pub id: u64,
    /// The value of the connection's TLS exporter at this end, which some of what the server says is bound to.
    pub channel_binding: Vec<u8>,
    /// What enrolment gave, to be verified against the invitation and the connection first.
    pub enrolled: Option<Enrolled>,
    /// The server's answers to pushed commits, for the outbox, as they came. Its word on them is to
    /// be verified.
    pub answers: Vec<Answers>,
    /// Entries, to be verified. Some may be there already: after a cut, and when they are the
    /// device's own.
    pub groups: Vec<Group>,
    /// Where the replica stands after it.
    pub moved: Option<Moved>,
}

/// A group of entries and the server's word on it, which is to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What came, in the order in which it came.
    pub entries: Vec<Entry>,
    /// What the server says of it.
    pub heard: Claimed<Heard>,
    /// How far a first sync is with it, unless it ends with an UpTo.
    pub first_sync: Option<FirstSync>,
}

impl Group {
    /// What the server's word on it has to be of, where it is said to a device on a connection.
    pub fn digest(&self, device: &DeviceId, channel_binding: &[u8]) -> Digest {
        let entries = group_of(&self.entries);
        match &self.first_sync {
            Some(FirstSync { position, done, total }) => {
                group_of_progress(&entries, device, channel_binding, position, *done, *total)
            }
            None => entries,
        }
    }
}

impl Persist {
    /// All entries, in the order in which they came.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.groups.iter().flat_map(|group| &group.entries)
    }

    /// All answers, in the order in which they came.
    pub fn all_answers(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().flat_map(|answers| &answers.answers)
    }
}

/// Where the replica stands after a [`Persist`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// Within its first sync.
    FirstSync(FirstSync),
    /// In the log. A first sync is over.
    Log(Cursor),
}

/// What the driver read in the transaction that made a [`Persist`] durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persisted {
    /// The life of the replica's file.
    pub incarnation: Incarnation,
    /// The sequence of the last commit made in it.
    pub last_sequence: u64,
    /// Whether the server gave something with it that it owed: an enrolment, answers, a cursor that moved, or
    /// what held up and was not here before.
    pub has_come_on: bool,
}

/// Commits from the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboxBatch {
    /// In the outbox's order.
    pub items: Vec<OutboxItem>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// One commit of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// Its place: above that of every earlier commit, and above 0.
    pub place: u64,
    /// The commit.
    pub commit: PushedCommit,
}

/// What the session tells the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceEvent {
    /// The server answered the Hello.
    Welcomed(Welcome),
    /// What enrolment gave is durable.
    Enrolled,
    /// These commits were sent.
    Pushed(Vec<CommitKey>),
    /// A commit is too large for any frame and stays where it is.
    Unsendable(CommitKey),
    /// These answers are durable.
    Answered(Vec<Answer>),
    /// So many documents of a first sync are durable.
    Progress {
        /// Documents received.
        done: u64,
        /// Documents in all.
        total: u64,
    },
    /// Everything the server had for this device is durable.
    UpToDate {
        /// Up to where.
        cursor: Cursor,
        /// When the server said so, by its clock, in milliseconds since the Unix epoch.
        at_ms: u64,
    },
    /// The server's log is not the one the replica's cursor is of. Nothing is received in this
    /// session; commits are still pushed.
    LogDiverged {
        /// The replica's cursor.
        ours: Cursor,
        /// The end of the server's log.
        theirs: Cursor,
        /// The last number both have, as far as the server knows.
        shared_number: u64,
    },
    /// The session ended.
    Closed(CloseReason),
}

/// The state an application can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether the server knows us on this connection.
    pub connected: bool,
    /// When the server last said that we have everything, by its clock, in milliseconds since the
    /// Unix epoch. `None` before it did in this session.
    pub up_to_date_as_of_ms: Option<u64>,
    /// During a first sync: documents received, and documents in all.
    pub first_sync: Option<(u64, u64)>,
}

impl<C> Encode<C> for FirstSync {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        c: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(5)?;
        self.position.at.encode(e, c)?;
        e.u8(self.position.phase)?
            .bytes(&self.position.after)?
            .u64(self.done)?
            .u64(self.total)?
            .ok()
    }
}

impl<'b, C> Decode<'b, C> for FirstSync {
    fn decode(d: &mut minicbor::Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(5) {
            return Err(minicbor::decode::Error::message("an array of another length"));
        }
        let at = Cursor::decode(d, c)?;
        let position = EntryPosition { at, phase: d.u8()?, after: d.bytes()?.to_vec() };
        Ok(Self { position, done: d.u64()?, total: d.u64()? })
    }
}
