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
/// How much memory the earlier states of documents take that a batch keeps for the replay of changes
/// not made at a document's heads, in bytes. One of a usual household takes 15 to 45 KB, of the
/// largest document some 11 MB; making it anew costs the document's history.
pub const FORKS_BYTES_MAX: usize = 32 * 1024 * 1024;

// What one person may do at once: commits and grants. Part of the protocol.

/// The most operations in a commit, added up over its parts as they are scanned. Dividing a
/// micro-grid of 80 households takes some hundred, entering a family of ten with everything filled in
/// two hundred; a part that uses up what a change may have still leaves room for its companion.
pub const COMMIT_OPS_MAX: u64 = 2 * CHANGE_OPS_MAX;
/// The most documents in one commit. Dividing a micro-grid touches its 80 households and a few
/// regions; a household, its private part and its visits are three.
pub const COMMIT_PARTS_MAX: usize = 512;
/// How many steps up the regions are followed: the city, five levels, and room. A cycle, which two
/// concurrent redrawings may make for a while, ends here.
pub const TREE_DEPTH_MAX: usize = 8;
/// The most commits without a number that one commit follows. They are the last ones in the documents
/// it was planned on, its home and the regions above: an honest author has a handful.
pub const COMMIT_FOLLOWS_MAX: usize = 64;
/// What a signed commit says of each commit it follows, in bytes: two ids and their CBOR heads.
pub const COMMIT_FOLLOWED_BYTES: usize = 27;
/// What a signed commit says of each part, in bytes: a digest of 32 and its CBOR head.
pub const COMMIT_PART_BYTES: usize = 34;
/// The most that a signed commit says beside its parts and what it follows, in bytes; some 400 are
/// usual.
pub const COMMIT_BYTES_BESIDE_PARTS: usize = 1024;
/// The longest signed commit without its parts, in bytes.
pub const COMMIT_BYTES_MAX: usize = 32 * 1024;
/// The highest number a signed record holds: what a signed 64-bit integer does, since that is what
/// SQLite stores. A commit a nanosecond would take three hundred years to get there.
pub const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();
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
/// The most addresses, and the most TLS keys, of a server at one time: the present ones, the ones
/// before them while they are given up, and room for both to change again meanwhile.
pub const SERVER_PLACES_MAX: usize = 4;
/// How long a server announces an old TLS key at most after a newer one, in milliseconds: thirty days, as long
/// as somebody is on leave.
pub const OLD_KEY_ANNOUNCED_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How long a server shows an old TLS key at most after a newer one was announced, in milliseconds: as long
/// as what an ended device had made before is good.
pub const OLD_KEY_SERVED_MS: u64 = ENDED_WORK_MS_MAX;
/// The longest reason for an end of a grant, in bytes: some eighty characters that its holder reads.
pub const WHY_BYTES_MAX: usize = 256;
/// The longest record of the log other than a commit, in bytes.
pub const RECORD_BYTES_MAX: usize = 16 * 1024;
/// The longest invitation, in characters: it must fit a QR code a cheap phone can read.
pub const INVITATION_CHARACTERS_MAX: usize = 1024;

// What one connection may ask for: frames and sessions.

/// The longest frame, in bytes. The largest commit fits, and a thousand connections that each
/// fill one stay within a gigabyte.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// The longest frame from somebody who has not said yet who they are, in bytes.
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
/// The most frames that wait for one connection's writer. Beyond them frames stay in the session,
/// where windows and unread answers bound them.
pub const TRANSMIT_FRAMES_MAX: usize = 64;
/// The most frames of one connection that wait for a server's core. Past them its socket is not
/// read.
pub const FRAMES_WAITING_MAX: usize = 16;
/// The most effects a session keeps for its driver. A device whose pushes would make more is
/// stopped.
pub const EFFECTS_MAX: usize = 256;
/// How long before the last of its grants ends a device, and a server of its devices, says so, in
/// milliseconds: thirty days, in which somebody finds the time to renew it.
pub const GRANT_ENDS_SOON_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// The most connections a server keeps open, from TCP to the end of the WebSocket. More are closed
/// at once, and a phone comes again.
pub const CONNECTIONS_MAX: usize = 4096;
/// An address gets at most one in so many of them. A whole office, or a carrier's customers, may
/// stand behind one address; nobody else is to find the door blocked for it.
pub const ADDRESS_SHARE: usize = 4;
/// How many open files a server keeps for itself before it counts the rest as connections: its store
/// several times over, its log, sockets and what the runtime needs.
pub const SERVER_FILES: usize = 128;
/// The most messages of all sockets that wait for a server's core. Past them sockets wait.
pub const INBOX_MESSAGES_MAX: usize = 1024;
/// The most bytes of frames that a server's core takes in before it acts on them.
pub const GROUP_FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;
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

// What one session holds and waits for. What both sides must agree on before they have talked also
// stands in docs/protocol.md; the others are the server's to choose and travel in its Welcome.

/// What a device may send behind its Hello before it has the Welcome, in bytes of frames. It saves
/// a round trip for a morning's edits and bounds what a stranger can make the server hold.
pub const EARLY_BYTES_MAX: usize = 64 * 1024;
/// What either side sends first on a connection, in bytes; it grows by what was answered, and with
/// every group.
/// Whatever a cut takes is sent again, so what is sent at once must not outgrow what the link has
/// shown to carry: a link that breaks after 16 KiB, every time, still brings everything.
pub const FIRST_WINDOW_BYTES: usize = 8 * 1024;
/// Commits that a device may have pushed without their answers: two full frames.
pub const PUSH_IN_FLIGHT_COMMITS_MAX: usize = 2 * FRAME_ENTRIES_MAX;
/// What an entry or a part counts in windows beside its content, in bytes: roughly what it takes in
/// memory, so that a million empty entries are not free.
pub const ITEM_COST_BYTES: usize = 64;
/// Room in a frame for everything but its entries or commits, in bytes.
pub const FRAME_OVERHEAD_BYTES: usize = 1024;
/// How many bytes of entries the server asks its store for at once. The device persists a group of
/// this size in one transaction.
pub const GROUP_BYTES: usize = 256 * 1024;
/// The longest sentence for a log, in bytes of UTF-8.
pub const MESSAGE_BYTES_MAX: usize = 256;
/// The longest code, in bytes.
pub const CODE_BYTES_MAX: usize = 64;
/// The longest signature, in bytes. P-256 and SM2 have 64 as Ed25519 has; a little room is left.
pub const SIGNATURE_BYTES_MAX: usize = 128;
/// The longest signed confirmation, in bytes.
pub const CONFIRMATION_BYTES_MAX: usize = 512;
/// The longest of what a server signs of its log, in bytes; some 210 are usual.
pub const HEARD_BYTES_MAX: usize = 512;
/// The longest proof of an enrolment, in bytes; some 400 are usual.
pub const ENROLMENT_PROOF_BYTES_MAX: usize = 1024;
/// The longest proof of an end, in bytes: some 200 and the operator's reason.
pub const ENDING_BYTES_MAX: usize = 512;
/// The server's own note of where a phase of a first sync stands, in bytes.
pub const AFTER_BYTES_MAX: usize = 64;
/// The most numbers in a Welcome's map of limits, known or not.
pub const WELCOME_LIMITS_MAX: usize = 32;
/// How many of the device's own admitted commits the server remembers in order not to send them
/// back. One forgotten is sent back, which only costs bytes.
pub const OWN_ADMITTED_MAX: usize = 4096;

/// How long a side that hears nothing takes the other for gone, in milliseconds: a ping's interval
/// and the time its answer may take.
pub const IDLE_AFTER_MS: u64 = KEEPALIVE_EVERY_MS + ANSWER_MS_MAX;
/// The shortest idle time that a server may set and a device follows, in milliseconds.
pub const IDLE_AFTER_MS_MIN: u64 = 3_000;
/// How long the server waits for a Confirm once a group has arrived, in milliseconds. A phone
/// that is busy with its disk needs seconds; beyond this it will not recover.
pub const CONFIRM_MS_MAX: u64 = 120_000;
/// How long a server may keep a device waiting for what it owes, in milliseconds: the first word on its log,
/// the next part of a first sync, the answers to what was pushed. Signs of life do not count. A busy
/// server answers within seconds; what is on its way on a thin line has longer ([`LINE_BYTES_PER_S_MIN`]).
pub const WORD_MS_MAX: u64 = 120_000;
/// The thinnest line on which work still gets through, in bytes a second, up and down: who waits for what somebody
/// sends waits a second longer for so many bytes. The largest commit takes 26 minutes on it. The largest frame takes
/// 34, and that is the longest for which anybody can hold up the other side by being slow on purpose.
pub const LINE_BYTES_PER_S_MIN: usize = 512;
/// How long a device may push one frame until it hears that its bytes arrive, in milliseconds: well within
/// [`ANSWER_MS_MAX`], after which it would give the server up.
pub const ARRIVAL_TOLD_AFTER_MS: u64 = 20_000;
/// How often a server's core hears that bytes of a frame arrive, in milliseconds: well within
/// [`HAND_OVER_MS`].
pub const ARRIVAL_LOOKED_AT_EVERY_MS: u64 = 1_000;
/// How long a device that may only hand over its work may pause, in milliseconds: a round trip on a
/// slow link, and its disk.
pub const HAND_OVER_MS: u64 = 5_000;
/// How far a server's wall clock may go apart from one that nobody can set before it is suspect, in
/// milliseconds. Putting a clock right over the network moves it by seconds.
pub const CLOCK_APART_MS_MAX: u64 = 10 * 60 * 1_000;
/// How far ahead of the last heartbeat a server's clock may stand at a start before it is suspect, in
/// milliseconds: servers are switched off over a holiday.
pub const CLOCK_AHEAD_MS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;
/// How often a server writes down the time while it trusts its clock, in milliseconds: seldom enough
/// to cost nothing.
pub const HEARTBEAT_EVERY_MS: u64 = 5 * 60 * 1_000;
/// How long after the end of a device what it had made before is still good, in milliseconds: a phone
/// may lie in a drawer, and nobody waits for it for ever.
pub const ENDED_WORK_MS_MAX: u64 = 90 * 24 * 60 * 60 * 1_000;
/// How often, at most, the server tells a device that nothing concerns it, in milliseconds: a busy
/// city must not wake every phone for each foreign entry.
pub const UP_TO_EVERY_MS: u64 = 30_000;

// What one device may make a server keep, and how much work is taken at once.

/// The most commits admitted in one transaction, as many as a frame may bring: enough to share one
/// flush to disk and the pages that every transaction writes again, few enough that a waiting phone is
/// answered within a second.
pub const ADMISSION_COMMITS_MAX: usize = FRAME_ENTRIES_MAX;
/// The most that is admitted in one transaction, in bytes by the protocol's cost: whatever the bytes
/// are, they are judged within a second. A commit that is larger than what is left of it is taken all
/// the same.
pub const ADMISSION_GROUP_BYTES_MAX: usize = 1024 * 1024;
/// What one device has judged before it is the others' turn, in bytes likewise: a morning's edits.
/// The largest commit is taken all the same.
pub const ADMISSION_TURN_BYTES: usize = 64 * 1024;
/// The most bytes of commits that wait for admission, of all devices together. Past them a push stays
/// in its session, whose own windows bound it.
pub const ADMISSION_WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most bytes of a device's commits that are kept without being admitted (held, or of a kind
/// this version does not know).
pub const DEVICE_HELD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most bytes a device may have admitted within a day. A busy grid worker makes 300 KB; an
/// import of a village is done by the server's own operator.
pub const DEVICE_DAY_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most confirmations of a device that a server keeps. Each says how far the device had the log when it
/// had made so many commits in one life; of more the ones that say least go.
pub const DEVICE_CONFIRMATIONS_MAX: u32 = 64;
/// What a change counts in a device's day that an earlier state of a document had to be made with, for
/// nothing: what came of it was refused or held. In bytes. Making one such change again costs what
/// admitting some kilobytes does, so a device can waste 65,536 a day, a second or two of a processor.
pub const WASTED_CHANGE_BYTES: u64 = 4 * 1024;
/// The most changes of one document. Ten years of a household that is edited every day are 3,650, a
/// year of visits and notes at twenty a day is 7,300.
pub const DOCUMENT_CHANGES_MAX: u64 = 16_384;
/// The most bytes of one document with its history. Every phone of a village keeps it whole; a year
/// with a long note on every day is 2 MB.
pub const DOCUMENT_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// The most branches of one document, or concurrent values under one of its keys, that come from
/// one device. A device makes one with each life of its file, and begins a new life when the file
/// was copied or restored, so an honest one has two.
pub const DEVICE_BRANCHES_MAX: usize = 8;
/// The most branches of one document, or concurrent values under one of its keys, of all devices.
/// Whoever writes next names all of them as dependencies or predecessors, and so does a settle.
pub const DOCUMENT_BRANCHES_MAX: usize = 256;

// What it may cost to find out that something is to be refused. Tests count every allocation.

/// The most memory that reading takes, in bytes for each byte that was sent: the smallest item of a
/// list takes nine times in memory what it takes in a frame while the list grows, and the canonical
/// form is made once more to compare.
pub const READ_BYTES_A_BYTE_MAX: usize = 16;
/// The most memory that reading takes beside that, in bytes.
pub const READ_BYTES_FIXED_MAX: usize = 4 * 1024;
/// The most memory that making one operation of a change again takes, in bytes.
pub const REPLAY_BYTES_AN_OP_MAX: usize = 256;
/// How many copies of the document a verdict about a change takes at once: the document as its
/// author saw it, and with the change; each may be twice as large while it is made.
pub const REPLAY_COPIES_MAX: usize = 8;

// What a replica keeps on its disk for an app.

/// The longest draft, in bytes: a family of twenty with everything filled in is half of that.
pub const DRAFT_BYTES_MAX: usize = 256 * 1024;
/// The most drafts. Somebody with forty households has a few; an app that forgets to discard them is told
/// before the disk is full.
pub const DRAFTS_MAX: u64 = 256;
/// The longest name that an app gives a draft or a form, in bytes.
pub const DRAFT_NAME_BYTES_MAX: usize = 256;

// What a replica keeps in memory.

/// The most memory the documents take that a device keeps open, in bytes: a hundred households and
/// more, on a phone that ends what takes much. A document that alone is larger is opened for its edit
/// and let go.
pub const DOCUMENTS_OPEN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most memory the documents take that a server keeps open, in bytes: some three thousand
/// households, or eleven of the largest documents there may be.
pub const SERVER_DOCUMENTS_OPEN_BYTES_MAX: usize = 128 * 1024 * 1024;
/// What an open document takes before anything is in it, in bytes. This and the two below were
/// measured with the counting allocator, and a test measures them again: an estimate is never less
/// than half of what a document takes, nor more than twice that.
pub const DOCUMENT_MEMORY_FIXED_BYTES: usize = 12 * 1024;
/// What a change takes in an open document, in bytes.
pub const DOCUMENT_MEMORY_A_CHANGE: usize = 192;
/// What a byte of a saved document takes in the open one.
pub const DOCUMENT_MEMORY_A_BYTE: usize = 1;
/// The most devices whose grants a server keeps in memory from one batch to the next, at some hundred
/// bytes each.
pub const SERVER_DEVICES_KEPT_MAX: usize = 8_192;
/// The most writers an open replica remembers having written down, at some fifty bytes each. One
/// forgotten is written once more, which changes nothing.
pub const AUTHORS_KEPT_MAX: usize = 4096;
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

const _: () = assert!(FRAMES_WAITING_MAX * 2 < EFFECTS_MAX);
const _: () = assert!(DOCUMENT_BRANCHES_MAX as u64 * 4 <= CHANGE_DEPS_MAX);
const _: () = assert!(DOCUMENT_BRANCHES_MAX as u64 * 4 <= CHANGE_ACTORS_MAX);
const _: () = assert!(COMMIT_OPS_MAX >= CHANGE_OPS_MAX);
const _: () = assert!(COMMIT_OPS_MAX >= COMMIT_PARTS_MAX as u64);
const _: () = assert!(COMMIT_WITH_PARTS_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(COMMIT_BYTES_MAX + CHANGE_BYTES_MAX < COMMIT_WITH_PARTS_BYTES_MAX);
const _: () = assert!(
    COMMIT_PARTS_MAX * COMMIT_PART_BYTES
        + COMMIT_FOLLOWS_MAX * COMMIT_FOLLOWED_BYTES
        + COMMIT_BYTES_BESIDE_PARTS
        < COMMIT_BYTES_MAX
);
const _: () = assert!(EARLY_BYTES_MAX < FRAME_BYTES_MAX);
const _: () = assert!(ADMISSION_TURN_BYTES * 4 <= ADMISSION_GROUP_BYTES_MAX);
const _: () = assert!(COMMIT_WITH_PARTS_BYTES_MAX < ADMISSION_GROUP_BYTES_MAX);
const _: () = assert!(GROUP_BYTES * 2 < ENTRIES_IN_FLIGHT_BYTES_MAX);
