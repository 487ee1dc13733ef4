//! What version 1 reserves for later ones.

use crate::error::PeerMisbehaved;
use crate::frame::{decode_device, decode_server};
use keting_trust::limits::FRAME_BYTES_MAX;

#[test]
fn every_reserved_number_has_its_grammar_and_is_refused_as_unknown_today() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol-later.cddl");
    let grammar = std::fs::read_to_string(path).unwrap();
    cddl::cddl_from_str(&grammar, true).unwrap();
    let ranges = |number: u8| [&[0x82_u8][..], &head(number), &[0x42, 1, 2]].concat();
    for (number, is_from_device) in
        [(5, true), (6, true), (7, true), (24, false), (25, false), (26, false), (27, false)]
            .into_iter()
            .chain([(28, false), (29, false)])
    {
        assert!(grammar.contains(&format!("= [{number}, ")), "{number} has no grammar");
        let frame = [&[0_u8][..], &ranges(number)].concat();
        let refused = if is_from_device {
            decode_device(&frame, FRAME_BYTES_MAX).map(drop)
        } else {
            decode_server(&frame, FRAME_BYTES_MAX).map(drop)
        };
        assert_eq!(refused, Err(PeerMisbehaved::UnknownMessage), "{number}");
    }
    let message = ranges(6);
    cddl::validate_cbor_from_slice(&format!("start = reconcile-up\n{grammar}"), &message, None)
        .unwrap();
}

/// A small number in CBOR.
fn head(number: u8) -> Vec<u8> {
    if number < 24 { vec![number] } else { vec![0x18, number] }
}
