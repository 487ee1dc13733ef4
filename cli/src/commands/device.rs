//! Devices: on a device those it knows, on a server those of the city.

use keting_server::devices::{ListedDevice, devices};
use keting_server::ending::EndRequest;
use keting_server::granted::Granted;
use keting_server::init::store_path;
use keting_server::shell::admin::{AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use serde_json::json;

use crate::arguments::{Device, Reading};
use crate::commands::grant::{self, state_in_words};
use crate::commands::server::{ask, read_store, refused};
use crate::commands::status;
use crate::commands::words::role_name;
use crate::device::{digits_of, digits_shown};
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
        "最近联系 last seen",
        "待发送 waiting",
        "待处理 held",
        "角色 role",
        "区域 regions",
        "授权至 until",
        "状态 state",
    ];
    let digits = digits_shown(all.iter().map(|device| device.device.as_bytes().as_slice()));
    let rows: Vec<_> = all.into_iter().flat_map(|device| as_rows(device, digits)).collect();
    output::table(&header, &rows)
}

fn as_json(device: &ListedDevice) -> serde_json::Value {
    json!({
        "device": device.device.to_string(),
        "name": device.name,
        "called": device.called,
        "seen_at_ms": device.seen_at_ms,
        "waiting": device.waiting,
        "held": device.held,
        "grants": device.grants.iter().map(grant::as_json).collect::<Vec<_>>(),
    })
}

/// A row for each grant; what is said of the device stands in the first of them.
fn as_rows(device: ListedDevice, digits: usize) -> Vec<Vec<String>> {
    let mut of_device = vec![
        digits_of(&device.device, digits),
        device.name,
        city_minute(device.seen_at_ms),
        device.waiting.to_string(),
        device.held.to_string(),
    ];
    let row = |granted: Granted| {
        let blank = vec![String::new(); of_device.len()];
        let mut row = std::mem::replace(&mut of_device, blank);
        let state = state_in_words(&granted.state);
        let until = city_minute(granted.expires_at_ms);
        row.extend([role_name(granted.role), granted.regions.join(" "), until, state]);
        row
    };
    device.grants.into_iter().map(row).collect()
}
