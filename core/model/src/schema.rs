//! The shape of a document as data: which fields there are, what they hold, who writes them.
//!
//! A key is matched against a pattern segment by segment: `*` stands for an item's id,
//! `<care_tag>` and `<health_tag>` for a tag of that list, anything else for itself.

use crate::check::{Holds, InvalidValue};
use crate::id::ItemId;
use crate::kind::DocumentKind;
use crate::role::Family;
use crate::rule::{RuleError, Touched};
use crate::settle::CONCEAL;
use crate::value::Value;
use crate::words;

/// A kind of document: all that the generic parts of this crate know of it.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The kind.
    pub(crate) kind: DocumentKind,
    /// The commands it brings, also those that write into other kinds.
    pub(crate) commands: &'static [CommandRule],
    /// Its fields.
    pub(crate) fields: &'static [FieldRule],
    /// What belongs together in it.
    pub(crate) groups: &'static [Group],
    /// What the writer of a field's family must be allowed to write in this very document.
    pub(crate) family: fn(Family, &Touched<'_>) -> Family,
    /// What else has to hold for a change, beyond the tables.
    pub(crate) also: fn(&str, &Touched<'_>) -> Result<(), RuleError>,
}

/// A command.
#[derive(Debug)]
pub(crate) struct CommandRule {
    /// Its name.
    pub(crate) name: &'static str,
    /// About how many items of a document it may write.
    pub(crate) items_max: usize,
}

/// A field.
#[derive(Debug)]
pub(crate) struct FieldRule {
    /// The pattern of its key.
    pub(crate) pattern: &'static str,
    /// What it holds.
    pub(crate) holds: Holds,
    /// Whether and how it may change.
    pub(crate) write: Write,
    /// What its writer must be allowed to write. None for what only comes along with the first
    /// change of a document.
    pub(crate) family: Option<Family>,
    /// The commands that write it. Settling is possible for every field that may change.
    pub(crate) commands: &'static [&'static str],
}

/// Whether and how a field may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// It is written once and stays.
    Once,
    /// It is written once, and then only moves: it is cleared when it goes to the private part, and
    /// is written here again when it comes back.
    Moved,
    /// It may change, but is never empty.
    Often,
    /// It is never empty, and a settle says again what is shown: whoever says it again stands against
    /// whoever says otherwise meanwhile. (A put of the value that stands there leaves no trace.)
    Again,
    /// It may change and be cleared.
    Clearable,
}

/// Keys that belong together: those of the document itself, of an item, of a fact.
#[derive(Debug)]
pub(crate) struct Group {
    /// The pattern of the beginning of its keys; empty for the document itself.
    pub(crate) pattern: &'static str,
    /// What it is called in messages.
    pub(crate) name: &'static str,
    /// The fields that it has from its first change on.
    pub(crate) needs: &'static [&'static str],
    /// Which commands make it.
    pub(crate) made: Made,
}

/// Which commands make a group.
#[derive(Debug)]
pub(crate) enum Made {
    /// These make a new one each time; all others need one that is there.
    By(&'static [&'static str]),
    /// Whichever command writes into it first.
    ByAny,
}

impl Schema {
    /// The rule of a key.
    pub(crate) fn field(&self, key: &str) -> Option<&'static FieldRule> {
        // Most patterns end with another letter, which is seen at once.
        let end = key.as_bytes().last();
        let may_fit = |rule: &&FieldRule| {
            let wanted = rule.pattern.as_bytes().last();
            wanted == end || wanted == Some(&b'>')
        };
        let mut fields = self.fields.iter().filter(may_fit);
        fields.find(|rule| beginning(rule.pattern, key) == Some(key))
    }
}

impl Group {
    /// Whether a key is among those that a command which makes the group anew begins it with.
    pub(crate) fn begins_with(&self, command: &str, key: &str) -> bool {
        let makes = match self.made {
            Made::By(commands) => commands.contains(&command),
            Made::ByAny => false,
        };
        let of_group = |one| self.needs.iter().any(|need| key_in(one, need) == key);
        makes && beginning(self.pattern, key).is_some_and(of_group)
    }
}

impl FieldRule {
    /// The field's name: the end of its key.
    pub(crate) fn name(&self) -> &'static str {
        name_of(self.pattern)
    }

    /// Whether it stands in the open or, of somebody who is concealed, in the private part, and moves
    /// from one to the other.
    pub(crate) fn moves(&self) -> bool {
        self.write != Write::Again && self.commands.contains(&CONCEAL)
    }

    /// Checks a value to be written.
    pub(crate) fn check(&self, value: &Value) -> Result<(), InvalidValue> {
        match (value, self.write) {
            // Somebody cleared it; null says that it is in the other part.
            (Value::Text(text), Write::Clearable) if text.is_empty() && self.moves() => Ok(()),
            (Value::Null, Write::Clearable | Write::Moved) => Ok(()),
            (Value::Null, Write::Once | Write::Often | Write::Again) => Err(InvalidValue::Empty),
            _ => self.holds.check(value),
        }
    }
}

/// The name of a field in its pattern: what stands behind the last item.
pub(crate) fn name_of(pattern: &'static str) -> &'static str {
    pattern.rsplit_once("*/").map_or(pattern, |(_, name)| name)
}

/// The part at the beginning of a key that a pattern matches, if it does.
pub(crate) fn beginning<'k>(pattern: &str, key: &'k str) -> Option<&'k str> {
    if pattern.is_empty() {
        return Some("");
    }
    let mut found = segments(key);
    let mut len = 0;
    for wanted in segments(pattern) {
        let segment = found.next()?;
        let fits = match wanted {
            b"*" => is_item(segment),
            b"<care_tag>" => is_word(words::OPEN_TAGS, segment),
            b"<health_tag>" => is_word(words::HEALTH_TAGS, segment),
            literal => segment == literal,
        };
        if !fits {
            return None;
        }
        len += segment.len() + 1;
    }
    key.get(..len - 1)
}

/// The item a key is about: its first two segments, if the second is an item's id.
pub(crate) fn item_of(key: &str) -> Option<&str> {
    let mut segments = segments(key);
    let (letter, item) = (segments.next()?, segments.next()?);
    if is_item(item) { key.get(..letter.len() + 1 + item.len()) } else { None }
}

/// The segments of a key or a pattern, as bytes: they are short, and looked at for every operation.
fn segments(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| *byte == b'/')
}

/// Whether a segment is an item's id.
fn is_item(segment: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    segment.len() == ItemId::LEN_BYTES * 2 && segment.iter().all(is_digit)
}

fn is_word(words: &[&str], segment: &[u8]) -> bool {
    words.iter().any(|word| word.as_bytes() == segment)
}

/// The key of a field in a group that begins with `prefix`.
pub(crate) fn key_in(prefix: &str, field: &str) -> String {
    if prefix.is_empty() { field.to_owned() } else { format!("{prefix}/{field}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_segment_by_segment() {
        let item = "00000000000000ff";
        let key = format!("r/{item}/phone");
        assert_eq!(beginning("r/*/phone", &key), Some(key.as_str()));
        assert_eq!(beginning("r/*", &key), Some(&key[..18]));
        assert_eq!(beginning("", &key), Some(""));
        assert_eq!(beginning("r/*/name", &key), None);
        assert_eq!(beginning("r/*/phone", "r/00/phone"), None);
        assert_eq!(beginning("r/*/phone", "r"), None);
        assert_eq!(beginning("t/<care_tag>", "t/living_alone"), Some("t/living_alone"));
        assert_eq!(beginning("t/<care_tag>", "t/disabled"), None);
        assert_eq!(item_of(&key), Some(&key[..18]));
        assert_eq!(item_of("address"), None);
    }
}
