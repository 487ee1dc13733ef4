//! What a person says by a command: one word for each thing it is about.

use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::region::RegionCommand;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, DocumentId, DocumentKind, Fields, ItemId, Value};

/// What a word is about: a field, what became of somebody or of a need, or a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The household or region.
    pub of: DocumentId,
    /// What of it, in the terms of the list of conflicts: `address`, `r/ID/phone`, `r/ID/s`.
    pub key: String,
}

/// What somebody says of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// The value of a field, as a screen writes it; nothing for a cleared one.
    Value(String),
    /// What became of a resident or a need.
    Fact {
        /// The fact's id.
        fact: ItemId,
        /// What became of them.
        status: String,
        /// The day.
        at: Option<String>,
        /// Why, or what was done.
        reason: Option<String>,
    },
    /// A visit, a note, a need: it stays as it was entered.
    Record(String),
}

/// What of a resident says whether they are concealed.
const CONCEALED: &str = "concealed";

impl Word {
    /// Yes or no.
    pub fn flag(yes: bool) -> Self {
        Self::Value(yes.to_string())
    }

    /// The same without why.
    pub fn without_reason(&self) -> Self {
        match self.clone() {
            Self::Fact { fact, status, at, .. } => Self::Fact { fact, status, at, reason: None },
            other => other,
        }
    }

    /// Whether two people who say these things of one slot disagree. Another reason for the same is
    /// none.
    pub fn contradicts(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Fact { status, at, .. },
                Self::Fact { status: other_status, at: other_at, .. },
            ) => {
                let days = at.as_ref().zip(other_at.as_ref());
                status != other_status || days.is_some_and(|(day, other)| day != other)
            }
            (one, other) => one != other,
        }
    }
}

impl Slot {
    /// Something of a household or a region.
    pub fn new(of: DocumentId, key: impl Into<String>) -> Self {
        Self { of, key: key.into() }
    }

    /// Something of a resident.
    pub fn of_resident(household: DocumentId, resident: ItemId, what: &str) -> Self {
        Self::new(household, format!("r/{resident}/{what}"))
    }

    /// The resident it is about, and what of them.
    pub fn resident(&self) -> Option<(ItemId, &str)> {
        let (resident, what) = self.key.strip_prefix("r/")?.split_once('/')?;
        Some((resident.parse().ok()?, what))
    }

    /// Where it is said whether the resident it is about is concealed.
    pub fn concealed(&self) -> Option<Self> {
        let (resident, _) = self.resident()?;
        Some(Self::of_resident(self.of, resident, CONCEALED))
    }

    /// Whether it says whether somebody is concealed.
    pub fn is_flag(&self) -> bool {
        self.resident().is_some_and(|(_, what)| what == CONCEALED)
    }

    /// Whether it is hidden of somebody who is concealed: all but name and relation, and that they were
    /// withdrawn.
    pub fn is_hidden_of_concealed(&self) -> bool {
        let open = ["name", "relation", CONCEALED, "w"];
        self.resident().is_some_and(|(_, what)| !open.contains(&what))
    }

    /// Whether it is a field that moves when somebody is concealed or revealed. What becomes of
    /// them keeps its author as it moves, and what is always private does not move.
    pub fn moves(&self) -> bool {
        let field = self.resident().is_some_and(|(_, what)| what != "s");
        field && self.is_hidden_of_concealed() && self.kind() == DocumentKind::Household
    }

    /// Whether it says that something is withdrawn, or stands.
    pub fn is_withdrawal(&self) -> bool {
        self.key == "w" || self.key.ends_with("/w")
    }

    /// Whether it is about a visit or a note.
    pub fn is_of_visits(&self) -> bool {
        self.key.starts_with("v/") || self.key.starts_with("o/")
    }

    /// Where it is said whether what this is about is withdrawn: it, or its whole household.
    pub fn withdrawals(&self) -> Vec<Self> {
        let mut segments = self.key.split('/');
        let item = segments.next().zip(segments.next());
        let of_item = item.map(|(letter, id)| Self::new(self.of, format!("{letter}/{id}/w")));
        let all = of_item.into_iter().chain([Self::new(self.of, "w")]);
        all.filter(|one| one != self && self.of.kind() == Some(DocumentKind::Household)).collect()
    }

    /// The kind of document it stands in, of somebody who is not concealed.
    pub fn kind(&self) -> DocumentKind {
        const PRIVATE: [&str; 4] = ["birth_date", "sex", "health", "t/chronic_illness"];
        if self.of.kind() == Some(DocumentKind::Region) {
            DocumentKind::Region
        } else if self.is_withdrawal() {
            DocumentKind::Household
        } else if self.is_of_visits() {
            DocumentKind::HouseholdVisits
        } else if self.resident().is_some_and(|(_, what)| PRIVATE.contains(&what)) {
            DocumentKind::HouseholdPrivate
        } else {
            DocumentKind::Household
        }
    }

    /// What a screen shows where nobody ever said anything.
    pub fn unsaid(&self) -> Word {
        let is_flag =
            self.resident().is_some_and(|(_, what)| what.starts_with("t/") || what == CONCEALED);
        Word::Value(if is_flag { "false" } else { "" }.to_owned())
    }
}

/// The words of a command.
pub fn words_of(command: &Command) -> Vec<(Slot, Word)> {
    match command {
        Command::Region(RegionCommand::Add { region, fields, .. })
        | Command::Region(RegionCommand::Edit { region, fields }) => values(*region, "", fields),
        Command::Household(command) => of_household(command),
        Command::Private(PrivateCommand::Edit { household, resident, fields }) => {
            values(*household, &format!("r/{resident}/"), fields)
        }
        Command::Visits(VisitsCommand::AddVisit { household, visit, fields, .. }) => {
            let [at, note] = ["at", "note"].map(|name| fields.value(name).map(Value::to_string));
            vec![(Slot::new(*household, format!("v/{visit}")), record(at, note))]
        }
        Command::Visits(VisitsCommand::AddNote { household, note, text, .. }) => {
            vec![(Slot::new(*household, format!("o/{note}")), Word::Record(text.clone()))]
        }
        Command::Withdrawal(command) => vec![of_withdrawal(command)],
        Command::Settle(settle) => {
            let slot = Slot::new(settle.document, settle.key.clone());
            vec![(slot, Word::Value(settle.value.to_string()))]
        }
    }
}

/// A visit as a record.
pub fn record(at: Option<String>, note: Option<String>) -> Word {
    Word::Record(format!("{} {}", at.unwrap_or_default(), note.unwrap_or_default()))
}

fn of_household(command: &HouseholdCommand) -> Vec<(Slot, Word)> {
    match command {
        HouseholdCommand::Add { household, fields, residents, .. } => {
            let own = values(*household, "", fields);
            own.into_iter().chain(residents.iter().flat_map(|new| added(*household, new))).collect()
        }
        HouseholdCommand::Edit { household, fields } => values(*household, "", fields),
        HouseholdCommand::AddResident { household, resident, .. } => added(*household, resident),
        HouseholdCommand::EditResident { household, resident, fields, .. } => {
            values(*household, &format!("r/{resident}/"), fields)
        }
        HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, .. } => {
            let (fact, status) = (*fact, status.clone());
            let word = Word::Fact { fact, status, at: at.clone(), reason: reason.clone() };
            vec![(Slot::of_resident(*household, *resident, "s"), word)]
        }
        HouseholdCommand::Conceal { household, resident, .. } => {
            vec![(Slot::of_resident(*household, *resident, CONCEALED), Word::flag(true))]
        }
        HouseholdCommand::Reveal { household, resident, .. } => {
            vec![(Slot::of_resident(*household, *resident, CONCEALED), Word::flag(false))]
        }
        HouseholdCommand::AddNeed { household, need, text, .. } => {
            vec![(Slot::new(*household, format!("n/{need}/text")), Word::Record(text.clone()))]
        }
        HouseholdCommand::AdvanceNeed { household, need, fact, status, note, .. } => {
            let (fact, status) = (*fact, status.clone());
            let word = Word::Fact { fact, status, at: None, reason: note.clone() };
            vec![(Slot::new(*household, format!("n/{need}/s")), word)]
        }
    }
}

fn of_withdrawal(command: &WithdrawalCommand) -> (Slot, Word) {
    let (household, record, fact, status, reason) = match command {
        WithdrawalCommand::Withdraw { household, record, fact, reason, .. } => {
            (household, record, fact, "withdrawn", Some(reason.clone()))
        }
        WithdrawalCommand::Restore { household, record, fact, reason, .. } => {
            (household, record, fact, "stands", reason.clone())
        }
    };
    let key = match record {
        Record::Household => "w".to_owned(),
        Record::Resident(id) => format!("r/{id}/w"),
        Record::Need(id) => format!("n/{id}/w"),
        Record::Visit { visit: id, .. } => format!("v/{id}/w"),
        Record::Note { note: id, .. } => format!("o/{id}/w"),
    };
    let word = Word::Fact { fact: *fact, status: status.to_owned(), at: None, reason };
    (Slot::new(*household, key), word)
}

/// Whoever adds somebody also says that they live there.
fn added(household: DocumentId, new: &NewResident) -> Vec<(Slot, Word)> {
    let NewResident { resident, fact, fields } = new;
    let living = Word::Fact { fact: *fact, status: "living".to_owned(), at: None, reason: None };
    let mut words = values(household, &format!("r/{resident}/"), fields);
    words.push((Slot::of_resident(household, *resident, "s"), living));
    words
}

fn values(of: DocumentId, prefix: &str, fields: &Fields) -> Vec<(Slot, Word)> {
    let word = |(name, value): (&str, &Value)| {
        (Slot::new(of, format!("{prefix}{name}")), Word::Value(value.to_string()))
    };
    fields.iter().map(word).collect()
}
