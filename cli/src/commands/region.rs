//! Regions: list, show, add.

use keting::views::RegionView;
use keting_model::region::RegionCommand;
use keting_model::{Command, DocumentKind};

use crate::arguments::{Reading, Region};
use crate::commands::household::fields;
use crate::device;
use crate::exit::Failure;
use crate::output;

/// Does what was asked with regions.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn run(verb: Region) -> Result<(), Failure> {
    match verb {
        Region::List(reading) => {
            let regions = regions(&reading)?;
            if reading.json {
                return output::json(&regions);
            }
            print(&regions)
        }
        Region::Show { code, reading } => {
            let mut regions = regions(&reading)?;
            regions.retain(|region| region.code == code);
            let region = regions.first().ok_or(Failure::NotFound("the region"))?;
            if reading.json { output::json(region) } else { print(&regions) }
        }
        Region::Add { writing, code, name, level, parent, boundary, head } => {
            let keting = device::open(&writing.data)?;
            let region = keting.new_document(DocumentKind::Region);
            let parent = Some(device::region(&keting, &parent)?);
            let fields = fields(&[
                ("code", Some(code)),
                ("name", Some(name)),
                ("level", Some(level)),
                ("boundary", boundary),
                ("head", head),
            ]);
            let add = RegionCommand::Add { region, parent, fields };
            device::write(&keting, &Command::Region(add), region, &writing)
        }
    }
}

fn regions(reading: &Reading) -> Result<Vec<RegionView>, Failure> {
    let keting = device::open(&reading.data)?;
    Ok(keting.regions()?)
}

fn print(regions: &[RegionView]) -> Result<(), Failure> {
    let rows: Vec<_> = regions
        .iter()
        .map(|region| {
            let or_empty = |field: &Option<String>| field.clone().unwrap_or_default();
            vec![
                region.code.clone(),
                region.name.clone(),
                region.level.clone(),
                or_empty(&region.parent),
                or_empty(&region.head),
            ]
        })
        .collect();
    output::table(&["代码 code", "名称 name", "层级 level", "上级 parent", "负责人 head"], &rows)
}
