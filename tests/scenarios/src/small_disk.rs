//! A disk of a few megabytes that a story fills to the last byte, or makes read-only.
//!
//! Only an administrator may mount one; but in a user namespace of its own (Linux) everybody is one.
//! So the story is told by the test's own program, run once more inside of such a namespace, where
//! what is mounted is seen by nobody else and goes with it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set for the program that is inside.
const INSIDE: &str = "KETING_TEST_IS_INSIDE";

/// Whether small disks can be mounted here. Outside, the test of this name is run inside, to its end,
/// and has told the story.
///
/// Where the system lets nobody have a namespace, nothing is told, and the test's output says so.
pub fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let unshare = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount"]).arg(program).args(arguments);
        command.env(INSIDE, "yes").output()
    };
    if !unshare(Path::new("true"), &[]).is_ok_and(|tried| tried.status.success()) {
        let why = format!("{test} was not told: nobody may mount a small disk on this system\n");
        std::io::stderr().write_all(why.as_bytes()).unwrap();
        return false;
    }
    let itself = std::env::current_exe().unwrap();
    let told = unshare(&itself, &["--exact", test, "--nocapture"]).unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(told.status.success(), "{}{}", said(&told.stdout), said(&told.stderr));
    assert!(said(&told.stdout).contains("1 passed"), "there is no test {test}");
    false
}

/// A mounted small disk.
#[derive(Debug)]
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts an empty one of so many mebibytes at a folder, which is made.
    pub fn mount(at: &Path, mebibytes: u32) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={mebibytes}m,mode=700");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at));
        Self { at: at.to_owned() }
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        for (name, piece) in [("pages", 4096), ("bytes", 1)] {
            let mut file = std::fs::File::create(self.at.join(name)).unwrap();
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    /// Makes room again.
    pub fn free(&self) {
        for name in ["pages", "bytes"] {
            std::fs::remove_file(self.at.join(name)).unwrap();
        }
    }

    /// Lets nobody write to it, or lets them again.
    pub fn set_read_only(&self, is_read_only: bool) {
        let options = if is_read_only { "remount,ro" } else { "remount,rw" };
        run(Command::new("mount").args(["-o", options]).arg(&self.at));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still has a file of it open keeps it; the namespace takes it in the end.
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}

fn run(command: &mut Command) {
    let ended = command.output().unwrap();
    assert!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
}
