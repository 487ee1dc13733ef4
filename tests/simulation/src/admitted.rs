//! What the server admitted stands on its author's screens as soon as their phone knows, also where it had
//! left them: of a device that was ended nothing more may come that would bring it back.

use keting_model::query::Rows as _;

use crate::device::Device;
use crate::world::Broken;

/// The changes of numbered work that no document holds.
const LEFT_OUT: &str = "SELECT DISTINCT c.number FROM parts_aside p
    JOIN commits c ON c.row = p.commit_row WHERE c.number IS NOT NULL";

/// Demands of a phone that is connected that nothing which has a number is left out of its documents.
///
/// A disk that failed as the number was written may leave it out until the next session.
///
/// # Errors
/// When something is.
pub fn demand_shown(device: &Device) -> Result<(), Broken> {
    let (Some(replica), false) = (&device.replica, device.is_troubled) else { return Ok(()) };
    let is_here = replica.status().map_err(|error| error.to_string())?.cursor.is_some();
    let mut left_out = Vec::new();
    let store = replica.store();
    store
        .query(LEFT_OUT, &[], &mut |cells| left_out.push(cells[0].clone()))
        .map_err(|error| error.to_string())?;
    if !is_here || left_out.is_empty() {
        return Ok(());
    }
    Err(format!("{} knows that {left_out:?} is in the log, and does not show it", device.name))
}
