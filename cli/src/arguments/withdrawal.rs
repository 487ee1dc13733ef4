//! What the verbs about mistakes take.

use clap::Args;

/// Something of a household; the household itself if none is named.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct OfHousehold {
    #[arg(long)]
    pub visit: Option<String>,
    #[arg(long)]
    pub note: Option<String>,
    #[arg(long)]
    pub need: Option<String>,
}

/// Why something is withdrawn.
#[derive(Debug, Args)]
pub struct WithdrawReason {
    #[arg(long)]
    pub reason: String,
}

/// Why something stands again.
#[derive(Debug, Args)]
pub struct RestoreReason {
    #[arg(long)]
    pub reason: Option<String>,
}
