//! Whether the regions of a table make a tree, with one city or none at its top.

use std::collections::{BTreeMap, BTreeSet};

use keting_model::CityTime;
use keting_model::input::{self, Field};
use keting_model::region::Level;

use super::RegionLine;
use super::complaint::{Complaint, Rule};
use super::sheet::Sheet;

/// Finds all that is wrong with the regions among each other, and puts the city above them that they imply.
pub(super) fn check(sheet: &mut Sheet, city_name: &str) {
    let implied = check_cities(sheet, city_name);
    sheet.lines.extend(implied);
    let mut by_code: BTreeMap<&str, &RegionLine> = BTreeMap::new();
    for line in &sheet.lines {
        if let Some(first) = by_code.get(line.code.as_str()) {
            let rule = Rule::OwnCode { first_line: first.line };
            sheet.complaints.push(about(line, "code", rule));
        } else {
            by_code.insert(&line.code, line);
        }
    }
    let unread: BTreeSet<_> = sheet.codes_of_wrong_lines.iter().map(String::as_str).collect();
    let has_city = sheet.lines.iter().any(|line| line.level == Level::City);
    for line in sheet.lines.iter().filter(|line| line.level != Level::City) {
        let may_lie_nowhere = line.level == Level::Town && !has_city;
        if line.parent_code.is_empty() {
            if !may_lie_nowhere {
                sheet.complaints.push(about(line, "parent_code", Rule::HigherParent));
            }
            continue;
        }
        match by_code.get(line.parent_code.as_str()) {
            Some(parent) => sheet.complaints.extend(below(line, parent, &by_code)),
            None if unread.contains(line.parent_code.as_str()) => {}
            None => sheet.complaints.push(about(line, "parent_code", Rule::KnownParent)),
        }
    }
}

/// What is wrong with a region in the place where it lies.
fn below(
    line: &RegionLine,
    parent: &RegionLine,
    by_code: &BTreeMap<&str, &RegionLine>,
) -> Option<Complaint> {
    if is_in_a_circle(line, by_code) {
        return Some(about(line, "parent_code", Rule::NoCircle));
    }
    if parent.level >= line.level {
        return Some(about(line, "parent_code", Rule::HigherParent));
    }
    let continues = line.level.continues(&parent.code, &line.code);
    (!continues).then(|| about(line, "code", Rule::ContinuedCode))
}

/// Checks the table's city. The answer is the city that a table without one implies: the one that its towns
/// name.
fn check_cities(sheet: &mut Sheet, city_name: &str) -> Option<RegionLine> {
    let mut cities = sheet.lines.iter().filter(|line| line.level == Level::City);
    if let Some(city) = cities.next() {
        sheet.complaints.extend(cities.map(|second| about(second, "level", Rule::OneCity)));
        if !city.parent_code.is_empty() {
            sheet.complaints.push(about(city, "parent_code", Rule::HigherParent));
        }
        if in_one_form(&city.name) != in_one_form(city_name) {
            sheet.complaints.push(about(city, "name", Rule::ThatCity));
        }
        return None;
    }
    let town = sheet.lines.iter().find(|line| line.level == Level::Town)?;
    let code = &town.parent_code;
    let is_known = sheet.lines.iter().any(|line| line.code == *code)
        || sheet.codes_of_wrong_lines.contains(code);
    (!code.is_empty() && !is_known).then(|| RegionLine {
        line: 0,
        code: code.clone(),
        name: city_name.to_owned(),
        level: Level::City,
        parent_code: String::new(),
        boundary: String::new(),
        head: String::new(),
    })
}

/// The name of a city in its normal form; what is none as it is.
fn in_one_form(name: &str) -> String {
    let checked = input::check(Field::RegionName, name, CityTime::default());
    checked.map_or_else(|_| name.to_owned(), |checked| checked.value)
}

/// Whether the way up from a region leads back to it.
fn is_in_a_circle(start: &RegionLine, by_code: &BTreeMap<&str, &RegionLine>) -> bool {
    let mut above = by_code.get(start.parent_code.as_str());
    // A way up that is no circle through `start` ends, or has gone round another circle after as
    // many steps as there are regions.
    for _ in 0..by_code.len() {
        let Some(region) = above else { return false };
        if region.code == start.code {
            return true;
        }
        above = by_code.get(region.parent_code.as_str());
    }
    false
}

fn about(line: &RegionLine, column: &'static str, rule: Rule) -> Complaint {
    let cell = match column {
        "code" => &line.code,
        "name" => &line.name,
        "level" => line.level.name(),
        _ => &line.parent_code,
    };
    Complaint { line: line.line, column: Some(column), cell: cell.to_owned(), rule }
}
