//! What is wrong with a command line that clap does not understand, in the reader's language.

use clap::builder::StyledStr;
use clap::error::{ContextKind, Error, ErrorFormatter, ErrorKind, RichFormatter};

use crate::language::Language;

/// Says what is wrong, on standard error; or shows the help that was asked for, on standard output.
pub fn complain(error: clap::Error, language: Language) {
    let _ = match language {
        Language::Zh => error.apply::<InChinese>().print(),
        Language::En => error.apply::<RichFormatter>().print(),
    };
}

/// What is wrong, without how the verb is typed.
pub fn in_one_line(error: &clap::Error, language: Language) -> String {
    match language {
        Language::Zh => wrong(error),
        Language::En => {
            let said = error.to_string();
            let lines = said.lines().map(str::trim).take_while(|line| !line.is_empty());
            let line = lines.collect::<Vec<_>>().join(" ");
            let line = line.trim_start_matches("error:").trim();
            match (text(error, ContextKind::Custom), perhaps_meant(error)) {
                (joined, _) if !joined.is_empty() => format!(
                    "{line}, and a value that begins with a hyphen is joined by an equals sign, as {joined}"
                ),
                (_, meant) if !meant.is_empty() => format!("{line}, and {meant} may be meant"),
                _ => line.to_owned(),
            }
        }
    }
}

/// The arguments that are missing, as they are typed.
pub fn missing_arguments(error: &clap::Error) -> Vec<String> {
    use clap::error::ContextValue;
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return Vec::new();
    }
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.clone(),
        Some(ContextValue::String(missing)) => vec![missing.clone()],
        _ => Vec::new(),
    }
}

struct InChinese;

impl ErrorFormatter for InChinese {
    fn format_error(error: &Error<Self>) -> StyledStr {
        let usage = text(error, ContextKind::Usage);
        let usage = usage.trim_start_matches("Usage:").trim();
        let usage = if usage.is_empty() { String::new() } else { format!("\n用法：{usage}\n") };
        format!("keting: {}\n{usage}\n加上 --help 查看用法。\n", wrong(error)).into()
    }
}

fn text<F: ErrorFormatter>(error: &Error<F>, kind: ContextKind) -> String {
    error.get(kind).map(ToString::to_string).unwrap_or_default()
}

fn wrong<F: ErrorFormatter>(error: &Error<F>) -> String {
    let text = |kind| text(error, kind);
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("缺少 {}。", argument.replace(", ", "、")),
        ErrorKind::UnknownArgument => match text(ContextKind::Custom) {
            joined if joined.is_empty() => {
                format!("没有 {argument} 这个参数{}。", perhaps(&perhaps_meant(error)))
            }
            joined => {
                format!("没有 {argument} 这个参数，以连字符开头的值要用等号连写，如 {joined}。")
            }
        },
        ErrorKind::InvalidSubcommand => {
            let (typed, meant) = (text(ContextKind::InvalidSubcommand), perhaps_meant(error));
            format!("没有 {typed} 这个命令{}。", perhaps(&meant))
        }
        ErrorKind::MissingSubcommand => {
            let choices = text(ContextKind::ValidSubcommand).replace(", ", "、");
            format!("还要写一个命令，可选：{choices}。")
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 后面要写值。"),
        ErrorKind::InvalidValue => {
            let choices = text(ContextKind::ValidValue).replace(", ", "、");
            format!("{argument} 不能是 {value}，可选：{choices}。")
        }
        ErrorKind::ValueValidation => format!("{argument} 不能是 {value}，请改正。"),
        ErrorKind::ArgumentConflict => {
            let other = text(ContextKind::PriorArg);
            if other.is_empty() || other == argument {
                format!("{argument} 只能写一次。")
            } else {
                format!("{argument} 不能和 {other} 一起用。")
            }
        }
        ErrorKind::TooFewValues | ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            format!("{argument} 后面值的个数不对。")
        }
        ErrorKind::InvalidUtf8 => "参数里有不是 UTF-8 的文字。".to_owned(),
        _ => "参数不对。".to_owned(),
    }
}

/// The argument or the command that may be meant by one that there is not.
fn perhaps_meant<F: ErrorFormatter>(error: &Error<F>) -> String {
    text(error, ContextKind::SuggestedArg) + &text(error, ContextKind::SuggestedSubcommand)
}

fn perhaps(meant: &str) -> String {
    if meant.is_empty() { String::new() } else { format!("，是不是 {meant}") }
}
