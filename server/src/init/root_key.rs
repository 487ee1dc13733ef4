//! The root key and the one file it is ever written to.
//!
//! The file is there whole or not at all, never in place of another, and durable before the city
//! it belongs to stands: no city is ever without its root key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use keting::durable_file::flush_folder_of;
use keting_model::CityId;
use keting_store::for_owner;
use keting_trust::{Ed25519Signer, PublicKey, Signer as _};
use zeroize::Zeroizing;

use super::InitError;
use super::leftovers::remove_if_there;

const TITLE: &str = "keting root key 1";

/// The key everything in a city goes back to. Whoever has it can make a new server for the city,
/// so it is kept in a safe and not on the server.
pub struct RootKey {
    /// The city it is of.
    pub city: CityId,
    /// Its public half.
    pub public: PublicKey,
    /// The 32 bytes it was made of.
    pub seed: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.public.device_id())
    }
}

/// A root key's file while it is being written.
pub(super) struct KeyFile<'p> {
    path: &'p Path,
    part: PathBuf,
    file: File,
}

impl<'p> KeyFile<'p> {
    /// Makes the file under a name that is not yet its own, so that a folder that cannot be written
    /// to is found before there is a key to lose.
    pub(super) fn begin(path: &'p Path) -> io::Result<Self> {
        let part = part_of(path);
        remove_if_there(&part)?;
        let file = for_owner(OpenOptions::new().write(true).create_new(true)).open(&part)?;
        Ok(Self { path, part, file })
    }

    /// Writes the key and gives the file its name. When this returns, both are on the disk.
    pub(super) fn finish(mut self, root: &RootKey) -> Result<(), InitError> {
        if self.path.exists() {
            return Err(InitError::RootKeyExists);
        }
        self.write(root.to_text().as_bytes()).map_err(InitError::RootKeyFile)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.write_all(text)?;
        self.file.sync_all()?;
        fs::rename(&self.part, self.path)?;
        flush_folder_of(self.path)
    }
}

impl Drop for KeyFile<'_> {
    fn drop(&mut self) {
        // What has its name is not touched; the rest is of no use to anybody.
        let _ = fs::remove_file(&self.part);
    }
}

impl RootKey {
    /// Reads the file that a city's making wrote.
    ///
    /// # Errors
    /// When it cannot be read, or holds no root key.
    pub(super) fn read(path: &Path) -> Result<Self, InitError> {
        let text = Zeroizing::new(fs::read_to_string(path).map_err(InitError::RootKeyFile)?);
        Self::from_text(&text).ok_or(InitError::NoRootKey)
    }

    fn from_text(text: &str) -> Option<Self> {
        let [title, city, public, seed] = text.lines().collect::<Vec<_>>().try_into().ok()?;
        let city = CityId::new(from_hex(city.strip_prefix("city ")?)?);
        let seed = Zeroizing::new(from_hex::<32>(seed.strip_prefix("seed ")?)?);
        let key = Ed25519Signer::from_seed(*seed).public_key().clone();
        let read = Self { city, public: key, seed };
        // Written again it must be the same, so that a line that was changed is found.
        let is_same = title == TITLE && read.to_text().lines().nth(2) == Some(public);
        is_same.then_some(read)
    }

    fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{TITLE}\n{}", city_line(&self.city)));
        text.push_str("public ed25519 ");
        push_hex(&mut text, self.public.as_bytes());
        text.push_str("\nseed ");
        push_hex(&mut text, self.seed.as_slice());
        text.push('\n');
        text
    }
}

/// Whether a file holds the root key of a city.
pub(super) fn is_of(path: &Path, city: &CityId) -> io::Result<bool> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    Ok(text.starts_with(&format!("{TITLE}\n{}", city_line(city))))
}

fn city_line(city: &CityId) -> String {
    format!("city {city}\n")
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    bytes.try_into().ok().filter(|_| rest.is_empty())
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}
