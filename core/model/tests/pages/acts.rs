//! What two people do to the households of a village, and tables that follow it as a replica's do.

use std::collections::BTreeMap;

use keting_model::household::HouseholdCommand;
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, DocumentId, Fields, ItemId, Row, difference, project};
use proptest::prelude::*;

use crate::common::tables::{Tables, tables};
use crate::common::{Replica, add_household, add_region, edit_resident, household_id, residents};

/// Something that one of them does.
#[derive(Debug, Clone)]
pub enum Act {
    Do { by: usize, what: u8, household: u8, pick: usize, choice: usize },
    Hear { by: usize },
}

pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        9 => (0..2_usize, 0..16_u8, 1..9_u8, 0..3_usize, 0..6_usize).prop_map(
            |(by, what, household, pick, choice)| Act::Do { by, what, household, pick, choice }
        ),
        1 => (0..2_usize).prop_map(|by| Act::Hear { by }),
    ]
}

/// Two replicas, and the tables of the first.
pub struct Village {
    pub people: [Replica; 2],
    before: BTreeMap<DocumentId, Vec<Row>>,
    pub tables: Tables,
    visits: Vec<(u8, ItemId)>,
}

impl Village {
    /// A town with two micro-grids, a household in each.
    pub fn founded() -> Self {
        let mut alice = Replica::new(1);
        for region in [add_region(1, None, "town"), add_region(2, Some(1), "micro_grid")] {
            alice.run(&region).unwrap();
        }
        for n in [1, 2] {
            let command = add_household(&mut alice, n, n, &[person(n as usize, 0)]);
            alice.run(&command).unwrap();
        }
        // Heard of after its first household.
        alice.run(&add_region(3, Some(1), "micro_grid")).unwrap();
        let mut bob = Replica::new(2);
        bob.hear(&alice.sent);
        let mut village = Self {
            people: [alice, bob],
            before: BTreeMap::new(),
            tables: tables(&[]),
            visits: Vec::new(),
        };
        village.follow();
        village
    }

    pub fn perform(&mut self, act: &Act) {
        match *act {
            Act::Hear { by } => {
                let sent = self.people[1 - by].sent.clone();
                self.people[by].hear(&sent);
            }
            Act::Do { by, what, household, pick, choice } => {
                self.people.iter_mut().for_each(|person| person.now_ms += 1_000);
                let command = self.command(by, what, household, pick, choice);
                // What cannot be done on the households as they are is left.
                if let Some(command) = command {
                    let _ = self.people[by].run(&command);
                }
            }
        }
        self.follow();
    }

    /// Writes what changed for the first of them into the tables, document by document.
    pub fn follow(&mut self) {
        for (id, document) in &self.people[0].documents {
            let (rows, before) = (project(document), self.before.entry(*id).or_default());
            self.tables.apply(&difference(before, &rows));
            *before = rows;
        }
    }

    fn command(
        &mut self,
        by: usize,
        what: u8,
        n: u8,
        pick: usize,
        choice: usize,
    ) -> Option<Command> {
        let replica = &mut self.people[by];
        let (household, time) = (household_id(n), replica.time());
        let known = residents(replica, n);
        let resident = known.get(pick % known.len().max(1)).copied();
        let edit =
            |replica: &Replica, fields: Fields| Some(edit_resident(replica, n, resident?, fields));
        let of_household = |command| Some(Command::Household(command));
        match what {
            // Only one of them enters households.
            0 | 1 if by == 1 => None,
            0 | 1 => {
                let people = [person(choice, pick), person(choice + 1, pick + 1)];
                let region = [1, 2, 3][choice % 3];
                let add = add_household(replica, n, region, &people[..=pick % 2]);
                Some(add)
            }
            2 => {
                let address = format!("潮乡{}幢1单元{}室", choice * 7 + 1, pick + 9);
                let fields = Fields::new().with("address", address);
                of_household(HouseholdCommand::Edit { household, fields })
            }
            3 => edit(replica, Fields::new().with("phone", PHONES[choice])),
            4 => edit(replica, Fields::new().with("name", NAMES[choice])),
            5 => edit(replica, Fields::new().with_care_tag(TAGS[choice], pick != 0)),
            6 => edit(replica, Fields::new().with("birth_date", BIRTHS[choice])),
            7 if pick == 2 => {
                let bond = ["registered", "both", "lives_here"][choice % 3];
                edit(replica, Fields::new().with("bond", bond))
            }
            7 => edit(replica, Fields::new().with("relation", ["head", "child"][choice % 2])),
            8 | 9 => {
                let (resident, fact) = (resident?, replica.fresh());
                let status = ["living", "away", "moved_out", "deceased", "moved_out", "living"];
                let status = status[choice].to_owned();
                let reason = Some("说了".to_owned());
                let say = HouseholdCommand::SetStatus {
                    household,
                    resident,
                    fact,
                    status,
                    reason,
                    at: None,
                    time,
                };
                of_household(say)
            }
            10 | 11 => {
                let visit = replica.fresh();
                self.visits.push((n, visit));
                let fields = Fields::new().with("at", DAYS[choice]).with("purpose", "走访");
                Some(Command::Visits(VisitsCommand::AddVisit { household, visit, fields, time }))
            }
            12 => {
                let (need, text) = (ItemId::new([n, 0, 0, 0, 0, 0, 0, 7]), "加装电梯".to_owned());
                of_household(HouseholdCommand::AddNeed { household, need, text, time })
            }
            13 => {
                let (need, fact) = (ItemId::new([n, 0, 0, 0, 0, 0, 0, 7]), replica.fresh());
                let status =
                    ["open", "in_progress", "met", "dropped", "met", "met"][choice].to_owned();
                of_household(HouseholdCommand::AdvanceNeed {
                    household,
                    need,
                    fact,
                    status,
                    note: None,
                    time,
                })
            }
            14 => {
                let visit = self.visits.iter().rev().find(|(of, _)| *of == n).map(|(_, id)| *id);
                let record = match choice {
                    0 => Record::Household,
                    1 => Record::Resident(resident?),
                    2 => Record::Need(ItemId::new([n, 0, 0, 0, 0, 0, 0, 7])),
                    3 | 4 => Record::Visit { visit: visit?, year: 2026 },
                    _ => Record::Visit { visit: visit?, year: 2025 },
                };
                let (fact, reason) = (replica.fresh(), "填错了".to_owned());
                let again =
                    || WithdrawalCommand::Restore { household, record, fact, reason: None, time };
                let withdraw = WithdrawalCommand::Withdraw {
                    household,
                    record,
                    fact,
                    reason: reason.clone(),
                    seen: Vec::new(),
                    time,
                };
                Some(Command::Withdrawal(if pick == 2 { again() } else { withdraw }))
            }
            _ => {
                let (resident, fields) = (resident?, Fields::new().with("health", "高血压"));
                Some(Command::Private(PrivateCommand::Edit { household, resident, fields }))
            }
        }
    }
}

const NAMES: [&str; 6] = ["王小明", "李红", "王磊", "阿依古丽", "赵大海", "李小明"];
const PHONES: [&str; 6] =
    ["13800000001", "13800000002", "13900001001", "", "13900000003", "13700000001"];
const TAGS: [&str; 6] =
    ["living_alone", "disabled", "empty_nest", "living_alone", "bedridden", "low_income"];
const BIRTHS: [&str; 6] =
    ["2020-02-02", "1950-01-01", "2019-03-03", "1980-01-01", "2021-01-01", ""];
const DAYS: [&str; 6] =
    ["2026-05-01", "2025-12-31", "2026-03-08", "2026-05-01", "2025-10-01", "2026-01-01"];

fn person(choice: usize, pick: usize) -> Fields {
    let fields = Fields::new()
        .with("name", NAMES[choice % 6])
        .with("relation", ["head", "spouse", "grandchild"][pick % 3])
        .with("phone", PHONES[(choice + pick) % 6])
        .with_care_tag(TAGS[(choice + 2 * pick) % 6], true);
    // Some of them are children.
    fields.with("birth_date", BIRTHS[(choice + pick) % 6])
}
