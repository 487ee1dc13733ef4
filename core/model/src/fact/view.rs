//! Facts as people see them.

use serde::Serialize;

use crate::author::Entered;
use crate::fact::Fact;
use crate::id::ItemId;
use crate::query::as_hex;

/// A fact: what somebody says became of a resident or a need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactView {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub fact: ItemId,
    /// What became of the resident or the need.
    pub status: String,
    /// The day it came about.
    pub at: Option<String>,
    /// Why; of a need, what was done.
    pub reason: Option<String>,
    /// Who said so, and when.
    pub entered: Entered,
    /// The names of the fields that are null because the reader may not see them: of a withdrawal its
    /// reason. None, and not in JSON, if nothing is withheld.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub withheld: &'static [&'static str],
}

impl FactView {
    /// The facts that the reader may read, before their authors are named.
    pub(crate) fn of(facts: Vec<Fact>) -> Vec<Self> {
        let view = |Fact { id, actor, time, said, hides_reason }: Fact| {
            let said = said?;
            let (status, at, reason) = (said.status, said.at, said.reason);
            let entered = Entered::at_ms(Some(actor), time);
            let withheld: &[&str] = if hides_reason { &["reason"] } else { &[] };
            Some(Self { fact: id, status, at, reason, entered, withheld })
        };
        facts.into_iter().filter_map(view).collect()
    }
}
