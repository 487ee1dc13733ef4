//! What was withdrawn is shown so to whoever asks, and a withdrawal hides nothing that its author had not
//! heard of: it is in the list of conflicts.

use std::collections::BTreeSet;

use keting::parts::Replica;
use keting_model::DocumentKind;
use keting_model::role::Reach;
use keting_store::StoreError;

use crate::said::screen::Screen;
use crate::said::stands::{Names, Stands, is_contradictory, judge};
use crate::said::word::{Slot, Word};
use crate::said::{Entry, Reads, Said};
use crate::world::Broken;

/// Demands of screens what stands of a withdrawal: the facts that say so, or what contradicts them in the
/// list of conflicts, or nothing where all say that it stands.
///
/// # Errors
/// When they show something else.
pub fn judge_withdrawal(
    slot: &Slot,
    stands: &Stands,
    screen: &Screen,
    names: Names,
) -> Result<(), Broken> {
    let stands_again = !stands.keys().any(|word| says(word, "withdrawn"));
    match () {
        () if stands_again && !screen.is_withdrawn(slot) && screen.listed(slot).is_none() => Ok(()),
        () if !is_contradictory(stands) => judge(slot, stands, screen, names),
        () if screen.is_withdrawn(slot) => Err(format!("{slot:?} is withdrawn, but {stands:?}")),
        () => {
            let listed = screen.listed(slot).map(|listed| listed.keys().collect::<BTreeSet<_>>());
            if listed.map_or(screen.hides(slot), |listed| listed.into_iter().eq(stands.keys())) {
                return Ok(());
            }
            Err(format!("of {slot:?} stands {stands:?}, which is not listed"))
        }
    }
}

/// What is left of it for those who may not hear why.
pub fn without_reasons(stands: &Stands) -> Stands {
    stands.iter().map(|(word, by)| (word.without_reason(), by.clone())).collect()
}

fn says(word: &Word, wanted: &str) -> bool {
    matches!(word, Word::Fact { status, .. } if status == wanted)
}

impl Said {
    /// The acts about a record that a file has received: whoever withdraws it has seen them.
    pub(super) fn received_of_record(
        &self,
        replica: &Replica,
        withdrawal: &Slot,
    ) -> Result<BTreeSet<usize>, StoreError> {
        let mut received = BTreeSet::new();
        for slot in self.about.keys().filter(|slot| slot.withdrawals().contains(withdrawal)) {
            received.extend(self.received(replica, slot)?);
        }
        Ok(received)
    }

    /// Demands of somebody who may read everything of a household, and `has` some acts, that whatever stands
    /// of a withdrawn record and its withdrawals had not seen is listed. Says whether something is.
    ///
    /// # Errors
    /// When it is hidden.
    pub(super) fn demand_heard(
        &self,
        reads: &Reads,
        withdrawal: &Slot,
        screen: &Screen,
        has: impl Fn(usize) -> bool,
    ) -> Result<bool, Broken> {
        let reads_whole = |kind| reads.role.reads().contains(&(kind, Reach::Whole));
        let reads_all = [DocumentKind::HouseholdPrivate, DocumentKind::HouseholdVisits];
        let is_shown = screen.is_withdrawn(withdrawal) && !screen.hides(withdrawal);
        if !is_shown || !reads_all.into_iter().all(reads_whole) {
            return Ok(false);
        }
        let standing = |slot: &Slot| -> Vec<&Entry> {
            let entries = self.about.get(slot).into_iter().flatten();
            let here: Vec<&Entry> = entries.filter(|entry| has(entry.act)).collect();
            let is_over = |one: &Entry| here.iter().any(|later| later.seen.contains(&one.act));
            here.iter().copied().filter(|one| !is_over(one)).collect()
        };
        let by = standing(withdrawal);
        let unseen = |one: &&Entry| !by.iter().any(|withdrawn| withdrawn.seen.contains(&one.act));
        let covered = self.about.keys().filter(|slot| slot.withdrawals().contains(withdrawal));
        for slot in covered {
            let Some(hidden) = standing(slot).into_iter().find(unseen) else { continue };
            if !screen.tells_of_others(withdrawal) {
                let (word, told) = (&hidden.word, self.told(slot));
                return Err(format!("{withdrawal:?} hides {word:?} of {slot:?}, said was{told}"));
            }
            return Ok(true);
        }
        Ok(false)
    }
}
