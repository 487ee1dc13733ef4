//! What a person names by how its id begins: households, and what stands in one. What the reader may not
//! see is named by nothing.

use std::fmt;

use crate::id::{DocumentId, ItemId};
use crate::input::half_width;
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, item, only_of, text};

/// How an id begins, in hexadecimal digits, however wide they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdBeginning(String);

/// Says that a text is not how an id begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has digits and the letters a to f only")]
pub struct MalformedId;

impl IdBeginning {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// When nothing was typed, or something that stands in no id.
    pub fn read(typed: &str) -> Result<Self, MalformedId> {
        let typed: String = typed.chars().map(half_width).collect();
        let digits = typed.trim().to_ascii_lowercase();
        let is_id = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { Ok(Self(digits)) } else { Err(MalformedId) }
    }

    /// The digits, in lower case.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether an id begins so.
    pub fn begins(&self, id: &impl ToString) -> bool {
        id.to_string().starts_with(&self.0)
    }

    /// The lowest and the highest document id that may begin so.
    fn bounds(&self) -> [Cell; 2] {
        ['0', 'f'].map(|filler| {
            let digits = self.0.bytes().chain(std::iter::repeat(filler as u8));
            let digits: Vec<u8> = digits.take(DocumentId::LEN_BYTES * 2).collect();
            let bytes = digits.chunks_exact(2).map(|pair| {
                let pair = std::str::from_utf8(pair).unwrap_or_default();
                u8::from_str_radix(pair, 16).unwrap_or_default()
            });
            Cell::Blob(bytes.collect())
        })
    }
}

/// Something whose id begins as a person typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate<I> {
    /// Its id.
    pub id: I,
    /// What a person knows it by: an address, a name, a day and what for.
    pub called: String,
}

/// Whom it concerns stands in no log.
impl<I: fmt::Display> fmt::Debug for Candidate<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate({})", self.id)
    }
}

/// What stands in a household and has an id of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A resident.
    Resident,
    /// A need.
    Need,
    /// A visit.
    Visit,
    /// A note.
    Note,
}

impl ItemKind {
    /// The name for it in errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resident => "the resident",
            Self::Need => "the need",
            Self::Visit => "the visit",
            Self::Note => "the note",
        }
    }

    /// What a key is about, such as `r/ID/phone`; nothing if it is about the document as a whole.
    pub(crate) fn of_key(key: &str) -> Option<(Self, ItemId)> {
        let mut segments = key.split('/');
        let kind = match segments.next()? {
            "r" => Self::Resident,
            "n" => Self::Need,
            "v" => Self::Visit,
            "o" => Self::Note,
            _ => return None,
        };
        Some((kind, segments.next()?.parse().ok()?))
    }

    /// The kind of document it stands in.
    pub(crate) const fn document_kind(self) -> DocumentKind {
        match self {
            Self::Resident | Self::Need => DocumentKind::Household,
            Self::Visit | Self::Note => DocumentKind::HouseholdVisits,
        }
    }

    /// All of a household, with what people know each by.
    const fn sql(self) -> &'static str {
        match self {
            Self::Resident => {
                "SELECT item, name FROM resident WHERE document = ?1 AND ?2 IS NULL ORDER BY item"
            }
            Self::Need => {
                "SELECT item, text FROM need WHERE document = ?1 AND ?2 IS NULL ORDER BY item"
            }
            Self::Visit => {
                concat!(
                    "SELECT item, at || ' ' || coalesce(purpose, '') FROM visit WHERE household = ?1 AND ",
                    only_of!("visit"),
                    " ORDER BY item"
                )
            }
            Self::Note => {
                concat!(
                    "SELECT item, at || ' ' || text FROM note WHERE household = ?1 AND ",
                    only_of!("note"),
                    " ORDER BY item"
                )
            }
        }
    }
}

/// The households whose id begins so, withdrawn ones too, in the order of ids.
///
/// # Errors
/// When a query cannot be run.
pub fn households_named<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    beginning: &IdBeginning,
) -> Result<Vec<Candidate<DocumentId>>, R::Error> {
    const SQL: &str = "SELECT document, address FROM household WHERE document BETWEEN ?1 AND ?2 \
                       ORDER BY document";
    if withheld.withholds(DocumentKind::Household) || beginning.0.len() > DocumentId::LEN_BYTES * 2
    {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    rows.query(SQL, &beginning.bounds(), &mut |row| {
        let named = document(row, 0).zip(text(row, 1));
        found.extend(named.map(|(id, called)| Candidate { id, called }));
    })?;
    let mut shown = Vec::new();
    for one in found {
        if withheld.shows(rows, &one.id)? {
            shown.push(one);
        }
    }
    Ok(shown)
}

/// What stands in a household and has an id that begins so, withdrawn ones too, in the order of ids.
///
/// # Errors
/// When a query cannot be run.
pub fn items_named<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    household: &DocumentId,
    kind: ItemKind,
    beginning: &IdBeginning,
) -> Result<Vec<Candidate<ItemId>>, R::Error> {
    if withheld.withholds(kind.document_kind()) || !withheld.shows(rows, household)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let only_of = withheld.only_of(kind.document_kind());
    let about = [Cell::Blob(household.as_bytes().to_vec()), only_of];
    rows.query(kind.sql(), &about, &mut |row| {
        let named = item(row, 0).zip(text(row, 1)).filter(|(id, _)| beginning.begins(id));
        found.extend(named.map(|(id, called)| Candidate { id, called }));
    })?;
    Ok(found)
}

/// How many digits of the ids of households tell each from every other one here.
///
/// # Errors
/// When the query cannot be run.
pub fn household_digits<R: Rows>(rows: &R) -> Result<usize, R::Error> {
    let mut ids = Vec::new();
    rows.query("SELECT document FROM household", &[], &mut |row| ids.extend(document(row, 0)))?;
    Ok(digits_apart(ids.iter().map(|id| id.as_bytes().as_slice())))
}

/// How many digits tell an id from that of every household here. It reads the two neighbours of the id alone.
///
/// # Errors
/// When the query cannot be run.
pub fn digits_naming<R: Rows>(rows: &R, id: &DocumentId) -> Result<usize, R::Error> {
    const NEIGHBOURS: [&str; 2] = [
        "SELECT max(document) FROM household WHERE document < ?1",
        "SELECT min(document) FROM household WHERE document > ?1",
    ];
    let mut ids = vec![*id];
    for neighbour in NEIGHBOURS {
        let own = [Cell::Blob(id.as_bytes().to_vec())];
        rows.query(neighbour, &own, &mut |row| ids.extend(document(row, 0)))?;
    }
    Ok(digits_apart(ids.iter().map(|id| id.as_bytes().as_slice())))
}

/// How many digits tell each of some ids from every other one.
pub fn digits_apart<'i>(ids: impl IntoIterator<Item = &'i [u8]>) -> usize {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    let neighbours = ids.iter().zip(ids.iter().skip(1));
    let same_digits = neighbours.map(|(one, next)| {
        let bytes = one.iter().zip(*next).take_while(|(a, b)| a == b).count();
        let parted = one.get(bytes).zip(next.get(bytes));
        bytes * 2 + usize::from(parted.is_some_and(|(a, b)| a >> 4 == b >> 4))
    });
    same_digits.max().map_or(1, |same| same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_of_an_id_is_read_however_it_is_written() {
        for typed in ["0a1f", " 0A1F ", "０ａ１Ｆ"] {
            assert_eq!(IdBeginning::read(typed).unwrap().digits(), "0a1f", "{typed}");
        }
        for typed in ["", "  ", "一号", "0a1g", "0a-1f"] {
            assert_eq!(IdBeginning::read(typed), Err(MalformedId), "{typed}");
        }
    }

    #[test]
    fn the_bounds_of_a_beginning_hold_every_id_that_begins_so_and_no_other() {
        let [low, high] = IdBeginning::read("0a1").unwrap().bounds();
        let expected = [[0x0a, 0x10], [0x0a, 0x1f]].map(|first| {
            let filler = if first[1] == 0x10 { 0 } else { 0xff };
            Cell::Blob([&first[..], &[filler; 14]].concat())
        });
        assert_eq!([low, high], expected);
    }

    #[test]
    fn so_many_digits_tell_ids_apart_as_the_two_most_alike_need() {
        let apart = |ids: &[[u8; 2]]| digits_apart(ids.iter().map(<[u8; 2]>::as_slice));
        assert_eq!(apart(&[]), 1);
        assert_eq!(apart(&[[0x10, 0x00]]), 1);
        assert_eq!(apart(&[[0x10, 0x00], [0x20, 0x00]]), 1);
        assert_eq!(apart(&[[0x11, 0x00], [0x20, 0x00], [0x10, 0x00]]), 2);
        assert_eq!(apart(&[[0x10, 0x00], [0x10, 0x0f]]), 4);
    }

    #[test]
    fn whom_an_id_belongs_to_stands_in_no_log() {
        let one = Candidate { id: ItemId::new([7; 8]), called: "李燕云".to_owned() };
        assert_eq!(format!("{one:?}"), "Candidate(0707070707070707)");
    }
}
