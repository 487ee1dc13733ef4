//! The device in a directory, and where its keys are.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keting::input::{Field, check};
use keting::views::ItemKind;
use keting::{Command, DirectoryVault, Keting, Vault, VaultError};
use keting_model::{DocumentId, ItemId};

use crate::arguments::Writing;
use crate::exit::Failure;
use crate::output;

/// Opens the device in a directory.
///
/// # Errors
/// When there is none, or it cannot be opened.
pub fn open(data: &Path) -> Result<Keting, Failure> {
    Ok(Keting::open(data, vault()?)?)
}

/// Carries out a command, says what to look at again, and prints the id of what it is about.
///
/// # Errors
/// When it was refused, or the device cannot be used.
pub fn write(
    keting: &Keting,
    command: &Command,
    about: impl Display,
    writing: &Writing,
) -> Result<(), Failure> {
    let warnings = keting.execute(command)?.warnings;
    if writing.json {
        return output::saved(&about.to_string(), &warnings);
    }
    warnings.iter().copied().for_each(output::warn);
    output::line(about)
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
        Failure::Usage("set KETING_VAULT: there is no home directory to keep keys in".to_owned())
    })?;
    Ok(DirectoryVault::open(&folder))
}

fn vault_folder() -> Option<PathBuf> {
    let from = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("KETING_VAULT")
        .or_else(|| from("XDG_STATE_HOME").map(|state| state.join("keting")))
        .or_else(|| from("HOME").map(|home| home.join(".local/state/keting")))
}

/// The region with a code, as this device knows it.
///
/// # Errors
/// When there is none.
pub fn region(keting: &Keting, code: &str) -> Result<DocumentId, Failure> {
    // A code that is none is looked for as it was typed, and not found.
    let typed = check(Field::RegionCode, code, keting.now());
    let code = typed.map_or_else(|_| code.to_owned(), |checked| checked.value);
    keting.region_of_code(&code)?.ok_or(Failure::NotFound("the region"))
}

/// The household whose id begins as it was typed.
///
/// # Errors
/// When none or several do.
pub fn household(keting: &Keting, typed: &str) -> Result<DocumentId, Failure> {
    Ok(keting.household_named(typed)?)
}

/// What stands in a household and has an id that begins as it was typed.
///
/// # Errors
/// When none or several do.
pub fn item(
    keting: &Keting,
    household: &DocumentId,
    kind: ItemKind,
    typed: &str,
) -> Result<ItemId, Failure> {
    Ok(keting.item_named(household, kind, typed)?)
}

/// A household and a resident of it, whose ids begin as they were typed.
///
/// # Errors
/// When none or several do.
pub fn resident(
    keting: &Keting,
    household: &str,
    resident: &str,
) -> Result<(DocumentId, ItemId), Failure> {
    let household = self::household(keting, household)?;
    let resident = item(keting, &household, ItemKind::Resident, resident)?;
    Ok((household, resident))
}
