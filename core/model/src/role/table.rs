//! The lines of the table: one a role.

use super::{Family, Reach, Role};
use crate::kind::DocumentKind;
use crate::region::Level;

/// One line of the table.
pub(super) struct RoleRule {
    pub(super) name: &'static str,
    pub(super) zh: &'static str,
    pub(super) level: Level,
    pub(super) reads: &'static [(DocumentKind, Reach)],
    pub(super) writes: &'static [Family],
    pub(super) grants: &'static [Role],
    pub(super) delegation_depth: u8,
    pub(super) accepts_held: bool,
    pub(super) redraws: bool,
    pub(super) revokes: bool,
}

/// Everybody reads the regions: without their parents no authority can be worked out.
const REGIONS: (DocumentKind, Reach) = (DocumentKind::Region, Reach::Whole);
const HOUSEHOLDS: (DocumentKind, Reach) = (DocumentKind::Household, Reach::Whole);
const PRIVATE: (DocumentKind, Reach) = (DocumentKind::HouseholdPrivate, Reach::Whole);
const VISITS: (DocumentKind, Reach) = (DocumentKind::HouseholdVisits, Reach::Whole);
/// Who writes visits or notes reads at least these.
pub(super) const OWN_VISITS: (DocumentKind, Reach) =
    (DocumentKind::HouseholdVisits, Reach::OwnOnly);

const ROSTER: &[(DocumentKind, Reach)] = &[REGIONS, HOUSEHOLDS, PRIVATE, VISITS];
const KEEP_ROSTER: &[Family] = &[
    Family::Household,
    Family::Resident,
    Family::Private,
    Family::Visit,
    Family::Need,
    Family::Note,
];
const KEEP_ROSTER_AND_REGIONS: &[Family] = &[
    Family::Region,
    Family::Household,
    Family::Resident,
    Family::Private,
    Family::Visit,
    Family::Need,
    Family::Note,
];

pub(super) const STEWARD: RoleRule = RoleRule {
    name: "steward",
    zh: "红管家",
    level: Level::Unit,
    reads: &[REGIONS, HOUSEHOLDS, OWN_VISITS],
    writes: &[Family::Visit, Family::Need, Family::Note],
    grants: &[],
    delegation_depth: 0,
    accepts_held: false,
    redraws: false,
    revokes: false,
};

pub(super) const MICRO_GRID_HEAD: RoleRule = RoleRule {
    name: "micro_grid_head",
    zh: "微网格长",
    level: Level::MicroGrid,
    reads: ROSTER,
    writes: KEEP_ROSTER,
    grants: &[Role::Steward],
    delegation_depth: 1,
    accepts_held: false,
    redraws: false,
    revokes: false,
};

pub(super) const GRID_WORKER: RoleRule = RoleRule {
    name: "grid_worker",
    zh: "专职网格员",
    level: Level::Grid,
    reads: ROSTER,
    writes: KEEP_ROSTER,
    grants: &[Role::MicroGridHead, Role::Steward],
    delegation_depth: 2,
    accepts_held: true,
    redraws: false,
    revokes: false,
};

pub(super) const VILLAGE_OFFICER: RoleRule = RoleRule {
    name: "village_officer",
    zh: "村社干部",
    level: Level::Village,
    reads: ROSTER,
    writes: KEEP_ROSTER_AND_REGIONS,
    grants: &[Role::GridWorker, Role::MicroGridHead, Role::Steward],
    delegation_depth: 3,
    accepts_held: true,
    redraws: true,
    revokes: false,
};

/// Station chiefs, mediators and the dispute centre serve villages of the town and are granted by
/// it, since nobody else below the administrator could.
pub(super) const TOWN_OFFICER: RoleRule = RoleRule {
    name: "town_officer",
    zh: "镇干部",
    level: Level::Town,
    reads: ROSTER,
    writes: KEEP_ROSTER_AND_REGIONS,
    grants: &[
        Role::VillageOfficer,
        Role::GridWorker,
        Role::MicroGridHead,
        Role::Steward,
        Role::StationChief,
        Role::Mediator,
        Role::DisputeCentre,
    ],
    delegation_depth: 4,
    accepts_held: true,
    redraws: true,
    revokes: true,
};

pub(super) const STATION_CHIEF: RoleRule = RoleRule {
    name: "station_chief",
    zh: "站长",
    level: Level::Village,
    reads: &[REGIONS, HOUSEHOLDS, OWN_VISITS],
    writes: &[Family::Need, Family::Note],
    grants: &[],
    delegation_depth: 0,
    accepts_held: false,
    redraws: false,
    revokes: false,
};

pub(super) const MEDIATOR: RoleRule = RoleRule {
    name: "mediator",
    zh: "人民调解员",
    level: Level::Village,
    reads: &[REGIONS, HOUSEHOLDS],
    writes: &[],
    grants: &[],
    delegation_depth: 0,
    accepts_held: false,
    redraws: false,
    revokes: false,
};

pub(super) const DISPUTE_CENTRE: RoleRule = RoleRule {
    name: "dispute_centre",
    zh: "矛盾纠纷中心",
    level: Level::City,
    reads: &[REGIONS],
    writes: &[],
    grants: &[],
    delegation_depth: 0,
    accepts_held: false,
    redraws: false,
    revokes: false,
};

pub(super) const ADMINISTRATOR: RoleRule = RoleRule {
    name: "administrator",
    zh: "管理员",
    level: Level::City,
    reads: &[REGIONS],
    writes: &[Family::City],
    grants: &[Role::TownOfficer],
    delegation_depth: 5,
    accepts_held: false,
    redraws: false,
    revokes: true,
};
