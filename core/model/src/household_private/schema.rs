//! The fields of the private part of a household.
//!
//! Fields that also stand in the household (phone, bond, open care tags, status, why somebody was
//! withdrawn) stand here for who is
//! concealed: a child under fourteen, and of whom somebody said so.

use crate::check::Holds;
use crate::document::Op;
use crate::household::{Goes, SAY_OR_MOVE, SAY_WHY_OR_MOVE, WRITE_OR_MOVE, status_fits_command};
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::role::Family;
use crate::rule::{RuleError, Touched};
use crate::schema::{CommandRule, FieldRule, Group, Made, Schema, Write};
use crate::settle::{CONCEAL, REVEAL, Settle};
use crate::withdrawal::{RESTORE, WITHDRAW};
use crate::words;

const ANY: &[&str] = &[
    "household.add",
    "resident.add",
    "resident.edit",
    "resident.leave",
    "resident.return",
    CONCEAL,
    REVEAL,
    Settle::NAME,
    "private.edit",
    WITHDRAW,
    RESTORE,
];
const WRITE: &[&str] = &["household.add", "resident.add", "resident.edit", "private.edit"];
/// What may tell that a resident is a child is not written by `private.edit`, which reaches only the
/// private part: what stood in the open has to move there with it.
const WRITE_WITH_HOUSEHOLD: &[&str] = &["household.add", "resident.add", "resident.edit"];

/// The private part's shape.
pub(super) static SCHEMA: Schema = Schema {
    kind: DocumentKind::HouseholdPrivate,
    commands: &[CommandRule { name: "private.edit", items_max: 1 }],
    fields: &[
        FieldRule {
            pattern: "of",
            holds: Holds::Document(DocumentKind::Household),
            write: Write::Once,
            family: None,
            commands: ANY,
        },
        field("r/*/id_number", Holds::IdNumber, WRITE_WITH_HOUSEHOLD),
        field("r/*/birth_date", Holds::BirthDay, WRITE_WITH_HOUSEHOLD),
        field("r/*/sex", Holds::Word(words::SEXES), WRITE),
        field("r/*/health", Holds::Prose(1_000), WRITE),
        field("r/*/disability", Holds::Prose(1_000), WRITE),
        field("r/*/t/<health_tag>", Holds::Flag, WRITE),
        field("r/*/phone", Holds::Phone, WRITE_OR_MOVE),
        field("r/*/bond", Holds::Word(words::BONDS), WRITE_OR_MOVE),
        field("r/*/t/<care_tag>", Holds::Flag, WRITE_OR_MOVE),
        said("r/*/s/*/status", Holds::Word(words::STATUSES)),
        said("r/*/s/*/reason", Holds::Line(200)),
        said("r/*/s/*/at", Holds::Day),
        withdrawn("w/*/time"),
        withdrawn("r/*/w/*/time"),
        FieldRule { commands: SAY_WHY_OR_MOVE, ..said("r/*/w/*/reason", Holds::Line(200)) },
    ],
    groups: &[
        Group { pattern: "", name: "the private part", needs: &["of"], made: Made::ByAny },
        Group {
            pattern: "r/*/s/*",
            name: "the fact",
            needs: &["status"],
            made: Made::By(SAY_OR_MOVE),
        },
    ],
    family: |family, _| family,
    also,
};

fn also(command: &str, touched: &Touched<'_>) -> Result<(), RuleError> {
    let of = touched.after("of").and_then(|of| DocumentId::from_slice(of.as_bytes()?).ok());
    let derived = of.map(|of| DocumentId::derive(&of, DocumentKind::HouseholdPrivate, 0));
    if derived != Some(touched.before.id()) {
        return Err(RuleError::WrongOwner);
    }
    let goes = match command {
        CONCEAL => Goes::Here,
        REVEAL => Goes::Away,
        _ => return status_fits_command(command, touched),
    };
    let mut moved = touched.ops.iter().filter_map(Op::written).filter(|(key, _)| *key != "of");
    if moved.all(|(_, value)| goes.fits(value)) {
        return Ok(());
    }
    Err(RuleError::NotThisCommand { field: "of" })
}

const fn field(
    pattern: &'static str,
    holds: Holds,
    commands: &'static [&'static str],
) -> FieldRule {
    FieldRule { pattern, holds, write: Write::Clearable, family: Some(Family::Private), commands }
}

/// What a fact says whose skeleton stands in the household.
const fn said(pattern: &'static str, holds: Holds) -> FieldRule {
    let family = Some(Family::Private);
    FieldRule { pattern, holds, write: Write::Moved, family, commands: SAY_OR_MOVE }
}

/// What says what somebody had seen here who withdrew a resident, or the household.
const fn withdrawn(pattern: &'static str) -> FieldRule {
    let (holds, family) = (Holds::Time, Some(Family::Private));
    FieldRule { pattern, holds, write: Write::Once, family, commands: &[WITHDRAW] }
}
