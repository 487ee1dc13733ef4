//! Long lists a screen at a time, for whoever sits at a terminal.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::exit::Failure;
use crate::output;

/// What pages where nobody says otherwise, if it is there.
const USUAL: &str = "less";

/// What a shell ends with that finds no such command.
const NO_SUCH_COMMAND: i32 = 127;

/// Prints lines: on a terminal through `$KETING_PAGER`, else `$PAGER`, else `less`; elsewhere as they are.
///
/// # Errors
/// When standard output is closed.
pub fn print(lines: &[String]) -> Result<(), Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    match pager(std::io::stdout().is_terminal(), variable) {
        Some(pager) if page(&pager, lines).is_ok() => Ok(()),
        Some(_) | None => output::lines(lines),
    }
}

/// The command that pages; none where nobody watches, or wants none.
fn pager(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let wanted = variable("KETING_PAGER").or_else(|| variable("PAGER"));
    let pager = wanted.unwrap_or_else(|| {
        let folders = variable("PATH").unwrap_or_default();
        let is_there = std::env::split_paths(&folders).any(|folder| folder.join(USUAL).is_file());
        if is_there { USUAL.to_owned() } else { String::new() }
    });
    Some(pager).filter(|pager| is_terminal && !pager.trim().is_empty())
}

/// Hands lines to a pager, and waits until whoever reads them has done so.
fn page(pager: &str, lines: &[String]) -> std::io::Result<()> {
    let mut paging = Command::new("sh");
    paging.args(["-c", pager]).stdin(Stdio::piped());
    // What fits on a screen is only printed, and stays there; Chinese is shown as it is.
    for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8")] {
        if std::env::var_os(name).is_none() {
            paging.env(name, value);
        }
    }
    let mut paging = paging.spawn()?;
    if let Some(mut reader) = paging.stdin.take() {
        // Whoever has seen enough closes it before the end.
        let _ = reader.write_all(lines.join("\n").as_bytes());
        let _ = reader.write_all(b"\n");
    }
    match paging.wait()?.code() {
        Some(NO_SUCH_COMMAND) => Err(std::io::ErrorKind::NotFound.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_terminal_is_paged_and_by_what_its_owner_names() {
        let of = |is_terminal, set: &'static [(&'static str, &'static str)]| {
            pager(is_terminal, move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(true, &[("PAGER", "more -d")]).as_deref(), Some("more -d"));
        assert_eq!(of(true, &[("KETING_PAGER", "bat"), ("PAGER", "more")]).as_deref(), Some("bat"));
        for set in [&[("PAGER", "")][..], &[("PATH", "/nowhere")], &[]] {
            assert_eq!(of(true, set), None, "{set:?}");
        }
        assert_eq!(of(false, &[("PAGER", "more")]), None);
    }
}
