//! What an app sees of threads and sockets: syncing that starts, fails, waits, and stops.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keting::parts::{Local, Socket, SyncNews, replica_of};
use keting::views::HouseholdFilter;
use keting::{ErrorKind, Fields};
use keting_scenarios::binary::keting;
use keting_scenarios::city::{City, GRID, MICRO_GRID};
use keting_scenarios::phone::{Phone, Two, vault};
use keting_trust::limits;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_takes_the_connection_and_stays_silent_is_given_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("wss://{}/v1/sync", listener.local_addr().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        // Virtual time, which passes while there is nothing to do.
        let begun = tokio::time::Instant::now();
        let given_up = Socket::connect(&url, &[[0; 32]]).await.err().unwrap();
        let waited_ms = begun.elapsed().as_millis();
        assert_eq!(given_up.code(), "peer_silent");
        assert!(waited_ms <= u128::from(limits::CONNECT_MS_MAX) + 1, "{waited_ms} ms");
    });
}

#[test]
fn syncing_ends_when_another_server_answers_than_the_one_of_the_invitation() {
    let (city, other) = (City::start(), City::start());
    let mut invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    invitation.url = other.invite("陆德祥", "micro_grid_head", MICRO_GRID).url;
    let alice = Phone::new(city.directory(), &invitation);

    let syncing = alice.keting.start_sync().unwrap();
    let mut news = syncing.news();
    assert_eq!(news.next(), Some(gone_for_good("wrong_server_key")));
    assert_eq!(news.next(), None);
    let error = syncing.stop().unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("wrong_server_key", false));
}

#[test]
fn syncing_ends_when_the_invitation_names_no_address() {
    let city = City::start();
    let mut invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    for url in ["no address", "https://127.0.0.1/v1/sync"] {
        invitation.url = url.to_owned();
        let alice = Phone::new(city.directory(), &invitation);
        let syncing = alice.keting.start_sync().unwrap();
        assert_eq!(syncing.news().next(), Some(gone_for_good("bad_address")), "{url}");
    }
}

#[test]
fn an_app_hears_why_it_is_offline_and_is_back_at_once_when_it_asks() {
    let mut city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    city.stop();
    let syncing = alice.keting.start_sync().unwrap();
    let mut news = syncing.news();
    // Ten failures in a row would make for a pause of minutes, had nobody asked in between.
    for _ in 0..10 {
        let Some(SyncNews::Disconnected { code, retry_in_ms: Some(pause_ms) }) = news.next() else {
            panic!("no word of why it is offline")
        };
        assert_eq!(code, "unreachable");
        assert!(pause_ms < 20_000, "{pause_ms} ms");
        syncing.try_now();
    }
    city.restart();
    syncing.try_now();
    assert!(news.any(|news| news == SyncNews::UpToDate));
    syncing.stop().unwrap();
    assert_eq!(news.next(), None);
}

#[test]
fn a_second_sync_of_a_replica_is_told_that_one_is_running() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let clone = alice.keting.clone();
    let syncing = alice.keting.start_sync().unwrap();
    let told = clone.sync(&mut |_| {}).unwrap_err();
    assert_eq!((told.code(), told.kind()), ("sync_running", ErrorKind::Refused));
    assert_eq!(clone.start_sync().err().unwrap().code(), "sync_running");
    syncing.stop().unwrap();
    clone.sync(&mut |_| {}).unwrap();
}

#[test]
fn dropping_the_handle_of_a_sync_leaves_nothing_of_it_behind() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let syncing = alice.keting.start_sync().unwrap();
    assert!(syncing.news().any(|news| news == SyncNews::UpToDate));
    let directory = alice.directory().to_owned();
    drop((syncing, alice));
    // Whoever dropped it waited for nothing. The file is free once the thread has seen it.
    let open = || Local::open(&directory.join("data"), vault(&directory));
    let opened = std::iter::repeat_with(open).take(10_000).find_map(Result::ok);
    Phone::holding(opened.unwrap(), directory).sync();
}

#[test]
fn a_query_never_waits_for_whoever_writes() {
    let city = City::start();
    let two = Two::in_city(&city);
    let (keting, household) = (two.alice.keting.clone(), two.household);
    let (tell, told) = mpsc::channel();
    let before = keting.now();
    two.alice.edit(household, Fields::new().with("tenure", "rented")).unwrap();
    let writing = replica_of(&two.alice.keting);
    let asking = thread::spawn(move || {
        let everything = |keting: &Local| {
            let filter = HouseholdFilter {
                region: keting.region_of_code(MICRO_GRID)?,
                ..Default::default()
            };
            keting.regions()?;
            keting.counts(None)?;
            keting.conflicts(None)?;
            keting.outbox(10)?;
            keting.status()?;
            Ok::<_, keting::EngineError>((
                keting.households(&filter)?.len(),
                keting.household(&household)?.map(|page| page.household.address),
                keting.now() >= before,
                keting.new_item() != keting.new_item(),
            ))
        };
        let _ = tell.send(everything(&keting));
    });
    let answered = told.recv_timeout(PATIENCE);
    drop(writing);
    asking.join().unwrap();
    let (households, address, later, other) = answered.unwrap().unwrap();
    assert_eq!((households, address.as_deref()), (1, Some("望潮苑1幢1单元101室")));
    assert!(later && other);
}

#[test]
fn every_line_of_a_watching_sync_is_an_object_and_says_why_it_is_offline() {
    let mut city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    alice.sync();
    let directory = city.phone("刘平杰", "grid_worker", GRID).directory().to_owned();
    let mut watching = keting()
        .args(["sync", "--watch", "--json", "--data"])
        .arg(directory.join("data"))
        .env("KETING_VAULT", directory.join("vault"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
    let heard = |event: &str| {
        loop {
            let line = told.recv_timeout(PATIENCE).unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["event"] == event {
                return line;
            }
        }
    };

    heard("connected");
    heard("up_to_date");
    let resident = alice.add_resident(household, Fields::new().with("name", "李二"));
    alice.sync();
    let changed = heard("changed");
    assert_eq!(changed["document"], household.to_string());
    assert_eq!(changed["item"], resident.to_string());
    city.stop();
    let offline = heard("disconnected");
    assert!(offline["code"].is_string() && offline["retry_in_ms"].is_u64(), "{offline}");
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn a_text_that_is_no_invitation_is_refused_with_its_code() {
    let city = City::start();
    let refused = keting()
        .args(["enroll", "keting1:no", "--data"])
        .arg(city.directory().join("phone"))
        .env("KETING_VAULT", city.directory().join("vault"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("[invitation_malformed]"), "{told}");
    assert_eq!(refused.status.code(), Some(1));
}

fn gone_for_good(code: &str) -> SyncNews {
    SyncNews::Disconnected { code: code.to_owned(), retry_in_ms: None }
}
