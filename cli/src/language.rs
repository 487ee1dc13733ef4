//! The language that people are spoken to in: `KETING_LANG`, or else the locale.

use std::fmt;
use std::sync::OnceLock;

/// A language that all texts are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Language {
    /// The reader's.
    pub fn of_reader() -> Self {
        static READERS: OnceLock<Language> = OnceLock::new();
        *READERS.get_or_init(|| Self::of(|name| std::env::var(name).ok()))
    }

    /// That of an environment. `KETING_LANG` decides if it names one of the two; then the first that is
    /// set of those by which POSIX chooses the language of messages.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let asked_for = variable("KETING_LANG").and_then(|name| match name.as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        });
        asked_for.unwrap_or_else(|| {
            let mut names = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
            let locale = names.find_map(|name| variable(name).filter(|value| !value.is_empty()));
            if locale.is_some_and(|locale| locale.starts_with("zh")) { Self::Zh } else { Self::En }
        })
    }

    /// The one of two texts that is in it.
    pub fn choose<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// A text in both languages: people read theirs, machines are given both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InBoth {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl fmt::Display for InBoth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Language::of_reader().choose(&self.zh, &self.en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_decides_and_then_the_locale() {
        for (set, language) in [
            (&[][..], Language::En),
            (&[("LANG", "zh_CN.UTF-8")], Language::Zh),
            (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C.UTF-8")], Language::En),
            (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")], Language::Zh),
            (&[("LANG", "en_GB.UTF-8"), ("LC_MESSAGES", "zh_TW")], Language::Zh),
            (&[("LC_ALL", "C.UTF-8"), ("KETING_LANG", "zh")], Language::Zh),
            (&[("LC_ALL", "zh_CN.UTF-8"), ("KETING_LANG", "en")], Language::En),
            (&[("LC_ALL", "zh_CN.UTF-8"), ("KETING_LANG", "fr")], Language::Zh),
        ] {
            let found = |name: &str| {
                let of_name = set.iter().find(|(known, _)| *known == name);
                of_name.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Language::of(found), language, "{set:?}");
        }
    }
}
