//! Where the characters of a Text stand, while a change is being read.
//!
//! A change names characters by the operations that inserted them. To make the change again through
//! Automerge's public interface, and to show the rule what was typed, positions are needed. A Text
//! that a change touches is therefore listed once, as it was at the change's dependencies, and the
//! change's own operations are followed on that list.

use std::collections::BTreeMap;

use automerge::{ObjId, ObjType, Prop, ReadDoc};
use keting_model::{ActorId, Document, Op};

use super::GuardError;
use super::grammar::OpName;
use crate::limits;

/// The Texts that a change touches.
pub(super) struct Texts<'d> {
    before: &'d Document,
    open: BTreeMap<OpName, Text>,
}

/// One Text: its key and its visible characters.
struct Text {
    key: String,
    characters: Vec<OpName>,
    /// Where the last operation was; the next one is mostly there too.
    near: usize,
}

impl<'d> Texts<'d> {
    pub(super) fn new(before: &'d Document) -> Self {
        Self { before, open: BTreeMap::new() }
    }

    /// Notes a Text that the change itself makes.
    pub(super) fn make(&mut self, name: OpName, key: &str) {
        let text = Text { key: key.to_owned(), characters: Vec::new(), near: 0 };
        self.open.insert(name, text);
    }

    pub(super) fn insert(
        &mut self,
        name: OpName,
        text: OpName,
        after: Option<OpName>,
        character: char,
    ) -> Result<Op, GuardError> {
        let text = self.open(text)?;
        if text.characters.len() >= limits::TEXT_CODE_POINTS_MAX {
            return Err(GuardError::Limit("a text is too long to insert into"));
        }
        let at = match after {
            Some(after) => text.find(after)? + 1,
            None => 0,
        };
        text.characters.insert(at, name);
        text.near = at;
        Ok(Op::Splice { key: text.key.clone(), at, delete: 0, insert: character.to_string() })
    }

    pub(super) fn delete(&mut self, text: OpName, character: OpName) -> Result<Op, GuardError> {
        let text = self.open(text)?;
        let at = text.find(character)?;
        text.characters.remove(at);
        text.near = at;
        Ok(Op::Splice { key: text.key.clone(), at, delete: 1, insert: String::new() })
    }

    fn open(&mut self, name: OpName) -> Result<&mut Text, GuardError> {
        match self.open.entry(name) {
            std::collections::btree_map::Entry::Occupied(open) => Ok(open.into_mut()),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                Ok(vacant.insert(load(self.before, name)?))
            }
        }
    }
}

impl Text {
    fn find(&self, character: OpName) -> Result<usize, GuardError> {
        if self.characters.get(self.near) == Some(&character) {
            return Ok(self.near);
        }
        self.characters
            .iter()
            .position(|other| *other == character)
            .ok_or(GuardError::ReplayDiffers("it names a character its author could not see"))
    }
}

/// Lists a Text that was there before the change.
fn load(before: &Document, name: OpName) -> Result<Text, GuardError> {
    let document = before.automerge();
    let id = ObjId::Id(name.number, automerge::ActorId::from(name.actor.as_bytes().as_slice()), 0);
    if !document.object_type(&id).is_ok_and(|kind| kind == ObjType::Text) {
        return Err(GuardError::ReplayDiffers("it names a text its author could not see"));
    }
    let parent = document.parents(&id).ok().and_then(|mut parents| parents.next());
    let key = match parent.map(|parent| (parent.obj, parent.prop)) {
        Some((ObjId::Root, Prop::Map(key))) => key,
        Some(_) | None => return Err(GuardError::Grammar("a text is not under a root key")),
    };
    let characters = document.list_range(&id, ..).map(|item| op_name(&item.id()));
    Ok(Text { key, characters: characters.collect::<Result<_, _>>()?, near: 0 })
}

fn op_name(id: &ObjId) -> Result<OpName, GuardError> {
    let name = match id {
        ObjId::Id(number, actor, _) => ActorId::from_slice(actor.to_bytes())
            .ok()
            .map(|actor| OpName { number: *number, actor }),
        ObjId::Root => None,
    };
    name.ok_or(GuardError::ReplayDiffers("a text holds something other than characters"))
}

/// Puts operations after one another, joining those on a Text that a person made at once: typing
/// a word is one splice, not one a letter.
#[derive(Debug, Default)]
pub(super) struct Joined {
    ops: Vec<Op>,
    /// How many code points the last splice inserts.
    inserted: usize,
}

impl Joined {
    pub(super) fn push(&mut self, op: Op) {
        match (self.ops.last_mut(), &op) {
            (
                Some(Op::Splice { key, at, delete, insert }),
                Op::Splice { key: next_key, at: next_at, delete: next_delete, insert: next_insert },
            ) if key == next_key && *next_at == *at + self.inserted => {
                // Automerge inserts before it deletes, so an insertion after a deletion is new.
                if *next_delete > 0 {
                    *delete += next_delete;
                    return;
                }
                if *delete == 0 {
                    insert.push_str(next_insert);
                    self.inserted += 1;
                    return;
                }
            }
            _ => {}
        }
        self.inserted = match &op {
            Op::Splice { insert, .. } => insert.chars().count(),
            Op::Put { .. } | Op::Settle { .. } | Op::MakeText { .. } => 0,
        };
        self.ops.push(op);
    }

    pub(super) fn into_ops(self) -> Vec<Op> {
        self.ops
    }
}
