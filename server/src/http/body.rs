//! Request bodies: read to a bound, and told apart into one event or many lines.

use super::problem::{Code, Problem};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use serde::de::IgnoredAny;
use std::time::Duration;

/// The longest request body.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// How long a request body may take to arrive.
pub const BODY_WAIT_MAX: Duration = Duration::from_secs(30);
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

/// Reads a body, at most [`BODY_BYTES_MAX`] of it and for at most [`BODY_WAIT_MAX`].
pub async fn read(body: Body) -> Result<Bytes, Problem> {
    let late = |_| Problem::new(Code::BadParameter, format!("the body did not arrive within {} s", BODY_WAIT_MAX.as_secs()));
    tokio::time::timeout(BODY_WAIT_MAX, to_bytes(body, BODY_BYTES_MAX)).await.map_err(late)?.map_err(|error| {
        // The only limit that axum knows here is the one given above; everything else is a connection that broke.
        let text = error.to_string();
        match text.contains("length limit") {
            true => Problem::new(Code::TooLarge, format!("the body is longer than {BODY_BYTES_MAX} bytes")),
            false => Problem::new(Code::BadParameter, format!("the body did not arrive: {text}")),
        }
    })
}

/// Tells one event from NDJSON: by the content type, else by a first line that is a whole JSON value with more behind it.
pub fn split(headers: &HeaderMap, body: Bytes) -> Result<Batch, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_lines = matches!(content_type.as_str(), "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/json-lines");
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
        split(&headers, Bytes::from(text.to_owned())).expect("a batch")
    }

    #[test]
    fn one_event_may_stand_on_many_lines_and_many_events_do() {
        let lines = Batch::Lines(vec![Bytes::from("{}"), Bytes::from("x")]);
        assert_eq!(split_text("application/json", "{\n}\n"), Batch::One(Bytes::from("{\n}")));
        assert_eq!(split_text("application/json", "{}\n\nx\n"), lines);
        assert_eq!(split_text("application/x-ndjson; charset=utf-8", "{}\r\nx"), lines);
        assert_eq!(split_text("application/x-ndjson", "{}"), Batch::Lines(vec![Bytes::from("{}")]));
        assert_eq!(split_text("text/plain", "not\njson"), Batch::One(Bytes::from("not\njson")));
        assert_eq!(split_text("application/json", ""), Batch::One(Bytes::new()));
    }

    #[test]
    fn a_batch_has_its_bound() {
        let text = "{}\n".repeat(BATCH_EVENTS_MAX + 1);
        assert_eq!(split(&HeaderMap::new(), Bytes::from(text)).map_err(|problem| problem.code()), Err("too_large"));
    }
}
