//! After the bad days: no more faults, everybody syncs, and then everybody has the same.

use keting_model::role::Reach;
use keting_server::verify::verify;

use crate::device::{Device, Edit, Progress};
use crate::dump;
use crate::operator::UNNOTICED_MS_MAX;
use crate::world::{Broken, Event, World};

/// How long everybody may take once nothing goes wrong any more, in virtual milliseconds. A side
/// that was never told of a cut notices after some two minutes, and a server that waits for a
/// confirmation after two.
pub const HEAL_MS_MAX: u64 = 15 * 60_000;

impl World {
    /// Ends all faults and lets everybody sync until nothing is left to do.
    ///
    /// # Errors
    /// When it takes too long, or something happens that must not.
    pub fn heal(&mut self) -> Result<(), Broken> {
        self.note("healing");
        self.mend_server();
        self.is_healing = true;
        self.host.refuses = None;
        self.confirm_clock(true);
        self.renew_all();
        for index in 0..self.devices.len() {
            self.mend_disk(index);
            if self.devices[index].is_troubled && self.devices[index].replica.is_some() {
                self.stop_device(index);
            }
            if self.devices[index].has_refused_edits() {
                self.hang_up_by_phone(index);
            }
            self.after(11_000, Event::Start(index));
            self.after(12_000, Event::Connect(index));
        }
        if self.host.is_troubled {
            self.stop_server();
        }
        self.after(100, Event::StartServer);
        let begun_ms = self.clock.now_ms();
        self.settle_down()?;
        self.check()?;
        self.invite_all_back()?;
        self.settle_down()?;
        let took_ms = self.clock.now_ms() - begun_ms;
        self.note(&format!("healed after {took_ms} ms"));
        self.trace.add("healing, virtual seconds", took_ms / 1_000);
        Ok(())
    }

    /// Lets everybody sync until nothing is left to do.
    ///
    /// # Errors
    /// When it takes too long, or something happens that must not.
    pub fn settle_down(&mut self) -> Result<(), Broken> {
        let begun_ms = self.clock.now_ms();
        while !self.is_quiescent() {
            if self.clock.now_ms() > begun_ms + HEAL_MS_MAX || !self.step()? {
                return Err(format!("not healed after {} ms: {}", HEAL_MS_MAX, self.unfinished()));
            }
        }
        Ok(())
    }

    fn is_quiescent(&mut self) -> bool {
        let head = self.host.log_number();
        if self.host.server.is_none() || head == 0 {
            return false;
        }
        let links = &self.links;
        let is_still = |device: &Device| {
            device.session.as_ref().is_some_and(|session| {
                session.driver.is_quiescent()
                    && links.get(&session.link).is_some_and(|link| link.is_still() && !link.is_cut)
            })
        };
        // Looked at last, because it costs most.
        let has_all = |device: &Device| {
            let status = device.replica.as_ref().and_then(|replica| replica.status().ok());
            status.is_some_and(|status| {
                let cursor = status.cursor.map(|cursor| cursor.number);
                cursor == Some(head) && status.waiting == 0
            })
        };
        let is_out = |device: &Device| {
            self.has_handed_over(device) || self.addresses.has_lost(&self.host, device)
        };
        self.devices.iter().all(|device| is_still(device) || is_out(device))
            && self.devices.iter().all(|device| is_out(device) || has_all(device))
    }

    fn unfinished(&self) -> String {
        let device = |device: &Device| {
            let status = device.replica.as_ref().and_then(|replica| replica.status().ok());
            let quiet = device.session.as_ref().map(|session| session.driver.is_quiescent());
            format!("{} {quiet:?} {status:?}", device.name)
        };
        self.devices.iter().map(device).collect::<Vec<_>>().join("; ")
    }

    /// Demands that every side has what it should and shows the same, that nothing waits or was
    /// lost, and that both sides' own verification finds nothing.
    ///
    /// # Errors
    /// When anything differs.
    pub fn demand_convergence(&mut self) -> Result<(), Broken> {
        // Everybody has heard the right time since, as far as anybody can notice.
        self.memory.told_off_ms.retain(|off_ms| off_ms.unsigned_abs() <= UNNOTICED_MS_MAX);
        self.check()?;
        let Some(server) = &mut self.host.server else { return Err("no server".to_owned()) };
        let (truth, report) = {
            let read = server.store().snapshot().map_err(|error| error.to_string())?;
            (dump::server_contents(&*read), verify(&*read, &mut |_| {}).unwrap())
        };
        if !report.is_clean() {
            return Err(format!("the server's verification: {:?}", report.differences));
        }
        for index in 0..self.devices.len() {
            self.demand_edits(index)?;
            self.demand_of(index, &truth)?;
        }
        Ok(())
    }

    fn demand_of(&mut self, index: usize, truth: &dump::Contents) -> Result<(), Broken> {
        let device = &self.devices[index];
        let name = &device.name;
        let replica = device.replica.as_ref().ok_or("an app does not run")?;
        let mine = dump::contents(replica);
        let homes = self.memory.homes();
        for (id, content) in truth {
            let (kind, home) = (id.kind().unwrap(), homes[id]);
            match (self.reach(device, kind, &home), mine.get(id)) {
                (Some(Reach::Whole), Some(own)) if own == content => {}
                (Some(Reach::Whole), Some(own)) => {
                    return Err(format!("{name} has {id} as {own:?}, the server as {content:?}"));
                }
                (Some(Reach::Whole), None) => return Err(format!("{name} lacks {id}")),
                // What they hold of these is their own; that it is all of it is the edits' check.
                (Some(Reach::OwnOnly) | None, _) => {}
            }
        }
        if let Some(id) = mine.keys().find(|id| !truth.contains_key(id)) {
            return Err(format!("{name} has {id}, which the server does not know"));
        }
        let report = replica.verify(&mut |_, _| {}).map_err(|error| format!("{error:?}"))?;
        if let Some(difference) = report.differences.first() {
            return Err(format!("{name}'s verification: {difference:?}"));
        }
        let counts = (report.commits, report.changes);
        self.trace.add("commits verified on phones", counts.0);
        self.trace.add("changes replayed on phones", counts.1);
        Ok(())
    }

    /// Demands that all that a phone's holder did is on the server, but for what lies in a region that
    /// is held: that is all held.
    fn demand_edits(&mut self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let Some(server) = &mut self.host.server else { return Err("no server".to_owned()) };
        let read = server.store().snapshot().map_err(|error| error.to_string())?;
        let late = device.late();
        for (commit, Edit { about, progress, .. }) in &device.edits {
            let must_be_held = self.memory.places.must_be_held(&self.said, &*read, *about);
            let good = match progress {
                Progress::Waiting => false,
                Progress::Acknowledged => !must_be_held,
                // What came too late after an end was judged when it was seen.
                Progress::Held(_) => must_be_held || self.memory.places.is_any_above(&late, *about),
                Progress::LeftToAPerson | Progress::Moot => true,
            };
            if !good {
                return Err(format!("{}'s {} is still {progress:?}", device.name, commit.command));
            }
        }
        Ok(())
    }
}
