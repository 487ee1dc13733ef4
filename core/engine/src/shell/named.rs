//! Finding what a person names by how its id begins, so that nobody copies thirty-two digits.

use std::fmt;

use keting_model::query::{
    self, Candidate, IdBeginning, ItemKind, digits_naming, household_digits, households_named,
    items_named,
};
use keting_model::{Command, DocumentId, DocumentKind, ItemId};

use crate::error::EngineError;
use crate::shell::local::Local;
use crate::shell::outbox::HeldView;

/// How many of those that an id may mean are told at most.
const TOLD_MAX: usize = 20;

/// What a beginning may mean that several ids share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{count} ids begin so")]
pub struct Ambiguous {
    /// How many there are.
    pub count: usize,
    /// The first of them in the order of ids: as much of each id as tells it from every other one, and
    /// what a person knows it by.
    pub candidates: Vec<Candidate<String>>,
}

impl Local {
    /// The household whose id begins as somebody typed, also one that is withdrawn. A whole id is taken as it
    /// is: whoever uses it hears whether it is here.
    ///
    /// # Errors
    /// `malformed_id`; `not_found` when none begins so; `ambiguous_id` with the candidates when several do.
    pub fn household_named(&self, typed: &str) -> Result<DocumentId, EngineError> {
        let beginning = IdBeginning::read(typed)?;
        match beginning.digits().parse::<DocumentId>() {
            Ok(id) if id.kind() == Some(DocumentKind::Household) => Ok(id),
            Ok(_) => Err(EngineError::NotFound { what: "the household" }),
            Err(_) => {
                let found =
                    self.of_city(|view, withheld| households_named(view, withheld, &beginning))?;
                the_only_one(found, "the household", |id| id.as_bytes())
            }
        }
    }

    /// What stands in a household and has an id that begins as somebody typed; as for households.
    ///
    /// # Errors
    /// As for households.
    pub fn item_named(
        &self,
        household: &DocumentId,
        kind: ItemKind,
        typed: &str,
    ) -> Result<ItemId, EngineError> {
        let beginning = IdBeginning::read(typed)?;
        if let Ok(id) = beginning.digits().parse() {
            return Ok(id);
        }
        let found = self
            .of_city(|view, withheld| items_named(view, withheld, household, kind, &beginning))?;
        the_only_one(found, kind.name(), |id| id.as_bytes())
    }

    /// The held edit whose id begins as somebody typed.
    ///
    /// # Errors
    /// As for households.
    pub fn held_named(&self, typed: &str) -> Result<HeldView, EngineError> {
        let beginning = IdBeginning::read(typed)?;
        let mut held = self.held()?;
        held.retain(|one| beginning.begins(&one.id));
        let candidates = held.iter().map(|one| {
            let entered = one.command.iter().flat_map(Command::entered);
            let entered: Vec<_> = entered.take(2).map(|(_, value)| value.to_string()).collect();
            Candidate { id: one.id, called: entered.join(" ") }
        });
        let only = the_only_one(candidates.collect(), "the held edit", |id| id.as_bytes())?;
        let found = held.into_iter().find(|one| one.id == only);
        found.ok_or(EngineError::NotFound { what: "the held edit" })
    }

    /// How many digits of a household's id name it among all that are here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn household_digits(&self) -> Result<usize, EngineError> {
        self.of_city(|view, _| household_digits(view))
    }

    /// How many digits tell the id of a household or region from that of every household here.
    ///
    /// # Errors
    /// As for [`Self::household_digits`].
    pub fn digits_naming(&self, id: &DocumentId) -> Result<usize, EngineError> {
        self.of_city(|view, _| digits_naming(view, id))
    }
}

fn the_only_one<I: fmt::Display>(
    found: Vec<Candidate<I>>,
    what: &'static str,
    bytes: impl for<'i> Fn(&'i I) -> &'i [u8],
) -> Result<I, EngineError> {
    let digits = query::digits_apart(found.iter().map(|one| bytes(&one.id)));
    let count = found.len();
    if count > 1 {
        let told = found.into_iter().take(TOLD_MAX).map(|Candidate { id, called }| {
            let id = id.to_string().chars().take(digits).collect();
            Candidate { id, called }
        });
        return Err(Ambiguous { count, candidates: told.collect() }.into());
    }
    found.into_iter().next().map(|one| one.id).ok_or(EngineError::NotFound { what })
}
