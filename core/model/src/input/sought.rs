//! What somebody seeks, and what it is sought in, in one form that both share.

use unicode_normalization::UnicodeNormalization;

use super::characters::{half_width, is_blank, is_hyphen, is_invisible, is_middle_dot};

/// A text without blanks and whatever nobody sees, in half width and small letters, with one sort of
/// hyphens and dots.
pub(crate) fn folded(text: &str) -> String {
    let seen = text.nfc().filter(|c| !is_invisible(*c)).map(|c| match c {
        c if is_middle_dot(c) => '·',
        c if is_hyphen(c) => '-',
        c => half_width(c),
    });
    seen.filter(|c| !is_blank(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_sought_as_one() {
        for (typed, sought) in [
            (" 9幢 １０１ 室", "9幢101室"),
            ("阿依•古丽", "阿依·古丽"),
            ("Ｂ座", "b座"),
            ("0573—8765 1234", "0573-87651234"),
            ("\u{feff}王小明\u{3000}", "王小明"),
        ] {
            assert_eq!(folded(typed), sought);
        }
    }
}
