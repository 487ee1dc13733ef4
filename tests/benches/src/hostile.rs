//! Commits that are to be refused: a megabyte of each kind, made before the clock starts.

use keting_model::{Document, DocumentId, DocumentKind, Op, Stamp, Value};
use keting_testkit::craft::{Craft, make_text};

use crate::author::{Author, Ready, random};

/// How much of each kind is pushed, in bytes.
const BYTES: usize = 1_000_000;
/// How many edits the document has at whose earlier states changes are made.
const EDITS: usize = 300;

/// A kind of commits that are refused or held.
pub struct Family {
    pub name: &'static str,
    pub commits: Vec<Ready>,
}

/// What has to be admitted before the families, and the families.
pub fn families(author: &mut Author, unit: DocumentId) -> (Vec<Ready>, Vec<Family>) {
    let (household, first) = author.add_single(unit, 0);
    let mut history = vec![first];
    let mut states = Vec::new();
    for edit in 0..EDITS {
        states.push(author.document(&household).clone());
        history.push(author.edit(household, edit));
    }
    let last = author.document(&household).clone();
    let mut state = states.iter().cycle();
    let mut number = 0..;
    let families = vec![
        family("keys that no field has", || {
            author.lie("household.edit", |stamp| vec![puts(&last, stamp, 1)])
        }),
        family("changes of thousands of operations", || {
            author.lie("household.edit", |stamp| vec![puts(&last, stamp, 4_000)])
        }),
        family("hundreds of changes of thousands of texts", || {
            author.lie("household.edit", |stamp| {
                let change = texts(stamp);
                (0..512).map(|_| (new_household(), change.clone())).collect()
            })
        }),
        family("changes that are no changes", || {
            author.lie("household.edit", |_| vec![(household, vec![0xff; 10_000])])
        }),
        family("edits at three hundred old heads", || {
            author.begin_incarnation();
            author.put_document(state.next().unwrap().clone());
            author.edit(household, number.next().unwrap())
        }),
        family("edits at old heads that the rule is against", || {
            author.begin_incarnation();
            let at = state.next().unwrap();
            author.lie("household.edit", |stamp| vec![nothing_new(at, stamp)])
        }),
        family("signatures that do not hold", || {
            let mut forged = author.lie("household.edit", |stamp| vec![puts(&last, stamp, 1)]);
            *forged.signed.last_mut().unwrap() ^= 1;
            forged
        }),
        family("bytes that are not signed records", || {
            let honest = author.lie("household.edit", |stamp| vec![puts(&last, stamp, 1)]);
            Ready { signed: vec![0x9f; 30_000], ..honest }
        }),
        family("lists in lists", || {
            let honest = author.lie("household.edit", |stamp| vec![puts(&last, stamp, 1)]);
            Ready { signed: vec![0x81; 30_000], ..honest }
        }),
    ];
    (history, families)
}

fn family(name: &'static str, mut make: impl FnMut() -> Ready) -> Family {
    let (mut commits, mut bytes) = (Vec::new(), 0);
    while bytes < BYTES {
        let made = make();
        bytes += made.bytes();
        commits.push(made);
    }
    Family { name, commits }
}

/// So many keys of no field.
fn puts(document: &Document, stamp: &Stamp, count: usize) -> (DocumentId, Vec<u8>) {
    let put = |number| Op::Put { key: format!("secret/{number}"), value: Value::from("x") };
    let ops: Vec<_> = (0..count).map(put).collect();
    (document.id(), document.clone().author(stamp, &ops).unwrap().bytes)
}

/// A field that is empty is emptied: right in form, and made again before the rule is against it.
fn nothing_new(document: &Document, stamp: &Stamp) -> (DocumentId, Vec<u8>) {
    let emptied = [Op::Put { key: "tenure".to_owned(), value: Value::Null }];
    (document.id(), document.clone().author(stamp, &emptied).unwrap().bytes)
}

/// A change of some hundred bytes that makes a Text 4,096 times.
fn texts(stamp: &Stamp) -> Vec<u8> {
    let once = [Op::MakeText { key: "k".to_owned() }];
    let once = Document::empty(new_household()).author(stamp, &once).unwrap();
    Craft::parse(&once.bytes).with_ops(&vec![make_text("k"); 4_096]).bytes()
}

fn new_household() -> DocumentId {
    DocumentId::from_random(DocumentKind::Household, random())
}
