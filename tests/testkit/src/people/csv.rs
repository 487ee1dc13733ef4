//! The two tables an operator imports, as text.

use super::City;

/// The regions as CSV: UTF-8, a header, parents first.
pub fn regions_csv(city: &City) -> String {
    let mut text = String::from("code,name,level,parent_code,boundary,head\n");
    for r in &city.regions {
        push_row(&mut text, &[&r.code, &r.name, r.level, &r.parent_code, &r.boundary, &r.head]);
    }
    text
}

/// The people as CSV: a row a person, the head of each household first; care tags are separated by
/// semicolons.
pub fn households_csv(city: &City) -> String {
    let mut text =
        String::from("household_no,region_code,address,name,relation,id_number,phone,care_tags\n");
    for household in &city.households {
        let number = format!("{:06}", household.number);
        for p in &household.people {
            let tags = p.care_tags.join(";");
            let place = [number.as_str(), &household.region_code, &household.address];
            let person = [p.name.as_str(), p.relation, &p.id_number, &p.phone, &tags];
            push_row(&mut text, &[&place[..], &person[..]].concat());
        }
    }
    text
}

fn push_row(text: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_a_comma_or_a_quote_is_quoted() {
        let mut text = String::new();
        push_row(&mut text, &["a,b", "c\"d", "e"]);
        assert_eq!(text, "\"a,b\",\"c\"\"d\",e\n");
    }
}
