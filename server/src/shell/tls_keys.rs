//! The server's TLS keys: which are on the disk, and which of them a connection is shown.
//!
//! A device pins keys and asks for the one it prefers by its name ([`keting_sync::key_name`], as the
//! server name of TLS). Whoever names none, or one that is not here, is shown the oldest: such a device
//! pins what was there first, or looks at no key at all.
//!
//! The first key lies in two files, where an operator may put their own. Each further one is one file,
//! whole or not there, with a number that rises.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use keting::durable_file::{flush_folder_of, replace};
use keting::parts::KeyPin;
use keting_sync::key_name;
use keting_trust::Digest;
use rustls::ServerConfig;

use crate::init::leftovers::remove_if_there;
use crate::shell::certificate::{self, CERTIFICATE_FILE, CertificateError, KEY_FILE};

const FURTHER_PREFIX: &str = "tls-key-";
const FURTHER_SUFFIX: &str = ".pem";
/// The number of the key that lies in two files.
const FIRST: u32 = 1;

/// The keys of a server's directory.
#[derive(Debug)]
pub struct TlsKeys {
    directory: PathBuf,
    served: RwLock<Vec<Arc<TlsKey>>>,
}

/// A key that connections can be shown.
#[derive(Debug)]
pub struct TlsKey {
    number: u32,
    name: String,
    pin: KeyPin,
    config: Arc<ServerConfig>,
}

impl TlsKey {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fn pin(&self) -> KeyPin {
        self.pin
    }

    /// The TLS of a connection that is shown it.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl TlsKeys {
    /// Loads the keys of a directory. Of those that are gone and still here, because something
    /// broke off, the files are removed.
    ///
    /// # Errors
    /// When a file cannot be read, is damaged, or no key is left.
    pub fn load(directory: &Path, gone: &[Digest]) -> Result<Self, CertificateError> {
        let mut found = Vec::new();
        if directory.join(KEY_FILE).exists() {
            found.push(key(FIRST, certificate::load(directory)?));
        }
        for number in further(directory).map_err(CertificateError::File)? {
            let pem = fs::read(path_of(directory, number)).map_err(CertificateError::File)?;
            found.push(key(number, certificate::read(&pem, &pem)?));
        }
        let is_gone = |key: &Arc<TlsKey>| gone.contains(&Digest::new(key.pin));
        let (over, left): (Vec<_>, Vec<_>) = found.into_iter().partition(is_gone);
        if left.is_empty() {
            return Err(CertificateError::File(io::ErrorKind::NotFound.into()));
        }
        for key in over {
            remove(directory, key.number).map_err(CertificateError::File)?;
        }
        Ok(Self { directory: directory.to_owned(), served: RwLock::new(left) })
    }

    /// What each key is pinned by, the oldest first.
    pub fn pins(&self) -> Vec<KeyPin> {
        self.served().iter().map(|key| key.pin).collect()
    }

    /// The key that whoever asks for a name is shown.
    pub(super) fn asked_for(&self, name: Option<&str>) -> Option<Arc<TlsKey>> {
        let served = self.served();
        let named = served.iter().find(|key| name == Some(key.name.as_str()));
        named.or(served.first()).cloned()
    }

    /// Makes one more key and serves it. When this returns, it is on the disk. One that was made before
    /// and that no device was ever told of is taken instead: whoever made it did not come further.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub(super) fn make_another(
        &self,
        was_told: impl Fn(&KeyPin) -> bool,
    ) -> Result<KeyPin, CertificateError> {
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let left_over = |key: &&Arc<TlsKey>| key.number > FIRST && !was_told(&key.pin);
        if let Some(key) = served.iter().find(left_over) {
            return Ok(key.pin);
        }
        let number = served.iter().map(|key| key.number).max().unwrap_or(FIRST) + 1;
        let (key_pem, certificate_pem) = certificate::generate()?;
        let pem = format!("{}{certificate_pem}", key_pem.as_str());
        let path = path_of(&self.directory, number);
        replace(&path, pem.as_bytes()).map_err(CertificateError::File)?;
        let key = key(number, certificate::read(pem.as_bytes(), pem.as_bytes())?);
        served.push(Arc::clone(&key));
        Ok(key.pin)
    }

    /// Serves a key no longer, and removes it from the disk.
    ///
    /// # Errors
    /// When a file cannot be removed; the key is served no longer all the same.
    pub(super) fn give_up(&self, pin: &KeyPin) -> io::Result<()> {
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = served.iter().position(|key| key.pin == *pin) else { return Ok(()) };
        let key = served.remove(place);
        drop(served);
        remove(&self.directory, key.number)
    }

    fn served(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<TlsKey>>> {
        self.served.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(number: u32, certificate: certificate::Certificate) -> Arc<TlsKey> {
    let certificate::Certificate { config, pin } = certificate;
    Arc::new(TlsKey { number, name: key_name(&pin), pin, config: Arc::new(config) })
}

/// The numbers of the further keys, the oldest first.
fn further(directory: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for file in fs::read_dir(directory)? {
        let name = file?.file_name();
        let number: Option<u32> = name.to_str().and_then(|name| {
            name.strip_prefix(FURTHER_PREFIX)?.strip_suffix(FURTHER_SUFFIX)?.parse().ok()
        });
        numbers.extend(number.filter(|number| *number > FIRST));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn path_of(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{FURTHER_PREFIX}{number}{FURTHER_SUFFIX}"))
}

fn remove(directory: &Path, number: u32) -> io::Result<()> {
    let further = path_of(directory, number);
    if number > FIRST {
        remove_if_there(&further)?;
    } else {
        remove_if_there(&directory.join(KEY_FILE))?;
        remove_if_there(&directory.join(CERTIFICATE_FILE))?;
    }
    flush_folder_of(&further)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_told(told: &[KeyPin]) -> impl Fn(&KeyPin) -> bool {
        |pin| told.contains(pin)
    }

    #[test]
    fn who_names_a_key_is_shown_it_and_everybody_else_the_oldest() {
        let dir = tempfile::tempdir().unwrap();
        certificate::make(dir.path()).unwrap();
        let keys = TlsKeys::load(dir.path(), &[]).unwrap();
        let first = keys.pins()[0];
        let second = keys.make_another(is_told(&[first])).unwrap();
        let third = keys.make_another(is_told(&[first, second])).unwrap();
        let shown = |keys: &TlsKeys, name: Option<&str>| keys.asked_for(name).unwrap().pin();
        for pin in [first, second, third] {
            assert_eq!(shown(&keys, Some(&key_name(&pin))), pin);
        }
        for name in [None, Some("localhost"), Some(key_name(&[9; 32]).as_str())] {
            assert_eq!(shown(&keys, name), first);
        }
        let again = TlsKeys::load(dir.path(), &[]).unwrap();
        assert_eq!(again.pins(), [first, second, third]);
        again.give_up(&first).unwrap();
        assert_eq!(shown(&again, Some(&key_name(&first))), second);
        assert_eq!(TlsKeys::load(dir.path(), &[]).unwrap().pins(), [second, third]);
    }

    #[test]
    fn a_key_that_was_made_and_never_told_of_is_taken_by_the_next_attempt() {
        let dir = tempfile::tempdir().unwrap();
        certificate::make(dir.path()).unwrap();
        let keys = TlsKeys::load(dir.path(), &[]).unwrap();
        let made = keys.make_another(is_told(&[])).unwrap();
        let keys = TlsKeys::load(dir.path(), &[]).unwrap();
        assert_eq!(keys.make_another(is_told(&[])).unwrap(), made);
        assert_eq!(keys.pins().len(), 2);
    }

    #[test]
    fn a_key_that_was_given_up_is_removed_at_the_next_start_and_the_last_one_never() {
        let dir = tempfile::tempdir().unwrap();
        certificate::make(dir.path()).unwrap();
        let keys = TlsKeys::load(dir.path(), &[]).unwrap();
        let first = keys.pins()[0];
        let second = keys.make_another(is_told(&[])).unwrap();
        let retired = [first, second].map(Digest::new);
        assert!(TlsKeys::load(dir.path(), &retired).is_err());
        assert_eq!(TlsKeys::load(dir.path(), &retired[..1]).unwrap().pins(), [second]);
        assert!(!dir.path().join(KEY_FILE).exists());
        assert!(!dir.path().join(CERTIFICATE_FILE).exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_a_further_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        certificate::make(dir.path()).unwrap();
        TlsKeys::load(dir.path(), &[]).unwrap().make_another(is_told(&[])).unwrap();
        let mode = fs::metadata(path_of(dir.path(), 2)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
