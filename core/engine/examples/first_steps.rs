//! A whole small app: a household entered without a connection, shown, and synced when there is one.
//!
//! ```sh
//! cargo run -p keting --example first_steps -- FOLDER REGION_CODE [INVITATION]
//! ```
#![allow(clippy::print_stdout, reason = "this app's screen is a terminal")]

use std::path::Path;
use std::sync::Arc;

use keting::verbs::{NewHousehold, NewVisit};
use keting::views::Households;
use keting::{Answer, DirectoryVault, Keting, Phase, Query};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    // The engine brings its own threads; whatever awaits futures will do.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(first_steps())
}

async fn first_steps() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let code = arguments.next().ok_or("which region?")?;
    let (data, keys) = (Path::new(&folder).join("data"), Path::new(&folder).join("keys"));

    // On a phone the vault is the platform's; an invitation is what the operator's QR code says.
    let vault = Arc::new(DirectoryVault::open(&keys)?);
    let keting = match arguments.next() {
        Some(invitation) => Keting::join(&data, vault, &invitation.parse()?).await?,
        None => Keting::open(&data, vault).await?,
    };

    // Syncing goes on by itself from here, whenever there is a signal. The first time it enrols.
    keting.start_sync()?;
    has_everything(&keting).await?;

    // When this is answered, the edit is on this device's disk. Nothing waits for the server.
    let region = keting.region_of_code(code).await?.ok_or("no such region here")?;
    let household = NewHousehold::at(region, "望潮苑1幢1单元101室");
    let household = keting.add_household(household, None).await?.id;
    let visit = NewVisit { purpose: Some("日常走访".to_owned()), ..NewVisit::default() };
    keting.add_visit(household, visit, None).await?;

    // A screen shows the answer of now, and each further one as soon as it is another.
    let listed = Households { region: Some(region.document()), ..Households::default() };
    let screen = keting.live(Query::Households(listed));
    while let Some(Answer::Households(page)) = screen.next().await? {
        for row in page.rows {
            let waits = if row.not_sent { "  not sent yet" } else { "" };
            println!("{}  {}{waits}", row.id, row.address);
        }
    }
    Ok(())
}

/// Waits until the device has joined and everything has come for the first time.
async fn has_everything(keting: &Keting) -> Result<(), Failed> {
    let status = keting.live(Query::Sync);
    while let Some(Answer::Sync(status)) = status.next().await? {
        match status.phase {
            Phase::UpToDate => return Ok(()),
            Phase::Stopped { code } => return Err(code.into()),
            // A device that has joined before works without a connection.
            Phase::Offline { .. } if status.as_of_ms.is_some() => return Ok(()),
            _ => {}
        }
    }
    Err("closed".into())
}
