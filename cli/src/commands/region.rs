//! Regions: list, show, add.

use keting::Level;
use keting::input::Field;
use keting::verbs::NewRegion;
use keting::views::RegionView;

use crate::arguments::Region;
use crate::commands::words::word_name;
use crate::device::{self, print_saved, wait};
use crate::exit::Failure;
use crate::output;
use crate::typed::Typed;

/// Does what was asked with regions.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Region) -> Result<(), Failure> {
    match verb {
        Region::List(reading) => {
            let regions = wait(device::open(&reading.data)?.regions())?;
            if reading.json {
                return output::json(&regions);
            }
            print(&regions)
        }
        Region::Show { code, reading } => {
            let keting = device::open(&reading.data)?;
            let id = device::region(&keting, &code)?;
            let mut regions = wait(keting.regions())?;
            regions.retain(|region| region.id == id.document());
            let region = regions.first().ok_or(Failure::NotFound("the region"))?;
            if reading.json { output::json(region) } else { print(&regions) }
        }
        Region::Add { writing, code, name, level, parent, boundary, head } => {
            let keting = device::open(&writing.data)?;
            let parent = device::region(&keting, &parent)?;
            let mut typed = Typed::on(&keting)?;
            let (code, name) =
                (typed.text(Field::RegionCode, code), typed.text(Field::RegionName, name));
            let level = typed.word(Field::RegionLevel, &level, Level::from_name);
            let boundary = typed.given(Field::RegionBoundary, boundary);
            let head = typed.given(Field::RegionHead, head);
            let cautions = typed.cautions()?;
            // What is empty is no word, and was refused.
            let level = level.ok_or(Failure::NotFound("the level"))?;
            let form = NewRegion { id: None, parent, code, name, level, boundary, head };
            let saved = wait(keting.add_region(form, None))?;
            print_saved(&saved, cautions, saved.id, &writing)
        }
    }
}

fn print(regions: &[RegionView]) -> Result<(), Failure> {
    let rows: Vec<_> = regions
        .iter()
        .map(|region| {
            let or_empty = |field: &Option<String>| field.clone().unwrap_or_default();
            vec![
                region.code.clone(),
                region.name.clone(),
                word_name(&region.level),
                or_empty(&region.parent),
                or_empty(&region.head),
            ]
        })
        .collect();
    output::table(&["代码 code", "名称 name", "层级 level", "上级 parent", "负责人 head"], &rows)
}
