//! What spreadsheet programs save beside CSV in UTF-8, told by its bytes.

use super::complaint::{OtherFile, RegionsError};

/// Names a file that is something else than text in UTF-8.
///
/// # Errors
/// When it is.
pub(super) fn refuse_other_files(bytes: &[u8]) -> Result<(), RegionsError> {
    // A zip archive, which an .xlsx or .ods is, and the older .xls.
    const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];
    let found = if WORKBOOKS.into_iter().any(|mark| bytes.starts_with(mark)) {
        OtherFile::Workbook
    } else if is_utf16(bytes) {
        OtherFile::Utf16
    } else if is_gbk(bytes) {
        OtherFile::Gbk
    } else {
        return Ok(());
    };
    Err(RegionsError::OtherFile(found))
}

/// By its mark, or by the zero beside the first letter of the header.
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || matches!(bytes, [0, 1..=0xff, ..] | [1..=0xff, 0, ..])
}

/// Whether everything beyond ASCII is in the pairs of GBK (or the four bytes of GB 18030), and most cells that
/// have any are not UTF-8: a table in UTF-8 with one broken cell is not in GBK.
fn is_gbk(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (0..=0x7f, after)
            | (0x81..=0xfe, [0x40..=0x7e | 0x80..=0xfe, after @ ..])
            | (0x81..=0xfe, [0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, after @ ..]) => after,
            _ => return false,
        };
    }
    let cells = bytes.split(|byte| matches!(byte, b',' | b'\n')).filter(|cell| !cell.is_ascii());
    let (utf8, others): (Vec<_>, Vec<_>) = cells.partition(|cell| str::from_utf8(cell).is_ok());
    others.len() > utf8.len()
}
