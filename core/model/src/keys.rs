//! What the rule can say of a change by its operations alone, before any document is asked: the
//! command is a known one, every key is of a field it writes, none is written twice, each value is one
//! that its field holds.
//!
//! An answer costs as much as the operations have bytes. So the guard asks here before it copies a
//! document or makes a change again, and [`crate::rule`] begins with the same questions.

use std::collections::BTreeSet;

use crate::check::Holds;
use crate::city_time::CityTime;
use crate::household::time_value;
use crate::id::DocumentId;
use crate::registry::{KINDS, registration};
use crate::rule::{RULE_VERSION, RuleError};
use crate::schema::{FieldRule, Schema, Write, item_of};
use crate::settle::{MOVE, Settle};
use crate::value::Value;

/// A command, as far as its changes can be judged by their keys.
#[derive(Debug, Clone, Copy)]
pub struct KeyRule<'c> {
    pub(crate) command: &'c str,
    city_time: CityTime,
    items_max: usize,
    pub(crate) settles: Settles,
}

/// Over which unequal values a command may write with a settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settles {
    Nothing,
    /// Fields of a resident that stand in one part of the household or the other, where all but one of
    /// the values only say that the field is in the other; and whether the resident is concealed.
    WhatMoves,
    /// It is the choice of one field's value. Beside it stands only what moves to the other part of
    /// the household on account of it.
    OneField,
}

/// The keys that a change to one document writes, taken one by one.
#[derive(Debug)]
pub struct Keys<'c, 'k> {
    rule: KeyRule<'c>,
    schema: &'static Schema,
    written: BTreeSet<&'k str>,
    items: BTreeSet<&'k str>,
    /// How many fields a settle has written that it does not only move.
    chosen: usize,
}

impl<'c> KeyRule<'c> {
    /// The rule of a command, in the version of the rules that its author went by, at the city's
    /// time that its commit states.
    ///
    /// # Errors
    /// When this version knows no such rules, or no such command.
    pub fn of(command: &'c str, rule_version: u16, city_time: CityTime) -> Result<Self, RuleError> {
        if rule_version > RULE_VERSION {
            return Err(RuleError::NeedsNewerApp { rule_version });
        }
        if command == Settle::NAME {
            return Ok(Self { command, city_time, items_max: 1, settles: Settles::OneField });
        }
        let mut commands = KINDS.iter().flat_map(|kind| kind.schema.commands);
        let known = commands.find(|known| known.name == command);
        let known = known.ok_or(RuleError::UnknownCommand)?;
        let settles = if MOVE.contains(&command) { Settles::WhatMoves } else { Settles::Nothing };
        Ok(Self { command, city_time, items_max: known.items_max, settles })
    }

    /// Begins to look at what the command writes into a document.
    ///
    /// # Errors
    /// When this version does not know the document's kind.
    pub fn on<'k>(self, document: &DocumentId) -> Result<Keys<'c, 'k>, RuleError> {
        let kind = document.kind().and_then(registration).ok_or(RuleError::UnknownKind)?;
        let (written, items) = (BTreeSet::new(), BTreeSet::new());
        Ok(Keys { rule: self, schema: kind.schema, written, items, chosen: 0 })
    }
}

impl<'k> Keys<'_, 'k> {
    /// Takes a scalar that is put under a key.
    ///
    /// # Errors
    /// When the command may not put it there, whatever the document is like.
    pub fn put(&mut self, key: &'k str, value: &Value) -> Result<(), RuleError> {
        self.field_of(key, false, value).map(drop)
    }

    /// Takes a scalar that a key is settled on.
    ///
    /// # Errors
    /// When the command may not settle it there, whatever the document is like.
    pub fn settle(&mut self, key: &'k str, value: &Value) -> Result<(), RuleError> {
        self.field_of(key, true, value).map(drop)
    }

    /// Takes an operation on a Text.
    ///
    /// # Errors
    /// Always: no field of this version holds one.
    pub const fn text(&self) -> Result<(), RuleError> {
        Err(RuleError::UnknownKey)
    }

    /// The same as [`Self::put`] and [`Self::settle`], and the field.
    pub(crate) fn field_of(
        &mut self,
        key: &'k str,
        settles: bool,
        value: &Value,
    ) -> Result<&'static FieldRule, RuleError> {
        let rule = self.schema.field(key).ok_or(RuleError::UnknownKey)?;
        let field = rule.pattern;
        if !self.written.insert(key) {
            return Err(RuleError::Twice { field });
        }
        self.items.extend(item_of(key));
        let is_its_own = rule.commands.contains(&self.rule.command);
        self.chosen += usize::from(!is_its_own);
        let chosen_max = if self.rule.settles == Settles::OneField { 1 } else { usize::MAX };
        if self.items.len() > self.rule.items_max || self.chosen > chosen_max {
            return Err(RuleError::TooManyItems);
        }
        let may_write = match self.rule.settles {
            Settles::OneField if settles => rule.write != Write::Once,
            Settles::WhatMoves if settles => {
                is_its_own && (rule.write == Write::Again || rule.moves())
            }
            Settles::Nothing if settles => false,
            Settles::OneField | Settles::WhatMoves | Settles::Nothing => is_its_own,
        };
        if !may_write {
            return Err(RuleError::NotThisCommand { field });
        }
        // What only moves was entered another day, and a wrong date must not be kept in the open.
        let moves = rule.moves() && self.rule.settles != Settles::Nothing;
        let entered = (!moves).then_some(self.rule.city_time);
        rule.check(value)
            .and_then(|()| entered.map_or(Ok(()), |entered| rule.holds.check_day(value, entered)))
            .map_err(|rule| RuleError::Invalid { field, rule })?;
        if rule.holds == Holds::Time && *value != time_value(self.rule.city_time) {
            return Err(RuleError::WrongTime { field });
        }
        Ok(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::DocumentKind;

    const NOON: CityTime = CityTime::new(1_790_000_000_000);

    #[test]
    fn what_a_command_may_never_write_is_known_without_the_document() {
        let region = DocumentId::from_random(DocumentKind::Region, [1; 14]);
        let name = Value::from("嘉兴市");
        let first = |command: &'static str, key: &'static str, value: Value| {
            let mut keys = KeyRule::of(command, RULE_VERSION, NOON).unwrap().on(&region).unwrap();
            keys.put(key, &value).map_err(|error| error.code())
        };
        assert_eq!(first("region.edit", "name", name.clone()), Ok(()));
        assert_eq!(first("region.edit", "secret", name.clone()), Err("unknown_key"));
        assert_eq!(first("region.edit", "code", name.clone()), Err("not_this_command"));
        assert_eq!(first("region.edit", "name", Value::Int(7)), Err("invalid_value"));
        assert_eq!(first("field.settle", "name", name), Err("not_this_command"));
        assert!(matches!(KeyRule::of("region.paint", 1, NOON), Err(RuleError::UnknownCommand)));
        let newer = KeyRule::of("region.paint", RULE_VERSION + 1, NOON);
        assert!(matches!(newer, Err(RuleError::NeedsNewerApp { .. })));
    }

    #[test]
    fn a_key_is_written_once_and_a_settle_writes_one() {
        let region = DocumentId::from_random(DocumentKind::Region, [1; 14]);
        let second = |command: &'static str, key: &'static str| {
            let mut keys = KeyRule::of(command, RULE_VERSION, NOON).unwrap().on(&region).unwrap();
            let (first, second) = (Value::from("嘉兴市"), Value::from("李一"));
            match command {
                "field.settle" => {
                    keys.settle("name", &first).and_then(|()| keys.settle(key, &second))
                }
                _ => keys.put("name", &first).and_then(|()| keys.put(key, &second)),
            }
            .map_err(|error| error.code())
        };
        assert_eq!(second("region.edit", "head"), Ok(()));
        assert_eq!(second("region.edit", "name"), Err("written_twice"));
        assert_eq!(second("field.settle", "head"), Err("too_many_items"));
    }
}
