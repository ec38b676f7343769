//! What every answer has in the end, errors too: `Vary: Accept`; JSON ends with a newline and is indented where the request
//! says `pretty=true`; and JSON or a stream that the client does not take is 406, where the handler knows no other form.
//!
//! What `HEAD` asks for is written as for `GET`, so that its length is told; the body is left out when it is sent.

use super::accept::{Form, JSON, STREAM, not_acceptable, takes};
use super::problem::Problem;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The `Accept` of a request, its lines put together.
pub fn accept(headers: &HeaderMap) -> String {
    headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}

/// What a request says of the form of its answer.
struct Asked {
    format: Option<String>,
    pretty: bool,
    accept: String,
    /// A read of what is below `/v1`; what was done is done, whatever the client takes.
    is_read: bool,
}

/// Whether a request reads what is below `/v1`: its answer comes in a form that the client takes.
pub fn is_read(method: &Method, uri: &Uri) -> bool {
    matches!(*method, Method::GET | Method::HEAD) && uri.path().starts_with("/v1/")
}

impl Asked {
    fn of(request: &Request) -> Self {
        let (method, uri) = (request.method(), request.uri());
        let pretty = last(uri, "pretty").is_some_and(|text| text == "true");
        Self { format: last(uri, "format"), pretty, accept: accept(request.headers()), is_read: is_read(method, uri) }
    }

    /// Whether a form is what the client asked for.
    fn takes(&self, form: Form) -> bool {
        self.format.as_deref().map_or_else(|| takes(&self.accept, form), |format| format == form.name)
    }
}

fn last(uri: &Uri, name: &str) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// Finishes an answer.
pub async fn finish(request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let mut response = next.run(request).await;
    let only = [JSON, STREAM].into_iter().find(|form| form.media == media(&response));
    if let Some(form) = only.filter(|form| asked.is_read && response.status().is_success() && !asked.takes(*form)) {
        // Who asked, and what, is logged all the same.
        let extensions = std::mem::take(response.extensions_mut());
        response = not_acceptable(&[form]).into_response();
        *response.extensions_mut() = extensions;
    }
    vary(response.headers_mut());
    let is_json = media(&response) == JSON.media || media(&response).ends_with("+json");
    if is_json { written(response, &asked).await } else { response }
}

/// Says that the form is chosen by `Accept`, beside whatever else the answer varies by. One that another node made says so already.
fn vary(headers: &mut HeaderMap) {
    let says_so = |value: &HeaderValue| {
        let names = value.to_str().unwrap_or_default().split(',').map(str::trim);
        names.into_iter().any(|name| name == "*" || name.eq_ignore_ascii_case("Accept"))
    };
    if !headers.get_all(header::VARY).iter().any(says_so) {
        headers.append(header::VARY, HeaderValue::from_static("Accept"));
    }
}

/// The media type without its parameters.
fn media(response: &Response) -> &str {
    let whole = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim()
}

/// The same JSON as a text for people: indented where that is asked, and with a newline at its end.
async fn written(response: Response, asked: &Asked) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    // Answers are bounded where they are made; this copies what is in memory already.
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let mut text = if asked.pretty { indented(&bytes) } else { bytes.to_vec() };
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    Response::from_parts(parts, Body::from(Bytes::from(text)))
}

/// Two spaces a level, fields in the order they came.
fn indented(bytes: &[u8]) -> Vec<u8> {
    let value = serde_json::from_slice::<Value>(bytes);
    value.and_then(|value| serde_json::to_vec_pretty(&value)).unwrap_or_else(|_| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_varies_by_is_said_once_and_nothing_else_is_lost() {
        for (said, expected) in [
            (&[][..], &["Accept"][..]),
            (&["Accept"], &["Accept"]),
            (&["accept"], &["accept"]),
            (&["accept-encoding"], &["accept-encoding", "Accept"]),
            (&["accept-encoding, accept"], &["accept-encoding, accept"]),
            (&["Origin", "Accept"], &["Origin", "Accept"]),
            (&["*"], &["*"]),
        ] {
            let mut headers = HeaderMap::new();
            for value in said {
                headers.append(header::VARY, HeaderValue::from_static(value));
            }
            vary(&mut headers);
            let told: Vec<&str> = headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok()).collect();
            assert_eq!(told, expected, "{said:?}");
        }
    }
}
