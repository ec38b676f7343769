//! One connection that is kept, and as little beside it as can be: so that it is the service that is measured, and not its client.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest that one answer may take.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Bytes that are read at a time.
const PART_BYTES: usize = 16 << 10;

/// A connection to the service.
pub struct Kept {
    stream: TcpStream,
    host: String,
    read: Vec<u8>,
}

impl Kept {
    /// To `http://HOST:PORT`.
    ///
    /// # Errors
    /// It is not reached.
    pub fn connect(base: &str) -> io::Result<Self> {
        let host = base.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(WAIT_MAX))?;
        Ok(Self { stream, host, read: Vec::new() })
    }

    /// Asks, and reads the answer to its end.
    ///
    /// # Errors
    /// There is none, or it is not 2xx.
    pub fn get(&mut self, path: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
        self.stream.write_all(request.as_bytes())?;
        self.answer()
    }

    /// Sends lines of JSON, and reads the answer to its end.
    ///
    /// # Errors
    /// There is none, or it is not 2xx.
    pub fn post(&mut self, path: &str, lines: &[u8]) -> io::Result<()> {
        let mut request =
            format!("POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n", self.host, lines.len())
                .into_bytes();
        request.extend_from_slice(lines);
        self.stream.write_all(&request)?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<()> {
        self.read.clear();
        let mut part = [0; PART_BYTES];
        loop {
            let count = self.stream.read(&mut part)?;
            if count == 0 {
                return Err(io::Error::other("the connection ended"));
            }
            self.read.extend_from_slice(part.get(..count).unwrap_or_default());
            if let Some(end) = whole(&self.read)? {
                let is_good = self.read.starts_with(b"HTTP/1.1 2");
                return if is_good && end == self.read.len() { Ok(()) } else { Err(io::Error::other(String::from_utf8_lossy(&self.read).into_owned())) };
            }
        }
    }
}

/// Where an answer ends, once its end is there: by its length, or by its last chunk.
fn whole(read: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let text = String::from_utf8_lossy(read.get(..head).unwrap_or_default()).to_ascii_lowercase();
    let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    if header("transfer-encoding") == Some("chunked") {
        return Ok(read.ends_with(b"\r\n0\r\n\r\n").then_some(read.len()));
    }
    let length: usize = header("content-length").unwrap_or("0").parse().map_err(|_| io::Error::other(format!("no length: {text}")))?;
    Ok((read.len() >= head + length).then_some(head + length))
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn an_answer_ends_where_its_length_or_its_last_chunk_says() {
        let by_length = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(whole(by_length).expect("read"), Some(by_length.len()));
        assert_eq!(whole(&by_length[..by_length.len() - 1]).expect("read"), None);
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\n").expect("read"), None);
        let by_chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(whole(by_chunks).expect("read"), Some(by_chunks.len()));
        assert!(whole(b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n").is_err());
    }
}
