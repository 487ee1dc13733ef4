//! Somebody who makes signed commits without a replica: for filling a city, and for commits that
//! are to be ready before the clock starts.

use std::collections::BTreeMap;

use keting::{Environment as _, SystemEnvironment};
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::{
    CityTime, Command, CommandId, Document, DocumentId, DocumentKind, Fields, HybridTime, ItemId,
    RULE_VERSION, Stamp,
};
use keting_testkit::people::Household;
use keting_trust::{
    CommitBody, CommitId, Cursor, Digest, Ed25519Signer, Incarnation, Part, SignedCommit,
    Signer as _, actor_id,
};

/// The author: a key with a grant, and the documents written last.
pub struct Author {
    signer: Ed25519Signer,
    grant: Digest,
    at: Cursor,
    city: keting_model::CityId,
    incarnation: Incarnation,
    sequence: u64,
    time: HybridTime,
    documents: BTreeMap<DocumentId, Document>,
}

/// A commit that is ready to be pushed.
#[derive(Debug, Clone)]
pub struct Ready {
    pub id: CommitId,
    pub signed: Vec<u8>,
    pub parts: Vec<Part>,
}

impl Ready {
    /// How many bytes there are of it.
    pub fn bytes(&self) -> usize {
        self.signed.len() + self.parts.iter().map(|part| part.change.len()).sum::<usize>()
    }
}

impl Author {
    /// An author whose key has a grant.
    pub fn new(
        signer: Ed25519Signer,
        grant: Digest,
        city: keting_model::CityId,
        at: Cursor,
    ) -> Self {
        let time = HybridTime::new(SystemEnvironment.unix_ms(), 0);
        let incarnation = Incarnation::new(random());
        Self { signer, grant, at, city, incarnation, sequence: 0, time, documents: BTreeMap::new() }
    }

    /// The key.
    pub fn signer(&self) -> &Ed25519Signer {
        &self.signer
    }

    /// The incarnation and the sequence of the last commit.
    pub fn standing(&self) -> (Incarnation, u64) {
        (self.incarnation, self.sequence)
    }

    /// A household with its people, and what is private of them.
    pub fn add_family(&mut self, region: DocumentId, family: &Household) -> (DocumentId, Ready) {
        let residents = family.people.iter().map(|person| {
            let mut fields = Fields::new()
                .with("name", person.name.as_str())
                .with("relation", person.relation)
                .with("id_number", person.id_number.as_str());
            if !person.phone.is_empty() {
                fields = fields.with("phone", person.phone.as_str());
            }
            resident(fields)
        });
        self.add(region, &family.address, residents.collect())
    }

    /// A household of one, with nothing that is private: one document a commit.
    pub fn add_single(&mut self, region: DocumentId, number: usize) -> (DocumentId, Ready) {
        let fields = Fields::new().with("name", "李四").with("relation", "head");
        self.add(region, &format!("朝霞苑{number}室"), vec![resident(fields)])
    }

    /// Edits a household that was written last or kept.
    pub fn edit(&mut self, household: DocumentId, number: usize) -> Ready {
        let fields = Fields::new().with("address", format!("晚霞苑{number}室"));
        self.commit(&Command::Household(HouseholdCommand::Edit { household, fields }))
    }

    /// A document as it was written last.
    pub fn document(&self, id: &DocumentId) -> &Document {
        &self.documents[id]
    }

    /// Goes on from another state of a document.
    pub fn put_document(&mut self, document: Document) {
        self.documents.insert(document.id(), document);
    }

    /// Begins another incarnation, as a device whose file was copied does.
    pub fn begin_incarnation(&mut self) {
        (self.incarnation, self.sequence) = (Incarnation::new(random()), 0);
    }

    /// A signed commit of whatever changes.
    pub fn lie(
        &mut self,
        command_name: &str,
        changes: impl FnOnce(&Stamp) -> Vec<(DocumentId, Vec<u8>)>,
    ) -> Ready {
        let time = self.tick();
        let stamp = self.stamp(time, CityTime::new(time.unix_ms()));
        let part = |(document, change)| Part { salt: random(), document, change };
        let parts = changes(&stamp).into_iter().map(part).collect();
        self.sign(command_name, &stamp, parts)
    }

    /// Some of the households written last.
    pub fn documents_at_hand(&self, count: usize) -> Vec<DocumentId> {
        let is_household = |id: &&DocumentId| id.kind() == Some(DocumentKind::Household);
        self.documents.keys().filter(is_household).take(count).copied().collect()
    }

    /// Forgets the documents written so far; they can be edited no more.
    pub fn forget(&mut self) {
        self.documents.clear();
    }

    fn add(
        &mut self,
        region: DocumentId,
        address: &str,
        residents: Vec<NewResident>,
    ) -> (DocumentId, Ready) {
        let household = DocumentId::from_random(DocumentKind::Household, random());
        let fields = Fields::new().with("address", address);
        let time = CityTime::new(SystemEnvironment.unix_ms());
        let add = HouseholdCommand::Add { household, region, fields, residents, time };
        (household, self.commit(&Command::Household(add)))
    }

    fn commit(&mut self, command: &Command) -> Ready {
        for id in command.documents() {
            self.documents.entry(id).or_insert_with(|| Document::empty(id));
        }
        let time = self.tick();
        let city_time = command.time().unwrap_or(CityTime::new(time.unix_ms()));
        let stamp = self.stamp(time, city_time);
        let plan = command.plan(&self.documents).unwrap();
        let parts: Vec<Part> = plan
            .edits
            .into_iter()
            .map(|edit| {
                let document = self.documents.get_mut(&edit.document).unwrap();
                let change = document.author(&stamp, &edit.ops).unwrap().bytes;
                Part { salt: random(), document: edit.document, change }
            })
            .collect();
        self.sign(command.name(), &stamp, parts)
    }

    fn stamp(&self, time: HybridTime, city: CityTime) -> Stamp {
        let actor = actor_id(self.signer.public_key(), &self.incarnation);
        Stamp { actor, time, city, command: CommandId::new(random()) }
    }

    fn sign(&mut self, command_name: &str, stamp: &Stamp, parts: Vec<Part>) -> Ready {
        self.sequence += 1;
        let body = CommitBody {
            city: self.city,
            log: self.at.log,
            device: self.signer.public_key().clone(),
            incarnation: self.incarnation,
            sequence: self.sequence,
            grant: self.grant,
            seen: self.at.position(),
            command: stamp.command,
            command_name: command_name.to_owned(),
            rule_version: RULE_VERSION,
            time: stamp.time,
            city_time: stamp.city,
            replaces: None,
            follows: Vec::new(),
            entries: parts.iter().map(Part::digest).collect(),
        };
        let commit = SignedCommit::sign(body, &self.signer).unwrap();
        Ready { id: commit.id(), signed: commit.bytes, parts }
    }

    fn tick(&mut self) -> HybridTime {
        self.time = self.time.tick(SystemEnvironment.unix_ms());
        self.time
    }
}

fn resident(fields: Fields) -> NewResident {
    NewResident { resident: ItemId::new(random()), fact: ItemId::new(random()), fields }
}

/// Bytes nobody can foresee.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemEnvironment.fill(&mut bytes);
    bytes
}
