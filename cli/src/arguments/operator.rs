//! What whoever runs a city's server may say.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The server's directory, to be made.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// Make no city: renew the issuing key of the one that is there, whose server is stopped, with the
    /// root key in its file.
    #[arg(long, conflicts_with_all = ["city", "regions"])]
    pub renew_issuing: bool,
    /// The city's name.
    #[arg(long, required_unless_present = "renew_issuing")]
    pub city: Option<String>,
    /// The regions: `code,name,level,parent_code,boundary,head`, UTF-8, with this header.
    #[arg(long, required_unless_present = "renew_issuing")]
    pub regions: Option<PathBuf>,
    /// Where to write the root key, which must then be taken off this machine; or where it is.
    #[arg(long)]
    pub root_key: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The server's directory.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// The address to listen on, with its port; a name is looked up.
    #[arg(long, default_value = "127.0.0.1:7411")]
    pub listen: String,
    /// The address devices are told to connect to, if it differs: `wss://host:port/v1/sync`.
    #[arg(long)]
    pub url: Option<String>,
    /// How many days before its end the grant of a device that comes is renewed.
    #[arg(long, value_name = "DAYS", default_value_t = 60)]
    pub renew_within: u32,
    /// Leave renewing grants to the operator.
    #[arg(long, conflicts_with = "renew_within")]
    pub no_renew: bool,
    /// How the log on standard error is written. KETING_LOG says how much of it: error, warn, info (if
    /// not set), debug or trace.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line each, for people.
    Text,
    /// A JSON object each, for machines.
    Json,
}

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// The running server's directory.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// The name of the person.
    #[arg(long)]
    pub name: String,
    /// The role, such as `micro_grid_head`.
    #[arg(long)]
    pub role: String,
    /// The code of the region the role is for; an administrator has none.
    #[arg(long)]
    pub region: Option<String>,
    /// For how many days the grant holds.
    #[arg(long, default_value_t = 365)]
    pub days: u32,
}

/// Verbs of invitations.
#[derive(Debug, Subcommand)]
pub enum Invitations {
    /// List whom invitations were made for, and what became of them.
    List(ReadingServer),
    /// Take an invitation back, so that no device can use it any more. Prints its id.
    Cancel {
        /// The invitation's id, as `invitation list` prints it, or as many of its first digits as are
        /// needed.
        id: String,
        /// The running server's directory.
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
}

/// A server's directory, and how to print.
#[derive(Debug, Args)]
pub struct ReadingServer {
    /// The server's directory.
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    /// Print JSON for machines.
    #[arg(long)]
    pub json: bool,
}

/// Verbs of the running server.
#[derive(Debug, Subcommand)]
pub enum Server {
    /// Say that the clock of the server's machine is right as it stands, after the server has found
    /// it suspect; prints the time it shows.
    ConfirmClock {
        /// The running server's directory.
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
    /// Tell every device where the server is from now on: all addresses, instead of those that were
    /// announced before. Prints the number of the announcement.
    Announce {
        /// An address, `wss://host:port/v1/sync`; the first one that works is named first. May be given
        /// four times.
        #[arg(long = "url", value_name = "URL", required = true)]
        urls: Vec<String>,
        /// The running server's directory.
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
    /// Change the TLS key: a new one is made and announced beside the older ones, until every device has it,
    /// or for thirty days. Prints the SHA-256 of the new one.
    RotateKey {
        /// The running server's directory.
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
    /// Show what is announced, and which devices have it.
    Status(ReadingServer),
}

/// Verbs of grants.
#[derive(Debug, Subcommand)]
pub enum Grant {
    /// List what every device was given, by whom it is held and until when.
    List(ReadingServer),
    /// Renew what a device was given, from now on; also what is over, never what was ended. Prints the
    /// device's id.
    Renew {
        /// The device's id, as `grant list` prints it, or as many of its first digits as are needed.
        id: String,
        /// For how many days; as long as before if not given.
        #[arg(long)]
        days: Option<u32>,
        /// The code of a region to narrow it to; may be given several times.
        #[arg(long = "region", value_name = "CODE")]
        regions: Vec<String>,
        /// The running server's directory.
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
}
