//! Frames: a byte that names the codec, then one message in deterministic CBOR.
//!
//! A frame is one binary WebSocket message, so it carries no length of its own.

use minicbor::Decoder;

use crate::codec::Misfit;
use crate::error::PeerMisbehaved;
use crate::message::{DeviceMessage, Message, ServerMessage};

/// The codec without compression; so far there is no other.
pub const CODEC_IDENTITY: u8 = 0;

/// Puts a device's message into a frame.
pub fn encode_device(message: &DeviceMessage) -> Vec<u8> {
    encode(message)
}

/// Puts the server's message into a frame.
pub fn encode_server(message: &ServerMessage) -> Vec<u8> {
    encode(message)
}

/// Reads a frame that a device sent.
///
/// # Errors
/// When it is longer than `bytes_max` or not exactly one message in its deterministic form.
pub fn decode_device(frame: &[u8], bytes_max: usize) -> Result<DeviceMessage, PeerMisbehaved> {
    decode(frame, bytes_max)
}

/// Reads a frame that the server sent.
///
/// # Errors
/// When it is longer than `bytes_max` or not exactly one message in its deterministic form.
pub fn decode_server(frame: &[u8], bytes_max: usize) -> Result<ServerMessage, PeerMisbehaved> {
    decode(frame, bytes_max)
}

/// The message's bytes in a frame.
pub(crate) fn payload(frame: &[u8], bytes_max: usize) -> Result<&[u8], PeerMisbehaved> {
    match frame.split_first() {
        _ if frame.len() > bytes_max => Err(PeerMisbehaved::FrameTooLarge),
        None => Err(PeerMisbehaved::FrameEmpty),
        Some((&CODEC_IDENTITY, message)) => Ok(message),
        Some((_, _)) => Err(PeerMisbehaved::UnknownCodec),
    }
}

fn encode(message: &impl Message) -> Vec<u8> {
    let mut frame = message.bytes();
    frame.insert(0, CODEC_IDENTITY);
    frame
}

fn decode<M: Message>(frame: &[u8], bytes_max: usize) -> Result<M, PeerMisbehaved> {
    let bytes = payload(frame, bytes_max)?;
    let mut d = Decoder::new(bytes);
    let len = d.array().map_err(|_| PeerMisbehaved::Malformed)?;
    let len = len.ok_or(PeerMisbehaved::NotCanonical)?;
    let number = d.u16().map_err(|_| PeerMisbehaved::Malformed)?;
    let message = M::read(number, len, &mut d)
        .ok_or(PeerMisbehaved::UnknownMessage)?
        .map_err(PeerMisbehaved::from)?;
    if d.position() != bytes.len() {
        return Err(PeerMisbehaved::Malformed);
    }
    // Encoding what was understood must give what was sent: then a message has one form only.
    if message.bytes() != bytes {
        return Err(PeerMisbehaved::NotCanonical);
    }
    Ok(message)
}

impl From<Misfit> for PeerMisbehaved {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::Form => Self::Malformed,
            Misfit::TooMuch => Self::TooMuch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: usize = 64;

    #[test]
    fn a_frame_is_its_codec_and_its_message() {
        assert_eq!(encode_device(&DeviceMessage::Ping), [0, 0x81, 4]);
        assert_eq!(decode_device(&[0, 0x81, 4], ROOM), Ok(DeviceMessage::Ping));
        assert_eq!(decode_server(&[0, 0x81, 23], ROOM), Ok(ServerMessage::Pong));
    }

    #[test]
    fn every_other_form_of_a_frame_is_refused() {
        let refused = |frame: &[u8]| decode_device(frame, 8).unwrap_err();
        assert_eq!(refused(&[]), PeerMisbehaved::FrameEmpty);
        assert_eq!(refused(&[0; 9]), PeerMisbehaved::FrameTooLarge);
        assert_eq!(refused(&[1, 0x81, 4]), PeerMisbehaved::UnknownCodec);
        assert_eq!(refused(&[0, 0x81, 23]), PeerMisbehaved::UnknownMessage);
        assert_eq!(refused(&[0, 0x81, 0x18, 4]), PeerMisbehaved::NotCanonical);
        assert_eq!(refused(&[0, 0x9f, 4, 0xff]), PeerMisbehaved::NotCanonical);
        assert_eq!(refused(&[0, 0x81, 4, 0]), PeerMisbehaved::Malformed);
        assert_eq!(refused(&[0, 0x82, 4, 0]), PeerMisbehaved::Malformed);
        assert_eq!(refused(&[0, 0x60]), PeerMisbehaved::Malformed);
    }

    #[test]
    fn a_list_that_claims_a_thousand_million_commits_costs_nothing() {
        let claim = [0, 0x82, 2, 0x9b, 0, 0, 0, 0, 0x3b, 0x9a, 0xca, 0];
        assert_eq!(decode_device(&claim, ROOM), Err(PeerMisbehaved::TooMuch));
    }
}
