//! A command with everything that people typed in its normal form.
//!
//! Planning begins with it, so that a document holds one form of a value, whatever app gave the command.
//! The value of a settle is not touched here: it may be one of those that stand, as an older version
//! wrote it.

use crate::check::Holds;
use crate::command::Command;
use crate::fields::Fields;
use crate::household::{HouseholdCommand, NewResident};
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::kind::DocumentKind;
use crate::region::RegionCommand;
use crate::registry::registration;
use crate::schema::key_in;
use crate::value::Value;
use crate::withdrawal::WithdrawalCommand;
use crate::words;

use super::field::Field;
use super::form::word;

/// Where the fields of a command stand.
const REGION: (&[DocumentKind], &str) = (&[DocumentKind::Region], "");
const HOUSEHOLD: (&[DocumentKind], &str) = (&[DocumentKind::Household], "");
const RESIDENT: (&[DocumentKind], &str) =
    (&[DocumentKind::Household, DocumentKind::HouseholdPrivate], "r/*");
const VISIT: (&[DocumentKind], &str) = (&[DocumentKind::HouseholdVisits], "v/*");

impl Command {
    /// The command with everything that people typed in its normal form. What a field does not take is
    /// left to planning.
    #[must_use]
    pub(crate) fn in_normal_form(&self) -> Self {
        let mut command = self.clone();
        match &mut command {
            Self::Region(
                RegionCommand::Add { fields, .. } | RegionCommand::Edit { fields, .. },
            ) => bring(fields, REGION),
            Self::Private(PrivateCommand::Edit { fields, .. }) => bring(fields, RESIDENT),
            Self::Visits(VisitsCommand::AddVisit { fields, .. }) => bring(fields, VISIT),
            Self::Visits(VisitsCommand::AddNote { text, .. }) => bring_text(text, Field::Note),
            Self::Settle(_) => {}
            Self::Withdrawal(WithdrawalCommand::Withdraw { reason, .. }) => {
                bring_text(reason, Field::WithdrawalReason);
            }
            Self::Withdrawal(WithdrawalCommand::Restore { reason, .. }) => {
                reason.iter_mut().for_each(|reason| bring_text(reason, Field::WithdrawalReason));
            }
            Self::Household(command) => of_household(command),
        }
        command
    }
}

fn of_household(command: &mut HouseholdCommand) {
    match command {
        HouseholdCommand::Add { fields, residents, .. } => {
            bring(fields, HOUSEHOLD);
            residents.iter_mut().for_each(|resident| bring(&mut resident.fields, RESIDENT));
        }
        HouseholdCommand::Edit { fields, .. } => bring(fields, HOUSEHOLD),
        HouseholdCommand::AddResident { resident: NewResident { fields, .. }, .. }
        | HouseholdCommand::EditResident { fields, .. } => bring(fields, RESIDENT),
        HouseholdCommand::SetStatus { status, reason, at, .. } => {
            bring_text(status, Field::Status);
            reason.iter_mut().for_each(|reason| bring_text(reason, Field::StatusReason));
            at.iter_mut().for_each(|at| bring_text(at, Field::StatusAt));
        }
        HouseholdCommand::AddNeed { text, .. } => bring_text(text, Field::Need),
        HouseholdCommand::AdvanceNeed { status, note, .. } => {
            bring_text(status, Field::NeedStatus);
            note.iter_mut().for_each(|note| bring_text(note, Field::NeedNote));
        }
        HouseholdCommand::Conceal { .. } | HouseholdCommand::Reveal { .. } => {}
    }
}

fn bring_text(text: &mut String, field: Field) {
    *text = field.holds().in_normal_form(text);
}

/// Brings the texts among some fields to their forms, and care tags to their words.
fn bring(fields: &mut Fields, (kinds, prefix): (&[DocumentKind], &str)) {
    let mut brought = Fields::new();
    for (name, value) in fields.iter() {
        let tag = name.strip_prefix("t/").map(|tag| format!("t/{}", word(words::CARE_TAGS, tag)));
        let name = tag.as_deref().unwrap_or(name);
        let value = match (value, holds(kinds, &key_in(prefix, name))) {
            (Value::Text(text), Some(holds)) => Value::from(holds.in_normal_form(text)),
            (value, _) => value.clone(),
        };
        brought.set(name, value);
    }
    *fields = brought;
}

fn holds(kinds: &[DocumentKind], pattern: &str) -> Option<Holds> {
    let mut fields =
        kinds.iter().filter_map(|kind| registration(*kind)).flat_map(|kind| kind.schema.fields);
    fields.find(|rule| rule.pattern == pattern).map(|rule| rule.holds)
}
