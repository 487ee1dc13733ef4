//! Answers: what became of each pushed commit.

use minicbor::Decoder;

use super::fields;
use super::heard::{put_heard, take_heard};
use super::push::CommitKey;
use crate::codec::{
    Misfit, Out, Written, array, put_list, put_nullable, take_list, take_nullable, take_number,
    take_text,
};
use keting_trust::limits::{CODE_BYTES_MAX, FRAME_ENTRIES_MAX};
use keting_trust::{Claimed, Heard};

/// The server's answers, one a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// At least one.
    pub answers: Vec<Answer>,
    /// The server's word on them, with the end of the log by then.
    pub heard: Claimed<Heard>,
}

/// The server's answer to one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The commit.
    pub commit: CommitKey,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a commit. What has a number is durable on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the log.
    Admitted {
        /// Its number.
        number: u64,
    },
    /// It is kept for a supervisor, or until what it waits for is there.
    Held {
        /// The number of the verdict.
        number: u64,
        /// Why.
        code: String,
    },
    /// It is not kept.
    Refused {
        /// Why.
        code: String,
    },
    /// It is not kept, and never will be: another commit of the same act was admitted.
    Superseded {
        /// The number of the verdict, which says by which one.
        number: u64,
    },
}

impl Outcome {
    /// The entry of the log that says so, if there is one.
    pub const fn number(&self) -> Option<u64> {
        match self {
            Self::Admitted { number } | Self::Held { number, .. } | Self::Superseded { number } => {
                Some(*number)
            }
            Self::Refused { .. } => None,
        }
    }

    /// What is the matter with it, if anything is.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Admitted { .. } | Self::Superseded { .. } => None,
            Self::Held { code, .. } | Self::Refused { code } => Some(code),
        }
    }

    fn fields(&self) -> (u8, Option<u64>, Option<&String>) {
        match self {
            Self::Admitted { number } => (0, Some(*number), None),
            Self::Held { number, code } => (1, Some(*number), Some(code)),
            Self::Refused { code } => (2, None, Some(code)),
            Self::Superseded { number } => (3, Some(*number), None),
        }
    }

    fn from_fields(outcome: u8, number: Option<u64>, code: Option<String>) -> Option<Self> {
        match (outcome, number, code) {
            (0, Some(number), None) => Some(Self::Admitted { number }),
            (1, Some(number), Some(code)) => Some(Self::Held { number, code }),
            (2, None, Some(code)) => Some(Self::Refused { code }),
            (3, Some(number), None) => Some(Self::Superseded { number }),
            (_, _, _) => None,
        }
    }
}

impl Answers {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(3)?.u16(20)?;
        put_list(e, &self.answers, |e, answer| {
            let (outcome, number, code) = answer.outcome.fields();
            e.array(5)?;
            answer.commit.write(e)?;
            e.u8(outcome)?;
            put_nullable(e, number.as_ref(), |e, number| e.u64(*number)?.ok())?;
            put_nullable(e, code, |e, code| e.str(code)?.ok())
        })?;
        put_heard(e, &self.heard)
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 2)?;
        let answers = take_list(d, FRAME_ENTRIES_MAX, |d| {
            array(d, 5)?;
            let commit = CommitKey::read(d)?;
            let outcome = d.u8()?;
            let number = take_nullable(d, take_number)?;
            let code = take_nullable(d, |d| take_text(d, CODE_BYTES_MAX))?;
            let outcome = Outcome::from_fields(outcome, number, code).ok_or(Misfit::Form)?;
            Ok(Answer { commit, outcome })
        })?;
        let heard = take_heard(d)?;
        if answers.is_empty() { Err(Misfit::Form) } else { Ok(Self { answers, heard }) }
    }
}
