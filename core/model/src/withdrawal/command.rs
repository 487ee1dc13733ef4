//! What people do about a mistake, and what that writes.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::draft::Draft;
use crate::fact::{ids_of, joined};
use crate::household::{private_part, time_value};
use crate::household_visits::visits_of;
use crate::id::{DocumentId, ItemId};
use crate::rows::Contents;
use crate::value::Value;
use crate::withdrawal::record::{Record, is_withdrawn, require_standing};
use crate::withdrawal::rows::{unseen_in_household, unseen_in_private_part};
use crate::words;

/// Withdraws a record.
pub(crate) const WITHDRAW: &str = "record.withdraw";
/// Says that it stands again.
pub(crate) const RESTORE: &str = "record.restore";

/// What a person wants done about something that was entered by mistake.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum WithdrawalCommand {
    /// Withdraws a record: `record.withdraw`. Of one that is withdrawn already, and that others worked on
    /// meanwhile, it says that it stays withdrawn all the same.
    #[n(0)]
    Withdraw {
        /// The household it is, or is in.
        #[n(0)]
        household: DocumentId,
        /// What.
        #[n(1)]
        record: Record,
        /// The id of the new fact.
        #[n(2)]
        fact: ItemId,
        /// Why, in a few words.
        #[n(3)]
        reason: String,
        /// Of a household: the visits and notes that the person has seen,
        /// [`visits_and_notes`](crate::query::visits_and_notes).
        #[n(4)]
        seen: Vec<ItemId>,
        /// When the command is given.
        #[n(5)]
        time: CityTime,
    },
    /// Says that a withdrawn record stands after all: `record.restore`.
    #[n(1)]
    Restore {
        /// The household it is, or is in.
        #[n(0)]
        household: DocumentId,
        /// What.
        #[n(1)]
        record: Record,
        /// The id of the new fact.
        #[n(2)]
        fact: ItemId,
        /// Why, in a few words.
        #[n(3)]
        reason: Option<String>,
        /// When the command is given.
        #[n(4)]
        time: CityTime,
    },
}

impl WithdrawalCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Withdraw { .. } => WITHDRAW,
            Self::Restore { .. } => RESTORE,
        }
    }

    pub(crate) fn time(&self) -> CityTime {
        match self {
            Self::Withdraw { time, .. } | Self::Restore { time, .. } => *time,
        }
    }

    fn about(&self) -> (&DocumentId, Record, ItemId) {
        match self {
            Self::Withdraw { household, record, fact, .. }
            | Self::Restore { household, record, fact, .. } => (household, *record, *fact),
        }
    }

    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        let (household, record, _) = self.about();
        let visits = record.sign_of_it().1.map(|year| visits_of(household, year));
        let private = self.marks_private_part().then(|| private_part(household));
        std::iter::once(*household).chain(visits).chain(private).collect()
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        let (household, record, fact) = self.about();
        let mut draft = Draft::new(self.name(), given.document(household)?)?;
        self.require_record(given)?;
        let root = record.root();
        let replaced = draft.current_facts(&root);
        let key = |field: &str| format!("{root}/{fact}/{field}");
        if draft.has(&key("over")) {
            return Err(CommandError::AlreadyExists { what: "the fact" });
        }
        draft.put(key("over"), joined(&replaced))?;
        draft.put(key("time"), time_value(self.time()))?;
        let (status, reason) = match self {
            Self::Withdraw { reason, .. } => (words::WITHDRAWN, Some(reason)),
            Self::Restore { reason, .. } => (words::STANDS, reason.as_ref()),
        };
        let is_withdrawn = is_withdrawn(draft.before(), &root);
        if status == words::STANDS && replaced.len() < 2 && !is_withdrawn {
            return Err(CommandError::NothingChanged);
        }
        if status == words::WITHDRAWN && is_withdrawn && !self.settles(given, &replaced)? {
            return Err(CommandError::AlreadyWithdrawn);
        }
        draft.put(key("status"), Value::from(status))?;
        if let Some(reason) = reason.map(|reason| reason.trim()) {
            draft.put(key("reason"), Value::from(reason))?;
        }
        if let Self::Withdraw { seen, record: Record::Household, .. } = self
            && !seen.is_empty()
        {
            draft.put(key("seen"), joined(&seen.iter().copied().collect()))?;
        }
        let mut edits = vec![draft.finish()];
        if self.marks_private_part() {
            let mut private = Draft::new(self.name(), given.document(&private_part(household))?)?;
            private.found("of", Value::Bytes(household.as_bytes().to_vec()))?;
            private.put(key("time"), time_value(self.time()))?;
            edits.push(private.finish());
        }
        Ok(edits)
    }

    /// Whether others worked on the record, as far as its author knows, whom those who withdrew it by `facts`
    /// had not heard.
    fn settles(&self, given: &Given<'_>, facts: &BTreeSet<ItemId>) -> Result<bool, CommandError> {
        let (household, record, _) = self.about();
        let root = record.root();
        let contents = Contents::of(given.document(household)?);
        let mut unseen = unseen_in_household(&contents, &root, facts.iter().copied());
        if self.marks_private_part() {
            let private = Contents::of(given.document(&private_part(household))?);
            unseen.extend(unseen_in_private_part(&private, &root));
        }
        let named = |fact: &ItemId| contents.value(&format!("{root}/{fact}/seen"))?.as_bytes();
        let named: BTreeSet<ItemId> = facts.iter().filter_map(named).flat_map(ids_of).collect();
        let visits = match self {
            Self::Withdraw { seen, record: Record::Household, .. } => seen.as_slice(),
            Self::Withdraw { .. } | Self::Restore { .. } => &[],
        };
        Ok(!unseen.is_empty() || visits.iter().any(|visit| !named.contains(visit)))
    }

    /// Whether it says in the private part, too, what its author had seen there.
    fn marks_private_part(&self) -> bool {
        matches!(self, Self::Withdraw { record: Record::Household | Record::Resident(_), .. })
    }

    /// Complains unless the record is there, and in a household that is not withdrawn as a whole.
    fn require_record(&self, given: &Given<'_>) -> Result<(), CommandError> {
        let (household, record, _) = self.about();
        let (sign, year) = record.sign_of_it();
        let stands_in = year.map_or(*household, |year| visits_of(household, year));
        if given.document(&stands_in)?.value(&sign).is_none() {
            return Err(CommandError::NotFound { what: record.name() });
        }
        match record {
            Record::Household => Ok(()),
            _ => require_standing(given.document(household)?, None),
        }
    }
}
