//! What happens to the server: it starts, is stepped, is heard, ends.

use keting_trust::Digest;

use crate::network::Way;
use crate::world::{Broken, Event, World};

impl World {
    pub(super) fn start_server(&mut self) -> Result<(), Broken> {
        if self.host.server.is_some() {
            return Ok(());
        }
        match self.host.start() {
            Ok(()) => {
                self.note("server starts");
                if self.is_healing {
                    self.confirm_clock(true);
                    self.renew_all();
                }
                self.check_server()
            }
            Err(code) if self.host.is_troubled => {
                self.note(&format!("server does not start: {code}"));
                self.host.disk.clear_faults();
                self.host.disk.set_capacity_bytes(None);
                self.after(1_000, Event::StartServer);
                Ok(())
            }
            Err(code) => Err(format!("the server does not start: {code}")),
        }
    }

    /// Ends the server's process at once. It is started again after a while.
    pub fn stop_server(&mut self) {
        if self.host.server.is_none() {
            return;
        }
        self.host.disk.kill_processes();
        self.host.server = None;
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            if let Some(link) = self.links.get_mut(&link) {
                link.server = None;
            }
            self.cut_at(link, Some(Way::Down));
        }
        let pause_ms = self.rng.below(20_000);
        self.after(pause_ms, Event::StartServer);
    }

    /// Lets the server gather input for a moment, so that several devices' pushes meet in a group.
    pub fn queue_server_step(&mut self) {
        if !self.is_step_queued {
            self.is_step_queued = true;
            let delay_ms = self.rng.below(30);
            self.after(delay_ms, Event::Step);
        }
    }

    /// Lets the server do everything there is to do now.
    pub fn step_server(&mut self) {
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        if let Some(server) = &mut self.host.server {
            server.step(now_ms, unix_ms);
            let gone = std::iter::from_fn(|| server.poll_retired_key().map(Digest::new));
            let gone: Vec<_> = gone.collect();
            self.host.forget_keys(&gone);
            self.trace.add("a TLS key is served no more", gone.len() as u64);
        }
        self.note_told_time();
        self.flush_server();
    }

    /// Sends what the server has for everybody, and forgets whom it closed.
    pub fn flush_server(&mut self) {
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            let Some(connection) = self.links.get(&id).and_then(|link| link.server) else {
                continue;
            };
            let mut frames = Vec::new();
            let Some(server) = &mut self.host.server else { return };
            while let Some(frame) = server.poll_transmit(connection) {
                frames.push(frame);
            }
            let is_closed = server.is_closed(connection);
            for frame in frames {
                if let Some(link) = self.links.get_mut(&id) {
                    link.is_answered = true;
                }
                self.send(id, Way::Down, frame);
            }
            self.send_refusals(id);
            if is_closed {
                if let Some(server) = &mut self.host.server {
                    server.disconnect(connection);
                }
                if let Some(link) = self.links.get_mut(&id) {
                    link.server = None;
                }
                self.close_gently(id);
            }
        }
        if let Some((at_ms, _)) = self.host.server.as_ref().and_then(|server| server.poll_timeout())
        {
            self.at(at_ms.max(self.clock.now_ms()), Event::ServerTimer);
        }
    }
}
