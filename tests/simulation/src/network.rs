//! Connections with latency that break: at any frame, seen by one side before the other, or by
//! neither until a timer ends.
//!
//! A connection is TLS on TCP, so its frames are neither lost singly, doubled nor reordered; what
//! is lost is always an end of the stream. Frames of *different* connections overtake each other
//! freely, and a device that connects again may be heard before its old connection is found dead.
//!
//! Some connections drip: a frame comes a few bytes at a time, and who waits for it sees only that some came.

use std::collections::VecDeque;

use keting_server::server::ConnectionId;
use keting_testkit::rng::Rng;

/// Names a connection of a run.
pub type LinkId = u64;

/// The two directions of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the device to the server.
    Up,
    /// From the server to the device.
    Down,
}

/// A connection between a device and the server.
#[derive(Debug)]
pub struct Link {
    /// Its name.
    pub id: LinkId,
    /// The device.
    pub device: usize,
    /// Its name at the server, until the server has forgotten it.
    pub server: Option<ConnectionId>,
    /// Whether somebody else than the server is at its other end.
    pub is_strangers: bool,
    /// Whether frames still leave.
    pub is_cut: bool,
    /// What the server says of edits it did not keep, until it has said its first word.
    pub refusals: Vec<Vec<u8>>,
    /// Whether the server has said anything.
    pub is_answered: bool,
    /// After how many more frames it is cut.
    cut_after: Option<u64>,
    up: Stream,
    down: Stream,
}

/// What is on its way in one direction.
#[derive(Debug, Default)]
struct Stream {
    frames: VecDeque<(u64, Vec<u8>)>,
    last_at_ms: u64,
    /// How many bytes it carries in a second, if it is a thin one.
    bytes_per_s: Option<u64>,
}

/// What the sender of a frame is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It will arrive, unless the connection breaks first.
    OnItsWay(Arriving),
    /// It went nowhere.
    Lost,
    /// It went nowhere, and the connection breaks with it.
    Cut,
}

/// How a frame arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arriving {
    /// When its first bytes come.
    pub from_ms: u64,
    /// When it is whole.
    pub at_ms: u64,
    /// How many bytes come in each second until then; none if all come at once.
    pub bytes_per_s: Option<u64>,
}

impl Link {
    /// A new connection, to be cut after so many frames, if at all. A stranger has no name for it.
    pub fn new(
        id: LinkId,
        device: usize,
        server: Option<ConnectionId>,
        cut_after: Option<u64>,
    ) -> Self {
        Self {
            id,
            device,
            server,
            is_strangers: server.is_none(),
            is_cut: false,
            refusals: Vec::new(),
            is_answered: false,
            cut_after,
            up: Stream::default(),
            down: Stream::default(),
        }
    }

    /// Lets it carry only so many bytes a second one way.
    pub fn drip(&mut self, way: Way, bytes_per_s: u64) {
        self.stream(way).bytes_per_s = Some(bytes_per_s);
    }

    /// Puts a frame on its way.
    pub fn send(&mut self, way: Way, frame: Vec<u8>, now_ms: u64, latency_ms: u64) -> Sent {
        if self.is_cut {
            return Sent::Lost;
        }
        if let Some(left) = &mut self.cut_after {
            if *left == 0 {
                return Sent::Cut;
            }
            *left -= 1;
        }
        let stream = self.stream(way);
        let (bytes, bytes_per_s) = (frame.len() as u64, stream.bytes_per_s);
        let from_ms = stream.last_at_ms.max(now_ms.saturating_add(latency_ms));
        let at_ms = from_ms + bytes_per_s.map_or(0, |bytes_per_s| bytes * 1_000 / bytes_per_s);
        stream.last_at_ms = at_ms;
        stream.frames.push_back((at_ms, frame));
        Sent::OnItsWay(Arriving { from_ms, at_ms, bytes_per_s })
    }

    /// Whether a frame is on its way.
    pub fn is_carrying(&self, way: Way) -> bool {
        let Self { up, down, .. } = self;
        !if way == Way::Up { up } else { down }.frames.is_empty()
    }

    /// When all that is on its way has arrived.
    pub fn last_at_ms(&mut self, way: Way) -> u64 {
        self.stream(way).last_at_ms
    }

    /// The next frame that has arrived by now.
    pub fn arrive(&mut self, way: Way, now_ms: u64) -> Option<Vec<u8>> {
        let stream = self.stream(way);
        match stream.frames.front() {
            Some((at_ms, _)) if *at_ms <= now_ms => {
                stream.frames.pop_front().map(|(_, frame)| frame)
            }
            Some(_) | None => None,
        }
    }

    /// Breaks the connection: of what is on its way only a beginning arrives. Gives when each side
    /// hears of it; nothing for a side that does not.
    pub fn cut(&mut self, rng: &mut Rng, now_ms: u64) -> [(Way, Option<u64>); 2] {
        self.is_cut = true;
        [Way::Up, Way::Down].map(|way| {
            let stream = self.stream(way);
            let kept = rng.index(stream.frames.len() + 1);
            stream.frames.truncate(kept);
            let last_at_ms = stream.frames.back().map_or(now_ms, |(at_ms, _)| *at_ms);
            let heard = !rng.chance(1, 4);
            (way, heard.then(|| last_at_ms + rng.below(2_000)))
        })
    }

    /// Whether nothing is on its way.
    pub fn is_still(&self) -> bool {
        self.up.frames.is_empty() && self.down.frames.is_empty()
    }

    fn stream(&mut self, way: Way) -> &mut Stream {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}
