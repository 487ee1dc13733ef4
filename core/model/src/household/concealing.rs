//! Who is concealed, and what moves on account of it. Of a child under fourteen nothing but name and
//! relation stands in the open: a command that makes somebody known as a child says so in the household
//! (`concealed`), from which on every reader hides the rest, and moves what stands there to the private
//! part, in the same commit. When it turns out that somebody is none, all of it comes back.
//!
//! Where people said different things, nothing moves: it stays where it is, hidden, until somebody
//! settles it.

use crate::check::birth_date_of;
use crate::command::CommandError;
use crate::day::Day;
use crate::draft::Draft;
use crate::fields::Fields;
use crate::household::parts::is_concealed;
use crate::household::placing::{Placing, prefix, require_resident};
use crate::household::{CONCEALED, moves};
use crate::id::ItemId;
use crate::value::Value;

/// The fields that tell whether somebody is a child.
pub(super) const DATED_BY: [&str; 2] = ["birth_date", "id_number"];
/// The parts of a fact that say something about a person.
const SAYS: [&str; 3] = ["status", "reason", "at"];

/// Where what is known of a resident belongs, besides name and relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Household,
    Private,
}

impl<'a> Placing<'a> {
    /// Leaves nothing of a resident in the open but name and relation.
    pub(super) fn conceal(&mut self, resident: ItemId) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        if self.household.values(&flag(resident)) != [Value::Bool(true)] {
            self.say_concealed(resident, true)?;
        }
        self.gather(resident, Place::Private)
    }

    /// Brings what is known of a resident back into the open.
    ///
    /// # Errors
    /// When the resident is known as a child.
    pub(super) fn reveal(&mut self, resident: ItemId) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        if self.known_as_child(resident, &Fields::new()) == Some(true) {
            return Err(CommandError::IsChild);
        }
        if is_concealed(self.household.before(), resident) {
            self.say_concealed(resident, false)?;
        }
        self.gather(resident, Place::Household)
    }

    /// Says whether a resident is concealed, on account of what else the command writes of them, and
    /// where that belongs.
    ///
    /// Whoever enters the date of a child says so even of somebody who is concealed: somebody else may
    /// correct the date meanwhile and bring everything back.
    pub(super) fn turn(
        &mut self,
        resident: ItemId,
        fields: &Fields,
    ) -> Result<Place, CommandError> {
        let concealed = is_concealed(self.household.before(), resident);
        let dates = DATED_BY.into_iter().any(|name| {
            let stands = self.private.values(&format!("{}{name}", prefix(resident)));
            fields.value(name).is_some_and(|given| stands != [given.clone()])
        });
        let was_child = || self.known_as_child(resident, &Fields::new()) == Some(true);
        match self.known_as_child(resident, fields) {
            Some(true) if dates || !concealed => {
                self.say_concealed(resident, true)?;
                Ok(Place::Private)
            }
            Some(false) if dates && concealed && was_child() => {
                self.say_concealed(resident, false)?;
                Ok(Place::Household)
            }
            _ => Ok(self.place_of(resident)),
        }
    }

    /// Where what is known of a resident belongs.
    pub(super) fn place_of(&self, resident: ItemId) -> Place {
        if is_concealed(self.household.before(), resident) {
            Place::Private
        } else {
            Place::Household
        }
    }

    fn say_concealed(&mut self, resident: ItemId, concealed: bool) -> Result<(), CommandError> {
        self.household.say_again(flag(resident), Value::Bool(concealed))
    }

    /// What is known of a field that tells who is a child: what the command gives, or else what stands.
    fn known(&self, resident: ItemId, fields: &Fields, name: &str) -> Vec<Value> {
        match fields.value(name) {
            Some(given) => vec![given.clone()],
            None => self.private.values(&format!("{}{name}", prefix(resident))),
        }
    }

    /// Whether a resident is a child today, by any date that is given now or else written down; none if
    /// there is no date.
    fn known_as_child(&self, resident: ItemId, fields: &Fields) -> Option<bool> {
        let read: [fn(&str) -> Option<Day>; 2] = [Day::parse, birth_date_of];
        let born = DATED_BY.into_iter().zip(read).flat_map(|(name, read)| {
            self.known(resident, fields, name)
                .into_iter()
                .filter_map(move |value| read(value.as_text()?.trim()))
        });
        born.map(|day| day.is_of_a_child_on(self.today)).reduce(|one, other| one || other)
    }

    /// The unequal values that people say of a field, as it stood before this command; first those that
    /// stand where it belongs.
    pub(super) fn standing(&self, resident: ItemId, key: &str) -> Vec<Value> {
        let (open, private) = (self.household.values(key), self.private.values(key));
        let (here, there) = match self.place_of(resident) {
            Place::Household => (open, private),
            Place::Private => (private, open),
        };
        let mut unequal: Vec<Value> = Vec::new();
        for value in here.into_iter().chain(there).filter(|value| *value != Value::Null) {
            if !unequal.contains(&value) {
                unequal.push(value);
            }
        }
        unequal
    }

    /// Makes a value of a field stand alone, in the part where it belongs.
    pub(super) fn place(
        &mut self,
        key: &str,
        value: Value,
        place: Place,
    ) -> Result<(), CommandError> {
        let (here, there) = self.parts(place);
        here.set(key.to_owned(), value)?;
        there.set(key.to_owned(), Value::Null)
    }

    /// Moves to its place what is in the wrong one and of which people say one thing.
    pub(super) fn gather(&mut self, resident: ItemId, place: Place) -> Result<(), CommandError> {
        let elsewhere = self.parts(place).1.contents();
        let items = elsewhere.items("r");
        let Some(item) = items.get(&resident) else { return Ok(()) };
        let prefix = prefix(resident);
        for name in item.keys() {
            let key = format!("{prefix}{name}");
            let is_written = self.household.writes(&key) || self.private.writes(&key);
            if is_written || name.starts_with("s/") || !moves(&key) {
                continue;
            }
            if let [value] = self.standing(resident, &key).as_slice() {
                self.bring(&key, value.clone(), place)?;
            }
        }
        let facts = item.keys().filter_map(|name| name.strip_prefix("s/")?.strip_suffix("/status"));
        facts.into_iter().try_for_each(|fact| self.move_fact(&format!("{prefix}s/{fact}"), place))
    }

    /// Makes what is said in the other part stand alone where it belongs. It is said again where it
    /// stands there already: somebody else may move it the other way meanwhile, and with each taking
    /// away the other's it would be gone from both.
    pub(super) fn bring(
        &mut self,
        key: &str,
        value: Value,
        place: Place,
    ) -> Result<(), CommandError> {
        let (here, there) = self.parts(place);
        if there.values(key).iter().all(|value| *value == Value::Null) {
            return Ok(());
        }
        here.say_again(key.to_owned(), value)?;
        there.set(key.to_owned(), Value::Null)
    }

    /// Moves what a fact says, as a whole, under the same id. Its skeleton stays.
    fn move_fact(&mut self, fact: &str, place: Place) -> Result<(), CommandError> {
        let (here, there) = self.parts(place);
        let said = |part: &Draft<'_>, field: &str| -> Vec<Value> {
            let values = part.values(&format!("{fact}/{field}"));
            values.into_iter().filter(|value| *value != Value::Null).collect()
        };
        let is_here = !said(here, "status").is_empty();
        let fits =
            |field: &&str| match (said(here, field).as_slice(), said(there, field).as_slice()) {
                (_, []) => true,
                ([], [_]) => !is_here,
                ([one], [other]) => one == other,
                _ => false,
            };
        if said(there, "status").is_empty() || !SAYS.iter().all(fits) {
            return Ok(());
        }
        let say = |field: &str| said(here, field).pop().or_else(|| said(there, field).pop());
        let says = SAYS.map(|field| (format!("{fact}/{field}"), say(field)));
        for (key, value) in says {
            if let Some(value) = value {
                self.bring(&key, value, place)?;
            }
        }
        Ok(())
    }

    /// The part where something belongs, and the other.
    pub(super) fn parts(&mut self, place: Place) -> (&mut Draft<'a>, &mut Draft<'a>) {
        match place {
            Place::Household => (&mut self.household, &mut self.private),
            Place::Private => (&mut self.private, &mut self.household),
        }
    }
}

fn flag(resident: ItemId) -> String {
    format!("{}{CONCEALED}", prefix(resident))
}
