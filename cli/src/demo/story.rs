//! The stage, the order of the acts, and what every act does: say something, edit, sync.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::demo::figures::Figures;
use crate::demo::link::Link;
use crate::demo::phones::{Part, Phone, Running, as_json, program, run};
use crate::demo::roster::{Household, Region, Roster};
use crate::demo::{broken, go_on, hold, unusable};
use crate::exit::{self, Failure};
use crate::output;

/// Draws where the link cuts.
const SEED: u64 = 1411;
/// How often a sync over the bad link is begun again before the demo gives up.
const ATTEMPTS_MAX: u32 = 200;

const FIRST_HEAD: Part =
    Part { mark: "甲", letter: 'A', title: "微网格长", role: "micro_grid_head" };
const SECOND_HEAD: Part =
    Part { mark: "乙", letter: 'B', title: "微网格长", role: "micro_grid_head" };
const WORKER: Part =
    Part { mark: "丙", letter: 'C', title: "专职网格员", role: "grid_worker" };
const STEWARD: Part = Part { mark: "丁", letter: 'D', title: "红管家", role: "steward" };

/// The stage.
pub struct Story {
    pub place: PathBuf,
    pub roster: Roster,
    pub figures: Figures,
    pub link: Link,
    /// The server, until it is stopped.
    pub server: Option<Running>,
    pub cast: Cast,
    step: Option<(String, Instant)>,
}

/// The four phones.
pub struct Cast {
    /// 甲, the head of the first micro-grid.
    pub first_head: Phone,
    /// 乙, the head of the second micro-grid.
    pub second_head: Phone,
    /// 丙, the grid worker of the first grid, and so of the first micro-grid.
    pub worker: Phone,
    /// 丁, the steward of one stairwell.
    pub steward: Phone,
}

/// A household as a phone shows it.
pub struct Seen {
    /// Its id.
    pub id: String,
    /// Those who live there.
    pub people: Vec<SeenPerson>,
}

/// Somebody as a phone shows them.
pub struct SeenPerson {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

impl Story {
    /// Builds the stage: the city, its server, the link, and the phones, which are still empty.
    ///
    /// # Errors
    /// When a file cannot be made or the server does not start.
    pub fn begin(place: &Path, roster: Roster) -> Result<Self, Failure> {
        let figures = Figures {
            households: roster.households().count(),
            people: roster.people(),
            ..Figures::default()
        };
        output::line(format!(
            "客厅 Keting 演示：{} 户 {} 人，均为合成数据 · {} households, {} people, all synthetic",
            figures.households, figures.people, figures.households, figures.people
        ))?;
        let began = Instant::now();
        let title = announce(1, "建城，开服务器", "A city and its server")?;
        let (link, listener) = Link::bind(SEED).map_err(unusable)?;
        let city = &roster.regions.first().ok_or_else(|| broken("there is no city"))?.name;
        let server = Some(start_server(place, city, &link, listener)?);
        say(&format!(
            "{city}：{} 个区域，TLS 1.3；手机都走链路 {} · {} regions; all phones go through that link",
            roster.regions.len(),
            link.address(),
            roster.regions.len(),
        ))?;
        let cast = Cast::of(place, &roster)?;
        let (place, step) = (place.to_owned(), Some((title, began)));
        Ok(Self { place, roster, figures, link, server, cast, step })
    }

    /// Tells the story to its end.
    ///
    /// # Errors
    /// When anything does not hold.
    pub fn tell(mut self) -> Result<(), Failure> {
        self.enter_rosters()?;
        self.first_syncs()?;
        self.edit_offline()?;
        self.kill_in_a_commit()?;
        self.sync_over_a_bad_link()?;
        self.settle_the_conflict()?;
        self.watch_live()?;
        self.look_for_id_numbers()?;
        self.verify_everything()
    }

    /// Ends the step that was told, and begins another.
    ///
    /// # Errors
    /// When the demo was interrupted meanwhile.
    pub fn step(&mut self, chinese: &str, english: &str) -> Result<(), Failure> {
        go_on()?;
        self.end_step();
        let title = announce(self.figures.steps.len() + 1, chinese, english)?;
        self.step = Some((title, Instant::now()));
        Ok(())
    }

    /// Ends the step that was told.
    pub fn end_step(&mut self) {
        if let Some((title, began)) = self.step.take() {
            self.figures.steps.push((title, began.elapsed()));
        }
    }
}

impl Cast {
    fn of(place: &Path, roster: &Roster) -> Result<Self, Failure> {
        let [first, second] = &roster.micro_grids[..] else {
            return Err(broken("the fixtures have not two micro-grids"));
        };
        let grid = roster.region(&first.region.parent)?;
        let unit = &first.households.first().ok_or_else(|| broken("no household"))?.unit;
        let unit = roster.region(unit)?;
        let phone = |part, region: &Region| Phone::new(place, part, &region.head, &region.code);
        Ok(Self {
            first_head: phone(FIRST_HEAD, &first.region)?,
            second_head: phone(SECOND_HEAD, &second.region)?,
            worker: phone(WORKER, grid)?,
            steward: phone(STEWARD, unit)?,
        })
    }

    /// All four.
    pub fn all(&self) -> [&Phone; 4] {
        [&self.first_head, &self.second_head, &self.worker, &self.steward]
    }
}

/// Prints a line below the step's title.
pub fn say(text: &str) -> Result<(), Failure> {
    output::line(format!("    {text}"))
}

/// Carries out an edit by a process of its own; returns what it printed, which is an id.
///
/// # Errors
/// When it is not acknowledged.
pub fn edit(figures: &mut Figures, phone: &Phone, words: &[&str]) -> Result<String, Failure> {
    let began = Instant::now();
    let printed = phone.run(words)?;
    figures.edit_times.push(began.elapsed());
    figures.edits += 1;
    Ok(printed)
}

/// Syncs a phone, again and again while the link cuts it, and returns the report of the last one.
///
/// # Errors
/// When the server refuses or an edit is held.
pub fn sync(figures: &mut Figures, phone: &Phone) -> Result<Value, Failure> {
    for _ in 0..ATTEMPTS_MAX {
        if let Some(report) = try_sync(figures, phone)? {
            return Ok(report);
        }
    }
    Err(broken("a phone made no way over the bad link"))
}

/// Syncs a phone once; none if the link cut it.
///
/// # Errors
/// When the server refuses or an edit is held.
pub fn try_sync(figures: &mut Figures, phone: &Phone) -> Result<Option<Value>, Failure> {
    let mut command = phone.command(&["sync"]);
    command.arg("--json");
    let ended = run(command)?;
    if ended.exit_code == Some(i32::from(exit::NETWORK)) {
        figures.retries += 1;
        return Ok(None);
    }
    let report = as_json(&ended.expect_done()?)?;
    figures.count_sync(&report);
    Ok(Some(report))
}

/// The household at an address, as a phone shows it.
///
/// # Errors
/// When it is not there.
pub fn see(phone: &Phone, household: &Household) -> Result<Seen, Failure> {
    let list = phone.read(&["household", "list"])?;
    let found = items(&list).iter().find(|one| text(one, "address") == household.address);
    let found = found.ok_or_else(|| broken("a household is missing on a phone"))?;
    let people = items(&found["residents"])
        .iter()
        .map(|person| SeenPerson { id: text(person, "id"), name: text(person, "name") });
    Ok(Seen { id: text(found, "id"), people: people.collect() })
}

/// A text in a JSON object; empty if it is not there.
pub fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The items of a JSON array; none if it is no array.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn announce(number: usize, chinese: &str, english: &str) -> Result<String, Failure> {
    output::line(format!("\n{number:>2}  {chinese} · {english}"))?;
    Ok(format!("{number:>2} {chinese} · {english}"))
}

fn start_server(
    place: &Path,
    city: &str,
    link: &Link,
    listener: TcpListener,
) -> Result<Running, Failure> {
    let regions = place.join("regions.csv");
    std::fs::write(&regions, crate::demo::roster::regions_csv()).map_err(unusable)?;
    let mut init = Command::new(program()?);
    init.arg("init").arg("--data").arg(server_directory(place)).args(["--city", city]);
    init.arg("--regions").arg(&regions).arg("--root-key").arg(place.join("root.key"));
    run(init)?.expect_done()?;

    let mut serve = Command::new(program()?);
    serve.arg("serve").arg("--data").arg(server_directory(place));
    serve.args(["--listen", "127.0.0.1:0", "--url"]);
    serve.arg(format!("wss://{}/v1/sync", link.address()));
    serve.stderr(File::create(place.join("server.log")).map_err(unusable)?);
    let server = Running::start(serve)?;
    let line = server.line(|line| line.contains("listening on "))?;
    let address = line.rsplit(' ').next().and_then(|address| address.parse().ok());
    link.lead_to(listener, address.ok_or_else(|| broken("the server printed no address"))?);
    hold(link.traffic().connections == 0, "nobody is connected yet")?;
    Ok(server)
}

/// The server's directory.
pub fn server_directory(place: &Path) -> PathBuf {
    place.join("server")
}
