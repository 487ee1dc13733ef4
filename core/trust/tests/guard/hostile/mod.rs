//! Everything a hostile peer may do to the document of [`crate::story`].

mod bombs;
mod grammar;
mod lies;
mod malformed;
mod settles;
mod texts;

use keting_model::{Document, Op};

pub use self::texts::truths_about_text;
use crate::story::{CAROL, known, put_op, stamp};
use keting_testkit::craft::{Craft, unsigned};

/// Hostile changes: a name, the bytes, the code they are refused with.
pub type Hostile = Vec<(&'static str, Vec<u8>, &'static str)>;

/// All of them, to be shown to one who knows the whole story.
pub fn invalid() -> Hostile {
    let known = known();
    let honest = authored(&known, CAROL, 9, &[put_op("phone", "13800000009")]);
    let honest_craft = Craft::parse(&honest);
    let mut all = bombs::bombs(&known, &honest_craft);
    all.extend(malformed::malformed(&known, &honest, &honest_craft));
    all.extend(grammar::outside_the_grammar(&known, &honest_craft));
    all.extend(lies::lies(&known, &honest_craft));
    all.extend(settles::that_are_none(&known, &honest_craft));
    all.extend(texts::lies_about_text(&known));
    all
}

fn authored(document: &Document, actor: [u8; 10], command: u8, ops: &[Op]) -> Vec<u8> {
    document.clone().author(&stamp(actor, command), ops).unwrap().bytes
}

fn raw_value(craft: &Craft, kind: u64, bytes: &[u8]) -> Vec<u8> {
    let mut meta = vec![0x7f];
    unsigned(&mut meta, (bytes.len() as u64) << 4 | kind);
    craft.clone().with_column(0x56, &meta).with_column(0x57, bytes).bytes()
}
