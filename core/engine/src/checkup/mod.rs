//! A check-up: what keeps a device from working, what soon will, and in which order to put it right.
//!
//! It looks and touches nothing: no folder, key or file is made, nothing is written, and no session begins,
//! so it works on a read-only disk and beside a process that uses the device. What cannot be looked at
//! because of a fault before it is said to be unknown; all else is looked at.
//!
//! What is found is data, for an app to show in its own way; [`Check::advice`] says what to do.

mod contact;
mod file;
mod folder;
mod standing;

use std::path::Path;

use serde::Serialize;

use crate::environment::SystemEnvironment;
use crate::error::{Advice, advice};
use crate::replica::seen::Seen;
use crate::vault::{Vault, VaultError};

pub use folder::{check_disk, check_folder};

/// What is looked at, in the order in which faults should be put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The folder: there, and nobody else's to write to.
    Folder,
    /// The disk: room, and whether it may be written.
    Disk,
    /// The keys of the device, in its vault.
    Vault,
    /// The file: opens with the keys, and is sound.
    File,
    /// A server's TLS keys and certificates.
    Certificate,
    /// The process that serves a city.
    Process,
    /// The machine's clock.
    Clock,
    /// Where the server is.
    Address,
    /// Which key the server shows there.
    ServerKey,
    /// Until when the holder may work, or a server may let others.
    Grant,
    /// What was entered and does not stand on the server.
    Work,
    /// When the device last had everything.
    Sync,
}

impl Subject {
    /// The word for it, for scripts.
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// What it is called in Chinese.
    pub const fn zh(self) -> &'static str {
        self.words().1
    }

    /// What it is called in English.
    pub const fn en(self) -> &'static str {
        self.words().2
    }

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Folder => ("folder", "目录", "folder"),
            Self::Disk => ("disk", "磁盘", "disk"),
            Self::Vault => ("vault", "钥匙库", "vault"),
            Self::File => ("file", "数据文件", "file"),
            Self::Certificate => ("certificate", "证书", "certificate"),
            Self::Process => ("process", "服务进程", "process"),
            Self::Clock => ("clock", "时钟", "clock"),
            Self::Address => ("address", "服务器地址", "address"),
            Self::ServerKey => ("server_key", "服务器密钥", "server's key"),
            Self::Grant => ("grant", "授权", "grant"),
            Self::Work => ("work", "待发送", "waiting"),
            Self::Sync => ("sync", "同步", "sync"),
        }
    }
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should do something about it before it no longer does.
    Warning,
    /// It does not work.
    Fault,
    /// It could not be looked at.
    Unknown,
}

impl State {
    /// The word for it, for scripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that was found: a name, whose last word is the unit, and a value.
pub type Fact = (&'static str, FactValue);

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FactValue {
    /// A text: a path, an address, a key.
    Text(String),
    /// A number; `…_at_ms` is a moment, milliseconds since the Unix epoch.
    Number(i64),
}

impl From<String> for FactValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for FactValue {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Of what.
    pub subject: Subject,
    /// How it is.
    pub state: State,
    /// The stable code of what is wrong, if something is.
    pub code: Option<String>,
    /// What was seen.
    pub facts: Vec<Fact>,
}

impl Check {
    /// All is as it should be.
    pub fn ok(subject: Subject) -> Self {
        Self { subject, state: State::Ok, code: None, facts: Vec::new() }
    }

    /// It does not work.
    pub fn fault(subject: Subject, code: &str) -> Self {
        Self { state: State::Fault, code: Some(code.to_owned()), ..Self::ok(subject) }
    }

    /// It will not work for long.
    pub fn warning(subject: Subject, code: &str) -> Self {
        Self { state: State::Warning, ..Self::fault(subject, code) }
    }

    /// It could not be looked at, because of a fault that was found before.
    pub fn unknown(subject: Subject) -> Self {
        Self { state: State::Unknown, ..Self::ok(subject) }
    }

    /// The same, with something that was seen.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<FactValue>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// What to do about it: nothing if all is as it should be.
    pub fn advice(&self) -> Option<Advice> {
        self.code.as_deref().and_then(advice)
    }
}

/// Checks a device from its folder to its server, and tells what it finds as it finds it, each
/// [`Subject`] of a device once and in their order. It may take as long as every address of the server
/// takes not to answer, ten seconds each.
pub fn check_up(
    directory: &Path,
    vault: Result<&dyn Vault, &VaultError>,
    tell: &mut dyn FnMut(Check),
) {
    let environment = SystemEnvironment;
    let (folder, replica) = folder::check_replica(directory);
    tell(folder);
    tell(check_disk(directory));
    let (checked, key) = match &replica {
        Some((id, _)) => file::check_vault(vault, id),
        None => (Check::unknown(Subject::Vault), None),
    };
    tell(checked);
    let seen = match (&replica, vault, key) {
        (Some((id, path)), Ok(vault), Some(key)) => {
            let (checked, seen) =
                file::check(&file::At { path, id: *id, vault }, &key, &environment);
            tell(checked);
            seen
        }
        _ => {
            tell(Check::unknown(Subject::File));
            None
        }
    };
    check_seen(seen.as_ref(), &environment, tell);
}

/// What follows from what the file says.
fn check_seen(seen: Option<&Seen>, environment: &SystemEnvironment, tell: &mut dyn FnMut(Check)) {
    let Some(seen) = seen else {
        use Subject::{Address, Clock, Grant, ServerKey, Sync, Work};
        let left = [Clock, Address, ServerKey, Grant, Work, Sync];
        return left.into_iter().map(Check::unknown).for_each(tell);
    };
    let contact = contact::find(seen.server.as_ref());
    let answer = contact.answer();
    tell(standing::check_clock(seen, answer, environment));
    tell(contact.check_address());
    tell(contact.check_key());
    tell(standing::check_grant(seen, answer));
    tell(standing::check_work(seen));
    tell(standing::check_sync(seen, answer));
}
