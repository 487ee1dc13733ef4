//! The real command, from an empty directory to everything of a first day.

use keting_scenarios::binary::keting;
use keting_scenarios::city::{MICRO_GRID, OTHER_MICRO_GRID, REGIONS, UNIT, VILLAGE};
use keting_scenarios::device::Ended;
use keting_scenarios::served::ServedCity;

const ID_NUMBER: &str = "990481199007130028";
const PHONE: &str = "19900009330";

#[test]
fn init_writes_the_root_key_to_a_file_of_its_owner_and_makes_a_city_once() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let (data, root_key) = (place.path().join("server"), place.path().join("root-key"));
    let init = |root_key: &std::path::Path| {
        let mut command = keting();
        command.args(["init", "--city", "潮乡市", "--regions", REGIONS, "--data"]).arg(&data);
        Ended::of(command.arg("--root-key").arg(root_key))
    };
    init(&root_key).done();
    let mode = std::fs::metadata(&root_key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let seed = std::fs::read_to_string(&root_key).unwrap();
    let seed = seed.lines().find_map(|line| line.strip_prefix("seed ")).unwrap();
    let seed = hex::decode(seed).unwrap();
    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(seed.len()).any(|part| part == seed), "{}", path.display());
    }

    let again = init(&place.path().join("another"));
    assert_eq!(again.exit_code, Some(1), "{again:?}");
    assert!(!place.path().join("another").exists());
    let over_it = init(&root_key);
    assert_ne!(over_it.exit_code, Some(0));
    assert!(root_key.exists());
}

#[test]
fn an_invitation_stands_alone_on_a_line_and_makes_one_device() {
    let city = ServedCity::start();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    assert!(invitation.starts_with("keting1:") && invitation.is_ascii(), "{invitation}");

    let device = city.new_device();
    let said = device.run(&["enroll", &invitation]).line();
    assert!(said.starts_with("陆德祥，微网格长 micro_grid_head，"), "{said}");
    let again = device.run(&["enroll", &invitation]).line();
    assert!(again.starts_with("陆德祥，微网格长 micro_grid_head，"), "{again}");
    let another = city.new_device().run(&["enroll", &invitation]);
    assert_eq!(another.refusal(), (1, "invitation_used"));
    let nonsense = city.new_device().run(&["enroll", "keting1:nonsense"]);
    assert_eq!(nonsense.refusal(), (1, "invitation_malformed"));

    let listed = device.json(&["device", "list"]);
    let own = listed.as_array().unwrap().iter().find(|device| device["name"] == "陆德祥").unwrap();
    assert_eq!(own["role"], "micro_grid_head");
}

#[test]
fn where_no_vault_is_named_the_keys_lie_in_the_users_state_directory_and_not_with_the_data() {
    let city = ServedCity::start();
    let device = city.new_device();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let state = city.path("state");
    let mut enroll = device.command(&["enroll", &invitation]);
    Ended::of(enroll.env_remove("KETING_VAULT").env("XDG_STATE_HOME", &state)).done();
    let names = |folder| {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        files.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
    };
    let secrets = ["database-key", "device-seed", "incarnation-token"];
    for secret in secrets {
        assert!(names(state.join("keting")).iter().any(|name| name.ends_with(secret)), "{secret}");
        assert!(!names(device.data()).iter().any(|name| name.ends_with(secret)), "{secret}");
    }
}

#[test]
fn a_household_is_added_edited_visited_and_noted_and_shown_as_it_is() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let run = |arguments: &[&str]| alice.run(arguments).line();
    let added = ["household", "add", "--region", UNIT, "--address", "一号", "--tenure", "owned"];
    let household = run(&added);
    let of = |verb: &str, rest: &[&str]| run(&[&["household", verb, &household], rest].concat());

    assert_eq!(of("edit", &["--address", "望潮苑1幢101室", "--tenure", ""]), household);
    let visit = of("visit", &["--purpose", "走访", "--note", "都好", "--at", "2026-11-23"]);
    let need = of("need", &["--text", "轮椅"]);
    assert_eq!(of("need", &["--need", &need, "--status", "met", "--note", "已送"]), need);
    let note = of("note", &["--text", "下月再来"]);

    let shown = alice.json(&["household", "show", &household]);
    let detail = &shown["household"];
    assert_eq!(detail["id"], household);
    assert_eq!((&detail["address"], &detail["tenure"]), (&"望潮苑1幢101室".into(), &().into()));
    assert_eq!(detail["region"], UNIT);
    let told = &detail["needs"][0];
    assert_eq!((&told["id"], &told["text"]), (&need.into(), &"轮椅".into()));
    assert_eq!((&told["status"], &told["note"]), (&"met".into(), &"已送".into()));
    let visited = &shown["visits"][0];
    assert_eq!((&visited["id"], &visited["at"]), (&visit.into(), &"2026-11-23".into()));
    assert_eq!((&visited["purpose"], &visited["note"]), (&"走访".into(), &"都好".into()));
    let noted = &shown["notes"][0];
    assert_eq!((&noted["id"], &noted["text"]), (&note.into(), &"下月再来".into()));
    assert_eq!(shown["conflicts"], serde_json::json!([]));
    alice.run(&["verify"]).done();
}

#[test]
fn households_are_listed_by_the_numbers_in_their_addresses() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let addresses = ["望潮苑2幢101室", "望潮苑9幢2单元", "望潮苑10幢1单元", "望潮苑10幢12单元"];
    for address in addresses.iter().rev() {
        alice.run(&["household", "add", "--region", UNIT, "--address", address]).done();
    }
    let listed = alice.json(&["household", "list"]);
    let listed: Vec<_> =
        listed.as_array().unwrap().iter().map(|one| text(&one["address"])).collect();
    assert_eq!(listed, addresses);
}

#[test]
fn a_resident_is_added_edited_and_leaves_without_being_deleted() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let run = |arguments: &[&str]| alice.run(arguments).line();
    let household = run(&["household", "add", "--region", UNIT, "--address", "一号"]);
    let add = ["resident", "add", &household, "--name", "李燕云", "--relation", "head"];
    let more = ["--id-number", ID_NUMBER, "--phone", PHONE, "--tag", "living_alone"];
    let resident = run(&[&add[..], &more].concat());
    let edit = ["resident", "edit", &household, &resident, "--bond", "both", "--sex", "female"];
    assert_eq!(run(&edit), resident);
    let leave = ["resident", "leave", &household, &resident, "--reason", "搬去女儿家"];
    assert_eq!(run(&leave), resident);

    let shown = alice.json(&["household", "show", &household]);
    let told = &shown["household"]["residents"][0];
    assert_eq!((&told["id"], &told["name"]), (&resident.into(), &"李燕云".into()));
    assert_eq!((&told["id_number"], &told["phone"]), (&ID_NUMBER.into(), &PHONE.into()));
    assert_eq!((&told["bond"], &told["sex"]), (&"both".into(), &"female".into()));
    assert_eq!(
        (&told["status"], &told["status_reason"]),
        (&"moved_out".into(), &"搬去女儿家".into())
    );
    let wrong = ["resident", "edit", &household, told["id"].as_str().unwrap(), "--phone", "12345"];
    assert_eq!(alice.run(&wrong).exit_code, Some(1));
    let id_number = ["--id-number", "990481199007130027"];
    assert_eq!(alice.run(&[&wrong[..4], &id_number].concat()).exit_code, Some(1));
}

#[test]
fn regions_are_listed_shown_and_added_by_whoever_may() {
    let city = ServedCity::start();
    let officer = city.device("宋芳云", "village_officer", VILLAGE);
    let code = format!("{MICRO_GRID}009");
    let add = ["region", "add", "--code", &code, "--name", "九单元", "--level", "unit"];
    let parent = ["--parent", MICRO_GRID, "--head", "梁志杰"];
    let add = [&add[..], &parent].concat();
    let id = officer.run(&add).line();
    let shown = officer.json(&["region", "show", &code]);
    let facts = [
        ("id", id.as_str()),
        ("code", &code),
        ("name", "九单元"),
        ("level", "unit"),
        ("parent", MICRO_GRID),
        ("head", "梁志杰"),
    ];
    for (field, value) in facts {
        assert_eq!(shown[field], value, "{field}");
    }
    let listed = officer.json(&["region", "list"]);
    let codes: Vec<_> = listed.as_array().unwrap().iter().map(|region| &region["code"]).collect();
    for wanted in [VILLAGE, MICRO_GRID, OTHER_MICRO_GRID, UNIT, &code] {
        assert!(codes.iter().any(|code| **code == wanted), "{wanted}");
    }
    let head = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let not_his =
        ["region", "add", "--code", "1", "--name", "x", "--level", "grid", "--parent", VILLAGE];
    assert_ne!(head.run(&not_his).exit_code, Some(0));
}

#[test]
fn concurrent_values_are_listed_with_what_a_settle_needs_and_a_settle_ends_it() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let household = alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).line();
    let sync = || [&alice, &bob, &alice].map(|device| drop(device.run(&["sync"]).done()));
    sync();
    for (device, address) in [(&alice, "二号"), (&bob, "三号")] {
        device.run(&["household", "edit", &household, "--address", address]).done();
    }
    sync();
    let conflicts = &alice.json(&["household", "show", &household])["conflicts"];
    let values = conflicts[0]["values"].as_array().unwrap();
    let mut said: Vec<_> =
        values.iter().map(|one| (text(&one["value"]), text(&one["entered"][0]["by"]))).collect();
    said.sort();
    let [bobs, alices] = [("三号", "沈国强"), ("二号", "陆德祥")];
    assert_eq!(said, [bobs, alices].map(|(value, by)| (value.to_owned(), by.to_owned())));
    let over_it = bob.run(&["household", "edit", &household, "--address", "四号"]);
    assert_eq!(over_it.refusal(), (1, "conflicted"));

    let (document, key) = (text(&conflicts[0]["document"]), text(&conflicts[0]["key"]));
    let settle = ["household", "settle", &document, &key, "--value", "三号"];
    assert_eq!(bob.run(&settle).line(), document);
    bob.run(&["sync"]).done();
    alice.run(&["sync"]).done();
    for device in [&alice, &bob] {
        let shown = device.json(&["household", "show", &household]);
        assert_eq!(shown["household"]["address"], "三号");
        assert_eq!(shown["conflicts"], serde_json::json!([]));
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
