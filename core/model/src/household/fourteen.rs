//! Who turned fourteen and is still concealed. Nothing reveals them by itself: a birthday is no edit of anybody,
//! and there may be another reason to conceal them. So whoever may reveal them is told.

use serde::Serialize;

use crate::check::birth_date_of;
use crate::day::{CHILD_AGE_YEARS_BELOW, Day};
use crate::fact::{Fact, complete, is_gone};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::query::{Permitted, Rows, Withheld, as_hex, document, item, text};
use crate::role::Family;
use crate::rows::cbor_in;

/// Grown-ups were concealed for another reason, or nobody wanted them revealed in four years.
const AGE_YEARS_BELOW: u16 = 18;

/// A resident of fourteen to seventeen years of whom still only name and relation are read in the open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnedFourteen {
    /// The household.
    #[serde(serialize_with = "as_hex")]
    pub household: DocumentId,
    /// The resident.
    #[serde(serialize_with = "as_hex")]
    pub resident: ItemId,
    /// Their name.
    pub name: String,
}

/// Who turned fourteen by the day `today` and may be revealed by the reader, in the order of ids. Nobody for
/// whoever may not reveal or does not read when they were born, and nobody who has gone.
///
/// # Errors
/// When a query cannot be run.
pub fn turned_fourteen<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    permitted: &Permitted,
    today: Day,
) -> Result<Vec<TurnedFourteen>, R::Error> {
    const SQL: &str = "SELECT r.document, r.item, r.name, p.birth_date, p.id_number, \
                       r.facts, p.facts, o.facts \
                       FROM resident r JOIN resident_private p \
                       ON p.household = r.document AND p.item = r.item \
                       LEFT JOIN resident_open o ON o.document = r.document AND o.item = r.item \
                       WHERE r.concealed = 1 AND r.withdrawn = 0 ORDER BY r.document, r.item";
    let may = [Family::Resident, Family::Private].map(|family| permitted.permits(family));
    if withheld.withholds(DocumentKind::HouseholdPrivate) || may != [true, true] {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    rows.query(SQL, &[], &mut |row| {
        let born = [
            text(row, 3).and_then(|day| Day::parse(&day)),
            text(row, 4).and_then(|number| birth_date_of(&number)),
        ];
        let is_of_age = |years| born.iter().flatten().all(|day| day.is_years_before(years, today));
        let mut facts: Vec<Fact> = cbor_in(row, 5);
        [6, 7].into_iter().for_each(|column| complete(&mut facts, cbor_in(row, column)));
        let turned = is_of_age(CHILD_AGE_YEARS_BELOW) && !is_of_age(AGE_YEARS_BELOW);
        if turned && !is_gone(&facts) {
            let (household, resident, name) = (document(row, 0), item(row, 1), text(row, 2));
            let one = household.zip(resident).zip(name);
            all.extend(one.map(|((household, resident), name)| TurnedFourteen {
                household,
                resident,
                name,
            }));
        }
    })?;
    let mut shown = Vec::new();
    for one in all {
        if withheld.shows(rows, &one.household)? {
            shown.push(one);
        }
    }
    Ok(shown)
}
