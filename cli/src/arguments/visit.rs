//! What may be said of a visit.

use clap::Args;

use super::Writing;

/// A visit to a household.
#[derive(Debug, Args)]
pub struct NewVisit {
    pub id: String,
    #[command(flatten)]
    pub writing: Writing,
    #[arg(long)]
    pub purpose: String,
    #[arg(long)]
    pub note: Option<String>,
    #[arg(long)]
    pub at: Option<String>,
    #[arg(long)]
    pub by: Option<String>,
}
