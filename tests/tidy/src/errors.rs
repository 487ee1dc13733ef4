//! Every error code is explained to people: what the sources say and what `docs/errors.md` lists are
//! the same. That the page is the engine's catalogue, a test of the engine holds.

use std::collections::BTreeSet;

/// What stands right before a code outside of `fn code`: verdicts, refusals, and errors that carry
/// their code.
const BEFORE_A_CODE: [&str; 10] = [
    "code:",
    "Refused(",
    "Held(",
    "held(",
    "for_now(",
    "Err(",
    "denial(",
    "refused(",
    "unusable(",
    "&'static str =",
];

/// The codes a source file can answer with.
///
/// They are all words in quotes in the body of a `fn code`, and those elsewhere that stand where a
/// code does. Tests and comments do not count.
pub fn codes_in(source: &str) -> BTreeSet<String> {
    let source = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut codes = BTreeSet::new();
    let mut before = String::new();
    let mut end_of_body = None;
    for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
        if line.contains("fn code(") {
            let indent = line.len() - line.trim_start().len();
            end_of_body = Some(format!("{}}}", " ".repeat(indent)));
        } else if end_of_body.as_deref() == Some(line) {
            end_of_body = None;
        }
        for (index, piece) in line.split('"').enumerate() {
            let stands_for_one = || {
                BEFORE_A_CODE.iter().any(|mark| before.ends_with(mark)) || is_of_a_check(&before)
            };
            if index % 2 == 0 {
                before.push_str(piece.trim());
            } else if is_word(piece) && (end_of_body.is_some() || stands_for_one()) {
                codes.insert(piece.to_owned());
            }
            if index % 2 == 1 {
                before.clear();
            }
        }
    }
    codes
}

/// The codes the page lists: the first cell of a row, as code. Its last part lists remedies instead.
pub fn codes_of_page(page: &str) -> BTreeSet<String> {
    page.lines()
        .take_while(|line| !line.ends_with("Remedies"))
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code.to_owned())
        .collect()
}

/// Finds codes that only the sources or only the page know.
pub fn unexplained_and_unused(sources: &[(String, String)], page: &str) -> Vec<String> {
    let listed = codes_of_page(page);
    let mut used = BTreeSet::new();
    let mut findings = Vec::new();
    for (path, source) in sources {
        let codes = codes_in(source);
        for code in codes.difference(&listed) {
            findings
                .push(format!("{path} answers `{code}`, which docs/errors.md does not explain"));
        }
        used.extend(codes);
    }
    for code in listed.difference(&used) {
        findings.push(format!("docs/errors.md explains `{code}`, which nothing answers"));
    }
    findings
}

/// Whether what stands before it makes it what a check-up found of something.
fn is_of_a_check(before: &str) -> bool {
    let Some((_, made)) = before.rsplit_once("Check::") else { return false };
    ["fault(Subject::", "warning(Subject::"].iter().any(|made_so| made.starts_with(made_so))
        && made.ends_with(',')
}

fn is_word(text: &str) -> bool {
    let is_snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(is_snake)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{files, read};

    #[test]
    fn every_error_code_is_in_the_catalogue() {
        let sources: Vec<_> = files()
            .unwrap()
            .into_iter()
            .filter(|path| is_of_the_product(path))
            .map(|path| (path.clone(), read(&path).unwrap()))
            .collect();
        let page = read("docs/errors.md").unwrap();
        crate::expect_none(&unexplained_and_unused(&sources, &page));
        assert!(codes_of_page(&page).len() > 100, "the page was not read");
    }

    #[test]
    fn a_code_without_advice_and_advice_without_a_code_are_found() {
        let source = "
impl E {
    fn code(&self) -> &str {
        match self {
            Self::A => \"first\",
            Self::B { .. } =>
                \"second\",
            // Self::C => \"of_a_comment\"
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::A => \"a_name\",
        }
    }
}
fn f() {
    Err(
        \"third\",
    )?;
    held(\"fourth\", why);
    tell(Check::warning(Subject::Disk, \"fifth\").with(\"no_code\", 1));
    say(\"Refused(\", \"no_code\");
}

#[cfg(test)]
mod tests {
    fn g() { Err(\"of_a_test\") }
}
";
        let codes: Vec<_> = codes_in(source).into_iter().collect();
        assert_eq!(codes, ["fifth", "first", "fourth", "second", "third"]);
        let page = "| code |\n|---|\n| `first` | x |\n| `fourth` | x |\n| `fifth` | x |\n| `gone` | `second` |\n";
        let found = unexplained_and_unused(&[("x.rs".into(), source.into())], page);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[2].contains("`gone`"), "{found:?}");
    }

    /// The rooms' sources without their tests, and without the catalogue itself.
    fn is_of_the_product(path: &str) -> bool {
        let is_room = ["core/", "server/", "cli/"].iter().any(|room| path.starts_with(room));
        let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
        let is_catalogue = path.starts_with("core/engine/src/error/catalogue");
        path.ends_with(".rs") && is_room && !is_test && !is_catalogue
    }
}
