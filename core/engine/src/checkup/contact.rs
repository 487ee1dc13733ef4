//! The server: whether it is where the device looks for it, and whether it is the city's.

use std::thread;

use crate::checkup::{Check, Subject};
use crate::replica::whereabouts::Whereabouts;
use crate::shell::knock::{Answer, Knocked, knock};
use crate::shell::socket::SocketError;

/// What became of looking for the server.
pub(super) struct Contact {
    /// Where it was looked for, and what came of it there, until it answered.
    tried: Vec<(String, Knocked)>,
    /// The keys it may show, in hexadecimal digits, the preferred one first.
    keys: Vec<[u8; 32]>,
}

/// Looks for the server at each of its addresses, until it answers.
pub(super) fn find(server: Option<&Whereabouts>) -> Contact {
    let keys: Vec<[u8; 32]> = server
        .map(|server| server.keys().iter().map(|key| *key.as_bytes()).collect())
        .unwrap_or_default();
    let mut tried = Vec::new();
    for url in server.into_iter().flat_map(Whereabouts::addresses) {
        // On a thread of its own: it may be called from a runtime's.
        let knocked = thread::scope(|scope| scope.spawn(|| knock(url, &keys)).join());
        let Ok(Ok(knocked)) = knocked else { continue };
        let is_found = matches!(knocked, Knocked::Answered(_));
        tried.push((url.to_owned(), knocked));
        if is_found {
            break;
        }
    }
    Contact { tried, keys }
}

impl Contact {
    /// The server's answer, if it gave one.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.tried.iter().find_map(|(_, knocked)| match knocked {
            Knocked::Answered(answer) => Some(answer),
            Knocked::NoSuchName | Knocked::Failed(_) => None,
        })
    }

    /// Whether somebody answers at one of the addresses. If nobody does, what is told is of the first.
    pub(super) fn check_address(&self) -> Check {
        let Some((first, of_first)) = self.tried.first() else {
            return Check::unknown(Subject::Address);
        };
        let reached = self.tried.iter().find(|(_, knocked)| is_somebody(knocked));
        let (url, check) = match reached {
            Some((url, Knocked::Answered(Answer { is_well: Some(false), .. }))) => {
                (url, Check::warning(Subject::Address, "server_unwell"))
            }
            Some((url, _)) => (url, Check::ok(Subject::Address)),
            None => (first, Check::fault(Subject::Address, of_first.code())),
        };
        let others = u64::try_from(self.tried.len() - 1).unwrap_or(u64::MAX);
        let check = check.with("url", url.clone());
        if others == 0 { check } else { check.with("others_tried", others) }
    }

    /// Whether the server shows a key that the device was told of.
    pub(super) fn check_key(&self) -> Check {
        if let Some(answer) = self.answer() {
            let check = Check::ok(Subject::ServerKey).with("sha256", hex(&answer.key));
            // Another one that was announced: the server is about to change to it, or has put one back.
            let preferred = self.keys.first().filter(|key| **key != answer.key);
            return match preferred {
                Some(key) => check.with("preferred_sha256", hex(key)),
                None => check,
            };
        }
        let is_strangers =
            |knocked: &Knocked| matches!(knocked, Knocked::Failed(SocketError::WrongServerKey));
        if self.tried.iter().any(|(_, knocked)| is_strangers(knocked)) {
            let check = Check::fault(Subject::ServerKey, SocketError::WrongServerKey.code());
            return match self.keys.first() {
                Some(key) => check.with("expected_sha256", hex(key)),
                None => check,
            };
        }
        Check::unknown(Subject::ServerKey)
    }
}

/// Whether somebody answered at all, if perhaps not the city's server.
fn is_somebody(knocked: &Knocked) -> bool {
    matches!(knocked, Knocked::Answered(_) | Knocked::Failed(SocketError::WrongServerKey))
}

impl Knocked {
    /// Why nobody answered.
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchName => "name_not_found",
            Self::Failed(error) => error.code(),
            Self::Answered(_) => "unreachable",
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
