//! What a device has not handed over: whose and where, how far it has come, and why.

use keting::views::{OutboxState, OutboxView};
use serde_json::{Value, json};

use crate::arguments::Reading;
use crate::commands::entered::{self, cells};
use crate::commands::status::device_ended;
use crate::device::{open, wait};
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// How many entries are printed at most.
pub const OUTBOX_MAX: u32 = 10_000;

/// Prints what the server has not acknowledged, oldest first, a line each.
///
/// # Errors
/// When the device cannot be opened.
pub fn outbox(reading: &Reading) -> Result<(), Failure> {
    let keting = open(&reading.data)?;
    let entries = wait(keting.outbox(OUTBOX_MAX))?;
    if reading.json {
        return output::json(&entries.iter().map(entry_json).collect::<Vec<_>>());
    }
    if entries.is_empty() {
        return output::line("没有待发送的修改 nothing waits");
    }
    let headings = ["录入 entered", "状态 state", "原因 why"];
    let headings: Vec<_> = headings.into_iter().chain(entered::HEADINGS).collect();
    output::table(&headings, &entries.iter().map(row).collect::<Vec<_>>())?;
    output::meanings(entries.iter().filter_map(|entry| State::of(&entry.state).code))?;
    match wait(keting.device())?.ended {
        Some(why) => say_why_they_stay(&why, &entries),
        None => Ok(()),
    }
}

/// Of a device that was ended: what of it may be handed over all the same, what may not, and what to do.
fn say_why_they_stay(why: &str, entries: &[OutboxView]) -> Result<(), Failure> {
    output::line(device_ended(why))?;
    let waiting = entries.iter().filter(|entry| entry.waits_for_invitation).count();
    let is_sent = |entry: &&OutboxView| match entry.state {
        OutboxState::Queued | OutboxState::Sent | OutboxState::Refused { .. } => {
            !entry.waits_for_invitation
        }
        OutboxState::Acknowledged | OutboxState::Held { .. } | OutboxState::Superseded => false,
    };
    match entries.iter().filter(is_sent).count() {
        0 => {}
        count => output::line(format!(
            "还可以上交 may still be handed over: {count}（设备停用之前录入，用 keting sync 同步时自动发出 entered before \
             this device was ended, sent by the next keting sync）"
        ))?,
    }
    match waiting {
        0 => Ok(()),
        count => output::line(waiting_for_invitation(count as u64)),
    }
}

/// Says how much an ended device keeps until it is invited again.
pub fn waiting_for_invitation(count: u64) -> String {
    format!(
        "等待新邀请 waiting for an invitation: {count}（设备停用之后录入或有待重做，保存在本机，\
         用同一片区的新邀请再次加入后自动发出 entered after this device was ended or to be made anew, kept here, \
         sent by itself after keting enroll with a new invitation for the same area）"
    )
}

fn entry_json(entry: &OutboxView) -> Value {
    let State { name, code, .. } = State::of(&entry.state);
    let mut all = entered::to_json(entry.command.as_ref(), &entry.about);
    all.insert("state".to_owned(), json!(name));
    all.insert("code".to_owned(), json!(code));
    all.insert("waits_for_invitation".to_owned(), json!(entry.waits_for_invitation));
    all.insert("queued_at_ms".to_owned(), json!(entry.queued_at_ms));
    Value::Object(all)
}

fn row(entry: &OutboxView) -> Vec<String> {
    let State { name, zh, code } = State::of(&entry.state);
    let state = match entry.waits_for_invitation {
        true => "等待新邀请 waiting for an invitation".to_owned(),
        false => format!("{zh} {name}"),
    };
    let said = [city_minute(entry.queued_at_ms), state, code.unwrap_or_default().to_owned()];
    said.into_iter().chain(cells(entry.command.as_ref(), &entry.about)).collect()
}

/// How far an edit has come, as it is shown.
struct State<'e> {
    name: &'static str,
    zh: &'static str,
    code: Option<&'e str>,
}

impl<'e> State<'e> {
    fn of(state: &'e OutboxState) -> Self {
        let (name, zh, code) = match state {
            OutboxState::Queued => ("queued", "待发送", None),
            OutboxState::Sent => ("sent", "已发送", None),
            OutboxState::Acknowledged => ("acknowledged", "已确认", None),
            OutboxState::Held { code } => ("held", "待处理", Some(code.as_str())),
            OutboxState::Refused { code } => ("refused", "已退回", Some(code.as_str())),
            OutboxState::Superseded => ("superseded", "已由另一份代替", None),
        };
        Self { name, zh, code }
    }
}
