//! The messages: what a frame carries, one type a message.
//!
//! Each is a CBOR array whose first element is the message's number. Numbers below 16 go from the
//! device to the server, the others come back. A number is never used again for something else.

mod answers;
mod confirm;
mod ended;
mod entries;
mod heard;
mod hello;
mod push;
mod refused;
mod welcome;

use minicbor::Decoder;

pub use answers::{Answer, Answers, Outcome};
pub use confirm::Confirm;
pub use ended::Ended;
pub use entries::{Entries, Entry, EntryPosition, Progress, UpTo};
pub use heard::{group_of, group_of_answers, group_of_progress};
pub use hello::{Hello, Request, Resume, Secret};
pub use push::{CommitKey, Push, PushedCommit};
pub use refused::Refused;
pub use welcome::{Enrolled, Highest, Limits, NewGeneration, Welcome};

pub(crate) use hello::offered_versions;

use crate::codec::{Misfit, Out, Written, written};

/// A message from a device to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceMessage {
    /// 1: who the device is and what it has.
    Hello(Box<Hello>),
    /// 2: commits from its outbox.
    Push(Push),
    /// 3: what it has persisted.
    Confirm(Confirm),
    /// 4: asks for any sign of life.
    Ping,
}

/// A message from the server to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerMessage {
    /// 16: the session stands.
    Welcome(Welcome),
    /// 17: what a newly enrolled device needs to know of the city.
    Enrolled(Enrolled),
    /// 18: entries of the log.
    Entries(Entries),
    /// 19: nothing else for you up to here.
    UpTo(UpTo),
    /// 20: what became of pushed commits.
    Answers(Answers),
    /// 21: how far a first sync is.
    Progress(Progress),
    /// 22: the log is not the one the device's cursor is of.
    NewGeneration(NewGeneration),
    /// 23: a sign of life.
    Pong,
    /// 30: the session ends, because the device was ended.
    Ended(Ended),
    /// 31: the session ends, and why.
    Refused(Refused),
}

/// What `frame` needs of the messages of one direction.
pub(crate) trait Message: Sized {
    /// Writes the message's array.
    fn write(&self, e: &mut Out) -> Written;

    /// Reads what follows the number, or `None` if no message has it.
    fn read(number: u16, len: u64, d: &mut Decoder<'_>) -> Option<Result<Self, Misfit>>;

    /// The message's bytes.
    fn bytes(&self) -> Vec<u8> {
        written(|e| self.write(e))
    }
}

impl Message for DeviceMessage {
    fn write(&self, e: &mut Out) -> Written {
        match self {
            Self::Hello(hello) => hello.write(e),
            Self::Push(push) => push.write(e),
            Self::Confirm(confirm) => confirm.write(e),
            Self::Ping => e.array(1)?.u16(4)?.ok(),
        }
    }

    fn read(number: u16, len: u64, d: &mut Decoder<'_>) -> Option<Result<Self, Misfit>> {
        Some(match number {
            1 => Hello::read(len, d).map(|hello| Self::Hello(Box::new(hello))),
            2 => Push::read(len, d).map(Self::Push),
            3 => Confirm::read(len, d).map(Self::Confirm),
            4 => fields(len, 0).map(|()| Self::Ping),
            _ => return None,
        })
    }
}

impl Message for ServerMessage {
    fn write(&self, e: &mut Out) -> Written {
        match self {
            Self::Welcome(welcome) => welcome.write(e),
            Self::Enrolled(enrolled) => enrolled.write(e),
            Self::Entries(entries) => entries.write(e),
            Self::UpTo(up_to) => up_to.write(e),
            Self::Answers(answers) => answers.write(e),
            Self::Progress(progress) => progress.write(e),
            Self::NewGeneration(notice) => notice.write(e),
            Self::Pong => e.array(1)?.u16(23)?.ok(),
            Self::Ended(ended) => ended.write(e),
            Self::Refused(refused) => refused.write(e),
        }
    }

    fn read(number: u16, len: u64, d: &mut Decoder<'_>) -> Option<Result<Self, Misfit>> {
        Some(match number {
            16 => Welcome::read(len, d).map(Self::Welcome),
            17 => Enrolled::read(len, d).map(Self::Enrolled),
            18 => Entries::read(len, d).map(Self::Entries),
            19 => UpTo::read(len, d).map(Self::UpTo),
            20 => Answers::read(len, d).map(Self::Answers),
            21 => Progress::read(len, d).map(Self::Progress),
            22 => NewGeneration::read(len, d).map(Self::NewGeneration),
            23 => fields(len, 0).map(|()| Self::Pong),
            30 => Ended::read(len, d).map(Self::Ended),
            31 => Refused::read(len, d).map(Self::Refused),
            _ => return None,
        })
    }
}

/// Checks that as many fields follow the number as the message has.
fn fields(len: u64, expected: u64) -> Result<(), Misfit> {
    if len == expected + 1 { Ok(()) } else { Err(Misfit::Form) }
}
