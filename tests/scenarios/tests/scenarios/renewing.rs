//! Grants and the issuing key renewed by the operator, on real processes.

use keting_scenarios::city::{MICRO_GRID, OTHER_MICRO_GRID, UNIT};
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use serde_json::json;

use crate::ending::WHY;

fn add_household(device: &Device, address: &str) -> String {
    let add = ["household", "add", "--region", MICRO_GRID, "--address", address];
    device.run(&add).done().line()
}

fn invite_for(city: &ServedCity, name: &str, days: &str) -> String {
    let invite = ["invite", "--name", name, "--role", "micro_grid_head", "--days", days];
    city.on_server(&[&invite[..], &["--region", MICRO_GRID]].concat()).line()
}

/// The id of somebody's device, and the states of its grants.
fn grants_of(city: &ServedCity, name: &str) -> (String, Vec<String>) {
    let listed = city.on_server(&["grant", "list", "--json"]).done().out;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let of: Vec<_> = listed.iter().filter(|grant| grant["name"] == name).collect();
    let text = |grant: &serde_json::Value, field: &str| grant[field].as_str().unwrap().to_owned();
    (text(of[0], "device"), of.iter().map(|grant| text(grant, "state")).collect())
}

#[test]
fn a_phone_whose_grant_ends_within_thirty_days_says_so_and_once_it_is_renewed_no_longer() {
    let city = ServedCity::start();
    let alice = city.new_device();
    let told = "ask the operator to renew it";
    let joined = alice.run(&["enroll", &invite_for(&city, "陆德祥", "20")]).done();
    assert!(joined.err.contains(told), "{}", joined.err);
    assert_eq!(alice.json(&["status"])["grant_ends_soon"], true);
    assert!(alice.run(&["status"]).done().out.contains(told));

    let (device, _) = grants_of(&city, "陆德祥");
    city.on_server(&["grant", "renew", &device, "--days", "90"]).done();
    let synced = alice.run(&["sync"]).done();
    assert!(!synced.err.contains(told), "{}", synced.err);
    assert_eq!(alice.json(&["status"])["grant_ends_soon"], false);
    assert!(!alice.run(&["status"]).done().out.contains(told));
}

#[test]
fn what_is_over_is_renewed_by_the_operator_and_the_edit_goes_out_by_itself() {
    let city = ServedCity::start();
    let alice = city.new_device();
    alice.run(&["enroll", &invite_for(&city, "陆德祥", "1")]).done();
    alice.run(&["sync"]).done();
    add_household(&alice, "望潮苑1幢1单元101室");
    city.set_clock_ahead(2);
    city.confirm_clock();
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "grant_ended"));
    let (id, states) = grants_of(&city, "陆德祥");
    assert_eq!(states, ["over"]);

    let renew = |more: &[&str]| city.on_server(&[&["grant", "renew", &id[..8]], more].concat());
    assert_eq!(renew(&["--days", "0"]).refusal(), (1, "bad_days"));
    assert_eq!(renew(&["--days", "1200"]).refusal(), (1, "beyond_issuing_key"));
    assert_eq!(renew(&["--region", OTHER_MICRO_GRID]).refusal(), (1, "wider_than_before"));
    assert_eq!(renew(&["--region", "1"]).refusal(), (1, "unknown_region"));
    assert_eq!(renew(&["--days", "30"]).line(), id);
    assert_eq!(grants_of(&city, "陆德祥").1, ["over", "live"]);
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);

    renew(&["--region", UNIT]).done();
    city.on_server(&["device", "end", &id, "--why", "已调离"]).done();
    city.verify().done();
}

#[test]
fn a_device_that_was_ended_is_not_renewed_and_comes_in_again_as_the_message_says() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let (id, _) = grants_of(&city, "陆德祥");
    city.on_server(&["device", "end", &id, "--why", "已调离"]).done();
    let refused = city.on_server(&["grant", "renew", &id]);
    assert_eq!(refused.refusal(), (1, "renewal_of_ended"));
    assert!(refused.err.contains("keting invite"), "{}", refused.err);
    alice.run(&["enroll", &city.invite("陆德祥", "micro_grid_head", MICRO_GRID)]).done();
    assert_eq!(grants_of(&city, "陆德祥").1, ["ended", "live"]);
    add_household(&alice, "望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);
}

#[test]
fn an_issuing_key_that_is_over_is_renewed_with_the_root_key_as_the_message_says() {
    let mut city = ServedCity::start();
    let carol = city.new_device();
    carol.run(&["enroll", &invite_for(&city, "沈建国", "1094")]).done();
    carol.run(&["sync"]).done();
    let beyond = ["invite", "--name", "王五", "--role", "micro_grid_head", "--days", "1200"];
    let beyond = [&beyond[..], &["--region", MICRO_GRID]].concat();
    assert_eq!(city.on_server(&beyond).refusal(), (1, "beyond_issuing_key"));
    city.set_clock_ahead(1_100);
    city.confirm_clock();
    let invite = ["invite", "--name", "王五", "--role", "micro_grid_head", "--region", MICRO_GRID];
    let failed = city.on_server(&invite);
    assert_eq!(failed.refusal(), (1, "issuing_key_expired"));
    assert!(failed.err.contains("keting init --renew-issuing"), "{}", failed.err);

    let key = city.path("root-key");
    let renew = |key: &std::path::Path| {
        city.on_server(&["init", "--renew-issuing", "--root-key", key.to_str().unwrap()])
    };
    assert_eq!(renew(&key).refusal(), (4, "server_in_use"));
    city.stop();
    let renew = |key: &std::path::Path| {
        city.on_server(&["init", "--renew-issuing", "--root-key", key.to_str().unwrap()])
    };
    let other = ServedCity::start();
    assert_eq!(renew(&other.path("root-key")).refusal(), (1, "other_root_key"));
    let text = std::fs::read_to_string(&key).unwrap();
    let bent = city.path("bent-key");
    std::fs::write(&bent, &text[..text.len() - 3]).unwrap();
    assert_eq!(renew(&bent).refusal(), (4, "root_key_malformed"));
    renew(&key).done();
    city.serve();
    let bob = city.new_device();
    bob.run(&["enroll", &city.on_server(&invite).line()]).done();
    bob.run(&["sync"]).done();
    let household = add_household(&bob, "望潮苑1幢1单元102室");
    bob.run(&["sync"]).done();

    // Carol's own grant is over too, and is renewed; she believes what the renewed key signed.
    let id = grants_of(&city, "沈建国").0;
    city.on_server(&["grant", "renew", &id]).done();
    carol.run(&["sync"]).done();
    carol.run(&["household", "show", &household]).done();
    city.verify().done();
}

#[test]
fn phones_that_slept_over_the_issuing_keys_renewal_hand_over_the_ended_one_is_told_and_both_believe_it()
 {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    for device in [&alice, &bob] {
        device.run(&["sync"]).done();
    }
    let of_alice = add_household(&alice, "望潮苑1幢1单元101室");
    let of_bob = add_household(&bob, "望潮苑1幢1单元102室");
    let (id, _) = grants_of(&city, "陆德祥");
    city.on_server(&["device", "end", &id, "--why", WHY]).done();
    city.stop();
    let key = city.path("root-key");
    city.on_server(&["init", "--renew-issuing", "--root-key", key.to_str().unwrap()]).done();
    city.serve();

    bob.run(&["sync"]).done();
    for _ in 0..2 {
        assert_eq!(alice.run(&["sync"]).refusal(), (1, "device_ended"));
    }
    let counted = ["ended", "waiting", "waiting_for_invitation", "refused", "held"];
    let status = alice.json(&["status"]);
    let expected = [json!(WHY), json!(0), json!(0), json!(0), json!(0)];
    assert_eq!(counted.map(|count| status[count].clone()), expected);
    bob.run(&["sync"]).done();
    for household in [&of_alice, &of_bob] {
        bob.run(&["household", "show", household]).done();
    }
    assert_eq!(alice.run(&["household", "show", &of_bob]).refusal(), (3, "not_found"));
    city.verify().done();
}
