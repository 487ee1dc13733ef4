//! What `--help` shows, in the reader's language.
//!
//! The arguments are declared in [`crate::arguments`]; what is said of them stands here, a table a noun:
//! each verb and option in Chinese and English, and examples. [`command`] brings both together. Tests hold
//! that nothing lacks one of the languages, and that every example is understood.

mod complaint;
mod devices;
mod households;
mod hyphens;
mod operators;
mod regions;
mod residents;
mod told;
mod values;
mod words;

use clap::{Command, CommandFactory as _};

use crate::arguments::Arguments;
use crate::language::Language;

pub use complaint::{complain, in_one_line, missing_arguments};
pub use hyphens::with_value_meant;
use words::Words;

/// The whole command line, with what is said of it in a language.
pub fn command(language: Language) -> Command {
    let mut command = Arguments::command();
    // What clap adds by itself is there to be translated once it is built.
    command.build();
    told::told(command, "", language)
}

/// A text in Chinese and English.
type Both = (&'static str, &'static str);

/// What is said of a verb.
struct Verb {
    /// As it is typed, such as `household add`; empty for the command itself.
    path: &'static str,
    about: Both,
    /// Of each argument its name, as the code has it.
    arguments: &'static [(&'static str, Both)],
    examples: &'static [Example],
}

/// How a verb is used: a comment, and what is typed after `keting`.
struct Example {
    comment: Both,
    typed: &'static str,
}

const fn verb(
    path: &'static str,
    about: Both,
    arguments: &'static [(&'static str, Both)],
    examples: &'static [Example],
) -> Verb {
    Verb { path, about, arguments, examples }
}

const fn example(zh: &'static str, en: &'static str, typed: &'static str) -> Example {
    Example { comment: (zh, en), typed }
}

/// What is said of every verb.
fn verbs() -> impl Iterator<Item = &'static Verb> {
    [operators::VERBS, devices::VERBS, regions::VERBS, households::VERBS, residents::VERBS]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests;
