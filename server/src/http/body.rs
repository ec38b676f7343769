//! Request bodies: read to a bound, and told apart into one event or many lines.

use super::problem::{Code, Problem};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use serde::de::IgnoredAny;
use std::time::Duration;

/// The longest request body.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// The most events of one request.
pub const BATCH_EVENTS_MAX: usize = 10_000;

/// What came: one event, or one a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Batch {
    /// One event; where it cannot be read, the request fails.
    One(Bytes),
    /// Each line has its own result.
    Lines(Vec<Bytes>),
}

/// Reads a body, at most [`BODY_BYTES_MAX`] of it and for at most so long.
pub async fn read(body: Body, at_most: Duration) -> Result<Bytes, Problem> {
    let late = |_| Problem::new(Code::RequestTimeout, format!("the body did not arrive within {} s", at_most.as_secs()));
    tokio::time::timeout(at_most, to_bytes(body, BODY_BYTES_MAX)).await.map_err(late)?.map_err(|error| {
        // The only limit that axum knows here is the one given above; everything else is a connection that broke.
        let text = error.to_string();
        match text.contains("length limit") {
            true => Problem::new(Code::TooLarge, format!("the body is longer than {BODY_BYTES_MAX} bytes")),
            // One that is decompressed breaks off where it is not what its Content-Encoding says.
            false => Problem::parameter("body", format!("did not arrive whole, or is not in the encoding that it names: {text}")),
        }
    })
}

/// Content types of one event.
const ONE: &[&str] = &["application/json"];
/// Content types of one event a line.
const LINES: &[&str] = &["application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"];

/// What a request says its body is, without parameters; empty where it says nothing. What an HTML form can say (such as
/// `text/plain`) is refused: a browser would send that for any web page, without asking first.
pub fn content_type(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Ok(String::new()) };
    let text = value.to_str().unwrap_or("?").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match second.is_none() && ONE.iter().chain(LINES).any(|known| *known == text) {
        true => Ok(text),
        false => {
            let detail = format!("Content-Type is none of {}", [ONE, LINES].concat().join(", "));
            Err(Problem::new(Code::UnsupportedMediaType, detail))
        }
    }
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
        for content_type in
            ["text/plain", "text/plain;charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""]
        {
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
