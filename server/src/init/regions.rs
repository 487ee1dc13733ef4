//! The regions of a table as commits of the server's own key.

use std::collections::BTreeMap;

use keting_model::command::{Command, CommandError};
use keting_model::fields::Fields;
use keting_model::region::{Level, RegionCommand};
use keting_model::rule::RULE_VERSION;
use keting_model::{
    ActorId, CityTime, CommandId, Document, DocumentId, DocumentKind, HybridTime, Op, Stamp, Value,
};
use keting_trust::limits::ADMISSION_COMMITS_MAX;
use keting_trust::{CommitBody, Incarnation, Part, SignedCommit, Signer as _, actor_id};

use super::{InitError, RegionLine};
use crate::admission::{Admission, Outcome, Push, PushedCommit};
use crate::city::City;
use crate::random::Random;
use crate::store::{ServerStore, StoreError};

/// Admits every line, parents first as they stand, and says how many stand, of how many.
pub(super) fn admit(
    store: &mut dyn ServerStore,
    city: &City,
    lines: &[RegionLine],
    random: &mut dyn Random,
    now_ms: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), InitError> {
    let mut author = Author::new(store, city, random, now_ms)?;
    let mut admission = Admission::new(1);
    let (mut admitted, all) = (0, lines.len());
    for lines in lines.chunks(ADMISSION_COMMITS_MAX) {
        let mut commits = Vec::new();
        for line in lines {
            commits.push(author.commit(line, random)?);
        }
        let push = Push { device: city.device.public_key().device_id(), commits };
        let batch = admission.admit(store, city, &[push], now_ms)?;
        for (line, outcome) in lines.iter().zip(batch.answers.into_iter().flatten()) {
            let code = match outcome {
                Outcome::Admitted { .. } => continue,
                Outcome::Held { code, .. } => code,
                Outcome::Refused { code } => code.to_owned(),
                Outcome::Superseded { .. } => "superseded".to_owned(),
            };
            return Err(InitError::BadRegion { line: line.line, code });
        }
        admitted += lines.len();
        progress(admitted, all);
    }
    Ok(())
}

/// The server's own key as an author.
struct Author<'c> {
    city: &'c City,
    incarnation: Incarnation,
    actor: ActorId,
    sequence: u64,
    seen: keting_trust::Position,
    time: HybridTime,
    ids: BTreeMap<String, (DocumentId, Level)>,
    now_ms: u64,
}

impl<'c> Author<'c> {
    fn new(
        store: &mut dyn ServerStore,
        city: &'c City,
        random: &mut dyn Random,
        now_ms: u64,
    ) -> Result<Self, InitError> {
        let head = store.snapshot()?.head()?.ok_or(StoreError::Empty)?;
        let incarnation = Incarnation::new(random.bytes());
        Ok(Self {
            city,
            incarnation,
            actor: actor_id(city.device.public_key(), &incarnation),
            sequence: 0,
            seen: head.cursor().position(),
            time: HybridTime::default(),
            ids: BTreeMap::new(),
            now_ms,
        })
    }

    fn commit(
        &mut self,
        line: &RegionLine,
        random: &mut dyn Random,
    ) -> Result<PushedCommit, InitError> {
        let region = DocumentId::from_random(DocumentKind::Region, random.bytes());
        self.ids.insert(line.code.clone(), (region, line.level));
        let parent = self.ids.get(&line.parent_code).copied();
        let command = Command::Region(RegionCommand::Add {
            region,
            parent: parent.map(|(parent, _)| parent),
            fields: fields(line),
        });
        let bad = |error: &CommandError| InitError::BadRegion {
            line: line.line,
            code: error.code().to_owned(),
        };
        self.time = self.time.tick(self.now_ms);
        let stamp = Stamp {
            actor: self.actor,
            time: self.time,
            city: CityTime::new(self.now_ms),
            command: CommandId::new(random.bytes()),
        };
        let mut documents = BTreeMap::from([(region, Document::empty(region))]);
        if let Some((parent, level)) = parent {
            documents.insert(parent, parent_like(parent, level, &line.parent_code, &stamp)?);
        }
        let plan = command.plan(&documents).map_err(|error| bad(&error))?;

        let mut parts = Vec::new();
        for edit in plan.edits {
            let document = documents.get_mut(&edit.document);
            let document = document.ok_or(StoreError::Damaged("a region was planned elsewhere"))?;
            let authored = document
                .author(&stamp, &edit.ops)
                .map_err(|error| StoreError::Failed(Box::new(error)))?;
            parts.push(Part {
                salt: random.bytes(),
                document: edit.document,
                change: authored.bytes,
            });
        }
        self.sequence += 1;
        let body = CommitBody {
            city: self.city.id,
            log: self.city.log,
            device: self.city.device.public_key().clone(),
            incarnation: self.incarnation,
            sequence: self.sequence,
            grant: self.city.device_grant,
            seen: self.seen,
            command: stamp.command,
            command_name: command.name().to_owned(),
            rule_version: RULE_VERSION,
            time: stamp.time,
            city_time: stamp.city,
            replaces: None,
            follows: Vec::new(),
            entries: parts.iter().map(Part::digest).collect(),
        };
        let commit = SignedCommit::sign(body, &self.city.device)
            .map_err(|error| StoreError::Failed(Box::new(error)))?;
        Ok(PushedCommit { expected: None, signed: commit.bytes, parts })
    }
}

fn fields(line: &RegionLine) -> Fields {
    let mut fields = Fields::new()
        .with("code", line.code.as_str())
        .with("name", line.name.as_str())
        .with("level", line.level.name());
    for (name, value) in [("boundary", &line.boundary), ("head", &line.head)] {
        if !value.is_empty() {
            fields.set(name, value.as_str());
        }
    }
    fields
}

/// As much of a parent as the command looks at. The document itself need not be kept open.
fn parent_like(
    id: DocumentId,
    level: Level,
    code: &str,
    stamp: &Stamp,
) -> Result<Document, StoreError> {
    let mut document = Document::empty(id);
    let put = |key: &str, value| Op::Put { key: key.to_owned(), value: Value::from(value) };
    let ops = [put("code", code), put("level", level.name())];
    document.author(stamp, &ops).map_err(|error| StoreError::Failed(Box::new(error)))?;
    Ok(document)
}
