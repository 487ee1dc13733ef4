//! What a command is about, as people know it. The names of these fields are the names in JSON, as wherever
//! regions and households are shown.

use serde::Serialize;

use super::{About, Naming};
use crate::command::Command;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{ItemKind, Rows, Withheld, as_hex, document, text};
use crate::region::RegionCommand;

/// What a command is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AboutView {
    /// The region it is about, or that the household lies in, if that is known here.
    pub region: Option<RegionNamed>,
    /// Of a region that it adds: the one above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<RegionNamed>,
    /// The household; none of a region.
    pub household: Option<HouseholdNamed>,
    /// What of the household, if not all of it.
    #[serde(flatten)]
    pub item: Option<ItemNamed>,
}

/// A region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionNamed {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Its code, if the reader may see it here.
    pub code: Option<String>,
    /// Its name, likewise.
    pub name: Option<String>,
}

/// A household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdNamed {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Where it lives, if the reader may see it here.
    pub address: Option<String>,
}

/// Something that stands in a household. What it is called is null if the reader may not see it here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemNamed {
    /// A resident.
    Resident {
        /// The id within the household.
        #[serde(serialize_with = "as_hex")]
        id: ItemId,
        /// The name.
        name: Option<String>,
    },
    /// A need.
    Need {
        /// The id within the household.
        #[serde(serialize_with = "as_hex")]
        id: ItemId,
        /// What is needed.
        text: Option<String>,
    },
    /// A visit.
    Visit {
        /// The id within the year.
        #[serde(serialize_with = "as_hex")]
        id: ItemId,
        /// The day, `YYYY-MM-DD`.
        at: Option<String>,
        /// What for.
        purpose: Option<String>,
    },
    /// A note.
    Note {
        /// The id within the year.
        #[serde(serialize_with = "as_hex")]
        id: ItemId,
        /// The day, `YYYY-MM-DD`.
        at: Option<String>,
        /// The note.
        text: Option<String>,
    },
}

/// What a command is about, called as the documents say that the reader may read, and else as commands that
/// are in no document do.
///
/// # Errors
/// When a query cannot be run.
pub fn about_command<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    naming: &Naming,
    command: &Command,
) -> Result<AboutView, R::Error> {
    let asked = Asked { rows, withheld, naming };
    match About::of(command) {
        Some(About::Region(region)) => {
            let parent = match command {
                Command::Region(RegionCommand::Add { parent, .. }) => *parent,
                _ => None,
            };
            Ok(AboutView {
                region: Some(asked.region(region)?),
                parent: parent.map(|parent| asked.region(parent)).transpose()?,
                ..AboutView::default()
            })
        }
        Some(About::Household(household, item)) => asked.household(household, item),
        None => Ok(AboutView::default()),
    }
}

/// Where is looked.
struct Asked<'a, R> {
    rows: &'a R,
    withheld: &'a Withheld,
    naming: &'a Naming,
}

impl<R: Rows> Asked<'_, R> {
    fn region(&self, id: DocumentId) -> Result<RegionNamed, R::Error> {
        const SQL: &str = "SELECT code, name FROM region WHERE document = ?1";
        let (mut code, mut name) = (None, None);
        if self.may_read(DocumentKind::Region, &id)? {
            self.rows.query(SQL, &[bytes(&id)], &mut |row| {
                (code, name) = (text(row, 0), text(row, 1));
            })?;
        }
        Ok(RegionNamed {
            id,
            code: code.or_else(|| self.naming.said(&id, None, "code")),
            name: name.or_else(|| self.naming.said(&id, None, "name")),
        })
    }

    fn household(
        &self,
        id: DocumentId,
        item: Option<(ItemKind, ItemId)>,
    ) -> Result<AboutView, R::Error> {
        const SQL: &str = "SELECT address, region FROM household WHERE document = ?1";
        let (mut address, mut region) = (None, None);
        if self.may_read(DocumentKind::Household, &id)? {
            self.rows.query(SQL, &[bytes(&id)], &mut |row| {
                (address, region) = (text(row, 0), document(row, 1));
            })?;
        }
        let address = address.or_else(|| self.naming.said(&id, None, "address"));
        let region = region.or_else(|| self.naming.region_of(&id));
        Ok(AboutView {
            region: region.map(|region| self.region(region)).transpose()?,
            parent: None,
            household: Some(HouseholdNamed { id, address }),
            item: item.map(|(kind, item)| self.item(&id, kind, item)).transpose()?,
        })
    }

    fn item(
        &self,
        household: &DocumentId,
        kind: ItemKind,
        id: ItemId,
    ) -> Result<ItemNamed, R::Error> {
        let (sql, names) = match kind {
            ItemKind::Resident => {
                ("SELECT name, NULL FROM resident WHERE document = ?1 AND item = ?2", ["name", ""])
            }
            ItemKind::Need => {
                ("SELECT text, NULL FROM need WHERE document = ?1 AND item = ?2", ["text", ""])
            }
            ItemKind::Visit => (
                "SELECT at, purpose FROM visit WHERE household = ?1 AND item = ?2",
                ["at", "purpose"],
            ),
            ItemKind::Note => {
                ("SELECT at, text FROM note WHERE household = ?1 AND item = ?2", ["at", "text"])
            }
        };
        let mut called = None;
        if self.may_read(kind.document_kind(), household)? {
            let parameters = [bytes(household), Cell::Blob(id.as_bytes().to_vec())];
            self.rows.query(sql, &parameters, &mut |row| {
                called = Some([text(row, 0), text(row, 1)]);
            })?;
        }
        let said = || names.map(|name| self.naming.said(household, Some(&id), name));
        let [first, second] = called.unwrap_or_else(said);
        Ok(match kind {
            ItemKind::Resident => ItemNamed::Resident { id, name: first },
            ItemKind::Need => ItemNamed::Need { id, text: first },
            ItemKind::Visit => ItemNamed::Visit { id, at: first, purpose: second },
            ItemKind::Note => ItemNamed::Note { id, at: first, text: second },
        })
    }

    fn may_read(&self, kind: DocumentKind, home: &DocumentId) -> Result<bool, R::Error> {
        Ok(!self.withheld.withholds(kind) && self.withheld.shows(self.rows, home)?)
    }
}

fn bytes(id: &DocumentId) -> Cell {
    Cell::Blob(id.as_bytes().to_vec())
}
