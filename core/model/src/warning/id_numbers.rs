//! An identity number that already stands at somebody else. Nobody has the number of another, but one
//! person may be registered in one household and live in another.

use crate::command::Plan;
use crate::document::Op;
use crate::household::ResidentDetail;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, item};
use crate::warning::{Warning, first_shown};

/// Warns of each number of the plan, and of those who come back by it, that stands already or is given
/// twice, and says at whom.
pub(super) fn known<R: Rows>(
    household: DocumentId,
    restored: &[ResidentDetail],
    plan: &Plan,
    rows: &R,
    withheld: &Withheld,
) -> Result<Vec<(ItemId, Warning)>, R::Error> {
    const STANDING: &str = "SELECT p.household, p.item FROM resident_private p \
                            JOIN resident r ON r.document = p.household AND r.item = p.item \
                            WHERE p.id_number = ?1 AND r.withdrawn = 0";
    if withheld.withholds(DocumentKind::HouseholdPrivate) {
        return Ok(Vec::new());
    }
    let mut given = numbers(plan);
    let restored = restored.iter().map(|one| &one.resident);
    given.extend(restored.filter_map(|one| Some((one.id, one.id_number.as_deref()?))));
    let mut warnings = Vec::new();
    for (resident, number) in &given {
        let is_given_twice = given.iter().any(|(other, same)| same == number && other < resident);
        let mut others: Vec<_> = is_given_twice.then_some(household).into_iter().collect();
        let number = [Cell::Text((*number).to_owned())];
        rows.query(STANDING, &number, &mut |row| {
            let (Some(of), Some(who)) = (document(row, 0), item(row, 1)) else { return };
            if (of, who) != (household, *resident) {
                others.push(of);
            }
        })?;
        let other = first_shown(&others, rows, withheld)?;
        warnings.extend(other.map(|household| (*resident, Warning::IdNumberKnown { household })));
    }
    Ok(warnings)
}

fn numbers(plan: &Plan) -> Vec<(ItemId, &str)> {
    let written = plan.edits.iter().flat_map(|edit| &edit.ops).filter_map(Op::written);
    let number = |(key, value)| {
        let key: &str = key;
        let value: &crate::value::Value = value;
        let resident = key.strip_prefix("r/")?.strip_suffix("/id_number")?;
        Some((resident.parse().ok()?, value.as_text()?))
    };
    written.filter_map(number).collect()
}
