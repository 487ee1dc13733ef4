//! How hard a run is. Each seed draws which faults may happen at all and how fast things go, so that
//! some runs see one kind of fault often and others see many kinds meet.

use keting_testkit::rng::Rng;

/// A kind of bad thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An app is killed.
    Crash,
    /// A phone loses its power between two calls of its disk.
    PowerCut,
    /// A phone loses its power in the middle of a call of its disk.
    PowerCutInCall,
    /// A call of a phone's disk fails.
    DiskError,
    /// A phone's disk is full.
    DiskFull,
    /// A phone's clock jumps by up to ten years.
    ClockJump,
    /// A phone's directory is copied and both copies are used.
    Copy,
    /// A whole machine, file and vault, is put back as it once was.
    PutBack,
    /// A connection breaks.
    Cut,
    /// The server's process is killed.
    ServerCrash,
    /// The server loses its power.
    ServerPowerCut,
    /// The server loses its power in the middle of a call of its disk.
    ServerPowerCutInCall,
    /// A call of the server's disk fails.
    ServerDiskError,
    /// The server's disk is full.
    ServerDiskFull,
    /// The server is stopped as an operator does.
    ServerStop,
    /// The server's clock is set.
    ServerClock,
    /// Everybody is away for days.
    DaysPass,
    /// A granted key signs what it must not, or sends what is no message.
    Hostile,
    /// A false server tells a phone what is not so.
    Lie,
    /// The server keeps no edit for a while and says so.
    Refusals,
    /// Two officers make a region of one code.
    OneCodeTwice,
    /// The operator ends a device.
    End,
    /// The operator moves the server, a step at a time.
    Move,
    /// The operator changes the server's TLS key.
    RotateKey,
    /// The operator changes address or TLS key and tells nobody.
    UntoldChange,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::Crash,
        Self::PowerCut,
        Self::PowerCutInCall,
        Self::DiskError,
        Self::DiskFull,
        Self::ClockJump,
        Self::Copy,
        Self::PutBack,
        Self::Cut,
        Self::ServerCrash,
        Self::ServerPowerCut,
        Self::ServerPowerCutInCall,
        Self::ServerDiskError,
        Self::ServerDiskFull,
        Self::ServerStop,
        Self::ServerClock,
        Self::DaysPass,
        Self::Hostile,
        Self::Lie,
        Self::Refusals,
        Self::OneCodeTwice,
        Self::End,
        Self::Move,
        Self::RotateKey,
        Self::UntoldChange,
    ];
}

/// What one seed is like.
#[derive(Debug, Clone)]
pub struct Temper {
    /// How many honest people there are.
    pub people: usize,
    /// Whether there is a hostile one.
    pub mallory: bool,
    /// The longest a frame takes, in milliseconds.
    pub latency_ms: u64,
    /// The longest pause between two connections of a device, in milliseconds.
    pub pause_ms: u64,
    /// The longest pause between two things one person does, in milliseconds.
    pub act_every_ms: u64,
    /// The longest pause between two faults, in milliseconds.
    pub fault_every_ms: u64,
    /// How many of eight connections break by themselves.
    pub cuts_in_8: u64,
    /// How often people do something before the run heals.
    pub acts: u64,
    /// What may happen.
    pub faults: Vec<Fault>,
}

impl Temper {
    /// Draws one.
    pub fn draw(rng: &mut Rng) -> Self {
        let mallory = rng.chance(1, 2);
        let is_calm = rng.chance(1, 12);
        let faults = Fault::ALL
            .into_iter()
            .filter(|fault| *fault != Fault::Hostile || mallory)
            .filter(|fault| rng.chance(1, if *fault == Fault::Hostile { 1 } else { 2 }))
            .collect();
        Self {
            people: 3 + rng.index(4),
            mallory,
            latency_ms: 10 << rng.below(9),
            pause_ms: 2_000 << rng.below(6),
            act_every_ms: 2_000 << rng.below(5),
            fault_every_ms: 4_000 << rng.below(4),
            cuts_in_8: rng.below(6),
            acts: 45 + rng.below(70),
            faults: if is_calm { Vec::new() } else { faults },
        }
    }
}
