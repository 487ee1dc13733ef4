//! Work that left the documents to be authored anew, as the outbox keeps it.

use keting_store::{OutboxEntry, OutboxState};

/// How far work has come that was taken out because this replica had been rolled back, or with work that
/// another commit supersedes.
#[derive(Debug, Clone, Copy)]
pub(super) enum TakenOut {
    /// It is to be authored anew.
    Due,
    /// It could not be: what was entered is kept.
    LeftToAPerson,
}

impl TakenOut {
    /// The code that the list of held work shows.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Due => "device_rolled_back",
            Self::LeftToAPerson => "needs_a_person",
        }
    }

    /// What the outbox says of it.
    pub(super) fn state(self) -> OutboxState {
        OutboxState::Held { code: self.code().to_owned() }
    }
}

/// Whether it left the documents because of a putting back, and nothing was decided on it.
pub(in crate::replica) fn is_taken_out(entry: &OutboxEntry) -> bool {
    [TakenOut::Due, TakenOut::LeftToAPerson].iter().any(|it| entry.state == it.state())
}

/// Whether it is to be authored anew.
pub(in crate::replica) fn is_due(entry: &OutboxEntry) -> bool {
    entry.state == TakenOut::Due.state()
}
