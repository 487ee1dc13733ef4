//! A device's confirmation: up to where it has the log, and how much it had written by then.
//!
//! It bounds what a device can later claim: a commit of a higher sequence says that its author had
//! seen at least this position. It is no record of the log.

use keting_model::CityId;
use minicbor::{Decode, Encode};

use super::{Record, sealed::Checked};
use crate::commit::first_broken;
use crate::digest::Incarnation;
use crate::error::ProofError;
use crate::limits::NUMBER_MAX;
use crate::log::Cursor;

/// A device's word that everything up to a cursor is durable with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Confirmation {
    /// The city.
    #[n(0)]
    pub city: CityId,
    /// Up to where the device has what concerns it of the log.
    #[n(1)]
    pub cursor: Cursor,
    /// The incarnation whose commits are counted.
    #[n(2)]
    pub incarnation: Incarnation,
    /// The sequence of the last commit of that incarnation so far; 0 before the first.
    #[n(3)]
    pub last_sequence: u64,
}

impl Record for Confirmation {
    const CONTEXT: &'static str = "keting/confirmation/1";
    type Place = ();
}

impl Checked for Confirmation {
    fn check(&self) -> Result<(), ProofError> {
        first_broken(&[
            ("cursor", self.cursor.number <= NUMBER_MAX),
            ("last_sequence", self.last_sequence <= NUMBER_MAX),
        ])
    }
}
