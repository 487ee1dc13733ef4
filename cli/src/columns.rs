//! Text in columns on a terminal, where a Chinese character is twice as wide as a letter.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns of a terminal a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text with as many blanks behind it as make it so wide.
pub fn padded(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

/// A text on one line: each line end is a blank.
pub fn on_one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// A text on one line, cut where it would be wider than so many columns.
pub fn shortened(text: &str, wide_max: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if width(&one_line) <= wide_max {
        return one_line;
    }
    let mut cut = String::new();
    for character in one_line.chars() {
        if width(&cut) + character.width().unwrap_or(0) >= wide_max {
            break;
        }
        cut.push(character);
    }
    format!("{}…", cut.trim_end())
}

/// Rows of cells as lines, each column as wide as its widest cell, two blanks between columns. A line end in a
/// cell is a blank: what somebody entered never looks like a row of its own.
pub fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| on_one_line(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..count).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<_> =
            row.iter().zip(&widths).map(|(cell, wide)| padded(cell, *wide)).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A text as lines that are not wider than so many columns: broken at blanks, or beside a Chinese character,
/// but not before a sign that ends something. What has no such place stays whole.
pub fn folded(text: &str, wide: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() || width(line) + width(piece.trim_end()) <= wide {
            line.push_str(piece);
        } else {
            lines.push(piece.to_owned());
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// A text in pieces that are not broken, each with the blanks behind it.
fn pieces(text: &str) -> Vec<&str> {
    let mut places = vec![0];
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let is_wide = |c: char| c.len_utf8() > 1;
        let may_break = before
            .is_some_and(|before| c != ' ' && (before == ' ' || is_wide(before) || is_wide(c)));
        let belongs =
            "，。、；：？！）”》".contains(c) || before.is_some_and(|c| "（“《".contains(c));
        if may_break && !belongs {
            places.push(at);
        }
        before = Some(c);
    }
    places.push(text.len());
    places.windows(2).filter_map(|pair| text.get(*pair.first()?..*pair.last()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_folded_where_it_may_be_and_nothing_of_it_is_lost() {
        assert_eq!(folded("血压药快用完了，下周再来。", 14), ["血压药快用完", "了，下周再来。"]);
        assert_eq!(folded("one two three", 7), ["one two", "three"]);
        assert_eq!(folded("打13800000001找他", 6), ["打", "13800000001", "找他"]);
        assert_eq!(folded("（陆德祥）", 2), ["（陆", "德", "祥）"]);
        assert_eq!(folded("", 7), [""]);
        for wide in 1..40 {
            let text = "楼道灯不亮，已报物业 W-17；等配件（约三天）。";
            assert_eq!(folded(text, wide).concat().replace(' ', ""), text.replace(' ', ""));
        }
    }

    #[test]
    fn what_has_several_lines_takes_one_row() {
        let rows = [["2  好\n3  差".to_owned(), "x".to_owned()]].map(Vec::from);
        assert_eq!(aligned(&rows), ["2  好 3  差  x"]);
    }

    #[test]
    fn columns_stand_under_each_other_whatever_is_written_in_them() {
        let rows = [["电话 phone", "1"], ["sex", "女"], ["与户主关系 relation", "—"]];
        let lines = aligned(&rows.map(|row| row.map(str::to_owned).to_vec()));
        assert_eq!(
            lines,
            ["电话 phone           1", "sex                  女", "与户主关系 relation  —"]
        );
        let before = |line: &String| width(&line[..line.rfind(' ').unwrap()]);
        assert!(lines.iter().all(|line| before(line) == before(&lines[0])));
    }

    #[test]
    fn a_text_of_a_list_stays_on_its_line_and_says_where_it_was_cut() {
        assert_eq!(shortened("药快用完\n了", 11), "药快用完 了");
        assert_eq!(shortened("药快用完\n了", 10), "药快用完…");
        assert_eq!(shortened("楼道灯不亮", 6), "楼道…");
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
    }
}
