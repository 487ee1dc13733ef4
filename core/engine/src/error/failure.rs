//! An error as one flat record, for whoever stands on the engine in another language; and every sentence that
//! a person may read, by code.

use keting_model::input::Field;
use keting_model::words::Language;
use keting_model::{CommandError, HouseholdId, InvalidValue, RuleError};

use crate::error::{CAUTIONS, EngineError, ErrorKind, FAMILIES, FINDINGS};

/// What went wrong, without text: the sentence for a code is in [`sentences`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What an application does about it.
    pub kind: ErrorKind,
    /// Whether the same again may succeed later without anybody changing anything.
    pub retryable: bool,
    /// Which field it is about, if it is about one.
    pub field: Option<Field>,
    /// The most that is allowed, where something is too much: characters of a field, bytes of a draft,
    /// drafts.
    pub limit: Option<u32>,
    /// Where to go: the household in which something has to be settled first, or has changed.
    pub about: Option<HouseholdId>,
}

/// A code, and what a person should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// The code of an error, a warning or a finding.
    pub code: &'static str,
    /// One sentence.
    pub text: &'static str,
}

/// Every code of this version with its sentence in a language.
pub fn sentences(language: Language) -> Vec<Sentence> {
    let errors = FAMILIES.iter().flat_map(|family| family.codes);
    let errors = errors.map(|known| (known.code, known.zh, known.en));
    let others = CAUTIONS.iter().chain(&FINDINGS).map(|other| (other.code, other.zh, other.en));
    let sentence = |(code, zh, en)| Sentence { code, text: language.choose(zh, en) };
    errors.chain(others).map(sentence).collect()
}

impl EngineError {
    /// The same as one flat record.
    pub fn failure(&self) -> Failure {
        Failure {
            code: self.code().to_owned(),
            kind: self.kind(),
            retryable: self.retryable(),
            field: self.field(),
            limit: self.limit(),
            about: self.about(),
        }
    }

    /// The field it is about, if it is about one that people fill in.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Command(error) => error.field(),
            Self::Input(refused) => Some(refused.field),
            Self::Rule(RuleError::Invalid { field, .. } | RuleError::Conflicted { field }) => {
                Field::of_pattern(field)
            }
            _ => None,
        }
    }

    fn limit(&self) -> Option<u32> {
        let rule = match self {
            Self::Draft(error) => return u32::try_from(error.limit()).ok(),
            Self::Command(CommandError::Invalid { rule, .. })
            | Self::Rule(RuleError::Invalid { rule, .. }) => *rule,
            Self::Input(refused) => refused.rule,
            _ => return None,
        };
        match rule {
            InvalidValue::TooLong { chars_max } => u32::try_from(chars_max).ok(),
            _ => None,
        }
    }

    fn about(&self) -> Option<HouseholdId> {
        match self {
            Self::Command(CommandError::Conflicted { document, .. }) => HouseholdId::of(*document),
            Self::ChangedMeanwhile { about } => *about,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::advice;

    #[test]
    fn every_code_has_its_sentence_in_the_language_that_is_asked_for() {
        for language in [Language::Zh, Language::En] {
            let all = sentences(language);
            assert!(all.iter().any(|one| one.code == "conflicted"));
            assert!(all.iter().any(|one| one.code == "second_head"));
            for Sentence { code, text } in all {
                let advice = advice(code).unwrap();
                assert_eq!(text, language.choose(advice.zh, advice.en), "{code}");
            }
        }
    }
}
