//! Where the server is, as far as the device knows: addresses to be tried in turn, and the TLS keys that
//! it may show there.
//!
//! Both come from an invitation, and then from the announcements of the log: one with a higher serial
//! takes the place of what was there, one with a lower or the same changes nothing. A key that is no
//! longer named is no longer believed, at once. An address is only where one tries: the one where the
//! server was last reached stays, behind those that are announced, until one of them has led to it. So
//! nobody is stranded by a slip in an announcement, or by one that was made before its time.

use keting_trust::{Announcement, Digest, Invitation};
use minicbor::{Decode, Encode};

/// Addresses and keys of the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Whereabouts {
    /// As they were announced, the preferred one first.
    #[n(0)]
    urls: Vec<String>,
    /// SHA-256 of the SubjectPublicKeyInfo of each TLS key, likewise.
    #[n(1)]
    keys: Vec<Digest>,
    /// That of the announcement they are of. No announcement up to it is followed.
    #[n(2)]
    serial: u64,
    /// Where the server was last reached.
    #[n(3)]
    reached: String,
    /// Whether that was after the announcement.
    #[n(4)]
    is_reached_since: bool,
}

impl Whereabouts {
    /// What an invitation says. `announced` is the serial up to which announcements are older than it.
    ///
    /// If the device follows a later one already, it keeps what that says behind what the invitation
    /// has just led to.
    pub fn invited(invitation: &Invitation, announced: u64, before: Option<&Self>) -> Self {
        let mut urls = vec![invitation.url.clone()];
        let invited_key = Digest::new(invitation.tls_spki_sha256);
        let mut keys = vec![invited_key];
        let later = before.filter(|before| before.serial > announced);
        if let Some(later) = later {
            urls.extend(later.urls.iter().filter(|url| **url != invitation.url).cloned());
            keys.extend(later.keys.iter().filter(|key| **key != invited_key).copied());
        }
        let serial = later.map_or(announced, |later| later.serial);
        Self { urls, keys, serial, reached: invitation.url.clone(), is_reached_since: true }
    }

    /// What an announcement makes of it; nothing if it is not a later one.
    pub fn following(&self, announcement: &Announcement) -> Option<Self> {
        let Announcement { serial, urls, keys, .. } = announcement;
        (*serial > self.serial).then(|| Self {
            urls: urls.clone(),
            keys: keys.clone(),
            serial: *serial,
            reached: self.reached.clone(),
            is_reached_since: false,
        })
    }

    /// What it is once the server has been reached at an address, on a connection that was begun with what
    /// was known `before`; nothing if that changes nothing. What is announced on that very connection is
    /// not tried yet.
    pub fn reached_at(&self, url: &str, before: &Self) -> Option<Self> {
        let is_reached_since = self.is_reached_since || before.serial == self.serial;
        let now = Self { reached: url.to_owned(), is_reached_since, ..self.clone() };
        (now != *self).then_some(now)
    }

    /// The addresses in the order in which they are to be tried: as announced, until one has led to the
    /// server; then that one first, so that one which leads nowhere is not waited for each time.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let is_announced = self.urls.contains(&self.reached);
        let first = (is_announced && self.is_reached_since).then_some(&self.reached);
        let last = (!is_announced).then_some(&self.reached);
        let others = self.urls.iter().filter(move |url| Some(*url) != first);
        first.into_iter().chain(others).chain(last).map(String::as_str)
    }

    /// The keys, the preferred one first.
    pub fn keys(&self) -> &[Digest] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use keting_model::{CityId, LogId};
    use keting_trust::invitation::Secret;
    use keting_trust::{Ed25519Signer, Signer};

    use super::*;

    const KEYS: [Digest; 3] = [Digest::new([1; 32]), Digest::new([2; 32]), Digest::new([3; 32])];

    fn invitation(url: &str, key: Digest) -> Invitation {
        Invitation {
            url: url.to_owned(),
            tls_spki_sha256: *key.as_bytes(),
            city: CityId::new([1; 16]),
            root: Ed25519Signer::from_seed([1; 32]).public_key().clone(),
            secret: Secret::new([1; 16]),
            expires_at_ms: 0,
        }
    }

    fn announcement(serial: u64, urls: &[&str], keys: &[Digest]) -> Announcement {
        Announcement {
            city: CityId::new([1; 16]),
            log: LogId::new([1; 16]),
            serial,
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            keys: keys.to_vec(),
            at_ms: 0,
        }
    }

    fn at_a() -> Whereabouts {
        Whereabouts::invited(&invitation("a", KEYS[0]), 0, None)
    }

    fn addresses(server: &Whereabouts) -> Vec<&str> {
        server.addresses().collect()
    }

    #[test]
    fn a_later_announcement_takes_the_place_of_what_was_there_and_no_other_does() {
        let server = at_a().following(&announcement(2, &["b"], &KEYS[1..])).unwrap();
        assert_eq!((addresses(&server), server.keys()), (vec!["b", "a"], &KEYS[1..]));
        for serial in [1, 2] {
            assert_eq!(server.following(&announcement(serial, &["c"], &KEYS[..1])), None);
        }
        let later = server.following(&announcement(3, &["c"], &KEYS[2..])).unwrap();
        assert_eq!((addresses(&later), later.keys()), (vec!["c", "a"], &KEYS[2..]));
    }

    #[test]
    fn what_is_announced_is_tried_in_its_order_and_then_what_led_to_the_server_first() {
        let server = at_a().following(&announcement(1, &["b", "a", "c"], &KEYS)).unwrap();
        assert_eq!(addresses(&server), ["b", "a", "c"]);
        let server = server.reached_at("c", &server).unwrap();
        assert_eq!(addresses(&server), ["c", "b", "a"]);
        assert_eq!(server.reached_at("c", &server), None);
        let before = server.reached_at("a", &server).unwrap();
        assert_eq!(addresses(&before), ["a", "b", "c"]);
        let server = before.following(&announcement(2, &["d", "a"], &KEYS)).unwrap();
        assert_eq!(server.reached_at("a", &before), None);
        assert_eq!(addresses(&server.reached_at("c", &before).unwrap()), ["d", "a", "c"]);
    }

    #[test]
    fn the_address_that_led_to_the_server_stays_until_an_announced_one_does() {
        let server = at_a().following(&announcement(1, &["b", "c"], &KEYS)).unwrap();
        assert_eq!(addresses(&server), ["b", "c", "a"]);
        let server = server.reached_at("a", &server).unwrap();
        assert_eq!(addresses(&server), ["b", "c", "a"]);
        let server = server.following(&announcement(2, &["d"], &KEYS)).unwrap();
        assert_eq!(addresses(&server), ["d", "a"]);
        let server = server.reached_at("d", &server).unwrap();
        assert_eq!(addresses(&server), ["d"]);
    }

    #[test]
    fn an_invitation_counts_for_what_it_is_and_older_announcements_change_nothing_then() {
        let before = at_a().following(&announcement(2, &["b"], &KEYS[1..2])).unwrap();
        let invited = Whereabouts::invited(&invitation("c", KEYS[2]), 3, Some(&before));
        assert_eq!((addresses(&invited), invited.keys()), (vec!["c"], &KEYS[2..]));
        assert_eq!(invited.following(&announcement(3, &["b"], &KEYS[..1])), None);
        let moved = invited.following(&announcement(4, &["d"], &KEYS[..1])).unwrap();
        assert_eq!(addresses(&moved), ["d", "c"]);
    }

    #[test]
    fn an_invitation_from_before_the_announcement_takes_nothing_of_it_away() {
        let before = at_a().following(&announcement(2, &["b", "a"], &KEYS[..2])).unwrap();
        let invited = Whereabouts::invited(&invitation("a", KEYS[0]), 1, Some(&before));
        assert_eq!((addresses(&invited), invited.keys()), (vec!["a", "b"], &KEYS[..2]));
        assert_eq!(invited.following(&announcement(2, &["c"], &KEYS)), None);
    }
}
