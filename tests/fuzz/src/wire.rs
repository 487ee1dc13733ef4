//! Frames as they come off a WebSocket.

use keting_sync::frame::{decode_device, decode_server, encode_device, encode_server};
use keting_trust::limits::FRAME_BYTES_MAX;

/// A frame as a server reads it.
pub fn device_frame(bytes: &[u8]) -> bool {
    let Ok(message) = decode_device(bytes, FRAME_BYTES_MAX) else { return false };
    assert_eq!(encode_device(&message), bytes, "a message has one form");
    true
}

/// A frame as a phone reads it.
pub fn server_frame(bytes: &[u8]) -> bool {
    let Ok(message) = decode_server(bytes, FRAME_BYTES_MAX) else { return false };
    assert_eq!(encode_server(&message), bytes, "a message has one form");
    true
}
