//! Adyen's settlement details report: CSV, a journal of a batch. A batch may have no payout, and carry its balance and fees on to the next.

use super::input::Input;
use super::{Each, Facts, Line, NO_LINE_END, Wrong, money, names};
use rust_decimal::Decimal;
use schemas::report::ReportKind;
use schemas::time::Date;

/// Columns that the report must have.
const NEEDED: [&str; 6] = ["Merchant Account", "Psp Reference", "Creation Date", "Type", "Net Currency", "Net Credit (NC)"];

/// Reads a report.
pub fn read(input: &mut Input, each: Each<'_>) -> Result<Facts, Wrong> {
    let rest = input.rest();
    let read = rest.counts();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(rest);
    let headers = reader.headers().map_err(|error| Wrong::at(1, error.to_string()))?.clone();
    let at = |name: &str| headers.iter().position(|header| header.trim().trim_start_matches('\u{feff}') == name);
    if let Some(absent) = NEEDED.into_iter().find(|name| at(name).is_none()) {
        return Err(Wrong::at(1, format!("there is no column {absent:?}: this is no settlement details report")));
    }
    let mut date = None::<Date>;
    for record in reader.records() {
        let record = record.map_err(|error| Wrong::at(error.position().map_or(0, csv::Position::line), error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        read.ended();
        if record.len() != headers.len() {
            return Err(Wrong::at(number, format!("the row has {} cells, the report {}: it is cut off", record.len(), headers.len())));
        }
        // What a quote that is never closed has taken in, to the end of the file.
        if record.iter().any(|cell| cell.ends_with('\n')) {
            return Err(Wrong::at(number, "a quote is never closed: the report is cut off"));
        }
        let cell = |name: &str| at(name).and_then(|place| record.get(place)).unwrap_or("").trim();
        let amount = |name: &str| money::decimal(number, name, cell(name)).map(Option::unwrap_or_default);
        let day = cell("Creation Date").get(..10).and_then(Date::parse);
        let day = day.ok_or_else(|| Wrong::at(number, format!("Creation Date: {:?} is no date", cell("Creation Date"))))?;
        let gross = amount("Gross Credit (GC)")? - amount("Gross Debit (GC)")?;
        let net = amount("Net Credit (NC)")? - amount("Net Debit (NC)")?;
        let kind = kind(cell("Type"));
        let (signed, code) = if gross.is_zero() { (net, cell("Net Currency")) } else { (gross, cell("Gross Currency")) };
        let currency = money::currency(number, code)?;
        let mut bytes = Vec::new();
        record.iter().for_each(|cell| bytes.extend([cell.as_bytes(), b","].concat()));
        let mut told = Line::new(number, &bytes, kind, (!signed.is_sign_negative(), signed.abs(), currency), day);
        let costs = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"];
        let has_costs = costs.iter().any(|name| !cell(name).is_empty());
        if has_costs && cell("Net Currency") == currency.code() {
            told.fee = Some(costs.iter().map(|name| amount(name)).sum::<Result<Decimal, Wrong>>()?);
        }
        let own = cell("Modification Reference");
        told.reference = names::reference(if kind == ReportKind::Sale || own.is_empty() { cell("Psp Reference") } else { own });
        told.payment = names::id(cell("Merchant Reference")).filter(|_| !matches!(kind, ReportKind::Fee | ReportKind::Payout | ReportKind::Other));
        told.text = Some(format!("{} batch {}", cell("Type"), cell("Batch Number")))
            .filter(|_| matches!(kind, ReportKind::Fee | ReportKind::Payout | ReportKind::Other));
        told.merchants = vec![cell("Merchant Account").to_owned()];
        date = date.max(Some(day));
        each(told)?;
    }
    let warnings = if read.is_at_line_end() { Vec::new() } else { vec![NO_LINE_END.to_owned()] };
    Ok(Facts { date, warnings, ..Facts::default() })
}

fn kind(name: &str) -> ReportKind {
    match name {
        "Settled" | "SettledBulk" | "SettledInInstallments" | "SettledReversed" => ReportKind::Sale,
        "Refunded" | "RefundedBulk" | "RefundedReversed" | "RefundedExternally" => ReportKind::Refund,
        "Chargeback" | "SecondChargeback" | "ChargebackExternally" => ReportKind::Chargeback,
        "ChargebackReversed" | "ChargebackReversedExternally" => ReportKind::Representment,
        "Fee" | "InvoiceDeduction" | "MiscCosts" | "Cost" => ReportKind::Fee,
        "MerchantPayout" | "MerchantPayin" => ReportKind::Payout,
        _ => ReportKind::Other,
    }
}
