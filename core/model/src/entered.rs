//! What a person entered with a command, for a list that shows it to them again: each field's name
//! and value in the order given.

use crate::command::Command;
use crate::fields::Fields;
use crate::household::{HouseholdCommand, NewResident};
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::id::ItemId;
use crate::region::RegionCommand;
use crate::settle::Settle;
use crate::value::Value;
use crate::withdrawal::WithdrawalCommand;

impl Command {
    /// What a person entered with it: the fields' names and values in their normal form, as they were
    /// given. Of a household that comes with residents, what is said of itself.
    pub fn entered(&self) -> Vec<(String, Value)> {
        match &self.in_normal_form() {
            Self::Region(
                RegionCommand::Add { fields, .. } | RegionCommand::Edit { fields, .. },
            )
            | Self::Private(PrivateCommand::Edit { fields, .. })
            | Self::Visits(VisitsCommand::AddVisit { fields, .. }) => of(fields),
            Self::Visits(VisitsCommand::AddNote { text, .. }) => one("text", text),
            Self::Settle(Settle { key, value, .. }) => {
                vec![(field_of(key).to_owned(), value.clone())]
            }
            Self::Withdrawal(WithdrawalCommand::Withdraw { reason, .. }) => one("reason", reason),
            Self::Withdrawal(WithdrawalCommand::Restore { reason, .. }) => {
                given(&[("reason", reason)])
            }
            Self::Household(command) => with_household(command),
        }
    }

    /// What a person entered of each resident that a new household comes with.
    pub fn residents_entered(&self) -> Vec<(ItemId, Vec<(String, Value)>)> {
        match &self.in_normal_form() {
            Self::Household(HouseholdCommand::Add { residents, .. }) => {
                residents.iter().map(|one| (one.resident, of(&one.fields))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The name of the field under a key: `phone` of `r/ID/phone`.
fn field_of(key: &str) -> &str {
    key.strip_prefix("r/").and_then(|rest| rest.split_once('/')).map_or(key, |(_, name)| name)
}

fn with_household(command: &HouseholdCommand) -> Vec<(String, Value)> {
    match command {
        HouseholdCommand::Add { fields, .. }
        | HouseholdCommand::AddResident { resident: NewResident { fields, .. }, .. }
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

    const ID: ItemId = ItemId::new([2; 8]);

    fn household() -> DocumentId {
        DocumentId::from_random(DocumentKind::Household, [1; 14])
    }

    fn told(entered: Vec<(String, Value)>) -> String {
        let entered = entered.into_iter().map(|(name, value)| format!("{name}={value}"));
        entered.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_was_entered_is_told_in_the_order_it_was_given_and_of_each_resident_apart() {
        let resident = |name: &str| NewResident {
            resident: ID,
            fact: ID,
            fields: Fields::new().with("name", name).with("phone", "138 0000 0001"),
        };
        let add = Command::Household(HouseholdCommand::Add {
            household: household(),
            region: household(),
            fields: Fields::new().with("address", "一号").with("tenure", "自有"),
            residents: vec![resident("李一"), resident("王二")],
            time: CityTime::new(0),
        });
        assert_eq!(told(add.entered()), "address=一号 tenure=owned");
        let residents = add.residents_entered().into_iter().map(|(_, entered)| told(entered));
        assert_eq!(
            residents.collect::<Vec<_>>(),
            ["name=李一 phone=13800000001", "name=王二 phone=13800000001"]
        );
        let leave = HouseholdCommand::SetStatus {
            household: household(),
            resident: ID,
            fact: ID,
            status: "moved_out".to_owned(),
            reason: None,
            at: Some("2026-11-25".to_owned()),
            time: CityTime::new(0),
        };
        assert_eq!(told(Command::Household(leave).entered()), "status=moved_out at=2026-11-25");
    }

    #[test]
    fn what_a_field_was_settled_on_is_told_by_the_name_of_the_field() {
        let settled = |key: &str| {
            let (key, value) = (key.to_owned(), Value::from("x"));
            let settle = Settle { document: household(), key, value, time: CityTime::new(0) };
            told(Command::Settle(settle).entered())
        };
        assert_eq!(settled(&format!("r/{ID}/phone")), "phone=x");
        assert_eq!(settled(&format!("r/{ID}/t/low_income")), "t/low_income=x");
        assert_eq!(settled("address"), "address=x");
    }
}
