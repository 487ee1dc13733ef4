//! What a person entered with a command, for a list that shows it to them again: each field's name
//! and value in the order given, of several residents one after the other.

use crate::command::Command;
use crate::fields::Fields;
use crate::household::{HouseholdCommand, NewResident};
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::region::RegionCommand;
use crate::settle::Settle;
use crate::value::Value;
use crate::withdrawal::WithdrawalCommand;

impl Command {
    /// What a person entered with it: the fields' names and values, as they were given.
    pub fn entered(&self) -> Vec<(String, Value)> {
        match self {
            Self::Region(
                RegionCommand::Add { fields, .. } | RegionCommand::Edit { fields, .. },
            )
            | Self::Private(PrivateCommand::Edit { fields, .. })
            | Self::Visits(VisitsCommand::AddVisit { fields, .. }) => of(fields),
            Self::Visits(VisitsCommand::AddNote { text, .. }) => one("text", text),
            Self::Settle(Settle { key, value, .. }) => vec![(key.clone(), value.clone())],
            Self::Withdrawal(WithdrawalCommand::Withdraw { reason, .. }) => one("reason", reason),
            Self::Withdrawal(WithdrawalCommand::Restore { reason, .. }) => {
                given(&[("reason", reason)])
            }
            Self::Household(command) => with_household(command),
        }
    }
}

fn with_household(command: &HouseholdCommand) -> Vec<(String, Value)> {
    match command {
        HouseholdCommand::Add { fields, residents, .. } => {
            let residents = residents.iter().flat_map(|resident| of(&resident.fields));
            of(fields).into_iter().chain(residents).collect()
        }
        HouseholdCommand::AddResident { resident: NewResident { fields, .. }, .. }
        | HouseholdCommand::Edit { fields, .. }
        | HouseholdCommand::EditResident { fields, .. } => of(fields),
        HouseholdCommand::SetStatus { status, reason, at, .. } => {
            let rest = [("reason", reason), ("at", at)];
            one("status", status).into_iter().chain(given(&rest)).collect()
        }
        HouseholdCommand::AddNeed { text, .. } => one("text", text),
        HouseholdCommand::AdvanceNeed { status, note, .. } => {
            one("status", status).into_iter().chain(given(&[("note", note)])).collect()
        }
        HouseholdCommand::Conceal { .. } | HouseholdCommand::Reveal { .. } => Vec::new(),
    }
}

fn of(fields: &Fields) -> Vec<(String, Value)> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn one(name: &str, text: &str) -> Vec<(String, Value)> {
    vec![(name.to_owned(), Value::from(text))]
}

fn given(fields: &[(&str, &Option<String>)]) -> Vec<(String, Value)> {
    let given = fields.iter().filter_map(|(name, text)| text.as_deref().map(|text| (*name, text)));
    given.map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city_time::CityTime;
    use crate::id::{DocumentId, ItemId};
    use crate::kind::DocumentKind;

    #[test]
    fn what_was_entered_is_told_in_the_order_it_was_given() {
        let household = DocumentId::from_random(DocumentKind::Household, [1; 14]);
        let id = ItemId::new([2; 8]);
        let resident = |name: &str| NewResident {
            resident: id,
            fact: id,
            fields: Fields::new().with("name", name).with("phone", "13800000001"),
        };
        let add = HouseholdCommand::Add {
            household,
            region: household,
            fields: Fields::new().with("address", "一号"),
            residents: vec![resident("李一"), resident("王二")],
            time: CityTime::new(0),
        };
        let leave = HouseholdCommand::SetStatus {
            household,
            resident: id,
            fact: id,
            status: "moved_out".to_owned(),
            reason: None,
            at: Some("2026-11-25".to_owned()),
            time: CityTime::new(0),
        };
        let told = |command| {
            let entered = Command::Household(command).entered().into_iter();
            entered.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            told(add),
            "address=一号 name=李一 phone=13800000001 name=王二 phone=13800000001"
        );
        assert_eq!(told(leave), "status=moved_out at=2026-11-25");
    }
}
