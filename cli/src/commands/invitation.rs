//! What became of invitations, on the server.

use keting_server::invitations::{InvitationState, Invited, invitations};
use keting_server::shell::admin::{AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use keting_trust::DeviceId;
use serde_json::json;

use crate::arguments::{Invitations, Reading};
use crate::commands::server::{ask, read_store, refused};
use crate::commands::words::role_name;
use crate::device::{digits_of, digits_shown};
use crate::exit::Failure;
use crate::output;
use crate::time::city_minute;

/// Lists invitations, or takes one back.
///
/// # Errors
/// When there is no city, its store cannot be read, or the running server refuses.
pub fn run(verb: &Invitations) -> Result<(), Failure> {
    match verb {
        Invitations::List(reading) => list(reading),
        Invitations::Cancel { id, data } => {
            match ask(data, &AdminRequest::CancelInvitation(id.clone()))? {
                AdminReply::InvitationCancelled(id) => output::line(id),
                other => Err(refused(other)),
            }
        }
    }
}

fn list(reading: &Reading) -> Result<(), Failure> {
    let all = read_store(&reading.data, |read, _| invitations(read, wall_clock_ms()))?;
    if reading.json {
        return output::json(&all.iter().map(as_json).collect::<Vec<_>>());
    }
    let header =
        ["邀请 invitation", "姓名 name", "角色 role", "区域 region", "有效至 until", "状态 state"];
    let devices = all.iter().filter_map(used_by);
    let digits = Digits {
        invitation: digits_shown(all.iter().map(|invited| invited.id.as_bytes().as_slice())),
        device: digits_shown(devices.map(|device| device.as_bytes().as_slice())),
    };
    let rows: Vec<_> = all.iter().map(|invited| as_row(invited, &digits)).collect();
    output::table(&header, &rows)
}

/// The device that an invitation made.
fn used_by(invited: &Invited) -> Option<&DeviceId> {
    match &invited.state {
        InvitationState::Used(device) => Some(device),
        InvitationState::Open | InvitationState::Over | InvitationState::Cancelled => None,
    }
}

fn as_json(invited: &Invited) -> serde_json::Value {
    let device = used_by(invited).map(ToString::to_string);
    json!({
        "invitation": invited.id.to_string(),
        "name": invited.name,
        "role": invited.role,
        "region": invited.region,
        "expires_at_ms": invited.expires_at_ms,
        "state": invited.state.name(),
        "device": device,
    })
}

/// How many digits of ids are shown.
struct Digits {
    invitation: usize,
    device: usize,
}

fn as_row(invited: &Invited, digits: &Digits) -> Vec<String> {
    let state = match &invited.state {
        InvitationState::Open => "可用 open".to_owned(),
        InvitationState::Used(device) => {
            format!("已用 used: {}", digits_of(device, digits.device))
        }
        InvitationState::Over => "已过期 over".to_owned(),
        InvitationState::Cancelled => "已撤回 cancelled".to_owned(),
    };
    vec![
        digits_of(&invited.id, digits.invitation),
        invited.name.clone(),
        role_name(&invited.role),
        invited.region.clone().unwrap_or_default(),
        city_minute(invited.expires_at_ms),
        state,
    ]
}
