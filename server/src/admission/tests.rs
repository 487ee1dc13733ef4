use keting_model::{DocumentKind, Op, Value};
use keting_trust::{Position, SignedVerdict};

use super::*;
use crate::store::AudienceKey;
use crate::testing::{
    CITY_TIME, GRID, HEAD_REGION, NOW_MS, OTHER_REGION, Person, Seeded, TOWN, Town, UNIT, VILLAGE,
};

mod acts;
mod attacks;
mod contention;
mod following;
mod holding;
mod keeping;
mod quotas;
mod refusing;
mod waiting;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_commit_is_admitted_once_and_answered_the_same_again() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, commit) = alice.add_household(region);
    let answer = town.admit_one(&alice, commit.clone());
    let number = town.number();
    assert_eq!(answer, Outcome::Admitted { number });
    assert_eq!(town.admit_one(&alice, commit.clone()), answer);
    let twice = alice.push(vec![commit.clone(), commit]);
    assert_eq!(town.admit(&[twice.clone(), twice]), vec![vec![answer.clone(), answer]; 2]);
    assert_eq!(town.number(), number);
    let stored = town.read().document(&household).unwrap().unwrap();
    assert_eq!((stored.home, stored.change_count, stored.first_number), (region, 1, number));
    assert_eq!(stored.heads, alice.documents[&household].heads());
}

#[test]
fn commits_on_one_document_chain_within_a_push_and_from_batch_to_batch() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    let second = alice.edit_household(household, "二幢");
    let answers = town.admit(&[alice.push(vec![first]), alice.push(vec![second])]);
    assert!(answers.iter().flatten().all(|answer| matches!(answer, Outcome::Admitted { .. })));
    let third = alice.edit_household(household, "三幢");
    town.admit_one(&alice, third);
    let read = town.read();
    let snapshot = read.document_snapshot(&household).unwrap().unwrap();
    let stored = keting_model::Document::load(household, &snapshot).unwrap();
    assert_eq!(stored.value("address"), Some(Value::from("三幢")));
    assert_eq!(read.document(&household).unwrap().unwrap().change_count, 3);
    assert_eq!(read.document_parts(&household, 0, 99, 99).unwrap().len(), 3);
}

#[test]
fn a_household_its_private_part_and_its_first_visit_come_in_one_push() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    let visit = alice.add_visit(household);
    let visits = visit.parts[0].document;
    assert_eq!(visits.kind(), Some(DocumentKind::HouseholdVisits));
    let answers = town.admit(&[alice.push(vec![first, visit])]);
    let number = town.number();
    assert_eq!(answers[0][1], Outcome::Admitted { number });
    let key = AudienceKey { region, kind: DocumentKind::HouseholdVisits.code() };
    assert_eq!(town.read().numbers_of(&key, 0, number, 9).unwrap(), [number]);
    assert_eq!(town.read().document(&visits).unwrap().unwrap().home, region);
}

#[test]
fn what_nobody_we_know_signed_is_refused_and_leaves_nothing() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let before = town.number();
    let refused = |code| Outcome::Refused { code };

    let (_, commit) = alice.add_household(region);
    let stranger = keting_trust::Ed25519Signer::from_seed([9; 32]);
    let mut mallory = Person::new(&town.city, stranger, alice.grant, [9; 8]);
    let (_, forged) = mallory.add_household(region);
    assert_eq!(town.admit_one(&mallory, forged), refused("grant_of_another"));
    mallory.grant = keting_trust::Digest::of(b"none");
    let (_, unknown) = mallory.add_household(region);
    assert_eq!(town.admit_one(&mallory, unknown), refused("unknown_grant"));

    let mut bent = commit.clone();
    *bent.signed.last_mut().unwrap() ^= 1;
    assert_eq!(town.admit_one(&alice, bent), refused("bad_signature"));
    let cut = PushedCommit { parts: Vec::new(), ..commit.clone() };
    assert_eq!(town.admit_one(&alice, cut), refused("parts_missing"));
    let mut other = commit.clone();
    other.parts[0].change[20] ^= 1;
    assert_eq!(town.admit_one(&alice, other), refused("not_in_commit"));
    let other_city = Town::new();
    let city = City { id: keting_model::CityId::new([8; 16]), ..other_city.city };
    let mut tourist =
        Person::new(&city, keting_trust::Ed25519Signer::from_seed([9; 32]), alice.grant, [9; 8]);
    let (_, foreign) = tourist.add_household(region);
    assert_eq!(town.admit_one(&tourist, foreign), refused("other_city"));
    assert_eq!(town.number(), before);

    // And none of this stands in the way of the real one.
    assert!(matches!(town.admit_one(&alice, commit), Outcome::Admitted { .. }));
}

#[test]
fn a_commit_whose_dependency_is_not_here_is_not_kept_and_comes_again() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    let second = alice.edit_household(household, "二幢");
    let visit = alice.add_visit(household);
    let missing = Outcome::Refused { code: "missing_dependency" };
    assert_eq!(town.admit_one(&alice, second.clone()), missing);
    assert_eq!(town.admit_one(&alice, visit.clone()), missing);
    let answers = town.admit(&[alice.push(vec![first, second, visit])]);
    assert!(answers[0].iter().all(|answer| matches!(answer, Outcome::Admitted { .. })));
}

#[test]
fn a_household_is_made_once_but_two_may_make_its_visits() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bob = town.person("grid_worker", GRID);
    let (household, first) = alice.add_household(region);
    bob.receive(&alice, &household);
    let visits = [alice.add_visit(household), bob.add_visit(household)];
    let document = visits[0].parts[0].document;
    let mut carol = town.person("village_officer", VILLAGE);
    carol.random = Seeded(0);
    let ops = |region: keting_model::DocumentId| {
        vec![
            Op::Put { key: "home".into(), value: Value::Bytes(region.as_bytes().to_vec()) },
            Op::Put { key: "address".into(), value: Value::from("二幢") },
        ]
    };
    let again = carol.write("household.add", vec![(household, ops(region))]);
    assert!(matches!(town.admit_one(&alice, first), Outcome::Admitted { .. }));
    let [one, other] = visits;
    assert!(matches!(town.admit_one(&alice, one), Outcome::Admitted { .. }));
    assert!(matches!(town.admit_one(&bob, other), Outcome::Admitted { .. }));
    assert_eq!(town.read().document(&document).unwrap().unwrap().heads.len(), 2);
    assert!(matches!(
        town.admit_one(&carol, again),
        Outcome::Held { code, .. } if code == "document_exists"
    ));
}

#[test]
fn a_region_is_added_below_the_officers_own_and_used_in_the_same_push() {
    use keting_model::command::Command;
    use keting_model::fields::Fields;
    use keting_model::region::RegionCommand;
    let mut town = Town::new();
    let parent = town.region(GRID);
    let mut officer = town.person("village_officer", VILLAGE);
    let add = |officer: &mut Person,
               code: &str,
               parent: keting_model::DocumentId,
               level: &str,
               above_is: &str| {
        // The officer has the region above, as far as the command asks.
        let stamp = keting_model::Stamp {
            actor: keting_model::ActorId::new([5; 10]),
            time: keting_model::HybridTime::default(),
            city: CITY_TIME,
            command: keting_model::CommandId::new([5; 8]),
        };
        let mut above = keting_model::Document::empty(parent);
        let put = |key: &str, value| Op::Put { key: key.into(), value: Value::from(value) };
        let ops = [
            put("level", above_is),
            put("code", code.strip_suffix(if level == "village" { "002" } else { "02" }).unwrap()),
        ];
        above.author(&stamp, &ops).unwrap();
        officer.documents.insert(parent, above);
        let random: &mut dyn crate::random::Random = &mut officer.random;
        let region = keting_model::DocumentId::from_random(DocumentKind::Region, random.bytes());
        let fields = Fields::new().with("code", code).with("name", "新").with("level", level);
        let command = RegionCommand::Add { region, parent: Some(parent), fields };
        (region, officer.commit(&Command::Region(command)))
    };
    let (region, first) = add(&mut officer, "9904810010010102", parent, "micro_grid", "grid");
    let (_, second) = officer.add_household(region);
    let (_, twin) = add(&mut officer, "9904810010010102", parent, "micro_grid", "grid");
    let answers = town.admit(&[officer.push(vec![first, second, twin])]);
    assert!(matches!(answers[0][0], Outcome::Admitted { .. }), "{answers:?}");
    assert!(matches!(answers[0][1], Outcome::Admitted { .. }), "{answers:?}");
    assert!(matches!(&answers[0][2], Outcome::Held { code, .. } if code == "code_exists"));
    let stored = town.read().region(&region).unwrap().unwrap();
    assert_eq!(stored.parent, Some(parent));

    let elsewhere = town.region(TOWN);
    let (_, above) = add(&mut officer, "990481001002", elsewhere, "village", "town");
    assert!(matches!(town.admit_one(&officer, above), Outcome::Held { .. }));
}

#[test]
fn the_log_is_the_same_whatever_the_number_of_threads() {
    let run = |threads| {
        let mut town = Town::new();
        town.admission = Admission::new(threads);
        let region = town.region(HEAD_REGION);
        let mut people: Vec<Person> =
            (0..4).map(|_| town.person("micro_grid_head", HEAD_REGION)).collect();
        let mut pushes = Vec::new();
        for person in &mut people {
            let mut commits = Vec::new();
            for _ in 0..5 {
                let (household, commit) = person.add_household(region);
                commits.push(commit);
                commits.push(person.edit_household(household, "二幢"));
                commits.push(person.add_visit(household));
            }
            pushes.push(person.push(commits));
        }
        let answers = town.admit(&pushes);
        assert!(answers.iter().flatten().all(|a| matches!(a, Outcome::Admitted { .. })));
        town.read().head().unwrap().unwrap().chain
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn what_another_process_admitted_meanwhile_is_seen_under_the_lock() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bob = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    town.admit_one(&alice, first);
    bob.receive(&alice, &household);
    // Two servers, each with the household open at its first change.
    let mut other = Admission::new(1);
    let mut other_store =
        crate::store::sqlite::SqliteStore::open(&town.dir.path().join("server.sqlite")).unwrap();
    let warm = alice.edit_household(household, "二幢");
    let warm_push = alice.push(vec![warm]);
    other.admit(&mut other_store, &town.city, &[warm_push], NOW_MS).unwrap();
    let ours = bob.edit_household(household, "三幢");
    assert!(matches!(town.admit_one(&bob, ours), Outcome::Admitted { .. }));
    let theirs = alice.edit_household(household, "四幢");
    let theirs = alice.push(vec![theirs]);
    let batch = other.admit(&mut other_store, &town.city, &[theirs], NOW_MS).unwrap();
    assert!(matches!(batch.answers[0][0], Outcome::Admitted { .. }));
    let heads = town.read().document(&household).unwrap().unwrap().heads;
    assert_eq!(heads.len(), 2, "bob's edit and alice's second are both there");
}

#[test]
fn what_only_a_newer_version_can_judge_is_refused_and_not_numbered() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    town.admit_one(&alice, first);
    let before = town.number();

    let mut bytes = [0xee; 16];
    bytes[..2].copy_from_slice(&900_u16.to_be_bytes());
    let of_tomorrow = keting_model::DocumentId::new(bytes);
    let stamp = alice.stamp();
    let part = Part { salt: [1; 16], document: of_tomorrow, change: vec![1; 40] };
    let of_a_new_kind = alice.sign("case.add", &stamp, vec![part]);
    alice.rule_version += 1;
    let ops = vec![Op::Put { key: "of_tomorrow".into(), value: Value::from("一") }];
    let by_new_rules = alice.write("household.of_tomorrow", vec![(household, ops)]);
    alice.rule_version -= 1;
    let child = alice.edit_household(household, "二幢");
    let commits = vec![of_a_new_kind, by_new_rules, child];
    let refused = |code| Outcome::Refused { code };
    assert_eq!(
        town.admit(&[alice.push(commits)])[0],
        [
            refused("server_needs_update"),
            refused("server_needs_update"),
            refused("missing_dependency")
        ]
    );
    assert_eq!(town.number(), before);
    assert_eq!(town.read().document(&household).unwrap().unwrap().change_count, 1);
}

fn held_code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Held { code, .. } => code,
        Outcome::Admitted { .. } | Outcome::Refused { .. } | Outcome::Superseded { .. } => {
            panic!("{outcome:?}")
        }
    }
}
