//! The rule of withdrawals, beyond the tables of fields and what holds for every fact.

use crate::document::Op;
use crate::fact::withdraws;
use crate::household::is_concealed;
use crate::role::Family;
use crate::rule::{RuleError, Touched};
use crate::value::Value;
use crate::withdrawal::{RESTORE, WITHDRAW, family_of};
use crate::words;

/// Refuses a withdrawal without a reason, one that says the record stands, and the like. Where the reason
/// stands in another document nothing here can demand it: a reader may have only this one.
pub(crate) fn fits_command(command: &str, touched: &Touched<'_>) -> Result<(), RuleError> {
    let wanted = match command {
        WITHDRAW => words::WITHDRAWN,
        RESTORE => words::STANDS,
        _ => return Ok(()),
    };
    let written = || touched.ops.iter().filter_map(Op::written);
    for (key, _) in written().filter(|(key, _)| withdraws(key)) {
        let fact = key.strip_suffix("over").unwrap_or_default();
        let says = |field: &str| {
            let mut of_fact =
                written().filter_map(|(key, value)| Some((key.strip_prefix(fact)?, value)));
            of_fact.find(|(name, _)| *name == field).map(|(_, value)| value)
        };
        if says("status") != Some(&Value::from(wanted)) {
            return Err(RuleError::NotThisCommand { field: "w/*/status" });
        }
        if command == WITHDRAW && says_why_here(touched, key) && says("reason").is_none() {
            return Err(RuleError::Incomplete { group: "the withdrawal", missing: "reason" });
        }
    }
    Ok(())
}

/// Whether the reason of a fact stands in the household, too.
fn says_why_here(touched: &Touched<'_>, key: &str) -> bool {
    match family_of(key) {
        Family::Visit | Family::Note => false,
        Family::Resident => {
            let resident = key.split('/').nth(1).and_then(|id| id.parse().ok());
            resident.is_none_or(|resident| !is_concealed(touched.before, resident))
        }
        _ => true,
    }
}
