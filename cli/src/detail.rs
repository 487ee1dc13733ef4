//! What stands in brackets behind what to do: the particulars, in the reader's language.
//!
//! The rooms below say them in English. Where they tell more than what to do, a Chinese text stands here, or in
//! front of the English one with ` · ` between them. An English text that only says the same again is for readers
//! of English.

use keting::{EngineError, StoreError, VaultError};
use keting_model::CommandError;

use crate::exit::Failure;
use crate::language::{InBoth, Language};

/// What is between the Chinese text and the English one.
const BETWEEN: &str = " · ";

/// What things are called that may not be there.
const THINGS: &[(&str, &str)] = &[
    ("the household", "这一户"),
    ("the resident", "这位居民"),
    ("the need", "这项需求"),
    ("the visit", "这次走访"),
    ("the note", "这条记录"),
    ("the region", "这个区域"),
    ("the held edit", "这项待处理的修改"),
    ("a field to settle", "待定的这一项"),
];

/// A text that stands in front of its English one, as both.
pub fn in_both(text: &str) -> InBoth {
    let (zh, en) = text.split_once(BETWEEN).unwrap_or((text, text));
    InBoth { zh: zh.to_owned(), en: en.to_owned() }
}

/// The particulars of a failure, if there are any for a reader of this language.
pub fn of(failure: &Failure, language: Language) -> Option<String> {
    let text = failure.to_string();
    match (text.split_once(BETWEEN), language) {
        (Some((zh, _)), Language::Zh) => Some(zh.to_owned()),
        (Some((_, en)), Language::En) => Some(en.to_owned()),
        (None, Language::En) => Some(text),
        (None, Language::Zh) => in_chinese(failure),
    }
}

fn in_chinese(failure: &Failure) -> Option<String> {
    match failure {
        Failure::NotFound(what)
        | Failure::Engine(
            EngineError::NotFound { what } | EngineError::Command(CommandError::NotFound { what }),
        )
        | Failure::Engine(EngineError::Command(CommandError::AlreadyExists { what })) => {
            called(what).map(str::to_owned)
        }
        Failure::Engine(EngineError::Vault(VaultError::Missing { vault, .. })) => {
            Some(vault.clone())
        }
        Failure::Engine(EngineError::Store(
            StoreError::Io { extended_code } | StoreError::Statement { extended_code },
        )) => Some(format!("SQLite {extended_code}")),
        Failure::Engine(EngineError::LogRefused(error)) => Some(error.code().to_owned()),
        Failure::Engine(EngineError::Protocol { code }) => Some((*code).to_owned()),
        Failure::Engine(EngineError::Ambiguous(several)) => {
            Some(format!("共 {} 个", several.count))
        }
        // What is wrong with what was typed is said in the reader's language where it is found.
        Failure::Usage(said) => Some(said.clone()),
        Failure::Arguments { what, .. } => Some(what.zh.clone()),
        Failure::Difference(count) => Some(format!("{count} 处")),
        Failure::Unwell(count) => Some(format!("{count} 项")),
        _ => None,
    }
}

fn called(what: &str) -> Option<&'static str> {
    THINGS.iter().find(|(en, _)| *en == what).map(|(_, zh)| *zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_brackets_is_in_the_readers_language() {
        let server = |message: &str| Failure::Server {
            code: "wrong_level".to_owned(),
            message: message.to_owned(),
        };
        let both = server("要微网格一级 · on a micro_grid");
        assert_eq!(of(&both, Language::Zh).as_deref(), Some("要微网格一级"));
        assert_eq!(of(&both, Language::En).as_deref(), Some("on a micro_grid"));
        let english = server("the name is not valid");
        assert_eq!(of(&english, Language::Zh), None);
        assert_eq!(of(&english, Language::En).as_deref(), Some("the name is not valid"));
        let nowhere = Failure::NotFound("the region");
        assert_eq!(of(&nowhere, Language::Zh).as_deref(), Some("这个区域"));
        assert_eq!(of(&nowhere, Language::En).as_deref(), Some("the region is not here"));
    }
}
