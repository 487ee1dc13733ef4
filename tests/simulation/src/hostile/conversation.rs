//! A session of Mallory's: the shipping one, without a network between.

use keting_server::server::ConnectionId;
use keting_sync::{
    DeviceConfig, DeviceEffect, DeviceEvent, DeviceSession, OutboxBatch, OutboxItem, Outcome,
    Persisted, Purpose, PushedCommit, Secret,
};
use keting_testkit::rng::Rng;
use keting_trust::{Ed25519Signer, Incarnation, PublicKey, SignedConfirmation, Signer};

use crate::host::Host;
use crate::hostile::drawn;
use crate::world::{Broken, World};

/// A session of Mallory's, held without a network between.
pub(super) struct Conversation {
    session: DeviceSession,
    pub(super) connection: ConnectionId,
    signer: Ed25519Signer,
    incarnation: Incarnation,
    pub(super) outbox: Vec<PushedCommit>,
    pub(super) refusal: Option<String>,
}

impl Conversation {
    pub(super) fn begin(
        world: &mut World,
        rng: &mut Rng,
        secret: Option<Secret>,
    ) -> Result<Self, Broken> {
        let mallory = world.devices.iter().find(|device| !device.is_honest).ok_or("no mallory")?;
        let replica = mallory.replica.as_ref().ok_or("mallory is away")?;
        let config = replica.session_config().map_err(|error| error.to_string())?;
        let (signer, config) = match secret {
            // With another key than the one that was let in by this invitation.
            Some(secret) => {
                let signer = Ed25519Signer::from_seed(drawn(rng));
                let device: PublicKey = signer.public_key().clone();
                let purpose = Purpose::Enrol { secret, name: "phone".to_owned() };
                (signer, DeviceConfig { device, purpose, ..config })
            }
            None => (mallory.signer().ok_or("mallory has no key")?, config),
        };
        let now_ms = world.clock.now_ms();
        let mut binding = [0; 32];
        rng.fill(&mut binding);
        let server = world.host.server.as_mut().ok_or("no server")?;
        let shown = &world.host.tls_keys[0];
        let connection = server.connect(Host::channel(binding, shown), now_ms);
        let mut session = DeviceSession::new(config, rng.next_u64());
        session.handle_connected(&binding, now_ms);
        let incarnation = Incarnation::new(drawn(rng));
        Ok(Self { session, connection, signer, incarnation, outbox: Vec::new(), refusal: None })
    }

    /// Talks until neither side has anything to say, and gives what became of the outbox.
    pub(super) fn run(&mut self, world: &mut World) -> Result<Vec<Outcome>, Broken> {
        let (now_ms, unix_ms) = (world.clock.now_ms(), world.host.unix_ms());
        let server = world.host.server.as_mut().ok_or("no server")?;
        let mut outcomes = Vec::new();
        loop {
            while let Some(effect) = self.session.poll_effect() {
                self.perform(effect, now_ms);
            }
            while let Some(event) = self.session.poll_event() {
                match event {
                    DeviceEvent::Answered(answers) => {
                        outcomes.extend(answers.into_iter().map(|answer| answer.outcome));
                    }
                    DeviceEvent::Closed(reason) => self.refusal = Some(reason.code().to_owned()),
                    _ => {}
                }
            }
            let mut is_still = true;
            while let Some(frame) = self.session.poll_transmit() {
                server.handle_frame(self.connection, &frame, now_ms);
                is_still = false;
            }
            server.step(now_ms, unix_ms);
            while let Some(frame) = server.poll_transmit(self.connection) {
                self.session.handle_frame(&frame, now_ms);
                is_still = false;
            }
            if is_still {
                break;
            }
        }
        Ok(outcomes)
    }

    fn perform(&mut self, effect: DeviceEffect, now_ms: u64) {
        match effect {
            DeviceEffect::SignHello { id, bytes } => {
                self.session.handle_signed(id, self.signer.sign(&bytes), now_ms);
            }
            DeviceEffect::SignConfirmation { id, confirmation } => {
                let signed = SignedConfirmation::sign(confirmation, &self.signer);
                self.session.handle_signed(id, signed.map(|signed| signed.bytes), now_ms);
            }
            DeviceEffect::ReadOutbox { id, .. } => {
                let items: Vec<_> = std::mem::take(&mut self.outbox)
                    .into_iter()
                    .zip(1..)
                    .map(|(commit, place)| OutboxItem { place, commit })
                    .collect();
                let batch = OutboxBatch { items, more: false };
                self.session.handle_outbox(id, Ok(batch), now_ms);
            }
            DeviceEffect::Persist(persist) => {
                let persisted = Persisted {
                    incarnation: self.incarnation,
                    last_sequence: 0,
                    has_come_on: true,
                };
                self.session.handle_persisted(persist.id, Ok(persisted), now_ms);
            }
            DeviceEffect::Close(_) => {}
        }
    }
}
