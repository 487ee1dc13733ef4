//! The few CBOR shapes all messages are made of.
//!
//! Every length and count a peer claims is compared with its limit before anything is made of it.
//! Whether the bytes were canonical is not asked here: `frame` encodes what was decoded once more and
//! compares.

use keting_trust::Cursor;
use keting_trust::limits::NUMBER_MAX;
use minicbor::{Decode, Decoder, Encode, Encoder};

/// Says why bytes are not the message they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// Not CBOR, or not of the message's form.
    Form,
    /// More or longer than a limit allows.
    TooMuch,
}

impl From<minicbor::decode::Error> for Misfit {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Form
    }
}

/// Writes into a vector, which never fails; what stands after `?` cannot happen.
pub(crate) type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;
pub(crate) type Out = Encoder<Vec<u8>>;

/// The bytes that `write` writes.
pub(crate) fn written(write: impl FnOnce(&mut Out) -> Written) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    // A vector takes every write, and no encoder of ours refuses a value.
    let _cannot_fail = write(&mut out);
    out.into_writer()
}

/// Writes a value of another crate.
pub(crate) fn put<T: Encode<()>>(e: &mut Out, value: &T) -> Written {
    e.encode(value)?.ok()
}

/// Writes null or the value.
pub(crate) fn put_nullable<T>(
    e: &mut Out,
    value: Option<&T>,
    write: impl FnOnce(&mut Out, &T) -> Written,
) -> Written {
    match value {
        Some(value) => write(e, value),
        None => e.null()?.ok(),
    }
}

/// Writes a list.
pub(crate) fn put_list<T>(
    e: &mut Out,
    items: &[T],
    mut write: impl FnMut(&mut Out, &T) -> Written,
) -> Written {
    e.array(items.len() as u64)?;
    items.iter().try_for_each(|item| write(e, item))
}

/// Reads the head of an array of exactly so many items.
pub(crate) fn array(d: &mut Decoder<'_>, len: u64) -> Result<(), Misfit> {
    if d.array()? == Some(len) { Ok(()) } else { Err(Misfit::Form) }
}

/// Reads a value of another crate.
pub(crate) fn take<'b, T: Decode<'b, ()>>(d: &mut Decoder<'b>) -> Result<T, Misfit> {
    Ok(d.decode()?)
}

/// Reads a number of the log: a peer's word for it must fit the columns that are to hold it.
pub(crate) fn take_number(d: &mut Decoder<'_>) -> Result<u64, Misfit> {
    let number = d.u64()?;
    if number > NUMBER_MAX { Err(Misfit::TooMuch) } else { Ok(number) }
}

/// Reads a cursor, whose number is one of the log too.
pub(crate) fn take_cursor(d: &mut Decoder<'_>) -> Result<Cursor, Misfit> {
    let cursor: Cursor = take(d)?;
    if cursor.number > NUMBER_MAX { Err(Misfit::TooMuch) } else { Ok(cursor) }
}

/// Reads null or a value.
pub(crate) fn take_nullable<'b, T>(
    d: &mut Decoder<'b>,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Misfit>,
) -> Result<Option<T>, Misfit> {
    if d.datatype()? == minicbor::data::Type::Null {
        d.null()?;
        Ok(None)
    } else {
        read(d).map(Some)
    }
}

/// Reads a list of at most so many items. Room is made as they come, never as they are claimed.
pub(crate) fn take_list<'b, T>(
    d: &mut Decoder<'b>,
    count_max: usize,
    mut read: impl FnMut(&mut Decoder<'b>) -> Result<T, Misfit>,
) -> Result<Vec<T>, Misfit> {
    let count = d.array()?.ok_or(Misfit::Form)?;
    if count > count_max as u64 {
        return Err(Misfit::TooMuch);
    }
    (0..count).map(|_| read(d)).collect()
}

/// Reads a byte string of at most so many bytes.
pub(crate) fn take_bytes(d: &mut Decoder<'_>, bytes_max: usize) -> Result<Vec<u8>, Misfit> {
    let bytes = d.bytes()?;
    if bytes.len() > bytes_max { Err(Misfit::TooMuch) } else { Ok(bytes.to_vec()) }
}

/// Reads a text of at most so many bytes.
pub(crate) fn take_text(d: &mut Decoder<'_>, bytes_max: usize) -> Result<String, Misfit> {
    let text = d.str()?;
    if text.len() > bytes_max { Err(Misfit::TooMuch) } else { Ok(text.to_owned()) }
}
