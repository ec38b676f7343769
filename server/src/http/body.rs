//! Request bodies: read to a bound, within the [budget](super::bodies) of all of them, and told apart into one event or many lines.

use super::Service;
use super::bodies::Room;
use super::problem::{Code, Problem};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use serde::de::IgnoredAny;
use std::pin::Pin;
use std::sync::Arc;

/// The longest body of events.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// The most events of one request.
pub const BATCH_EVENTS_MAX: usize = 10_000;
/// The least memory that is taken for a body whose length is not said.
const GROWN_BYTES_MIN: usize = 4 << 10;

/// What came: one event, or one a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Batch {
    /// One event; where it cannot be read, the request fails.
    One(Bytes),
    /// Each line has its own result.
    Lines(Vec<Bytes>),
}

/// Reads a body, at most so many bytes of it and for as long as the configuration allows; its memory is counted as long as the room is held.
pub async fn read(service: &Service, body: Body, bytes_max: usize) -> Result<(Bytes, Room), Problem> {
    let at_most = service.node.config().limits.body;
    let late = |_| Problem::new(Code::RequestTimeout, format!("the body did not arrive within {} s", at_most.as_secs()));
    tokio::time::timeout(at_most, whole(body, bytes_max, Room::none(Arc::clone(&service.bodies)))).await.map_err(late)?
}

/// Reads a body to its end, which has its room before it is in memory.
async fn whole(mut body: Body, bytes_max: usize, mut room: Room) -> Result<(Bytes, Room), Problem> {
    let told = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX).min(bytes_max);
    room.grow(told)?;
    let mut bytes: Vec<u8> = Vec::with_capacity(told);
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // One that is decompressed breaks off where it is not what its Content-Encoding says.
        let broken = |error: axum::Error| Problem::parameter("body", format!("did not arrive whole, or is not in the encoding that it names: {error}"));
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        let length = bytes.len().saturating_add(data.len());
        if length > bytes_max {
            return Err(Problem::new(Code::TooLarge, format!("the body is longer than {bytes_max} bytes")));
        }
        if length > bytes.capacity() {
            let capacity = length.next_power_of_two().max(GROWN_BYTES_MIN).min(bytes_max);
            room.grow(capacity)?;
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok((Bytes::from(bytes), room))
}

/// Content types of one event.
const ONE: &[&str] = &["application/json"];
/// Content types of one event a line.
const LINES: &[&str] = &["application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"];

/// Letters of a charset that are repeated.
const LETTERS_TOLD_MAX: usize = 64;

/// What a request says its body is, without parameters; empty where it says nothing. What an HTML form can say (such as
/// `text/plain`) is refused: a browser would send that for any web page, without asking first.
pub fn content_type(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Ok(String::new()) };
    let mut parts = value.to_str().unwrap_or("?").split(';');
    let text = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(charset) = parts.find_map(charset).filter(|charset| !["utf-8", "utf8"].iter().any(|known| charset.eq_ignore_ascii_case(known))) {
        let charset: String = charset.chars().take(LETTERS_TOLD_MAX).collect();
        return Err(Problem::new(Code::UnsupportedMediaType, format!("charset={charset} is not read: events are JSON in UTF-8")));
    }
    match second.is_none() && ONE.iter().chain(LINES).any(|known| *known == text) {
        true => Ok(text),
        false => {
            let detail = format!("Content-Type is none of {}", [ONE, LINES].concat().join(", "));
            Err(Problem::new(Code::UnsupportedMediaType, detail))
        }
    }
}

/// The charset that a parameter of a content type names, if it does.
fn charset(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
}

/// Tells one event from NDJSON: by the content type, else by a first line that is a whole JSON value with more behind it.
pub fn split(content_type: &str, body: Bytes) -> Result<Batch, Problem> {
    let is_lines = LINES.contains(&content_type);
    let lines: Vec<Bytes> = body
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(BATCH_EVENTS_MAX + 1)
        .map(|line| body.slice_ref(line))
        .collect();
    let looks_like_lines = lines.len() > 1 && lines.first().is_some_and(|line| is_json(line));
    if !(is_lines || looks_like_lines) {
        return Ok(Batch::One(body.slice_ref(body.trim_ascii())));
    }
    if lines.len() > BATCH_EVENTS_MAX {
        return Err(Problem::new(Code::TooLarge, format!("there are more than {BATCH_EVENTS_MAX} events in the body")));
    }
    Ok(Batch::Lines(lines))
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::bodies::Bodies;

    #[tokio::test]
    async fn a_body_has_its_room_as_it_comes_and_as_it_is() {
        const LENGTH: usize = 600 << 10;
        let bodies = Arc::new(Bodies::new(2 << 20));
        let read = |body: Body| whole(body, 700 << 10, Room::none(Arc::clone(&bodies)));
        let parts = || {
            let part = || Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; LENGTH / 3]));
            Body::from_stream(futures_util::stream::iter([part(), part(), part()]))
        };
        let (bytes, room) = read(Body::from(vec![b'x'; LENGTH])).await.expect("room");
        assert_eq!((bytes.len(), bodies.used()), (LENGTH, 1200 << 10), "as long as was said, and twice");
        assert_eq!(read(Body::from(vec![b'x'; LENGTH])).await.map_err(|problem| problem.code()).err(), Some("unavailable"));
        assert_eq!(read(parts()).await.map_err(|problem| problem.code()).err(), Some("unavailable"), "one of no length is told when it is too much");
        assert_eq!(bodies.used(), 1200 << 10, "what was refused has given back what it had");
        drop(room);
        let (bytes, room) = read(parts()).await.expect("room");
        assert!(bytes.len() == LENGTH && bodies.used() >= 1200 << 10);
        drop(room);
        let long = whole(parts(), LENGTH - 1, Room::none(Arc::clone(&bodies))).await;
        assert_eq!((long.map_err(|problem| problem.code()).err(), bodies.used()), (Some("too_large"), 0));
    }

    fn split_text(content_type: &str, text: &str) -> Batch {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
        split(&super::content_type(&headers).expect("a content type"), Bytes::from(text.to_owned())).expect("a batch")
    }

    #[test]
    fn one_event_may_stand_on_many_lines_and_many_events_do() {
        let lines = Batch::Lines(vec![Bytes::from("{}"), Bytes::from("x")]);
        assert_eq!(split_text("application/json", "{\n}\n"), Batch::One(Bytes::from("{\n}")));
        assert_eq!(split_text("application/json", "{}\n\nx\n"), lines);
        assert_eq!(split_text("application/x-ndjson; charset=utf-8", "{}\r\nx"), lines);
        assert_eq!(split_text("application/x-ndjson", "{}"), Batch::Lines(vec![Bytes::from("{}")]));
        assert_eq!(split("", Bytes::from("not\njson")).ok(), Some(Batch::One(Bytes::from("not\njson"))));
        assert_eq!(split_text("application/json", ""), Batch::One(Bytes::new()));
    }

    #[test]
    fn what_a_form_of_a_web_page_can_say_is_no_content_type() {
        for content_type in [
            "text/plain",
            "text/plain;charset=utf-8",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "",
            "application/json; charset=gbk",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
            assert_eq!(super::content_type(&headers).map_err(|problem| problem.code()), Err("unsupported_media_type"), "{content_type:?}");
        }
        let mut twice = HeaderMap::new();
        for value in ["application/json", "text/plain"] {
            twice.append(header::CONTENT_TYPE, value.parse().expect("a header"));
        }
        assert!(super::content_type(&twice).is_err());
        assert_eq!(super::content_type(&HeaderMap::new()).ok().as_deref(), Some(""));
    }

    #[test]
    fn a_batch_has_its_bound() {
        let text = "{}\n".repeat(BATCH_EVENTS_MAX + 1);
        assert_eq!(split("", Bytes::from(text)).map_err(|problem| problem.code()), Err("too_large"));
    }
}
