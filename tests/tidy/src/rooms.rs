//! Who may import whom: the rooms stand in an order, and a room uses only those before it.

use crate::repository::Package;

/// The rooms in their order: package, folder.
pub const ROOMS: [(&str, &str); 9] = [
    ("keting-model", "core/model"),
    ("keting-trust", "core/trust"),
    ("keting-store", "core/store"),
    ("keting-sync", "core/sync"),
    ("keting", "core/engine"),
    ("keting-ffi", "bindings/ffi"),
    ("keting-bindgen", "bindings/bindgen"),
    ("keting-server", "server"),
    ("keting-cli", "cli"),
];

/// Rooms that do not know each other although one stands before the other.
const STRANGERS: [(&str, &str); 1] = [("keting-sync", "keting-store")];

/// Rooms without clock, chance, threads or I/O.
pub const PURE: [&str; 3] = ["keting-model", "keting-trust", "keting-sync"];

/// What would bring those in.
const IMPURE: [&str; 8] =
    ["getrandom", "rand", "rusqlite", "rustls", "tokio", "tokio-tungstenite", "tempfile", "uuid"];

/// What each pure room's `clippy.toml` bans at least; the nearest file wins and is not merged, so
/// each needs them all.
const BANS: [&str; 5] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::thread::spawn",
];

/// The commands that take the engine apart: they look into a file, or print what no app shows. Every other
/// stands on what an app stands on.
const BELOW_THE_FACADE: [&str; 5] =
    ["salvage.rs", "sync.rs", "verify.rs", "watch.rs", "watch/changed.rs"];

/// Finds a command that takes the engine apart where an app would not.
pub fn below_the_facade(path: &str, text: &str) -> Vec<String> {
    let command = path.strip_prefix("cli/src/commands/");
    let is_meant = command.is_none_or(|command| BELOW_THE_FACADE.contains(&command));
    match !is_meant && text.contains("keting::parts") {
        true => vec![format!("{path} uses keting::parts, and not what an app uses")],
        false => Vec::new(),
    }
}

/// Finds dependencies that go up, sideways or into the tests.
pub fn misplaced_dependencies(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        let is_test = package.folder.starts_with("tests/");
        let rank = rank(&package.name);
        if rank.is_none() && !is_test {
            findings.push(format!("{} in {} is no room", package.name, package.folder));
        }
        if let Some((_, folder)) = rank.map(|at| ROOMS[at])
            && folder != package.folder
        {
            findings.push(format!("{} stands in {}, not {folder}", package.name, package.folder));
        }
        if is_test {
            continue;
        }
        for dependency in &package.dependencies {
            let uses = format!("{} uses {}", package.name, dependency.name);
            let is_ours = packages.iter().find(|other| other.name == dependency.name);
            if let Some(other) = is_ours.filter(|other| other.folder.starts_with("tests/")) {
                if !(dependency.is_dev && other.name == "keting-testkit") {
                    findings.push(format!("{uses}, which is a test's"));
                }
            } else if is_ours.is_some() && self::rank(&dependency.name) >= rank {
                findings.push(format!("{uses}, which does not stand before it"));
            }
            if STRANGERS.contains(&(package.name.as_str(), dependency.name.as_str())) {
                findings.push(format!("{uses}: the two do not know each other"));
            }
            if !dependency.is_dev
                && PURE.contains(&package.name.as_str())
                && IMPURE.contains(&dependency.name.as_str())
            {
                findings.push(format!("{uses}, but is pure"));
            }
        }
    }
    findings
}

/// Finds what a pure room's `clippy.toml` forgot to ban.
pub fn missing_bans(room: &str, clippy_toml: &str) -> Vec<String> {
    BANS.iter()
        .filter(|path| !clippy_toml.contains(&format!("\"{path}\"")))
        .map(|path| format!("clippy.toml of {room} does not ban {path}"))
        .collect()
}

fn rank(name: &str) -> Option<usize> {
    ROOMS.iter().position(|(room, _)| *room == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{self, Dependency};

    #[test]
    fn a_room_uses_only_rooms_before_it() {
        crate::expect_none(&misplaced_dependencies(&repository::packages().unwrap()));
    }

    #[test]
    fn all_rooms_are_in_the_workspace() {
        let packages = repository::packages().unwrap();
        for (room, _) in ROOMS {
            assert!(packages.iter().any(|package| package.name == room), "{room}");
        }
    }

    #[test]
    fn every_pure_room_bans_the_clock_chance_and_threads() {
        for (room, folder) in ROOMS.iter().filter(|(room, _)| PURE.contains(room)) {
            let text = repository::read(&format!("{folder}/clippy.toml")).unwrap();
            crate::expect_none(&missing_bans(room, &text));
        }
        assert_eq!(missing_bans("x", "").len(), BANS.len());
    }

    #[test]
    fn a_command_stands_on_what_an_app_stands_on() {
        let mut findings = Vec::new();
        for path in repository::files().unwrap().iter().filter(|path| path.ends_with(".rs")) {
            findings.extend(below_the_facade(path, &repository::read(path).unwrap()));
        }
        crate::expect_none(&findings);
        let text = "use keting::parts::Local;";
        assert_eq!(below_the_facade("cli/src/commands/held.rs", text).len(), 1);
        crate::expect_none(&below_the_facade("cli/src/commands/verify.rs", text));
        crate::expect_none(&below_the_facade("tests/scenarios/src/phone.rs", text));
    }

    #[test]
    fn a_dependency_upwards_sideways_or_into_the_tests_is_found() {
        let found = |name: &str, folder: &str, on: &str, is_dev: bool| {
            let packages = [
                package(name, folder, on, is_dev),
                package("keting", "core/engine", "serde", false),
                package("keting-store", "core/store", "serde", false),
                package("keting-testkit", "tests/testkit", "keting", false),
                package("keting-tidy", "tests/tidy", "keting", false),
            ];
            misplaced_dependencies(&packages)
        };
        let none: [String; 0] = [];
        assert_eq!(found("keting-cli", "cli", "keting", false), none);
        assert_eq!(found("keting-trust", "core/trust", "keting-testkit", true), none);
        assert_eq!(found("keting-trust", "core/trust", "keting-testkit", false).len(), 1);
        assert_eq!(found("keting-trust", "core/trust", "keting-tidy", true).len(), 1);
        assert_eq!(found("keting-trust", "core/trust", "keting", false).len(), 1);
        assert_eq!(found("keting-trust", "core/trust", "keting", true).len(), 1);
        assert_eq!(found("keting-trust", "core/trust", "tokio", false).len(), 1);
        assert_eq!(found("keting-sync", "core/sync", "keting-store", false).len(), 1);
        assert_eq!(found("keting-sync", "net", "serde", false).len(), 1);
        assert_eq!(found("keting-extra", "core/extra", "serde", false).len(), 1);
    }

    fn package(name: &str, folder: &str, on: &str, is_dev: bool) -> Package {
        Package {
            name: name.into(),
            folder: folder.into(),
            entry_files: Vec::new(),
            dependencies: vec![Dependency { name: on.into(), is_dev }],
        }
    }
}
