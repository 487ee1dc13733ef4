//! The facade applications use: open, save, ask, sync.
//!
//! A [`Keting`] is one replica: an encrypted file with the households its holder may see, the log's
//! commits that made them, and what still waits for the server. Everything works without a
//! connection; [`Keting::start_sync`] exchanges what changed while there is one. No call blocks: each is
//! posted to threads of the engine's own, and any executor awaits it. An app needs this crate alone: what a
//! person does is in [`verbs`], what may be asked once or live in [`Query`], what the answers hold in
//! [`views`], and what an error means to a person in [`error`]. `examples/first_steps.rs` is a whole small
//! app.
//!
//! This is the only room with threads and sockets, and they are all in `shell`. What a replica
//! does is in `replica`, on one thread and without a clock of its own, so that the simulation can
//! step the code that ships. What the data is stands in `keting-model`, who may do what in
//! `keting-trust`, the file in `keting-store`, the protocol in `keting-sync`. Tests and tools that
//! take all this apart find it in [`parts`].

pub mod checkup;
mod directory;
mod driver;
pub mod durable_file;
mod environment;
pub mod error;
pub mod parts;
mod reaching;
mod replica;
mod shell;
pub mod vault;
pub mod verbs;
mod watch;

pub use driver::Progress;
pub use environment::{Boot, Environment, SystemEnvironment};
pub use error::{EngineError, ErrorKind, Failure, known, sentences};
pub use replica::{DraftError, Moot, Saved, Status};
pub use shell::asking::{Answer, Query};
pub use shell::hosting::Answered;
pub use shell::keting::Keting;
pub use shell::live::Live;
pub use shell::named::Ambiguous;
pub use shell::sync_loop::SyncReport;
pub use shell::sync_status::{Phase, SyncStatus};
pub use shell::syncing::{NetworkState, SyncRun};
pub use vault::{DirectoryVault, ReplicaId, Secret, Vault, VaultError};

pub use keting_model::query::ConflictId;
pub use keting_model::{
    CityTime, Command, CommandId, Day, DocumentId, DocumentKind, FieldValue, Fields, HouseholdId,
    ItemId, Level, LogId, NeedId, NoteId, RegionId, ResidentId, Role, Value, VisitId, Warning,
};
pub use keting_store::{SalvageReport, StoreError};
pub use keting_trust::{CommitId, Cursor, Invitation, InvitationError};

/// The examples of the READMEs are compiled as tests.
#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../../README.md")]
    struct InEnglish;

    #[doc = include_str!("../../../README.zh-CN.md")]
    struct InChinese;
}

/// What a [`Vault`] over an app's own hardware keys answers with.
pub mod keys {
    pub use keting_trust::{PublicKey, SignError, Signer};
    pub use zeroize::Zeroizing;
}

/// What a person may want: each goes into a [`Command`].
pub mod commands {
    pub use keting_model::Settle;
    pub use keting_model::household::{HouseholdCommand, NewResident};
    pub use keting_model::household_private::PrivateCommand;
    pub use keting_model::household_visits::VisitsCommand;
    pub use keting_model::region::RegionCommand;
    pub use keting_model::withdrawal::{Record, WithdrawalCommand};
}

/// What a form asks while somebody types: the one form of a value, or what is wrong with it; what fields
/// and words are called.
pub mod input {
    pub use keting_model::InvalidValue;
    pub use keting_model::input::{
        Checked, Choice, Field, FieldWords, Refused, Takes, check, field_words, of_fifteen,
    };
    pub use keting_model::words::{Label, label};
}

/// The words that fields choose from, and the languages they have labels in.
pub mod words {
    pub use keting_model::words::{
        Bond, CareTag, Language, NeedStatus, Relation, Sex, Status, Tenure,
    };
}

/// What queries answer with.
pub mod views {
    pub use crate::shell::known_devices::KnownDevice;
    pub use crate::shell::outbox::{HeldView, OutboxView};
    pub use crate::shell::queries::HouseholdInFull;
    pub use keting_model::history::{History, HistoryEntry};
    pub use keting_model::query::{
        AboutView, Candidate, ConflictValue, ConflictView, Counts, Entered, FactView,
        HouseholdDetail, HouseholdFilter, HouseholdNamed, HouseholdPage, HouseholdRow,
        HouseholdView, Households, ItemKind, ItemNamed, Meanwhile, NeedView, NoteView, Only,
        PAGE_ROWS, PAGE_ROWS_MAX, PageMark, RegionNamed, RegionView, ResidentDetail, ResidentView,
        Shown, Sort, TurnedFourteen, VisitView, Withheld, digits_apart,
    };
    pub use keting_store::OutboxState;
}
