//! What may be said of regions.

use clap::Subcommand;

use super::{Reading, Writing};

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
