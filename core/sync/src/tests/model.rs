//! A server's log and a device's replica, small enough to be right at a glance, with the checks that
//! make the protocol's promises: nothing skipped, nothing acknowledged that is not there.

use std::collections::BTreeMap;

use keting_trust::{Claimed, Cursor, Digest, Heard, RecordKind, Signer as _};

use super::values::{CITY, INCARNATION, SERVER_TIME_MS, alice, commit, genesis, issuing};
use crate::device::{FirstSync, Moved, OutboxBatch, OutboxItem, Persist, Persisted, Purpose};
use crate::message::{
    Answer, CommitKey, Entry, EntryPosition, Outcome, PushedCommit, Resume, group_of_answers,
};
use crate::server::{DocumentBatch, LogBatch, Resumption, Standing};

/// Why the device was ended.
pub(super) const WHY: &str = "moved away";

/// One entry of the log: who may see it, and where the log stands after it.
pub(super) struct Logged {
    pub(super) entry: Entry,
    pub(super) covered: bool,
    pub(super) document: u8,
    pub(super) cursor: Cursor,
}

/// The server's store, as one device's audience sees it.
pub(super) struct ModelServer {
    pub(super) log: Vec<Logged>,
    pub(super) genesis: Cursor,
    pub(super) outcomes: BTreeMap<CommitKey, Outcome>,
    pub(super) reads: u32,
    /// Whether the device may only hand over.
    pub(super) ended: bool,
    /// From which number on the device has been given what it is given now.
    pub(super) given_from: u64,
}

impl ModelServer {
    pub(super) fn new() -> Self {
        Self {
            log: Vec::new(),
            genesis: genesis(),
            outcomes: BTreeMap::new(),
            reads: 0,
            ended: false,
            given_from: 0,
        }
    }

    pub(super) fn head(&self) -> Cursor {
        self.log.last().map_or(self.genesis, |logged| logged.cursor)
    }

    /// Logs a commit of somebody else.
    pub(super) fn add_foreign(&mut self, covered: bool, document: u8, bytes: usize) -> u64 {
        let number = self.head().number + 1;
        let PushedCommit { signed, parts, .. } = commit(1_000_000 + number, bytes);
        self.add(covered, document, signed, parts)
    }

    pub(super) fn admit(&mut self, commits: &[PushedCommit]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for commit in commits {
            if !self.outcomes.contains_key(&commit.key) {
                let outcome = self.judge(commit);
                self.outcomes.insert(commit.key, outcome);
            }
            let outcome = self.outcomes[&commit.key].clone();
            answers.push(Answer { commit: commit.key, outcome });
        }
        answers
    }

    pub(super) fn standing(&self, resume: &Resume, now_ms: u64) -> Standing {
        let knows = |cursor: &Cursor| *cursor == self.cursor_at(cursor.number);
        let diverged = Resumption::Diverged { shared_number: 0 };
        let resumption = match (&resume.cursor, &resume.first_sync) {
            _ if self.ended => Resumption::HandOver { why: WHY.to_owned() },
            (Some(cursor), from) if knows(cursor) && cursor.number < self.given_from => {
                let from = from.clone().filter(|from| from.at.number >= self.given_from);
                Resumption::Again { from }
            }
            (Some(cursor), _) if knows(cursor) => Resumption::Tail { cursor: *cursor },
            (Some(_), _) => diverged,
            (None, _)
                if resume.heard.as_ref().is_some_and(|heard| !knows(&heard.says().cursor)) =>
            {
                diverged
            }
            (None, Some(from)) if knows(&from.at) => {
                Resumption::FirstSync { from: Some(from.clone()) }
            }
            (None, Some(_)) => diverged,
            (None, None) => Resumption::FirstSync { from: None },
        };
        let head = self.head();
        let server_time_ms = SERVER_TIME_MS + now_ms;
        Standing {
            head,
            backed_up_to: 0,
            server_time_ms,
            highest: None,
            issuing_grant: None,
            resumption,
        }
    }

    pub(super) fn read_log(&mut self, after: u64, until: u64, bytes_max: usize) -> LogBatch {
        self.reads += 1;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for logged in self.log.iter().filter(|logged| logged.covered) {
            let number = logged.entry.number;
            if number <= after || number > until {
                continue;
            }
            bytes += logged.entry.cost_bytes();
            entries.push(logged.entry.clone());
            if bytes >= bytes_max {
                return LogBatch { entries, up_to: self.cursor_at(number) };
            }
        }
        LogBatch { entries, up_to: self.cursor_at(until) }
    }

    /// Documents below 10 are of phase 2, the others of phase 3. `after` is (document, number).
    pub(super) fn read_documents(
        &mut self,
        from: Option<EntryPosition>,
        bytes_max: usize,
    ) -> DocumentBatch {
        self.reads += 1;
        let (at, after) = match from {
            Some(from) => (from.at, from.after),
            None => (self.head(), Vec::new()),
        };
        let key = |logged: &Logged| {
            let mut key = vec![logged.document];
            key.extend(logged.entry.number.to_be_bytes());
            key
        };
        let covered = |logged: &&Logged| logged.covered && logged.entry.number <= at.number;
        let mut all: Vec<_> = self.log.iter().filter(covered).collect();
        all.sort_by_key(|logged| key(logged));
        let total = all.len() as u64;
        let start = all.iter().take_while(|logged| key(logged) <= after).count();
        let (mut entries, mut bytes) = (Vec::new(), 0);
        let mut last = after;
        for logged in &all[start..] {
            bytes += logged.entry.cost_bytes();
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push(logged.entry.clone());
            last = key(logged);
        }
        let done = (start + entries.len()) as u64;
        let phase = if last.first().is_none_or(|document| *document < 10) { 2 } else { 3 };
        let position = EntryPosition { at, phase, after: last };
        DocumentBatch { entries, position, done, total, finished: done == total }
    }

    pub(super) fn cursor_at(&self, number: u64) -> Cursor {
        let at = usize::try_from(number).unwrap().checked_sub(1);
        match at {
            None => self.genesis,
            Some(index) => self.log.get(index).map_or(self.genesis, |logged| logged.cursor),
        }
    }

    /// A seventh is held, another refused and another superseded, so that all answers are used.
    fn judge(&mut self, commit: &PushedCommit) -> Outcome {
        match commit.signed.last().unwrap() % 7 {
            3 => {
                let number = self.add(true, 0, vec![3], Vec::new());
                Outcome::Held { number, code: "expired".to_owned() }
            }
            4 => Outcome::Superseded { number: self.add(true, 0, vec![4], Vec::new()) },
            5 => Outcome::Refused { code: "quota".to_owned() },
            _ => {
                let (signed, parts) = (commit.signed.clone(), commit.parts.clone());
                Outcome::Admitted { number: self.add(true, 1, signed, parts) }
            }
        }
    }

    fn add(
        &mut self,
        covered: bool,
        document: u8,
        record: Vec<u8>,
        parts: Vec<keting_trust::Part>,
    ) -> u64 {
        let kind = if parts.is_empty() { RecordKind::Verdict } else { RecordKind::Commit };
        let cursor = self.head().next(kind, &Digest::of(&record));
        let entry = Entry { number: cursor.number, kind: kind.code(), record, parts };
        self.log.push(Logged { entry, covered, document, cursor });
        cursor.number
    }
}

/// A device's file.
#[derive(Default)]
pub(super) struct ModelReplica {
    pub(super) enrolled: bool,
    pub(super) cursor: Option<Cursor>,
    pub(super) first_sync: Option<FirstSync>,
    /// The highest place of the log that the server's word named.
    pub(super) heard: Option<Claimed<Heard>>,
    pub(super) entries: BTreeMap<u64, Entry>,
    /// In order of their places, which count from 1.
    pub(super) outbox: Vec<(PushedCommit, Option<Outcome>)>,
    /// How often something came that was there already.
    pub(super) repeated: u32,
    /// How many transactions were made.
    pub(super) persists: u32,
    /// Whether nothing of what comes holds up.
    pub(super) believes_nothing: bool,
}

impl ModelReplica {
    pub(super) fn purpose(&self) -> Purpose {
        Purpose::Sync {
            cursor: self.cursor,
            first_sync: self.first_sync.clone(),
            incarnation: INCARNATION,
            last_sequence: self.outbox.len() as u64,
            heard: self.heard.clone().map(Box::new),
        }
    }

    pub(super) fn enqueue(&mut self, bytes: usize) {
        let number = self.outbox.len() as u64 + 1;
        self.outbox.push((commit(number, bytes), None));
    }

    pub(super) fn unanswered(&self) -> usize {
        self.outbox.iter().filter(|(_, outcome)| outcome.is_none()).count()
    }

    pub(super) fn read_outbox(
        &self,
        after: u64,
        commits_max: usize,
        bytes_max: usize,
    ) -> OutboxBatch {
        let mut batch = OutboxBatch::default();
        let mut bytes = 0;
        for (place, (commit, outcome)) in (1..).zip(&self.outbox) {
            if place <= after || outcome.is_some() {
                continue;
            }
            bytes += commit.cost_bytes();
            let full = batch.items.len() == commits_max || bytes > bytes_max;
            if full && !batch.items.is_empty() {
                batch.more = true;
                break;
            }
            batch.items.push(OutboxItem { place, commit: commit.clone() });
        }
        batch
    }

    /// Stores everything, and checks against the server that the promises hold.
    pub(super) fn persist(&mut self, persist: Persist, server: &ModelServer) -> Persisted {
        self.persists += 1;
        let is_new = |entry: &Entry| !self.entries.contains_key(&entry.number);
        let has_come_on = !self.believes_nothing
            && (persist.enrolled.is_some()
                || !persist.answers.is_empty()
                || matches!(persist.moved, Some(Moved::Log(_)))
                || persist.entries().any(is_new));
        self.enrolled |= persist.enrolled.is_some();
        self.check_words(&persist);
        for Answer { commit, outcome } in persist.all_answers().cloned() {
            assert_eq!(server.outcomes.get(&commit), Some(&outcome), "acknowledged, not there");
            let row = self.outbox.iter_mut().find(|(queued, _)| queued.key == commit);
            row.expect("an answer to a commit of the outbox").1 = Some(outcome);
        }
        for entry in persist.entries().cloned() {
            let logged = &server.log[usize::try_from(entry.number).unwrap() - 1];
            assert_eq!(entry, logged.entry, "an entry differs from the log's");
            assert!(logged.covered, "an entry that is not for this device");
            self.repeated += u32::from(self.entries.insert(entry.number, entry).is_some());
        }
        match persist.moved {
            Some(Moved::FirstSync(first_sync)) => self.first_sync = Some(first_sync),
            Some(Moved::Log(cursor)) => {
                assert_eq!(cursor, server.cursor_at(cursor.number));
                assert!(self.cursor.is_none_or(|before| before.number < cursor.number));
                self.cursor = Some(cursor);
                self.first_sync = None;
                self.assert_complete(server);
            }
            None => {}
        }
        let last_sequence = self.outbox.len() as u64;
        Persisted { incarnation: INCARNATION, last_sequence, has_come_on }
    }

    /// Whatever the server says it signed, and it says nothing else than what came.
    fn check_words(&mut self, persist: &Persist) {
        let digest_of = |key: &CommitKey| {
            let (commit, _) = self.outbox.iter().find(|(queued, _)| queued.key == *key)?;
            Some(Digest::of(&commit.signed))
        };
        let own = alice().public_key().device_id();
        let groups = persist
            .groups
            .iter()
            .map(|group| (&group.heard, group.digest(&own, &persist.channel_binding)));
        let answers = persist.answers.iter().map(|said| {
            let group = group_of_answers(&said.answers, digest_of);
            (&said.heard, group.expect("answers to commits of the outbox"))
        });
        let said: Vec<_> = groups.chain(answers).collect();
        for (heard, group) in said {
            let signed = heard.verify(issuing().public_key()).expect("the server's signature");
            assert_eq!((signed.record.city, signed.record.group), (CITY, group));
            let number = |heard: &Claimed<Heard>| heard.says().cursor.number;
            if self.heard.as_ref().is_none_or(|before| number(before) < number(heard)) {
                self.heard = Some(heard.clone());
            }
        }
    }

    /// Everything that concerns the device up to its cursor is there, at least as its own commit
    /// with its number.
    pub(super) fn assert_complete(&self, server: &ModelServer) {
        let up_to = self.cursor.map_or(0, |cursor| cursor.number);
        let own = |number| {
            self.outbox.iter().any(|(_, outcome)| *outcome == Some(Outcome::Admitted { number }))
        };
        for logged in server.log.iter().filter(|logged| logged.covered) {
            let number = logged.entry.number;
            let there = self.entries.contains_key(&number) || own(number);
            assert!(number > up_to || there, "entry {number} was skipped, cursor {up_to}");
        }
    }
}
