//! A steward of a stairwell sees their own visits and notes, and is told that there may be others.

use keting_scenarios::city::{MICRO_GRID, UNIT};
use keting_scenarios::served::ServedCity;
use serde_json::json;

use crate::ending::devices_of;

#[test]
fn a_steward_is_told_that_only_their_own_visits_and_notes_are_shown_to_them() {
    let city = ServedCity::start();
    let head = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let steward = city.device("梁志杰", "steward", UNIT);
    let household = head.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    head.run(&["sync"]).done();
    steward.run(&["sync"]).done();
    for device in [&head, &steward] {
        device.run(&["household", "visit", &household, "--purpose", "回访"]).done();
    }
    for device in [&head, &steward, &head, &steward] {
        device.run(&["sync"]).done();
    }
    let show = ["household", "show", &household];
    let page = steward.json(&show);
    assert_eq!(page["withheld"], json!(["visits_of_others", "notes_of_others"]));
    assert_eq!(page["visits"].as_array().unwrap().len(), 1);
    let shown = steward.run(&show).done().out;
    for told in [
        "本人登记的走访 your own visits: 1\n",
        "本人写的记录 your own notes: 0\n",
        "别人登记的走访 visits_of_others、别人写的记录 notes_of_others",
        "红管家 steward 无权查看 your role may not read it",
    ] {
        assert!(shown.contains(told), "{told} is not in {shown}");
    }
    let page = head.json(&show);
    assert_eq!((page["visits"].as_array().unwrap().len(), &page["withheld"]), (2, &json!([])));
    let shown = head.run(&show).done().out;
    assert!(shown.contains("走访 visits: 2\n") && !shown.contains("别人"), "{shown}");
}

#[test]
fn what_others_wrote_is_hidden_on_the_phone_of_a_head_who_became_a_steward() {
    let city = ServedCity::start();
    let colleague = city.device("吴娟", "micro_grid_head", MICRO_GRID);
    let former = city.device("陈头", "micro_grid_head", MICRO_GRID);
    let add = ["household", "add", "--region", UNIT, "--address", "一号"];
    let household = colleague.run(&add).line();
    for purpose in ["问候", "回访"] {
        colleague.run(&["household", "visit", &household, "--purpose", purpose]).done();
    }
    colleague.run(&["household", "note", &household, "--text", "家里有狗"]).done();
    colleague.run(&["sync"]).done();
    former.run(&["sync"]).done();
    former.run(&["household", "visit", &household, "--purpose", "本人走访"]).done();
    former.run(&["sync"]).done();
    let show = ["household", "show", &household, "--withdrawn"];
    let page = former.json(&show);
    let others = page["visits"].as_array().unwrap()[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(page["visits"].as_array().unwrap().len(), 3);

    let id = devices_of(&city, "陈头").remove(0).0;
    city.on_server(&["device", "end", &id, "--why", "改任红管家"]).done();
    former.run(&["enroll", &city.invite("陈头", "steward", UNIT)]).done();
    let page = former.json(&show);
    let visits = page["visits"].as_array().unwrap();
    assert_eq!(visits.len(), 1, "{visits:?}");
    assert_eq!((&visits[0]["purpose"], &page["notes"]), (&json!("本人走访"), &json!([])));
    let theirs = former.run(&[
        "household",
        "withdraw",
        &household,
        "--visit",
        &others[..8],
        "--reason",
        "误",
    ]);
    assert_eq!(theirs.refusal(), (3, "not_found"));
}
