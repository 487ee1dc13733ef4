//! What somebody sees who sits at a terminal: how long work goes on, a long list a screen at a time, and
//! that work ends when they interrupt it.

use std::os::unix::process::ExitStatusExt as _;

use keting_scenarios::binary::keting;
use keting_scenarios::city::{MICRO_GRID, UNIT};
use keting_scenarios::served::ServedCity;
use keting_scenarios::terminal::{CTRL_C, Terminal, left_of};
use rustix::process::Signal;

const ROWS: u16 = 12;

#[test]
fn a_first_sync_shows_how_far_it_is_and_leaves_nothing_of_that() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    for house in 1..=20 {
        let address = format!("望潮苑{house}幢");
        alice.run(&["household", "add", "--region", UNIT, "--address", &address]).done();
    }
    alice.run(&["sync"]).done();
    let invitation = city.invite("刘平杰", "micro_grid_head", MICRO_GRID);
    city.stop();
    let bob = city.new_device();
    assert_eq!(bob.run(&["enroll", &invitation]).exit_code, Some(5));
    city.serve();

    let (ended, shown) = Terminal::start(&bob.command(&["sync"]), ROWS).end();
    assert_eq!(ended.code(), Some(0), "{shown}");
    for told in ["正在连接 connecting", "已连接 connected", "首次同步 first sync: "] {
        assert!(shown.contains(told), "{told} is not in {shown}");
    }
    let left = left_of(&shown);
    let [report, end] = &left[..] else { panic!("more is left: {left:?}") };
    assert!(report.starts_with("已发送 sent 0，收到 received ") && end.is_empty(), "{left:?}");
    assert_eq!(bob.json(&["household", "list"]).as_array().unwrap().len(), 20);
    // To a file no word of all that is written.
    assert_eq!(bob.run(&["sync"]).done().err, "");
}

#[test]
fn a_long_table_of_regions_shows_how_many_stand_and_leaves_nothing_of_that() {
    let place = tempfile::tempdir().unwrap();
    let table = place.path().join("regions.csv");
    let mut regions =
        "code,name,level,parent_code,boundary,head\n990481,潮乡市,city,,,\n".to_owned();
    for town in 1..=300 {
        regions += &format!("990481{town:03},第{town}镇,town,990481,,\n");
    }
    std::fs::write(&table, regions).unwrap();
    let mut init = keting();
    init.args(["init", "--city", "潮乡市", "--regions"]).arg(&table);
    init.arg("--root-key").arg(place.path().join("root-key"));
    init.arg("--data").arg(place.path().join("server"));
    let (ended, shown) = Terminal::start(&init, ROWS).end();
    assert_eq!(ended.code(), Some(0), "{shown}");
    assert!(shown.contains("区域 regions: ") && shown.contains(" / 301"), "{shown}");
    let left = left_of(&shown);
    assert!(left[0].starts_with("已建立 made: 潮乡市"), "{left:?}");
    assert_eq!(left.last().map(String::as_str), Some(""));
    assert!(left.iter().all(|line| !line.contains("regions: ")), "{left:?}");
}

#[test]
fn a_list_longer_than_the_screen_is_shown_a_screen_at_a_time() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    // A screen of them and half of another.
    for house in 1..=ROWS + ROWS / 2 {
        let address = format!("望潮苑{house}幢");
        alice.run(&["household", "add", "--region", UNIT, "--address", &address]).done();
    }
    let mut list = alice.command(&["household", "list"]);
    list.env("KETING_PAGER", "more");
    let mut terminal = Terminal::start(&list, ROWS);
    let first = terminal.wait_for("--More--");
    assert!(first.contains("望潮苑1幢") && !first.contains("望潮苑18幢"), "{first}");
    terminal.press("q");
    let (ended, shown) = terminal.end();
    assert_eq!(ended.code(), Some(0), "{shown}");
    assert!(!shown.contains("望潮苑18幢"), "{shown}");
    assert!(list.output().unwrap().stdout.ends_with("共 18 户 households\n".as_bytes()));
}

#[test]
fn whoever_interrupts_a_sync_that_takes_long_ends_it_and_loses_nothing() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).done();
    city.freeze();
    let mut terminal = Terminal::start(&alice.command(&["sync"]), ROWS);
    terminal.wait_for("正在连接 connecting");
    terminal.press(CTRL_C);
    let (ended, shown) = terminal.end();
    // A shell says 130 of that.
    assert_eq!(ended.signal(), Some(Signal::INT.as_raw()), "{shown}");
    city.thaw();
    assert_eq!(alice.json(&["status"])["waiting"], 1);
    assert_eq!(alice.json(&["sync"])["commits_sent"], 1);

    let mut terminal = Terminal::start(&alice.command(&["sync", "--watch"]), ROWS);
    terminal.wait_for("已是最新 up to date");
    terminal.press(CTRL_C);
    let (ended, shown) = terminal.end();
    assert_eq!(ended.code(), Some(0), "{shown}");
    assert_eq!(left_of(&shown).last().map(String::as_str), Some(""), "{shown:?}");
    city.stop();
}
