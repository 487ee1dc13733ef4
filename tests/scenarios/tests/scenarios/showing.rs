//! What a household's JSON has stands on its screen, in words that people read.

use keting_scenarios::city::{GRID, MICRO_GRID, UNIT, VILLAGE};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::Value;

/// Ids that no command takes: they tell programs apart what people tell apart by who and when.
const FOR_PROGRAMS: [&str; 2] = ["fact", "device"];

/// A household of which everything is known that can be, no two things of it alike.
struct Known {
    city: ServedCity,
    head: Device,
    household: String,
}

impl Known {
    fn start() -> Self {
        let city = ServedCity::start();
        let head = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let add = ["household", "add", "--region", UNIT, "--address", "望潮苑1幢1单元101室"];
        let add = [&add[..], &["--address-code", "A-17-0101", "--tenure", "rented"]].concat();
        let household = head.run(&add).line();
        let known = Self { city, head, household };
        known.fill();
        known
    }

    fn run(&self, verb: &[&str], rest: &[&str]) -> String {
        self.head.run(&[verb, &[self.household.as_str()], rest].concat()).line()
    }

    fn fill(&self) {
        let grown = ["--name", "李燕云", "--relation", "head", "--bond", "both"];
        let numbers = ["--phone", "13800000001", "--id-number", "990481199007130028"];
        let health = ["--health", "高血压，按时服药", "--disability", "听力二级"];
        let more = ["--birth-date", "1990-07-13", "--sex", "female"];
        let tags = ["--tag", "living_alone", "--tag", "chronic_illness"];
        let all = [&grown[..], &numbers, &health, &more, &tags].concat();
        let grown = self.run(&["resident", "add"], &all);
        let away = ["--status", "away", "--reason", "去杭州看病", "--at", "2026-01-02"];
        self.run(&["resident", "leave"], &[&[grown.as_str()], &away[..]].concat());
        let child = ["--name", "王小宝", "--relation", "grandchild", "--birth-date", "2021-02-02"];
        self.run(&["resident", "add"], &[&child[..], &["--phone", "13800000002"]].concat());
        let gone = self.run(&["resident", "add"], &["--name", "张三", "--phone", "13800000003"]);
        self.run(&["resident", "withdraw"], &[&gone, "--reason", "录到别家了"]);

        let need = self.run(&["household", "need"], &["--text", "楼道灯不亮"]);
        for note in ["已报物业", "等配件"] {
            let step = ["--need", &need, "--status", "in_progress", "--note", note];
            self.run(&["household", "need"], &step);
        }
        let visit = ["--purpose", "回访", "--at", "2026-01-03", "--by", "老王"];
        self.run(
            &["household", "visit"],
            &[&visit[..], &["--note", "门口有杂物\n要清走"]].concat(),
        );
        let wrong = self.run(&["household", "visit"], &["--purpose", "走错门"]);
        self.run(&["household", "withdraw"], &["--visit", &wrong, "--reason", "记到别家了"]);
        self.run(&["household", "note"], &["--text", "养了一条狗"]);
        self.run(&["household", "note"], &["--text", "爱听越剧"]);
    }
}

/// Every leaf of a JSON value that is not nothing, with the name it stands under.
fn leaves<'v>(name: &'v str, value: &'v Value, found: &mut Vec<(&'v str, &'v Value)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(name, value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| leaves(name, value, found)),
        Value::Null | Value::Bool(false) => {}
        leaf => found.push((name, leaf)),
    }
}

/// Whether a leaf stands on a screen: words and numbers as they are, a moment to its minute, an id as far
/// as it is needed to name what it belongs to.
fn stands_on(screen: &str, name: &str, leaf: &Value) -> bool {
    let words: Vec<_> = screen.split_whitespace().collect();
    match (name, leaf) {
        ("status_in_conflict", Value::Bool(true)) => screen.contains("待定 to settle"),
        ("concealed", Value::Bool(true)) => screen.contains("只公开姓名 concealed"),
        ("may_settle", Value::Bool(true)) => screen.contains("请输入"),
        (_, Value::Number(number)) => words.contains(&number.to_string().as_str()),
        // The key of a field, or of what a fact is about: its id and its name.
        ("key", Value::String(key)) => {
            key.split('/').filter(|part| part.len() > 1).all(|part| screen.contains(part))
        }
        ("id", Value::String(id)) => {
            words.iter().any(|word| word.len() >= 4 && id.starts_with(*word))
        }
        ("withheld", Value::String(field)) => screen
            .lines()
            .any(|line| line.contains("不可见 withheld") && line.contains(&format!(" {field}"))),
        (_, Value::String(text)) => {
            let minute = text.get(..16).map(|minute| minute.replace('T', " "));
            let is_moment = text.ends_with("+08:00");
            let lines = || text.lines().all(|line| screen.contains(line));
            if is_moment { screen.contains(&minute.unwrap()) } else { lines() }
        }
        // A yes of which nobody has said how it is shown.
        _ => false,
    }
}

fn assert_shows_all(device: &Device, household: &str, options: &[&str], leaves_min: usize) {
    let show = [&["household", "show", household], options].concat();
    let (page, screen) = (device.json(&show), device.run(&show).done().out);
    let mut all = Vec::new();
    leaves("", &page, &mut all);
    all.retain(|(name, _)| !FOR_PROGRAMS.contains(name));
    assert!(all.len() >= leaves_min, "{} leaves: {page}", all.len());
    for (name, leaf) in all {
        assert!(stands_on(&screen, name, leaf), "{name} {leaf} does not stand in\n{screen}");
    }
}

#[test]
fn everything_in_the_json_of_a_household_stands_on_its_screen() {
    let known = Known::start();
    let steward = known.city.device("梁志杰", "steward", UNIT);
    let mediator = known.city.device("许国强", "mediator", VILLAGE);
    known.head.run(&["sync"]).done();
    steward.run(&["sync"]).done();
    mediator.run(&["sync"]).done();
    for (device, leaves_min) in [(&known.head, 60), (&steward, 35), (&mediator, 35)] {
        assert_shows_all(device, &known.household, &[], leaves_min);
        assert_shows_all(device, &known.household, &["--withdrawn"], leaves_min);
    }
    let screen = mediator.run(&["household", "show", &known.household]).done().out;
    assert!(screen.contains("走访 visits、记录 notes\n"), "{screen}");
    // What the steward may not read is not there, and the screen says whose role does not reach it.
    let screen = steward.run(&["household", "show", &known.household]).done().out;
    assert!(screen.contains("红管家 steward 无权查看 your role may not read it"), "{screen}");
    for private in ["990481199007130028", "听力二级", "13800000002", "慢性病"] {
        assert!(!screen.contains(private), "{private}: {screen}");
    }
}

#[test]
fn what_has_to_be_settled_stands_on_the_screen_of_a_household() {
    let known = Known::start();
    let worker = known.city.device("刘平杰", "grid_worker", GRID);
    known.head.run(&["sync"]).done();
    worker.run(&["sync"]).done();
    for (device, tenure, status) in [(&known.head, "owned", "met"), (&worker, "public", "dropped")]
    {
        let page = device.json(&["household", "show", &known.household]);
        let need = page["household"]["needs"][0]["id"].as_str().unwrap();
        device.run(&["household", "edit", &known.household, "--tenure", tenure]).done();
        let move_on = ["household", "need", &known.household, "--need", need, "--status", status];
        device.run(&[&move_on[..], &["--note", "两人各说各的"]].concat()).done();
    }
    for device in [&known.head, &worker, &known.head] {
        device.run(&["sync"]).done();
    }
    let page = known.head.json(&["household", "show", &known.household]);
    assert_eq!(page["conflicts"].as_array().unwrap().len(), 2);
    assert_shows_all(&known.head, &known.household, &[], 75);
}

#[test]
fn a_field_that_has_to_be_settled_is_marked_also_where_it_is_shown_empty() {
    let known = Known::start();
    let worker = known.city.device("刘平杰", "grid_worker", GRID);
    known.head.run(&["sync"]).done();
    worker.run(&["sync"]).done();
    let page = known.head.json(&["household", "show", &known.household]);
    let residents = page["household"]["residents"].as_array().unwrap();
    let resident = residents.iter().find(|resident| !resident["health"].is_null()).unwrap();
    let resident = resident["id"].as_str().unwrap();
    // Of two fields that each clears one of, one is shown empty, whoever comes first.
    for (device, [one, other]) in [(&known.head, ["", "public"]), (&worker, ["B-1", ""])] {
        let edit = ["--address-code", one, "--tenure", other];
        device.run(&[&["household", "edit", &known.household], &edit[..]].concat()).done();
        let other = if other.is_empty() { "" } else { "女婿" };
        let edit = ["--phone", if one.is_empty() { "" } else { "13800000005" }, "--health", other];
        device.run(&[&["resident", "edit", &known.household, resident], &edit[..]].concat()).done();
    }
    for device in [&known.head, &worker, &known.head] {
        device.run(&["sync"]).done();
    }
    let page = known.head.json(&["household", "show", &known.household]);
    let conflicts = page["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), 4, "{conflicts:?}");
    let is_empty = |field: &&str| page["household"][*field].is_null();
    assert_eq!(["address_code", "tenure"].into_iter().filter(is_empty).count(), 1);
    let screen = known.head.run(&["household", "show", &known.household]).done().out;
    for field in ["address_code", "tenure", "phone", "health"] {
        let marked = |line: &&str| line.contains(field) && line.ends_with("（待定 to settle）");
        assert_eq!(screen.lines().filter(marked).count(), 1, "{field} in {screen}");
    }
    assert!(screen.contains("空 empty（待定 to settle）"), "{screen}");
}

#[test]
fn words_stand_in_chinese_with_their_code_beside_them() {
    let known = Known::start();
    let screen = known.head.run(&["household", "show", &known.household]).done().out;
    for words in [
        "房屋权属 tenure",
        "租住 rented",
        "户主 head",
        "外出 away",
        "女 female",
        "户籍并常住 both",
        "独居老人 living_alone",
        "慢性病 chronic_illness",
        "办理中 in_progress",
        "标准地址编码 address_code",
    ] {
        assert!(screen.contains(words), "{words} does not stand in\n{screen}");
    }
    let listed = known.head.run(&["household", "list"]).done().out;
    let line = listed.lines().find(|line| line.contains("望潮苑1幢1单元101室")).unwrap();
    let id = line.split_whitespace().next().unwrap();
    assert!(id.len() < 32 && known.household.starts_with(id), "{listed}");
    known.head.run(&["household", "show", id]).done();
}
