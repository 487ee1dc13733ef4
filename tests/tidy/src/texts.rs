//! Chinese that people read has the signs of Chinese: no half-width comma, colon or bracket beside a
//! Chinese character in what a source prints.

/// Finds half-width signs beside Chinese characters in the texts of a source, tests left out.
pub fn half_width_signs(path: &str, source: &str) -> Vec<String> {
    let source = source.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let wrong = literals(source).into_iter().filter(|(_, text)| has_half_width_sign(text));
    wrong
        .map(|(line, text)| format!("{path}:{line} has a half-width sign beside Chinese: {text}"))
        .collect()
}

/// Whether a half-width sign stands beside a Chinese character, with a blank between them or without.
fn has_half_width_sign(text: &str) -> bool {
    let seen: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    seen.windows(2).any(|pair| match pair {
        [before, after] => {
            (is_chinese(*before) && ",;:?!()".contains(*after))
                || (",;?!()".contains(*before) && is_chinese(*after))
        }
        _ => false,
    })
}

fn is_chinese(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

/// The texts in quotes of a source, each with its line; comments left out.
fn literals(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut characters = source.chars().peekable();
    let mut line = 1;
    while let Some(c) = characters.next() {
        match c {
            '\n' => line += 1,
            '/' if characters.peek() == Some(&'/') => {
                while characters.next_if(|c| *c != '\n').is_some() {}
            }
            // A quote as a character of its own.
            '\'' if characters.peek() == Some(&'"') => {
                characters.next();
            }
            '"' => {
                let (begun, mut text) = (line, String::new());
                while let Some(c) = characters.next().filter(|c| *c != '"') {
                    line += usize::from(c == '\n');
                    match c {
                        '\\' => {
                            let escaped = characters.next();
                            line += usize::from(escaped == Some('\n'));
                            if escaped == Some('\n') {
                                while characters.next_if(|c| c.is_whitespace()).is_some() {}
                            }
                        }
                        c => text.push(c),
                    }
                }
                found.push((begun, text));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{files, read};

    #[test]
    fn chinese_that_is_printed_has_the_signs_of_chinese() {
        let mut findings = Vec::new();
        let mut count = 0;
        for path in files().unwrap() {
            let is_room = ["core/", "server/", "cli/"].iter().any(|room| path.starts_with(room));
            let is_test =
                ["/tests/", "/tests.rs", "/testing.rs"].iter().any(|end| path.contains(end));
            if is_room && !is_test && path.ends_with(".rs") {
                let source = read(&path).unwrap();
                count +=
                    literals(&source).iter().filter(|(_, t)| t.chars().any(is_chinese)).count();
                findings.extend(half_width_signs(&path, &source));
            }
        }
        crate::expect_none(&findings);
        assert!(count > 300, "only {count} Chinese texts were looked at");
    }

    #[test]
    fn a_half_width_sign_beside_chinese_is_found_and_one_beside_english_is_not() {
        let found = |text: &str| half_width_signs("x", &format!("f(\"{text}\")")).len();
        for wrong in ["(不可见 withheld)", "已发送, 已收到", "姓名:", "是吗?", "待定 (两处)"]
        {
            assert_eq!(found(wrong), 1, "{wrong}");
        }
        for right in ["（不可见 withheld）", "待处理 held: 1", "电话 phone", "a, b (c)", "{n} 户"]
        {
            assert_eq!(found(right), 0, "{right}");
        }
        let source =
            "// (注释)\nlet a = '\"'; let b = \"一,二\";\n\n#[cfg(test)]\nmod t { \"(三)\" }";
        assert_eq!(half_width_signs("x", source).len(), 1);
        assert!(half_width_signs("x", source)[0].starts_with("x:2 "));
    }
}
