//! Saving a form: carrying out its command, or finding that everything is as it says.
//!
//! An app may end after an edit is durable and before it heard so; the person then saves the same form
//! again. A form keeps the id it took when it was opened, so what it adds is recognised: if this device
//! added it, as the form says it and with nothing more, it is saved, and saving it again changes nothing.
//! Under an id that somebody else gave away, or with other contents, it is refused as `already_exists`:
//! what the person entered stands nowhere, or what they took out of the form stands unseen.

use std::collections::BTreeMap;

use keting_model::{Command, CommandError, Warning};
use keting_trust::CommitId;

use crate::error::EngineError;
use crate::replica::Replica;
use crate::replica::occasion::Occasion;

/// Something that is saved: durable on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved<I> {
    /// The id of what was saved.
    pub id: I,
    /// The commit that saved it; none if everything was already as it should be.
    pub commit: Option<CommitId>,
    /// What the person should look at again: it may be wrong, and was kept.
    pub warnings: Vec<Warning>,
}

impl Replica {
    /// Carries out the command of a form that is about `id`, unless everything is as it says, and discards
    /// the form's draft in the same transaction.
    ///
    /// # Errors
    /// As [`Self::execute`]. Nothing has then happened, and the draft is still there.
    pub fn save<I>(
        &mut self,
        id: I,
        command: &Command,
        draft: Option<&str>,
    ) -> Result<Saved<I>, EngineError> {
        let done = self.carry_out(command, Occasion::Given { draft });
        match done.map_err(|error| self.connect_anew_after(error)) {
            Ok(done) => {
                return Ok(Saved { id, commit: Some(done.commit), warnings: done.warnings });
            }
            Err(EngineError::Command(CommandError::NothingChanged)) => {}
            Err(EngineError::Command(CommandError::AlreadyExists { .. }))
                if self.was_added_here(command)? => {}
            Err(error) => return Err(error),
        }
        if let Some(key) = draft {
            self.store.write(|transaction| transaction.discard_draft(key))?;
        }
        Ok(Saved { id, commit: None, warnings: Vec::new() })
    }

    /// Whether this device added already what a command adds, as the command says it.
    fn was_added_here(&mut self, command: &Command) -> Result<bool, EngineError> {
        let mut documents = BTreeMap::new();
        for id in command.documents() {
            documents.insert(id, self.open_document(&id)?.document);
        }
        match command.added_already_by(&documents) {
            Some(author) => Ok(self.wrote_as(&author)?),
            None => Ok(false),
        }
    }
}
