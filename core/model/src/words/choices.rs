//! The sets of words that fields choose from: each word once, with its code and its labels.
//!
//! Documents, options and JSON hold codes; a newer version may know more of them, so what is read is
//! text. What is written through an app is one of these types, so that nobody can mistype a code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::InvalidValue;
use crate::input::word;
use crate::words::Label;

/// A set of words: its type, the list of its codes, and a line a word with code and labels.
macro_rules! sets {
    ($(
        $(#[$doc:meta])+
        $set:ident, $list:ident {
            $($(#[$word_doc:meta])+ $word:ident: $code:literal, $zh:literal, $en:literal;)+
        }
    )+) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $set {
                $($(#[$word_doc])+ $word,)+
            }

            #[doc = concat!("The codes of [`", stringify!($set), "`], in the order people are shown them.")]
            pub const $list: &[&str] = &[$($code,)+];

            impl $set {
                /// Every word, in the order people are shown them.
                pub const ALL: &'static [Self] = &[$(Self::$word,)+];

                /// The code, as it stands in documents, options and JSON.
                pub const fn code(self) -> &'static str {
                    match self {
                        $(Self::$word => $code,)+
                    }
                }

                /// The word of a code; none for one that this version does not know.
                pub fn of_code(code: &str) -> Option<Self> {
                    Self::ALL.iter().copied().find(|word| word.code() == code)
                }

                /// What it is called.
                pub const fn label(self) -> &'static Label {
                    match self {
                        $(Self::$word => &Label { word: $code, zh: $zh, en: $en },)+
                    }
                }
            }

            impl fmt::Display for $set {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.code())
                }
            }

            /// Reads the code, one of the labels, or what people say for the word.
            impl FromStr for $set {
                type Err = InvalidValue;

                fn from_str(typed: &str) -> Result<Self, InvalidValue> {
                    let said = Self::of_code(&word($list, typed));
                    said.ok_or(InvalidValue::UnknownWord { allowed: $list })
                }
            }

            impl Serialize for $set {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.code())
                }
            }

            impl<'de> Deserialize<'de> for $set {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let code = String::deserialize(deserializer)?;
                    Self::of_code(&code).ok_or_else(|| serde::de::Error::custom("an unknown word"))
                }
            }
        )+

        /// What a code is called in whichever of the sets it stands.
        pub(super) fn label_in_sets(code: &str) -> Option<&'static Label> {
            None$(.or_else(|| $set::of_code(code).map($set::label)))+
        }
    };
}

sets! {
    /// What a resident is to the head of the household.
    Relation, RELATIONS {
        /// The head of the household.
        Head: "head", "户主", "head";
        /// Husband or wife of the head.
        Spouse: "spouse", "配偶", "spouse";
        /// A child of the head, or married to one.
        Child: "child", "子女", "child";
        /// A parent of the head or of the spouse.
        Parent: "parent", "父母", "parent";
        /// A grandchild of the head.
        Grandchild: "grandchild", "孙辈", "grandchild";
        /// A brother or sister of the head.
        Sibling: "sibling", "兄弟姐妹", "sibling";
        /// Somebody who rents a room there.
        Tenant: "tenant", "租客", "tenant";
        /// Anybody else.
        Other: "other", "其他", "other";
    }

    /// How a resident belongs to a household.
    Bond, BONDS {
        /// Registered there (户籍), and living elsewhere.
        Registered: "registered", "户籍", "registered here";
        /// Living there (常住), and registered elsewhere.
        LivesHere: "lives_here", "常住", "lives here";
        /// Registered and living there.
        Both: "both", "户籍并常住", "registered and lives here";
    }

    /// What has become of a resident, in the order of how final it is.
    Status, STATUSES {
        /// They live there.
        Living: "living", "在住", "living here";
        /// They are away, and will come back.
        Away: "away", "外出", "away";
        /// They moved out.
        MovedOut: "moved_out", "迁出", "moved out";
        /// They died.
        Deceased: "deceased", "已故", "deceased";
    }

    /// What has become of a need, in the order of how final it is.
    NeedStatus, NEED_STATUSES {
        /// Nobody has taken it up yet.
        Open: "open", "未办理", "open";
        /// Somebody sees to it.
        InProgress: "in_progress", "办理中", "in progress";
        /// It is met.
        Met: "met", "已办好", "met";
        /// It is needed no longer.
        Dropped: "dropped", "不再需要", "dropped";
    }

    /// By what right a household lives where it does.
    Tenure, TENURES {
        /// They own it.
        Owned: "owned", "自有", "owned";
        /// They rent it.
        Rented: "rented", "租住", "rented";
        /// It is public housing.
        Public: "public", "公房", "public housing";
        /// It belongs to the employer.
        Employer: "employer", "单位房", "the employer's";
        /// By some other right.
        Other: "other", "其他", "other";
    }

    /// The sex that stands in a person's papers.
    Sex, SEXES {
        /// Male.
        Male: "male", "男", "male";
        /// Female.
        Female: "female", "女", "female";
    }

    /// A reason to look after a resident (重点关注).
    CareTag, CARE_TAGS {
        /// Old, and living alone.
        LivingAlone: "living_alone", "独居老人", "lives alone";
        /// Old, and the children are away.
        EmptyNest: "empty_nest", "空巢老人", "children away";
        /// Of a veteran's family.
        VeteranFamily: "veteran_family", "优抚对象", "veteran's family";
        /// Of low income.
        LowIncome: "low_income", "低收入", "low income";
        /// Left behind by those who work elsewhere.
        LeftBehind: "left_behind", "留守人员", "left behind";
        /// Lost an only child.
        Bereaved: "bereaved", "失独家庭", "lost an only child";
        /// Disabled.
        Disabled: "disabled", "残疾", "disabled";
        /// Chronically ill.
        ChronicIllness: "chronic_illness", "慢性病", "chronic illness";
        /// Mentally ill.
        MentalIllness: "mental_illness", "精神障碍", "mental illness";
        /// Bedridden.
        Bedridden: "bedridden", "卧床", "bedridden";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_its_code_its_label_or_what_people_say() {
        for typed in ["spouse", "配偶", "Spouse", "老婆"] {
            assert_eq!(typed.parse(), Ok(Relation::Spouse), "{typed}");
        }
        let refused = Err(InvalidValue::UnknownWord { allowed: SEXES });
        assert_eq!("divers".parse::<Sex>(), refused);
        assert_eq!(Relation::of_code("老婆"), None);
    }

    #[test]
    fn a_word_of_two_sets_is_called_the_same_in_both() {
        for other in Tenure::ALL {
            assert_eq!(label_in_sets(other.code()), Some(other.label()));
        }
    }

    #[test]
    fn a_word_is_written_as_its_code_and_read_back() {
        for tag in CareTag::ALL {
            let json = serde_json::to_string(tag).unwrap();
            assert_eq!(json, format!("\"{tag}\""));
            assert_eq!(serde_json::from_str::<CareTag>(&json).unwrap(), *tag);
            assert_eq!(tag.label().word, tag.code());
        }
        assert!(serde_json::from_str::<CareTag>("\"of_a_newer_version\"").is_err());
    }
}
