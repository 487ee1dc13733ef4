//! A replica, and the server, as text: what is in them by meaning, without the salts and page
//! orders in which two files with one content differ.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keting::parts::Replica;
use keting_model::projection::tables;
use keting_model::query::Rows as _;
use keting_model::{Cell, ChangeHash, Document, DocumentId, project};
use keting_server::store::{ServerRead, ServerStore};

use crate::trace::hex;

/// One document by meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its heads, sorted.
    pub heads: Vec<ChangeHash>,
    /// Its projection rows, a line each, sorted.
    pub rows: Vec<String>,
}

/// Everything a side holds.
pub type Contents = BTreeMap<DocumentId, Content>;

/// What a replica's *file* holds: rows as screens read them, not as they could be made again.
pub fn contents(replica: &Replica) -> Contents {
    let store = replica.store();
    let mut contents = Contents::new();
    for id in store.documents_after(None, u32::MAX).unwrap() {
        let mut heads = store.document(&id).unwrap().unwrap().heads;
        heads.sort_unstable();
        contents.insert(id, Content { heads, rows: Vec::new() });
    }
    for table in tables() {
        let sql =
            format!("SELECT document, item, {} FROM {}", table.columns.join(", "), table.name);
        store
            .query(&sql, &[], &mut |cells| {
                let Some((Cell::Blob(document), rest)) = cells.split_first() else { return };
                let id = DocumentId::from_slice(document).unwrap();
                // A row without a document is kept, so that it is found to be too much.
                let content = contents
                    .entry(id)
                    .or_insert_with(|| Content { heads: Vec::new(), rows: Vec::new() });
                content.rows.push(line(table.name, rest));
            })
            .unwrap();
    }
    contents.values_mut().for_each(|content| content.rows.sort_unstable());
    contents
}

/// What the server holds: rows as they follow from its documents.
pub fn server_contents(read: &dyn ServerRead) -> Contents {
    let mut contents = Contents::new();
    for stored in read.documents(None, u32::MAX).unwrap() {
        let snapshot = read.document_snapshot(&stored.id).unwrap().unwrap();
        let document = Document::load(stored.id, &snapshot).unwrap();
        let mut heads = stored.heads.clone();
        heads.sort_unstable();
        contents.insert(stored.id, Content { heads, rows: rows_of(&document) });
    }
    contents
}

fn rows_of(document: &Document) -> Vec<String> {
    let mut rows: Vec<_> = project(document)
        .into_iter()
        .map(|row| {
            let cells: Vec<_> = std::iter::once(Cell::Blob(row.item)).chain(row.cells).collect();
            line(row.table.name, &cells)
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn line(table: &str, cells: &[Cell]) -> String {
    let mut line = table.to_owned();
    for cell in cells {
        let _ = match cell {
            Cell::Null => write!(line, " -"),
            Cell::Int(number) => write!(line, " {number}"),
            Cell::Text(text) => write!(line, " {text:?}"),
            Cell::Blob(bytes) => write!(line, " x{}", hex(bytes)),
        };
    }
    line
}

/// A replica as text: documents, rows, commits and outbox.
pub fn replica(replica: &Replica) -> String {
    let store = replica.store();
    let mut text = contents_text(&contents(replica));
    for (row, commit) in store.commits_after(None, u32::MAX).unwrap() {
        let state = store.outbox_entry(row).unwrap().map(|entry| entry.state);
        let _ = writeln!(
            text,
            "commit {} {} {} {:?} {state:?}",
            hex(&commit.device),
            commit.command,
            commit.sequence,
            commit.number,
        );
        for part in store.parts(row).unwrap() {
            let _ = writeln!(text, "  {} {}", part.document, hex(&part.hash.0));
        }
    }
    let _ = writeln!(text, "cursor {:?}", replica.status().unwrap().cursor);
    text
}

/// The server as text: documents, rows and log.
pub fn server(store: &mut dyn ServerStore) -> String {
    let read = store.snapshot().unwrap();
    let mut text = contents_text(&server_contents(&*read));
    for entry in read.entries(0, u32::MAX).unwrap() {
        let _ = writeln!(text, "entry {} {:?} {}", entry.number, entry.kind, entry.chain);
    }
    text
}

fn contents_text(contents: &Contents) -> String {
    let mut text = String::new();
    for (id, content) in contents {
        let heads: Vec<_> = content.heads.iter().map(|head| hex(&head.0)).collect();
        let _ = writeln!(text, "document {id} {}", heads.join(","));
        for row in &content.rows {
            let _ = writeln!(text, "  {row}");
        }
    }
    text
}
