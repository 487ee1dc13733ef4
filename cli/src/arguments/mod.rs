//! The command line, as `--help` shows it.

mod device;
mod household;
mod operator;
mod region;
mod resident;
mod withdrawal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use device::{Device, Enroll, Held, Salvage, Sync};
pub use household::{Household, SettleOn};
pub use operator::{Grant, Init, Invitations, Invite, LogFormat, ReadingServer, Serve, Server};
pub use region::Region;
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
    Verify(ReadingEither),
    /// Show what is in the file, and how large it is.
    Inspect(ReadingEither),
    /// Find out what keeps a device or a server from working, and what to do about it.
    Doctor(ReadingEither),
    /// Set a damaged file aside and rescue what has not been sent.
    Salvage(Salvage),
    /// Tell the story with a real server and four phones on this machine.
    Demo(Demo),
    /// Print what a shell needs to complete these commands.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// A shell that completes commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash.
    Bash,
    /// Elvish.
    Elvish,
    /// Fish.
    Fish,
    /// PowerShell.
    Powershell,
    /// Z shell.
    Zsh,
}

/// A device's directory, and how to print.
#[derive(Debug, Args)]
pub struct Reading {
    /// The device's directory.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// The directory of a device or of a server, and how to print.
#[derive(Debug, Args)]
pub struct ReadingEither {
    /// The device's directory, or the server's.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// A device's directory, and how to say what was saved.
#[derive(Debug, Args)]
pub struct Writing {
    /// The device's directory.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// Print JSON for machines: the id, and what should be looked at again.
    #[arg(long)]
    pub json: bool,
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
