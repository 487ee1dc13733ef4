//! What the documents claim: their links lead somewhere, and their commands are commands.

use std::collections::BTreeSet;

use clap::Command;

use crate::command_line::is_told_right;

/// The verbs of `./dev`, from its text: each is a function `verb_…`.
pub fn dev_verbs(dev: &str) -> BTreeSet<String> {
    dev.lines()
        .filter_map(|line| line.strip_prefix("verb_")?.strip_suffix("() {"))
        .map(str::to_owned)
        .collect()
}

/// The lines of a document's `sh` fences, without comments and empty ones.
pub fn commands(markdown: &str) -> Vec<String> {
    let mut fence = None;
    let mut commands = Vec::new();
    for line in markdown.lines() {
        let line = line.trim();
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language) };
        } else if fence == Some("sh") && !line.is_empty() && !line.starts_with('#') {
            commands.extend(command_of(line).map(str::to_owned));
        }
    }
    commands
}

/// What a line of a shell runs, also where it keeps what is printed under a name; none if it only names
/// something.
fn command_of(line: &str) -> Option<&str> {
    if line.starts_with("export ") {
        return None;
    }
    let kept = line.split_once("=$(").filter(|(name, _)| name.chars().all(char::is_alphanumeric));
    Some(kept.map_or(line, |(_, command)| command.trim_end_matches(')')))
}

/// The commands of `keting` that a document names in its text, in backticks.
pub fn named_commands(markdown: &str) -> Vec<String> {
    let mut in_fence = false;
    let mut named = Vec::new();
    for line in markdown.lines() {
        in_fence ^= line.trim_start().starts_with("```");
        if !in_fence {
            let spans = line.split('`').skip(1).step_by(2);
            named.extend(spans.filter(|span| span.starts_with("keting ")).map(str::to_owned));
        }
    }
    named
}

/// Finds commands that are neither a verb of `./dev` nor something `keting` can be told.
pub fn unknown_commands(
    path: &str,
    markdown: &str,
    verbs: &BTreeSet<String>,
    keting: &Command,
) -> Vec<String> {
    let is_dev = |command: &str| {
        let rest = command.strip_prefix("./dev ");
        rest.and_then(|rest| rest.split_whitespace().next())
            .is_some_and(|verb| verbs.contains(verb))
    };
    commands(markdown)
        .into_iter()
        .chain(named_commands(markdown))
        .filter(|command| !is_dev(command) && !is_told_right(keting, command))
        .map(|command| format!("{path} tells the reader to run `{command}`, which is not there"))
        .collect()
}

/// The targets of a document's links that are files of ours, with their anchors.
pub fn links(markdown: &str) -> Vec<String> {
    let mut in_fence = false;
    let mut links = Vec::new();
    for line in markdown.lines() {
        in_fence ^= line.trim_start().starts_with("```");
        if in_fence {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let target = line[at + 2..].split(')').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                links.push(target.to_owned());
            }
        }
    }
    links
}

/// The anchors of a document's headings, as a forge makes them.
pub fn anchors(markdown: &str) -> BTreeSet<String> {
    markdown
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            heading
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// The file a link leads to from `path`, and its anchor.
pub fn resolve(path: &str, link: &str) -> (String, Option<String>) {
    let (file, anchor) = match link.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor.to_owned())),
        None => (link, None),
    };
    if file.is_empty() {
        return (path.to_owned(), anchor);
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in file.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    (parts.join("/"), anchor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{files, read, root};

    #[test]
    fn every_link_leads_to_a_file_and_a_heading() {
        let mut findings = Vec::new();
        for path in files().unwrap().iter().filter(|path| path.ends_with(".md")) {
            for link in links(&read(path).unwrap()) {
                let (file, anchor) = resolve(path, &link);
                let exists = root().join(&file).exists();
                let has_anchor = anchor.is_none_or(|anchor| {
                    exists && anchors(&read(&file).unwrap()).contains(&anchor)
                });
                if !exists || !has_anchor {
                    findings.push(format!("{path} links to {link}, which is not there"));
                }
            }
        }
        crate::expect_none(&findings);
    }

    #[test]
    fn every_command_in_the_documents_is_one() {
        let verbs = dev_verbs(&read("dev").unwrap());
        assert!(verbs.contains("demo") && verbs.contains("test"), "{verbs:?}");
        let keting = crate::command_line::keting();
        let mut findings = Vec::new();
        for path in files().unwrap().iter().filter(|path| path.ends_with(".md")) {
            findings.extend(unknown_commands(path, &read(path).unwrap(), &verbs, &keting));
        }
        crate::expect_none(&findings);
        let bad = "see `keting serve` and `keting dance`\n```sh\n./dev fly\n\
                   keting sync --fast\ncurl x\n./dev test\nketing sync --data DIR\n```\n";
        assert_eq!(unknown_commands("x", bad, &verbs, &keting).len(), 4);
    }

    #[test]
    fn both_readmes_give_the_same_commands_and_begin_with_the_same_two() {
        let [english, chinese] =
            ["README.md", "README.zh-CN.md"].map(|path| commands(&read(path).unwrap()));
        assert_eq!(english, chinese);
        assert_eq!(english[..2], ["./dev demo", "./dev test"]);
    }

    #[test]
    fn links_and_headings_are_read_as_a_forge_reads_them() {
        let text = "see [a](b.md#x) and [c](https://h/d)\n```\n[e](f)\n```\n";
        assert_eq!(links(text), ["b.md#x"]);
        assert_eq!(resolve("docs/adr/1.md", "../a.md#x"), ("docs/a.md".into(), Some("x".into())));
        assert_eq!(resolve("docs/a.md", "#x"), ("docs/a.md".into(), Some("x".into())));
        assert!(anchors("## Who may do what?\n").contains("who-may-do-what"));
    }
}
