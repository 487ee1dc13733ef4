//! A port of this machine that stays a story's own while its server is stopped.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// A port that nobody else is given: neither whoever listens on any port nor whoever connects from
/// any. A socket that is bound to it and does not listen keeps it, and does not keep the story's
/// server from listening on it too. While that is stopped, whoever connects is refused.
///
/// Without it the port of a stopped server is free, and under load another test's connection has it
/// by the time the server starts again.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _keeper: TcpSocket,
}

impl Port {
    /// A port that was free.
    pub fn take() -> Self {
        let keeper = bound_to(0);
        let number = keeper.local_addr().unwrap().port();
        Self { number, _keeper: keeper }
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Listens on it. To be called on a runtime.
    pub fn listen(&self) -> TcpListener {
        const WAITING_MAX: u32 = 1024;
        bound_to(self.number).listen(WAITING_MAX).unwrap()
    }
}

fn bound_to(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    // What one of two sockets lets the other do, both must want.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).unwrap();
    socket
}
