//! The rows of the private part of a household, one a resident.

use crate::check::birth_date_of;
use crate::fact::all_said;
use crate::household::fields_that_move;
use crate::projection::{Cell, Row, Table};
use crate::rows::{Contents, cbor_cell, cell, cells, tags};
use crate::withdrawal;

/// The step that makes the kind's tables.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(super) static RESIDENT_PRIVATE: Table = Table {
    name: "resident_private",
    columns: &[
        "household",
        "id_number",
        "birth_date",
        "sex",
        "health",
        "disability",
        "phone",
        "bond",
        "care_tags",
        "facts",
        "fields",
    ],
};

pub(super) fn rows(contents: &Contents<'_>, rows: &mut Vec<Row>) {
    let Some(of) = contents.value("of") else { return };
    withdrawal::of_private_part(contents, rows);
    for (resident, item) in contents.items("r") {
        let mut own = vec![cell(Some(of))];
        let [id_number, birth_date] =
            ["id_number", "birth_date"].map(|field| cell(item.get(field).copied()));
        // The identity number tells the birth date where nobody wrote it down.
        let birth_date = match (birth_date, &id_number) {
            (Cell::Null, Cell::Text(number)) => {
                birth_date_of(number).map_or(Cell::Null, |date| Cell::Text(date.to_string()))
            }
            (written, _) => written,
        };
        own.extend([id_number, birth_date]);
        own.extend(cells(&item, &["sex", "health", "disability", "phone", "bond"]));
        own.push(tags(&item));
        own.push(cbor_cell(&all_said(&item)));
        own.push(cbor_cell(&fields_that_move(contents, resident, &item)));
        rows.push(contents.row(&RESIDENT_PRIVATE, resident.as_bytes(), own));
    }
}
