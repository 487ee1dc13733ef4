//! Saying of a command what the tables say of it.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::{Example, Verb, Words, values, verbs};
use crate::language::Language;

/// A command and all below it, with what is said of them in a language.
pub(super) fn told(command: Command, path: &str, language: Language) -> Command {
    let Some(verb) = verbs().find(|verb| verb.path == path) else {
        // Clap's own `help`, which repeats every other.
        let about = language.choose("显示帮助", "Show help");
        return command.about(about).mut_args(|argument| argument.help(""));
    };
    let mut command = command.mut_args(|argument| with_value_named(argument, path, language));
    let usage = usage(&mut command, language);
    let template = template(&command, language);
    command
        .about(language.choose(verb.about.0, verb.about.1))
        .long_about(None::<&str>)
        .override_usage(usage)
        .mut_args(|argument| argument_told(argument, verb, language))
        .mut_subcommands(|below| {
            let path = format!("{path} {}", below.get_name());
            told(below, path.trim_start(), language)
        })
        .after_help(examples(verb.examples, language))
        .help_template(template)
}

/// Clap's own template, with headings in a language.
fn template(command: &Command, language: Language) -> String {
    let mut template =
        format!("{{about-with-newline}}\n{}{{usage}}", language.choose("用法：", "Usage: "));
    for (is_there, heading, part) in [
        (command.has_subcommands(), language.choose("命令：", "Commands:"), "{subcommands}"),
        (
            command.get_positionals().next().is_some(),
            language.choose("参数：", "Arguments:"),
            "{positionals}",
        ),
        (true, language.choose("选项：", "Options:"), "{options}"),
    ] {
        if is_there {
            let _ = write!(template, "\n\n{heading}\n{part}");
        }
    }
    template + "{after-help}"
}

/// How a verb is typed. Clap's placeholders are English.
fn usage(command: &mut Command, language: Language) -> String {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    match language {
        Language::En => usage,
        Language::Zh => {
            let lines = usage.lines().map(str::trim).collect::<Vec<_>>().join("\n      ");
            lines
                .replace("[OPTIONS]", "[选项]")
                .replace("<COMMAND>", "<命令>")
                .replace("[COMMAND]", "[命令]")
        }
    }
}

/// An argument with its value called as its reader does.
fn with_value_named(argument: Arg, path: &str, language: Language) -> Arg {
    if language == Language::En || !argument.get_action().takes_values() {
        return argument;
    }
    let given = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let name = given.unwrap_or_else(|| argument.get_id().as_str().to_uppercase());
    match values::in_chinese(path, &name) {
        Some(zh) => argument.value_name(zh),
        None => argument,
    }
}

/// An argument with what is said of it, and what it takes if nothing else is said.
fn argument_told(argument: Arg, verb: &Verb, language: Language) -> Arg {
    let argument = match Words::at(verb.path, argument.get_id().as_str()) {
        Some(words) => argument.value_parser(words),
        None => argument,
    };
    let id = argument.get_id().as_str();
    let said = verb.arguments.iter().chain(COMMON).find(|(name, _)| *name == id);
    let mut help = said.map_or("", |(_, (zh, en))| language.choose(zh, en)).to_owned();
    // A flag has values of its own, which nobody types.
    if argument.get_action().takes_values() {
        if let Some(words) = words(&argument, language) {
            help += &language.choose(format!("\n可选：{words}"), format!("\nOne of: {words}"));
        }
        let default = argument.get_default_values().first();
        if let Some(default) = default.and_then(|default| default.to_str()) {
            help +=
                &language.choose(format!("（默认 {default}）"), format!(" [default: {default}]"));
        }
    }
    if let Some(name) = argument.get_env().and_then(|name| name.to_str()) {
        help += &language.choose(format!("（或设环境变量 {name}）"), format!(" [env: {name}]"));
    }
    // Long help would be the same, with an empty line below each argument.
    let is_help = id == "help";
    let argument = if is_help { argument.action(ArgAction::HelpShort) } else { argument };
    argument
        .help(help)
        .long_help(None::<&str>)
        .hide_possible_values(true)
        .hide_default_value(true)
        .hide_env(true)
}

/// The words that an argument chooses from, with what they are called in Chinese.
fn words(argument: &Arg, language: Language) -> Option<String> {
    let words = argument.get_possible_values();
    let named = words.iter().map(|word| match word.get_help() {
        Some(zh) => format!("{} {zh}", word.get_name()),
        None => word.get_name().to_owned(),
    });
    let list = named.collect::<Vec<_>>().join(language.choose("、", ", "));
    (!list.is_empty()).then_some(list)
}

/// What is said of arguments that mean the same at most verbs.
pub(super) const COMMON: &[(&str, super::Both)] = &[
    ("help", ("显示帮助", "Show help")),
    ("version", ("显示版本", "Show the version")),
    ("json", ("输出 JSON，供程序读取", "Print JSON for machines")),
    ("data", ("设备的目录", "The device's directory")),
    ("withdrawn", ("连同已作废的", "Also what was withdrawn")),
];

fn examples(examples: &[Example], language: Language) -> String {
    let mut text = String::new();
    for (place, Example { comment: (zh, en), typed }) in examples.iter().enumerate() {
        let heading = if place == 0 { language.choose("示例：\n", "Examples:\n") } else { "\n" };
        let _ = write!(text, "{heading}  # {}\n  keting {typed}", language.choose(zh, en));
    }
    text
}
