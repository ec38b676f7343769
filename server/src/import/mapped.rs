//! Any CSV, by a mapping: which column is what, which sign and date form, which word is which kind.

use super::cells::Cells;
use super::input::{Input, decoded};
use super::written::Written;
use super::{Each, Facts, Line, Wrong, money, names};
use rust_decimal::Decimal;
use schemas::report::ReportKind;
use schemas::time::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A mapping, as its TOML file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Who reports.
    pub source: Option<String>,
    /// What stands between cells; a comma where nothing is said.
    delimiter: Option<char>,
    /// What stands before decimals: `.` where nothing is said, or `,`.
    decimal: Option<char>,
    /// What may stand between thousands; nothing where nothing is said.
    thousands: Option<char>,
    /// How dates are written, as `strftime` has it; `%Y-%m-%d` where nothing is said.
    date: Option<String>,
    /// Lines before that of the names of columns.
    skip: u64,
    /// The currency, where no column has it.
    currency: Option<String>,
    /// The kind, where no column has it.
    kind: Option<String>,
    /// The names of the columns.
    columns: Columns,
    /// Words for kinds.
    kinds: BTreeMap<String, String>,
    /// Words for directions: `credit` or `debit`.
    directions: BTreeMap<String, String>,
    /// The last line, where it has totals.
    trailer: Option<Trailer>,
}

/// The name of each column, where there is one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Columns {
    amount: Option<String>,
    currency: Option<String>,
    date: Option<String>,
    kind: Option<String>,
    direction: Option<String>,
    reference: Option<String>,
    payment: Option<String>,
    payout: Option<String>,
    fee: Option<String>,
    merchant: Option<String>,
    scheme: Option<String>,
    text: Option<String>,
}

/// How the last line is told from others, and where its totals are: numbers of cells, from 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trailer {
    starts: String,
    count: Option<usize>,
    sum: Option<usize>,
}

impl Mapping {
    /// Reads a mapping, and says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        mapping.written().check()?;
        if let Some(delimiter) = mapping.delimiter.filter(|delimiter| !delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r')) {
            return Err(format!("delimiter = {delimiter:?} is wrong; right would be one character of ASCII, such as \";\""));
        }
        if mapping.columns.amount.is_none() || mapping.columns.date.is_none() {
            return Err("[columns] needs amount and date".to_owned());
        }
        if mapping.columns.currency.is_none() && mapping.currency.is_none() {
            return Err("currency is needed, as a key or as a column".to_owned());
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

    fn written(&self) -> Written {
        Written { point: self.decimal.unwrap_or('.'), thousands: self.thousands }
    }

    fn amount(&self, line: u64, name: &str, text: &str) -> Result<Option<Decimal>, Wrong> {
        let written = self.written();
        let told = || Wrong::at(line, format!("{name}: {text:?} is no amount as the mapping has them; right would be one such as {}", written.example()));
        money::decimal(line, name, &written.plain(text).ok_or_else(told)?)
    }

    fn day(&self, line: u64, text: &str) -> Result<Date, Wrong> {
        let form = self.date.as_deref().unwrap_or("%Y-%m-%d");
        jiff::civil::Date::strptime(form, text.trim()).map(Date::from_civil).map_err(|_| Wrong::at(line, format!("{text:?} is no date of the form {form}")))
    }

    fn kind(&self, line: u64, text: &str) -> Result<ReportKind, Wrong> {
        let word = self.kinds.get(text.trim()).map(String::as_str).or(self.kind.as_deref().filter(|_| text.trim().is_empty())).unwrap_or(text.trim());
        ReportKind::from_name(word).ok_or_else(|| Wrong::at(line, format!("{text:?} is no kind that [kinds] has")))
    }
}

/// Which way money of a kind goes where nothing else says it.
const fn usual(kind: ReportKind) -> bool {
    match kind {
        ReportKind::Sale | ReportKind::Representment | ReportKind::Settlement | ReportKind::Other => true,
        ReportKind::Refund | ReportKind::Chargeback | ReportKind::Fee | ReportKind::Payout => false,
    }
}

/// Reads a file.
pub fn read(input: &mut Input, mapping: &Mapping, each: Each<'_>) -> Result<Facts, Wrong> {
    for _ in 0..mapping.skip {
        input.line()?;
    }
    let delimiter = u8::try_from(mapping.delimiter.unwrap_or(',')).unwrap_or(b',');
    let mut reader = Cells::new(delimiter);
    let Some(first) = input.line()? else { return Err(Wrong::at(1, "the file has no names of columns")) };
    let names: Vec<String> = reader.of(&decoded(&first.bytes)).iter().map(|name| name.trim().to_owned()).collect();
    let columns = &mapping.columns;
    let all = [&columns.amount, &columns.currency, &columns.date, &columns.kind, &columns.direction, &columns.reference];
    let rest = [&columns.payment, &columns.payout, &columns.fee, &columns.merchant, &columns.scheme, &columns.text];
    if let Some(absent) = all.into_iter().chain(rest).flatten().find(|name| !names.contains(name)) {
        return Err(Wrong::at(first.number, format!("there is no column {absent:?}")));
    }
    let (mut count, mut sum, mut date, mut facts, mut ended, mut number) = (0u64, Decimal::ZERO, None::<Date>, Facts::default(), false, first.number);
    while let Some(line) = input.line()? {
        number = line.number;
        let text = decoded(&line.bytes);
        if text.trim().is_empty() {
            continue;
        }
        if ended {
            return Err(Wrong::at(number, "a line after the totals"));
        }
        let cells = reader.of(&text);
        if let Some(trailer) = mapping.trailer.as_ref().filter(|trailer| text.starts_with(&trailer.starts)) {
            facts.trailer = compared(mapping, trailer, &cells, (number, count, sum))?;
            ended = true;
            continue;
        }
        if cells.len() != names.len() {
            return Err(Wrong::at(number, format!("the row has {} cells, the file {}: it is cut off", cells.len(), names.len())));
        }
        let cell = |column: &Option<String>| {
            column.as_ref().and_then(|name| names.iter().position(|other| other == name)).and_then(|at| cells.get(at)).map_or("", |text| text.trim())
        };
        let currency = money::currency(number, if columns.currency.is_some() { cell(&columns.currency) } else { mapping.currency.as_deref().unwrap_or("") })?;
        if let (true, Some(expected)) = (columns.currency.is_some(), &mapping.currency)
            && currency.code() != expected
        {
            return Err(Wrong::at(number, format!("{currency} in a report of {expected}")));
        }
        let amount = mapping.amount(number, "amount", cell(&columns.amount))?.ok_or_else(|| Wrong::at(number, "the row has no amount"))?;
        let day = mapping.day(number, cell(&columns.date))?;
        let kind = mapping.kind(number, cell(&columns.kind))?;
        let said = cell(&columns.direction);
        let direction = mapping.directions.get(said).map_or(said, String::as_str);
        let credit = match direction {
            "credit" => !amount.is_sign_negative(),
            "debit" => amount.is_sign_negative(),
            "" if amount.is_sign_negative() => false,
            "" => usual(kind),
            other => return Err(Wrong::at(number, format!("{other:?} is no direction that [directions] has"))),
        };
        (count, sum, date) = (count + 1, sum + amount, date.max(Some(day)));
        let mut told = Line::new(number, &line.bytes, kind, (credit, amount.abs(), currency), day);
        told.fee = mapping.amount(number, "fee", cell(&columns.fee))?;
        told.reference = names::reference(cell(&columns.reference));
        told.payment = names::id(cell(&columns.payment));
        told.payout = names::id(cell(&columns.payout));
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (told.scheme, told.text) = (some(cell(&columns.scheme)), some(cell(&columns.text)));
        told.merchants = some(cell(&columns.merchant)).into_iter().collect();
        each(told)?;
    }
    if mapping.trailer.is_some() && !ended {
        return Err(Wrong::at(number, "the file has no line of totals: it is cut off"));
    }
    facts.date = date;
    Ok(facts)
}

fn compared(mapping: &Mapping, trailer: &Trailer, cells: &[String], (line, count, sum): (u64, u64, Decimal)) -> Result<Vec<(String, String, String)>, Wrong> {
    let cell = |at: usize| at.checked_sub(1).and_then(|at| cells.get(at)).map_or("", |text| text.trim());
    let mut told = Vec::new();
    for (name, at, counted) in [("count", trailer.count, Decimal::from(count)), ("sum", trailer.sum, sum)] {
        let Some(at) = at else { continue };
        let says = mapping.amount(line, name, cell(at))?.ok_or_else(|| Wrong::at(line, format!("the totals have no {name}")))?;
        if says != counted {
            return Err(Wrong::at(line, format!("{name}: the file says {says}, its rows {counted}")));
        }
        told.push((name.to_owned(), says.to_string(), counted.to_string()));
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that people copy has every key: the compiler asks for one that is added.
    #[test]
    fn the_example_of_a_mapping_has_every_key() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mapping.toml")).expect("the example");
        let Mapping { source, delimiter, decimal, thousands, date, skip, currency, kind, columns, kinds, directions, trailer } =
            Mapping::read(&text).expect("a mapping");
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
            ("currency = \"EUR\"".to_owned(), "[columns]"),
        ] {
            let error = Mapping::read(&text).expect_err(said);
            assert!(error.contains(said), "{error:?} does not say {said:?}");
        }
    }
}
