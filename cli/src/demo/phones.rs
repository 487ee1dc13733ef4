//! Processes of this very program: a phone is a directory and a vault, and whatever it does is a
//! process of its own, which may be killed.
//!
//! Nothing here waits without a bound, and no process outlives its handle.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::demo::{broken, go_on, unusable};
use crate::exit::Failure;
use crate::output;

/// How long anything may take before the demo gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How much longer a process may be silent that works on all households, for each of them: what a slow
/// and busy machine needs.
const HOUSEHOLD_PATIENCE: Duration = Duration::from_millis(50);

/// How often it is looked whether the demo was interrupted.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// After how long it is said how long a process takes.
const SAY_AFTER: Duration = Duration::from_secs(2);

/// How often a watched file is looked at before its process is.
const LOOKS: u32 = 100;

/// A person's phone: the directory of a device, and apart from it the vault with its keys.
#[derive(Debug)]
pub struct Phone {
    /// How the story calls it, and its holder's role.
    pub part: Part,
    /// Its holder's name.
    pub holder: String,
    /// The code of the region the role is for.
    pub region: String,
    /// The device's directory.
    pub data: PathBuf,
    vault: PathBuf,
    program: PathBuf,
}

/// Whom the story speaks of.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// How the story calls the person in Chinese.
    pub mark: &'static str,
    /// And in English.
    pub letter: char,
    /// The role in Chinese.
    pub title: &'static str,
    /// The role.
    pub role: &'static str,
}

/// How a process ended and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if it was killed.
    pub exit_code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// What became of a process whose file was watched.
#[derive(Debug)]
pub struct Watched {
    /// How it ended and what it said until then.
    pub ended: Ended,
    /// The largest size of the file that was seen, in bytes.
    pub bytes_max: u64,
}

/// A process that goes on beside the story. It is killed when this is dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Phone {
    /// A phone below the story's directory. Nothing is there before it is enrolled.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn new(place: &Path, part: Part, holder: &str, region: &str) -> Result<Self, Failure> {
        let folder = place.join("phones").join(part.letter.to_string());
        let (data, vault) = (folder.join("data"), folder.join("vault"));
        fs::create_dir_all(&folder).map_err(unusable)?;
        let (holder, region) = (holder.to_owned(), region.to_owned());
        Ok(Self { part, holder, region, data, vault, program: program()? })
    }

    /// A command on this phone: the words, then `--data`.
    pub fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--data").arg(&self.data).env("KETING_VAULT", &self.vault);
        command
    }

    /// A part of the story that a process on this phone plays.
    pub fn play<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("demo").arg("--part").args(words).env("KETING_VAULT", &self.vault);
        command
    }

    /// The person in both languages: `甲(A) 陆德祥 微网格长 micro_grid_head`.
    pub fn person(&self) -> String {
        let Part { mark, letter, title, role } = self.part;
        format!("{mark}({letter}) {} {title} {role}", self.holder)
    }

    /// Runs a command that must succeed, and returns what it printed.
    ///
    /// # Errors
    /// When it does not succeed.
    pub fn run<S: AsRef<OsStr>>(&self, words: &[S]) -> Result<String, Failure> {
        run(self.command(words))?.expect_done()
    }

    /// Runs a reading command, and returns the JSON it printed.
    ///
    /// # Errors
    /// When it does not succeed.
    pub fn read<S: AsRef<OsStr>>(&self, words: &[S]) -> Result<Value, Failure> {
        let mut command = self.command(words);
        command.arg("--json");
        as_json(&run(command)?.expect_done()?)
    }

    /// The write-ahead log beside the device's file.
    pub fn log_file(&self) -> PathBuf {
        let mut path = keting::parts::file_path(&self.data).into_os_string();
        path.push("-wal");
        path.into()
    }
}

impl Ended {
    /// What was printed, if the process ended well.
    ///
    /// # Errors
    /// When it did not.
    pub fn expect_done(self) -> Result<String, Failure> {
        match self.exit_code {
            Some(0) => Ok(self.stdout.trim_end().to_owned()),
            Some(code) => Err(broken(format!("exit code {code}: {}", self.stderr.trim()))),
            None => Err(broken("a process was killed")),
        }
    }
}

impl Running {
    /// Starts a process and reads its standard output as it comes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Result<Self, Failure> {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(unusable)?;
        let (sender, lines) = channel();
        let stdout = child.stdout.take();
        thread::spawn(move || {
            let lines =
                stdout.into_iter().flat_map(|pipe: ChildStdout| BufReader::new(pipe).lines());
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// The next line that is wanted; those before it are passed over.
    ///
    /// # Errors
    /// When the process ends before, or it does not come in time.
    pub fn line(&self, wanted: impl Fn(&str) -> bool) -> Result<String, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            go_on()?;
            match self.lines.recv_timeout(LOOK_EVERY) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) if Instant::now() > until => {
                    return Err(broken("an awaited line did not come"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(broken("a process ended before it printed an awaited line"));
                }
            }
        }
    }

    /// Asks the process to end, as Ctrl-C does, and waits for it.
    ///
    /// # Errors
    /// When it cannot be asked, or does not end in time.
    pub fn interrupt(mut self) -> Result<ExitStatus, Failure> {
        let pid = self.child.id().to_string();
        Command::new("sh")
            .args(["-c", "kill -s INT \"$1\"", "sh", &pid])
            .status()
            .map_err(unusable)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                // Its standard output is closed: it has ended.
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().map_err(unusable),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(broken("a process did not end when it was interrupted"));
                }
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program.
///
/// # Errors
/// When the operating system does not say where it is.
pub fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(unusable)
}

/// How long a process may be silent.
static SILENCE_MAX: OnceLock<Duration> = OnceLock::new();

/// Lets processes take the time that so many households need.
pub fn be_patient(households: usize) {
    let households = u32::try_from(households).unwrap_or(u32::MAX);
    let _ = SILENCE_MAX.set(PATIENCE.saturating_add(HOUSEHOLD_PATIENCE.saturating_mul(households)));
}

/// Runs a process to its end.
///
/// # Errors
/// When it cannot be started, is silent for too long, or the demo is interrupted.
pub fn run(command: Command) -> Result<Ended, Failure> {
    run_telling(command, &|_, took| format!("{} 秒 s", took.as_secs()))
}

/// Runs a process to its end and says on a terminal meanwhile how far it is: what `progress` makes of the
/// number of lines it has printed and of the time it takes.
///
/// # Errors
/// When it cannot be started, is silent for too long, or the demo is interrupted.
pub fn run_telling(
    command: Command,
    progress: &dyn Fn(u64, Duration) -> String,
) -> Result<Ended, Failure> {
    let mut started = Started::new(command)?;
    let began = Instant::now();
    let (mut heard_at, mut said_at, mut lines) = (began, began, 0);
    let ended = loop {
        go_on()?;
        match started.lines.recv_timeout(LOOK_EVERY) {
            Ok(()) => (heard_at, lines) = (Instant::now(), lines + 1),
            Err(RecvTimeoutError::Disconnected) => break started.finish(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if heard_at.elapsed() > *SILENCE_MAX.get().unwrap_or(&PATIENCE) {
            break Err(broken("a process did not end in time"));
        }
        if began.elapsed() > SAY_AFTER && said_at.elapsed() > LOOK_EVERY {
            said_at = Instant::now();
            output::progress(&format!("    {}", progress(lines, began.elapsed())));
        }
    };
    output::progress_done();
    ended
}

/// Runs a process and watches a file meanwhile; kills the process at once when the file is larger
/// than `kill_above` bytes, if that is given.
///
/// # Errors
/// When it cannot be started or does not end in time.
pub fn run_watching(
    command: Command,
    file: &Path,
    kill_above: Option<u64>,
) -> Result<Watched, Failure> {
    let mut started = Started::new(command)?;
    let until = Instant::now() + *SILENCE_MAX.get().unwrap_or(&PATIENCE);
    let (mut bytes_max, mut looks) = (0, 0_u32);
    loop {
        let bytes = fs::metadata(file).map_or(0, |metadata| metadata.len());
        bytes_max = bytes.max(bytes_max);
        if kill_above.is_some_and(|above| bytes > above) {
            started.child.kill().map_err(unusable)?;
            return Ok(Watched { ended: started.finish()?, bytes_max });
        }
        looks += 1;
        // A commit is written within a tenth of a millisecond: look at nothing else too often.
        if !looks.is_multiple_of(LOOKS) {
            continue;
        }
        go_on()?;
        if started.child.try_wait().map_err(unusable)?.is_some() {
            return Ok(Watched { ended: started.finish()?, bytes_max });
        }
        if Instant::now() > until {
            return Err(broken("a process did not end in time"));
        }
    }
}

/// Reads what a reading command printed.
///
/// # Errors
/// When it is no JSON.
pub fn as_json(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|_| broken("a reading command printed no JSON"))
}

/// A process whose output is collected on the side. It is killed when this is dropped.
struct Started {
    child: Child,
    /// Says that a line was printed; ends when standard output is closed.
    lines: Receiver<()>,
    collected: [Option<thread::JoinHandle<String>>; 2],
}

impl Started {
    fn new(mut command: Command) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(unusable)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (printed, lines) = channel();
        let stdout = thread::spawn(move || {
            read_all(stdout, || {
                let _ = printed.send(());
            })
        });
        let stderr = thread::spawn(move || read_all(stderr, || {}));
        Ok(Self { child, lines, collected: [Some(stdout), Some(stderr)] })
    }

    fn finish(&mut self) -> Result<Ended, Failure> {
        let exit_code = self.child.wait().map_err(unusable)?.code();
        let [stdout, stderr] = &mut self.collected;
        let text = |from: &mut Option<thread::JoinHandle<String>>| {
            from.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
        };
        Ok(Ended { exit_code, stdout: text(stdout), stderr: text(stderr) })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe to its end, and says of each line that it is there.
fn read_all(pipe: Option<impl Read>, each_line: impl Fn()) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let mut pipe = BufReader::new(pipe);
        while pipe.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            each_line();
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
