//! What the operator asks for: a city, an invitation, and what else the running server does.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use keting::input::{Field, check};
use keting::{Environment, SystemEnvironment};
use keting_model::CityTime;
use keting_server::city::City;
use keting_server::init::{self, InitError, Place, store_path};
use keting_server::inviting::InviteRequest;
use keting_server::shell::admin::{self, AdminReply, AdminRequest};
use keting_server::shell::wall_clock_ms;
use keting_server::store::sqlite::SqliteStore;
use keting_server::store::{ServerRead, ServerStore as _, StoreError, StoredRegion};

use crate::arguments::{self, Init, Invite};
use crate::called_regions::{CalledRegion, regions_called};
use crate::commands::announcing;
use crate::exit::Failure;
use crate::language::Language;
use crate::{output, time};

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
    let until = until.map_err(|error| not_made(place_of(arguments), &error))?;
    output::line(time::city_minute(until))
}

/// Where a city is made.
fn place_of(arguments: &Init) -> Place<'_> {
    Place { directory: &arguments.data, root_key: &arguments.root_key }
}

/// Why a city was not made, with the file or folder it is about.
fn not_made(place: Place<'_>, error: &InitError) -> Failure {
    let failure = unusable(error.code(), error);
    match (failure, error.path(place)) {
        (Failure::Server { code, message }, Some(path)) => {
            Failure::Server { code, message: format!("{0} · {0}: {message}", path.display()) }
        }
        (failure, _) => failure,
    }
}

fn make_city(arguments: &Init, city: &str, regions: &Path) -> Result<(), Failure> {
    let regions = File::open(regions).map_err(|error| file_failure(regions, &error))?;
    let mut random = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
    let place = place_of(arguments);
    let mut progress = |admitted, of| output::progress(&format!("区域 regions: {admitted} / {of}"));
    let made = init::init(place, city, regions, &mut random, wall_clock_ms(), &mut progress);
    output::progress_done();
    made.map_err(|error| {
        if let InitError::Regions(wrong) = &error {
            let language = Language::of_reader();
            let said = wrong.complaints().iter().map(|one| language.choose(one.zh(), one.en()));
            said.for_each(|said| output::note(&said));
        }
        not_made(place, &error)
    })?;
    let root_key = arguments.root_key.display();
    output::line(format!("已建立 made: {city}（{}）", arguments.data.display()))?;
    output::note(&format!(
        "根密钥已写入 {root_key}，请移到离线保管处。 The root key is in {root_key}; take it off this \
         machine."
    ));
    Ok(())
}

/// Asks the running server for an invitation and prints it alone on a line.
///
/// # Errors
/// When no server runs on the directory, or it refuses.
pub fn invite(arguments: &Invite) -> Result<(), Failure> {
    let region_code = arguments.region.as_deref().map(region_code);
    let request = AdminRequest::Invite(InviteRequest {
        name: arguments.name.clone(),
        role: arguments.role.clone(),
        region_code: region_code.clone(),
        days: None,
        grant_days: Some(arguments.days),
    });
    match ask(&arguments.data, &request)? {
        AdminReply::Invitation(invitation) => output::line(invitation),
        other => Err(refused_region(&arguments.data, region_code.as_slice(), refused(other))),
    }
}

/// The code of a region, as somebody typed it; what is none as it is.
pub(super) fn region_code(typed: &str) -> String {
    let checked = check(Field::RegionCode, typed, CityTime::default());
    checked.map_or_else(|_| typed.to_owned(), |checked| checked.value)
}

/// Why the server did not find one of these regions: whoever typed a name is told the codes of the regions that
/// are called so. What the server refused for another reason is refused for that.
pub(super) fn refused_region(data: &Path, typed: &[String], refused: Failure) -> Failure {
    if refused.code() != "unknown_region" {
        return refused;
    }
    let meant = read_store(data, |read, _| {
        let regions = called_regions(read)?;
        let mut unknown =
            typed.iter().filter(|typed| regions.iter().all(|one| one.code != **typed));
        Ok(unknown.find_map(|typed| regions_called(typed, &regions)))
    });
    // A store that cannot be read tells no better.
    meant.ok().flatten().map_or(refused, Failure::RegionByName)
}

/// Every region of a city with what people call it.
fn called_regions(read: &dyn ServerRead) -> Result<Vec<CalledRegion>, StoreError> {
    let mut called = Vec::new();
    for (region, parent) in read.regions()? {
        let Some(StoredRegion { code, name, .. }) = read.region(&region)? else { continue };
        let parent = parent.map(|parent| read.region(&parent)).transpose()?.flatten();
        called.push(CalledRegion { code, name, parent: parent.map(|parent| parent.code) });
    }
    Ok(called)
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

/// Asks the server that runs on a directory.
///
/// # Errors
/// When none answers.
pub(super) fn ask(data: &Path, request: &AdminRequest) -> Result<AdminReply, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(admin::ask(data, request)).map_err(|error| {
        let is_silent = error.kind() == ErrorKind::TimedOut || admin::is_held(data);
        let code = if is_silent { "server_silent" } else { "server_not_running" };
        let message = format!("{0} · no server answers on {0}: {error}", data.display());
        Failure::Server { code: code.to_owned(), message }
    })
}

/// Reads something from the store of a city, whether or not its server runs.
///
/// # Errors
/// When there is no city, or its store cannot be read.
pub(super) fn read_store<T>(
    data: &Path,
    read: impl FnOnce(&dyn ServerRead, &City) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let failed = |error: StoreError| unusable(error.code(), &error);
    let path = existing_store(data)?;
    let mut store =
        SqliteStore::open_to_read(&path).map_err(|error| unusable(error.code(), &error))?;
    let snapshot = store.snapshot().map_err(failed)?;
    City::read(&*snapshot).and_then(|city| read(&*snapshot, &city)).map_err(failed)
}

/// Where the store of a city lies.
///
/// # Errors
/// When there is no city.
pub(super) fn existing_store(data: &Path) -> Result<PathBuf, Failure> {
    let (path, missing) = (store_path(data), StoreError::Empty);
    if path.exists() { Ok(path) } else { Err(unusable(missing.code(), &missing)) }
}

/// Why the server did not do what it was asked.
pub(super) fn refused(reply: AdminReply) -> Failure {
    let (code, message) = match reply {
        AdminReply::Refused { code, message } => (code, message),
        _ => ("server_silent".to_owned(), "the server answers something else".to_owned()),
    };
    Failure::Server { code, message }
}

/// A failure of the server's side, with what it came from.
pub(super) fn unusable(code: &str, error: &dyn std::error::Error) -> Failure {
    let mut message = error.to_string();
    if let Some(source) = error.source() {
        message = format!("{message}: {source}");
    }
    Failure::Server { code: code.to_owned(), message }
}

fn file_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Server {
        code: "file_unusable".to_owned(),
        message: format!("{0} · {0}: {error}", path.display()),
    }
}
