//! The deterministic simulation: many phones and one server in virtual time on one thread.
//!
//! What is stepped is what ships: `keting::parts::Replica`, its `SyncDriver`, and `keting_server`'s
//! `Server`, over the real store on a disk in memory that forgets what was not synced. What is
//! simulated is the world around them: clocks, chance, the network, people, power. A run has two
//! halves. In the first, people work and bad things happen, and what must be true at every moment
//! is checked over and over ([`safety`]). In the second nothing goes wrong any more, and within a
//! bound of virtual time everybody must have the same ([`convergence`]).
//!
//! A phone goes where it takes its server to be: [`addresses`] says who answers there and with which TLS
//! key, and [`moving`] what the operator does about both. TLS itself, which refuses a key that is not
//! pinned, is played.
//!
//! A seed decides everything: the same seed gives the same [`trace`] and the same logical [`dump`]
//! of every side. What is *not* here: two server processes on one store (the server's own
//! conformance suite has them), threads, sockets, TLS, and the lies of a server that no phone can
//! notice yet (the others are told in [`liar`]).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a run ends where the impossible happens"
)]

pub mod act;
pub mod addresses;
pub mod admitted;
pub mod cast;
pub mod clock;
pub mod confirmed;
pub mod convergence;
pub mod device;
pub mod dump;
pub mod ending;
pub mod faults;
pub mod host;
pub mod hostile;
pub mod liar;
pub mod moving;
pub mod network;
pub mod officers;
pub mod operator;
pub mod pins;
pub mod places;
pub mod plan;
pub mod put_back;
pub mod safety;
pub mod said;
pub mod temper;
pub mod trace;
pub mod vault;
pub mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};

use crate::world::{Broken, World};

/// The longest the first half of a run takes, in virtual milliseconds, but for days when nobody does
/// anything.
const BAD_DAYS_MS_MAX: u64 = 3 * 3_600_000;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The digest of everything that happened.
    pub trace: String,
    /// The digest of everything that each side holds at the end.
    pub dump: String,
    /// How often each thing happened.
    pub counts: BTreeMap<String, u64>,
    /// Every line of what happened, if asked for.
    pub lines: Vec<String>,
}

/// Runs one seed from beginning to end.
///
/// # Errors
/// What happened that must not, with the seed and the last lines of what happened.
pub fn simulate(seed: u64, full_trace: bool) -> Result<Report, String> {
    let mut world = World::new(seed, full_trace);
    let run = catch_unwind(AssertUnwindSafe(|| run(&mut world)));
    let broken = match run {
        Ok(Ok(dump)) => {
            let trace = world.trace.digest();
            let lines = world.trace.lines().to_vec();
            return Ok(Report { trace, dump, counts: world.trace.counts().clone(), lines });
        }
        Ok(Err(broken)) => broken,
        Err(panic) => format!("a panic: {}", words_of(&*panic)),
    };
    let at_ms = world.clock.now_ms();
    if full_trace {
        let lines = world.trace.lines().join("\n");
        return Err(format!("{lines}\nseed {seed} broke at {at_ms} ms: {broken}"));
    }
    let recent = world.trace.recent();
    Err(format!("seed {seed} broke at {at_ms} ms: {broken}\n{recent}\n{:?}", world.temper))
}

fn run(world: &mut World) -> Result<String, Broken> {
    while world.memory.acts < world.temper.acts
        && world.clock.now_ms() - world.away_ms < BAD_DAYS_MS_MAX
    {
        world.step()?;
        world.forget_links();
    }
    world.heal()?;
    world.enter_below_every_code()?;
    world.demand_convergence()?;
    world.demand_said(false)?;
    world.reveal_everybody()?;
    world.check()?;
    world.demand_said(true)?;
    let faults = world.devices.iter().map(|device| device.disk.faults_fired()).sum();
    world.trace.add("disk calls that failed, phones", faults);
    world.trace.add("disk calls that failed, server", world.host.disk.faults_fired());
    world.trace.add("acts", world.memory.acts);
    world.trace.add("acts made anew", world.said.anew.count());
    Ok(dump_of(world))
}

fn dump_of(world: &mut World) -> String {
    let mut digest = Sha256::new();
    for replica in world.devices.iter().filter_map(|device| device.replica.as_ref()) {
        digest.update(dump::replica(replica));
    }
    if let Some(server) = &mut world.host.server {
        digest.update(dump::server(server.store()));
    }
    trace::hex(&digest.finalize())
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
