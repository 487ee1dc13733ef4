//! Bad things, done to the world.

use keting_testkit::vfs::{self, Failure, Op};

use crate::hostile;
use crate::liar;
use crate::temper::Fault;
use crate::world::{Broken, Event, World};

/// The most copies of phones in a run.
const COPIES_MAX: usize = 2;
/// How many tricks Mallory tries when it is their turn.
const TRICKS_AT_ONCE: usize = 4;
/// How many lies a false server tells when it is heard.
const LIES_AT_ONCE: usize = 4;
/// The longest the server keeps no edit.
const REFUSALS_MS_MAX: u64 = 60_000;
/// Why it may keep none, in words of its own.
const REFUSALS: [&str; 4] = ["quota_exceeded", "missing_dependency", "disk_full", "busy"];

impl World {
    /// Does the next bad thing.
    ///
    /// # Errors
    /// When what is true at every moment is not.
    pub fn fault(&mut self) -> Result<(), Broken> {
        if self.is_healing {
            return Ok(());
        }
        let pause_ms = 500 + self.rng.below(self.temper.fault_every_ms);
        self.after(pause_ms, Event::Fault);
        self.mend_server();
        self.operate()?;
        self.copy_a_machine();
        for index in 0..self.devices.len() {
            // Whoever had a bad disk for a while gives up, so that they can be checked again.
            if self.devices[index].is_troubled && self.rng.chance(1, 3) {
                self.mend_disk(index);
                self.stop_device(index);
            }
        }
        if self.rng.chance(1, 2) {
            self.check()?;
        }
        let Some(fault) = self.rng.pick(&self.temper.faults).copied() else { return Ok(()) };
        if self.harm(fault)? {
            self.trace.count(&format!("fault: {fault:?}"));
        }
        Ok(())
    }

    /// Whether it could be done.
    fn harm(&mut self, fault: Fault) -> Result<bool, Broken> {
        let running: Vec<usize> = (0..self.devices.len())
            .filter(|index| self.devices[*index].replica.is_some())
            .collect();
        let victim = self.rng.pick(&running).copied();
        match fault {
            Fault::ServerCrash
            | Fault::ServerPowerCut
            | Fault::ServerPowerCutInCall
            | Fault::ServerDiskError
            | Fault::ServerDiskFull
            | Fault::ServerStop => Ok(self.harm_server(fault)),
            Fault::ServerClock => {
                self.set_server_clock();
                Ok(true)
            }
            Fault::DaysPass => {
                self.let_days_pass();
                Ok(true)
            }
            Fault::Hostile => {
                let mut played = false;
                for _ in 0..TRICKS_AT_ONCE {
                    // A server that serves nobody shows nothing of what it would say to a trick.
                    played |= self.is_on_time() && hostile::attack(self)?;
                }
                Ok(played)
            }
            Fault::Lie => {
                let mut told = false;
                for _ in 0..LIES_AT_ONCE {
                    told |= liar::deceive(self)?;
                }
                Ok(told)
            }
            Fault::Refusals => {
                let until_ms = self.clock.now_ms() + self.rng.below(REFUSALS_MS_MAX);
                let code = REFUSALS[self.rng.index(REFUSALS.len())];
                self.host.refuses = Some((until_ms, code));
                self.note(&format!("the server keeps nothing: {code}"));
                Ok(true)
            }
            Fault::OneCodeTwice => self.make_one_code_twice(),
            Fault::End => Ok(self.end_a_device()),
            Fault::Move => Ok(self.move_server()),
            Fault::RotateKey => Ok(self.rotate_key()),
            Fault::UntoldChange => Ok(self.change_without_a_word()),
            Fault::Cut => {
                let links: Vec<_> =
                    self.links.values().filter(|l| !l.is_cut).map(|l| l.id).collect();
                let link = self.rng.pick(&links).copied();
                link.into_iter().for_each(|link| self.cut_at(link, None));
                Ok(link.is_some())
            }
            Fault::PutBack => Ok(self.put_back()),
            Fault::Crash
            | Fault::PowerCut
            | Fault::PowerCutInCall
            | Fault::DiskError
            | Fault::DiskFull
            | Fault::ClockJump
            | Fault::Copy => match victim {
                Some(victim) => Ok(self.harm_device(fault, victim)),
                None => Ok(false),
            },
        }
    }

    fn harm_device(&mut self, fault: Fault, victim: usize) -> bool {
        let seed = self.rng.next_u64();
        let draws = [self.rng.below(24), self.rng.below(8), self.rng.below(12_288)];
        let mut what = format!("{fault:?}");
        let device = &mut self.devices[victim];
        match fault {
            Fault::Crash => self.stop_device(victim),
            Fault::PowerCut => {
                self.stop_device(victim);
                self.devices[victim].disk.power_cut(seed);
                self.devices[victim].environment.restart();
            }
            Fault::PowerCutInCall => {
                device.is_troubled = true;
                device.is_disk_bad = true;
                device.disk.inject(vfs::Fault::nth_change(1 + draws[0], Failure::PowerOff));
            }
            Fault::DiskError => {
                device.is_troubled = true;
                device.is_disk_bad = true;
                let error = disk_error(draws);
                what = format!("{error:?}");
                device.disk.inject(error);
            }
            Fault::DiskFull => {
                device.is_troubled = true;
                device.is_disk_bad = true;
                let capacity = device.disk.used_bytes() + draws[2];
                device.disk.set_capacity_bytes(Some(capacity));
            }
            Fault::ClockJump => {
                const TEN_YEARS_MS: u64 = 10 * 365 * 86_400_000;
                let ahead = self.rng.chance(1, 2);
                let by_ms = i64::try_from(self.rng.below(TEN_YEARS_MS)).unwrap();
                device.environment.set_offset_ms(if ahead { by_ms } else { -by_ms });
            }
            Fault::Copy => {
                let copies = self.devices.iter().filter(|device| device.is_copy()).count();
                let device = &self.devices[victim];
                let usable = device.is_honest && device.is_enrolled() && !device.is_troubled;
                if copies >= COPIES_MAX || !usable {
                    return false;
                }
                let rng = self.rng.fork(seed);
                let copy = device.copy(&self.clock, &rng);
                self.devices.push(copy);
                let copy = self.devices.len() - 1;
                self.after(1_000, Event::Start(copy));
                self.after(3_000, Event::Connect(copy));
                self.after(2_000, Event::Act(copy));
            }
            Fault::PutBack
            | Fault::Cut
            | Fault::ServerCrash
            | Fault::ServerPowerCut
            | Fault::ServerPowerCutInCall
            | Fault::ServerDiskError
            | Fault::ServerDiskFull
            | Fault::ServerStop
            | Fault::ServerClock
            | Fault::DaysPass
            | Fault::Hostile
            | Fault::Lie
            | Fault::Refusals
            | Fault::OneCodeTwice
            | Fault::End
            | Fault::Move
            | Fault::RotateKey
            | Fault::UntoldChange => return false,
        }
        let name = self.devices[victim].name.clone();
        self.note(&format!("{name} has {what}"));
        true
    }

    fn harm_server(&mut self, fault: Fault) -> bool {
        let seed = self.rng.next_u64();
        let draws = [self.rng.below(24), self.rng.below(8), self.rng.below(12_288)];
        let mut what = format!("{fault:?}");
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let Some(server) = &mut self.host.server else { return false };
        match fault {
            Fault::ServerPowerCut => {
                self.stop_server();
                self.host.disk.power_cut(seed);
            }
            Fault::ServerPowerCutInCall => {
                self.host.is_troubled = true;
                self.host.disk.inject(vfs::Fault::nth_change(1 + draws[0], Failure::PowerOff));
            }
            Fault::ServerDiskError => {
                self.host.is_troubled = true;
                let error = disk_error(draws);
                what = format!("{error:?}");
                self.host.disk.inject(error);
            }
            Fault::ServerDiskFull => {
                self.host.is_troubled = true;
                let capacity = self.host.disk.used_bytes() + draws[2];
                self.host.disk.set_capacity_bytes(Some(capacity));
            }
            Fault::ServerStop => {
                server.step(now_ms, unix_ms);
                server.stop(now_ms, unix_ms);
                self.flush_server();
                self.stop_server();
            }
            Fault::ServerCrash => self.stop_server(),
            Fault::Crash
            | Fault::PowerCut
            | Fault::PowerCutInCall
            | Fault::DiskError
            | Fault::DiskFull
            | Fault::ClockJump
            | Fault::Copy
            | Fault::PutBack
            | Fault::Cut
            | Fault::ServerClock
            | Fault::DaysPass
            | Fault::Hostile
            | Fault::Lie
            | Fault::Refusals
            | Fault::OneCodeTwice
            | Fault::End
            | Fault::Move
            | Fault::RotateKey
            | Fault::UntoldChange => return false,
        }
        self.note(&format!("the server has {what}"));
        true
    }

    /// A phone's disk is well again. If its power went, the phone starts anew.
    pub fn mend_disk(&mut self, index: usize) {
        let seed = self.rng.next_u64();
        let device = &mut self.devices[index];
        device.is_disk_bad = false;
        device.disk.clear_faults();
        device.disk.set_capacity_bytes(None);
        if device.disk.is_powered() {
            return;
        }
        self.trace.count("power went in a call of a phone's disk");
        self.stop_device(index);
        self.devices[index].disk.power_cut(seed);
        self.devices[index].environment.restart();
    }

    /// The server's disk is well again; whoever found it failing may have given up meanwhile.
    pub fn mend_server(&mut self) {
        if !self.host.is_troubled {
            return;
        }
        self.host.disk.clear_faults();
        self.host.disk.set_capacity_bytes(None);
        let seed = self.rng.next_u64();
        if !self.host.disk.is_powered() {
            self.trace.count("power went in a call of the server's disk");
            self.stop_server();
            self.host.disk.power_cut(seed);
        } else if self.rng.chance(1, 2) {
            self.stop_server();
        }
    }
}

fn disk_error([nth, kind, _]: [u64; 3]) -> vfs::Fault {
    let op = match kind {
        0..3 => Op::Write,
        3..6 => Op::Sync,
        6 => Op::Truncate,
        _ => Op::Read,
    };
    let failure = match kind {
        5 => Failure::SyncForgets,
        2 => Failure::Full,
        _ => Failure::Io,
    };
    vfs::Fault::nth(op, 1 + nth / 4, failure)
}
