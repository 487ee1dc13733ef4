//! The fields of the visits to a household and the notes about it in one year.

use crate::check::Holds;
use crate::day::Day;
use crate::document::Op;
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::role::Family;
use crate::rule::{RuleError, Touched};
use crate::schema::{CommandRule, FieldRule, Group, Made, Schema, Write, beginning};
use crate::withdrawal::{RESTORE, WITHDRAW};

const VISIT: &[&str] = &["visit.add"];
const NOTE: &[&str] = &["note.add"];
const ANY: &[&str] = &["visit.add", "note.add"];
/// The commands that withdraw and restore a visit or note. Their facts stand in the household, and here
/// why: not everybody may read that who has the household.
const WITHDRAWN: &[&str] = &[WITHDRAW, RESTORE];

/// The shape of a year's visits and notes. What was recorded stays as it was.
pub(super) static SCHEMA: Schema = Schema {
    kind: DocumentKind::HouseholdVisits,
    commands: &[
        CommandRule { name: "visit.add", items_max: 1 },
        CommandRule { name: "note.add", items_max: 1 },
    ],
    fields: &[
        field("of", Holds::Document(DocumentKind::Household), None, ANY),
        field("year", Holds::Year, None, ANY),
        field("v/*/at", Holds::Day, Some(Family::Visit), VISIT),
        field("v/*/purpose", Holds::Line(200), Some(Family::Visit), VISIT),
        field("v/*/note", Holds::Prose(4_000), Some(Family::Visit), VISIT),
        field("v/*/by", Holds::Name(64), Some(Family::Visit), VISIT),
        field("v/*/time", Holds::Time, Some(Family::Visit), VISIT),
        field("o/*/text", Holds::Prose(4_000), Some(Family::Note), NOTE),
        field("o/*/at", Holds::Day, Some(Family::Note), NOTE),
        field("o/*/time", Holds::Time, Some(Family::Note), NOTE),
        field("v/*/w/*/reason", Holds::Line(200), Some(Family::Visit), WITHDRAWN),
        field("o/*/w/*/reason", Holds::Line(200), Some(Family::Note), WITHDRAWN),
    ],
    groups: &[
        Group { pattern: "", name: "the year", needs: &["of", "year"], made: Made::ByAny },
        Group { pattern: "v/*", name: "the visit", needs: &["at", "time"], made: Made::By(VISIT) },
        Group {
            pattern: "o/*",
            name: "the note",
            needs: &["text", "at", "time"],
            made: Made::By(NOTE),
        },
    ],
    family: |family, _| family,
    also,
};

/// The id follows from household and year, and everything in the document is of that year.
fn also(_command: &str, touched: &Touched<'_>) -> Result<(), RuleError> {
    let of = touched.after("of").and_then(|of| DocumentId::from_slice(of.as_bytes()?).ok());
    let year = touched.after("year").and_then(|year| u16::try_from(year.as_int()?).ok());
    let (Some(of), Some(year)) = (of, year) else { return Err(RuleError::WrongOwner) };
    if DocumentId::derive(&of, DocumentKind::HouseholdVisits, year) != touched.before.id() {
        return Err(RuleError::WrongOwner);
    }
    for op in touched.ops {
        if let Op::Put { key, value } = op
            && ["v/*/at", "o/*/at"].iter().any(|day| beginning(day, key) == Some(key))
            && value.as_text().and_then(Day::parse).map(Day::year) != Some(year)
        {
            return Err(RuleError::WrongYear);
        }
    }
    Ok(())
}

const fn field(
    pattern: &'static str,
    holds: Holds,
    family: Option<Family>,
    commands: &'static [&'static str],
) -> FieldRule {
    FieldRule { pattern, holds, write: Write::Once, family, commands }
}
