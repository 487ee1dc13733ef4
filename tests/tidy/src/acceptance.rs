//! `docs/acceptance.md` maps what was promised to the tests that show it. A name in it that is no
//! test fails here; a promise marked *not yet* is counted.

use std::collections::BTreeMap;

/// What exists and may be named: the tests of each crate, the names of the benches, and files.
#[derive(Debug, Default)]
pub struct Evidence {
    /// For each crate, the names of its tests.
    pub tests: BTreeMap<String, Vec<String>>,
    /// The text of every source file of the benches; a bench is named in quotes there.
    pub benches: String,
    /// All tracked files.
    pub files: Vec<String>,
}

/// What a reading of the page came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Rows with a test.
    pub shown: usize,
    /// Rows plainly marked as not there yet.
    pub not_yet: usize,
    /// What is wrong.
    pub findings: Vec<String>,
}

/// The mark of a row that nothing shows yet.
const NOT_YET: &str = "not yet";

/// Reads the page: each row of a table is a promise, then what shows it.
///
/// A name is `crate::test`, `bench:name`, `fuzz:target`, `mutant:name` or `file:path`.
pub fn read_page(page: &str, evidence: &Evidence) -> Reading {
    let mut reading = Reading::default();
    for (index, line) in page.lines().enumerate() {
        let Some((promise, shown_by)) = row(line) else { continue };
        if shown_by.starts_with(NOT_YET) {
            reading.not_yet += 1;
            continue;
        }
        let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            reading.findings.push(format!("line {}: nothing shows \"{promise}\"", index + 1));
        }
        for name in names {
            if !evidence.has(name) {
                reading.findings.push(format!("line {}: there is no {name}", index + 1));
            }
        }
        reading.shown += 1;
    }
    reading
}

impl Evidence {
    fn has(&self, name: &str) -> bool {
        let file = |path: String| self.files.contains(&path);
        if let Some(bench) = name.strip_prefix("bench:") {
            return self.benches.contains(&format!("\"{bench}\""));
        }
        if let Some(target) = name.strip_prefix("fuzz:") {
            return file(format!("tests/fuzz/fuzz_targets/{target}.rs"));
        }
        if let Some(mutant) = name.strip_prefix("mutant:") {
            return file(format!("tests/simulation/mutants/{mutant}.patch"));
        }
        if let Some(path) = name.strip_prefix("file:") {
            return file(path.to_owned());
        }
        name.split_once("::").is_some_and(|(package, test)| {
            self.tests.get(package).is_some_and(|tests| tests.iter().any(|known| known == test))
        })
    }
}

/// The tests that a patch says it is killed by.
pub fn killers_in(patch: &str) -> Vec<String> {
    let named = patch.lines().filter_map(|line| line.strip_prefix("# Killed by "));
    named.map(|name| name.trim_end_matches('.').to_owned()).collect()
}

/// The names of the functions that an attribute makes tests, in a source file.
pub fn tests_in(source: &str) -> Vec<String> {
    let mut tests = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("test(");
            continue;
        }
        let function = line.trim_start_matches("pub ").trim_start_matches("async ");
        if let Some(rest) = function.strip_prefix("fn ") {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if is_test {
                tests.push(rest[..end].to_owned());
            }
        }
        if !line.is_empty() && !line.starts_with("//") {
            is_test = false;
        }
    }
    tests
}

/// A row of a table that is neither its head nor the rule below it: the first and second cell.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let (promise, shown_by) = (cells.next()?, cells.next()?);
    let is_head = promise == "promise" || promise.chars().all(|c| c == '-' || c == ':');
    (!is_head).then_some((promise, shown_by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{files, packages, read};

    #[test]
    fn every_test_named_in_the_acceptance_page_exists() {
        let reading = read_page(&read("docs/acceptance.md").unwrap(), &gather());
        println!("acceptance: {} shown, {} not yet", reading.shown, reading.not_yet);
        crate::expect_none(&reading.findings);
        assert!(reading.shown + reading.not_yet > 30, "the page was not read");
    }

    #[test]
    fn every_test_named_in_the_page_of_errors_exists() {
        let (page, evidence) = (read("docs/errors.md").unwrap(), gather());
        let names = page.split('`').skip(1).step_by(2).filter(|name| name.contains("::"));
        let missing = |name: &&str| !evidence.has(name);
        let findings: Vec<_> =
            names.filter(missing).map(|name| format!("there is no {name}")).collect();
        crate::expect_none(&findings);
    }

    #[test]
    fn every_test_that_a_mutant_names_exists() {
        let evidence = gather();
        let mutants = evidence.files.iter().filter(|path| path.ends_with(".patch"));
        let named = mutants.flat_map(|path| {
            let killers = killers_in(&read(path).unwrap());
            killers.into_iter().map(move |killer| (path.clone(), killer)).collect::<Vec<_>>()
        });
        let named: Vec<_> = named.collect();
        assert!(named.len() >= 2, "no mutant was read: {named:?}");
        let missing = named.iter().filter(|(_, killer)| !evidence.has(killer));
        let findings: Vec<_> =
            missing.map(|(path, killer)| format!("{path}: there is no {killer}")).collect();
        crate::expect_none(&findings);
    }

    #[test]
    fn a_missing_test_a_bare_row_and_a_helper_named_as_a_test_are_found() {
        let mut evidence = Evidence::default();
        let source =
            "#[test]\nfn it_holds() {}\nfn helper() {}\n#[tokio::test]\nasync fn later() {}";
        evidence.tests.insert("a".into(), tests_in(source));
        let page = "| promise | shown by |\n|---|---|\n| x | `a::it_holds`, `a::later` |\n\
                    | y | `a::helper` |\n| z | somehow |\n| w | not yet: next |\n| v | `bench:b` |";
        let reading = read_page(page, &evidence);
        assert_eq!((reading.shown, reading.not_yet), (4, 1));
        assert_eq!(reading.findings.len(), 3, "{:?}", reading.findings);
    }

    fn gather() -> Evidence {
        let mut evidence = Evidence { files: files().unwrap(), ..Evidence::default() };
        let sources: Vec<&String> =
            evidence.files.iter().filter(|path| path.ends_with(".rs")).collect();
        for package in packages().unwrap() {
            let inside = format!("{}/", package.folder);
            let of_package = sources.iter().filter(|path| path.starts_with(&inside));
            let tests = of_package.flat_map(|path| tests_in(&read(path).unwrap())).collect();
            evidence.tests.insert(package.name, tests);
        }
        for path in sources.iter().filter(|path| path.starts_with("tests/benches/")) {
            evidence.benches += &read(path).unwrap();
        }
        evidence
    }
}
