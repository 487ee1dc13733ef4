//! What is demanded of everybody: of outboxes all the time, of all screens once all is quiet.

use keting_model::Role;
use keting_model::query::Withheld;
use keting_model::role::Reach;
use keting_server::store::CommitState;
use keting_store::OutboxState;
use keting_testkit::vfs::Disk;

use crate::device::Device;
use crate::said::screen::{Reader, Screen};
use crate::said::server::screens_of_server;
use crate::said::stands::{Names, Stands, is_contradictory};
use crate::said::word::Slot;
use crate::said::{Act, Fate, Reads, Said};
use crate::world::{Broken, World};

impl World {
    /// Demands that what a phone's holder said is on the server, or in the list of what waits, where
    /// it says why if it was refused.
    ///
    /// # Errors
    /// When something is in neither.
    pub fn demand_outbox(&mut self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let (Some(replica), false) = (&device.replica, device.is_troubled) else { return Ok(()) };
        let Said { acts, anew, .. } = &mut self.said;
        anew.look(index, replica.store()).map_err(|error| error.to_string())?;
        let (Some(server), false) = (&mut self.host.server, self.host.is_troubled) else {
            return Ok(());
        };
        let own = replica.device();
        let is_open = |act: &&mut Act| act.device == own && !act.is_on_server && !act.is_held;
        let mut open = acts.iter_mut().filter(is_open).peekable();
        if open.peek().is_none() {
            return Ok(());
        }
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        let waiting = replica.outbox(u32::MAX).map_err(|error| error.to_string())?;
        for act in open {
            let Some(commit) = act.commit() else { continue };
            let state = anew.at_server(&*read, &commit)?.map(|answered| answered.state);
            act.is_on_server = state == Some(CommitState::Admitted);
            act.is_held = matches!(state, Some(CommitState::Held { .. }));
            let here = anew.in_file(replica.store(), &commit).unwrap();
            let (Some(here), false) = (here, act.is_on_server) else { continue };
            let waits = waiting.iter().find(|entry| entry.commit == here.row);
            let has_reason = match waits.map(|entry| &entry.state) {
                Some(OutboxState::Queued | OutboxState::Sent) => true,
                Some(OutboxState::Held { code }) if code == "needs_a_person" => {
                    act.fate = Fate::LeftToAPerson;
                    true
                }
                Some(OutboxState::Refused { code } | OutboxState::Held { code }) => {
                    !code.is_empty()
                }
                Some(OutboxState::Acknowledged | OutboxState::Superseded) | None => false,
            };
            if !has_reason {
                let (name, command) = (&device.name, commit.command);
                return Err(format!(
                    "{name}'s {command} is not on the server, and waits as {waits:?}"
                ));
            }
        }
        Ok(())
    }

    /// Demands of every phone and of the server that what stands is shown to all who may read it. Once
    /// everybody is `revealed` who is no child, that is everybody.
    ///
    /// # Errors
    /// When something that somebody said is missing somewhere.
    pub fn demand_said(&mut self, revealed: bool) -> Result<(), Broken> {
        for index in 0..self.devices.len() {
            self.demand_outbox(index)?;
        }
        let is_due = |act: &&Act| act.commit().is_some() && act.fate == Fate::Open;
        let is_missing = |act: &&Act| is_due(act) && !act.is_on_server && !act.is_held;
        if let Some(act) = self.said.acts.iter().find(is_missing) {
            return Err(format!("{act:?} did not come to the server"));
        }
        let all = self.demand_of_server()?;
        for index in 0..self.devices.len() {
            let screen = self.demand_of_phone(index)?;
            if revealed {
                self.demand_revealed(index, &screen, &all)?;
            }
        }
        Ok(())
    }

    fn demand_of_server(&mut self) -> Result<Screen, Broken> {
        let Some(server) = &mut self.host.server else { return Err("no server".to_owned()) };
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        let disk = Disk::new(self.seed);
        let store = screens_of_server(&*read, &disk)?;
        let screen = Reader { store: &store, withheld: Withheld::nothing() }.everything()?;
        let reads = Reads { role: Role::VillageOfficer, names: Names::Unknown };
        for slot in self.said.about.keys() {
            let stands = self.said.stands(slot, |act| self.said.is_kept(act));
            self.said
                .judge(&reads, slot, &stands, &screen)
                .map_err(|what| format!("the server: {what}, said was{}", self.said.told(slot)))?;
            let what = match stands.len() {
                0 => continue,
                1 if self.said.was_ever_concealed(slot) => {
                    "said: a word stands that may have moved"
                }
                1 => "said: a word stands",
                _ if is_contradictory(&stands) => "said: words stand against each other",
                _ => "said: several stand and agree",
            };
            self.trace.count(what);
        }
        for slot in self.said.about.keys().filter(|slot| slot.is_withdrawal()) {
            let has = |act| self.said.is_kept(act);
            let heard = self.said.demand_heard(&reads, slot, &screen, has);
            if heard.map_err(|what| format!("the server: {what}"))? {
                self.trace.count("said: worked on beside a withdrawal");
            }
        }
        Ok(screen)
    }

    fn demand_of_phone(&self, index: usize) -> Result<Screen, Broken> {
        let device = &self.devices[index];
        let Some(replica) = &device.replica else { return Err("an app does not run".to_owned()) };
        let screen = Reader::of(replica, device.part.role).everything()?;
        let reads = Reads { role: device.part.role, names: Names::Known };
        for slot in self.said.about.keys() {
            let Some(stands) = self.stands_for(device, slot) else { continue };
            self.said.judge(&reads, slot, &stands, &screen).map_err(|what| {
                format!("{}: {what}, said was{}", device.name, self.said.told(slot))
            })?;
            if slot.is_withdrawal() {
                let has = |act| self.said.is_kept(act);
                let heard = self.said.demand_heard(&reads, slot, &screen, has);
                heard.map_err(|what| format!("{}: {what}", device.name))?;
            }
        }
        Ok(screen)
    }

    /// What stands of something among all that was said, if the holder of a phone may read that.
    pub(super) fn stands_for(&self, device: &Device, slot: &Slot) -> Option<Stands> {
        let own = device.replica.as_ref()?.device();
        let home = self.memory.homes().get(&slot.of)?;
        let reach = self.reach(device, slot.kind(), home)?;
        let reaches = |act: usize| reach == Reach::Whole || self.said.acts[act].device == own;
        Some(self.said.stands(slot, |act| self.said.is_kept(act) && reaches(act)))
    }
}
