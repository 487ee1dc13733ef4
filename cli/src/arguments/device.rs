//! What may be said to a device as a whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Reading;

/// Arguments of `salvage`.
#[derive(Debug, Args)]
pub struct Salvage {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    #[arg(long)]
    pub seen: bool,
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `enroll`.
#[derive(Debug, Args)]
pub struct Enroll {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    pub invitation: String,
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub struct Sync {
    #[command(flatten)]
    pub reading: Reading,
    #[arg(long)]
    pub watch: bool,
}

/// Verbs of held edits.
#[derive(Debug, Subcommand)]
pub enum Held {
    List(Reading),
    Show {
        id: String,
        #[command(flatten)]
        reading: Reading,
    },
}

/// Verbs of devices.
#[derive(Debug, Subcommand)]
pub enum Device {
    List(Reading),
    End {
        id: String,
        #[arg(long)]
        why: String,
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
}
