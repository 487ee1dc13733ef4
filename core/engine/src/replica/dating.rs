//! When things happen on a replica: by the city's time, never by the machine's clock.

use keting_model::{CityTime, HybridTime};
use keting_store::{StoreError, Transaction, View};
use keting_trust::{Incarnation, cbor};

use crate::error::EngineError;
use crate::replica::city_clock::{CityClock, Kept, Reading};
use crate::replica::clock::Clock;
use crate::replica::{Replica, meta};

/// The moment of an edit, and the clocks after it.
#[derive(Clone, Copy)]
pub(super) struct Dated {
    pub(super) now: CityTime,
    pub(super) incarnation: Incarnation,
    /// Whether the incarnation begins with it.
    begins_incarnation: bool,
    pub(super) clock: Clock,
    pub(super) city_clock: CityClock,
}

impl Dated {
    /// The same moment as the first of another incarnation.
    pub(super) fn in_incarnation(self, incarnation: Incarnation) -> Self {
        let clock = Clock { sequence: 1, ..self.clock };
        Self { incarnation, begins_incarnation: true, clock, ..self }
    }

    /// Writes the clocks, in the transaction that writes the edit.
    pub(super) fn keep(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        if self.begins_incarnation {
            transaction.set_meta(meta::INCARNATION, self.incarnation.as_bytes())?;
        }
        self.clock.keep(transaction)?;
        keep(&self.city_clock, transaction)
    }
}

impl Replica {
    /// The city's time, for a command to carry.
    pub fn now(&self) -> CityTime {
        self.city_clock.now(&self.reading())
    }

    /// By how many milliseconds the machine's clock is ahead of the city's time, or behind if
    /// negative; none if that is little, or the city's time is uncertain.
    pub fn clock_off_ms(&self) -> Option<i64> {
        self.city_clock.off_ms(&self.reading())
    }

    /// The latest time that is known from the server itself. The device's own clock may be years
    /// off and decides nothing about grants.
    pub(super) fn server_time_ms(&self) -> u64 {
        let issued_at_ms =
            self.city.as_ref().map_or(0, |city| city.grants.longest().grant.issued_at_ms);
        self.city_clock.server_ms().unwrap_or(0).max(issued_at_ms)
    }

    /// Notes what the server said as it welcomed the device: the time by its clock, and up to which
    /// number it has a backup, so that acknowledged work up to there will not be asked for again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_welcome(
        &mut self,
        server_time_ms: u64,
        backed_up_to: u64,
    ) -> Result<(), EngineError> {
        let told_ms = server_time_ms.min(CityTime::UNIX_MS_MAX);
        self.city_clock = CityClock::heard(told_ms, &self.reading());
        let city_clock = self.city_clock;
        self.store.note(|transaction| {
            keep(&city_clock, transaction)?;
            match backed_up_to {
                0 => Ok(0),
                number => transaction.forget_acknowledged(number),
            }
        })?;
        Ok(())
    }

    /// The moment of the next edit.
    ///
    /// A hybrid time more than a day ahead of the city's, from before this device knew better, is
    /// given up. What follows is then of an earlier time than what was written before, so it is
    /// written in a new incarnation: within one, times only rise. Nothing is changed here, since the
    /// edit may yet be refused.
    pub(super) fn date_edit(&mut self) -> Dated {
        let reading = self.reading();
        let now = self.city_clock.now(&reading);
        let reach_ms = now.unix_ms().saturating_add(HybridTime::ADOPT_AHEAD_MS_MAX);
        let is_given_up = !now.is_uncertain() && self.clock.time.unix_ms() > reach_ms;
        let (incarnation, clock) = if is_given_up {
            (Incarnation::new(self.environment.random()), Clock::default())
        } else {
            (self.incarnation, self.clock)
        };
        let clock = clock.tick(now.unix_ms());
        let city_clock = self.city_clock.given_out(&reading);
        Dated { now, incarnation, begins_incarnation: is_given_up, clock, city_clock }
    }

    fn reading(&self) -> Reading {
        Reading::of(self.environment.as_ref())
    }
}

fn keep(city_clock: &CityClock, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.set_meta(meta::CITY_TIME, &cbor::to_vec(&city_clock.kept()))
}

/// What the file keeps of the city's time.
///
/// # Errors
/// When the file cannot be read, or what it keeps is damaged.
pub(super) fn read(store: &View) -> Result<Kept, EngineError> {
    match store.meta(meta::CITY_TIME)? {
        Some(bytes) => cbor::from_slice(&bytes).map_err(|_| EngineError::DamagedMeta),
        None => Ok(Kept::default()),
    }
}
