//! Who is in a run: a small city, and people of four roles whose regions overlap.

use keting_model::role::Role;

/// The city's regions as an operator's table.
pub const REGIONS: &str = "code,name,level,parent_code,boundary,head
990481,海宁市,city,,,
990481001,硖石街道,town,990481,,
990481001001,朝向村,village,990481001,,
99048100100101,一网格,grid,990481001001,,
99048100100102,二网格,grid,990481001001,,
9904810010010101,一微网格,micro_grid,99048100100101,,
9904810010010102,二微网格,micro_grid,99048100100101,,
9904810010010201,三微网格,micro_grid,99048100100102,,
9904810010010101001,一单元,unit,9904810010010101,,
";

/// The city's name.
pub const CITY: &str = "海宁市";

/// Somebody with a phone.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What traces call them.
    pub name: &'static str,
    /// Their role.
    pub role: Role,
    /// The code of their region.
    pub region: &'static str,
}

/// The honest people, in the order in which they join. The first two share a micro-grid, so that
/// they edit the same households; dave and frank may make regions in the same village.
pub const PEOPLE: [Part; 6] = [
    Part { name: "alice", role: Role::MicroGridHead, region: "9904810010010101" },
    Part { name: "bob", role: Role::GridWorker, region: "99048100100101" },
    Part { name: "carol", role: Role::Steward, region: "9904810010010101001" },
    Part { name: "dave", role: Role::VillageOfficer, region: "990481001001" },
    Part { name: "frank", role: Role::VillageOfficer, region: "990481001001" },
    Part { name: "erin", role: Role::MicroGridHead, region: "9904810010010201" },
];

/// The one whose granted key turns against everybody. Their own replica is used only to enrol and to
/// know what there is.
pub const MALLORY: Part =
    Part { name: "mallory", role: Role::MicroGridHead, region: "9904810010010102" };
