//! The regions a city begins with, as a table: `code,name,level,parent_code,boundary,head`, UTF-8.
//!
//! A table is taken whole or not at all, and all that is wrong with it is told at once: with its line, its
//! column and what stands there.

mod complaint;
mod other_file;
mod sheet;
mod tree;

use std::io::Read;

use keting_model::region::Level;

use self::sheet::Sheet;

pub use complaint::{Complaint, Complaints, Header, OtherFile, RegionsError, Rule};

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

/// Reads a table and puts every region behind the one it lies in, the city first. `city_name` is the
/// city that is made.
///
/// A table without a city whose towns all name one parent implies that city; if they name none, the city has
/// no region of its own.
///
/// # Errors
/// When the table is not one, or its regions do not make a tree of that city's: with all that is wrong.
pub fn read_regions(table: impl Read, city_name: &str) -> Result<Vec<RegionLine>, RegionsError> {
    let mut sheet = Sheet::read(table)?;
    if sheet.lines.is_empty() && sheet.complaints.is_empty() {
        return Err(RegionsError::Empty);
    }
    tree::check(&mut sheet, city_name);
    Complaints::of(sheet.complaints)?;
    let mut lines = sheet.lines;
    // Levels rise strictly from child to parent, so sorting by level puts parents first; the order
    // of the table stays within a level.
    lines.sort_by_key(|line| (line.level, line.line));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use keting_model::InvalidValue;

    use super::*;

    const CITY: &str = "990481,海宁市,city,,,\n";
    const HEADER: &[u8] = b"code,name,level,parent_code,boundary,head\n";
    /// The header and 990481,海宁市,city in GBK.
    const GBK: &[u8] =
        b"code,name,level,parent_code,boundary,head\n990481,\xba\xa3\xc4\xfe\xca\xd0,city,,,\n";

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
        assert_eq!((lines[0].code.as_str(), lines[0].name.as_str()), ("990481", "海宁市"));
        assert_eq!(read("990481001,A,town,,,\n").unwrap().len(), 1);
        let two = read("990481001,A,town,990481,,\n990482002,B,town,990482,,\n").unwrap_err();
        assert_eq!(of(&two), [(3, Some("parent_code"), Rule::KnownParent)]);
    }

    #[test]
    fn columns_may_stand_in_any_order_behind_a_mark_and_above_empty_rows() {
        let table = "\u{feff}level,code,name,head,boundary,parent_code\ncity,990481,海宁市,,,\n,,,,,\n\
                     , ,,,,\n";
        assert_eq!(read_regions(table.as_bytes(), "海宁市").unwrap()[0].name, "海宁市");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_line_column_and_cell() {
        let error = read(&format!(
            "{CITY}99048x,A,town,990481,,\n\
             990481001,,hamlet,990481,,\n\
             990481001001,C,village,990481001,,\n\
             1,D,town,990481,,\n\
             1,E,town,7,,\n\
             F,town\n"
        ));
        let error = error.unwrap_err();
        assert_eq!(
            of(&error),
            [
                (3, Some("code"), Rule::Digits),
                (4, Some("name"), Rule::Filled),
                (4, Some("level"), Rule::Level),
                // Nothing is said of line 5, which lies in line 4.
                (6, Some("code"), Rule::ContinuedCode),
                (7, Some("code"), Rule::OwnCode { first_line: 6 }),
                (7, Some("parent_code"), Rule::KnownParent),
                (8, None, Rule::Width),
            ]
        );
        assert_eq!(
            (error.code(), error.complaints()[0].cell.as_str()),
            ("regions_bad_cell", "99048x")
        );
        let said = &error.complaints()[4];
        assert_eq!(said.zh(), "第 7 行，code \"1\"：代码已被用过，见第 6 行");
        assert_eq!(said.en(), "line 7, code \"1\": has a code that stands already, on line 6");
        assert_eq!(error.to_string(), "5 行里共 7 处错误 · 7 mistakes on 5 lines");
    }

    #[test]
    fn a_quotation_mark_that_nobody_closed_is_told_and_takes_in_no_line() {
        let rest = "990481001,\"A,town,990481,,\n990481002,B,town,990481,,C\n";
        let error = read(&format!("{CITY}{rest}")).unwrap_err();
        assert_eq!(of(&error), [(3, Some("name"), Rule::OneLine)]);
        assert_eq!(error.complaints()[0].cell, "A,town,990481,,");
        assert_eq!(error.to_string(), "1 行里共 1 处错误 · 1 mistake on 1 line");
    }

    #[test]
    fn regions_that_make_no_tree_are_told() {
        let complaints = |rest: &str| of(&read(&format!("{CITY}{rest}")).unwrap_err());
        let (parent, code) = (Some("parent_code"), Some("code"));
        assert_eq!(
            complaints("1,A,village,2,,\n2,B,grid,1,,\n"),
            [(3, parent, Rule::NoCircle), (4, parent, Rule::NoCircle)]
        );
        assert_eq!(complaints("1,A,town,1,,\n"), [(3, parent, Rule::NoCircle)]);
        assert_eq!(complaints("1,A,town,,,\n"), [(3, parent, Rule::HigherParent)]);
        assert_eq!(complaints("990482001,A,town,990481,,\n"), [(3, code, Rule::ContinuedCode)]);
        assert_eq!(complaints("2,B,city,,,\n"), [(3, Some("level"), Rule::OneCity)]);
        let other = read("990481,潮乡市,city,,,\n").unwrap_err();
        assert_eq!(of(&other), [(2, Some("name"), Rule::ThatCity)]);
    }

    #[test]
    fn what_spreadsheets_save_beside_csv_is_named() {
        let other = |bytes: &[u8]| read_regions(bytes, "海宁市").unwrap_err();
        for (bytes, file) in [
            (&b"PK\x03\x04..."[..], OtherFile::Workbook),
            (b"\xff\xfec\0o\0", OtherFile::Utf16),
            (b"c\0o\0", OtherFile::Utf16),
            (GBK, OtherFile::Gbk),
            (b"code;name;level;parent_code;boundary;head\n", OtherFile::Semicolons),
            (b"code\tname\tlevel\tparent_code\tboundary\thead\n", OtherFile::Tabs),
            ("code，name，level，parent_code，boundary，head\n".as_bytes(), OtherFile::WideCommas),
            ("编码，名称，层级，上级，范围，负责人\n".as_bytes(), OtherFile::WideCommas),
            ("990481，海宁市，city，，，\n".as_bytes(), OtherFile::WideCommas),
            ("code,name，level,parent_code,boundary,head\n".as_bytes(), OtherFile::WideCommas),
        ] {
            assert!(matches!(other(bytes), RegionsError::OtherFile(found) if found == file));
        }
        // A remark in the header has commas as Chinese texts have them.
        let remark = "编码（见公文，附件）,名称,层级,上级,范围,负责人\n";
        assert!(matches!(other(remark.as_bytes()), RegionsError::Header(Header::InChinese)));
        let one_cell = [HEADER, CITY.as_bytes(), b"990481001,\xba\xa3,town,990481,,\n"].concat();
        assert_eq!(of(&other(&one_cell)), [(3, Some("name"), Rule::Utf8)]);
    }

    #[test]
    fn codes_that_a_spreadsheet_rounded_are_named_once_and_not_cell_by_cell() {
        for rest in [
            "990481,海宁市,city,,,\n9.90481E+11,A,village,990481001,,\n9.90481E+11,B,village,990481001,,\n",
            "990481,海宁市,city,,,\n990481001001,A,village,9.90481e+08,,\n1E5,B,hamlet,,,\n",
        ] {
            match read(rest) {
                Err(error @ RegionsError::RoundedCodes { line: 3, lines: 2 }) => {
                    assert_eq!(error.code(), "regions_rounded_codes");
                }
                other => panic!("{other:?}"),
            }
        }
        let error = read(&format!("{CITY}9904E,A,town,990481,,\n")).unwrap_err();
        assert_eq!(of(&error), [(3, Some("code"), Rule::Digits)]);
    }

    #[test]
    fn codes_that_a_spreadsheet_rounded_are_named_also_where_they_fit_each_other() {
        let above = format!(
            "{CITY}990481001,A,town,990481,,\n990481001001,B,village,990481001,,\n\
             99048100100101,C,grid,990481001001,,\n"
        );
        let rounded = "9904810010010100,D,micro_grid,99048100100101,,\n\
                       9904810010010100000,E,unit,9904810010010100,,\n";
        let found = read(&format!("{above}{rounded}"));
        assert!(
            matches!(found, Err(RegionsError::RoundedCodes { line: 6, lines: 2 })),
            "{found:?}"
        );
        // The tenth micro-grid ends so, and nothing is lost.
        let tenth = "9904810010010110,D,micro_grid,99048100100101,,\n";
        assert!(read(&format!("{above}{tenth}")).is_ok());
        let unit = "9904810010010110000,E,unit,9904810010010110,,\n";
        assert!(read(&format!("{above}{tenth}{unit}")).is_err());
        let unit = "9904810010010110001,E,unit,9904810010010110,,\n";
        assert!(read(&format!("{above}{tenth}{unit}")).is_ok());
    }

    #[test]
    fn a_header_in_chinese_and_none_at_all_are_named_as_such() {
        let header = |table: &str| match read_regions(table.as_bytes(), "海宁市") {
            Err(error @ RegionsError::Header(header)) => {
                assert_eq!(error.code(), "regions_header");
                header
            }
            other => panic!("{other:?}"),
        };
        let chinese = "编码,名称,层级,上级,范围,负责人\n";
        assert_eq!(header(&format!("{chinese}{CITY}")), Header::InChinese);
        assert_eq!(header(&format!("code,名称,level,parent_code,,\n{CITY}")), Header::InChinese);
        assert_eq!(header(CITY), Header::Missing);
    }

    #[test]
    fn levels_may_be_said_in_chinese_and_names_are_looked_at_as_they_are_where_they_are_typed() {
        let lines = read(&format!("{CITY}990481001,硖石街道,街道,990481,,\n")).unwrap();
        assert_eq!(lines[1].level, Level::Town);
        let long = "长".repeat(300);
        let error = read(&format!("{CITY}990481001,{long},town,990481,,12345\n")).unwrap_err();
        let (name, head) = (error.complaints()[0].rule.code(), error.complaints()[1].rule);
        assert_eq!((name, head), ("regions_bad_cell", Rule::Text(InvalidValue::NoLetter)));
    }

    #[test]
    fn the_city_has_the_name_it_was_given_however_both_are_typed() {
        let table = [HEADER, CITY.as_bytes()].concat();
        assert!(read_regions(&table[..], " 海宁市\u{200b}").is_ok());
        assert!(read_regions(&table[..], "海盐市").is_err());
    }

    #[test]
    fn a_table_without_its_columns_or_without_a_region_is_refused() {
        let missing = |table: &str| match read_regions(table.as_bytes(), "海宁市") {
            Err(RegionsError::MissingColumns(columns)) => columns,
            other => panic!("{other:?}"),
        };
        assert_eq!(missing("a,b\n"), COLUMNS);
        assert_eq!(missing("code,name,level,parent_code\n"), ["boundary", "head"]);
        assert!(matches!(read(""), Err(RegionsError::Empty)));
    }

    #[test]
    fn a_file_with_nothing_in_it_is_told_what_to_put_in() {
        for nothing in ["", "\u{feff}", " \n\u{3000}\t\r\n", ",,,,,\n,,,,,\n"] {
            let error = read_regions(nothing.as_bytes(), "海宁市").unwrap_err();
            assert_eq!(error.code(), "regions_blank", "{nothing:?}");
            assert!(error.to_string().contains(&COLUMNS.join(",")), "{error}");
        }
    }

    fn read(rest: &str) -> Result<Vec<RegionLine>, RegionsError> {
        let table = format!("code,name,level,parent_code,boundary,head\n{rest}");
        read_regions(table.as_bytes(), "海宁市")
    }

    fn of(error: &RegionsError) -> Vec<(u64, Option<&'static str>, Rule)> {
        error.complaints().iter().map(|one| (one.line, one.column, one.rule)).collect()
    }
}
