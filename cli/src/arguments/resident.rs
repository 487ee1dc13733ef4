//! What may be said of residents.

use clap::{Args, Subcommand};

use super::{RestoreReason, WithdrawReason, Writing};

/// What may be said of a resident.
#[derive(Debug, Args)]
pub struct ResidentFields {
    /// The name.
    #[arg(long)]
    pub name: Option<String>,
    /// The phone number.
    #[arg(long)]
    pub phone: Option<String>,
    /// head, spouse, child, parent, grandchild, sibling, tenant or other.
    #[arg(long)]
    pub relation: Option<String>,
    /// registered, lives_here or both.
    #[arg(long)]
    pub bond: Option<String>,
    /// A care tag the resident has, such as living_alone; may be given several times. Tags that are
    /// not mentioned stay as they are.
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// A care tag the resident has no longer; may be given several times.
    #[arg(long = "no-tag", value_name = "TAG")]
    pub no_tags: Vec<String>,
    /// The ID number.
    #[arg(long)]
    pub id_number: Option<String>,
    /// The date of birth, such as 2026-11-23.
    #[arg(long)]
    pub birth_date: Option<String>,
    /// female or male.
    #[arg(long)]
    pub sex: Option<String>,
    /// Health, in words.
    #[arg(long)]
    pub health: Option<String>,
    /// Disability, in words.
    #[arg(long)]
    pub disability: Option<String>,
}

/// Verbs of residents.
#[derive(Debug, Subcommand)]
pub enum Resident {
    /// Add a resident to a household; prints the resident's id.
    Add {
        /// The household's id.
        household: String,
        #[command(flatten)]
        writing: Writing,
        #[command(flatten)]
        fields: ResidentFields,
    },
    /// Change what is known of a resident.
    Edit {
        /// The household's id.
        household: String,
        /// The resident's id.
        resident: String,
        #[command(flatten)]
        writing: Writing,
        #[command(flatten)]
        fields: ResidentFields,
    },
    /// Record that a resident left, died or came back; nothing is deleted. Where people said
    /// different things it settles them.
    Leave {
        /// The household's id.
        household: String,
        /// The resident's id.
        resident: String,
        #[command(flatten)]
        writing: Writing,
        /// away, moved_out, deceased, or living for one who came back.
        #[arg(long, default_value = "moved_out")]
        status: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// The day it came about, such as 2026-11-23.
        #[arg(long)]
        at: Option<String>,
    },
    /// Leave nothing of a resident in the open but name and relation. Entering that somebody is a child
    /// under fourteen does so by itself.
    Conceal {
        /// The household's id.
        household: String,
        /// The resident's id.
        resident: String,
        #[command(flatten)]
        writing: Writing,
    },
    /// Bring back into the open what is known of a resident who is no child, or no longer.
    Reveal {
        /// The household's id.
        household: String,
        /// The resident's id.
        resident: String,
        #[command(flatten)]
        writing: Writing,
    },
    /// Withdraw a resident who was entered by mistake. They count nowhere any more; nothing is deleted.
    Withdraw {
        /// The household's id.
        household: String,
        /// The resident's id.
        resident: String,
        #[command(flatten)]
        why: WithdrawReason,
        #[command(flatten)]
        writing: Writing,
    },
    /// Say that a withdrawn resident stands after all.
    Restore {
        /// The household's id.
        household: String,
        /// The resident's id.
        resident: String,
        #[command(flatten)]
        why: RestoreReason,
        #[command(flatten)]
        writing: Writing,
    },
}
