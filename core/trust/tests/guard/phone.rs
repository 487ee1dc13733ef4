//! A phone as the engine would use it, for tests of whole commits. Nothing in it is by chance.

use std::collections::BTreeMap;

use keting_model::command::Command;
use keting_model::{
    CityId, CityTime, CommandId, Document, DocumentId, DocumentKind, HybridTime, LogId, Op, Stamp,
};
use keting_trust::{
    CommitBody, Digest, Ed25519Signer, Incarnation, Part, Position, SignedCommit, Signer, actor_id,
};

pub type Documents = BTreeMap<DocumentId, Document>;

pub fn region(number: u8) -> DocumentId {
    DocumentId::from_random(DocumentKind::Region, [number; 14])
}

/// A phone: a key and what it has.
pub struct Phone {
    pub signer: Ed25519Signer,
    pub documents: Documents,
    pub sequence: u64,
}

impl Phone {
    pub fn new(seed: u8) -> Self {
        let signer = Ed25519Signer::from_seed([seed; 32]);
        Self { signer, documents: BTreeMap::new(), sequence: 0 }
    }

    /// Carries a command out as the engine would.
    pub fn execute(&mut self, command: &Command) -> (SignedCommit, Vec<Part>) {
        for id in command.documents() {
            self.documents.entry(id).or_insert_with(|| Document::empty(id));
        }
        let plan = command.plan(&self.documents).unwrap();
        let edits = plan.edits.into_iter().map(|edit| (edit.document, edit.ops));
        self.write(command.name(), &edits.collect::<Vec<_>>())
    }

    pub fn write(
        &mut self,
        name: &str,
        edits: &[(DocumentId, Vec<Op>)],
    ) -> (SignedCommit, Vec<Part>) {
        self.sequence += 1;
        let stamp = self.stamp();
        let mut parts = Vec::new();
        for (document, ops) in edits {
            let document =
                self.documents.entry(*document).or_insert_with(|| Document::empty(*document));
            let change = document.author(&stamp, ops).unwrap().bytes;
            parts.push(Part { salt: [parts.len() as u8; 16], document: document.id(), change });
        }
        (self.sign(name, &stamp, &parts), parts)
    }

    pub fn stamp(&self) -> Stamp {
        Stamp {
            actor: actor_id(self.signer.public_key(), &Incarnation::new([1; 8])),
            time: HybridTime::new(1_770_000_000_000, self.sequence as u16),
            city: CityTime::new(1_770_000_000_000),
            command: CommandId::new([self.sequence as u8; 8]),
        }
    }

    pub fn sign(&self, name: &str, stamp: &Stamp, parts: &[Part]) -> SignedCommit {
        SignedCommit::sign(self.body(name, stamp, parts), &self.signer).unwrap()
    }

    /// What a commit of these parts states.
    pub fn body(&self, name: &str, stamp: &Stamp, parts: &[Part]) -> CommitBody {
        CommitBody {
            city: CityId::new([1; 16]),
            log: LogId::new([2; 16]),
            device: self.signer.public_key().clone(),
            incarnation: Incarnation::new([1; 8]),
            sequence: self.sequence,
            grant: Digest::of(b"grant"),
            seen: Position { generation: 0, number: 0, chain: [0; 8] },
            command: stamp.command,
            command_name: name.to_owned(),
            rule_version: 1,
            time: stamp.time,
            city_time: stamp.city,
            replaces: None,
            follows: Vec::new(),
            entries: parts.iter().map(Part::digest).collect(),
        }
    }
}
