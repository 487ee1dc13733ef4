//! Nothing that somebody said is overruled unseen.
//!
//! The simulation remembers every word of every person by itself: which command they gave, what it
//! says of what ([`word`]), and of the earlier words about the same thing which their phone had
//! received. A word *stands* until somebody says another of the same thing who had received it. What
//! stands is demanded of every screen ([`screen`]) whose reader may read it: alone it is what is
//! shown; beside others that contradict it, all of them are in the list of conflicts, with those who
//! said them. What is not on the server yet is in the list of what waits, with a code if it was
//! refused. That is checked of what an act is about just before it, and of everything once all is
//! quiet, on every phone and on screens made of the server's documents.
//!
//! Who conceals somebody, or says that they are a child, says so in a word of its own. Of whom such a word
//! stands, readers who may not read what is private see name and relation ([`hidden`]). At the end of a
//! run everybody who is no child is revealed, and all that was said is in the open again.
//!
//! What is withdrawn is judged on screens that show that, too, and what was said of it by others meanwhile is
//! demanded of the list of conflicts ([`withdrawn`]).

mod anew;
mod demand;
mod fate;
mod hidden;
mod screen;
mod server;
mod stands;
mod withdrawn;
mod word;

use std::collections::{BTreeMap, BTreeSet};

use keting::parts::Replica;
use keting_model::role::Reach;
use keting_model::{Command, DocumentId, DocumentKind, Role};
use keting_store::StoreError;
use keting_trust::{CommitId, DeviceId};

use crate::device::Device;
use crate::plan::CHILD_BORN;
use crate::said::anew::Anew;
use crate::said::fate::Fate;
pub use crate::said::fate::Remembered;
use crate::said::screen::{Reader, Screen};
use crate::said::stands::{Names, Stands, judge, judge_moved};
use crate::said::withdrawn::{judge_withdrawal, without_reasons};
use crate::said::word::{Slot, Word, words_of};
use crate::trace::hex;
use crate::world::Broken;

/// Everything that people said, in the order in which they said it.
#[derive(Debug, Default)]
pub struct Said {
    acts: Vec<Act>,
    about: BTreeMap<Slot, Vec<Entry>>,
    /// Which commits are one act.
    pub anew: Anew,
}

/// What somebody did at once.
#[derive(Debug)]
struct Act {
    /// Whose phone it was, by its place among them.
    file: usize,
    device: DeviceId,
    command: Vec<u8>,
    became: Became,
    /// Whether the server has been seen to have it.
    is_on_server: bool,
    /// Whether it has been seen to hold it.
    is_held: bool,
    fate: Fate,
}

impl Act {
    fn commit(&self) -> Option<CommitId> {
        match self.became {
            Became::Kept(commit) => Some(commit),
            Became::Unknown | Became::Nothing => None,
        }
    }
}

/// What became of an act on its author's disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    /// The app said it is durable.
    Kept(CommitId),
    /// The disk failed: it may be found again when the app starts.
    Unknown,
    /// It was not found again.
    Nothing,
}

/// A word.
#[derive(Debug)]
struct Entry {
    word: Word,
    /// The act it was said in.
    act: usize,
    /// The acts of the earlier words about the same thing that its author had received.
    seen: BTreeSet<usize>,
}

/// The household or region that a command is about.
///
/// # Panics
/// When it is about nothing.
pub fn about(command: &Command) -> DocumentId {
    let word = words_of(command).first().map(|(slot, _)| slot.of);
    word.or_else(|| command.documents().first().copied()).unwrap()
}

/// Words about to be said.
#[derive(Debug)]
pub struct Saying {
    device: DeviceId,
    command: Vec<u8>,
    words: Vec<(Slot, Word, BTreeSet<usize>)>,
}

impl Said {
    /// Judges what somebody has before them as they are about to do something, and gives what they
    /// will have said then. Nothing while their disk shows nothing: then they do nothing.
    ///
    /// # Errors
    /// When their screens leave out, or list wrongly, what is said of what they are about to change.
    pub fn before(
        &mut self,
        file: usize,
        device: &Device,
        command: &Command,
    ) -> Result<Option<Saying>, Broken> {
        let Some(replica) = &device.replica else { return Ok(None) };
        if self.anew.look(file, replica.store()).is_err() {
            return Ok(None);
        }
        let Ok(looked) = self.look(device, replica, command) else { return Ok(None) };
        let Looked { screen, words } = looked;
        let reads = Reads { role: device.part.role, names: Names::Known };
        for Looking { slot, received, .. } in &words {
            let stands = self.stands(slot, |act| received.contains(&act));
            self.judge(&reads, slot, &stands, &screen).map_err(|what| {
                let (name, told) = (&device.name, self.told(slot));
                format!("{name} is about to {}: {what}, said was{told}", command.name())
            })?;
        }
        let said = words.into_iter().filter(|looking| looking.says_something);
        let words = said.map(|Looking { slot, word, received, .. }| (slot, word, received));
        let (device, command) = (replica.device(), command.to_bytes());
        Ok(Some(Saying { device, command, words: words.collect() }))
    }

    fn look(
        &self,
        device: &Device,
        replica: &Replica,
        command: &Command,
    ) -> Result<Looked, StoreError> {
        let words = words_of(command);
        let reader = Reader::of(replica, device.part.role);
        let of = words.first().map(|(slot, _)| slot.of);
        let screen = of.map(|of| reader.about(&of)).transpose()?.unwrap_or_default();
        let mut looked = Looked { screen, words: Vec::new() };
        for (slot, word) in words {
            let turn = turn(&looked.screen, &slot, &word);
            let says_something = is_news(&looked.screen, &slot, &word);
            for (slot, word, says_something) in turn
                .map(|(slot, word)| (slot, word, true))
                .into_iter()
                .chain([(slot, word, says_something)])
            {
                let mut received = self.received(replica, &slot)?;
                received.extend(self.received_of_record(replica, &slot)?);
                looked.words.push(Looking { slot, word, received, says_something });
            }
        }
        Ok(looked)
    }

    /// The acts whose words about something a file has received, and which stand there.
    fn received(&self, replica: &Replica, slot: &Slot) -> Result<BTreeSet<usize>, StoreError> {
        let mut received = BTreeSet::new();
        for entry in self.about.get(slot).into_iter().flatten() {
            let Some(commit) = self.acts[entry.act].commit() else { continue };
            if self.anew.in_file(replica.store(), &commit)?.is_some_and(|here| here.stands()) {
                received.insert(entry.act);
            }
        }
        Ok(received)
    }

    /// Remembers what somebody said. Without a commit their disk failed meanwhile, and the app may
    /// find it when it starts.
    pub fn note(&mut self, file: usize, saying: Saying, commit: Option<CommitId>) {
        let Saying { device, command, words } = saying;
        let act = self.acts.len();
        for (slot, word, seen) in words {
            self.about.entry(slot).or_default().push(Entry { word, act, seen });
        }
        let became = commit.map_or(Became::Unknown, Became::Kept);
        let (is_on_server, is_held, fate) = (false, false, Fate::Open);
        self.acts.push(Act { file, device, command, became, is_on_server, is_held, fate });
    }

    /// Looks for what the disk failed at. Whoever looks as their app starts knows then.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find_again(
        &mut self,
        file: usize,
        device: &Device,
        starts: bool,
    ) -> Result<(), StoreError> {
        let Some(replica) = &device.replica else { return Ok(()) };
        let (store, own) = (replica.store(), replica.device());
        let is_lost = |act: &Act| act.became == Became::Unknown && act.device == own;
        if !self.acts.iter().any(is_lost) {
            return Ok(());
        }
        let known: BTreeSet<CommitId> = self.acts.iter().filter_map(Act::commit).collect();
        let mut found = BTreeMap::new();
        for (row, commit) in store.commits_after(None, u32::MAX)? {
            let id = CommitId { device: DeviceId::new(commit.device), command: commit.command };
            let id = CommitId { command: commit.replaces.unwrap_or(id.command), ..id };
            if let Some(entry) = store.outbox_entry(row)?
                && id.device == own
                && !known.contains(&id)
            {
                found.insert(entry.command, id);
            }
        }
        for act in self.acts.iter_mut().filter(|act| is_lost(act)) {
            match found.get(&act.command) {
                Some(commit) => act.became = Became::Kept(*commit),
                None if starts && act.file == file => act.became = Became::Nothing,
                None => {}
            }
        }
        Ok(())
    }

    /// What stands of something among the acts that somebody `has`.
    fn stands(&self, slot: &Slot, has: impl Fn(usize) -> bool) -> Stands {
        let entries = self.about.get(slot).into_iter().flatten();
        let here: Vec<&Entry> = entries.filter(|entry| has(entry.act)).collect();
        let mut stands = Stands::new();
        for entry in &here {
            if !here.iter().any(|later| later.seen.contains(&entry.act)) {
                let by = hex(self.acts[entry.act].device.as_bytes());
                stands.entry(entry.word.clone()).or_default().insert(by);
            }
        }
        stands
    }

    /// Every word about something, to be shown where one is missing.
    fn told(&self, slot: &Slot) -> String {
        let tell = |Entry { word, act, seen }: &Entry| {
            let Act { file, became, .. } = &self.acts[*act];
            format!("\n  act {act} on phone {file}, {became:?}: {word:?} over {seen:?}")
        };
        self.about.get(slot).into_iter().flatten().map(tell).collect()
    }

    /// Whether an act is on its author's disk for good, and stands.
    fn is_kept(&self, act: usize) -> bool {
        let act = &self.acts[act];
        act.commit().is_some() && !act.is_held && (act.fate == Fate::Open || act.is_on_server)
    }

    /// The commit that made a region, if it is known.
    pub fn maker(&self, region: &DocumentId) -> Option<CommitId> {
        let code = self.about.get(&Slot::new(*region, "code"))?;
        code.iter().find_map(|entry| self.acts[entry.act].commit())
    }

    /// Whether anybody ever said of the resident whom something is about that they are concealed.
    fn was_ever_concealed(&self, slot: &Slot) -> bool {
        slot.concealed().is_some_and(|flag| self.about.contains_key(&flag))
    }

    /// Demands of screens what stands of something, as far as their reader may read it.
    fn judge(
        &self,
        reads: &Reads,
        slot: &Slot,
        stands: &Stands,
        screen: &Screen,
    ) -> Result<(), Broken> {
        let may_read = |kind| reads.role.reads().iter().any(|(one, _)| *one == kind);
        let reads_private = may_read(DocumentKind::HouseholdPrivate);
        let reads_whole =
            reads.role.reads().contains(&(DocumentKind::HouseholdVisits, Reach::Whole));
        let moved = self.was_ever_concealed(slot);
        match () {
            () if !may_read(slot.kind()) => Ok(()),
            // Who reads only their own visits does not see which others were withdrawn.
            () if slot.is_of_visits() && slot.is_withdrawal() && !reads_whole => Ok(()),
            () if slot.is_withdrawal() && !reads_private && screen.is_concealed(slot) => {
                judge_withdrawal(slot, &without_reasons(stands), screen, reads.names)
            }
            // Of who is no longer concealed, why may still stand in the private part.
            () if slot.is_withdrawal() && !reads_private && moved => {
                let bare = screen.without_reasons(slot);
                judge_withdrawal(slot, &without_reasons(stands), &bare, reads.names)
            }
            () if slot.is_withdrawal() => judge_withdrawal(slot, stands, screen, reads.names),
            () if moved && !reads_private && slot.is_flag() => {
                let flag = Word::flag(stands.contains_key(&Word::flag(true)));
                if screen.shown(slot) == BTreeSet::from([flag]) {
                    return Ok(());
                }
                Err(format!("of {slot:?} stands {stands:?}, shown is {:?}", screen.shown(slot)))
            }
            // What has moved is in the open once the resident is revealed.
            () if moved && !reads_private && slot.is_hidden_of_concealed() => Ok(()),
            () if moved && slot.moves() => judge_moved(slot, stands, &self.ever_said(slot), screen),
            () => judge(slot, stands, screen, reads.names),
        }
    }

    /// Every word that anybody ever said of something, and what stood there before.
    fn ever_said(&self, slot: &Slot) -> BTreeSet<Word> {
        let entries = self.about.get(slot).into_iter().flatten();
        entries.map(|entry| entry.word.clone()).chain([slot.unsaid()]).collect()
    }
}

/// What somebody has before them as they are about to act.
struct Looked {
    screen: Screen,
    words: Vec<Looking>,
}

/// A word about to be entered.
struct Looking {
    slot: Slot,
    word: Word,
    /// The acts of the words about the same thing that are on the phone.
    received: BTreeSet<usize>,
    /// Who enters what is shown already says nothing.
    says_something: bool,
}

/// Whose screens are judged.
struct Reads {
    role: Role,
    names: Names,
}

/// Whether what somebody enters is not what is shown already.
fn is_news(screen: &Screen, slot: &Slot, word: &Word) -> bool {
    !matches!(word, Word::Value(_))
        || screen.listed(slot).is_some()
        || screen.shown(slot) != BTreeSet::from([word.clone()])
}

/// What somebody says by a date of birth of whether its resident is concealed: a child is, and who turns
/// out to be none is no longer.
fn turn(screen: &Screen, slot: &Slot, word: &Word) -> Option<(Slot, Word)> {
    let (_, "birth_date") = slot.resident()? else { return None };
    if !is_news(screen, slot, word) {
        return None;
    }
    let (flag, child) = (slot.concealed()?, Word::Value(CHILD_BORN.to_owned()));
    let is_concealed = screen.shown(&flag).contains(&Word::flag(true));
    if *word == child {
        Some((flag, Word::flag(true)))
    } else if is_concealed && screen.words(slot).contains(&child) {
        Some((flag, Word::flag(false)))
    } else {
        None
    }
}
