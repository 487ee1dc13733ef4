//! What may be said of households.

use clap::{Args, Subcommand};
use keting::input::Field;

use super::{OfHousehold, Reading, RestoreReason, WithdrawReason, Writing};
use crate::help::Words;

/// Verbs of households.
#[derive(Debug, Subcommand)]
pub enum Household {
    Add {
        #[command(flatten)]
        writing: Writing,
        #[arg(long)]
        region: String,
        #[arg(long)]
        address: String,
        #[arg(long)]
        address_code: Option<String>,
        #[arg(long, value_parser = Words::of(Field::Tenure))]
        tenure: Option<String>,
    },
    List {
        #[arg(long)]
        region: Option<String>,
        #[arg(long)]
        withdrawn: bool,
        #[command(flatten)]
        reading: Reading,
    },
    Show {
        id: String,
        #[arg(long)]
        withdrawn: bool,
        #[command(flatten)]
        reading: Reading,
    },
    Edit {
        id: String,
        #[command(flatten)]
        writing: Writing,
        #[arg(long)]
        address: Option<String>,
        #[arg(long)]
        address_code: Option<String>,
        #[arg(long, value_parser = Words::of(Field::Tenure))]
        tenure: Option<String>,
    },
    Visit {
        id: String,
        #[command(flatten)]
        writing: Writing,
        #[arg(long)]
        purpose: String,
        #[arg(long)]
        note: Option<String>,
        #[arg(long)]
        at: Option<String>,
        #[arg(long)]
        by: Option<String>,
    },
    Need {
        id: String,
        #[command(flatten)]
        writing: Writing,
        #[arg(long, conflicts_with_all = ["need", "status"])]
        text: Option<String>,
        #[arg(long, requires = "status")]
        need: Option<String>,
        #[arg(long, requires = "need", value_parser = Words::of(Field::NeedStatus))]
        status: Option<String>,
        #[arg(long)]
        note: Option<String>,
    },
    Note {
        id: String,
        #[command(flatten)]
        writing: Writing,
        #[arg(long)]
        text: String,
    },
    Settle {
        id: String,
        key: String,
        #[command(flatten)]
        writing: Writing,
        #[command(flatten)]
        on: SettleOn,
    },
    Withdraw {
        id: String,
        #[command(flatten)]
        record: OfHousehold,
        #[command(flatten)]
        why: WithdrawReason,
        #[command(flatten)]
        writing: Writing,
    },
    Restore {
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
    #[arg(long)]
    pub choose: Option<usize>,
    #[arg(long)]
    pub value: Option<String>,
    #[arg(long)]
    pub clear: bool,
}
