//! The fields of a household, its residents and its needs.

use crate::check::Holds;
use crate::document::Op;
use crate::fact::replace_what_was_current;
use crate::kind::DocumentKind;
use crate::role::Family;
use crate::rule::{RuleError, Touched};
use crate::schema::{
    CommandRule, FieldRule, Group, Made, Schema, Write, beginning, item_of, key_in,
};
use crate::settle::{CONCEAL, MOVE, REVEAL, Settle};
use crate::value::Value;
use crate::withdrawal::{self, RESTORE, WITHDRAW};
use crate::words;

const ADD: &[&str] = &["household.add"];
const ADD_OR_EDIT: &[&str] = &["household.add", "household.edit"];
/// The commands that make a resident.
pub(crate) const ADD_RESIDENT: &[&str] = &["household.add", "resident.add"];
/// The commands that write a resident's fields.
pub(crate) const WRITE_RESIDENT: &[&str] = &["household.add", "resident.add", "resident.edit"];
/// The commands that say whether a resident is concealed, and write what stands in the private part of
/// somebody who is.
pub(crate) const WRITE_OR_MOVE: &[&str] =
    &["household.add", "resident.add", "resident.edit", CONCEAL, REVEAL, Settle::NAME];
/// The commands that say what became of a resident.
const SAY_STATUS: &[&str] = &["household.add", "resident.add", "resident.leave", "resident.return"];
/// The commands that write what is said of a resident. Edits and settles only move it, of somebody whom
/// they make known as a child, or as none.
pub(crate) const SAY_OR_MOVE: &[&str] = &[
    "household.add",
    "resident.add",
    "resident.edit",
    "resident.leave",
    "resident.return",
    CONCEAL,
    REVEAL,
    Settle::NAME,
];
/// The commands that write why a resident is withdrawn or stands again. The others only move it.
pub(crate) const SAY_WHY_OR_MOVE: &[&str] =
    &["resident.edit", CONCEAL, REVEAL, Settle::NAME, WITHDRAW, RESTORE];
/// What a fact says that withdraws or restores something.
const WITHDRAWALS: Holds = Holds::Word(words::WITHDRAWALS);
/// Whether nothing but name and relation of a resident may be read in the open.
pub(crate) const CONCEALED: &str = "concealed";

/// A household's shape. Where it lives is written once: a move is a decision of the log.
pub(super) static SCHEMA: Schema = Schema {
    kind: DocumentKind::Household,
    commands: &[
        CommandRule { name: "household.add", items_max: usize::MAX },
        CommandRule { name: "household.edit", items_max: 0 },
        CommandRule { name: "resident.add", items_max: 1 },
        CommandRule { name: "resident.edit", items_max: 1 },
        CommandRule { name: "resident.leave", items_max: 1 },
        CommandRule { name: "resident.return", items_max: 1 },
        CommandRule { name: CONCEAL, items_max: 1 },
        CommandRule { name: REVEAL, items_max: 1 },
        CommandRule { name: "need.add", items_max: 1 },
        CommandRule { name: "need.advance", items_max: 1 },
        CommandRule { name: WITHDRAW, items_max: 1 },
        CommandRule { name: RESTORE, items_max: 1 },
    ],
    fields: &[
        own("home", Holds::Document(DocumentKind::Region), Write::Once, ADD),
        own("address", Holds::Address(200), Write::Often, ADD_OR_EDIT),
        own("address_code", Holds::Line(64), Write::Clearable, ADD_OR_EDIT),
        own("tenure", Holds::Word(words::TENURES), Write::Clearable, ADD_OR_EDIT),
        resident("r/*/name", Holds::Name(64), Write::Often, WRITE_RESIDENT),
        resident("r/*/relation", Holds::Word(words::RELATIONS), Write::Clearable, WRITE_RESIDENT),
        resident(FLAG, Holds::Flag, Write::Again, WRITE_OR_MOVE),
        resident("r/*/phone", Holds::Phone, Write::Clearable, WRITE_OR_MOVE),
        resident("r/*/bond", Holds::Word(words::BONDS), Write::Clearable, WRITE_OR_MOVE),
        resident("r/*/t/<care_tag>", Holds::Flag, Write::Clearable, WRITE_OR_MOVE),
        resident("r/*/s/*/over", Holds::Ids, Write::Once, SAY_STATUS),
        resident("r/*/s/*/time", Holds::Time, Write::Once, SAY_STATUS),
        said("r/*/s/*/status", Holds::Word(words::STATUSES)),
        said("r/*/s/*/reason", Holds::Line(200)),
        said("r/*/s/*/at", Holds::Day),
        need("n/*/text", Holds::Prose(1_000), &["need.add"]),
        need("n/*/time", Holds::Time, &["need.add"]),
        need("n/*/s/*/over", Holds::Ids, &["need.advance"]),
        need("n/*/s/*/time", Holds::Time, &["need.advance"]),
        need("n/*/s/*/status", Holds::Word(words::NEED_STATUSES), &["need.advance"]),
        need("n/*/s/*/note", Holds::Prose(1_000), &["need.advance"]),
        withdrawal("w/*/over", Holds::Ids, Family::Household),
        withdrawal("w/*/time", Holds::Time, Family::Household),
        withdrawal("w/*/status", WITHDRAWALS, Family::Household),
        withdrawal("w/*/reason", Holds::Line(200), Family::Household),
        FieldRule {
            commands: &[WITHDRAW],
            ..withdrawal("w/*/seen", Holds::Ids, Family::Household)
        },
        withdrawal("r/*/w/*/over", Holds::Ids, Family::Resident),
        withdrawal("r/*/w/*/time", Holds::Time, Family::Resident),
        withdrawal("r/*/w/*/status", WITHDRAWALS, Family::Resident),
        FieldRule {
            write: Write::Moved,
            commands: SAY_WHY_OR_MOVE,
            ..withdrawal("r/*/w/*/reason", Holds::Line(200), Family::Resident)
        },
        withdrawal("n/*/w/*/over", Holds::Ids, Family::Need),
        withdrawal("n/*/w/*/time", Holds::Time, Family::Need),
        withdrawal("n/*/w/*/status", WITHDRAWALS, Family::Need),
        withdrawal("n/*/w/*/reason", Holds::Line(200), Family::Need),
        withdrawal("v/*/w/*/over", Holds::Ids, Family::Visit),
        withdrawal("v/*/w/*/time", Holds::Time, Family::Visit),
        withdrawal("v/*/w/*/status", WITHDRAWALS, Family::Visit),
        withdrawal("o/*/w/*/over", Holds::Ids, Family::Note),
        withdrawal("o/*/w/*/time", Holds::Time, Family::Note),
        withdrawal("o/*/w/*/status", WITHDRAWALS, Family::Note),
    ],
    groups: &[
        Group {
            pattern: "",
            name: "the household",
            needs: &["home", "address"],
            made: Made::By(ADD),
        },
        Group {
            pattern: "r/*",
            name: "the resident",
            needs: &["name"],
            made: Made::By(ADD_RESIDENT),
        },
        Group {
            pattern: "r/*/s/*",
            name: "the fact",
            needs: &["over", "time"],
            made: Made::By(SAY_STATUS),
        },
        Group {
            pattern: "n/*",
            name: "the need",
            needs: &["text", "time"],
            made: Made::By(&["need.add"]),
        },
        Group {
            pattern: "n/*/s/*",
            name: "the fact",
            needs: &["over", "time", "status"],
            made: Made::By(&["need.advance"]),
        },
        withdrawn("w/*"),
        withdrawn("r/*/w/*"),
        withdrawn("n/*/w/*"),
        withdrawn("v/*/w/*"),
        withdrawn("o/*/w/*"),
    ],
    family: |family, _| family,
    also: fits,
};

/// What every fact must be like, and what may be moved.
fn fits(command: &str, touched: &Touched<'_>) -> Result<(), RuleError> {
    replace_what_was_current(touched)?;
    withdrawal::fits_command(command, touched)?;
    match command {
        CONCEAL => moves_only(touched, true, Goes::Away),
        REVEAL => moves_only(touched, false, Goes::Here),
        _ => status_fits_command(command, touched),
    }?;
    leaves_concealed_hidden(touched)
}

/// Nothing that moves is written in the open of who is concealed, as the author saw it or says it here.
fn leaves_concealed_hidden(touched: &Touched<'_>) -> Result<(), RuleError> {
    for (key, value) in touched.ops.iter().filter_map(Op::written) {
        let moving = SCHEMA.field(key).filter(|rule| rule.moves() && *value != Value::Null);
        let Some((rule, resident)) = moving.zip(item_of(key)) else { continue };
        let flag = key_in(resident, CONCEALED);
        let mut written = touched.ops.iter().filter_map(Op::written);
        let concealed = match written.find(|(key, _)| *key == flag) {
            Some((_, says)) => *says == Value::Bool(true),
            None => touched.before.values(&flag).contains(&Value::Bool(true)),
        };
        if concealed {
            return Err(RuleError::Concealed { field: rule.pattern });
        }
    }
    Ok(())
}

/// What a move does to one of the two documents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goes {
    /// All that is written is cleared.
    Away,
    /// Nothing that is written is cleared.
    Here,
}

impl Goes {
    /// Whether a move in this direction writes such a value.
    pub(crate) fn fits(self, value: &Value) -> bool {
        (self == Self::Away) == (*value == Value::Null)
    }
}

/// A move says in the household whether the resident is concealed, and else only clears fields or
/// only fills them.
fn moves_only(touched: &Touched<'_>, conceals: bool, goes: Goes) -> Result<(), RuleError> {
    for (key, value) in touched.ops.iter().filter_map(Op::written) {
        let fits = if is_flag(key) { *value == Value::Bool(conceals) } else { goes.fits(value) };
        if !fits {
            return Err(RuleError::NotThisCommand { field: FLAG });
        }
    }
    Ok(())
}

/// Where it stands whether a resident is concealed.
const FLAG: &str = "r/*/concealed";

fn is_flag(key: &str) -> bool {
    beginning(FLAG, key) == Some(key)
}

/// Who comes is living there; only `resident.leave` says otherwise. What only moves was said already.
pub(crate) fn status_fits_command(command: &str, touched: &Touched<'_>) -> Result<(), RuleError> {
    const STATUS: &str = "r/*/s/*/status";
    if MOVE.contains(&command) || command == Settle::NAME {
        return Ok(());
    }
    let living = Value::from(words::LIVING);
    for (key, value) in touched.ops.iter().filter_map(Op::written) {
        if beginning(STATUS, key) == Some(key)
            && (*value == living) == (command == "resident.leave")
        {
            return Err(RuleError::NotThisCommand { field: STATUS });
        }
    }
    Ok(())
}

const fn own(
    pattern: &'static str,
    holds: Holds,
    write: Write,
    commands: &'static [&'static str],
) -> FieldRule {
    FieldRule { pattern, holds, write, family: Some(Family::Household), commands }
}

const fn resident(
    pattern: &'static str,
    holds: Holds,
    write: Write,
    commands: &'static [&'static str],
) -> FieldRule {
    FieldRule { pattern, holds, write, family: Some(Family::Resident), commands }
}

/// A part of a fact about a resident.
const fn said(pattern: &'static str, holds: Holds) -> FieldRule {
    resident(pattern, holds, Write::Moved, SAY_OR_MOVE)
}

const fn need(pattern: &'static str, holds: Holds, commands: &'static [&'static str]) -> FieldRule {
    FieldRule { pattern, holds, write: Write::Once, family: Some(Family::Need), commands }
}

/// A part of a fact that withdraws or restores something.
const fn withdrawal(pattern: &'static str, holds: Holds, family: Family) -> FieldRule {
    let (family, commands) = (Some(family), &[WITHDRAW, RESTORE]);
    FieldRule { pattern, holds, write: Write::Once, family, commands }
}

const fn withdrawn(pattern: &'static str) -> Group {
    let (needs, made) = (&["over", "time", "status"], Made::By(&[WITHDRAW, RESTORE]));
    Group { pattern, name: "the withdrawal", needs, made }
}
