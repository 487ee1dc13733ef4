//! The operator moves the server and changes its TLS key: announced and in time as the operator's guide says,
//! by mistake, impatiently, or without a word.

use keting_server::announcing::AnnounceRequest;
use keting_trust::Digest;

use crate::addresses::Answers;
use crate::host::FIRST_KEY;
use crate::world::World;

/// A move that is under way, and what was moved from.
#[derive(Debug)]
pub struct Moving {
    /// The announced address that the server does not have for itself yet.
    next: Option<String>,
    /// How many addresses the server was ever to have.
    addresses: u64,
    /// Every TLS key that the server ever had.
    pub keys: Vec<Digest>,
    /// Those of them that were replaced without a word.
    pub replaced: Vec<Digest>,
}

impl Default for Moving {
    /// The server has one key, and is not to move.
    fn default() -> Self {
        Self { next: None, addresses: 0, keys: vec![FIRST_KEY], replaced: Vec::new() }
    }
}

impl World {
    /// The next step of a move: a new address is announced beside the old one; the server is called by it;
    /// the old one is given up once everybody knows. False if it was not the time.
    pub fn move_server(&mut self) -> bool {
        let current = self.host.url.clone();
        match self.moving.next.clone() {
            None => self.announce_a_move(current),
            Some(next) if next != current => {
                self.addresses.lead(&next, Answers::Server);
                self.host.url = next;
                self.stop_server();
                true
            }
            Some(next) => {
                // Some operators wait until all know, and some do not.
                let is_time = self.do_all_know(&next) || self.rng.chance(1, 4);
                if !is_time || !self.announce(vec![next.clone()]) {
                    return false;
                }
                self.moving.next = None;
                self.give_up_all_but(&next);
                true
            }
        }
    }

    fn announce_a_move(&mut self, current: String) -> bool {
        let next = self.new_address();
        if self.rng.chance(1, 8) {
            // A slip: nobody is there, and nobody will be.
            return self.announce(vec![next]);
        }
        // Some announce an address before it leads anywhere.
        if self.rng.chance(2, 3) {
            self.addresses.lead(&next, Answers::Server);
        }
        let is_announced = self.announce(vec![next.clone(), current]);
        self.moving.next = is_announced.then_some(next);
        is_announced
    }

    /// The operator changes the TLS key as the guide says. False if the server did not take it.
    pub fn rotate_key(&mut self) -> bool {
        let key = self.new_key();
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let Some(server) = &mut self.host.server else { return false };
        let Ok(known) = server.keys_before_another() else { return false };
        // One that was made and that nobody was told of is taken first.
        let left_over = self.host.tls_keys.iter().find(|served| !known.contains(served)).copied();
        let key = left_over.unwrap_or(key);
        if left_over.is_none() {
            self.host.tls_keys.push(key);
            self.moving.keys.push(key);
        }
        let Ok(serial) = server.announce_key(*key.as_bytes(), now_ms, unix_ms) else {
            return false;
        };
        self.note(&format!("the TLS key is changed, and announced as {serial}"));
        self.queue_server_step();
        true
    }

    /// The operator gives the server another key or another address, and tells nobody.
    pub fn change_without_a_word(&mut self) -> bool {
        if self.host.server.is_none() {
            return false;
        }
        if self.rng.chance(1, 2) {
            let key = self.new_key();
            self.moving.keys.push(key);
            self.moving.replaced.append(&mut self.host.tls_keys);
            self.host.tls_keys.push(key);
            self.note("the TLS key is changed without a word");
        } else {
            let url = self.new_address();
            self.addresses.lead(&url, Answers::Server);
            self.give_up_all_but(&url);
            self.moving.next = None;
            self.note(&format!("the server is moved to {url} without a word"));
            self.host.url = url;
        }
        self.stop_server();
        true
    }

    /// Somebody looks at the server's log, which says that devices were told of other addresses or keys.
    pub fn announce_where_it_is(&mut self) {
        let Some(server) = &mut self.host.server else { return };
        if server.is_elsewhere().unwrap_or(false) && self.announce(vec![self.host.url.clone()]) {
            self.moving.next = None;
        }
    }

    fn announce(&mut self, urls: Vec<String>) -> bool {
        let (now_ms, unix_ms) = (self.clock.now_ms(), self.host.unix_ms());
        let Some(server) = &mut self.host.server else { return false };
        let what = urls.join(", ");
        // A disk that fails, or a clock that is suspect, announces nothing.
        let Ok(serial) = server.announce(&AnnounceRequest { urls }, now_ms, unix_ms) else {
            return false;
        };
        self.note(&format!("announced as {serial}: {what}"));
        self.queue_server_step();
        true
    }

    /// Whether every phone that is at hand was told of an address.
    fn do_all_know(&self, url: &str) -> bool {
        let mut phones = self.devices.iter().filter_map(|device| device.replica.as_ref());
        phones.all(|phone| {
            phone.server().is_ok_and(|server| server.addresses().any(|known| known == url))
        })
    }

    /// Of the addresses that the server had, only one is left to it. Who takes over the others may have a
    /// key that the server has given up.
    fn give_up_all_but(&mut self, url: &str) {
        let (served, had) = (&self.host.tls_keys, &self.moving.keys);
        let stolen: Vec<_> = had.iter().filter(|key| !served.contains(key)).copied().collect();
        for old in self.addresses.of_server().into_iter().filter(|old| old != url) {
            let key = self.rng.pick(&stolen).copied().filter(|_| self.rng.chance(1, 2));
            let key = key.unwrap_or_else(|| self.new_key());
            if self.rng.chance(2, 3) {
                self.addresses.lead(&old, Answers::Stranger(key));
            } else {
                self.addresses.switch_off(&old);
            }
        }
        // Who is connected is so at one of them, as far as anybody can tell.
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            self.cut_at(link, None);
        }
    }

    fn new_address(&mut self) -> String {
        self.moving.addresses += 1;
        format!("wss://{}.keting.example/v1/sync", self.moving.addresses)
    }

    fn new_key(&mut self) -> Digest {
        let mut key = [0; 32];
        self.rng.fill(&mut key);
        Digest::new(key)
    }
}
