//! What may be said in a note.

use clap::Args;

use super::Writing;

/// A note about a household.
#[derive(Debug, Args)]
pub struct NewNote {
    pub id: String,
    #[command(flatten)]
    pub writing: Writing,
    #[arg(long)]
    pub text: String,
}
