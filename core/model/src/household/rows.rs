//! The rows of a household: itself, its residents and its needs.

use crate::conflict;
use crate::fact::{Told, all_said, current, earlier, is_of_fact};
use crate::household::listed_order::address_order;
use crate::household::{CONCEALED, moves, prefix};
use crate::id::ItemId;
use crate::projection::{Cell, Row, Table};
use crate::rows::{Contents, Item, cbor_cell, cell, cells, tags};
use crate::said::FieldSaid;
use crate::value::Value;
use crate::withdrawal::{self, Withdrawn};
use crate::words;

/// The step that makes the kind's tables.
pub(crate) const SQL: &str = include_str!("projection.sql");

pub(super) static HOUSEHOLD: Table = Table {
    name: "household",
    columns: &["region", "address", "address_order", "address_code", "tenure", "withdrawn"],
};

pub(super) static RESIDENT: Table = Table {
    name: "resident",
    columns: &[
        "name",
        "relation",
        "phone",
        "bond",
        "care_tags",
        "status",
        "facts_current",
        "facts",
        "earlier",
        "concealed",
        "withdrawn",
    ],
};

pub(super) static RESIDENT_OPEN: Table =
    Table { name: "resident_open", columns: &["concealed", "fields", "facts"] };

pub(super) static NEED: Table = Table {
    name: "need",
    columns: &["text", "time", "actor", "status", "note", "facts", "earlier", "withdrawn"],
};

pub(super) fn rows(contents: &Contents<'_>, rows: &mut Vec<Row>) {
    let withdrawn = withdrawal::of_household(contents, rows);
    if contents.value("home").is_some() {
        let [home, address, address_code, tenure] =
            ["home", "address", "address_code", "tenure"].map(|key| cell(contents.value(key)));
        let order = match &address {
            Cell::Text(address) => Cell::Blob(address_order(address)),
            Cell::Null | Cell::Int(_) | Cell::Blob(_) => Cell::Null,
        };
        let own = vec![home, address, order, address_code, tenure, withdrawn.cell(None)];
        rows.push(contents.row(&HOUSEHOLD, &[], own));
    }
    for (need, item) in contents.items("n") {
        if item.contains_key("text") {
            of_need(contents, need, &item, &withdrawn, rows);
        }
    }
    for (resident, item) in contents.items("r") {
        if item.contains_key("name") {
            of_resident(contents, resident, &item, &withdrawn, rows);
        }
    }
}

fn of_need(
    contents: &Contents<'_>,
    need: ItemId,
    item: &Item<'_>,
    withdrawn: &Withdrawn,
    rows: &mut Vec<Row>,
) {
    let root = format!("n/{need}/s");
    let facts = current(contents, &root);
    let told = Told::of(&facts, words::NEED_STATUSES);
    let mut own = cells(item, &["text", "time"]);
    own.push(contents.author_cell(&format!("n/{need}/time")));
    own.push(Cell::Text(told.status.unwrap_or_else(|| words::OPEN.to_owned())));
    own.push(told.reason.map_or(Cell::Null, Cell::Text));
    own.push(cbor_cell(&facts));
    own.push(cbor_cell(&earlier(contents, &root)));
    own.push(withdrawn.cell(Some(&format!("n/{need}"))));
    rows.push(contents.row(&NEED, need.as_bytes(), own));
    rows.extend(conflict::row_of_facts(contents, &format!("n/{need}"), &facts));
}

/// Of who is concealed only name and relation stand in the row of the resident, whatever else the
/// household holds of them: somebody wrote it who did not know.
fn of_resident(
    contents: &Contents<'_>,
    resident: ItemId,
    item: &Item<'_>,
    withdrawn: &Withdrawn,
    rows: &mut Vec<Row>,
) {
    let concealed = contents.is_concealed(resident);
    let root = format!("r/{resident}/s");
    let (mut facts, mut earlier) = (current(contents, &root), earlier(contents, &root));
    if concealed {
        facts.iter_mut().chain(&mut earlier).for_each(|fact| fact.said = None);
    }
    let mut own = cells(item, &["name", "relation"]);
    if concealed {
        own.extend([Cell::Null, Cell::Null, Cell::Null]);
    } else {
        own.extend(cells(item, &["phone", "bond"]));
        own.push(tags(item));
    }
    own.push(Told::of(&facts, words::STATUSES).status.map_or(Cell::Null, Cell::Text));
    own.push(Cell::Int(i64::try_from(facts.len()).unwrap_or(i64::MAX)));
    own.push(cbor_cell(&facts));
    own.push(cbor_cell(&earlier));
    own.push(Cell::Int(i64::from(concealed)));
    own.push(withdrawn.cell(Some(&format!("r/{resident}"))));
    rows.push(contents.row(&RESIDENT, resident.as_bytes(), own));
    rows.extend(conflict::row_of_facts(contents, &format!("r/{resident}"), &facts));
    rows.extend(open_row(contents, resident, item, concealed));
}

/// What stands in the open of a resident who is concealed, unless that is nothing, or of one who was.
fn open_row(
    contents: &Contents<'_>,
    resident: ItemId,
    item: &Item<'_>,
    concealed: bool,
) -> Option<Row> {
    let flag = field_said(contents, resident, item, CONCEALED)?;
    let mut fields = fields_that_move(contents, resident, item);
    fields.extend(Some(flag).filter(FieldSaid::differs));
    let facts = if concealed { all_said(item) } else { Vec::new() };
    if fields.is_empty() && facts.is_empty() {
        return None;
    }
    let own = vec![Cell::Int(i64::from(concealed)), cbor_cell(&fields), cbor_cell(&facts)];
    Some(contents.row(&RESIDENT_OPEN, resident.as_bytes(), own))
}

/// What is said in one document of the fields of a resident that stand in the household or in its
/// private part.
pub(crate) fn fields_that_move(
    contents: &Contents<'_>,
    resident: ItemId,
    item: &Item<'_>,
) -> Vec<FieldSaid> {
    let prefix = prefix(resident);
    let moving = item.keys().filter(|name| {
        let key = format!("{prefix}{name}");
        !is_of_fact(&key) && moves(&key)
    });
    moving.filter_map(|name| field_said(contents, resident, item, name)).collect()
}

fn field_said(
    contents: &Contents<'_>,
    resident: ItemId,
    item: &Item<'_>,
    name: &str,
) -> Option<FieldSaid> {
    item.get(name)?;
    let mut said = contents.said(&format!("{}{name}", prefix(resident)));
    said.retain(|said| said.value != Value::Null);
    (!said.is_empty()).then(|| FieldSaid { name: name.to_owned(), said })
}

/// What facts say is listed with the facts, and what stands in the open of who is concealed with what
/// their private part says.
pub(super) fn lists_itself(contents: &Contents<'_>, key: &str) -> bool {
    let resident = || key.strip_prefix("r/")?.split('/').next()?.parse().ok();
    let of_concealed = || resident().is_some_and(|resident| contents.is_concealed(resident));
    is_of_fact(key) || ((moves(key) || key.ends_with(CONCEALED)) && of_concealed())
}
