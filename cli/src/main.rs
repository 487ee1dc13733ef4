//! The `keting` command: a server, and a device without a phone.
//!
//! It holds no rule and no format of its own; it turns arguments into commands of the engine and
//! prints what comes back. Standard output is for results (ids, tables, JSON), standard error for
//! progress and complaints, and the exit code says which kind of end it was.

mod arguments;
mod called_regions;
mod columns;
mod commands;
mod complaint;
mod demo;
mod detail;
mod device;
mod exit;
mod folders;
mod help;
mod language;
mod output;
mod pager;
mod time;
mod typed;

use std::path::PathBuf;

use clap::FromArgMatches as _;

use crate::arguments::{Arguments, Verb};
use crate::exit::Failure;
use crate::language::{InBoth, Language};

fn main() -> std::process::ExitCode {
    let language = Language::of_reader();
    let arguments = match understood(language) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && wants_json() => {
            let [zh, en] = [Language::Zh, Language::En].map(|language| {
                let error = understood(language).err().unwrap_or(clap::Error::new(error.kind()));
                (help::in_one_line(&error, language), help::missing_arguments(&error))
            });
            let (what, missing) = (InBoth { zh: zh.0, en: en.0 }, en.1);
            return fail(&Failure::Arguments { what, missing }, true);
        }
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::DONE };
            help::complain(error, language);
            return code.into();
        }
    };
    match run(arguments.command) {
        Ok(()) => exit::DONE.into(),
        Err(failure) => {
            let failure = match data() {
                Some(data) => commands::conflicts::with_choices(failure, &data),
                None => failure,
            };
            fail(&failure, wants_json())
        }
    }
}

/// The folder that the command is about: what was given as `--data`, or else by the environment.
fn data() -> Option<PathBuf> {
    typed_data().or_else(|| std::env::var_os("KETING_DATA").map(PathBuf::from))
}

fn typed_data() -> Option<PathBuf> {
    let mut typed = std::env::args_os();
    let found = typed.find_map(|one| {
        let text = one.to_str()?;
        if text == "--data" {
            Some(None)
        } else {
            text.strip_prefix("--data=").map(|one| Some(PathBuf::from(one)))
        }
    })?;
    found.or_else(|| typed.next().map(PathBuf::from))
}

/// The command line, with what is wrong with it said in a language.
fn understood(language: Language) -> Result<Arguments, clap::Error> {
    let mut command = help::command(language);
    let typed: Vec<_> = std::env::args_os().collect();
    let parsed = command.try_get_matches_from_mut(&typed);
    let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| help::with_value_meant(error, &command, &typed, language))
}

/// Whether machines read what is printed, complaints too. It is asked before the arguments are understood.
fn wants_json() -> bool {
    std::env::args_os().any(|argument| argument == "--json")
}

fn fail(failure: &Failure, as_json: bool) -> std::process::ExitCode {
    if as_json {
        complaint::complain_as_json(failure);
    } else {
        complaint::complain(failure);
    }
    failure.exit_code().into()
}

fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Init(arguments) => commands::server::init(&arguments),
        Verb::Serve(arguments) => commands::serve::serve(&arguments),
        Verb::Invite(arguments) => commands::server::invite(&arguments),
        Verb::Invitation(verb) => commands::invitation::run(&verb),
        Verb::Server(verb) => commands::server::look_after(&verb),
        Verb::Grant(verb) => commands::grant::run(&verb),
        Verb::Enroll(arguments) => commands::sync::enroll(&arguments),
        Verb::Region(verb) => commands::region::run(verb),
        Verb::Household(verb) => commands::household::run(verb),
        Verb::Resident(verb) => commands::resident::run(verb),
        Verb::Sync(arguments) => commands::sync::sync(&arguments),
        Verb::Status(reading) => commands::status::status(&reading),
        Verb::Outbox(reading) => commands::outbox::outbox(&reading),
        Verb::Held(verb) => commands::held::run(&verb),
        Verb::Device(verb) => commands::device::run(verb),
        Verb::Verify(reading) => commands::verify::verify(&reading),
        Verb::Inspect(reading) => commands::verify::inspect(&reading),
        Verb::Doctor(reading) => commands::doctor::doctor(&reading),
        Verb::Salvage(arguments) => commands::salvage::salvage(&arguments),
        Verb::Demo(arguments) => commands::demo::demo(&arguments),
        Verb::Completions { shell } => commands::completions::completions(shell),
    }
}
