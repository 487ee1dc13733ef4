//! What is demanded of everybody: of outboxes all the time, of all screens once all is quiet.

use keting::parts::Replica;
use keting_model::project;
use keting_model::query::Withheld;
use keting_model::role::Reach;
use keting_model::{Document, PROJECTION_MIGRATIONS, RowChange};
use keting_server::store::{CommitState, ServerRead};
use keting_store::{OpenConfig, OutboxState, Owner, Store};
use keting_testkit::vfs::Disk;

use crate::said::Act;
use crate::said::screen::Reader;
use crate::said::stands::{Names, is_contradictory, judge};
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
        let (Some(server), false) = (&mut self.host.server, self.host.is_troubled) else {
            return Ok(());
        };
        let own = replica.device();
        let is_open = |act: &&mut Act| act.device == own && !act.is_on_server;
        let mut open = self.said.acts.iter_mut().filter(is_open).peekable();
        if open.peek().is_none() {
            return Ok(());
        }
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        let waiting = replica.outbox(u32::MAX).map_err(|error| error.to_string())?;
        for act in open {
            let Some(commit) = act.commit() else { continue };
            let state = read.commit_state(&commit.device, &commit.command).unwrap();
            act.is_on_server = state.is_some_and(|state| state.state == CommitState::Admitted);
            let here = replica.store().commit_of(commit.device.as_bytes(), &commit.command);
            let (Some((row, _)), false) = (here.unwrap(), act.is_on_server) else { continue };
            let waits = waiting.iter().find(|entry| entry.commit == row);
            let has_reason = match waits.map(|entry| &entry.state) {
                Some(OutboxState::Queued | OutboxState::Sent) => true,
                Some(OutboxState::Refused { code } | OutboxState::Held { code }) => {
                    !code.is_empty()
                }
                Some(OutboxState::Acknowledged) | None => false,
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

    /// Demands of every phone and of the server that what stands is shown to all who may read it.
    ///
    /// # Errors
    /// When something that somebody said is missing somewhere.
    pub fn demand_said(&mut self) -> Result<(), Broken> {
        for index in 0..self.devices.len() {
            self.demand_outbox(index)?;
        }
        let is_missing = |act: &&Act| act.commit().is_some() && !act.is_on_server;
        if let Some(act) = self.said.acts.iter().find(is_missing) {
            return Err(format!("{act:?} did not come to the server"));
        }
        for index in 0..self.devices.len() {
            self.demand_of_phone(index)?;
        }
        self.demand_of_server()
    }

    fn demand_of_phone(&self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let Some(replica) = &device.replica else { return Ok(()) };
        let screen = reader(replica, device.part.role).everything()?;
        for slot in self.said.about.keys().filter(|slot| self.said.may_read(device, slot)) {
            let Some(home) = self.memory.homes().get(&slot.of) else { continue };
            let own = replica.device();
            let stands = match self.reach(device, slot.kind(), home) {
                Some(Reach::Whole) => self.said.stands(slot, |act| self.said.is_kept(act)),
                Some(Reach::OwnOnly) => {
                    let is_own = |act: usize| self.said.acts[act].device == own;
                    self.said.stands(slot, |act| self.said.is_kept(act) && is_own(act))
                }
                None => continue,
            };
            judge(slot, &stands, &screen, Names::Known).map_err(|what| {
                format!("{}: {what}, said was{}", device.name, self.said.told(slot))
            })?;
        }
        Ok(())
    }

    fn demand_of_server(&mut self) -> Result<(), Broken> {
        let Some(server) = &mut self.host.server else { return Err("no server".to_owned()) };
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        let disk = Disk::new(self.seed);
        let store = screens_of_server(&*read, &disk)?;
        let screen = Reader { store: &store, withheld: Withheld::nothing() }.everything()?;
        for slot in self.said.about.keys().filter(|slot| !self.said.may_have_moved(slot)) {
            let stands = self.said.stands(slot, |act| self.said.is_kept(act));
            judge(slot, &stands, &screen, Names::Unknown)
                .map_err(|what| format!("the server: {what}, said was{}", self.said.told(slot)))?;
            let what = match stands.len() {
                0 => continue,
                1 => "said: one word stands",
                _ if is_contradictory(&stands) => "said: words stand against each other",
                _ => "said: several stand and agree",
            };
            self.trace.count(what);
        }
        Ok(())
    }
}

fn reader(replica: &Replica, role: keting_model::Role) -> Reader<'_> {
    Reader { store: replica.store(), withheld: Withheld::from_roles(&[role]) }
}

/// A file with what follows from the server's documents, as somebody would have it who may read all.
fn screens_of_server(read: &dyn ServerRead, disk: &Disk) -> Result<Store, Broken> {
    let config = OpenConfig {
        path: std::path::Path::new("/screens.db"),
        key: None,
        vfs: Some(disk.vfs_name()),
        owners: &[Owner { name: "model", migrations: PROJECTION_MIGRATIONS }],
        full_sync: false,
    };
    let mut store = Store::open(&config).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for stored in read.documents(None, u32::MAX).unwrap() {
        let snapshot = read.document_snapshot(&stored.id).unwrap().unwrap();
        let document = Document::load(stored.id, &snapshot).unwrap();
        rows.extend(project(&document).into_iter().map(RowChange::Put));
    }
    store.write(|file| file.put_row_changes(&rows)).map_err(|error| error.to_string())?;
    Ok(store)
}
