//! The real command takes what people type, as they type it, and says of what it refuses what is wrong
//! and what is allowed.

use keting_model::CityTime;
use keting_scenarios::city::{MICRO_GRID, UNIT};
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::served::ServedCity;
use serde_json::{Value, json};

/// The ID number of somebody made up, a woman born on 13 July 1990.
const ID_NUMBER: &str = "990481199007130028";
/// The same, with X as its check digit.
const WITH_X: &str = "11010519491231002X";

/// A head of a micro-grid with one household.
struct Head {
    /// Runs as long as the device.
    city: ServedCity,
    device: Device,
    household: String,
}

impl Head {
    fn start() -> Self {
        let city = ServedCity::start();
        let device = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
        let household = ["household", "add", "--region", UNIT, "--address", "一号"];
        let household = device.run(&household).line();
        Self { city, device, household }
    }

    fn add(&self, fields: &[&str]) -> Ended {
        self.device.run(&[&["resident", "add", &self.household], fields].concat())
    }

    fn edit(&self, resident: &str, fields: &[&str]) -> Ended {
        self.device.run(&[&["resident", "edit", &self.household, resident], fields].concat())
    }

    fn page(&self, device: &Device) -> Value {
        device.json(&["household", "show", &self.household])
    }

    fn resident(&self, device: &Device, name: &str) -> Value {
        let page = self.page(device);
        let mut residents = page["household"]["residents"].as_array().unwrap().iter();
        residents.find(|one| one["name"] == name).unwrap().clone()
    }
}

#[test]
fn numbers_have_one_form_however_they_are_typed() {
    let head = Head::start();
    let resident = head.add(&["--name", "李一"]).line();
    for (typed, normal) in [
        ("138 1234 5678", "13812345678"),
        ("138-1234-5679", "13812345679"),
        ("138—1234—5680", "13812345680"),
        ("+8613812345681", "13812345681"),
        ("0086 138 1234 5682", "13812345682"),
        ("１３８１２３４５６８３", "13812345683"),
        ("(0573)87651234", "0573-87651234"),
        ("（0573）８７６５１２３５", "0573-87651235"),
        ("0573 87651234-802", "0573-87651234-802"),
        ("0573-87651236转802", "0573-87651236-802"),
        ("661234", "661234"),
        ("955 88", "95588"),
        ("400-812-3456 转 2", "4008123456-2"),
    ] {
        head.edit(&resident, &["--phone", typed]).done();
        assert_eq!(head.resident(&head.device, "李一")["phone"], normal, "{typed}");
    }
    for typed in [
        "11010519491231002x",
        "110105 19491231 002X",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
    ] {
        head.edit(&resident, &["--id-number", typed]).done();
        assert_eq!(head.resident(&head.device, "李一")["id_number"], WITH_X, "{typed}");
        head.edit(&resident, &["--id-number", ""]).done();
    }
    let visit = ["household", "visit", &head.household, "--purpose", " 日常\t走访\r\n"];
    head.device
        .run(&[&visit[..], &["--at", "2026年1月5日", "--note", "好\r\n下周再来\t"]].concat())
        .line();
    let visit = &head.page(&head.device)["visits"][0];
    assert_eq!(
        (&visit["at"], &visit["purpose"], &visit["note"]),
        (&json!("2026-01-05"), &json!("日常 走访"), &json!("好\n下周再来"))
    );
}

#[test]
fn two_people_who_type_one_name_in_two_ways_do_not_disagree() {
    let head = Head::start();
    let resident = head.add(&["--name", "买买提"]).line();
    let other = head.city.device("陆小明", "micro_grid_head", MICRO_GRID);
    head.device.run(&["sync"]).done();
    other.run(&["sync"]).done();
    head.edit(&resident, &["--name", "买买提•阿卜\u{200b}杜拉"]).done();
    let edit = ["resident", "edit", &head.household, &resident];
    other.run(&[&edit[..], &["--name", "\u{feff}买买提．\u{a0}阿卜杜拉"]].concat()).done();
    for device in [&head.device, &other, &head.device] {
        device.run(&["sync"]).done();
    }
    for device in [&head.device, &other] {
        let page = head.page(device);
        assert_eq!(page["household"]["residents"][0]["name"], "买买提·阿卜杜拉");
        assert_eq!(page["conflicts"], json!([]));
    }
}

#[test]
fn what_is_refused_names_the_field_the_rule_and_what_is_allowed_and_never_what_was_typed() {
    let head = Head::start();
    let resident = head.add(&["--name", "李一"]).line();
    let in_chinese =
        |arguments: &[&str]| Ended::of(head.device.command(arguments).env("LC_ALL", "zh_CN.UTF-8"));
    let edit = ["resident", "edit", head.household.as_str(), resident.as_str()];
    let visit = ["household", "visit", head.household.as_str()];
    for (verb, fields, code, said) in [
        (&edit[..], &["--birth-date", "2062-05-05"][..], "in_the_future", "出生日期 birth_date"),
        (&edit, &["--birth-date", "1849-05-05"], "before_1850", "1850"),
        (&edit, &["--id-number", "110105491231002"], "old_id_number", "身份证号 id_number"),
        (
            &edit,
            &["--id-number", WITH_X, "--birth-date", "1949-12-30"],
            "contradicts_id_number",
            "出生日期 birth_date",
        ),
        (
            &edit,
            &["--id-number", WITH_X, "--sex", "男"],
            "sex_contradicts_id_number",
            "性别 sex：性别和身份证号第 17 位不一致，单数为男，双数为女",
        ),
        (&edit, &["--phone", "87651234"], "not_a_phone", "电话 phone"),
        (&edit, &["--name", "\u{200b} "], "empty", "姓名 name"),
        (&edit, &["--name", "１２３"], "no_letter", "姓名 name：姓名里至少要有一个汉字或字母"),
        (&edit, &["--relation", "哥们"], "unknown_word", "可选：户主 head、配偶 spouse"),
        (&edit, &["--tag", "孤寡"], "unknown_word", "可选：独居老人 living_alone、"),
        (&visit, &["--purpose", "\u{a0}"], "empty", "事由 purpose"),
        (&visit, &["--purpose", "日常", "--at", "2199-01-01"], "in_the_future", "日期 at"),
    ] {
        let ended = in_chinese(&[verb, fields].concat());
        assert_eq!(ended.refusal(), (1, code), "{fields:?}");
        assert!(ended.err.contains(said), "{said}: {}", ended.err);
        assert!(!ended.err.contains(fields[1]), "{}", ended.err);
    }
    assert_eq!(head.page(&head.device)["visits"], json!([]));

    head.edit(&resident, &["--birth-date", "1949-12-31"]).done();
    let leave = ["resident", "leave", head.household.as_str(), resident.as_str()];
    let died = [&leave[..], &["--status", "去世", "--at", "1949-12-30"]].concat();
    let refused = in_chinese(&died);
    assert_eq!(refused.refusal(), (1, "before_birth"));
    assert!(refused.err.contains("日期 at") && !refused.err.contains("1949"), "{}", refused.err);

    let officer = head.city.device("沈国强", "town_officer", "990481001");
    let region =
        ["region", "add", "--code", "990481001009", "--level", "village", "--parent", "990481001"];
    let named = officer
        .command(&[&region[..], &["--name", " "]].concat())
        .env("LC_ALL", "zh_CN.UTF-8")
        .output();
    let said = String::from_utf8(named.unwrap().stderr).unwrap();
    assert!(said.contains("区域名称 name") && said.contains("[empty]"), "{said}");
}

#[test]
fn all_fields_that_are_wrong_are_told_at_once() {
    let head = Head::start();
    let wrong = ["--name", "李一", "--phone", "87651234", "--relation", "哥们"];
    let add = ["resident", "add", head.household.as_str()];
    let add = [&add[..], &wrong].concat();
    let told = Ended::of(head.device.command(&add).env("LC_ALL", "zh_CN.UTF-8"));
    assert_eq!(told.exit_code, Some(1));
    let lines: Vec<&str> = told.err.lines().collect();
    assert!(lines.len() == 2, "{}", told.err);
    assert!(lines[0].starts_with("keting: 电话 phone：") && lines[0].ends_with("[not_a_phone]"));
    assert!(lines[1].starts_with("keting: 与户主关系 relation："), "{}", told.err);
    assert!(lines[1].ends_with("[unknown_word]") && lines[1].contains("可选：户主 head"));
    let told = head.device.run(&[&add[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&told.err).unwrap();
    assert_eq!((&told["field"], &told["code"]), (&json!("phone"), &json!("not_a_phone")));
    let fields = told["fields"].as_array().unwrap();
    let names = fields.iter().map(|one| [one["field"].clone(), one["code"].clone()]);
    let both = [["phone", "not_a_phone"], ["relation", "unknown_word"]];
    assert_eq!(json!(names.collect::<Vec<_>>()), json!(both));
    assert_eq!(fields[1]["allowed"][0], "head");
}

#[test]
fn a_relation_that_no_word_stands_for_is_kept_as_other_and_that_is_said() {
    let head = Head::start();
    let added = head.add(&["--name", "李一", "--relation", "侄子"]).done();
    assert!(added.err.contains("[kept_as_other]"), "{}", added.err);
    assert_eq!(head.resident(&head.device, "李一")["relation"], "other");
    assert_eq!(head.add(&["--name", "王二", "--relation", "其他"]).done().err, "");
}

#[test]
fn a_day_is_taken_as_people_say_it() {
    let head = Head::start();
    let visit = ["household", "visit", head.household.as_str(), "--purpose", "回访", "--at"];
    head.device.run(&[&visit[..], &["今天"]].concat()).line();
    head.device.run(&[&visit[..], &["昨天"]].concat()).line();
    head.device.run(&[&visit[..], &["1月2日"]].concat()).line();
    let page = head.page(&head.device);
    let days = page["visits"].as_array().unwrap().iter().map(|one| one["at"].as_str().unwrap());
    let days: Vec<&str> = days.collect();
    let now_ms = head.device.json(&["status"])["city_time_ms"].as_u64().unwrap();
    let today = CityTime::new(now_ms).day().to_string();
    // The test may go on past midnight.
    assert!(days.len() == 3 && days[0] <= today.as_str() && days[1] < days[0], "{days:?}");
    assert!(days[2].ends_with("-01-02") && days[2] <= today.as_str(), "{days:?}");
}

#[test]
fn a_day_to_come_is_refused_and_one_that_is_kept_as_last_years_is_told_whole() {
    let head = Head::start();
    let visit = ["household", "visit", head.household.as_str(), "--purpose", "回访", "--at"];
    for typed in ["明天", "后天", "tomorrow"] {
        let refused = head.device.run(&[&visit[..], &[typed]].concat());
        assert_eq!(refused.refusal(), (1, "in_the_future"), "{typed}");
    }
    let told = head.device.run(&[&visit[..], &["12-31"]].concat()).done();
    let for_machines = head.device.json(&[&visit[..], &["12月31日"]].concat());
    for visit in head.page(&head.device)["visits"].as_array().unwrap() {
        let (kept, entered) =
            (visit["at"].as_str().unwrap(), visit["entered"]["at"].as_str().unwrap());
        // On the last day of the year it is today.
        let is_of_last_year = kept[..4] < entered[..4];
        if visit["id"] == told.out.trim() {
            let said = format!("[day_of_last_year]（{kept}）");
            assert_eq!(told.err.contains(&said), is_of_last_year, "{}", told.err);
        } else {
            let warned = is_of_last_year.then_some(kept);
            assert_eq!(for_machines["warnings"][0]["day"], json!(warned));
        }
    }
}

#[test]
fn an_address_is_one_however_it_is_spaced() {
    let head = Head::start();
    let add = |address| {
        let add = ["household", "add", "--region", UNIT, "--address", address];
        head.device.run(&add).done()
    };
    assert_eq!(add("望潮苑1幢101室").err, "");
    assert!(add("望潮苑 1幢 101室").err.contains("[address_known]"));
}

#[test]
fn a_word_is_taken_by_its_chinese_label() {
    let head = Head::start();
    head.add(&["--name", "李一", "--relation", "户主", "--tag", "独居老人", "--bond", "常住"])
        .line();
    let resident = head.resident(&head.device, "李一");
    let (relation, tags, bond) = (&resident["relation"], &resident["care_tags"], &resident["bond"]);
    assert_eq!((relation, bond), (&json!("head"), &json!("lives_here")));
    assert_eq!(tags, &json!(["living_alone"]));
}

#[test]
fn a_word_is_taken_as_people_say_it() {
    let head = Head::start();
    let added = head.add(&["--name", "李一", "--relation", "老婆", "--tag", "低保户"]).line();
    let resident = head.resident(&head.device, "李一");
    assert_eq!(resident["relation"], "spouse");
    assert_eq!(resident["care_tags"], json!(["low_income"]));
    for (said, word) in [("长子", "child"), ("父亲", "parent"), ("奶奶", "other")] {
        head.edit(&added, &["--relation", said]).done();
        assert_eq!(head.resident(&head.device, "李一")["relation"], word, "{said}");
    }
    head.device.run(&["resident", "leave", &head.household, &added, "--status", "搬走了"]).done();
    assert_eq!(head.resident(&head.device, "李一")["status"], "moved_out");
}

#[test]
fn a_tag_that_is_given_and_taken_away_at_once_is_refused() {
    let head = Head::start();
    let added = head.add(&["--name", "李一", "--tag", "独居"]).line();
    let edited = head.edit(&added, &["--tag", "living_alone", "--no-tag", "独居"]);
    assert_eq!(edited.exit_code, Some(2), "{}", edited.err);
    assert_eq!(head.resident(&head.device, "李一")["care_tags"], json!(["living_alone"]));
}

#[test]
fn an_address_and_a_person_that_stand_already_are_said_and_kept() {
    let head = Head::start();
    let code_of = |ended: &Ended| ended.refusal().1.to_owned();
    let born = ["--name", "李一", "--birth-date", "1962-05-05"];
    assert_eq!(head.add(&born).done().err, "");
    let add = ["household", "add", "--region", UNIT, "--address", " 一号"];
    let twice = head.device.run(&add).done();
    assert_eq!(code_of(&twice), "address_known");
    assert!(twice.err.contains(&head.household), "{twice:?}");
    let other = twice.out.trim();
    let again = head.device.run(&[&["resident", "add", other], &born[..]].concat()).done();
    assert_eq!(code_of(&again), "person_known");
    assert!(again.err.contains(&head.household) && !again.err.contains("1962"), "{again:?}");
    let page = head.device.json(&["household", "show", other]);
    assert_eq!(page["household"]["residents"][0]["name"], "李一");
}

#[test]
fn after_a_wrong_date_of_birth_is_corrected_everybody_sees_what_is_open_again() {
    let head = Head::start();
    let steward = head.city.device("梁志杰", "steward", UNIT);
    let known = ["--phone", "13800000001", "--bond", "both", "--birth-date", "2016-05-05"];
    let resident = head.add(&[&["--name", "李一"], &known[..]].concat()).line();
    let sync = || {
        head.device.run(&["sync"]).done();
        steward.run(&["sync"]).done();
    };
    sync();
    assert_eq!(head.resident(&steward, "李一")["phone"], Value::Null);
    head.edit(&resident, &["--birth-date", "1962-05-05"]).done();
    let again = head.edit(&resident, &["--phone", "13800000001", "--bond", "both"]);
    assert_eq!(again.refusal(), (1, "nothing_changed"));
    sync();
    let shown = head.resident(&steward, "李一");
    assert_eq!((&shown["phone"], &shown["bond"]), (&json!("13800000001"), &json!("both")));
}

#[test]
fn only_who_lives_there_is_counted() {
    let head = Head::start();
    head.add(&["--name", "小宝", "--birth-date", "2025-05-05"]).line();
    for (name, status) in [("李一", "deceased"), ("王二", "moved_out")] {
        let resident = head.add(&["--name", name]).line();
        let leave = ["resident", "leave", &head.household, &resident, "--status", status];
        head.device.run(&leave).done();
    }
    let steward = head.city.device("梁志杰", "steward", UNIT);
    head.device.run(&["sync"]).done();
    steward.run(&["sync"]).done();
    for device in [&head.device, &steward] {
        assert_eq!(device.json(&["household", "list"])[0]["living_here"], 1);
        let listed = device.run(&["household", "list"]).done().out;
        let line = listed.lines().find(|line| line.contains("一号")).unwrap().to_owned();
        assert_eq!(line.split_whitespace().last(), Some("1"), "{listed}");
    }
}

#[test]
fn what_is_withheld_of_a_child_is_not_said_above_an_adult() {
    let head = Head::start();
    head.add(&["--name", "李一", "--relation", "head", "--phone", "13800000001"]).line();
    head.add(&["--name", "小宝", "--phone", "13800000002", "--birth-date", "2020-05-05"]).line();
    let steward = head.city.device("梁志杰", "steward", UNIT);
    head.device.run(&["sync"]).done();
    steward.run(&["sync"]).done();
    let shown = steward.run(&["household", "show", &head.household]).done().out;
    let (above, adult) = shown.split_once("李一  户主 head").unwrap();
    assert!(above.contains("身份证号 id_number") && !above.contains("电话"), "{shown}");
    let (adult, child) = adult.split_once("小宝").unwrap();
    assert!(adult.contains("13800000001") && !adult.contains("不可见"), "{shown}");
    assert!(child.contains("不可见 withheld") && child.contains("电话 phone、"), "{shown}");
    assert!(!shown.contains("13800000002"), "{shown}");
}

#[test]
fn a_second_head_and_a_known_identity_number_are_said_and_kept() {
    let head = Head::start();
    let code_of = |ended: &Ended| ended.refusal().1.to_owned();
    let first =
        head.add(&["--name", "李一", "--relation", "head", "--id-number", ID_NUMBER]).done();
    assert_eq!(first.err, "");
    let second = head.add(&["--name", "王二", "--relation", "head"]).done();
    assert_eq!(code_of(&second), "second_head");
    assert!(second.err.contains(&head.household), "{second:?}");

    let other = ["household", "add", "--region", UNIT, "--address", "二号"];
    let other = head.device.run(&other).line();
    let add = [
        "resident",
        "add",
        &other,
        "--name",
        "李一",
        "--id-number",
        "990481 19900713 0028",
        "--json",
    ];
    let known = head.device.run(&add).done();
    assert_eq!(known.err, "", "machines read the warnings in the answer");
    let saved: Value = serde_json::from_str(&known.out).unwrap();
    assert_eq!(saved["warnings"][0]["code"], "id_number_known");
    assert_eq!(saved["warnings"][0]["household"], json!(head.household));
    let page = head.device.json(&["household", "show", &other]);
    assert_eq!(page["household"]["residents"][0]["id"], saved["id"]);
    assert_eq!(page["household"]["residents"][0]["id_number"], ID_NUMBER);
}

#[test]
fn an_invitation_is_taken_as_a_messenger_hands_it_over() {
    let city = ServedCity::start();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let (front, back) = invitation.split_at(60);
    let pasted = format!("“{} \r\n  {back}\u{200b}”\n", front.replacen("keting1:", "Keting1：", 1));
    let device = city.new_device();
    let said = device.run(&["enroll", &pasted]).line();
    assert!(said.starts_with("陆德祥"), "{said}");
}
