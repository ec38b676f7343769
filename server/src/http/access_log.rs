//! The access log: who asked what, and what it came to. Target `access`, at `info`; what tells nothing of the books, at `debug`.
//!
//! | field | what |
//! |---|---|
//! | `who` | the id of a key, `jwt:` and a subject, `-` where no keys are configured, `?` where nobody knows |
//! | `method`, `route` | the route, not the path: a path may hold anything |
//! | `merchant` | the merchant that the path names, masked as a record is; not what may be a key |
//! | `query` | the parameters, masked as a record is, without the value of `q`, which may be anybody's name, and without what may be a key |
//! | `status`, `rows`, `micros` | what it came to: rows where the answer is a table or a list |
//!
//! Of consumption it is the record of who asked what: what one answer hides, the difference of two might tell. No key, no token
//! and no body is ever part of it.

use axum::http::Uri;
use axum::response::Response;
use schemas::decode::mask;

/// Where the access log goes.
pub const TARGET: &str = "access";
/// The parameter whose value is left out.
const SEARCH: &str = "q";
/// The parameter whose value is long and opaque, and of the service's own making.
const CURSOR: &str = "cursor";
/// A run of so many characters of base64url or hex is taken for a key or a token that was put into the address by mistake.
const SECRET_RUN: usize = 40;
/// The longest query that is logged whole.
const QUERY_BYTES_MAX: usize = 1024;

/// How many rows an answer has; see [`super::question::tells_rows`].
#[derive(Clone, Copy, Debug)]
pub struct Rows(pub usize);

/// Who asked, as far as that is known; [`super::guard`] leaves it with the answer.
#[derive(Clone, Debug)]
pub struct Who(pub std::sync::Arc<str>);

/// What was asked.
pub struct Asked {
    /// The method.
    pub method: &'static str,
    /// The route.
    pub route: String,
    /// The path and the query.
    pub uri: Uri,
}

/// Logs a request that was answered.
pub fn log(asked: &Asked, response: &Response, micros: u64) {
    let Asked { method, route, uri } = asked;
    let who = response.extensions().get::<Who>().map_or("?", |Who(who)| who);
    let (merchant, query) = (merchant_of(route, uri.path()), query_of(uri));
    let (status, rows) = (response.status().as_u16(), response.extensions().get::<Rows>().map(|Rows(rows)| *rows));
    // What there is no route for is logged as well: somebody may be looking for one.
    if uri.path().starts_with("/v1/") {
        tracing::info!(target: TARGET, who, method, route, merchant, query, status, rows, micros);
    } else {
        tracing::debug!(target: TARGET, who, method, route, merchant, query, status, rows, micros);
    }
}

/// The merchant that a path names.
fn merchant_of(route: &str, path: &str) -> Option<String> {
    let names_one = route.strip_prefix("/v1/merchants/").is_some_and(|rest| rest.starts_with('{'));
    let merchant = path.strip_prefix("/v1/merchants/").filter(|_| names_one)?.split('/').next()?;
    Some(mask(shown(merchant).as_bytes()).text)
}

/// The query, without the value of what is searched for.
fn query_of(uri: &Uri) -> Option<String> {
    let query = uri.query().filter(|query| !query.is_empty())?;
    // Each is judged whole, before all of it is cut: the beginning of a key would pass for none.
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => match decode(name).as_str() {
            SEARCH => format!("{SEARCH}=…"),
            // A cursor is as long as a key, and of other characters than one.
            CURSOR if value.bytes().all(|byte| byte.is_ascii_hexdigit()) => pair.to_owned(),
            _ => format!("{}={}", shown(name), shown(value)),
        },
        None => shown(pair),
    });
    let masked = mask(pairs.collect::<Vec<_>>().join("&").as_bytes()).text;
    let end = masked.char_indices().map(|(at, _)| at).take_while(|at| *at <= QUERY_BYTES_MAX).last().unwrap_or(0);
    Some(if masked.len() <= QUERY_BYTES_MAX { masked } else { masked.get(..end).unwrap_or_default().to_owned() })
}

/// A part of an address as it is meant, since letters and digits may be written as `%34`; not what may be a key or a token.
fn shown(part: &str) -> String {
    let meant = decode(part);
    if may_be_secret(&meant) { "…".to_owned() } else { meant }
}

/// Whether a value may be a key or a token: neither belongs into an address, and what is there by mistake is not logged.
fn may_be_secret(value: &str) -> bool {
    value.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).any(|run| run.len() >= SECRET_RUN)
}

/// Percent-encoded bytes that are graphic characters, decoded; the rest stays as it came, so that a line stays a line.
fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii_graphic);
        match code {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = rest.get(at + 3..).unwrap_or_default();
            }
            None => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(uri: &str) -> Option<String> {
        query_of(&uri.parse().expect("a uri"))
    }

    #[test]
    fn what_is_searched_for_is_left_out_and_card_numbers_are_masked() {
        assert_eq!(query("/v1/merchants?q=Li%20Wei&limit=10").as_deref(), Some("q=…&limit=10"));
        assert_eq!(query("/v1/merchants"), None);
        for uri in ["/x?merchant=4111111111111111", "/x?merchant=%34111111111111111", "/x?a=1&merchant=4111-1111-1111-1111"] {
            assert!(query(uri).is_some_and(|text| !text.contains("1111111") && !text.contains("1111-1111")), "{uri}: {:?}", query(uri));
        }
        assert_eq!(query(&format!("/x?key=ml_suffrqq6_{}&limit=1", "a".repeat(43))).as_deref(), Some("key=…&limit=1"));
        let key = format!("ml_suffrqq6_{}", "a".repeat(43));
        let written: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let cases = [
            (key.clone(), "…"),
            (format!("{key}=1"), "…=1"),
            (format!("key={written}"), "key=…"),
            (format!("%71={key}&b=2"), "q=…&b=2"),
            (format!("cursor={key}"), "cursor=…"),
        ];
        for (asked, shown) in cases {
            assert_eq!(query(&format!("/x?{asked}")).as_deref(), Some(shown));
        }
        // What is cut off where the query is cut is no beginning of a key.
        assert!(query(&format!("/x?a={}&key={key}", "b,".repeat(495))).is_some_and(|text| !text.contains("ml_suff") && text.contains("key=")));
        assert_eq!(query("/x?a=%0a%25").as_deref(), Some("a=%0a%"));
        assert!(query(&format!("/x?a={}", "b,".repeat(2500))).is_some_and(|text| text.len() <= 1024));
    }

    #[test]
    fn the_merchant_of_a_path_is_named() {
        assert_eq!(merchant_of("/v1/merchants/{merchant}/balances", "/v1/merchants/M1/balances").as_deref(), Some("M1"));
        assert_eq!(merchant_of("/v1/merchants", "/v1/merchants"), None);
        let shown = |merchant: &str| merchant_of("/v1/merchants/{merchant}/fees", &format!("/v1/merchants/{merchant}/fees")).expect("a merchant");
        for number in ["4111111111111111", "%34111111111111111"] {
            assert!(!shown(number).contains("11111111"), "{}", shown(number));
        }
        // A key where a merchant should be is none of a log's.
        assert_eq!(shown(&format!("ml_suffrqq6_{}", "a".repeat(43))), "…");
        assert_eq!(shown(&format!("ml%5Fsuffrqq6%5F{}", "%61".repeat(43))), "…");
        assert_eq!(shown("a-shop.of-32-characters_and_more"), "a-shop.of-32-characters_and_more");
    }
}
