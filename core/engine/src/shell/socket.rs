//! One connection to the server: TCP, TLS, the WebSocket upgrade, and then frames in and out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use keting_sync::{SUBPROTOCOL, key_name};
use keting_trust::limits;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::shell::counted::{Came, Coming, Counted, Counts};
use crate::shell::tls::{self, KeyPin};

/// Says why there is no connection, or no longer one. Which of it is worth trying again stands in
/// the catalogue of codes.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The address in the invitation is not one. Not retryable.
    #[error("the server's address is not a wss address")]
    BadAddress,
    /// There is no way to the server, or the link broke.
    #[error("the server cannot be reached")]
    Unreachable(#[source] io::Error),
    /// Something took the connection and then did not say in time what it has to say.
    #[error("whoever took the connection did not answer in time")]
    Silent,
    /// Another server answers than the one the invitation named. Not retryable: it stays another one.
    #[error("the server that answers does not have the key of the invitation")]
    WrongServerKey,
    /// TLS failed otherwise: something on the way spoils it, or does not speak it.
    #[error("there is no TLS to be had with the server")]
    Tls(#[source] rustls::Error),
    /// The other end does not speak WebSocket, or broke its rules.
    #[error("the server does not speak the expected protocol")]
    Protocol(#[source] Box<tungstenite::Error>),
}

impl SocketError {
    /// A code that stays the same in every version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadAddress => "bad_address",
            Self::Unreachable(_) => "unreachable",
            Self::Silent => "peer_silent",
            Self::WrongServerKey => "wrong_server_key",
            Self::Tls(_) => "tls_failed",
            Self::Protocol(_) => "websocket_failed",
        }
    }
}

/// The half of a connection that sends.
pub(super) struct Outgoing(SplitSink<WebSocketStream<TlsStream<Counted>>, Message>);

/// The half of a connection that receives.
pub(super) struct Incoming {
    frames: SplitStream<WebSocketStream<TlsStream<Counted>>>,
    coming: Coming,
}

/// An open connection.
pub struct Socket {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    binding: [u8; 32],
    counts: Counts,
    before_upgrade: (u64, u64),
}

impl Socket {
    /// Connects to `url`, a `wss` address, and checks that the server has one of the keys. All of it,
    /// from the name to the upgrade, has one deadline.
    ///
    /// # Errors
    /// When there is no connection to be had in time.
    pub async fn connect(url: &str, pins: &[KeyPin]) -> Result<Self, SocketError> {
        let deadline = Duration::from_millis(limits::CONNECT_MS_MAX);
        tokio::time::timeout(deadline, Self::find(url, pins))
            .await
            .unwrap_or(Err(SocketError::Silent))
    }

    async fn find(url: &str, pins: &[KeyPin]) -> Result<Self, SocketError> {
        let Secured { stream, counts, uri } = Secured::connect(url, pins).await?;
        let binding = channel_binding(&stream).map_err(SocketError::Tls)?;

        let mut request = uri.into_client_request().map_err(protocol_error)?;
        request
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        let config = frame_limits();
        let (stream, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config))
                .await
                .map_err(protocol_error)?;
        let before_upgrade = counts.so_far();
        let (sink, source) = stream.split();
        let outgoing = Outgoing(sink);
        let incoming = Incoming { frames: source, coming: counts.coming() };
        Ok(Self { outgoing, incoming, binding, counts, before_upgrade })
    }

    /// The TLS exporter's value (RFC 9266), the same at both ends of this connection only.
    pub fn binding(&self) -> [u8; 32] {
        self.binding
    }

    /// Bytes sent and received since the upgrade, with what TLS adds.
    pub fn bytes(&self) -> (u64, u64) {
        let (up, down) = self.counts.so_far();
        let (up_before, down_before) = self.before_upgrade;
        (up.saturating_sub(up_before), down.saturating_sub(down_before))
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// When the link broke.
    pub async fn send(&mut self, frame: Vec<u8>) -> Result<(), SocketError> {
        self.outgoing.send(frame).await
    }

    /// Waits for the next frame; `None` when the server closed.
    ///
    /// # Errors
    /// When the link broke.
    pub async fn receive(&mut self) -> Result<Option<Vec<u8>>, SocketError> {
        self.incoming.receive().await
    }

    /// Sends what is left and says goodbye; errors do not matter any more, nor does whoever does not
    /// listen.
    pub async fn close(mut self, last_words: impl IntoIterator<Item = Vec<u8>>) {
        let farewell = async {
            for frame in last_words {
                self.send(frame).await?;
            }
            self.outgoing.0.close().await.map_err(protocol_error)
        };
        let patience = Duration::from_millis(limits::FAREWELL_MS_MAX);
        let _ = tokio::time::timeout(patience, farewell).await;
    }
}

impl Outgoing {
    /// Sends one frame. On a thin line that takes minutes, in which the other half goes on receiving.
    pub(super) async fn send(&mut self, frame: Vec<u8>) -> Result<(), SocketError> {
        self.0.send(Message::Binary(frame.into())).await.map_err(protocol_error)
    }
}

impl Incoming {
    /// Waits for the next frame; `None` when the server closed.
    pub(super) async fn receive(&mut self) -> Result<Option<Vec<u8>>, SocketError> {
        while let Some(message) = self.frames.next().await {
            match message.map_err(protocol_error)? {
                Message::Binary(frame) => return Ok(Some(frame.into())),
                // Everything here is bytes: a text message is no part of the protocol.
                Message::Close(_) | Message::Text(_) => return Ok(None),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        Ok(None)
    }

    /// What came since this was last asked, in frames that need not be whole.
    pub(super) fn came(&mut self) -> Option<Came> {
        self.coming.take()
    }
}

/// A connection with the server, before anything was said on it.
pub(super) struct Secured {
    pub(super) stream: TlsStream<Counted>,
    pub(super) uri: Uri,
    counts: Counts,
}

impl Secured {
    /// Asks for one key after the other: a server that lacks the first shows another one, which need not
    /// be the one of these that it has.
    ///
    /// # Errors
    /// When nobody answers there, or somebody without any of the keys.
    pub(super) async fn connect(url: &str, pins: &[KeyPin]) -> Result<Self, SocketError> {
        for asked_for in pins {
            match Self::open(url, asked_for, pins).await {
                Err(SocketError::WrongServerKey) => {}
                opened => return opened,
            }
        }
        Err(SocketError::WrongServerKey)
    }

    async fn open(url: &str, asked_for: &KeyPin, pins: &[KeyPin]) -> Result<Self, SocketError> {
        let uri: Uri = url.parse().map_err(|_| SocketError::BadAddress)?;
        let (host, port) = host_and_port(&uri).ok_or(SocketError::BadAddress)?;
        let tcp = TcpStream::connect((host, port)).await.map_err(SocketError::Unreachable)?;
        tcp.set_nodelay(true).map_err(SocketError::Unreachable)?;

        let (tcp, counts) = Counted::new(tcp);
        let config = tls::pinned_client(pins.to_vec()).map_err(SocketError::Tls)?;
        let name =
            ServerName::try_from(key_name(asked_for)).map_err(|_| SocketError::BadAddress)?;
        let stream =
            TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(tls_error)?;
        Ok(Self { stream, uri, counts })
    }
}

/// Where a `wss` address leads.
pub(super) fn host_and_port(uri: &Uri) -> Option<(&str, u16)> {
    let is_ours = uri.scheme_str() == Some("wss");
    let host = uri.host().filter(|_| is_ours)?;
    Some((bare(host), uri.port_u16().unwrap_or(443)))
}

/// The size of what either side takes in as one message.
pub fn frame_limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(limits::FRAME_BYTES_MAX))
        .max_frame_size(Some(limits::FRAME_BYTES_MAX))
}

fn channel_binding(stream: &TlsStream<Counted>) -> Result<[u8; 32], rustls::Error> {
    let (_, connection) = stream.get_ref();
    connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b""))
}

/// An IPv6 address stands in brackets in an address, but not in a socket's.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn tls_error(error: io::Error) -> SocketError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(refused) if *refused == tls::WRONG_KEY => SocketError::WrongServerKey,
        Some(tls) => SocketError::Tls(tls.clone()),
        None => SocketError::Unreachable(error),
    }
}

fn protocol_error(error: tungstenite::Error) -> SocketError {
    match error {
        tungstenite::Error::Io(error) => SocketError::Unreachable(error),
        other => SocketError::Protocol(Box::new(other)),
    }
}
