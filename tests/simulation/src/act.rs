//! Somebody does something, and what must then be true on their phone.

use std::time::Duration;

use keting::parts::{Next, Replica};
use keting::{EngineError, ErrorKind};
use keting_model::Command;
use keting_model::household::HouseholdCommand;
use keting_model::query::Rows as _;
use keting_sync::Purpose;

use crate::plan;
use crate::said::about;
use crate::world::{Broken, Event, World};

impl World {
    /// The holder of a device does something, if their app runs.
    ///
    /// # Errors
    /// When a refused command left a trace, was planned against the rules, or failed as none may.
    pub fn act(&mut self, index: usize) -> Result<(), Broken> {
        if self.is_healing {
            return Ok(());
        }
        let again_ms = 100 + self.rng.below(self.temper.act_every_ms);
        self.after(again_ms, Event::Act(index));
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        let (Some(replica), true) = (&device.replica, device.is_honest && device.is_enrolled())
        else {
            return Ok(());
        };
        // Of a household that is only half here nobody can say what stands.
        if is_only_half_here(replica) {
            return Ok(());
        }
        let Some(command) = plan::draw(&mut self.rng, replica, &self.memory.households) else {
            return Ok(());
        };
        self.carry_out(index, &command)
    }

    /// The holder of a device gives a command.
    ///
    /// # Errors
    /// When a refused command left a trace, was planned against the rules, or failed as none may.
    pub fn carry_out(&mut self, index: usize, command: &Command) -> Result<(), Broken> {
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        let Some(replica) = &device.replica else { return Ok(()) };
        let Some(saying) = self.said.before(index, device, command)? else { return Ok(()) };
        self.memory.acts += 1;
        let before = footprint(replica);
        let watched = replica.observers().subscribe(&[]);
        let Some(executed) = device.execute(command) else { return Ok(()) };
        let name = device.name.clone();
        match executed {
            Ok(executed) => {
                self.memory.places.learn(command);
                if let Command::Household(HouseholdCommand::Add { household, .. }) = command {
                    self.memory.households.push(*household);
                }
                self.said.note(index, saying, Some(executed.commit));
                self.demand_sound_ground(index, about(command))?;
                self.note(&format!("{name} {} {}", command.name(), executed.commit.command));
                self.trace.count(&format!("edit: {}", command.name()));
                let now_ms = self.clock.now_ms();
                let device = &mut self.devices[index];
                if let (Some(replica), Some(session)) = (&mut device.replica, &mut device.session) {
                    session.driver.handle_edited(replica, now_ms);
                }
                self.settle_device(index)
            }
            Err(error) => {
                self.note(&format!("{name} {} refused: {}", command.name(), error.code()));
                self.trace.count(&format!("refused on the phone: {}", error.code()));
                if let EngineError::Rule(broken) = &error {
                    let plan = command.name();
                    return Err(format!("{name}'s honest {plan} breaks a rule: {broken}"));
                }
                if watched.next_within(Duration::ZERO) != Next::TimedOut {
                    return Err(format!("{name}'s screens heard of what was not done"));
                }
                match error.kind() {
                    ErrorKind::Refused | ErrorKind::NotFound => {
                        let after = self.devices[index].replica.as_ref().and_then(footprint);
                        if before.is_some() && after.is_some() && before != after {
                            return Err(format!(
                                "{name}'s refused {} left a trace",
                                command.name()
                            ));
                        }
                        Ok(())
                    }
                    ErrorKind::Network
                    | ErrorKind::File
                    | ErrorKind::NeedsUpdate
                    | ErrorKind::Internal => {
                        self.memory.places.learn(command);
                        self.said.note(index, saying, None);
                        let _ = self.said.find_again(index, &self.devices[index], false);
                        self.judge_error(index, &error)
                    }
                }
            }
        }
    }
}

/// Whether a first sync is not over, or the disk does not say.
fn is_only_half_here(replica: &Replica) -> bool {
    match replica.session_config().map(|config| config.purpose) {
        Ok(Purpose::Sync { first_sync, .. }) => first_sync.is_some(),
        // To be enrolled once more.
        Ok(Purpose::Enrol { .. }) => {
            replica.status().map_or(true, |status| status.first_sync.is_some())
        }
        Err(_) => true,
    }
}

/// What any edit would change; nothing while the disk cannot be read.
fn footprint(replica: &Replica) -> Option<(u64, u64, u64, Vec<keting_model::Cell>)> {
    let store = replica.store();
    let mut rows = Vec::new();
    let sql = "SELECT (SELECT max(row) FROM commits), (SELECT count(*) FROM changes),
                      (SELECT count(*) FROM resident), (SELECT count(*) FROM conflict)";
    store.query(sql, &[], &mut |cells| rows.extend_from_slice(cells)).ok()?;
    let queued = store.outbox_counts().ok()?.queued;
    Some((replica.persisted().last_sequence, queued, store.document_count().ok()?, rows))
}
