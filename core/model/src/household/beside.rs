//! What is read of residents beside their rows in the household, by those who may: the rows of the
//! private part, and what still stands in the open of who is concealed.

use crate::fact::Said;
use crate::id::{DocumentId, ItemId};
use crate::projection::Cell;
use crate::query::{Rows, document, item};
use crate::rows::{cbor_cell, cbor_in};
use crate::said::FieldSaid;
use crate::value::Value;

/// The columns of a private part's row, from the first after the ids.
pub(super) const ID_NUMBER: usize = 0;
pub(super) const PHONE: usize = 1;
pub(super) const BOND: usize = 2;
pub(super) const CARE_TAGS: usize = 3;
pub(super) const FACTS: usize = 4;

/// The cells of each resident, in the order of ids.
#[derive(Debug, Default)]
pub(super) struct Beside(Vec<(DocumentId, ItemId, Vec<Cell>)>);

impl Beside {
    /// Reads the private part's rows that `private` selects, and what still stands in the open, of one
    /// household or of all.
    pub(super) fn read<R: Rows>(
        rows: &R,
        private: &str,
        parameters: &[Cell],
        household: Option<Cell>,
    ) -> Result<Self, R::Error> {
        let mut all = Vec::new();
        rows.query(private, parameters, &mut |row| {
            if let (Some(household), Some(resident)) = (document(row, 0), item(row, 1)) {
                all.push((household, resident, row.get(2..).unwrap_or_default().to_vec()));
            }
        })?;
        all.sort_unstable_by_key(|(household, resident, _)| (*household, *resident));
        let mut beside = Self(all);
        let open = match household {
            Some(_) => {
                "SELECT document, item, fields, facts FROM resident_open \
                 WHERE concealed = 1 AND document = ?1"
            }
            None => "SELECT document, item, fields, facts FROM resident_open WHERE concealed = 1",
        };
        rows.query(open, household.as_slice(), &mut |row| beside.add_open(row))?;
        Ok(beside)
    }

    /// The cells of a resident, empty if there are none.
    pub(super) fn of(&mut self, household: DocumentId, resident: ItemId) -> &mut [Cell] {
        match self.place(household, resident) {
            Ok(at) => self.0.get_mut(at).map_or(&mut [], |(_, _, cells)| cells.as_mut_slice()),
            Err(_) => &mut [],
        }
    }

    fn place(&self, household: DocumentId, resident: ItemId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&(household, resident), |(h, r, _)| (*h, *r))
    }

    /// Adds what still stands in the open of a resident where their private part says nothing.
    fn add_open(&mut self, row: &[Cell]) {
        let (Some(household), Some(resident)) = (document(row, 0), item(row, 1)) else { return };
        let at = self.place(household, resident).unwrap_or_else(|at| {
            self.0.insert(at, (household, resident, vec![Cell::Null; FACTS + 1]));
            at
        });
        let Some((_, _, cells)) = self.0.get_mut(at) else { return };
        for field in cbor_in::<FieldSaid>(row, 2) {
            let said = field.said.first().map(|said| &said.value);
            match (field.name.as_str(), said) {
                ("phone", Some(Value::Text(phone))) => fill(cells, PHONE, phone),
                ("bond", Some(Value::Text(bond))) => fill(cells, BOND, bond),
                (tag, Some(Value::Bool(true))) => {
                    tag.strip_prefix("t/").into_iter().for_each(|tag| add_tag(cells, tag));
                }
                _ => {}
            }
        }
        let mut facts: Vec<(ItemId, Said)> = cbor_in(cells, FACTS);
        facts.extend(cbor_in(row, 3));
        if let Some(cell) = cells.get_mut(FACTS) {
            *cell = cbor_cell(&facts);
        }
    }
}

fn fill(cells: &mut [Cell], column: usize, text: &str) {
    let unfilled = cells.get_mut(column).filter(|cell| **cell == Cell::Null && !text.is_empty());
    if let Some(cell) = unfilled {
        *cell = Cell::Text(text.to_owned());
    }
}

fn add_tag(cells: &mut [Cell], tag: &str) {
    match cells.get_mut(CARE_TAGS) {
        Some(Cell::Text(tags)) => *tags = format!("{tags},{tag}"),
        Some(cell) => *cell = Cell::Text(tag.to_owned()),
        None => {}
    }
}
