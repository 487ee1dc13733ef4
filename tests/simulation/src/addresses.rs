//! Who answers at which address, and with which TLS key: what a phone finds that dials where it takes its
//! server to be.

use std::collections::BTreeMap;

use keting::parts::Whereabouts;
use keting_trust::Digest;

use crate::device::Device;
use crate::host::Host;

/// Who answers at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// The city's server, while it runs.
    Server,
    /// Somebody else, with a TLS key of their own or one that they took from the server.
    Stranger(Digest),
}

/// The addresses where somebody answers. At all others nobody does.
#[derive(Debug, Default)]
pub struct Addresses(BTreeMap<String, Answers>);

/// What becomes of a connection that a phone dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialled {
    /// Nobody answers.
    Nobody,
    /// Whoever answers has no key that the phone pins.
    WrongKey,
    /// A stranger answers with a key that the phone still pins.
    Stranger,
    /// The server answers, and shows this key.
    Server(Digest),
}

impl Addresses {
    /// From now on somebody answers at an address.
    pub fn lead(&mut self, url: &str, to: Answers) {
        self.0.insert(url.to_owned(), to);
    }

    /// From now on nobody answers there.
    pub fn switch_off(&mut self, url: &str) {
        self.0.remove(url);
    }

    /// Where the server answers.
    pub fn of_server(&self) -> Vec<String> {
        let leads = |(url, to): (&String, &Answers)| (*to == Answers::Server).then(|| url.clone());
        self.0.iter().filter_map(leads).collect()
    }

    /// What a phone finds at an address.
    pub fn dial(&self, host: &Host, url: &str, pins: &[Digest]) -> Dialled {
        match self.0.get(url) {
            Some(Answers::Server) => {
                shown(&host.tls_keys, pins).map_or(Dialled::WrongKey, Dialled::Server)
            }
            Some(Answers::Stranger(key)) if pins.contains(key) => Dialled::Stranger,
            Some(Answers::Stranger(_)) => Dialled::WrongKey,
            None => Dialled::Nobody,
        }
    }

    /// Whether the server answers at no address that a phone knows, or shows no key there that it pins: then
    /// nothing but an invitation leads back, whatever else happens.
    pub fn is_lost(&self, host: &Host, server: &Whereabouts) -> bool {
        let leads = |url| matches!(self.dial(host, url, server.keys()), Dialled::Server(_));
        !server.addresses().any(leads)
    }

    /// The same of a phone whose app runs.
    pub fn has_lost(&self, host: &Host, device: &Device) -> bool {
        let server = device.replica.as_ref().and_then(|replica| replica.server().ok());
        server.is_some_and(|server| self.is_lost(host, &server))
    }
}

/// The key that a phone is shown: it asks for each that it pins, and whoever asks for one that is not there
/// is shown the oldest.
fn shown(served: &[Digest], pins: &[Digest]) -> Option<Digest> {
    let oldest = served.first();
    let shown = pins.iter().filter_map(|asked| served.iter().find(|key| *key == asked).or(oldest));
    shown.copied().find(|key| pins.contains(key))
}
