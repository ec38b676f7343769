//! Which of the forms that an answer can take a client wants: by `format=`, which tools without headers can set, else by
//! `Accept`. One rule for every answer; what is not offered is 406, which names what is.

use super::problem::{Code, Problem};

/// A form that an answer can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its name as a value of `format`.
    pub name: &'static str,
    /// Its media type, as it is answered.
    pub media: &'static str,
    /// Other media types that clients name it by.
    pub also: &'static [&'static str],
}

/// What every answer can be.
pub const JSON: Form = Form { name: "json", media: "application/json", also: &[] };
/// Lines of text.
pub const CSV: Form = Form { name: "csv", media: "text/csv", also: &["application/csv"] };
/// Columns of types.
pub const PARQUET: Form = Form { name: "parquet", media: "application/vnd.apache.parquet", also: &["application/parquet", "application/x-parquet"] };
/// Server-sent events.
pub const STREAM: Form = Form { name: "stream", media: "text/event-stream", also: &[] };
/// What a table can be.
pub const TABLE: &[Form] = &[JSON, CSV, PARQUET];

/// The form that `format` names; without it the one that `accept` likes best, of equals the one that it names first; the
/// first of `offered` where it takes anything.
pub fn negotiate(format: Option<&str>, accept: &str, offered: &[Form]) -> Result<Form, Problem> {
    let found = match format {
        Some(name) => offered.iter().find(|form| form.name == name),
        None => best(accept, offered),
    };
    found.copied().ok_or_else(|| not_acceptable(offered))
}

/// Says what there is instead.
pub fn not_acceptable(offered: &[Form]) -> Problem {
    let forms: Vec<String> = offered.iter().map(|form| format!("{} (format={})", form.media, form.name)).collect();
    Problem::new(Code::NotAcceptable, format!("it is offered as {}", forms.join(", ")))
}

/// Whether a form may be answered to who accepts this.
pub fn takes(accept: &str, form: Form) -> bool {
    best(accept, &[form]).is_some()
}

/// A media range of `Accept`.
struct Range<'a> {
    pattern: &'a str,
    /// In thousandths; 0 is "not this".
    quality: u32,
    /// Its place among the ranges.
    place: usize,
}

fn best<'a>(accept: &str, offered: &'a [Form]) -> Option<&'a Form> {
    let parts = accept.split(',').map(str::trim).filter(|range| !range.is_empty());
    let ranges: Vec<Range> = parts.enumerate().map(|(place, range)| read(range, place)).collect();
    if ranges.is_empty() {
        return offered.first();
    }
    let mut best: Option<(&Form, &Range)> = None;
    for form in offered {
        // The range that says most of a form decides it: `text/csv;q=0, */*` takes anything but CSV.
        let Some(range) = ranges.iter().filter(|range| exactness(range.pattern, form) > 0).min_by_key(|range| (-exactness(range.pattern, form), range.place))
        else {
            continue;
        };
        let is_better = best.is_none_or(|(_, other)| (range.quality, std::cmp::Reverse(range.place)) > (other.quality, std::cmp::Reverse(other.place)));
        if range.quality > 0 && is_better {
            best = Some((form, range));
        }
    }
    best.map(|(form, _)| form)
}

fn read(range: &str, place: usize) -> Range<'_> {
    let mut parts = range.split(';').map(str::trim);
    let pattern = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q="))).map_or(1000, thousandths);
    Range { pattern, quality, place }
}

/// `0.5` is 500; what is no such number is 0, so that the range is not taken.
fn thousandths(text: &str) -> u32 {
    schemas::money::parse_scaled(text, 3, 1000).ok().and_then(|thousandths| u32::try_from(thousandths).ok()).unwrap_or(0)
}

/// How much a pattern says of a form: 3 its media type, 2 its kind, 1 anything; 0 is another.
fn exactness(pattern: &str, form: &Form) -> i8 {
    if pattern == "*/*" || pattern == "*" {
        return 1;
    }
    let names = || std::iter::once(form.media).chain(form.also.iter().copied());
    if names().any(|name| name.eq_ignore_ascii_case(pattern)) {
        return 3;
    }
    let kind = pattern.strip_suffix("/*").unwrap_or_default();
    let is_kind = |name: &str| name.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(kind));
    if is_kind(form.media) { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: Form = Form { name: "camt", media: "application/xml", also: &["text/xml"] };

    #[test]
    fn the_form_liked_best_is_taken() {
        let offered = [JSON, CSV, XML];
        for (format, accept, expected) in [
            (None, "", Ok("application/json")),
            (None, "*/*", Ok("application/json")),
            (None, "*", Ok("application/json")),
            (None, "text/csv", Ok("text/csv")),
            (None, "Text/CSV; q=0.5, application/xml;q=0.9", Ok("application/xml")),
            (None, "text/*, application/json;q=0.1", Ok("text/csv")),
            (None, "application/xml, application/json", Ok("application/xml")),
            (None, "text/xml", Ok("application/xml")),
            (None, "text/csv; header=present, */*;q=0.1", Ok("text/csv")),
            (None, "application/json;q=0, */*", Ok("text/csv")),
            (None, "*/*;q=0.1, text/csv;q=0", Ok("application/json")),
            (None, "image/png", Err("not_acceptable")),
            (None, "text/csv;q=0", Err("not_acceptable")),
            (None, "*/*;q=0", Err("not_acceptable")),
            (Some("csv"), "application/json", Ok("text/csv")),
            (Some("json"), "image/png", Ok("application/json")),
            (Some("parquet"), "*/*", Err("not_acceptable")),
        ] {
            assert_eq!(negotiate(format, accept, &offered).map(|form| form.media).map_err(|problem| problem.code()), expected, "{format:?} {accept:?}");
        }
        assert!(takes("application/*", JSON) && !takes("text/csv", JSON));
    }
}
