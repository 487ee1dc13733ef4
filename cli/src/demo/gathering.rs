//! The first acts: two heads enrol and enter their rosters; everybody's first sync.

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::demo::figures::{kilobytes, number, per_second};
use crate::demo::hold;
use crate::demo::phones::{PATIENCE, Part, Phone, program, run, run_telling};
use crate::demo::story::{Story, items, say, server_directory, sync, text, try_sync};
use crate::exit::{self, Failure};

/// What a first sync takes on the wire before and with each household, roughly: in bytes.
const HANDSHAKE_BYTES: u64 = 6_000;
const HOUSEHOLD_BYTES: u64 = 1_900;

impl Story {
    /// The two heads enrol, and then enter their households without any connection.
    pub fn enter_rosters(&mut self) -> Result<(), Failure> {
        self.step(
            "两位微网格长入网，离线录入花名册",
            "Two heads enrol, then enter rosters offline",
        )?;
        for phone in [&self.cast.first_head, &self.cast.second_head] {
            self.enrol(phone)?;
        }
        self.link.make_bad(1..2);
        let began = Instant::now();
        let heads = [&self.cast.first_head, &self.cast.second_head];
        for (phone, micro_grid) in heads.into_iter().zip(&self.roster.micro_grids) {
            let households = self.figures.households.to_string();
            let data = phone.data.to_string_lossy();
            let entering = phone.play(&["enter", &data, &phone.region, &households]);
            let of = micro_grid.households.len();
            let progress = |entered: u64, _| format!("{} {entered} / {of} 户", phone.part.mark);
            let entered = run_telling(entering, &progress)?.expect_done()?.lines().count();
            hold(
                entered == micro_grid.households.len(),
                "every household entered is acknowledged",
            )?;
            self.figures.edits += entered as u64;
            let people: usize = micro_grid.households.iter().map(|h| h.people.len()).sum();
            let (who, name) = (phone.person(), &micro_grid.region.name);
            say(&format!("{who}，{name}：{entered} 户 {people} 人 · {entered} households"))?;
        }
        self.figures.entered = (self.figures.edits, began.elapsed());
        let (entered, took) = self.figures.entered;
        say(&format!(
            "每户一个提交，签名、加密、落盘才算数：每秒 {} 户 · a signed, fsynced commit each",
            per_second(entered, took)
        ))
    }

    /// The rosters go up, and come down to the grid worker and the steward, over a link that cuts.
    pub fn first_syncs(&mut self) -> Result<(), Failure> {
        self.step("花名册经会断的链路上传、下载", "Rosters go up and down over a link that cuts")?;
        let half = self.figures.households / 2;
        for phone in [&self.cast.first_head, &self.cast.second_head] {
            let (cuts, before) = (self.link.traffic().cuts, self.link.traffic().bytes_up);
            self.link.make_bad(cut_early(half));
            try_sync(&mut self.figures, phone)?;
            self.link.make_bad(cut_late(half));
            sync(&mut self.figures, phone)?;
            hold(waiting(phone)? == 0, "nothing waits in the outbox after a sync")?;
            let (traffic, Part { mark, letter, .. }) = (self.link.traffic(), phone.part);
            let (cuts, up) = (traffic.cuts - cuts, kilobytes(traffic.bytes_up - before));
            say(&format!("{mark} ↑ {up}，断 {cuts} 次后传完 · {letter} up, cut {cuts}×"))?;
        }
        let first = self.roster.micro_grids.first();
        let households = first.map(|first| first.households.as_slice()).unwrap_or_default();
        let of_steward = households.iter().filter(|of| of.unit == self.cast.steward.region).count();
        for (phone, count) in [(&self.cast.worker, half), (&self.cast.steward, of_steward)] {
            let (cuts, before) = (self.link.traffic().cuts, self.link.traffic().bytes_down);
            self.link.make_bad(cut_early(count));
            self.enrol(phone)?;
            self.link.make_bad(cut_late(count));
            sync(&mut self.figures, phone)?;
            let households = items(&phone.read(&["household", "list"])?).len();
            let (traffic, who) = (self.link.traffic(), phone.person());
            let (cuts, down) = (traffic.cuts - cuts, kilobytes(traffic.bytes_down - before));
            say(&format!(
                "{who}：↓ {down}，断 {cuts} 次，得 {households} 户 · {households} households down"
            ))?;
        }
        let ids = |phone: &Phone| -> Result<BTreeSet<String>, Failure> {
            Ok(items(&phone.read(&["household", "list"])?).iter().map(|h| text(h, "id")).collect())
        };
        let [first, second, worker, steward] = self.cast.all().map(ids);
        let (first, second, worker, steward) = (first?, second?, worker?, steward?);
        hold(worker == first, "the grid worker has the first micro-grid")?;
        hold(second.is_disjoint(&first), "the second head has nothing of the first micro-grid")?;
        hold(!steward.is_empty() && steward.is_subset(&first), "the steward has the own stairwell")
    }

    /// Invites a person and enrols the phone; where the link cuts, a sync goes on with it.
    fn enrol(&self, phone: &Phone) -> Result<(), Failure> {
        let mut invite = Command::new(program()?);
        invite.arg("invite").arg("--data").arg(server_directory(&self.place));
        invite.args([
            "--name",
            &phone.holder,
            "--role",
            phone.part.role,
            "--region",
            &phone.region,
        ]);
        let invitation = run(invite)?.expect_done()?;
        let ended = run(phone.command(&["enroll", &invitation]))?;
        if ended.exit_code != Some(i32::from(exit::NETWORK)) {
            ended.expect_done()?;
        }
        // What the link still counts of this connection must not be counted as the next phone's.
        hold(self.link.wait(PATIENCE, |traffic| traffic.open == 0), "the connection ends")
    }
}

/// Where the link cuts the first attempt to exchange so many households: before it can be over.
fn cut_early(households: usize) -> Range<u64> {
    let whole = HANDSHAKE_BYTES + households as u64 * HOUSEHOLD_BYTES;
    whole / 4..whole / 2
}

/// Where it cuts the next ones, if they are not over by then.
fn cut_late(households: usize) -> Range<u64> {
    let whole = HANDSHAKE_BYTES + households as u64 * HOUSEHOLD_BYTES;
    whole / 4..whole * 3 / 2
}

/// How many edits of a phone the server has not acknowledged.
pub fn waiting(phone: &Phone) -> Result<u64, Failure> {
    let status: Value = phone.read(&["status"])?;
    Ok(number(&status, "waiting"))
}
