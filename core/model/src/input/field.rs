//! Every field that people fill in: where it stands, what it is called, what it takes.

use crate::check::Holds;
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::registry::registration;
use crate::schema::{FieldRule, Write, key_in, name_of};
use crate::words;

/// One line a field: its kind of document, the pattern of its key, what it is called.
macro_rules! fields {
    ($($(#[$doc:meta])+ $field:ident: $kind:ident, $pattern:literal, $zh:literal, $en:literal;)+) => {
        /// A field that people fill in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field {
            $($(#[$doc])+ $field,)+
        }

        impl Field {
            /// Every field, those of households first.
            pub const ALL: &'static [Self] = &[$(Self::$field,)+];

            const fn entry(self) -> Entry {
                match self {
                    $(Self::$field => {
                        Entry { kind: DocumentKind::$kind, pattern: $pattern, zh: $zh, en: $en }
                    })+
                }
            }
        }
    };
}

struct Entry {
    kind: DocumentKind,
    pattern: &'static str,
    zh: &'static str,
    en: &'static str,
}

fields! {
    /// Where a household lives.
    Address: Household, "address", "地址", "address";
    /// The code of its standard address.
    AddressCode: Household, "address_code", "标准地址编码", "standard address code";
    /// By what right it lives there.
    Tenure: Household, "tenure", "房屋权属", "tenure";
    /// The name of a resident.
    Name: Household, "r/*/name", "姓名", "name";
    /// What the resident is to the head of the household.
    Relation: Household, "r/*/relation", "与户主关系", "relation to the head";
    /// The phone number.
    Phone: Household, "r/*/phone", "电话", "phone";
    /// How the resident belongs to the household.
    Bond: Household, "r/*/bond", "人户关系", "bond";
    /// A reason to look after the resident: the word of the tag. (Each tag is a yes or no of its own.)
    CareTag: Household, "r/*/care_tags", "重点关注", "care tag";
    /// The identity number.
    IdNumber: HouseholdPrivate, "r/*/id_number", "身份证号", "ID number";
    /// The day of birth.
    BirthDate: HouseholdPrivate, "r/*/birth_date", "出生日期", "date of birth";
    /// The sex, as it stands in the papers.
    Sex: HouseholdPrivate, "r/*/sex", "性别", "sex";
    /// Health, in words.
    Health: HouseholdPrivate, "r/*/health", "健康状况", "health";
    /// Disability, in words.
    Disability: HouseholdPrivate, "r/*/disability", "残疾情况", "disability";
    /// What has become of a resident.
    Status: Household, "r/*/s/*/status", "状态", "status";
    /// Why.
    StatusReason: Household, "r/*/s/*/reason", "原因", "reason";
    /// Since when.
    StatusAt: Household, "r/*/s/*/at", "日期", "day";
    /// What a household needs.
    Need: Household, "n/*/text", "需求", "need";
    /// What has become of a need.
    NeedStatus: Household, "n/*/s/*/status", "办理情况", "status of the need";
    /// What was done about it.
    NeedNote: Household, "n/*/s/*/note", "办理说明", "what was done";
    /// Why something that was entered is withdrawn, or stands again.
    WithdrawalReason: Household, "w/*/reason", "作废原因", "reason of the withdrawal";
    /// The day of a visit.
    VisitAt: HouseholdVisits, "v/*/at", "走访日期", "day of the visit";
    /// What a visit was for.
    VisitPurpose: HouseholdVisits, "v/*/purpose", "事由", "purpose";
    /// What was said and seen.
    VisitNote: HouseholdVisits, "v/*/note", "说明", "remarks";
    /// Who went there.
    VisitBy: HouseholdVisits, "v/*/by", "走访人", "visitor";
    /// A note about a household.
    Note: HouseholdVisits, "o/*/text", "记录", "note";
    /// The code of a region.
    RegionCode: Region, "code", "区域代码", "region code";
    /// The name of a region.
    RegionName: Region, "name", "区域名称", "region name";
    /// How deep a region lies.
    RegionLevel: Region, "level", "层级", "level";
    /// The boundary of a region, in words.
    RegionBoundary: Region, "boundary", "范围", "boundary";
    /// The name of the person in charge of a region.
    RegionHead: Region, "head", "负责人", "person in charge";
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One line.
    Line {
        /// Of at most so many characters.
        chars_max: usize,
    },
    /// Several lines.
    Lines {
        /// Of at most so many characters.
        chars_max: usize,
    },
    /// The name of a person.
    Name {
        /// Of at most so many characters.
        chars_max: usize,
    },
    /// One of these words; [`words::label`] tells what they are called.
    Words(&'static [&'static str]),
    /// A day from 1850 to today.
    Day,
    /// One phone number.
    Phone,
    /// An identity number of 18 characters.
    IdNumber,
    /// The code of a region: 6 to 19 digits.
    Code,
}

impl Field {
    /// What it is called in Chinese.
    pub const fn zh(self) -> &'static str {
        self.entry().zh
    }

    /// What it is called in English.
    pub const fn en(self) -> &'static str {
        self.entry().en
    }

    /// The name that options, errors and JSON use, such as `id_number`.
    pub fn name(self) -> &'static str {
        name_of(self.entry().pattern)
    }

    /// The pattern of its key, as an error names it.
    pub const fn pattern(self) -> &'static str {
        self.entry().pattern
    }

    /// The field of a name; of those that share one, the first.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// The field whose key has a pattern, as an error names it.
    pub fn of_pattern(pattern: &str) -> Option<Self> {
        if pattern.starts_with("r/*/t/") {
            return Some(Self::CareTag);
        }
        // The household's own stands for those of its residents, needs, visits and notes.
        let pattern = if pattern.ends_with("/w/*/reason") { "w/*/reason" } else { pattern };
        Self::ALL.iter().copied().find(|field| field.entry().pattern == pattern)
    }

    /// The field of documents of some kinds whose key has a pattern.
    pub(super) fn in_kinds(kinds: &[DocumentKind], pattern: &str) -> Option<Self> {
        let is_it = |entry: Entry| kinds.contains(&entry.kind) && entry.pattern == pattern;
        Self::ALL.iter().copied().find(|field| is_it(field.entry()))
    }

    /// The field that stands under a key of a document; what is private of a resident under the key that
    /// it has in the private part of the household.
    pub fn of_key(document: &DocumentId, key: &str) -> Option<Self> {
        let kind = document.kind()?;
        let private = (kind == DocumentKind::Household).then_some(DocumentKind::HouseholdPrivate);
        let mut kinds = std::iter::once(kind).chain(private).filter_map(registration);
        Self::of_pattern(kinds.find_map(|kind| kind.schema.field(key))?.pattern)
    }

    /// What it takes.
    pub fn takes(self) -> Takes {
        match self.holds() {
            Holds::Line(chars_max) | Holds::Address(chars_max) => Takes::Line { chars_max },
            Holds::Name(chars_max) => Takes::Name { chars_max },
            Holds::Prose(chars_max) => Takes::Lines { chars_max },
            Holds::Word(words) => Takes::Words(words),
            Holds::Phone => Takes::Phone,
            Holds::IdNumber => Takes::IdNumber,
            Holds::Code => Takes::Code,
            // Nobody fills in the others.
            Holds::Day
            | Holds::BirthDay
            | Holds::Flag
            | Holds::Time
            | Holds::Ids
            | Holds::Year
            | Holds::Document(_) => Takes::Day,
        }
    }

    /// Whether it may be left empty.
    pub fn may_be_empty(self) -> bool {
        let entry = self.entry();
        let groups = registration(entry.kind).map_or(&[][..], |kind| kind.schema.groups);
        let is_needed = groups.iter().any(|group| {
            group.needs.iter().any(|need| key_in(group.pattern, need) == entry.pattern)
        });
        let is_never_empty = self.rule().is_some_and(|rule| rule.write == Write::Often);
        let is_asked_for =
            matches!(self, Self::Status | Self::VisitPurpose | Self::WithdrawalReason);
        !is_needed && !is_never_empty && !is_asked_for
    }

    pub(super) fn holds(self) -> Holds {
        self.rule().map_or(Holds::Word(words::CARE_TAGS), |rule| rule.holds)
    }

    /// The rule of the field, unless it is a care tag, of which there are several.
    fn rule(self) -> Option<&'static FieldRule> {
        let entry = self.entry();
        let fields = registration(entry.kind)?.schema.fields;
        fields.iter().find(|rule| rule.pattern == entry.pattern)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::registry::KINDS;

    #[test]
    fn every_field_that_people_fill_in_is_named_here_and_no_other() {
        let typed = |rule: &&FieldRule| rule.holds.is_filled_in() && rule.holds != Holds::Flag;
        let in_tables = KINDS.iter().flat_map(|kind| kind.schema.fields).filter(typed);
        // The day of a note is the day it is entered. Of what withdraws a record people say why.
        let others = |pattern: &&str| {
            *pattern != "o/*/at" && (!pattern.contains("w/*/") || *pattern == "w/*/reason")
        };
        let in_tables: BTreeSet<_> = in_tables.map(|rule| rule.pattern).filter(others).collect();
        let here = Field::ALL.iter().filter(|field| **field != Field::CareTag);
        assert_eq!(here.map(|field| field.entry().pattern).collect::<BTreeSet<_>>(), in_tables);
        assert!(
            Field::ALL.iter().all(|field| (field.rule().is_none()) == (*field == Field::CareTag))
        );
    }

    #[test]
    fn a_field_is_found_by_the_pattern_that_an_error_names() {
        assert!(
            Field::ALL.iter().all(|field| Field::of_pattern(field.entry().pattern) == Some(*field))
        );
        assert_eq!(Field::of_pattern("r/*/t/<health_tag>"), Some(Field::CareTag));
        assert_eq!(Field::of_pattern("v/*/w/*/reason"), Some(Field::WithdrawalReason));
        assert_eq!(Field::of_pattern("home"), None);
    }

    #[test]
    fn a_field_is_found_by_a_key_of_the_household_also_where_it_is_private() {
        let household = DocumentId::from_random(DocumentKind::Household, [1; 14]);
        let of = |key: &str| Field::of_key(&household, key);
        assert_eq!(of("address"), Some(Field::Address));
        assert_eq!(of("r/0102030405060708/phone"), Some(Field::Phone));
        assert_eq!(of("r/0102030405060708/t/disabled"), Some(Field::CareTag));
        assert_eq!(of("r/0102030405060708/id_number"), Some(Field::IdNumber));
        assert_eq!(of("home"), None);
    }

    #[test]
    fn every_word_that_a_field_takes_has_labels_of_its_own() {
        for field in Field::ALL {
            let Takes::Words(words) = field.takes() else { continue };
            let labels = words.iter().map(|word| words::label(word).unwrap());
            assert_eq!(labels.map(|label| label.zh).collect::<BTreeSet<_>>().len(), words.len());
        }
    }

    #[test]
    fn what_a_thing_is_made_with_may_not_be_empty() {
        let may_not = Field::ALL.iter().filter(|field| !field.may_be_empty());
        let names: Vec<_> = may_not.map(|field| field.name()).collect();
        let expected = [
            "address", "name", "status", "text", "status", "reason", "at", "purpose", "text",
            "code", "name", "level",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn the_care_tags_are_those_in_the_open_and_those_of_health() {
        assert_eq!(words::CARE_TAGS, [words::OPEN_TAGS, words::HEALTH_TAGS].concat());
    }
}
