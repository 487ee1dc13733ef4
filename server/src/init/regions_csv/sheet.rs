//! Reading the cells of a table.

use std::io::Read;

use keting_model::CityTime;
use keting_model::input::{Field, check};
use keting_model::region::Level;

use super::complaint::{Complaint, Header, OtherFile, RegionsError, Rule};
use super::other_file::refuse_other_files;
use super::{COLUMNS, RegionLine};

/// What the lines of a table say, and what is wrong with their cells.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The lines whose cells are right.
    pub(super) lines: Vec<RegionLine>,
    /// The codes of the others, as far as they can be read: what lies in those is not wrong for that.
    pub(super) codes_of_wrong_lines: Vec<String>,
    pub(super) complaints: Vec<Complaint>,
    /// The lines with codes whose last digits are lost.
    rounded: Vec<u64>,
}

impl Sheet {
    /// Reads all lines but those in which every cell is empty, as spreadsheets leave them below a table.
    ///
    /// # Errors
    /// When it is no table, or one without its columns.
    pub(super) fn read(mut table: impl Read) -> Result<Self, RegionsError> {
        let mut bytes = Vec::new();
        table.read_to_end(&mut bytes).map_err(|_| RegionsError::Unreadable { line: 0 })?;
        refuse_other_files(&bytes)?;
        // Spreadsheets begin a UTF-8 file with a mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if is_blank(bytes) {
            return Err(RegionsError::Blank);
        }
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut records = reader.byte_records();
        let header = records.next().transpose().map_err(|error| unreadable(&error))?;
        let columns = Columns::of(&header.unwrap_or_default())?;
        let mut sheet = Self::default();
        for record in records {
            let record = record.map_err(|error| unreadable(&error))?;
            if record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                sheet.take(&record, &columns);
            }
        }
        if sheet.rounded.is_empty() {
            sheet.rounded = rounded_codes(&sheet.lines);
        }
        match sheet.rounded.first() {
            Some(line) => {
                Err(RegionsError::RoundedCodes { line: *line, lines: sheet.rounded.len() })
            }
            None => Ok(sheet),
        }
    }

    fn take(&mut self, record: &csv::ByteRecord, columns: &Columns) {
        let line = record.position().map_or(0, csv::Position::line);
        if let Some((place, cell)) = record.iter().enumerate().find(|(_, cell)| is_broken(cell)) {
            let column = columns.name_of(place);
            let first = cell.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let (cell, rule) = (String::from_utf8_lossy(first).trim().to_owned(), Rule::OneLine);
            return self.complaints.push(Complaint { line, column, cell, rule });
        }
        if record.len() != columns.width {
            let rule = Rule::Width;
            return self.complaints.push(Complaint {
                line,
                column: None,
                cell: String::new(),
                rule,
            });
        }
        let mut wrong = Vec::new();
        let cells: [String; COLUMNS.len()] = std::array::from_fn(|column| {
            let bytes = columns.places.get(column).and_then(|place| record.get(*place));
            if let Ok(text) = str::from_utf8(bytes.unwrap_or_default()) {
                return text.trim().to_owned();
            }
            wrong.push((COLUMNS[column], String::new(), Rule::Utf8));
            String::new()
        });
        let [code, name, level, parent_code, boundary, head] = cells;
        if [&code, &parent_code].into_iter().any(|code| is_scientific(code)) {
            self.rounded.push(line);
        }
        let is_unread = |column| wrong.iter().any(|(other, ..)| *other == column);
        let mut rules = Vec::new();
        let mut demand = |holds: bool, column, cell: &String, rule| {
            if !holds && !is_unread(column) {
                rules.push((column, cell.clone(), rule));
            }
        };
        demand(!code.is_empty(), "code", &code, Rule::Filled);
        demand(is_of_digits(&code), "code", &code, Rule::Digits);
        demand(!name.is_empty(), "name", &name, Rule::Filled);
        demand(is_of_digits(&parent_code), "parent_code", &parent_code, Rule::Digits);
        let known_level = level_of(&level);
        demand(known_level.is_some(), "level", &level, Rule::Level);
        for (column, field, cell) in [
            ("name", Field::RegionName, &name),
            ("boundary", Field::RegionBoundary, &boundary),
            ("head", Field::RegionHead, &head),
        ] {
            if let Some(rule) = broken_by(field, cell) {
                demand(false, column, cell, rule);
            }
        }
        wrong.extend(rules);
        match known_level.filter(|_| wrong.is_empty()) {
            Some(level) => {
                self.lines.push(RegionLine { line, code, name, level, parent_code, boundary, head })
            }
            None => self.codes_of_wrong_lines.push(code),
        }
        let complaint = |(column, cell, rule)| Complaint { line, column: Some(column), cell, rule };
        self.complaints.extend(wrong.into_iter().map(complaint));
    }
}

/// Where each of [`COLUMNS`] stands, and how many cells a line has.
struct Columns {
    places: [usize; COLUMNS.len()],
    width: usize,
}

impl Columns {
    fn of(header: &csv::ByteRecord) -> Result<Self, RegionsError> {
        let place =
            |column: &str| header.iter().position(|cell| cell.trim_ascii() == column.as_bytes());
        let missing: Vec<_> =
            COLUMNS.into_iter().filter(|column| place(column).is_none()).collect();
        let joined_by =
            |separator| header.len() == 1 && header.iter().flatten().any(|byte| *byte == separator);
        if joined_by(b';') {
            return Err(RegionsError::OtherFile(OtherFile::Semicolons));
        }
        if joined_by(b'\t') {
            return Err(RegionsError::OtherFile(OtherFile::Tabs));
        }
        if header.iter().any(is_joined_by_wide_commas) {
            return Err(RegionsError::OtherFile(OtherFile::WideCommas));
        }
        if !missing.is_empty() {
            return Err(match Header::instead_of(header) {
                Some(header) => RegionsError::Header(header),
                None => RegionsError::MissingColumns(missing),
            });
        }
        Ok(Self { places: COLUMNS.map(|column| place(column).unwrap_or(0)), width: header.len() })
    }

    /// Which column stands at a place of a line.
    fn name_of(&self, place: usize) -> Option<&'static str> {
        self.places.iter().zip(COLUMNS).find(|(at, _)| **at == place).map(|(_, column)| column)
    }
}

impl Header {
    /// What a first line is that is not the header.
    fn instead_of(line: &csv::ByteRecord) -> Option<Self> {
        let cells: Vec<_> = line.iter().map(<[u8]>::trim_ascii).collect();
        let is_code = |cell: &&[u8]| cell.len() >= 6 && cell.iter().all(u8::is_ascii_digit);
        if cells.iter().any(is_code) {
            return Some(Self::Missing);
        }
        cells.iter().any(|cell| !cell.is_ascii()).then_some(Self::InChinese)
    }
}

/// Whether there is nothing in a file: blanks at most, and the commas of cells with nothing in them.
fn is_blank(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| c.is_whitespace() || c == ','))
}

/// Whether a cell of the first line has names of columns in it, or a code, with full-width commas between.
fn is_joined_by_wide_commas(cell: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(cell) else { return false };
    let parts: Vec<_> = text.split('，').collect();
    parts.len() == COLUMNS.len()
        || parts.len() > 1 && parts.iter().any(|part| COLUMNS.contains(&part.trim()))
}

/// Whether a line ends within a cell.
fn is_broken(cell: &[u8]) -> bool {
    cell.trim_ascii().contains(&b'\n')
}

/// The level of a name, in English or as people say it.
fn level_of(cell: &str) -> Option<Level> {
    let named = check(Field::RegionLevel, cell, CityTime::default()).ok()?;
    Level::from_name(&named.value)
}

/// The rule that a cell breaks which is not empty.
fn broken_by(field: Field, cell: &str) -> Option<Rule> {
    let broken = check(field, cell, CityTime::default()).err().filter(|_| !cell.is_empty())?;
    Some(Rule::Text(broken.rule))
}

/// Whether a code stands as spreadsheets show a number of many digits, such as 9.90481E+11: the digits that
/// are not shown are gone.
fn is_scientific(code: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((shown, exponent)) = code.split_once(['e', 'E']) else { return false };
    let (whole, fraction) = shown.split_once('.').unwrap_or((shown, "0"));
    digits(whole) && digits(fraction) && digits(exponent.trim_start_matches('+'))
}

/// The lines whose codes are longer than a spreadsheet's numbers, if all of these codes end as such numbers do
/// and a region among them would have the number 0, which none has. Codes that are lost alike may still fit
/// each other, as those of parent and child.
fn rounded_codes(lines: &[RegionLine]) -> Vec<u64> {
    const DIGITS_KEPT: usize = 15;
    let long: Vec<_> = lines.iter().filter(|line| line.code.len() > DIGITS_KEPT).collect();
    let is_zero = |digits: &str| digits.bytes().all(|digit| digit == b'0');
    let ends_so = |line: &&RegionLine| line.code.get(DIGITS_KEPT..).is_some_and(is_zero);
    let own = |line: &&RegionLine| {
        let own = if line.level == Level::Unit { 3 } else { 2 };
        line.code
            .len()
            .checked_sub(own)
            .and_then(|above| line.code.get(above..))
            .is_some_and(is_zero)
    };
    let is_rounded = long.iter().all(ends_so) && long.iter().any(own);
    if is_rounded { long.iter().map(|line| line.line).collect() } else { Vec::new() }
}

fn is_of_digits(code: &str) -> bool {
    code.bytes().all(|digit| digit.is_ascii_digit())
}

fn unreadable(error: &csv::Error) -> RegionsError {
    RegionsError::Unreadable { line: error.position().map_or(0, csv::Position::line) }
}
