//! What devices were given, on the server.

use keting_server::city::City;
use keting_server::granted::{GrantState, Granted, grants};
use keting_server::init::store_path;
use keting_server::renewal::RenewRequest;
use keting_server::shell::admin::{AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use keting_server::store::sqlite::SqliteStore;
use keting_server::store::{ServerStore as _, StoreError};
use serde_json::json;

use crate::arguments::{Grant, Reading};
use crate::commands::server::{ask, refused};
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// Looks at grants, or renews them.
///
/// # Errors
/// When there is no city, its store cannot be read, or the running server refuses.
pub fn run(verb: &Grant) -> Result<(), Failure> {
    match verb {
        Grant::List(reading) => list(reading),
        Grant::Renew { id, days, regions, data } => {
            let (device, region_codes) = (id.clone(), regions.clone());
            let request = RenewRequest { device, days: *days, region_codes };
            match ask(data, &AdminRequest::RenewGrants(request))? {
                AdminReply::GrantsRenewed(device) => output::line(device),
                other => Err(refused(other)),
            }
        }
    }
}

fn list(reading: &Reading) -> Result<(), Failure> {
    let path = store_path(&reading.data);
    if !path.exists() {
        return Err(Failure::NotFound("the city"));
    }
    let mut store =
        SqliteStore::open_to_read(&path).map_err(|error| failed(error.code(), &error))?;
    let all = read_all(&mut store).map_err(|error| failed(error.code(), &error))?;
    if reading.json {
        return output::json(&all.iter().map(as_json).collect::<Vec<_>>());
    }
    let header =
        ["设备 device", "姓名 name", "角色 role", "区域 regions", "授权至 until", "状态 state"];
    output::table(&header, &all.into_iter().map(as_row).collect::<Vec<_>>())
}

fn read_all(store: &mut SqliteStore) -> Result<Vec<Granted>, StoreError> {
    let read = store.snapshot()?;
    grants(&*read, &City::read(&*read)?, wall_clock_ms())
}

fn failed(code: &str, error: &dyn std::error::Error) -> Failure {
    Failure::Server { code: code.to_owned(), message: error.to_string() }
}

fn as_json(granted: &Granted) -> serde_json::Value {
    let why = match &granted.state {
        GrantState::Revoked(why) => Some(why),
        GrantState::Live | GrantState::NotYetValid | GrantState::Over => None,
    };
    json!({
        "device": granted.device.to_string(),
        "name": granted.name,
        "role": granted.role,
        "regions": granted.regions,
        "expires_at_ms": granted.expires_at_ms,
        "state": granted.state.name(),
        "why": why,
    })
}

fn as_row(granted: Granted) -> Vec<String> {
    let state = match &granted.state {
        GrantState::Live => "有效 live".to_owned(),
        GrantState::NotYetValid => "未到生效时间 not valid yet".to_owned(),
        GrantState::Over => "已到期 over".to_owned(),
        GrantState::Revoked(why) => format!("已收回 revoked: {why}"),
    };
    vec![
        granted.device.to_string(),
        granted.name,
        granted.role.to_owned(),
        granted.regions.join(" "),
        city_minute(granted.expires_at_ms),
        state,
    ]
}
