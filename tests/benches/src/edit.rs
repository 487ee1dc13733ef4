//! A durable edit of a household against the bare transaction that writes the same rows.
//!
//! The floor is measured in turns with the edit: each edit's rows are read back and written into a
//! copy of the file. Both files are compared at the end.

use std::path::Path;
use std::time::Duration;

use keting::parts::replica_of;
use keting::{DirectoryVault, Secret, Vault as _};
use keting_model::household::HouseholdCommand;
use keting_model::{Command, DocumentId, DocumentKind, Fields};
use keting_scenarios::city::{City, UNIT, VILLAGE};
use keting_scenarios::phone::Phone;
use keting_store::DatabaseKey;
use keting_testkit::people::{Household, Shape, make_city};

use crate::bare::Bare;
use crate::clock::{Took, mean_ms, median_ms, time};
use crate::report::{Figure, Limit};

/// How many changes a household had before, how many such households there are, and how many edits
/// each gets: few beside what was there before.
const LEVELS: [(usize, usize, usize); 3] = [(10, 48, 2), (250, 4, 32), (1_000, 1, 128)];

/// Wall time on the disk of the temporary directory, medians.
pub fn on_disk() -> Vec<Figure> {
    let place = tempfile::tempdir().unwrap();
    measure(place.path(), LEVELS, Limit::AtMost(2.0), |took| {
        median_ms(took.iter().map(|took| took.wall).collect())
    })
}

/// Processor time on a file system in memory, means: a median would leave out the snapshots.
pub fn on_tmpfs() -> Vec<Figure> {
    let place = tempfile::tempdir_in("/dev/shm").unwrap();
    measure(place.path(), LEVELS, Limit::AtMost(4.0), |took| {
        mean_ms(&took.iter().map(|took| took.cpu).collect::<Vec<Duration>>())
    })
}

fn measure<const N: usize>(
    place: &Path,
    levels: [(usize, usize, usize); N],
    limit: Limit,
    summary: fn(&[Took]) -> f64,
) -> Vec<Figure> {
    let phone = enrolled_phone(place);
    let people = make_city(1411, &Shape::CHAOXIANG).households;
    let mut families = people.iter().cycle();
    let levels = levels.map(|(changes, households, edits)| {
        let added = (0..households).map(|_| add(&phone, families.next().unwrap())).collect();
        let added: Vec<DocumentId> = added;
        for household in &added {
            // Adding it was the first change.
            (1..changes).for_each(|number| edit(&phone, *household, number));
        }
        (changes, added, edits)
    });

    let directory = phone.directory().to_owned();
    let id = replica_of(&phone.keting).id();
    // The first opening after enrolment notes which version reads the file.
    drop(phone.reopened());
    let vault = DirectoryVault::open(&directory.join("vault")).unwrap();
    let key = DatabaseKey::new(*vault.require(&id, Secret::DatabaseKey).unwrap());
    let (real, copy) = (directory.join("data/replica.db"), place.join("copy.db"));
    std::fs::copy(&real, &copy).unwrap();
    let phone = Phone::open(directory);
    let mut bare = Bare::open(&real, &copy, &key);

    let figures = levels.map(|(changes, households, edits)| {
        // The first edit loads the document.
        for household in &households {
            edit(&phone, *household, 0);
            let written = bare.capture();
            bare.write(&written);
        }
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for number in 1..=edits {
            for household in &households {
                ours.push(time(|| edit(&phone, *household, number)).1);
                let written = bare.capture();
                floor.push(time(|| bare.write(&written)).1);
            }
        }
        Figure {
            case: format!("at {changes} changes"),
            unit: "ms",
            measured: summary(&ours),
            floor: Some(summary(&floor)),
            limit: Some(limit),
        }
    });
    bare.assert_same();
    figures.into()
}

/// A phone of a village officer. Its server is gone: edits need none.
fn enrolled_phone(place: &Path) -> Phone {
    let city = City::start();
    let phone = Phone::new(place, &city.invite("王芳", "village_officer", VILLAGE));
    phone.sync();
    phone
}

fn add(phone: &Phone, family: &Household) -> DocumentId {
    let household = phone.keting.new_document(DocumentKind::Household);
    let residents = family.people.iter().map(|person| {
        let fields = Fields::new()
            .with("name", person.name.as_str())
            .with("relation", person.relation)
            .with("id_number", person.id_number.as_str());
        phone.resident(fields)
    });
    let add = HouseholdCommand::Add {
        household,
        region: phone.region(UNIT),
        fields: Fields::new().with("address", family.address.as_str()),
        residents: residents.collect(),
        time: phone.keting.now(),
    };
    phone.keting.execute(&Command::Household(add)).unwrap();
    household
}

fn edit(phone: &Phone, household: DocumentId, number: usize) {
    // Nobody else lives there: where two households have one address, an edit also looks for the other.
    let block = u16::from_be_bytes([household.as_bytes()[2], household.as_bytes()[3]]);
    let address = format!("朝霞苑{block}幢{}单元{}室", number % 4 + 1, number + 101);
    phone.edit(household, Fields::new().with("address", address.as_str())).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_writes_the_rows_that_an_edit_writes() {
        let place = tempfile::tempdir().unwrap();
        let figures = measure(place.path(), [(2, 1, 1)], Limit::AtMost(2.0), |took| {
            median_ms(took.iter().map(|took| took.wall).collect())
        });
        assert_eq!(figures.len(), 1);
    }
}
