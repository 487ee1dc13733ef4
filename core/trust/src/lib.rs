//! Who may do what in a city, and the proof of it: keys, grants, commits and the server's records.
//!
//! This room is pure: it owns no clock, no randomness and no I/O; salts, ids and "now" are passed
//! in. It does not know where records are kept (`keting-store`, `keting-server`) nor how they
//! travel (`keting-sync`), and what the data means is `keting-model`.
//!
//! Everything signed is a COSE_Sign1 ([`cose`]) over deterministic CBOR ([`cbor`]). A value of a
//! type named `Signed…` was verified when it was opened, except where it was read back from this
//! replica's own storage with `read_stored`.

pub mod authority;
pub mod cbor;
pub mod commit;
pub mod cose;
pub mod digest;
pub mod error;
pub mod grant;
pub mod guard;
pub mod invitation;
pub mod kept;
pub mod key;
pub mod limits;
pub mod log;
pub mod record;

pub use authority::{Denied, Tree, check_live, covers, covers_write, may_read};
pub use commit::{CommitBody, CommitId, Part, SignedCommit};
pub use digest::{Digest, Incarnation, actor_id};
pub use error::{GrantError, ProofError, SignError};
pub use grant::{Grant, KindAccess, SignedGrant, verify_chain};
pub use invitation::{Invitation, InvitationError};
pub use key::{Algorithm, DeviceId, Ed25519Signer, PublicKey, Signer};
pub use log::{ChainHash, Cursor, Place, Position, RecordKind};
pub use record::{
    Announcement, Claimed, Confirmation, Decision, Ending, Enrolment, Erasure, GroupDigest, Heard,
    Outcome, Revocation, Signed, SignedAnnouncement, SignedConfirmation, SignedDecision,
    SignedEnding, SignedEnrolment, SignedErasure, SignedHeard, SignedRevocation, SignedVerdict,
    Verdict,
};
