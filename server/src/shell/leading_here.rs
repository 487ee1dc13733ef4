//! Whether an address that is announced leads to this server: it may do so later only, and whoever is invited
//! now comes now.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use keting::parts::pinned_client;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::address::ServerUrl;
use crate::server::PlacesToTry;

/// How long an address is tried, in milliseconds: the operator waits meanwhile.
const TRY_MS_MAX: u64 = 3_000;

/// The first of some addresses at which one of the server's own TLS keys is shown. All are tried at once.
pub(super) async fn first_that_leads_here(places: PlacesToTry) -> Option<String> {
    let client = TlsConnector::from(Arc::new(pinned_client(places.keys).ok()?));
    let tries: Vec<_> = places
        .urls
        .into_iter()
        .map(|url| (url.clone(), tokio::spawn(leads_here(url, client.clone()))))
        .collect();
    for (url, tried) in tries {
        if tried.await.is_ok_and(|leads_here| leads_here) {
            return Some(url);
        }
    }
    None
}

async fn leads_here(url: String, client: TlsConnector) -> bool {
    let Some(place) = url.parse::<ServerUrl>().ok().and_then(|url| url.host_and_port()) else {
        return false;
    };
    let tried = timeout(Duration::from_millis(TRY_MS_MAX), greeted(place, client)).await;
    tried.is_ok_and(|greeted| greeted.is_ok())
}

/// Connects and lets the other side prove its key.
async fn greeted(place: (String, u16), client: TlsConnector) -> io::Result<()> {
    let name = ServerName::try_from(place.0.clone()).map_err(io::Error::other)?;
    let socket = TcpStream::connect(place).await?;
    client.connect(name, socket).await.map(drop)
}
