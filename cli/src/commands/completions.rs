//! What a shell needs to complete the commands.

use clap_complete::generate;

use crate::arguments::Shell;
use crate::exit::Failure;
use crate::help;
use crate::language::Language;
use crate::output;

/// Prints it for a shell.
///
/// # Errors
/// When standard output is closed.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Elvish => clap_complete::Shell::Elvish,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut command = help::command(Language::of_reader());
    // It would panic where its output is closed, so it writes where nothing can be.
    let mut script = Vec::new();
    generate(shell, &mut command, "keting", &mut script);
    output::bytes(&script)
}
