//! A real schema registry: Apicurio, by its Confluent API, with its schemas in memory; and a door before it that can be shut, or open onto nobody.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long it may take to start, on a busy machine.
const START_MAX: Duration = Duration::from_secs(180);
/// Where its API lies.
const API: &str = "/apis/ccompat/v7";

/// A registry of its own, until it is dropped.
pub struct Registry {
    child: Child,
    port: u16,
    state: Arc<Mutex<Door>>,
    door: u16,
}

/// How the door stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Whoever comes is let in.
    Open,
    /// Whoever comes is sent away.
    Shut,
    /// Whoever comes waits, and is never answered.
    Silent,
}

impl Registry {
    /// Starts it; nothing where `MERCHANT_LEDGER_REGISTRY` names no directory with its jar: skip the test.
    pub fn start() -> Option<Self> {
        let Some(jar) = jar() else {
            eprintln!("*** MERCHANT_LEDGER_REGISTRY names no Apicurio Registry: Avro and Protobuf are not judged; ./dev test fetches it ***");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let child = Command::new("java")
            .args(["-Xmx400m", "-Dquarkus.http.host=127.0.0.1", &format!("-Dquarkus.http.port={port}"), "-jar"])
            .arg(&jar)
            .current_dir(jar.parent().expect("a directory"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Java runs");
        let state = Arc::new(Mutex::new(Door::Open));
        let registry = Self { child, port, door: door(port, Arc::clone(&state)), state };
        let deadline = Instant::now() + START_MAX;
        while ureq::get(format!("{}/subjects", registry.url())).call().is_err() {
            assert!(Instant::now() < deadline, "the registry did not start within {} s", START_MAX.as_secs());
            std::thread::sleep(Duration::from_millis(200));
        }
        Some(registry)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{API}", self.port)
    }

    /// Where it is as long as the door is open.
    pub fn door(&self) -> String {
        format!("http://127.0.0.1:{}{API}", self.door)
    }

    /// Sets the door.
    pub fn set(&self, door: Door) {
        *self.state.lock().expect("whole") = door;
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn jar() -> Option<PathBuf> {
    let directory = std::env::var_os("MERCHANT_LEDGER_REGISTRY")?;
    let files = std::fs::read_dir(directory).ok()?.flatten().map(|file| file.path());
    files.filter(|path| path.to_string_lossy().ends_with("-runner.jar")).max()
}

/// Hands connections on while it is open; its port. Ends with the process.
fn door(to: u16, state: Arc<Mutex<Door>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a port").port();
    std::thread::spawn(move || {
        let mut waiting = Vec::new();
        for from in listener.incoming().flatten() {
            match *state.lock().expect("whole") {
                Door::Open => {}
                Door::Shut => continue,
                Door::Silent => {
                    waiting.push(from);
                    continue;
                }
            }
            let Ok(to) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            let both = |stream: &TcpStream| stream.try_clone().expect("a second handle");
            for (mut source, mut target) in [(both(&from), both(&to)), (both(&to), both(&from))] {
                std::thread::spawn(move || {
                    drop(copy(&mut source, &mut target));
                    drop(target.shutdown(Shutdown::Both));
                });
            }
        }
    });
    port
}
