//! What the columns of a CSV file mean: which is what, which sign and date form, which word is which kind. What is wrong with a mapping is
//! known when it is read, and no row is blamed for it.

use super::encoding::Encoding;
use super::written::Written;
use super::{Wrong, money};
use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use rust_decimal::Decimal;
use schemas::decode::has_card_number;
use schemas::money::Currency;
use schemas::report::{ReportKind, ReportSource};
use schemas::time::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The years that a date of a report may be of: another one is a date that was read by a wrong pattern.
const YEARS: RangeInclusive<i16> = 1970..=2100;

/// What a last line without a line end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// The file is cut off.
    Needed,
    /// It may be cut off.
    Unsaid,
    /// Nothing.
    Free,
}

/// A mapping, as its TOML file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Who reports.
    pub source: Option<String>,
    /// In which characters the file is written; UTF-8 where nothing is said.
    pub(super) encoding: Encoding,
    /// What stands between cells; a comma where nothing is said.
    delimiter: Option<char>,
    /// What stands before decimals: `.` where nothing is said, or `,`.
    decimal: Option<char>,
    /// What may stand between thousands; nothing where nothing is said.
    thousands: Option<char>,
    /// How dates are written, as `strftime` has it; `%Y-%m-%d` where nothing is said.
    date: Option<String>,
    /// Lines before that of the names of columns.
    pub(super) skip: u64,
    /// Whether the last line must have a line end. Where nothing is said and no line of totals tells that the file is whole, it is told.
    last_line_end: Option<bool>,
    /// Whether files repeat earlier days, as one of a month does that grows daily.
    pub repeats_days: bool,
    /// The currency, where no column has it.
    pub(super) currency: Option<String>,
    /// The kind, where no column has it.
    kind: Option<String>,
    /// The names of the columns.
    pub(super) columns: Columns,
    /// Words for kinds.
    kinds: BTreeMap<String, String>,
    /// Words for directions: `credit` or `debit`.
    pub(super) directions: BTreeMap<String, String>,
    /// The last line, where it has totals.
    pub(super) trailer: Option<Trailer>,
}

/// The name of each column, where there is one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Columns {
    pub(super) amount: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) date: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) direction: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) payment: Option<String>,
    pub(super) payout: Option<String>,
    pub(super) fee: Option<String>,
    pub(super) merchant: Option<String>,
    pub(super) scheme: Option<String>,
    pub(super) text: Option<String>,
}

/// How the last line is told from others, and where its totals are: numbers of cells, from 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Trailer {
    pub(super) starts: String,
    pub(super) count: Option<usize>,
    pub(super) sum: Option<usize>,
}

impl Mapping {
    /// Reads a mapping, and says what is wrong with it: what a file's rows would be blamed for else.
    pub fn read(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        mapping.written().check()?;
        check_source(mapping.source.as_deref())?;
        if let Some(delimiter) = mapping.delimiter.filter(|delimiter| !delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r')) {
            return Err(format!("delimiter = {delimiter:?} is wrong; right would be one character of ASCII, such as \";\""));
        }
        check_date(mapping.date_form())?;
        if mapping.columns.amount.is_none() || mapping.columns.date.is_none() {
            return Err("[columns] needs amount and date".to_owned());
        }
        match &mapping.currency {
            None if mapping.columns.currency.is_none() => return Err("currency is needed, as a key or as a column".to_owned()),
            Some(code) if money::currency(0, &code.to_ascii_uppercase()).is_err() => {
                return Err(format!("currency = {code:?} is wrong; right would be three letters of ISO 4217, such as \"EUR\""));
            }
            Some(_) | None => {}
        }
        if let Some(trailer) = &mapping.trailer {
            trailer.check()?;
        }
        let unknown = mapping.kinds.values().chain(&mapping.kind).find(|kind| ReportKind::from_name(kind).is_none());
        if let Some(unknown) = unknown {
            return Err(format!("{unknown:?} is no kind; right would be one of {}", ReportKind::ALL.map(ReportKind::as_str).join(", ")));
        }
        match mapping.directions.values().find(|direction| !matches!(direction.as_str(), "credit" | "debit")) {
            Some(unknown) => Err(format!("{unknown:?} is no direction; right would be credit or debit")),
            None => Ok(mapping),
        }
    }

    /// What stands between cells.
    pub(super) fn delimiter(&self) -> u8 {
        u8::try_from(self.delimiter.unwrap_or(',')).unwrap_or(b',')
    }

    /// What a last line without a line end says. A line of totals tells by itself that the file is whole.
    pub(super) const fn line_end(&self) -> LineEnd {
        match self.last_line_end {
            Some(true) => LineEnd::Needed,
            None if self.trailer.is_none() => LineEnd::Unsaid,
            Some(false) | None => LineEnd::Free,
        }
    }

    fn written(&self) -> Written {
        Written { point: self.decimal.unwrap_or('.'), thousands: self.thousands }
    }

    fn date_form(&self) -> &str {
        self.date.as_deref().unwrap_or("%Y-%m-%d")
    }

    /// An amount; none where the cell is empty.
    pub(super) fn amount(&self, line: u64, name: &str, text: &str) -> Result<Option<Decimal>, Wrong> {
        let written = self.written();
        let told = || Wrong::at(line, format!("{name}: {text:?} is no amount as the mapping has them; right would be one such as {}", written.example()));
        money::decimal(line, name, &written.plain(text).ok_or_else(told)?)
    }

    /// The currency of a row: that of its cell, where a column has it, which must be that of the report, where that was said; in letters
    /// of either case.
    pub(super) fn currency(&self, line: u64, cell: Option<&str>) -> Result<Currency, Wrong> {
        let read = |code: &str| money::currency(line, &code.to_ascii_uppercase());
        let own = self.currency.as_deref().map(read).transpose()?;
        match (cell.map(read).transpose()?, own) {
            (Some(currency), Some(expected)) if currency != expected => Err(Wrong::at(line, format!("{currency} in a report of {expected}"))),
            (Some(currency), _) | (None, Some(currency)) => Ok(currency),
            (None, None) => Err(Wrong::at(line, "nothing says the currency")),
        }
    }

    /// A date of the column of this name.
    pub(super) fn day(&self, line: u64, column: &str, text: &str) -> Result<Date, Wrong> {
        let form = self.date_form();
        let day = civil::Date::strptime(form, text.trim()).map_err(|_| Wrong::at(line, format!("{column}: {text:?} is no date of the form {form}")))?;
        if YEARS.contains(&day.year()) {
            return Ok(Date::from_civil(day));
        }
        let (from, to, year) = (YEARS.start(), YEARS.end(), day.year());
        let hint = if form.contains("%Y") && (0..100).contains(&year) { "; a year of two digits is %y, not %Y" } else { "" };
        Err(Wrong::at(line, format!("{column}: {text:?}, read by {form}, is of the year {year}; right would be one of {from} to {to}{hint}")))
    }

    /// What a word of the file says of the kind.
    pub(super) fn kind(&self, line: u64, text: &str) -> Result<ReportKind, Wrong> {
        let word = self.kinds.get(text.trim()).map(String::as_str).or(self.kind.as_deref().filter(|_| text.trim().is_empty())).unwrap_or(text.trim());
        ReportKind::from_name(word).ok_or_else(|| Wrong::at(line, format!("{text:?} is no kind that [kinds] has")))
    }
}

impl Trailer {
    fn check(&self) -> Result<(), String> {
        if self.starts.trim().is_empty() {
            return Err("[trailer] needs starts: how the line of totals begins".to_owned());
        }
        match [("count", self.count), ("sum", self.sum)].into_iter().find(|(_, cell)| *cell == Some(0)) {
            Some((name, _)) => Err(format!("[trailer] {name} = 0 is wrong; cells are numbered from 1")),
            None => Ok(()),
        }
    }
}

/// A source must be one that the ledger takes.
fn check_source(source: Option<&str>) -> Result<(), String> {
    match source.filter(|source| ReportSource::read(source).is_none() || has_card_number(source)) {
        Some(source) => Err(format!(
            "source = {source:?} is wrong; right would be scheme:<id>, psp:<id> or bank:<account>, and a letter before what would pass for a card number"
        )),
        None => Ok(()),
    }
}

/// A pattern must give a date back that was written by it.
fn check_date(form: &str) -> Result<(), String> {
    let day = civil::date(2026, 11, 23);
    let zoned = day.at(10, 15, 30, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC).ok();
    let written = zoned.and_then(|zoned| BrokenDownTime::from(&zoned).to_string(form).ok());
    match written.and_then(|text| civil::Date::strptime(form, text).ok()) {
        Some(read) if read == day => Ok(()),
        Some(_) | None => Err(format!("date = {form:?} is wrong; right would be a pattern of strftime with day, month and year, such as \"%d.%m.%Y\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that people copy has every key: the compiler asks for one that is added.
    #[test]
    fn the_example_of_a_mapping_has_every_key() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mapping.toml")).expect("the example");
        let Mapping {
            source,
            encoding,
            delimiter,
            decimal,
            thousands,
            date,
            skip,
            last_line_end,
            repeats_days,
            currency,
            kind,
            columns,
            kinds,
            directions,
            trailer,
        } = Mapping::read(&text).expect("a mapping");
        assert!(text.contains("\nencoding = ") && text.contains("\nrepeats_days = ") && last_line_end.is_some(), "{encoding:?} {repeats_days}");
        assert!([source, date, currency, kind].iter().all(Option::is_some) && [delimiter, decimal, thousands].iter().all(Option::is_some));
        assert!(skip > 0 && !kinds.is_empty() && !directions.is_empty());
        let Columns { amount, currency, date, kind, direction, reference, payment, payout, fee, merchant, scheme, text } = columns;
        let columns = [amount, currency, date, kind, direction, reference, payment, payout, fee, merchant, scheme, text];
        assert!(columns.iter().all(Option::is_some), "{columns:?}");
        let Trailer { starts, count, sum } = trailer.expect("totals");
        assert!(!starts.is_empty() && count.is_some() && sum.is_some());
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_named() {
        let columns = "[columns]\namount = \"a\"\ndate = \"d\"\n";
        for (text, said) in [
            (format!("currency = \"EUR\"\nthousands = \".\"\n{columns}"), "thousands"),
            (format!("currency = \"EUR\"\ndecimal = \";\"\n{columns}"), "decimal"),
            (format!("currency = \"EUR\"\ndelimiter = \"；\"\n{columns}"), "delimiter"),
            (format!("currency = \"EUR\"\nkind = \"sail\"\n{columns}"), "sail"),
            (format!("currency = \"EUR\"\ndecimals = 2\n{columns}"), "decimals"),
            (columns.to_owned(), "currency"),
            (format!("currency = \"EURO\"\n{columns}"), "EURO"),
            (format!("currency = \"EUR\"\nsource = \"psp7\"\n{columns}"), "source = \"psp7\""),
            (format!("currency = \"EUR\"\nsource = \"bank:4111111111111111\"\n{columns}"), "card number"),
            (format!("currency = \"EUR\"\ndate = \"DD.MM.YYYY\"\n{columns}"), "date = \"DD.MM.YYYY\""),
            (format!("currency = \"EUR\"\ndate = \"%d.%m.\"\n{columns}"), "date = "),
            (format!("currency = \"EUR\"\nencoding = \"latin\"\n{columns}"), "iso-8859-1"),
            (format!("currency = \"EUR\"\n{columns}[trailer]\ncount = 2\n"), "starts"),
            (format!("currency = \"EUR\"\n{columns}[trailer]\nstarts = \"T\"\ncount = 0\n"), "numbered from 1"),
            ("currency = \"EUR\"".to_owned(), "[columns]"),
        ] {
            let error = Mapping::read(&text).expect_err(said);
            assert!(error.contains(said), "{error:?} does not say {said:?}");
        }
    }

    #[test]
    fn a_currency_is_written_in_either_case() {
        let mapping = |currency: &str| Mapping::read(&format!("currency = {currency:?}\n[columns]\namount = \"a\"\ndate = \"d\"\n")).expect(currency);
        for (key, cell, expected) in [("eur", None, "EUR"), ("EUR", Some("eur"), "EUR"), ("Eur", Some("EUR"), "EUR")] {
            assert_eq!(mapping(key).currency(2, cell).map(|currency| currency.code().to_owned()), Ok(expected.to_owned()), "{key} {cell:?}");
        }
        for (cell, said) in [("usd", "USD in a report of EUR"), ("euro", "ISO 4217"), ("", "ISO 4217")] {
            let wrong = mapping("eur").currency(2, Some(cell)).expect_err(said);
            assert!(wrong.line == 2 && wrong.why.contains(said), "{wrong:?}");
        }
    }

    #[test]
    fn dates_are_read_by_their_pattern_and_of_years_that_a_report_may_have() {
        let mapping = |form: &str| Mapping::read(&format!("currency = \"EUR\"\ndate = {form:?}\n[columns]\namount = \"a\"\ndate = \"Tag\"\n")).expect(form);
        for (form, text) in [
            ("%Y-%m-%d", "2026-11-23"),
            ("%d.%m.%y", "23.11.26"),
            ("%d.%m.%Y %H:%M:%S", "23.11.2026 10:15:00"),
            ("%Y-%m-%dT%H:%M:%S%z", "2026-11-23T23:15:00+0800"),
        ] {
            assert_eq!(mapping(form).day(1, "Tag", text).map(|day| day.to_string()), Ok("2026-11-23".to_owned()), "{form}");
        }
        for (form, text, said) in [("%d.%m.%Y", "23.11.26", "%y, not %Y"), ("%d.%m.%Y", "23.11.2226", "1970 to 2100"), ("%d.%m.%Y", "31.02.2026", "%d.%m.%Y")] {
            let wrong = mapping(form).day(7, "Tag", text).expect_err(said);
            assert!(wrong.line == 7 && wrong.why.starts_with(&format!("Tag: {text:?}")) && wrong.why.contains(said), "{wrong:?}");
        }
    }
}
