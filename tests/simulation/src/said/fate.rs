//! What becomes of what somebody said once their machine is put back: of what had not gone out, some is
//! lost with the machine, and of the rest each act is made anew, or told to be moot, or left to a person.

use std::collections::BTreeMap;

use keting_model::Command;
use keting_trust::CommitId;

use crate::device::Device;
use crate::said::word::Slot;
use crate::said::{Act, Said};
use crate::world::Broken;

/// What became of an act after its machine was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes its way, made anew or not.
    Open,
    /// What it says stood there already, and its author was told so.
    Moot,
    /// It could not be made anew, and stands in the list of held work.
    LeftToAPerson,
    /// It was on the machine that is no more. Whether it had gone out, the server knows.
    Lost,
}

/// The acts of one phone at one instant.
#[derive(Debug, Clone, Default)]
pub struct Remembered(BTreeMap<usize, Fate>);

impl Said {
    /// The acts of a phone as they are now.
    pub fn remember(&self, file: usize) -> Remembered {
        let own = self.acts.iter().enumerate().filter(|(_, act)| act.file == file);
        Remembered(own.map(|(place, act)| (place, act.fate)).collect())
    }

    /// A phone is as it was when its acts were remembered, and has lost those that came later.
    pub fn put_back(&mut self, file: usize, remembered: &Remembered) {
        let own = self.acts.iter_mut().enumerate().filter(|(_, act)| act.file == file);
        for (place, act) in own {
            act.fate = remembered.0.get(&place).copied().unwrap_or(Fate::Lost);
        }
    }

    /// A phone's holder is told that what they had entered needed not be made anew.
    ///
    /// # Errors
    /// When they had entered no such thing, it is still there, or what it says is said by nothing else.
    pub fn note_moot(
        &mut self,
        file: usize,
        device: &Device,
        command: &Command,
    ) -> Result<(), Broken> {
        let Some(replica) = &device.replica else { return Ok(()) };
        let (own, command) = (replica.device(), command.to_bytes());
        let Self { acts, anew, .. } = self;
        // A disk that fails shows nothing; then it is taken for gone.
        let _ = anew.look(file, replica.store());
        let is_gone = |act: &Act| {
            let here = |commit| anew.in_file(replica.store(), &commit).ok().flatten();
            act.commit().is_some_and(|commit| here(commit).is_none())
        };
        let is_it = |act: &Act| {
            act.device == own && act.command == command && act.fate != Fate::Moot && is_gone(act)
        };
        let Some(place) = acts.iter().position(is_it) else {
            return Err(format!("{} is told of what they never entered", device.name));
        };
        acts[place].fate = Fate::Moot;
        match self.said_by_nothing_else(place) {
            Some(slot) => {
                let (name, told) = (&device.name, self.told(slot));
                Err(format!("{name} is told that {slot:?} stood there already, said was{told}"))
            }
            None => Ok(()),
        }
    }

    /// Of what an act says something that stood nowhere before it, and that nobody else said.
    fn said_by_nothing_else(&self, place: usize) -> Option<&Slot> {
        self.about.iter().find_map(|(slot, entries)| {
            let own = entries.iter().find(|entry| entry.act == place)?;
            let others = entries.iter().filter(|entry| entry.act != place);
            let is_said = others.into_iter().any(|entry| entry.word == own.word);
            (!is_said && own.word != slot.unsaid()).then_some(slot)
        })
    }

    /// Whether the author of an act was told that it needed not be made anew.
    pub fn is_moot(&self, commit: &CommitId) -> bool {
        let mut acts = self.acts.iter();
        acts.any(|act| act.commit().as_ref() == Some(commit) && act.fate == Fate::Moot)
    }
}
