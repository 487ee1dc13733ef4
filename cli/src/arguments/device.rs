//! What may be said to a device as a whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Reading, ReadingEither};

/// Arguments of `salvage`.
#[derive(Debug, Args)]
pub struct Salvage {
    /// The device's directory.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
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
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// The invitation, as `keting invite` printed it.
    pub invitation: String,
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
    /// List the devices of a city, on its server: who holds them, when they last came, and what is open.
    /// On a device, those whose grants it knows.
    List(ReadingEither),
    /// End a device, on the server: it hands over what was made before and then reads nothing more.
    /// What its grants covered is no longer its; a later invitation gives it anew. Prints its id.
    End {
        /// The device's id, as `grant list` prints it, or as many of its first digits as are needed.
        id: String,
        /// Why, in words that its holder reads on the device.
        #[arg(long)]
        why: String,
        /// The running server's directory.
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
}
