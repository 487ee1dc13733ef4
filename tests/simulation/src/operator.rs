//! The one who runs the server: they look at its clock when it says that it does not trust it, and put
//! it right, or do not notice that it is wrong; and they renew grants that were left to end.

use keting_server::city::City;
use keting_server::granted::{GrantState, Granted, grants};
use keting_server::renewal::RenewRequest;
use keting_server::server::Server;
use keting_trust::Signer as _;

use crate::world::{Broken, World};

/// How far the server's clock may be set wrong: more than two years either way.
const WRONG_MS_MAX: u64 = 800 * 86_400_000;
/// How long before its end a grant is renewed.
const BEFORE_END_MS: u64 = 86_400_000;
/// So little that nobody can notice.
pub const UNNOTICED_MS_MAX: u64 = 9 * 60_000;

impl World {
    /// The server's clock is set, mostly wrong, now and then right again.
    pub fn set_server_clock(&mut self) {
        let off_ms = match self.rng.below(8) {
            0 => 0,
            1 | 2 => self.rng.below(UNNOTICED_MS_MAX),
            _ => self.rng.below(WRONG_MS_MAX),
        };
        let off_ms = i64::try_from(off_ms).unwrap();
        self.host.clock_off_ms = if self.rng.chance(1, 2) { off_ms } else { -off_ms };
        self.note(&format!("the server's clock is {} ms off", self.host.clock_off_ms));
    }

    /// What the operator does now and then.
    ///
    /// # Errors
    /// When a device does not take an invitation.
    pub fn operate(&mut self) -> Result<(), Broken> {
        if self.rng.chance(1, 2) {
            self.look_after_clock();
        }
        if self.rng.chance(1, 4) {
            self.renew_all();
        }
        if self.rng.chance(1, 2) {
            self.announce_where_it_is();
        }
        let index = self.rng.index(self.devices.len());
        if self.rng.chance(1, 2) { self.invite_back(index) } else { Ok(()) }
    }

    /// Nobody does anything for days, and whoever's grant is not renewed meanwhile loses it.
    pub fn let_days_pass(&mut self) {
        let passed_ms = (1 + self.rng.below(40)) * 86_400_000;
        self.clock.advance_to(self.clock.now_ms() + passed_ms);
        self.away_ms += passed_ms;
        self.note(&format!("{} days pass", passed_ms / 86_400_000));
    }

    /// Renews the grants of every device that has been let in and will soon have none that is good. Of those
    /// that were ended the operator tries it too.
    pub fn renew_all(&mut self) {
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let Some(server) = &mut self.host.server else { return };
        let listed = listed(server, unix_ms);
        for device in self.devices.iter().filter(|device| device.is_enrolled()) {
            let Some(signer) = device.signer() else { continue };
            let device = signer.public_key().device_id();
            let is_good_for_long = |grant: &Granted| {
                grant.device == device
                    && grant.state == GrantState::Live
                    && unix_ms + BEFORE_END_MS < grant.expires_at_ms
            };
            if !self.ends.is_ended(&device) && listed.iter().any(is_good_for_long) {
                continue;
            }
            let device = device.to_string();
            let request = RenewRequest { device, days: None, region_codes: Vec::new() };
            // A disk that fails, or a clock that is suspect, renews nothing; the operator comes again.
            if server.renew_grants(&request, now_ms, unix_ms).is_ok() {
                self.trace.count("grants were renewed by the operator");
            }
        }
    }

    /// If the server says that its clock is suspect: puts it right and says so, or takes it for right
    /// as it stands.
    fn look_after_clock(&mut self) {
        let Some(server) = &self.host.server else { return };
        if server.clock_suspicion().is_none() {
            return;
        }
        let is_noticed = self.rng.chance(3, 4);
        self.trace.count(if is_noticed {
            "the clock was put right"
        } else {
            "a wrong clock was confirmed"
        });
        self.confirm_clock(is_noticed);
    }

    /// Says that the server's clock is right, having put it right or not.
    pub fn confirm_clock(&mut self, is_put_right: bool) {
        if is_put_right {
            self.host.clock_off_ms = 0;
        }
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let Some(server) = &mut self.host.server else { return };
        // A disk that fails leaves the clock suspect; the operator comes again.
        if server.confirm_clock(now_ms, unix_ms).is_ok() {
            self.note(&format!("the clock is confirmed, {} ms off", self.host.clock_off_ms));
        }
    }

    /// Whether the server serves, by a clock that is about right.
    pub fn is_on_time(&mut self) -> bool {
        self.step_server();
        let server = self.host.server.as_ref();
        self.host.clock_off_ms.unsigned_abs() <= UNNOTICED_MS_MAX
            && server.is_some_and(|server| server.clock_suspicion().is_none())
    }

    /// Remembers which times the server tells.
    pub fn note_told_time(&mut self) {
        if self.host.server.as_ref().is_some_and(|server| server.clock_suspicion().is_none()) {
            self.memory.told_off_ms.insert(self.host.clock_off_ms);
        }
    }
}

/// The list of grants, as the operator looks at it. A disk that fails shows none.
fn listed(server: &mut Server, unix_ms: u64) -> Vec<Granted> {
    let listed = server.store().snapshot().and_then(|read| {
        let city = City::read(&*read)?;
        grants(&*read, &city, unix_ms)
    });
    listed.unwrap_or_default()
}
