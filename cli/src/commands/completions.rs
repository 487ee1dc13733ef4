//! What a shell needs to complete the commands.

use clap_complete::generate;

use crate::arguments::Shell;
use crate::help;
use crate::language::Language;

/// Prints it for a shell.
pub fn completions(shell: Shell) {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Elvish => clap_complete::Shell::Elvish,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut command = help::command(Language::of_reader());
    generate(shell, &mut command, "keting", &mut std::io::stdout());
}
