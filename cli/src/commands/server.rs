//! The server's side: init, serve, invite.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;

use keting::{Environment, SystemEnvironment};
use keting_server::address::{BadUrl, ServerUrl};
use keting_server::announcing::announced;
use keting_server::ending::EndRequest;
use keting_server::enrol::{Endpoint, InviteRequest};
use keting_server::init::{self, InitError, Place, store_path};
use keting_server::renewal::days_ms;
use keting_server::server::{Config, Server};
use keting_server::shell::admin::{self, AdminReply, AdminRequest, AdminSocket};
use keting_server::shell::certificate::CertificateError;
use keting_server::shell::tls_keys::TlsKeys;
use keting_server::shell::{Running, SYNC_PATH, wall_clock_ms};
use keting_server::store::ServerStore as _;
use keting_server::store::sqlite::SqliteStore;
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;

use crate::arguments::{self, Init, Invite, Serve};
use crate::commands::announcing;
use crate::exit::Failure;
use crate::{output, time};

/// How often the store is asked whether another server process has admitted something.
const POLL_STORE_EVERY_MS: u64 = 1_000;

/// Makes a city.
///
/// # Errors
/// When the regions are not valid, there is a city already, or a file cannot be written.
pub fn init(arguments: &Init) -> Result<(), Failure> {
    match (&arguments.city, &arguments.regions) {
        (Some(city), Some(regions)) => make_city(arguments, city, regions),
        // The command line lets nothing else through.
        _ => renew_issuing(arguments),
    }
}

/// Renews the issuing key and prints until when it is good.
fn renew_issuing(arguments: &Init) -> Result<(), Failure> {
    let mut random = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
    let until =
        init::renew_issuing(&arguments.data, &arguments.root_key, &mut random, wall_clock_ms());
    let until = until.map_err(|error| unusable(error.code(), &error))?;
    output::line(time::city_minute(until))
}

fn make_city(arguments: &Init, city: &str, regions: &Path) -> Result<(), Failure> {
    let regions = File::open(regions).map_err(|error| file_failure(regions, &error))?;
    let mut random = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
    let place = Place { directory: &arguments.data, root_key: &arguments.root_key };
    init::init(place, city, regions, &mut random, wall_clock_ms()).map_err(|error| {
        if let InitError::Regions(wrong) = &error {
            wrong.complaints().iter().for_each(|complaint| output::note(&complaint.to_string()));
        }
        unusable(error.code(), &error)
    })?;
    let root_key = arguments.root_key.display();
    output::line(format!("{city}: {}", arguments.data.display()))?;
    output::note(&format!(
        "根密钥已写入 {root_key},请移到离线保管处。The root key is in {root_key}; take it off this \
         machine."
    ));
    Ok(())
}

/// Serves a city until it is interrupted.
///
/// # Errors
/// When there is no city, its files cannot be used, or the address is taken.
pub fn serve(arguments: &Serve) -> Result<(), Failure> {
    log_to_stderr();
    if !store_path(&arguments.data).exists() {
        return Err(Failure::NotFound("the city"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let admin =
            AdminSocket::bind(&arguments.data).map_err(|error| unusable(error.code(), &error))?;
        let keys = load_keys(&arguments.data)?;
        let listener = tokio::net::TcpListener::bind(arguments.listen)
            .await
            .map_err(|error| unusable("address_taken", &error))?;
        let address = listener.local_addr()?;
        let endpoint = endpoint(arguments, address, &keys.pins())?;
        let renew_within_ms = (!arguments.no_renew).then(|| days_ms(arguments.renew_within));
        let server = open_server(&arguments.data, endpoint, renew_within_ms)?;
        let judging = open_store(&arguments.data)?;
        let running = Running::start(server, judging, admin, listener, keys)
            .map_err(|error| unusable("file_unusable", &error))?;
        output::line(format!("listening on {address}"))?;
        stop_signal().await?;
        running.stop().await;
        Ok(())
    })
}

fn open_store(data: &Path) -> Result<Box<SqliteStore>, Failure> {
    let store = SqliteStore::open(&store_path(data));
    store.map(Box::new).map_err(|error| unusable(error.code(), &error))
}

/// The TLS keys of the server, without those that were given up.
fn load_keys(data: &Path) -> Result<TlsKeys, Failure> {
    let mut store = open_store(data)?;
    let announced = store.snapshot().and_then(|read| announced(&*read));
    let announced = announced.map_err(|error| unusable(error.code(), &error))?;
    let retired = announced.map(|last| last.retired).unwrap_or_default();
    TlsKeys::load(data, &retired).map_err(|error| unusable("certificate_failed", &error))
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

/// Asks the running server for an invitation and prints it alone on a line.
///
/// # Errors
/// When no server runs on the directory, or it refuses.
pub fn invite(arguments: &Invite) -> Result<(), Failure> {
    let request = AdminRequest::Invite(InviteRequest {
        name: arguments.name.clone(),
        role: arguments.role.clone(),
        region_code: arguments.region.clone(),
        days: None,
        grant_days: Some(arguments.days),
    });
    match ask(&arguments.data, &request)? {
        AdminReply::Invitation(invitation) => output::line(invitation),
        other => Err(refused(other)),
    }
}

/// Looks after the running server.
///
/// # Errors
/// When no server runs on the directory, or it refuses.
pub fn look_after(verb: &arguments::Server) -> Result<(), Failure> {
    match verb {
        arguments::Server::ConfirmClock { data } => match ask(data, &AdminRequest::ConfirmClock)? {
            AdminReply::ClockConfirmed(unix_ms) => output::line(time::city_minute(unix_ms)),
            other => Err(refused(other)),
        },
        arguments::Server::Announce { urls, data } => announcing::announce(data, urls),
        arguments::Server::RotateKey { data } => announcing::rotate_key(data),
        arguments::Server::Status(reading) => announcing::status(reading),
    }
}

/// Ends a device.
///
/// # Errors
/// When no server runs on the directory, or it refuses.
pub fn end_device(data: &Path, device: String, why: String) -> Result<(), Failure> {
    match ask(data, &AdminRequest::EndDevice(EndRequest { device, why }))? {
        AdminReply::DeviceEnded(device) => output::line(device),
        other => Err(refused(other)),
    }
}

/// Asks the server that runs on a directory.
///
/// # Errors
/// When none answers.
pub(super) fn ask(data: &Path, request: &AdminRequest) -> Result<AdminReply, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(admin::ask(data, request)).map_err(|error| Failure::Server {
        code: "server_not_running".to_owned(),
        message: format!("no server answers on {}: {error}", data.display()),
    })
}

/// Why the server did not do what it was asked.
pub(super) fn refused(reply: AdminReply) -> Failure {
    let (code, message) = match reply {
        AdminReply::Refused { code, message } => (code, message),
        _ => ("server_not_running".to_owned(), "the server answers something else".to_owned()),
    };
    Failure::Server { code, message }
}

async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("KETING_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}

fn unusable(code: &str, error: &dyn std::error::Error) -> Failure {
    let mut message = error.to_string();
    if let Some(source) = error.source() {
        message = format!("{message}: {source}");
    }
    Failure::Server { code: code.to_owned(), message }
}

fn file_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Server {
        code: "file_unusable".to_owned(),
        message: format!("{}: {error}", path.display()),
    }
}
