//! What people fill in.

use keting::input::Field;

#[uniffi::remote(Enum)]
pub enum Field {
    /// Where a household lives.
    Address,
    /// The code of its standard address.
    AddressCode,
    /// By what right it lives there.
    Tenure,
    /// The name of a resident.
    Name,
    /// What the resident is to the head of the household.
    Relation,
    /// The phone number.
    Phone,
    /// How the resident belongs to the household.
    Bond,
    /// A reason to look after the resident: the word of the tag. (Each tag is a yes or no of its own.)
    CareTag,
    /// The identity number.
    IdNumber,
    /// The day of birth.
    BirthDate,
    /// The sex, as it stands in the papers.
    Sex,
    /// Health, in words.
    Health,
    /// Disability, in words.
    Disability,
    /// What has become of a resident.
    Status,
    /// Why.
    StatusReason,
    /// Since when.
    StatusAt,
    /// What a household needs.
    Need,
    /// What has become of a need.
    NeedStatus,
    /// What was done about it.
    NeedNote,
    /// Why something that was entered is withdrawn, or stands again.
    WithdrawalReason,
    /// The day of a visit.
    VisitAt,
    /// What a visit was for.
    VisitPurpose,
    /// What was said and seen.
    VisitNote,
    /// Who went there.
    VisitBy,
    /// A note about a household.
    Note,
    /// The code of a region.
    RegionCode,
    /// The name of a region.
    RegionName,
    /// How deep a region lies.
    RegionLevel,
    /// The boundary of a region, in words.
    RegionBoundary,
    /// The name of the person in charge of a region.
    RegionHead,
}
