//! Where a resident's fields are written: in the household, or in its private part.
//!
//! The two tables of fields say it: a field that stands in one of them is written there; one that
//! stands in both is private for a child under fourteen and open for everybody else.

use crate::check::birth_date_of;
use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::date::Date;
use crate::draft::Draft;
use crate::fact::{Fact, Told, all_said, complete, current, over};
use crate::fields::Fields;
use crate::household::NewResident;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::value::Value;
use crate::words;

/// What a command is about to write into a household and its private part.
pub(crate) struct Placing<'a> {
    pub(crate) household: Draft<'a>,
    pub(super) private: Draft<'a>,
    today: Date,
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
        self.put_fields(new.resident, &new.fields)?;
        self.household.require(&prefix, "name")?;
        let fact = NewFact { fact: new.fact, status: words::LIVING, reason: None, at: None };
        self.put_fact(new.resident, self.is_hidden(new.resident, &new.fields), &fact)
    }

    /// Edits a resident who is there.
    pub(crate) fn edit(&mut self, resident: ItemId, fields: &Fields) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        self.put_fields(resident, fields)?;
        if self.is_child(resident, fields) { self.conceal(resident) } else { Ok(()) }
    }

    /// Says what became of a resident who is there, in the place of all that is current. Where that
    /// is several facts, one that says what is shown settles them.
    pub(crate) fn say(&mut self, resident: ItemId, fact: &NewFact<'_>) -> Result<(), CommandError> {
        require_resident(&self.household, resident)?;
        let says_more = fact.reason.is_some() || fact.at.is_some();
        let current = self.current(resident);
        let shown = Told::of(&current, words::STATUSES).status;
        if !says_more && current.len() < 2 && shown.as_deref() == Some(fact.status) {
            return Err(CommandError::NothingChanged);
        }
        self.put_fact(resident, self.is_hidden(resident, &Fields::new()), fact)
    }

    /// The edits, the private part founded if it is written for the first time.
    pub(crate) fn finish(mut self) -> Result<Vec<Edit>, CommandError> {
        let household = self.household.document();
        if !self.private.is_empty() {
            self.private.found("of", Value::Bytes(household.as_bytes().to_vec()))?;
        }
        Ok(vec![self.household.finish(), self.private.finish()])
    }

    fn put_fields(&mut self, resident: ItemId, fields: &Fields) -> Result<(), CommandError> {
        let prefix = prefix(resident);
        let hidden = self.is_hidden(resident, fields);
        for (name, value) in fields.iter() {
            let open = self.household.takes(&prefix, name);
            let private = self.private.takes(&prefix, name);
            let (place, other) = match (open, private) {
                (true, false) => (&mut self.household, None),
                (false, true) => (&mut self.private, None),
                (true, true) if hidden => (&mut self.private, Some(&mut self.household)),
                (true, true) => (&mut self.household, Some(&mut self.private)),
                (false, false) => {
                    return Err(CommandError::UnknownField { field: name.to_owned() });
                }
            };
            let Some(other) = other else {
                place.put_filled_in(&prefix, name, value)?;
                continue;
            };
            // Somebody who was a child when it was written: the field moves with its next change.
            let key = format!("{prefix}{name}");
            match other.shown(&key) {
                Some(shown) if shown == *value => {}
                Some(_) => {
                    place.put_filled_in(&prefix, name, value)?;
                    other.put(key, Value::Null)?;
                }
                None => place.put_filled_in(&prefix, name, value)?,
            }
        }
        Ok(())
    }

    fn put_fact(
        &mut self,
        resident: ItemId,
        hidden: bool,
        fact: &NewFact<'_>,
    ) -> Result<(), CommandError> {
        let key = |field: &str| format!("r/{resident}/s/{}/{field}", fact.fact);
        if self.household.has(&key("over")) {
            return Err(CommandError::AlreadyExists { what: "the fact" });
        }
        let replaced = self.household.current_facts(&format!("r/{resident}"));
        self.household.put(key("over"), over(&replaced))?;
        self.household.put(key("time"), time_value(self.time))?;
        let place = if hidden { &mut self.private } else { &mut self.household };
        place.put(key("status"), Value::from(fact.status))?;
        for (field, text) in [("reason", fact.reason), ("at", fact.at)] {
            if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
                place.put(key(field), Value::from(text))?;
            }
        }
        Ok(())
    }

    /// Whether what is written of a resident belongs in the private part: of a child, and of whom it
    /// was said.
    fn is_hidden(&self, resident: ItemId, fields: &Fields) -> bool {
        let concealed = self.household.values(&format!("{}concealed", prefix(resident)));
        concealed.contains(&Value::Bool(true)) || self.is_child(resident, fields)
    }

    /// Whether a resident is a child today: by the date given now, else by any that is written down.
    fn is_child(&self, resident: ItemId, fields: &Fields) -> bool {
        let prefix = prefix(resident);
        let known = |name: &str| match fields.value(name) {
            Some(given) => vec![given.clone()],
            None => self.private.values(&format!("{prefix}{name}")),
        };
        let dates = |name: &str, read: &dyn Fn(&str) -> Option<Date>| -> Vec<Date> {
            known(name).iter().filter_map(|value| read(value.as_text()?.trim())).collect()
        };
        let mut born = dates("birth_date", &Date::parse);
        if born.is_empty() {
            born = dates("id_number", &birth_date_of);
        }
        born.iter().any(|day| day.is_of_a_child_on(self.today))
    }

    /// The current facts about a resident, with what both documents say.
    fn current(&self, resident: ItemId) -> Vec<Fact> {
        let [open, private] = [&self.household, &self.private].map(|draft| draft.contents());
        let (open_items, private_items) = (open.items("r"), private.items("r"));
        let Some(item) = open_items.get(&resident) else { return Vec::new() };
        let mut facts = current(item, |fact| open.author(&format!("r/{resident}/s/{fact}/over")));
        complete(&mut facts, private_items.get(&resident).map(all_said).unwrap_or_default());
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

/// Complains unless the household is there and the resident in it.
pub(crate) fn require_resident(
    household: &Draft<'_>,
    resident: ItemId,
) -> Result<(), CommandError> {
    require_household(household)?;
    if household.has(&format!("{}name", prefix(resident))) {
        Ok(())
    } else {
        Err(CommandError::NotFound { what: "the resident" })
    }
}

/// Complains unless the household is there.
pub(crate) fn require_household(household: &Draft<'_>) -> Result<(), CommandError> {
    if household.has("home") {
        Ok(())
    } else {
        Err(CommandError::NotFound { what: "the household" })
    }
}

/// A time as it stands in a document.
pub(crate) fn time_value(time: CityTime) -> Value {
    // A city's time is below 2⁴⁷.
    Value::Int(i64::try_from(time.unix_ms()).unwrap_or(i64::MAX))
}
