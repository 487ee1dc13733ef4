use keting_model::{DocumentKind, Op, Value};
use keting_trust::limits::{DEVICE_DAY_BYTES_MAX, DEVICE_HELD_BYTES_MAX};
use keting_trust::{Position, SignedVerdict};

mod attacks;

use super::*;
use crate::store::{AudienceKey, StoredDevice};
use crate::testing::{
    CITY_TIME, GRID, HEAD_REGION, NOW_MS, OTHER_REGION, Person, Seeded, TOWN, Town, UNIT, VILLAGE,
};

mod contention;
mod keeping;
mod refusing;

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
fn what_a_grant_does_not_cover_is_held_and_everything_that_builds_on_it() {
    let mut town = Town::new();
    let elsewhere = town.region(OTHER_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let before = town.number();
    let (household, first) = alice.add_household(elsewhere);
    let second = alice.edit_household(household, "二幢");
    let answers = town.admit(&[alice.push(vec![first.clone(), second])]);
    let held = |number, code: &str| Outcome::Held { number, code: code.into() };
    assert_eq!(answers[0], [held(before + 1, "not_granted"), held(before + 2, "ancestor_held")]);
    let third = alice.edit_household(household, "三幢");
    assert_eq!(town.admit_one(&alice, third), held(before + 3, "ancestor_held"));
    assert_eq!(town.admit_one(&alice, first), held(before + 1, "not_granted"));

    let mut store = town.reopen();
    let read = store.snapshot().unwrap();
    assert_eq!(read.document(&household).unwrap(), None);
    let own = read.own_numbers(&alice.device(), 0, u64::MAX >> 1, 9).unwrap();
    // The grant, and the three verdicts.
    assert_eq!(own, [before, before + 1, before + 2, before + 3]);
    let verdict = read.entry(before + 1).unwrap().unwrap();
    let key = keting_trust::Signer::public_key(&town.city.issuing).clone();
    let verdict = SignedVerdict::open(&verdict.record, &key).unwrap();
    assert_eq!(verdict.record.commit.device, alice.device());
    assert!(read.device(&alice.device()).unwrap().unwrap().held_bytes > 0);
}

#[test]
fn a_role_that_may_not_write_something_is_held() {
    let mut town = Town::new();
    let unit = town.region(UNIT);
    let mut steward = town.person("steward", UNIT);
    let (_, commit) = steward.add_household(unit);
    assert!(matches!(
        town.admit_one(&steward, commit),
        Outcome::Held { code, .. } if code == "not_granted"
    ));
}

#[test]
fn an_expired_grant_is_held_as_expired() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, commit) = alice.add_household(region);
    let push = alice.push(vec![commit]);
    let late = NOW_MS + 400 * 24 * 60 * 60 * 1000;
    let batch = town.admission.admit(&mut town.store, &town.city, &[push], late).unwrap();
    assert!(matches!(&batch.answers[0][0], Outcome::Held { code, .. } if code == "expired"));
}

#[test]
fn a_position_that_the_log_never_had_is_held() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let here = town.read().head().unwrap().unwrap().cursor().position();
    let faults: [fn(&mut Position); 3] =
        [|seen| seen.number += 1, |seen| seen.chain[7] ^= 1, |seen| seen.generation += 1];
    for fault in faults {
        alice.seen = here;
        fault(&mut alice.seen);
        let (household, commit) = alice.add_household(region);
        let child = alice.edit_household(household, "二幢");
        let answers = town.admit(&[alice.push(vec![commit, child])]);
        let codes: Vec<_> = answers[0].iter().map(held_code).collect();
        assert_eq!(codes, ["position_unknown", "ancestor_held"]);
    }
    alice.seen = here;
    let (_, commit) = alice.add_household(region);
    assert!(matches!(town.admit_one(&alice, commit), Outcome::Admitted { .. }));
}

#[test]
fn a_commit_that_claims_less_than_its_device_had_confirmed_before_it_is_held() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let before = alice.seen;
    let (_, made_before) = alice.add_household(region);
    let cursor = town.read().head().unwrap().unwrap().cursor();
    town.confirm(&alice, cursor);
    let (_, behind) = alice.add_household(region);
    alice.seen = cursor.position();
    let (_, after) = alice.add_household(region);
    // A copied or restored file is another life, which never confirmed anything.
    alice.seen = before;
    alice.incarnation = keting_trust::Incarnation::new([9; 8]);
    let (_, of_another_life) = alice.add_household(region);
    let push = alice.push(vec![made_before, behind, after, of_another_life]);
    let answers = town.admit(&[push]).remove(0);
    assert_eq!(held_code(&answers[1]), "position_behind");
    for admitted in [0, 2, 3] {
        assert!(matches!(answers[admitted], Outcome::Admitted { .. }), "{answers:?}");
    }
}

#[test]
fn what_the_guard_is_against_is_held_with_the_guards_code_whatever_else_is_wrong() {
    let mut town = Town::new();
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    alice.seen.number = 1_000;
    let household = keting_model::DocumentId::from_random(DocumentKind::Household, [3; 14]);
    let lacking = vec![Op::Put { key: "address".into(), value: Value::from("一幢") }];
    let lacking = alice.write("household.add", vec![(household, lacking)]);
    assert_eq!(held_code(&town.admit_one(&alice, lacking)), "incomplete");
}

#[test]
fn what_a_newer_app_made_is_kept_and_held_with_what_builds_on_it() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    let before = town.number();
    alice.rule_version += 1;
    // A key that only the newer rules know.
    let ops = vec![Op::Put { key: "of_tomorrow".into(), value: Value::from("一") }];
    let newer = alice.write("household.of_tomorrow", vec![(household, ops)]);
    alice.rule_version -= 1;
    let child = alice.edit_household(household, "二幢");
    let answers = town.admit(&[alice.push(vec![first, newer.clone(), child])]).remove(0);
    assert_eq!(answers[0], Outcome::Admitted { number: before + 1 });
    assert_eq!(held_code(&answers[1]), "needs_newer_app");
    assert_eq!(held_code(&answers[2]), "ancestor_held");
    assert_eq!(town.admit_one(&alice, newer), answers[1]);
    assert!(town.read().device(&alice.device()).unwrap().unwrap().held_bytes > 0);
    assert_eq!(town.read().document(&household).unwrap().unwrap().change_count, 1);
}

#[test]
fn a_device_that_floods_is_stopped_until_the_next_day_and_the_others_go_on() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bob = town.person("micro_grid_head", HEAD_REGION);
    let commits: Vec<_> = (0..10).map(|_| alice.add_household(region).1).collect();
    let bytes = |commit: &PushedCommit| (commit.signed.len() + commit.parts[0].change.len()) as u64;
    let three: u64 = commits[..3].iter().map(bytes).sum();
    town.set_device(&alice, |row| StoredDevice {
        day: NOW_MS / DAY_MS,
        day_bytes: DEVICE_DAY_BYTES_MAX - three,
        ..row
    });
    let (_, of_bob) = bob.add_household(region);
    let answers = town.admit(&[alice.push(commits.clone()), bob.push(vec![of_bob])]);
    let (admitted, refused) = answers[0].split_at(3);
    assert!(admitted.iter().all(|answer| matches!(answer, Outcome::Admitted { .. })));
    assert!(refused.iter().all(|answer| *answer == Outcome::Refused { code: "quota_exceeded" }));
    assert!(matches!(answers[1][0], Outcome::Admitted { .. }));
    let again = town.admit_one(&alice, commits[3].clone());
    assert_eq!(again, Outcome::Refused { code: "quota_exceeded" });

    let push = [alice.push(commits)];
    let tomorrow = NOW_MS + DAY_MS;
    let batch = town.admission.admit(&mut town.store, &town.city, &push, tomorrow).unwrap();
    assert!(batch.answers[0].iter().all(|answer| matches!(answer, Outcome::Admitted { .. })));
}

#[test]
fn a_device_that_has_too_much_held_may_have_nothing_more_held_but_works_on() {
    let mut town = Town::new();
    let (region, elsewhere) = (town.region(HEAD_REGION), town.region(OTHER_REGION));
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    town.set_device(&alice, |row| StoredDevice { held_bytes: DEVICE_HELD_BYTES_MAX, ..row });
    let before = town.number();
    let (_, not_granted) = alice.add_household(elsewhere);
    let refused = Outcome::Refused { code: "quota_exceeded" };
    assert_eq!(town.admit_one(&alice, not_granted), refused);
    assert_eq!(town.number(), before);
    let (_, granted) = alice.add_household(region);
    assert!(matches!(town.admit_one(&alice, granted), Outcome::Admitted { .. }));
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
fn a_change_that_is_not_what_its_operations_make_is_held_with_the_guards_code() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, mut commit) = alice.add_household(region);
    let actor = keting_model::ActorId::new([1; 10]);
    let stamp = keting_model::Stamp { actor, ..alice.stamp() };
    commit.parts[0].change[20] ^= 1;
    let bent = alice.sign("household.add", &stamp, commit.parts);
    assert!(matches!(
        town.admit_one(&alice, bent),
        Outcome::Held { code, .. } if code == "malformed"
    ));
    let household = keting_model::DocumentId::from_random(DocumentKind::Household, [3; 14]);
    let lacking = vec![Op::Put { key: "address".into(), value: Value::from("一幢") }];
    let lacking = alice.write("household.add", vec![(household, lacking)]);
    assert!(
        matches!(town.admit_one(&alice, lacking), Outcome::Held { code, .. } if code == "incomplete")
    );
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
fn documents_of_an_unknown_kind_are_kept_unread_under_a_grant_that_names_the_kind() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bytes = [0xee; 16];
    bytes[..2].copy_from_slice(&900_u16.to_be_bytes());
    let document = keting_model::DocumentId::new(bytes);
    let opaque = |alice: &mut Person, command: u8| {
        let command_id = keting_model::CommandId::new([command; 8]);
        let stamp = keting_model::Stamp { command: command_id, ..alice.stamp() };
        let part = Part { salt: [1; 16], document, change: vec![command; 40] };
        alice.sign("case.add", &stamp, vec![part])
    };
    let first = opaque(&mut alice, 1);
    assert!(
        matches!(town.admit_one(&alice, first), Outcome::Held { code, .. } if code == "not_granted")
    );

    let stored = town.read().grant(&alice.grant).unwrap().unwrap();
    let mut grant = keting_trust::SignedGrant::read_stored(&stored.bytes).unwrap().grant;
    let access = keting_trust::KindAccess { kind: 900, read: true, write: true, own_only: false };
    grant.kinds.push(access);
    grant.id = [5; 16];
    let grant = keting_trust::SignedGrant::issue(grant, &town.city.issuing).unwrap();
    let mut transaction = crate::store::ServerStore::begin(&mut town.store).unwrap();
    crate::init::log_grant(&mut *transaction, &grant).unwrap();
    transaction.commit().unwrap();
    let second = opaque(&mut alice, 2);
    let answer = town.admit_one(&alice, second);
    assert!(matches!(answer, Outcome::Admitted { .. }), "{answer:?}");
    assert_eq!(town.read().document(&document).unwrap().unwrap().home, region);
    assert_eq!(town.read().document_parts(&document, 0, 99, 99).unwrap()[0].1.change, vec![2; 40]);
}

fn held_code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Held { code, .. } => code,
        Outcome::Admitted { .. } | Outcome::Refused { .. } => panic!("{outcome:?}"),
    }
}
