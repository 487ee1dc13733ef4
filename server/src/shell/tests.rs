//! Real sockets on loopback, small bounds.

use keting::parts::{Socket, SocketError, pinned_client};
use keting_model::CommandId;
use keting_sync::frame::{decode_server, encode_device};
use keting_sync::message::{DeviceMessage, Push, ServerMessage};
use keting_sync::{CommitKey, DeviceConfig, DeviceEffect, DeviceSession, Purpose, PushedCommit};
use keting_trust::limits::{FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, SERVER_DOCUMENTS_OPEN_BYTES_MAX};
use keting_trust::{Ed25519Signer, Incarnation, Signer as _};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::metrics::Metrics;
use crate::server::Config;
use crate::testing::{HEAD_REGION, Seeded, Town, endpoint};

#[test]
fn a_device_that_pushes_and_never_reads_is_stopped_and_little_waits_for_it() {
    let mut site = Site::new(bounds());
    let signer = site.town.person("micro_grid_head", HEAD_REGION).signer;
    let (commits, metrics) = site.run(async |site| {
        let mut socket = site.live(&signer).await;
        let mut commits = 0;
        loop {
            let metrics = site.push_and_wait(&mut socket, &mut commits).await;
            if metrics.has_closed() {
                return (commits, metrics);
            }
            assert!(commits < 1_000_000, "nobody stops it");
        }
    });
    assert_eq!(metrics.connections_closed["too_many_pushed"], 1);
    // What the system's buffers and one writer's queue take, and no more.
    let bytes_out = metrics.frame_bytes_out;
    assert!(bytes_out < 32 * 1024 * 1024, "{bytes_out} bytes after {commits} commits");
}

#[test]
fn a_websocket_counts_as_a_connection_and_one_too_many_is_closed_at_once() {
    let site = Site::new(Bounds::within(1));
    site.run(async |site| {
        let open = site.connect().await.unwrap();
        assert!(site.connect().await.is_err());
        drop(open);
        site.comes_in_soon().await;
    });
}

#[test]
fn whoever_says_nothing_is_cut_off_and_the_next_gets_in() {
    let site = Site::new(Bounds { request_ms_max: 200, ..Bounds::within(1) });
    site.run(async |site| {
        let before_tls = TcpStream::connect(site.address()).await.unwrap();
        assert!(is_closed(before_tls).await);
        let behind_tls = site.tls().await;
        assert!(is_closed(behind_tls).await);
        site.comes_in_soon().await;
    });
}

#[test]
fn a_server_that_stops_hands_over_every_answer_and_says_that_it_stops() {
    let mut site = Site::new(bounds());
    let signer = site.town.person("micro_grid_head", HEAD_REGION).signer;
    let (mut socket, commits) = site.run(async |site| {
        let mut socket = site.live(&signer).await;
        let (mut commits, mut bytes_out) = (0, 0);
        // Until an answer finds no room on its way to a device that does not read.
        loop {
            let metrics = site.push_and_wait(&mut socket, &mut commits).await;
            if metrics.frame_bytes_out == bytes_out {
                return (socket, commits);
            }
            bytes_out = metrics.frame_bytes_out;
        }
    });
    let clients = Arc::clone(&site.clients);
    let reading = clients.spawn(async move {
        let (mut answers, mut last) = (0, None);
        while let Some(frame) = socket.receive().await.unwrap() {
            let message = decode_server(&frame, FRAME_BYTES_MAX).unwrap();
            if let ServerMessage::Answers(some) = &message {
                answers += some.answers.len();
            }
            last = Some(message);
        }
        (answers, last)
    });
    site.stop();
    let (answers, last) = clients.block_on(reading).unwrap();
    assert_eq!(answers, commits);
    let Some(ServerMessage::Refused(refused)) = last else { panic!("{last:?}") };
    assert_eq!((refused.code.as_str(), refused.retryable), ("server_stopping", true));
}

fn bounds() -> Bounds {
    Bounds::within(64)
}

/// A city whose server listens, on a runtime of its own.
struct Site {
    town: Town,
    runtime: Runtime,
    running: Running,
    pin: [u8; 32],
    /// What connects to it has its own.
    clients: Arc<Runtime>,
}

impl Site {
    fn new(bounds: Bounds) -> Self {
        let town = Town::new();
        certificate::make(town.dir.path()).unwrap();
        let tls = TlsKeys::load(town.dir.path(), &[]).unwrap();
        let pin = tls.pins()[0];
        let config = Config {
            endpoint: endpoint(),
            threads: 1,
            open_documents_bytes_max: SERVER_DOCUMENTS_OPEN_BYTES_MAX,
            renew_within_ms: None,
            poll_store_every_ms: None,
        };
        let server = Server::open(Box::new(town.reopen()), config, Box::new(Seeded(1))).unwrap();
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let admin = AdminSocket::bind(town.dir.path()).unwrap();
            let store = Box::new(town.reopen());
            Running::start_within(server, store, admin, listener, tls, bounds).unwrap()
        });
        let clients = Arc::new(Runtime::new().unwrap());
        Self { town, runtime, running, pin, clients }
    }

    fn run<T>(&self, story: impl AsyncFnOnce(&Self) -> T) -> T {
        self.clients.block_on(story(self))
    }

    /// Stops the server, and all that ran beside it.
    fn stop(self) {
        self.runtime.block_on(self.running.stop());
        self.runtime.shutdown_background();
    }

    fn address(&self) -> SocketAddr {
        self.running.address()
    }

    async fn connect(&self) -> Result<Socket, SocketError> {
        Socket::connect(&format!("wss://{}{SYNC_PATH}", self.address()), &[self.pin]).await
    }

    async fn tls(&self) -> TlsStream<TcpStream> {
        let connector = TlsConnector::from(Arc::new(pinned_client(vec![self.pin]).unwrap()));
        loop {
            let tcp = TcpStream::connect(self.address()).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            // The one before was closed, which does not yet say that its place is free.
            if let Ok(stream) = connector.connect(name, tcp).await {
                return stream;
            }
        }
    }

    async fn comes_in_soon(&self) {
        while self.connect().await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    /// A connection that got its Welcome, and reads nothing more by itself.
    async fn live(&self, signer: &Ed25519Signer) -> Socket {
        let mut socket = self.connect().await.unwrap();
        let mut session = DeviceSession::new(
            DeviceConfig {
                versions: keting_sync::VERSIONS.to_vec(),
                city: self.town.city.id,
                software: "test".into(),
                device: signer.public_key().clone(),
                purpose: Purpose::Sync {
                    cursor: None,
                    first_sync: None,
                    incarnation: Incarnation::new([1; 8]),
                    last_sequence: 0,
                    heard: None,
                },
                told_of_end: false,
            },
            1,
        );
        session.handle_connected(&socket.binding(), 0);
        while let Some(effect) = session.poll_effect() {
            if let DeviceEffect::SignHello { id, bytes } = effect {
                session.handle_signed(id, signer.sign(&bytes), 0);
            }
        }
        socket.send(session.poll_transmit().unwrap()).await.unwrap();
        let welcome = socket.receive().await.unwrap().unwrap();
        let welcome = decode_server(&welcome, FRAME_BYTES_MAX).unwrap();
        assert!(matches!(welcome, ServerMessage::Welcome(_)), "{welcome:?}");
        socket
    }

    /// Pushes more commits and waits until they have their answers, whether or not those are read,
    /// or the server has had enough.
    async fn push_and_wait(&self, socket: &mut Socket, commits: &mut usize) -> Metrics {
        socket.send(push(*commits, FRAME_ENTRIES_MAX)).await.unwrap();
        *commits += FRAME_ENTRIES_MAX;
        let answered = |metrics: &Metrics| metrics.commits_refused.values().sum::<u64>();
        self.metrics(|so_far| answered(so_far) == *commits as u64 || so_far.has_closed()).await
    }

    /// What the server has counted, once it is as awaited.
    async fn metrics(&self, awaited: impl Fn(&Metrics) -> bool) -> Metrics {
        loop {
            let (reply, answer) = oneshot::channel();
            assert!(self.running.core.send(ToCore::Metrics { reply }).await.is_ok());
            let metrics = answer.await.unwrap();
            if awaited(&metrics) {
                return metrics;
            }
        }
    }
}

impl Metrics {
    fn has_closed(&self) -> bool {
        !self.connections_closed.is_empty()
    }
}

/// Commits that nobody signed, each of which gets an answer.
fn push(first: usize, count: usize) -> Vec<u8> {
    let commit = |number: usize| PushedCommit {
        key: CommitKey::own(CommandId::new((number as u64).to_be_bytes())),
        signed: Vec::new(),
        parts: Vec::new(),
    };
    let commits = (first..first + count).map(commit).collect();
    encode_device(&DeviceMessage::Push(Push { commits }))
}

/// Waits until the other end closes without having said anything.
async fn is_closed(mut stream: impl AsyncRead + Unpin) -> bool {
    !matches!(stream.read(&mut [0; 16]).await, Ok(read) if read > 0)
}
