//! What an open document takes, measured, against what is reckoned with.

use keting_model::Document;
use keting_testkit::alloc::measure;
use keting_trust::kept::memory_of;

use crate::story::{self, put_op, stamp};

#[test]
fn what_a_document_is_reckoned_to_take_is_between_half_and_twice_what_it_takes() {
    let wide: Vec<_> = (0..100).map(|key| put_op(&format!("k/{key}"), "幢".repeat(20))).collect();
    let cases = [
        ("a usual household", made(11, |n| vec![put_op("phone", format!("1380000{n:04}"))])),
        ("ten years of edits", made(2_000, |n| vec![put_op("phone", format!("1380000{n:04}"))])),
        ("many keys", made(10, |n| [wide.clone(), vec![put_op("n", i64::from(n))]].concat())),
        ("large values", made(30, |n| vec![put_op("note", format!("{n}{}", "字".repeat(80_000)))])),
        ("many large keys", made(30, |n| vec![put_op(&format!("k/{n}"), "字".repeat(80_000))])),
    ];
    let mut off = Vec::new();
    for (what, document) in cases {
        let saved = document.save();
        let (loaded, usage) = measure(|| Document::load(document.id(), &saved).unwrap());
        let (reckoned, takes) = (memory_of(&loaded), usize::try_from(usage.current_bytes).unwrap());
        let size = loaded.size();
        println!("{what}: {size:?} takes {takes}, reckoned {reckoned}");
        off.extend((reckoned < takes / 2 || reckoned > takes * 2).then_some(what));
    }
    assert!(off.is_empty(), "{off:?}");
}

fn made(changes: u16, ops: impl Fn(u16) -> Vec<keting_model::Op>) -> Document {
    let mut document = story::empty();
    for number in 0..changes {
        document.author(&stamp(story::ALICE, 1), &ops(number)).unwrap();
    }
    document
}
