//! A receiver of webhooks: a small HTTP server on the loopback that notes every request and answers what it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The longest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 16 << 20;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Came {
    /// What was asked for.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body; what is not UTF-8 is replaced.
    pub body: String,
    /// What it was answered.
    pub status: u16,
    /// When.
    pub at: Instant,
}

impl Came {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The message's id; empty where there is none.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").map_or("", String::as_str)
    }
}

/// What is answered to the request of this number, from 0.
pub type Answer = Box<dyn Fn(usize, &str) -> u16 + Send + Sync>;

/// A receiver, until the process ends.
pub struct Receiver {
    /// As `http://HOST:PORT`.
    pub address: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Receiver {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// There is none.
    pub fn start(answer: Answer) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let (noted, answer) = (Arc::clone(&came), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                // A connection that breaks off is the sender's to mend.
                std::thread::spawn(move || drop(serve(stream, &noted, &answer)));
            }
        });
        Ok(Self { address, came })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Came>> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that came.
    pub fn came(&self) -> Vec<Came> {
        self.lock().clone()
    }

    /// What was taken, each message once, in the order in which each was taken first.
    pub fn taken(&self) -> Vec<Came> {
        let mut seen = BTreeSet::new();
        self.came().into_iter().filter(|came| came.status < 300 && seen.insert(came.id().to_owned())).collect()
    }

    /// How many messages were taken.
    pub fn taken_count(&self) -> usize {
        self.lock().iter().filter(|came| came.status < 300).map(Came::id).collect::<BTreeSet<_>>().len()
    }
}

/// Serves one connection, request by request.
fn serve(stream: TcpStream, noted: &Mutex<Vec<Came>>, answer: &Answer) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => break,
            };
        }
        let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length.min(BODY_BYTES_MAX)];
        reader.read_exact(&mut body)?;
        let mut came = noted.lock().unwrap_or_else(PoisonError::into_inner);
        let status = answer(came.len(), &path);
        came.push(Came { path, headers, body: String::from_utf8_lossy(&body).into_owned(), status, at: Instant::now() });
        drop(came);
        writer.write_all(format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n").as_bytes())?;
    }
}
