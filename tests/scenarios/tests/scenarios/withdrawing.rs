//! What was entered by mistake is withdrawn with a reason, counts nowhere, and can be restored; what
//! others did to it meanwhile is decided by a person.

use keting_scenarios::city::{GRID, MICRO_GRID, UNIT, VILLAGE};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

const NUMBER: &str = "11010519491231002X";

/// A head and a grid worker with a household of one resident on both their devices.
struct Two {
    city: ServedCity,
    alice: Device,
    bob: Device,
    household: String,
    resident: String,
}

impl Two {
    fn new() -> Self {
        let city = ServedCity::start();
        let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let bob = city.device("刘平杰", "grid_worker", GRID);
        let add = ["household", "add", "--region", UNIT, "--address", "一号"];
        let household = alice.run(&add).line();
        let add = ["resident", "add", &household, "--name", "李燕云", "--id-number", NUMBER];
        let resident = alice.run(&[&add[..], &["--relation", "head"]].concat()).line();
        let two = Self { city, alice, bob, household, resident };
        two.sync();
        two
    }

    fn sync(&self) {
        for device in [&self.alice, &self.bob, &self.alice] {
            device.run(&["sync"]).done();
        }
    }

    fn both(&self) -> [&Device; 2] {
        [&self.alice, &self.bob]
    }

    fn page(&self, device: &Device) -> Value {
        device.json(&["household", "show", &self.household])
    }
}

/// The line that is printed to be typed behind some words, without `keting` and `--data`.
fn printed_after<'o>(out: &'o str, words: &str) -> Vec<&'o str> {
    let line = out.lines().find(|line| line.contains(words)).unwrap();
    let typed = line.split_once("keting ").unwrap().1.split_once(" --data").unwrap().0;
    typed.split(' ').collect()
}

#[test]
fn what_is_withdrawn_is_shown_on_demand_and_edited_again_once_it_is_restored() {
    let Two { alice, household, resident, .. } = &Two::new();
    let of_resident = |verb| vec!["resident", verb, household.as_str(), resident.as_str()];
    let empty = alice.run(&[of_resident("withdraw"), vec!["--reason", " "]].concat());
    assert_eq!(empty.refusal(), (1, "empty"));
    alice.run(&[of_resident("withdraw"), vec!["--reason", "录错了户"]].concat()).done();

    let shown = alice.json(&["household", "show", household]);
    assert_eq!(shown["household"]["residents"], json!([]));
    assert_eq!(shown["household"]["living_here"], 0);
    let all = alice.json(&["household", "show", household, "--withdrawn"]);
    let withdrawn = &all["household"]["residents"][0]["withdrawn"][0];
    assert_eq!(
        (&withdrawn["reason"], &withdrawn["status"]),
        (&json!("录错了户"), &json!("withdrawn"))
    );
    assert_eq!(withdrawn["entered"]["by"], "陆德祥");
    let told = alice.run(&["household", "show", household, "--withdrawn"]).done().out;
    assert!(told.contains("李燕云") && told.contains("录错了户  （陆德祥"), "{told}");
    assert!(!alice.run(&["household", "show", household]).done().out.contains("李燕云"));

    let edit = [of_resident("edit"), vec!["--phone", "13800000001"]].concat();
    assert_eq!(alice.run(&edit).refusal(), (1, "withdrawn"));
    alice.run(&[of_resident("restore"), vec!["--reason", "是另一位"]].concat()).done();
    alice.run(&edit).done();
    let all = alice.json(&["household", "show", household, "--withdrawn"]);
    let before = all["household"]["residents"][0]["withdrawn_before"].as_array().unwrap();
    let words = |fact: &Value| [fact["status"].clone(), fact["reason"].clone()];
    assert_eq!(
        before.iter().map(words).collect::<Vec<_>>(),
        [["stands", "是另一位"], ["withdrawn", "录错了户"]].map(|words| words.map(Value::from))
    );
    let told = alice.run(&["household", "show", household, "--withdrawn"]).done().out;
    for line in ["有效 stands  是另一位  （陆德祥 20", "已作废 withdrawn  录错了户  （陆德祥 20"]
    {
        assert!(told.contains(line), "{line} is not in {told}");
    }
    assert!(!alice.run(&["household", "show", household]).done().out.contains("是另一位"));
    assert_eq!(alice.run(&of_resident("restore")).refusal(), (1, "nothing_changed"));

    alice.run(&["household", "withdraw", household, "--reason", "录重复了"]).done();
    assert_eq!(alice.run(&["household", "show", household]).refusal(), (1, "withdrawn"));
    let told = alice.run(&["household", "show", household]).err;
    assert!(told.contains("--withdrawn shows it") && told.contains("录重复了（陆德祥"), "{told}");
    let again = alice.run(&["household", "withdraw", household, "--reason", "再说一次"]);
    assert_eq!(again.refusal(), (1, "already_withdrawn"));
    let listed = alice.json(&["household", "list", "--withdrawn"]);
    assert_eq!(listed[0]["living_here"], 0);
    let told = alice.run(&["household", "show", household, "--withdrawn"]).done().out;
    assert!(told.contains("李燕云") && told.contains("录重复了"), "{told}");
    alice.run(&["household", "restore", household, "--reason", "没有重复"]).done();
    assert_eq!(alice.json(&["household", "list"])[0]["living_here"], 1);
    let told = alice.run(&["household", "show", household, "--withdrawn"]).done().out;
    assert!(told.contains("有效 stands  没有重复  （陆德祥 20"), "{told}");
}

#[test]
fn what_a_colleague_did_beside_a_withdrawal_is_listed_and_decided_as_it_is_printed() {
    for (outcome, residents) in [("保持作废", 0), ("恢复", 1)] {
        let two = Two::new();
        let (household, resident) = (&two.household, &two.resident);
        let withdraw = ["resident", "withdraw", household, resident, "--reason", "录错了户"];
        two.alice.run(&withdraw).done();
        let edit = ["resident", "edit", household, resident, "--phone", "13800000001"];
        two.bob.run(&[&edit[..], &["--health", "高血压"]].concat()).done();
        two.sync();
        for device in two.both() {
            let conflicts = two.page(device)["conflicts"].clone();
            assert_eq!(conflicts.as_array().unwrap().len(), 1);
            assert_eq!(conflicts[0]["shown"], "withdrawn");
            let meanwhile = conflicts[0]["meanwhile"].as_array().unwrap();
            let told = |done: &Value| {
                let key = done["key"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
                [json!(key), done["value"].clone(), done["entered"]["by"].clone()]
            };
            let done: Vec<_> = meanwhile.iter().map(told).collect();
            let wrote = |key, value| [json!(key), json!(value), json!("刘平杰")];
            assert_eq!(done, [wrote("phone", "13800000001"), wrote("health", "高血压")]);
            assert_eq!(device.json(&["status"])["conflicts"], 1);
        }
        let printed = two.bob.run(&["household", "show", household]).done().out;
        let line =
            printed.lines().find(|line| line.contains("作废时未知 not known then:")).unwrap();
        assert!(line.contains("刘平杰 20") && line.contains("把李燕云的电话填为“13800000001”"));
        assert!(line.contains("entered “13800000001” as the phone of 李燕云."), "{line}");
        two.bob.run(&printed_after(&printed, outcome)).done();
        two.sync();
        for device in two.both() {
            let page = two.page(device);
            assert_eq!(page["conflicts"], json!([]));
            assert_eq!(page["household"]["residents"].as_array().unwrap().len(), residents);
            device.run(&["verify"]).done();
        }
    }
}

#[test]
fn two_people_who_withdraw_the_same_agree_and_one_who_restores_it_beside_another_does_not() {
    let two = Two::new();
    let (household, resident) = (&two.household, &two.resident);
    let say = |device: &Device, verb, reason| {
        device.run(&["resident", verb, household, resident, "--reason", reason]).done();
    };
    say(&two.alice, "withdraw", "录错了户");
    say(&two.bob, "withdraw", "没有这个人");
    two.sync();
    for device in two.both() {
        assert_eq!(two.page(device)["conflicts"], json!([]));
        let all = device.json(&["household", "show", household, "--withdrawn"]);
        let facts = all["household"]["residents"][0]["withdrawn"].as_array().unwrap();
        assert_eq!(facts.len(), 2);
    }
    say(&two.alice, "restore", "找到本人了");
    two.sync();
    say(&two.bob, "withdraw", "再次核对");
    say(&two.alice, "withdraw", "问错了人");
    say(&two.alice, "restore", "确是本人");
    two.sync();
    for device in two.both() {
        let page = two.page(device);
        assert_eq!(page["conflicts"][0]["shown"], "stands");
        // Until somebody decides, whoever may be there goes on being looked after.
        assert_eq!(page["household"]["living_here"], 1);
    }
    say(&two.alice, "withdraw", "再次核对");
    two.sync();
    for device in two.both() {
        let page = two.page(device);
        assert_eq!(
            (&page["conflicts"], &page["household"]["living_here"]),
            (&json!([]), &json!(0))
        );
    }
}

#[test]
fn a_withdrawn_household_counts_nowhere_with_its_residents_and_a_visit_made_meanwhile_is_heard_of()
{
    let two = Two::new();
    let household = &two.household;
    two.alice.run(&["household", "withdraw", household, "--reason", "录重复了"]).done();
    let visit = two.bob.run(&["household", "visit", household, "--purpose", "回访"]).line();
    two.sync();
    for device in two.both() {
        let listed = device.run(&["household", "list"]).done();
        assert!(!listed.out.contains("一号") && listed.err.contains("已作废"), "{listed:?}");
        let all = device.json(&["household", "list", "--withdrawn"]);
        assert_eq!((&all[0]["address"], &all[0]["conflicts"]), (&json!("一号"), &json!(1)));
        let page = device.json(&["household", "show", household, "--withdrawn"]);
        assert_eq!(page["conflicts"][0]["meanwhile"][0]["key"], format!("v/{visit}"));
        assert_eq!(device.json(&["status"])["conflicts"], 1);
    }
    // The number is free: its household was a mistake.
    let add = ["household", "add", "--region", UNIT, "--address", "二号"];
    let other = two.alice.run(&add).line();
    let add = ["resident", "add", &other, "--name", "李燕云", "--id-number", NUMBER];
    assert_eq!(two.alice.json(&add)["warnings"], json!([]));
    let visit_it = ["household", "visit", household, "--purpose", "回访"];
    assert_eq!(two.alice.run(&visit_it).refusal(), (1, "withdrawn"));
    two.alice.run(&["household", "restore", household]).done();
    two.alice.run(&visit_it).done();
    two.sync();
    for device in two.both() {
        assert_eq!(device.json(&["household", "list"]).as_array().unwrap().len(), 2);
        device.run(&["verify"]).done();
    }
}

#[test]
fn a_steward_withdraws_what_they_may_write_and_hears_what_others_withdrew_of_theirs() {
    let two = Two::new();
    let household = &two.household;
    let steward = two.city.device("周巧珍", "steward", UNIT);
    steward.run(&["sync"]).done();
    let visit = steward.run(&["household", "visit", household, "--purpose", "回访"]).line();
    let note = steward.run(&["household", "note", household, "--text", "记错了人"]).line();
    let of =
        |option, id| vec!["household", "withdraw", household, option, id, "--reason", "录错了"];
    steward.run(&of("--note", &note)).done();
    let resident = ["resident", "withdraw", household, &two.resident, "--reason", "录错了"];
    assert_eq!(steward.run(&resident).refusal().1, "not_granted");
    steward.run(&["sync"]).done();
    two.sync();
    two.alice.run(&of("--visit", &visit)).done();
    two.sync();
    steward.run(&["sync"]).done();
    for device in [&steward, &two.alice, &two.bob] {
        let page = two.page(device);
        assert_eq!((&page["visits"], &page["notes"]), (&json!([]), &json!([])));
        let all = device.json(&["household", "show", household, "--withdrawn"]);
        assert_eq!(all["visits"][0]["withdrawn"][0]["entered"]["by"], "陆德祥");
        assert_eq!(all["notes"][0]["withdrawn"][0]["entered"]["by"], "周巧珍");
    }
}

#[test]
fn nobody_holds_a_byte_of_why_something_was_withdrawn_who_may_not_read_it() {
    const OF_THE_VISIT: &str = "他家有病人没让进门";
    const OF_THE_NOTE: &str = "记成了隔壁的事";
    const OF_THE_RESIDENT: &str = "已经被人领养";
    let two = Two::new();
    let (household, resident) = (two.household.as_str(), two.resident.as_str());
    let steward = two.city.device("周巧珍", "steward", UNIT);
    let mediator = two.city.device("沈国强", "mediator", VILLAGE);
    let others = || [&steward, &mediator];
    let others_sync = || {
        for device in others() {
            device.run(&["sync"]).done();
        }
    };
    others_sync();
    let visit = steward.run(&["household", "visit", household, "--purpose", "回访"]).line();
    steward.run(&["sync"]).done();
    two.sync();
    let note = two.alice.run(&["household", "note", household, "--text", "独居"]).line();
    let withdraw = |what: [&str; 2], why: &str| {
        let words = ["household", "withdraw", household, what[0], what[1], "--reason", why];
        two.alice.run(&words).done();
    };
    withdraw(["--visit", &visit], OF_THE_VISIT);
    withdraw(["--note", &note], OF_THE_NOTE);
    two.alice.run(&["resident", "conceal", household, resident]).done();
    let of_resident = ["resident", "withdraw", household, resident, "--reason", OF_THE_RESIDENT];
    two.alice.run(&of_resident).done();
    two.sync();
    others_sync();

    for why in [OF_THE_VISIT, OF_THE_NOTE, OF_THE_RESIDENT] {
        assert!(two.both().into_iter().all(|device| device.holds(why.as_bytes())), "{why}");
        assert!(others().into_iter().all(|device| !device.holds(why.as_bytes())), "{why}");
    }
    let withdrawn = |device: &Device| {
        let page = device.json(&["household", "show", household, "--withdrawn"]);
        let of_resident = page["household"]["residents"][0]["withdrawn"][0].clone();
        [of_resident, page["visits"][0]["withdrawn"][0].clone()]
    };
    for (fact, why) in withdrawn(&two.bob).iter().zip([OF_THE_RESIDENT, OF_THE_VISIT]) {
        assert_eq!((&fact["reason"], &fact["withheld"]), (&json!(why), &Value::Null));
    }
    for fact in withdrawn(&steward) {
        assert_eq!((&fact["status"], &fact["reason"]), (&json!("withdrawn"), &Value::Null));
        assert_eq!(fact["withheld"], json!(["reason"]));
    }
    // Once they are revealed, and somebody has said that they stand, why is for everybody.
    two.bob.run(&["resident", "restore", household, resident, "--reason", "还住在这里"]).done();
    two.bob.run(&["resident", "reveal", household, resident]).done();
    two.sync();
    others_sync();
    assert!(others().into_iter().all(|device| device.holds(OF_THE_RESIDENT.as_bytes())));
    for device in others().into_iter().chain(two.both()) {
        device.run(&["verify"]).done();
    }
}

#[test]
fn a_withdrawn_household_that_others_worked_on_says_so_where_it_is_not_shown_and_how_to_decide() {
    let two = Two::new();
    let (household, resident) = (&two.household, &two.resident);
    two.alice.run(&["household", "withdraw", household, "--reason", "录重复了"]).done();
    let shown = two.alice.run(&["household", "show", household]);
    assert!(shown.refusal() == (1, "withdrawn") && !shown.err.contains("待定"), "{shown:?}");
    let edit = ["resident", "edit", household, resident, "--phone", "13800000001"];
    two.bob.run(&edit).done();
    two.sync();
    let shown = two.bob.run(&["household", "show", household]);
    assert_eq!(shown.refusal(), (1, "withdrawn"));
    assert!(shown.err.contains("others worked on this household meanwhile"), "{shown:?}");
    let told = two.bob.run(&printed_after(&shown.err, "to see what they did")).done().out;
    assert!(told.contains("13800000001"), "{told}");
    let json = two.bob.run(&["household", "show", household, "--json"]).err;
    assert!(json.lines().count() == 1 && json.starts_with('{'), "{json}");
    two.bob.run(&printed_after(&shown.err, "恢复，请输入")).done();
    assert_eq!(two.page(&two.bob)["household"]["residents"][0]["phone"], "13800000001");
}
