//! Facts as people see them.

use serde::Serialize;

use crate::author::Entered;
use crate::fact::Fact;
use crate::id::ItemId;
use crate::query::as_hex;

/// A fact that nobody replaced: what somebody says became of a resident or a need.
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
}

impl FactView {
    /// The facts that the reader may read, before their authors are named.
    pub(crate) fn of(facts: Vec<Fact>) -> Vec<Self> {
        let view = |Fact { id, actor, time, said }: Fact| {
            let said = said?;
            let (status, at, reason) = (said.status, said.at, said.reason);
            Some(Self { fact: id, status, at, reason, entered: Entered::at_ms(Some(actor), time) })
        };
        facts.into_iter().filter_map(view).collect()
    }
}
