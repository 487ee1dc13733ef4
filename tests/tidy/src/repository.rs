//! The repository as it lies on disk: its root, its files, its packages.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of the workspace.
#[derive(Debug, Clone)]
pub struct Package {
    /// The name in its manifest.
    pub name: String,
    /// Its folder below the root, such as `core/model`.
    pub folder: String,
    /// The files its libraries and programs start at, below the root.
    pub entry_files: Vec<String>,
    /// What it declares to depend on.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package depended on.
    pub name: String,
    /// Whether only tests, examples and benches use it.
    pub is_dev: bool,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file that is tracked or about to be, below the root, in order.
pub fn files() -> std::io::Result<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = output(Command::new("git").args(arguments))?;
    let mut files: Vec<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty() && root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    files.sort_unstable();
    Ok(files)
}

/// A file's text; empty if it is not UTF-8.
pub fn read(path: &str) -> std::io::Result<String> {
    Ok(String::from_utf8(std::fs::read(root().join(path))?).unwrap_or_default())
}

/// The packages of the workspace, from `cargo metadata`.
pub fn packages() -> std::io::Result<Vec<Package>> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let text = output(Command::new(cargo).args(arguments))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let workspace = format!("{}/", metadata["workspace_root"].as_str().unwrap_or_default());
    let below = |path: &serde_json::Value| {
        path.as_str().unwrap_or_default().trim_start_matches(&workspace).to_owned()
    };
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"])
        .iter()
        .map(|package| Package {
            name: package["name"].as_str().unwrap_or_default().to_owned(),
            folder: below(&package["manifest_path"]).trim_end_matches("/Cargo.toml").to_owned(),
            entry_files: list(&package["targets"]).iter().map(|t| below(&t["src_path"])).collect(),
            dependencies: list(&package["dependencies"])
                .iter()
                .map(|dependency| Dependency {
                    name: dependency["name"].as_str().unwrap_or_default().to_owned(),
                    is_dev: dependency["kind"] == "dev",
                })
                .collect(),
        })
        .collect();
    Ok(packages)
}

fn output(command: &mut Command) -> std::io::Result<String> {
    let output = command.current_dir(root()).output()?;
    if !output.status.success() {
        return Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    String::from_utf8(output.stdout).map_err(std::io::Error::other)
}
