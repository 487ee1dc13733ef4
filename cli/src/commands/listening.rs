//! The one address that a server listens on.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::commands::server::unusable;
use crate::exit::Failure;

/// Says what is wrong with what was given to listen on.
#[derive(Debug, thiserror::Error)]
enum BadListen {
    /// It is no address of this machine.
    #[error("--listen takes an address and a port, such as 127.0.0.1:7411")]
    None,
    /// It is a name of several addresses. Whoever listened on one of them would be missed at the others.
    #[error(
        "{all} · --listen takes one address, and {count} are given by this name: {all}",
        count = .0.len(), all = joined(.0)
    )]
    Several(BTreeSet<SocketAddr>),
}

impl BadListen {
    fn code(&self) -> &'static str {
        match self {
            Self::None => "bad_listen",
            Self::Several(_) => "listen_ambiguous",
        }
    }
}

/// The address that an address or a name with a port stands for.
///
/// # Errors
/// When it stands for none, or for several.
pub async fn one_address(listen: &str) -> Result<SocketAddr, Failure> {
    let found = tokio::net::lookup_host(listen.trim()).await;
    let found = found.map(Iterator::collect).unwrap_or_default();
    one_of(found).map_err(|error| unusable(error.code(), &error))
}

fn one_of(found: BTreeSet<SocketAddr>) -> Result<SocketAddr, BadListen> {
    match (found.first(), found.len()) {
        (Some(only), 1) => Ok(*only),
        (None, _) => Err(BadListen::None),
        (Some(_), _) => Err(BadListen::Several(found)),
    }
}

fn joined(addresses: &BTreeSet<SocketAddr>) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_several_addresses_is_refused_with_all_of_them() {
        let of = |texts: &[&str]| one_of(texts.iter().map(|text| text.parse().unwrap()).collect());
        let (four, six) = ("127.0.0.1:7411", "[::1]:7411");
        let refused = of(&[six, four]).unwrap_err();
        assert_eq!(refused.code(), "listen_ambiguous");
        assert!(refused.to_string().ends_with("127.0.0.1:7411, [::1]:7411"), "{refused}");
        assert_eq!(of(&[]).unwrap_err().code(), "bad_listen");
        // A name may be told twice where it stands for one address.
        assert_eq!(of(&[four, four]).unwrap().to_string(), four);
        assert_eq!(of(&[six]).unwrap().to_string(), six);
    }
}
