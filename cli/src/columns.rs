//! Text in columns on a terminal, where a Chinese character is twice as wide as a letter.

use unicode_width::UnicodeWidthStr;

/// How many columns of a terminal a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text with as many blanks behind it as make it so wide.
pub fn padded(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

/// Rows of cells as lines, each column as wide as its widest cell, two blanks between columns.
pub fn aligned(rows: &[Vec<String>]) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
