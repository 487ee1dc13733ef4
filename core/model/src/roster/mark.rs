//! Where a page ends, so that the next one can begin there.
//!
//! A mark holds what the last row was put in order by, and of which query it is. Rows that come, go or
//! change place between two pages therefore move nobody else: whoever stood still is on one page.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::id::DocumentId;
use crate::roster::order::Order;
use crate::roster::text::Text;
use crate::roster::{Households, Only};

/// The end of a page, to be given back as it is: [`Households::after`].
#[derive(Clone, PartialEq, Eq)]
pub struct PageMark(Vec<u8>);

/// Says that a mark is of another query than the one it was given back with, or none at all. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page mark is of another query")]
pub struct AnotherQuery;

/// By what a row stands where it does: what is compared first, then the rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub(super) struct Place {
    #[n(0)]
    pub(super) lead: Lead,
    #[n(1)]
    pub(super) region_code: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) address_order: Vec<u8>,
    #[n(3)]
    pub(super) household: DocumentId,
}

/// What an order compares before addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(super) enum Lead {
    #[n(0)]
    Nothing,
    /// The day of the last visit; empty if there was none.
    #[n(1)]
    Visit(#[n(0)] String),
    /// When it was changed, counted backwards: the latest comes first.
    #[n(2)]
    Changed(#[n(0)] i64),
}

/// What a query is told apart by.
type Fingerprint = [u8; 8];

impl PageMark {
    /// The end of a page of a query.
    pub(super) fn of(query: &Households, order: Order, place: &Place) -> Self {
        let mut bytes = fingerprint(query, order).to_vec();
        // A Vec takes every write, so this cannot fail.
        let _ = minicbor::encode(place, &mut bytes);
        Self(bytes)
    }

    /// Where it points to, if it is of this query.
    pub(super) fn place(&self, query: &Households, order: Order) -> Result<Place, AnotherQuery> {
        let (of, place) = self.0.split_first_chunk().ok_or(AnotherQuery)?;
        if *of != fingerprint(query, order) {
            return Err(AnotherQuery);
        }
        minicbor::decode(place).map_err(|_| AnotherQuery)
    }
}

/// Everything of a query but how many rows and from where, and the order that its reader gets.
fn fingerprint(query: &Households, order: Order) -> Fingerprint {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    };
    add(order.name().as_bytes());
    add(query.region.as_ref().map_or(&[], |region| region.as_bytes().as_slice()));
    add(Text::of(query.text.as_deref()).map_or(String::new(), Text::into_folded).as_bytes());
    let only = match query.only {
        None => String::new(),
        Some(Only::NotVisitedSince { day }) => day.to_string(),
        Some(Only::OpenNeeds) => "open_needs".to_owned(),
        Some(Only::InConflict) => "in_conflict".to_owned(),
        Some(Only::NotSent) => "not_sent".to_owned(),
    };
    add(only.as_bytes());
    let mut tags: Vec<&String> = query.tags.iter().collect();
    tags.sort_unstable();
    tags.dedup();
    tags.into_iter().for_each(|tag| add(tag.as_bytes()));
    let mut short = Fingerprint::default();
    short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    short
}

/// Hexadecimal digits: a program may keep it as a text.
impl fmt::Display for PageMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An address stands in it, so it is in no log.
impl fmt::Debug for PageMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageMark")
    }
}

impl FromStr for PageMark {
    type Err = AnotherQuery;

    fn from_str(text: &str) -> Result<Self, AnotherQuery> {
        let mut bytes = vec![0; text.len() / 2];
        crate::id::parse_hex(text, &mut bytes).map_err(|_| AnotherQuery)?;
        Ok(Self(bytes))
    }
}

impl Serialize for PageMark {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
