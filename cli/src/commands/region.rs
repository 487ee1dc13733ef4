//! Regions: list, show, add.

use keting::views::RegionView;
use keting_model::region::RegionCommand;
use keting_model::{Command, DocumentKind};

use crate::arguments::Region;
use crate::commands::household::fields;
use crate::commands::words::word_name;
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
            let regions = device::open(&reading.data)?.regions()?;
            if reading.json {
                return output::json(&regions);
            }
            print(&regions)
        }
        Region::Show { code, reading } => {
            let keting = device::open(&reading.data)?;
            let id = device::region(&keting, &code)?;
            let mut regions = keting.regions()?;
            regions.retain(|region| region.id == id);
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
