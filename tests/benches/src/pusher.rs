//! A device that pushes commits made beforehand over one connection, as fast as the protocol lets
//! it. Session, socket and TLS are the product's; instead of a replica there is a list.

use std::time::{Duration, Instant};

use keting::parts::Socket;
use keting_sync::{
    Answer, CommitKey, DeviceConfig, DeviceEffect, DeviceEvent, DeviceSession, OutboxBatch,
    OutboxItem, Outcome, Persisted, Purpose, PushedCommit, VERSIONS,
};
use keting_trust::{Cursor, Invitation, SignedConfirmation, Signer as _};

use crate::author::{Author, Ready};

/// Pushes everything and waits until all of it is answered: durable and materialised. Says how long
/// that took from the moment the session stood.
pub async fn push(
    server: &Invitation,
    author: &Author,
    cursor: Cursor,
    commits: &[Ready],
) -> Duration {
    run(server, author, cursor, commits, Some(is_admitted)).await
}

/// Pushes everything and waits until all of it is answered, however.
pub async fn push_whatever(
    server: &Invitation,
    author: &Author,
    cursor: Cursor,
    commits: &[Ready],
) -> Duration {
    run(server, author, cursor, commits, None).await
}

/// Connects and asks whether there is anything new. Says how long that took from the moment the
/// connection stood.
pub async fn ask(server: &Invitation, author: &Author, cursor: Cursor) -> Duration {
    run(server, author, cursor, &[], None).await
}

async fn run(
    server: &Invitation,
    author: &Author,
    cursor: Cursor,
    commits: &[Ready],
    expected: Option<fn(&Answer) -> bool>,
) -> Duration {
    let mut socket = Socket::connect(&server.url, &[server.tls_spki_sha256]).await.unwrap();
    let (incarnation, last_sequence) = author.standing();
    let config = DeviceConfig {
        versions: VERSIONS.to_vec(),
        city: server.city,
        software: "bench".into(),
        device: author.signer().public_key().clone(),
        purpose: Purpose::Sync {
            cursor: Some(cursor),
            first_sync: None,
            incarnation,
            last_sequence,
            heard: None,
        },
        told_of_end: false,
    };
    let mut pushing = Pushing {
        session: DeviceSession::new(config, 1),
        author,
        commits,
        expected,
        started: Instant::now(),
        answered: 0,
        persisted: Persisted { incarnation, last_sequence, has_come_on: true },
    };
    let now_ms = pushing.now_ms();
    pushing.session.handle_connected(&socket.binding(), now_ms);
    pushing.perform();
    loop {
        while let Some(frame) = pushing.session.poll_transmit() {
            socket.send(frame).await.unwrap();
        }
        if pushing.answered == commits.len()
            && (!commits.is_empty() || pushing.session.is_quiescent())
        {
            return pushing.started.elapsed();
        }
        let frame = socket.receive().await.unwrap().expect("the server stays");
        let now_ms = pushing.now_ms();
        pushing.session.handle_frame(&frame, now_ms);
        pushing.perform();
    }
}

struct Pushing<'a> {
    session: DeviceSession,
    author: &'a Author,
    commits: &'a [Ready],
    /// What every answer has to be, if that is known.
    expected: Option<fn(&Answer) -> bool>,
    started: Instant,
    answered: usize,
    persisted: Persisted,
}

impl Pushing<'_> {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap()
    }

    fn perform(&mut self) {
        let now_ms = self.now_ms();
        while let Some(effect) = self.session.poll_effect() {
            let (session, signer) = (&mut self.session, self.author.signer());
            match effect {
                DeviceEffect::SignHello { id, bytes } => {
                    session.handle_signed(id, signer.sign(&bytes), now_ms);
                }
                DeviceEffect::SignConfirmation { id, confirmation } => {
                    let signed = SignedConfirmation::sign(confirmation, signer);
                    session.handle_signed(id, signed.map(|signed| signed.bytes), now_ms);
                }
                DeviceEffect::ReadOutbox { id, after, commits_max, bytes_max } => {
                    let batch = batch(self.commits, after, commits_max, bytes_max);
                    session.handle_outbox(id, Ok(batch), now_ms);
                }
                DeviceEffect::Persist(persist) => {
                    session.handle_persisted(persist.id, Ok(self.persisted), now_ms);
                }
                DeviceEffect::Close(reason) => panic!("closed: {reason:?}"),
            }
        }
        while let Some(event) = self.session.poll_event() {
            if let DeviceEvent::Answered(answers) = event {
                let expected = self.expected;
                let is_expected = |answer| expected.is_none_or(|expected| expected(answer));
                assert!(answers.iter().all(is_expected), "not as expected: {answers:?}");
                self.answered += answers.len();
            }
        }
    }
}

fn is_admitted(answer: &Answer) -> bool {
    matches!(answer.outcome, Outcome::Admitted { .. })
}

/// The place of a commit in the outbox is its index and one.
fn batch(commits: &[Ready], after: u64, commits_max: usize, bytes_max: usize) -> OutboxBatch {
    let after = usize::try_from(after).unwrap();
    let (mut items, mut bytes) = (Vec::new(), 0);
    for (place, ready) in (after + 1..).zip(&commits[after..]) {
        let commit = PushedCommit {
            key: CommitKey::own(ready.id.command),
            signed: ready.signed.clone(),
            parts: ready.parts.clone(),
        };
        bytes += commit.cost_bytes();
        if items.len() == commits_max || (bytes > bytes_max && !items.is_empty()) {
            break;
        }
        items.push(OutboxItem { place: place as u64, commit });
    }
    OutboxBatch { more: after + items.len() < commits.len(), items }
}
