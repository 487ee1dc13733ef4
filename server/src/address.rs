//! The address that devices are told. It is checked before anybody is told it: whoever was given one
//! they cannot use would have to be invited once more.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::http::uri::Authority;
use keting_sync::PATH;
use keting_trust::limits::NAME_BYTES_MAX;

const SCHEME: &str = "wss://";
/// The port of an address that says none.
const PORT: u16 = 443;

/// An address that devices can use: `wss://host:port/v1/sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

/// Says that devices could not use an address. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("devices cannot use the address: write it as wss://host:port/v1/sync")]
pub struct BadUrl;

impl BadUrl {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        "bad_url"
    }
}

impl ServerUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, as they are connected to.
    pub fn host_and_port(&self) -> Option<(String, u16)> {
        let between = self.0.strip_prefix(SCHEME)?.strip_suffix(PATH)?;
        let authority: Authority = between.parse().ok()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Some((host.to_owned(), authority.port_u16().unwrap_or(PORT)))
    }
}

impl FromStr for ServerUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let between = text.strip_prefix(SCHEME).and_then(|rest| rest.strip_suffix(PATH));
        let authority: Authority = between.ok_or(BadUrl)?.parse().map_err(|_| BadUrl)?;
        let (host, port) = (authority.host(), authority.port_u16());
        // What is neither host nor port is a name and a password, or a port that is none.
        let is_plain = match port {
            Some(port) => port > 0 && authority.as_str() == format!("{host}:{port}"),
            None => authority.as_str() == host,
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_anywhere = bare.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
        if bare.is_empty() || !is_plain || is_anywhere || text.len() > NAME_BYTES_MAX {
            return Err(BadUrl);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_a_device_can_connect_to_is_one() {
        for good in [
            "wss://keting.example/v1/sync",
            "wss://keting.example:7411/v1/sync",
            "wss://192.0.2.7:7411/v1/sync",
            "wss://[2001:db8::7]:7411/v1/sync",
        ] {
            assert_eq!(good.parse::<ServerUrl>().unwrap().as_str(), good);
        }
        for (url, host, port) in [
            ("wss://keting.example/v1/sync", "keting.example", 443),
            ("wss://[2001:db8::7]:7411/v1/sync", "2001:db8::7", 7411),
        ] {
            let url: ServerUrl = url.parse().unwrap();
            assert_eq!(url.host_and_port(), Some((host.to_owned(), port)));
        }
        let long = format!("wss://{}.example/v1/sync", "k".repeat(NAME_BYTES_MAX));
        for bad in [
            "",
            "hello",
            "http://keting.example/v1/sync",
            "ws://keting.example/v1/sync",
            "wss://keting.example:7411",
            "wss://keting.example:7411/",
            "wss://keting.example:7411/v1/sync/",
            "wss://keting.example:7411/v2/v1/sync",
            "wss://keting.example:7411/v1/sync?city=1",
            "wss:///v1/sync",
            "wss://:7411/v1/sync",
            "wss://keting.example:/v1/sync",
            "wss://keting.example:0/v1/sync",
            "wss://keting.example:74111/v1/sync",
            "wss://name:word@keting.example/v1/sync",
            "wss://0.0.0.0:7411/v1/sync",
            "wss://[::]:7411/v1/sync",
            "wss://keting .example/v1/sync",
            " wss://keting.example/v1/sync",
            &long,
        ] {
            assert_eq!(bad.parse::<ServerUrl>(), Err(BadUrl), "{bad}");
        }
    }
}
