//! The words that fields choose from, in the order people are shown them.
//!
//! What becomes of a resident or a need stands in the order of how final it is. Where two people say
//! different things the less final word is shown until it is settled: whoever still lives there or
//! still waits for something goes on being looked after, and one visit too many is less harm than none.

mod labels;
mod said;

pub use labels::{Label, label};
pub use said::said_for;

/// What a resident is to the head of the household.
pub const RELATIONS: &[&str] =
    &[HEAD, "spouse", "child", "parent", "grandchild", "sibling", "tenant", OTHER];

/// The relation of the head of a household (户主).
pub const HEAD: &str = "head";

/// What is said where none of the other words is right.
pub const OTHER: &str = "other";

/// How a resident belongs to a household: registered (户籍), living there (常住), or both.
pub const BONDS: &[&str] = &[REGISTERED, "lives_here", "both"];

/// The bond of somebody who is registered here and lives elsewhere.
pub const REGISTERED: &str = "registered";

/// What has become of a resident.
pub const STATUSES: &[&str] = &[LIVING, "away", "moved_out", "deceased"];

/// What is said of somebody who no longer lives there.
pub const GONE: &[&str] = &["moved_out", "deceased"];

/// The status of somebody who is there.
pub const LIVING: &str = "living";

/// What has become of a need.
pub const NEED_STATUSES: &[&str] = &[OPEN, "in_progress", "met", "dropped"];

/// The status of a need nobody has taken up yet.
pub const OPEN: &str = "open";

/// Whether something that was entered stands, or was withdrawn because it was a mistake.
pub const WITHDRAWALS: &[&str] = &[STANDS, WITHDRAWN];

/// What is said of something that was withdrawn and then restored.
pub const STANDS: &str = "stands";

/// What is said of something that was withdrawn.
pub const WITHDRAWN: &str = "withdrawn";

/// By what right a household lives where it does.
pub const TENURES: &[&str] = &["owned", "rented", "public", "employer", OTHER];

/// What stands in a person's papers.
pub const SEXES: &[&str] = &["male", "female"];

/// Care tags (重点关注) that everybody may read who may read the household.
pub const OPEN_TAGS: &[&str] =
    &["living_alone", "empty_nest", "veteran_family", "low_income", "left_behind", "bereaved"];

/// Care tags that speak of health, and so live in the private part.
pub const HEALTH_TAGS: &[&str] = &["disabled", "chronic_illness", "mental_illness", "bedridden"];

/// Every care tag.
pub const CARE_TAGS: &[&str] = &[
    "living_alone",
    "empty_nest",
    "veteran_family",
    "low_income",
    "left_behind",
    "bereaved",
    "disabled",
    "chronic_illness",
    "mental_illness",
    "bedridden",
];
