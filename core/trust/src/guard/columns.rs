//! The columns of a change: run lengths, read one run at a time and never expanded.
//!
//! A run says how often a value stands in a column, so a few bytes can claim a hundred million
//! rows. Everything here costs as much as the bytes it reads; counting a column adds its run
//! lengths up, and reading its rows happens only after the count was found to be small.

use super::GuardError;
use super::reader::Reader;
use crate::limits;

/// A value that stands in a run-length encoded column.
pub(super) trait Item<'a>: Copy {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError>;
}

impl<'a> Item<'a> for u64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError> {
        reader.unsigned()
    }
}

impl<'a> Item<'a> for i64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError> {
        reader.signed()
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError> {
        std::str::from_utf8(reader.prefixed()?)
            .map_err(|_| GuardError::Malformed("a key is not UTF-8"))
    }
}

/// A value and how often it stands; no value is a run of nulls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<T> {
    pub(super) value: Option<T>,
    pub(super) count: u64,
}

/// A run-length encoded column, read row by row. A column that is absent is all nulls.
#[derive(Debug, Clone)]
pub(super) struct Rle<'a, T> {
    reader: Reader<'a>,
    /// How many single values of a literal run are still to be read.
    literals: u64,
    current: Run<T>,
}

impl<'a, T: Item<'a>> Rle<'a, T> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes), literals: 0, current: Run { value: None, count: 0 } }
    }

    /// The next run; a literal run of five values comes as five runs of one.
    pub(super) fn next_run(&mut self) -> Result<Option<Run<T>>, GuardError> {
        if self.literals == 0 {
            if self.reader.is_empty() {
                return Ok(None);
            }
            let length = self.reader.signed()?;
            if length > 0 {
                let value = T::read(&mut self.reader)?;
                return Ok(Some(Run { value: Some(value), count: length.unsigned_abs() }));
            }
            if length == 0 {
                let count = self.reader.unsigned()?;
                if count == 0 {
                    return Err(GuardError::Malformed("a run is empty"));
                }
                return Ok(Some(Run { value: None, count }));
            }
            self.literals = length.unsigned_abs();
        }
        self.literals -= 1;
        let value = T::read(&mut self.reader)?;
        Ok(Some(Run { value: Some(value), count: 1 }))
    }

    /// The value of the next row.
    pub(super) fn next_row(&mut self) -> Result<Option<T>, GuardError> {
        if self.current.count == 0 {
            match self.next_run()? {
                Some(run) => self.current = run,
                None => return Ok(None),
            }
        }
        self.current.count = self.current.count.saturating_sub(1);
        Ok(self.current.value)
    }

    /// How many rows the column claims, without expanding one.
    pub(super) fn count(mut self) -> Result<u64, GuardError> {
        let mut rows = Rows::default();
        while let Some(run) = self.next_run()? {
            rows.add(run.count)?;
        }
        Ok(rows.0)
    }
}

/// A column of numbers that are stored as the difference from the one before.
#[derive(Debug, Clone)]
pub(super) struct Delta<'a> {
    differences: Rle<'a, i64>,
    absolute: i64,
}

impl<'a> Delta<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { differences: Rle::new(bytes), absolute: 0 }
    }

    pub(super) fn next_row(&mut self) -> Result<Option<i64>, GuardError> {
        let Some(difference) = self.differences.next_row()? else { return Ok(None) };
        self.absolute = self
            .absolute
            .checked_add(difference)
            .ok_or(GuardError::Malformed("an operation's number overflows"))?;
        Ok(Some(self.absolute))
    }
}

/// A column of booleans: how many are false, then how many are true, and so on.
#[derive(Debug, Clone)]
pub(super) struct Booleans<'a> {
    reader: Reader<'a>,
    value: bool,
    left: u64,
    first: bool,
}

impl<'a> Booleans<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes), value: true, left: 0, first: true }
    }

    fn next_run(&mut self) -> Result<Option<u64>, GuardError> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let count = self.reader.unsigned()?;
        // Only the first run may be empty: a column that begins with true.
        if count == 0 && !self.first {
            return Err(GuardError::Malformed("a run is empty"));
        }
        self.first = false;
        self.value = !self.value;
        Ok(Some(count))
    }

    pub(super) fn next_row(&mut self) -> Result<bool, GuardError> {
        while self.left == 0 {
            match self.next_run()? {
                Some(count) => self.left = count,
                None => return Err(GuardError::Malformed("a column is too short")),
            }
        }
        self.left -= 1;
        Ok(self.value)
    }

    pub(super) fn count(mut self) -> Result<u64, GuardError> {
        let mut rows = Rows::default();
        while let Some(count) = self.next_run()? {
            rows.add(count)?;
        }
        Ok(rows.0)
    }
}

/// Adds up how many rows a column claims and stops at the limit.
#[derive(Debug, Default)]
pub(super) struct Rows(u64);

impl Rows {
    pub(super) fn add(&mut self, count: u64) -> Result<(), GuardError> {
        let sum = self.0.checked_add(count);
        let within = sum.filter(|sum| *sum <= limits::CHANGE_OPS_MAX);
        self.0 = within.ok_or(GuardError::Limit("too many rows in a column"))?;
        Ok(())
    }

    pub(super) fn sum(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_literals_and_nulls_are_read_in_order() {
        // Two 7s, then the literals 1 and 2, then three nulls.
        let bytes = [2, 7, 0x7e, 1, 2, 0, 3];
        let mut column = Rle::<u64>::new(&bytes);
        assert_eq!(column.clone().count().unwrap(), 7);
        let rows: Vec<_> = (0..8).map(|_| column.next_row().unwrap()).collect();
        assert_eq!(rows, [Some(7), Some(7), Some(1), Some(2), None, None, None, None]);
    }

    #[test]
    fn a_run_that_claims_more_rows_than_a_change_may_have_is_refused_unexpanded() {
        // A hundred million times 1.
        let bytes = [0x80, 0xc2, 0xd7, 0x2f, 1];
        let error = Rle::<u64>::new(&bytes).count().unwrap_err();
        assert_eq!(error.code(), "limit");
        let bytes = [0, 0x80, 0xc2, 0xd7, 0x2f];
        assert_eq!(Rle::<i64>::new(&bytes).count().unwrap_err().code(), "limit");
        assert_eq!(Booleans::new(&bytes).count().unwrap_err().code(), "limit");
        let most_negative = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
        assert_eq!(Rle::<u64>::new(&most_negative).count().unwrap_err().code(), "malformed");
    }

    #[test]
    fn booleans_alternate_from_false() {
        let mut column = Booleans::new(&[0, 2, 1]);
        assert_eq!(column.clone().count().unwrap(), 3);
        let rows: Vec<_> = (0..3).map(|_| column.next_row().unwrap()).collect();
        assert_eq!(rows, [true, true, false]);
        assert!(column.next_row().is_err());
        assert!(Booleans::new(&[1, 0, 1]).count().is_err());
    }

    /// A value of one byte that counts how many of it are read.
    #[derive(Debug, Clone, Copy)]
    struct Counted;

    thread_local! {
        static READ: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    impl<'a> Item<'a> for Counted {
        fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError> {
            READ.set(READ.get() + 1);
            reader.byte().map(|_| Self)
        }
    }

    #[test]
    fn a_column_that_is_too_long_is_read_one_row_beyond_the_limit_and_no_further() {
        // 2²⁰ literals, all of them there.
        let literals = [&[0x80, 0x80, 0x40][..], &vec![0; 1 << 20]].concat();
        // As many runs of one.
        let runs = [1, 0].repeat(1 << 20);
        for bytes in [literals, runs] {
            READ.set(0);
            let error = Rle::<Counted>::new(&bytes).count().unwrap_err();
            assert_eq!((error.code(), READ.get()), ("limit", limits::CHANGE_OPS_MAX + 1));
        }
    }
}
