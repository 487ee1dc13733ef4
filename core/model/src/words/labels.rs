//! What the words that fields choose from are called for people.

use crate::words::Language;
use crate::words::choices::label_in_sets;

/// A word with its labels. A word has the same ones in every field that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The word, as it stands in documents, options and JSON.
    pub word: &'static str,
    /// What it is called in Chinese.
    pub zh: &'static str,
    /// What it is called in English.
    pub en: &'static str,
}

impl Label {
    /// What it is called in a language.
    pub fn text(&self, language: Language) -> &'static str {
        language.choose(self.zh, self.en)
    }
}

const fn called(word: &'static str, zh: &'static str, en: &'static str) -> Label {
    Label { word, zh, en }
}

/// Of the words that are of no set: what is said of a withdrawal, and the levels of regions.
const LABELS: &[Label] = &[
    called("stands", "有效", "stands"),
    called("withdrawn", "已作废", "withdrawn"),
    called("city", "市", "city"),
    called("town", "镇（街道）", "town"),
    called("village", "村（社区）", "village"),
    called("grid", "网格", "grid"),
    called("micro_grid", "微网格", "micro-grid"),
    called("unit", "楼道单元", "unit"),
];

/// What a word is called, if it is one that a field chooses from.
pub fn label(word: &str) -> Option<&'static Label> {
    label_in_sets(word).or_else(|| LABELS.iter().find(|label| label.word == word))
}
