//! Problems of requests that no handler answered: no such path or method, refused before a handler saw it, a panic.

use super::shown::shown_path;
use super::{Code, Problem};
use crate::http::guard;
use crate::http::openapi;
use axum::body::to_bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemas::nearest::slips;

/// The longest text of a failure that is not ours which is told.
const FOREIGN_TEXT_BYTES_MAX: usize = 4 << 10;

/// The longest part of a path that is told as a part of another one: an id is told whole.
const PART_BYTES_MAX: usize = 64;

/// What a request without a route is answered.
pub async fn no_route(uri: axum::http::Uri) -> Problem {
    let path = uri.path();
    let meant = nearest_path(path).map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"));
    Problem::not_found(format!("there is nothing at {}{meant} The API is described at /docs", shown_path(path)))
}

/// The path of the API that is nearest to one that is not there: part by part. What fills a `{…}` is compared with nothing, and left as it is,
/// where it is no longer than an id.
fn nearest_path(path: &str) -> Option<String> {
    let asked: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let templates = openapi::paths().iter().map(|template| template.split('/').collect::<Vec<_>>());
    let near = templates.filter_map(|parts| Some((path_slips(&parts, &asked)?, parts)));
    let (_, parts) = near.min_by_key(|(slips, _)| *slips)?;
    let fill = |(part, asked): (&&str, &&str)| shown_path(if is_filled(part) && asked.len() <= PART_BYTES_MAX { asked } else { part });
    Some(parts.iter().zip(&asked).map(fill).collect::<Vec<_>>().join("/"))
}

/// How many letters of a path are wrong, where a template was meant.
fn path_slips(template: &[&str], asked: &[&str]) -> Option<usize> {
    if template.len() != asked.len() {
        return None;
    }
    let fixed = template.iter().zip(asked).filter(|(part, _)| !is_filled(part));
    fixed.map(|(part, asked)| if part == asked { Some(0) } else { slips(asked, part) }).sum()
}

/// Whether a part of a template stands for any text.
fn is_filled(part: &str) -> bool {
    part.starts_with('{')
}

/// What a method that a route does not have is answered: whoever is not known is told that first.
pub async fn no_method(request: axum::extract::Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    let unknown = guard::refused(&request).filter(|_| path.starts_with("/v1/"));
    unknown
        .unwrap_or_else(|| Problem::new(Code::MethodNotAllowed, format!("{} does not take {method}; the header Allow names what it takes", shown_path(path))))
}

/// Tells what was refused before a handler saw it, such as a path that is no text, as every other problem is told.
pub async fn of_foreign(response: Response) -> Response {
    let is_text = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    if !is_text || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        status if status.is_client_error() => Code::BadParameter,
        _ => Code::Internal,
    };
    let text = to_bytes(response.into_body(), FOREIGN_TEXT_BYTES_MAX).await.unwrap_or_default();
    let detail = String::from_utf8_lossy(&text).into_owned();
    let problem = if code == Code::Internal {
        Problem::internal(&detail)
    } else if code == Code::BadParameter {
        // Queries and bodies are read by handlers, so it is a part of the path that is no text.
        Problem::parameter("path", detail)
    } else {
        Problem::new(code, detail)
    };
    problem.into_response()
}

/// What a handler that panicked is answered: the panic itself goes to the log.
pub fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(&text.unwrap_or("a panic without a text")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_compared_part_by_part() {
        for (path, meant) in [
            ("/v1/merchants/M1/balance", Some("/v1/merchants/M1/balances")),
            ("/v1/merchant/M1/balances/", Some("/v1/merchants/M1/balances")),
            ("/v1/fee-incme", Some("/v1/fee-income")),
            ("/v1/merchants/", Some("/v1/merchants")),
            ("/v1/nothing/like/this", None),
            ("/", None),
        ] {
            assert_eq!(nearest_path(path).as_deref(), meant, "{path}");
        }
        // Whatever stands for an id is neither compared nor told where it is long.
        let long = "b".repeat(60_000);
        assert_eq!(nearest_path(&format!("/v1/merchantz/{long}/balances")).as_deref(), Some("/v1/merchants/{merchant}/balances"));
        assert_eq!(nearest_path(&format!("/v1/{long}")), None);
    }
}
