//! The server's TLS key is changed, and devices follow; or sleep too long, and come in by an invitation.

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::served::ServedCity;
use keting_server::shell::tls_keys::TlsKeys;

#[test]
fn a_tls_key_that_was_changed_in_time_is_followed_and_the_old_one_goes() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let invited = invitation(&city, "沈国强");
    let old = on_disk(&city);
    let new = rotate(&city).line();
    assert_eq!(announced(&city), [new.clone(), old[0].clone()]);

    // One comes with the old key, and one by an invitation that pins it.
    enter(&alice, "望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    let bob = city.new_device();
    bob.run(&["enroll", &invited]).done();
    bob.run(&["sync"]).done();
    city.stop();
    city.serve();
    assert_eq!((announced(&city), on_disk(&city)), (vec![new.clone()], vec![new]));

    enter(&alice, "望潮苑1幢1单元102室");
    for device in [&alice, &bob] {
        device.run(&["sync"]).done();
        assert_eq!(device.json(&["status"])["waiting"], 0);
        assert_eq!(device.json(&["household", "list"]).as_array().unwrap().len(), 2);
    }
    city.device("刘平杰", "micro_grid_head", MICRO_GRID).run(&["sync"]).done();
    city.verify().done();
}

#[test]
fn a_phone_that_slept_while_the_key_was_changed_twice_gets_in_by_the_one_it_pins() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let away = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    enter(&alice, "望潮苑1幢1单元101室");
    enter(&away, "望潮苑1幢1单元102室");
    let keys = [on_disk(&city).remove(0), rotate(&city).line(), rotate(&city).line()];
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);
    let mut newest_first = keys.clone();
    newest_first.reverse();
    assert_eq!(announced(&city), newest_first);

    // Ninety days later both old ones are over. Who came in time goes on, who did not is told what to do.
    city.stop();
    city.set_clock_ahead(91);
    city.serve();
    city.confirm_clock();
    alice.run(&["sync"]).done();
    assert_eq!((announced(&city), on_disk(&city)), (keys[2..].to_vec(), keys[2..].to_vec()));
    let lost = away.run(&["sync"]);
    assert_eq!(lost.refusal(), (1, "wrong_server_key"));
    assert!(lost.err.contains("join with an invitation here again"), "{}", lost.err);
    assert_eq!(away.json(&["status"])["waiting"], 1);
    away.run(&["enroll", &invitation(&city, "沈国强")]).done();
    assert_eq!(away.json(&["status"])["waiting"], 0);
    away.run(&["sync"]).done();
    city.verify().done();
}

#[test]
fn who_was_ended_or_whose_grant_is_over_finds_a_server_whose_key_was_changed() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let ended = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let over = city.new_device();
    let invite =
        ["invite", "--name", "刘平杰", "--role", "micro_grid_head", "--region", MICRO_GRID];
    over.run(&["enroll", &city.on_server(&[&invite[..], &["--days", "1"]].concat()).line()]).done();
    enter(&ended, "望潮苑1幢1单元101室");
    enter(&over, "望潮苑1幢1单元102室");
    let end = ["device", "end", &id_of(&city, "沈国强"), "--why", "已调离本村"];
    city.on_server(&end).done();
    city.set_clock_ahead(2);
    city.confirm_clock();

    // Everybody who reads follows, and nobody believes the old key any more who was told so.
    let old = on_disk(&city);
    let new = rotate(&city).line();
    alice.run(&["sync"]).done();
    city.stop();
    city.serve();
    assert_eq!(announced(&city), std::slice::from_ref(&new));
    alice.run(&["sync"]).done();
    assert_eq!(ended.run(&["sync"]).refusal(), (1, "device_ended"));
    assert_eq!(over.run(&["sync"]).refusal(), (5, "grant_ended"));
    city.on_server(&["grant", "renew", &id_of(&city, "刘平杰"), "--days", "365"]).done();
    over.run(&["sync"]).done();
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["household", "list"]).as_array().unwrap().len(), 2);

    assert_eq!(on_disk(&city), [old[0].clone(), new.clone()]);
    city.stop();
    city.set_clock_ahead(92);
    city.serve();
    city.confirm_clock();
    alice.run(&["sync"]).done();
    assert_eq!(on_disk(&city), [new]);
    city.verify().done();
}

#[test]
fn a_phone_that_knows_the_new_key_is_let_in_by_a_server_that_was_put_back_to_before_it() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    city.stop();
    let copy = Device::copied(&city.server_directory());
    city.serve();
    rotate(&city).done();
    alice.run(&["sync"]).done();
    city.stop();
    Device::put_back(&city.server_directory(), &copy);
    city.serve();
    enter(&alice, "望潮苑1幢1单元101室");
    assert_ne!(alice.run(&["sync"]).refusal().1, "wrong_server_key");
    assert_eq!(alice.json(&["status"])["log_diverged"], true);
}

#[test]
fn a_fifth_key_at_once_is_refused_until_one_is_over() {
    let city = ServedCity::start();
    city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    for keys in 2..=4 {
        rotate(&city).done();
        assert_eq!(announced(&city).len(), keys);
    }
    let refused = rotate(&city);
    assert_eq!(refused.refusal(), (1, "too_many_keys"));
    assert_eq!(on_disk(&city).len(), 4);
    city.verify().done();
}

fn rotate(city: &ServedCity) -> Ended {
    city.on_server(&["server", "rotate-key"])
}

/// The keys that are announced, the preferred one first.
fn announced(city: &ServedCity) -> Vec<String> {
    let status = city.on_server(&["server", "status", "--json"]).json();
    let keys = status["keys"].as_array().unwrap().iter();
    keys.map(|known| known["key"].as_str().unwrap().to_owned()).collect()
}

/// The keys in the server's directory, the oldest first.
fn on_disk(city: &ServedCity) -> Vec<String> {
    let keys = TlsKeys::load(&city.server_directory(), &[]).unwrap();
    keys.pins().iter().map(hex::encode).collect()
}

fn invitation(city: &ServedCity, name: &str) -> String {
    city.invite(name, "micro_grid_head", MICRO_GRID)
}

/// The id of somebody's device.
fn id_of(city: &ServedCity, name: &str) -> String {
    let listed = city.on_server(&["grant", "list", "--json"]).json();
    let grant = listed.as_array().unwrap().iter().find(|grant| grant["name"] == name).unwrap();
    grant["device"].as_str().unwrap().to_owned()
}

fn enter(device: &Device, address: &str) {
    device.run(&["household", "add", "--region", MICRO_GRID, "--address", address]).done();
}
