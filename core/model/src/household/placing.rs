//! Where a resident's fields are written: in the household, or in its private part.
//!
//! The two tables of fields say it: a field that stands in one of them is written there; one that
//! stands in both is private of somebody who is concealed and open of everybody else.

use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::day::Day;
use crate::draft::{Draft, no_field, takes_away, tidy};
use crate::fact::{Fact, all_said, complete, current, joined, stands_already};
use crate::fields::Fields;
use crate::household::NewResident;
use crate::household::concealing::Place;
use crate::household::parts::filled_in;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::value::Value;
use crate::withdrawal::require_standing;
use crate::words;

/// What a command is about to write into a household and its private part.
pub(crate) struct Placing<'a> {
    pub(crate) household: Draft<'a>,
    pub(super) private: Draft<'a>,
    pub(super) today: Day,
    time: CityTime,
}

/// A fact about a resident to be written.
pub(crate) struct NewFact<'a> {
    pub(crate) fact: ItemId,
    pub(crate) status: &'a str,
    pub(crate) reason: Option<&'a str>,
    pub(crate) at: Option<&'a str>,
}

impl<'a> Placing<'a> {
    pub(crate) fn new(
        command: &'static str,
        given: &Given<'a>,
        household: &DocumentId,
        time: CityTime,
    ) -> Result<Self, CommandError> {
        let private = private_part(household);
        Ok(Self {
            household: Draft::new(command, given.document(household)?)?,
            private: Draft::new(command, given.document(&private)?)?,
            today: time.day(),
            time,
        })
    }

    /// Adds a resident, who lives there from now on as far as anybody knows.
    pub(crate) fn add(&mut self, new: &NewResident) -> Result<(), CommandError> {
        let prefix = prefix(new.resident);
        if self.household.has(&format!("{prefix}name")) {
            return Err(CommandError::AlreadyExists { what: "the resident" });
        }
        self.require_fitting(new.resident, &new.fields)?;
        let place = self.turn(new.resident, &new.fields)?;
        self.put_fields(new.resident, &new.fields, place)?;
        self.household.require(&prefix, "name")?;
        let fact = NewFact { fact: new.fact, status: words::LIVING, reason: None, at: None };
        self.put_fact(new.resident, place, &fact)
    }

    /// Edits a resident who is there.
    pub(crate) fn edit(&mut self, resident: ItemId, fields: &Fields) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        self.require_fitting(resident, fields)?;
        let place = self.turn(resident, fields)?;
        self.put_fields(resident, fields, place)?;
        self.gather(resident, place)
    }

    /// Says what became of a resident who is there, in the place of all that is current. Where that
    /// is several facts, one that says what is shown settles them.
    pub(crate) fn say(&mut self, resident: ItemId, fact: &NewFact<'_>) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        if stands_already(&self.current(resident), fact.status, fact.reason, fact.at) {
            return Err(CommandError::NothingChanged);
        }
        self.require_day_in_order(resident, fact)?;
        let place = self.place_of(resident);
        self.put_fact(resident, place, fact)
    }

    /// The edits, the private part founded if it is written for the first time.
    pub(crate) fn finish(mut self) -> Result<Vec<Edit>, CommandError> {
        let household = self.household.document();
        if !self.private.is_empty() {
            self.private.found("of", Value::Bytes(household.as_bytes().to_vec()))?;
        }
        Ok(vec![self.household.finish(), self.private.finish()])
    }

    fn put_fields(
        &mut self,
        resident: ItemId,
        fields: &Fields,
        place: Place,
    ) -> Result<(), CommandError> {
        let prefix = prefix(resident);
        for (name, value) in fields.iter() {
            let open = self.household.takes(&prefix, name);
            let private = self.private.takes(&prefix, name);
            match (open, private) {
                (true, true) => self.put_in_place(resident, name, value, place)?,
                (true, false) => self.household.put_filled_in(&prefix, name, value)?,
                (false, true) => self.private.put_filled_in(&prefix, name, value)?,
                (false, false) => {
                    return Err(no_field(name));
                }
            }
        }
        Ok(())
    }

    /// Puts a field that a person filled in, and that may stand in both parts.
    fn put_in_place(
        &mut self,
        resident: ItemId,
        name: &str,
        value: &Value,
        place: Place,
    ) -> Result<(), CommandError> {
        let key = format!("{}{name}", prefix(resident));
        let value = filled_in(&tidy(value));
        match self.standing(resident, &key).as_slice() {
            // Taking away what nobody has said is no word against somebody who says it meanwhile.
            [] if takes_away(&value) => Ok(()),
            [said] if *said == value => Ok(()),
            [] | [_] => self.place(&key, value, place),
            [..] => Err(CommandError::Conflicted { document: self.household.document(), key }),
        }
    }

    fn put_fact(
        &mut self,
        resident: ItemId,
        place: Place,
        fact: &NewFact<'_>,
    ) -> Result<(), CommandError> {
        let key = |field: &str| format!("r/{resident}/s/{}/{field}", fact.fact);
        if self.household.has(&key("over")) {
            return Err(CommandError::AlreadyExists { what: "the fact" });
        }
        let replaced = self.household.current_facts(&format!("r/{resident}/s"));
        self.household.put(key("over"), joined(&replaced))?;
        self.household.put(key("time"), time_value(self.time))?;
        let (part, _) = self.parts(place);
        part.put(key("status"), Value::from(fact.status))?;
        for (field, text) in [("reason", fact.reason), ("at", fact.at)] {
            if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
                part.put(key(field), Value::from(text))?;
            }
        }
        Ok(())
    }

    /// The current facts about a resident, with what both documents say.
    pub(super) fn current(&self, resident: ItemId) -> Vec<Fact> {
        let [open, private] = [&self.household, &self.private].map(|draft| draft.contents());
        let mut facts = current(&open, &format!("r/{resident}/s"));
        complete(&mut facts, private.items("r").get(&resident).map(all_said).unwrap_or_default());
        facts
    }
}

/// The id of a household's private part.
pub(crate) fn private_part(household: &DocumentId) -> DocumentId {
    DocumentId::derive(household, DocumentKind::HouseholdPrivate, 0)
}

/// The beginning of the keys of a resident.
pub(crate) fn prefix(resident: ItemId) -> String {
    format!("r/{resident}/")
}

/// Complains unless the household is there and the resident in it, and neither was withdrawn.
pub(crate) fn require_resident(
    household: &Draft<'_>,
    resident: ItemId,
) -> Result<(), CommandError> {
    require_household(household)?;
    if household.has(&format!("{}name", prefix(resident))) {
        require_standing(household.before(), Some(&format!("r/{resident}")))
    } else {
        Err(CommandError::NotFound { what: "the resident" })
    }
}

/// Complains unless the household is there and stands.
pub(crate) fn require_household(household: &Draft<'_>) -> Result<(), CommandError> {
    if household.has("home") {
        require_standing(household.before(), None)
    } else {
        Err(CommandError::NotFound { what: "the household" })
    }
}

/// A time as it stands in a document.
pub(crate) fn time_value(time: CityTime) -> Value {
    // A city's time is below 2⁴⁷.
    Value::Int(i64::try_from(time.unix_ms()).unwrap_or(i64::MAX))
}
