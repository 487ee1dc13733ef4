//! A command at a terminal: a real one, with a screen, a keyboard and a key that interrupts.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the keyboard sends for Ctrl-C.
pub const CTRL_C: &str = "\u{3}";

/// Moves to the beginning of the line, and wipes it.
const WIPED: &str = "\r\u{1b}[2K";

/// A terminal of 100 columns and so many rows, and the command that has it for its own.
pub struct Terminal {
    keyboard: File,
    command: Child,
    screen: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl Terminal {
    /// Starts a command at a terminal of so many rows.
    pub fn start(command: &Command, rows: u16) -> Self {
        let keyboard =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let size = Winsize { ws_row: rows, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&keyboard, size).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        // Other commands that are started meanwhile must not keep it open.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let line = File::from(rustix::fs::open(name, flags, Mode::empty()).unwrap());
        // A session of its own makes the terminal the one that interrupts it; whoever started the tests may have
        // told them to ignore that, as a shell does to what it starts in the background.
        let mut started = Command::new("env");
        started
            .args(["--default-signal=INT", "setsid", "--ctty"])
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => started.env(name, value),
                None => started.env_remove(name),
            };
        }
        started.env("TERM", "vt100").stdin(line.try_clone().unwrap());
        started.stdout(line.try_clone().unwrap()).stderr(line);
        let command = started.spawn().unwrap();
        let keyboard = File::from(keyboard);
        let screen = read(keyboard.try_clone().unwrap());
        Self { keyboard, command, screen, shown: Vec::new() }
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until a text was shown, and gives everything until then.
    pub fn wait_for(&mut self, text: &str) -> String {
        while !self.so_far().contains(text) {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(more) => self.shown.extend(more),
                Err(_) => panic!("{text} was not shown: {}", self.so_far()),
            }
        }
        self.so_far()
    }

    /// Waits until the command has ended: how it did, and everything that was shown.
    pub fn end(mut self) -> (ExitStatus, String) {
        let ended = self.command.wait().unwrap();
        while let Ok(more) = self.screen.recv_timeout(PATIENCE) {
            self.shown.extend(more);
        }
        (ended, self.so_far())
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }
}

/// What is left on the screen of what was shown, line by line: the last one is where the cursor stands.
pub fn left_of(shown: &str) -> Vec<String> {
    let left = |line: &str| {
        let left = line.trim_end_matches('\r').rsplit(WIPED).next().unwrap_or_default();
        left.rsplit('\r').next().unwrap_or_default().to_owned()
    };
    shown.split('\n').map(left).collect()
}

/// Reads what is shown until nobody has the terminal any more.
fn read(mut screen: File) -> Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = [0; 4_096];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            let read = bytes.get(..count).unwrap_or_default().to_vec();
            if tell.send(read).is_err() {
                return;
            }
        }
    });
    told
}
