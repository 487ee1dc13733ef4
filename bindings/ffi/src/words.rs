//! The words that fields choose from, and what everything is called.

use keting::words::{Bond, CareTag, Language, NeedStatus, Relation, Sex, Status, Tenure};
use keting::{Level, Role};

#[uniffi::remote(Enum)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

#[uniffi::remote(Enum)]
pub enum Relation {
    /// The head of the household.
    Head,
    /// Husband or wife of the head.
    Spouse,
    /// A child of the head, or married to one.
    Child,
    /// A parent of the head or of the spouse.
    Parent,
    /// A grandchild of the head.
    Grandchild,
    /// A brother or sister of the head.
    Sibling,
    /// Somebody who rents a room there.
    Tenant,
    /// Anybody else.
    Other,
}

#[uniffi::remote(Enum)]
pub enum Bond {
    /// Registered there (户籍), and living elsewhere.
    Registered,
    /// Living there (常住), and registered elsewhere.
    LivesHere,
    /// Registered and living there.
    Both,
}

#[uniffi::remote(Enum)]
pub enum Status {
    /// They live there.
    Living,
    /// They are away, and will come back.
    Away,
    /// They moved out.
    MovedOut,
    /// They died.
    Deceased,
}

#[uniffi::remote(Enum)]
pub enum NeedStatus {
    /// Nobody has taken it up yet.
    Open,
    /// Somebody sees to it.
    InProgress,
    /// It is met.
    Met,
    /// It is needed no longer.
    Dropped,
}

#[uniffi::remote(Enum)]
pub enum Tenure {
    /// They own it.
    Owned,
    /// They rent it.
    Rented,
    /// It is public housing.
    Public,
    /// It belongs to the employer.
    Employer,
    /// By some other right.
    Other,
}

#[uniffi::remote(Enum)]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

#[uniffi::remote(Enum)]
pub enum CareTag {
    /// Old, and living alone.
    LivingAlone,
    /// Old, and the children are away.
    EmptyNest,
    /// Of a veteran's family.
    VeteranFamily,
    /// Of low income.
    LowIncome,
    /// Left behind by those who work elsewhere.
    LeftBehind,
    /// Lost an only child.
    Bereaved,
    /// Disabled.
    Disabled,
    /// Chronically ill.
    ChronicIllness,
    /// Mentally ill.
    MentalIllness,
    /// Bedridden.
    Bedridden,
}

#[uniffi::remote(Enum)]
pub enum Level {
    /// The city itself (市).
    City,
    /// A town or street office (镇, 街道).
    Town,
    /// A village or community (村, 社区).
    Village,
    /// A grid (网格).
    Grid,
    /// A micro-grid of 30–80 households (微网格).
    MicroGrid,
    /// A stairwell, or a cluster of farmhouses (党员中心户).
    Unit,
}

#[uniffi::remote(Enum)]
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
