//! How far a device is, and which devices it knows.

use serde_json::json;

use crate::arguments::Reading;
use crate::columns::aligned;
use crate::commands::fourteen::Fourteen;
use crate::commands::outbox::waiting_for_invitation;
use crate::commands::words::role_name;
use crate::device::{digits_of, digits_shown, open, wait};
use crate::exit::Failure;
use crate::output;
use crate::time::{city_minute, clock_off, grant_ends_soon};

/// Prints how far a device is.
///
/// # Errors
/// When the device cannot be opened.
pub fn status(reading: &Reading) -> Result<(), Failure> {
    let keting = open(&reading.data)?;
    let status = wait(keting.device())?;
    let fourteen = Fourteen::read(&keting, &reading.data)?;
    let role = status.role.map(|role| role.name());
    if reading.json {
        return output::json(&json!({
            "city": status.city,
            "holder": status.holder,
            "role": role,
            "grant_expires_at_ms": status.grant_expires_at_ms,
            "grant_ends_soon": status.grant_ends_soon,
            "ended": status.ended,
            "waiting_for_invitation": status.waiting_for_invitation,
            "number": status.cursor.map(|cursor| cursor.number),
            "up_to_date_at_ms": status.up_to_date_at_ms,
            "first_sync": status.first_sync.map(|(done, total)| json!({
                "documents_done": done, "documents_total": total,
            })),
            "waiting": status.waiting,
            "refused": status.refused,
            "held": status.held,
            "conflicts": status.conflicts,
            "turned_fourteen": fourteen.all(),
            "documents": status.documents,
            "hidden": status.hidden,
            "log_diverged": status.log_diverged,
            "unread": status.unread,
            "set_aside": status.set_aside,
            "city_time_ms": wait(keting.now())?.unix_ms(),
            "clock_off_ms": status.clock_off_ms,
            "time_uncertain": status.time_uncertain,
            "salvaged": status.salvaged.as_ref().map(super::salvage::report_json),
        }));
    }
    let is_enrolled = status.city.is_some();
    let rows = [
        ("城市 city", status.city.unwrap_or_else(|| "未加入 not enrolled".to_owned())),
        ("持有人 holder", status.holder.unwrap_or_default()),
        ("角色 role", role.map(role_name).unwrap_or_default()),
        ("文档 documents", status.documents.to_string()),
        ("待发送 waiting", status.waiting.to_string()),
        ("待处理 held", status.held.to_string()),
        ("待定 to settle", status.conflicts.to_string()),
        ("授权至 grant expires", status.grant_expires_at_ms.map_or_else(dash, city_minute)),
        ("已同步至 up to date as of", status.up_to_date_at_ms.map_or_else(dash, city_minute)),
    ];
    let or_dash = |value: String| if value.is_empty() { dash() } else { value };
    let rows = rows.map(|(name, value)| vec![name.to_owned(), or_dash(value)]);
    output::lines(&aligned(&rows))?;
    fourteen.print()?;
    if let Some(expires_at_ms) = status.grant_expires_at_ms.filter(|_| status.grant_ends_soon) {
        output::line(grant_ends_soon(expires_at_ms))?;
    }
    if status.hidden > 0 {
        output::line(format!(
            "不在现有授权范围内，已隐藏 hidden, outside of what you are granted now: {} 户 households（资料仍在本机，\
             有了相应授权会再显示 still here, shown again with a grant that covers them）",
            status.hidden
        ))?;
    }
    if let Some(why) = status.ended {
        output::line(device_ended(&why))?;
    }
    if status.waiting_for_invitation > 0 {
        output::line(waiting_for_invitation(status.waiting_for_invitation))?;
    }
    if let Some(off_ms) = status.clock_off_ms {
        output::line(clock_off(off_ms))?;
    }
    if status.time_uncertain {
        output::line("重启后未联网，日期可能不准，请同步 dates may be wrong until the next sync")?;
    }
    if status.log_diverged
        && let Some(known) = keting::error::known("log_diverged")
    {
        output::line(format!("{} {}", known.zh, known.en))?;
    }
    if let Some((done, total)) = status.first_sync {
        output::line(format!("首次同步 first sync: {done}/{total}"))?;
    }
    if status.unread > 0 {
        let unread = status.unread;
        output::line(format!("需更新应用才能读取 needs a newer app: {unread}"))?;
    }
    if status.set_aside > 0 {
        let count = status.set_aside;
        output::line(format!(
            "服务器日志里没有通过检查的条目 entries that did not pass the checks: {count}（请告诉系统管理员 tell \
             the operator）"
        ))?;
    }
    match &status.salvaged {
        Some(report) => super::salvage::print_report(report, is_enrolled),
        None => Ok(()),
    }
}

/// Says that the device was ended, and why.
pub fn device_ended(why: &str) -> String {
    format!("这台设备已停用 this device was ended: {why}")
}

fn dash() -> String {
    "—".to_owned()
}

/// Prints the devices whose grants are here.
///
/// # Errors
/// When the device cannot be opened.
pub fn devices(reading: &Reading) -> Result<(), Failure> {
    let keting = open(&reading.data)?;
    let devices = wait(keting.devices())?;
    if reading.json {
        let devices: Vec<_> = devices
            .iter()
            .map(|one| {
                json!({
                    "device": one.device.to_string(),
                    "name": one.name,
                    "role": one.role.name(),
                    "expires_at_ms": one.expires_at_ms,
                })
            })
            .collect();
        return output::json(&devices);
    }
    let digits = digits_shown(devices.iter().map(|one| one.device.as_bytes().as_slice()));
    let rows: Vec<_> = devices
        .into_iter()
        .map(|one| vec![digits_of(&one.device, digits), one.name, role_name(one.role.name())])
        .collect();
    output::table(&["设备 device", "姓名 name", "角色 role"], &rows)
}
