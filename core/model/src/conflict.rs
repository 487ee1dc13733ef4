//! Fields that hold several unequal values at once: the rows of the inbox.

use serde::Serialize;

use crate::document::Document;
use crate::id::DocumentId;
use crate::projection::{Cell, Row, Table};
use crate::query::{Rows, Withheld, as_hex, blob, document as id_in};
use crate::value::Value;

/// The step that makes the table.
pub(crate) const SQL: &str = include_str!("conflict.sql");

pub(crate) static CONFLICT: Table =
    Table { name: "conflict", columns: &["home", "shown", "others"] };

/// The row of one field, if unequal values stand under its key.
pub(crate) fn row(document: &Document, home: DocumentId, key: &str) -> Option<Row> {
    let values = document.values(key);
    let (shown, others) = values.split_first()?;
    if others.is_empty() {
        return None;
    }
    let cells = vec![
        Cell::Blob(home.as_bytes().to_vec()),
        Cell::Blob(to_cbor(shown)),
        Cell::Blob(to_cbor(&others)),
    ];
    let item = key.as_bytes().to_vec();
    Some(Row { table: &CONFLICT, document: document.id(), item, cells })
}

/// The values of a row: the one shown first.
pub(crate) fn values_of(shown: &[u8], others: &[u8]) -> Vec<Value> {
    let mut values: Vec<Value> = minicbor::decode(shown).ok().into_iter().collect();
    values.extend(minicbor::decode::<Vec<Value>>(others).unwrap_or_default());
    values
}

fn to_cbor(value: &impl minicbor::Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A Vec takes every write, so this cannot fail.
    let _ = minicbor::encode(value, &mut bytes);
    bytes
}

/// A field that has to be settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictView {
    /// The document the field stands in.
    #[serde(serialize_with = "as_hex")]
    pub document: DocumentId,
    /// The field's key, as a settle names it.
    pub key: String,
    /// The region or household it is about.
    #[serde(serialize_with = "as_hex")]
    pub home: DocumentId,
    /// The value screens show meanwhile, in words.
    pub shown: String,
    /// All the values in words, the shown one first; a cleared one is empty. Each settles the field
    /// with [`Settle::on_typed`](crate::Settle::on_typed).
    pub values: Vec<String>,
}

/// The fields that have to be settled, of one region or household or of all that is here.
///
/// # Errors
/// When the query cannot be run.
pub fn conflicts<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    home: Option<&DocumentId>,
) -> Result<Vec<ConflictView>, R::Error> {
    const ALL: &str =
        "SELECT document, item, home, shown, others FROM conflict ORDER BY document, item";
    const ONE: &str = "SELECT document, item, home, shown, others FROM conflict \
                       WHERE home = ?1 ORDER BY document, item";
    let mut views = Vec::new();
    let mut each = |row: &[Cell]| {
        let view = view(row);
        let may_see = |view: &ConflictView| {
            view.document.kind().is_some_and(|kind| !withheld.withholds(kind))
        };
        views.extend(view.filter(may_see));
    };
    match home {
        Some(home) => rows.query(ONE, &[Cell::Blob(home.as_bytes().to_vec())], &mut each)?,
        None => rows.query(ALL, &[], &mut each)?,
    }
    Ok(views)
}

fn view(row: &[Cell]) -> Option<ConflictView> {
    let values: Vec<String> =
        values_of(blob(row, 3)?, blob(row, 4)?).iter().map(Value::to_string).collect();
    Some(ConflictView {
        document: id_in(row, 0)?,
        key: String::from_utf8(blob(row, 1)?.to_vec()).ok()?,
        home: id_in(row, 2)?,
        shown: values.first()?.clone(),
        values,
    })
}
