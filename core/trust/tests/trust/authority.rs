//! What a grant lets its holder do, within its regions, by the server's clock.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::role::{Family, Reach, Role};
use keting_model::{DocumentId, DocumentKind};
use keting_trust::{Denied, Grant, KindAccess, check_live, covers, covers_write, may_read};

use crate::samples::{
    alice, grant, head_grant, issuing_grant, region, server, steward_grant, tree,
};

fn write(grant: &Grant, home: u8, kind: DocumentKind, family: Family) -> Result<(), Denied> {
    covers_write(grant, &tree(), &region(home), kind, &BTreeSet::from([family]))
}

fn of(role: Role, at: u8) -> Grant {
    grant(&server(), &alice(), role, &[at])
}

#[test]
fn a_grant_covers_its_region_and_all_below_but_nothing_above_or_beside() {
    let head = head_grant().grant;
    let covered = [1, 2, 3, 4, 5, 20, 40].map(|at| covers(&head, &tree(), &region(at)));
    assert_eq!(covered, [false, false, false, true, true, false, false]);
    let town = of(Role::TownOfficer, 1);
    assert!([1, 2, 3, 4, 5, 20, 40].iter().all(|at| covers(&town, &tree(), &region(*at))));
    assert!(!covers(&town, &tree(), &region(99)));
    assert!(covers(&issuing_grant().grant, &tree(), &region(99)));
}

#[test]
fn a_moved_region_takes_its_authority_with_it() {
    let village = of(Role::VillageOfficer, 20);
    assert!(!covers(&village, &tree(), &region(5)));
    let mut redrawn = tree();
    redrawn.insert(region(4), region(20));
    assert!(covers(&village, &redrawn, &region(5)));
}

#[test]
fn a_cycle_of_regions_ends_and_covers_nothing_outside_itself() {
    let cycle = BTreeMap::from([(region(6), region(7)), (region(7), region(6))]);
    assert!(!covers(&head_grant().grant, &cycle, &region(6)));
    assert!(covers(&of(Role::MicroGridHead, 7), &cycle, &region(6)));
}

#[test]
fn a_tree_deeper_than_any_city_is_not_followed_to_its_end() {
    let deep: BTreeMap<DocumentId, DocumentId> =
        (0..20).map(|at| (region(at), region(at + 1))).collect();
    assert!(covers(&of(Role::TownOfficer, 7), &deep, &region(0)));
    assert!(!covers(&of(Role::TownOfficer, 8), &deep, &region(0)));
}

#[test]
fn a_head_keeps_the_roster_of_the_own_micro_grid_only() {
    let head = head_grant().grant;
    for (kind, family) in [
        (DocumentKind::Household, Family::Household),
        (DocumentKind::Household, Family::Resident),
        (DocumentKind::HouseholdPrivate, Family::Private),
        (DocumentKind::HouseholdVisits, Family::Visit),
    ] {
        assert_eq!(write(&head, 4, kind, family), Ok(()));
        assert_eq!(write(&head, 5, kind, family), Ok(()));
        assert_eq!(write(&head, 40, kind, family), Err(Denied::OutsideRegions));
    }
    assert_eq!(write(&head, 5, DocumentKind::Region, Family::Region), Err(Denied::Role));
}

#[test]
fn a_steward_writes_visits_and_needs_and_no_resident() {
    let steward = steward_grant().grant;
    let households = DocumentKind::Household;
    assert_eq!(write(&steward, 5, DocumentKind::HouseholdVisits, Family::Visit), Ok(()));
    assert_eq!(write(&steward, 5, households, Family::Need), Ok(()));
    assert_eq!(write(&steward, 5, households, Family::Resident), Err(Denied::Role));
    let both = BTreeSet::from([Family::Need, Family::Resident]);
    let result = covers_write(&steward, &tree(), &region(5), households, &both);
    assert_eq!(result, Err(Denied::Role));
}

#[test]
fn a_grant_narrows_what_its_role_may_write_and_read() {
    let mut head = head_grant().grant;
    let access = |read, own_only| KindAccess { kind: 4, read, write: false, own_only };
    head.kinds = vec![access(true, true)];
    let visits = DocumentKind::HouseholdVisits;
    assert_eq!(write(&head, 4, DocumentKind::Household, Family::Household), Err(Denied::Kind));
    assert_eq!(write(&head, 4, visits, Family::Visit), Err(Denied::Kind));
    assert_eq!(may_read(&head, visits), Some(Reach::OwnOnly));
    assert_eq!(may_read(&head, DocumentKind::Household), None);
    head.kinds = vec![access(true, false)];
    assert_eq!(may_read(&head, visits), Some(Reach::Whole));
}

#[test]
fn a_grant_never_widens_what_its_role_may_read() {
    let mut steward = steward_grant().grant;
    let kinds = DocumentKind::ALL.map(DocumentKind::code);
    let all = |kind| KindAccess { kind, read: true, write: true, own_only: false };
    steward.kinds = kinds.map(all).to_vec();
    assert_eq!(may_read(&steward, DocumentKind::HouseholdPrivate), None);
    assert_eq!(may_read(&steward, DocumentKind::HouseholdVisits), Some(Reach::OwnOnly));
    let private = write(&steward, 5, DocumentKind::HouseholdPrivate, Family::Private);
    assert_eq!(private, Err(Denied::Role));
}

#[test]
fn an_issuing_key_passes_on_every_kind_and_reads_no_household_itself() {
    let issuing = issuing_grant().grant;
    assert_eq!(may_read(&issuing, DocumentKind::Region), Some(Reach::Whole));
    assert_eq!(may_read(&issuing, DocumentKind::Household), None);
    let roster = write(&issuing, 4, DocumentKind::Household, Family::Household);
    assert_eq!(roster, Err(Denied::Role));
    for family in [Family::City, Family::Region] {
        assert_eq!(write(&issuing, 1, DocumentKind::Region, family), Ok(()));
    }
}

#[test]
fn an_administrator_writes_the_city_and_its_towns_and_no_region_below() {
    let administrator = grant(&server(), &alice(), Role::Administrator, &[]);
    let region = |family| write(&administrator, 1, DocumentKind::Region, family);
    assert_eq!(region(Family::City), Ok(()));
    assert_eq!(region(Family::Region), Err(Denied::Role));
    let officer = of(Role::TownOfficer, 1);
    assert_eq!(write(&officer, 2, DocumentKind::Region, Family::Region), Ok(()));
    assert_eq!(write(&officer, 2, DocumentKind::Region, Family::City), Err(Denied::Role));
}

#[test]
fn an_administrator_reads_no_roster_though_the_grant_passes_its_kinds_on() {
    let administrator = grant(&server(), &alice(), Role::Administrator, &[]);
    assert!(!administrator.is_of_city());
    for kind in DocumentKind::ALL {
        assert!(administrator.access(kind.code()).is_some_and(|access| access.write), "{kind:?}");
        let reach = may_read(&administrator, kind);
        assert_eq!(reach.is_some(), kind == DocumentKind::Region, "{kind:?}");
    }
}

#[test]
fn an_officer_writes_the_regions_below_the_own_one_but_not_that_one() {
    let village = of(Role::VillageOfficer, 2);
    let region_at = |at| write(&village, at, DocumentKind::Region, Family::Region);
    assert_eq!(region_at(3), Ok(()));
    assert_eq!(region_at(5), Ok(()));
    assert_eq!(region_at(2), Err(Denied::OutsideRegions));
    assert_eq!(region_at(1), Err(Denied::OutsideRegions));
    assert_eq!(region_at(99), Err(Denied::OutsideRegions));
}

#[test]
fn a_grant_is_good_from_its_first_instant_and_not_at_its_last() {
    let head = head_grant().grant;
    let at = |now_ms| check_live(&head, now_ms);
    assert_eq!(at(head.issued_at_ms), Ok(()));
    assert_eq!(at(head.issued_at_ms - 1), Err(Denied::NotYetValid));
    assert_eq!(at(head.expires_at_ms - 1), Ok(()));
    assert_eq!(at(head.expires_at_ms), Err(Denied::Expired));
    assert_eq!(at(u64::MAX), Err(Denied::Expired));
}

#[test]
fn what_a_role_may_have_is_what_its_grant_states() {
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
        let grant = of(role, 1);
        for (kind, reach) in role.reads() {
            assert_eq!(may_read(&grant, *kind), Some(*reach), "{role:?} {kind:?}");
        }
    }
}
