//! What people do: commands from chance, on what stands on their own screens.
//!
//! Values are drawn from small sets, so that several people often write the same field, sometimes
//! with the same value. Some commands reach for what is not theirs; those must be refused on the
//! phone itself.

mod mistakes;

use keting::parts::Replica;
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::household_private::PrivateCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{ConflictView, Permitted, Rows as _, Withheld, conflicts};
use keting_model::region::{Level, RegionCommand};
use keting_model::withdrawal::Record;
use keting_model::{
    Cell, CityTime, Command, DocumentId, DocumentKind, Fields, ItemId, Settle, Value,
};
use keting_testkit::rng::Rng;

use mistakes::{record_at, restore, withdraw};

/// A day of birth that makes somebody a child, by every clock of a run, right or wrong.
pub const CHILD_BORN: &str = "2024-05-06";

/// What a person sees.
struct Screen {
    regions: Vec<(DocumentId, String, String)>,
    households: Vec<DocumentId>,
    residents: Vec<(DocumentId, ItemId)>,
    needs: Vec<(DocumentId, ItemId)>,
    /// Needs and visits, which may be withdrawn.
    records: Vec<(DocumentId, Record)>,
    /// What is withdrawn.
    withdrawn: Vec<(DocumentId, Record)>,
    conflicts: Vec<ConflictView>,
}

/// Draws the next command of somebody. `foreign` are households that they may never have heard of.
pub fn draw(rng: &mut Rng, replica: &Replica, foreign: &[DocumentId]) -> Option<Command> {
    let mut screen = Screen::read(replica);
    if rng.chance(1, 12) {
        screen.households = foreign.to_vec();
    }
    let time = replica.now();
    let household = rng.pick(&screen.households).copied();
    let resident = pick_one_of_few(rng, &screen.residents);
    let drawn = rng.below(112);
    if screen.households.len() < 3 || drawn < 8 {
        return add_household(rng, &screen, time);
    }
    if drawn < 20
        && let Some(settle) = settle(rng, replica, &screen, time)
    {
        return Some(settle);
    }
    let household = household?;
    let owned = |resident: Option<(DocumentId, ItemId)>| {
        resident.unwrap_or((household, item(&mut Rng::new(1))))
    };
    Some(match drawn {
        20..38 => {
            Command::Household(HouseholdCommand::Edit { household, fields: home_fields(rng) })
        }
        38..58 => {
            let (household, resident) = owned(resident);
            let fields = resident_fields(rng, Fields::new());
            Command::Household(HouseholdCommand::EditResident { household, resident, fields, time })
        }
        58..64 => {
            let resident = new_resident(rng);
            Command::Household(HouseholdCommand::AddResident { household, resident, time })
        }
        64..71 => {
            let (household, resident) = owned(resident);
            let status = ["away", "moved_out", "deceased", "living"][rng.index(4)];
            Command::Household(set_status(rng, household, resident, status, time))
        }
        71..77 => {
            let text = "a ramp at the door".to_owned();
            Command::Household(HouseholdCommand::AddNeed { household, need: item(rng), text, time })
        }
        77..82 => {
            let (household, need) =
                rng.pick(&screen.needs).copied().unwrap_or((household, item(rng)));
            let status = ["in_progress", "met", "open", "dropped"][rng.index(4)];
            Command::Household(advance(rng, household, need, status, time))
        }
        82..88 => {
            let year = ["2025-12-31", "2026-01-01", "2026-09-20"][rng.index(3)];
            let fields = Fields::new().with("at", year).with("note", "all well");
            Command::Visits(VisitsCommand::AddVisit { household, visit: item(rng), fields, time })
        }
        88..92 => {
            let text = "asked for the doctor".to_owned();
            Command::Visits(VisitsCommand::AddNote { household, note: item(rng), text, time })
        }
        92..96 => {
            let (household, resident) = owned(resident);
            let health = ["well", "poor sight", "walks badly"][rng.index(3)];
            let fields = Fields::new().with("health", health);
            Command::Private(PrivateCommand::Edit { household, resident, fields })
        }
        96..100 => region(rng, replica, &screen)?,
        100..103 => {
            let (household, resident) = owned(resident);
            Command::Household(HouseholdCommand::Conceal { household, resident, time })
        }
        103..106 => {
            let (household, resident) = owned(resident);
            Command::Household(HouseholdCommand::Reveal { household, resident, time })
        }
        106..109 => {
            let (household, resident) = owned(resident);
            let record = match rng.below(4) {
                0 => (household, Record::Household),
                1 => rng.pick(&screen.records).copied().unwrap_or((household, Record::Household)),
                _ => (household, Record::Resident(resident)),
            };
            withdraw(rng, replica, record, time)
        }
        _ => {
            let record = *rng.pick(&screen.withdrawn)?;
            restore(rng, record, time)
        }
    })
}

impl Screen {
    fn read(replica: &Replica) -> Self {
        let mut screen = Self {
            regions: Vec::new(),
            households: Vec::new(),
            residents: Vec::new(),
            needs: Vec::new(),
            records: Vec::new(),
            withdrawn: Vec::new(),
            conflicts: Vec::new(),
        };
        let store = replica.store();
        let each = |sql: &str, take: &mut dyn FnMut(&[Cell])| {
            // A disk that fails right now shows nothing; the next try is soon.
            let _ = store.query(sql, &[], take);
        };
        each("SELECT document, level, code FROM region ORDER BY document", &mut |cells| {
            if let [Cell::Blob(id), Cell::Text(level), Cell::Text(code)] = cells {
                screen.regions.push((document(id), level.clone(), code.clone()));
            }
        });
        each("SELECT document FROM household ORDER BY document", &mut |cells| {
            if let [Cell::Blob(id)] = cells {
                screen.households.push(document(id));
            }
        });
        each("SELECT document, item FROM resident ORDER BY document, item", &mut |cells| {
            if let [Cell::Blob(id), Cell::Blob(item)] = cells {
                screen.residents.push((document(id), ItemId::from_slice(item).unwrap()));
            }
        });
        each("SELECT document, item FROM need ORDER BY document, item", &mut |cells| {
            if let [Cell::Blob(id), Cell::Blob(item)] = cells {
                screen.needs.push((document(id), ItemId::from_slice(item).unwrap()));
            }
        });
        screen.records = screen.needs.iter().map(|(of, id)| (*of, Record::Need(*id))).collect();
        each("SELECT household, item, at FROM visit ORDER BY household, item", &mut |cells| {
            if let [Cell::Blob(id), Cell::Blob(item), Cell::Text(at)] = cells {
                let visit = ItemId::from_slice(item).unwrap();
                let year = at.get(..4).and_then(|year| year.parse().ok()).unwrap();
                screen.records.push((document(id), Record::Visit { visit, year }));
            }
        });
        each(
            "SELECT household, item FROM withdrawal WHERE withdrawn = 1 ORDER BY household, item",
            &mut |cells| {
                if let [Cell::Blob(id), Cell::Blob(root)] = cells {
                    let root = String::from_utf8(root.clone()).unwrap();
                    let record = record_at(&root, document(id), &screen.records);
                    screen.withdrawn.extend(record.map(|record| (document(id), record)));
                }
            },
        );
        let (everything, may_settle) = (Withheld::nothing(), Permitted::everything());
        screen.conflicts = conflicts(store, &everything, &may_settle, None).unwrap_or_default();
        screen
    }
}

/// Half of the time one of the first, so that several people write of the same at once.
fn pick_one_of_few<T: Copy>(rng: &mut Rng, all: &[T]) -> Option<T> {
    let few = if rng.chance(1, 2) { 2 } else { all.len() };
    rng.pick(&all[..few.min(all.len())]).copied()
}

fn add_household(rng: &mut Rng, screen: &Screen, time: CityTime) -> Option<Command> {
    let homes: Vec<_> = screen
        .regions
        .iter()
        .filter(|(_, level, _)| level == "micro_grid" || level == "unit")
        .map(|(id, ..)| *id)
        .collect();
    let region = *rng.pick(&homes)?;
    Some(household_in(rng, region, time))
}

fn household_in(rng: &mut Rng, region: DocumentId, time: CityTime) -> Command {
    let household = DocumentId::from_random(DocumentKind::Household, bytes(rng));
    let fields = Fields::new().with("address", "1-101");
    let residents = (0..rng.below(3)).map(|_| new_resident(rng)).collect();
    Command::Household(HouseholdCommand::Add { household, region, fields, residents, time })
}

fn set_status(
    rng: &mut Rng,
    household: DocumentId,
    resident: ItemId,
    status: &str,
    time: CityTime,
) -> HouseholdCommand {
    let reason = rng.chance(1, 2).then(|| "moved in with kin".to_owned());
    let at = rng.chance(1, 4).then(|| ["2026-09-20", "2026-09-21"][rng.index(2)].to_owned());
    let (fact, status) = (item(rng), status.to_owned());
    HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time }
}

fn advance(
    rng: &mut Rng,
    household: DocumentId,
    need: ItemId,
    status: &str,
    time: CityTime,
) -> HouseholdCommand {
    let note = rng.chance(1, 3).then(|| "the mason came".to_owned());
    let (fact, status) = (item(rng), status.to_owned());
    HouseholdCommand::AdvanceNeed { household, need, fact, status, note, time }
}

/// Settles a field, or facts by one over all of them; keeps or undoes a withdrawal.
fn settle(rng: &mut Rng, replica: &Replica, screen: &Screen, time: CityTime) -> Option<Command> {
    let ConflictView { document, key, values, facts, .. } = rng.pick(&screen.conflicts)?;
    if key.rsplit('/').next() == Some("w") {
        let record = (*document, record_at(key, *document, &screen.records)?);
        let undoes = rng.chance(1, 2);
        let command =
            if undoes { restore(rng, record, time) } else { withdraw(rng, replica, record, time) };
        return Some(command);
    }
    if facts.is_empty() {
        let value = &rng.pick(values)?.value;
        return Settle::on_typed(*document, key, value, time).ok().map(Command::Settle);
    }
    let status = &rng.pick(facts)?.status;
    let (letter, rest) = key.split_once('/')?;
    let item = rest.strip_suffix("/s")?.parse().unwrap();
    Some(Command::Household(if letter == "n" {
        advance(rng, *document, item, status, time)
    } else {
        set_status(rng, *document, item, status, time)
    }))
}

/// Where a region is to be made.
pub struct Place {
    parent: DocumentId,
    /// The code it is to have.
    pub code: String,
    level: Level,
}

impl Place {
    /// Draws one of the few codes below a region that somebody sees.
    fn draw(rng: &mut Rng, screen: &Screen) -> Option<Self> {
        let (parent, level, above) = rng.pick(&screen.regions)?;
        let number = 11 + rng.below(4);
        let (level, code) = match Level::from_name(level)? {
            Level::Grid => (Level::MicroGrid, format!("{above}{number}")),
            Level::MicroGrid => (Level::Unit, format!("{above}{number:03}")),
            Level::City | Level::Town | Level::Village | Level::Unit => return None,
        };
        Some(Self { parent: *parent, code, level })
    }

    /// A region there.
    pub fn region(&self, rng: &mut Rng) -> Command {
        let region = DocumentId::from_random(DocumentKind::Region, bytes(rng));
        let fields = Fields::new().with("code", self.code.as_str()).with("name", "二单元");
        let fields = fields.with("level", self.level.name());
        Command::Region(RegionCommand::Add { region, parent: Some(self.parent), fields })
    }
}

/// A place for a region in one that several people see, with a code that none of them finds.
pub fn free_place(rng: &mut Rng, replicas: &[&Replica]) -> Option<Place> {
    let mut screen = Screen::read(replicas.first()?);
    screen
        .regions
        .retain(|seen| replicas.iter().all(|replica| Screen::read(replica).regions.contains(seen)));
    let place = Place::draw(rng, &screen)?;
    let finds = |replica: &&Replica| !matches!(replica.region_of_code(&place.code), Ok(None));
    (!replicas.iter().any(finds)).then_some(place)
}

/// A household in the region that somebody finds by a code; nothing if they find none.
pub fn household_below(rng: &mut Rng, replica: &Replica, code: &str) -> Option<Command> {
    let region = replica.region_of_code(code).ok()??;
    Some(household_in(rng, region, replica.now()))
}

/// Edits a region, makes one, or enters something below the one that has the code already.
fn region(rng: &mut Rng, replica: &Replica, screen: &Screen) -> Option<Command> {
    if rng.chance(1, 3)
        && let Some(place) = Place::draw(rng, screen)
    {
        return household_below(rng, replica, &place.code).or_else(|| Some(place.region(rng)));
    }
    let (region, ..) = rng.pick(&screen.regions)?;
    let fields = Fields::new().with("head", ["王五", "赵六", ""][rng.index(3)]);
    Some(Command::Region(RegionCommand::Edit { region: *region, fields }))
}

fn home_fields(rng: &mut Rng) -> Fields {
    let mut fields = Fields::new();
    if rng.chance(2, 3) {
        fields.set("address", ["1-101", "1-102", "2-201", "2-202"][rng.index(4)]);
    }
    if fields.is_empty() || rng.chance(1, 3) {
        fields.set("tenure", ["owned", "rented", ""][rng.index(3)]);
    }
    fields
}

fn new_resident(rng: &mut Rng) -> NewResident {
    let fields = Fields::new().with("name", ["李四", "张三", "陈小"][rng.index(3)]);
    let fields = if rng.chance(1, 2) { resident_fields(rng, fields) } else { fields };
    NewResident { resident: item(rng), fact: item(rng), fields }
}

fn resident_fields(rng: &mut Rng, mut fields: Fields) -> Fields {
    match rng.below(8) {
        0 | 1 => fields.set("phone", ["13800138000", "13800138001", ""][rng.index(3)]),
        2 => fields.set("relation", ["head", "spouse", "child"][rng.index(3)]),
        // Of a child, phone and bond, open tags and status live in the private part.
        3 | 4 => fields.set("birth_date", ["1950-03-01", CHILD_BORN][rng.index(2)]),
        5 => fields.set("bond", ["registered", "both", ""][rng.index(3)]),
        6 => fields.set("t/living_alone", Value::Bool(rng.chance(1, 2))),
        _ => fields.set("t/chronic_illness", Value::Bool(rng.chance(1, 2))),
    }
    fields
}

fn document(bytes: &[u8]) -> DocumentId {
    DocumentId::from_slice(bytes).unwrap()
}

fn item(rng: &mut Rng) -> ItemId {
    ItemId::new(bytes(rng))
}

fn bytes<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
