//! The acts without a connection: everybody edits, and one phone dies in the middle of a commit.

use keting_model::CityTime;

use crate::demo::gathering::waiting;
use crate::demo::phones::{Phone, run, run_watching};
use crate::demo::roster::{Household, MicroGrid};
use crate::demo::story::{Story, edit, items, say, see, text};
use crate::demo::{broken, hold};
use crate::exit::{self, Failure};

/// The phone number the first head writes.
pub const PHONE_FIRST: &str = "19900008801";
/// The phone number the grid worker writes for the same person.
pub const PHONE_SECOND: &str = "19900008802";
/// A care tag that the grid worker adds.
pub const CARE_TAG: &str = "low_income";
/// What the steward says is needed.
pub const NEED: &str = "楼道灯不亮，请修";

/// Notes written before the phone is killed.
const NOTES_BEFORE: usize = 3;
/// How often a process may end before it can be killed in its commit.
const KILL_ATTEMPTS_MAX: usize = 20;

impl Story {
    /// The household that several people edit: the first whose head has a phone.
    pub fn shared(&self) -> Result<Household, Failure> {
        self.household(0, |household| household.people.first().is_some_and(|p| !p.phone.is_empty()))
    }

    /// The household with the newborn: the first with a child.
    pub fn young(&self) -> Result<Household, Failure> {
        self.household(0, |household| household.people.iter().any(|p| p.relation == "child"))
    }

    /// The household that moves out: the first of three and more in the second micro-grid.
    pub fn moving(&self) -> Result<Household, Failure> {
        self.household(1, |household| household.people.len() > 2)
    }

    /// The newborn's name.
    pub fn newborn(&self) -> Result<String, Failure> {
        let young = self.young()?;
        let surname = young.people.first().and_then(|head| head.name.chars().next());
        Ok(surname.into_iter().chain("晓禾".chars()).collect())
    }

    /// Everybody edits without a connection.
    pub fn edit_offline(&mut self) -> Result<(), Failure> {
        self.step("断网，各改各的", "No signal: everybody goes on editing")?;
        self.link.make_bad(1..2);
        let tried = run(self.cast.first_head.command(&["sync"]))?;
        hold(tried.exit_code == Some(i32::from(exit::NETWORK)), "nobody reaches the server")?;

        let (head, worker) = (&self.cast.first_head, &self.cast.worker);
        let (shared, figures) = (self.shared()?, &mut self.figures);
        let seen = see(head, &shared)?;
        let resident = seen
            .people
            .iter()
            .find(|p| shared.people.first().is_some_and(|first| first.name == p.name));
        let resident = resident.ok_or_else(|| broken("the head of the household is missing"))?;
        let (id, person, name) = (seen.id.as_str(), resident.id.as_str(), resident.name.as_str());
        edit(figures, head, &["household", "edit", id, "--tenure", "owned"])?;
        edit(figures, worker, &["resident", "edit", id, person, "--tag", CARE_TAG])?;
        say(&format!(
            "{name}家，不同字段：甲改产权，丙加关爱标签 · one household, two fields: A one, C the other"
        ))?;
        edit(figures, head, &["resident", "edit", id, person, "--phone", PHONE_FIRST])?;
        edit(figures, worker, &["resident", "edit", id, person, "--phone", PHONE_SECOND])?;
        say(&format!(
            "同一字段：电话，甲写 {PHONE_FIRST}，丙写 {PHONE_SECOND} · and one field, both A and C"
        ))?;
        let steward = &self.cast.steward;
        edit(figures, steward, &["household", "visit", id, "--purpose", "上门看望"])?;
        edit(figures, steward, &["household", "need", id, "--text", NEED])?;
        let refused = run(steward.command(&["household", "edit", id, "--tenure", "rented"]))?;
        hold(refused.exit_code == Some(i32::from(exit::REFUSED)), "a steward edits no household")?;
        say(
            "丁记走访、需求各一；想改产权，当场被拒 · D adds a visit and a need, and is refused more",
        )?;
        self.add_newborn()?;
        self.move_out()
    }

    /// The grid worker's phone is killed while it writes an edit.
    pub fn kill_in_a_commit(&mut self) -> Result<(), Failure> {
        self.step("提交写到一半，手机被强杀", "A phone is killed in the middle of a commit")?;
        let worker = &self.cast.worker;
        let id = see(worker, &self.young()?)?.id;
        let log = worker.log_file();
        // Opening alone writes to the log: what grows beyond that is the edit's own commit.
        let opened = run_watching(worker.command(&["status"]), &log, None)?.bytes_max;
        let waited = waiting(worker)?;
        let (mut acknowledged, mut begun, mut killed_at) = (Vec::new(), 0, None);
        while killed_at.is_none() {
            hold(begun < KILL_ATTEMPTS_MAX, "a process can be killed in its commit")?;
            let note = format!("电话回访第 {begun} 次");
            begun += 1;
            let command = worker.command(&["household", "note", &id, "--text", &note]);
            let kill_above = (begun > NOTES_BEFORE).then_some(opened);
            let watched = run_watching(command, &log, kill_above)?;
            if watched.ended.exit_code.is_none() {
                killed_at = Some(watched.bytes_max - opened);
            }
            // The id is printed once the edit is durable: whoever has read it may rely on it.
            if watched.ended.exit_code == Some(0) || !watched.ended.stdout.is_empty() {
                acknowledged.push(note);
                self.figures.edits += 1;
            } else if watched.ended.exit_code.is_some() {
                watched.ended.expect_done()?;
            }
        }
        let shown = worker.read(&["household", "show", &id])?;
        let notes: Vec<_> = items(&shown["notes"]).iter().map(|note| text(note, "text")).collect();
        hold(acknowledged.iter().all(|note| notes.contains(note)), "nothing acknowledged is lost")?;
        let unsaid = notes.len() - acknowledged.len();
        hold(unsaid <= 1, "what was not acknowledged is there whole or not at all")?;
        self.figures.edits_unsaid = unsaid as u64;
        let queued = waiting(worker)? - waited;
        hold(queued == notes.len() as u64, "the outbox holds what the screen shows")?;
        worker.run(&["verify"])?;
        say(&format!(
            "丙的提交刚写下 {} 字节就 SIGKILL；已确认的 {} 条都在 · C killed; all {} acknowledged are there",
            killed_at.unwrap_or_default(),
            acknowledged.len(),
            acknowledged.len()
        ))?;
        say(if unsaid == 1 {
            "没来得及确认的那条：完整地在 · the unacknowledged one is there, whole"
        } else {
            "没来得及确认的那条：毫无痕迹 · of the unacknowledged one there is no trace"
        })
    }

    fn add_newborn(&mut self) -> Result<(), Failure> {
        let (young, name) = (self.young()?, self.newborn()?);
        let born = today(&self.cast.worker)?;
        let id = see(&self.cast.worker, &young)?.id;
        let words = [
            "resident",
            "add",
            &id,
            "--name",
            &name,
            "--relation",
            "child",
            "--bond",
            "both",
            "--birth-date",
            &born,
        ];
        edit(&mut self.figures, &self.cast.worker, &words)?;
        say(&format!("丙：{name}今天出生，还没有身份证号 · C adds a newborn, without an ID number"))
    }

    fn move_out(&mut self) -> Result<(), Failure> {
        let seen = see(&self.cast.second_head, &self.moving()?)?;
        for person in &seen.people {
            let words = ["resident", "leave", &seen.id, &person.id, "--reason", "迁往外地"];
            edit(&mut self.figures, &self.cast.second_head, &words)?;
        }
        let (head, count) = (&self.moving()?.people, seen.people.len());
        let name = head.first().map(|head| head.name.as_str()).unwrap_or_default();
        say(&format!("乙：{name}一家 {count} 口迁出 · B moves a family of {count} out"))
    }

    fn household(
        &self,
        micro_grid: usize,
        wanted: impl Fn(&Household) -> bool,
    ) -> Result<Household, Failure> {
        let households = self.roster.micro_grids.get(micro_grid).map(MicroGrid::households_of);
        let found = households.unwrap_or_default().iter().find(|household| wanted(household));
        found.cloned().ok_or_else(|| broken("the roster lacks a household the story needs"))
    }
}

impl MicroGrid {
    fn households_of(&self) -> &[Household] {
        &self.households
    }
}

/// Today's date in the city, as a phone knows it.
fn today(phone: &Phone) -> Result<String, Failure> {
    let status = phone.read(&["status"])?;
    let now_ms = status["city_time_ms"].as_u64();
    let now_ms = now_ms.ok_or_else(|| broken("the phone does not know the city's time"))?;
    Ok(CityTime::new(now_ms).day().to_string())
}
