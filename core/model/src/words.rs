//! The words that fields choose from, in the order people are shown them.
//!
//! What becomes of a resident or a need stands in the order of how final it is. Where two people say
//! different things the less final word is shown until it is settled: whoever still lives there or
//! still waits for something goes on being looked after, and one visit too many is less harm than none.

mod choices;
mod labels;
mod language;
mod said;

pub use choices::{
    BONDS, Bond, CARE_TAGS, CareTag, NEED_STATUSES, NeedStatus, RELATIONS, Relation, SEXES,
    STATUSES, Sex, Status, TENURES, Tenure,
};
pub use labels::{Label, label};
pub use language::Language;
pub use said::said_for;

/// The relation of the head of a household (户主).
pub const HEAD: &str = Relation::Head.code();

/// What is said where none of the other words is right.
pub const OTHER: &str = Relation::Other.code();

/// The bond of somebody who is registered here and lives elsewhere.
pub const REGISTERED: &str = Bond::Registered.code();

/// What is said of somebody who no longer lives there.
pub const GONE: &[&str] = &[Status::MovedOut.code(), Status::Deceased.code()];

/// The status of somebody who is there.
pub const LIVING: &str = Status::Living.code();

/// The status of a need nobody has taken up yet.
pub const OPEN: &str = NeedStatus::Open.code();

/// Whether something that was entered stands, or was withdrawn because it was a mistake.
pub const WITHDRAWALS: &[&str] = &[STANDS, WITHDRAWN];

/// What is said of something that was withdrawn and then restored.
pub const STANDS: &str = "stands";

/// What is said of something that was withdrawn.
pub const WITHDRAWN: &str = "withdrawn";

/// Care tags (重点关注) that everybody may read who may read the household.
pub const OPEN_TAGS: &[&str] = &[
    CareTag::LivingAlone.code(),
    CareTag::EmptyNest.code(),
    CareTag::VeteranFamily.code(),
    CareTag::LowIncome.code(),
    CareTag::LeftBehind.code(),
    CareTag::Bereaved.code(),
];

/// Care tags that speak of health, and so live in the private part.
pub const HEALTH_TAGS: &[&str] = &[
    CareTag::Disabled.code(),
    CareTag::ChronicIllness.code(),
    CareTag::MentalIllness.code(),
    CareTag::Bedridden.code(),
];
