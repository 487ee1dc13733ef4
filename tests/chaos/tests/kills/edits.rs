//! An edit, killed.
//!
//! What "inside the edit's transaction" means here, and how it is known:
//!
//! 1. Opening a file writes too: a new incarnation's token, first to the file, in a transaction of
//!    its own, then to the vault. So once the vault's token is another one than before the process
//!    began, opening has written all it writes.
//! 2. After that the process is frozen (SIGSTOP) while it holds SQLite's write lock, as the kernel
//!    says. The lock is taken by BEGIN IMMEDIATE and given back by COMMIT, and the command has one
//!    transaction after opening: the edit's.
//! 3. Frozen, it is killed. It had said nothing on its standard output.
//! 4. Opened anew, the file does not hold the edit: COMMIT was not durable yet.
//!
//! Only kills for which all four hold are counted as inside. Those for which all but the last hold
//! were between the write of the commit's last page and the return of COMMIT; they are printed too.

use std::time::{Duration, Instant};

use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::device::Device;
use keting_testkit::rng::Rng;

use crate::SEED;
use crate::instants::Instants;
use crate::victim::{End, Victim};

const KILLS_AT_AN_INSTANT: u32 = 80;
const KILLS_INSIDE: u32 = 25;
const TRIES_MAX: u32 = 500;

#[test]
fn a_hundred_kills_of_an_edit_lose_nothing_acknowledged_and_the_file_always_opens() {
    let mut phone = Edited::enrolled();
    let mut rng = Rng::new(SEED);
    let mut instants = Instants::within(phone.time_of_an_edit());
    let mut tally = Tally::default();

    for _ in 0..TRIES_MAX {
        if tally.killed >= KILLS_AT_AN_INSTANT {
            break;
        }
        let edit = phone.start_edit();
        let end = edit.kill_after(instants.draw());
        instants.note(end.exit_code.is_some());
        phone.look(end, false, &mut tally);
    }
    for _ in 0..TRIES_MAX {
        if tally.inside >= KILLS_INSIDE {
            break;
        }
        let later = Duration::from_micros(rng.below(600));
        let mut edit = phone.start_edit();
        let is_inside = phone.freeze_inside(&mut edit, later);
        phone.look(edit.kill(), is_inside, &mut tally);
    }

    println!(
        "seed {SEED}: {} kills of an edit, {} of them inside its transaction and {} at the end of \
         its COMMIT; {} edits acknowledged",
        tally.killed, tally.inside, tally.at_its_end, tally.acknowledged
    );
    assert!(tally.killed >= 100, "seed {SEED}: {tally:?}");
    assert!(tally.inside >= 20, "seed {SEED}: {tally:?}");
    phone.device.run(&["verify"]).done();
}

#[derive(Debug, Default)]
struct Tally {
    killed: u32,
    /// Frozen inside the edit's transaction, and the edit is not there.
    inside: u32,
    /// Frozen inside the edit's transaction, and the edit is there.
    at_its_end: u32,
    acknowledged: u32,
}

/// A phone whose one household's address counts the edits.
struct Edited {
    device: Device,
    household: String,
    /// The edit that was started last.
    started: u32,
    /// The last one that may not go any more.
    kept: u32,
    _city: City,
}

impl Edited {
    fn enrolled() -> Self {
        let city = City::start();
        let phone = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
        let household = phone.add_household(MICRO_GRID, "第0号", "李一").to_string();
        phone.sync();
        let device = Device::at(phone.directory().to_owned());
        Self { device, household, started: 0, kept: 0, _city: city }
    }

    fn start_edit(&mut self) -> Victim {
        self.started += 1;
        let address = format!("第{}号", self.started);
        let edit = ["household", "edit", &self.household, "--address", &address];
        Victim::start(&mut self.device.command(&edit))
    }

    fn time_of_an_edit(&mut self) -> Duration {
        let (end, whole) = self.start_edit().run_to_its_end();
        self.look(end, false, &mut Tally::default());
        whole
    }

    /// Freezes an edit `later` than it was first seen in its transaction; says whether it still was.
    fn freeze_inside(&self, edit: &mut Victim, later: Duration) -> bool {
        let token_before = self.token();
        while !edit.has_ended() && (self.token() == token_before || !edit.is_writing(&self.device))
        {
            std::hint::spin_loop();
        }
        edit.wait_until(Instant::now() + later);
        edit.freeze() && edit.is_writing(&self.device)
    }

    /// What the vault holds as the incarnation's token.
    fn token(&self) -> Option<Vec<u8>> {
        let files =
            std::fs::read_dir(self.device.vault()).unwrap().map(|file| file.unwrap().path());
        let is_token = |path: &std::path::PathBuf| {
            path.extension().is_some_and(|end| end == "incarnation-token")
        };
        files.filter(is_token).find_map(|path| std::fs::read(path).ok())
    }

    /// Opens the file after an edit's end: it holds this edit, or the last one that was kept.
    fn look(&mut self, end: End, is_inside: bool, tally: &mut Tally) {
        let is_acknowledged = end.said.contains(&self.household);
        match end.exit_code {
            None => tally.killed += 1,
            Some(code) => assert_eq!((code, is_acknowledged), (0, true), "seed {SEED}: {end:?}"),
        }
        if is_acknowledged {
            tally.acknowledged += 1;
            self.kept = self.started;
        }
        let found = self.number();
        assert!(
            found == self.kept || found == self.started,
            "seed {SEED}: edit {} was kept and {} killed, the file holds {found}",
            self.kept,
            self.started
        );
        if is_inside {
            assert!(!is_acknowledged, "seed {SEED}: edit {} was acknowledged early", self.started);
            tally.inside += u32::from(found < self.started);
            tally.at_its_end += u32::from(found == self.started);
        }
        // What is there now was read back, so it may not go either.
        self.kept = found;
    }

    /// The number in the household's address.
    fn number(&self) -> u32 {
        let listed = self.device.json(&["household", "list"]);
        let address = listed[0]["address"].as_str().unwrap();
        address.trim_start_matches('第').trim_end_matches('号').parse().unwrap()
    }
}
