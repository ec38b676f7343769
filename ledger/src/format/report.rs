//! What others say of the same money, as it lies on disk.

use super::bytes::{Bytes, Unreadable, put_number, put_signed, put_text};
use super::codes::Numbered;
use super::contract::{put_option, take_flag, take_id, take_option};
use super::ids::put_id;
use super::note::{identifier, put_date, take_date};
use super::template::{put_currency, take_currency};
use schemas::ids::{AccountId, PaymentId, PayoutId, PspId, ReportName, SchemeId};
use schemas::money::Money;
use schemas::report::{ReportClosed, ReportLine, ReportSource};

/// Appends a line of a report.
pub fn put_report_line(out: &mut Vec<u8>, line: &ReportLine) {
    let ReportLine { source, report, line, kind, credit, amount, date, payment, payout, fee, scheme, text } = line;
    put_source(out, source);
    put_text(out, report.as_str());
    put_number(out, *line);
    out.push(kind.number());
    out.push((*credit).into());
    put_money(out, *amount);
    put_date(out, *date);
    put_option(out, payment.as_ref(), |out, payment| put_id(out, payment.as_str()));
    put_option(out, payout.as_ref(), |out, payout| put_id(out, payout.as_str()));
    put_option(out, fee.as_ref(), |out, fee| put_signed(out, (*fee).into()));
    put_option(out, scheme.as_ref(), |out, scheme| put_text(out, scheme.as_str()));
    put_option(out, text.as_ref(), |out, text| put_text(out, text));
}

/// Reads a line of a report.
pub fn take_report_line(bytes: &mut Bytes<'_>) -> Result<ReportLine, Unreadable> {
    Ok(ReportLine {
        source: take_source(bytes)?,
        report: take_id(bytes, ReportName::new)?,
        line: bytes.number()?,
        kind: Numbered::numbered(bytes.byte()?)?,
        credit: take_flag(bytes)?,
        amount: take_money(bytes)?,
        date: take_date(bytes)?,
        payment: take_option(bytes, |bytes| identifier(bytes, PaymentId::new))?,
        payout: take_option(bytes, |bytes| identifier(bytes, PayoutId::new))?,
        fee: take_option(bytes, Bytes::signed_narrow)?,
        scheme: take_option(bytes, |bytes| take_id(bytes, SchemeId::new))?,
        text: take_option(bytes, |bytes| bytes.text().map(str::to_owned))?,
    })
}

/// Appends the end of a report.
pub fn put_report_closed(out: &mut Vec<u8>, closed: &ReportClosed) {
    let ReportClosed { source, report, date, count, credits, debits } = closed;
    put_source(out, source);
    put_text(out, report.as_str());
    put_date(out, *date);
    put_number(out, *count);
    put_money(out, *credits);
    put_money(out, *debits);
}

/// Reads the end of a report.
pub fn take_report_closed(bytes: &mut Bytes<'_>) -> Result<ReportClosed, Unreadable> {
    Ok(ReportClosed {
        source: take_source(bytes)?,
        report: take_id(bytes, ReportName::new)?,
        date: take_date(bytes)?,
        count: bytes.number()?,
        credits: take_money(bytes)?,
        debits: take_money(bytes)?,
    })
}

fn put_source(out: &mut Vec<u8>, source: &ReportSource) {
    out.push(match source {
        ReportSource::Scheme(_) => 1,
        ReportSource::Psp(_) => 2,
        ReportSource::Bank(_) => 3,
    });
    put_text(out, source.id());
}

fn take_source(bytes: &mut Bytes<'_>) -> Result<ReportSource, Unreadable> {
    match bytes.byte()? {
        1 => take_id(bytes, SchemeId::new).map(ReportSource::Scheme),
        2 => take_id(bytes, PspId::new).map(ReportSource::Psp),
        3 => take_id(bytes, AccountId::new).map(ReportSource::Bank),
        _ => Err(Unreadable::new("no such source of reports")),
    }
}

fn put_money(out: &mut Vec<u8>, money: Money) {
    put_currency(out, money.currency);
    put_number(out, money.minor);
}

fn take_money(bytes: &mut Bytes<'_>) -> Result<Money, Unreadable> {
    Ok(Money { currency: take_currency(bytes)?, minor: bytes.number()? })
}
