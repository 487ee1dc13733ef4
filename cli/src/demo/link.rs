//! The link between phones and server: a TCP relay on loopback that can be made bad.
//!
//! It passes bytes as they are, so TLS runs through it from end to end. While it is bad, each
//! connection is cut after a number of bytes drawn from the seed: in the middle of a record, without
//! a word to either side, as a lift door does it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

const CHUNK_BYTES: usize = 16 * 1024;

/// The relay. It ends when it is dropped.
pub struct Link {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What went over the link so far, handshakes included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// Connections cut.
    pub cuts: u64,
    /// Bytes from phones to the server.
    pub bytes_up: u64,
    /// Bytes from the server to phones.
    pub bytes_down: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    random: u64,
    cut_after: Option<Range<u64>>,
    traffic: Traffic,
    closed: bool,
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

impl Link {
    /// Takes a port for phones. Nothing is relayed before [`Link::lead_to`].
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn bind(seed: u64) -> io::Result<(Self, TcpListener)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state =
            State { random: seed, cut_after: None, traffic: Traffic::default(), closed: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        Ok((Self { address, shared }, listener))
    }

    /// Relays what comes in at `listener` to the server.
    pub fn lead_to(&self, listener: TcpListener, server: SocketAddr) {
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            while let Ok((phone, _)) = listener.accept() {
                if shared.state().closed {
                    return;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || relay(&shared, &phone, server));
            }
        });
    }

    /// Where phones connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts each connection from now on after a number of bytes within this range.
    pub fn make_bad(&self, cut_after: Range<u64>) {
        self.shared.state().cut_after = Some(cut_after);
    }

    /// Cuts no new connection any more.
    pub fn make_good(&self) {
        self.shared.state().cut_after = None;
    }

    /// What went over the link so far.
    pub fn traffic(&self) -> Traffic {
        self.shared.state().traffic
    }

    /// Waits until the traffic is as wanted; false if it is not within the time.
    pub fn wait(&self, within: Duration, wanted: impl Fn(&Traffic) -> bool) -> bool {
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.state(), within, |state| !wanted(&state.traffic));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        wanted(&state.traffic)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        // Wakes the thread that waits for phones; if it is gone already there is nothing to wake.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Traffic)) {
        note(&mut self.state().traffic);
        self.changed.notify_all();
    }
}

impl State {
    /// After how many bytes the next connection is cut.
    fn draw(&mut self) -> Option<u64> {
        let range = self.cut_after.clone()?;
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let span = range.end.saturating_sub(range.start).max(1);
        Some(range.start + mixed % span)
    }
}

fn relay(shared: &Arc<Shared>, phone: &TcpStream, server: SocketAddr) {
    let Ok(server) = TcpStream::connect(server) else { return };
    let left = Arc::new(Mutex::new(shared.state().draw()));
    shared.note(|traffic| {
        traffic.connections += 1;
        traffic.open += 1;
    });
    for end in [phone, &server] {
        let _ = end.set_nodelay(true);
    }
    thread::scope(|scope| {
        scope.spawn(|| pass(shared, phone, &server, Direction::Up, &left));
        pass(shared, &server, phone, Direction::Down, &left);
    });
    shared.note(|traffic| traffic.open -= 1);
}

/// Passes bytes one way until an end closes, or so many have gone over the connection that it is
/// cut.
fn pass(
    shared: &Shared,
    mut from: &TcpStream,
    mut to: &TcpStream,
    direction: Direction,
    left: &Mutex<Option<u64>>,
) {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let chunk = match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => buffer.get(..count).unwrap_or_default(),
        };
        let (passed, is_cut) = take(left, chunk);
        if to.write_all(passed).is_err() {
            break;
        }
        let count = passed.len() as u64;
        shared.note(|traffic| match direction {
            Direction::Up => traffic.bytes_up += count,
            Direction::Down => traffic.bytes_down += count,
        });
        if is_cut {
            shared.note(|traffic| traffic.cuts += 1);
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// How much of a chunk still goes over, and whether the connection is cut behind it.
fn take<'a>(left: &Mutex<Option<u64>>, chunk: &'a [u8]) -> (&'a [u8], bool) {
    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(bytes_left) = left.as_mut() else { return (chunk, false) };
    let was_cut = *bytes_left == 0;
    let count = usize::try_from(*bytes_left).unwrap_or(usize::MAX).min(chunk.len());
    *bytes_left -= count as u64;
    (chunk.get(..count).unwrap_or_default(), *bytes_left == 0 && !was_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_secs(10);

    /// Sends `count` bytes through a link to something that answers nothing, and says how many came.
    fn send(link: &Link, listener: TcpListener, count: usize) -> usize {
        let far = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        link.lead_to(listener, far.local_addr().unwrap());
        let mut near = TcpStream::connect(link.address()).unwrap();
        let (mut end, _) = far.accept().unwrap();
        // A cut may meet the writing as well as the reading.
        let _ = near.write_all(&vec![7; count]);
        let _ = near.shutdown(Shutdown::Write);
        let mut came = Vec::new();
        let _ = end.read_to_end(&mut came);
        came.len()
    }

    #[test]
    fn a_good_link_passes_everything() {
        let (link, listener) = Link::bind(1).unwrap();
        assert_eq!(send(&link, listener, 100_000), 100_000);
        assert!(link.wait(BOUND, |traffic| traffic.open == 0));
        let traffic = link.traffic();
        assert_eq!((traffic.bytes_up, traffic.cuts, traffic.connections), (100_000, 0, 1));
    }

    #[test]
    fn a_bad_link_cuts_after_the_drawn_number_of_bytes() {
        let (link, listener) = Link::bind(1).unwrap();
        link.make_bad(1_000..2_000);
        let came = send(&link, listener, 100_000);
        assert!((1_000..2_000).contains(&came), "{came}");
        assert!(link.wait(BOUND, |traffic| traffic.open == 0 && traffic.cuts == 1));
        assert_eq!(link.traffic().bytes_up, came as u64);
    }

    #[test]
    fn the_same_seed_draws_the_same_cuts() {
        let draw = |seed| {
            let (link, _) = Link::bind(seed).unwrap();
            link.make_bad(0..1_000_000);
            let mut state = link.shared.state();
            [state.draw(), state.draw(), state.draw()]
        };
        assert_eq!(draw(1411), draw(1411));
        assert_ne!(draw(1411), draw(1412));
    }
}
