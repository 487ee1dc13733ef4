//! The command line, as `--help` shows it.

mod operator;
mod withdrawal;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use operator::{Grant, Init, Invitations, Invite, LogFormat, ReadingServer, Serve, Server};
pub use withdrawal::{OfHousehold, RestoreReason, WithdrawReason};

/// Keting: household rosters that several people edit offline and that merge through a server.
#[derive(Debug, Parser)]
#[command(name = "keting", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a city: its log, its regions and its root key.
    Init(Init),
    /// Run the server of a city.
    Serve(Serve),
    /// Ask the running server for an invitation for one device.
    Invite(Invite),
    /// What became of invitations.
    #[command(subcommand)]
    Invitation(Invitations),
    /// Look after the running server.
    #[command(subcommand)]
    Server(Server),
    /// What devices were given.
    #[command(subcommand)]
    Grant(Grant),
    /// Make this directory a device of the city, with an invitation.
    Enroll(Enroll),
    /// Regions.
    #[command(subcommand)]
    Region(Region),
    /// Households.
    #[command(subcommand)]
    Household(Household),
    /// Residents of a household.
    #[command(subcommand)]
    Resident(Resident),
    /// Exchange edits with the server.
    Sync(Sync),
    /// Show whether this device is up to date, whose it is, and what waits.
    Status(Reading),
    /// List the edits the server has not acknowledged.
    Outbox(Reading),
    /// The edits that the server holds: what was entered, and why.
    #[command(subcommand)]
    Held(Held),
    /// Devices.
    #[command(subcommand)]
    Device(Device),
    /// Check everything: signatures, chain, projections, audience, actors.
    Verify(Reading),
    /// Show what is in the file, and how large it is.
    Inspect(Reading),
    /// Set a damaged file aside and rescue what has not been sent.
    Salvage(Salvage),
    /// Tell the story with a real server and four phones on this machine.
    Demo(Demo),
}

/// A directory, and how to print.
#[derive(Debug, Args)]
pub struct Reading {
    /// The device's directory; for `verify` and `inspect` also a server's.
    #[arg(long)]
    pub data: PathBuf,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// A device's directory, and how to say what was saved.
#[derive(Debug, Args)]
pub struct Writing {
    /// The device's directory.
    #[arg(long)]
    pub data: PathBuf,
    /// Print JSON for machines: the id, and what should be looked at again.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `salvage`.
#[derive(Debug, Args)]
pub struct Salvage {
    /// The device's directory.
    #[arg(long)]
    pub data: PathBuf,
    /// Say that the report of the last salvage has been read; `status` then stops showing it.
    #[arg(long)]
    pub seen: bool,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `enroll`.
#[derive(Debug, Args)]
pub struct Enroll {
    /// The device's directory, to be made.
    #[arg(long)]
    pub data: PathBuf,
    /// The invitation, as `keting invite` printed it.
    pub invitation: String,
}

/// Verbs of regions.
#[derive(Debug, Subcommand)]
pub enum Region {
    /// List the regions this device may see.
    List(Reading),
    /// Show one region.
    Show {
        /// The region's code.
        code: String,
        #[command(flatten)]
        reading: Reading,
    },
    /// Add a region below another one.
    Add {
        #[command(flatten)]
        writing: Writing,
        /// The new region's code, never used before.
        #[arg(long)]
        code: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its level: town, village, grid, micro_grid or unit.
        #[arg(long)]
        level: String,
        /// The code of the region it is part of.
        #[arg(long)]
        parent: String,
        /// Its boundary in words.
        #[arg(long)]
        boundary: Option<String>,
        /// The name of the person in charge.
        #[arg(long)]
        head: Option<String>,
    },
}

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

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub struct Sync {
    #[command(flatten)]
    pub reading: Reading,
    /// Stay connected and print what changes, until interrupted.
    #[arg(long)]
    pub watch: bool,
}

/// Verbs of held edits.
#[derive(Debug, Subcommand)]
pub enum Held {
    /// List the edits that are held, and those that stand on them.
    List(Reading),
    /// Show what was entered with one, so that it can be entered again, and why it is held.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        reading: Reading,
    },
}

/// Verbs of devices.
#[derive(Debug, Subcommand)]
pub enum Device {
    /// List the devices and people whose grants this device knows.
    List(Reading),
    /// End a device, on the server: it hands over what was made before and then reads nothing more.
    /// What its grants covered is no longer its; a later invitation gives it anew. Prints its id.
    End {
        /// The device's id, as `grant list` prints it, or as many of its first digits as are needed.
        id: String,
        /// Why, in words that its holder reads on the device.
        #[arg(long)]
        why: String,
        /// The running server's directory.
        #[arg(long)]
        data: PathBuf,
    },
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// How many households there are.
    #[arg(long, default_value_t = 80)]
    pub households: usize,
    /// Keep the directory with all files, and say where it is.
    #[arg(long)]
    pub keep: bool,
    /// A part of the story, which `demo` starts processes of its own for.
    #[arg(long, hide = true, num_args = 1..)]
    pub part: Option<Vec<String>>,
}
