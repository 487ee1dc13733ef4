//! What a phone confirms: a server counts on it, so it is in the phone's file, whatever crashes then.

use std::collections::BTreeSet;

use keting_model::Cell;
use keting_model::query::Rows as _;
use keting_sync::frame::{decode_device, decode_server};
use keting_sync::message::{DeviceMessage, ServerMessage};
use keting_trust::limits::FRAME_BYTES_MAX;

use crate::device::Device;
use crate::world::Broken;

/// The entries of the log that a file has, read or unread.
const NUMBERS: &str = "SELECT number FROM commits WHERE number IS NOT NULL
    UNION SELECT number FROM records WHERE number IS NOT NULL
    UNION SELECT number FROM unread";

/// The groups that came on a connection, as they are counted in a Confirm.
#[derive(Debug, Default)]
pub struct Confirming {
    /// The numbers of the group that is not ended yet.
    open: Vec<u64>,
    ended: Vec<Vec<u64>>,
}

impl Confirming {
    /// A frame of the server's came.
    pub fn take_frame(&mut self, frame: &[u8]) {
        match decode_server(frame, FRAME_BYTES_MAX) {
            Ok(ServerMessage::Entries(entries)) => {
                self.open.extend(entries.entries.iter().map(|entry| entry.number));
            }
            Ok(ServerMessage::UpTo(_) | ServerMessage::Progress(_)) => {
                self.ended.push(std::mem::take(&mut self.open));
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// The numbers of what a phone confirms with a frame, if it is a Confirm.
    pub fn confirmed_by(&self, frame: &[u8]) -> Vec<u64> {
        let Ok(DeviceMessage::Confirm(confirm)) = decode_device(frame, FRAME_BYTES_MAX) else {
            return Vec::new();
        };
        let groups = usize::try_from(confirm.groups).unwrap();
        self.ended.iter().take(groups).flatten().copied().collect()
    }
}

/// Demands that a phone has what it confirmed.
///
/// # Errors
/// When an entry is missing.
pub fn demand_kept(device: &Device) -> Result<(), Broken> {
    let Some(replica) = &device.replica else { return Ok(()) };
    let mut here = BTreeSet::new();
    let mut each = |cells: &[Cell]| {
        here.insert(number_in(cells));
    };
    replica.store().query(NUMBERS, &[], &mut each).map_err(|error| error.to_string())?;
    match device.confirmed.difference(&here).next() {
        Some(number) => Err(format!("{} confirmed {number} and does not have it", device.name)),
        None => Ok(()),
    }
}

fn number_in(cells: &[Cell]) -> u64 {
    match cells {
        [Cell::Int(number)] => u64::try_from(*number).unwrap(),
        other => panic!("{other:?} is no number"),
    }
}
