//! UnionPay's common clearing file of an acquirer or merchant (ZM): a record a line, fields of fixed width with a space between, in GBK,
//! amounts in fen. There is no trailer: every record has the length of the first one.

use super::input::{Input, RawLine, decoded};
use super::unknown::Unknown;
use super::{Each, Facts, Line, Wrong, money, names};
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;

/// The widths of the fields, in bytes, up to the last one that is always there.
const WIDTHS: [usize; 40] =
    [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1];

// Fields by their numbers, from 0.
const TRADE_CODE: usize = 0;
const SENT_AT: usize = 4;
const AMOUNT: usize = 6;
const QUERY_ID: usize = 9;
const ORDER_ID: usize = 11;
const MERCHANT_FEE: usize = 15;
const SETTLED: usize = 16;
const TYPE: usize = 19;
const MERCHANT: usize = 27;
const SUB_MERCHANT: usize = 29;

/// Reads a file.
pub fn read(input: &mut Input, each: Each<'_>) -> Result<Facts, Wrong> {
    let date = input.member().and_then(date_of_name).or_else(|| date_of_name(input.name()));
    let currency = money::currency(0, "CNY")?;
    let (mut length, mut last, mut unknown) = (None, None, Unknown::default());
    while let Some(line) = input.line()? {
        if line.bytes.is_empty() {
            continue;
        }
        let first = *length.get_or_insert(line.bytes.len());
        if line.bytes.len() != first {
            return Err(Wrong::at(line.number, format!("the record has {} bytes, the first one {first}: it is cut off", line.bytes.len())));
        }
        if let Some(record) = record(&line, date, currency, &mut unknown)? {
            last = Some(record.date);
            each(record)?;
        }
    }
    let mut warnings: Vec<String> = unknown.told().into_iter().collect();
    if date.is_none() && last.is_some() {
        let name = input.member().unwrap_or(input.name());
        warnings.push(format!("the name {name:?} has no settlement date, as INNyymmdd..ZM has it: the date is that of the records"));
    }
    Ok(Facts { date: date.or(last), warnings, ..Facts::default() })
}

/// The settlement date in the file's name: `INN26112388ZM_…` has 2026-11-23.
fn date_of_name(name: &str) -> Option<Date> {
    // Another's digits, such as a merchant's number, are no date.
    name.match_indices("INN").find_map(|(at, begin)| {
        let (digits, rest) = name.get(at + begin.len()..)?.split_at_checked(6)?;
        let (_, rest) = rest.split_at_checked(2)?;
        let part = |from: usize| digits.get(from..from + 2);
        let is_name = rest.starts_with("ZM") && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_name.then(|| Date::parse(&format!("20{}-{}-{}", part(0)?, part(2)?, part(4)?))).flatten()
    })
}

fn record(line: &RawLine, date: Option<Date>, currency: Currency, unknown: &mut Unknown) -> Result<Option<Line>, Wrong> {
    let mut fields = Vec::with_capacity(WIDTHS.len());
    let mut at = 0;
    for width in WIDTHS {
        let field =
            line.bytes.get(at..at + width).ok_or_else(|| Wrong::at(line.number, format!("the record ends after {} bytes: it is cut off", line.bytes.len())))?;
        fields.push(decoded(field).trim().to_owned());
        at += width + 1;
    }
    let field = |number: usize| fields.get(number).map_or("", String::as_str);
    let fen = |number: usize| {
        field(number).parse::<i64>().map_err(|_| Wrong::at(line.number, format!("field {}: {:?} is no amount in fen", number + 1, field(number))))
    };
    let amount = money::of_minor(fen(AMOUNT)?, currency);
    let settled = signed(line.number, SETTLED, field(SETTLED))?;
    let (kind, credit) = match kind(field(TYPE), field(TRADE_CODE)) {
        Kind::MovesNothing => return Ok(None),
        Kind::Known(kind, credit) => (kind, credit),
        Kind::Unknown => {
            unknown.add([field(TYPE), field(TRADE_CODE)].into_iter().find(|name| !name.is_empty()).unwrap_or(""));
            (ReportKind::Other, settled >= 0)
        }
    };
    let date = match date {
        Some(date) => date,
        None => sent_on(field(SENT_AT)).ok_or_else(|| Wrong::at(line.number, "neither the file's name nor the record has a date"))?,
    };
    let mut told = Line::new(line.number, &line.bytes, kind, (credit, amount, currency), date);
    // What the merchant pays is a debit of it: a charge.
    told.fee = Some(money::of_minor(-signed(line.number, MERCHANT_FEE, field(MERCHANT_FEE))?, currency));
    told.reference = names::reference(field(QUERY_ID));
    // A refund has an order of its own, which no payment of ours has.
    let order = if kind == ReportKind::Sale { field(ORDER_ID) } else { "" };
    told.payment = names::id(order);
    told.left_out = names::is_too_long(&[field(QUERY_ID), order]);
    told.merchants = [field(SUB_MERCHANT), field(MERCHANT)].into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(Some(told))
}

/// An amount with `C` (the merchant gets it) or `D` (it pays) before it, in fen.
fn signed(line: u64, number: usize, text: &str) -> Result<i64, Wrong> {
    if text.is_empty() {
        return Ok(0);
    }
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("C", digits)) => (1, digits),
        Some(("D", digits)) => (-1, digits),
        _ => (1, text),
    };
    let minor: i64 = digits.trim().parse().map_err(|_| Wrong::at(line, format!("field {}: {text:?} is no amount with C or D", number + 1)))?;
    Ok(sign * minor)
}

/// What a record is.
enum Kind {
    /// Of this kind, and whether the merchant gets it.
    Known(ReportKind, bool),
    /// Something that moves no money.
    MovesNothing,
    /// Something else.
    Unknown,
}

/// What a record is, by the type of the transaction, else by its code.
fn kind(type_: &str, code: &str) -> Kind {
    match (type_, code) {
        ("01" | "03", _) | ("", "S22") => Kind::Known(ReportKind::Sale, true),
        ("31" | "33" | "99", _) => Kind::Known(ReportKind::Sale, false),
        ("04", _) | ("", "S30") => Kind::Known(ReportKind::Refund, false),
        ("02" | "32", _) => Kind::MovesNothing,
        _ => Kind::Unknown,
    }
}

/// The date of `MMDDhhmmss`: the last such one up to today.
fn sent_on(text: &str) -> Option<Date> {
    let (month, day) = (text.get(0..2)?, text.get(2..4)?);
    let today = Date::from_civil(jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date());
    let of = |year: i16| Date::parse(&format!("{year:04}-{month}-{day}"));
    of(today.year()).filter(|date| *date <= today).or_else(|| of(today.year() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_name_stands_where_the_layout_has_it() {
        for (name, date) in [
            ("INN26112388ZM_898310000000001", Some("2026-11-23")),
            ("a/898310000000001-INN26112388ZM_898310000000001.txt", Some("2026-11-23")),
            ("INN26133288ZM_898310000000001", None),
            ("898581015200001_20261201.txt", None),
            ("777290058110097_20261201.zip", None),
            ("INN26112388_898310000000001", None),
            ("INN2611", None),
            ("", None),
        ] {
            assert_eq!(date_of_name(name).map(|date| date.to_string()).as_deref(), date, "{name}");
        }
    }
}
