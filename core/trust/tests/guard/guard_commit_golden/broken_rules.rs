//! Commits that are honest in form and break a rule: each is made as a broken app would make it.

use keting_model::{Document, DocumentId, DocumentKind, Op, Value};
use keting_trust::{CommitBody, Part, SignedCommit};

use super::{Case, refused};
use crate::guard_commit::{add_city, rename};
use crate::phone::{Phone, region};

/// Every code of a rule that a commit can be refused with. `unknown_kind` is not among them: a part
/// of a kind this version does not know is kept unread, and each that it knows has rules.
pub const CODES: [&str; 19] = [
    "already_exists",
    "already_set",
    "bad_commit",
    "conflicted",
    "incomplete",
    "invalid_value",
    "needs_newer_app",
    "not_found",
    "not_this_command",
    "nothing_to_settle",
    "too_many_items",
    "unchanged",
    "unknown_command",
    "unknown_key",
    "written_twice",
    "wrong_owner",
    "wrong_parent",
    "wrong_time",
    "wrong_year",
];

pub fn all() -> Vec<Case> {
    let mut all = of_regions();
    all.extend(of_the_commit());
    all.extend(of_parts_of_households());
    all.extend(over_two_names());
    all
}

fn of_regions() -> Vec<Case> {
    let city =
        |level: &str| vec![put("code", "990481"), put("name", "海宁市"), put("level", level)];
    let edit = "region.edit";
    let on_known = [
        ("key-unknown", "a key that no field has", "unknown_key", edit, vec![put("secret", "x")]),
        (
            "field-of-another-command",
            "a rename that writes the code",
            "not_this_command",
            edit,
            vec![put("code", "990482")],
        ),
        ("value-empty", "a name that is empty", "invalid_value", edit, vec![put("name", "")]),
        (
            "value-of-another-type",
            "a name that is a number",
            "invalid_value",
            edit,
            vec![put("name", 7_i64)],
        ),
        (
            "key-written-twice",
            "two names in one change",
            "written_twice",
            edit,
            vec![put("name", "一"), put("name", "二")],
        ),
        (
            "written-once-written-again",
            "a region that is there is given another code",
            "already_set",
            "region.add",
            vec![put("code", "990482")],
        ),
        (
            "made-again",
            "a region that is there is made again",
            "already_exists",
            "region.add",
            vec![put("name", "嘉兴市")],
        ),
        (
            "empty-emptied",
            "a field that is empty is emptied",
            "unchanged",
            edit,
            vec![put("head", Value::Null)],
        ),
        (
            "settled-alone",
            "a settle where there is one value",
            "nothing_to_settle",
            "field.settle",
            vec![settle("name", "嘉兴市")],
        ),
        (
            "two-settled-at-once",
            "a settle of two fields",
            "too_many_items",
            "field.settle",
            vec![settle("name", "嘉兴市"), settle("head", "李一")],
        ),
        (
            "settled-by-a-put",
            "a settle that only puts a value",
            "not_this_command",
            "field.settle",
            vec![put("name", "嘉兴市")],
        ),
    ];
    let on_nothing = [
        (
            "made-without-a-name",
            "a region is made without its name",
            "incomplete",
            "region.add",
            vec![put("code", "990481"), put("level", "city")],
        ),
        (
            "edited-before-made",
            "a region is edited that nobody made",
            "not_found",
            edit,
            vec![put("name", "x")],
        ),
        (
            "village-without-a-parent",
            "a village lies in nothing",
            "wrong_parent",
            "region.add",
            city("village"),
        ),
    ];
    let mut all = Vec::new();
    for (name, sentence, code, command, ops) in on_known {
        let mut phone = Phone::new(1);
        let (_, made) = phone.execute(&add_city(1));
        let written = phone.write(command, &[(region(1), ops)]);
        all.push(Case { known: known(&made), ..refused(name, sentence, code, written) });
    }
    for (name, sentence, code, command, ops) in on_nothing {
        let written = Phone::new(1).write(command, &[(region(1), ops)]);
        all.push(refused(name, sentence, code, written));
    }
    all
}

fn of_the_commit() -> Vec<Case> {
    let mut phone = Phone::new(1);
    let (_, parts) = phone.execute(&add_city(1));
    let body = phone.body("region.add", &phone.stamp(), &parts);
    let sign = |body: CommitBody| (SignedCommit::sign(body, &phone.signer).unwrap(), parts.clone());
    vec![
        refused(
            "command-unknown",
            "a command this version does not know",
            "unknown_command",
            sign(CommitBody { command_name: "region.paint".to_owned(), ..body.clone() }),
        ),
        refused(
            "rules-of-a-newer-app",
            "rules this version does not know",
            "needs_newer_app",
            sign(CommitBody { rule_version: 2, ..body }),
        ),
    ]
}

fn of_parts_of_households() -> Vec<Case> {
    let household = DocumentId::from_random(DocumentKind::Household, [7; 14]);
    let other = DocumentId::from_random(DocumentKind::Household, [8; 14]);
    let private = DocumentId::derive(&household, DocumentKind::HouseholdPrivate, 0);
    let visits = DocumentId::derive(&household, DocumentKind::HouseholdVisits, 2026);
    let of = |household: DocumentId| put("of", Value::Bytes(household.as_bytes().to_vec()));
    let sex = put("r/a1a1a1a1a1a1a1a1/sex", "female");
    let note = |day: &str, time: i64| {
        vec![
            of(household),
            put("year", 2026_i64),
            put("o/a1a1a1a1a1a1a1a1/text", "很好。"),
            put("o/a1a1a1a1a1a1a1a1/at", day),
            put("o/a1a1a1a1a1a1a1a1/time", time),
        ]
    };
    let write = |command: &str, document, ops| Phone::new(1).write(command, &[(document, ops)]);
    vec![
        refused(
            "private-part-of-another-household",
            "its id does not follow from the household it names",
            "wrong_owner",
            write("private.edit", private, vec![of(other), sex]),
        ),
        refused(
            "private-part-with-nothing-in-it",
            "a document is made that says nothing",
            "bad_commit",
            write("private.edit", private, vec![of(household)]),
        ),
        refused(
            "note-of-another-year",
            "a note of last year among this year's",
            "wrong_year",
            write("note.add", visits, note("2025-12-31", 1_770_000_000_000)),
        ),
        refused(
            "note-of-another-time",
            "a note that is dated otherwise than its commit",
            "wrong_time",
            write("note.add", visits, note("2026-02-02", 1_770_000_000_001)),
        ),
    ]
}

/// Two people rename a region at once, and a third writes over both unseen.
/// What may not be done where two people gave a region two names at the same time.
fn over_two_names() -> Vec<Case> {
    let (mut alice, mut bob) = (Phone::new(1), Phone::new(2));
    let (_, made) = alice.execute(&add_city(1));
    bob.documents = alice.documents.clone();
    let renamed = [alice.execute(&rename(1, "一")).1, bob.execute(&rename(1, "二")).1];
    let known = known(&[made, renamed.concat()].concat());
    let mut document = Document::empty(region(1));
    for (_, change) in &known {
        document.apply(change).unwrap();
    }
    let case = |name, sentence, code, op| {
        let mut carol = Phone::new(3);
        carol.documents.insert(region(1), document.clone());
        let written = carol.write("region.edit", &[(region(1), vec![op])]);
        Case { known: known.clone(), ..refused(name, sentence, code, written) }
    };
    let over = "a rename over two concurrent names";
    let settled = "a rename that settles two concurrent names";
    vec![
        case("concurrent-values-overwritten", over, "conflicted", put("name", "三")),
        case("settled-by-another-command", settled, "not_this_command", settle("name", "三")),
    ]
}

fn known(parts: &[Part]) -> Vec<(DocumentId, Vec<u8>)> {
    parts.iter().map(|part| (part.document, part.change.clone())).collect()
}

fn put(key: &str, value: impl Into<Value>) -> Op {
    Op::Put { key: key.to_owned(), value: value.into() }
}

fn settle(key: &str, value: impl Into<Value>) -> Op {
    Op::Settle { key: key.to_owned(), value: value.into() }
}
