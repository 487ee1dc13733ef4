//! The rule every change is judged by: a pure function of the document as its author saw it and
//! of the operations, so that every replica reaches the same verdict.
//!
//! Each document of a commit is judged by itself, because a replica may hold only some of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::InvalidValue;
use crate::city_time::CityTime;
use crate::document::{Document, Op};
use crate::household::has_two_parts;
use crate::id::DocumentId;
use crate::keys::{KeyRule, Settles};
use crate::registry::registration;
use crate::role::Family;
use crate::schema::{FieldRule, Group, Made, Write, beginning, key_in};
use crate::value::Value;

pub use crate::fact::current_fact_actors;

/// The version of the rules in this crate. A commit names the version it was made by.
pub const RULE_VERSION: u16 = 1;

/// What a commit does to one document.
#[derive(Debug, Clone, Copy)]
pub struct Touched<'a> {
    /// The document as its author saw it: at the change's dependencies.
    pub before: &'a Document,
    /// The operations, as replayed.
    pub ops: &'a [Op],
}

/// Says why a change breaks the rules. Not retryable, except that `needs_newer_app` ends with an
/// update.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The commit was made by rules this version does not know.
    #[error("the commit was made by rules of version {rule_version}, which needs a newer app")]
    NeedsNewerApp {
        /// The version the commit names.
        rule_version: u16,
    },
    /// There is no command of this name.
    #[error("there is no such command")]
    UnknownCommand,
    /// The document is of a kind this version does not know.
    #[error("the document is of an unknown kind")]
    UnknownKind,
    /// The commit touches nothing, one document twice, or takes the place of another device's.
    #[error("the commit touches nothing, a document twice, or takes another device's place")]
    BadCommit,
    /// The key is none of the document's fields.
    #[error("a key is none of the document's fields")]
    UnknownKey,
    /// The field is not one this command writes.
    #[error("the command does not write the field {field}")]
    NotThisCommand {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// The value is not valid.
    #[error("the field {field} is not valid: {rule}")]
    Invalid {
        /// The pattern of the field's key.
        field: &'static str,
        /// What is wrong with its value.
        rule: InvalidValue,
    },
    /// One key is written twice in a change.
    #[error("the field {field} is written twice")]
    Twice {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// The field can be written only once and was.
    #[error("the field {field} can be written only once")]
    AlreadySet {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// The value is what the document shows already.
    #[error("the field {field} already has this value")]
    Unchanged {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// Concurrent values would be overwritten unseen.
    #[error("the field {field} holds several values that have to be settled")]
    Conflicted {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// A settle where nothing is concurrent.
    #[error("there is nothing to settle in the field {field}")]
    NothingToSettle {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// The document or item does not have what belongs to it from its first change.
    #[error("{group} lacks {missing}")]
    Incomplete {
        /// What the document or item is called.
        group: &'static str,
        /// The field that is missing.
        missing: &'static str,
    },
    /// The document or item the command makes is there already.
    #[error("{group} is there already")]
    AlreadyExists {
        /// What the document or item is called.
        group: &'static str,
    },
    /// The document or item the command edits is not there.
    #[error("{group} is not there")]
    NotFound {
        /// What the document or item is called.
        group: &'static str,
    },
    /// The command writes about more items than it is about.
    #[error("the command writes about too many items")]
    TooManyItems,
    /// The document's id does not follow from what it says it belongs to.
    #[error("the document's id does not follow from its owner")]
    WrongOwner,
    /// A visit or note is of another year than its document.
    #[error("what is recorded is of another year than its document")]
    WrongYear,
    /// A record is dated otherwise than its commit.
    #[error("the time in {field} is not that of the commit")]
    WrongTime {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// A fact says it replaces one that was not current as its author saw the document.
    #[error("the fact replaces one that was not current")]
    FactNotCurrent,
    /// A fact does not say that it replaces one that its author saw.
    #[error("the fact leaves out one that was current")]
    FactLeftOut,
    /// Something is written in the open of a resident of whom only name and relation may stand there.
    #[error("the field {field} is written in the open of somebody who is concealed")]
    Concealed {
        /// The pattern of the field's key.
        field: &'static str,
    },
    /// A region of this level needs a parent, or may have none.
    #[error("the region's parent does not fit its level")]
    WrongParent,
}

impl RuleError {
    /// A code that stays the same in every version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NeedsNewerApp { .. } => "needs_newer_app",
            Self::UnknownCommand => "unknown_command",
            Self::UnknownKind => "unknown_kind",
            Self::BadCommit => "bad_commit",
            Self::UnknownKey => "unknown_key",
            Self::NotThisCommand { .. } => "not_this_command",
            Self::Invalid { .. } => "invalid_value",
            Self::Twice { .. } => "written_twice",
            Self::AlreadySet { .. } => "already_set",
            Self::Unchanged { .. } => "unchanged",
            Self::Conflicted { .. } => "conflicted",
            Self::NothingToSettle { .. } => "nothing_to_settle",
            Self::Incomplete { .. } => "incomplete",
            Self::AlreadyExists { .. } => "already_exists",
            Self::NotFound { .. } => "not_found",
            Self::TooManyItems => "too_many_items",
            Self::WrongOwner => "wrong_owner",
            Self::WrongYear => "wrong_year",
            Self::WrongTime { .. } => "wrong_time",
            Self::FactNotCurrent => "fact_not_current",
            Self::FactLeftOut => "fact_left_out",
            Self::Concealed { .. } => "concealed",
            Self::WrongParent => "wrong_parent",
        }
    }
}

impl Touched<'_> {
    /// The value under a key after the operations.
    pub(crate) fn after(&self, wanted: &str) -> Option<Value> {
        let mut written = self.ops.iter().filter_map(Op::written);
        let value = written.find(|(key, _)| *key == wanted).map(|(_, value)| value.clone());
        value.or_else(|| self.before.value(wanted))
    }
}

/// Judges what a commit does, and says what its author must be allowed to write where.
///
/// A commit may be judged by those of its documents that are here: each is judged by itself. What it
/// says of time is judged by `city_time`, the time the commit itself states, and no other.
///
/// # Errors
/// When a change breaks a rule.
pub fn judge(
    command_name: &str,
    rule_version: u16,
    city_time: CityTime,
    touched: &[Touched<'_>],
) -> Result<BTreeMap<DocumentId, BTreeSet<Family>>, RuleError> {
    let command = Judged(KeyRule::of(command_name, rule_version, city_time)?);
    let mut families = BTreeMap::new();
    for one in touched {
        let of_document = command.judge_document(one)?;
        if of_document.is_empty() || families.insert(one.before.id(), of_document).is_some() {
            return Err(RuleError::BadCommit);
        }
    }
    if families.is_empty() { Err(RuleError::BadCommit) } else { Ok(families) }
}

/// The keys among those that operations put which no other change may have put with another value,
/// wherever it stands in the history: what is written once, and what a thing that is made anew
/// begins with.
///
/// A change is judged by what its author saw, so the rule itself cannot tell that somebody made the
/// same thing meanwhile. Whoever decides the order can.
pub fn once_keys<'o>(
    command_name: &str,
    document: DocumentId,
    ops: &'o [Op],
) -> impl Iterator<Item = &'o str> {
    let schema = document.kind().and_then(registration).map(|kind| kind.schema);
    let keys = ops.iter().filter_map(|op| Some(op.written()?.0));
    keys.filter(move |key| {
        schema.is_some_and(|schema| {
            let once = schema.field(key).is_some_and(|rule| rule.write == Write::Once);
            once || schema.groups.iter().any(|group| group.begins_with(command_name, key))
        })
    })
}

/// A command while its changes are judged.
struct Judged<'c>(KeyRule<'c>);

impl Judged<'_> {
    fn judge_document(&self, touched: &Touched<'_>) -> Result<BTreeSet<Family>, RuleError> {
        let id = touched.before.id();
        let schema = id.kind().and_then(registration).ok_or(RuleError::UnknownKind)?.schema;
        let mut keys = self.0.on(&id)?;
        let mut fields = Vec::new();
        for op in touched.ops {
            let (key, value) = op.written().ok_or(RuleError::UnknownKey)?;
            let settles = matches!(op, Op::Settle { .. });
            fields.push((keys.field_of(key, settles, value)?, settles, key, value));
        }
        let mut families = BTreeSet::new();
        for (rule, settles, key, value) in &fields {
            self.judge_written(rule, touched.before, *settles, key, value)?;
            families.extend(rule.family.map(|family| (schema.family)(family, touched)));
        }
        let puts: BTreeMap<_, _> = fields.iter().map(|(.., key, value)| (*key, *value)).collect();
        for group in schema.groups {
            let touched_ones: BTreeSet<&str> =
                puts.keys().filter_map(|key| beginning(group.pattern, key)).collect();
            for one in touched_ones {
                self.judge_group(group, one, touched.before, &puts)?;
            }
        }
        (schema.also)(self.0.command, touched)?;
        Ok(families)
    }

    fn judge_written(
        &self,
        rule: &FieldRule,
        before: &Document,
        settles: bool,
        key: &str,
        value: &Value,
    ) -> Result<(), RuleError> {
        let field = rule.pattern;
        match (settles, before.values(key).as_slice()) {
            (true, values @ [_, _, ..]) if self.may_settle(rule, values) => Ok(()),
            (true, [_, _, ..]) => Err(RuleError::Conflicted { field }),
            (true, [shown]) if shown == value && self.may_say_again(rule, before, key) => Ok(()),
            (true, _) => Err(RuleError::NothingToSettle { field }),
            (false, [_, _, ..]) => Err(RuleError::Conflicted { field }),
            (false, [_]) if rule.write == Write::Once => Err(RuleError::AlreadySet { field }),
            (false, [shown]) if shown == value => Err(RuleError::Unchanged { field }),
            (false, []) if *value == Value::Null => Err(RuleError::Unchanged { field }),
            (false, [shown])
                if rule.write == Write::Moved && ![shown, value].contains(&&Value::Null) =>
            {
                Err(RuleError::AlreadySet { field })
            }
            (false, _) => Ok(()),
        }
    }

    /// Whether the command may settle a field on the one value that stands there: of a resident who is or
    /// was concealed, what people say against it may stand in the other part of the household, or
    /// somebody may move it there meanwhile.
    fn may_say_again(&self, rule: &FieldRule, before: &Document, key: &str) -> bool {
        let may_move = self.0.settles != Settles::Nothing && rule.moves();
        rule.write == Write::Again || may_move && has_two_parts(before, key)
    }

    /// Whether the command may settle these values of a field. One that is no settle decides nothing
    /// between people.
    fn may_settle(&self, rule: &FieldRule, values: &[Value]) -> bool {
        let said = values.iter().filter(|value| **value != Value::Null);
        self.0.settles == Settles::OneField || !rule.moves() || said.count() < 2
    }

    fn judge_group(
        &self,
        group: &Group,
        one: &str,
        before: &Document,
        puts: &BTreeMap<&str, &Value>,
    ) -> Result<(), RuleError> {
        // What has moved to the private part is not there.
        let there = |need: &str| {
            before.values(&key_in(one, need)).iter().any(|value| *value != Value::Null)
        };
        let put = |need: &str| puts.contains_key(key_in(one, need).as_str());
        match group.made {
            // What moves is made anew in the other part, and cleared in this one.
            Made::By(_) if self.0.settles != Settles::Nothing && only_clears(one, puts) => {
                lacking(group, there)
            }
            // Or it is said again where it stands in both.
            Made::By(_)
                if self.0.settles != Settles::Nothing && only_says_again(one, before, puts) =>
            {
                lacking(group, there)
            }
            Made::By(commands) if commands.contains(&self.0.command) => {
                if group.needs.iter().any(|need| there(need)) {
                    return Err(RuleError::AlreadyExists { group: group.name });
                }
                lacking(group, put)
            }
            Made::By(_) if group.needs.iter().all(|need| there(need)) => Ok(()),
            Made::By(_) => Err(RuleError::NotFound { group: group.name }),
            Made::ByAny => lacking(group, |need| there(need) || put(need)),
        }
    }
}

/// Whether everything that is written under keys that begin with `one` is cleared.
fn only_clears(one: &str, puts: &BTreeMap<&str, &Value>) -> bool {
    let of_one = puts.range(one..).take_while(|(key, _)| key.starts_with(one));
    of_one.into_iter().all(|(_, value)| **value == Value::Null)
}

/// Whether everything that is written under keys that begin with `one` is what stands there, or is
/// cleared.
fn only_says_again(one: &str, before: &Document, puts: &BTreeMap<&str, &Value>) -> bool {
    let of_one = puts.range(one..).take_while(|(key, _)| key.starts_with(one));
    of_one.into_iter().all(|(key, value)| before.values(key).contains(value))
}

fn lacking(group: &Group, has: impl Fn(&str) -> bool) -> Result<(), RuleError> {
    match group.needs.iter().find(|need| !has(need)) {
        Some(missing) => Err(RuleError::Incomplete { group: group.name, missing }),
        None => Ok(()),
    }
}
