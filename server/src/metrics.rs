//! What the server counts, and how Prometheus reads it. No count tells of a person.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keting_sync::CloseReason;

use crate::admission::{Consequence, REASONS};
use crate::store::StoreError;

/// The upper bounds of the sizes of batches that are counted apart, in commits.
const BATCH_SIZES: [u64; 7] = [1, 4, 16, 64, 256, 512, 1024];

/// The counters since the process started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Commits admitted.
    pub commits_admitted: u64,
    /// Commits of acts of which another commit stands.
    pub commits_superseded: u64,
    /// Commits that were answered again with what had become of them.
    pub commits_repeated: u64,
    /// Commits held, by code.
    pub commits_held: BTreeMap<String, u64>,
    /// Commits refused and not kept, by code.
    pub commits_refused: BTreeMap<String, u64>,
    /// Batches validated again because another process had been faster.
    pub batches_repeated: u64,
    /// Operations that were made again to see whether they make what was pushed.
    pub ops_replayed: u64,
    /// Documents that were made anew as they had been, for changes that were not made at their heads.
    pub earlier_states_made: u64,
    /// How much memory the documents take that are kept open, in bytes.
    pub open_documents_bytes: usize,
    /// Entries handed to sessions.
    pub entries_sent: u64,
    /// Bytes of frames from devices.
    pub frame_bytes_in: u64,
    /// Bytes of frames to devices.
    pub frame_bytes_out: u64,
    /// Connections opened.
    pub connections_opened: u64,
    /// Connections open now.
    pub connections_open: u64,
    /// Connections that were closed as soon as they were made, because there were too many, by reason.
    pub connections_turned_away: BTreeMap<String, u64>,
    /// Connections that ended, by the reason's code.
    pub connections_closed: BTreeMap<String, u64>,
    /// Devices enrolled.
    pub devices_enrolled: u64,
    /// Devices whose last grant ends within thirty days.
    pub grants_ending: u64,
    /// When the issuing key ends, milliseconds since the Unix epoch.
    pub issuing_key_ends_at_ms: u64,
    /// How often a device's grants were renewed.
    pub grants_renewed: u64,
    /// Failures of the store, by code.
    pub store_failures: BTreeMap<String, u64>,
    /// Sessions with devices whose log is another one: they prove that this server was put back from a
    /// copy, or have a cursor of nowhere.
    pub logs_diverged: u64,
    /// The number of the log's last entry.
    pub log_number: u64,
    batches: [u64; BATCH_SIZES.len() + 1],
    batch_commits: u64,
}

impl Metrics {
    /// Counts one more under a code.
    pub fn count(counts: &mut BTreeMap<String, u64>, code: &str) {
        match counts.get_mut(code) {
            Some(count) => *count += 1,
            None => {
                counts.insert(code.to_owned(), 1);
            }
        }
    }

    /// Counts a batch of so many commits that became durable together.
    pub fn count_batch(&mut self, commits: u64) {
        let bucket = BATCH_SIZES.iter().position(|size| commits <= *size);
        if let Some(count) = self.batches.get_mut(bucket.unwrap_or(BATCH_SIZES.len())) {
            *count += 1;
        }
        self.batch_commits += commits;
    }

    /// The counters in Prometheus' text format.
    pub fn to_text(&self) -> String {
        let mut text = Text::default();
        text.counter("keting_commits_admitted_total", "Commits admitted.", self.commits_admitted);
        text.counter(
            "keting_commits_superseded_total",
            "Commits of acts of which another one stands.",
            self.commits_superseded,
        );
        text.counter(
            "keting_commits_repeated_total",
            "Commits answered again.",
            self.commits_repeated,
        );
        let reasons = |consequence| {
            REASONS.iter().filter(move |one| one.consequence == consequence).map(|one| one.code)
        };
        let held = from_zero(reasons(Consequence::Held), &self.commits_held);
        text.codes("keting_commits_held_total", "Commits held.", &held);
        let refused = from_zero(reasons(Consequence::RefusedForNow), &self.commits_refused);
        text.codes("keting_commits_refused_total", "Commits refused.", &refused);
        text.counter(
            "keting_batches_repeated_total",
            "Batches validated again.",
            self.batches_repeated,
        );
        text.counter("keting_ops_replayed_total", "Operations made again.", self.ops_replayed);
        text.counter(
            "keting_earlier_states_made_total",
            "Documents made anew as they had been.",
            self.earlier_states_made,
        );
        text.counter("keting_entries_sent_total", "Entries sent.", self.entries_sent);
        text.counter("keting_frame_bytes_in_total", "Bytes from devices.", self.frame_bytes_in);
        text.counter("keting_frame_bytes_out_total", "Bytes to devices.", self.frame_bytes_out);
        text.counter(
            "keting_connections_opened_total",
            "Connections opened.",
            self.connections_opened,
        );
        text.codes(
            "keting_connections_turned_away_total",
            "Connections closed at once, too many being open.",
            &self.connections_turned_away,
        );
        text.codes(
            "keting_connections_closed_total",
            "Connections ended.",
            &from_zero(CLOSED.iter().map(CloseReason::code), &self.connections_closed),
        );
        text.counter("keting_devices_enrolled_total", "Devices enrolled.", self.devices_enrolled);
        text.counter(
            "keting_grants_renewed_total",
            "Devices whose grants were renewed.",
            self.grants_renewed,
        );
        text.counter(
            "keting_logs_diverged_total",
            "Sessions with devices whose log is another one.",
            self.logs_diverged,
        );
        let failures = from_zero(StoreError::CODES.into_iter(), &self.store_failures);
        text.codes("keting_store_failures_total", "Failures of the store.", &failures);
        text.gauge("keting_connections_open", "Connections open.", self.connections_open);
        text.gauge(
            "keting_open_documents_bytes",
            "Memory of open documents.",
            self.open_documents_bytes as u64,
        );
        text.gauge(
            "keting_grants_ending",
            "Devices whose last grant ends within thirty days.",
            self.grants_ending,
        );
        text.gauge(
            "keting_issuing_key_end_seconds",
            "When the issuing key ends, in seconds since the Unix epoch.",
            self.issuing_key_ends_at_ms / 1_000,
        );
        text.gauge("keting_log_number", "The log's last number.", self.log_number);
        self.batches_to_text(&mut text);
        text.0
    }

    fn batches_to_text(&self, text: &mut Text) {
        const NAME: &str = "keting_batch_commits";
        text.head(NAME, "Commits that became durable together.", "histogram");
        let mut so_far = 0;
        for (size, count) in BATCH_SIZES.iter().zip(&self.batches) {
            so_far += count;
            text.line(format_args!("{NAME}_bucket{{le=\"{size}\"}} {so_far}"));
        }
        let all: u64 = self.batches.iter().sum();
        text.line(format_args!("{NAME}_bucket{{le=\"+Inf\"}} {all}"));
        text.line(format_args!("{NAME}_sum {}", self.batch_commits));
        text.line(format_args!("{NAME}_count {all}"));
    }
}

/// How most connections end.
const CLOSED: [CloseReason; 3] =
    [CloseReason::Asked, CloseReason::ConnectionLost, CloseReason::PeerSilent { waited_for: "" }];

/// The counts with those codes at zero that did not occur: an alert on a rise sees the first one only if
/// there was a zero before it.
fn from_zero<'c>(
    codes: impl Iterator<Item = &'c str>,
    counts: &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    let mut all: BTreeMap<_, _> = codes.map(|code| (code.to_owned(), 0)).collect();
    all.extend(counts.iter().map(|(code, count)| (code.clone(), *count)));
    all
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(format_args!("{name} {value}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        self.line(format_args!("{name} {value}"));
    }

    fn codes(&mut self, name: &str, help: &str, counts: &BTreeMap<String, u64>) {
        self.head(name, help, "counter");
        for (code, count) in counts {
            self.line(format_args!("{name}{{code=\"{code}\"}} {count}"));
        }
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A String takes every write.
        let _ = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_there_at_zero_before_anything_is_counted() {
        let text = Metrics::default().to_text();
        for line in [
            "keting_commits_admitted_total 0",
            "keting_commits_held_total{code=\"not_granted\"} 0",
            "keting_commits_refused_total{code=\"quota_exceeded\"} 0",
            "keting_connections_closed_total{code=\"connection_lost\"} 0",
            "keting_store_failures_total{code=\"server_full\"} 0",
            "keting_store_failures_total{code=\"store_failed\"} 0",
            "keting_batch_commits_count 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn counters_codes_and_batches_are_written_as_prometheus_reads_them() {
        let mut metrics = Metrics { commits_admitted: 3, ..Metrics::default() };
        Metrics::count(&mut metrics.commits_held, "not_granted");
        Metrics::count(&mut metrics.commits_held, "not_granted");
        metrics.count_batch(1);
        metrics.count_batch(60);
        metrics.count_batch(5000);
        let text = metrics.to_text();
        for line in [
            "# TYPE keting_commits_admitted_total counter",
            "keting_commits_admitted_total 3",
            "keting_commits_held_total{code=\"not_granted\"} 2",
            "keting_batch_commits_bucket{le=\"16\"} 1",
            "keting_batch_commits_bucket{le=\"64\"} 2",
            "keting_batch_commits_bucket{le=\"1024\"} 2",
            "keting_batch_commits_bucket{le=\"+Inf\"} 3",
            "keting_batch_commits_sum 5061",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
