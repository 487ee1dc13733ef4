//! What holds of every source file: crates introduce themselves, migrations count without a gap, and
//! nothing names a path of one machine.

use std::collections::BTreeMap;

/// Finds an entry file of a crate that does not open with its story.
pub fn unintroduced_crate(path: &str, text: &str) -> Vec<String> {
    if text.starts_with("//!") {
        return Vec::new();
    }
    vec![format!("{path} does not open with //! and what the crate holds")]
}

/// Finds folders whose numbered files (`001_name.sql`) do not count 1, 2, 3 ….
pub fn gaps_in_migrations(files: &[String]) -> Vec<String> {
    let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for path in files.iter().filter(|path| path.ends_with(".sql")) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(number) = name.split_once('_').and_then(|(number, _)| number.parse().ok()) {
            folders.entry(folder).or_default().push(number);
        }
    }
    folders
        .into_iter()
        .filter_map(|(folder, mut numbers)| {
            numbers.sort_unstable();
            let counted = numbers.iter().copied().eq(1..=numbers.len());
            (!counted).then(|| format!("{folder} numbers its migrations {numbers:?}"))
        })
        .collect()
}

/// Finds lines that name a folder which exists on one machine only.
pub fn machine_paths(path: &str, text: &str) -> Vec<String> {
    let folders = ["work", "farm", "root", "tmp/bash_jobs"].map(|name| format!("/{name}"));
    let roots = [&folders[..], &[format!("..{}", "/shared")]].concat();
    let names_one = |line: &str| {
        roots.iter().any(|root| {
            line.match_indices(root.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + root.len()..].chars().next();
                let is_word = |c: char| c.is_alphanumeric() || "._-*}])".contains(c);
                !before.is_some_and(is_word) && after.is_none_or(|c| "/.\"'` ".contains(c))
            })
        })
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| names_one(line))
        .map(|(index, _)| format!("{path}:{} names a path of a machine", index + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{files, packages, read};

    #[test]
    fn every_crate_opens_with_its_story() {
        let mut findings = Vec::new();
        for path in packages().unwrap().iter().flat_map(|package| &package.entry_files) {
            findings.extend(unintroduced_crate(path, &read(path).unwrap()));
        }
        crate::expect_none(&findings);
        assert_eq!(unintroduced_crate("x", "fn main() {}").len(), 1);
    }

    #[test]
    fn migrations_count_without_a_gap() {
        crate::expect_none(&gaps_in_migrations(&files().unwrap()));
        let gap = ["m/001_a.sql", "m/003_b.sql", "n/001_c.sql", "n/free.sql"].map(String::from);
        assert_eq!(gaps_in_migrations(&gap).len(), 1);
        let twice = ["m/001_a.sql", "m/001_b.sql"].map(String::from);
        assert_eq!(gaps_in_migrations(&twice).len(), 1);
    }

    #[test]
    fn no_file_names_a_path_of_a_machine() {
        let mut findings = Vec::new();
        for path in files().unwrap() {
            findings.extend(machine_paths(&path, &read(&path).unwrap()));
        }
        crate::expect_none(&findings);
        let bad = format!("cd /{}/main\n\"/{}\"\nsee tests/work/x, http://h/a", "work", "root");
        assert_eq!(machine_paths("x", &bad).len(), 2);
    }
}
