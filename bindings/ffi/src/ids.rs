//! Ids, days and marks: text on the way, types of their own on both sides.

use keting::views::PageMark;
use keting::{ConflictId, Day, HouseholdId, NeedId, NoteId, RegionId, ResidentId, VisitId};

use crate::failure::KetingError;

/// Each crosses as the text it is written as. A text that is none is refused with a code.
macro_rules! cross_as_text {
    ($($type:ident or $code:literal;)+) => {$(
        uniffi::custom_type!($type, String, {
            remote,
            lower: |value| value.to_string(),
            try_lift: |text| text.parse::<$type>().map_err(|_| KetingError::of_code($code).into()),
        });
    )+};
}

cross_as_text! {
    HouseholdId or "malformed_id";
    RegionId or "malformed_id";
    ResidentId or "malformed_id";
    NeedId or "malformed_id";
    VisitId or "malformed_id";
    NoteId or "malformed_id";
    ConflictId or "malformed_id";
    Day or "not_a_date";
    PageMark or "another_query";
}
