//! What happens to a phone: it starts, connects, is woken, ends.

use keting::parts::SyncDriver;
use keting::{EngineError, ErrorKind};

use crate::device::Session;
use crate::host::channel;
use crate::network::{Link, Way};
use crate::world::{Broken, Event, World};

impl World {
    pub(super) fn start(&mut self, index: usize) -> Result<(), Broken> {
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        if device.replica.is_some() {
            return Ok(());
        }
        let (name, was_troubled) = (device.name.clone(), device.is_troubled);
        match device.start() {
            Ok(()) => {
                self.note(&format!("{name} starts"));
                // A disk that fails again is looked at again.
                let _ = self.said.find_again(index, &self.devices[index], true);
                self.check_device(index)
            }
            Err(error) if was_troubled => {
                self.note(&format!("{name} does not start: {}", error.code()));
                self.mend_disk(index);
                self.after(1_000, Event::Start(index));
                Ok(())
            }
            Err(error) => Err(format!("{name} does not start: {} {error:?}", error.code())),
        }
    }

    pub(super) fn connect(&mut self, index: usize) -> Result<(), Broken> {
        let again_ms = 1_000 + self.rng.below(self.temper.pause_ms);
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        let (Some(replica), None) = (device.replica.as_mut(), device.session.as_ref()) else {
            if device.replica.is_none() {
                self.after(again_ms, Event::Connect(index));
            }
            return Ok(());
        };
        let Some(server) = self.host.server.as_mut() else {
            self.after(again_ms, Event::Connect(index));
            return Ok(());
        };
        let mut binding = [0; 32];
        self.rng.fill(&mut binding);
        let now_ms = self.clock.now_ms();
        self.ends.note_greeting(&replica.device(), now_ms);
        match SyncDriver::start(replica, binding, now_ms) {
            Ok(driver) => {
                let connection = server.connect(channel(binding), now_ms);
                self.last_link += 1;
                let link = self.last_link;
                let cut_after = (!self.is_healing && self.rng.chance(self.temper.cuts_in_8, 8))
                    .then(|| self.rng.below(16));
                self.links.insert(link, Link::new(link, index, connection, cut_after));
                device.session = Some(Session { link, driver, begun_at_ms: now_ms, moot: 0 });
                let what = format!("{} connects as {link}", device.name);
                self.note(&what);
                self.trace.count("connections");
                self.queue_server_step();
                self.settle_device(index)
            }
            Err(error) => {
                self.after(again_ms, Event::Connect(index));
                self.judge_error(index, &error)
            }
        }
    }

    pub(super) fn timer(&mut self, index: usize) -> Result<(), Broken> {
        let now_ms = self.clock.now_ms();
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        if let (Some(replica), Some(session)) = (&mut device.replica, &mut device.session)
            && session.driver.poll_timeout().is_some_and(|(at_ms, _)| at_ms <= now_ms)
        {
            session.driver.handle_timeout(replica, now_ms);
            return self.settle_device(index);
        }
        Ok(())
    }

    /// After anything a driver was told: sends what it gives, ends what has ended, and queues its
    /// next timer.
    pub fn settle_device(&mut self, index: usize) -> Result<(), Broken> {
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        device.note_enrolment();
        let Some(session) = &mut device.session else { return Ok(()) };
        let link = session.link;
        let mut frames = Vec::new();
        while let Some(frame) = session.driver.poll_transmit() {
            frames.push(frame);
        }
        let moot = session.driver.progress().moot.get(session.moot..).unwrap_or_default().to_vec();
        session.moot += moot.len();
        let ended = session.driver.take_ended();
        let timeout = session.driver.poll_timeout();
        for moot in moot {
            self.trace.count("an edit needed not be made anew");
            self.said.note_moot(index, &self.devices[index], &moot.command)?;
        }
        for frame in frames {
            self.send(link, Way::Up, frame);
        }
        if let Some(ended) = ended {
            let code = ended.as_ref().err().map_or("ok", EngineError::code).to_owned();
            let device = &mut self.devices[index];
            device.session = None;
            let what = format!("{} ends {link}: {code}", device.name);
            self.note(&what);
            self.trace.count(&format!("session ended: {code}"));
            // Whoever joins only now may have a grant that was given to them days ago.
            if self.is_healing && code == "grant_ended" {
                self.renew_all();
            }
            self.cut_at(link, Some(Way::Up));
            let pause_ms = if self.is_healing { 2_000 } else { self.temper.pause_ms };
            let pause_ms = 500 + self.rng.below(pause_ms);
            self.after(pause_ms, Event::Connect(index));
            return match ended {
                Ok(()) => Ok(()),
                Err(error) => self.judge_error(index, &error),
            };
        }
        if let Some((at_ms, _)) = timeout {
            self.at(at_ms.max(self.clock.now_ms()), Event::Timer(index));
        }
        // What was refused goes again with the next connection, so the app makes one.
        if self.is_healing && self.devices[index].was_refused() {
            self.hang_up_by_phone(index);
        }
        Ok(())
    }

    /// Ends a phone's connection from its side. It connects again after a while.
    pub fn hang_up_by_phone(&mut self, index: usize) {
        let now_ms = self.clock.now_ms();
        let Some(device) = self.devices.get_mut(index) else { return };
        let Some(mut session) = device.session.take() else { return };
        if let Some(replica) = &mut device.replica {
            session.driver.handle_disconnected(replica, now_ms);
        }
        self.cut_at(session.link, Some(Way::Up));
        let pause_ms = 500 + self.rng.below(2_000);
        self.after(pause_ms, Event::Connect(index));
    }

    /// Whether an error was to be expected. One of the disk ends the app, which is started again
    /// soon.
    pub fn judge_error(&mut self, index: usize, error: &EngineError) -> Result<(), Broken> {
        let device = &self.devices[index];
        let expected = match error.kind() {
            // What no later connection can mend ends an app's syncing for good.
            ErrorKind::Network => error.retryable() || !device.is_honest,
            ErrorKind::File => device.is_troubled,
            // An invitation is too old while the server's clock is years ahead.
            ErrorKind::Refused if error.code() == "invitation_expired" => {
                self.memory.told_off_ms.iter().any(|off_ms| *off_ms > 0)
            }
            ErrorKind::Refused if error.code() == "device_ended" => {
                device.id().is_some_and(|id| self.ends.was_ended(&id))
            }
            ErrorKind::Refused
            | ErrorKind::NotFound
            | ErrorKind::NeedsUpdate
            | ErrorKind::Internal => false,
        };
        if !expected {
            return Err(format!("{} had {}: {error:?}", device.name, error.code()));
        }
        if error.kind() == ErrorKind::File {
            self.trace.count("disk error seen by a device");
            // Some apps give up at once, some go on with the connection they have.
            if self.rng.chance(1, 2) {
                self.stop_device(index);
            }
            self.mend_disk(index);
        }
        Ok(())
    }

    /// Ends an app at once. It is started again after a while.
    pub fn stop_device(&mut self, index: usize) {
        if let Some(link) = self.devices[index].stop() {
            self.cut_at(link, Some(Way::Up));
            let pause_ms = 1_000 + self.rng.below(self.temper.pause_ms);
            self.after(pause_ms, Event::Connect(index));
        }
        let pause_ms = self.rng.below(10_000);
        self.after(pause_ms, Event::Start(index));
    }
}
