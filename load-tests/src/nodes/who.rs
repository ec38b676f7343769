//! Which process has the other end of a connection on this machine: so that what stands between nodes knows who comes. Linux says so in
//! `/proc`; elsewhere nobody is known.

use std::fs;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a process that has just begun is looked for.
const FOUND_WAIT_MAX: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The processes of nodes, each in its place; 0 where there is none now.
#[derive(Debug)]
pub struct Processes(Vec<AtomicU32>);

impl Processes {
    /// So many places.
    pub fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU32::new(0)).collect())
    }

    /// A node is this process now.
    pub fn set(&self, place: usize, number: Option<u32>) {
        if let Some(of) = self.0.get(place) {
            of.store(number.unwrap_or(0), Ordering::Release);
        }
    }

    /// The place of the node that has the other end of a connection.
    pub fn place(&self, connection: &TcpStream) -> Option<usize> {
        let (theirs, ours) = (connection.peer_addr().ok()?.port(), connection.local_addr().ok()?.port());
        let deadline = Instant::now() + FOUND_WAIT_MAX;
        loop {
            if let Some(socket) = socket(theirs, ours) {
                let has = |of: &AtomicU32| Some(of.load(Ordering::Acquire)).filter(|number| *number != 0).is_some_and(|number| has(number, socket));
                if let Some(place) = self.0.iter().position(has) {
                    return Some(place);
                }
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// The system's number of a socket, by its own port of the loopback and the one that it is connected to.
fn socket(own: u16, other: u16) -> Option<u64> {
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().find_map(|line| socket_of(line, own, other))
}

fn socket_of(line: &str, own: u16, other: u16) -> Option<u64> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |place: usize| u16::from_str_radix(fields.get(place)?.split_once(':')?.1, 16).ok();
    (port(1) == Some(own) && port(2) == Some(other)).then(|| fields.get(9)?.parse().ok()).flatten()
}

fn has(process: u32, socket: u64) -> bool {
    let wanted = format!("socket:[{socket}]");
    let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    files.into_iter().any(|file| fs::read_link(file.path()).is_ok_and(|target| target.to_str() == Some(&wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_line_of_the_system_is_read() {
        let line = "   3: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 20 4 30 10 -1";
        assert_eq!(socket_of(line, 8080, 50000), Some(4711));
        assert_eq!(socket_of(line, 50000, 8080), None);
        assert_eq!(socket_of("  sl  local_address rem_address", 8080, 50000), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found_by_its_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let _ours = TcpStream::connect(listener.local_addr().expect("its address")).expect("connected");
        let (taken, _) = listener.accept().expect("taken");
        let processes = Processes::new(2);
        processes.set(1, Some(std::process::id()));
        assert_eq!(processes.place(&taken), Some(1));
    }
}
