//! A check-up of a server's directory, whether or not the server runs: what keeps devices from it, what
//! soon will, and in which order to put it right. Like that of a device ([`keting::checkup`]) it looks and
//! touches nothing.

use std::path::Path;

use keting::checkup::{Check, Subject, check_disk, check_folder};

use crate::city::City;
use crate::init::store_path;
use crate::renewal::{days_ms, issuing};
use crate::server::{CLOCK_SUSPECT, ISSUING_KEY_DAYS};
use crate::shell::admin::{AdminReply, AdminRequest, ask, has_room_for_socket, is_held};
use crate::shell::tls_keys::TlsKeys;
use crate::shell::wall_clock_ms;
use crate::store::sqlite::SqliteStore;
use crate::store::{Head, ServerStore as _, StoreError};

/// What a server says of itself.
enum OwnWord {
    /// Nothing: none runs.
    NotRunning,
    /// Nothing: one has the directory and does not answer.
    Silent,
    /// The code of what is wrong, if something is.
    Said(Option<String>),
}

/// Checks a server's directory and tells what it finds, in the order in which faults should be put right.
/// Not to be called on a runtime's thread.
pub fn check_up(directory: &Path, tell: &mut dyn FnMut(Check)) {
    let own_word = own_word(directory);
    tell(check_folder(directory));
    tell(check_disk(directory));
    let found = read(directory, matches!(own_word, OwnWord::Said(_)));
    tell(check_file(&found));
    tell(check_certificate(directory));
    tell(check_process(directory, &own_word));
    tell(check_clock(&own_word));
    tell(match &found {
        Ok(found) => check_issuing_key(found.issuing_ends_at_ms, wall_clock_ms()),
        Err(_) => Check::unknown(Subject::Grant),
    });
}

/// What the store says.
struct Found {
    head: Head,
    issuing_ends_at_ms: u64,
}

/// Reads the store. A server that starts meanwhile is kept from nothing.
///
/// Whoever takes no lock and reads what a server is writing sees damage where there is none. So what is wrong
/// is said only once it was found again, beside the server that has the directory by then.
fn read(directory: &Path, has_answered: bool) -> Result<Found, String> {
    // A file system without locks tells of no server, an old or a stuck one does not answer.
    let is_served = || has_answered || is_held(directory);
    match is_served() {
        true => read_once(directory, true),
        false => read_once(directory, false).or_else(|_| read_once(directory, is_served())),
    }
}

fn read_once(directory: &Path, is_served: bool) -> Result<Found, String> {
    let path = store_path(directory);
    if !path.exists() {
        return Err(StoreError::Empty.code().to_owned());
    }
    let mut store =
        SqliteStore::open_untouched(&path, is_served).map_err(|error| error.code().to_owned())?;
    let found = store.quick_check().and_then(|()| {
        let read = store.snapshot()?;
        let city = City::read(&*read)?;
        let issuing_ends_at_ms = issuing(&*read, &city)?.expires_at_ms;
        let head = read.head()?.ok_or(StoreError::Empty)?;
        Ok(Found { head, issuing_ends_at_ms })
    });
    found.map_err(|error| error.code().to_owned())
}

fn check_file(found: &Result<Found, String>) -> Check {
    match found {
        Ok(Found { head, .. }) => Check::ok(Subject::File)
            .with("generation", u64::from(head.generation))
            .with("number", head.number),
        Err(code) => Check::fault(Subject::File, code),
    }
}

fn check_certificate(directory: &Path) -> Check {
    match TlsKeys::load(directory, &[]) {
        Ok(keys) => keys.pins().iter().fold(Check::ok(Subject::Certificate), |check, pin| {
            check.with("sha256", pin.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }),
        Err(_) => Check::fault(Subject::Certificate, "certificate_failed"),
    }
}

fn own_word(directory: &Path) -> OwnWord {
    let was_held = is_held(directory);
    match asked(directory) {
        Some(fault) => OwnWord::Said(fault),
        // One that has begun or ended meanwhile could not answer.
        None if was_held && is_held(directory) => OwnWord::Silent,
        None => OwnWord::NotRunning,
    }
}

/// What the running server answers; none if none does.
fn asked(directory: &Path) -> Option<Option<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    match runtime.block_on(ask(directory, &AdminRequest::Health)) {
        Ok(AdminReply::Health { fault }) => Some(fault),
        Ok(AdminReply::Refused { code, .. }) => Some(Some(code)),
        Ok(_) | Err(_) => None,
    }
}

fn check_process(directory: &Path, own_word: &OwnWord) -> Check {
    let has_room = std::path::absolute(directory).is_ok_and(|path| has_room_for_socket(&path));
    match own_word {
        OwnWord::Silent => Check::fault(Subject::Process, "server_silent"),
        OwnWord::NotRunning if !has_room => Check::fault(Subject::Process, "data_path_too_long"),
        OwnWord::NotRunning => Check::fault(Subject::Process, "server_not_running"),
        OwnWord::Said(Some(code)) if code != CLOCK_SUSPECT => Check::fault(Subject::Process, code),
        OwnWord::Said(_) => Check::ok(Subject::Process),
    }
}

fn check_clock(own_word: &OwnWord) -> Check {
    let check = match own_word {
        OwnWord::NotRunning | OwnWord::Silent => Check::unknown(Subject::Clock),
        OwnWord::Said(Some(code)) if code == CLOCK_SUSPECT => Check::fault(Subject::Clock, code),
        OwnWord::Said(_) => Check::ok(Subject::Clock),
    };
    check.with("shown_at_ms", wall_clock_ms())
}

fn check_issuing_key(ends_at_ms: u64, now_ms: u64) -> Check {
    let left_ms = ends_at_ms.saturating_sub(now_ms);
    let check = match left_ms {
        0 => Check::fault(Subject::Grant, "issuing_key_expired"),
        _ if left_ms <= days_ms(ISSUING_KEY_DAYS) => {
            Check::warning(Subject::Grant, "issuing_key_ends")
        }
        _ => Check::ok(Subject::Grant),
    };
    check.with("ends_at_ms", ends_at_ms)
}

#[cfg(test)]
mod tests {
    use keting::checkup::State;

    use super::*;

    #[test]
    fn an_issuing_key_is_warned_of_ninety_days_before_its_end() {
        let (end, day_ms) = (1_000 * days_ms(1), days_ms(1));
        for (left_days, state, code) in [
            (91, State::Ok, None),
            (90, State::Warning, Some("issuing_key_ends")),
            (0, State::Fault, Some("issuing_key_expired")),
        ] {
            let check = check_issuing_key(end, end - left_days * day_ms);
            assert_eq!((check.state, check.code.as_deref()), (state, code));
        }
    }
}
