//! What happened, line by line: always as one digest, on demand in full; and how often each thing
//! happened, because a fault that never fires proves nothing.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// The record of a run.
#[derive(Debug, Default)]
pub struct Trace {
    digest: Sha256,
    lines: Option<Vec<String>>,
    recent: std::collections::VecDeque<String>,
    counts: BTreeMap<String, u64>,
}

/// How many of the last lines a failure shows.
const RECENT_MAX: usize = 12;

impl Trace {
    /// An empty record; `full` keeps every line.
    pub fn new(full: bool) -> Self {
        Self { lines: full.then(Vec::new), ..Self::default() }
    }

    /// Writes a line.
    pub fn line(&mut self, now_ms: u64, what: &str) {
        let line = format!("{now_ms:>9} {what}");
        self.digest.update(line.as_bytes());
        self.digest.update(b"\n");
        if let Some(lines) = &mut self.lines {
            lines.push(line.clone());
        }
        self.recent.push_back(line);
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
    }

    /// Counts something.
    pub fn count(&mut self, what: &str) {
        self.add(what, 1);
    }

    /// Counts something that happened several times.
    pub fn add(&mut self, what: &str, times: u64) {
        if times > 0 {
            *self.counts.entry(what.to_owned()).or_default() += times;
        }
    }

    /// How often each thing happened.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// All lines as one digest.
    pub fn digest(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    /// The last lines.
    pub fn recent(&self) -> String {
        self.recent.iter().cloned().collect::<Vec<_>>().join("\n")
    }

    /// Every line, if they were kept.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}

/// Bytes as lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
