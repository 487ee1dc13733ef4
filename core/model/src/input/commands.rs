//! A command with everything that people typed in its normal form, and all that is wrong with it.
//!
//! Planning begins with it, so that a document holds one form of a value, whatever app gave the command.
//! The value of a settle is not touched here: it may be one of those that stand, as an older version
//! wrote it.

use crate::city_time::CityTime;
use crate::command::Command;
use crate::day::Day;
use crate::fields::Fields;
use crate::household::{HouseholdCommand, NewResident};
use crate::household_private::PrivateCommand;
use crate::household_visits::VisitsCommand;
use crate::kind::DocumentKind;
use crate::region::RegionCommand;
use crate::schema::key_in;
use crate::value::Value;
use crate::withdrawal::WithdrawalCommand;

use super::field::Field;
use super::{Refused, check, is_kept_as_other, of_last_year};

/// Where the fields of a command stand.
const REGION: (&[DocumentKind], &str) = (&[DocumentKind::Region], "");
const HOUSEHOLD: (&[DocumentKind], &str) = (&[DocumentKind::Household], "");
const RESIDENT: (&[DocumentKind], &str) =
    (&[DocumentKind::Household, DocumentKind::HouseholdPrivate], "r/*");
const VISIT: (&[DocumentKind], &str) = (&[DocumentKind::HouseholdVisits], "v/*");

/// What is done with a text that somebody typed into a field.
type Each<'a> = &'a mut dyn FnMut(Field, &mut String);

impl Command {
    /// All fields of the command that do not take what somebody typed into them at `now`, in the order of the
    /// form: planning names only the first. What the documents have a say in is not among it.
    pub fn refused(&self, now: CityTime) -> Vec<Refused> {
        let mut refused = Vec::new();
        typed_in(&mut self.clone(), &mut |field, text| {
            refused.extend(check(field, text, now).err())
        });
        refused
    }

    /// The command with everything that people typed in its normal form. What a field does not take is
    /// left to planning.
    #[must_use]
    pub(crate) fn in_normal_form(&self) -> Self {
        let (mut command, today) = (self.clone(), self.time().map(CityTime::day));
        typed_in(&mut command, &mut |field, text| {
            *text = field.holds().in_normal_form(text, today)
        });
        command
    }

    /// The fields that keep `other` for what somebody typed, which was more than that.
    pub(crate) fn kept_as_other(&self) -> Vec<Field> {
        let mut kept = Vec::new();
        typed_in(&mut self.clone(), &mut |field, text| {
            let value = field.holds().in_normal_form(text, None);
            if is_kept_as_other(&value, text) {
                kept.push(field);
            }
        });
        kept
    }

    /// The fields whose day was typed without its year and is taken as last year's, each with that day.
    pub(crate) fn of_last_year(&self) -> Vec<(Field, Day)> {
        let Some(now) = self.time() else { return Vec::new() };
        let mut taken = Vec::new();
        typed_in(&mut self.clone(), &mut |field, text| {
            taken.extend(of_last_year(field, text, now).map(|day| (field, day)));
        });
        taken
    }
}

/// Goes through everything in a command that people type.
fn typed_in(command: &mut Command, each: Each<'_>) {
    match command {
        Command::Region(RegionCommand::Add { fields, .. } | RegionCommand::Edit { fields, .. }) => {
            in_fields(fields, REGION, each);
        }
        Command::Private(PrivateCommand::Edit { fields, .. }) => in_fields(fields, RESIDENT, each),
        Command::Visits(VisitsCommand::AddVisit { fields, .. }) => in_fields(fields, VISIT, each),
        Command::Visits(VisitsCommand::AddNote { text, .. }) => each(Field::Note, text),
        Command::Settle(_) => {}
        Command::Withdrawal(WithdrawalCommand::Withdraw { reason, .. }) => {
            each(Field::WithdrawalReason, reason);
        }
        Command::Withdrawal(WithdrawalCommand::Restore { reason, .. }) => {
            reason.iter_mut().for_each(|reason| each(Field::WithdrawalReason, reason));
        }
        Command::Household(command) => of_household(command, each),
    }
}

fn of_household(command: &mut HouseholdCommand, each: Each<'_>) {
    match command {
        HouseholdCommand::Add { fields, residents, .. } => {
            in_fields(fields, HOUSEHOLD, each);
            residents.iter_mut().for_each(|one| in_fields(&mut one.fields, RESIDENT, each));
        }
        HouseholdCommand::Edit { fields, .. } => in_fields(fields, HOUSEHOLD, each),
        HouseholdCommand::AddResident { resident: NewResident { fields, .. }, .. }
        | HouseholdCommand::EditResident { fields, .. } => in_fields(fields, RESIDENT, each),
        HouseholdCommand::SetStatus { status, reason, at, .. } => {
            each(Field::Status, status);
            reason.iter_mut().for_each(|reason| each(Field::StatusReason, reason));
            at.iter_mut().for_each(|at| each(Field::StatusAt, at));
        }
        HouseholdCommand::AddNeed { text, .. } => each(Field::Need, text),
        HouseholdCommand::AdvanceNeed { status, note, .. } => {
            each(Field::NeedStatus, status);
            note.iter_mut().for_each(|note| each(Field::NeedNote, note));
        }
        HouseholdCommand::Conceal { .. } | HouseholdCommand::Reveal { .. } => {}
    }
}

/// Goes through the texts among some fields, and the words of care tags.
fn in_fields(fields: &mut Fields, (kinds, prefix): (&[DocumentKind], &str), each: Each<'_>) {
    let mut gone_through = Fields::new();
    for (name, value) in fields.iter() {
        if let Some(tag) = name.strip_prefix("t/") {
            let mut tag = tag.to_owned();
            each(Field::CareTag, &mut tag);
            gone_through.set(&format!("t/{tag}"), value.clone());
            continue;
        }
        let mut value = value.clone();
        let field = Field::in_kinds(kinds, &key_in(prefix, name));
        if let (Value::Text(text), Some(field)) = (&mut value, field) {
            each(field, text);
        }
        gone_through.set(name, value);
    }
    *fields = gone_through;
}
