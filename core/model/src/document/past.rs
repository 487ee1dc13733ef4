//! What was ever written into a document.

use std::collections::BTreeMap;

use automerge::legacy::{Key, OpType};

use crate::city_time::CityTime;
use crate::document::{ChangeHash, Document};
use crate::id::{ActorId, CommandId};
use crate::stamp::Stamp;
use crate::value::Value;

/// What one change put under a key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    pub(crate) change: ChangeHash,
    pub(crate) command: CommandId,
    pub(crate) actor: ActorId,
    pub(crate) city_time: CityTime,
    pub(crate) key: String,
    /// What stood there for its author, and was replaced.
    pub(crate) from: Vec<Value>,
    pub(crate) to: Value,
}

impl Document {
    /// What each change put under its keys, in an order in which they came about. Every change is looked
    /// at once.
    pub(crate) fn past(&self) -> Vec<Past> {
        let mut put = BTreeMap::new();
        let mut past: Vec<Past> = Vec::new();
        for change in self.inner.get_changes(&[]) {
            let stamp = change.message().and_then(Stamp::read_message);
            let actor = ActorId::from_slice(change.actor_id().to_bytes()).ok();
            let (Some((command, city_time)), Some(actor)) = (stamp, actor) else { continue };
            // A settle deletes what stands there before it puts something.
            let mut deleted: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            let decoded = change.decode();
            for (place, op) in (decoded.start_op.get()..).zip(&decoded.operations) {
                let Key::Map(key) = &op.key else { continue };
                let preds = op.pred.iter().map(|id| (id.counter(), id.actor().clone()));
                let replaced = preds.filter_map(|id| put.get(&id).cloned());
                let mut from = deleted.remove(key.as_str()).unwrap_or_default();
                from.extend(replaced);
                match &op.action {
                    OpType::Delete => {
                        deleted.insert(key.to_string(), from);
                    }
                    OpType::Put(scalar) => {
                        let Some(to) = Value::from_scalar(scalar) else { continue };
                        put.insert((place, change.actor_id().clone()), to.clone());
                        let (change, key) = (change.hash(), key.to_string());
                        past.push(Past { change, command, actor, city_time, key, from, to });
                    }
                    OpType::Make(_)
                    | OpType::Increment(_)
                    | OpType::MarkBegin(_)
                    | OpType::MarkEnd(_) => {}
                }
            }
        }
        past
    }
}
