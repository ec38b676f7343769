//! A node that is seen through something that alters what it says of its journals: as one would be whose disk lies.

use super::nodes::Node;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};

/// Passes everything on to a node and back, and alters the heads of every partition but the first in its reports.
pub struct Altered {
    address: String,
    to: Arc<OnceLock<String>>,
}

impl Altered {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let to = Arc::new(OnceLock::<String>::new());
        let known = Arc::clone(&to);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                // Before it is known to whom, nobody answers.
                if let (Ok(client), Some(to)) = (client, known.get().cloned()) {
                    std::thread::spawn(move || drop(pass(client, &to)));
                }
            }
        });
        Self { address, to }
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says to whom it passes.
    pub fn stand_before(&self, node: &Node) {
        self.to.set(node.address().to_owned()).expect("it stands before nobody yet");
    }
}

fn pass(client: TcpStream, to: &str) -> std::io::Result<()> {
    let node = TcpStream::connect(to)?;
    let (mut asks, mut asked) = (client.try_clone()?, node.try_clone()?);
    std::thread::spawn(move || {
        let done = std::io::copy(&mut asks, &mut asked);
        drop(done.and_then(|_| asked.shutdown(Shutdown::Both)));
    });
    let (mut node, mut client) = (BufReader::new(node), client);
    loop {
        let (mut head, mut length) = (String::new(), None);
        loop {
            let mut line = String::new();
            if node.read_line(&mut line)? == 0 {
                return client.shutdown(Shutdown::Both);
            }
            match line.to_ascii_lowercase().strip_prefix("content-length:") {
                Some(said) => length = said.trim().parse::<usize>().ok(),
                None if line == "\r\n" => break,
                None => head.push_str(&line),
            }
        }
        let Some(length) = length else {
            write!(client, "{head}\r\n")?;
            return std::io::copy(&mut node, &mut client).map(drop);
        };
        let mut body = vec![0; length];
        node.read_exact(&mut body)?;
        let body = altered(body);
        write!(client, "{head}content-length: {}\r\n\r\n", body.len())?;
        client.write_all(&body)?;
    }
}

/// A report with other heads; whatever else it is, as it is.
fn altered(body: Vec<u8>) -> Vec<u8> {
    let Ok(mut report) = serde_json::from_slice::<Value>(&body) else { return body };
    let Some(holds) = report.get_mut("holds").and_then(Value::as_array_mut) else { return body };
    for held in holds.iter_mut().filter(|held| held["partition"] != 0 && held["full_entries"] != 0) {
        held["full_head"] = "0".repeat(64).into();
    }
    serde_json::to_vec(&report).expect("JSON")
}
