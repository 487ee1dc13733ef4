//! Whether screens show what stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::said::screen::Screen;
use crate::said::word::{Slot, Word};
use crate::world::Broken;

/// The words that nobody replaced who had received them, and the devices of those who said them.
pub type Stands = BTreeMap<Word, BTreeSet<String>>;

/// Whether the reader can name those who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// By their devices.
    Known,
    /// A file put together without their commits names nobody.
    Unknown,
}

/// Demands of screens what stands of a slot.
///
/// # Errors
/// When a word is neither shown nor listed, or words are listed that do not stand against each other.
pub fn judge(slot: &Slot, stands: &Stands, screen: &Screen, names: Names) -> Result<(), Broken> {
    if stands.is_empty() {
        return Ok(());
    }
    let (shown, listed) = (screen.shown(slot), screen.listed(slot));
    let is_alike = |listed: &Stands| match names {
        Names::Known => listed == stands,
        Names::Unknown => listed.keys().eq(stands.keys()),
    };
    let good = if is_contradictory(stands) {
        let is_told = listed.map_or(screen.hides(slot), is_alike);
        is_told && shown.iter().all(|word| stands.contains_key(word))
    } else {
        listed.is_none() && shown.iter().eq(stands.keys())
    };
    if good {
        return Ok(());
    }
    Err(format!("of {slot:?} stands {stands:?}, shown is {shown:?}, listed {listed:?}"))
}

/// Demands of screens what stands of a field that was moved: whoever moved a value says it again, so that
/// one who had replaced it meanwhile stands beside it.
///
/// # Errors
/// When a word is neither shown nor listed, or something is that nobody ever said.
pub fn judge_moved(
    slot: &Slot,
    stands: &Stands,
    ever: &BTreeSet<Word>,
    screen: &Screen,
) -> Result<(), Broken> {
    let words = screen.words(slot);
    let is_told = stands.keys().all(|word| words.contains(word)) || screen.hides(slot);
    if is_told && words.is_subset(ever) {
        return Ok(());
    }
    Err(format!("of {slot:?} stands {stands:?}, which moved, and there is {words:?}"))
}

/// Whether words stand against each other.
pub fn is_contradictory(stands: &Stands) -> bool {
    let words: BTreeSet<&Word> = stands.keys().collect();
    words
        .iter()
        .enumerate()
        .any(|(place, one)| words.iter().skip(place + 1).any(|other| one.contradicts(other)))
}
