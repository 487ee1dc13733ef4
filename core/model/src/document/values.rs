//! What stands under the keys of a document, and who put it there.

use automerge::{ObjType, ROOT, ReadDoc};

use crate::city_time::CityTime;
use crate::document::{ChangeHash, Document};
use crate::id::ActorId;
use crate::said::{Entry, Said};
use crate::stamp::Stamp;
use crate::value::Value;

impl Document {
    /// The value a screen shows under a key: Automerge's winner among concurrent ones.
    pub fn value(&self, key: &str) -> Option<Value> {
        let (value, _) = self.inner.get(ROOT, key).ok().flatten()?;
        value.as_scalar().and_then(Value::from_scalar)
    }

    /// The unequal values that stand under a key at once, the winner first. More than one means
    /// that somebody has to settle it.
    pub fn values(&self, key: &str) -> Vec<Value> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        let mut unequal = Vec::new();
        for value in all.iter().rev().filter_map(|(value, _)| value.as_scalar()) {
            match Value::from_scalar(value) {
                Some(value) if !unequal.contains(&value) => unequal.push(value),
                Some(_) | None => {}
            }
        }
        unequal
    }

    /// What people said under a key at once, the value that is shown first. Equal values of several
    /// people are listed each.
    pub(crate) fn said(&self, key: &str) -> Vec<Said> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        all.iter().rev().filter_map(|(value, id)| self.said_by(value, id)).collect()
    }

    /// The same without what stood there for those who put the values that are shown under `marks`, one or
    /// the other of them.
    pub(crate) fn said_beside(&self, key: &str, marks: &[String]) -> Vec<Said> {
        let put = |mark: &String| {
            let (_, id) = self.inner.get(ROOT, mark.as_str()).ok().flatten()?;
            self.inner.hash_for_opid(&id)
        };
        let changes: Vec<ChangeHash> = marks.iter().filter_map(put).collect();
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        let seen = self.inner.get_all_at(ROOT, key, &changes).unwrap_or_default();
        let unseen = all.iter().rev().filter(|(_, id)| !seen.iter().any(|(_, seen)| seen == id));
        unseen.filter_map(|(value, id)| self.said_by(value, id)).collect()
    }

    fn said_by(&self, value: &automerge::Value<'_>, operation: &automerge::ObjId) -> Option<Said> {
        let value = Value::from_scalar(value.as_scalar()?)?;
        let (actor, city_time) = (actor_of(operation), self.city_time_of(operation));
        Some(Said { value, actor, city_time })
    }

    /// The city's time of the change that an operation is of.
    fn city_time_of(&self, operation: &automerge::ObjId) -> Option<CityTime> {
        self.city_time_of_change(&self.inner.hash_for_opid(operation)?)
    }

    fn city_time_of_change(&self, change: &ChangeHash) -> Option<CityTime> {
        let meta = self.inner.get_change_meta_by_hash(change)?;
        let (_, city_time) = Stamp::read_message(meta.message.as_deref()?)?;
        Some(city_time)
    }

    /// When it was last changed, as the city counts it.
    pub(crate) fn last_changed(&self) -> Option<CityTime> {
        let heads = self.inner.get_heads();
        let times = heads.iter().filter_map(|head| self.city_time_of_change(head));
        times.max_by_key(|time| time.unix_ms())
    }

    /// Who put the values that stand under a key at once, one for each, equal ones included.
    pub fn value_actors(&self, key: &str) -> Vec<ActorId> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        all.iter().filter_map(|(_, id)| actor_of(id)).collect()
    }

    /// Who put the value that is shown under a key.
    pub(crate) fn value_author(&self, key: &str) -> Option<ActorId> {
        let (_, id) = self.inner.get(ROOT, key).ok().flatten()?;
        actor_of(&id)
    }

    /// Who put the values under a key that a change made at `deps` leaves standing beside its own:
    /// those its author had not seen.
    pub fn value_actors_beside(&self, key: &str, deps: &[ChangeHash]) -> Vec<ActorId> {
        let all = self.inner.get_all(ROOT, key).unwrap_or_default();
        let seen = self.inner.get_all_at(ROOT, key, deps).unwrap_or_default();
        let unseen = all.iter().filter(|(_, id)| !seen.iter().any(|(_, seen)| seen == id));
        unseen.filter_map(|(_, id)| actor_of(id)).collect()
    }

    /// The Text under a key, if there is one.
    pub fn text(&self, key: &str) -> Option<String> {
        let (value, object) = self.inner.get(ROOT, key).ok().flatten()?;
        match value {
            automerge::Value::Object(ObjType::Text) => self.inner.text(object).ok(),
            automerge::Value::Object(_) | automerge::Value::Scalar(_) => None,
        }
    }

    /// The root keys in order.
    pub fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.inner.keys(ROOT)
    }

    /// Every root key with the scalar that is shown under it, in the order of keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.inner.map_range(ROOT, ..).filter_map(|entry| {
            let actor = actor_of(&entry.id());
            let shown = entry.value.into_value();
            let value = Value::from_scalar(shown.as_scalar()?)?;
            Some(Entry { key: entry.key.into_owned(), value, actor, several: entry.conflict })
        })
    }

    /// The scalars shown under the root keys that begin with `start` and a slash, in order.
    pub(crate) fn shown_below(&self, start: &str) -> impl Iterator<Item = (String, Value)> + '_ {
        // The character after a slash is a zero.
        let range = format!("{start}/")..format!("{start}0");
        self.inner.map_range(ROOT, range).filter_map(|entry| {
            let value = entry.value.into_value();
            Some((entry.key.into_owned(), Value::from_scalar(value.as_scalar()?)?))
        })
    }
}

/// Who made an operation.
fn actor_of(operation: &automerge::ObjId) -> Option<ActorId> {
    match operation {
        automerge::ObjId::Id(_, actor, _) => ActorId::from_slice(actor.to_bytes()).ok(),
        automerge::ObjId::Root => None,
    }
}
