//! The acts with a connection: everything merges, the one conflict is settled, a change arrives live.

use std::ops::Range;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::demo::apart::{CARE_TAG, NEED, PHONE_FIRST, PHONE_SECOND};
use crate::demo::figures::number;
use crate::demo::gathering::waiting;
use crate::demo::hold;
use crate::demo::phones::{PATIENCE, Phone, Running, run};
use crate::demo::story::{Seen, Story, edit, items, say, see, sync, text, try_sync};
use crate::device::{DIGITS_MIN, digits_of};
use crate::exit::{self, Failure};

/// After how many bytes the link cuts everybody's first attempt: before any sync can be over.
const CUT_EARLY_BYTES: Range<u64> = 800..1_900;
/// And the next ones, if they are not over by then, after this and at most so much more for each
/// edit that anybody has made: what a phone has to say in one breath must get through at last.
const CUT_LATE_BYTES: u64 = 2_500;
const CUT_LATE_EDIT_BYTES: u64 = 1_500;

impl Story {
    /// Everybody syncs over the bad link, and all see the same.
    pub fn sync_over_a_bad_link(&mut self) -> Result<(), Failure> {
        self.step("回到时断时续的链路，同步", "Back on a link that cuts: everybody syncs")?;
        let (before, retries) = (self.link.traffic(), self.figures.retries);
        let edits: Result<Vec<u64>, Failure> = self.cast.all().map(waiting).into_iter().collect();
        let cut_late_most = CUT_LATE_BYTES * 2 + edits?.iter().sum::<u64>() * CUT_LATE_EDIT_BYTES;
        for phone in self.cast.all() {
            self.link.make_bad(CUT_EARLY_BYTES);
            let cut = try_sync(&mut self.figures, phone)?.is_none();
            hold(cut, "a sync that was cut says so")?;
            self.link.make_bad(CUT_LATE_BYTES..cut_late_most);
            sync(&mut self.figures, phone)?;
        }
        // Who came first has not heard of those who came later.
        for phone in self.cast.all() {
            sync(&mut self.figures, phone)?;
            hold(waiting(phone)? == 0, "nothing waits in the outbox after a sync")?;
        }
        let traffic = self.link.traffic();
        let (cuts, retries) = (traffic.cuts - before.cuts, self.figures.retries - retries);
        say(&format!("断 {cuts} 次，重来 {retries} 次，修改一件不少 · cut {cuts}×, nothing lost"))?;
        self.link.make_good();
        self.expect_converged()?;
        self.expect_merged()?;
        say(
            "同一户在各手机上完全一致，各方修改都在 · the same on every phone, everybody's edits kept",
        )?;
        hold(self.link.wait(PATIENCE, |traffic| traffic.open == 0), "the connections end")?;
        let before = self.link.traffic();
        let idle = sync(&mut self.figures, &self.cast.first_head)?;
        hold(self.link.wait(PATIENCE, |traffic| traffic.open == 0), "the connection ends")?;
        let after = self.link.traffic();
        self.figures.idle_link_bytes =
            after.bytes_up + after.bytes_down - before.bytes_up - before.bytes_down;
        self.figures.idle_bytes = number(&idle, "bytes_up") + number(&idle, "bytes_down");
        self.figures.idle_round_trips = number(&idle, "round_trips");
        Ok(())
    }

    /// The two phone numbers are shown to people, and one of them decides.
    pub fn settle_the_conflict(&mut self) -> Result<(), Failure> {
        self.step(
            "唯一的真冲突：给人看，由人定",
            "The one real conflict: shown, then settled by a person",
        )?;
        let (head, worker) = (&self.cast.first_head, &self.cast.worker);
        let id = see(head, &self.shared()?)?.id;
        let conflicts = worker.read(&["household", "show", &id])?["conflicts"].clone();
        let on_head = head.read(&["household", "show", &id])?["conflicts"].clone();
        hold(conflicts == on_head, "both phones show the same conflict")?;
        let [conflict] = items(&conflicts) else {
            return hold(false, "there is exactly one conflict");
        };
        let mut values: Vec<_> =
            items(&conflict["values"]).iter().filter_map(|one| one["value"].as_str()).collect();
        values.sort_unstable();
        hold(values == [PHONE_FIRST, PHONE_SECOND], "the conflict shows both phone numbers")?;
        say(&format!(
            "甲丙都暂显 {}，两个都留着：{} · both numbers are kept",
            text(conflict, "shown"),
            values.join("、")
        ))?;
        let (document, key) = (text(conflict, "document"), text(conflict, "key"));
        let words = ["household", "settle", &document, &key, "--value", PHONE_SECOND];
        edit(&mut self.figures, worker, &words)?;
        for phone in [worker, head] {
            sync(&mut self.figures, phone)?;
        }
        for phone in [worker, head] {
            let shown = phone.read(&["household", "show", &id])?;
            hold(items(&shown["conflicts"]).is_empty(), "the conflict is settled")?;
            hold(shown.to_string().contains(PHONE_SECOND), "the settled number is shown")?;
            hold(!shown.to_string().contains(PHONE_FIRST), "the other number is not")?;
        }
        say(&format!(
            "丙问过本人，定为 {PHONE_SECOND}，甲也如此 · C asked them and settled it, A shows the same"
        ))
    }

    /// A change made on one phone is printed by another that watches.
    pub fn watch_live(&mut self) -> Result<(), Failure> {
        self.step("甲开着手机，丙的修改实时到", "A watches, and C's change arrives live")?;
        let (head, worker) = (&self.cast.first_head, &self.cast.worker);
        let Seen { id, .. } = see(worker, &self.young()?)?;
        let mut watching = head.command(&["sync", "--watch"]);
        watching.stderr(Stdio::null());
        let watching = Running::start(watching)?;
        let shown = digits_of(&id, DIGITS_MIN);
        let awaited = |line: &str| line.contains("户信息 household") && line.contains(&shown);
        // The first may still be what was missed before; when it is there, the phone is connected.
        for tenure in ["rented", "owned"] {
            edit(&mut self.figures, worker, &["household", "edit", &id, "--tenure", tenure])?;
            let began = Instant::now();
            sync(&mut self.figures, worker)?;
            watching.line(awaited)?;
            self.figures.live = began.elapsed();
        }
        say(&format!("甲的屏幕：有改动，户 {shown} · on A's screen"))?;
        let second = run(head.command(&["household", "list"]))?;
        let is_in_use = second.exit_code == Some(i32::from(exit::FILE))
            && second.stderr.contains("replica_in_use");
        hold(is_in_use, "a second process on a phone in use is told so")?;
        hold(watching.interrupt()?.success(), "watching ends well when it is interrupted")?;
        let shown = head.read(&["household", "show", &id])?;
        hold(
            text(&shown["household"], "tenure") == "owned",
            "the change is on the first head's phone",
        )?;
        say(&format!(
            "从丙开始同步到甲显示：{} 毫秒；甲上另开进程被拒 · from C's sync to A's screen",
            self.figures.live.as_millis()
        ))
    }

    /// Demands that phones which may see the same households show the same.
    fn expect_converged(&self) -> Result<(), Failure> {
        let list =
            |phone: &Phone, region: &str| phone.read(&["household", "list", "--region", region]);
        let (head, worker, steward) =
            (&self.cast.first_head, &self.cast.worker, &self.cast.steward);
        let same = list(head, &head.region)? == list(worker, &head.region)?;
        hold(same, "the head and the grid worker show the same households")?;
        let ids =
            |list: Value| -> Vec<_> { items(&list).iter().map(|one| text(one, "id")).collect() };
        let same = ids(list(steward, &steward.region)?) == ids(list(worker, &steward.region)?);
        hold(same, "the steward has the households of the own unit")
    }

    /// Demands that every edit made offline is on the other phones.
    fn expect_merged(&self) -> Result<(), Failure> {
        let (head, worker) = (&self.cast.first_head, &self.cast.worker);
        let id = see(worker, &self.shared()?)?.id;
        for phone in [head, worker] {
            let shown = phone.read(&["household", "show", &id])?;
            let household = &shown["household"];
            hold(text(household, "tenure") == "owned", "the first head's edit is there")?;
            hold(household.to_string().contains(CARE_TAG), "the grid worker's edit is there")?;
            hold(household["needs"].to_string().contains(NEED), "the steward's need is there")?;
            hold(items(&shown["visits"]).len() == 1, "the steward's visit is there")?;
        }
        let young = see(head, &self.young()?)?;
        let newborn = self.newborn()?;
        hold(young.people.iter().any(|p| p.name == newborn), "the newborn is on the other phone")?;
        let second_head = &self.cast.second_head;
        let moved = see(second_head, &self.moving()?)?.id;
        let shown = second_head.read(&["household", "show", &moved])?;
        let mut residents = items(&shown["household"]["residents"]).iter();
        let all_gone = residents.all(|resident| text(resident, "status") == "moved_out");
        hold(all_gone, "the family has moved out")
    }
}
