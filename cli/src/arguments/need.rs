//! What may be said of a need.

use clap::{ArgGroup, Args};

use super::Writing;

/// A new need of a household, or what became of a known one.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("new_or_known").required(true).args(["text", "need"])))]
pub struct NeedSaid {
    pub id: String,
    #[command(flatten)]
    pub writing: Writing,
    #[arg(long)]
    pub text: Option<String>,
    #[arg(long, requires = "status")]
    pub need: Option<String>,
    #[arg(long, requires = "need", conflicts_with = "text")]
    pub status: Option<String>,
    #[arg(long, requires = "need", conflicts_with = "text")]
    pub note: Option<String>,
}
