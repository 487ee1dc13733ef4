//! Makes the Kotlin and Swift that call the library, and lists what apps see of it.
//!
//! What is made is not committed: the libraries' builds make it again. What apps see of it is listed in
//! `bindings/ffi/api.txt`, so that nobody changes it without a reviewer seeing it.

mod listing;

use std::fs;

use anyhow::Result;
use camino::{Utf8Path, Utf8PathBuf};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate_with_bindgen_paths};
use uniffi_bindgen::{BindgenPaths, BindgenPathsLayer};

pub use listing::listing;

/// The languages there are libraries in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// For Android, and any JVM.
    Kotlin,
    /// For iOS, and Linux.
    Swift,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Kotlin, Self::Swift];

    /// Its name in the names of files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kotlin => "kotlin",
            Self::Swift => "swift",
        }
    }

    /// The file that holds what is made, below the folder it is made in.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Kotlin => "cn/keting/keting.kt",
            Self::Swift => "KetingFFI.swift",
        }
    }
}

/// Where `keting-ffi` lies, whose `uniffi.toml` says what is made of it.
pub fn ffi_folder() -> &'static Utf8Path {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ffi"))
}

/// Makes the text of a language from a built library, in a folder.
///
/// # Errors
/// When the library cannot be read, or the folder cannot be written.
pub fn generate(library: &Utf8Path, language: Language, folder: &Utf8Path) -> Result<String> {
    let target = match language {
        Language::Kotlin => TargetLanguage::Kotlin,
        Language::Swift => TargetLanguage::Swift,
    };
    let options = GenerateOptions {
        languages: vec![target],
        source: library.to_owned(),
        out_dir: folder.to_owned(),
        ..GenerateOptions::default()
    };
    generate_with_bindgen_paths(options, paths())?;
    Ok(fs::read_to_string(folder.join(language.file()))?)
}

fn paths() -> BindgenPaths {
    let mut paths = BindgenPaths::default();
    paths.add_layer(OnlyFfi);
    paths
}

/// There is one room that exports anything.
struct OnlyFfi;

impl BindgenPathsLayer for OnlyFfi {
    fn get_crate_root(&self, crate_name: &str) -> Option<Utf8PathBuf> {
        (crate_name == "keting_ffi").then(|| ffi_folder().to_owned())
    }
}
