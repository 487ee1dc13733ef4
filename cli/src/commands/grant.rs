//! What devices were given, on the server.

use keting_server::granted::{GrantState, Granted, grants};
use keting_server::renewal::RenewRequest;
use keting_server::shell::admin::{AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use serde_json::json;

use crate::arguments::{Grant, Reading};
use crate::commands::server::{ask, read_store, refused, refused_region, region_code};
use crate::commands::words::role_name;
use crate::device::{digits_of, digits_shown};
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
            let region_codes: Vec<_> = regions.iter().map(|typed| region_code(typed)).collect();
            let request = RenewRequest {
                device: id.clone(),
                days: *days,
                region_codes: region_codes.clone(),
            };
            match ask(data, &AdminRequest::RenewGrants(request))? {
                AdminReply::GrantsRenewed(device) => output::line(device),
                other => Err(refused_region(data, &region_codes, refused(other))),
            }
        }
    }
}

fn list(reading: &Reading) -> Result<(), Failure> {
    let all = read_store(&reading.data, |read, city| grants(read, city, wall_clock_ms()))?;
    if reading.json {
        return output::json(&all.iter().map(as_json).collect::<Vec<_>>());
    }
    let header =
        ["设备 device", "姓名 name", "角色 role", "区域 regions", "授权至 until", "状态 state"];
    let digits = digits_shown(all.iter().map(|granted| granted.device.as_bytes().as_slice()));
    let rows: Vec<_> = all.into_iter().map(|granted| as_row(granted, digits)).collect();
    output::table(&header, &rows)
}

/// A grant for machines.
pub(super) fn as_json(granted: &Granted) -> serde_json::Value {
    let why = match &granted.state {
        GrantState::Ended(why) => Some(why),
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

fn as_row(granted: Granted, digits: usize) -> Vec<String> {
    let state = state_in_words(&granted.state);
    vec![
        digits_of(&granted.device, digits),
        granted.name,
        role_name(granted.role),
        granted.regions.join(" "),
        city_minute(granted.expires_at_ms),
        state,
    ]
}

/// Whether a grant is good, in words.
pub(super) fn state_in_words(state: &GrantState) -> String {
    match state {
        GrantState::Live => "有效 live".to_owned(),
        GrantState::NotYetValid => "未到生效时间 not valid yet".to_owned(),
        GrantState::Over => "已到期 over".to_owned(),
        GrantState::Ended(why) => format!("已停用 ended: {why}"),
    }
}
