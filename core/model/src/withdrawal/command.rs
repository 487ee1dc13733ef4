//! What people do about a mistake, and what that writes.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::city_time::CityTime;
use crate::command::{CommandError, Edit, Given};
use crate::draft::Draft;
use crate::fact::{ids_of, joined};
use crate::household::{Placing, private_part, time_value};
use crate::household_visits::visits_of;
use crate::id::{DocumentId, ItemId};
use crate::rows::Contents;
use crate::value::Value;
use crate::withdrawal::record::{Record, is_withdrawn, require_standing};
use crate::withdrawal::unseen::{unseen_in_household, unseen_in_private_part};
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
        let is_resident = matches!(record, Record::Resident(_));
        let private = is_resident || self.marks_private_part();
        let private = private.then(|| private_part(household));
        std::iter::once(*household).chain(visits).chain(private).collect()
    }

    pub(crate) fn plan(&self, given: &Given<'_>) -> Result<Vec<Edit>, CommandError> {
        let (household, record, _) = self.about();
        self.require_record(given)?;
        if let Record::Resident(resident) = record {
            return self.plan_of_resident(given, resident);
        }
        let mut own = Draft::new(self.name(), given.document(household)?)?;
        self.say(&mut own, given)?;
        // Who may not read a visit or a note may not read why it is withdrawn either.
        if let Some(year) = record.sign_of_it().1 {
            let visits = given.document(&visits_of(household, year))?;
            let mut visits = Draft::new(self.name(), visits)?;
            self.say_why(&mut visits)?;
            return Ok(vec![own.finish(), visits.finish()]);
        }
        self.say_why(&mut own)?;
        let mut edits = vec![own.finish()];
        if self.marks_private_part() {
            let mut private = Draft::new(self.name(), given.document(&private_part(household))?)?;
            private.found("of", Value::Bytes(household.as_bytes().to_vec()))?;
            private.put(self.key("time"), time_value(self.time()))?;
            edits.push(private.finish());
        }
        Ok(edits)
    }

    fn plan_of_resident(
        &self,
        given: &Given<'_>,
        resident: ItemId,
    ) -> Result<Vec<Edit>, CommandError> {
        let (household, ..) = self.about();
        let mut placing = Placing::new(self.name(), given, household, self.time())?;
        self.say(&mut placing.household, given)?;
        if let Some(reason) = self.reason() {
            placing.say_why(resident, self.key("reason"), reason)?;
        }
        if self.marks_private_part() {
            placing.mark_private(self.key("time"), time_value(self.time()))?;
        }
        placing.hide_reasons(resident)?;
        placing.finish()
    }

    /// Writes the fact, but for its reason.
    fn say(&self, own: &mut Draft<'_>, given: &Given<'_>) -> Result<(), CommandError> {
        let root = self.about().1.root();
        let replaced = own.current_facts(&root);
        if own.has(&self.key("over")) {
            return Err(CommandError::AlreadyExists { what: "the fact" });
        }
        own.put(self.key("over"), joined(&replaced))?;
        own.put(self.key("time"), time_value(self.time()))?;
        let is_withdrawn = is_withdrawn(own.before(), &root);
        let status = match self {
            Self::Restore { .. } if replaced.len() < 2 && !is_withdrawn => {
                return Err(CommandError::NothingChanged);
            }
            Self::Restore { .. } => words::STANDS,
            Self::Withdraw { .. } if is_withdrawn && !self.settles(given, &replaced)? => {
                return Err(CommandError::AlreadyWithdrawn);
            }
            Self::Withdraw { .. } => words::WITHDRAWN,
        };
        own.put(self.key("status"), Value::from(status))?;
        match self {
            Self::Withdraw { seen, record: Record::Household, .. } if !seen.is_empty() => {
                own.put(self.key("seen"), joined(&seen.iter().copied().collect()))
            }
            Self::Withdraw { .. } | Self::Restore { .. } => Ok(()),
        }
    }

    /// Writes the fact's reason, if there is one, into the document that it stands in.
    fn say_why(&self, part: &mut Draft<'_>) -> Result<(), CommandError> {
        match self.reason() {
            Some(reason) => part.put(self.key("reason"), Value::from(reason)),
            None => Ok(()),
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Withdraw { reason, .. } => Some(reason.trim()),
            Self::Restore { reason, .. } => reason.as_deref().map(str::trim),
        }
    }

    /// The key of a field of the fact.
    fn key(&self, field: &str) -> String {
        let (_, record, fact) = self.about();
        format!("{}/{fact}/{field}", record.root())
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
