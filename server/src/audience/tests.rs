use keting_sync::Entry;
use keting_trust::{RecordKind, SignedCommit};

use super::log::NUMBERS_AT_ONCE;
use super::*;
use crate::admission::Outcome;
use crate::store::ServerStore as _;
use crate::testing::{
    CITY_TIME, GRID, HEAD_REGION, NOW_MS, OTHER_REGION, Person, Town, UNIT, VILLAGE,
};

#[test]
fn a_head_gets_what_lives_in_his_micro_grid_and_nothing_of_his_neighbours() {
    let mut story = Story::new();
    let (mine, other) = (story.town.region(HEAD_REGION), story.town.region(OTHER_REGION));
    let (_, here) = story.alice.add_household(mine);
    let (_, there) = story.bob.add_household(other);
    admit(&mut story.town, &story.alice, here);
    let number = admit(&mut story.town, &story.bob, there);
    let (alice, bob) = (story.tail(&story.alice.device()), story.tail(&story.bob.device()));
    assert_eq!(commits(&alice).len(), 1);
    assert_eq!(commits(&bob), [number]);
}

#[test]
fn what_a_device_may_read_is_worked_out_anew_when_a_grant_begins_or_ends_also_backwards() {
    let story = Story::new();
    let device = story.alice.device();
    let mut store = story.town.reopen();
    let read = store.snapshot().unwrap();
    let head = read.head().unwrap().unwrap();
    let mut book = Book::default();
    book.refresh(&*read, &head).unwrap();
    let (issued_at_ms, expires_at_ms) = {
        let rights = book.rights(&*read, &story.town.city, &device).unwrap();
        let grant = rights.live(NOW_MS).next().unwrap();
        (grant.issued_at_ms, grant.expires_at_ms)
    };
    let (early, late) = (issued_at_ms - 1, expires_at_ms);
    for (at_ms, is_empty, others) in [
        (early, true, [issued_at_ms, NOW_MS, late]),
        (NOW_MS, false, [early, late, late + 1]),
        (late, true, [early, issued_at_ms, NOW_MS]),
    ] {
        let city = &story.town.city;
        let coverage = Coverage::of(&*read, &head, &mut book, city, &device, at_ms).unwrap();
        assert_eq!(coverage.is_empty(), is_empty);
        assert!(coverage.is_current(&head, at_ms));
        assert_eq!(others.map(|other| coverage.is_current(&head, other)), [false; 3]);
    }
}

#[test]
fn a_reader_sees_the_regions_below_and_above_his_own_and_whose_grants_reach_him() {
    let mut story = Story::new();
    let officer = story.town.person("village_officer", VILLAGE);
    let steward = story.town.person("steward", UNIT);
    let records = |entries: &[Entry]| {
        entries.iter().filter(|entry| entry.kind == RecordKind::Grant.code()).count()
    };
    // Root's and the server's own grant, alice's, the officer's, the steward's; not bob's.
    let alice = story.tail(&story.alice.device());
    assert_eq!(records(&alice), 5);
    let regions = |device: DeviceId| {
        let mut store = story.town.reopen();
        let read = store.snapshot().unwrap();
        let coverage = coverage(&story.town, &*read, &device);
        FirstSync::plan(&*read, &coverage, read.head().unwrap().unwrap().cursor())
            .unwrap()
            .region_count()
    };
    // The city, town, village, one grid, the micro-grid, its unit; not the other grid's two.
    assert_eq!(regions(story.alice.device()), 6);
    assert_eq!(regions(steward.device()), 6);
    assert_eq!(regions(officer.device()), 8);
}

#[test]
fn a_first_sync_brings_one_micro_grid_after_the_other_in_the_order_of_the_tree() {
    // In a city whose regions' ids lie in another order than the regions.
    let in_order = [HEAD_REGION, UNIT, OTHER_REGION];
    let is_against_it =
        |town: &Town| !in_order.map(|code| town.region(code)).is_sorted_by(|a, b| a < b);
    let mut story = Story::of((1..).map(Town::seeded).find(is_against_it).unwrap());
    let (unit, other) = (story.town.region(UNIT), story.town.region(OTHER_REGION));
    let mine = story.town.region(HEAD_REGION);
    let mut homes = std::collections::BTreeMap::new();
    for _ in 0..6 {
        for region in [other, mine, unit] {
            let person = if region == other { &mut story.bob } else { &mut story.alice };
            let (household, commit) = person.add_household(region);
            homes.insert(household, region);
            admit(&mut story.town, person, commit);
        }
    }
    let officer = story.town.person("village_officer", VILLAGE);
    for bytes_max in [1, 3_000, 1 << 20] {
        let entries = story.first_sync(&officer.device(), bytes_max);
        let mut order: Vec<DocumentId> = entries
            .iter()
            .flat_map(|entry| &entry.parts)
            .filter_map(|part| homes.get(&part.document).copied())
            .collect();
        assert_eq!(order.len(), homes.len());
        order.dedup();
        assert_eq!(order, [mine, unit, other], "pages of {bytes_max} bytes");
    }
}

#[test]
fn a_steward_gets_no_private_part_and_only_his_own_visits() {
    let mut town = Town::new();
    let unit = town.region(UNIT);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut steward = town.person("steward", UNIT);
    let (household, commit) = alice.add_household(unit);
    let private = with_id_number(&mut alice, household);
    let visit = alice.add_visit(household);
    for commit in [commit, private, visit] {
        admit(&mut town, &alice, commit);
    }
    steward.receive(&alice, &household);
    let own = steward.add_visit(household);
    let number = admit(&mut town, &steward, own);

    let story = Story { bob: town.person("micro_grid_head", OTHER_REGION), alice, town };
    let tail = story.tail(&steward.device());
    let kinds = parts(&tail);
    assert_eq!(kinds.iter().filter(|kind| **kind == DocumentKind::HouseholdPrivate).count(), 0);
    assert_eq!(kinds.iter().filter(|kind| **kind == DocumentKind::HouseholdVisits).count(), 1);
    assert_eq!(tail.last().map(|entry| entry.number), Some(number));
    let first = story.first_sync(&steward.device(), 1 << 20);
    let visits =
        parts(&first).iter().filter(|kind| **kind == DocumentKind::HouseholdVisits).count();
    assert_eq!((visits, parts(&first).contains(&DocumentKind::HouseholdPrivate)), (1, false));

    // The head reads the steward's visit too.
    let mine = story.tail(&story.alice.device());
    assert_eq!(
        parts(&mine).iter().filter(|kind| **kind == DocumentKind::HouseholdVisits).count(),
        2
    );
}

#[test]
fn a_commit_over_several_documents_comes_with_the_parts_a_reader_may_have() {
    let mut town = Town::new();
    let unit = town.region(UNIT);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let steward = town.person("steward", UNIT);
    let (household, first) = alice.add_household(unit);
    admit(&mut town, &alice, first);
    let both = resident_with_id_number(&mut alice, household);
    assert_eq!(both.parts.len(), 2);
    let number = admit(&mut town, &alice, both);
    let story = Story { bob: town.person("micro_grid_head", OTHER_REGION), alice, town };
    let tail = story.tail(&steward.device());
    let entry = tail.iter().find(|entry| entry.number == number).unwrap();
    assert_eq!(entry.parts.len(), 1);
    let commit = SignedCommit::open(&entry.record).unwrap();
    assert_eq!(commit.body.entries.len(), 2);
    assert!(commit.find(&entry.parts[0]).is_some());
}

#[test]
fn a_verdict_goes_to_its_author_alone() {
    let mut story = Story::new();
    let elsewhere = story.town.region(OTHER_REGION);
    let (_, commit) = story.alice.add_household(elsewhere);
    let push = story.alice.push(vec![commit]);
    let answers = story.town.admit(&[push]);
    let Outcome::Held { number, .. } = answers[0][0] else { panic!("{answers:?}") };
    let has = |device: DeviceId| story.tail(&device).iter().any(|entry| entry.number == number);
    assert!(has(story.alice.device()));
    assert!(!has(story.bob.device()));
}

#[test]
fn seeking_by_region_and_looking_through_the_numbers_find_the_same() {
    let mut story = Story::new();
    let (mine, other) = (story.town.region(HEAD_REGION), story.town.region(OTHER_REGION));
    for _ in 0..40 {
        let (_, here) = story.alice.add_household(mine);
        let (_, there) = story.bob.add_household(other);
        admit(&mut story.town, &story.alice, here);
        admit(&mut story.town, &story.bob, there);
    }
    let device = story.alice.device();
    let whole: Vec<u64> = story.tail(&device).iter().map(|entry| entry.number).collect();
    let mut store = story.town.reopen();
    let read = store.snapshot().unwrap();
    let coverage = coverage(&story.town, &*read, &device);
    let head = story.town.number();
    for step in [1, 7, head] {
        let mut found = Vec::new();
        let mut after = 0;
        while after < head {
            let until = (after + step).min(head);
            let page = entries_after(&*read, &coverage, after, until, 1 << 20).unwrap();
            assert_eq!(page.up_to, until);
            found.extend(page.entries.iter().map(|entry| entry.number));
            after = until;
        }
        assert_eq!(found, whole, "step {step}");
    }
    // With hardly any room, one entry at a time.
    let mut found = Vec::new();
    let mut after = 0;
    while after < head {
        let page = entries_after(&*read, &coverage, after, head, 1).unwrap();
        assert!(page.entries.len() <= 1 && page.up_to > after);
        found.extend(page.entries.iter().map(|entry| entry.number));
        after = page.up_to;
    }
    assert_eq!(found, whole);
}

#[test]
fn an_audience_of_more_numbers_than_are_looked_up_at_once_gets_every_one() {
    // One audience with many numbers beside another with few, and numbers of the reader's own: what
    // one answer does not reach may be told by no other.
    const MANY: u64 = 3 * NUMBERS_AT_ONCE as u64;
    let mut story = Story::new();
    let [mine, unit, other] = [HEAD_REGION, UNIT, OTHER_REGION]
        .map(|code| AudienceKey { region: story.town.region(code), kind: RECORDS_KIND });
    let (alice, before) = (story.alice.device(), story.town.number());
    let mut transaction = story.town.store.begin().unwrap();
    let mut expected = Vec::new();
    for place in 0..MANY {
        let number = transaction.append(RecordKind::Decision, &place.to_be_bytes()).unwrap().number;
        match place % 10 {
            0 => transaction.put_audience(number, &unit),
            1 => transaction.put_audience(number, &other),
            2..=5 => transaction.put_own(number, &alice),
            _ => transaction.put_audience(number, &mine),
        }
        .unwrap();
        expected.extend((place % 10 != 1).then_some(number));
    }
    transaction.commit().unwrap();
    let tail: Vec<u64> = story.tail(&alice).iter().map(|entry| entry.number).collect();
    let new = tail.partition_point(|number| *number <= before);
    assert_eq!(tail[new..], expected);
    let first_sync = story.first_sync(&alice, 1 << 30);
    let records = first_sync.iter().filter(|entry| entry.number > before);
    assert_eq!(records.map(|entry| entry.number).collect::<Vec<_>>(), expected);
}

#[test]
fn a_first_sync_in_small_pages_gives_what_one_large_page_gives() {
    let mut story = Story::new();
    let (mine, unit) = (story.town.region(HEAD_REGION), story.town.region(UNIT));
    for index in 0..12 {
        let (household, commit) =
            story.alice.add_household(if index % 2 == 0 { mine } else { unit });
        let edit = story.alice.edit_household(household, "二幢");
        let visit = story.alice.add_visit(household);
        for commit in [commit, edit, visit] {
            admit(&mut story.town, &story.alice, commit);
        }
    }
    let device = story.alice.device();
    let large = story.first_sync(&device, 1 << 30);
    for bytes_max in [1, 700, 5_000] {
        assert_eq!(story.first_sync(&device, bytes_max), large, "{bytes_max}");
    }
    let documents = parts(&large).len();
    assert_eq!(documents, 6 + 2 * 12);
    // A grid worker has no micro-grid of his own; the same documents come in the last phase.
    let worker = story.town.person("grid_worker", GRID);
    assert_eq!(parts(&story.first_sync(&worker.device(), 2_000)).len(), documents);
}

struct Story {
    town: Town,
    alice: Person,
    bob: Person,
}

impl Story {
    fn new() -> Self {
        Self::of(Town::new())
    }

    fn of(mut town: Town) -> Self {
        let alice = town.person("micro_grid_head", HEAD_REGION);
        let bob = town.person("micro_grid_head", OTHER_REGION);
        Self { town, alice, bob }
    }

    fn tail(&self, device: &DeviceId) -> Vec<Entry> {
        let mut store = self.town.reopen();
        let read = store.snapshot().unwrap();
        let coverage = coverage(&self.town, &*read, device);
        let page = entries_after(&*read, &coverage, 0, self.town.number(), 1 << 30).unwrap();
        assert_eq!(page.up_to, self.town.number());
        page.entries
    }

    fn first_sync(&self, device: &DeviceId, bytes_max: usize) -> Vec<Entry> {
        let mut store = self.town.reopen();
        let read = store.snapshot().unwrap();
        let coverage = coverage(&self.town, &*read, device);
        let at = read.head().unwrap().unwrap().cursor();
        let mut entries = Vec::new();
        let mut position = None;
        loop {
            // Planned anew for each page, as after a cut.
            let plan = FirstSync::plan(&*read, &coverage, at).unwrap();
            let page = plan.page(&*read, &coverage, position.as_ref(), bytes_max).unwrap();
            entries.extend(page.entries);
            assert!(page.done <= page.total);
            if page.finished {
                assert_eq!(page.done, page.total);
                return entries;
            }
            position = Some(page.position);
        }
    }
}

fn coverage(town: &Town, read: &dyn ServerRead, device: &DeviceId) -> Coverage {
    let head = read.head().unwrap().unwrap();
    let mut book = Book::default();
    book.refresh(read, &head).unwrap();
    Coverage::of(read, &head, &mut book, &town.city, device, NOW_MS).unwrap()
}

fn admit(town: &mut Town, person: &Person, commit: crate::admission::PushedCommit) -> u64 {
    match town.admit_one(person, commit) {
        Outcome::Admitted { number } => number,
        other => panic!("{other:?}"),
    }
}

fn commits(entries: &[Entry]) -> Vec<u64> {
    let commits = entries.iter().filter(|entry| {
        entry.parts.iter().any(|part| part.document.kind() != Some(DocumentKind::Region))
    });
    commits.map(|entry| entry.number).collect()
}

fn parts(entries: &[Entry]) -> Vec<DocumentKind> {
    let mut seen: Vec<(DocumentId, DocumentKind)> = entries
        .iter()
        .flat_map(|entry| &entry.parts)
        .map(|part| (part.document, part.document.kind().unwrap()))
        .collect();
    // One for each document, except for visits, whose changes are counted.
    let mut documents = std::collections::BTreeSet::new();
    seen.retain(|(id, kind)| documents.insert(*id) || *kind == DocumentKind::HouseholdVisits);
    seen.into_iter().map(|(_, kind)| kind).collect()
}

fn with_id_number(person: &mut Person, household: DocumentId) -> crate::admission::PushedCommit {
    resident_with_id_number(person, household)
}

fn resident_with_id_number(
    person: &mut Person,
    household: DocumentId,
) -> crate::admission::PushedCommit {
    use keting_model::command::Command;
    use keting_model::fields::Fields;
    use keting_model::household::{HouseholdCommand, NewResident};
    let seed = person.documents.values().map(|document| document.heads().len()).sum::<usize>();
    let id =
        |base: u8| keting_model::ItemId::new([base.wrapping_add(u8::try_from(seed).unwrap()); 8]);
    let resident = NewResident {
        resident: id(40),
        fact: id(80),
        fields: Fields::new()
            .with("name", "赵六")
            .with("relation", "spouse")
            .with("id_number", "990481198001011234"),
    };
    let time = CITY_TIME;
    person.commit(&Command::Household(HouseholdCommand::AddResident { household, resident, time }))
}
