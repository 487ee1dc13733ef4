//! Serving a city until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;

use keting::{Environment, SystemEnvironment};
use keting_server::address::{BadUrl, ServerUrl};
use keting_server::announcing::announced;
use keting_server::enrol::Endpoint;
use keting_server::init::store_path;
use keting_server::renewal::days_ms;
use keting_server::server::{Config, Server};
use keting_server::shell::admin::AdminSocket;
use keting_server::shell::certificate::CertificateError;
use keting_server::shell::tls_keys::TlsKeys;
use keting_server::shell::{Running, SYNC_PATH};
use keting_server::store::ServerStore as _;
use keting_server::store::sqlite::SqliteStore;
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;
use tracing::level_filters::LevelFilter;

use crate::arguments::{LogFormat, Serve};
use crate::commands::listening::one_address;
use crate::commands::server::{existing_store, unusable};
use crate::exit::Failure;
use crate::output;

/// How often the store is asked whether another server process has admitted something.
const POLL_STORE_EVERY_MS: u64 = 1_000;

/// Serves a city until it is interrupted.
///
/// # Errors
/// When there is no city, its files cannot be used, or the address is taken.
pub fn serve(arguments: &Serve) -> Result<(), Failure> {
    log_to_stderr(arguments.log_format)?;
    existing_store(&arguments.data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop_signals = StopSignals::listen()?;
        let admin =
            AdminSocket::bind(&arguments.data).map_err(|error| unusable(error.code(), &error))?;
        let keys = load_keys(&arguments.data)?;
        let listener = tokio::net::TcpListener::bind(one_address(&arguments.listen).await?)
            .await
            .map_err(|error| unusable("address_taken", &error))?;
        let address = listener.local_addr()?;
        let endpoint = endpoint(arguments, address, &keys.pins())?;
        let renew_within_ms = (!arguments.no_renew).then(|| days_ms(arguments.renew_within));
        let server = open_server(&arguments.data, endpoint, renew_within_ms)?;
        let judging = open_store(&arguments.data)?;
        let running = Running::start(server, judging, admin, listener, keys)
            .map_err(|error| unusable("file_unusable", &error))?;
        output::line(format!("正在监听 listening on {address}"))?;
        stop_signals.wait().await;
        running.stop().await;
        Ok(())
    })
}

fn open_store(data: &Path) -> Result<Box<SqliteStore>, Failure> {
    let store = SqliteStore::open(&store_path(data));
    store.map(Box::new).map_err(|error| unusable(error.code(), &error))
}

/// The TLS keys of the server, without those that are gone.
fn load_keys(data: &Path) -> Result<TlsKeys, Failure> {
    let mut store = open_store(data)?;
    let announced = store.snapshot().and_then(|read| announced(&*read));
    let announced = announced.map_err(|error| unusable(error.code(), &error))?;
    let gone = announced.map(|last| last.gone()).unwrap_or_default();
    TlsKeys::load(data, &gone).map_err(|error| unusable("certificate_failed", &error))
}

/// Where devices are told to connect: an address that they can use, unless another one is announced.
fn endpoint(
    arguments: &Serve,
    listening: SocketAddr,
    tls_keys: &[[u8; 32]],
) -> Result<Endpoint, Failure> {
    let damaged = CertificateError::Damaged;
    let (oldest, newer) =
        tls_keys.split_first().ok_or_else(|| unusable("certificate_failed", &damaged))?;
    let (tls_spki_sha256, newer_tls_keys) = (*oldest, newer.to_vec());
    let bad = |error: BadUrl| unusable(error.code(), &error);
    if let Some(url) = &arguments.url {
        let url = url.parse::<ServerUrl>().map_err(bad)?.to_string();
        return Ok(Endpoint { url, is_named: true, tls_spki_sha256, newer_tls_keys });
    }
    let url = format!("wss://{listening}{SYNC_PATH}");
    if let Err(error) = url.parse::<ServerUrl>() {
        let mut store = open_store(&arguments.data)?;
        let announced = store.snapshot().and_then(|read| announced(&*read));
        if announced.map_err(|error| unusable(error.code(), &error))?.is_none() {
            return Err(bad(error));
        }
    }
    Ok(Endpoint { url, is_named: false, tls_spki_sha256, newer_tls_keys })
}

fn open_server(
    data: &Path,
    endpoint: Endpoint,
    renew_within_ms: Option<u64>,
) -> Result<Server, Failure> {
    let store = open_store(data)?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let config = Config {
        endpoint,
        threads,
        open_documents_bytes_max: SERVER_DOCUMENTS_OPEN_BYTES_MAX,
        renew_within_ms,
        poll_store_every_ms: Some(POLL_STORE_EVERY_MS),
    };
    let random = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
    Server::open(store, config, Box::new(random)).map_err(|error| unusable(error.code(), &error))
}

/// The signals that ask for the end: from a terminal, from a service manager, from a terminal that closes.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl StopSignals {
    /// From now on they no longer end the process where it stands.
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one of them.
    async fn wait(mut self) {
        let signal = tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hang_up.recv() => "SIGHUP",
        };
        info!(signal, "stopping");
    }
}

fn log_to_stderr(format: LogFormat) -> Result<(), Failure> {
    let log = tracing_subscriber::fmt()
        .with_max_level(log_level(std::env::var("KETING_LOG").ok().as_deref())?)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // Whoever has set up a log before has theirs.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// How much is logged. A word that is none is refused: a log that stays empty is noticed only when it is
/// needed.
fn log_level(wanted: Option<&str>) -> Result<LevelFilter, Failure> {
    let level = match wanted.map(str::trim) {
        None | Some("" | "info") => LevelFilter::INFO,
        Some("error") => LevelFilter::ERROR,
        Some("warn") => LevelFilter::WARN,
        Some("debug") => LevelFilter::DEBUG,
        Some("trace") => LevelFilter::TRACE,
        Some(_) => return Err(unusable("bad_log_level", &BadLogLevel)),
    };
    Ok(level)
}

#[derive(Debug, thiserror::Error)]
#[error("KETING_LOG holds another word than error, warn, info, debug or trace")]
struct BadLogLevel;
