//! The kinds this version knows: one line each.

use crate::document::Document;
use crate::home::Home;
use crate::kind::DocumentKind;
use crate::projection::{Row, Table};
use crate::rows::Contents;
use crate::schema::Schema;
use crate::{household, household_private, household_visits, region};

/// What a kind of document brings with it.
#[derive(Debug)]
pub(crate) struct Registration {
    /// Its fields and commands.
    pub(crate) schema: &'static Schema,
    /// Where a document of it lives.
    pub(crate) home: fn(&Document) -> Option<Home>,
    /// The tables its rows stand in.
    pub(crate) tables: &'static [&'static Table],
    /// Whether the unequal values under a key are listed by its own rows, or say nothing.
    pub(crate) lists_itself: fn(&Contents<'_>, &str) -> bool,
    /// The rows of a document of it.
    pub(crate) rows: fn(&Contents<'_>, &mut Vec<Row>),
}

/// Every kind, in the order of [`DocumentKind::ALL`].
pub(crate) static KINDS: [&Registration; DocumentKind::ALL.len()] = [
    &region::REGISTRATION,
    &household::REGISTRATION,
    &household_private::REGISTRATION,
    &household_visits::REGISTRATION,
];

/// The registration of a kind.
pub(crate) fn registration(kind: DocumentKind) -> Option<&'static Registration> {
    KINDS.into_iter().find(|registration| registration.schema.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Holds;
    use crate::schema::{Made, Write};
    use crate::settle::Settle;

    #[test]
    fn the_kinds_are_registered_in_their_order() {
        assert_eq!(KINDS.map(|registration| registration.schema.kind), DocumentKind::ALL);
    }

    #[test]
    fn every_command_in_a_field_rule_or_group_is_a_command_of_some_kind() {
        let of_kinds = KINDS.iter().flat_map(|k| k.schema.commands).map(|command| command.name);
        let known: Vec<&str> = of_kinds.chain([Settle::NAME]).collect();
        for schema in KINDS.map(|registration| registration.schema) {
            for rule in schema.fields {
                assert!(rule.commands.iter().all(|c| known.contains(c)), "{}", rule.pattern);
                assert!(!rule.commands.is_empty(), "{}", rule.pattern);
            }
            for group in schema.groups {
                if let Made::By(commands) = group.made {
                    assert!(commands.iter().all(|c| known.contains(c)), "{}", group.pattern);
                }
            }
        }
    }

    #[test]
    fn what_a_group_needs_is_a_field_that_is_never_cleared() {
        for schema in KINDS.map(|registration| registration.schema) {
            for group in schema.groups {
                for need in group.needs {
                    let pattern = crate::schema::key_in(group.pattern, need);
                    let rule = schema.fields.iter().find(|rule| rule.pattern == pattern);
                    assert!(rule.is_some_and(|rule| rule.write != Write::Clearable), "{pattern}");
                }
            }
        }
    }

    #[test]
    fn an_id_and_a_time_are_written_once() {
        let fields = KINDS.iter().flat_map(|registration| registration.schema.fields);
        for rule in fields.filter(|rule| !rule.holds.is_filled_in()) {
            assert_eq!(rule.write, Write::Once, "{}", rule.pattern);
            assert_ne!(rule.holds, Holds::Flag);
        }
    }
}
