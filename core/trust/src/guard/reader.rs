//! Reads hostile bytes: never past the end, numbers only in their shortest form.

use super::GuardError;

/// The rest of some bytes that are being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, GuardError> {
        let (first, rest) = self.0.split_first().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], GuardError> {
        let length = usize::try_from(length).map_err(|_| TRUNCATED)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], GuardError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// An unsigned LEB128 number.
    pub(super) fn unsigned(&mut self) -> Result<u64, GuardError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err(TOO_LARGE);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(NOT_SHORTEST) } else { Ok(number) };
            }
        }
        Err(TOO_LARGE)
    }

    /// A signed LEB128 number.
    pub(super) fn signed(&mut self) -> Result<i64, GuardError> {
        let mut number = 0_i64;
        let mut previous = 0_u8;
        for shift in (0..64_u32).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(TOO_LARGE);
            }
            number |= i64::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                let repeats_sign =
                    (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 0 && repeats_sign {
                    return Err(NOT_SHORTEST);
                }
                if negative && shift < 57 {
                    number |= -1_i64 << (shift + 7);
                }
                return Ok(number);
            }
            previous = byte;
        }
        Err(TOO_LARGE)
    }

    /// A length and so many bytes.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], GuardError> {
        let length = self.unsigned()?;
        self.take(length)
    }
}

const TRUNCATED: GuardError = GuardError::Malformed("it ends too early");
const TOO_LARGE: GuardError = GuardError::Malformed("a number does not fit 64 bits");
const NOT_SHORTEST: GuardError = GuardError::Malformed("a number is not in its shortest form");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_edges_are_read() {
        let mut max = vec![0xff; 9];
        max.push(1);
        assert_eq!(Reader::new(&max).unsigned().unwrap(), u64::MAX);
        for (bytes, number) in [
            (vec![0x3f], 63),
            (vec![0x40], -64),
            (vec![0x80, 0x01], 128),
            (vec![0x80, 0x7f], -128),
            ([vec![0xff; 9], vec![0]].concat(), i64::MAX),
            ([vec![0x80; 9], vec![0x7f]].concat(), i64::MIN),
        ] {
            assert_eq!(Reader::new(&bytes).signed().unwrap(), number, "{bytes:02x?}");
        }
    }

    #[test]
    fn a_number_that_is_longer_than_needed_too_large_or_cut_is_refused() {
        for bytes in [vec![], vec![0x80], vec![0x81, 0], vec![0xff; 12], {
            let mut bytes = vec![0x80; 9];
            bytes.push(2);
            bytes
        }] {
            assert!(Reader::new(&bytes).unsigned().is_err(), "{bytes:02x?}");
        }
        for bytes in [vec![], vec![0x80], vec![0xbf, 0], vec![0x81, 0xff, 0x7f], vec![0xff; 12], {
            let mut bytes = vec![0xff; 9];
            bytes.push(1);
            bytes
        }] {
            assert!(Reader::new(&bytes).signed().is_err(), "{bytes:02x?}");
        }
    }
}
