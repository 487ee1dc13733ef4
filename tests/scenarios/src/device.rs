//! A device that is used through the real `keting` command only.

use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::binary::keting;

/// A device's directory: its data and its vault.
#[derive(Debug, Clone)]
pub struct Device {
    directory: PathBuf,
}

impl Device {
    /// The device in a directory, whatever is there.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Runs a command on the device.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(arguments))
    }

    /// A command on the device, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = keting();
        command.args(arguments).arg("--data").arg(self.data()).env("KETING_VAULT", self.vault());
        command
    }

    /// Runs a reading command and gives what it printed for machines.
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// What was given as `--data`.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The encrypted file.
    pub fn file(&self) -> PathBuf {
        self.data().join("replica.db")
    }

    /// What the vault holds of a name, such as `database-key`: the path of it.
    pub fn secret(&self, name: &str) -> PathBuf {
        let files = std::fs::read_dir(self.vault()).unwrap().map(|file| file.unwrap().path());
        let found = files.into_iter().find(|path| path.extension().is_some_and(|end| end == name));
        found.unwrap_or_else(|| panic!("the vault holds no {name}"))
    }

    /// Changes rows of the file behind the device's back, as somebody who has its key could.
    pub fn alter(&self, sql: &str) {
        self.opened().execute_batch(sql).unwrap();
    }

    /// Whether these bytes stand in any row of the file, as somebody finds out who has its key.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        const TABLES: &str = "SELECT name FROM sqlite_master \
                              WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
        let file = self.opened();
        let mut tables = file.prepare(TABLES).unwrap();
        let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        tables.map(Result::unwrap).any(|table| {
            let mut all = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let columns = all.column_count();
            let mut rows = all.query([]).unwrap();
            let mut found = false;
            while let Some(row) = rows.next().unwrap() {
                found |= (0..columns).any(|column| match row.get_ref(column).unwrap() {
                    ValueRef::Text(held) | ValueRef::Blob(held) => {
                        held.windows(bytes.len()).any(|part| part == bytes)
                    }
                    ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => false,
                });
            }
            found
        })
    }

    fn opened(&self) -> rusqlite::Connection {
        let salt = std::fs::read(self.file()).unwrap()[..16].to_vec();
        let key = std::fs::read(self.secret("database-key")).unwrap();
        let file = rusqlite::Connection::open(self.file()).unwrap();
        let key = hex::encode([key, salt].concat());
        file.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
        file
    }

    /// Where the device's keys are.
    pub fn vault(&self) -> PathBuf {
        self.directory.join("vault")
    }

    /// Copies every file of a folder aside, as a backup of the whole machine does.
    pub fn copied(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.is_file()).map(|path| (path.clone(), read(&path))).collect()
    }

    /// Puts a folder back as it was copied, into the same files: on a file system that was put back as
    /// a whole, nothing shows it.
    pub fn put_back(folder: &Path, copy: &[(PathBuf, Vec<u8>)]) {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.is_file() && copy.iter().all(|(path, _)| *path != file) {
                std::fs::remove_file(file).unwrap();
            }
        }
        for (path, bytes) in copy {
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// The whole folder in another place, instead of what is there.
    pub fn copied_to(&self, place: PathBuf) -> Self {
        let copy = Self::at(place);
        for (from, to) in [(self.data(), copy.data()), (self.vault(), copy.vault())] {
            if to.exists() {
                std::fs::remove_dir_all(&to).unwrap();
            }
            std::fs::create_dir_all(&to).unwrap();
            for (path, bytes) in Self::copied(&from) {
                std::fs::write(to.join(path.file_name().unwrap()), bytes).unwrap();
            }
        }
        copy
    }

    /// Where both are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// How a command ended, and what it said.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit code; none when it was killed.
    pub exit_code: Option<i32>,
    /// What it printed as its result.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

impl Ended {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            exit_code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Panics unless it is done.
    pub fn done(self) -> Self {
        assert_eq!(self.exit_code, Some(0), "{self:?}");
        self
    }

    /// The one line it printed.
    pub fn line(self) -> String {
        let done = self.done();
        let mut lines = done.out.lines();
        let line = lines.next().unwrap_or_else(|| panic!("nothing was printed: {}", done.err));
        assert_eq!(lines.next(), None, "more than a line was printed");
        line.to_owned()
    }

    /// What it printed for machines.
    pub fn json(self) -> Value {
        serde_json::from_str(&self.done().out).unwrap()
    }

    /// How a command that did not do what it was asked ended: exit code and stable error code.
    pub fn refusal(&self) -> (i32, &str) {
        let complaint = self.err.lines().last().unwrap_or_default();
        // For people the code stands in brackets, for machines it is a member of an object.
        let (before, after) =
            if complaint.starts_with('{') { ("\"code\":\"", "\"") } else { ("[", "]") };
        let code = complaint.split_once(before).and_then(|(_, rest)| rest.split_once(after));
        (self.exit_code.unwrap(), code.map_or("", |(code, _)| code))
    }
}
