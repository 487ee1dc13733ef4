//! What commands about a household write: each worked out on the household and its private part as they
//! stand.

use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::draft::{Draft, put_all};
use crate::fact::{current, joined, stands_already};
use crate::fields::Fields;
use crate::household::placing::{NewFact, Placing, require_household, time_value};
use crate::household::{HouseholdCommand, NewResident};
use crate::id::{DocumentId, ItemId};
use crate::value::Value;
use crate::withdrawal::require_standing;
use crate::words;

type Edits = Result<Vec<Edit>, CommandError>;

impl HouseholdCommand {
    pub(crate) fn plan(&self, given: &Given<'_>) -> Edits {
        let placing =
            |household, time: &CityTime| Placing::new(self.name(), given, household, *time);
        match self {
            Self::Add { household, region, fields, residents, time } => {
                add(placing(household, time)?, region, fields, residents)
            }
            Self::Edit { household, fields } => {
                let mut draft = self.draft(given, household)?;
                put_all(&mut draft, "", fields)?;
                Ok(vec![draft.finish()])
            }
            Self::AddResident { household, resident, time } => {
                let mut placing = placing(household, time)?;
                require_household(&placing.household)?;
                placing.add(resident)?;
                placing.finish()
            }
            Self::EditResident { household, resident, fields, time } => {
                let mut placing = placing(household, time)?;
                placing.edit(*resident, fields)?;
                placing.finish()
            }
            Self::SetStatus { household, resident, fact, status, reason, at, time } => {
                let mut placing = placing(household, time)?;
                let (reason, at) = (reason.as_deref(), at.as_deref());
                placing.say(*resident, &NewFact { fact: *fact, status, reason, at })?;
                placing.finish()
            }
            Self::Conceal { household, resident, time } => {
                let mut placing = placing(household, time)?;
                placing.conceal(*resident)?;
                placing.finish()
            }
            Self::Reveal { household, resident, time } => {
                let mut placing = placing(household, time)?;
                placing.reveal(*resident)?;
                placing.finish()
            }
            Self::AddNeed { household, need, text, time } => {
                add_need(self.draft(given, household)?, *need, text, *time)
            }
            Self::AdvanceNeed { household, need, fact, status, note, time } => {
                let note = note.as_deref().map(str::trim).filter(|note| !note.is_empty());
                let draft = self.draft(given, household)?;
                advance_need(draft, *need, &NeedFact { fact: *fact, status, note }, *time)
            }
        }
    }

    /// A draft of a household that is there and stands.
    fn draft<'a>(
        &self,
        given: &Given<'a>,
        household: &DocumentId,
    ) -> Result<Draft<'a>, CommandError> {
        let draft = Draft::new(self.name(), given.document(household)?)?;
        require_household(&draft)?;
        Ok(draft)
    }
}

fn add(
    mut placing: Placing<'_>,
    region: &DocumentId,
    fields: &Fields,
    residents: &[NewResident],
) -> Edits {
    let own = &mut placing.household;
    if own.has("home") {
        return Err(CommandError::AlreadyExists { what: "the household" });
    }
    own.put("home".to_owned(), Value::Bytes(region.as_bytes().to_vec()))?;
    put_all(own, "", fields)?;
    own.require("", "address")?;
    residents.iter().try_for_each(|resident| placing.add(resident))?;
    placing.finish()
}

fn add_need(mut draft: Draft<'_>, need: ItemId, text: &str, time: CityTime) -> Edits {
    if draft.has(&format!("n/{need}/text")) {
        return Err(CommandError::AlreadyExists { what: "the need" });
    }
    draft.put(format!("n/{need}/text"), Value::from(text.trim()))?;
    draft.put(format!("n/{need}/time"), time_value(time))?;
    Ok(vec![draft.finish()])
}

/// A fact about a need to be written.
struct NeedFact<'c> {
    fact: ItemId,
    status: &'c str,
    note: Option<&'c str>,
}

fn advance_need(mut draft: Draft<'_>, need: ItemId, said: &NeedFact<'_>, time: CityTime) -> Edits {
    let NeedFact { fact, status, note } = *said;
    if !draft.has(&format!("n/{need}/text")) {
        return Err(CommandError::NotFound { what: "the need" });
    }
    require_standing(draft.before(), Some(&format!("n/{need}")))?;
    let root = format!("n/{need}/s");
    let facts = current(&draft.contents(), &root);
    let is_untouched = facts.is_empty() && status == words::OPEN && note.is_none();
    if is_untouched || stands_already(&facts, status, note, None) {
        return Err(CommandError::NothingChanged);
    }
    let replaced = draft.current_facts(&root);
    let key = |field: &str| format!("n/{need}/s/{fact}/{field}");
    if draft.has(&key("over")) {
        return Err(CommandError::AlreadyExists { what: "the fact" });
    }
    draft.put(key("over"), joined(&replaced))?;
    draft.put(key("time"), time_value(time))?;
    draft.put(key("status"), Value::from(status))?;
    if let Some(note) = note {
        draft.put(key("note"), Value::from(note))?;
    }
    Ok(vec![draft.finish()])
}
