//! Devices that the operator ends, and that come back by an invitation into the same folder. What was
//! entered before the end goes out; then nothing is read until the device is enrolled once more, and what
//! was entered meanwhile goes out after that.

use std::collections::{BTreeMap, BTreeSet};

use keting::Status;
use keting::parts::Replica;
use keting_server::ending::EndRequest;
use keting_trust::DeviceId;

use crate::device::Device;
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
    /// When it first connected after that. Whatever was entered before was entered in time.
    greeted_at_ms: Option<u64>,
    /// Whether it was invited since.
    is_invited: bool,
}

impl Ends {
    /// The entry of the log behind which a device may read nothing, if it is ended.
    fn bound(&self, device: &DeviceId) -> Option<u64> {
        self.last.get(device).filter(|end| !end.is_invited).map(|end| end.number)
    }

    /// A device is ended, which may be in the middle of a session.
    fn note(&mut self, device: DeviceId, number: u64, in_session_since: Option<u64>) {
        let end = End { number, greeted_at_ms: in_session_since, is_invited: false };
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

    /// Whether what a phone's file says is all there ever was of its device: no other machine has it, none was
    /// put back, and it was never ended.
    pub fn has_one_life(
        &self,
        devices: &[Device],
        device: &Device,
        put_back: &BTreeSet<DeviceId>,
    ) -> bool {
        let Some(id) = device.id().filter(|_| device.is_honest) else { return false };
        let machines = devices.iter().filter(|one| one.id() == Some(id)).count();
        machines == 1 && !put_back.contains(&id) && !self.was_ended(&id)
    }

    /// A device connects.
    pub fn note_greeting(&mut self, device: &DeviceId, now_ms: u64) {
        if let Some(end) = self.last.get_mut(device) {
            end.greeted_at_ms.get_or_insert(now_ms);
        }
    }

    /// Whether the server may hold what a device's holder entered at a time, since another machine of the
    /// device had been told of its end by then. No machine sends what it made itself after it was told.
    pub fn may_hold(&self, device: &DeviceId, entered: Option<u64>) -> bool {
        let end = self.last.get(device);
        let greeted_at_ms = end.and_then(|end| end.greeted_at_ms);
        greeted_at_ms.is_some_and(|at_ms| entered.is_none_or(|entered_ms| at_ms <= entered_ms))
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
        self.ends.note(id, number, since);
        let name = self.devices[index].name.clone();
        self.note(&format!("{name}'s device is ended at {number}"));
        self.queue_server_step();
        true
    }

    /// Somebody whose device was ended, or who lost the server, gets an invitation into the same folder.
    /// Who is not at hand waits.
    ///
    /// # Errors
    /// When the device does not take it.
    pub fn invite_back(&mut self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let has_lost = self.addresses.has_lost(&self.host, device);
        if !(has_lost || self.is_shut_out(device))
            || device.replica.is_none()
            || device.is_troubled
            || !self.is_on_time()
        {
            return Ok(());
        }
        let part = self.devices[index].part;
        let Some(invitation) = self.host.try_invite(&part) else { return Ok(()) };
        self.hang_up_by_phone(index);
        let number = self.host.log_number();
        let device = &mut self.devices[index];
        let Some(replica) = &device.replica else { return Ok(()) };
        let (name, id) = (device.name.clone(), replica.device());
        let known = replica.status().ok().and_then(|status| status.cursor);
        let number = number.max(known.map_or(0, |cursor| cursor.number));
        device
            .accept(invitation, number)
            .map_err(|error| format!("{name} takes no invitation: {error}"))?;
        if let Some(end) = self.ends.last.get_mut(&id) {
            end.is_invited = true;
        }
        self.note(&format!("{name} is invited back"));
        self.trace.count(if has_lost {
            "who had lost the server was invited"
        } else {
            "a device was invited back"
        });
        Ok(())
    }

    /// How many machines there are of one device.
    pub fn devices_of(&self, id: &DeviceId) -> usize {
        self.devices.iter().filter(|device| device.id().as_ref() == Some(id)).count()
    }

    /// Invites everybody back whose device is ended, or who has lost the server.
    ///
    /// # Errors
    /// When a device does not take it, or is not there.
    pub fn invite_all_back(&mut self) -> Result<(), Broken> {
        for index in 0..self.devices.len() {
            self.invite_back(index)?;
        }
        self.ends.are_over = true;
        let is_left = |device: &Device| {
            device.id().is_some_and(|id| self.ends.is_ended(&id))
                || self.addresses.has_lost(&self.host, device)
        };
        match self.devices.iter().find(|device| is_left(device)) {
            Some(device) => Err(format!("{} is not invited back", device.name)),
            None => Ok(()),
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
