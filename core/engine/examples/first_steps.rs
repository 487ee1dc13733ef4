//! A whole small app: a household entered without a connection, shown, and synced when there is one.
//!
//! ```sh
//! cargo run -p keting --example first_steps -- FOLDER REGION_CODE [INVITATION]
//! ```
#![allow(clippy::print_stdout, reason = "this app's screen is a terminal")]

use std::path::Path;
use std::sync::Arc;

use keting::verbs::{NewHousehold, NewVisit};
use keting::views::HouseholdFilter;
use keting::{DirectoryVault, Keting, RegionId, SyncNews};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let code = arguments.next().ok_or("which region?")?;
    let (data, keys) = (Path::new(&folder).join("data"), Path::new(&folder).join("keys"));

    // On a phone the vault is the platform's; an invitation is what the operator's QR code says.
    let vault = Arc::new(DirectoryVault::open(&keys)?);
    let keting = match arguments.next() {
        Some(invitation) => Keting::create(&data, vault, &invitation.parse()?)?,
        None => Keting::open(&data, vault)?,
    };

    // Syncing goes on by itself from here, whenever there is a signal. The first time it enrols.
    let syncing = keting.start_sync()?;
    if keting.status()?.city.is_none() {
        let enrolled = syncing.news().any(|news| news == SyncNews::UpToDate);
        if !enrolled {
            return Ok(syncing.stop()?);
        }
    }

    // When this returns, the edit is on this device's disk. Nothing waits for the server.
    let region = keting.region_of_code(&code)?.and_then(RegionId::of);
    let region = region.ok_or("no such region here")?;
    let watched = keting.watch(&["household"]);
    let household = NewHousehold::at(region, "望潮苑1幢1单元101室");
    let household = keting.add_household(household, None)?.id;
    let visit = NewVisit { purpose: Some("日常走访".to_owned()), ..NewVisit::default() };
    keting.add_visit(household, visit, None)?;

    // A screen shows what a query answers, and asks again whenever its rows changed.
    for _changed in watched {
        let region = Some(region.document());
        for household in
            keting.households(&HouseholdFilter { region, ..HouseholdFilter::default() })?
        {
            println!("{}  {}", household.id, household.address);
        }
        println!("{} waiting for the server", keting.status()?.waiting);
    }
    Ok(())
}
