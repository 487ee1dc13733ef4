//! What the file says of time, of the grant and of work, against the time that the server shows now.

use keting_trust::limits;

use crate::checkup::{Check, Subject};
use crate::environment::Environment;
use crate::replica::seen::Seen;
use crate::shell::knock::Answer;

/// From what difference on a clock is called off, as in a device's status.
const OFF_MS_MIN: u64 = 5 * 60 * 1000;
/// After how long without a sync somebody should see to one.
const SYNC_LONG_AGO_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// The server's time, if it answers and believes its own clock.
fn server_ms(answer: Option<&Answer>) -> Option<u64> {
    answer.filter(|answer| answer.is_well != Some(false)).and_then(|answer| answer.unix_ms)
}

/// Whether the machine's clock is right: by the server, if it answers, or else by what it last told.
pub(super) fn check_clock(
    seen: &Seen,
    answer: Option<&Answer>,
    environment: &dyn Environment,
) -> Check {
    let shown_ms = environment.unix_ms();
    let off_ms = match server_ms(answer) {
        Some(right_ms) => {
            let off_ms = i64::try_from(shown_ms.abs_diff(right_ms)).unwrap_or(i64::MAX);
            let is_off = shown_ms.abs_diff(right_ms) > OFF_MS_MIN;
            is_off.then_some(if shown_ms < right_ms { -off_ms } else { off_ms })
        }
        None => seen.status.clock_off_ms,
    };
    let check = match off_ms {
        Some(off_ms) => {
            let mut check = Check::warning(Subject::Clock, "clock_off");
            check.facts.push(("off_ms", crate::checkup::FactValue::Number(off_ms)));
            check
        }
        None if server_ms(answer).is_none() && seen.status.time_uncertain => {
            Check::warning(Subject::Clock, "time_uncertain")
        }
        None => Check::ok(Subject::Clock),
    };
    check.with("shown_at_ms", shown_ms)
}

/// Until when the holder may work.
pub(super) fn check_grant(seen: &Seen, answer: Option<&Answer>) -> Check {
    let now_ms = server_ms(answer).unwrap_or(seen.city_ms);
    let status = &seen.status;
    let check = match status.grant_expires_at_ms {
        _ if status.ended.is_some() => Check::fault(Subject::Grant, "device_ended"),
        None => Check::fault(Subject::Grant, "not_enrolled"),
        Some(ends_at_ms) => {
            let left_ms = ends_at_ms.saturating_sub(now_ms);
            let check = match left_ms {
                0 => Check::fault(Subject::Grant, "grant_ended"),
                _ if left_ms <= limits::GRANT_ENDS_SOON_MS => {
                    Check::warning(Subject::Grant, "grant_ends_soon")
                }
                _ => Check::ok(Subject::Grant),
            };
            check.with("ends_at_ms", ends_at_ms)
        }
    };
    match status.role {
        Some(role) => check.with("role", role.name().to_owned()),
        None => check,
    }
}

/// What was entered and does not stand on the server.
pub(super) fn check_work(seen: &Seen) -> Check {
    let status = &seen.status;
    let check = match (status.held, status.refused) {
        (0, 0) => Check::ok(Subject::Work),
        (0, _) => Check::warning(Subject::Work, "edits_refused"),
        (_, _) => Check::warning(Subject::Work, "edits_held"),
    };
    check.with("waiting", status.waiting).with("held", status.held)
}

/// When the device last had everything.
pub(super) fn check_sync(seen: &Seen, answer: Option<&Answer>) -> Check {
    let now_ms = server_ms(answer).unwrap_or(seen.city_ms);
    let status = &seen.status;
    let check = match status.up_to_date_at_ms {
        _ if status.log_diverged => Check::fault(Subject::Sync, "log_diverged"),
        _ if status.unread > 0 => Check::warning(Subject::Sync, "needs_newer_app"),
        _ if status.set_aside > 0 => Check::warning(Subject::Sync, "log_refused"),
        None => Check::warning(Subject::Sync, "never_synced"),
        Some(at_ms) if now_ms.saturating_sub(at_ms) > SYNC_LONG_AGO_MS => {
            Check::warning(Subject::Sync, "sync_long_ago")
        }
        Some(_) => Check::ok(Subject::Sync),
    };
    match status.up_to_date_at_ms {
        Some(at_ms) => check.with("last_at_ms", at_ms),
        None => check,
    }
}
