//! The city's time on a device whose own clock may be years off, set while it runs, or back at 1970
//! with every start.
//!
//! What the server last said counts on by the machine's boot clock, which nobody can set. After
//! another start of the machine only its wall clock is left, and it is believed only as far as it
//! does not go back behind what was given out before; the time is then *uncertain* until the server
//! is heard again. The server is always followed, downwards too: a time it once told too late must
//! not last.

use keting_model::CityTime;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::environment::{Boot, Environment};

/// From what difference on a device's clock is called off. Days and minutes shown come from the
/// city's time, so a smaller one harms nothing; and a person who sets a clock by hand is seldom
/// nearer than a few minutes.
const OFF_MS_MIN: u64 = 5 * 60 * 1000;

/// What the machine's two clocks show at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Milliseconds since the Unix epoch by the wall clock, which may be anything.
    pub wall_ms: u64,
    /// The clock that nobody can set.
    pub boot: Boot,
}

impl Reading {
    /// Reads both clocks.
    pub fn of(environment: &dyn Environment) -> Self {
        Self { wall_ms: environment.unix_ms(), boot: environment.boot() }
    }
}

/// What the file keeps of the city's time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Kept {
    #[n(0)]
    heard: Option<Heard>,
    #[n(1)]
    last: Option<Last>,
}

/// A time, and what the boot clock showed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Moment {
    #[n(0)]
    city_ms: u64,
    #[n(1)]
    boot_id: Option<ByteArray<16>>,
    #[n(2)]
    elapsed_ms: u64,
}

/// When the server last told its time, and what the wall clock showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Heard {
    #[n(0)]
    at: Moment,
    #[n(1)]
    wall_ms: u64,
}

/// The last time given out or heard, the *floor*: no later one lies before it, unless the server
/// says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Last {
    #[n(0)]
    at: Moment,
    #[n(1)]
    trust: Trust,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
enum Trust {
    /// The server said so.
    #[n(0)]
    Sure,
    /// The wall clock said so, and it was not behind what was known.
    #[n(1)]
    Guessed,
    /// The wall clock was behind what was known. As soon as it no longer is, it is believed: phones
    /// get their time from the network a while after they start.
    #[n(2)]
    AtTheFloor,
}

/// The city's time while a replica is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CityClock {
    kept: Kept,
    /// From where the boot clock counts on.
    start: Last,
}

impl CityClock {
    /// Goes on from what the file keeps.
    pub fn resume(kept: Kept, now: &Reading) -> Self {
        let heard = kept.heard.and_then(|heard| heard.at.counted_on(&now.boot));
        let given = kept.last.and_then(|last| Some((last.at.counted_on(&now.boot)?, last.trust)));
        let (city_ms, trust) = match (heard, given, kept.guess(now)) {
            (Some(city_ms), _, _) => (city_ms, Trust::Sure),
            (None, Some(given), _) => given,
            (None, None, Some(guess)) => (guess, Trust::Guessed),
            (None, None, None) => (kept.floor_ms(), Trust::AtTheFloor),
        };
        Self { kept, start: Last { at: Moment::new(city_ms, &now.boot), trust } }
    }

    /// The city's time.
    pub fn now(&self, now: &Reading) -> CityTime {
        let counted = self.start.at.after(&now.boot);
        match self.start.trust {
            Trust::Sure => CityTime::new(counted),
            Trust::Guessed => CityTime::new(counted).uncertain(),
            Trust::AtTheFloor => {
                CityTime::new(counted.max(self.kept.guess(now).unwrap_or(0))).uncertain()
            }
        }
    }

    /// The clock after a record was dated: nothing is dated before it from now on.
    #[must_use]
    pub fn given_out(self, now: &Reading) -> Self {
        let city_ms = self.now(now).unix_ms();
        let trust = match self.start.trust {
            Trust::AtTheFloor if self.kept.guess(now) == Some(city_ms) => Trust::Guessed,
            trust => trust,
        };
        let start = Last { at: Moment::new(city_ms, &now.boot), trust };
        Self { kept: Kept { last: Some(start), ..self.kept }, start }
    }

    /// The clock after the server, whose key is pinned, told its time.
    pub fn heard(server_ms: u64, now: &Reading) -> Self {
        let at = Moment::new(server_ms, &now.boot);
        let start = Last { at, trust: Trust::Sure };
        let heard = Heard { at, wall_ms: now.wall_ms };
        Self { kept: Kept { heard: Some(heard), last: Some(start) }, start }
    }

    /// What the file has to keep.
    pub fn kept(&self) -> Kept {
        self.kept
    }

    /// The server's time when it was last heard.
    pub fn server_ms(&self) -> Option<u64> {
        self.kept.told_ms()
    }

    /// By how many milliseconds the machine's clock is ahead of the city's time, or behind if
    /// negative; none if that is little, or the city's time is uncertain.
    pub fn off_ms(&self, now: &Reading) -> Option<i64> {
        let city = self.now(now);
        let off_by = now.wall_ms.abs_diff(city.unix_ms());
        let off_ms = i64::try_from(off_by).unwrap_or(i64::MAX);
        let is_off = !city.is_uncertain() && off_by > OFF_MS_MIN;
        is_off.then_some(if now.wall_ms < city.unix_ms() { -off_ms } else { off_ms })
    }
}

impl Moment {
    fn new(city_ms: u64, boot: &Boot) -> Self {
        Self { city_ms, boot_id: boot.id.map(ByteArray::from), elapsed_ms: boot.elapsed_ms }
    }

    /// The time by now, if the machine has been running since.
    fn counted_on(&self, boot: &Boot) -> Option<u64> {
        let same_start = boot.id.is_some() && self.boot_id.map(<[u8; 16]>::from) == boot.id;
        (same_start && boot.elapsed_ms >= self.elapsed_ms).then(|| self.after(boot))
    }

    /// The time by now, as the machine has been running since.
    fn after(&self, boot: &Boot) -> u64 {
        self.city_ms.saturating_add(boot.elapsed_ms.saturating_sub(self.elapsed_ms))
    }
}

impl Kept {
    /// The server's time when it was last heard.
    pub fn told_ms(&self) -> Option<u64> {
        self.heard.map(|heard| heard.at.city_ms)
    }

    fn floor_ms(&self) -> u64 {
        self.last.map_or(0, |last| last.at.city_ms)
    }

    /// The time by the wall clock: as wrong as it was when the server was last heard, or put right
    /// since. Of the two, the earlier that is not behind what is known.
    fn guess(&self, now: &Reading) -> Option<u64> {
        let as_wrong_as_then = self.heard.map(|heard| {
            now.wall_ms.saturating_add(heard.at.city_ms).saturating_sub(heard.wall_ms)
        });
        let both = [as_wrong_as_then, Some(now.wall_ms)];
        let guesses = both.into_iter().flatten().map(|ms| ms.min(CityTime::UNIX_MS_MAX));
        guesses.filter(|ms| *ms >= self.floor_ms()).min()
    }
}

#[cfg(test)]
mod tests;
