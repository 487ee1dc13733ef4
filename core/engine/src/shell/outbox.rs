//! What the server has not taken of what was entered here: what waits for it, and what it holds. Each says
//! whose it is and where, so that its author finds the place again.

use keting_model::query::{AboutView, Withheld};
use keting_model::{Command, CommandId};
use keting_store::{OutboxEntry, OutboxState, StoreError, View};

use crate::error::EngineError;
use crate::replica::called::Called;
use crate::replica::ended::Ended;
use crate::replica::held::{HeldEntry, held_work};
use crate::shell::local::Local;

/// An edit the server has not acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxView {
    /// What its author wanted; none if a newer version wrote it.
    pub command: Option<Command>,
    /// Whose it is and where.
    pub about: AboutView,
    /// How far it has come.
    pub state: OutboxState,
    /// Whether it goes out after a later invitation only: this device was ended, and had heard of that when it
    /// was entered; or it is then to be made anew.
    pub waits_for_invitation: bool,
    /// When it was entered by the city's time, milliseconds since the Unix epoch.
    pub queued_at_ms: u64,
}

/// An edit that the server holds, or that stands on such an edit. It is in no document and no other
/// list; what was entered is all here, to be entered again.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldView {
    /// The id of its command.
    pub id: CommandId,
    /// What its author wanted; none if a newer version wrote it.
    pub command: Option<Command>,
    /// Whose it is and where.
    pub about: AboutView,
    /// Why, as a code of [`crate::error::known`].
    pub code: String,
    /// When it was entered by the city's time, milliseconds since the Unix epoch.
    pub entered_at_ms: u64,
}

impl HeldView {
    fn of(held: HeldEntry, called: &Called<'_>) -> Result<Self, StoreError> {
        let HeldEntry { commit, entry } = held;
        let command = Command::from_bytes(&entry.command).ok();
        let about = called.about(command.as_ref())?;
        let code = match entry.state {
            OutboxState::Held { code } => code,
            // It went with what it stands on, whatever the server has yet to say of it.
            OutboxState::Queued
            | OutboxState::Sent
            | OutboxState::Refused { .. }
            | OutboxState::Acknowledged
            | OutboxState::Superseded => "ancestor_held".to_owned(),
        };
        Ok(Self { id: commit.command, command, about, code, entered_at_ms: entry.queued_at_ms })
    }
}

impl Local {
    /// What the server has not acknowledged, the oldest first, `count_max` at most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox(&self, count_max: u32) -> Result<Vec<OutboxView>, EngineError> {
        self.at_one_moment(|view, withheld| Ok(outbox(view, withheld, count_max)))?
    }

    /// What the server holds of this device's edits, with what stands on it, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn held(&self) -> Result<Vec<HeldView>, EngineError> {
        self.at_one_moment(|view, withheld| {
            let called = Called::read(view, withheld)?;
            held_work(view)?.into_iter().map(|held| HeldView::of(held, &called)).collect()
        })
    }

    /// How many edits [`Self::held`] lists.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn held_count(&self) -> Result<u64, EngineError> {
        self.at_one_moment(|view, _| Ok(view.outbox_counts()?.held))
    }
}

fn outbox(
    view: &View,
    withheld: &Withheld,
    count_max: u32,
) -> Result<Vec<OutboxView>, EngineError> {
    let (ended, called) = (Ended::read(view)?, Called::read(view, withheld)?);
    let shown = |entry: OutboxEntry| {
        let command = Command::from_bytes(&entry.command).ok();
        let about = called.about(command.as_ref())?;
        let waits_for_invitation = ended.as_ref().is_some_and(|ended| ended.keeps(&entry));
        let OutboxEntry { state, queued_at_ms, .. } = entry;
        Ok(OutboxView { command, about, state, waits_for_invitation, queued_at_ms })
    };
    view.outbox_after(None, count_max)?.into_iter().map(shown).collect()
}
