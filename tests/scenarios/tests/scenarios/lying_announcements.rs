//! Announcements that are not the city's server's, or not its last: nothing of them is followed.

use keting::parts::{Whereabouts, replica_of};
use keting_model::{CityId, LogId};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::liar::Liar;
use keting_scenarios::phone::{Phone, Two};
use keting_sync::Entry;
use keting_trust::{
    Announcement, Digest, Ed25519Signer, Place, RecordKind, SignedAnnouncement, Signer,
};

const ELSEWHERE: &str = "wss://elsewhere.example/v1/sync";

#[test]
fn an_announcement_of_the_citys_server_for_this_place_is_followed() {
    let mut story = Story::begin();
    let entry = story.announced(2, |_, _| {});
    story.liar.tell(&story.two.alice, vec![entry]).unwrap();
    let server = whereabouts(&story.two.alice);
    assert_eq!(server.addresses().next(), Some(ELSEWHERE));
    assert_eq!(server.keys(), [Digest::new([2; 32])]);
    let alice = story.two.alice.reopened();
    assert_eq!(whereabouts(&alice), server);
}

#[test]
fn an_announcement_that_no_issuing_key_signed_for_this_place_of_this_log_is_set_aside() {
    type Change = fn(&mut Announcement, &mut Place);
    let changes: [(Change, &str); 4] = [
        (|announcement, _| announcement.city = CityId::new([9; 16]), "other_city"),
        (|announcement, _| announcement.log = LogId::new([9; 16]), "other_city"),
        (|_, place| place.number += 1, "invalid_field"),
        (|_, place| place.generation += 1, "invalid_field"),
    ];
    let mut story = Story::begin();
    for (change, code) in changes {
        let entry = story.announced(2, change);
        story.is_set_aside(entry, code);
    }
    // Whoever has only the TLS key, a former member, and the phone itself have other keys.
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let by_mallory = story.announced_by(2, &mallory, |_, _| {});
    story.is_set_aside(by_mallory, "signed_by_another_key");
    let mut torn = story.announced(2, |_, _| {});
    *torn.record.last_mut().unwrap() ^= 1;
    story.is_set_aside(torn, "bad_signature");
}

#[test]
fn an_announcement_with_the_same_or_a_lower_number_changes_nothing() {
    let mut story = Story::begin();
    let later = story.announced(3, |_, _| {});
    story.liar.tell(&story.two.alice, vec![later]).unwrap();
    let followed = whereabouts(&story.two.alice);
    assert_eq!(followed.keys(), [Digest::new([3; 32])]);
    for serial in [3, 2] {
        // The log goes on, and somebody has an older one signed once more for its next place.
        story.two.bob.add_household(MICRO_GRID, &format!("望潮苑2幢1单元10{serial}室"), "李二");
        story.two.bob.sync();
        story.number = story.liar.head().number;
        let older = story.announced(serial, |announcement, _| {
            announcement.urls = vec!["wss://old.example/v1/sync".to_owned()];
            announcement.keys = vec![Digest::new([2; 32])];
        });
        story.liar.tell(&story.two.alice, vec![older]).unwrap();
        assert_eq!(whereabouts(&story.two.alice), followed);
        assert_eq!(story.two.alice.keting.status().unwrap().set_aside, 0);
    }
}

/// A phone that lacks two entries, and a server that has something else in their place.
struct Story {
    _city: City,
    two: Two,
    liar: Liar,
    number: u64,
    generation: u32,
}

impl Story {
    fn begin() -> Self {
        let city = City::start();
        let two = Two::in_city(&city);
        two.sync();
        let cursor = two.alice.keting.status().unwrap().cursor.unwrap();
        for address in ["望潮苑1幢1单元102室", "望潮苑1幢1单元103室"] {
            two.bob.add_household(MICRO_GRID, address, "李二");
        }
        two.bob.sync();
        let liar = Liar::of(&city);
        let (number, generation) = (cursor.number + 1, cursor.generation);
        Self { _city: city, two, liar, number, generation }
    }

    /// An announcement in the next place, whose key is named by its serial.
    fn announced(&self, serial: u8, change: impl FnOnce(&mut Announcement, &mut Place)) -> Entry {
        self.announced_by(serial, &self.liar.city.issuing, change)
    }

    fn announced_by(
        &self,
        serial: u8,
        key: &dyn Signer,
        change: impl FnOnce(&mut Announcement, &mut Place),
    ) -> Entry {
        let mut announcement = Announcement {
            city: self.liar.city.id,
            log: self.liar.city.log,
            serial: serial.into(),
            urls: vec![ELSEWHERE.to_owned()],
            keys: vec![Digest::new([serial; 32])],
            at_ms: 0,
        };
        let mut place = Place { generation: self.generation, number: self.number };
        change(&mut announcement, &mut place);
        let record = SignedAnnouncement::sign_at(place, announcement, key).unwrap().bytes;
        let (number, kind) = (self.number, RecordKind::Announcement.code());
        Entry { number, kind, record, parts: Vec::new() }
    }

    /// A copy of the phone is told of it, counts it, and goes on where it was.
    fn is_set_aside(&mut self, entry: Entry, code: &str) {
        let phone = self.two.alice.copied_data();
        let before = whereabouts(&phone);
        self.liar.tell(&phone, vec![entry]).unwrap();
        assert_eq!(whereabouts(&phone), before, "{code}");
        let kept = replica_of(&phone.keting).store().unread_after(0, 99).unwrap();
        let codes: Vec<_> = kept.into_iter().map(|entry| entry.code).collect();
        assert_eq!(codes, [code]);
    }
}

fn whereabouts(phone: &Phone) -> Whereabouts {
    replica_of(&phone.keting).server().unwrap()
}
