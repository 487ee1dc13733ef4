//! A process that is going to be killed.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keting_scenarios::device::Device;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Flock, FlockOffsetType, FlockType, Pid, Signal, WaitOptions, fcntl_getlk, kill_process, waitpid,
};

/// Where SQLite's writer puts its lock in the `-shm` file while a write transaction is open: byte
/// 120, of length 1, as its file format documents (WAL_WRITE_LOCK).
const WRITE_LOCK_AT: u64 = 120;

/// A started command.
pub struct Victim {
    process: Child,
    exit_code: Option<i32>,
}

/// How a victim came to its end, and what it had said by then.
#[derive(Debug)]
pub struct End {
    /// None when it was killed.
    pub exit_code: Option<i32>,
    /// What it had printed as its result.
    pub said: String,
}

impl Victim {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        let process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Self { process, exit_code: None }
    }

    /// Kills it once so much time has passed, unless it ended before.
    pub fn kill_after(mut self, time: Duration) -> End {
        self.wait_until(Instant::now() + time);
        self.kill()
    }

    /// Lets it live, and says how long it took.
    pub fn run_to_its_end(mut self) -> (End, Duration) {
        let began = Instant::now();
        self.exit_code = self.process.wait().unwrap().code();
        let took = began.elapsed();
        (self.kill(), took)
    }

    /// Waits for an instant or for the end of the process, whichever comes first.
    ///
    /// It waits asleep: a processor that only looks at the clock is missing where the process and those of
    /// other tests should get on.
    pub fn wait_until(&mut self, at: Instant) {
        let left = at.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: left.as_secs().try_into().unwrap(),
            tv_nsec: left.subsec_nanos().into(),
        };
        // Of what it says nothing is wanted here but that it will say nothing more.
        let mut said = [PollFd::new(self.process.stdout.as_ref().unwrap(), PollFlags::empty())];
        poll(&mut said, Some(&timeout)).unwrap();
        if said[0].revents().contains(PollFlags::HUP) {
            self.exit_code = self.process.wait().unwrap().code();
        }
    }

    /// Kills it where it stands.
    pub fn kill(mut self) -> End {
        if self.exit_code.is_none() {
            self.process.kill().unwrap();
            self.exit_code = self.process.wait().unwrap().code();
        }
        let mut said = String::new();
        self.process.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        End { exit_code: self.exit_code, said }
    }

    /// Whether it came to its end by itself.
    pub fn has_ended(&mut self) -> bool {
        if self.exit_code.is_none()
            && let Some(status) = self.process.try_wait().unwrap()
        {
            self.exit_code = status.code();
        }
        self.exit_code.is_some()
    }

    /// Freezes it. When this returns true, it does nothing any more until it is killed.
    pub fn freeze(&mut self) -> bool {
        if self.has_ended() {
            return false;
        }
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::STOP).unwrap();
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
        self.exit_code = status.exit_status();
        status.stopped()
    }

    /// Whether it is inside a write transaction of a device's file: it, and nobody else, holds the
    /// writer's lock.
    pub fn is_writing(&self, device: &Device) -> bool {
        let Ok(shared) = std::fs::File::open(device.file().with_extension("db-shm")) else {
            return false;
        };
        let wanted = Flock {
            start: WRITE_LOCK_AT,
            length: 1,
            pid: None,
            typ: FlockType::ReadLock,
            offset_type: FlockOffsetType::Set,
        };
        let holder = fcntl_getlk(&shared, &wanted).unwrap();
        holder.is_some_and(|lock| lock.pid == Some(Pid::from_child(&self.process)))
    }
}
