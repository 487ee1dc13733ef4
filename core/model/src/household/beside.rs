//! What is read of residents beside their rows in the household, by those who may: the rows of the
//! private part, and what still stands in the open of who is concealed.

use crate::fact::Said;
use crate::household::scope::Scope;
use crate::id::{DocumentId, ItemId};
use crate::projection::Cell;
use crate::query::{Rows, document, item, text};
use crate::rows::cbor_in;
use crate::said::FieldSaid;
use crate::value::Value;

/// What is known of one resident beside their row in the household, as far as it is there.
#[derive(Debug, Default)]
pub(super) struct Private {
    pub(super) id_number: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) bond: Option<String>,
    /// Parted by commas.
    pub(super) care_tags: Option<String>,
    /// What the facts of their status say, which stand in the household.
    pub(super) facts: Vec<(ItemId, Said)>,
    /// What only the page of one household shows.
    pub(super) in_full: Option<Box<InFull>>,
}

/// What only the page of one household shows of what is private.
#[derive(Debug, Default)]
pub(super) struct InFull {
    pub(super) birth_date: Option<String>,
    pub(super) sex: Option<String>,
    pub(super) health: Option<String>,
    pub(super) disability: Option<String>,
}

/// What is known beside their rows of all residents of a list.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Whose it is and where it stands in `known`, in the order of ids.
    places: Vec<(DocumentId, ItemId, usize)>,
    known: Vec<Private>,
    /// The place of whoever comes after the one that was asked for last.
    next: usize,
}

impl Beside {
    /// Reads the private part's rows of a scope, and what still stands in the open.
    pub(super) fn read<R: Rows>(
        rows: &R,
        scope: &Scope,
        parameters: &[Cell],
    ) -> Result<Self, R::Error> {
        let mut beside = Self::default();
        rows.query(scope.private, parameters, &mut |row| {
            if let (Some(household), Some(resident)) = (document(row, 0), item(row, 1)) {
                beside.places.push((household, resident, beside.known.len()));
                beside.known.push(Private::of(row));
            }
        })?;
        beside.places.sort_unstable();
        rows.query(scope.open, parameters, &mut |row| beside.add_open(row))?;
        Ok(beside)
    }

    /// Takes out what is known of a resident. Whoever asks in the order of ids finds them without a search.
    pub(super) fn take(&mut self, household: DocumentId, resident: ItemId) -> Private {
        let is_next = |(h, r, _): &&(_, _, usize)| (*h, *r) == (household, resident);
        let found = match self.places.get(self.next).filter(is_next) {
            Some(_) => Ok(self.next),
            None => self.search(household, resident),
        };
        self.next = found.map_or_else(|at| at, |at| at + 1);
        let place = found.ok().and_then(|at| self.places.get(at));
        place.and_then(|(_, _, at)| self.known.get_mut(*at)).map(std::mem::take).unwrap_or_default()
    }

    /// Where a resident stands, or would stand, among the places.
    fn search(&self, household: DocumentId, resident: ItemId) -> Result<usize, usize> {
        self.places.binary_search_by_key(&(household, resident), |(h, r, _)| (*h, *r))
    }

    /// Adds what still stands in the open of a resident where their private part says nothing.
    fn add_open(&mut self, row: &[Cell]) {
        let (Some(household), Some(resident)) = (document(row, 0), item(row, 1)) else { return };
        let at = self.search(household, resident).unwrap_or_else(|at| {
            self.places.insert(at, (household, resident, self.known.len()));
            self.known.push(Private::default());
            at
        });
        let place = self.places.get(at).map(|(_, _, at)| *at);
        if let Some(private) = place.and_then(|at| self.known.get_mut(at)) {
            private.add_open(row);
        }
    }
}

impl Private {
    /// Of a row of the private part.
    fn of(row: &[Cell]) -> Self {
        let in_full = InFull {
            birth_date: text(row, 7),
            sex: text(row, 8),
            health: text(row, 9),
            disability: text(row, 10),
        };
        Self {
            id_number: text(row, 2),
            phone: text(row, 3),
            bond: text(row, 4),
            care_tags: text(row, 5),
            facts: cbor_in(row, 6),
            in_full: (row.len() > 7).then(|| Box::new(in_full)),
        }
    }

    fn add_open(&mut self, row: &[Cell]) {
        for field in cbor_in::<FieldSaid>(row, 2) {
            let said = field.said.into_iter().next().map(|said| said.value);
            match (field.name.as_str(), said) {
                ("phone", Some(Value::Text(phone))) => fill(&mut self.phone, phone),
                ("bond", Some(Value::Text(bond))) => fill(&mut self.bond, bond),
                (tag, Some(Value::Bool(true))) => {
                    tag.strip_prefix("t/").into_iter().for_each(|tag| self.add_tag(tag));
                }
                _ => {}
            }
        }
        self.facts.extend(cbor_in::<(ItemId, Said)>(row, 3));
    }

    fn add_tag(&mut self, tag: &str) {
        let tags = self.care_tags.get_or_insert_default();
        if !tags.is_empty() {
            tags.push(',');
        }
        tags.push_str(tag);
    }
}

fn fill(field: &mut Option<String>, said: String) {
    if field.is_none() && !said.is_empty() {
        *field = Some(said);
    }
}
