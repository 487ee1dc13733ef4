//! Who may do what: the table of roles, as data.
//!
//! `keting-trust` evaluates it against grants and regions; documentation and tests are made from
//! it. What a role may do always ends at the regions its grant names.

mod family;
mod table;

use crate::kind::DocumentKind;
use crate::region::Level;

use table::RoleRule;

pub use family::Family;

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
            Self::Steward => &table::STEWARD,
            Self::MicroGridHead => &table::MICRO_GRID_HEAD,
            Self::GridWorker => &table::GRID_WORKER,
            Self::VillageOfficer => &table::VILLAGE_OFFICER,
            Self::TownOfficer => &table::TOWN_OFFICER,
            Self::StationChief => &table::STATION_CHIEF,
            Self::Mediator => &table::MEDIATOR,
            Self::DisputeCentre => &table::DISPUTE_CENTRE,
            Self::Administrator => &table::ADMINISTRATOR,
        }
    }
}

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
        assert!(Role::Steward.reads().contains(&table::OWN_VISITS));
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
