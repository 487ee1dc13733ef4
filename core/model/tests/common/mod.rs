//! A replica that plans, judges, writes and merges, with nothing else around it.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

pub mod plans;
pub mod tables;
pub mod unseen;

use std::collections::BTreeMap;

use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::region::RegionCommand;
use keting_model::{
    ActorId, ChangeHash, CityTime, Command, CommandError, CommandId, Document, DocumentId,
    DocumentKind, Fields, HybridTime, ItemId, Op, Plan, RULE_VERSION, Row, Stamp, Touched, judge,
    project,
};

/// 2026-06-01 in milliseconds.
pub const NOW_MS: u64 = 1_780_272_000_000;

/// A change as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub document: DocumentId,
    pub bytes: Vec<u8>,
}

/// A change as its author made it.
#[derive(Debug, Clone)]
pub struct Written {
    /// What they saw.
    pub before: Document,
    pub ops: Vec<Op>,
    pub hash: ChangeHash,
}

#[derive(Debug, Clone)]
pub struct Replica {
    actor: u8,
    counter: u16,
    /// What its clock shows.
    pub now_ms: u64,
    pub documents: BTreeMap<DocumentId, Document>,
    pub sent: Vec<Sent>,
    pub written: Vec<Written>,
}

impl Replica {
    pub fn new(actor: u8) -> Self {
        Self {
            actor,
            counter: 0,
            now_ms: NOW_MS,
            documents: BTreeMap::new(),
            sent: Vec::new(),
            written: Vec::new(),
        }
    }

    /// The city's time, which its clock shows right.
    pub fn time(&self) -> CityTime {
        CityTime::new(self.now_ms)
    }

    /// An id that no other replica makes.
    pub fn fresh(&mut self) -> ItemId {
        self.counter += 1;
        let [high, low] = self.counter.to_be_bytes();
        ItemId::new([self.actor, 0, 0, 0, 0, 0, high, low])
    }

    pub fn plan(&mut self, command: &Command) -> Result<Plan, CommandError> {
        for id in command.documents() {
            self.documents.entry(id).or_insert_with(|| Document::empty(id));
        }
        command.plan(&self.documents)
    }

    /// Does a command as an engine would: planned, judged, written.
    pub fn run(&mut self, command: &Command) -> Result<Plan, CommandError> {
        let plan = self.plan(command)?;
        let touched: Vec<Touched<'_>> = plan
            .edits
            .iter()
            .map(|edit| Touched { before: &self.documents[&edit.document], ops: &edit.ops })
            .collect();
        let city = command.time().unwrap_or(self.time());
        let verdict = judge(command.name(), RULE_VERSION, city, &touched);
        assert!(verdict.is_ok(), "{}: {verdict:?} for {plan:?}", command.name());
        let stamp = self.stamp(city);
        for edit in &plan.edits {
            self.author(edit.document, &edit.ops, &stamp);
        }
        Ok(plan)
    }

    /// Writes operations as they are, whatever a command would make of them.
    pub fn write(&mut self, document: DocumentId, ops: &[Op]) {
        let stamp = self.stamp(self.time());
        self.author(document, ops, &stamp);
    }

    fn stamp(&mut self, city: CityTime) -> Stamp {
        self.counter += 1;
        let [high, low] = self.counter.to_be_bytes();
        Stamp {
            actor: ActorId::new([self.actor; 10]),
            time: HybridTime::new(self.now_ms, self.counter),
            city,
            command: CommandId::new([self.actor, 0, 0, 0, 0, 0, high, low]),
        }
    }

    fn author(&mut self, id: DocumentId, ops: &[Op], stamp: &Stamp) {
        let document = self.documents.get_mut(&id).unwrap();
        let before = document.clone();
        let authored = document.author(stamp, ops).unwrap();
        self.written.push(Written { before, ops: ops.to_vec(), hash: authored.hash });
        self.sent.push(Sent { document: id, bytes: authored.bytes });
    }

    /// Takes in a change if what it depends on is here.
    pub fn take(&mut self, sent: &Sent) -> bool {
        let id = sent.document;
        let document = self.documents.entry(id).or_insert_with(|| Document::empty(id));
        document.apply(&sent.bytes).is_ok()
    }

    /// Takes in all that another replica wrote or heard of, in the order it has it.
    pub fn hear(&mut self, sent: &[Sent]) {
        for change in sent {
            assert!(self.take(change), "a change came before what it depends on");
            if !self.sent.contains(change) {
                self.sent.push(change.clone());
            }
        }
    }

    pub fn heads(&self) -> BTreeMap<DocumentId, Vec<ChangeHash>> {
        let heads = self.documents.iter().map(|(id, document)| (*id, document.heads()));
        heads.filter(|(_, heads)| !heads.is_empty()).collect()
    }

    pub fn rows(&self) -> Vec<Row> {
        self.documents.values().flat_map(project).collect()
    }
}

pub fn region_id(n: u8) -> DocumentId {
    DocumentId::from_random(DocumentKind::Region, [n; 14])
}

pub fn household_id(n: u8) -> DocumentId {
    DocumentId::from_random(DocumentKind::Household, [n; 14])
}

/// A region whose code ends in its number, below a town or below nothing.
pub fn add_region(n: u8, parent: Option<u8>, level: &str) -> Command {
    let above = parent.map(|parent| format!("{parent:03}")).unwrap_or_default();
    let own =
        if ["grid", "micro_grid"].contains(&level) { format!("{n:02}") } else { format!("{n:03}") };
    let fields = Fields::new()
        .with("code", format!("990481{above}{own}"))
        .with("name", "潮乡")
        .with("level", level);
    Command::Region(RegionCommand::Add {
        region: region_id(n),
        parent: parent.map(region_id),
        fields,
    })
}

pub fn add_household(replica: &mut Replica, n: u8, region: u8, residents: &[Fields]) -> Command {
    let residents = residents
        .iter()
        .map(|fields| NewResident {
            resident: replica.fresh(),
            fact: replica.fresh(),
            fields: fields.clone(),
        })
        .collect();
    Command::Household(HouseholdCommand::Add {
        household: household_id(n),
        region: region_id(region),
        fields: Fields::new().with("address", format!("潮乡{n}幢1单元101室")),
        residents,
        time: replica.time(),
    })
}

pub fn edit_resident(replica: &Replica, n: u8, resident: ItemId, fields: Fields) -> Command {
    Command::Household(HouseholdCommand::EditResident {
        household: household_id(n),
        resident,
        fields,
        time: replica.time(),
    })
}

/// The residents of a household, in order.
pub fn residents(replica: &Replica, n: u8) -> Vec<ItemId> {
    let rows = replica.documents.get(&household_id(n)).map(project).unwrap_or_default();
    let of_residents = rows.iter().filter(|row| row.table.name == "resident");
    of_residents.map(|row| ItemId::from_slice(&row.item).unwrap()).collect()
}

/// Replicas that know of a household of one resident.
pub fn everybody<const N: usize>(fields: Fields) -> ([Replica; N], ItemId) {
    let mut first = Replica::new(1);
    first.run(&add_region(1, None, "town")).unwrap();
    let command = add_household(&mut first, 1, 1, &[fields]);
    first.run(&command).unwrap();
    let resident = residents(&first, 1)[0];
    let everybody = std::array::from_fn(|place| match place {
        0 => first.clone(),
        _ => {
            let mut other = Replica::new(u8::try_from(place + 1).unwrap());
            other.hear(&first.sent);
            other
        }
    });
    (everybody, resident)
}
