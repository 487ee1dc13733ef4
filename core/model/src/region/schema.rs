//! The fields of a region.

use crate::check::Holds;
use crate::document::Op;
use crate::kind::DocumentKind;
use crate::region::Level;
use crate::role::Family;
use crate::rule::{RuleError, Touched};
use crate::schema::{CommandRule, FieldRule, Group, Made, Schema, Write};

const ADD: &[&str] = &["region.add"];
const ADD_OR_EDIT: &[&str] = &["region.add", "region.edit"];

/// A region's shape. Where a region lies is written once: a move is a decision of the log.
pub(super) static SCHEMA: Schema = Schema {
    kind: DocumentKind::Region,
    commands: &[
        CommandRule { name: "region.add", items_max: 0 },
        CommandRule { name: "region.edit", items_max: 0 },
    ],
    fields: &[
        field("code", Holds::Code, Write::Once, ADD),
        field("name", Holds::Line(64), Write::Often, ADD_OR_EDIT),
        field("level", Holds::Word(LEVELS), Write::Once, ADD),
        field("parent", Holds::Document(DocumentKind::Region), Write::Once, ADD),
        field("boundary", Holds::Prose(1_000), Write::Clearable, ADD_OR_EDIT),
        field("head", Holds::Name(64), Write::Clearable, ADD_OR_EDIT),
    ],
    groups: &[Group {
        pattern: "",
        name: "the region",
        needs: &["code", "name", "level"],
        made: Made::By(ADD),
    }],
    family: family_of_level,
    also: parent_fits_level,
};

const LEVELS: &[&str] = &["city", "town", "village", "grid", "micro_grid", "unit"];

const fn field(
    pattern: &'static str,
    holds: Holds,
    write: Write,
    commands: &'static [&'static str],
) -> FieldRule {
    FieldRule { pattern, holds, write, family: Some(Family::Region), commands }
}

/// The city lies in nothing; a town lies in it, and need not say so; all others name a parent.
pub(super) fn parent_fits(level: Level, has_parent: bool) -> bool {
    match level {
        Level::City => !has_parent,
        Level::Town => true,
        Level::Village | Level::Grid | Level::MicroGrid | Level::Unit => has_parent,
    }
}

/// The city and its towns are written by others than the regions below them.
fn family_of_level(family: Family, touched: &Touched<'_>) -> Family {
    let level = touched.after("level").and_then(|level| Level::from_name(level.as_text()?));
    if matches!(level, Some(Level::City | Level::Town)) { Family::City } else { family }
}

fn parent_fits_level(command: &str, touched: &Touched<'_>) -> Result<(), RuleError> {
    if command != "region.add" {
        return Ok(());
    }
    let put = |wanted: &str| {
        let mut written = touched.ops.iter().filter_map(Op::written);
        written.find(|(key, _)| *key == wanted).map(|(_, value)| value)
    };
    let level = put("level").and_then(|value| Level::from_name(value.as_text()?));
    let fits = level.is_some_and(|level| parent_fits(level, put("parent").is_some()));
    let own_parent = put("parent").and_then(|value| value.as_bytes())
        == Some(touched.before.id().as_bytes().as_slice());
    if fits && !own_parent { Ok(()) } else { Err(RuleError::WrongParent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_for_levels_are_the_names_of_the_levels() {
        assert_eq!(LEVELS, Level::ALL.map(Level::name));
    }
}
