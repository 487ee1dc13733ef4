//! Who entered something, and when: what a screen shows beside every note, visit, need, fact and
//! value in conflict.
//!
//! A document names its writers by actor ids. Which device an actor belongs to and whom the city
//! gave it to follows from signed commits and grants, so the engine keeps that in the table `author`,
//! where queries look it up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;

use crate::city_time::CityTime;
use crate::id::ActorId;
use crate::projection::Cell;
use crate::query::{Rows, blob, int, text};

/// The step that makes the table.
pub(crate) const SQL: &str = include_str!("author.sql");

/// The statement that takes in a writer. Its parameters: actor, device, name.
pub const PUT_AUTHOR: &str = "INSERT INTO author (actor, device, name) VALUES (?1, ?2, ?3) \
     ON CONFLICT (actor) DO UPDATE SET name = excluded.name WHERE name <> excluded.name";

/// Who entered something, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entered {
    /// The person's name, by their grant; none if no commit of theirs is here, as in a file that is
    /// being put together again.
    pub by: Option<String>,
    /// The device they wrote with, in hexadecimal: two people may have one name.
    pub device: Option<String>,
    /// The city's time, in the city's zone: `2026-11-26T20:28:00+08:00`.
    pub at: Option<String>,
    #[serde(skip)]
    actor: Option<ActorId>,
}

impl Entered {
    /// By an actor at a city's time, before the author is named.
    pub(crate) fn at(actor: Option<ActorId>, city_time: Option<CityTime>) -> Self {
        let at = city_time.map(|time| time.to_string());
        Self { by: None, device: None, at, actor }
    }

    /// The same, of a city's time as it stands in documents and rows.
    pub(crate) fn at_ms(actor: Option<ActorId>, city_time_ms: i64) -> Self {
        Self::at(actor, u64::try_from(city_time_ms).ok().map(CityTime::new))
    }

    /// Reads the columns `time` and `actor`, which stand side by side from `column` on.
    pub(crate) fn from_row(row: &[Cell], column: usize) -> Self {
        let actor = blob(row, column + 1).and_then(|bytes| ActorId::from_slice(bytes).ok());
        Self::at_ms(actor, int(row, column).unwrap_or(-1))
    }
}

/// Names the authors of everything that a query found, each looked up once.
pub(crate) fn name_authors<'e, R: Rows>(
    rows: &R,
    entered: impl Iterator<Item = &'e mut Entered>,
) -> Result<(), R::Error> {
    let mut known = BTreeMap::new();
    for one in entered {
        let Some(actor) = one.actor else { continue };
        let (by, device) = match known.entry(actor) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(look_up(rows, &actor)?),
        };
        (one.by, one.device) = (by.clone(), device.clone());
    }
    Ok(())
}

/// The name and the device behind an actor, if they are known here.
fn look_up<R: Rows>(
    rows: &R,
    actor: &ActorId,
) -> Result<(Option<String>, Option<String>), R::Error> {
    const SQL: &str = "SELECT name, device FROM author WHERE actor = ?1";
    let mut found = (None, None);
    rows.query(SQL, &[Cell::Blob(actor.as_bytes().to_vec())], &mut |row| {
        found = (text(row, 0), blob(row, 1).map(hexadecimal));
    })?;
    Ok(found)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
