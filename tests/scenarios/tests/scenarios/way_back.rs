//! A way back in: an operator's invitation into the folder of an enrolled device brings it to the server
//! as that is now, with its keys, its data and what waits to be sent.

use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::Device;
use keting_scenarios::served::ServedCity;
use keting_server::shell::certificate;

#[test]
fn a_server_at_another_address_is_found_with_a_new_invitation_and_unsent_work_goes_out() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let key = own_key(&alice);
    enter(&alice, "望潮苑1幢1单元101室");
    city.stop();
    city.move_to_another_port();
    city.serve();
    assert_eq!(alice.run(&["sync"]).refusal().1, "unreachable");

    alice.run(&["enroll", &invitation(&city)]).done();
    assert_eq!((waiting(&alice), own_key(&alice)), (0, key));
    enter(&alice, "望潮苑1幢1单元102室");
    alice.run(&["sync"]).done();
    assert_eq!(waiting(&alice), 0);
    alice.run(&["verify"]).done();
    city.verify().done();
}

#[test]
fn a_server_whose_tls_key_was_replaced_is_believed_with_a_new_invitation_only() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    enter(&alice, "望潮苑1幢1单元101室");
    city.stop();
    for file in ["tls-key.pem", "tls-certificate.pem"] {
        std::fs::remove_file(city.server_directory().join(file)).unwrap();
    }
    certificate::make(&city.server_directory()).unwrap();
    city.serve();
    assert_eq!(alice.run(&["sync"]).refusal().1, "wrong_server_key");
    assert_eq!(waiting(&alice), 1);

    alice.run(&["enroll", &invitation(&city)]).done();
    assert_eq!(waiting(&alice), 0);
    alice.run(&["sync"]).done();
    city.verify().done();
}

#[test]
fn a_device_that_was_ended_gets_in_again_with_a_later_invitation() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    city.on_server(&["device", "end", &own_key(&alice), "--why", "手机丢了"]).done();
    assert_ne!(alice.run(&["sync"]).exit_code, Some(0));
    enter(&alice, "望潮苑1幢1单元101室");
    alice.run(&["enroll", &invitation(&city)]).done();
    assert_eq!(waiting(&alice), 0);
    city.verify().done();
}

#[test]
fn an_edit_under_a_grant_that_is_over_goes_out_after_the_operators_new_invitation_into_the_folder()
{
    let city = ServedCity::start();
    let alice = city.new_device();
    let invite =
        ["invite", "--name", "陆德祥", "--role", "micro_grid_head", "--region", MICRO_GRID];
    let for_a_day = city.on_server(&[&invite[..], &["--days", "1"]].concat()).line();
    alice.run(&["enroll", &for_a_day]).done();
    enter(&alice, "望潮苑1幢1单元101室");
    city.set_clock_ahead(2);
    city.confirm_clock();
    assert_eq!(alice.run(&["sync"]).refusal(), (5, "grant_ended"));
    assert_eq!(waiting(&alice), 1);
    let again = city.on_server(&invite).line();
    alice.run(&["enroll", &again]).done();
    alice.run(&["sync"]).done();
    assert_eq!((waiting(&alice), &alice.json(&["status"])["held"]), (0, &0.into()));
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    assert_eq!(bob.json(&["household", "list"])[0]["address"], "望潮苑1幢1单元101室");
    city.verify().done();
}

#[test]
fn an_invitation_that_leads_to_nothing_changes_nothing() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let used = invitation(&city);
    city.new_device().run(&["enroll", &used]).done();
    let mut other_city = ServedCity::start();
    let elsewhere = invitation(&other_city);
    other_city.stop();
    enter(&alice, "望潮苑1幢1单元101室");
    let before = alice.json(&["status"]);
    assert_eq!(alice.run(&["enroll", &used]).refusal(), (1, "invitation_used"));
    assert_eq!(alice.run(&["enroll", &elsewhere]).refusal(), (1, "already_enrolled"));
    let now = alice.json(&["status"]);
    for name in ["city", "holder", "grant_expires_at_ms", "number", "waiting", "held"] {
        assert_eq!(now[name], before[name], "{name}");
    }
    let unreachable = invitation(&city);
    city.stop();
    assert_eq!(alice.run(&["enroll", &unreachable]).refusal().1, "unreachable");
    city.serve();
    alice.run(&["sync"]).done();
    assert_eq!(waiting(&alice), 0);
}

#[test]
fn where_a_device_is_no_new_key_is_made_and_a_vault_that_is_found_again_opens_it() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    enter(&alice, "望潮苑1幢1单元101室");
    let away = city.path("vault-away");
    std::fs::rename(alice.vault(), &away).unwrap();
    for command in [vec!["status"], vec!["sync"], vec!["enroll", &invitation(&city)]] {
        let lost = alice.run(&command);
        assert_eq!(lost.refusal().1, "vault_secret_missing");
        let folder = alice.vault().display().to_string();
        assert!(lost.err.contains(&folder) && lost.err.contains("KETING_VAULT"), "{}", lost.err);
    }
    assert!(!alice.vault().exists(), "neither a key nor a folder for one was made");
    std::fs::rename(&away, alice.vault()).unwrap();
    alice.run(&["sync"]).done();
    assert_eq!(waiting(&alice), 0);
}

fn invitation(city: &ServedCity) -> String {
    city.invite("陆德祥", "micro_grid_head", MICRO_GRID)
}

fn enter(device: &Device, address: &str) {
    device.run(&["household", "add", "--region", MICRO_GRID, "--address", address]).done();
}

fn waiting(device: &Device) -> u64 {
    device.json(&["status"])["waiting"].as_u64().unwrap()
}

/// The device's id, by the grants that are on it.
fn own_key(device: &Device) -> String {
    let listed = device.json(&["device", "list"]);
    let own = listed.as_array().unwrap().iter().find(|it| it["name"] == "陆德祥").unwrap();
    own["device"].as_str().unwrap().to_owned()
}
