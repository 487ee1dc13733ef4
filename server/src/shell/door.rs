//! How many connections come in, in all and from one address.
//!
//! A connection costs a file of the process, and a process that has none left can accept nobody, nor
//! open its own store. So the whole is drawn from what the operating system allows, and nobody at one
//! address can take it all, however many connections they open.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use keting_trust::limits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

/// How often the log says that connections were turned away: a flood must not fill the disk, too.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// What strangers can take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most connections at once, WebSockets included.
    pub connections_max: usize,
    /// The most of them from one address.
    pub from_one_address_max: usize,
    /// How long one may take from TCP to the end of its request, in milliseconds.
    pub request_ms_max: u64,
}

impl Bounds {
    /// So many connections at once, of which one address gets its share.
    pub fn within(connections_max: usize) -> Self {
        let from_one_address_max = (connections_max / limits::ADDRESS_SHARE).max(1);
        Self { connections_max, from_one_address_max, request_ms_max: limits::HELLO_MS_MAX }
    }

    /// What the operating system lets this process have open, as far as it can be raised, less what
    /// the server needs itself.
    pub fn of_this_process() -> Self {
        let files = files_max().unwrap_or(usize::MAX);
        let left = files.saturating_sub(limits::SERVER_FILES).max(1);
        Self::within(left.min(limits::CONNECTIONS_MAX))
    }
}

/// Raises how many files this process may have open to the most it may ask for, and says how many
/// that are; nothing where there is no limit.
#[cfg(unix)]
fn files_max() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = if raised.is_ok() { maximum } else { current };
    files.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn files_max() -> Option<usize> {
    None
}

/// The door: who is in, and who was turned away.
#[derive(Debug)]
pub(super) struct Door {
    all: Arc<Semaphore>,
    bounds: Bounds,
    /// How many are in from each address.
    origins: Mutex<BTreeMap<IpAddr, usize>>,
    turned_away: [AtomicU64; 2],
    said: Mutex<Option<Instant>>,
}

/// Why a connection was closed as soon as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crowded {
    All,
    Address,
}

impl Crowded {
    const EVERY: [Self; 2] = [Self::All, Self::Address];

    const fn reason(self) -> &'static str {
        match self {
            Self::All => "too_many_connections",
            Self::Address => "too_many_from_one_address",
        }
    }
}

/// A connection's place, from TCP to the end of its WebSocket.
#[derive(Debug)]
pub(super) struct Slot {
    door: Arc<Door>,
    origin: IpAddr,
    _one_of_all: OwnedSemaphorePermit,
}

impl Door {
    pub(super) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(bounds.connections_max)),
            bounds,
            origins: Mutex::default(),
            turned_away: [AtomicU64::new(0), AtomicU64::new(0)],
            said: Mutex::new(None),
        })
    }

    /// The bounds it keeps.
    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Lets a connection in, or says nothing and counts it.
    pub(super) fn let_in(self: &Arc<Self>, from: IpAddr) -> Option<Slot> {
        let origin = origin(from);
        let slot = self.find_place(origin);
        if let Err(crowded) = slot {
            self.turn_away(crowded);
        }
        slot.ok()
    }

    fn find_place(self: &Arc<Self>, origin: IpAddr) -> Result<Slot, Crowded> {
        let one_of_all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Crowded::All)?;
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let here = origins.entry(origin).or_default();
        if *here >= self.bounds.from_one_address_max {
            return Err(Crowded::Address);
        }
        *here += 1;
        Ok(Slot { door: Arc::clone(self), origin, _one_of_all: one_of_all })
    }

    /// Counts one that was turned away, and says so now and then. Never from where: an address is
    /// somebody's.
    fn turn_away(&self, crowded: Crowded) {
        let [all, address] = &self.turned_away;
        let count = if crowded == Crowded::All { all } else { address };
        let so_far = count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
            *said = Some(Instant::now());
            warn!(reason = crowded.reason(), so_far, "connections are turned away");
        }
    }

    /// How many were turned away since the start, by reason.
    pub(super) fn turned_away(&self) -> BTreeMap<String, u64> {
        let counts = self.turned_away.iter().map(|count| count.load(Ordering::Relaxed));
        let codes = Crowded::EVERY.iter().map(|crowded| crowded.reason().to_owned());
        codes.zip(counts).collect()
    }

    /// Waits until the last connection has ended.
    pub(super) async fn wait_until_empty(&self) {
        let all = u32::try_from(self.bounds.connections_max).unwrap_or(u32::MAX);
        let _ = self.all.acquire_many(all).await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut origins = self.door.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut here) = origins.entry(self.origin) {
            *here.get_mut() -= 1;
            if *here.get() == 0 {
                here.remove();
            }
        }
    }
}

/// What counts as one address: of IPv6 the network, since whoever has one address of it has all
/// 2⁶⁴ (RFC 4291, section 2.5.1).
fn origin(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(connections_max: usize, from_one_address_max: usize) -> Arc<Door> {
        Door::new(Bounds { from_one_address_max, ..Bounds::within(connections_max) })
    }

    fn counts(in_all: u64, from_one_address: u64) -> BTreeMap<String, u64> {
        [("too_many_connections", in_all), ("too_many_from_one_address", from_one_address)]
            .map(|(code, count)| (code.to_owned(), count))
            .into()
    }

    #[test]
    fn one_address_takes_its_share_and_others_still_come_in() {
        let door = door(4, 2);
        let [crowd, other] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        let inside: Vec<_> = (0..6).filter_map(|_| door.let_in(crowd)).collect();
        assert_eq!(inside.len(), 2);
        let honest = door.let_in(other).unwrap();
        drop(inside);
        assert!(door.let_in(crowd).is_some());
        drop(honest);
        assert_eq!(door.turned_away(), counts(0, 4));
        assert!(door.origins.lock().unwrap().is_empty(), "an address is remembered for nothing");
    }

    #[test]
    fn whoever_finds_the_house_full_is_counted_apart() {
        let door = door(1, 1);
        let [first, second] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        let _inside = door.let_in(first).unwrap();
        assert!(door.let_in(second).is_none());
        assert_eq!(door.turned_away(), counts(1, 0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_so_is_a_mapped_one() {
        let same =
            |one: &str, other: &str| origin(one.parse().unwrap()) == origin(other.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("::ffff:10.0.0.1", "10.0.0.1"));
        assert!(!same("10.0.0.1", "10.0.0.2"));
    }

    #[test]
    fn what_a_process_may_open_bounds_what_it_lets_in() {
        let bounds = Bounds::of_this_process();
        assert!(bounds.connections_max <= limits::CONNECTIONS_MAX);
        assert!((1..bounds.connections_max).contains(&bounds.from_one_address_max));
    }
}
