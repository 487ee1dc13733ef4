//! Devices: on a device those it knows, on a server those of the city.

use keting_server::devices::{ListedDevice, devices};
use keting_server::ending::EndRequest;
use keting_server::init::store_path;
use keting_server::shell::admin::{AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use serde_json::json;

use crate::arguments::{Device, Reading};
use crate::commands::grant::state_in_words;
use crate::commands::server::{ask, read_store, refused};
use crate::commands::status;
use crate::commands::words::role_name;
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// Lists devices, or ends one.
///
/// # Errors
/// When there is neither a device nor a city, a file cannot be read, or the running server refuses.
pub fn run(verb: Device) -> Result<(), Failure> {
    match verb {
        Device::List(reading) if store_path(&reading.data).exists() => list(&reading),
        Device::List(reading) => status::devices(&reading),
        Device::End { id, why, data } => {
            match ask(&data, &AdminRequest::EndDevice(EndRequest { device: id, why }))? {
                AdminReply::DeviceEnded(device) => output::line(device),
                other => Err(refused(other)),
            }
        }
    }
}

fn list(reading: &Reading) -> Result<(), Failure> {
    let all = read_store(&reading.data, |read, city| devices(read, city, wall_clock_ms()))?;
    if reading.json {
        return output::json(&all.iter().map(as_json).collect::<Vec<_>>());
    }
    let header = [
        "设备 device",
        "姓名 name",
        "角色 role",
        "区域 regions",
        "最近联系 last seen",
        "待发送 waiting",
        "待处理 held",
        "授权至 until",
        "状态 state",
    ];
    output::table(&header, &all.into_iter().map(as_row).collect::<Vec<_>>())
}

fn as_json(device: &ListedDevice) -> serde_json::Value {
    let granted = &device.granted;
    json!({
        "device": granted.device.to_string(),
        "called": device.called,
        "name": granted.name,
        "role": granted.role,
        "regions": granted.regions,
        "seen_at_ms": device.seen_at_ms,
        "waiting": device.waiting,
        "held": device.held,
        "expires_at_ms": granted.expires_at_ms,
        "state": granted.state.name(),
    })
}

fn as_row(device: ListedDevice) -> Vec<String> {
    /// Enough for `device end`, which asks for more where several begin so.
    const DIGITS_SHOWN: usize = 8;
    let state = state_in_words(&device.granted.state);
    vec![
        device.granted.device.to_string().chars().take(DIGITS_SHOWN).collect(),
        device.granted.name,
        role_name(device.granted.role),
        device.granted.regions.join(" "),
        city_minute(device.seen_at_ms),
        device.waiting.to_string(),
        device.held.to_string(),
        city_minute(device.granted.expires_at_ms),
        state,
    ]
}
