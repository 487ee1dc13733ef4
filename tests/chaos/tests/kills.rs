//! The real `keting` command is killed with SIGKILL at instants spread from its start to its exit.
//! What it had acknowledged by exit code 0 is there afterwards, and the file always opens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use keting_scenarios::binary::keting;
use keting_scenarios::city::{City, MICRO_GRID};
use keting_testkit::rng::Rng;

const SEED: u64 = 1411;
const KILLS_AT_AN_INSTANT: u32 = 70;
const KILLS_IN_A_TRANSACTION: u32 = 40;

#[test]
fn a_hundred_kills_lose_no_acknowledged_edit_and_the_file_always_opens() {
    let phone = Phone::enrolled();
    let mut rng = Rng::new(SEED);
    let whole = phone.time_of_an_edit();
    let mut tally = Tally::default();

    let mut number = 1;
    while tally.killed < KILLS_AT_AN_INSTANT {
        let at = whole.mul_f64(f64::from(u32::try_from(rng.below(1_200)).unwrap()) / 1_000.0);
        number += 1;
        phone.edit_and_kill(number, &mut tally, |_| at);
    }
    while tally.killed < KILLS_AT_AN_INSTANT + KILLS_IN_A_TRANSACTION {
        let after = Duration::from_micros(rng.below(400));
        number += 1;
        phone.edit_and_kill(number, &mut tally, |phone| {
            phone.wait_for_a_write();
            after
        });
    }

    println!(
        "seed {SEED}: {} kills, {} of them inside a transaction; {} edits acknowledged",
        tally.killed, tally.inside_a_transaction, tally.acknowledged
    );
    assert!(tally.killed >= 100, "seed {SEED}");
    assert!(tally.inside_a_transaction >= 20, "seed {SEED}: {tally:?}");
    phone.verify();
}

#[derive(Debug, Default)]
struct Tally {
    killed: u32,
    /// Killed after the file's log had grown and before the process could say so.
    inside_a_transaction: u32,
    acknowledged: u32,
    last_acknowledged: u32,
}

/// A phone that is only ever used through the command.
struct Phone {
    directory: PathBuf,
    household: String,
    _city: City,
}

impl Phone {
    fn enrolled() -> Self {
        let city = City::start();
        let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
        let household = phone.add_household(MICRO_GRID, "第1号", "李一").to_string();
        phone.sync();
        let directory = phone.directory().to_owned();
        Self { directory, household, _city: city }
    }

    /// Starts an edit, kills it at the instant `when` says (counted from when it says so), and checks
    /// that the file opens and holds this edit or one that was acknowledged before.
    fn edit_and_kill(&self, number: u32, tally: &mut Tally, when: impl FnOnce(&Self) -> Duration) {
        let mut edit = self.start_edit(number);
        let before = Instant::now();
        let at = when(self);
        while before.elapsed() < at && edit.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        let wrote = self.log_bytes() > 0;
        edit.kill().unwrap();
        let ended = edit.wait().unwrap();
        match ended.code() {
            Some(0) => {
                tally.acknowledged += 1;
                tally.last_acknowledged = number;
            }
            Some(code) => panic!("seed {SEED}: edit {number} ended with {code}"),
            None => {
                tally.killed += 1;
                tally.inside_a_transaction += u32::from(wrote);
            }
        }
        let found = self.number();
        assert!(
            (tally.last_acknowledged..=number).contains(&found),
            "seed {SEED}: edit {} was acknowledged, the file holds {found}",
            tally.last_acknowledged
        );
        // What is there now was read back, so it may not go either.
        tally.last_acknowledged = found;
    }

    fn start_edit(&self, number: u32) -> Child {
        self.command(&["household", "edit", &self.household, "--address", &format!("第{number}号")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn time_of_an_edit(&self) -> Duration {
        let began = Instant::now();
        assert!(self.start_edit(1).wait().unwrap().code().is_some());
        began.elapsed()
    }

    /// Waits until the process has written to the file's log: it is inside a transaction's commit.
    fn wait_for_a_write(&self) {
        let began = Instant::now();
        while self.log_bytes() == 0 && began.elapsed() < Duration::from_secs(10) {
            std::hint::spin_loop();
        }
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.file("replica.db-wal")).map_or(0, |file| file.len())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join("data").join(name)
    }

    /// The number in the household's address. Opening the file also empties its log.
    fn number(&self) -> u32 {
        let listed = self.command(&["household", "list"]).output().unwrap();
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let text = String::from_utf8(listed.stdout).unwrap();
        let address = text.split_whitespace().find(|word| word.starts_with('第')).unwrap();
        address.trim_start_matches('第').trim_end_matches('号').parse().unwrap()
    }

    fn verify(&self) {
        let verified = self.command(&["verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = keting();
        command.args(arguments).arg("--data").arg(self.file("")).env("KETING_VAULT", self.vault());
        command
    }

    fn vault(&self) -> PathBuf {
        Path::new(&self.directory).join("vault")
    }
}
