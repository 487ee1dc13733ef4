//! The table of roles: what was agreed, in `agreed.md`, is what the data says; and `docs/roles.md` is
//! the data as a page. `KETING_BLESS=1` writes it anew.
#![allow(missing_docs, clippy::unwrap_used)]

mod agreed;
mod page;

use std::collections::BTreeSet;
use std::path::Path;

use keting_model::role::{Family, Reach, Role};
use keting_model::{DocumentKind, Level};

#[test]
fn the_page_of_roles_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles.md");
    let page = page::page();
    if std::env::var_os("KETING_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/roles.md is not the table: run this with KETING_BLESS=1");
}

#[test]
fn the_table_is_what_was_agreed() {
    let agreed = agreed::lines();
    assert_eq!(agreed.iter().map(|line| line.role).collect::<Vec<_>>(), Role::ALL);
    for line in agreed {
        let role = line.role;
        assert_eq!(role.level(), line.level, "level of {}", role.name());
        let reads: BTreeSet<(DocumentKind, Reach)> = role.reads().iter().copied().collect();
        assert_eq!(reads, line.reads, "what {} reads", role.name());
        let writes: BTreeSet<Family> = role.writes().iter().copied().collect();
        assert_eq!(writes, line.writes, "what {} writes", role.name());
        let grants: BTreeSet<Role> = role.grants().iter().copied().collect();
        assert_eq!(grants, line.grants, "what {} grants", role.name());
        assert_eq!(role.delegation_depth(), line.depth, "depth of {}", role.name());
        let may = (role.accepts_held(), role.redraws(), role.revokes());
        let agreed = (line.accepts_held, line.redraws, line.revokes);
        assert_eq!(may, agreed, "accepts, redraws, revokes of {}", role.name());
    }
}

#[test]
fn the_levels_of_roles_that_grant_one_another_go_down() {
    for role in Role::ALL.into_iter().filter(|role| role.level() != Level::City) {
        for below in role.grants().iter().filter(|below| **below != Role::DisputeCentre) {
            assert!(below.level() > role.level(), "{} grants {}", role.name(), below.name());
        }
    }
}
