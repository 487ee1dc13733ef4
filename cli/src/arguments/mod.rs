//! The command line, as `--help` shows it.

mod household;
mod operator;
mod resident;
mod withdrawal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use household::{Household, SettleOn};
pub use operator::{Grant, Init, Invitations, Invite, LogFormat, ReadingServer, Serve, Server};
pub use resident::{Resident, ResidentFields};
pub use withdrawal::{OfHousehold, RestoreReason, WithdrawReason};

/// Keting: household rosters that several people edit offline and that merge through a server.
#[derive(Debug, Parser)]
#[command(name = "keting", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a city: its log, its regions and its root key.
    Init(Init),
    /// Run the server of a city.
    Serve(Serve),
    /// Ask the running server for an invitation for one device.
    Invite(Invite),
    /// What became of invitations.
    #[command(subcommand)]
    Invitation(Invitations),
    /// Look after the running server.
    #[command(subcommand)]
    Server(Server),
    /// What devices were given.
    #[command(subcommand)]
    Grant(Grant),
    /// Make this directory a device of the city, with an invitation.
    Enroll(Enroll),
    /// Regions.
    #[command(subcommand)]
    Region(Region),
    /// Households.
    #[command(subcommand)]
    Household(Household),
    /// Residents of a household.
    #[command(subcommand)]
    Resident(Resident),
    /// Exchange edits with the server.
    Sync(Sync),
    /// Show whether this device is up to date, whose it is, and what waits.
    Status(Reading),
    /// List the edits the server has not acknowledged.
    Outbox(Reading),
    /// The edits that the server holds: what was entered, and why.
    #[command(subcommand)]
    Held(Held),
    /// Devices.
    #[command(subcommand)]
    Device(Device),
    /// Check everything: signatures, chain, projections, audience, actors.
    Verify(Reading),
    /// Show what is in the file, and how large it is.
    Inspect(Reading),
    /// Set a damaged file aside and rescue what has not been sent.
    Salvage(Salvage),
    /// Tell the story with a real server and four phones on this machine.
    Demo(Demo),
}

/// A directory, and how to print.
#[derive(Debug, Args)]
pub struct Reading {
    /// The device's directory; for `verify` and `inspect` also a server's.
    #[arg(long)]
    pub data: PathBuf,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// A device's directory, and how to say what was saved.
#[derive(Debug, Args)]
pub struct Writing {
    /// The device's directory.
    #[arg(long)]
    pub data: PathBuf,
    /// Print JSON for machines: the id, and what should be looked at again.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `salvage`.
#[derive(Debug, Args)]
pub struct Salvage {
    /// The device's directory.
    #[arg(long)]
    pub data: PathBuf,
    /// Say that the report of the last salvage has been read; `status` then stops showing it.
    #[arg(long)]
    pub seen: bool,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `enroll`.
#[derive(Debug, Args)]
pub struct Enroll {
    /// The device's directory, to be made.
    #[arg(long)]
    pub data: PathBuf,
    /// The invitation, as `keting invite` printed it.
    pub invitation: String,
}

/// Verbs of regions.
#[derive(Debug, Subcommand)]
pub enum Region {
    /// List the regions this device may see.
    List(Reading),
    /// Show one region.
    Show {
        /// The region's code.
        code: String,
        #[command(flatten)]
        reading: Reading,
    },
    /// Add a region below another one.
    Add {
        #[command(flatten)]
        writing: Writing,
        /// The new region's code, never used before.
        #[arg(long)]
        code: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its level: town, village, grid, micro_grid or unit.
        #[arg(long)]
        level: String,
        /// The code of the region it is part of.
        #[arg(long)]
        parent: String,
        /// Its boundary in words.
        #[arg(long)]
        boundary: Option<String>,
        /// The name of the person in charge.
        #[arg(long)]
        head: Option<String>,
    },
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub struct Sync {
    #[command(flatten)]
    pub reading: Reading,
    /// Stay connected and print what changes, until interrupted.
    #[arg(long)]
    pub watch: bool,
}

/// Verbs of held edits.
#[derive(Debug, Subcommand)]
pub enum Held {
    /// List the edits that are held, and those that stand on them.
    List(Reading),
    /// Show what was entered with one, so that it can be entered again, and why it is held.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        reading: Reading,
    },
}

/// Verbs of devices.
#[derive(Debug, Subcommand)]
pub enum Device {
    /// List the devices and people whose grants this device knows.
    List(Reading),
    /// End a device, on the server: it hands over what was made before and then reads nothing more.
    /// What its grants covered is no longer its; a later invitation gives it anew. Prints its id.
    End {
        /// The device's id, as `grant list` prints it, or as many of its first digits as are needed.
        id: String,
        /// Why, in words that its holder reads on the device.
        #[arg(long)]
        why: String,
        /// The running server's directory.
        #[arg(long)]
        data: PathBuf,
    },
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// How many households there are.
    #[arg(long, default_value_t = 80)]
    pub households: usize,
    /// Keep the directory with all files, and say where it is.
    #[arg(long)]
    pub keep: bool,
    /// A part of the story, which `demo` starts processes of its own for.
    #[arg(long, hide = true, num_args = 1..)]
    pub part: Option<Vec<String>>,
}
