//! Knocking at the server's door: whether somebody is there, who it is, and what its clock shows. No
//! session begins, so nothing changes on either side.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keting_trust::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::lookup_host;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::error::EngineError;
use crate::shell::handle::runtime;
use crate::shell::socket::{Secured, SocketError, host_and_port};
use crate::shell::tls::{KeyPin, pin_of};

/// The most that is read of an answer.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// How long one address may take. A person waits for it.
const KNOCK_MS_MAX: u64 = 10_000;

/// What became of it at one address.
#[derive(Debug)]
pub(crate) enum Knocked {
    /// The server answered.
    Answered(Answer),
    /// The name in the address leads nowhere from here.
    NoSuchName,
    /// Nobody answered, or somebody else.
    Failed(SocketError),
}

/// The server's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// SHA-256 of the key it showed, which is one of those asked for.
    pub(crate) key: KeyPin,
    /// Whether it says that it can do its work; none if it says nothing of that.
    pub(crate) is_well: Option<bool>,
    /// What its clock shows, milliseconds since the Unix epoch, to the second.
    pub(crate) unix_ms: Option<u64>,
}

/// Knocks at one address. It blocks the calling thread, which must not be a runtime's.
///
/// # Errors
/// When the operating system gives no threads or sockets at all.
pub(crate) fn knock(url: &str, pins: &[KeyPin]) -> Result<Knocked, EngineError> {
    let runtime = runtime()?;
    let knocked = runtime.block_on(async {
        let patience = Duration::from_millis(KNOCK_MS_MAX.min(limits::CONNECT_MS_MAX));
        let asked = tokio::time::timeout(patience, ask(url, pins)).await;
        match asked.unwrap_or(Err(SocketError::Silent)) {
            Ok(answer) => Knocked::Answered(answer),
            Err(SocketError::Unreachable(_) | SocketError::Silent)
                if !tokio::time::timeout(patience, is_a_name(url)).await.unwrap_or(false) =>
            {
                Knocked::NoSuchName
            }
            Err(error) => Knocked::Failed(error),
        }
    });
    // A name that is being looked up cannot be called off, and must not be waited for.
    runtime.shutdown_background();
    Ok(knocked)
}

async fn is_a_name(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(place) = host_and_port(&uri) else { return false };
    lookup_host(place).await.is_ok_and(|mut found| found.next().is_some())
}

async fn ask(url: &str, pins: &[KeyPin]) -> Result<Answer, SocketError> {
    let Secured { mut stream, uri, .. } = Secured::connect(url, pins).await?;
    let (_, connection) = stream.get_ref();
    let shown = connection.peer_certificates().and_then(<[_]>::first);
    let key = shown.ok_or(SocketError::WrongServerKey)?;
    let key = pin_of(key).map_err(SocketError::Tls)?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let request = format!("GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let mut answer = Vec::new();
    // A server that is there and says nothing of its health has been reached all the same.
    if stream.write_all(request.as_bytes()).await.is_ok() && stream.flush().await.is_ok() {
        let _ = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await;
    }
    let (is_well, unix_ms) = read(&answer);
    Ok(Answer { key, is_well, unix_ms })
}

/// Whether an answer says that all is well, and when it was given.
fn read(answer: &[u8]) -> (Option<bool>, Option<u64>) {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    if !response.parse(answer).is_ok_and(|parsed| parsed.is_complete()) {
        return (None, None);
    }
    let is_well = match response.code {
        Some(200) => Some(true),
        Some(503) => Some(false),
        _ => None,
    };
    let date = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("date"));
    let date = date.and_then(|header| std::str::from_utf8(header.value).ok());
    (is_well, date.and_then(|date| httpdate::parse_http_date(date).ok()).and_then(unix_ms))
}

fn unix_ms(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_the_server_is_well_and_what_its_clock_shows() {
        let date = "date: Fri, 27 Nov 2026 06:00:00 GMT";
        let answer = |status: &str| format!("HTTP/1.1 {status}\r\n{date}\r\n\r\n{{}}");
        let at_ms = Some(1_795_759_200_000);
        assert_eq!(read(answer("200 OK").as_bytes()), (Some(true), at_ms));
        assert_eq!(read(answer("503 Service Unavailable").as_bytes()), (Some(false), at_ms));
        assert_eq!(read(answer("404 Not Found").as_bytes()), (None, at_ms));
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\n"), (Some(true), None));
        assert_eq!(read(b"SSH-2.0-OpenSSH_9.6\r\n"), (None, None));
        assert_eq!(read(b""), (None, None));
    }
}
