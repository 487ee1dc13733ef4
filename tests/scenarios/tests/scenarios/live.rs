//! Screens that keep themselves up to date, beside a real server.

use keting::commands::HouseholdCommand;
use keting::views::{HouseholdRow, Households};
use keting::{Answer, Command, Fields, Phase, Query, parts};
use keting_model::DocumentId;
use keting_scenarios::app::{App, next, sync_status, wait};
use keting_scenarios::city::{City, GRID, MICRO_GRID};

#[test]
fn a_live_list_shows_what_a_colleague_enters_while_syncing_goes_on() {
    let city = City::start();
    let alice = app(&city);
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    bob.sync();
    let live = alice.keting.live(Query::Households(Households::default()));
    assert_eq!(households(next(&live)), []);
    alice.keting.start_sync().unwrap();
    let household = bob.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    bob.sync();
    let shown = households(next(&live));
    assert_eq!(shown.iter().map(|one| one.id).collect::<Vec<_>>(), [household]);
    wait(alice.keting.close()).unwrap();
    assert_eq!(wait(live.next()).unwrap(), None);
}

#[test]
fn a_status_never_says_up_to_date_while_something_waits_and_says_why_it_does() {
    let mut city = City::start();
    let alice = app(&city);
    let household = entered_by_a_colleague(&city);
    alice.sync();
    let live = alice.keting.live(Query::Sync);
    alice.keting.start_sync().unwrap();
    let until = |is_so: &dyn Fn(&Phase) -> bool| {
        loop {
            let status = sync_status(next(&live));
            assert!(status.phase != Phase::UpToDate || status.waiting == 0, "{status:?}");
            if is_so(&status.phase) {
                return status;
            }
        }
    };
    let first = until(&|phase| *phase == Phase::UpToDate);
    assert!(first.as_of_ms.is_some() && first.oldest_waiting.is_none());

    city.stop();
    until(&|phase| matches!(phase, Phase::Offline { code, .. } if code != "sync_stopped"));
    edit(&alice, household);
    let waiting = alice.status();
    assert_eq!((waiting.waiting, waiting.oldest_waiting.is_some()), (1, true));
    assert!(matches!(waiting.phase, Phase::Offline { .. }), "{waiting:?}");

    city.restart();
    alice.keting.try_now();
    let sent = until(&|phase| *phase == Phase::UpToDate);
    assert!(sent.as_of_ms > first.as_of_ms);
}

#[test]
fn a_suspended_app_sends_what_waits_with_one_sync_and_stays_suspended() {
    let city = City::start();
    let alice = app(&city);
    let household = entered_by_a_colleague(&city);
    alice.sync();
    edit(&alice, household);
    assert!(wait(alice.keting.suspend(60_000)).unwrap());
    assert_eq!(alice.sync().progress.commits_answered, 1);
    assert!(wait(alice.keting.suspend(60_000)).unwrap());
    wait(alice.keting.resume()).unwrap();
    assert_eq!(alice.status().waiting, 0);
}

fn app(city: &City) -> App {
    App::joined(city.directory(), &city.invite("陆德祥", "micro_grid_head", MICRO_GRID))
}

fn entered_by_a_colleague(city: &City) -> DocumentId {
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    bob.sync();
    let household = bob.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    bob.sync();
    household
}

fn households(answer: Answer) -> Vec<HouseholdRow> {
    let Answer::Households(page) = answer else { panic!("not what was asked: {answer:?}") };
    page.rows
}

fn edit(app: &App, household: DocumentId) {
    let edited = parts::write(&app.keting, move |replica| {
        let fields = Fields::new().with("tenure", "rented");
        let edit = HouseholdCommand::Edit { household, fields };
        replica.execute(&Command::Household(edit))
    });
    wait(edited).unwrap();
}
