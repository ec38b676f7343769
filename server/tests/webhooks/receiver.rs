//! A receiver of webhooks: a small HTTP server that notes every request and answers what it is told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Came {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// What it was answered.
    pub status: u16,
}

impl Came {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

/// What is answered to the request of this number, from 0.
pub type Answer = Box<dyn Fn(usize, &str) -> u16 + Send + Sync>;

pub struct Receiver {
    pub address: String,
    came: Arc<Mutex<Vec<Came>>>,
    _accepting: JoinHandle<()>,
}

impl Receiver {
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let (noted, answer) = (Arc::clone(&came), Arc::new(answer));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &noted, &answer));
            }
        });
        Self { address, came, _accepting: accepting }
    }

    pub fn came(&self) -> Vec<Came> {
        self.came.lock().expect("whole").clone()
    }

    /// How many were taken, and of those their ids in the order in which each was taken first.
    pub fn taken(&self) -> Vec<Came> {
        let mut seen = std::collections::BTreeSet::new();
        self.came().into_iter().filter(|came| came.status < 300 && seen.insert(came.id().to_owned())).collect()
    }
}

/// Serves one connection, request by request.
fn serve(stream: TcpStream, noted: &Mutex<Vec<Came>>, answer: &Answer) {
    let mut writer = stream.try_clone().expect("a socket");
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => break,
            };
        }
        let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let mut came = noted.lock().expect("whole");
        let status = answer(came.len(), &path);
        came.push(Came { path, headers, body: String::from_utf8(body).expect("UTF-8"), status });
        drop(came);
        if writer.write_all(format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n").as_bytes()).is_err() {
            return;
        }
    }
}
