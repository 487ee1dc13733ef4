//! The one public port: TLS 1.3, HTTP/1.1, the WebSocket upgrade on `/v1/sync`, and `/health` and
//! `/metrics` for whoever runs the server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use keting_sync::SUBPROTOCOL;
use keting_trust::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tracing::{debug, warn};

use crate::shell::core_thread::{CoreHandle, ToCore};

/// Frames of one connection that wait for the core at most; past that its socket is not read.
const FRAMES_WAITING_MAX: usize = 16;

type Reply = Response<Full<Bytes>>;

/// Accepts connections until the future is dropped.
pub async fn accept(listener: TcpListener, tls: TlsAcceptor, core: CoreHandle) {
    let connections = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    loop {
        let Ok(slot) = Arc::clone(&connections).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((tcp, peer)) => {
                let (tls, core) = (tls.clone(), core.clone());
                tokio::spawn(async move {
                    serve_connection(tcp, peer, tls, core).await;
                    drop(slot);
                });
            }
            Err(error) => {
                warn!(%error, "accepting a connection failed");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn serve_connection(tcp: TcpStream, peer: SocketAddr, tls: TlsAcceptor, core: CoreHandle) {
    let _ = tcp.set_nodelay(true);
    let stream = match tls.accept(tcp).await {
        Ok(stream) => stream,
        Err(error) => {
            debug!(%error, "a TLS handshake failed");
            return;
        }
    };
    let Some(binding) = channel_binding(&stream) else { return };
    let local = peer.ip().is_loopback();
    let service = hyper::service::service_fn(move |request| {
        let core = core.clone();
        async move { Ok::<_, Infallible>(answer(request, binding, local, core).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = served.await {
        debug!(%error, "a connection ended");
    }
}

fn channel_binding(stream: &TlsStream<TcpStream>) -> Option<[u8; 32]> {
    let (_, connection) = stream.get_ref();
    connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()
}

async fn answer(
    mut request: Request<Incoming>,
    binding: [u8; 32],
    local: bool,
    core: CoreHandle,
) -> Reply {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/v1/sync") => upgrade(&mut request, binding, core),
        (&Method::GET, "/health") => health(&core).await,
        // The counters tell how busy a county's offices are; only the machine itself reads them.
        (&Method::GET, "/metrics") if local => metrics(&core).await,
        _ => plain(StatusCode::NOT_FOUND, "not found\n".into()),
    }
}

fn upgrade(request: &mut Request<Incoming>, binding: [u8; 32], core: CoreHandle) -> Reply {
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

/// Carries frames between one WebSocket and the core until either ends.
async fn carry(upgraded: Upgraded, binding: [u8; 32], core: CoreHandle) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::FRAME_BYTES_MAX))
        .max_frame_size(Some(limits::FRAME_BYTES_MAX));
    let io = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let (mut sink, mut source) = socket.split();

    let (outgoing, mut frames) = mpsc::unbounded_channel::<Vec<u8>>();
    let (reply, connection) = oneshot::channel();
    if core.send(ToCore::Connect { binding, outgoing, reply }).is_err() {
        return;
    }
    let Ok(connection) = connection.await else { return };

    let waiting = Arc::new(Semaphore::new(FRAMES_WAITING_MAX));
    let reading = async {
        while let Some(Ok(message)) = source.next().await {
            match message {
                Message::Binary(frame) => {
                    let Ok(permit) = Arc::clone(&waiting).acquire_owned().await else { return };
                    let frame = ToCore::Frame { connection, frame: frame.into(), permit };
                    if core.send(frame).is_err() {
                        return;
                    }
                }
                Message::Close(_) | Message::Text(_) => return,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    };
    let writing = async {
        while let Some(frame) = frames.recv().await {
            if sink.send(Message::Binary(frame.into())).await.is_err() {
                return;
            }
        }
        let _ = sink.close().await;
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
    let _ = core.send(ToCore::Disconnect { connection });
}

async fn health(core: &CoreHandle) -> Reply {
    let (reply, answer) = oneshot::channel();
    if core.send(ToCore::Health { reply }).is_err() {
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
    let _ = core.send(ToCore::Metrics { reply });
    match answer.await {
        Ok(text) => plain(StatusCode::OK, text),
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
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}
