//! What refusing a commit may take, counted in operations made again, earlier states and memory:
//! never more than its own bytes ask for.

use keting_model::{Document, DocumentId, DocumentKind, Op};
use keting_testkit::alloc::{Usage, measure};
use keting_testkit::craft::Craft;
use keting_trust::guard::{Forks, Spent, check_commit};
use keting_trust::limits::{
    COMMIT_OPS_MAX, COMMIT_PARTS_MAX, READ_BYTES_A_BYTE_MAX, READ_BYTES_FIXED_MAX,
};
use keting_trust::{Part, SignedCommit};

use crate::guard_commit::{add_city, rename};
use crate::phone::{Documents, Phone, region};

/// A change of 89 bytes that makes a Text under one key 4,096 times.
const MANY_TEXTS: &str = "856f4a839850471b014f000acbdebf3598c4be84c9a20101898080a08a8787ce0110303930\
    39303930393039303930393039000715043402420356037005710373038020016b80208020048020007f00ff1f01ff\
    1f00ff1f01";

#[test]
fn a_commit_of_512_changes_that_each_make_4096_texts_is_refused_unmade() {
    let (commit, parts) = texts(COMMIT_PARTS_MAX);
    assert!(bytes_of(&commit, &parts) < 80_000);
    let refused = refuse(&commit, &parts, &Documents::new());
    assert_eq!((refused.code, refused.spent), ("limit", Spent::default()));
    assert!(refused.usage.peak_bytes <= reading(&commit, &parts), "{:?}", refused.usage);
}

#[test]
fn a_commit_has_no_more_operations_than_a_commit_may_however_they_are_divided() {
    let (commit, parts) = texts(2);
    // As many as it may have: refused for what they are, and still none is made.
    let refused = refuse(&commit, &parts, &Documents::new());
    assert_eq!((refused.code, refused.spent), ("unknown_key", Spent::default()));
    let (commit, parts) = texts(3);
    assert_eq!(refuse(&commit, &parts, &Documents::new()).code, "limit");
    assert_eq!(COMMIT_OPS_MAX, 2 * 4096);
}

#[test]
fn a_long_key_that_is_put_again_and_again_is_never_written_out() {
    let (honest, _) = honest();
    let key = "k".repeat(200_000);
    let many = Craft::parse(&from_hex(MANY_TEXTS));
    let mut column = vec![0x80, 0x20];
    keting_testkit::craft::prefixed(&mut column, key.as_bytes());
    let many = many.with_column(0x15, &column).with_column(0x42, &[0x80, 0x20, 1]);
    let change = Craft { columns: many.columns, ..honest }.bytes();
    let (commit, parts) = sign(vec![(region(1), change)]);
    let refused = refuse(&commit, &parts, &Documents::new());
    assert_eq!((refused.code, refused.spent), ("unknown_key", Spent::default()));
    assert!(refused.usage.peak_bytes <= reading(&commit, &parts), "{:?}", refused.usage);
}

#[test]
fn what_is_wrong_in_the_last_part_is_found_before_the_first_is_made() {
    let mut phone = Phone::new(1);
    phone.execute(&add_city(1));
    let known = phone.documents.clone();
    let good = (region(1), vec![put("name", "二".repeat(60))]);
    for (bad, code) in [(put("secret", "x"), "unknown_key"), (put("name", ""), "invalid_value")] {
        let (commit, parts) = Phone { documents: known.clone(), ..again(&phone) }
            .write("region.edit", &[good.clone(), (region(2), vec![bad])]);
        let refused = refuse(&commit, &parts, &known);
        assert_eq!((refused.code, refused.spent), (code, Spent::default()));
    }
}

#[test]
fn of_two_large_parts_of_which_the_second_breaks_a_rule_none_is_kept() {
    let mut phone = Phone::new(1);
    phone.execute(&add_city(1));
    let known = phone.documents.clone();
    // What stands in the second document at the end is nothing, and a rename needs something.
    let name = |name: &str| vec![put("name", name)];
    let (commit, parts) =
        phone.write("region.edit", &[(region(1), name("甲")), (region(2), name("乙"))]);
    let mut forks = Forks::default();
    let (error, usage) =
        measure(|| check_commit(&commit, &parts, &known, &mut forks).map(drop).unwrap_err().code());
    assert_eq!((error, forks.spent().replayed_ops, forks.spent().forks), ("not_found", 2, 0));
    assert_eq!(usage.current_bytes, 0, "something of it is still there");
}

#[test]
fn an_earlier_state_is_made_once_for_a_row_of_changes_and_is_counted_with_its_changes() {
    let (mut alice, mut bob) = (Phone::new(1), Phone::new(2));
    alice.execute(&add_city(1));
    bob.documents = alice.documents.clone();
    bob.execute(&rename(1, "bob"));
    let mut documents = bob.documents.clone();
    let mut forks = Forks::default();
    for name in ["一", "二", "三"] {
        let (commit, parts) = alice.execute(&rename(1, name));
        let checked = check_commit(&commit, &parts, &documents, &mut forks).unwrap();
        documents = checked.into_documents().into_iter().map(|doc| (doc.id(), doc)).collect();
    }
    let spent = forks.spent();
    assert_eq!((spent.replayed_ops, spent.forks, spent.forked_changes), (3, 1, 2));
}

#[test]
fn the_documents_of_a_refused_commit_are_as_they_were() {
    let known = Documents::from([(region(1), Document::empty(region(1)))]);
    let (commit, parts) =
        Phone::new(1).write("region.edit", &[(region(1), vec![put("name", "x")])]);
    assert_eq!(refuse(&commit, &parts, &known).code, "not_found");
    assert!(known[&region(1)].heads().is_empty());
}

struct Refused {
    code: &'static str,
    spent: Spent,
    usage: Usage,
}

fn refuse(commit: &SignedCommit, parts: &[Part], documents: &Documents) -> Refused {
    let mut forks = Forks::default();
    let (error, usage) =
        measure(|| check_commit(commit, parts, documents, &mut forks).map(drop).unwrap_err());
    Refused { code: error.code(), spent: forks.spent(), usage }
}

/// A commit of so many parts that each make a Text 4,096 times.
pub fn texts(count: usize) -> (SignedCommit, Vec<Part>) {
    let (honest, _) = honest();
    let columns = Craft::parse(&from_hex(MANY_TEXTS)).columns;
    let change = Craft { columns, ..honest }.bytes();
    let document = |number: usize| {
        let mut random = [0; 14];
        random[..8].copy_from_slice(&number.to_be_bytes());
        DocumentId::from_random(DocumentKind::Household, random)
    };
    sign((0..count).map(|number| (document(number), change.clone())).collect())
}

/// The first change of a phone, whose actor and stamp are right.
fn honest() -> (Craft, Phone) {
    let mut phone = Phone::new(1);
    let (_, parts) = phone.execute(&add_city(1));
    (Craft::parse(&parts[0].change), phone)
}

fn sign(changes: Vec<(DocumentId, Vec<u8>)>) -> (SignedCommit, Vec<Part>) {
    let (_, phone) = honest();
    let part = |(document, change)| Part { salt: [7; 16], document, change };
    let parts: Vec<_> = changes.into_iter().map(part).collect();
    (phone.sign("region.add", &phone.stamp(), &parts), parts)
}

fn again(phone: &Phone) -> Phone {
    Phone { sequence: phone.sequence, ..Phone::new(1) }
}

fn put(key: &str, value: impl Into<String>) -> Op {
    Op::Put { key: key.to_owned(), value: value.into().into() }
}

fn from_hex(digits: &str) -> Vec<u8> {
    hex::decode(digits.split_whitespace().collect::<String>()).unwrap()
}

fn bytes_of(commit: &SignedCommit, parts: &[Part]) -> usize {
    commit.bytes.len() + parts.iter().map(|part| part.change.len()).sum::<usize>()
}

/// What `limits.rs` lets reading take.
fn reading(commit: &SignedCommit, parts: &[Part]) -> isize {
    let most = READ_BYTES_A_BYTE_MAX * bytes_of(commit, parts) + READ_BYTES_FIXED_MAX;
    isize::try_from(most).unwrap()
}
