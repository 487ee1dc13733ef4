//! A file of a made-up replica, and rows to fill it with.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use keting_model::{
    ActorId, Cell, ChangeHash, CommandId, DocumentId, DocumentKind, Row, RowChange, Table,
};
use keting_store::{
    Access, CommitRow, DatabaseKey, OpenConfig, OpenError, OutboxEntry, OutboxState, Owner, Store,
    StoreError, StoredChange, StoredCommit, Transaction,
};

/// Stands in every blob and text the tests write, so that it can be looked for.
pub const MARKER: &str = "Shen Meihua, 3-2-601";

pub static PEOPLE: Table = Table { name: "person", columns: &["name", "age"] };

pub const MODEL: Owner<'static> = Owner {
    name: "model",
    migrations: &[(
        1,
        "CREATE TABLE person (document BLOB NOT NULL, item BLOB NOT NULL, name TEXT NOT NULL,
         age INTEGER, PRIMARY KEY (document, item)) STRICT, WITHOUT ROWID",
    )],
};

pub struct Home {
    pub directory: tempfile::TempDir,
    pub key: DatabaseKey,
}

impl Home {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory, key: DatabaseKey::new([7; 32]) }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("replica.db")
    }

    pub fn open(&self) -> Result<Store, OpenError> {
        Store::open(&config(&self.path(), Some(&self.key)))
    }

    /// What [`Self::files`] are, short enough to be printed.
    pub fn digests(&self) -> Vec<(String, usize, u64)> {
        let digest = |bytes: &[u8]| {
            let mut hasher = DefaultHasher::new();
            hasher.write(bytes);
            hasher.finish()
        };
        let files = self.files().into_iter();
        files.map(|(name, bytes)| (name, bytes.len(), digest(&bytes))).collect()
    }

    /// Every file of the directory that has bytes, but for SQLite's shared memory.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
            .filter(|(name, _)| !name.ends_with("-shm"))
            .map(|(name, path)| (name, std::fs::read(path).unwrap()))
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect();
        files.sort();
        files
    }
}

pub fn config<'a>(path: &'a Path, key: Option<&'a DatabaseKey>) -> OpenConfig<'a> {
    OpenConfig { path, key, access: Access::Alone, owners: &[MODEL], full_sync: true }
}

pub fn household(number: u8) -> DocumentId {
    DocumentId::from_random(DocumentKind::Household, [number; 14])
}

pub fn commit(command: u8) -> StoredCommit {
    StoredCommit {
        device: [1; 16],
        command: CommandId::new([command; 8]),
        bytes: format!("commit {command} {MARKER}").into_bytes(),
        number: None,
        incarnation: [2; 8],
        sequence: u64::from(command),
        replaces: None,
        received_at_ms: 1_000,
    }
}

pub fn change(commit: CommitRow, seq: u8) -> StoredChange {
    StoredChange {
        hash: ChangeHash([seq; 32]),
        actor: ActorId::new([3; 10]),
        seq: u64::from(seq),
        commit,
        entry: 0,
        salt: vec![9; 16],
        bytes: format!("change {seq} {MARKER}").into_bytes(),
    }
}

pub fn person(document: DocumentId, item: u8, age: i64) -> Row {
    let cells = vec![Cell::Text(MARKER.into()), Cell::Int(age)];
    Row { table: &PEOPLE, document, item: vec![item; 8], cells }
}

/// One edit as the engine would write it: commit, change, row, outbox.
pub fn edit(
    transaction: &mut Transaction<'_>,
    document: DocumentId,
    seq: u8,
) -> Result<CommitRow, StoreError> {
    let row = transaction.put_commit(&commit(seq))?;
    let change = change(row, seq);
    transaction.put_document_change(&document, &change, &[change.hash])?;
    let age = i64::from(seq);
    transaction.put_row_changes(&[RowChange::Put(person(document, 1, age))])?;
    transaction.put_outbox(&OutboxEntry {
        commit: row,
        command: format!("command {seq} {MARKER}").into_bytes(),
        state: OutboxState::Queued,
        queued_at_ms: 1_000,
        carried_for: None,
        stands: true,
        planned_on: Vec::new(),
    })?;
    Ok(row)
}

pub fn ages(view: &keting_store::View) -> Vec<i64> {
    let mut ages = Vec::new();
    view.query("SELECT age FROM person ORDER BY document, item", &[], &mut |cells| {
        if let [Cell::Int(age)] = cells {
            ages.push(*age);
        }
    })
    .unwrap();
    ages
}
