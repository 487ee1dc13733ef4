//! Somebody who has got hold of a granted key, and signs what no honest app would.

use keting_model::household::HouseholdCommand;
use keting_model::{
    Command, CommandId, Document, DocumentId, DocumentKind, Fields, Op, RULE_VERSION, Stamp, Value,
};
use keting_sync::{CommitKey, PushedCommit};
use keting_testkit::rng::Rng;
use keting_trust::{
    CommitBody, Cursor, Digest, Ed25519Signer, Incarnation, Part, SignedCommit, SignedGrant,
    Signer, actor_id,
};

use crate::device::Device;
use crate::hostile::drawn;

/// Somebody who signs what they like with a granted key.
pub struct Forger {
    signer: Ed25519Signer,
    incarnation: Incarnation,
    /// The city that commits are for.
    pub city: keting_model::CityId,
    log: keting_model::LogId,
    /// The grant that commits name.
    pub grant: Digest,
    /// The region that the key may write in.
    pub home: DocumentId,
    sequence: u64,
    time: keting_model::HybridTime,
    city_time: keting_model::CityTime,
}

impl Forger {
    /// With the key of a device that is enrolled.
    pub fn new(mallory: &Device, rng: &mut Rng) -> Option<Self> {
        let replica = mallory.replica.as_ref()?;
        let (grant, membership): (&SignedGrant, _) = (replica.grant()?, replica.membership()?);
        Some(Self {
            signer: mallory.signer()?,
            incarnation: Incarnation::new(drawn(rng)),
            city: membership.city,
            log: membership.log,
            grant: grant.digest(),
            home: *grant.grant.regions.first()?,
            sequence: 0,
            time: keting_model::HybridTime::new(replica.now().unix_ms(), 0),
            city_time: replica.now(),
        })
    }

    pub(super) fn stamp(&mut self, rng: &mut Rng) -> Stamp {
        self.time = self.time.tick(0);
        Stamp {
            actor: actor_id(self.signer.public_key(), &self.incarnation),
            time: self.time,
            city: self.city_time,
            command: CommandId::new(drawn(rng)),
        }
    }

    pub(super) fn household_ops(&self, region: DocumentId, rng: &mut Rng) -> (DocumentId, Vec<Op>) {
        let household = DocumentId::from_random(DocumentKind::Household, drawn(rng));
        let fields = Fields::new().with("address", "9-909");
        let command = Command::Household(HouseholdCommand::Add {
            household,
            region,
            fields,
            residents: Vec::new(),
            time: self.city_time,
        });
        let empty = command.documents().into_iter().map(|id| (id, Document::empty(id))).collect();
        let plan = command.plan(&empty).unwrap();
        (household, plan.edits.into_iter().flat_map(|edit| edit.ops).collect())
    }

    /// A new household in a region.
    pub fn household(&mut self, region: DocumentId, rng: &mut Rng) -> PushedCommit {
        let (id, ops) = self.household_ops(region, rng);
        self.commit("household.add", id, &ops, rng)
    }

    /// A new household with a field of another kind of document.
    pub fn household_with_a_foreign_field(&mut self, rng: &mut Rng) -> PushedCommit {
        let (id, mut ops) = self.household_ops(self.home, rng);
        ops.push(put("id_number", Value::from("330481195003010012")));
        self.commit("household.add", id, &ops, rng)
    }

    /// An edit of a household that nobody was given.
    pub fn edit_of_what_nobody_has(&mut self, rng: &mut Rng) -> PushedCommit {
        let (id, ops) = self.household_ops(self.home, rng);
        let mut document = Document::empty(id);
        let stamp = self.stamp(rng);
        document.author(&stamp, &ops).unwrap();
        let stamp = self.stamp(rng);
        let edit = [put("address", Value::from("9-999"))];
        let change = document.author(&stamp, &edit).unwrap().bytes;
        self.sign("household.edit", &stamp, id, change, rng)
    }

    pub(super) fn commit(
        &mut self,
        name: &str,
        id: DocumentId,
        ops: &[Op],
        rng: &mut Rng,
    ) -> PushedCommit {
        let stamp = self.stamp(rng);
        let change = Document::empty(id).author(&stamp, ops).unwrap().bytes;
        self.sign(name, &stamp, id, change, rng)
    }

    pub(super) fn sign(
        &mut self,
        name: &str,
        stamp: &Stamp,
        document: DocumentId,
        change: Vec<u8>,
        rng: &mut Rng,
    ) -> PushedCommit {
        self.sequence += 1;
        let part = Part { salt: drawn(rng), document, change };
        let body = CommitBody {
            city: self.city,
            log: self.log,
            device: self.signer.public_key().clone(),
            incarnation: self.incarnation,
            sequence: self.sequence,
            grant: self.grant,
            seen: Cursor::genesis(self.log, 0).position(),
            command: stamp.command,
            command_name: name.to_owned(),
            rule_version: RULE_VERSION,
            time: stamp.time,
            city_time: stamp.city,
            replaces: None,
            follows: Vec::new(),
            entries: vec![part.digest()],
        };
        let signed = SignedCommit::sign(body, &self.signer).unwrap().bytes;
        PushedCommit { key: CommitKey::own(stamp.command), signed, parts: vec![part] }
    }
}

pub(super) fn put(key: &str, value: Value) -> Op {
    Op::Put { key: key.to_owned(), value }
}
