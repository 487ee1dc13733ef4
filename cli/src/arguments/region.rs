//! What may be said of regions.

use clap::Subcommand;

use super::{Reading, Writing};

/// Verbs of regions.
#[derive(Debug, Subcommand)]
pub enum Region {
    List(Reading),
    Show {
        code: String,
        #[command(flatten)]
        reading: Reading,
    },
    Add {
        #[command(flatten)]
        writing: Writing,
        #[arg(long)]
        code: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        level: String,
        #[arg(long)]
        parent: String,
        #[arg(long)]
        boundary: Option<String>,
        #[arg(long)]
        head: Option<String>,
    },
}
