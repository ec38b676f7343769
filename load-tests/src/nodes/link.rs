//! The way from one place to another, which can be cut: a small proxy of TCP.
//!
//! A way is open; or shut, which ends the connections on it and every new one; or silent, as a network is in which packets are lost:
//! nothing comes over, nobody is told, and what was sent before comes late, once it is open again.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a connection to where a proxy leads may take.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Bytes that are passed on at a time.
const PART_BYTES: usize = 64 << 10;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passage {
    /// It comes over.
    #[default]
    Open,
    /// Connections end.
    Shut,
    /// Nothing comes over, and nobody is told.
    Silent,
}

#[derive(Debug, Default)]
struct State {
    passage: Passage,
    /// Both ends of each connection on it.
    ends: Vec<TcpStream>,
}

/// A way from one place to another.
#[derive(Debug, Default)]
pub struct Link {
    state: Mutex<State>,
    changed: Condvar,
}

impl Link {
    /// Opens or cuts it.
    pub fn set(&self, passage: Passage) {
        let mut state = self.lock();
        state.passage = passage;
        if passage == Passage::Shut {
            state.ends.drain(..).for_each(end);
        }
        self.changed.notify_all();
    }

    /// Waits while it is silent; whether it is open then.
    fn is_open(&self) -> bool {
        let state = self.changed.wait_while(self.lock(), |state| state.passage == Passage::Silent);
        state.unwrap_or_else(PoisonError::into_inner).passage == Passage::Open
    }

    /// Two ends are of one connection on it; whether it is open for one.
    fn join(&self, ends: [&TcpStream; 2]) -> bool {
        let mut state = self.lock();
        if state.passage == Passage::Shut {
            return false;
        }
        // One that has ended is known no more.
        state.ends.retain(|end| end.peer_addr().is_ok());
        state.ends.extend(ends.into_iter().filter_map(|end| end.try_clone().ok()));
        true
    }

    /// What it holds is whole also after a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn end(stream: TcpStream) {
    // The other side may have ended it already.
    drop(stream.shutdown(Shutdown::Both));
}

/// Takes connections on a port of the loopback and leads them to another, each over the way of whoever comes.
pub struct Proxy {
    address: SocketAddr,
    over: Arc<AtomicBool>,
}

impl Proxy {
    /// Leads from this listener to a port; `way` says over which way a connection goes, and one that has none is not taken.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn open(listener: TcpListener, to: u16, way: impl Fn(&TcpStream) -> Option<Arc<Link>> + Send + Sync + 'static) -> io::Result<Self> {
        let (address, over) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let (ended, way) = (Arc::clone(&over), Arc::new(way));
        std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            for came in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(came), way) = (came, Arc::clone(&way)) else { continue };
                // Without a thread the connection ends, as one does that is not taken.
                drop(std::thread::Builder::new().name("passage".to_owned()).spawn(move || {
                    if let Some(link) = way(&came) {
                        lead(came, to, &link);
                    }
                }));
            }
        })?;
        Ok(Self { address, over })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Whoever waits for a connection gets one more, and sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

fn lead(came: TcpStream, to: u16, link: &Arc<Link>) {
    if !link.is_open() {
        return end(came);
    }
    let Ok(there) = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], to)), CONNECT_WAIT_MAX) else { return end(came) };
    drop(came.set_nodelay(true).and(there.set_nodelay(true)));
    if !link.join([&came, &there]) {
        return end(came);
    }
    let (Ok(back_from), Ok(back_to)) = (there.try_clone(), came.try_clone()) else { return end(came) };
    let back = Arc::clone(link);
    drop(std::thread::Builder::new().name("passage".to_owned()).spawn(move || pass(back_from, back_to, &back)));
    pass(came, there, link);
}

/// Passes on what comes until either side ends.
fn pass(mut from: TcpStream, mut to: TcpStream, link: &Link) {
    let mut buffer = vec![0; PART_BYTES];
    loop {
        let read = from.read(&mut buffer).unwrap_or(0);
        if !link.is_open() || read == 0 || to.write_all(buffer.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    end(from);
    end(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says back what it hears.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        std::thread::spawn(move || {
            for came in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let (mut from, mut to) = (came.try_clone().expect("one more"), came);
                    drop(io::copy(&mut from, &mut to));
                });
            }
        });
        port
    }

    fn said(stream: &mut TcpStream, wait: Duration) -> Option<[u8; 2]> {
        let mut heard = [0; 2];
        stream.set_read_timeout(Some(wait)).expect("a bound");
        stream.read_exact(&mut heard).ok().map(|()| heard)
    }

    #[test]
    fn what_is_sent_comes_over_or_late_or_not_at_all() {
        let (link, listener) = (Arc::new(Link::default()), TcpListener::bind("127.0.0.1:0").expect("a port"));
        let (address, way) = (listener.local_addr().expect("its address"), Arc::clone(&link));
        let _proxy = Proxy::open(listener, echo(), move |_| Some(Arc::clone(&way))).expect("a proxy");
        let (long, short) = (Duration::from_secs(20), Duration::from_millis(100));
        let mut stream = TcpStream::connect(address).expect("connected");
        stream.write_all(b"hi").expect("sent");
        assert_eq!(said(&mut stream, long), Some(*b"hi"));
        link.set(Passage::Silent);
        stream.write_all(b"ho").expect("sent");
        assert_eq!(said(&mut stream, short), None);
        link.set(Passage::Open);
        assert_eq!(said(&mut stream, long), Some(*b"ho"), "it comes late");
        link.set(Passage::Shut);
        assert_eq!(said(&mut stream, long), None);
        let mut other = TcpStream::connect(address).expect("connected");
        assert_eq!(said(&mut other, long), None, "it ends at once");
        link.set(Passage::Open);
        let mut again = TcpStream::connect(address).expect("connected");
        again.write_all(b"hu").expect("sent");
        assert_eq!(said(&mut again, long), Some(*b"hu"));
    }
}
