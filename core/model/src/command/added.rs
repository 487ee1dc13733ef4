//! Whether what a command adds stands there already.
//!
//! An app may end after an edit is durable and before it heard so. The person then finds their form again
//! and saves it once more, under the id it took when it was opened. That is the same record, and not a
//! second one; only what says something else under that id has to be looked at.

use std::collections::BTreeMap;

use crate::command::Command;
use crate::document::Document;
use crate::draft::takes_away;
use crate::fields::Fields;
use crate::household::{HouseholdCommand, NewResident, prefix, private_part};
use crate::household_visits::VisitsCommand;
use crate::id::{ActorId, DocumentId, ItemId};
use crate::region::RegionCommand;
use crate::rows::Contents;
use crate::value::Value;

impl Command {
    /// Who added the record that the command adds, if it stands there already, says everything that the
    /// command says, and was added with nothing else: what its author took out of the form before they saved
    /// it again would stand unseen. What was said since does not matter, as long as nothing of the command is
    /// lost. None also for a command that adds nothing.
    pub fn added_already_by(&self, documents: &BTreeMap<DocumentId, Document>) -> Option<ActorId> {
        let at = |id: &DocumentId| documents.get(id);
        match &self.in_normal_form() {
            Self::Region(RegionCommand::Add { region, fields, .. }) => {
                let region = at(region)?;
                let all = said(&[region], "", fields)
                    && !said_more(&[region], "code", |key| gives(fields, key));
                all.then(|| region.value_author("code"))?
            }
            Self::Household(HouseholdCommand::Add {
                household, region, fields, residents, ..
            }) => {
                let parts = [at(household)?, at(&private_part(household))?];
                let home = Value::Bytes(region.as_bytes().to_vec());
                let all = has(&parts, "home", &home)
                    && said(&parts, "", fields)
                    && residents.iter().all(|one| is_there(&parts, one))
                    && !said_more(&parts, "home", |key| match resident_in(residents, key) {
                        Some((resident, name)) => gives(&resident.fields, name),
                        None => !key.starts_with("r/") && gives(fields, key),
                    });
                all.then(|| parts[0].value_author("home"))?
            }
            Self::Household(HouseholdCommand::AddResident { household, resident, .. }) => {
                let parts = [at(household)?, at(&private_part(household))?];
                let name = format!("{}name", prefix(resident.resident));
                let all = is_there(&parts, resident)
                    && !said_more(&parts, &name, |key| {
                        resident_in(std::slice::from_ref(resident), key)
                            .is_none_or(|(resident, name)| gives(&resident.fields, name))
                    });
                all.then(|| who_added(parts[0], resident.resident))?
            }
            Self::Household(HouseholdCommand::AddNeed { household, need, text, .. }) => {
                let (household, key) = (at(household)?, format!("n/{need}/text"));
                let text = Value::from(text.trim());
                has(&[household], &key, &text).then(|| household.value_author(&key))?
            }
            Self::Visits(command) => {
                let visits = at(&command.visits()?)?;
                let (prefix, says) = match command {
                    VisitsCommand::AddVisit { visit, fields, .. } => {
                        let prefix = format!("v/{visit}/");
                        let time = format!("{prefix}time");
                        let says = said(&[visits], &prefix, fields)
                            && !said_more(&[visits], &time, |key| {
                                key.strip_prefix(&prefix).is_none_or(|name| gives(fields, name))
                            });
                        (prefix, says)
                    }
                    VisitsCommand::AddNote { note, text, .. } => {
                        let prefix = format!("o/{note}/");
                        let text = Value::from(text.trim());
                        let says = has(&[visits], &format!("{prefix}text"), &text);
                        (prefix, says)
                    }
                };
                says.then(|| visits.value_author(&format!("{prefix}time")))?
            }
            Self::Household(_) | Self::Private(_) | Self::Region(_) => None,
            Self::Settle(_) | Self::Withdrawal(_) => None,
        }
    }
}

/// Whether a resident is there and everything is said of them that the command says.
fn is_there(parts: &[&Document], new: &NewResident) -> bool {
    said(parts, &prefix(new.resident), &new.fields)
}

/// Whether all fields stand in one part or another.
fn said(parts: &[&Document], prefix: &str, fields: &Fields) -> bool {
    let mut given = fields.iter().filter(|(_, value)| !takes_away(value));
    given.all(|(name, value)| has(parts, &format!("{prefix}{name}"), value))
}

/// Whether the command that wrote `first`, and with it the record, wrote something that the form does not give.
fn said_more(parts: &[&Document], first: &str, is_given: impl Fn(&str) -> bool) -> bool {
    let past: Vec<_> = parts.iter().flat_map(|part| part.past()).collect();
    let Some(added) = past.iter().find(|put| put.key == first) else { return false };
    let mut said = past.iter().filter(|put| put.command == added.command);
    said.any(|put| !takes_away(&put.to) && !is_given(&put.key))
}

/// The resident of a form whom a key is about, and the name of the field.
fn resident_in<'a>(
    residents: &'a [NewResident],
    key: &'a str,
) -> Option<(&'a NewResident, &'a str)> {
    residents.iter().find_map(|one| Some((one, key.strip_prefix(&prefix(one.resident))?)))
}

/// Whether a form gives a field. What is stamped, follows from another field or is a fact, no form gives.
fn gives(fields: &Fields, name: &str) -> bool {
    let has = |name| fields.value(name).is_some_and(|value| !takes_away(value));
    match name {
        "home" | "of" | "parent" | "time" | "concealed" => true,
        "birth_date" | "sex" => has(name) || has("id_number"),
        _ => name.starts_with("s/") || has(name),
    }
}

fn has(parts: &[&Document], key: &str, value: &Value) -> bool {
    parts.iter().any(|part| part.values(key).contains(value))
}

/// Who wrote the fact that a resident came with, which replaces none.
fn who_added(household: &Document, resident: ItemId) -> Option<ActorId> {
    let root = format!("{}s", prefix(resident));
    let contents = Contents::of(household);
    let mut first = contents.below(&root).filter(|(end, over)| {
        end.ends_with("/over") && over.as_bytes().is_some_and(<[u8]>::is_empty)
    });
    let (end, _) = first.next()?;
    contents.author(&format!("{root}/{end}"))
}
