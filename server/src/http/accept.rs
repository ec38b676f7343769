//! Which of the forms that an answer can take a client wants, by its `Accept`.

use super::problem::{Code, Problem};
use axum::http::{HeaderMap, header};

/// The form that the client likes best; of equals, the one that it names first; the first of `offered` where it takes
/// anything.
pub fn negotiate<'a>(headers: &HeaderMap, offered: &[&'a str]) -> Result<&'a str, Problem> {
    let mut accepted = String::new();
    for value in headers.get_all(header::ACCEPT) {
        accepted.push_str(value.to_str().unwrap_or_default());
        accepted.push(',');
    }
    let mut best: Option<(&'a str, u32)> = None;
    for range in accepted.split(',').map(str::trim).filter(|range| !range.is_empty()) {
        let (pattern, quality) = read(range);
        let found = offered.iter().find(|form| matches(pattern, form));
        if let Some(form) = found
            && quality > best.map_or(0, |(_, quality)| quality)
        {
            best = Some((form, quality));
        }
    }
    let anything = offered.first().filter(|_| accepted.is_empty()).copied();
    anything.or(best.map(|(form, _)| form)).ok_or_else(|| Problem::new(Code::NotAcceptable, format!("it can be told as {}", offered.join(", "))))
}

/// A range and its quality in thousandths.
fn read(range: &str) -> (&str, u32) {
    let mut parts = range.split(';').map(str::trim);
    let pattern = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
    (pattern, quality)
}

/// `0.5` is 500; what is no such number is 0, so that the range is not taken.
fn thousandths(text: &str) -> u32 {
    schemas::money::parse_scaled(text, 3, 1000).ok().and_then(|thousandths| u32::try_from(thousandths).ok()).unwrap_or(0)
}

fn matches(pattern: &str, form: &str) -> bool {
    let (pattern_kind, pattern_form) = pattern.split_once('/').unwrap_or_default();
    let (kind, rest) = form.split_once('/').unwrap_or_default();
    (pattern_kind == "*" && pattern_form == "*")
        || (pattern_kind.eq_ignore_ascii_case(kind) && (pattern_form == "*" || pattern_form.eq_ignore_ascii_case(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_liked_best_is_taken() {
        let offered = ["application/json", "text/csv", "application/xml"];
        for (accept, expected) in [
            (None, Ok("application/json")),
            (Some("*/*"), Ok("application/json")),
            (Some("text/csv"), Ok("text/csv")),
            (Some("Text/CSV; q=0.5, application/xml;q=0.9"), Ok("application/xml")),
            (Some("text/*, application/json;q=0.1"), Ok("text/csv")),
            (Some("application/xml, application/json"), Ok("application/xml")),
            (Some("image/png"), Err("not_acceptable")),
            (Some("text/csv;q=0"), Err("not_acceptable")),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            }
            assert_eq!(negotiate(&headers, &offered).map_err(|problem| problem.code()), expected, "{accept:?}");
        }
    }
}
