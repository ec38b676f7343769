//! Problems of requests that no handler answered: no such path or method, refused before a handler saw it, a panic.

use super::{Code, Problem};
use crate::http::guard;
use crate::http::openapi;
use axum::body::to_bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemas::nearest::nearest;

/// The longest text of a failure that is not ours which is told.
const FOREIGN_TEXT_BYTES_MAX: usize = 4 << 10;

/// What a request without a route is answered.
pub async fn no_route(uri: axum::http::Uri) -> Problem {
    let path = uri.path();
    let meant = nearest_path(path).map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"));
    Problem::not_found(format!("there is nothing at {path}{meant} The API is described at /docs"))
}

/// The path of the API that is nearest to one that is not there: segment by segment, what fills a `{…}` is left as it is.
fn nearest_path(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    let asked: Vec<&str> = path.split('/').collect();
    let filled = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        let fill = |(part, asked): (&&str, &&str)| if part.starts_with('{') { (*asked).to_owned() } else { (*part).to_owned() };
        (parts.len() == asked.len()).then(|| parts.iter().zip(&asked).map(fill).collect::<Vec<_>>().join("/"))
    };
    let paths: Vec<String> = openapi::paths().iter().filter_map(|template| filled(template)).collect();
    nearest(path, paths.iter().map(String::as_str)).map(str::to_owned)
}

/// What a method that a route does not have is answered: whoever is not known is told that first.
pub async fn no_method(request: axum::extract::Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    let unknown = guard::refused(&request).filter(|_| path.starts_with("/v1/"));
    unknown.unwrap_or_else(|| Problem::new(Code::MethodNotAllowed, format!("{path} does not take {method}; the header Allow names what it takes")))
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
