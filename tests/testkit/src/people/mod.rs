//! A city of people who do not exist, the same for the same seed.
//!
//! The fixture `tests/fixtures/chaoxiang` is the city of seed 1411; benches make larger ones. A
//! smaller city of a seed is the beginning of every larger one with the same shape above its
//! households.

mod csv;
mod draw;
mod family;
mod identity;
mod regions;

pub use csv::{households_csv, regions_csv};
pub use identity::{REGION_CODE, Registry, Sex};
pub use regions::{HOUSEHOLDS_PER_MICRO_GRID, Region};

use crate::rng::Rng;

/// The seed of the checked-in fixture.
pub const CHAOXIANG_SEED: u64 = 1411;

/// How many households there are, and how regions above them branch.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Households in all; forty make a micro-grid.
    pub households: u32,
    /// Micro-grids in a grid.
    pub micro_grids_per_grid: u32,
    /// Grids in a village.
    pub grids_per_village: u32,
    /// Villages in a town.
    pub villages_per_town: u32,
}

impl Shape {
    /// The fixture: two micro-grids of forty households in two grids of one village.
    pub const CHAOXIANG: Self = Self {
        households: 80,
        micro_grids_per_grid: 1,
        grids_per_village: 2,
        villages_per_town: 1,
    };

    /// A city of so many households, branching as a real one does.
    pub const fn of_households(households: u32) -> Self {
        Self { households, micro_grids_per_grid: 5, grids_per_village: 5, villages_per_town: 18 }
    }
}

/// A city: its regions, parents first, and its households in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// The regions, the city itself first, every parent before its children.
    pub regions: Vec<Region>,
    /// The households.
    pub households: Vec<Household>,
}

/// A household at its standard address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// Counts from 1.
    pub number: u32,
    /// The code of its unit, the lowest region it belongs to.
    pub region_code: String,
    /// Estate, building, unit, room.
    pub address: String,
    /// Its people, the head of the household first.
    pub people: Vec<Person>,
}

/// A person who does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Surname and given name.
    pub name: String,
    /// To the head of the household: `head`, `spouse`, `child` …
    pub relation: &'static str,
    /// Eighteen characters, with a right check digit.
    pub id_number: String,
    /// Eleven digits, or empty.
    pub phone: String,
    /// Such as `living_alone`, in alphabetical order.
    pub care_tags: Vec<&'static str>,
}

/// Makes the city of a seed.
pub fn make_city(seed: u64, shape: &Shape) -> City {
    let mut registry = Registry::default();
    let regions = regions::make_regions(seed, shape);
    let households = (0..shape.households)
        .map(|index| {
            let mut rng = Rng::new(seed).fork(u64::from(index));
            let home = regions::home(shape, index);
            Household {
                number: index + 1,
                region_code: home.unit_code,
                address: home.address,
                people: family::make_family(&mut rng, &mut registry),
            }
        })
        .collect();
    City { regions, households }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/chaoxiang");

    #[test]
    fn the_checked_in_files_are_what_the_generator_makes() {
        let city = make_city(CHAOXIANG_SEED, &Shape::CHAOXIANG);
        for (name, made) in
            [("regions.csv", regions_csv(&city)), ("households.csv", households_csv(&city))]
        {
            let checked_in = std::fs::read_to_string(format!("{FIXTURE}/{name}")).unwrap();
            assert!(checked_in == made, "{name} differs; ./dev fixtures writes it again");
        }
    }

    #[test]
    fn the_fixture_is_two_micro_grids_of_forty_households_in_two_grids_of_one_village() {
        let city = make_city(CHAOXIANG_SEED, &Shape::CHAOXIANG);
        let mut levels = BTreeMap::new();
        for region in &city.regions {
            *levels.entry(region.level).or_insert(0) += 1;
        }
        let expected =
            [("city", 1), ("town", 1), ("village", 1), ("grid", 2), ("micro_grid", 2), ("unit", 8)];
        assert_eq!(levels, BTreeMap::from(expected));
        for micro_grid in city.regions.iter().filter(|region| region.level == "micro_grid") {
            let below =
                city.households.iter().filter(|h| h.region_code.starts_with(&micro_grid.code));
            assert_eq!(below.count(), 40);
        }
        let people: usize = city.households.iter().map(|h| h.people.len()).sum();
        assert!((230..=250).contains(&people), "{people} people");
    }

    #[test]
    fn every_parent_stands_before_its_children_and_every_household_in_a_unit() {
        let city = make_city(7, &Shape::of_households(2_500));
        let mut units = BTreeSet::new();
        let mut codes = BTreeSet::new();
        for region in &city.regions {
            assert!(region.parent_code.is_empty() || codes.contains(&region.parent_code));
            assert!(codes.insert(region.code.clone()), "{} twice", region.code);
            if region.level == "unit" {
                units.insert(region.code.clone());
            }
        }
        assert!(city.households.iter().all(|h| units.contains(&h.region_code)));
        let addresses: BTreeSet<&str> =
            city.households.iter().map(|h| h.address.as_str()).collect();
        assert_eq!(addresses.len(), city.households.len());
    }

    #[test]
    fn a_smaller_city_is_the_beginning_of_a_larger_one() {
        let small = make_city(7, &Shape::of_households(60));
        let large = make_city(7, &Shape::of_households(600));
        assert_eq!(small.households, large.households[..60]);
    }

    #[test]
    fn id_numbers_are_valid_and_nobody_shares_one() {
        let city = make_city(7, &Shape::of_households(10_000));
        let mut seen = BTreeSet::new();
        for person in city.households.iter().flat_map(|h| &h.people) {
            assert!(person.id_number.starts_with(REGION_CODE));
            assert!(identity::tests::check_digit_is_right(&person.id_number));
            assert!(seen.insert(&person.id_number));
        }
        assert!(seen.len() > 25_000);
    }

    #[test]
    fn every_household_has_one_head_and_every_kind_of_person_occurs() {
        let city = make_city(CHAOXIANG_SEED, &Shape::CHAOXIANG);
        let mut relations = BTreeSet::new();
        let mut tags = BTreeSet::new();
        for household in &city.households {
            let heads = household.people.iter().filter(|person| person.relation == "head");
            assert_eq!(heads.count(), 1);
            for person in &household.people {
                relations.insert(person.relation);
                tags.extend(person.care_tags.iter().copied());
                assert!(person.phone.is_empty() || person.phone.len() == 11);
            }
        }
        let expected = ["child", "grandchild", "head", "other", "parent", "spouse", "tenant"];
        assert_eq!(relations, BTreeSet::from(expected));
        let expected = ["disabled", "living_alone", "low_income", "veteran_family"];
        assert_eq!(tags, BTreeSet::from(expected));
    }
}
