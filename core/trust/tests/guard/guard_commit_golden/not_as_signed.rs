//! Changes that are not what the signed commit beside them says.

use keting_model::{CityTime, CommandId, HybridTime, Stamp};
use keting_trust::Part;
use keting_trust::limits::COMMIT_PARTS_MAX;

use super::{Case, refused, two_regions};
use crate::guard_commit::{add_city, rename};
use crate::phone::{Phone, region};
use crate::refusing::texts;

pub fn all() -> Vec<Case> {
    let mut phone = Phone::new(1);
    let (_, parts) = phone.execute(&add_city(1));
    let stamp = phone.stamp();
    let stranger = Phone { sequence: phone.sequence, ..Phone::new(9) };
    let signed_for = |stamp: Stamp| phone.sign("region.add", &stamp, &parts);
    let stamps = [
        (
            "stamp-of-another-actor",
            "the change is another device's",
            stranger.sign("region.add", &stamp, &parts),
        ),
        (
            "stamp-of-another-command",
            "the change is of another command",
            signed_for(Stamp { command: CommandId::new([0xee; 8]), ..stamp }),
        ),
        (
            "stamp-of-another-time",
            "the change is of another time",
            signed_for(Stamp { time: HybridTime::new(1, 1), ..stamp }),
        ),
        (
            "stamp-of-another-city-time",
            "the change is of another time of the city",
            signed_for(Stamp { city: CityTime::new(1), ..stamp }),
        ),
        (
            "stamp-of-an-uncertain-city-time",
            "the change is sure of a city's time of which its commit is not",
            signed_for(Stamp { city: stamp.city.uncertain(), ..stamp }),
        ),
    ];
    let differs = |(name, sentence, commit)| {
        refused(name, sentence, "stamp_differs", (commit, parts.clone()))
    };
    let mut all: Vec<_> = stamps.into_iter().map(differs).collect();
    all.extend(parts_that_do_not_fit());
    all.extend(out_of_order());
    all
}

fn parts_that_do_not_fit() -> Vec<Case> {
    let (commit, parts) = two_regions();
    let first = parts[0].clone();
    let with = |parts: Vec<Part>| (commit.clone(), parts);
    let salted = Part { salt: [9; 16], ..first.clone() };
    let elsewhere = Part { document: region(3), ..first.clone() };
    vec![
        refused(
            "document-twice",
            "the same part is given twice",
            "document_twice",
            with(vec![first.clone(), first.clone()]),
        ),
        refused(
            "part-with-another-salt",
            "the digest of the part is not among the commit's entries",
            "not_in_commit",
            with(vec![salted]),
        ),
        refused(
            "part-for-another-document",
            "a change of one document is given for another",
            "not_in_commit",
            with(vec![elsewhere]),
        ),
        refused(
            "part-beside-a-commit-without-it",
            "the commit of something else is put in front of a part",
            "not_in_commit",
            (Phone::new(1).execute(&add_city(7)).0, parts),
        ),
        refused(
            "too-many-parts",
            "one part more than a commit may have",
            "limit",
            with(vec![first; COMMIT_PARTS_MAX + 1]),
        ),
        refused(
            "too-many-operations",
            "three changes of a few bytes that have more operations than a commit may",
            "limit",
            texts(3),
        ),
        refused(
            "texts-where-none-may-be",
            "as many operations as a commit may have, each making a text under no field's key",
            "unknown_key",
            texts(2),
        ),
    ]
}

fn out_of_order() -> Vec<Case> {
    let mut phone = Phone::new(1);
    let (_, made) = phone.execute(&add_city(1));
    let copied = phone.documents.clone();
    let later = phone.execute(&rename(1, "一"));
    let mut known: Vec<_> = made.into_iter().map(|part| (part.document, part.change)).collect();
    let early = refused(
        "dependency-missing",
        "the change stands on one that is not here",
        "missing_dependency",
        later.clone(),
    );
    let mut copy = Phone { documents: copied, sequence: 5, ..Phone::new(1) };
    let forked = copy.execute(&rename(1, "二"));
    known.extend(later.1.into_iter().map(|part| (part.document, part.change)));
    let sentence = "a copied phone wrote another change under the same number";
    vec![early, Case { known, ..refused("fork", sentence, "fork", forked) }]
}
