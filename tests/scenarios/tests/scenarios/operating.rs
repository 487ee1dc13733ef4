//! A running server as its operator sees it, and a device that stays connected.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;

use keting::commands::HouseholdCommand;
use keting::{Command, DocumentId, DocumentKind, Fields};
use keting_scenarios::binary::keting;
use keting_scenarios::city::{GRID, MICRO_GRID, REGIONS, UNIT};
use keting_scenarios::device::Ended;
use keting_scenarios::served::ServedCity;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::net::TcpSocket;

const ADDRESS: &str = "望潮苑1幢1单元101室";
const HOLDER: &str = "陆德祥";

#[test]
fn the_port_of_a_server_that_is_stopped_refuses_everybody_and_is_given_to_nobody() {
    let mut city = ServedCity::start();
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, city.port()));
    for _ in 0..2 {
        assert!(TcpStream::connect(at).is_ok());
        city.stop();
        let refused = TcpStream::connect(at).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let taken = TcpSocket::new_v4().unwrap().bind(at).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        city.serve();
    }
}

#[test]
fn a_running_server_tells_its_health_and_its_counters() {
    let city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    alice.run(&["household", "add", "--region", UNIT, "--address", ADDRESS]).done();
    alice.run(&["sync"]).done();

    // Anybody may ask how it is, so it tells nothing else.
    let told = ("HTTP/1.1 200 OK".to_owned(), r#"{"healthy":true}"#.to_owned());
    assert_eq!(city.get("/health"), told);
    let number = alice.json(&["status"])["number"].clone();

    let (status, body) = city.get("/metrics");
    assert_eq!(status, "HTTP/1.1 200 OK");
    for line in [
        "keting_commits_admitted_total 1".to_owned(),
        "keting_devices_enrolled_total 1".to_owned(),
        format!("keting_log_number {number}"),
    ] {
        assert!(body.lines().any(|found| found == line), "{line} is not in\n{body}");
    }
    assert_eq!(city.get("/anything").0, "HTTP/1.1 404 Not Found");
}

#[test]
fn whatever_is_asked_of_a_server_that_is_stuck_is_given_up_and_what_is_only_read_is_told() {
    let city = ServedCity::start();
    city.freeze();
    let invite = ["invite", "--name", HOLDER, "--role", "micro_grid_head", "--region", MICRO_GRID];
    let here = format!("wss://127.0.0.1:{}/v1/sync", city.port());
    let asked: [&[&str]; 7] = [
        &["device", "end", "00", "--why", "已调离"],
        &["grant", "renew", "00"],
        &["invitation", "cancel", "00"],
        &invite,
        &["server", "confirm-clock"],
        &["server", "announce", "--url", &here],
        &["server", "rotate-key"],
    ];
    let asking = asked.map(|arguments| {
        let mut command = city.command(arguments);
        std::thread::spawn(move || Ended::of(&mut command))
    });
    for (arguments, asking) in asked.iter().zip(asking) {
        let given_up = asking.join().unwrap();
        assert_eq!(given_up.refusal(), (5, "server_silent"), "{arguments:?}");
    }
    for read in [&["invitation", "list"], &["grant", "list"], &["server", "status"]] {
        city.on_server(read).done();
    }
    city.thaw();
    city.on_server(&invite).done();
}

#[test]
fn a_second_server_on_one_directory_is_turned_away_and_the_first_goes_on_inviting() {
    let mut city = ServedCity::start();
    let second = |port: u16| {
        let listen = format!("127.0.0.1:{port}");
        Ended::of(
            keting().args(["serve", "--listen", &listen, "--data"]).arg(city.server_directory()),
        )
    };
    for port in [0, city.port()] {
        assert_eq!(second(port).refusal(), (4, "server_in_use"));
    }
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    alice.run(&["sync"]).done();
    // One that was killed leaves nothing behind that keeps the next from starting.
    city.kill();
    city.serve();
    city.device("刘平杰", "grid_worker", GRID).run(&["sync"]).done();
}

#[test]
fn whoever_holds_thousands_of_connections_open_from_one_address_keeps_nobody_else_out() {
    const SILENT: usize = 4_096;
    let mut city = ServedCity::start();
    city.stop();
    city.serve_with_files(1_024);
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    let open = open_from_elsewhere(city.port(), SILENT);
    for number in 0..23 {
        let address = format!("望潮苑1幢1单元{number}室");
        alice.run(&["household", "add", "--region", UNIT, "--address", &address]).done();
        assert_eq!(alice.json(&["sync"])["commits_sent"], 1);
    }
    let (_, counted) = city.get("/metrics");
    let line = "keting_connections_turned_away_total{code=\"too_many_from_one_address\"} ";
    let turned_away = counted.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    // A quarter of what is left of 1,024 files came in.
    assert_eq!(turned_away.parse::<usize>().unwrap(), SILENT - (1_024 - 128) / 4);
    assert!(city.log().contains("connections are turned away"));
    assert!(!city.log().contains("127.0.0.2"), "the log says from where");
    drop(open);
}

/// So many connections from another address of this machine that never say a word.
fn open_from_elsewhere(port: u16, count: usize) -> Vec<TcpStream> {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let open = async || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0))).unwrap();
        socket.connect(at).await.unwrap().into_std().unwrap()
    };
    runtime.block_on(async {
        let mut opened = Vec::new();
        for _ in 0..count {
            opened.push(open().await);
        }
        opened
    })
}

#[test]
fn all_that_is_wrong_with_a_table_of_regions_is_told_at_once_and_no_city_is_made() {
    let place = tempfile::tempdir().unwrap();
    let (table, server) = (place.path().join("regions.csv"), place.path().join("server"));
    let header = "code,name,level,parent_code,boundary,head\n";
    let rows = "990481,潮乡市,city,,,\n990481001,,town,990481,,\n99048100a,临潮,town,990481,,\n";
    std::fs::write(&table, [header, rows].concat()).unwrap();
    let init_in = |language: &str, city: &str| {
        let mut command = keting();
        command.args(["init", "--city", city, "--root-key"]).arg(place.path().join("root-key"));
        command.env("KETING_LANG", language);
        Ended::of(command.arg("--regions").arg(&table).arg("--data").arg(&server))
    };
    let init = |city: &str| init_in("en", city);
    // Each line is in the language of its reader alone.
    for (language, said, count) in [
        (
            "zh",
            ["第 2 行，name \"潮乡市\"：和", "第 3 行，name：", "第 4 行，code \"99048100a\"："],
            "（3 行里共 3 处错误）",
        ),
        (
            "en",
            ["line 2, name \"潮乡市\": is", "line 3, name: ", "line 4, code \"99048100a\": "],
            " (3 mistakes on 3 lines)",
        ),
    ] {
        let failed = init_in(language, "潮城");
        assert_eq!(failed.refusal(), (1, "regions_other_city"));
        assert_eq!(failed.err.lines().count(), 4, "{}", failed.err);
        for (line, said) in failed.err.lines().zip(said) {
            assert!(line.starts_with(said) && !line.contains(" · "), "{line}");
        }
        assert!(failed.err.trim_end().ends_with(count), "{}", failed.err);
    }
    std::fs::write(&table, "").unwrap();
    let failed = init("潮乡市");
    assert_eq!(failed.refusal(), (1, "regions_blank"));
    assert!(failed.err.contains(header.trim_end()), "{}", failed.err);
    std::fs::write(&table, [header, rows].concat().replace(',', "，")).unwrap();
    let failed = init("潮乡市");
    assert_eq!(failed.refusal(), (1, "regions_separator"));
    assert!(failed.err.contains("full-width commas (，)"), "{}", failed.err);
    let rounded = "9.90481E+11,临潮,town,990481,,\n".repeat(50);
    // What spreadsheets save is named as that, and its cells are not; so is a header in Chinese, and none.
    let in_chinese = "编码,名称,层级,上级,范围,负责人\n990481,潮乡市,city,,,\n";
    for table_of in [in_chinese, rows] {
        std::fs::write(&table, table_of).unwrap();
        let failed = init("潮乡市");
        assert_eq!(failed.refusal(), (1, "regions_header"));
        assert!(failed.err.contains(header.trim_end()), "{}", failed.err);
        assert_eq!(failed.err.lines().count(), 1, "{}", failed.err);
    }
    let in_gbk = b"990481,\xb3\xb1\xcf\xe7\xca\xd0,city,,,\n";
    for (rows, code) in
        [(rounded.as_bytes(), "regions_rounded_codes"), (&in_gbk[..], "regions_gbk")]
    {
        std::fs::write(&table, [header.as_bytes(), rows].concat()).unwrap();
        let failed = init("潮乡市");
        assert_eq!(failed.refusal(), (1, code));
        assert_eq!(failed.err.lines().count(), 1, "{}", failed.err);
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    std::fs::write(&table, [header, "990481,潮乡市,city,,,\n,,,,,\n"].concat()).unwrap();
    init("潮乡市").done();
}

#[test]
fn a_folder_whose_path_is_too_long_for_the_operators_socket_is_refused_before_a_city_is_made() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("x".repeat(108));
    let told = "data_path_too_long";
    let mut init = keting();
    init.args(["init", "--city", "潮乡市", "--regions", REGIONS, "--data"]).arg(&folder);
    assert_eq!(
        Ended::of(init.arg("--root-key").arg(place.path().join("key"))).refusal(),
        (4, told)
    );
    // Whoever moved a city there hears of it as well.
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    std::fs::write(folder.join("server.sqlite"), "").unwrap();
    assert_eq!(Ended::of(keting().args(["serve", "--data"]).arg(&folder)).refusal(), (4, told));
}

#[test]
fn a_server_does_not_start_where_others_may_write_nor_with_a_log_level_that_is_none() {
    use std::os::unix::fs::PermissionsExt;
    let mut city = ServedCity::start();
    city.stop();
    let serve = |level: &str| {
        let mut command = city.command(&["serve", "--listen", "127.0.0.1:0"]);
        Ended::of(command.env("KETING_LOG", level)).refusal().1.to_owned()
    };
    assert_eq!(serve("verbose"), "bad_log_level");
    let folder = city.server_directory();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o770)).unwrap();
    assert_eq!(serve("info"), "folder_not_private");
}

#[test]
fn whom_the_operator_invites_has_a_name_and_a_role_which_may_be_said_in_chinese() {
    let city = ServedCity::start();
    let invite = |name: &str, role: &str| {
        city.on_server(&["invite", "--name", name, "--role", role, "--region", MICRO_GRID])
    };
    for none in [" ", "12345", "１３８", "·"] {
        assert_eq!(invite(none, "micro_grid_head").refusal(), (1, "bad_name"), "{none}");
    }
    let unknown = invite("陆德祥", "村长");
    assert_eq!(unknown.refusal(), (1, "unknown_role"));
    assert!(unknown.err.contains("micro_grid_head"), "{}", unknown.err);
    let device = city.new_device();
    let enrolled = device.run(&["enroll", &invite(" 陆德祥", "微网格长").line()]).line();
    assert!(enrolled.starts_with("陆德祥，微网格长 micro_grid_head"), "{enrolled}");
}

#[test]
fn a_stopped_server_leaves_one_file_that_can_be_copied() {
    let mut city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    alice.run(&["household", "add", "--region", UNIT, "--address", "一号"]).done();
    alice.run(&["sync"]).done();
    assert_eq!(city.stop(), Some(0));
    let files = std::fs::read_dir(city.server_directory()).unwrap();
    let mut files: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["admin.sock.lock", "server.sqlite", "tls-certificate.pem", "tls-key.pem"]);
    let asked = city.on_server(&["device", "end", "00", "--why", "试"]);
    assert_eq!(asked.refusal(), (5, "server_not_running"));
}

#[test]
fn a_server_that_is_asked_to_stop_ends_with_zero_and_has_everything_it_acknowledged() {
    let mut city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    alice.run(&["household", "add", "--region", UNIT, "--address", ADDRESS]).done();
    let sent = alice.json(&["sync"]);
    assert_eq!(sent["commits_sent"], 1);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        // One that is in the middle of something stops as well.
        let mut watch = alice.command(&["sync", "--watch"]);
        let mut watching = watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        assert_eq!(city.stop_by(signal), Some(0), "{signal:?}");
        watching.kill().unwrap();
        watching.wait().unwrap();
        city.serve();
    }
    city.stop();

    let stored = city.verify().json();
    assert_eq!(stored["differences"], serde_json::json!([]));
    let here = alice.json(&["verify"]);
    for (document, heads) in here["documents"].as_object().unwrap() {
        assert_eq!(stored["documents"].get(document), Some(heads), "{document}");
    }
}

#[test]
fn while_a_device_stays_connected_it_shows_what_changes_and_a_second_process_is_turned_away() {
    let city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    let bob = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let mut watching = bob
        .command(&["sync", "--watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    alice.run(&["household", "add", "--region", UNIT, "--address", ADDRESS]).done();
    alice.run(&["sync"]).done();
    let mut news = BufReader::new(watching.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"household\"") {
        line.clear();
        assert!(news.read_line(&mut line).unwrap() > 0, "the watch ended");
    }
    for told in [bob.run(&["status"]), bob.run(&["sync", "--watch"])] {
        assert_eq!(told.refusal(), (4, "replica_in_use"));
    }
    kill_process(Pid::from_child(&watching), Signal::INT).unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(0));
    assert_eq!(bob.json(&["household", "list"])[0]["address"], ADDRESS);
}

#[test]
fn whoever_watches_reads_in_words_of_which_household_what_changed() {
    let city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    let add = ["household", "add", "--region", UNIT, "--address", ADDRESS];
    let household = alice.run(&add).line();
    alice.run(&["sync"]).done();
    let bob = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let mut watching = bob
        .command(&["sync", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    alice.run(&["household", "visit", &household, "--purpose", "回访"]).line();
    alice.run(&["household", "need", &household, "--text", "楼道灯不亮"]).line();
    alice.run(&["sync"]).done();
    let mut news = BufReader::new(watching.stdout.take().unwrap());
    let (home, mut told) =
        (format!("有改动 changed: {ADDRESS}（{}）", &household[..8]), String::new());
    // In one line or in two, whichever comes first.
    while !["走访 visits", "需求 needs"].iter().all(|thing| told.contains(thing)) {
        assert!(news.read_line(&mut told).unwrap() > 0, "the watch ended");
        assert!(told.lines().all(|line| line.starts_with(&home)), "{told}");
    }
    kill_process(Pid::from_child(&watching), Signal::INT).unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(0));
}

#[test]
fn whoever_watches_into_a_file_reads_when_the_server_was_lost_and_when_it_was_there_again() {
    let mut city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    city.stop();
    let mut watching = alice
        .command(&["sync", "--watch"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(watching.stderr.take().unwrap());
    let mut wait_for = |text: &str| {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "the watch ended");
            assert!(line.contains("offline, trying again") || line.contains(text), "{line}");
        }
    };
    for _ in 0..2 {
        wait_for("offline, trying again");
        city.serve();
        wait_for("已重新连上，已是最新 connected again and up to date");
        city.stop();
    }
    kill_process(Pid::from_child(&watching), Signal::INT).unwrap();
    assert_eq!(watching.wait().unwrap().code(), Some(0));
}

#[test]
fn whoever_watches_is_shown_as_many_digits_of_a_household_as_name_it() {
    let city = ServedCity::start();
    let alice = city.phone(HOLDER, "micro_grid_head", MICRO_GRID);
    let alike = [1, 2].map(|last| {
        let bytes = [7, 7, 7, 7, last, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        DocumentId::from_random(DocumentKind::Household, bytes)
    });
    for (household, address) in alike.iter().zip(["一号", "二号"]) {
        let (region, residents, time) = (alice.region(UNIT), Vec::new(), alice.keting.now());
        let fields = Fields::new().with("address", address);
        let household = *household;
        let add = HouseholdCommand::Add { household, region, fields, residents, time };
        alice.keting.execute(&Command::Household(add)).unwrap();
    }
    alice.sync();
    let bob = city.device("沈国强", "micro_grid_head", MICRO_GRID);
    let mut watching = bob
        .command(&["sync", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for household in alike {
        alice.add_need(household, "楼道灯不亮");
    }
    alice.sync();
    let mut news = BufReader::new(watching.stdout.take().unwrap());
    let mut told = String::new();
    while told.lines().count() < 2 {
        assert!(news.read_line(&mut told).unwrap() > 0, "the watch ended");
    }
    watching.kill().unwrap();
    watching.wait().unwrap();
    let digits: Vec<_> = told
        .lines()
        .map(|line| line.split_once('（').unwrap().1.split_once('）').unwrap().0.to_owned())
        .collect();
    for (household, digits) in alike.iter().zip(&digits) {
        let found = bob.json(&["household", "show", digits]);
        assert_eq!(found["household"]["id"], household.to_string(), "{told}");
    }
}

#[test]
fn what_stands_in_brackets_is_in_the_language_of_the_complaint() {
    let city = ServedCity::start();
    let alice = city.device(HOLDER, "micro_grid_head", MICRO_GRID);
    let invite = ["invite", "--name", "沈国强", "--role", "micro_grid_head", "--region", UNIT];
    for (language, brackets) in [
        ("zh", ["（要选微网格这一级）", "（1 到 36500 天）", "（这个区域）"]),
        (
            "en",
            [
                " (the role is granted on a region of the level micro_grid)",
                " (from 1 to 36500 days)",
                " (the region is not here)",
            ],
        ),
    ] {
        let days = [&invite[..], &["--days", "0"]].concat();
        let wrong = [
            city.command(&invite),
            city.command(&days),
            alice.command(&["household", "list", "--region", "990481999"]),
        ];
        for (mut command, said) in wrong.into_iter().zip(brackets) {
            let told = Ended::of(command.env("KETING_LANG", language)).err;
            assert!(told.trim_end().ends_with(said), "{said}: {told}");
        }
    }
}

#[test]
fn a_folder_is_of_a_server_or_of_a_device() {
    let city = ServedCity::start();
    let names = |folder: &Path| {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        files.collect::<BTreeSet<_>>()
    };
    let server = city.server_directory();
    let before = names(&server);
    let invitation = city.invite(HOLDER, "micro_grid_head", MICRO_GRID);
    assert_eq!(city.on_server(&["enroll", &invitation]).refusal(), (1, "city_exists"));
    assert_eq!(names(&server), before);
    // Whoever asks it what a device is asked is told what a server can be asked.
    for verb in [&["status"][..], &["outbox"], &["household", "list"], &["sync"], &["salvage"]] {
        let refused = city.on_server(verb);
        assert_eq!(refused.refusal(), (1, "folder_of_server"), "{verb:?}");
        assert!(refused.err.contains("keting server status"), "{}", refused.err);
        assert_eq!(names(&server), before);
    }
    for verb in
        ["server status", "device list", "grant list", "invitation list", "verify", "inspect"]
    {
        let words: Vec<_> = verb.split(' ').collect();
        city.on_server(&words).done();
    }

    let alice = city.new_device();
    alice.run(&["enroll", &invitation]).done();
    let before = names(&alice.data());
    let root_key = city.path("second-root-key");
    let mut init = keting();
    init.args(["init", "--city", "潮乡市", "--regions", REGIONS, "--root-key"]).arg(&root_key);
    let refused = Ended::of(init.arg("--data").arg(alice.data()));
    assert_eq!(refused.refusal(), (1, "device_exists"));
    assert_eq!((names(&alice.data()), root_key.exists()), (before, false));
}
