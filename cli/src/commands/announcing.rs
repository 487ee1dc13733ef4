//! Where devices find the server: telling them, and what they were told.

use std::path::Path;

use keting_server::announcing::{AnnounceRequest, Announced, Reached, announced, reached};
use keting_server::city::City;
use keting_server::shell::admin::{AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use keting_server::store::{ServerRead, StoreError};
use serde_json::json;

use crate::arguments::Reading;
use crate::commands::server::{ask, read_store, refused};
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// Has the running server announce its addresses.
///
/// # Errors
/// When no server runs on the directory, or it refuses.
pub fn announce(data: &Path, urls: &[String]) -> Result<(), Failure> {
    let request = AnnounceRequest { urls: urls.to_vec() };
    match ask(data, &AdminRequest::Announce(request))? {
        AdminReply::Announced(serial) => output::line(serial),
        other => Err(refused(other)),
    }
}

/// Has the running server change its TLS key.
///
/// # Errors
/// When no server runs on the directory, or it refuses.
pub fn rotate_key(data: &Path) -> Result<(), Failure> {
    match ask(data, &AdminRequest::RotateKey)? {
        AdminReply::KeyRotated(key) => output::line(key),
        other => Err(refused(other)),
    }
}

/// Shows what is announced, and how many devices have it.
///
/// # Errors
/// When there is no city, or its store cannot be read.
pub fn status(reading: &Reading) -> Result<(), Failure> {
    let found = read_store(&reading.data, read_status)?;
    if reading.json {
        return output::json(&found.as_ref().map(as_json));
    }
    let Some((Announced { record, .. }, reached)) = found else {
        return output::line("还没有公告 nothing is announced");
    };
    let (serial, at) = (record.serial, city_minute(record.at_ms));
    output::line(format!("公告 announcement: {serial}, {at}"))?;
    record.urls.iter().try_for_each(|url| output::line(format!("地址 address: {url}")))?;
    record.keys.iter().try_for_each(|key| output::line(format!("密钥 key: {key}")))?;
    let Reached { live, told } = reached;
    output::line(format!("已收到的设备 devices that have it: {told}/{live}"))
}

fn read_status(
    read: &dyn ServerRead,
    city: &City,
) -> Result<Option<(Announced, Reached)>, StoreError> {
    let Some(last) = announced(read)? else { return Ok(None) };
    let reached = reached(read, city, last.number, wall_clock_ms())?;
    Ok(Some((last, reached)))
}

fn as_json((last, reached): &(Announced, Reached)) -> serde_json::Value {
    let keys = last
        .keys
        .iter()
        .map(|known| json!({ "key": known.key.to_string(), "announced_at_ms": known.at_ms }));
    json!({
        "announcement": last.record.serial,
        "announced_at_ms": last.record.at_ms,
        "urls": last.record.urls,
        "keys": keys.collect::<Vec<_>>(),
        "devices_live": reached.live,
        "devices_told": reached.told,
    })
}
