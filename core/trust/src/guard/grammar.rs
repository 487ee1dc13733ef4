//! The guard's third step: the closed grammar of operations.
//!
//! A document is root keys with scalars, and Texts. So an operation puts a scalar on a root key,
//! makes a Text on a root key, or inserts a character into a Text or deletes one. Everything else
//! Automerge knows (maps, lists, tables, counters, increments, marks, floats, unsigned numbers,
//! timestamps, scalars of a newer version) is refused here.
//!
//! A root key is deleted in one case only: a settle deletes the unequal values that stand under it
//! and puts one in their place, as two operations of one change with nothing between them. The two
//! are read together ([`super::replay`]); a deletion by itself is refused.

use keting_model::{ActorId, Value};

use super::GuardError;
use super::columns::{Booleans, Delta, Rle};
use super::reader::Reader;
use super::scan::Scanned;

/// The name of an operation in a document: of a Text, or of a character in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpName {
    pub(super) number: u64,
    pub(super) actor: ActorId,
}

/// One operation of a change, as its bytes say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step<'a> {
    Put {
        key: &'a str,
        value: Value,
    },
    /// The first half of a settle.
    DeleteKey {
        key: &'a str,
    },
    MakeText {
        key: &'a str,
    },
    Insert {
        text: OpName,
        after: Option<OpName>,
        character: char,
    },
    Delete {
        text: OpName,
        character: OpName,
    },
}

/// The operations of a scanned change, one by one.
#[derive(Debug, Clone)]
pub(super) struct Steps<'s, 'a> {
    scanned: &'s Scanned<'a>,
    read: u64,
    object_actor: Rle<'a, u64>,
    object_number: Rle<'a, u64>,
    key_actor: Rle<'a, u64>,
    key_number: Delta<'a>,
    key_text: Rle<'a, &'a str>,
    insert: Booleans<'a>,
    action: Rle<'a, u64>,
    value_kind: Rle<'a, u64>,
    value: Reader<'a>,
}

impl<'s, 'a> Steps<'s, 'a> {
    pub(super) fn new(scanned: &'s Scanned<'a>) -> Self {
        let columns = scanned.columns();
        Self {
            scanned,
            read: 0,
            object_actor: Rle::new(columns.object_actor),
            object_number: Rle::new(columns.object_number),
            key_actor: Rle::new(columns.key_actor),
            key_number: Delta::new(columns.key_number),
            key_text: Rle::new(columns.key_text),
            insert: Booleans::new(columns.insert),
            action: Rle::new(columns.action),
            value_kind: Rle::new(columns.value_kind),
            value: Reader::new(columns.value),
        }
    }

    /// The next operation with its own name.
    pub(super) fn next_step(&mut self) -> Result<Option<(OpName, Step<'a>)>, GuardError> {
        if self.read == self.scanned.ops() {
            return Ok(None);
        }
        let number = self.scanned.start_op() + self.read;
        self.read += 1;
        let name = OpName { number, actor: self.scanned.actor() };
        let object = self.object()?;
        let key = self.key()?;
        let insert = self.insert.next_row()?;
        let action = self.action.next_row()?;
        let value = self.value()?;
        let step = match (object, key, insert, action, value) {
            (None, Key::Text(key), false, Some(ACTION_SET), value) => Step::Put { key, value },
            (None, Key::Text(key), false, Some(ACTION_MAKE_TEXT), Value::Null) => {
                Step::MakeText { key }
            }
            (None, Key::Text(key), false, Some(ACTION_DELETE), Value::Null) => {
                Step::DeleteKey { key }
            }
            (Some(text), Key::Element(after), true, Some(ACTION_SET), Value::Text(inserted)) => {
                Step::Insert { text, after, character: only_character(&inserted)? }
            }
            (
                Some(text),
                Key::Element(Some(character)),
                false,
                Some(ACTION_DELETE),
                Value::Null,
            ) => Step::Delete { text, character },
            (_, _, _, action, _) => return Err(GuardError::Grammar(complaint(action))),
        };
        Ok(Some((name, step)))
    }

    /// The Text an operation is in, or the root.
    fn object(&mut self) -> Result<Option<OpName>, GuardError> {
        match (self.object_actor.next_row()?, self.object_number.next_row()?) {
            (None, None) => Ok(None),
            (Some(actor), Some(number)) => self.op_name(actor, number).map(Some),
            (Some(_), None) | (None, Some(_)) => Err(HALF_A_NAME),
        }
    }

    fn key(&mut self) -> Result<Key<'a>, GuardError> {
        let actor = self.key_actor.next_row()?;
        let number = self.key_number.next_row()?;
        match (self.key_text.next_row()?, actor, number) {
            (Some(text), None, None) => Ok(Key::Text(text)),
            (None, None, Some(0)) => Ok(Key::Element(None)),
            (None, Some(actor), Some(number)) => {
                let number = u64::try_from(number).map_err(|_| HALF_A_NAME)?;
                Ok(Key::Element(Some(self.op_name(actor, number)?)))
            }
            _ => Err(HALF_A_NAME),
        }
    }

    fn op_name(&self, actor: u64, number: u64) -> Result<OpName, GuardError> {
        // Automerge keeps numbers in 32 bits and cuts longer ones off without a word.
        if number == 0 || u32::try_from(number).is_err() {
            return Err(GuardError::Malformed("an operation's number is out of range"));
        }
        Ok(OpName { number, actor: self.scanned.actor_at(actor)? })
    }

    fn value(&mut self) -> Result<Value, GuardError> {
        let kind = self.value_kind.next_row()?.ok_or(WRONG_VALUE)?;
        let bytes = self.value.take(kind >> 4)?;
        match (kind & 0x0f, bytes) {
            (0, []) => Ok(Value::Null),
            (1, []) => Ok(Value::Bool(false)),
            (2, []) => Ok(Value::Bool(true)),
            (4, bytes) => {
                let mut reader = Reader::new(bytes);
                let number = reader.signed()?;
                if reader.is_empty() { Ok(Value::Int(number)) } else { Err(WRONG_VALUE) }
            }
            (6, bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::Text(text.to_owned())),
                Err(_) => Err(GuardError::Malformed("a text is not UTF-8")),
            },
            (7, bytes) => Ok(Value::Bytes(bytes.to_vec())),
            (0..=2, _) => Err(WRONG_VALUE),
            _ => Err(GuardError::Grammar("a scalar is not null, boolean, integer, text or bytes")),
        }
    }
}

/// Where in its object an operation is.
enum Key<'a> {
    Text(&'a str),
    /// Behind a character of a Text, or at the beginning.
    Element(Option<OpName>),
}

const ACTION_SET: u64 = 1;
const ACTION_DELETE: u64 = 3;
const ACTION_MAKE_TEXT: u64 = 4;

const HALF_A_NAME: GuardError = GuardError::Malformed("an operation names half a key or object");
const WRONG_VALUE: GuardError = GuardError::Malformed("a value is not of the length it claims");

fn only_character(inserted: &str) -> Result<char, GuardError> {
    let mut characters = inserted.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(GuardError::Grammar("an insertion is not one character")),
    }
}

fn complaint(action: Option<u64>) -> &'static str {
    match action {
        Some(0) => "it makes a map",
        Some(2) => "it makes a list",
        Some(ACTION_DELETE) => "it deletes something other than a character",
        Some(ACTION_MAKE_TEXT) => "it makes a text elsewhere than under a root key",
        Some(5) => "it increments a counter",
        Some(6) => "it makes a table",
        Some(7) => "it marks text",
        Some(ACTION_SET) => "it sets something other than a root key or a character",
        Some(_) | None => "its action is unknown",
    }
}
