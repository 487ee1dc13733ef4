//! A bad link: a TCP proxy on loopback that passes so many bytes and then breaks off.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A link to a server. Each connection through it breaks off once as many bytes came down as the
/// link lets through at that time.
pub struct Link {
    port: u16,
    down_bytes: Arc<AtomicU64>,
    cuts: Arc<AtomicU64>,
}

impl Link {
    /// A link to `server_port` that lets everything through.
    pub fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let down_bytes = Arc::new(AtomicU64::new(u64::MAX));
        let cuts = Arc::new(AtomicU64::new(0));
        let (limit, counted) = (Arc::clone(&down_bytes), Arc::clone(&cuts));
        thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                let Ok(far) = TcpStream::connect(("127.0.0.1", server_port)) else { continue };
                carry(near, far, limit.load(Ordering::Relaxed), Arc::clone(&counted));
            }
        });
        Self { port, down_bytes, cuts }
    }

    /// The port phones connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks connections that begin from now on after so many bytes from the server.
    pub fn cut_after(&self, down_bytes: u64) {
        self.down_bytes.store(down_bytes, Ordering::Relaxed);
    }

    /// Lets connections that begin from now on through.
    pub fn heal(&self) {
        self.cut_after(u64::MAX);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

fn carry(near: TcpStream, far: TcpStream, limit: u64, cuts: Arc<AtomicU64>) {
    let (mut up_from, mut up_to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut up_from, &mut up_to);
        let _ = up_to.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        let (mut near, far) = (near, far);
        let mut down = (&far).take(limit);
        let mut buffer = [0; 1024];
        while let Ok(read @ 1..) = down.read(&mut buffer) {
            if near.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        if down.limit() == 0 {
            cuts.fetch_add(1, Ordering::Relaxed);
        }
        let _ = near.shutdown(Shutdown::Both);
        let _ = far.shutdown(Shutdown::Both);
    });
}
