//! The device in a directory, and where its keys are.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keting::input::{Field, check};
use keting::parts::{Local, holds_replica};
use keting::views::{ItemKind, digits_apart};
use keting::{
    DirectoryVault, EngineError, HouseholdId, ItemId, Keting, RegionId, ResidentId, Saved, Vault,
    VaultError, Warning,
};
use keting_model::CommandError;
use keting_server::init::store_path;
use serde_json::json;

use crate::arguments::Writing;
use crate::called_regions::{CalledRegion, regions_called};
use crate::exit::Failure;
use crate::output;

/// A device that is open. Letting it go waits until its file is closed: the process may end then.
pub struct Device(Keting);

impl Deref for Device {
    type Target = Keting;

    fn deref(&self) -> &Keting {
        &self.0
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // Whatever was done is durable by now; what closing tidies up, the next opening does.
        let _ = wait(self.0.close());
    }
}

/// Opens the device in a directory.
///
/// # Errors
/// When there is none, it cannot be opened, or the directory is a server's.
pub fn open(data: &Path) -> Result<Device, Failure> {
    require_no_server(data)?;
    Ok(Device(wait(Keting::open(data, vault()?))?))
}

/// Opens the device in a directory for what goes below the facade.
///
/// # Errors
/// As for [`open`].
pub fn open_below(data: &Path) -> Result<Local, Failure> {
    require_no_server(data)?;
    Ok(Local::open(data, vault()?)?)
}

/// Waits for what the engine's own threads do.
///
/// # Errors
/// What the engine says.
pub fn wait<T>(answer: impl Future<Output = Result<T, EngineError>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    Ok(runtime.map_err(EngineError::NoThread)?.block_on(answer)?)
}

/// Complains of a server's directory, where the verbs of a device have nothing to do.
///
/// # Errors
/// When it is one.
pub fn require_no_server(data: &Path) -> Result<(), Failure> {
    if holds_replica(data) || !store_path(data).exists() {
        return Ok(());
    }
    let message = format!("{0} · {0}", data.display());
    Err(Failure::Server { code: "folder_of_server".to_owned(), message })
}

/// Says what to look at again of something that was saved, and prints the id of what it is about.
///
/// # Errors
/// `nothing_changed` where everything was as it should be already: whoever typed a line is told that it did
/// nothing. When standard output is closed.
pub fn print_saved<I>(
    saved: &Saved<I>,
    mut cautions: Vec<Warning>,
    about: impl Display,
    writing: &Writing,
) -> Result<(), Failure> {
    if saved.commit.is_none() {
        return Err(EngineError::Command(CommandError::NothingChanged).into());
    }
    cautions.extend(&saved.warnings);
    let about = about.to_string();
    let printed = match writing.json {
        true => output::saved(&about, &cautions),
        false => {
            cautions.into_iter().for_each(output::warn);
            output::line(&about)
        }
    };
    if printed.is_err() {
        output::note(&saved_all_the_same(&about, writing.json));
    }
    printed
}

/// What whoever cannot read the id is told, lest they enter it all once more.
fn saved_all_the_same(id: &str, as_json: bool) -> String {
    if as_json {
        return json!({ "event": "saved", "id": id }).to_string();
    }
    format!(
        "已保存，只是编号没能写出去，不要再录一遍 saved, though its id could not be written, so do not enter it again: {id}"
    )
}

/// The vault: `$KETING_VAULT`, else a folder in the user's state directory. Never inside `--data`,
/// so that a copy of the data is not a copy of the keys.
///
/// # Errors
/// When there is no place for it, or others may write to it.
pub fn vault() -> Result<Arc<dyn Vault>, Failure> {
    Ok(Arc::new(vault_of()?.map_err(keting::EngineError::from)?))
}

/// The same, with what keeps it from being used apart.
///
/// # Errors
/// When there is no place for it.
pub fn vault_of() -> Result<Result<DirectoryVault, VaultError>, Failure> {
    let folder = vault_folder().ok_or_else(|| {
        Failure::Usage(
            "没有主目录可放密钥，请设 KETING_VAULT · set KETING_VAULT: there is no home directory to keep keys in"
                .to_owned(),
        )
    })?;
    Ok(DirectoryVault::open(&folder))
}

/// Where keys are, or will be; none where there is no place for them.
pub fn vault_folder() -> Option<PathBuf> {
    let from = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("KETING_VAULT")
        .or_else(|| from("XDG_STATE_HOME").map(|state| state.join("keting")))
        .or_else(|| from("HOME").map(|home| home.join(".local/state/keting")))
}

/// The region with a code, as this device knows it.
///
/// # Errors
/// When there is none. Who typed a name is told the codes of the regions that are called so.
pub fn region(keting: &Keting, code: &str) -> Result<RegionId, Failure> {
    // A code that is none is looked for as it was typed, and not found.
    let typed = check(Field::RegionCode, code, wait(keting.now())?);
    let code = typed.map_or_else(|_| code.to_owned(), |checked| checked.value);
    match wait(keting.region_of_code(code.clone()))? {
        Some(region) => Ok(region),
        None => Err(named_otherwise(keting, &code)?),
    }
}

/// Why no region has the code that somebody typed: it may be a name.
fn named_otherwise(keting: &Keting, typed: &str) -> Result<Failure, Failure> {
    let regions = wait(keting.regions())?.into_iter().map(|region| CalledRegion {
        code: region.code,
        name: region.name,
        parent: region.parent,
    });
    let meant = regions_called(typed, &regions.collect::<Vec<_>>());
    Ok(meant.map_or(Failure::NotFound("the region"), Failure::RegionByName))
}

/// So many digits of each id of a list are shown at least: what is read out from it stays good for a while.
pub const DIGITS_MIN: usize = 8;

/// How many digits of some ids, of which one may stand in it several times, are shown in a list: enough to
/// name each.
pub fn digits_shown<'i>(ids: impl IntoIterator<Item = &'i [u8]>) -> usize {
    digits_apart(ids.into_iter().collect::<BTreeSet<_>>()).max(DIGITS_MIN)
}

/// So many digits of an id.
pub fn digits_of(id: &impl Display, count: usize) -> String {
    id.to_string().chars().take(count).collect()
}

/// The household whose id begins as it was typed.
///
/// # Errors
/// When none or several do.
pub fn household(keting: &Keting, typed: &str) -> Result<HouseholdId, Failure> {
    wait(keting.household_named(typed.to_owned()))
}

/// What stands in a household and has an id that begins as it was typed.
///
/// # Errors
/// When none or several do.
pub fn item(
    keting: &Keting,
    household: HouseholdId,
    kind: ItemKind,
    typed: &str,
) -> Result<ItemId, Failure> {
    wait(keting.item_named(household, kind, typed.to_owned()))
}

/// A household and a resident of it, whose ids begin as they were typed.
///
/// # Errors
/// When none or several do.
pub fn resident(
    keting: &Keting,
    household: &str,
    resident: &str,
) -> Result<(HouseholdId, ResidentId), Failure> {
    let household = self::household(keting, household)?;
    let resident = item(keting, household, ItemKind::Resident, resident)?;
    Ok((household, ResidentId::of(resident)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shown_with_so_many_digits_as_name_each_of_them() {
        let alike = [[1; 8], [1, 1, 1, 1, 1, 9, 9, 9]];
        let shown = |ids: &[[u8; 8]]| digits_shown(ids.iter().map(<[u8; 8]>::as_slice));
        assert_eq!([shown(&[]), shown(&alike[..1]), shown(&[[1; 8], [1; 8]])], [8; 3]);
        assert_eq!(shown(&alike), 12);
        assert_eq!(digits_of(&ItemId::new(alike[1]), 12), "010101010109");
    }
}
