//! The server moves, and has told its devices before: they follow by themselves.

use keting_scenarios::binary::keting;
use keting_scenarios::city::MICRO_GRID;
use keting_scenarios::device::{Device, Ended};
use keting_scenarios::port::Port;
use keting_scenarios::served::ServedCity;
use keting_trust::Invitation;

#[test]
fn a_new_address_that_was_announced_in_time_is_followed_and_unsent_work_goes_out() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let away = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let new = Port::take();
    let announced = announce(&city, &[url(new.number()), url(city.port())]);
    assert_eq!(announced.line(), "1");
    alice.run(&["sync"]).done();
    enter(&alice, "望潮苑1幢1单元101室");
    city.stop();
    city.move_to(new);
    city.serve();
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);

    // Whoever was invited since goes there at once; whoever had slept meanwhile is told whom to ask.
    let bob = city.device("刘平杰", "micro_grid_head", MICRO_GRID);
    assert_eq!(bob.json(&["household", "list"]).as_array().unwrap().len(), 1);
    let lost = away.run(&["sync"]);
    assert_eq!(lost.refusal().1, "unreachable");
    assert!(lost.err.contains("ask the operator whether the address has changed"), "{}", lost.err);
    away.run(&["enroll", &city.invite("沈国强", "micro_grid_head", MICRO_GRID)]).done();
    away.run(&["sync"]).done();

    let status = city.on_server(&["server", "status", "--json"]).json();
    assert_eq!((&status["announcement"], &status["devices_live"]), (&1.into(), &3.into()));
    assert_eq!(status["urls"][0], url(city.port()));
    let shown = city.on_server(&["server", "status"]).done().out;
    assert!(shown.contains(&url(city.port())), "{shown}");
    city.verify().done();
}

#[test]
fn an_address_that_leads_nowhere_yet_strands_nobody_and_is_used_once_it_does() {
    let mut city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    let new = Port::take();
    announce(&city, &[url(new.number())]).done();
    for number in 1..=2 {
        enter(&alice, &format!("望潮苑1幢1单元10{number}室"));
        alice.run(&["sync"]).done();
        assert_eq!(alice.json(&["status"])["waiting"], 0);
    }
    city.stop();
    city.move_to(new);
    city.serve();
    enter(&alice, "望潮苑1幢1单元103室");
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);
    city.verify().done();
}

#[test]
fn a_server_that_answers_and_cannot_serve_does_not_keep_a_phone_from_the_next_address() {
    let city = ServedCity::start();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    // Somebody serves another city with the TLS key of this one.
    let mut other = ServedCity::start();
    other.stop();
    for file in ["tls-key.pem", "tls-certificate.pem"] {
        let key = city.server_directory().join(file);
        std::fs::copy(key, other.server_directory().join(file)).unwrap();
    }
    other.serve();
    announce(&city, &[url(other.port()), url(city.port())]).done();
    for number in 1..=2 {
        enter(&alice, &format!("望潮苑1幢1单元10{number}室"));
        alice.run(&["sync"]).done();
        assert_eq!(alice.json(&["status"])["waiting"], 0);
    }
    city.verify().done();
}

#[test]
fn who_is_invited_comes_to_the_address_that_the_server_is_named_whatever_is_announced_first() {
    let mut city = ServedCity::start();
    let (here, new) = (url(city.port()), Port::take());
    city.stop();
    city.serve_with(&["--url", &here]);
    announce(&city, &[url(new.number()), here]).done();
    let alice = city.device("陆德祥", "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    city.stop();
    city.move_to(new);
    city.serve();
    enter(&alice, "望潮苑1幢1单元101室");
    alice.run(&["sync"]).done();
    assert_eq!(alice.json(&["status"])["waiting"], 0);
    city.verify().done();
}

#[test]
fn who_is_invited_before_the_new_address_leads_anywhere_is_led_to_one_that_does_or_nobody_is() {
    let mut city = ServedCity::start();
    let (here, new) = (url(city.port()), Port::take());
    let nowhere = "wss://keting.invalid:7411/v1/sync".to_owned();
    let invite =
        ["invite", "--name", "陆德祥", "--role", "micro_grid_head", "--region", MICRO_GRID];
    let leads_to = |invitation: &str| invitation.parse::<Invitation>().unwrap().url;
    // A name that does not resolve, a port where nobody listens, and then this server.
    announce(&city, &[nowhere.clone(), url(new.number()), here.clone()]).done();
    let invitation = city.on_server(&invite).line();
    assert_eq!(leads_to(&invitation), here);
    let alice = city.new_device();
    alice.run(&["enroll", &invitation]).done();

    // Where none leads here the operator is told what to do, and does it.
    announce(&city, &[nowhere, url(new.number())]).done();
    let invitations = city.rows_in("invitations");
    let refused = city.on_server(&invite);
    assert_eq!(refused.refusal(), (1, "announced_elsewhere"));
    assert!(refused.err.contains("keting serve --url"), "{}", refused.err);
    assert!(refused.err.contains("keting.invalid"), "{}", refused.err);
    assert_eq!(city.rows_in("invitations"), invitations, "nothing is left of it");
    city.stop();
    city.serve_with(&["--url", &here]);
    let invitation = city.on_server(&invite).line();
    assert_eq!(leads_to(&invitation), here);
    city.new_device().run(&["enroll", &invitation]).done();

    // And once the new one leads here, invitations do as well.
    city.stop();
    city.move_to(new);
    city.serve();
    let invitation = city.on_server(&invite).line();
    assert_eq!(leads_to(&invitation), url(city.port()));
    city.new_device().run(&["enroll", &invitation]).done();
}

#[test]
fn an_address_that_no_device_could_use_is_refused_with_what_to_write() {
    let mut city = ServedCity::start();
    for bad in ["http://keting.example/v1/sync", "wss://keting.example:7411", "hello"] {
        let refused = announce(&city, &[bad.to_owned()]);
        assert_eq!(refused.refusal(), (1, "bad_url"));
        assert!(refused.err.contains("wss://host:port/v1/sync"), "{}", refused.err);
    }
    let five: Vec<String> = (1..=5).map(url).collect();
    assert_eq!(announce(&city, &five).refusal(), (1, "too_many_addresses"));
    city.stop();
    assert_eq!(announce(&city, &[url(1)]).refusal(), (5, "server_not_running"));
    let serve = |more: &[&str]| {
        let data = city.server_directory();
        Ended::of(keting().args(["serve", "--data"]).arg(data).args(more))
    };
    for more in [["--listen", "0.0.0.0:0"], ["--url", "wss://keting.example:7411"]] {
        assert_eq!(serve(&more).refusal(), (1, "bad_url"));
    }
    for none in ["localhost", "7411", ":7411", "127.0.0.1:99999", "keting.invalid:7411"] {
        let refused = serve(&["--listen", none]);
        assert_eq!(refused.refusal(), (1, "bad_listen"), "{none}");
        assert!(refused.err.contains("127.0.0.1:7411"), "{}", refused.err);
    }
    let status = city.on_server(&["server", "status"]).done().out;
    assert!(status.contains("nothing is announced"), "{status}");
}

fn announce(city: &ServedCity, urls: &[String]) -> Ended {
    let urls = urls.iter().flat_map(|url| ["--url", url]);
    city.on_server(&["server", "announce"].into_iter().chain(urls).collect::<Vec<_>>())
}

fn url(port: u16) -> String {
    format!("wss://127.0.0.1:{port}/v1/sync")
}

fn enter(device: &Device, address: &str) {
    device.run(&["household", "add", "--region", MICRO_GRID, "--address", address]).done();
}
