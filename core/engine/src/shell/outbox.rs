//! What the server has not taken of what was entered here: what waits for it, and what it holds. Each says
//! whose it is and where, so that its author finds the place again.

use keting_model::query::{AboutView, Withheld};
use keting_model::{Command, CommandId};
use keting_store::{OutboxEntry, OutboxState, StoreError, View};

use crate::error::EngineError;
use crate::replica::called::Called;
use crate::replica::ended::Ended;
use crate::replica::held::{ANCESTOR_HELD, HeldEntry, StandsOn, held_work};
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
    /// Where the code is `ancestor_held`: the id of the edit that this one stands on and that is held for a
    /// reason of its own. None where that is not here.
    pub stands_on: Option<CommandId>,
    /// When it was entered by the city's time, milliseconds since the Unix epoch.
    pub entered_at_ms: u64,
}

impl HeldView {
    fn of(held: HeldEntry, on: &StandsOn, called: &Called<'_>) -> Result<Self, StoreError> {
        let stands_on = on.of(&held);
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
            | OutboxState::Superseded => ANCESTOR_HELD.to_owned(),
        };
        let (id, entered_at_ms) = (commit.command, entry.queued_at_ms);
        Ok(Self { id, command, about, code, stands_on, entered_at_ms })
    }
}

impl Local {
    /// What the server has not acknowledged, the oldest first, `count_max` at most.
    ///
    /// # Errors
    /// `not_enrolled` when there is nothing and the device has not joined; when the file cannot be read.
    pub fn outbox(&self, count_max: u32) -> Result<Vec<OutboxView>, EngineError> {
        let found =
            self.at_one_moment(|view, withheld| Ok(outbox(view, withheld, count_max)))??;
        self.none_of_a_city(found)
    }

    /// What the server holds of this device's edits, with what stands on it, the oldest first.
    ///
    /// # Errors
    /// As for [`Self::outbox`].
    pub fn held(&self) -> Result<Vec<HeldView>, EngineError> {
        let found = self.at_one_moment(|view, withheld| Ok(held(view, withheld)))??;
        self.none_of_a_city(found)
    }

    /// How many edits [`Self::held`] lists.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn held_count(&self) -> Result<u64, EngineError> {
        self.at_one_moment(|view, _| Ok(view.outbox_counts()?.held))
    }

    /// What a salvage saved is shown also where the device has yet to join once more; that there is nothing is
    /// an answer of a city's device only.
    fn none_of_a_city<T>(&self, found: Vec<T>) -> Result<Vec<T>, EngineError> {
        if found.is_empty() {
            self.require_joined()?;
        }
        Ok(found)
    }
}

fn held(view: &View, withheld: &Withheld) -> Result<Vec<HeldView>, EngineError> {
    let (called, work) = (Called::read(view, withheld)?, held_work(view)?);
    let on = StandsOn::read(view, &work)?;
    let shown = work.into_iter().map(|held| Ok(HeldView::of(held, &on, &called)?));
    shown.collect()
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
