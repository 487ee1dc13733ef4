//! Who names a region by its name is told its code: a name may be that of several.

use keting::Ambiguous;
use keting::input::{Field, check};
use keting::views::Candidate;
use keting_model::{CityTime, Level};

/// So many regions are told at most that somebody may mean.
const CANDIDATES_MAX: usize = 20;

/// A region with what people call it.
pub struct CalledRegion {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The code of the region it lies in.
    pub parent: Option<String>,
}

/// The regions that somebody may mean who typed a name, or a part of one; none if no region is called so.
pub fn regions_called(typed: &str, all: &[CalledRegion]) -> Option<Ambiguous> {
    let name = check(Field::RegionName, typed, CityTime::default());
    let name = name.map_or_else(|_| typed.to_owned(), |checked| checked.value);
    let (called_so, others): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.name == name);
    // Digits alone are a code that is mistyped, and stand in many names.
    let is_code = name.bytes().all(|byte| byte.is_ascii_digit());
    let may_be_part = |one: &&CalledRegion| !is_code && one.name.contains(&name);
    let called_alike = others.into_iter().filter(may_be_part).collect();
    let meant = if called_so.is_empty() { called_alike } else { called_so };
    let candidates = meant
        .iter()
        .take(CANDIDATES_MAX)
        .map(|region| Candidate { id: region.code.clone(), called: with_those_above(region, all) });
    let (count, candidates) = (meant.len(), candidates.collect());
    (count > 0).then_some(Ambiguous { count, candidates })
}

/// The name of a region, and behind it those of the regions it lies in.
fn with_those_above(region: &CalledRegion, all: &[CalledRegion]) -> String {
    let above = |one: &&CalledRegion| {
        let parent = one.parent.as_ref()?;
        all.iter().find(|other| other.code == *parent)
    };
    let up = std::iter::successors(Some(region), above).take(Level::ALL.len());
    up.map(|one| one.name.as_str()).collect::<Vec<_>>().join(" < ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_types_a_name_is_told_the_regions_that_are_called_so_or_else_those_whose_names_hold_it() {
        let region = |code: &str, name: &str, parent: Option<&str>| CalledRegion {
            code: code.to_owned(),
            name: name.to_owned(),
            parent: parent.map(str::to_owned),
        };
        let all = [
            region("990481", "潮乡市", None),
            region("990481001", "荷塘", Some("990481")),
            region("9904810010010101", "第1微网格", Some("990481001")),
            region("990481002", "荷塘社区", Some("990481")),
        ];
        let meant = |typed: &str| {
            let candidates = regions_called(typed, &all)?.candidates.into_iter();
            Some(candidates.map(|one| (one.id, one.called)).collect::<Vec<_>>())
        };
        let one = |code: &str, called: &str| (code.to_owned(), called.to_owned());
        assert_eq!(meant(" 荷塘"), Some(vec![one("990481001", "荷塘 < 潮乡市")]));
        assert_eq!(meant("社区"), Some(vec![one("990481002", "荷塘社区 < 潮乡市")]));
        for none in ["天涯海角", "1", ""] {
            assert_eq!(meant(none), None, "{none}");
        }
    }
}
