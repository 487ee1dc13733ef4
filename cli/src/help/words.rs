//! What an option takes that chooses from words: help and completions know them. What is typed goes on as
//! it is, in Chinese or English; whether it is one of the words is for the rules of the city to say.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use keting::input::{Field, Takes, label};
use keting_model::role::Role;

/// The words of an option.
#[derive(Debug, Clone)]
pub struct Words(Vec<(&'static str, &'static str)>);

impl Words {
    /// Those that an argument of a verb chooses from, if it does.
    pub fn at(path: &str, argument: &str) -> Option<Self> {
        let field = match (path, argument) {
            ("invite", "role") => return Some(Self::of_roles()),
            ("household need", "status") => Field::NeedStatus,
            ("resident leave", "status") => Field::Status,
            (_, "tags" | "no_tags") => Field::CareTag,
            (_, "tenure") => Field::Tenure,
            (_, "relation") => Field::Relation,
            (_, "bond") => Field::Bond,
            (_, "sex") => Field::Sex,
            (_, "level") => Field::RegionLevel,
            _ => return None,
        };
        Some(Self::of(field))
    }

    fn of(field: Field) -> Self {
        let words = match field.takes() {
            Takes::Words(words) => words,
            _ => &[],
        };
        let named = words.iter().map(|word| (*word, label(word).map_or("", |label| label.zh)));
        Self(named.collect())
    }

    fn of_roles() -> Self {
        Self(Role::ALL.into_iter().map(|role| (role.name(), role.zh())).collect())
    }
}

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|(word, zh)| PossibleValue::new(*word).help(*zh))))
    }
}
