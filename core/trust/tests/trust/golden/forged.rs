//! What a hostile peer may send instead of a signed record. Most are signed well, by a key that may
//! sign: the lie is in the payload or in the form.

mod bytes;
mod commits;
mod forms;
mod grants;
mod records;

use keting_trust::cbor;

use crate::samples::{invitation, key, parts, root};

use bytes::{edited, shorten};

const COMMIT: &str = "keting/commit/1";
const GRANT: &str = "keting/grant/1";

/// A name, the bytes, and the code they must be refused with.
type Forged = (String, Vec<u8>, &'static str);

/// All that is made here.
pub fn all() -> Vec<Forged> {
    let mut all = Vec::new();
    forms::signatures(&mut all);
    forms::forms(&mut all);
    commits::commits(&mut all);
    grants::grants(&mut all);
    records::records(&mut all);
    unsigned(&mut all);
    all
}

/// Keys, parts and invitations, which carry no signature.
fn unsigned(all: &mut Vec<Forged>) {
    let mut add = |name: &str, bytes: Vec<u8>, code| all.push((name.to_owned(), bytes, code));
    let key = cbor::to_vec(&key(&root()));
    add("key.of_another_algorithm", edited(&key, |parts| parts[0] = (-9).into()), "malformed");
    add("key.short", edited(&key, |parts| shorten(&mut parts[1])), "malformed");
    let part = cbor::to_vec(&parts()[0]);
    add("part.short_salt", edited(&part, |parts| shorten(&mut parts[0])), "malformed");
    add("part.further_field", edited(&part, |parts| parts.push(0.into())), "not_canonical");
    let text = invitation().to_text();
    add("invitation.cut", text.as_bytes()[..text.len() - 1].to_vec(), "invitation_malformed");
    add("invitation.padded", format!("{text}=").into_bytes(), "invitation_malformed");
    add("invitation.without_prefix", text.as_bytes()[8..].to_vec(), "invitation_malformed");
    add("invitation.newer_format", text.replace(":hwF", ":hwJ").into_bytes(), "needs_newer_app");
}
