//! What may be said of households.

use clap::{Args, Subcommand};

use super::{
    NeedSaid, NewNote, NewVisit, OfHousehold, Reading, RestoreReason, WithdrawReason, Writing,
};

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
        #[arg(long)]
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
        #[arg(long)]
        tenure: Option<String>,
    },
    Visit(NewVisit),
    Need(NeedSaid),
    Note(NewNote),
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
