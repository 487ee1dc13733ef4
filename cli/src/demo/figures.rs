//! What the story counted, and the tables at its end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::exit::Failure;
use crate::output;

/// What the story counted.
#[derive(Debug, Default)]
pub struct Figures {
    /// Households entered.
    pub households: usize,
    /// People in them.
    pub people: usize,
    /// Edits the program acknowledged, each durable on its phone before that.
    pub edits: u64,
    /// Edits nobody was told of, because the phone was killed, and which are there all the same.
    pub edits_unsaid: u64,
    /// Edits entered one after another by one process, and how long that took.
    pub entered: (u64, Duration),
    /// How long an edit took from the start of its process to the end, for each.
    pub edit_times: Vec<Duration>,
    /// Syncs that came to their end.
    pub syncs: u64,
    /// Times a sync was begun again after the link was cut.
    pub retries: u64,
    /// Round trips of the syncs that came to their end.
    pub round_trips: u64,
    /// Edits that were sent in them.
    pub commits_sent: u64,
    /// Edits of others that were received in them.
    pub commits_received: u64,
    /// Bytes both ways of a sync with nothing to say, without TLS.
    pub idle_bytes: u64,
    /// Bytes both ways of the same on the link: TCP's payload, with TLS and the upgrade.
    pub idle_link_bytes: u64,
    /// Round trips of that sync.
    pub idle_round_trips: u64,
    /// From the start of the sync that sent a change to the line that another phone printed.
    pub live: Duration,
    /// Connections over the link.
    pub connections: u64,
    /// How many of them were cut.
    pub cuts: u64,
    /// Bytes from phones to the server, TLS and its handshakes included.
    pub bytes_up: u64,
    /// Bytes from the server to phones, the same.
    pub bytes_down: u64,
    /// The steps of the story and how long each took.
    pub steps: Vec<(String, Duration)>,
    /// What `verify` said of each phone and of the server.
    pub verified: Vec<Verified>,
}

/// What `verify` said of one replica or the server.
#[derive(Debug)]
pub struct Verified {
    /// Whose it is.
    pub whose: String,
    /// The heads of each document.
    pub documents: BTreeMap<String, Value>,
    /// Commits whose signatures were checked.
    pub commits: u64,
    /// Changes that were replayed.
    pub changes: u64,
    /// What did not hold up.
    pub differences: u64,
    /// The size of the file, in bytes.
    pub file_bytes: u64,
}

impl Figures {
    /// Counts the report of a sync.
    pub fn count_sync(&mut self, report: &Value) {
        self.syncs += 1;
        self.round_trips += number(report, "round_trips");
        self.commits_sent += number(report, "commits_sent");
        self.commits_received += number(report, "commits_received");
    }

    /// Prints the tables.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print(&self) -> Result<(), Failure> {
        self.print_verified()?;
        output::line("")?;
        self.print_counts()?;
        output::line("")?;
        self.print_steps()
    }

    fn print_verified(&self) -> Result<(), Failure> {
        let rows: Vec<_> = self
            .verified
            .iter()
            .map(|verified| {
                let private = verified.documents_of(keting_model::DocumentKind::HouseholdPrivate);
                vec![
                    verified.whose.clone(),
                    grouped(verified.documents.len() as u64),
                    grouped(private as u64),
                    grouped(verified.commits),
                    grouped(verified.changes),
                    verified.differences.to_string(),
                    kilobytes(verified.file_bytes),
                ]
            })
            .collect();
        let headings = [
            "核验 verify",
            "文档 documents",
            "其中隐私 private",
            "签名 commits",
            "变更 changes",
            "差异 differences",
            "文件 file",
        ];
        output::table(&headings, &rows)
    }

    fn print_counts(&self) -> Result<(), Failure> {
        let (entered, took) = self.entered;
        let rows = [
            ("户 households", grouped(self.households as u64)),
            ("人 people", grouped(self.people as u64)),
            ("已落盘并确认的修改 edits acknowledged, each fsynced", grouped(self.edits)),
            ("  未及确认而仍在 unacknowledged, yet there", self.edits_unsaid.to_string()),
            (
                "  连续录入 entered in a row",
                format!("{} 次/秒 a second", per_second(entered, took)),
            ),
            (
                "  单次，含进程启停 one, with its process",
                format!("{} ms", median_ms(&self.edit_times)),
            ),
            ("同步 syncs", self.syncs.to_string()),
            ("  断线 link cut", format!("{} 次 times", self.cuts)),
            ("  重来 begun again", format!("{} 次 times", self.retries)),
            ("  连接 connections", self.connections.to_string()),
            ("  往返 round trips", self.round_trips.to_string()),
            ("  上行 bytes up, with TLS", kilobytes(self.bytes_up)),
            ("  下行 bytes down, with TLS", kilobytes(self.bytes_down)),
            (
                "  修改 edits sent / received",
                format!("{} / {}", self.commits_sent, self.commits_received),
            ),
            (
                "空同步 a sync with nothing to say",
                format!(
                    "{} B ({} B 含握手 with handshakes)，{} 往返 round trip",
                    self.idle_bytes, self.idle_link_bytes, self.idle_round_trips
                ),
            ),
            ("实时送达 live, phone to phone", format!("{} ms", self.live.as_millis())),
        ];
        let rows: Vec<_> =
            rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
        output::table(&["数字 figures", ""], &rows)
    }

    fn print_steps(&self) -> Result<(), Failure> {
        let total = self.steps.iter().map(|(_, took)| *took).sum::<Duration>();
        let rows: Vec<_> = self
            .steps
            .iter()
            .map(|(name, took)| (name.as_str(), took))
            .chain([("合计 total", &total)])
            .map(|(name, took)| vec![name.to_owned(), grouped(millis(took))])
            .collect();
        output::table(&["步骤 step", "毫秒 ms"], &rows)
    }
}

impl Verified {
    /// How many documents of a kind there are.
    pub fn documents_of(&self, kind: keting_model::DocumentKind) -> usize {
        let is_of_kind = |id: &&String| {
            id.parse::<keting_model::DocumentId>().is_ok_and(|id| id.kind() == Some(kind))
        };
        self.documents.keys().filter(is_of_kind).count()
    }
}

/// A number in a JSON object; 0 if it is not there.
pub fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// How many a second.
pub fn per_second(count: u64, took: Duration) -> u64 {
    count.saturating_mul(1_000) / millis(&took).max(1)
}

/// Bytes as people read them.
pub fn kilobytes(bytes: u64) -> String {
    if bytes < 10_000 { format!("{bytes} B") } else { format!("{} KB", grouped(bytes / 1_000)) }
}

fn millis(took: &Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn median_ms(times: &[Duration]) -> u64 {
    let mut times: Vec<u64> = times.iter().map(millis).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_bytes_shortened() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([980, 1_234_567].map(kilobytes), ["980 B", "1,234 KB"]);
        assert_eq!(per_second(40, Duration::from_millis(200)), 200);
        assert_eq!(median_ms(&[30, 10, 20].map(Duration::from_millis)), 20);
    }
}
