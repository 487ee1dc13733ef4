//! What a lying server says.

use keting_model::role::Role;
use keting_model::{CityId, CommandId, DocumentId, DocumentKind};
use keting_server::city::City;
use keting_sync::message::{
    Answers, Ended, Enrolled, Entries, EntryPosition, Limits, Progress, ServerMessage, UpTo,
    Welcome, group_of, group_of_progress,
};
use keting_sync::{Answer, CommitKey, Entry, Outcome, PushedCommit, Refused};
use keting_testkit::rng::Rng;
use keting_trust::limits::NUMBER_MAX;
use keting_trust::{
    Announcement, ChainHash, Claimed, Cursor, Digest, Ed25519Signer, Ending, Grant, Heard,
    KindAccess, PublicKey, RecordKind, Signed, SignedAnnouncement, SignedGrant, Signer,
};

use crate::hostile::Forger;
use crate::liar::Lie;

/// What no phone may believe comes with a time that is wrong.
pub(super) fn welcome(city: CityId, head: &Cursor, server_time_ms: u64) -> Welcome {
    Welcome {
        version: 1,
        city,
        log: head.log,
        generation: head.generation,
        head_number: head.number,
        backed_up_to: 0,
        server_time_ms,
        limits: Limits::default(),
        highest: None,
        issuing_grant: None,
    }
}

/// The server, with the keys it has.
pub(super) struct Liar<'w> {
    pub(super) city: &'w City,
    pub(super) issuing: SignedGrant,
    /// The serial of the last announcement that the victim has.
    pub(super) followed: Option<u64>,
    pub(super) victim: PublicKey,
}

impl Liar<'_> {
    pub(super) fn enrolled(&self, lie: &str, rng: &mut Rng) -> Enrolled {
        let stranger = Ed25519Signer::from_seed(drawn(rng));
        let honest = self.own_grant();
        let (root, chain) = match lie {
            "other_root_key" => {
                let above = given(self.issuing.grant.clone(), &stranger);
                (stranger.public_key().clone(), vec![above, given(honest, &self.city.issuing)])
            }
            "broken_chain" => {
                let own = given(honest, &stranger);
                (self.city.root.clone(), vec![self.issuing.clone(), own])
            }
            "enrolment_not_proven" => {
                let own = given(honest, &self.city.issuing);
                (self.city.root.clone(), vec![self.issuing.clone(), own])
            }
            _ => {
                let others = Grant { holder: stranger.public_key().clone(), ..honest };
                let others = given(others, &self.city.issuing);
                (self.city.root.clone(), vec![self.issuing.clone(), others])
            }
        };
        let grants = chain.into_iter().map(|link| link.bytes).collect();
        let (city_name, log) = (self.city.name.clone(), self.city.log);
        // Everything but this is known to every member; the others are refused before it is looked at.
        let proof = self.heard(Cursor::genesis(log, 0), group_of(&[])).bytes().to_vec();
        Enrolled { city_name, log, root, grants, proof }
    }

    fn up_to(&self, cursor: Cursor, entries: &[Entry]) -> ServerMessage {
        let heard = self.heard(cursor, group_of(entries));
        ServerMessage::UpTo(UpTo { heard, more: false })
    }

    /// The server's word, as its issuing key signs it.
    fn heard(&self, cursor: Cursor, group: Digest) -> Claimed<Heard> {
        let heard = Heard { city: self.city.id, cursor, at_ms: 1, group };
        // A key in memory signs whatever is of its form.
        Signed::sign(heard, &self.city.issuing).unwrap().into()
    }

    /// What the issuing key might give the phone.
    fn own_grant(&self) -> Grant {
        let role = Role::MicroGridHead;
        Grant {
            holder: self.victim.clone(),
            role,
            regions: vec![DocumentId::from_random(DocumentKind::Region, [7; 14])],
            kinds: KindAccess::of_role(role),
            parent: Some(self.issuing.digest()),
            depth: 0,
            ..self.issuing.grant.clone()
        }
    }

    pub(super) fn say(
        &self,
        lie: Lie,
        at: &Cursor,
        forger: &mut Forger,
        signer: &Ed25519Signer,
        binding: [u8; 32],
        rng: &mut Rng,
    ) -> Option<Vec<ServerMessage>> {
        let number = at.number + 1;
        let next = Cursor { number, chain: ChainHash::new(drawn(rng)), ..*at };
        let stranger = Ed25519Signer::from_seed(drawn(rng));
        let grant = |grant: &SignedGrant| Entry {
            number,
            kind: RecordKind::Grant.code(),
            record: grant.bytes.clone(),
            parts: Vec::new(),
        };
        let group = |entries: Vec<Entry>, end: Cursor| {
            let up_to = self.up_to(end, &entries);
            vec![ServerMessage::Entries(Entries { entries }), up_to]
        };
        let said = match lie {
            Lie::GrantOfNobody => group(vec![grant(&given(self.own_grant(), &stranger))], next),
            Lie::GrantOfOtherCity => {
                let elsewhere = Grant { city: CityId::new(drawn(rng)), ..self.own_grant() };
                group(vec![grant(&given(elsewhere, &self.city.issuing))], next)
            }
            Lie::GrantBeyondItsIssuer => {
                let holder = stranger.public_key().clone();
                let all = Grant { holder, depth: 0, ..self.issuing.grant.clone() };
                let all = Grant { parent: Some(self.issuing.digest()), ..all };
                group(vec![grant(&given(all, signer))], next)
            }
            Lie::CommitOfOtherCity
            | Lie::CommitUnderOthersGrant
            | Lie::CommitUnderNoGrant
            | Lie::CommitNotSigned
            | Lie::CommitWithOtherChange
            | Lie::CommitBreaksTheRule
            | Lie::DependencyLeftOut => {
                let commit = self.commit(lie, forger, rng)?;
                group(vec![entry(number, commit)], next)
            }
            Lie::AnnouncementByNobody => {
                let serial = self.followed.unwrap_or_default() + 1;
                let by = if rng.chance(1, 2) { signer } else { &stranger };
                group(vec![self.announcement(at, serial, by, rng)], next)
            }
            Lie::AnnouncementOlder => {
                let serial = rng.below(self.followed?) + 1;
                group(vec![self.announcement(at, serial, &self.city.issuing, rng)], next)
            }
            Lie::EntriesReversed | Lie::EntryTwice | Lie::EntryBelowTheCursor => {
                let [first, second] = match lie {
                    Lie::EntriesReversed => [number + 1, number],
                    Lie::EntryTwice => [number, number],
                    _ => [at.number, number],
                };
                let [one, other] = [(); 2].map(|()| forger.household(forger.home, rng));
                let end = Cursor { number: number + 1, ..next };
                group(vec![entry(first, one), entry(second, other)], end)
            }
            Lie::EntryBeyondItsUpTo => {
                group(vec![entry(number + 1, forger.household(forger.home, rng))], next)
            }
            Lie::EntryBeyondEveryLog => {
                let commit = forger.household(forger.home, rng);
                group(vec![entry(NUMBER_MAX + 1, commit)], next)
            }
            Lie::CursorBackwards => vec![self.up_to(Cursor { number: at.number - 1, ..next }, &[])],
            Lie::CursorOfOtherChain => vec![self.up_to(Cursor { number: at.number, ..next }, &[])],
            Lie::CursorOfOtherGeneration => vec![self.up_to(Cursor { generation: 1, ..next }, &[])],
            Lie::AnswerNotAsked => {
                let commit = CommitKey::own(CommandId::new(drawn(rng)));
                let answers = vec![Answer { commit, outcome: Outcome::Admitted { number } }];
                let heard = self.heard(next, group_of(&[]));
                vec![ServerMessage::Answers(Answers { answers, heard })]
            }
            Lie::WordByNobody => {
                let heard =
                    Heard { city: self.city.id, cursor: next, at_ms: 1, group: group_of(&[]) };
                let heard = Signed::sign(heard, &stranger).unwrap().into();
                vec![ServerMessage::UpTo(UpTo { heard, more: false })]
            }
            Lie::WordOfOtherEntries => {
                let left_out = entry(number, forger.household(forger.home, rng));
                vec![self.up_to(next, &[left_out])]
            }
            Lie::WelcomeOfOtherCity => {
                vec![ServerMessage::Welcome(welcome(CityId::new(drawn(rng)), at, 0))]
            }
            Lie::WelcomeTwice => vec![ServerMessage::Welcome(welcome(self.city.id, at, 0))],
            Lie::EnrolledAgain => vec![ServerMessage::Enrolled(self.enrolled("", rng))],
            Lie::FirstSyncBelowTheCursor => {
                let below = Cursor { number: at.number - 1, ..next };
                vec![self.progress(below, binding, &self.city.issuing)]
            }
            Lie::ProgressByNobody => {
                let key = *rng.pick(&[signer, &stranger])?;
                vec![self.progress(next, binding, key)]
            }
            Lie::EndByNobody => {
                let key = *rng.pick(&[signer, &stranger])?;
                vec![self.ended(binding, key)]
            }
            Lie::EndOfOtherConnection => vec![self.ended(drawn(rng), &self.city.issuing)],
            Lie::EndWithoutProof => vec![ServerMessage::Refused(Refused {
                code: Refused::DEVICE_ENDED.to_owned(),
                retryable: false,
                message: String::new(),
                versions: vec![1],
            })],
        };
        Some(said)
    }

    /// That all documents but some are sent, without any, as it is told on the connection of a channel binding.
    fn progress(&self, at: Cursor, binding: [u8; 32], by: &dyn Signer) -> ServerMessage {
        let position = EntryPosition { at, phase: 0, after: Vec::new() };
        let (device, done, total) = (self.victim.device_id(), 0, 1);
        let group = group_of_progress(&group_of(&[]), &device, &binding, &position, done, total);
        let heard = Heard { city: self.city.id, cursor: at, at_ms: 1, group };
        let heard = Signed::sign(heard, by).unwrap().into();
        ServerMessage::Progress(Progress { position, done, total, heard })
    }

    /// That the victim was ended, as it is told on the connection of a channel binding.
    fn ended(&self, channel_binding: [u8; 32], by: &dyn Signer) -> ServerMessage {
        let (city, log, device) = (self.city.id, self.city.log, self.victim.device_id());
        let why = "a lie".to_owned();
        let ending = Ending { city, log, device, channel_binding, why, at_ms: 1 };
        ServerMessage::Ended(Ended { proof: Signed::sign(ending, by).unwrap().into() })
    }

    /// That the server is elsewhere, in the next entry of the log.
    fn announcement(&self, at: &Cursor, serial: u64, by: &dyn Signer, rng: &mut Rng) -> Entry {
        let place = at.next_place();
        let announcement = Announcement {
            city: self.city.id,
            log: self.city.log,
            serial,
            urls: vec!["wss://elsewhere.example/v1/sync".to_owned()],
            keys: vec![Digest::new(drawn(rng))],
            at_ms: 1,
        };
        let record = SignedAnnouncement::sign_at(place, announcement, by).unwrap().bytes;
        let kind = RecordKind::Announcement.code();
        Entry { number: place.number, kind, record, parts: Vec::new() }
    }

    /// A commit under a granted key that no honest phone made.
    fn commit(&self, lie: Lie, forger: &mut Forger, rng: &mut Rng) -> Option<PushedCommit> {
        match lie {
            Lie::CommitOfOtherCity => forger.city = CityId::new(drawn(rng)),
            Lie::CommitUnderOthersGrant => forger.grant = self.city.device_grant,
            Lie::CommitUnderNoGrant => forger.grant = Digest::of(&drawn::<8>(rng)),
            _ => {}
        }
        match lie {
            Lie::DependencyLeftOut => Some(forger.edit_of_what_nobody_has(rng)),
            Lie::CommitBreaksTheRule => Some(forger.household_with_a_foreign_field(rng)),
            _ => {
                let mut commit = forger.household(forger.home, rng);
                match lie {
                    Lie::CommitNotSigned => *commit.signed.last_mut()? ^= 1,
                    Lie::CommitWithOtherChange => commit.parts.first_mut()?.salt[0] ^= 1,
                    _ => {}
                }
                Some(commit)
            }
        }
    }
}

fn given(grant: Grant, issuer: &dyn Signer) -> SignedGrant {
    let grant = Grant { issuer: issuer.public_key().clone(), ..grant };
    SignedGrant::issue(grant, issuer).unwrap()
}

fn entry(number: u64, commit: PushedCommit) -> Entry {
    Entry { number, kind: RecordKind::Commit.code(), record: commit.signed, parts: commit.parts }
}

fn drawn<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
