//! What things are called on this device: as its documents say, and of held work, which stands in none, as its
//! own commands say.

use keting_model::Command;
use keting_model::query::{self, AboutView, Naming, Withheld};
use keting_store::{StoreError, View};

/// What things are called, as far as a reader may know.
pub(crate) struct Called<'v> {
    view: &'v View,
    withheld: &'v Withheld,
    naming: Naming,
}

impl<'v> Called<'v> {
    /// Hears what is in the outbox.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(view: &'v View, withheld: &'v Withheld) -> Result<Self, StoreError> {
        let mut naming = Naming::default();
        for entry in view.outbox_after(None, u32::MAX)? {
            if let Ok(command) = Command::from_bytes(&entry.command) {
                naming.hear(&command);
            }
        }
        Ok(Self { view, withheld, naming })
    }

    /// Whose a command is and where; nothing is known of one of a newer version.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn about(&self, command: Option<&Command>) -> Result<AboutView, StoreError> {
        match command {
            Some(command) => query::about_command(self.view, self.withheld, &self.naming, command),
            None => Ok(AboutView::default()),
        }
    }
}
