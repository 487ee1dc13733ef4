//! The list of households.

use keting::RegionId;
use keting::views::{HouseholdFilter, HouseholdView, Shown};

use super::marked;
use crate::arguments::Reading;
use crate::commands::{held, withdrawal};
use crate::device::{self, wait};
use crate::exit::Failure;
use crate::{output, pager};

/// Lists the households of a region, or all.
///
/// # Errors
/// When there is no such region, or the device cannot be used.
pub fn list(region: Option<&str>, withdrawn: bool, reading: &Reading) -> Result<(), Failure> {
    let keting = device::open(&reading.data)?;
    let region =
        region.map(|code| device::region(&keting, code)).transpose()?.map(RegionId::document);
    let shown = if withdrawn { Shown::AlsoWithdrawn } else { Shown::Standing };
    let households = wait(keting.every_household(HouseholdFilter { region, shown }))?;
    if reading.json {
        return output::json(&households);
    }
    let count = households.len();
    let digits = wait(keting.household_digits())?.max(device::DIGITS_MIN);
    let rows: Vec<_> = households.into_iter().map(|one| row(one, digits)).collect();
    let headings = [
        "编号 id",
        "区域 region",
        "地址 address",
        "户主 head",
        "常住人数 living_here",
        "待定 conflicts",
    ];
    let mut lines = output::under(&headings, &rows);
    lines.push(format!("共 {count} 户 households"));
    pager::print(&lines)?;
    if !withdrawn {
        withdrawal::mention(&keting)?;
    }
    held::mention(&keting)
}

fn row(household: HouseholdView, digits: usize) -> Vec<String> {
    let conflicts = household.conflicts;
    vec![
        device::digits_of(&household.id, digits),
        household.region.unwrap_or_default(),
        marked(household.address, &household.withdrawn),
        household.head.unwrap_or_default(),
        household.living_here.to_string(),
        if conflicts > 0 { conflicts.to_string() } else { String::new() },
    ]
}
