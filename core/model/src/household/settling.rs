//! Settling a field of a resident. Of somebody who is concealed the values may stand in the household
//! and in its private part, and whoever settles a date of birth may find that somebody is a child.

use crate::check::InvalidValue;
use crate::command::CommandError;
use crate::fields::Fields;
use crate::household::CONCEALED;
use crate::household::concealing::{DATED_BY, Place};
use crate::household::parts::filled_in;
use crate::household::placing::{Placing, prefix, require_resident};
use crate::id::ItemId;
use crate::value::Value;

impl Placing<'_> {
    /// Settles a field on a value, wherever it stands.
    ///
    /// # Errors
    /// When people do not say different things of it, or it cannot hold the value.
    pub(crate) fn settle(
        &mut self,
        resident: ItemId,
        name: &str,
        value: &Value,
    ) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        let key = format!("{}{name}", prefix(resident));
        if name == CONCEALED {
            return self.settle_concealed(resident, &key, value);
        }
        let (open, private) = (self.household.may_settle(&key), self.private.may_settle(&key));
        let several = match (open, private) {
            (true, true) => self.standing(resident, &key).len() > 1,
            _ => [&self.household, &self.private].iter().any(|part| part.values(&key).len() > 1),
        };
        if !several {
            return Err(CommandError::NothingToSettle);
        }
        let dated = if DATED_BY.contains(&name) {
            Fields::new().with(name, value.clone())
        } else {
            Fields::new()
        };
        let place = self.turn(resident, &dated)?;
        match (open, private) {
            (true, true) => self.settle_between_parts(key, filled_in(value), place)?,
            (true, false) => self.household.set(key, value.clone())?,
            (false, _) => self.private.set(key, value.clone())?,
        }
        self.gather(resident, place)
    }

    /// Makes a value stand alone, in the part where it belongs. It is said again where it stands there
    /// already: else whoever settles it on another meanwhile would write over this one unseen.
    fn settle_between_parts(
        &mut self,
        key: String,
        value: Value,
        place: Place,
    ) -> Result<(), CommandError> {
        let (here, there) = self.parts(place);
        here.say_again(key.clone(), value)?;
        there.set(key, Value::Null)
    }

    /// Settles whether a resident is concealed, and moves what stands elsewhere.
    fn settle_concealed(
        &mut self,
        resident: ItemId,
        key: &str,
        value: &Value,
    ) -> Result<(), CommandError> {
        if self.household.values(key).len() < 2 {
            return Err(CommandError::NothingToSettle);
        }
        match value {
            Value::Bool(true) => self.conceal(resident),
            Value::Bool(false) => self.reveal(resident),
            _ => {
                Err(CommandError::Invalid { field: "r/*/concealed", rule: InvalidValue::WrongType })
            }
        }
    }
}
