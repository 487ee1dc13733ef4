//! What happens to what stands in the open of somebody who becomes known as a child: it moves to the
//! private part, in the same commit.

use crate::command::CommandError;
use crate::household::placing::{Placing, prefix};
use crate::id::ItemId;
use crate::value::Value;

/// The parts of a fact that say something about a person.
const SAYS: [&str; 3] = ["status", "reason", "at"];

impl Placing<'_> {
    /// Moves all that stands in the open of a child, but name and relation, to the private part.
    ///
    /// # Errors
    /// When concurrent values stand under one of the fields: what is to move has to be settled
    /// first.
    pub(super) fn conceal(&mut self, resident: ItemId) -> Result<(), CommandError> {
        self.move_fields(resident)?;
        self.move_facts(resident)
    }

    fn move_fields(&mut self, resident: ItemId) -> Result<(), CommandError> {
        let contents = self.household.contents();
        let items = contents.items("r");
        let prefix = prefix(resident);
        for name in items.get(&resident).into_iter().flat_map(|item| item.keys()) {
            let key = format!("{prefix}{name}");
            if !self.private.takes(&prefix, name) || self.household.puts(&key) {
                continue;
            }
            let Some(value) = self.household.settled(&key)? else { continue };
            if !self.private.puts(&key) {
                self.private.put(key.clone(), value)?;
            }
            self.household.put(key, Value::Null)?;
        }
        Ok(())
    }

    /// Moves what facts say to the private part, under the same ids. The skeletons stay.
    fn move_facts(&mut self, resident: ItemId) -> Result<(), CommandError> {
        let contents = self.household.contents();
        let items = contents.items("r");
        for name in items.get(&resident).into_iter().flat_map(|item| item.keys()) {
            let mut segments = name.split('/');
            let of_fact = segments.next() == Some("s");
            if !of_fact || !segments.nth(1).is_some_and(|field| SAYS.contains(&field)) {
                continue;
            }
            let key = format!("{}{name}", prefix(resident));
            let Some(value) = self.household.settled(&key)? else { continue };
            self.private.put(key.clone(), value)?;
            self.household.put(key, Value::Null)?;
        }
        Ok(())
    }
}
