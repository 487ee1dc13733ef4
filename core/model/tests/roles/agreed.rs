//! Reads the words of the agreed table.

use std::collections::BTreeSet;

use keting_model::role::{Family, Reach, Role};
use keting_model::{DocumentKind, Level};

/// What the agreed table says of a role.
#[derive(Debug, Clone)]
pub struct Line {
    pub role: Role,
    pub level: Level,
    pub reads: BTreeSet<(DocumentKind, Reach)>,
    pub writes: BTreeSet<Family>,
    pub grants: BTreeSet<Role>,
    pub depth: u8,
    pub accepts_held: bool,
    pub redraws: bool,
    pub revokes: bool,
}

/// The words that say on which regions a role is granted.
const LEVELS: [(&str, Level); 6] = [
    ("own unit", Level::Unit),
    ("own micro-grid", Level::MicroGrid),
    ("whole grid", Level::Grid),
    ("whole village", Level::Village),
    ("whole town", Level::Town),
    ("station's villages", Level::Village),
];

/// The words that say what a role writes.
const FAMILIES: [(&str, Family); 8] = [
    ("households", Family::Household),
    ("residents", Family::Resident),
    ("private", Family::Private),
    ("visits", Family::Visit),
    ("needs", Family::Need),
    ("notes", Family::Note),
    ("regions below", Family::Region),
    ("city, towns", Family::City),
];

/// The words that say which roles a role grants.
const GRANTED: [(&str, Role); 4] = [
    ("steward", Role::Steward),
    ("head", Role::MicroGridHead),
    ("grid_worker", Role::GridWorker),
    ("town_officer", Role::TownOfficer),
];

/// The lines of the table, in its order.
pub fn lines() -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in include_str!("agreed.md").lines().filter(|row| row.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [role, reads, writes, grants, held] = cells.as_slice() else { panic!("{row}") };
        let role = Role::from_name(role.trim_matches('`')).unwrap();
        let line = line(role, [*reads, *writes, *grants, *held], lines.last());
        lines.push(line);
    }
    lines
}

fn line(role: Role, [reads, writes, grants, held]: [&str; 4], above: Option<&Line>) -> Line {
    let level = LEVELS.iter().find(|(words, _)| reads.contains(words));
    let given = granted(role, grants, above);
    let deepest = given.iter().map(|below| below.delegation_depth() + 1).max();
    Line {
        role,
        level: level.map_or(Level::City, |(_, level)| *level),
        reads: read(role, reads, above),
        writes: written(writes, above),
        depth: stated_depth(grants).or(deepest).unwrap_or(0),
        grants: given,
        accepts_held: held.starts_with("accepts") || held.starts_with("yes"),
        redraws: held.contains("redraws"),
        revokes: held.contains("revokes"),
    }
}

fn read(role: Role, cell: &str, above: Option<&Line>) -> BTreeSet<(DocumentKind, Reach)> {
    if cell.starts_with("the same") || cell.starts_with("whole") {
        return above.unwrap().reads.clone();
    }
    // Everybody reads the regions: no authority can be worked out without them.
    let mut reads = BTreeSet::from([(DocumentKind::Region, Reach::Whole)]);
    for (words, kind) in [
        ("`household`", DocumentKind::Household),
        ("`household_private`", DocumentKind::HouseholdPrivate),
    ] {
        if cell.contains(words) {
            reads.insert((kind, Reach::Whole));
        }
    }
    // Who writes notes reads his own, and notes stand with the visits.
    let own = cell.contains("own visits") || role == Role::StationChief;
    if own || cell.contains("visits") {
        let reach = if own { Reach::OwnOnly } else { Reach::Whole };
        reads.insert((DocumentKind::HouseholdVisits, reach));
    }
    reads
}

fn written(cell: &str, above: Option<&Line>) -> BTreeSet<Family> {
    let mut writes = BTreeSet::new();
    if cell.starts_with("the same") {
        writes.extend(above.unwrap().writes.iter().copied());
    }
    writes.extend(FAMILIES.iter().filter(|(words, _)| cell.contains(words)).map(|(_, f)| *f));
    // Whoever writes visits writes notes.
    if writes.contains(&Family::Visit) {
        writes.insert(Family::Note);
    }
    writes
}

fn granted(role: Role, cell: &str, above: Option<&Line>) -> BTreeSet<Role> {
    let named = GRANTED.iter().filter(|(words, _)| cell.contains(words)).map(|(_, role)| *role);
    let mut grants: BTreeSet<Role> = named.collect();
    if cell.contains("below") {
        grants.extend(above.into_iter().flat_map(|line| &line.grants));
    }
    if cell.contains("all below") {
        grants.extend(above.map(|line| line.role));
    }
    // Who serves the villages of a town, or the city beside it, is granted by the town: nobody else
    // below the administrator could.
    if role == Role::TownOfficer {
        grants.extend([Role::StationChief, Role::Mediator, Role::DisputeCentre]);
    }
    grants
}

/// The number in parentheses behind the roles.
fn stated_depth(cell: &str) -> Option<u8> {
    cell.split_once('(')?.1.split_once(')')?.0.parse().ok()
}
