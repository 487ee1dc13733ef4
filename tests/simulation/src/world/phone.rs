//! What happens to a phone: it starts, connects, is woken, ends.

use keting::parts::{Reaching, SyncDriver};
use keting::{EngineError, ErrorKind};
use keting_testkit::rng::Rng;
use keting_trust::Digest;
use keting_trust::limits::LINE_BYTES_PER_S_MIN;

use crate::addresses::Dialled;
use crate::admitted::demand_shown;
use crate::confirmed::Confirming;
use crate::device::Session;
use crate::host::Host;
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

    /// Dials the next addresses of a go at reaching the server, until somebody answers who has a key that
    /// the phone pins.
    pub(super) fn connect(&mut self, index: usize) -> Result<(), Broken> {
        let again_ms = 1_000 + self.rng.below(self.temper.pause_ms);
        let Some(device) = self.devices.get_mut(index) else { return Ok(()) };
        let (Some(replica), None) = (device.replica.as_ref(), device.session.as_ref()) else {
            if device.replica.is_none() {
                self.after(again_ms, Event::Connect(index));
            }
            return Ok(());
        };
        let reaching = device.reaching.take().map_or_else(|| Reaching::begin(replica), Ok);
        let mut reaching = match reaching {
            Ok(reaching) => reaching,
            Err(error) => {
                self.after(again_ms, Event::Connect(index));
                return self.judge_error(index, &error);
            }
        };
        while let Some(url) = reaching.next_address() {
            let server = reaching.server();
            let shown = match self.addresses.dial(&self.host, &url, server.keys()) {
                Dialled::Server(_) if self.host.server.is_none() => continue,
                Dialled::Server(shown) => Some(shown),
                Dialled::Stranger => None,
                Dialled::WrongKey => {
                    self.trace.count("whoever answered had another TLS key");
                    continue;
                }
                Dialled::Nobody => {
                    self.trace.count("nobody answered at an address");
                    continue;
                }
            };
            return self.begin_session(index, reaching, url, shown);
        }
        self.give_up_go(index);
        self.after(again_ms, Event::Connect(index));
        Ok(())
    }

    /// A session on a connection that stands: with the server, by the key that it has shown, or with a
    /// stranger.
    fn begin_session(
        &mut self,
        index: usize,
        reaching: Reaching,
        url: String,
        shown: Option<Digest>,
    ) -> Result<(), Broken> {
        let again_ms = 1_000 + self.rng.below(self.temper.pause_ms);
        let now_ms = self.clock.now_ms();
        let mut binding = [0; 32];
        self.rng.fill(&mut binding);
        let device = &mut self.devices[index];
        let Some(replica) = device.replica.as_mut() else { return Ok(()) };
        if shown.is_some() {
            self.ends.note_greeting(&replica.device(), now_ms);
        }
        let driver = match SyncDriver::start(replica, binding, now_ms) {
            Ok(driver) => driver,
            Err(error) => {
                self.after(again_ms, Event::Connect(index));
                return self.judge_error(index, &error);
            }
        };
        let server = self.host.server.as_mut().zip(shown);
        let server =
            server.map(|(server, shown)| server.connect(Host::channel(binding, &shown), now_ms));
        self.last_link += 1;
        let link = self.last_link;
        let is_cut = !self.is_healing && self.rng.chance(self.temper.cuts_in_8, 8);
        let cut_after = is_cut.then(|| self.rng.below(16));
        let mut connection = Link::new(link, index, server, cut_after);
        let thin = self.drips.as_mut().map_or(0, |drips| let_drip(&mut connection, drips));
        self.trace.add("a connection drips", thin);
        self.links.insert(link, connection);
        let what = format!("{} connects as {link} at {url}", device.name);
        let (begun_at_ms, moot, is_noted) = (now_ms, 0, false);
        let confirming = Confirming::default();
        device.session =
            Some(Session { link, driver, reaching, url, is_noted, begun_at_ms, moot, confirming });
        self.note(&what);
        if server.is_some() {
            self.trace.count("connections");
            self.queue_server_step();
        } else {
            self.trace.count("a stranger answered with a TLS key that a phone still pins");
            // Some hang up, and some say nothing.
            if self.rng.chance(1, 2) {
                self.close_gently(link);
            }
        }
        self.settle_device(index)
    }

    /// No address has led to the server. An invitation that a device of the city took is given up then, by
    /// whoever has the patience to wait for that.
    fn give_up_go(&mut self, index: usize) {
        let is_given_up = !self.is_healing && self.rng.chance(1, 2);
        let device = &mut self.devices[index];
        let Some(replica) = device.replica.as_mut().filter(|_| is_given_up) else { return };
        // A disk that fails keeps it, and the next go is the same once more. The server may have let the
        // device in all the same, if its answer was lost.
        if replica.is_to_be_renewed().unwrap_or(false) && replica.give_up_invitation().is_ok() {
            self.trace.count("an invitation that led nowhere was given up");
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
        if device.session.is_some() {
            demand_shown(device)?;
        }
        let Some(session) = &mut device.session else { return Ok(()) };
        let link = session.link;
        let mut frames = Vec::new();
        while let Some(frame) = session.driver.poll_transmit() {
            device.confirmed.extend(session.confirming.confirmed_by(&frame));
            frames.push(frame);
        }
        let moot = session.driver.progress().moot.get(session.moot..).unwrap_or_default().to_vec();
        session.moot += moot.len();
        let progress = session.driver.progress();
        if progress.is_served && !session.is_noted {
            session.is_noted = true;
            // If it cannot be noted, the next go tries the addresses in the same order.
            let noted = device
                .replica
                .as_mut()
                .map(|replica| replica.note_reached(&session.url, session.reaching.server()));
            drop(noted);
        }
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
            let session = device.session.take();
            let left = session.filter(|it| !Reaching::is_over(&ended, it.driver.progress()));
            device.reaching = left.map(|session| session.reaching);
            let what = format!("{} ends {link}: {code}", device.name);
            self.note(&what);
            self.trace.count(&format!("session ended: {code}"));
            // Whoever joins only now may have a grant that was given to them days ago, or by a clock that was
            // wrong, and tells the operator.
            if self.is_healing && ["grant_ended", "grant_not_yet_valid"].contains(&code.as_str()) {
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

/// Some connections drip, one way or both, as thin as a line may be on which all gets through. Says how many ways.
fn let_drip(link: &mut Link, drips: &mut Rng) -> u64 {
    let mut thin = 0;
    for way in [Way::Up, Way::Down] {
        if drips.chance(1, 3) {
            link.drip(way, LINE_BYTES_PER_S_MIN as u64 + drips.below(2_000));
            thin += 1;
        }
    }
    thin
}
