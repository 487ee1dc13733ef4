//! A bad link: a TCP proxy on loopback that passes so many bytes and then breaks off, or passes them slowly.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// A link to a server. Each connection through it breaks off once as many bytes went in one
/// direction as the link lets through at that time.
pub struct Link {
    port: u16,
    up_bytes: Arc<AtomicU64>,
    down_bytes: Arc<AtomicU64>,
    up_bytes_per_s: Arc<AtomicU64>,
    cuts: Arc<AtomicU64>,
}

impl Link {
    /// A link to `server_port` that lets everything through.
    pub fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let [up_bytes, down_bytes, up_bytes_per_s] =
            [(); 3].map(|()| Arc::new(AtomicU64::new(u64::MAX)));
        let cuts = Arc::new(AtomicU64::new(0));
        let (up, down, counted) =
            (Arc::clone(&up_bytes), Arc::clone(&down_bytes), Arc::clone(&cuts));
        let pace = Arc::clone(&up_bytes_per_s);
        thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                let Ok(far) = TcpStream::connect(("127.0.0.1", server_port)) else { continue };
                let (up, down) = (up.load(Ordering::Relaxed), down.load(Ordering::Relaxed));
                let pace = pace.load(Ordering::Relaxed);
                pass(near.try_clone().unwrap(), far.try_clone().unwrap(), up, pace, &counted);
                pass(far, near, down, u64::MAX, &counted);
            }
        });
        Self { port, up_bytes, down_bytes, up_bytes_per_s, cuts }
    }

    /// The port phones connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks connections that begin from now on after so many bytes from the server.
    pub fn cut_after(&self, down_bytes: u64) {
        self.down_bytes.store(down_bytes, Ordering::Relaxed);
    }

    /// Breaks connections that begin from now on after so many bytes to the server.
    pub fn cut_after_up(&self, up_bytes: u64) {
        self.up_bytes.store(up_bytes, Ordering::Relaxed);
    }

    /// Carries so many bytes a second to the server, on connections that begin from now on.
    pub fn slow_up(&self, bytes_per_s: u64) {
        self.up_bytes_per_s.store(bytes_per_s, Ordering::Relaxed);
    }

    /// Lets connections that begin from now on through.
    pub fn heal(&self) {
        self.cut_after(u64::MAX);
        self.cut_after_up(u64::MAX);
        self.slow_up(u64::MAX);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

/// Passes bytes one way until either end closes or `limit` is reached, then breaks both ways.
fn pass(from: TcpStream, mut to: TcpStream, limit: u64, bytes_per_s: u64, cuts: &Arc<AtomicU64>) {
    let cuts = Arc::clone(cuts);
    thread::spawn(move || {
        let mut limited = (&from).take(limit);
        let mut buffer = [0; 1024];
        while let Ok(read @ 1..) = limited.read(&mut buffer) {
            thread::sleep(Duration::from_millis(read as u64 * 1_000 / bytes_per_s));
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        if limited.limit() == 0 {
            cuts.fetch_add(1, Ordering::Relaxed);
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}
