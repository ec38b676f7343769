//! Adyen's settlement details report: CSV, a journal of a batch. A batch may have no payout, and carry its balance and fees on to the next.

use super::input::Input;
use super::unknown::Unknown;
use super::{Each, Facts, Line, NO_LINE_END, Wrong, money, names};
use rust_decimal::Decimal;
use schemas::report::ReportKind;
use schemas::time::Date;

/// Columns of what the payment cost.
const COSTS: [&str; 4] = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"];
/// The other columns that are read. All of them must be there: what one would have said is missing else, and looks like nothing.
const NEEDED: [&str; 13] = [
    "Merchant Account",
    "Psp Reference",
    "Merchant Reference",
    "Creation Date",
    "Type",
    "Modification Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
    "Net Currency",
    "Net Debit (NC)",
    "Net Credit (NC)",
    "Batch Number",
];

/// Reads a report.
pub fn read(input: &mut Input, each: Each<'_>) -> Result<Facts, Wrong> {
    let rest = input.rest();
    let read = rest.counts();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(rest);
    let headers = reader.headers().map_err(|error| Wrong::at(1, error.to_string()))?.clone();
    let at = |name: &str| headers.iter().position(|header| header.trim().trim_start_matches('\u{feff}') == name);
    let absent: Vec<&str> = NEEDED.into_iter().chain(COSTS).filter(|name| at(name).is_none()).collect();
    if !absent.is_empty() {
        return Err(Wrong::at(1, format!("there is no column {}: this is no settlement details report", absent.join(", "))));
    }
    let (mut date, mut unknown) = (None::<Date>, Unknown::default());
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
        let kind = kind(cell("Type")).unwrap_or_else(|| {
            unknown.add(cell("Type"));
            ReportKind::Other
        });
        let (signed, code) = if gross.is_zero() { (net, cell("Net Currency")) } else { (gross, cell("Gross Currency")) };
        let currency = money::currency(number, code)?;
        let mut bytes = Vec::new();
        record.iter().for_each(|cell| bytes.extend([cell.as_bytes(), b","].concat()));
        let mut told = Line::new(number, &bytes, kind, (!signed.is_sign_negative(), signed.abs(), currency), day);
        let has_costs = COSTS.iter().any(|name| !cell(name).is_empty());
        if has_costs && cell("Net Currency") == currency.code() {
            told.fee = Some(COSTS.iter().map(|name| amount(name)).sum::<Result<Decimal, Wrong>>()?);
        }
        let own = cell("Modification Reference");
        let own = if kind == ReportKind::Sale || own.is_empty() { cell("Psp Reference") } else { own };
        let payment = if matches!(kind, ReportKind::Fee | ReportKind::Payout | ReportKind::Other) { "" } else { cell("Merchant Reference") };
        (told.reference, told.payment, told.left_out) = (names::reference(own), names::id(payment), names::is_too_long(&[own, payment]));
        told.text = Some(format!("{} batch {}", cell("Type"), cell("Batch Number")))
            .filter(|_| matches!(kind, ReportKind::Fee | ReportKind::Payout | ReportKind::Other));
        told.merchants = vec![cell("Merchant Account").to_owned()];
        date = date.max(Some(day));
        each(told)?;
    }
    let cut = if read.is_at_line_end() { None } else { Some(NO_LINE_END.to_owned()) };
    let warnings = cut.into_iter().chain(unknown.told()).collect();
    Ok(Facts { date, warnings, ..Facts::default() })
}

/// What a row of a type is; none where the type is not known.
fn kind(name: &str) -> Option<ReportKind> {
    Some(match name {
        "Settled" | "SettledBulk" | "SettledInInstallments" | "SettledReversed" => ReportKind::Sale,
        "SettledExternallyWithInfo" | "SettledInstallment" | "SettledInstallmentExternallyWithInfo" => ReportKind::Sale,
        "Refunded" | "RefundedBulk" | "RefundedReversed" | "RefundedExternally" => ReportKind::Refund,
        "RefundedExternallyWithInfo" | "RefundedInstallment" | "RefundedInstallmentExternallyWithInfo" => ReportKind::Refund,
        "Chargeback" | "SecondChargeback" | "ChargebackExternally" | "ChargebackExternallyWithInfo" => ReportKind::Chargeback,
        "ChargebackReversed" | "ChargebackReversedExternally" | "ChargebackReversedExternallyWithInfo" => ReportKind::Representment,
        "Fee" | "InvoiceDeduction" | "MiscCosts" | "Cost" | "PaymentCost" => ReportKind::Fee,
        "MerchantPayout" | "MerchantPayin" | "AcquirerPayout" => ReportKind::Payout,
        // What a batch takes over from the one before it, and corrections by Adyen.
        "Balancetransfer" | "DepositCorrection" => ReportKind::Other,
        _ => return None,
    })
}
