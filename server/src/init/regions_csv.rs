//! The regions a city begins with, as a table: `code,name,level,parent_code,boundary,head`, UTF-8.
//!
//! A table is taken whole or not at all, and every complaint names its line.

use std::collections::BTreeMap;
use std::io::Read;

use keting_model::region::Level;

/// The columns, in any order; all must be there.
pub const COLUMNS: [&str; 6] = ["code", "name", "level", "parent_code", "boundary", "head"];

/// One region of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionLine {
    /// The line in the file, from 1, the header included; 0 for a city the table only implies.
    pub line: u64,
    /// The region's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// The code of the region it lies in; empty for the city.
    pub parent_code: String,
    /// Its boundary in words, or empty.
    pub boundary: String,
    /// Who is in charge, or empty.
    pub head: String,
}

/// Says what is wrong with the table. Not retryable.
#[derive(Debug, thiserror::Error)]
pub enum RegionsError {
    /// The file cannot be read, or is no table.
    #[error("the table of regions cannot be read at line {line}")]
    Unreadable {
        /// The line, or 0 if that is not known.
        line: u64,
    },
    /// A line is not UTF-8.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// The line.
        line: u64,
    },
    /// The first line does not name all columns.
    #[error("the header lacks the column {column}")]
    MissingColumn {
        /// The column.
        column: &'static str,
    },
    /// There is no line below the header.
    #[error("the table holds no region")]
    Empty,
    /// A line has more or fewer cells than the header.
    #[error("line {line} has another number of cells than the header")]
    WrongWidth {
        /// The line.
        line: u64,
    },
    /// A cell that must be filled is empty, or holds what it may not.
    #[error("line {line}: the column {column} is not valid")]
    BadCell {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// A code stands on two lines.
    #[error("line {line} has a code that line {first_line} has already")]
    DuplicateCode {
        /// The later line.
        line: u64,
        /// The earlier one.
        first_line: u64,
    },
    /// A region lies in one that is not in the table.
    #[error("line {line} names a parent that is not in the table")]
    UnknownParent {
        /// The line.
        line: u64,
    },
    /// A region does not lie in one of a higher level.
    #[error("line {line}: a region cannot lie in one of this level")]
    WrongLevel {
        /// The line.
        line: u64,
    },
    /// A region's code is not made of the code of the region it lies in.
    #[error("line {line}: the code does not continue the code of the region above")]
    WrongCode {
        /// The line.
        line: u64,
    },
    /// Regions lie in each other in a circle.
    #[error("line {line} is part of a circle of regions")]
    Cycle {
        /// The first line of the circle.
        line: u64,
    },
    /// There are two cities.
    #[error("line {line} is a second city")]
    SecondCity {
        /// The line.
        line: u64,
    },
}

impl RegionsError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "regions_unreadable",
            Self::NotUtf8 { .. } => "regions_not_utf8",
            Self::MissingColumn { .. } => "regions_missing_column",
            Self::WrongWidth { .. } => "regions_wrong_width",
            Self::BadCell { .. } => "regions_bad_cell",
            Self::Empty => "regions_empty",
            Self::DuplicateCode { .. } => "regions_duplicate_code",
            Self::UnknownParent { .. } => "regions_unknown_parent",
            Self::WrongLevel { .. } => "regions_wrong_level",
            Self::WrongCode { .. } => "regions_wrong_code",
            Self::Cycle { .. } => "regions_cycle",
            Self::SecondCity { .. } => "regions_second_city",
        }
    }
}

/// Reads a table and puts every region behind the one it lies in, the city first.
///
/// A table without a city whose towns all name one parent implies that city, with `city_name`;
/// if they name none, the city has no region of its own.
///
/// # Errors
/// When the table is not one, or its regions do not make a tree.
pub fn read_regions(table: impl Read, city_name: &str) -> Result<Vec<RegionLine>, RegionsError> {
    let mut lines = read_lines(table)?;
    if lines.is_empty() {
        return Err(RegionsError::Empty);
    }
    ensure_city(&mut lines, city_name)?;
    let by_code = index(&lines)?;
    check_parents(&lines, &by_code)?;
    // Levels rise strictly from child to parent, so sorting by level puts parents first; the order
    // of the table stays within a level.
    lines.sort_by_key(|line| (line.level, line.line));
    Ok(lines)
}

fn read_lines(table: impl Read) -> Result<Vec<RegionLine>, RegionsError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    let mut records = reader.byte_records();
    let header = records.next().transpose().map_err(|error| unreadable(&error))?;
    let header = header.ok_or(RegionsError::MissingColumn { column: COLUMNS[0] })?;
    let columns = place_columns(&header)?;

    let mut lines = Vec::new();
    for record in records {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        lines.push(read_line(&record, &columns, line)?);
    }
    Ok(lines)
}

/// Where each of [`COLUMNS`] stands.
fn place_columns(header: &csv::ByteRecord) -> Result<[usize; COLUMNS.len()], RegionsError> {
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        // Spreadsheets begin a UTF-8 file with a mark.
        let is_it =
            |cell: &[u8]| cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell) == column.as_bytes();
        *place = header
            .iter()
            .position(|cell| is_it(cell.trim_ascii()))
            .ok_or(RegionsError::MissingColumn { column })?;
    }
    Ok(places)
}

fn read_line(
    record: &csv::ByteRecord,
    places: &[usize; COLUMNS.len()],
    line: u64,
) -> Result<RegionLine, RegionsError> {
    let mut cells = places.map(|_| String::new());
    for (cell, place) in cells.iter_mut().zip(places) {
        let bytes = record.get(*place).ok_or(RegionsError::WrongWidth { line })?;
        let text = str::from_utf8(bytes).map_err(|_| RegionsError::NotUtf8 { line })?;
        *cell = text.trim().to_owned();
    }
    let [code, name, level, parent_code, boundary, head] = cells;
    let bad = |column| RegionsError::BadCell { line, column };
    let is_code = |code: &str| code.bytes().all(|digit| digit.is_ascii_digit());
    if code.is_empty() || !is_code(&code) {
        return Err(bad("code"));
    }
    if name.is_empty() {
        return Err(bad("name"));
    }
    if !is_code(&parent_code) {
        return Err(bad("parent_code"));
    }
    let level = Level::from_name(&level).ok_or(bad("level"))?;
    Ok(RegionLine { line, code, name, level, parent_code, boundary, head })
}

fn ensure_city(lines: &mut Vec<RegionLine>, city_name: &str) -> Result<(), RegionsError> {
    let mut cities = lines.iter().filter(|line| line.level == Level::City);
    if let Some(first) = cities.next() {
        return match (cities.next(), first.parent_code.is_empty()) {
            (Some(second), _) => Err(RegionsError::SecondCity { line: second.line }),
            (None, false) => Err(RegionsError::WrongLevel { line: first.line }),
            (None, true) => Ok(()),
        };
    }
    let mut towns = lines.iter().filter(|line| line.level == Level::Town);
    let code = towns.next().map(|town| town.parent_code.clone()).unwrap_or_default();
    if code.is_empty() || lines.iter().any(|line| line.code == code) {
        return Ok(());
    }
    if let Some(other) = towns.find(|town| town.parent_code != code) {
        return Err(RegionsError::UnknownParent { line: other.line });
    }
    lines.push(RegionLine {
        line: 0,
        code,
        name: city_name.to_owned(),
        level: Level::City,
        parent_code: String::new(),
        boundary: String::new(),
        head: String::new(),
    });
    Ok(())
}

fn index(lines: &[RegionLine]) -> Result<BTreeMap<&str, &RegionLine>, RegionsError> {
    let mut by_code = BTreeMap::new();
    for line in lines {
        if let Some(first) = by_code.insert(line.code.as_str(), line) {
            return Err(RegionsError::DuplicateCode { line: line.line, first_line: first.line });
        }
    }
    Ok(by_code)
}

fn check_parents(
    lines: &[RegionLine],
    by_code: &BTreeMap<&str, &RegionLine>,
) -> Result<(), RegionsError> {
    let has_city = lines.iter().any(|line| line.level == Level::City);
    for line in lines.iter().filter(|line| line.level != Level::City) {
        if line.parent_code.is_empty() {
            if line.level == Level::Town && !has_city {
                continue;
            }
            return Err(RegionsError::WrongLevel { line: line.line });
        }
        let parent = by_code
            .get(line.parent_code.as_str())
            .ok_or(RegionsError::UnknownParent { line: line.line })?;
        if let Some(first) = circle(line, by_code) {
            return Err(RegionsError::Cycle { line: first });
        }
        if parent.level >= line.level {
            return Err(RegionsError::WrongLevel { line: line.line });
        }
        if !line.level.continues(&parent.code, &line.code) {
            return Err(RegionsError::WrongCode { line: line.line });
        }
    }
    Ok(())
}

/// The first line of the circle that a line is part of.
fn circle(start: &RegionLine, by_code: &BTreeMap<&str, &RegionLine>) -> Option<u64> {
    let mut first = start.line;
    let mut at = by_code.get(start.parent_code.as_str())?;
    // A way up that is no circle through `start` ends, or has gone round another circle after as
    // many steps as there are regions.
    for _ in 0..by_code.len() {
        if at.code == start.code {
            return Some(first);
        }
        first = first.min(at.line);
        at = by_code.get(at.parent_code.as_str())?;
    }
    None
}

fn unreadable(error: &csv::Error) -> RegionsError {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { .. } => RegionsError::WrongWidth { line },
        csv::ErrorKind::Utf8 { .. } => RegionsError::NotUtf8 { line },
        _ => RegionsError::Unreadable { line },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "code,name,level,parent_code,boundary,head\n";

    #[test]
    fn a_table_is_read_with_parents_before_their_children() {
        let lines = read(
            "990481001001,朝向村,village,990481001,,\n\
             990481,海宁市,city,,,\n\
             990481001,硖石街道,town,990481,东至河,王五\n",
        )
        .unwrap();
        let codes: Vec<_> = lines.iter().map(|line| line.code.as_str()).collect();
        assert_eq!(codes, ["990481", "990481001", "990481001001"]);
        assert_eq!(lines[1].boundary, "东至河");
        assert_eq!(lines[1].line, 4);
    }

    #[test]
    fn a_table_without_a_city_implies_the_one_its_towns_name() {
        let lines = read("990481001,硖石街道,town,990481,,\n").unwrap();
        assert_eq!((lines[0].code.as_str(), lines[0].name.as_str()), ("990481", "海宁"));
        assert_eq!(read("990481001,A,town,,,\n").unwrap().len(), 1);
        assert!(matches!(
            read("990481001,A,town,990481,,\n990481002,B,town,990482,,\n"),
            Err(RegionsError::UnknownParent { line: 3 })
        ));
    }

    #[test]
    fn columns_may_stand_in_any_order_and_behind_a_mark() {
        let table = "\u{feff}level,code,name,head,boundary,parent_code\ncity,990481,海宁市,,,\n";
        assert_eq!(read_regions(table.as_bytes(), "海宁").unwrap()[0].name, "海宁市");
    }

    #[test]
    fn every_complaint_names_its_line() {
        let city = "990481,海宁市,city,,,\n";
        let complaint = |rest: &str| read(&format!("{city}{rest}")).unwrap_err();
        assert!(matches!(complaint("1,A,town,7,,\n"), RegionsError::UnknownParent { line: 3 }));
        assert!(matches!(
            complaint("1,A,town,990481,,\n1,B,town,990481,,\n"),
            RegionsError::DuplicateCode { line: 4, first_line: 3 }
        ));
        assert!(matches!(
            complaint("1,A,village,2,,\n2,B,grid,1,,\n"),
            RegionsError::Cycle { line: 3 }
        ));
        assert!(matches!(complaint("1,A,town,1,,\n"), RegionsError::Cycle { line: 3 }));
        assert!(matches!(
            complaint("1,A,village,2,,\n2,B,grid,990481,,\n"),
            RegionsError::WrongLevel { line: 3 }
        ));
        assert!(matches!(
            complaint("990482001,A,town,990481,,\n"),
            RegionsError::WrongCode { line: 3 }
        ));
        assert!(matches!(complaint("2,B,city,,,\n"), RegionsError::SecondCity { line: 3 }));
        assert!(matches!(
            complaint("1,A,hamlet,990481,,\n"),
            RegionsError::BadCell { line: 3, column: "level" }
        ));
        assert!(matches!(complaint("1,A,town\n"), RegionsError::WrongWidth { .. }));
        assert!(matches!(read("x"), Err(RegionsError::WrongWidth { .. })));
    }

    #[test]
    fn a_table_that_is_not_utf8_or_has_no_header_is_refused() {
        let mut table = HEADER.as_bytes().to_vec();
        table.extend(b"1,\xff,town,990481,,\n");
        assert!(matches!(
            read_regions(table.as_slice(), "海宁"),
            Err(RegionsError::NotUtf8 { line: 2 })
        ));
        assert!(matches!(
            read_regions(&b""[..], "海宁"),
            Err(RegionsError::MissingColumn { column: "code" })
        ));
        assert!(matches!(
            read_regions(&b"code,name,level,parent_code,boundary\n"[..], "海宁"),
            Err(RegionsError::MissingColumn { column: "head" })
        ));
    }

    fn read(rest: &str) -> Result<Vec<RegionLine>, RegionsError> {
        read_regions(format!("{HEADER}{rest}").as_bytes(), "海宁")
    }
}
