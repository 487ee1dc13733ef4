//! A replica on disk: one encrypted SQLite file.
//!
//! This room knows bytes and rows: documents as changes and snapshots, signed commits, the outbox,
//! the log's records, forms begun and not saved, and projection rows as tables and cells. It does not
//! know what a household is (`keting-model`), verifies no signature (`keting-trust`) and never talks to
//! a peer (`keting-sync`); the engine joins them.
//!
//! One [`Store`] writes, any number of [`Reader`]s of the same process read; both read through
//! [`View`]. Everything that belongs to one act is written by one [`Store::write`], which is
//! durable when it returns and leaves nothing when it fails; what may be lost in a power cut is
//! written by [`Store::note`].

mod aside;
mod commits;
mod documents;
mod drafts;
mod error;
mod inspect;
mod key;
mod lock;
mod look;
mod meta;
mod open;
mod outbox;
mod reader;
mod records;
mod rows;
mod salvage;
mod stand_ins;
mod store;
mod unread;

pub use commits::{CommitRow, StoredCommit, StoredPart};
pub use documents::{Placed, StoredChange, StoredDocument};
pub use drafts::StoredDraft;
pub use error::{DiskFault, OpenError, StoreError};
pub use inspect::{FileSizes, TableSize};
pub use key::DatabaseKey;
pub use lock::Lock;
pub use look::{Look, look, open_untouched};
pub use open::{
    Access, Migration, OpenConfig, Owner, for_owner, open_reader, open_still, open_writer,
};
pub use outbox::{OutboxCounts, OutboxEntry, OutboxState};
pub use reader::{Reader, Readers};
pub use records::StoredRecord;
pub use salvage::{PARTS_LOST, SalvageReport, is_there, salvage};
pub use store::{STORE_OWNER, Store, Transaction, View};
pub use unread::UnreadEntry;
