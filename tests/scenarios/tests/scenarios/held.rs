//! Held work leaves its author's screens and finders, but for the list of what is held.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use keting::commands::{HouseholdCommand, RegionCommand, VisitsCommand};
use keting::parts::replica_of;
use keting::views::ItemNamed;
use keting::{Command, DocumentId, DocumentKind, Fields};
use keting_scenarios::city::{City, GRID, MICRO_GRID, VILLAGE};
use keting_scenarios::device::Device;
use keting_scenarios::liar::Liar;
use keting_scenarios::phone::{Phone, Two};
use keting_scenarios::served::ServedCity;
use keting_sync::message::{Ended, ServerMessage};
use keting_sync::{Answer, CommitKey, Outcome, Persist};
use keting_trust::Signed;
use rustix::process::{Pid, Signal, kill_process};

use crate::ending::WHY;

const CODE: &str = "9904810010010101991";

#[test]
fn of_two_regions_of_one_code_the_one_that_stands_is_found_whatever_their_order() {
    for held_is_first in [true, false] {
        let city = City::start();
        let first = city.phone("陆德祥", "village_officer", VILLAGE);
        let second = city.phone("刘平杰", "village_officer", VILLAGE);
        let (low, high) = (region_id(1), region_id(0xfe));
        let (held, stands) = if held_is_first { (low, high) } else { (high, low) };
        add_region(&first, stands);
        add_region(&second, held);
        let household = second.add_household(CODE, "一号", "李一");
        visit(&second, household);
        first.sync();
        second.sync();

        assert_eq!(second.region(CODE), stands);
        let of_code = second.keting.regions().unwrap();
        assert_eq!(of_code.iter().filter(|region| region.code == CODE).count(), 1);
        assert_eq!(second.households(), []);
        assert!(second.keting.household(&household).unwrap().is_none());
        let names: Vec<_> = second.keting.held().unwrap().into_iter().map(named).collect();
        assert_eq!(names, ["region.add", "household.add", "visit.add"]);
        assert_eq!(second.keting.status().unwrap().held, 3);
        second.assert_verified();

        let later = second.add_household(CODE, "二号", "王二");
        second.sync();
        first.sync();
        assert_eq!(first.household(later).address, "二号");
        assert_eq!(second.keting.status().unwrap().held, 3);
        assert_eq!(second.keting.status().unwrap().waiting, 0);
        second.assert_verified();
    }
}

#[test]
fn nothing_is_built_on_held_work() {
    let city = City::start();
    let first = city.phone("陆德祥", "village_officer", VILLAGE);
    let second = city.phone("刘平杰", "village_officer", VILLAGE);
    add_region(&first, region_id(1));
    add_region(&second, region_id(2));
    let household = second.add_household(CODE, "一号", "李一");
    first.sync();
    second.sync();

    let edit = second.edit(household, Fields::new().with("address", "二号"));
    assert_eq!(edit.unwrap_err().code(), "not_found");
    let add = HouseholdCommand::Add {
        household: second.keting.new_document(DocumentKind::Household),
        region: region_id(2),
        fields: Fields::new().with("address", "三号"),
        residents: Vec::new(),
        time: second.keting.now(),
    };
    let added = second.keting.execute(&Command::Household(add));
    assert_eq!(added.unwrap_err().code(), "not_found");
    let fields = Fields::new().with("name", "十单元");
    let edit = RegionCommand::Edit { region: region_id(2), fields };
    let edited = second.keting.execute(&Command::Region(edit));
    assert_eq!(edited.unwrap_err().code(), "not_found");
}

#[test]
fn a_held_edit_is_taken_back_and_what_others_did_stays() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, household) = (&two.alice, two.household);
    let address = |address: &str| Fields::new().with("address", address);
    alice.edit(household, address("望潮苑1幢1单元102室")).unwrap();
    let held = last_waiting(alice);
    alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    let resident = alice.add_resident(household, Fields::new().with("name", "王二"));
    two.bob.add_need(household, "修楼道灯");
    two.bob.sync();

    answer_held(&city, alice, held, "not_granted");
    let alice = two.alice.reopened();
    let shown = alice.detail(household);
    assert_eq!((shown.address.as_str(), shown.tenure), ("望潮苑1幢1单元101室", None));
    assert!(shown.residents.iter().all(|one| one.resident.id != resident));
    let held = alice.keting.held().unwrap();
    let codes: Vec<_> = held.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["not_granted", "ancestor_held", "ancestor_held"]);
    let stand_on: Vec<_> = held.iter().map(|one| one.stands_on).collect();
    assert_eq!(stand_on, [None, Some(held[0].id), Some(held[0].id)]);
    // The household is called as it stands, and whom nobody else has as she said.
    let lives_at = |one: &keting::views::HeldView| one.about.household.clone().unwrap().address;
    assert!(held.iter().all(|one| lives_at(one).as_deref() == Some("望潮苑1幢1单元101室")));
    let named = ItemNamed::Resident { id: resident, name: Some("王二".to_owned()) };
    assert_eq!(held[2].about.item, Some(named));
    alice.assert_verified();

    // She goes on, and nobody takes her next edit for one of those before.
    alice.edit(household, address("望潮苑1幢1单元103室")).unwrap();
    alice.sync();
    two.bob.sync();
    assert_eq!(two.bob.household(household).address, "望潮苑1幢1单元103室");
    assert_eq!(alice.detail(household).needs.len(), 1);
    alice.assert_verified();
    two.bob.assert_verified();
}

#[test]
fn what_is_held_since_it_stands_on_something_held_names_that() {
    let city = City::start();
    let two = Two::in_city(&city);
    let alice = two.alice;
    visit_held_with_another(&city, &alice, two.household);
    let device = Device::at(alice.directory().to_owned());
    drop(alice);
    let listed = device.json(&["held", "list"]);
    let (first, id) = (&listed[0]["id"], listed[0]["id"].as_str().unwrap());
    assert_eq!(
        [&listed[0]["stands_on"], &listed[1]["stands_on"]],
        [&serde_json::Value::Null, first]
    );
    let table = device.run(&["held", "list"]).done().out;
    assert!(table.contains(&format!("ancestor_held（见 see {}）", &id[..8])), "{table}");
    let shown = device.run(&["held", "show", listed[1]["id"].as_str().unwrap()]).done().out;
    let line = shown.lines().find(|line| line.contains("前一项 stands on")).unwrap();
    assert!(line.ends_with(id), "{shown}");
    device.run(&["held", "show", &id[..8]]).done();
}

#[test]
fn an_edit_held_with_another_that_the_server_admits_after_all_comes_back() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, household) = (&two.alice, two.household);
    let (visit, commit) = visit_held_with_another(&city, alice, household);
    let number = alice.keting.status().unwrap().cursor.unwrap().number;
    answer(&city, alice, commit, Outcome::Admitted { number });
    assert_eq!(visits(alice, household), [visit]);
    alice.sync();
    assert_eq!(visits(alice, household), [visit]);
    assert_eq!(alice.keting.held().unwrap().len(), 1);
    alice.assert_verified();
}

#[test]
fn an_edit_that_left_an_ended_device_and_is_admitted_after_all_is_back_with_the_answer() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (alice, household) = (&two.alice, two.household);
    let (visit, commit) = visit_held_with_another(&city, alice, household);
    alice.hears_of_its_end(WHY);
    let mut liar = Liar::of(&city);
    let head = liar.head();
    let admitted = Answer { commit, outcome: Outcome::Admitted { number: head.number } };
    let answers = ServerMessage::Answers(liar.answers(alice, vec![admitted], head));
    let proof = Signed::sign(liar.ending(alice, WHY), &*liar.city.issuing).unwrap().into();
    let told = liar.say(alice, vec![answers, ServerMessage::Ended(Ended { proof })]);
    assert_eq!(told.unwrap_err().code(), "device_ended");
    assert_eq!(visits(alice, household), [visit]);
    assert_eq!(alice.keting.held().unwrap().len(), 1);
    alice.assert_verified();
}

#[test]
fn held_work_is_listed_with_what_when_why_and_what_to_do_and_every_sync_says_so() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = add_where_she_may_not(&alice);
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "held"));
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "held"), "as long as it is held");
    assert_eq!(alice.json(&["status"])["held"], 1);
    assert_eq!(alice.json(&["household", "list"]), serde_json::json!([]));
    assert!(alice.run(&["household", "list"]).done().out.contains("待处理 held: 1"));
    assert_eq!(alice.run(&["household", "show", &household]).refusal(), (3, "not_found"));

    let listed = &alice.json(&["held", "list"])[0];
    let id = listed["id"].as_str().unwrap();
    assert_eq!(listed["code"], "not_granted");
    let table = alice.run(&["held", "list"]).done().out;
    assert!(table.contains("新增户 household.add  一号"), "{table}");
    let shown = alice.run(&["held", "show", id]).done().out;
    for text in ["新增户 add a household", "地址 address  一号", "not_granted  ", "录入 entered"]
    {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    let shown = alice.json(&["held", "show", id]);
    assert_eq!(shown["fields"][0], serde_json::json!({ "name": "address", "value": "一号" }));
    assert_eq!(alice.run(&["held", "show", "0000000000000000"]).refusal(), (3, "not_found"));
    alice.run(&["verify"]).done();
    city.verify().done();
}

#[test]
fn whoever_stays_connected_or_joins_once_more_hears_that_something_is_held() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    add_where_she_may_not(&alice);
    let mut watching = alice
        .command(&["sync", "--watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut news = BufReader::new(watching.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"held\"") {
        line.clear();
        assert!(news.read_line(&mut line).unwrap() > 0, "the watch ended");
    }
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&told["event"], &told["count"]), (&"held".into(), &1.into()));
    kill_process(Pid::from_child(&watching), Signal::INT).unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(1));

    let again = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let joined = alice.run(&["enroll", &again]).done();
    assert!(joined.err.contains("keting held list"), "{}", joined.err);
    assert_eq!(alice.run(&["sync"]).refusal(), (1, "held"));
}

/// A broken app that takes the whole grid for a part of its holder's micro-grid.
pub fn add_where_she_may_not(alice: &Device) -> String {
    let own = format!("(SELECT document FROM region WHERE code = '{MICRO_GRID}')");
    alice.alter(&format!("UPDATE region SET parent = {own} WHERE code = '{GRID}'"));
    let added = alice.run(&["household", "add", "--region", GRID, "--address", "一号"]).line();
    let above = format!("(SELECT document FROM region WHERE code = '{VILLAGE}')");
    alice.alter(&format!("UPDATE region SET parent = {above} WHERE code = '{GRID}'"));
    added
}

fn region_id(byte: u8) -> DocumentId {
    DocumentId::from_random(DocumentKind::Region, [byte; 14])
}

fn add_region(phone: &Phone, region: DocumentId) {
    let parent = Some(phone.region(MICRO_GRID));
    let fields = Fields::new().with("code", CODE).with("name", "九单元").with("level", "unit");
    let add = RegionCommand::Add { region, parent, fields };
    phone.keting.execute(&Command::Region(add)).unwrap();
}

fn visit(phone: &Phone, household: DocumentId) -> keting::ItemId {
    let (visit, time) = (phone.keting.new_item(), phone.keting.now());
    let fields = Fields::new().with("at", time.day().to_string());
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    phone.keting.execute(&Command::Visits(add)).unwrap();
    visit
}

fn named(held: keting::views::HeldView) -> &'static str {
    held.command.unwrap().name()
}

/// A visit on top of an edit that is held, so that it left the screens with that.
fn visit_held_with_another(
    city: &City,
    phone: &Phone,
    household: DocumentId,
) -> (keting::ItemId, CommitKey) {
    phone.change_address(household, "望潮苑1幢1单元102室");
    let held = last_waiting(phone);
    let visit = visit(phone, household);
    let commit = last_waiting(phone);
    answer_held(city, phone, held, "not_granted");
    assert_eq!(visits(phone, household), []);
    (visit, commit)
}

/// The visits that a phone shows.
fn visits(phone: &Phone, household: DocumentId) -> Vec<keting::ItemId> {
    let shown = phone.keting.household(&household).unwrap().unwrap().visits.unwrap();
    shown.into_iter().map(|visit| visit.id).collect()
}

/// The last edit that waits for the server.
fn last_waiting(phone: &Phone) -> CommitKey {
    let waiting = replica_of(&phone.keting).waiting(None, 9, u64::MAX).unwrap();
    CommitKey::own(waiting.last().unwrap().commit.command)
}

/// Lets the phone hear that an edit is held.
fn answer_held(city: &City, phone: &Phone, commit: CommitKey, code: &str) {
    answer(city, phone, commit, Outcome::Held { number: 99, code: code.to_owned() });
}

fn answer(city: &City, phone: &Phone, commit: CommitKey, outcome: Outcome) {
    let mut liar = Liar::of(city);
    let head = liar.head();
    let answers = vec![liar.answers(phone, vec![Answer { commit, outcome }], head)];
    let persist = Persist {
        id: 1,
        channel_binding: Vec::new(),
        enrolled: None,
        answers,
        groups: Vec::new(),
        moved: None,
    };
    replica_of(&phone.keting).persist(&persist).unwrap();
}
