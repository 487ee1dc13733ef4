//! Where they live: five levels of regions below a city that is on no map.

use super::Shape;
use super::draw::{between, percent};
use super::identity::{REGION_CODE, Sex, name, surname};
use crate::rng::Rng;

/// So many households make a micro-grid: two buildings of two units of five floors of two rooms.
pub const HOUSEHOLDS_PER_MICRO_GRID: u32 = 40;
const HOUSEHOLDS_PER_UNIT: u32 = 10;
const UNITS_PER_BUILDING: u32 = 2;
const ROOMS_PER_FLOOR: u32 = 2;

const TOWNS: [&str; 4] = ["临潮街道", "盐塘镇", "钱桥镇", "硖东街道"];
const VILLAGES: [&str; 6] = ["荷塘社区", "听潮社区", "东浜村", "桑园村", "石桥村", "新塘社区"];
const ESTATES: [&str; 8] =
    ["望潮苑", "桂雨里", "荷风苑", "听涛公寓", "锦绣里", "梧桐苑", "春晓里", "河畔新村"];

/// A region of a made-up city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The label people use: the parent's code and some digits.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `city`, `town`, `village`, `grid`, `micro_grid` or `unit`.
    pub level: &'static str,
    /// The parent's code; empty for the city.
    pub parent_code: String,
    /// Its bounds in words.
    pub boundary: String,
    /// Who is in charge.
    pub head: String,
}

/// Where a household stands.
pub(super) struct Home {
    pub(super) unit_code: String,
    pub(super) address: String,
}

/// Makes the regions that the households of a shape need, parents first.
pub(super) fn make_regions(seed: u64, shape: &Shape) -> Vec<Region> {
    let mut maker = Maker { seed, regions: Vec::new() };
    maker.add("city", "", REGION_CODE, "潮乡市".into(), "合成数据，不对应任何真实地方".into());
    let mut last = Place::default();
    for index in (0..shape.households).step_by(step(HOUSEHOLDS_PER_UNIT)) {
        let place = Place::of(shape, index);
        maker.add_new(&last, &place);
        last = place;
    }
    maker.regions
}

/// Where the household of an index (from 0) stands.
pub(super) fn home(shape: &Shape, index: u32) -> Home {
    let place = Place::of(shape, index);
    let in_unit = index % HOUSEHOLDS_PER_UNIT;
    let (floor, room) = (in_unit / ROOMS_PER_FLOOR + 1, in_unit % ROOMS_PER_FLOOR + 1);
    Home {
        address: format!("{}{}{floor}{room:02}室", place.estate(), place.stairwell()),
        unit_code: place.unit_code(),
    }
}

/// The position of a unit: each number counts from 1 within the one before it; 0 is nowhere.
#[derive(Default, Clone, Copy)]
struct Place {
    town: u32,
    village: u32,
    grid: u32,
    micro_grid: u32,
    unit: u32,
}

impl Place {
    fn of(shape: &Shape, household: u32) -> Self {
        let micro_grid = household / HOUSEHOLDS_PER_MICRO_GRID;
        let grid = micro_grid / shape.micro_grids_per_grid;
        let village = grid / shape.grids_per_village;
        Self {
            town: village / shape.villages_per_town + 1,
            village: village % shape.villages_per_town + 1,
            grid: grid % shape.grids_per_village + 1,
            micro_grid: micro_grid % shape.micro_grids_per_grid + 1,
            unit: household % HOUSEHOLDS_PER_MICRO_GRID / HOUSEHOLDS_PER_UNIT + 1,
        }
    }

    fn town_code(&self) -> String {
        format!("{REGION_CODE}{:03}", self.town)
    }

    fn village_code(&self) -> String {
        format!("{}{:03}", self.town_code(), self.village)
    }

    fn grid_code(&self) -> String {
        format!("{}{:02}", self.village_code(), self.grid)
    }

    fn micro_grid_code(&self) -> String {
        format!("{}{:02}", self.grid_code(), self.micro_grid)
    }

    fn unit_code(&self) -> String {
        format!("{}{:03}", self.micro_grid_code(), self.unit)
    }

    /// The estate of the grid, told apart from its namesakes by town and village.
    fn estate(&self) -> String {
        let name = ESTATES[step(self.grid - 1) % ESTATES.len()];
        format!("{}{}{name}", self.town_name(), self.village_name())
    }

    fn town_name(&self) -> String {
        numbered(&TOWNS, self.town)
    }

    fn village_name(&self) -> String {
        numbered(&VILLAGES, self.village)
    }

    /// Building and unit, such as 3幢2单元.
    fn stairwell(&self) -> String {
        format!("{}幢{}单元", self.building(), (self.unit - 1) % UNITS_PER_BUILDING + 1)
    }

    fn building(&self) -> u32 {
        (self.micro_grid - 1) * 2 + (self.unit - 1) / UNITS_PER_BUILDING + 1
    }
}

struct Maker {
    seed: u64,
    regions: Vec<Region>,
}

impl Maker {
    /// Adds the regions of a place that the last one was not in.
    fn add_new(&mut self, last: &Place, place: &Place) {
        let town = place.town != last.town;
        let village = town || place.village != last.village;
        let grid = village || place.grid != last.grid;
        let micro_grid = grid || place.micro_grid != last.micro_grid;
        let (town_code, village_code) = (place.town_code(), place.village_code());
        let (grid_code, micro_grid_code) = (place.grid_code(), place.micro_grid_code());
        let estate = place.estate();
        if town {
            self.add("town", REGION_CODE, &town_code, place.town_name(), "潮乡市区一带".into());
        }
        if village {
            let boundary = format!("{}境内", place.town_name());
            self.add("village", &town_code, &village_code, place.village_name(), boundary);
        }
        if grid {
            let name = format!("{}第{}网格", place.village_name(), place.grid);
            self.add("grid", &village_code, &grid_code, name, estate.clone());
        }
        if micro_grid {
            let name =
                format!("{}第{}网格微网格{}", place.village_name(), place.grid, place.micro_grid);
            let first = place.building();
            let boundary = format!("{estate}{first}幢、{}幢", first + 1);
            self.add("micro_grid", &grid_code, &micro_grid_code, name, boundary);
        }
        let boundary = format!("{estate}{}", place.stairwell());
        self.add("unit", &micro_grid_code, &place.unit_code(), place.stairwell(), boundary);
    }

    fn add(
        &mut self,
        level: &'static str,
        parent: &str,
        code: &str,
        name: String,
        boundary: String,
    ) {
        let head = self.head(code);
        let (code, parent_code) = (code.to_owned(), parent.to_owned());
        self.regions.push(Region { code, name, level, parent_code, boundary, head });
    }

    /// Somebody in charge, who depends on the code alone.
    fn head(&self, code: &str) -> String {
        let number = code.bytes().fold(1_u64, |n, digit| n.wrapping_mul(31) ^ u64::from(digit));
        let mut rng = Rng::new(self.seed).fork(number);
        let sex = if percent(&mut rng, 50) { Sex::Male } else { Sex::Female };
        let (family, birth_year) = (surname(&mut rng), between(&mut rng, 1955, 1995));
        name(&mut rng, family, sex, birth_year)
    }
}

/// A name from a list, with a number once the list is used up.
fn numbered(names: &[&str], number: u32) -> String {
    let index = step(number - 1);
    let name = names[index % names.len()];
    match index / names.len() {
        0 => name.to_owned(),
        round => format!("{name}{}", round + 1),
    }
}

fn step(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
