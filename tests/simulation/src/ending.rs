//! Devices that the operator ends, and that come back by an invitation into the same folder. What was
//! entered before the end goes out; then nothing is read until the device is enrolled once more, and what
//! was entered meanwhile goes out after that.

use std::collections::BTreeMap;

use keting::Status;
use keting::parts::Replica;
use keting_server::ending::EndRequest;
use keting_trust::DeviceId;
use keting_trust::limits::ENDED_WORK_MS_MAX;

use crate::device::Device;
use crate::operator::UNNOTICED_MS_MAX;
use crate::world::{Broken, World};

/// The ends of devices, as the operator knows of them.
#[derive(Debug, Default)]
pub struct Ends {
    last: BTreeMap<DeviceId, End>,
    /// Whether everybody was invited back for good.
    are_over: bool,
}

/// The last end of a device.
#[derive(Debug)]
struct End {
    /// Where the log stood then.
    number: u64,
    at_ms: u64,
    /// When it first connected after that. Whatever was entered before was entered in time.
    greeted_at_ms: Option<u64>,
    /// Whether it was invited since.
    is_invited: bool,
    /// Whether the server's clock was about right.
    is_dated: bool,
}

impl Ends {
    /// The entry of the log behind which a device may read nothing, if it is ended.
    fn bound(&self, device: &DeviceId) -> Option<u64> {
        self.last.get(device).filter(|end| !end.is_invited).map(|end| end.number)
    }

    /// A device is ended, which may be in the middle of a session.
    fn note(
        &mut self,
        device: DeviceId,
        number: u64,
        at_ms: u64,
        in_session_since: Option<u64>,
        is_dated: bool,
    ) {
        let greeted_at_ms = in_session_since;
        let end = End { number, at_ms, greeted_at_ms, is_invited: false, is_dated };
        self.last.insert(device, end);
    }

    /// Whether a device is ended.
    pub fn is_ended(&self, device: &DeviceId) -> bool {
        self.bound(device).is_some()
    }

    /// Whether a device has been ended at least once.
    pub fn was_ended(&self, device: &DeviceId) -> bool {
        self.last.contains_key(device)
    }

    /// A device connects.
    pub fn note_greeting(&mut self, device: &DeviceId, now_ms: u64) {
        if let Some(end) = self.last.get_mut(device) {
            end.greeted_at_ms.get_or_insert(now_ms);
        }
    }

    /// Whether the server may hold what a device's holder entered at a time: it had greeted by then, or
    /// the end is so long ago that nobody waits any more.
    pub fn may_hold(&self, device: &DeviceId, entered: Option<u64>, now_ms: u64) -> bool {
        self.last.get(device).is_some_and(|end| {
            let is_late = now_ms - end.at_ms > ENDED_WORK_MS_MAX - 2 * UNNOTICED_MS_MAX;
            is_late
                || !end.is_dated
                || entered.is_none_or(|entered_ms| {
                    end.greeted_at_ms.is_some_and(|at_ms| at_ms <= entered_ms)
                })
        })
    }
}

impl World {
    /// The operator ends somebody's device. False if nobody is there to be ended.
    pub fn end_a_device(&mut self) -> bool {
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let can_be_ended = |device: &Device| {
            let is_invited = |replica: &Replica| replica.is_to_be_renewed().unwrap_or(true);
            let Some(id) = device.id().filter(|_| device.is_honest) else { return false };
            let mut machines = self.devices.iter().filter(|one| one.id() == Some(id));
            let is_settled = |one: &Device| one.replica.as_ref().is_some_and(|it| !is_invited(it));
            !self.ends.is_ended(&id) && machines.all(is_settled)
        };
        let mut all: Vec<_> = (0..self.devices.len()).collect();
        all.retain(|index| can_be_ended(&self.devices[*index]));
        let Some(index) = self.rng.pick(&all).copied() else { return false };
        let (Some(id), Some(server)) = (self.devices[index].id(), &mut self.host.server) else {
            return false;
        };
        let request = EndRequest { device: id.to_string(), why: "moved away".to_owned() };
        // A disk that fails, or a clock that is suspect, ends nobody.
        if server.end_device(&request, now_ms, unix_ms).is_err() {
            return false;
        }
        let head = server.store().snapshot().and_then(|read| read.head());
        let number = head.ok().flatten().map_or(u64::MAX, |head| head.number);
        let since = self.devices[index].session.as_ref().map(|session| session.begun_at_ms);
        let is_dated = self.host.clock_off_ms.unsigned_abs() <= UNNOTICED_MS_MAX;
        self.ends.note(id, number, now_ms, since, is_dated);
        let name = self.devices[index].name.clone();
        self.note(&format!("{name}'s device is ended at {number}"));
        self.queue_server_step();
        true
    }

    /// Somebody whose device was ended gets an invitation into the same folder. Who is not at hand
    /// waits.
    ///
    /// # Errors
    /// When the device does not take it.
    pub fn invite_back(&mut self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        if !self.is_shut_out(device)
            || device.replica.is_none()
            || device.is_troubled
            || !self.is_on_time()
        {
            return Ok(());
        }
        let part = self.devices[index].part;
        let Some(invitation) = self.host.try_invite(&part) else { return Ok(()) };
        self.hang_up_by_phone(index);
        let device = &mut self.devices[index];
        let Some(replica) = &mut device.replica else { return Ok(()) };
        let (name, id) = (device.name.clone(), replica.device());
        replica
            .accept(&invitation)
            .map_err(|error| format!("{name} takes no invitation: {error}"))?;
        if let Some(end) = self.ends.last.get_mut(&id) {
            end.is_invited = true;
        }
        self.note(&format!("{name} is invited back"));
        self.trace.count("a device was invited back");
        Ok(())
    }

    /// How many machines there are of one device.
    pub fn devices_of(&self, id: &DeviceId) -> usize {
        self.devices.iter().filter(|device| device.id().as_ref() == Some(id)).count()
    }

    /// Invites everybody back whose device is ended.
    ///
    /// # Errors
    /// When a device does not take it, or is not there.
    pub fn invite_all_back(&mut self) -> Result<(), Broken> {
        for index in 0..self.devices.len() {
            self.invite_back(index)?;
        }
        self.ends.are_over = true;
        let is_left = |id: DeviceId| self.ends.is_ended(&id);
        if self.devices.iter().filter_map(Device::id).any(is_left) {
            Err("a device that was ended is not invited back".to_owned())
        } else {
            Ok(())
        }
    }

    /// Demands of a device that is ended that it has read nothing since.
    ///
    /// # Errors
    /// When it has.
    pub fn demand_unread(&self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let bound = device.id().and_then(|id| self.ends.bound(&id));
        let (Some(replica), Some(bound)) = (&device.replica, bound) else { return Ok(()) };
        let Ok(status) = replica.status() else { return Ok(()) };
        match status.cursor {
            Some(cursor) if cursor.number > bound => Err(format!(
                "{} was ended at {bound}, and has read up to {}",
                device.name, cursor.number
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a device that is ended has handed over all it has to, and was told so.
    pub fn has_handed_over(&self, device: &Device) -> bool {
        if !device.id().is_some_and(|id| self.ends.was_ended(&id)) {
            return false;
        }
        let status = device.replica.as_ref().and_then(|replica| replica.status().ok());
        let is_out = |status: &Status| status.ended.is_some() && !self.ends.are_over;
        status.filter(is_out).is_some_and(|status| {
            let left = status.waiting.saturating_sub(status.waiting_for_invitation);
            left <= status.refused
        })
    }

    /// Whether a device is ended, or says so: it may have been put back to before it was invited.
    fn is_shut_out(&self, device: &Device) -> bool {
        if !device.id().is_some_and(|id| self.ends.was_ended(&id)) {
            return false;
        }
        let status = device.replica.as_ref().and_then(|replica| replica.status().ok());
        let is_told = status.is_some_and(|status| status.ended.is_some());
        is_told || device.id().is_some_and(|id| self.ends.is_ended(&id))
    }
}
