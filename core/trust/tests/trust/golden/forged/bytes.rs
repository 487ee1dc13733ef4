//! Bytes of records, taken apart and put together otherwise.

use coset::cbor::Value;
use keting_trust::{Ed25519Signer, cose};

pub(super) fn sign(payload: &[u8], context: &'static str, signer: &Ed25519Signer) -> Vec<u8> {
    cose::sign1(payload, context, signer).unwrap()
}

pub(super) fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

pub(super) fn shorten(value: &mut Value) {
    value.as_bytes_mut().unwrap().pop();
}

pub(super) fn parse(bytes: &[u8]) -> Value {
    coset::cbor::from_reader(bytes).unwrap()
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    coset::cbor::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// Changes the elements of an array.
pub(super) fn edited(bytes: &[u8], change: impl FnOnce(&mut Vec<Value>)) -> Vec<u8> {
    let mut value = parse(bytes);
    change(value.as_array_mut().unwrap());
    written(&value)
}

/// Changes the entries of a map.
pub(super) fn mapped(bytes: &[u8], change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Vec<u8> {
    let mut value = parse(bytes);
    change(value.as_map_mut().unwrap());
    written(&value)
}
