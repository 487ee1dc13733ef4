//! Every limit of the whole engine, in one file.
//!
//! A limit stands here and nowhere else, with the reason for its size, so that what a peer can make
//! us spend can be read off one page. Limits on what is *admitted* are part of the protocol: all
//! replicas must agree on them, so they change only with a new rule version. Limits on queues,
//! caches and connections are each replica's own business.

// What one change may claim: the guard. Part of the protocol.

/// The longest change, in bytes. A year of visits typed in one go is 40 KB.
pub const CHANGE_BYTES_MAX: usize = 256 * 1024;
/// The most operations in a change, and the most rows in any column of it, predecessors included.
/// A text of 4,000 characters fits, a resident takes about ten.
pub const CHANGE_OPS_MAX: u64 = 4096;
/// The most actors beside its own that a change refers to. A document has as many actors as
/// incarnations ever wrote it, a handful; this is far beyond and still only 11 KB.
pub const CHANGE_ACTORS_MAX: u64 = 1024;
/// The most dependencies of a change: a document has at most one head an actor.
pub const CHANGE_DEPS_MAX: u64 = 1024;
/// The longest Text that can be inserted into, in code points. Finding a position in a Text costs
/// its length, and a change may ask for 4,096 positions. (Deleting from a longer one, which two
/// authors can make together, stays possible.)
pub const TEXT_CODE_POINTS_MAX: usize = 64 * 1024;
/// How many earlier states of documents a batch keeps for the replay of changes that were not made
/// at a document's heads. One costs about 43 KB, making it anew costs the document's history.
pub const FORKS_KEPT_MAX: usize = 16;

// What one person may do at once: commits and grants. Part of the protocol.

/// The most documents in one commit. Dividing a micro-grid touches its 80 households and a few
/// regions; a household, its private part and its visits are three.
pub const COMMIT_PARTS_MAX: usize = 512;
/// The longest signed commit without its parts, in bytes: 34 a part and some 400 for the rest.
pub const COMMIT_BYTES_MAX: usize = 32 * 1024;
/// The longest commit with its parts, in bytes. Must fit one frame.
pub const COMMIT_WITH_PARTS_BYTES_MAX: usize = 768 * 1024;
/// The longest name of a command, in bytes.
pub const COMMAND_NAME_BYTES_MAX: usize = 64;
/// The longest grant, in bytes: 64 regions, 64 kinds, two keys, a name.
pub const GRANT_BYTES_MAX: usize = 8 * 1024;
/// The most regions one grant names. A town officer has one, a station chief some villages.
pub const GRANT_REGIONS_MAX: usize = 64;
/// The most document kinds one grant names.
pub const GRANT_KINDS_MAX: usize = 64;
/// The most grants from the root key down to a holder: root, issuing key, and one a level of
/// region, with room.
pub const GRANT_CHAIN_MAX: usize = 8;
/// The longest name of a person, a device or a city in a signed record, in bytes.
pub const NAME_BYTES_MAX: usize = 256;
/// The longest record of the log other than a commit, in bytes.
pub const RECORD_BYTES_MAX: usize = 16 * 1024;
/// The longest public key, in bytes: P-256 uncompressed is 65, SM2 as well.
pub const PUBLIC_KEY_BYTES_MAX: usize = 128;
/// The longest invitation, in characters: it must fit a QR code a cheap phone can read.
pub const INVITATION_CHARACTERS_MAX: usize = 1024;

// What one connection may ask for: frames and sessions.

/// The longest frame, in bytes. The largest commit fits, and a thousand connections that each
/// fill one stay within a gigabyte.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// The longest frame from somebody who has not said who he is yet, in bytes.
pub const HELLO_BYTES_MAX: usize = 4 * 1024;
/// How long a connection may take to say who it is, in milliseconds: a slow link in a stairwell
/// needs a few seconds.
pub const HELLO_MS_MAX: u64 = 20_000;
/// The most protocol versions a peer may offer.
pub const VERSIONS_MAX: usize = 16;
/// The most entries, or commits, in one frame.
pub const FRAME_ENTRIES_MAX: usize = 1024;
/// The most bytes of commits a device has pushed without an answer.
pub const PUSH_IN_FLIGHT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most bytes of entries a server has sent without the device's word that they are durable.
pub const ENTRIES_IN_FLIGHT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most frames a session keeps for sending. A session that is full asks for no more input.
pub const TRANSMIT_FRAMES_MAX: usize = 64;
/// The most effects and events a session keeps for its driver.
pub const EFFECTS_MAX: usize = 256;
/// The most connections a server keeps open. More are refused at once, which a phone repeats.
pub const CONNECTIONS_MAX: usize = 4096;
/// How long a connection may stay silent before a ping is sent, in milliseconds. Mobile carriers
/// forget a silent connection after a minute or more.
pub const KEEPALIVE_EVERY_MS: u64 = 45_000;
/// How long an expected answer may take, in milliseconds, before the connection counts as dead.
pub const ANSWER_MS_MAX: u64 = 60_000;
/// How long it may take a device until a connection stands (name, TCP, TLS, upgrade), in
/// milliseconds. That is some five round trips; a stairwell's link takes two seconds for one, and
/// loses some.
pub const CONNECT_MS_MAX: u64 = 30_000;
/// How long a device that ends a session waits for its last words to be taken, in milliseconds. The
/// server acts on none of them, so a link that is gone is not waited for.
pub const FAREWELL_MS_MAX: u64 = 2_000;
/// The first pause before connecting again, in milliseconds. It doubles with each failure.
pub const BACKOFF_MS_MIN: u64 = 500;
/// The longest pause before connecting again, in milliseconds.
pub const BACKOFF_MS_MAX: u64 = 5 * 60_000;

// What one device may make a server keep, and how much work is taken at once.

/// The most commits admitted in one transaction: enough to share one flush to disk, few enough
/// that a waiting phone is answered within a second.
pub const ADMISSION_COMMITS_MAX: usize = 256;
/// The most commits waiting for admission. A server that is full stops reading from its sockets.
pub const ADMISSION_QUEUE_MAX: usize = 4096;
/// The most bytes of a device's commits that are kept without being admitted (held, or of a kind
/// this version does not know).
pub const DEVICE_HELD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most bytes a device may have admitted within a day. A busy grid worker makes 300 KB; an
/// import of a village is done by the server's own operator.
pub const DEVICE_DAY_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most refused frames or commits of one connection before it is closed.
pub const CONNECTION_REFUSALS_MAX: u32 = 64;
/// The most devices one person's invitation may enrol: one.
pub const INVITATION_USES_MAX: u32 = 1;

// What a replica keeps in memory.

/// The most documents a device keeps open, at about 43 KB each.
pub const DOCUMENTS_OPEN_MAX: usize = 64;
/// The most documents a server keeps open, at about 43 KB each.
pub const SERVER_DOCUMENTS_OPEN_MAX: usize = 2048;
/// The most reading connections to one replica's file.
pub const READERS_MAX: usize = 4;
/// The most changes of rows a `watch` keeps for an observer that does not look. Beyond it the
/// observer is told once that everything may have changed.
pub const WATCH_CHANGES_MAX: usize = 1024;
/// The most news of a sync kept for an app that does not look. Beyond it the oldest are forgotten:
/// what counts is how things are now.
pub const SYNC_NEWS_MAX: usize = 64;
/// The most changes of a document kept beside its snapshot before a new snapshot is made.
pub const CHANGES_AFTER_SNAPSHOT_MAX: usize = 64;

const _: () = assert!(COMMIT_WITH_PARTS_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(COMMIT_BYTES_MAX + CHANGE_BYTES_MAX < COMMIT_WITH_PARTS_BYTES_MAX);
const _: () = assert!(COMMIT_PARTS_MAX * 34 + 1024 < COMMIT_BYTES_MAX);
