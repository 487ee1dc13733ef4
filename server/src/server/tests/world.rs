//! A server and the links to it, in virtual time.

use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;

use super::*;

pub(super) struct World {
    pub(super) dir: tempfile::TempDir,
    pub(super) server: Server,
    pub(super) now_ms: u64,
    pub(super) unix_ms: u64,
    pub(super) links: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(None)
    }

    pub(super) fn with(poll_store_every_ms: Option<u64>) -> Self {
        let Town { dir, store, .. } = Town::new();
        assert_eq!(store_path(dir.path()), dir.path().join("server.sqlite"));
        let config = Config {
            endpoint: endpoint(),
            threads: 1,
            open_documents_bytes_max: SERVER_DOCUMENTS_OPEN_BYTES_MAX,
            renew_within_ms: Some(crate::renewal::days_ms(60)),
            poll_store_every_ms,
        };
        let server = Server::open(Box::new(store), config, Box::new(Seeded(7))).unwrap();
        Self { dir, server, now_ms: 0, unix_ms: NOW_MS, links: 0 }
    }

    /// Where the log stands.
    pub(super) fn number(&self) -> u64 {
        self.server.metrics().log_number
    }

    /// The server's clock is set ahead, and the operator says that it is right so.
    pub(super) fn set_clock(&mut self, ahead_ms: u64) {
        self.unix_ms += ahead_ms;
        self.server.confirm_clock(self.now_ms, self.unix_ms).unwrap();
    }

    pub(super) fn region(&mut self, code: &str) -> DocumentId {
        self.server.store().snapshot().unwrap().region_by_code(code).unwrap().unwrap().document
    }

    pub(super) fn invite(&mut self, role: &str, region: &str) -> Invitation {
        let request = InviteRequest {
            name: "王五".into(),
            role: role.into(),
            region_code: Some(region.into()),
            days: None,
            grant_days: None,
        };
        self.server.invite(&request, NOW_MS).unwrap().parse().unwrap()
    }

    pub(super) fn device(&self, seed: u8, invitation: Option<&Invitation>) -> Device {
        let purpose = match invitation {
            Some(invitation) => Purpose::Enrol {
                secret: keting_sync::Secret::new(*invitation.secret.as_bytes()),
                name: "phone".into(),
            },
            None => resume(seed, None, None),
        };
        Device {
            signer: Ed25519Signer::from_seed([seed; 32]),
            purpose,
            city: self.server.city().id,
            session: None,
            connection: None,
            person: None,
            outbox: Vec::new(),
            answers: Vec::new(),
            entries: BTreeMap::new(),
            cursor: None,
            heard: None,
            first_sync: None,
            closed: None,
            told_of_end: false,
            parted_from: None,
            highest: None,
            issuing_grant: None,
            bytes_down: 0,
        }
    }

    pub(super) fn enrol(&mut self, role: &str, region: &str, seed: u8) -> Device {
        let mut device = self.enrol_and_stop_after(role, region, seed, usize::MAX);
        self.settle(&mut [&mut device]);
        device
    }

    pub(super) fn enrol_and_stop_after(
        &mut self,
        role: &str,
        region: &str,
        seed: u8,
        rounds: usize,
    ) -> Device {
        let invitation = self.invite(role, region);
        let mut device = self.device(seed, Some(&invitation));
        self.call(&mut device);
        self.run(&mut [&mut device], Some(rounds));
        let id = device.signer.public_key().device_id();
        let read = self.server.store().snapshot().unwrap();
        let grant = read.grants_of(&id).unwrap().remove(0).digest;
        drop(read);
        let signer = Ed25519Signer::from_seed([seed; 32]);
        device.person = Some(Person::new(self.server.city(), signer, grant, [seed; 8]));
        device.purpose = resume(seed, None, None);
        device
    }

    pub(super) fn call(&mut self, device: &mut Device) {
        self.links += 1;
        let mut binding = [0; 32];
        binding[..8].copy_from_slice(&self.links.to_be_bytes());
        if let Purpose::Sync { cursor, first_sync, heard, .. } = &mut device.purpose {
            (*cursor, *first_sync) = (device.cursor, device.first_sync.clone());
            *heard = device.heard.clone().map(Box::new);
        }
        let tls_spki_sha256 = endpoint().tls_spki_sha256;
        let channel = Channel { binding, tls_spki_sha256 };
        let config = DeviceConfig {
            versions: keting_sync::VERSIONS.to_vec(),
            city: device.city,
            software: "test".into(),
            device: device.signer.public_key().clone(),
            purpose: device.purpose.clone(),
            told_of_end: device.told_of_end,
        };
        let mut session = DeviceSession::new(config, self.links);
        session.handle_connected(&binding, self.now_ms);
        device.session = Some(session);
        device.connection = Some(self.server.connect(channel, self.now_ms));
        device.bytes_down = 0;
    }

    pub(super) fn hang_up(&mut self, device: &mut Device) {
        device.perform(self.now_ms);
        if let Some(connection) = device.connection.take() {
            self.server.disconnect(connection);
        }
        device.session = None;
    }

    /// Carries frames until nothing moves, and asserts that every session is content.
    pub(super) fn settle(&mut self, devices: &mut [&mut Device]) {
        self.run(devices, None);
        // A device that something foreign happened to hears of it later.
        for _ in 0..4 {
            if devices.iter().all(|device| device.session().is_quiescent()) {
                let head = self.server.metrics().log_number;
                if devices.iter().all(|d| d.session().cursor().is_some_and(|c| c.number == head)) {
                    return;
                }
            }
            self.now_ms += keting_trust::limits::UP_TO_EVERY_MS;
            self.run(devices, None);
        }
        panic!("the sessions do not come to rest");
    }

    /// Carries frames until nothing moves, or so many have been carried.
    pub(super) fn run(&mut self, devices: &mut [&mut Device], mut frames_max: Option<usize>) {
        loop {
            let mut moved = false;
            for device in devices.iter_mut() {
                moved |= device.perform(self.now_ms);
                let (Some(session), Some(connection)) = (&mut device.session, device.connection)
                else {
                    continue;
                };
                while let Some(frame) = session.poll_transmit() {
                    self.server.handle_frame(connection, &frame, self.now_ms);
                    moved = true;
                }
            }
            self.server.step(self.now_ms, self.unix_ms);
            for device in devices.iter_mut() {
                let Some(connection) = device.connection else { continue };
                while let Some(frame) = self.server.poll_transmit(connection) {
                    if let Some(left) = &mut frames_max {
                        if *left == 0 {
                            return;
                        }
                        *left -= 1;
                    }
                    device.bytes_down += frame.len();
                    device.session.as_mut().unwrap().handle_frame(&frame, self.now_ms);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    pub(super) fn verify(&mut self) {
        let read = self.server.store().snapshot().unwrap();
        assert_eq!(verify(&*read, &mut |_| {}).unwrap().differences, []);
    }
}
