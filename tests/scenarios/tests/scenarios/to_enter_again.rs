//! What the server did not take says whose it is and where, so that its author finds the place and enters it
//! again word for word.

use keting_scenarios::city::{GRID, MICRO_GRID, UNIT, VILLAGE};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

const ADDRESS: &str = "望潮苑1幢1单元101室";
const LONG: &str =
    "门口堆了旧家具\n已经劝过两次，说好周末搬走，请社区的同志到时候再来看一看，老人一个人搬不动";

/// A head whose app took the whole grid for a part of the micro-grid: all that was entered in a household there
/// is held.
struct Held {
    alice: Device,
    household: String,
    resident: String,
    need: String,
}

impl Held {
    /// One command of each kind.
    fn of_every_kind(city: &ServedCity) -> Self {
        let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let lies_in = |code: &str| {
            let parent = format!("(SELECT document FROM region WHERE code = '{code}')");
            alice.alter(&format!("UPDATE region SET parent = {parent} WHERE code = '{GRID}'"));
        };
        lies_in(MICRO_GRID);
        let run = |verb: &[&str], rest: &[&str]| alice.run(&[verb, rest].concat()).line();
        let add = ["household", "add", "--region", GRID, "--tenure", "自有"];
        let household = run(&add, &["--address", ADDRESS]);
        let of = |noun: &'static str, verb: &'static str| [noun, verb, household.as_str()];
        let known = ["--name", "李燕云", "--phone", "138 0000 0001", "--tag", "独居老人"];
        let resident = run(&of("resident", "add"), &known);
        let resident_is = [resident.as_str()];
        run(&of("resident", "edit"), &[&resident_is[..], &["--relation", "户主"]].concat());
        run(&of("resident", "edit"), &[&resident_is[..], &["--health", "高血压"]].concat());
        let away = ["--status", "外出", "--reason", "去杭州看病", "--at", "2026-01-02"];
        run(&of("resident", "leave"), &[&resident_is[..], &away].concat());
        run(&of("resident", "leave"), &[&resident_is[..], &["--status", "在住"]].concat());
        run(&of("resident", "conceal"), &resident_is);
        run(&of("resident", "reveal"), &resident_is);
        run(&of("resident", "withdraw"), &[&resident_is[..], &["--reason", "录错了户"]].concat());
        run(&of("resident", "restore"), &resident_is);
        run(&of("household", "edit"), &["--address-code", "A-17-0101"]);
        let need = run(&of("household", "need"), &["--text", "楼道灯不亮"]);
        let done = ["--need", need.as_str(), "--status", "办理中", "--note", "已报物业"];
        run(&of("household", "need"), &done);
        let visit = run(&of("household", "visit"), &["--purpose", "走错门", "--note", LONG]);
        run(&of("household", "withdraw"), &["--visit", &visit, "--reason", "记到别家了"]);
        run(&of("household", "note"), &["--text", LONG]);
        lies_in(VILLAGE);
        assert_eq!(alice.run(&["sync"]).refusal(), (1, "held"));
        Self { alice, household, resident, need }
    }
}

/// The fields that were entered, by name.
fn fields(held: &Value) -> Value {
    let fields = held["fields"].as_array().unwrap().iter();
    fields.map(|one| (one["name"].as_str().unwrap().to_owned(), one["value"].clone())).collect()
}

#[test]
fn held_work_of_every_kind_says_whose_it_is_and_where_and_everything_that_was_entered() {
    let city = ServedCity::start();
    let Held { alice, household, resident, need } = &Held::of_every_kind(&city);
    let all = alice.json(&["held", "list"]);
    let all = all.as_array().unwrap();
    let region = alice.json(&["region", "show", GRID]);
    let named: Vec<_> = all.iter().map(|one| one["command"].as_str().unwrap()).collect();
    let of_resident = ["add", "edit", "edit", "leave", "return", "conceal", "reveal"];
    let of_resident = of_resident.map(|verb| format!("resident.{verb}"));
    let mut kinds = vec!["household.add"];
    kinds.extend(of_resident.iter().map(String::as_str));
    kinds.extend(["record.withdraw", "record.restore", "household.edit", "need.add"]);
    kinds.extend(["need.advance", "visit.add", "record.withdraw", "note.add"]);
    assert_eq!(named, kinds);

    for held in all {
        let id = held["id"].as_str().unwrap();
        assert_eq!(held["household"], json!({ "id": household, "address": ADDRESS }), "{held}");
        let code_and_name = [&held["region"]["code"], &held["region"]["name"]];
        assert_eq!(code_and_name, [&json!(GRID), &region["name"]], "{held}");
        assert_eq!(&alice.json(&["held", "show", &id[..8]]), held);
        let shown = alice.run(&["held", "show", id]).done().out;
        let place = format!("{} {GRID}", region["name"].as_str().unwrap());
        for text in [ADDRESS, household.as_str(), &place, held["what"]["zh"].as_str().unwrap()] {
            assert!(shown.contains(text), "{text} is not in {shown}");
        }
        for (name, value) in fields(held).as_object().unwrap() {
            let (name, value) = (name.trim_start_matches("t/"), value.as_str().unwrap());
            let is_there =
                |line: &str| shown.contains(line) || value == "true" && shown.contains(name);
            assert!(value.lines().all(is_there), "{name} is not in {shown}");
        }
    }
    for held in all.iter().filter(|one| one["resident"].is_object()) {
        assert_eq!(held["resident"], json!({ "id": resident, "name": "李燕云" }), "{held}");
        let shown = alice.run(&["held", "show", held["id"].as_str().unwrap()]).done().out;
        assert!(shown.contains("李燕云"), "{shown}");
    }
    assert_eq!(all.iter().filter(|one| one["resident"].is_object()).count(), 9);
    assert_eq!(all[12]["need"], json!({ "id": need, "text": "楼道灯不亮" }));
    assert_eq!(all[14]["visit"]["purpose"], "走错门");
    assert_eq!(fields(&all[0]), json!({ "address": ADDRESS, "tenure": "owned" }));
    assert_eq!(
        fields(&all[1]),
        json!({ "name": "李燕云", "phone": "13800000001", "t/living_alone": "true" })
    );
    let away = json!({ "status": "away", "reason": "去杭州看病", "at": "2026-01-02" });
    assert_eq!((fields(&all[4]), fields(&all[15])), (away, json!({ "text": LONG })));
    let shown = alice.run(&["held", "show", all[1]["id"].as_str().unwrap()]).done().out;
    for text in
        ["姓名 name", "电话 phone", "13800000001", "重点关注 care_tags", "独居老人 living_alone"]
    {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
}

#[test]
fn what_is_held_or_waits_is_listed_a_line_each_with_whose_and_where_however_long_it_is() {
    let mut city = ServedCity::start();
    let Held { alice, .. } = &Held::of_every_kind(&city);
    city.stop();
    let add = ["household", "add", "--region", UNIT, "--address", "望潮苑1幢1单元102室"];
    let household = alice.run(&add).line();
    alice.run(&["resident", "add", &household, "--name", "王二"]).done();
    alice.run(&["household", "note", &household, "--text", LONG]).done();
    let unit = alice.json(&["region", "show", UNIT])["name"].as_str().unwrap().to_owned();

    for list in [["held", "list"], ["outbox", "--json"]] {
        let (table, count) = match list[1] {
            "list" => (alice.run(&list).done().out, 16),
            _ => (alice.run(&["outbox"]).done().out, 19),
        };
        let is_entry = |line: &&str| line.contains("望潮苑1幢1单元10");
        let entries: Vec<_> = table.lines().filter(is_entry).collect();
        assert_eq!(entries.len(), count, "{table}");
        assert!(entries.iter().all(|line| line.chars().count() < 180), "{table}");
        let of_resident = entries.iter().filter(|line| line.contains("resident."));
        assert!(
            of_resident.into_iter().all(|line| line.contains("李燕云") || line.contains("王二"))
        );
    }
    let waiting = alice.json(&["outbox"]);
    let [.., resident, note] = waiting.as_array().unwrap().as_slice() else { panic!("{waiting}") };
    assert_eq!(
        (&resident["resident"]["name"], &resident["state"]),
        (&json!("王二"), &json!("queued"))
    );
    assert_eq!((&note["note"]["text"], &note["region"]["name"]), (&json!(LONG), &json!(unit)));
    let table = alice.run(&["outbox"]).done().out;
    let line =
        table.lines().find(|line| line.contains("note.add") && line.contains("102室")).unwrap();
    assert!(line.contains("门口堆了旧家具 已经") && line.ends_with('…'), "{line}");
    assert!(line.contains(&format!("{unit} {UNIT}")), "{line}");
}
