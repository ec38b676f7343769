//! Lines of reports, the ends of reports, and breaks that were closed.

use super::body::direction;
use super::event::Known;
use super::fault::{self, Fault};
use super::slots::{Slots, need};
use crate::event::{EventType, Reported};
use crate::ids::{BreakId, EventId, ReportName};
use crate::money::Currency;
use crate::report::{BreakClosed, ReportClosed, ReportKind, ReportLine, ReportSource, fee_minor};
use crate::wire::field::{Field, REPORT_TEXT_LENGTH_MAX};

/// One of the three.
pub fn reported(slots: &Slots<'_>, event_type: EventType, known: Known) -> Result<Reported, Fault> {
    if event_type == EventType::BreakClosed {
        return Ok(Reported::BreakClosed(Box::new(BreakClosed {
            id: need(slots.read(Field::Break, BreakId::new)?, Field::Break)?,
            maker: need(slots.prose(Field::Maker)?, Field::Maker)?,
            checker: need(slots.prose(Field::Checker)?, Field::Checker)?,
            reason: need(slots.prose(Field::Reason)?, Field::Reason)?,
            event: slots.read(Field::Event, EventId::new)?,
        })));
    }
    let source = need(slots.read(Field::Source, ReportSource::read)?, Field::Source)?;
    let report = need(slots.read(Field::Report, ReportName::new)?, Field::Report)?;
    let date = need(slots.date(Field::Date)?, Field::Date)?;
    if event_type == EventType::ReportClosed {
        let sum = |field| need(slots.money(field, known.currency)?, field);
        let count = need(slots.whole(Field::Count)?, Field::Count)?;
        return Ok(Reported::Closed(Box::new(ReportClosed { source, report, date, count, credits: sum(Field::Credits)?, debits: sum(Field::Debits)? })));
    }
    let currency = need(known.currency, Field::Currency)?;
    Ok(Reported::Line(Box::new(ReportLine {
        source,
        report,
        line: need(slots.whole(Field::Line)?, Field::Line)?,
        kind: need(slots.read(Field::Kind, ReportKind::from_name)?, Field::Kind)?,
        credit: direction(slots, event_type, "credit", "debit")?,
        amount: need(known.amount, Field::Amount)?,
        date,
        payment: known.payment,
        payout: known.payout,
        fee: fee(slots, currency)?,
        scheme: known.scheme,
        text: slots.read(Field::Text, text)?,
    })))
}

/// What the source charges, rounded once to the currency's decimals.
fn fee(slots: &Slots<'_>, currency: Currency) -> Result<Option<i64>, Fault> {
    let expected = || Field::Fee.shape_on(EventType::ReportLine).expected();
    let wrong = |shown: &str| Fault::amount(Field::Fee.name(), shown, &format!("must be {}", expected()));
    let Some(value) = slots.get(Field::Fee) else { return Ok(None) };
    let text = value.text().ok_or_else(|| wrong("not a string"))?;
    fee_minor(&text, currency).map(Some).ok_or_else(|| wrong(&fault::shown(&text)))
}

fn text(text: &str) -> Option<String> {
    let is_free = text.bytes().all(|byte| byte >= 0x20 && byte != 0x7f);
    (!text.is_empty() && is_free && text.chars().count() <= REPORT_TEXT_LENGTH_MAX).then(|| text.to_owned())
}
