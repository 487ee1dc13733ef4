//! Who may do what: the table of roles, as data.
//!
//! `keting-trust` evaluates it against grants and regions; documentation and tests are made from
//! it. What a role may do always ends at the regions its grant names.

use crate::kind::DocumentKind;
use crate::region::Level;

/// A part of the data that a role may or may not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The city and its towns: names, boundaries, heads.
    City,
    /// The regions below the towns.
    Region,
    /// Households: home region, address, tenure.
    Household,
    /// Residents of a household.
    Resident,
    /// What only some roles may read of a household.
    Private,
    /// Visits to a household.
    Visit,
    /// Needs of a household.
    Need,
    /// Notes about a household.
    Note,
}

impl Family {
    /// Every family, in order.
    pub const ALL: [Self; 8] = [
        Self::City,
        Self::Region,
        Self::Household,
        Self::Resident,
        Self::Private,
        Self::Visit,
        Self::Need,
        Self::Note,
    ];

    /// The name in documentation and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Region => "region",
            Self::Household => "household",
            Self::Resident => "resident",
            Self::Private => "private",
            Self::Visit => "visit",
            Self::Need => "need",
            Self::Note => "note",
        }
    }

    /// The kind of document it stands in.
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::City | Self::Region => DocumentKind::Region,
            Self::Household | Self::Resident | Self::Need => DocumentKind::Household,
            Self::Private => DocumentKind::HouseholdPrivate,
            Self::Visit | Self::Note => DocumentKind::HouseholdVisits,
        }
    }
}

/// How much of a kind of document a role reads within its regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Everything.
    Whole,
    /// Only what the holder wrote.
    OwnOnly,
}

/// What a person is in the city's government.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Helps in one stairwell (红管家, 党员中心户).
    Steward,
    /// Keeps the roster of a micro-grid (微网格长).
    MicroGridHead,
    /// Works full-time in a grid (专职网格员).
    GridWorker,
    /// An officer of a village (村社干部).
    VillageOfficer,
    /// An officer of a town (镇干部).
    TownOfficer,
    /// Runs a station (站长).
    StationChief,
    /// Mediates (专职人民调解员).
    Mediator,
    /// The dispute centre (矛盾纠纷中心).
    DisputeCentre,
    /// Sets up the city, its towns and their officers.
    Administrator,
}

/// One line of the table.
struct RoleRule {
    name: &'static str,
    zh: &'static str,
    level: Level,
    reads: &'static [(DocumentKind, Reach)],
    writes: &'static [Family],
    grants: &'static [Role],
    delegation_depth: u8,
    accepts_held: bool,
    redraws: bool,
    revokes: bool,
}

impl Role {
    /// Every role, in the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::Steward,
        Self::MicroGridHead,
        Self::GridWorker,
        Self::VillageOfficer,
        Self::TownOfficer,
        Self::StationChief,
        Self::Mediator,
        Self::DisputeCentre,
        Self::Administrator,
    ];

    /// The code in grants. A code is never used again for another role.
    pub const fn code(self) -> u8 {
        match self {
            Self::Steward => 1,
            Self::MicroGridHead => 2,
            Self::GridWorker => 3,
            Self::VillageOfficer => 4,
            Self::TownOfficer => 5,
            Self::StationChief => 6,
            Self::Mediator => 7,
            Self::DisputeCentre => 8,
            Self::Administrator => 9,
        }
    }

    /// The role of a code, unless it is one of a newer version.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The name in commands, logs and JSON.
    pub const fn name(self) -> &'static str {
        self.rule().name
    }

    /// What it is called in Chinese.
    pub const fn zh(self) -> &'static str {
        self.rule().zh
    }

    /// The role of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The role that somebody typed: its name or what it is called in Chinese.
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.into_iter().find(|role| role.name() == text || role.zh() == text)
    }

    /// The level of the regions it is granted on.
    pub const fn level(self) -> Level {
        self.rule().level
    }

    /// What it reads within its regions.
    pub const fn reads(self) -> &'static [(DocumentKind, Reach)] {
        self.rule().reads
    }

    /// What it writes within its regions.
    pub const fn writes(self) -> &'static [Family] {
        self.rule().writes
    }

    /// The roles it may grant within its regions.
    pub const fn grants(self) -> &'static [Self] {
        self.rule().grants
    }

    /// How many grants may follow one another below one of this role.
    pub const fn delegation_depth(self) -> u8 {
        self.rule().delegation_depth
    }

    /// Whether it may accept or discard held work on rosters. What a station chief and the dispute
    /// centre may do with held work of their cases comes with the cases.
    pub const fn accepts_held(self) -> bool {
        self.rule().accepts_held
    }

    /// Whether it may redraw the regions below its own.
    pub const fn redraws(self) -> bool {
        self.rule().redraws
    }

    /// Whether it may revoke grants.
    pub const fn revokes(self) -> bool {
        self.rule().revokes
    }

    const fn rule(self) -> &'static RoleRule {
        match self {
            Self::Steward => &STEWARD,
            Self::MicroGridHead => &MICRO_GRID_HEAD,
            Self::GridWorker => &GRID_WORKER,
            Self::VillageOfficer => &VILLAGE_OFFICER,
            Self::TownOfficer => &TOWN_OFFICER,
            Self::StationChief => &STATION_CHIEF,
            Self::Mediator => &MEDIATOR,
            Self::DisputeCentre => &DISPUTE_CENTRE,
            Self::Administrator => &ADMINISTRATOR,
        }
    }
}

/// Everybody reads the regions: without their parents no authority can be worked out.
const REGIONS: (DocumentKind, Reach) = (DocumentKind::Region, Reach::Whole);
const HOUSEHOLDS: (DocumentKind, Reach) = (DocumentKind::Household, Reach::Whole);
const PRIVATE: (DocumentKind, Reach) = (DocumentKind::HouseholdPrivate, Reach::Whole);
const VISITS: (DocumentKind, Reach) = (DocumentKind::HouseholdVisits, Reach::Whole);
/// Who writes visits or notes reads at least these.
const OWN_VISITS: (DocumentKind, Reach) = (DocumentKind::HouseholdVisits, Reach::OwnOnly);

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

const STEWARD: RoleRule = RoleRule {
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

const MICRO_GRID_HEAD: RoleRule = RoleRule {
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

const GRID_WORKER: RoleRule = RoleRule {
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

const VILLAGE_OFFICER: RoleRule = RoleRule {
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
const TOWN_OFFICER: RoleRule = RoleRule {
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

const STATION_CHIEF: RoleRule = RoleRule {
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

const MEDIATOR: RoleRule = RoleRule {
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

const DISPUTE_CENTRE: RoleRule = RoleRule {
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

const ADMINISTRATOR: RoleRule = RoleRule {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_by_its_code_and_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_code(0), None);
        assert_eq!(Role::from_name("king"), None);
    }

    #[test]
    fn a_steward_and_an_administrator_never_read_what_is_private() {
        for role in [Role::Steward, Role::Administrator, Role::StationChief, Role::Mediator] {
            assert!(role.reads().iter().all(|(kind, _)| *kind != DocumentKind::HouseholdPrivate));
        }
        assert!(Role::Steward.reads().contains(&OWN_VISITS));
    }

    #[test]
    fn nobody_grants_his_own_role_or_one_that_grants_his() {
        for role in Role::ALL {
            for granted in role.grants() {
                assert_ne!(*granted, role);
                assert!(!granted.grants().contains(&role));
                assert!(granted.delegation_depth() < role.delegation_depth());
            }
        }
    }
}
