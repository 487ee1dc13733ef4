//! What a shell needs to complete the commands.

use clap::CommandFactory as _;
use clap_complete::generate;

use crate::arguments::{Arguments, Shell};

/// Prints it for a shell.
pub fn completions(shell: Shell) {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Elvish => clap_complete::Shell::Elvish,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    generate(shell, &mut Arguments::command(), "keting", &mut std::io::stdout());
}
