//! A phone's own verification finds whatever was changed in its file behind its back: in every
//! document, of every kind, and in every table a screen reads.

use std::path::{Path, PathBuf};

use keting::parts::file_path;
use keting::parts::{replica_of, verify::Difference};
use keting_model::household_visits::VisitsCommand;
use keting_model::projection::tables;
use keting_model::{Command, DocumentKind, Fields};
use keting_scenarios::city::City;
use keting_scenarios::device::Device;
use keting_scenarios::phone::{Phone, Two};
use keting_trust::limits::CHANGES_AFTER_SNAPSHOT_MAX;

#[test]
fn a_document_of_any_kind_whose_changes_or_proof_were_altered_is_found() {
    let file = Tampered::begin();
    for kind in DocumentKind::ALL {
        let of_kind = format!("substr(id, 1, 2) = x'{:04x}'", kind.code());
        let theirs = format!("document IN (SELECT number FROM documents WHERE {of_kind})");
        let commits = format!("row IN (SELECT commit_row FROM changes WHERE {theirs})");
        for (sql, code) in [
            (format!("UPDATE changes SET bytes = x'00' WHERE {theirs}"), "changes_do_not_apply"),
            (
                format!("UPDATE changes SET salt = zeroblob(16) WHERE {theirs}"),
                "part_not_in_commit",
            ),
            (format!("UPDATE changes SET salt = x'00' WHERE {theirs}"), "part_not_in_commit"),
            (
                format!(
                    "UPDATE changes SET actor = CAST(substr(actor, 1, 9) || x'00' AS BLOB) WHERE {theirs}"
                ),
                "actor_not_the_authors",
            ),
            (format!("DELETE FROM changes WHERE {theirs}"), "heads_differ"),
            (format!("UPDATE documents SET heads = zeroblob(32) WHERE {of_kind}"), "heads_differ"),
            (
                format!("UPDATE commits SET bytes = zeroblob(64) WHERE {commits}"),
                "commit_not_proven",
            ),
        ] {
            let found = file.found_after(&sql);
            let is_it = |one: &Difference| one.document.kind() == Some(kind) && one.what == code;
            assert!(found.iter().any(is_it), "{sql}: {found:?}");
        }
    }
}

#[test]
fn a_colleagues_work_whose_grant_is_not_there_is_found() {
    let found = Tampered::begin().found_after("DELETE FROM records");
    for kind in [DocumentKind::Region, DocumentKind::Household] {
        let is_it = |one: &Difference| one.document.kind() == Some(kind);
        assert!(found.iter().any(is_it), "{kind:?}: {found:?}");
    }
    assert!(found.iter().all(|one| one.what == "commit_not_proven"), "{found:?}");
}

#[test]
fn a_row_of_any_table_that_was_altered_taken_away_or_added_is_found() {
    let file = Tampered::begin();
    let mut filled = Vec::new();
    for table in tables() {
        let name = table.name;
        let found = file.found_after(&format!("DELETE FROM {name}"));
        if found.is_empty() {
            continue;
        }
        filled.push(name);
        assert!(found.iter().all(|one| one.what == "rows_differ"), "{name}: {found:?}");
        let found =
            file.found_after(&format!("UPDATE {name} SET item = CAST(item || x'00' AS BLOB)"));
        assert!(found.iter().any(|one| one.what == "rows_differ"), "{name}: {found:?}");
        let columns = table.columns.join(", ");
        let stray = format!(
            "INSERT INTO {name} (document, item, {columns})
             SELECT x'00020000000000000000000000000000', item, {columns} FROM {name} LIMIT 1"
        );
        let found = file.found_after(&stray);
        assert!(found.iter().any(|one| one.what == "row_without_document"), "{name}: {found:?}");
    }
    for needed in ["region", "household", "resident", "need", "visit", "note", "conflict"] {
        assert!(filled.contains(&needed), "the story has no {needed}: {filled:?}");
    }
    assert!(filled.iter().any(|name| name.contains("private")), "{filled:?}");
}

#[test]
fn a_household_that_lists_would_put_elsewhere_is_found() {
    let file = Tampered::begin();
    for sql in [
        "UPDATE roster SET last_visit = '1999-01-01'",
        "UPDATE roster SET changed_private = 1",
        "UPDATE roster SET region_code = '1'",
        "DELETE FROM roster",
    ] {
        let found = file.found_after(sql);
        let is_it = |one: &Difference| one.what == "roster_differs";
        assert!(!found.is_empty() && found.iter().all(is_it), "{sql}: {found:?}");
    }
}

#[test]
fn a_compacted_document_that_cannot_be_read_is_found_and_the_rest_is_verified() {
    let file = Tampered::begin();
    let found = file.found_after("UPDATE snapshots SET bytes = x'00'");
    assert!(found.iter().any(|one| one.what == "snapshot_unreadable"), "{found:?}");
}

/// A phone's file with something of everything, and how it was.
struct Tampered {
    _city: City,
    directory: PathBuf,
    sound: Vec<u8>,
}

impl Tampered {
    fn begin() -> Self {
        let city = City::start();
        let Two { alice, bob, household } = Two::in_city(&city);
        let resident = alice.household(household).residents[0].id;
        alice.edit_resident(household, resident, Fields::new().with("health", "高血压"));
        let need = alice.add_need(household, "加装电梯");
        alice.advance(household, need, "in_progress");
        add_visit_and_note(&alice, household);
        alice.sync();
        bob.sync();
        alice.edit(household, Fields::new().with("address", "1-102")).unwrap();
        bob.edit(household, Fields::new().with("address", "1-103")).unwrap();
        for phone in [&alice, &bob, &alice] {
            phone.sync();
        }
        for place in 0..=CHANGES_AFTER_SNAPSHOT_MAX {
            let tenure = ["owned", "rented"][place % 2];
            alice.edit(household, Fields::new().with("tenure", tenure)).unwrap();
        }
        alice.assert_verified();
        let directory = alice.directory().to_owned();
        drop(alice);
        let sound = std::fs::read(file_of(&directory)).unwrap();
        Self { _city: city, directory, sound }
    }

    /// What a verification finds after rows were changed as somebody with the file's key could. The
    /// file is then as it was.
    fn found_after(&self, sql: &str) -> Vec<Difference> {
        Device::at(self.directory.clone()).alter(&format!("PRAGMA foreign_keys = OFF; {sql}"));
        let alice = Phone::open(self.directory.clone());
        let report = replica_of(&alice.keting).verify(&mut |_, _| {}).unwrap();
        drop(alice);
        std::fs::write(file_of(&self.directory), &self.sound).unwrap();
        report.differences
    }
}

fn add_visit_and_note(phone: &Phone, household: keting::DocumentId) {
    let (visit, note) = (phone.keting.new_item(), phone.keting.new_item());
    let fields = Fields::new().with("at", "2026-09-20").with("note", "一切都好");
    let time = phone.keting.now();
    let visit = VisitsCommand::AddVisit { household, visit, fields, time };
    phone.keting.execute(&Command::Visits(visit)).unwrap();
    let (text, time) = ("要看医生".to_owned(), phone.keting.now());
    let note = VisitsCommand::AddNote { household, note, text, time };
    phone.keting.execute(&Command::Visits(note)).unwrap();
}

fn file_of(directory: &Path) -> PathBuf {
    file_path(&directory.join("data"))
}
