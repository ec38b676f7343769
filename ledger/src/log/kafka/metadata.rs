//! The one question that rdkafka cannot ask safely: a topic's id. Kafka's Metadata request (version 12, Kafka 3.0 and
//! newer), written and read by hand over a plain TCP connection.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const METADATA: i16 = 3;
const VERSION: i16 = 12;
const CORRELATION: i32 = 1;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(3);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(3);
/// An answer names every broker and partition: 16 MB is a cluster of a hundred thousand.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// What a broker says of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Its id, in hexadecimal.
    Id(String),
    /// There is none, or the broker does not know it yet.
    Missing,
    /// The broker does not speak this version, or answers something else.
    Unknown,
}

/// Asks the brokers in turn; the connection that answered is kept for the next question.
pub(super) struct Asker {
    brokers: Vec<String>,
    connection: Option<TcpStream>,
}

impl Asker {
    pub(super) fn new(brokers: &str) -> Self {
        let brokers = brokers.split(',').map(|broker| broker.trim().trim_start_matches("PLAINTEXT://"));
        // Librdkafka's own default port.
        let with_port = |broker: &str| if broker.contains(':') { broker.to_owned() } else { format!("{broker}:9092") };
        Self { brokers: brokers.filter(|broker| !broker.is_empty()).map(with_port).collect(), connection: None }
    }

    /// The topic as one of the brokers knows it.
    ///
    /// # Errors
    /// No broker answers: the last one's address and why.
    pub(super) fn ask(&mut self, topic: &str) -> Result<Answer, String> {
        if let Some(mut connection) = self.connection.take()
            && let Ok(answer) = exchange(&mut connection, topic)
        {
            self.connection = Some(connection);
            return Ok(answer);
        }
        let mut failure = "no broker is named".to_owned();
        for broker in &self.brokers {
            match connect(broker).and_then(|mut connection| exchange(&mut connection, topic).map(|answer| (connection, answer))) {
                Ok((connection, answer)) => {
                    self.connection = Some(connection);
                    return Ok(answer);
                }
                // A broker that is too old for the version hangs up instead of answering.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(Answer::Unknown),
                Err(error) => failure = format!("{broker} does not answer: {error}"),
            }
        }
        Err(failure)
    }
}

fn connect(broker: &str) -> std::io::Result<TcpStream> {
    let mut failure = std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address");
    for address in broker.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_WAIT_MAX) {
            Ok(connection) => {
                connection.set_nodelay(true)?;
                connection.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
                connection.set_write_timeout(Some(ANSWER_WAIT_MAX))?;
                return Ok(connection);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn exchange(connection: &mut TcpStream, topic: &str) -> std::io::Result<Answer> {
    connection.write_all(&request(topic))?;
    let mut length = [0; 4];
    connection.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > ANSWER_BYTES_MAX {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the answer is no Metadata answer"));
    }
    let mut answer = vec![0; length];
    connection.read_exact(&mut answer)?;
    Ok(parse(&answer, topic).unwrap_or(Answer::Unknown))
}

/// Request header version 2, Metadata request version 12; a compact length is the length plus one.
fn request(topic: &str) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&METADATA.to_be_bytes());
    body.extend_from_slice(&VERSION.to_be_bytes());
    body.extend_from_slice(&CORRELATION.to_be_bytes());
    let client = b"merchant-ledger";
    body.extend_from_slice(&[0, 15]);
    body.extend_from_slice(client);
    body.push(0); // No tagged fields in the header.
    body.push(2); // One topic,
    body.extend_from_slice(&[0; 16]); // asked by its name and not by an id.
    varint(&mut body, topic.len() + 1);
    body.extend_from_slice(topic.as_bytes());
    body.push(0);
    body.push(0); // It is not made where it is missing;
    body.push(0); // nobody asks who may do what.
    body.push(0);
    // A topic's name has at most 249 bytes: the request is far below 2^31.
    let mut request = u32::try_from(body.len()).unwrap_or(0).to_be_bytes().to_vec();
    request.extend_from_slice(&body);
    request
}

fn varint(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    out.push(number as u8);
}

/// `None` where the answer is not what version 12 says.
fn parse(answer: &[u8], topic: &str) -> Option<Answer> {
    let mut rest = Bytes(answer);
    if rest.i32()? != CORRELATION {
        return None;
    }
    rest.tags()?;
    rest.i32()?; // The throttle time.
    for _ in 0..rest.compact_length()? {
        rest.i32()?; // The broker's id,
        rest.compact_bytes()?; // host,
        rest.i32()?; // port
        rest.compact_bytes()?; // and rack.
        rest.tags()?;
    }
    rest.compact_bytes()?; // The cluster's id
    rest.i32()?; // and controller.
    if rest.compact_length()? == 0 {
        return None;
    }
    let error = rest.i16()?;
    let name = rest.compact_bytes()?;
    let id = rest.take(16)?;
    if name != topic.as_bytes() {
        return None;
    }
    match error {
        0 if id.iter().any(|&byte| byte != 0) => Some(Answer::Id(id.iter().map(|byte| format!("{byte:02x}")).collect())),
        UNKNOWN_TOPIC_OR_PARTITION => Some(Answer::Missing),
        _ => None,
    }
}

/// Bytes that are read from the front; `None` past their end.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take(2)?.try_into().ok().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    fn varint(&mut self) -> Option<usize> {
        let mut number = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = *self.take(1)?.first()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    /// A compact length; null counts as empty.
    fn compact_length(&mut self) -> Option<usize> {
        Some(self.varint()?.saturating_sub(1))
    }

    fn compact_bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.compact_length()?;
        self.take(length)
    }

    fn tags(&mut self) -> Option<()> {
        for _ in 0..self.varint()? {
            self.varint()?;
            let length = self.varint()?;
            self.take(length)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of Apache Kafka's shape: one broker, one topic.
    fn answer(error: i16, id: [u8; 16]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 5];
        bytes.extend_from_slice(b"host");
        bytes.extend_from_slice(&[0, 0, 0x23, 0x84, 0, 0, 3]);
        bytes.extend_from_slice(b"cl");
        bytes.extend_from_slice(&[0, 0, 0, 1, 2]);
        bytes.extend_from_slice(&error.to_be_bytes());
        bytes.push(2);
        bytes.push(b't');
        bytes.extend_from_slice(&id);
        bytes
    }

    #[test]
    fn a_topic_id_is_found_behind_brokers_and_cluster() {
        let id = [0xab; 16];
        assert_eq!(parse(&answer(0, id), "t"), Some(Answer::Id("ab".repeat(16))));
        assert_eq!(parse(&answer(3, [0; 16]), "t"), Some(Answer::Missing));
        assert_eq!(parse(&answer(0, id), "other"), None);
        assert_eq!(parse(&answer(0, [0; 16]), "t"), None);
    }

    #[test]
    fn an_answer_that_is_cut_anywhere_is_no_answer() {
        let whole = answer(0, [7; 16]);
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length], "t"), None, "cut at {length}");
        }
    }
}
