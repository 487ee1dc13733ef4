//! The command line: verbs, and what each takes. What is said of them stands in [`crate::help`].

mod device;
mod household;
mod need;
mod note;
mod operator;
mod region;
mod resident;
mod visit;
mod withdrawal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use device::{Device, Enroll, Held, Salvage, Sync};
pub use household::{Household, SettleOn};
pub use need::NeedSaid;
pub use note::NewNote;
pub use operator::{Grant, Init, Invitations, Invite, LogFormat, Serve, Server};
pub use region::Region;
pub use resident::{Resident, ResidentFields};
pub use visit::NewVisit;
pub use withdrawal::{OfHousehold, RestoreReason, WithdrawReason};

/// Keting: household rosters that several people edit offline and that merge through a server.
#[derive(Debug, Parser)]
#[command(name = "keting", version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Init(Init),
    Serve(Serve),
    Invite(Invite),
    #[command(subcommand)]
    Invitation(Invitations),
    #[command(subcommand)]
    Server(Server),
    #[command(subcommand)]
    Grant(Grant),
    Enroll(Enroll),
    #[command(subcommand)]
    Region(Region),
    #[command(subcommand)]
    Household(Household),
    #[command(subcommand)]
    Resident(Resident),
    Sync(Sync),
    Status(Reading),
    Outbox(Reading),
    #[command(subcommand)]
    Held(Held),
    #[command(subcommand)]
    Device(Device),
    Verify(Reading),
    Inspect(Reading),
    Doctor(Reading),
    Salvage(Salvage),
    Demo(Demo),
    Completions {
        shell: Shell,
    },
}

/// A shell that completes commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// A directory, and how to print: a device's, a server's, or one of either.
#[derive(Debug, Args)]
pub struct Reading {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    #[arg(long)]
    pub json: bool,
}

/// A device's directory, and how to say what was saved.
#[derive(Debug, Args)]
pub struct Writing {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    #[arg(long, default_value_t = 80)]
    pub households: usize,
    #[arg(long)]
    pub keep: bool,
    #[arg(long, hide = true, num_args = 1..)]
    pub part: Option<Vec<String>>,
}
