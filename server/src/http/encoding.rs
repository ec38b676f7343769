//! Bodies of requests that come compressed: gzip and deflate are read, as they come; any other encoding is 415, with what is
//! read. The bound of a body is that of what it is decompressed to, so a small body cannot become a large one.
//!
//! [`name`] and [`layer`] lie around every handler; a handler that takes a body asks [`refused`], after it is known who asks.

use super::problem::{Code, Problem, shown};
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::decompression::RequestDecompressionLayer;

/// What is read, as 415 says it.
const KNOWN: &str = "gzip, deflate, identity";

/// What decompresses, and takes the header away; other encodings it leaves alone.
pub fn layer() -> RequestDecompressionLayer {
    RequestDecompressionLayer::new().pass_through_unaccepted(true)
}

/// Gives encodings that are read the one name that [`layer`] knows.
pub async fn name(mut request: Request, next: Next) -> Response {
    match read(request.headers()) {
        Ok(None) => drop(request.headers_mut().remove(CONTENT_ENCODING)),
        Ok(Some(name)) => drop(request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name))),
        Err(_) => {}
    }
    next.run(request).await
}

/// The answer to a body that is still encoded.
pub fn refused(headers: &HeaderMap) -> Option<Response> {
    let mut response = read(headers).err()?.into_response();
    response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static(KNOWN));
    Some(response)
}

/// The encoding; `None` where there is none. `identity` is none, and encodings upon each other are not read.
fn read(headers: &HeaderMap) -> Result<Option<&'static str>, Problem> {
    let values = headers.get_all(CONTENT_ENCODING).iter().flat_map(|value| value.to_str().unwrap_or("?").split(','));
    let names: Vec<String> = values.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty() && name != "identity").collect();
    match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        ["gzip" | "x-gzip"] => Ok(Some("gzip")),
        ["deflate"] => Ok(Some("deflate")),
        ref other => {
            let detail = format!("Content-Encoding {:?} is not read; send the body as it is, or as one of {KNOWN}", shown(&other.join(", ")));
            Err(Problem::new(Code::UnsupportedMediaType, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_encoding_is_read() {
        for (values, expected) in [
            (&[][..], Ok(None)),
            (&["identity"], Ok(None)),
            (&["GZIP"], Ok(Some("gzip"))),
            (&["x-gzip"], Ok(Some("gzip"))),
            (&["deflate, identity"], Ok(Some("deflate"))),
            (&["zstd"], Err("unsupported_media_type")),
            (&["br"], Err("unsupported_media_type")),
            (&["gzip, gzip"], Err("unsupported_media_type")),
            (&["gzip", "deflate"], Err("unsupported_media_type")),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(read(&headers).map_err(|problem| problem.code()), expected, "{values:?}");
        }
    }
}
