//! While somebody else judges what one device pushed, the core answers the others.

use std::sync::{Arc, Mutex};

use super::*;
use crate::admission::Admission;
use crate::store::sqlite::SqliteStore;

#[test]
fn while_a_push_is_judged_others_enrol_read_and_are_answered_and_it_is_told_nothing() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let judge = Judge::of(&mut world);
    let region = world.region(HEAD_REGION);
    let (household, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.run(&mut [&mut alice], None);
    assert!(world.server.is_admitting() && alice.answers.is_empty());
    assert_eq!(judge.waiting(), 1);

    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    assert!(!bob.documents().contains(&household));
    world.hang_up(&mut bob);
    world.call(&mut bob);
    world.settle(&mut [&mut bob]);
    // What else is pushed waits its turn.
    let (_, second) = bob.person().add_household(region);
    bob.queue(second);
    world.run(&mut [&mut alice, &mut bob], None);
    assert_eq!((judge.waiting(), alice.answers.len(), bob.answers.len()), (1, 0, 0));

    judge.judge_next(&mut world);
    world.run(&mut [&mut alice, &mut bob], None);
    assert!(matches!(alice.answers[0].outcome, Outcome::Admitted { .. }));
    assert!(bob.documents().contains(&household) && bob.answers.is_empty());
    judge.judge_next(&mut world);
    world.settle(&mut [&mut alice, &mut bob]);
    assert!(matches!(bob.answers[0].outcome, Outcome::Admitted { .. }));
    assert!(!world.server.is_admitting());
    world.verify();
}

#[test]
fn a_store_that_fails_while_it_judges_ends_the_sessions_concerned_and_no_others() {
    let mut world = World::new();
    let mut alice = world.enrol("micro_grid_head", HEAD_REGION, 1);
    let mut bob = world.enrol("micro_grid_head", HEAD_REGION, 2);
    let judge = Judge::of(&mut world);
    let region = world.region(HEAD_REGION);
    let (_, commit) = alice.person().add_household(region);
    alice.queue(commit);
    world.run(&mut [&mut alice, &mut bob], None);
    judge.groups.lock().unwrap().clear();
    world.server.handle_admitted(Err(StoreError::Empty), world.now_ms);
    world.run(&mut [&mut alice, &mut bob], None);
    let closed = |device: &Device| world.server.is_closed(device.connection.unwrap());
    assert!(closed(&alice) && !closed(&bob));
    assert!(alice.answers.is_empty() && !world.server.is_admitting());
}

/// Somebody who judges when they are told to, through their own way into the store.
struct Judge {
    groups: Arc<Mutex<Vec<Group>>>,
}

struct Desk(Arc<Mutex<Vec<Group>>>);

impl Admitter for Desk {
    fn begin(&mut self, group: Group) {
        self.0.lock().unwrap().push(group);
    }
}

impl Judge {
    fn of(world: &mut World) -> Self {
        let groups = Arc::new(Mutex::new(Vec::new()));
        world.server.admit_through(Box::new(Desk(groups.clone())));
        Self { groups }
    }

    fn waiting(&self) -> usize {
        self.groups.lock().unwrap().len()
    }

    fn judge_next(&self, world: &mut World) {
        let group = self.groups.lock().unwrap().remove(0);
        let mut store = SqliteStore::open(&store_path(world.dir.path())).unwrap();
        let city = crate::city::City::read(&*store.snapshot().unwrap()).unwrap();
        let judged = Admission::new(1).admit(&mut store, &city, &group.pushes, group.unix_ms);
        world.server.handle_admitted(judged, world.now_ms);
    }
}
