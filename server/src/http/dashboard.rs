//! `GET /` and what it loads: the dashboard, which is part of the binary. It tells nothing of the books by itself; what it shows it
//! asks of the API, as its reader.
//!
//! The page is asked again each time (`no-cache` and an `ETag`); what it loads lies under an address with its version, and is
//! kept for ever. Everything was compressed when the binary was built. Nothing is loaded from elsewhere, and no script or
//! style stands in the page itself: [`POLICY`] says so to the browser.

use super::parameters::Parameters;
use super::problem::{Problem, shown};
use axum::Router;
use axum::extract::Path;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// A file of the dashboard.
pub struct File {
    name: &'static str,
    media: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// What the browser may do for this page: load from this server, ask this server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Ask each time whether it has changed.
const ASKED_AGAIN: &str = "no-cache";
/// Its address changes when it does.
const KEPT: &str = "public, max-age=31536000, immutable";

/// Its routes.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(page)).route("/dashboard/{version}/{*name}", get(file))
}

async fn page(headers: HeaderMap, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only_of_text(&[])?;
    answer("index.html", ASKED_AGAIN, &headers)
}

async fn file(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    if version != VERSION {
        return Err(Problem::not_found("this is of another version of the dashboard; load / again".to_owned()));
    }
    answer(&name, KEPT, &headers)
}

fn answer(name: &str, caching: &'static str, asked: &HeaderMap) -> Result<Response, Problem> {
    let file = FILES.iter().find(|file| file.name == name).ok_or_else(|| Problem::not_found(format!("the dashboard has no file {}", shown(name))))?;
    // Weak: the same of both encodings.
    let tag = format!("W/\"{VERSION}\"");
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::VARY, "Accept-Encoding"),
    ];
    let known = texts(asked, &header::IF_NONE_MATCH).any(|text| text == "*" || text.trim_start_matches("W/").trim_matches('"') == VERSION);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else if takes_gzip(asked) {
        ([(header::CONTENT_TYPE, file.media), (header::CONTENT_ENCODING, "gzip")], file.gzip).into_response()
    } else {
        ([(header::CONTENT_TYPE, file.media)], file.plain).into_response()
    };
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().extend(HeaderValue::from_str(&tag).ok().map(|value| (header::ETAG, value)));
    Ok(response)
}

/// The parts of a header that is a list.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether the client takes gzip: it names it, or `*`, and not with `q=0`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let quality = |wanted: &str| {
        texts(headers, &header::ACCEPT_ENCODING).find_map(|text| {
            let mut parts = text.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            named.then(|| !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty())))
        })
    };
    quality("gzip").or_else(|| quality("*")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What all of it may weigh on the wire, in bytes.
    const BYTES_MAX: usize = 500_000;

    #[test]
    fn all_of_it_is_small_and_its_page_loads_what_is_there() {
        let bytes: usize = FILES.iter().map(|file| file.gzip.len()).sum();
        assert!(bytes <= BYTES_MAX, "{bytes} bytes compressed");
        let page = FILES.iter().find(|file| file.name == "index.html").map(|file| String::from_utf8_lossy(file.plain)).expect("a page");
        let loaded: Vec<&str> = page.split("dashboard/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(loaded.len() > 10 && !["{version}", "{preload}", "{endpoints}"].iter().any(|place| page.contains(place)), "{page}");
        for name in loaded {
            let name = name.strip_prefix(VERSION).and_then(|name| name.strip_prefix('/')).expect("its version");
            assert!(FILES.iter().any(|file| file.name == name), "{name}");
        }
        for needle in ["<style", "style=", "onclick", "http:", "https:"] {
            assert!(!page.contains(needle), "{needle}");
        }
    }

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for (text, expected) in
            [("gzip, deflate, br", true), ("br;q=1.0, GZIP;q=0.5", true), ("*", true), ("gzip;q=0", false), ("gzip;q=0.0, *", false), ("br", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            assert_eq!(takes_gzip(&headers), expected, "{text}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn who_has_it_is_told_so() {
        let mut headers = HeaderMap::new();
        let first = answer("index.html", ASKED_AGAIN, &headers).expect("a page");
        assert_eq!((first.status(), first.headers()[header::CACHE_CONTROL].as_bytes()), (StatusCode::OK, b"no-cache".as_slice()));
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(answer("index.html", ASKED_AGAIN, &headers).expect("a page").status(), StatusCode::NOT_MODIFIED);
        assert!(answer("nothing.js", KEPT, &headers).is_err());
    }
}
