//! What `keting` can be told to do, as the command's own source declares it, and whether a line in
//! the documents is something it can be told.

use clap::{Command, CommandFactory};

/// The command's arguments: its own file, so that nothing is written down twice.
#[path = "../../../cli/src/arguments/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only what it declares is read")]
mod arguments;

/// Every command and option of `keting`.
pub fn keting() -> Command {
    arguments::Arguments::command()
}

/// Whether a line begins with a command of `keting` and gives it only options that it has. What
/// stands for a value is not looked at.
pub fn is_told_right(keting: &Command, line: &str) -> bool {
    let mut words = line.split_whitespace().map(|word| word.trim_matches(['[', ']']));
    if words.next() != Some("keting") {
        return false;
    }
    let mut command = keting;
    for word in words {
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next();
            if !command.get_arguments().any(|known| known.get_long() == name) {
                return false;
            }
        } else if command.has_subcommands() {
            let Some(next) = command.find_subcommand(word) else { return false };
            command = next;
        }
    }
    !std::ptr::eq(command, keting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_an_unknown_command_or_option_is_found() {
        let keting = keting();
        for right in [
            "keting serve",
            "keting household",
            "keting household edit ID --data DIR --address TEXT",
            "keting init --data DIR --city NAME --regions FILE.csv --root-key=FILE",
            "keting serve --data DIR [--listen ADDR]",
        ] {
            assert!(is_told_right(&keting, right), "{right}");
        }
        for wrong in [
            "keting",
            "keting dance",
            "keting household dance",
            "keting household list --colour",
            "keting sync --listen ADDR",
            "kething serve",
        ] {
            assert!(!is_told_right(&keting, wrong), "{wrong}");
        }
    }
}
