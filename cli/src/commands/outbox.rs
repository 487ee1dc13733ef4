//! What a device has not handed over, and why.

use keting::error::known;
use keting::views::{OutboxState, OutboxView};
use keting::{Command, DocumentId};
use serde_json::{Value, json};

use crate::arguments::Reading;
use crate::commands::words::command_words;
use crate::device::open;
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// How many entries are printed at most.
pub const OUTBOX_MAX: u32 = 10_000;

/// Prints what the server has not acknowledged, oldest first.
///
/// # Errors
/// When the device cannot be opened.
pub fn outbox(reading: &Reading) -> Result<(), Failure> {
    let keting = open(&reading.data)?;
    let entries = keting.outbox(OUTBOX_MAX)?;
    if reading.json {
        return output::json(&entries.iter().map(entry_json).collect::<Vec<_>>());
    }
    let rows: Vec<_> = entries.iter().map(row).collect();
    output::table(&["操作 what", "录入 entered", "状态 state", "原因 why"], &rows)?;
    explain(&entries)
}

/// Says how much an ended device keeps until it is invited again.
pub fn waiting_for_invitation(count: u64) -> String {
    format!(
        "等待新邀请 waiting for an invitation: {count}（设备停用之后录入或有待重做，保存在本机，\
         用新的邀请再次加入后自动发出 entered after this device was ended or to be made anew, kept here, sent by \
         itself after keting enroll with a new invitation）"
    )
}

fn entry_json(entry: &OutboxView) -> Value {
    let (state, code) = state(&entry.state);
    let documents: Vec<_> = documents(entry).iter().map(DocumentId::to_string).collect();
    json!({
        "command": name(entry),
        "documents": documents,
        "state": state,
        "code": code,
        "queued_at_ms": entry.queued_at_ms,
    })
}

fn row(entry: &OutboxView) -> Vec<String> {
    let (state, code) = state(&entry.state);
    let (chinese, english) = command_words(name(entry));
    let entered = entry.command.as_ref().map(Command::entered).unwrap_or_default();
    let first: Vec<_> = entered.into_iter().take(2).map(|(_, value)| value.to_string()).collect();
    vec![
        format!("{chinese} {english}: {}", first.join(" ")),
        city_minute(entry.queued_at_ms),
        in_chinese(state).map_or_else(|| state.to_owned(), |chinese| format!("{chinese} {state}")),
        code.unwrap_or_default().to_owned(),
    ]
}

/// What a state is called in Chinese.
fn in_chinese(state: &str) -> Option<&'static str> {
    let chinese = match state {
        "queued" => "待发送",
        "sent" => "已发送",
        "acknowledged" => "已确认",
        "held" => "待处理",
        "refused" => "已退回",
        "superseded" => "已由另一份代替",
        _ => return None,
    };
    Some(chinese)
}

/// Says once for each code what it means and what to do.
fn explain(entries: &[OutboxView]) -> Result<(), Failure> {
    let mut codes: Vec<_> = entries.iter().filter_map(|entry| state(&entry.state).1).collect();
    codes.sort_unstable();
    codes.dedup();
    for known in codes.into_iter().filter_map(known) {
        output::line(format!("{}: {} {}", known.code, known.zh, known.en))?;
    }
    Ok(())
}

fn state(state: &OutboxState) -> (&'static str, Option<&str>) {
    match state {
        OutboxState::Queued => ("queued", None),
        OutboxState::Sent => ("sent", None),
        OutboxState::Acknowledged => ("acknowledged", None),
        OutboxState::Held { code } => ("held", Some(code)),
        OutboxState::Refused { code } => ("refused", Some(code)),
        OutboxState::Superseded => ("superseded", None),
    }
}

/// The command's name; one of a newer version has none here.
fn name(entry: &OutboxView) -> &'static str {
    entry.command.as_ref().map_or("(newer)", |command| command.name())
}

fn documents(entry: &OutboxView) -> Vec<DocumentId> {
    entry.command.as_ref().map(|command| command.documents()).unwrap_or_default()
}
