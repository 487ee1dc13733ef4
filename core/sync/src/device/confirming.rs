//! What the device confirms: groups that are persisted, and, signed, how far its cursor is.
//!
//! One signature is made at a time and only the latest cursor is signed for: a key in hardware may
//! take longer than a disk.

use keting_trust::Confirmation;

use crate::message::Confirm;

#[derive(Debug, Default)]
pub(super) struct Confirming {
    /// How many groups of this session are persisted.
    groups: u64,
    wanted: Option<Confirmation>,
    signing: Option<u64>,
    signed: Option<Vec<u8>>,
    due: bool,
}

impl Confirming {
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.is_none() && self.signing.is_none() && !self.due
    }

    pub(super) fn is_at_work(&self) -> bool {
        self.signing.is_some()
    }

    pub(super) fn add_groups(&mut self, groups: u64) {
        self.groups += groups;
    }

    /// A group of a first sync is persisted: there is no cursor to sign for yet.
    pub(super) fn confirm_groups(&mut self) {
        self.due = true;
    }

    /// The cursor moved. While another signature is under way, the groups are confirmed without
    /// one, so that the window opens.
    pub(super) fn confirm_cursor(&mut self, confirmation: Confirmation) {
        self.due |= self.signing.is_some();
        self.wanted = Some(confirmation);
    }

    /// What to sign next, if the key is free.
    pub(super) fn next_to_sign(
        &mut self,
        next_id: &mut impl FnMut() -> u64,
    ) -> Option<(u64, Confirmation)> {
        if self.signing.is_some() {
            return None;
        }
        let confirmation = self.wanted.take()?;
        let id = next_id();
        self.signing = Some(id);
        Some((id, confirmation))
    }

    pub(super) fn is_signing(&self, id: u64) -> bool {
        self.signing == Some(id)
    }

    /// Takes a signed confirmation, if it is the one that was asked for.
    pub(super) fn take_signature(&mut self, id: u64, bytes: &[u8]) -> bool {
        let asked = self.is_signing(id);
        if asked {
            self.signing = None;
            self.signed = Some(bytes.to_vec());
            self.due = true;
        }
        asked
    }

    pub(super) fn is_due(&self) -> bool {
        self.due
    }

    /// The Confirm to send now, if one is due.
    pub(super) fn take(&mut self) -> Option<Confirm> {
        std::mem::take(&mut self.due)
            .then(|| Confirm { groups: self.groups, confirmation: self.signed.take() })
    }
}
