//! A whole machine, file and vault, that is copied at one instant and put back later. What was entered
//! in between and had not gone out is lost with it; all else comes to the server once.

use std::collections::{BTreeMap, BTreeSet};

use keting_testkit::vfs::Disk;
use keting_trust::CommitId;

use crate::device::Edit;
use crate::said::Remembered;
use crate::temper::Fault;
use crate::vault::MemoryVault;
use crate::world::World;

/// A machine as it was at one instant.
pub struct Image {
    /// Its disk.
    pub disk: Disk,
    /// Its vault.
    pub vault: MemoryVault,
    /// Every edit that its app had said is durable, and how far it had come.
    pub edits: BTreeMap<CommitId, Edit>,
    /// What it had told the server that it has.
    pub confirmed: BTreeSet<u64>,
    /// What its holder had said.
    pub said: Remembered,
}

impl World {
    /// Copies somebody's whole machine now and then, if one is ever to be put back.
    pub fn copy_a_machine(&mut self) {
        if !self.temper.faults.contains(&Fault::PutBack) {
            return;
        }
        let (index, seed) = (self.rng.index(self.devices.len()), self.rng.next_u64());
        let device = &self.devices[index];
        // Much is to happen between the copy and its return.
        let is_due = device.image.is_none() || self.rng.chance(1, 8);
        if device.is_honest && device.is_enrolled() && !device.is_troubled && is_due {
            let (name, said) = (device.name.clone(), self.said.remember(index));
            self.devices[index].take_image(said, seed);
            self.note(&format!("{name}'s machine is copied"));
        }
    }

    /// Puts somebody's machine back as it was when it was copied. False if none was.
    pub fn put_back(&mut self) -> bool {
        let (seed, mut copied) = (self.rng.next_u64(), Vec::new());
        copied.extend((0..self.devices.len()).filter(|at| self.devices[*at].image.is_some()));
        let Some(index) = self.rng.pick(&copied).copied() else { return false };
        self.stop_device(index);
        let device = &mut self.devices[index];
        if let Some(said) = device.put_back(seed) {
            self.said.put_back(index, &said);
        }
        let device = &self.devices[index];
        self.memory.put_back.extend(device.id());
        let name = device.name.clone();
        self.note(&format!("{name}'s machine is put back"));
        true
    }
}
