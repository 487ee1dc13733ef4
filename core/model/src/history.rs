//! Who changed a field of a household or a resident, from what to what: read from the documents
//! themselves, which forget nothing.
//!
//! What is known of a resident stands in the household or in its private part, and moves between them
//! when it turns out that they are a child, or none. A move changes nothing that anybody said, so it is
//! no entry: what one command wrote in both is read together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::author::Entered;
use crate::document::{ChangeHash, Document, Past};
use crate::fact::ids_of;
use crate::household::{is_concealed, private_part};
use crate::id::{ActorId, CommandId, DocumentId, ItemId};
use crate::input::Field;
use crate::kind::DocumentKind;
use crate::query::{Withheld, as_hex};
use crate::value::Value;

/// Of what a history is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Of which household.
    pub household: DocumentId,
    /// Only of this resident.
    pub resident: Option<ItemId>,
    /// Only of this field.
    pub field: Option<Field>,
}

impl History {
    /// The documents it is read from, as far as they are here.
    pub fn documents(&self) -> [DocumentId; 2] {
        [self.household, private_part(&self.household)]
    }
}

/// One change of a field. The names of these fields are the names in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// The resident; none if the field is the household's own.
    #[serde(serialize_with = "as_hex_or_null")]
    pub resident: Option<ItemId>,
    /// The resident's name by now.
    pub name: Option<String>,
    /// The field's name; of a care tag the tag.
    pub field: String,
    /// What stood there for who changed it; several values if people had said different things.
    pub from: Vec<String>,
    /// What they wrote; none if they cleared it. Of a care tag `true`, or none.
    pub to: Option<String>,
    /// Who, and when.
    pub entered: Entered,
    /// The role they had, by name; none if the grant they wrote under is not here.
    pub role: Option<String>,
    /// The change it stands in.
    #[serde(skip)]
    pub change: (DocumentId, ChangeHash),
}

fn as_hex_or_null<S: serde::Serializer>(
    id: &Option<ItemId>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => as_hex(id, serializer),
        None => serializer.serialize_none(),
    }
}

/// The history of fields as a reader may read it, the latest first, before the authors are named.
///
/// `documents` are the household and its private part, as far as they are here. Whether a reader may see
/// the household for its place is not asked here.
pub fn history(documents: &[Document], withheld: &Withheld, asked: &History) -> Vec<HistoryEntry> {
    let may_read =
        |document: &&Document| document.id().kind().is_some_and(|kind| !withheld.withholds(kind));
    let read: Vec<&Document> = documents.iter().filter(may_read).collect();
    let Some(household) = read.iter().find(|document| document.id() == asked.household) else {
        return Vec::new();
    };
    let hides_private = withheld.withholds(DocumentKind::HouseholdPrivate);
    let is_hidden = |slot: &Slot| {
        let open = [Some(Field::Name), Some(Field::Relation)].contains(&slot.field);
        let concealed = slot.resident.is_some_and(|resident| is_concealed(household, resident));
        hides_private && concealed && !open
    };
    let is_asked_for = |slot: &Slot| {
        let of = |resident| asked.resident.is_none_or(|wanted| Some(wanted) == resident);
        of(slot.resident) && asked.field.is_none_or(|field| slot.field == Some(field))
    };
    let mut entries = Vec::new();
    for written in Written::all(&read) {
        let Some(slot) = Slot::of(&written.key) else { continue };
        if is_hidden(&slot) || !is_asked_for(&slot) || !written.changes_something() {
            continue;
        }
        let name = slot.resident.and_then(|resident| {
            Some(household.value(&format!("r/{resident}/name"))?.as_text()?.to_owned())
        });
        entries.push(HistoryEntry {
            resident: slot.resident,
            name,
            field: slot.name,
            from: written.from.into_iter().collect(),
            to: written.to,
            entered: Entered::at(Some(written.past.actor), Some(written.past.city_time)),
            role: None,
            change: (written.document, written.past.change),
        });
    }
    entries
}

/// What one command wrote of a field, in whichever parts.
struct Written {
    document: DocumentId,
    past: Past,
    key: String,
    from: BTreeSet<String>,
    to: Option<String>,
}

impl Written {
    /// Everything that was written, the latest first.
    fn all(documents: &[&Document]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut places = BTreeMap::new();
        let pasts = documents
            .iter()
            .flat_map(|document| document.past().into_iter().map(|past| (document.id(), past)));
        let pasts: Vec<_> = pasts.collect();
        let statuses = Statuses::of(&pasts);
        for (document, past) in pasts {
            let key = (past.actor, past.command, past.key.clone());
            let place = *places.entry(key).or_insert_with(|| {
                let (key, past) = (past.key.clone(), past.clone());
                let from = statuses.replaced_by(&past);
                all.push(Self { document, past, key, from, to: None });
                all.len() - 1
            });
            if let Some(written) = all.get_mut(place) {
                written.from.extend(past.from.iter().filter_map(in_words));
                written.to = written.to.take().or_else(|| in_words(&past.to));
            }
        }
        // Of those of one moment the one that came about last is the latest.
        all.reverse();
        all.sort_by_key(|written| std::cmp::Reverse(written.past.city_time.unix_ms()));
        all
    }

    fn changes_something(&self) -> bool {
        let to: BTreeSet<String> = self.to.iter().cloned().collect();
        self.from != to
    }
}

/// What facts say became of residents, and which facts each replaced.
struct Statuses {
    said: BTreeMap<String, String>,
    /// By the fact and who says it with which command: what only moves a fact replaces none.
    over: BTreeMap<(String, ActorId, CommandId), Vec<String>>,
}

impl Statuses {
    fn of(pasts: &[(DocumentId, Past)]) -> Self {
        let (mut said, mut over) = (BTreeMap::new(), BTreeMap::new());
        for (_, Past { key, to, actor, command, .. }) in pasts {
            let Some((fact, field)) = key.rsplit_once('/') else { continue };
            let Some((root, _)) = fact.rsplit_once('/').filter(|(root, _)| root.ends_with("/s"))
            else {
                continue;
            };
            match (field, to) {
                ("status", Value::Text(status)) if !status.is_empty() => {
                    said.insert(fact.to_owned(), status.clone());
                }
                ("over", Value::Bytes(ids)) => {
                    let replaced = ids_of(ids).map(|id| format!("{root}/{id}")).collect();
                    over.insert((fact.to_owned(), *actor, *command), replaced);
                }
                _ => {}
            }
        }
        Self { said, over }
    }

    /// What the facts said that a new one replaced, if this is its status.
    fn replaced_by(&self, past: &Past) -> BTreeSet<String> {
        let fact = past.key.strip_suffix("/status").unwrap_or_default().to_owned();
        let replaced = self.over.get(&(fact, past.actor, past.command)).into_iter().flatten();
        replaced.filter_map(|fact| self.said.get(fact)).cloned().collect()
    }
}

/// Which field a key is of.
struct Slot {
    resident: Option<ItemId>,
    field: Option<Field>,
    name: String,
}

impl Slot {
    /// None of what nobody fills in, of what was withdrawn, and of needs.
    fn of(key: &str) -> Option<Self> {
        let segments: Vec<&str> = key.split('/').collect();
        let (resident, pattern) = match segments.as_slice() {
            [own] => (None, (*own).to_owned()),
            ["r", resident, "t", tag] => {
                let (resident, name) = (resident.parse().ok(), (*tag).to_owned());
                return Some(Self { resident, field: Some(Field::CareTag), name });
            }
            ["r", resident, field] => (resident.parse().ok(), format!("r/*/{field}")),
            ["r", resident, "s", _, "status"] => {
                (resident.parse().ok(), "r/*/s/*/status".to_owned())
            }
            _ => return None,
        };
        let field = Field::of_pattern(&pattern)?;
        Some(Self { resident, field: Some(field), name: field.name().to_owned() })
    }
}

/// A value as people read it; none where nothing is said: cleared, a tag taken away, or in the other part.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Text(text) if text.is_empty() => None,
        value => Some(value.to_string()),
    }
}
