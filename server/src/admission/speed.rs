//! How fast admission is, by hand: `cargo test --release -p keting-server -- --ignored --nocapture`.

use std::time::Instant;

use super::*;
use crate::testing::{HEAD_REGION, Town};

#[test]
#[ignore = "a measurement"]
fn commits_a_second_on_distinct_documents_and_at_ten_a_document() {
    for (documents, edits) in [(4_000, 0), (400, 9)] {
        let mut town = Town::new();
        let region = town.region(HEAD_REGION);
        let mut alice = town.person("micro_grid_head", HEAD_REGION);
        let mut commits = Vec::new();
        for _ in 0..documents {
            let (household, commit) = alice.add_household(region);
            commits.push(commit);
            for edit in 0..edits {
                commits.push(alice.edit_household(household, &format!("{edit}幢")));
            }
            alice.documents.remove(&household);
        }
        let pushes: Vec<Push> =
            commits.chunks(1_000).map(|commits| alice.push(commits.to_vec())).collect();
        let begun = Instant::now();
        for push in pushes {
            let answers = town.admit(&[push]);
            assert!(answers[0].iter().all(|a| matches!(a, Outcome::Admitted { .. })));
        }
        let took = begun.elapsed();
        let per_second = commits.len() as f64 / took.as_secs_f64();
        println!("{documents} documents, {edits} edits each: {per_second:.0} commits a second");
    }
}
