//! A device that is ready and has not joined yet: the server was away when it was made.

use keting::views::HouseholdFilter;
use keting::{Answer, EngineError, Keting, Query};
use keting_scenarios::app::wait;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::phone::vault;
use keting_scenarios::served::ServedCity;

#[test]
fn every_list_says_that_the_device_has_not_joined_and_the_sync_it_names_joins() {
    let mut city = ServedCity::start();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    city.stop();
    let alice = city.new_device();
    assert_eq!(alice.run(&["enroll", &invitation]).exit_code, Some(5));
    let lists = [
        &["household", "list"][..],
        &["household", "show", "01"],
        &["region", "list"],
        &["device", "list"],
        &["held", "list"],
        &["outbox"],
    ];
    for verb in lists {
        let told = alice.run(verb);
        assert_eq!((told.refusal(), told.out.as_str()), ((1, "not_enrolled"), ""), "{verb:?}");
        assert!(told.err.contains("keting sync"), "{}", told.err);
        assert_eq!(alice.run(&[verb, &["--json"]].concat()).refusal(), (1, "not_enrolled"));
    }
    let status = alice.run(&["status"]).done().out;
    assert!(status.contains("未加入 not enrolled"), "{status}");
    let doctor = alice.run(&["doctor"]);
    assert!(doctor.exit_code == Some(1) && doctor.out.contains("[not_enrolled]"), "{doctor:?}");

    city.serve();
    alice.run(&["sync"]).done();
    for verb in lists.into_iter().filter(|verb| verb.get(1) != Some(&"show")) {
        alice.run(verb).done();
    }
}

#[test]
fn a_live_list_that_began_before_the_device_joined_answers_when_it_has() {
    let city = City::start();
    let bob = city.phone("刘平杰", "micro_grid_head", MICRO_GRID);
    let household = bob.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    bob.sync();
    let folder = city.directory().join("app");
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let keting = wait(Keting::join(&folder.join("data"), vault(&folder), &invitation)).unwrap();
    let live = keting.live(Query::EveryHousehold(HouseholdFilter::default()));
    assert!(matches!(wait(live.next()), Err(EngineError::NotEnrolled)));
    wait(keting.sync_once(u32::MAX).unwrap().finish()).unwrap();
    loop {
        let Ok(Some(Answer::EveryHousehold(shown))) = wait(live.next()) else {
            panic!("no answer")
        };
        if shown.iter().any(|one| one.id == household) {
            return;
        }
    }
}
