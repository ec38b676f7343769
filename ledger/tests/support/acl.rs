//! Rights of users at a broker, granted and taken away over its open listener: Kafka's CreateAcls and DeleteAcls (version 3),
//! written by hand, since rdkafka has no question for them and the command-line tools would be another forty megabytes.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot grant a right ends")]

use std::io::{Read, Write};
use std::net::TcpStream;

const CREATE_ACLS: i16 = 30;
const DELETE_ACLS: i16 = 31;
const VERSION: i16 = 3;
/// A name is taken as it stands.
const LITERAL: u8 = 3;
const ALLOW: u8 = 3;

/// What a right is about.
#[derive(Clone, Copy, Debug)]
pub enum Resource {
    /// A topic.
    Topic = 2,
    /// A group.
    Group = 3,
}

/// What it allows.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// To read, or to note offsets in a group.
    Read = 3,
    /// To write.
    Write = 4,
    /// To see that it is there, and its ends.
    Describe = 8,
    /// To see how it is configured.
    DescribeConfigs = 10,
}

/// Grants a user a right.
pub fn grant(broker: &str, user: &str, resource: Resource, name: &str, operation: Operation) {
    ask(broker, CREATE_ACLS, &about(user, resource, name, operation));
}

/// Takes it away.
pub fn revoke(broker: &str, user: &str, resource: Resource, name: &str, operation: Operation) {
    ask(broker, DELETE_ACLS, &about(user, resource, name, operation));
}

/// One right; in a deletion, what it must be like. Both have the same fields.
fn about(user: &str, resource: Resource, name: &str, operation: Operation) -> Vec<u8> {
    let mut body = vec![2, resource as u8];
    text(&mut body, name);
    body.push(LITERAL);
    text(&mut body, &format!("User:{user}"));
    text(&mut body, "*");
    body.extend([operation as u8, ALLOW, 0, 0]);
    body
}

/// A compact length is the length plus one; names here are shorter than 127 bytes.
fn text(body: &mut Vec<u8>, text: &str) {
    body.push(u8::try_from(text.len() + 1).expect("a short name"));
    body.extend_from_slice(text.as_bytes());
}

fn ask(broker: &str, kind: i16, body: &[u8]) {
    let mut request = [kind.to_be_bytes(), VERSION.to_be_bytes()].concat();
    // Its number, the client's name, and no tagged fields.
    request.extend([0, 0, 0, 1, 0, 1, b't', 0]);
    request.extend_from_slice(body);
    let mut connection = TcpStream::connect(broker).expect("the open listener");
    let length = u32::try_from(request.len()).expect("a short request").to_be_bytes();
    connection.write_all(&[&length[..], &request].concat()).expect("it takes the request");
    let mut length = [0; 4];
    connection.read_exact(&mut length).expect("an answer");
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length)).expect("an answer")];
    connection.read_exact(&mut answer).expect("the whole answer");
    // Its number, no tagged fields, the throttle time, one result, and its error.
    assert_eq!((answer.get(9), answer.get(10..12)), (Some(&2), Some(&[0, 0][..])), "the right was not changed: {answer:?}");
}
