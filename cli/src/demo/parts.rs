//! Parts of the story that a process of its own plays in the program, because a file is only ever
//! open in one process: entering a whole roster, and looking for ID numbers in a decrypted file.

use std::collections::BTreeSet;
use std::path::Path;

use keting::parts::Local;
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::query::Rows;
use keting_model::{Cell, Command, DocumentKind, Fields};
use serde_json::json;

use crate::demo::broken;
use crate::demo::roster::Roster;
use crate::device;
use crate::exit::Failure;
use crate::output;

/// An ID number has so many characters.
const ID_NUMBER_BYTES: usize = 18;

/// Plays a part: `enter DIR MICRO_GRID HOUSEHOLDS` or `search DIR HOUSEHOLDS`.
///
/// # Errors
/// When there is no such part, or it does not succeed.
pub fn play(words: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |text: &str| {
        text.parse().map_err(|_| Failure::Usage(format!("{text} is no number of households")))
    };
    match words[..] {
        ["enter", data, micro_grid, households] => {
            enter(Path::new(data), micro_grid, &Roster::of(number(households)?)?)
        }
        ["search", data, households] => {
            search(Path::new(data), &Roster::of(number(households)?)?.id_numbers())
        }
        _ => Err(Failure::Usage("there is no such part".to_owned())),
    }
}

/// Enters every household of a micro-grid, and prints the id of each once it is durable.
fn enter(data: &Path, micro_grid: &str, roster: &Roster) -> Result<(), Failure> {
    let keting = device::open_below(data)?;
    let found = roster.micro_grids.iter().find(|found| found.region.code == micro_grid);
    let micro_grid = found.ok_or_else(|| broken("no such micro-grid"))?;
    for household in &micro_grid.households {
        let id = keting.new_document(DocumentKind::Household);
        let region = keting.region_of_code(&household.unit)?;
        let residents = household.people.iter().map(|person| NewResident {
            resident: keting.new_item(),
            fact: keting.new_item(),
            fields: person.fields(),
        });
        let add = HouseholdCommand::Add {
            household: id,
            region: region.ok_or(Failure::NotFound("the region"))?,
            fields: Fields::new().with("address", household.address.as_str()),
            residents: residents.collect(),
            time: keting.now(),
        };
        keting.execute(&Command::Household(add))?;
        output::line(id)?;
    }
    Ok(())
}

/// Looks through every cell of every table of a device's file for ID numbers.
fn search(data: &Path, id_numbers: &BTreeSet<String>) -> Result<(), Failure> {
    let keting = device::open_below(data)?;
    let mut found = BTreeSet::new();
    let mut cells = 0_u64;
    for table in tables(&keting)? {
        let sql = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
        keting.read(|reader| {
            reader.query(&sql, &[], &mut |row| {
                for cell in row {
                    cells += 1;
                    let bytes = match cell {
                        Cell::Text(text) => text.as_bytes(),
                        Cell::Blob(bytes) => bytes,
                        Cell::Null | Cell::Int(_) => &[],
                    };
                    found.extend(id_numbers_in(bytes, id_numbers));
                }
            })
        })?;
    }
    output::json(&json!({ "cells": cells, "id_numbers": found.len() }))
}

fn tables(keting: &Local) -> Result<Vec<String>, Failure> {
    const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let mut names = Vec::new();
    keting.read(|reader| {
        reader.query(TABLES, &[], &mut |row| {
            if let Some(Cell::Text(name)) = row.first() {
                names.push(name.clone());
            }
        })
    })?;
    Ok(names)
}

/// The ID numbers that stand anywhere in some bytes.
pub fn id_numbers_in(bytes: &[u8], id_numbers: &BTreeSet<String>) -> BTreeSet<String> {
    let windows = bytes.windows(ID_NUMBER_BYTES).filter_map(|window| str::from_utf8(window).ok());
    windows.filter(|text| id_numbers.contains(*text)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_number_is_found_in_the_middle_of_bytes() {
        let id_numbers = Roster::of(8).unwrap().id_numbers();
        let one = id_numbers.first().unwrap();
        let mut bytes = vec![0xff, b'9'];
        bytes.extend_from_slice(one.as_bytes());
        bytes.push(0xfe);
        assert_eq!(id_numbers_in(&bytes, &id_numbers), BTreeSet::from([one.clone()]));
        bytes[7] ^= 1;
        assert_eq!(id_numbers_in(&bytes, &id_numbers), BTreeSet::new());
    }
}
