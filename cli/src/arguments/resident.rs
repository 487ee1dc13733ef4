//! What may be said of residents.

use clap::{Args, Subcommand};

use super::{RestoreReason, WithdrawReason, Writing};

/// What may be said of a resident.
#[derive(Debug, Args)]
pub struct ResidentFields {
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long)]
    pub phone: Option<String>,
    #[arg(long)]
    pub relation: Option<String>,
    #[arg(long)]
    pub bond: Option<String>,
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    #[arg(long)]
    pub id_number: Option<String>,
    #[arg(long)]
    pub birth_date: Option<String>,
    #[arg(long)]
    pub sex: Option<String>,
    #[arg(long)]
    pub health: Option<String>,
    #[arg(long)]
    pub disability: Option<String>,
}

/// Verbs of residents.
#[derive(Debug, Subcommand)]
pub enum Resident {
    Add {
        household: String,
        #[command(flatten)]
        writing: Writing,
        #[command(flatten)]
        fields: ResidentFields,
    },
    Edit {
        household: String,
        resident: String,
        #[command(flatten)]
        writing: Writing,
        #[command(flatten)]
        fields: ResidentFields,
        #[arg(long = "no-tag", value_name = "TAG")]
        no_tags: Vec<String>,
    },
    Leave {
        household: String,
        resident: String,
        #[command(flatten)]
        writing: Writing,
        #[arg(long, default_value = "moved_out")]
        status: String,
        #[arg(long)]
        reason: Option<String>,
        #[arg(long)]
        at: Option<String>,
    },
    Conceal {
        household: String,
        resident: String,
        #[command(flatten)]
        writing: Writing,
    },
    Reveal {
        household: String,
        resident: String,
        #[command(flatten)]
        writing: Writing,
    },
    Withdraw {
        household: String,
        resident: String,
        #[command(flatten)]
        why: WithdrawReason,
        #[command(flatten)]
        writing: Writing,
    },
    Restore {
        household: String,
        resident: String,
        #[command(flatten)]
        why: RestoreReason,
        #[command(flatten)]
        writing: Writing,
    },
}
