//! What the verbs about mistakes take.

use clap::Args;

/// Something of a household; the household itself if none is named.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct OfHousehold {
    /// Only the visit with this id.
    #[arg(long)]
    pub visit: Option<String>,
    /// Only the note with this id.
    #[arg(long)]
    pub note: Option<String>,
    /// Only the need with this id.
    #[arg(long)]
    pub need: Option<String>,
}

/// Why something is withdrawn.
#[derive(Debug, Args)]
pub struct WithdrawReason {
    /// Why, in a few words: everybody who may see it reads this.
    #[arg(long)]
    pub reason: String,
}

/// Why something stands again.
#[derive(Debug, Args)]
pub struct RestoreReason {
    /// Why, in a few words.
    #[arg(long)]
    pub reason: Option<String>,
}
