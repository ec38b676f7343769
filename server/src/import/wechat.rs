//! WeChat Pay's transaction bill: CSV whose cells have a backtick before them, all kinds of it (ALL, SUCCESS, REFUND; old names of columns).
//!
//! The names of columns are at the beginning, the names of the totals at the end: a line of names is one that begins with no backtick. A
//! refund stands in a column of its own, above zero; fees have five decimals, in rows and in the total, and are below zero where they come back.

use super::input::{Input, decoded};
use super::{Each, Facts, Line, Wrong, money, names};
use rust_decimal::Decimal;
use schemas::report::ReportKind;
use schemas::time::Date;

/// What the line of names of totals begins with.
const TOTALS: &str = "总交易单数";

/// A column that every transaction bill has.
const TIME: &str = "交易时间";
/// The totals that are compared, by their names now and before.
const COMPARED: [&[&str]; 4] = [&[TOTALS], &["应结订单总金额", "总交易额"], &["退款总金额", "总退款金额"], &["手续费总金额"]];
/// The most characters of a first line that are told.
const FIRST_CHARACTERS_MAX: usize = 80;

/// The columns of a bill, by their names.
struct Columns(Vec<String>);

impl Columns {
    fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.iter().any(|column| column == name))
    }

    fn cell<'c>(&self, cells: &[&'c str], names: &[&str]) -> &'c str {
        names.iter().find_map(|name| self.0.iter().position(|column| column == name)).and_then(|at| cells.get(at).copied()).unwrap_or("").trim()
    }
}

/// Reads a bill.
pub fn read(input: &mut Input, each: Each<'_>) -> Result<Facts, Wrong> {
    let mut columns = None;
    let mut totals: Option<Columns> = None;
    let (mut rows, mut paid, mut refunded, mut fees, mut date, mut number) = (0u64, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, None::<Date>, 0);
    let (mut trailer, mut warnings) = (None, Vec::new());
    while let Some(line) = input.line()? {
        number = line.number;
        let text = decoded(&line.bytes);
        if text.is_empty() {
            continue;
        }
        if trailer.is_some() {
            return Err(Wrong::at(line.number, "a line after the totals"));
        }
        if columns.is_none() && !text.contains(TIME) {
            let first: String = text.chars().take(FIRST_CHARACTERS_MAX).collect();
            return Err(Wrong::at(line.number, format!("this is no transaction bill: its first line has no {TIME}, but is {first:?}")));
        }
        if !text.starts_with('`') {
            let names = Columns(text.split(',').map(|name| name.trim().to_owned()).collect());
            if text.starts_with(TOTALS) {
                warnings.extend(
                    COMPARED
                        .into_iter()
                        .filter(|total| !names.has(total))
                        .map(|total| format!("the totals have no column {}: what the rows come to there is compared with nothing", total.join(" or "))),
                );
                totals = Some(names)
            } else {
                columns = Some(names)
            }
            continue;
        }
        // A cell may have commas, but none with a backtick behind it.
        let cells: Vec<&str> = text.strip_prefix('`').unwrap_or(&text).split(",`").collect();
        if let Some(totals) = &totals {
            trailer = Some(told(line.number, totals, &cells)?);
            continue;
        }
        let columns = columns.as_ref().ok_or_else(|| Wrong::at(line.number, "a row before the names of columns"))?;
        if cells.len() != columns.0.len() {
            return Err(Wrong::at(line.number, format!("the row has {} cells, the bill {}: it is cut off", cells.len(), columns.0.len())));
        }
        let cell = |names: &[&str]| columns.cell(&cells, names);
        let amount_of = |name: &str, names: &[&str]| money::decimal(line.number, name, cell(names)).map(|amount| amount.unwrap_or_default());
        let time = cell(&[TIME]);
        let day = time.get(..10).and_then(Date::parse).ok_or_else(|| Wrong::at(line.number, format!("{TIME}: {time:?} is no time")))?;
        let currency = money::currency(line.number, cell(&["货币种类"]))?;
        let sold = amount_of("应结订单金额", &["应结订单金额", "总金额"])?;
        let back = amount_of("退款金额", &["退款金额"])?;
        let fee = amount_of("手续费", &["手续费"])?;
        let (kind, credit, amount) = match cell(&["交易状态"]) {
            "SUCCESS" => (ReportKind::Sale, true, sold),
            "REFUND" => (ReportKind::Refund, false, back),
            // Taken back whole: the payment's own, as a void is.
            "REVOKED" => (ReportKind::Sale, false, back),
            other => return Err(Wrong::at(line.number, format!("交易状态: {other:?} is none of SUCCESS, REFUND, REVOKED"))),
        };
        (rows, fees, date) = (rows + 1, fees + fee, date.max(Some(day)));
        if credit {
            paid += sold
        } else {
            refunded += back
        }
        let mut told = Line::new(line.number, &line.bytes, kind, (credit, amount, currency), day);
        told.fee = Some(fee);
        let refund = [cell(&["微信退款单号"]), cell(&["商户退款单号"])].into_iter().find(|id| !id.is_empty() && *id != "0");
        let own = cell(&["微信订单号"]);
        let (own, order) = (if kind == ReportKind::Refund { refund.unwrap_or("") } else { own }, cell(&["商户订单号"]));
        (told.reference, told.payment, told.left_out) = (names::reference(own), names::id(order), names::is_too_long(&[own, order]));
        let merchants = [cell(&["特约商户号", "子商户号"]), cell(&["商户号"])];
        told.merchants = merchants.into_iter().filter(|name| !name.is_empty() && *name != "0").map(str::to_owned).collect();
        each(told)?;
    }
    let Some(told) = trailer else { return Err(Wrong::at(number, "the bill has no totals: it is cut off")) };
    let counted = [Decimal::from(rows), paid, refunded, fees];
    let mut compared = Vec::new();
    for ((name, says), counted) in told.into_iter().zip(counted) {
        let Some(says) = says else { continue };
        if says != counted {
            return Err(Wrong::at(number, format!("{name}: the bill says {says}, its rows {counted}")));
        }
        compared.push((name.to_owned(), says.to_string(), counted.to_string()));
    }
    Ok(Facts { date, trailer: compared, warnings, ..Facts::default() })
}

/// What the totals say, each with its name.
fn told(line: u64, totals: &Columns, cells: &[&str]) -> Result<Vec<(&'static str, Option<Decimal>)>, Wrong> {
    let read = |names: &'static [&'static str]| -> Result<(&'static str, Option<Decimal>), Wrong> {
        let name = names.first().copied().unwrap_or("");
        Ok((name, money::decimal(line, name, totals.cell(cells, names))?))
    };
    COMPARED.into_iter().map(read).collect()
}
