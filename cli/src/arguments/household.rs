//! What may be said of households.

use clap::{Args, Subcommand};

use super::{OfHousehold, Reading, RestoreReason, WithdrawReason, Writing};

/// Verbs of households.
#[derive(Debug, Subcommand)]
pub enum Household {
    /// Add a household; prints its id.
    Add {
        #[command(flatten)]
        writing: Writing,
        /// The code of the region it belongs to.
        #[arg(long)]
        region: String,
        /// The address, such as 望潮小区3幢1单元201室.
        #[arg(long)]
        address: String,
        /// The code of the standard address.
        #[arg(long)]
        address_code: Option<String>,
        /// The tenure: owned, rented, public, employer or other.
        #[arg(long)]
        tenure: Option<String>,
    },
    /// List households.
    List {
        /// Only those of this region and the regions in it.
        #[arg(long)]
        region: Option<String>,
        /// Also those that were withdrawn.
        #[arg(long)]
        withdrawn: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// Show one household: residents, needs, visits, values to settle.
    Show {
        /// The household's id.
        id: String,
        /// Also what was withdrawn, and why.
        #[arg(long)]
        withdrawn: bool,
        #[command(flatten)]
        reading: Reading,
    },
    /// Change fields of a household; prints its id.
    Edit {
        /// The household's id.
        id: String,
        #[command(flatten)]
        writing: Writing,
        /// The address.
        #[arg(long)]
        address: Option<String>,
        /// The code of the standard address.
        #[arg(long)]
        address_code: Option<String>,
        /// The tenure: owned, rented, public, employer or other.
        #[arg(long)]
        tenure: Option<String>,
    },
    /// Record a visit; prints its id.
    Visit {
        /// The household's id.
        id: String,
        #[command(flatten)]
        writing: Writing,
        /// What the visit was for.
        #[arg(long)]
        purpose: String,
        /// What was said and seen.
        #[arg(long)]
        note: Option<String>,
        /// The day, such as 2026-11-23; today if not given.
        #[arg(long)]
        at: Option<String>,
        /// Who went there, if it was not the holder of this device.
        #[arg(long)]
        by: Option<String>,
    },
    /// Record a need, or move one on; prints its id.
    Need {
        /// The household's id.
        id: String,
        #[command(flatten)]
        writing: Writing,
        /// What is needed: a new need.
        #[arg(long, conflicts_with_all = ["need", "status"])]
        text: Option<String>,
        /// The id of a known need.
        #[arg(long, requires = "status")]
        need: Option<String>,
        /// What became of it: open, in_progress, met or dropped.
        #[arg(long, requires = "need")]
        status: Option<String>,
        /// A remark on what became of it.
        #[arg(long)]
        note: Option<String>,
    },
    /// Write a note about a household; prints its id.
    Note {
        /// The household's id.
        id: String,
        #[command(flatten)]
        writing: Writing,
        /// The note.
        #[arg(long)]
        text: String,
    },
    /// Settle a field for which several people wrote different values.
    Settle {
        /// The id of the document the value stands in: `household show` lists it.
        id: String,
        /// The key of the field.
        key: String,
        #[command(flatten)]
        writing: Writing,
        #[command(flatten)]
        on: SettleOn,
    },
    /// Withdraw what was entered by mistake: the household with everything in it, or one visit, note or
    /// need. It counts nowhere any more; nothing is deleted.
    Withdraw {
        /// The household's id.
        id: String,
        #[command(flatten)]
        record: OfHousehold,
        #[command(flatten)]
        why: WithdrawReason,
        #[command(flatten)]
        writing: Writing,
    },
    /// Say that something withdrawn stands after all.
    Restore {
        /// The household's id.
        id: String,
        #[command(flatten)]
        record: OfHousehold,
        #[command(flatten)]
        why: RestoreReason,
        #[command(flatten)]
        writing: Writing,
    },
}

/// What a field shall hold: one of these must be said.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct SettleOn {
    /// The number of one of the values, as `household show` lists them.
    #[arg(long)]
    pub choose: Option<usize>,
    /// Another value that is right; true or false for a care tag.
    #[arg(long)]
    pub value: Option<String>,
    /// Nothing: the field is cleared.
    #[arg(long)]
    pub clear: bool,
}
