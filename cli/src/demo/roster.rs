//! The people of the story: the fixtures, cut or repeated to the size asked for.
//!
//! They are synthetic. The region code in their ID numbers is assigned to nobody.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::Fields;

use crate::demo::broken;
use crate::exit::Failure;

const REGIONS: &str = include_str!("../../../tests/fixtures/chaoxiang/regions.csv");
const HOUSEHOLDS: &str = include_str!("../../../tests/fixtures/chaoxiang/households.csv");

/// The fewest households the story can be told with.
pub const HOUSEHOLDS_MIN: usize = 8;

/// The regions' file, as `keting init` reads it.
pub fn regions_csv() -> &'static str {
    REGIONS
}

/// Regions and households.
#[derive(Debug)]
pub struct Roster {
    /// The regions, each below one that comes earlier.
    pub regions: Vec<Region>,
    /// The two micro-grids, each with its households.
    pub micro_grids: Vec<MicroGrid>,
}

/// A region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: String,
    /// The code of the region it is part of; empty for the city.
    pub parent: String,
    /// Who is in charge.
    pub head: String,
}

/// A micro-grid with the households that the story puts there.
#[derive(Debug)]
pub struct MicroGrid {
    /// The micro-grid.
    pub region: Region,
    /// Its households.
    pub households: Vec<Household>,
}

/// A household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// The code of its unit.
    pub unit: String,
    /// Its address.
    pub address: String,
    /// Who lives there.
    pub people: Vec<Person>,
}

/// Somebody who lives in a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// What the person is to the head of the household.
    pub relation: String,
    /// The ID number; empty for the people of a repeated household.
    pub id_number: String,
    /// The phone number; may be empty.
    pub phone: String,
    /// The day of birth.
    pub birth_date: String,
    /// The care tags.
    pub care_tags: Vec<String>,
}

impl Roster {
    /// The roster with a number of households, half of them in each micro-grid.
    ///
    /// # Errors
    /// When it is too few to tell the story with.
    pub fn of(households: usize) -> Result<Self, Failure> {
        if households < HOUSEHOLDS_MIN {
            let usage = format!("the story needs at least {HOUSEHOLDS_MIN} households");
            return Err(Failure::Usage(usage));
        }
        let regions = read_regions();
        let by_micro_grid = read_households(&regions);
        let parts = by_micro_grid.len().max(1);
        let mut micro_grids = Vec::new();
        for (index, (code, pattern)) in by_micro_grid.into_iter().enumerate() {
            let region = regions.iter().find(|region| region.code == code);
            let region = region.cloned().ok_or_else(|| broken("a household without a region"))?;
            let count = households / parts + usize::from(index < households % parts);
            let rounds = (0..).flat_map(|round| pattern.iter().map(move |of| of.repeated(round)));
            let households = rounds.take(count).collect();
            micro_grids.push(MicroGrid { region, households });
        }
        Ok(Self { regions, micro_grids })
    }

    /// The region with a code.
    ///
    /// # Errors
    /// When there is none.
    pub fn region(&self, code: &str) -> Result<&Region, Failure> {
        let found = self.regions.iter().find(|region| region.code == code);
        found.ok_or_else(|| broken(format!("no region {code} in the fixtures")))
    }

    /// How many people there are.
    pub fn people(&self) -> usize {
        self.households().map(|household| household.people.len()).sum()
    }

    /// Every household.
    pub fn households(&self) -> impl Iterator<Item = &Household> {
        self.micro_grids.iter().flat_map(|micro_grid| &micro_grid.households)
    }

    /// Every ID number.
    pub fn id_numbers(&self) -> BTreeSet<String> {
        let people = self.households().flat_map(|household| &household.people);
        people.filter(|person| !person.id_number.is_empty()).map(|p| p.id_number.clone()).collect()
    }
}

impl Household {
    /// The household as it is in a round of the pattern: at another address in every later one, and
    /// without ID numbers, which are nobody's twice; nor is anybody of one name born on the same day.
    fn repeated(&self, round: usize) -> Self {
        let mut repeated = self.clone();
        if round > 0 {
            repeated.address = in_later_building(&self.address, round);
            for person in &mut repeated.people {
                person.id_number.clear();
                person.birth_date = born_in_later_round(&person.birth_date, round);
            }
        }
        repeated
    }
}

impl Person {
    /// What is known of the person, as a command carries it.
    pub fn fields(&self) -> Fields {
        let mut fields = Fields::new().with("name", self.name.as_str());
        let bond = if self.relation == "tenant" { "lives_here" } else { "both" };
        for (name, value) in [
            ("relation", self.relation.as_str()),
            ("bond", bond),
            ("phone", &self.phone),
            ("id_number", &self.id_number),
            ("birth_date", &self.birth_date),
        ] {
            if !value.is_empty() {
                fields.set(name, value);
            }
        }
        self.care_tags.iter().fold(fields, |fields, tag| fields.with_care_tag(tag, true))
    }
}

/// Moves an address to a building that the fixtures do not have.
fn in_later_building(address: &str, round: usize) -> String {
    const BUILDINGS: usize = 2;
    let Some((before, after)) = address.split_once('幢') else {
        return format!("{address}-{round}");
    };
    let name = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let number: usize =
        before.get(name.len()..).and_then(|digits| digits.parse().ok()).unwrap_or(1);
    format!("{name}{}幢{after}", number + round * BUILDINGS)
}

/// Another day of the same year for each round, as far as there are days.
fn born_in_later_round(birth_date: &str, round: usize) -> String {
    const MONTHS: usize = 12;
    const DAYS: usize = 28;
    let parts: Vec<usize> = birth_date.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = parts[..] else { return birth_date.to_owned() };
    let later = month.saturating_sub(1) * DAYS + day.saturating_sub(1) + round;
    let (month, day) = (later / DAYS % MONTHS + 1, later % DAYS + 1);
    format!("{year:04}-{month:02}-{day:02}")
}

fn read_regions() -> Vec<Region> {
    let regions = REGIONS.lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',').map(str::to_owned);
        let (code, name, level) = (cells.next()?, cells.next()?, cells.next()?);
        let (parent, _boundary, head) = (cells.next()?, cells.next()?, cells.next()?);
        Some(Region { code, name, level, parent, head })
    });
    regions.collect()
}

/// The households of the fixtures by the code of their micro-grid, in the order of the file.
fn read_households(regions: &[Region]) -> BTreeMap<String, Vec<Household>> {
    let parent = |unit: &str| {
        regions.iter().find(|region| region.code == unit).map(|region| region.parent.clone())
    };
    let mut by_micro_grid: BTreeMap<String, Vec<Household>> = BTreeMap::new();
    for line in HOUSEHOLDS.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [_number, unit, address, name, relation, id_number, phone, tags] = cells[..] else {
            continue;
        };
        let Some(micro_grid) = parent(unit) else { continue };
        let person = Person {
            name: name.to_owned(),
            relation: relation.to_owned(),
            id_number: id_number.to_owned(),
            phone: phone.to_owned(),
            birth_date: birth_date(id_number),
            care_tags: tags.split(';').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        };
        let households = by_micro_grid.entry(micro_grid).or_default();
        match households.last_mut().filter(|last| last.address == address) {
            Some(last) => last.people.push(person),
            None => households.push(Household {
                unit: unit.to_owned(),
                address: address.to_owned(),
                people: vec![person],
            }),
        }
    }
    by_micro_grid
}

fn birth_date(id_number: &str) -> String {
    let part = |range| id_number.get(range).unwrap_or_default();
    format!("{}-{}-{}", part(6..10), part(10..12), part(12..14))
}

#[cfg(test)]
mod tests {
    use keting_model::day::Day;

    use super::*;

    #[test]
    fn eighty_households_are_the_fixtures_as_they_are() {
        let roster = Roster::of(80).unwrap();
        assert_eq!(
            roster.micro_grids.iter().map(|m| m.households.len()).collect::<Vec<_>>(),
            [40, 40]
        );
        assert_eq!(roster.people(), HOUSEHOLDS.lines().count() - 1);
        assert_eq!(roster.id_numbers().len(), roster.people());
    }

    #[test]
    fn fewer_take_the_first_of_each_micro_grid_and_too_few_are_refused() {
        let roster = Roster::of(9).unwrap();
        let of = |index: usize| roster.micro_grids[index].households.len();
        assert_eq!((of(0), of(1)), (5, 4));
        assert!(Roster::of(HOUSEHOLDS_MIN - 1).is_err());
    }

    #[test]
    fn more_repeat_the_pattern_at_other_addresses_without_id_numbers() {
        let roster = Roster::of(300).unwrap();
        let addresses: BTreeSet<_> = roster.households().map(|h| &h.address).collect();
        assert_eq!(addresses.len(), 300);
        assert_eq!(roster.id_numbers(), Roster::of(80).unwrap().id_numbers());
        let mut people = BTreeSet::new();
        for person in Roster::of(20_000).unwrap().households().flat_map(|one| &one.people) {
            people.insert((person.name.clone(), person.birth_date.clone()));
            assert!(Day::parse(&person.birth_date).is_some(), "{}", person.birth_date);
        }
        assert!(people.len() > 50_000, "{}", people.len());
        assert_eq!(in_later_building("望潮苑2幢1单元101室", 3), "望潮苑8幢1单元101室");
    }
}
