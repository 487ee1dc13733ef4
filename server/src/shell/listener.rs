//! The one public port: TLS 1.3, HTTP/1.1, the WebSocket upgrade on `/v1/sync`, and `/health` and
//! `/metrics` for whoever runs the server.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use keting_sync::SUBPROTOCOL;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::{debug, warn};

use crate::server::Channel;
use crate::shell::arriving::{Arrived, Arriving};
use crate::shell::carry::carry;
use crate::shell::clocks::wall_clock_ms;
use crate::shell::core_thread::{CoreHandle, ToCore};
use crate::shell::door::{Door, Slot};
use crate::shell::tls_keys::{TlsKey, TlsKeys};

/// How long nothing is accepted after accepting failed: without file descriptors it would fail
/// again at once.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// The port and all that is open on it.
pub struct Listener {
    tcp: TcpListener,
    tls: Arc<TlsKeys>,
    core: CoreHandle,
    door: Arc<Door>,
}

/// What every request on one connection is answered with.
#[derive(Clone)]
struct Inside {
    channel: Channel,
    arrived: Arrived,
    is_local: bool,
    slot: Arc<Slot>,
    core: CoreHandle,
    door: Arc<Door>,
}

type Reply = Response<Full<Bytes>>;

impl Listener {
    /// A listener on a port that is bound.
    pub fn new(tcp: TcpListener, tls: Arc<TlsKeys>, core: CoreHandle, door: Arc<Door>) -> Self {
        Self { tcp, tls, core, door }
    }

    /// Accepts connections until the future is dropped. With it end all those that are no
    /// WebSockets yet.
    pub async fn accept(self) {
        let mut requests = JoinSet::new();
        loop {
            match self.tcp.accept().await {
                Ok((tcp, peer)) => {
                    if let Some(slot) = self.door.let_in(peer.ip()) {
                        requests.spawn(self.request(tcp, peer, slot));
                    }
                }
                Err(error) => {
                    warn!(%error, "accepting a connection failed");
                    sleep(AFTER_FAILURE).await;
                }
            }
            while requests.try_join_next().is_some() {}
        }
    }

    /// One request, in the time that one may take.
    fn request(
        &self,
        tcp: TcpStream,
        peer: SocketAddr,
        slot: Slot,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (tls, core, door) = (Arc::clone(&self.tls), self.core.clone(), Arc::clone(&self.door));
        let patience = Duration::from_millis(self.door.bounds().request_ms_max);
        let served = serve(tcp, peer, tls, Arc::new(slot), core, door);
        async move {
            match timeout(patience, served).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => debug!(%error, "a connection ended"),
                Err(_) => debug!("a connection did not say in time what it wants"),
            }
        }
    }
}

async fn serve(
    tcp: TcpStream,
    peer: SocketAddr,
    tls: Arc<TlsKeys>,
    slot: Arc<Slot>,
    core: CoreHandle,
    door: Arc<Door>,
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let (tcp, arrived) = Arriving::over(tcp);
    let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
    let Some(key) = tls.asked_for(hello.client_hello().server_name()) else { return Ok(()) };
    let stream = hello.into_stream(key.config()).await?;
    let Some(channel) = channel(&stream, &key) else { return Ok(()) };
    let is_local = peer.ip().is_loopback();
    let inside = Inside { channel, arrived, is_local, slot, core, door };
    let service = hyper::service::service_fn(move |request| {
        let inside = inside.clone();
        async move { Ok::<_, Infallible>(answer(request, inside).await) }
    });
    hyper::server::conn::http1::Builder::new()
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await
        .map_err(io::Error::other)
}

fn channel(stream: &TlsStream<Arriving<TcpStream>>, key: &TlsKey) -> Option<Channel> {
    let (_, connection) = stream.get_ref();
    let binding =
        connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()?;
    Some(Channel { binding, tls_spki_sha256: key.pin() })
}

async fn answer(mut request: Request<Incoming>, inside: Inside) -> Reply {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/v1/sync") => upgrade(&mut request, inside),
        (&Method::GET, "/health") => health(&inside.core).await,
        // The counters tell how busy a county's offices are; only the machine itself reads them.
        (&Method::GET, "/metrics") if inside.is_local => metrics(&inside.core, &inside.door).await,
        _ => plain(StatusCode::NOT_FOUND, "not found\n".into()),
    }
}

fn upgrade(request: &mut Request<Incoming>, inside: Inside) -> Reply {
    let headers = request.headers();
    let asks = |name, value: &str| {
        headers.get(name).and_then(|found| found.to_str().ok()).is_some_and(|found| {
            found.split(',').any(|item| item.trim().eq_ignore_ascii_case(value))
        })
    };
    let speaks = asks(header::UPGRADE, "websocket")
        && asks(header::SEC_WEBSOCKET_VERSION, "13")
        && asks(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let accept = key.and_then(|key| HeaderValue::from_str(&key).ok());
    let (true, Some(accept)) = (speaks, accept) else {
        return plain(StatusCode::UPGRADE_REQUIRED, "this address speaks keting.1\n".into());
    };

    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let Inside { channel, arrived, slot, core, .. } = inside;
        match upgraded.await {
            Ok(upgraded) => carry(upgraded, channel, arrived, core).await,
            Err(error) => debug!(%error, "an upgrade failed"),
        }
        drop(slot);
    });
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = reply.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    reply
}

async fn health(core: &CoreHandle) -> Reply {
    let (reply, answer) = oneshot::channel();
    if core.send(ToCore::Health { reply }).await.is_err() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into());
    }
    match answer.await {
        Ok(health) if health.healthy => json(StatusCode::OK, &health),
        Ok(health) => json(StatusCode::SERVICE_UNAVAILABLE, &health),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into()),
    }
}

async fn metrics(core: &CoreHandle, door: &Door) -> Reply {
    let (reply, answer) = oneshot::channel();
    let _ = core.send(ToCore::Metrics { reply }).await;
    match answer.await {
        Ok(mut metrics) => {
            metrics.connections_turned_away = door.turned_away();
            plain(StatusCode::OK, metrics.to_text())
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into()),
    }
}

fn json(status: StatusCode, body: &impl serde::Serialize) -> Reply {
    let text = serde_json::to_string(body).unwrap_or_default();
    with_type(status, text, "application/json")
}

fn shown_time() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(wall_clock_ms())
}

fn plain(status: StatusCode, text: String) -> Reply {
    with_type(status, text, "text/plain; charset=utf-8")
}

fn with_type(status: StatusCode, text: String, content_type: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(text)));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // By the clock that the core goes by, so that whoever asks sees what devices are told.
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(shown_time())) {
        headers.insert(header::DATE, date);
    }
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    reply
}
