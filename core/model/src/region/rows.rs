//! The row of a region.

use crate::projection::{Row, Table};
use crate::rows::{Contents, cell};

/// The step that makes the kind's tables.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(super) static REGION: Table =
    Table { name: "region", columns: &["code", "name", "level", "parent", "boundary", "head"] };

pub(super) fn rows(contents: &Contents<'_>, rows: &mut Vec<Row>) {
    if contents.value("code").is_some() {
        let cells = REGION.columns.iter().map(|column| cell(contents.value(column))).collect();
        rows.push(contents.row(&REGION, &[], cells));
    }
}
