//! `generate-bindings LIBRARY FOLDER` makes the Kotlin and Swift that call a built library.

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use keting_bindgen::{Language, generate};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(Utf8PathBuf::from);
    let both = arguments.next().zip(arguments.next());
    let (library, folder) = both.context("two arguments are wanted: LIBRARY and FOLDER")?;
    for language in Language::ALL {
        generate(&library, language, &folder.join(language.name()))?;
    }
    Ok(())
}
