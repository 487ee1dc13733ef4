//! Why a resident is withdrawn or stands again: in the household, or, of somebody who is concealed, in its
//! private part, as everything else that is said of them.

use crate::command::CommandError;
use crate::household::concealing::Place;
use crate::household::placing::{Placing, prefix};
use crate::id::ItemId;
use crate::value::Value;

impl Placing<'_> {
    /// Writes a reason where it belongs.
    pub(crate) fn say_why(
        &mut self,
        resident: ItemId,
        key: String,
        reason: &str,
    ) -> Result<(), CommandError> {
        let place = self.place_of(resident);
        self.parts(place).0.put(key, Value::from(reason))
    }

    /// Says in the private part what the command's author had seen there.
    pub(crate) fn mark_private(&mut self, key: String, time: Value) -> Result<(), CommandError> {
        self.private.put(key, time)
    }

    /// Takes the reasons that still stand in the open of somebody who is concealed to the private part:
    /// while they are withdrawn nobody edits them, which would move it.
    pub(crate) fn hide_reasons(&mut self, resident: ItemId) -> Result<(), CommandError> {
        if self.place_of(resident) != Place::Private {
            return Ok(());
        }
        let prefix = prefix(resident);
        let open = self.household.contents();
        let reasons = open.keys().filter(|key| {
            key.strip_prefix(&prefix).is_some_and(|name| name.starts_with("w/"))
                && key.ends_with("/reason")
        });
        for key in reasons {
            if let [reason] = self.standing(resident, key).as_slice() {
                self.bring(key, reason.clone(), Place::Private)?;
            }
        }
        Ok(())
    }
}
