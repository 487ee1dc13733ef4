//! An invitation as people paste it: from a message that broke the line, put quotation marks around it,
//! or made two hyphens one dash.

use super::characters::{half_width, is_blank, is_invisible};

/// The text of an invitation without what came to it on its way. Whether it is one is not said.
pub fn pasted(text: &str) -> String {
    const DASH: char = '\u{2014}';
    let seen = text.chars().filter(|c| !is_invisible(*c) && !is_quotation(*c));
    let seen = seen.filter(|c| !is_blank(*c) && !c.is_whitespace());
    let mut pasted = String::with_capacity(text.len());
    for c in seen {
        match half_width(c) {
            DASH => pasted.push_str("--"),
            '\u{2010}'..='\u{2013}' | '\u{2212}' => pasted.push('-'),
            c => pasted.push(c),
        }
    }
    // A keyboard begins a sentence with a large letter.
    match pasted.strip_prefix('K') {
        Some(rest) => format!("k{rest}"),
        None => pasted,
    }
}

fn is_quotation(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '<' | '>' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}'
        | '\u{3008}'..='\u{300f}' | '\u{301d}'..='\u{301f}' | '\u{ff02}' | '\u{ff07}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_read_however_it_was_pasted() {
        for text in [
            "keting1:Ab--c_9",
            " keting1:Ab--\r\n  c_9 \n",
            "“keting1:Ab--c_9”",
            "'Keting1：Ab—c_9'",
            "「keting1:Ab\u{200b}-\u{2010}c_9」",
            "> keting1:Ab\n> --c_9",
        ] {
            assert_eq!(pasted(text), "keting1:Ab--c_9", "{text}");
        }
        assert_eq!(pasted("keting1:Ab.c"), "keting1:Ab.c");
    }
}
