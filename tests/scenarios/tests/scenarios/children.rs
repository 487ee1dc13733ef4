//! Of a child under fourteen only name and relation are read in the open, however it comes out that
//! somebody is one, and everything comes back when it turns out that somebody is none.

use keting_model::CityTime;
use keting_scenarios::city::{GRID, MICRO_GRID, UNIT};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

use crate::ending::{WHY, devices_of};

/// A head of a micro-grid, a worker of its grid and a steward of a unit, who all have one household of
/// one resident.
struct Three {
    city: ServedCity,
    head: Device,
    worker: Device,
    steward: Device,
    household: String,
    resident: String,
}

impl Three {
    fn start() -> Self {
        let city = ServedCity::start();
        let head = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let worker = city.device("刘平杰", "grid_worker", GRID);
        let steward = city.device("梁志杰", "steward", UNIT);
        let household =
            head.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
        let add = ["resident", "add", &household, "--name", "小宝", "--relation", "grandchild"];
        let known = ["--phone", "13800000001", "--bond", "both", "--tag", "left_behind"];
        let resident = head.run(&[&add[..], &known[..]].concat()).line();
        let three = Self { city, head, worker, steward, household, resident };
        three.meet();
        three
    }

    /// Everybody hears of everything.
    fn meet(&self) {
        for device in [&self.head, &self.worker, &self.head, &self.steward] {
            device.run(&["sync"]).done();
        }
    }

    fn edit(&self, device: &Device, fields: &[&str]) {
        let edit = ["resident", "edit", &self.household, &self.resident];
        device.run(&[&edit[..], fields].concat()).done();
    }

    fn page(&self, device: &Device) -> Value {
        device.json(&["household", "show", &self.household])
    }

    fn shown(&self, device: &Device) -> Value {
        self.page(device)["household"]["residents"][0].clone()
    }

    /// Demands that the steward is shown name and relation, and not a word more.
    fn assert_hidden(&self) {
        let resident = self.shown(&self.steward);
        assert_eq!(
            (&resident["name"], &resident["relation"]),
            (&json!("小宝"), &json!("grandchild"))
        );
        assert_eq!(resident["concealed"], true);
        for field in ["phone", "bond", "care_tags", "status", "status_reason", "birth_date"] {
            assert_eq!(resident[field], Value::Null, "{field}");
            assert!(resident["withheld"].as_array().unwrap().contains(&json!(field)), "{field}");
        }
        assert_eq!(resident["facts"], json!([]));
        assert_eq!(self.page(&self.steward)["conflicts"], json!([]));
        assert_eq!(self.steward.json(&["household", "list"])[0]["conflicts"], 0);
        assert_eq!(self.steward.json(&["status"])["conflicts"], 0);
        assert_eq!(self.steward.json(&["sync"])["conflicts"], 0);
        for command in [&["household", "show", &self.household][..], &["household", "list"]] {
            let text = self.steward.run(command).done().out;
            for secret in ["13800000001", "13800000002", "杭州", "away", "2020-02-02"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }
}

#[test]
fn what_others_wrote_of_a_child_before_they_knew_is_hidden_and_nothing_of_it_is_lost() {
    let three = Three::start();
    let Three { head, worker, household, resident, .. } = &three;
    three.edit(head, &["--birth-date", "2020-02-02"]);
    three.edit(worker, &["--phone", "13800000002"]);
    let leave = ["resident", "leave", household, resident, "--status", "away"];
    worker.run(&[&leave[..], &["--reason", "去杭州治病"]].concat()).done();
    three.meet();
    three.assert_hidden();

    for device in [head, worker] {
        let shown = three.shown(device);
        assert_eq!(
            (&shown["status"], &shown["status_reason"]),
            (&json!("away"), &json!("去杭州治病"))
        );
        let conflicts = three.page(device)["conflicts"].clone();
        assert_eq!(conflicts.as_array().unwrap().len(), 1, "{conflicts}");
        let values = conflicts[0]["values"].as_array().unwrap();
        let said: Vec<_> =
            values.iter().map(|one| (&one["value"], &one["entered"][0]["by"])).collect();
        let [first, second] = ["13800000001", "13800000002"].map(Value::from);
        assert_eq!(said, [(&first, &json!("陆德祥")), (&second, &json!("刘平杰"))]);
    }
    // What is printed beside a value settles it, and it is gone from the open.
    let text = head.run(&["household", "show", household]).done().out;
    let line = text.lines().find(|line| line.contains("13800000002") && line.contains("settle"));
    let (_, typed) = line.unwrap().split_once("keting ").unwrap();
    let words: Vec<&str> = typed.split_whitespace().take_while(|word| *word != "--data").collect();
    head.run(&words).done();
    three.meet();
    three.assert_hidden();
    for device in [head, worker] {
        assert_eq!(three.shown(device)["phone"], "13800000002");
        assert_eq!(three.page(device)["conflicts"], json!([]));
        device.run(&["verify"]).done();
    }
    three.steward.run(&["verify"]).done();
}

#[test]
fn after_a_wrong_date_of_birth_is_corrected_a_steward_sees_everything_again() {
    let three = Three::start();
    let Three { head, steward, .. } = &three;
    let before = three.shown(steward);
    let edit = ["resident", "edit", &three.household, &three.resident];
    let failed = head.run(&[&edit[..], &["--birth-date", "2062-05-05"]].concat());
    assert_eq!(failed.refusal(), (1, "in_the_future"));
    three.edit(head, &["--birth-date", "2020-02-02"]);
    three.meet();
    three.assert_hidden();
    three.edit(head, &["--birth-date", "1962-05-05"]);
    three.meet();
    assert_eq!(three.shown(steward), before);
    three.edit(head, &["--phone", "13800000003"]);
    three.meet();
    assert_eq!(three.shown(steward)["phone"], "13800000003");
    steward.run(&["verify"]).done();
}

#[test]
fn whoever_may_conceals_and_reveals_by_hand_and_nobody_reveals_a_child() {
    let three = Three::start();
    let Three { head, worker, steward, household, resident, .. } = &three;
    let before = three.shown(steward);
    let [conceal, reveal] =
        ["conceal", "reveal"].map(|verb| ["resident", verb, household.as_str(), resident]);
    assert_eq!(steward.run(&conceal).refusal(), (1, "not_granted"));
    assert_eq!(head.run(&conceal).line(), *resident);
    three.meet();
    three.assert_hidden();
    worker.run(&reveal).done();
    three.meet();
    assert_eq!(three.shown(steward), before);
    assert_eq!(worker.run(&reveal).refusal(), (1, "nothing_changed"));
    three.edit(head, &["--birth-date", "2020-02-02"]);
    assert_eq!(head.run(&reveal).refusal(), (1, "is_child"));
}

#[test]
fn who_turned_fourteen_is_a_thing_to_do_with_what_to_type_until_it_is_done() {
    let three = Three::start();
    let now_ms = three.head.json(&["status"])["city_time_ms"].as_u64().unwrap();
    let year = CityTime::new(now_ms).day().year();
    three.edit(&three.head, &["--birth-date", &format!("{}-01-01", year - 15)]);
    three.head.run(&["resident", "conceal", &three.household, &three.resident]).done();
    three.meet();
    assert_eq!(three.steward.json(&["status"])["turned_fourteen"], json!([]));
    let listed = &three.head.json(&["status"])["turned_fourteen"];
    assert_eq!(listed[0]["resident"], three.resident.as_str());
    let to_type = format!("keting resident reveal {} {}", three.household, three.resident);
    for verb in [&["status"][..], &["household", "show", &three.household]] {
        let screen = three.head.run(verb).done().out;
        assert!(screen.contains("待办 to do") && screen.contains(&to_type), "{screen}");
        let screen = three.steward.run(verb).done().out;
        assert!(!screen.contains("待办 to do"), "{screen}");
    }
    let typed: Vec<&str> = to_type.split(' ').skip(1).collect();
    three.head.run(&typed).done();
    assert_eq!(three.head.json(&["status"])["turned_fourteen"], json!([]));
}

#[test]
fn whoever_was_ended_is_not_asked_to_reveal_who_turned_fourteen() {
    let three = Three::start();
    let now_ms = three.head.json(&["status"])["city_time_ms"].as_u64().unwrap();
    let year = CityTime::new(now_ms).day().year();
    three.edit(&three.head, &["--birth-date", &format!("{}-01-01", year - 15)]);
    three.head.run(&["resident", "conceal", &three.household, &three.resident]).done();
    three.meet();
    let to_do = || three.head.json(&["status"])["turned_fourteen"].as_array().unwrap().len();
    assert_eq!(to_do(), 1);
    let id = devices_of(&three.city, "陆德祥").remove(0).0;
    three.city.on_server(&["device", "end", &id, "--why", WHY]).done();
    assert_eq!(three.head.run(&["sync"]).refusal(), (1, "device_ended"));
    assert_eq!(to_do(), 0);
    for verb in [&["status"][..], &["household", "show", &three.household]] {
        let screen = three.head.run(verb).done().out;
        assert!(!screen.contains("待办 to do"), "{screen}");
    }
}

#[test]
fn what_is_withheld_stands_at_each_resident() {
    let three = Three::start();
    let add = ["resident", "add", &three.household, "--name", "李燕云", "--phone", "13800000009"];
    three.head.run(&add).done();
    three.edit(&three.head, &["--birth-date", "2020-02-02"]);
    three.meet();
    let shown = three.page(&three.steward)["household"].clone();
    let of = |name: &str| {
        let residents = shown["residents"].as_array().unwrap();
        residents.iter().find(|one| one["name"] == name).unwrap()["withheld"].clone()
    };
    let everybody = json!(["id_number", "birth_date", "sex", "health", "disability"]);
    assert_eq!((&shown["withheld"], &of("李燕云")), (&everybody, &everybody));
    assert!(of("小宝").as_array().unwrap().contains(&json!("phone")));
    let text = three.steward.run(&["household", "show", &three.household]).done().out;
    let hidden = |line: &&str| line.contains("不可见 withheld") && line.contains("电话 phone、");
    assert!(text.contains("13800000009") && text.lines().filter(hidden).count() == 1, "{text}");
}
