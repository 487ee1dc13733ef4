//! The one public port: TLS 1.3, HTTP/1.1, the WebSocket upgrade on `/v1/sync`, and `/health` and
//! `/metrics` for whoever runs the server.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use keting_sync::SUBPROTOCOL;
use keting_trust::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::{debug, warn};

use crate::shell::carry::carry;
use crate::shell::core_thread::{CoreHandle, ToCore};

/// How long nothing is accepted after accepting failed: without file descriptors it would fail
/// again at once.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// What the listener lets strangers take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most connections at once, WebSockets included.
    pub connections_max: usize,
    /// How long one may take from TCP to the end of its request, in milliseconds.
    pub request_ms_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections_max: limits::CONNECTIONS_MAX, request_ms_max: limits::HELLO_MS_MAX }
    }
}

/// The port and all that is open on it.
pub struct Listener {
    tcp: TcpListener,
    tls: TlsAcceptor,
    core: CoreHandle,
    bounds: Bounds,
    /// One permit a connection, from TCP to the end of its WebSocket.
    slots: Arc<Semaphore>,
}

type Slot = Arc<OwnedSemaphorePermit>;
type Reply = Response<Full<Bytes>>;

impl Listener {
    /// A listener on a port that is bound.
    pub fn new(tcp: TcpListener, tls: TlsAcceptor, core: CoreHandle, bounds: Bounds) -> Self {
        let slots = Arc::new(Semaphore::new(bounds.connections_max));
        Self { tcp, tls, core, bounds, slots }
    }

    /// The permits: all of them are there again once the last connection has ended.
    pub fn slots(&self) -> Arc<Semaphore> {
        Arc::clone(&self.slots)
    }

    /// Accepts connections until the future is dropped. With it end all those that are no
    /// WebSockets yet.
    pub async fn accept(self) {
        let mut requests = JoinSet::new();
        loop {
            match self.tcp.accept().await {
                Ok((tcp, peer)) => match Arc::clone(&self.slots).try_acquire_owned() {
                    Ok(slot) => drop(requests.spawn(self.request(tcp, peer, Arc::new(slot)))),
                    Err(_) => debug!("a connection too many was closed"),
                },
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
        let served = serve(tcp, peer, self.tls.clone(), slot, self.core.clone());
        let patience = Duration::from_millis(self.bounds.request_ms_max);
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
    tls: TlsAcceptor,
    slot: Slot,
    core: CoreHandle,
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let stream = tls.accept(tcp).await?;
    let Some(binding) = channel_binding(&stream) else { return Ok(()) };
    let local = peer.ip().is_loopback();
    let service = hyper::service::service_fn(move |request| {
        let (slot, core) = (Arc::clone(&slot), core.clone());
        async move { Ok::<_, Infallible>(answer(request, binding, local, slot, core).await) }
    });
    hyper::server::conn::http1::Builder::new()
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await
        .map_err(io::Error::other)
}

fn channel_binding(stream: &TlsStream<TcpStream>) -> Option<[u8; 32]> {
    let (_, connection) = stream.get_ref();
    connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()
}

async fn answer(
    mut request: Request<Incoming>,
    binding: [u8; 32],
    local: bool,
    slot: Slot,
    core: CoreHandle,
) -> Reply {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/v1/sync") => upgrade(&mut request, binding, slot, core),
        (&Method::GET, "/health") => health(&core).await,
        // The counters tell how busy a county's offices are; only the machine itself reads them.
        (&Method::GET, "/metrics") if local => metrics(&core).await,
        _ => plain(StatusCode::NOT_FOUND, "not found\n".into()),
    }
}

fn upgrade(
    request: &mut Request<Incoming>,
    binding: [u8; 32],
    slot: Slot,
    core: CoreHandle,
) -> Reply {
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
        match upgraded.await {
            Ok(upgraded) => carry(upgraded, binding, core).await,
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

async fn metrics(core: &CoreHandle) -> Reply {
    let (reply, answer) = oneshot::channel();
    let _ = core.send(ToCore::Metrics { reply }).await;
    match answer.await {
        Ok(metrics) => plain(StatusCode::OK, metrics.to_text()),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into()),
    }
}

fn json(status: StatusCode, body: &impl serde::Serialize) -> Reply {
    let text = serde_json::to_string(body).unwrap_or_default();
    with_type(status, text, "application/json")
}

fn plain(status: StatusCode, text: String) -> Reply {
    with_type(status, text, "text/plain; charset=utf-8")
}

fn with_type(status: StatusCode, text: String, content_type: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(text)));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    reply
}
