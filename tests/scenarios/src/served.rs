//! A city made and served by the real `keting` command, for stories in which processes matter.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use keting::parts::pinned_client;
use keting_server::init::store_path;
use keting_server::shell::tls_keys::TlsKeys;
use keting_trust::Invitation;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::city::REGIONS;
use crate::device::{Device, Ended};
use crate::phone::Phone;
use crate::port::Port;

/// A city whose server is a process of its own, in a directory that goes with it.
pub struct ServedCity {
    directory: TempDir,
    process: Option<Child>,
    port: Port,
    devices: std::cell::Cell<u32>,
}

impl ServedCity {
    /// Makes a city of the fixtures' regions with `keting init` and starts `keting serve`.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut city = Self { directory, process: None, port: Port::take(), devices: 0.into() };
        let (data, root_key) = (city.server_directory(), city.path("root-key"));
        let init = ["init", "--city", "潮乡市", "--regions", REGIONS, "--root-key"];
        Ended::of(crate::binary::keting().args(init).arg(root_key).arg("--data").arg(data)).done();
        city.serve();
        city
    }

    /// Starts the server, on its port, and waits until it listens. It logs everything it can log.
    pub fn serve(&mut self) {
        self.serve_by(crate::binary::keting(), &[]);
    }

    /// Starts the server as [`Self::serve`] does, with more to be said on its command line.
    pub fn serve_with(&mut self, arguments: &[&str]) {
        self.serve_by(crate::binary::keting(), arguments);
    }

    /// Starts the server as [`Self::serve`] does, in a process that may have so many files open.
    pub fn serve_with_files(&mut self, files_max: u32) {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {files_max} && exec \"$0\" \"$@\"");
        shell.args(["-c", &limited]).arg(crate::binary::keting().get_program());
        self.serve_by(shell, &[]);
    }

    fn serve_by(&mut self, mut command: Command, arguments: &[&str]) {
        let listen = format!("127.0.0.1:{}", self.port());
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut process = command
            .args(["serve", "--listen", &listen, "--data"])
            .arg(self.server_directory())
            .args(arguments)
            .env("KETING_LOG", "trace")
            .env("KETING_CLOCK_OFF", self.path("clock-off"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        self.process = Some(process);
        assert_eq!(said.trim(), format!("正在监听 listening on {listen}"), "{}", self.log());
    }

    /// Asks the server to stop, as an operator's system does, and gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.stop_by(Signal::TERM)
    }

    /// Sends the server a signal that asks it to stop, and gives its exit code.
    pub fn stop_by(&mut self, signal: Signal) -> Option<i32> {
        let mut process = self.process.take().unwrap();
        kill_process(Pid::from_child(&process), signal).unwrap();
        process.wait().unwrap().code()
    }

    /// Lets the server stand still, as one does that is stuck: it has what it had and does nothing.
    pub fn freeze(&self) {
        kill_process(Pid::from_child(self.process.as_ref().unwrap()), Signal::STOP).unwrap();
    }

    /// Lets a server that stands still go on.
    pub fn thaw(&self) {
        kill_process(Pid::from_child(self.process.as_ref().unwrap()), Signal::CONT).unwrap();
    }

    /// The clock of the server's machine is set to be so many days ahead of the right one.
    pub fn set_clock_ahead(&self, days: i64) {
        let (new, file) = (self.path("clock-off.new"), self.path("clock-off"));
        std::fs::write(&new, (days * 24 * 60 * 60 * 1_000).to_string()).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    /// The operator says that the clock of the server's machine is right.
    pub fn confirm_clock(&self) -> String {
        self.on_server(&["server", "confirm-clock"]).line()
    }

    /// Kills the server where it stands.
    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Lets the server listen elsewhere from its next start on.
    pub fn move_to_another_port(&mut self) {
        self.move_to(Port::take());
    }

    /// Lets the server listen on a port from its next start on.
    pub fn move_to(&mut self, port: Port) {
        self.port = port;
    }

    /// Where the server listens.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// The server's directory.
    pub fn server_directory(&self) -> PathBuf {
        self.path("server")
    }

    /// A file or directory of this story.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap()
    }

    /// Asks for an invitation with `keting invite`.
    pub fn invite(&self, name: &str, role: &str, region: &str) -> String {
        let asked = ["invite", "--name", name, "--role", role, "--region", region, "--data"];
        Ended::of(crate::binary::keting().args(asked).arg(self.server_directory())).line()
    }

    /// A directory for a device, with nothing in it yet.
    pub fn new_device(&self) -> Device {
        self.devices.set(self.devices.get() + 1);
        Device::at(self.path(&format!("device{}", self.devices.get())))
    }

    /// A device of somebody new, enrolled with `keting enroll`.
    pub fn device(&self, name: &str, role: &str, region: &str) -> Device {
        let device = self.new_device();
        device.run(&["enroll", &self.invite(name, role, region)]).done();
        device
    }

    /// A phone of somebody new: the engine in this process, for stories that need many edits.
    pub fn phone(&self, name: &str, role: &str, region: &str) -> Phone {
        let invitation: Invitation = self.invite(name, role, region).parse().unwrap();
        let phone = Phone::new(self.directory.path(), &invitation);
        phone.sync();
        phone
    }

    /// Checks the server's store with `keting verify`.
    pub fn verify(&self) -> Ended {
        self.on_server(&["verify", "--json"])
    }

    /// Runs a command on the server's directory.
    pub fn on_server(&self, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(arguments))
    }

    /// Changes rows of the server's store behind its back.
    pub fn alter(&self, sql: &str) {
        let store = rusqlite::Connection::open(store_path(&self.server_directory())).unwrap();
        store.execute_batch(sql).unwrap();
    }

    /// How many rows a table of the server's store has.
    pub fn rows_in(&self, table: &str) -> i64 {
        let store = rusqlite::Connection::open(store_path(&self.server_directory())).unwrap();
        let count = format!("SELECT count(*) FROM {table}");
        store.query_row(&count, [], |row| row.get(0)).unwrap()
    }

    /// A command on the server's directory, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = crate::binary::keting();
        command.env("KETING_CLOCK_OFF", self.path("clock-off"));
        command.args(arguments).arg("--data").arg(self.server_directory());
        command
    }

    /// Asks the server for a page, as an operator's monitoring does: the status line and the body.
    pub fn get(&self, path: &str) -> (String, String) {
        let pins = TlsKeys::load(&self.server_directory(), &[]).unwrap().pins();
        let client = Arc::new(pinned_client(pins).unwrap());
        let name = "localhost".try_into().unwrap();
        let mut session = rustls::ClientConnection::new(client, name).unwrap();
        let mut socket = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        let mut stream = rustls::Stream::new(&mut session, &mut socket);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        // Servers may close without TLS's own goodbye; what came is all there is.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
    }

    fn log_file(&self) -> PathBuf {
        Path::new(self.directory.path()).join("server.log")
    }
}

impl Drop for ServedCity {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}
