//! A value that begins with a hyphen, which is taken for an option unless it is joined to its own.

use std::ffi::OsString;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::language::Language;
use crate::output;

/// A complaint of an option that there is not, with how to type it if it was meant as the value of the option
/// before it. It stands where every formatter finds it.
pub fn with_value_meant(
    mut error: Error,
    command: &Command,
    typed: &[OsString],
    language: Language,
) -> Error {
    if let Some(joined) = joined(&error, command, typed) {
        let tip = language.choose(
            format!("以连字符开头的值要用等号连写：{joined}"),
            format!("a value that begins with a hyphen is joined by an equals sign: {joined}"),
        );
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
        error.insert(ContextKind::Custom, ContextValue::String(joined));
    }
    error
}

/// Option and value as they are typed together, where an option that takes a value has one behind it that was
/// taken for an option.
fn joined(error: &Error, command: &Command, typed: &[OsString]) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let unknown = error.get(ContextKind::InvalidArg)?.to_string();
    let typed: Vec<_> = typed.iter().map(|word| word.to_string_lossy()).collect();
    let verb =
        typed.iter().fold(command, |verb, word| verb.find_subcommand(&**word).unwrap_or(verb));
    let takes_value = |name: &str| {
        let mut arguments = verb.get_arguments().filter(|one| one.get_long() == Some(name));
        arguments.any(|one| one.get_action().takes_values())
    };
    typed.windows(2).find_map(|pair| {
        let [option, value] = pair else { return None };
        let name = option.strip_prefix("--").filter(|name| takes_value(name))?;
        value.starts_with(&unknown).then(|| output::option(name, value))
    })
}
