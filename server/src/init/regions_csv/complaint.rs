//! What is wrong with a table of regions: all of it at once, so that whoever filled it in corrects it once.

use std::fmt;

use keting_model::InvalidValue;

use super::COLUMNS;

/// Says what is wrong with a table. Not retryable.
#[derive(Debug, thiserror::Error)]
pub enum RegionsError {
    /// The file is another thing than a table in UTF-8 with commas between its cells.
    #[error("{} · the file is {}, not CSV in UTF-8", .0.words().0, .0.words().1)]
    OtherFile(OtherFile),
    /// The file cannot be read, or is no table.
    #[error("第 {line} 行读不出来 · the table of regions cannot be read at line {line}")]
    Unreadable {
        /// The line, or 0 if that is not known.
        line: u64,
    },
    /// The first line does not name all columns.
    #[error("缺少 {} · the header lacks {}", .0.join("、"), .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    /// The first line names no column, or names them in other words.
    #[error(
        "{}，第一行要写 {names} · {}; the first line is {names}",
        .0.words().0, .0.words().1, names = COLUMNS.join(",")
    )]
    Header(Header),
    /// Codes of it were numbers of a spreadsheet, which keeps fifteen digits: the last ones are lost.
    #[error(
        "{lines} 行的代码丢了后面的数字，从第 {line} 行起 · codes on {lines} lines have lost their last digits, \
             from line {line} on"
    )]
    RoundedCodes {
        /// The first line with such a code.
        line: u64,
        /// How many lines have one.
        lines: usize,
    },
    /// There is nothing in the file.
    #[error("表头是 {names} · the header is {names}", names = COLUMNS.join(","))]
    Blank,
    /// There is no line below the header.
    #[error("the table holds no region")]
    Empty,
    /// Lines of it are wrong.
    #[error(transparent)]
    Wrong(Complaints),
}

/// What a file is that was taken for a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherFile {
    /// A workbook of a spreadsheet program.
    Workbook,
    /// Text in UTF-16.
    Utf16,
    /// Text in GBK or GB 18030.
    Gbk,
    /// A table with semicolons between its cells.
    Semicolons,
    /// A table with tabs between its cells.
    Tabs,
    /// A table with the commas of Chinese texts between its cells.
    WideCommas,
}

/// What the first line of a table is instead of its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// A region.
    Missing,
    /// The names of columns in Chinese.
    InChinese,
}

/// All that is wrong with the lines of a table, in the order of the lines; never nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Complaints(Vec<Complaint>);

/// What is wrong with a cell of a table, or with a whole line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line in the file, from 1, the header included.
    pub line: u64,
    /// The column; none if it is about the line.
    pub column: Option<&'static str>,
    /// What stands there; empty if it is about the line, or cannot be read.
    pub cell: String,
    /// The rule that is broken.
    pub rule: Rule,
}

/// What a line of a table must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// In UTF-8.
    Utf8,
    /// As wide as the header.
    Width,
    /// Filled in.
    Filled,
    /// On one line: a quotation mark that nobody closed takes in the lines below it.
    OneLine,
    /// Of digits.
    Digits,
    /// A level that there is.
    Level,
    /// What this rule of texts and names asks for.
    Text(InvalidValue),
    /// A code that no line above has.
    OwnCode {
        /// The line that has it.
        first_line: u64,
    },
    /// In a region of the table.
    KnownParent,
    /// In a region of a higher level.
    HigherParent,
    /// With a code that is made of the code of the region above.
    ContinuedCode,
    /// In no circle of regions.
    NoCircle,
    /// The only city.
    OneCity,
    /// The city that is made.
    ThatCity,
}

impl RegionsError {
    /// The stable code of the error; of several complaints that of the first.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherFile(OtherFile::Workbook) => "regions_workbook",
            Self::OtherFile(OtherFile::Utf16) => "regions_not_utf8",
            Self::OtherFile(OtherFile::Gbk) => "regions_gbk",
            Self::OtherFile(OtherFile::Semicolons | OtherFile::Tabs | OtherFile::WideCommas) => {
                "regions_separator"
            }
            Self::Unreadable { .. } => "regions_unreadable",
            Self::MissingColumns(_) => "regions_missing_column",
            Self::Header(_) => "regions_header",
            Self::RoundedCodes { .. } => "regions_rounded_codes",
            Self::Blank => "regions_blank",
            Self::Empty => "regions_empty",
            Self::Wrong(Complaints(all)) => {
                all.first().map_or("regions_unreadable", |first| first.rule.code())
            }
        }
    }

    /// All that is wrong with the lines.
    pub fn complaints(&self) -> &[Complaint] {
        match self {
            Self::Wrong(Complaints(all)) => all,
            Self::OtherFile(_)
            | Self::Unreadable { .. }
            | Self::MissingColumns(_)
            | Self::Header(_)
            | Self::RoundedCodes { .. }
            | Self::Blank
            | Self::Empty => &[],
        }
    }
}

impl OtherFile {
    /// What the file is, in Chinese and in English.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Workbook => ("文件是表格软件的工作簿", "a spreadsheet's workbook"),
            Self::Utf16 => ("文件是 UTF-16 编码", "text in UTF-16"),
            Self::Gbk => ("文件是 GBK 编码", "text in GBK"),
            Self::Semicolons => ("各格用分号隔开", "a table with semicolons between its cells"),
            Self::Tabs => ("各格用制表符隔开", "a table with tabs between its cells"),
            Self::WideCommas => (
                "各格用全角逗号“，”隔开，要改成半角逗号",
                "a table with full-width commas (，) between its cells",
            ),
        }
    }
}

impl Header {
    /// What stands in the first line, in Chinese and in English.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("没有表头", "there is no header"),
            Self::InChinese => ("表头是中文", "the header is in Chinese"),
        }
    }
}

impl Complaints {
    /// Nothing if nothing is wrong.
    pub(super) fn of(mut all: Vec<Complaint>) -> Result<(), RegionsError> {
        all.sort_by_key(|complaint| complaint.line);
        if all.is_empty() { Ok(()) } else { Err(RegionsError::Wrong(Self(all))) }
    }
}

impl Rule {
    /// The stable code of what breaks it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "regions_not_utf8",
            Self::Width => "regions_wrong_width",
            Self::Filled | Self::OneLine | Self::Digits | Self::Level | Self::Text(_) => {
                "regions_bad_cell"
            }
            Self::OwnCode { .. } => "regions_duplicate_code",
            Self::KnownParent => "regions_unknown_parent",
            Self::HigherParent => "regions_wrong_level",
            Self::ContinuedCode => "regions_wrong_code",
            Self::NoCircle => "regions_cycle",
            Self::OneCity => "regions_second_city",
            Self::ThatCity => "regions_other_city",
        }
    }

    /// The rule in Chinese and in English.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Utf8 => ("不是 UTF-8 编码", "is not UTF-8"),
            Self::Width => ("列数和表头不同", "has another number of cells than the header"),
            Self::Filled => ("不能为空", "must be filled in"),
            Self::OneLine => (
                "单元格里不能换行，可能少了收尾的双引号",
                "has a line break in it: perhaps a closing quotation mark is missing",
            ),
            Self::Digits => ("只能是数字", "takes digits only"),
            Self::Level => (
                "只能是市 city、镇 town、村 village、网格 grid、微网格 micro_grid、楼道单元 unit",
                "is one of city, town, village, grid, micro_grid, unit",
            ),
            Self::Text(InvalidValue::TooLong { .. }) => ("太长", "is too long"),
            Self::Text(InvalidValue::NoLetter) => {
                ("至少要有一个汉字或字母", "has a letter or Chinese character")
            }
            Self::Text(_) => ("有不能用的字符", "holds characters that may not stand there"),
            Self::OwnCode { .. } => ("代码已被用过", "has a code that stands already"),
            Self::KnownParent => ("表里没有这个上级", "names a parent that is not in the table"),
            Self::HigherParent => {
                ("上级的层级要比本级高", "lies in a region that is not of a higher level")
            }
            Self::ContinuedCode => (
                "代码要在上级代码后面接编：镇、村、单元三位，网格、微网格两位",
                "continues the code above by three digits for a town, village or unit, two for a grid or \
                 micro-grid",
            ),
            Self::NoCircle => ("几行互为上级", "is part of a circle of regions"),
            Self::OneCity => ("已经有一个市了", "is a second city"),
            Self::ThatCity => ("和 --city 给的市名不同", "is not the city that --city names"),
        }
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: std::collections::BTreeSet<_> = self.0.iter().map(|one| one.line).collect();
        let (cells, lines) = (self.0.len(), lines.len());
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (mistakes, on_lines) = (plural(cells), plural(lines));
        write!(
            f,
            "{lines} 行里共 {cells} 处错误 · {cells} mistake{mistakes} on {lines} line{on_lines}"
        )
    }
}

impl Complaint {
    /// What is wrong, in Chinese. What stands in the cell is quoted, with what would move a terminal's cursor
    /// escaped.
    pub fn zh(&self) -> String {
        let mut said = format!("第 {} 行", self.line);
        if let Some(column) = self.column {
            said += &format!("，{column}");
        }
        if !self.cell.is_empty() {
            said += &format!(" {:?}", self.cell);
        }
        said += &format!("：{}", self.rule.words().0);
        match self.rule {
            Rule::OwnCode { first_line } => said + &format!("，见第 {first_line} 行"),
            _ => said,
        }
    }

    /// The same in English.
    pub fn en(&self) -> String {
        let mut said = format!("line {}", self.line);
        if let Some(column) = self.column {
            said += &format!(", {column}");
        }
        if !self.cell.is_empty() {
            said += &format!(" {:?}", self.cell);
        }
        said += &format!(": {}", self.rule.words().1);
        match self.rule {
            Rule::OwnCode { first_line } => said + &format!(", on line {first_line}"),
            _ => said,
        }
    }
}
