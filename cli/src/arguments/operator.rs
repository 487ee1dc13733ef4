//! What whoever runs a city's server may say.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Reading;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    #[arg(long, conflicts_with_all = ["city", "regions"])]
    pub renew_issuing: bool,
    #[arg(long, required_unless_present = "renew_issuing")]
    pub city: Option<String>,
    #[arg(long, required_unless_present = "renew_issuing")]
    pub regions: Option<PathBuf>,
    #[arg(long)]
    pub root_key: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    #[arg(long, default_value = "127.0.0.1:7411")]
    pub listen: String,
    #[arg(long)]
    pub url: Option<String>,
    #[arg(long, value_name = "DAYS", default_value_t = 60)]
    pub renew_within: u32,
    #[arg(long, conflicts_with = "renew_within")]
    pub no_renew: bool,
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    #[arg(long, env = "KETING_DATA", hide_env_values = true)]
    pub data: PathBuf,
    #[arg(long)]
    pub name: String,
    #[arg(long)]
    pub role: String,
    #[arg(long)]
    pub region: Option<String>,
    #[arg(long, default_value_t = 365)]
    pub days: u32,
}

/// Verbs of invitations.
#[derive(Debug, Subcommand)]
pub enum Invitations {
    List(Reading),
    Cancel {
        id: String,
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
}

/// Verbs of the running server.
#[derive(Debug, Subcommand)]
pub enum Server {
    ConfirmClock {
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
    Announce {
        #[arg(long = "url", value_name = "URL", required = true)]
        urls: Vec<String>,
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
    RotateKey {
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
    Status(Reading),
}

/// Verbs of grants.
#[derive(Debug, Subcommand)]
pub enum Grant {
    List(Reading),
    Renew {
        id: String,
        #[arg(long)]
        days: Option<u32>,
        #[arg(long = "region", value_name = "CODE")]
        regions: Vec<String>,
        #[arg(long, env = "KETING_DATA", hide_env_values = true)]
        data: PathBuf,
    },
}
