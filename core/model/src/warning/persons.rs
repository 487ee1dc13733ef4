//! Somebody of one name and one day of birth who stands twice: entered by two people, or under two
//! addresses. Whoever is registered in one household and lives in another does so rightly.

use std::collections::BTreeMap;

use crate::check::birth_date_of;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, item, text};
use crate::value::Value;
use crate::warning::{Household, Warning, first_shown};

/// Who somebody is, once the plan is carried out; nothing of what is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Person {
    name: Option<String>,
    born: Option<String>,
    id_number: Option<String>,
}

/// Warns of everybody whom the plan names or dates, or who comes back by it, and who stands already or is
/// given twice. Of whom it was told that their number stands already it is not said again.
pub(super) fn known<R: Rows>(
    one: &Household<'_>,
    told: &[ItemId],
    rows: &R,
    withheld: &Withheld,
) -> Result<Vec<Warning>, R::Error> {
    if withheld.withholds(DocumentKind::HouseholdPrivate) {
        return Ok(Vec::new());
    }
    let mut persons = written(one);
    for (resident, person) in &mut persons {
        person.complete(one.id, *resident, rows)?;
    }
    persons.extend(one.restored.iter().map(|back| {
        let resident = &back.resident;
        let (name, id_number) = (Some(resident.name.clone()), resident.id_number.clone());
        (resident.id, Person { name, born: back.birth_date.clone(), id_number })
    }));
    let mut warnings = Vec::new();
    for (resident, person) in persons.iter().filter(|(resident, _)| !told.contains(resident)) {
        let mut before = persons.range(..resident);
        let is_given_twice = before.any(|(_, other)| person.may_be(other));
        let mut others: Vec<_> = is_given_twice.then_some(one.id).into_iter().collect();
        others.extend(person.others(rows)?.into_iter().filter_map(|(household, other)| {
            // Who is written is not who stood there before.
            let is_of_plan = household == one.id && persons.contains_key(&other);
            (!is_of_plan).then_some(household)
        }));
        let other = first_shown(&others, rows, withheld)?;
        warnings.extend(other.map(|household| Warning::PersonKnown { household }));
    }
    Ok(warnings)
}

/// Those whose name, day of birth or identity number the plan writes.
fn written(one: &Household<'_>) -> BTreeMap<ItemId, Person> {
    let mut persons: BTreeMap<ItemId, Person> = BTreeMap::new();
    for (key, value) in one.written() {
        let parts: Vec<&str> = key.split('/').collect();
        let (["r", id, field], Some(value)) = (parts.as_slice(), text_of(value)) else { continue };
        let Ok(id) = id.parse() else { continue };
        if !["name", "birth_date", "id_number"].contains(field) {
            continue;
        }
        let person = persons.entry(id).or_default();
        match *field {
            "name" => person.name = Some(value),
            "birth_date" => person.born = Some(value),
            _ => {
                let told = birth_date_of(&value).map(|born| born.to_string());
                person.born = person.born.take().or(told);
                person.id_number = Some(value);
            }
        }
    }
    persons
}

fn text_of(value: &Value) -> Option<String> {
    value.as_text().filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Person {
    /// Adds what stands of somebody of whom the plan writes only a part.
    fn complete<R: Rows>(
        &mut self,
        household: DocumentId,
        resident: ItemId,
        rows: &R,
    ) -> Result<(), R::Error> {
        const STANDING: &str = "SELECT r.name, p.birth_date, p.id_number FROM resident r \
                                LEFT JOIN resident_private p \
                                ON p.household = r.document AND p.item = r.item \
                                WHERE r.document = ?1 AND r.item = ?2";
        let who =
            [Cell::Blob(household.as_bytes().to_vec()), Cell::Blob(resident.as_bytes().to_vec())];
        rows.query(STANDING, &who, &mut |row| {
            self.name = self.name.take().or_else(|| text(row, 0));
            self.born = self.born.take().or_else(|| text(row, 1));
            self.id_number = self.id_number.take().or_else(|| text(row, 2));
        })
    }

    /// Whether two may be one: of the same name and birth, and with no two identity numbers.
    fn may_be(&self, other: &Self) -> bool {
        let numbers = self.id_number.as_ref().zip(other.id_number.as_ref());
        self.name.is_some()
            && self.born.is_some()
            && (&self.name, &self.born) == (&other.name, &other.born)
            && numbers.is_none_or(|(one, other)| one == other)
    }

    /// Those who stand and may be the same.
    fn others<R: Rows>(&self, rows: &R) -> Result<Vec<(DocumentId, ItemId)>, R::Error> {
        const STANDING: &str = "SELECT r.document, r.item, p.id_number FROM resident_private p \
                                JOIN resident r ON r.document = p.household AND r.item = p.item \
                                WHERE p.birth_date = ?1 AND r.name = ?2 AND r.withdrawn = 0 \
                                ORDER BY r.document, r.item";
        let mut others = Vec::new();
        let (Some(name), Some(born)) = (&self.name, &self.born) else { return Ok(others) };
        let of = [Cell::Text(born.clone()), Cell::Text(name.clone())];
        rows.query(STANDING, &of, &mut |row| {
            let (name, born) = (self.name.clone(), self.born.clone());
            let other = Self { name, born, id_number: text(row, 2) };
            let is_same = self.may_be(&other);
            others.extend(document(row, 0).zip(item(row, 1)).filter(|_| is_same));
        })?;
        Ok(others)
    }
}
