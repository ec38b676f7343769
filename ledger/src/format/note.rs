//! What an entry says of its event besides its lines, as it lies on disk: a byte that says what it is, then that.

use super::bytes::{Bytes, Unreadable, put_number, put_signed, put_text, put_wide};
use super::codes::Numbered;
use super::contract::{put_contract, put_list, put_option, take_contract, take_flag, take_list, take_option};
use super::fees::{put_fees, take_fees};
use super::ids::{put_id, take_id};
use super::report::{put_report_closed, put_report_line, take_report_closed, take_report_line};
use super::template::{put_currency, take_currency};
use crate::entry::{Amount, CustomerKey, HoldTerms, Note, OpenedPayment, Said, Wait};
use schemas::event::Book;
use schemas::ids::{BreakId, CalendarId, DisputeId, EventId, HoldId, MerchantId, PaymentId, PayoutId, PspId};
use schemas::time::Date;

/// Appends a note.
pub fn put_note(out: &mut Vec<u8>, note: &Note) {
    match note {
        Note::None => out.push(0),
        Note::Opened { date, time_zone } => {
            out.push(1);
            put_date(out, *date);
            put_text(out, time_zone);
        }
        Note::Closed { date } => {
            out.push(2);
            put_date(out, *date);
        }
        Note::Calendar { calendar, year } => {
            out.push(3);
            put_id(out, calendar.as_str());
            put_signed(out, (*year).into());
        }
        Note::Contract { contract, json } => {
            out.push(4);
            put_contract(out, contract);
            put_text(out, json);
        }
        Note::Amount { currency, minor } => {
            out.push(5);
            put_currency(out, *currency);
            put_wide(out, *minor);
        }
        Note::Hold { hold, placed, missing, open, book, currency, amount } => {
            out.push(6);
            put_id(out, hold.as_str());
            put_option(out, placed.as_ref(), |out, HoldTerms { reason, expected_release }| {
                out.push(reason.number());
                put_option(out, expected_release.as_ref(), |out, date| put_date(out, *date));
            });
            put_wide(out, *missing);
            out.push((*open).into());
            put_book(out, book);
            put_currency(out, *currency);
            put_wide(out, *amount);
        }
        Note::Payout { payout, currency, amount, destination } => {
            out.push(7);
            put_id(out, payout.as_str());
            put_currency(out, *currency);
            put_number(out, *amount);
            put_option(out, destination.as_ref(), |out, text| put_text(out, text));
        }
        Note::Dispute { dispute, state, amount, currency, fee } => {
            out.push(8);
            put_id(out, dispute.as_str());
            out.push(state.number());
            put_number(out, *amount);
            put_currency(out, *currency);
            put_wide(out, *fee);
        }
        Note::Erased { customer } => {
            out.push(9);
            out.extend_from_slice(&customer.bits().to_be_bytes());
        }
        Note::CalendarDays { calendar, year, closed, open } => {
            out.push(10);
            put_id(out, calendar.as_str());
            put_signed(out, (*year).into());
            for dates in [closed, open] {
                put_list(out, dates, |out, date| put_date(out, *date));
            }
        }
        Note::ReportLine { line } => {
            out.push(11);
            put_report_line(out, line);
        }
        Note::ReportClosed { closed } => {
            out.push(12);
            put_report_closed(out, closed);
        }
        Note::BreakClosed { id, event } => {
            out.push(13);
            put_text(out, id.as_str());
            put_option(out, event.as_ref(), |out, event| put_id(out, event.as_str()));
        }
        Note::Opening { payment } => {
            out.push(14);
            put_opened(out, payment);
        }
    }
}

/// Reads a note.
pub fn take_note(bytes: &mut Bytes<'_>) -> Result<Note, Unreadable> {
    Ok(match bytes.byte()? {
        0 => Note::None,
        1 => Note::Opened { date: take_date(bytes)?, time_zone: bytes.text()?.to_owned() },
        2 => Note::Closed { date: take_date(bytes)? },
        3 => Note::Calendar { calendar: identifier(bytes, CalendarId::new)?, year: bytes.signed_narrow()? },
        4 => Note::Contract { contract: Box::new(take_contract(bytes)?), json: bytes.text()?.to_owned() },
        5 => Note::Amount { currency: take_currency(bytes)?, minor: take_amount(bytes)? },
        6 => Note::Hold {
            hold: identifier(bytes, HoldId::new)?,
            placed: take_option(bytes, |bytes| Ok(HoldTerms { reason: Numbered::numbered(bytes.byte()?)?, expected_release: take_option(bytes, take_date)? }))?,
            missing: bytes.wide()?,
            open: take_flag(bytes)?,
            book: take_book(bytes)?,
            currency: take_currency(bytes)?,
            amount: bytes.wide()?,
        },
        7 => Note::Payout {
            payout: identifier(bytes, PayoutId::new)?,
            currency: take_currency(bytes)?,
            amount: bytes.number()?,
            destination: take_option(bytes, |bytes| bytes.text().map(str::to_owned))?,
        },
        8 => Note::Dispute {
            dispute: identifier(bytes, DisputeId::new)?,
            state: Numbered::numbered(bytes.byte()?)?,
            amount: bytes.number()?,
            currency: take_currency(bytes)?,
            fee: bytes.wide()?,
        },
        9 => Note::Erased { customer: CustomerKey::new(u64::from_be_bytes(bytes.array()?)) },
        10 => Note::CalendarDays {
            calendar: identifier(bytes, CalendarId::new)?,
            year: bytes.signed_narrow()?,
            closed: take_list(bytes, take_date)?,
            open: take_list(bytes, take_date)?,
        },
        11 => Note::ReportLine { line: Box::new(take_report_line(bytes)?) },
        12 => Note::ReportClosed { closed: Box::new(take_report_closed(bytes)?) },
        13 => Note::BreakClosed { id: super::contract::take_id(bytes, BreakId::new)?, event: take_option(bytes, |bytes| identifier(bytes, EventId::new))? },
        14 => Note::Opening { payment: Box::new(take_opened(bytes)?) },
        _ => return Err(Unreadable::new("no such note")),
    })
}

/// An amount of a note, which has a sign in sums as that of a line has.
fn take_amount(bytes: &mut Bytes<'_>) -> Result<u128, Unreadable> {
    bytes.wide().and_then(|minor| if minor <= Amount::MAX { Ok(minor) } else { Err(Unreadable::new("a note of too much")) })
}

fn put_opened(out: &mut Vec<u8>, OpenedPayment { book, currency, minor, refunded, charged_back, fees, back }: &OpenedPayment) {
    put_book(out, book);
    put_currency(out, *currency);
    for number in [minor, refunded, charged_back] {
        put_number(out, *number);
    }
    put_fees(out, fees);
    put_fees(out, back);
}

fn take_opened(bytes: &mut Bytes<'_>) -> Result<OpenedPayment, Unreadable> {
    let (book, currency) = (take_book(bytes)?, take_currency(bytes)?);
    let (minor, refunded, charged_back) = (bytes.number()?, bytes.number()?, bytes.number()?);
    Ok(OpenedPayment { book, currency, minor, refunded, charged_back, fees: take_fees(bytes)?, back: take_fees(bytes)? })
}

/// Appends what a parked event waits for.
pub fn put_wait(out: &mut Vec<u8>, wait: &Wait) {
    let (number, id) = match wait {
        Wait::Merchant(id) => (1, id.as_str()),
        Wait::Payment(id) => (2, id.as_str()),
        Wait::Hold(id) => (3, id.as_str()),
        Wait::Payout(id) => (4, id.as_str()),
        Wait::Dispute(id) => (5, id.as_str()),
        Wait::Refund(id) => (6, id.as_str()),
    };
    out.push(number);
    put_id(out, id);
}

/// Reads what a parked event waits for. The compiler asks for the number of another thing above, and a test for its being read here.
pub fn take_wait(bytes: &mut Bytes<'_>) -> Result<Wait, Unreadable> {
    Ok(match bytes.byte()? {
        1 => Wait::Merchant(identifier(bytes, MerchantId::new)?),
        2 => Wait::Payment(identifier(bytes, PaymentId::new)?),
        3 => Wait::Hold(identifier(bytes, HoldId::new)?),
        4 => Wait::Payout(identifier(bytes, PayoutId::new)?),
        5 => Wait::Dispute(identifier(bytes, DisputeId::new)?),
        6 => Wait::Refund(identifier(bytes, EventId::new)?),
        _ => return Err(Unreadable::new("nothing is waited for so")),
    })
}

/// One of each thing that may be waited for. The compiler asks for the next.
#[cfg(test)]
pub fn every_wait() -> Vec<Wait> {
    let next = |wait: Option<&Wait>| match wait {
        None => MerchantId::new("M1").map(Wait::Merchant),
        Some(Wait::Merchant(_)) => PaymentId::new("P1").map(Wait::Payment),
        Some(Wait::Payment(_)) => HoldId::new("H1").map(Wait::Hold),
        Some(Wait::Hold(_)) => PayoutId::new("O1").map(Wait::Payout),
        Some(Wait::Payout(_)) => DisputeId::new("D1").map(Wait::Dispute),
        Some(Wait::Dispute(_)) => EventId::new("R1").map(Wait::Refund),
        Some(Wait::Refund(_)) => None,
    };
    std::iter::successors(next(None), |wait| next(Some(wait))).collect()
}

/// Appends who wanted it and why.
pub fn put_said(out: &mut Vec<u8>, Said { maker, checker, reason, order }: &Said) {
    for text in [maker, checker, reason, order] {
        put_option(out, text.as_ref(), |out, text| put_text(out, text));
    }
}

/// Reads who wanted it and why.
pub fn take_said(bytes: &mut Bytes<'_>) -> Result<Said, Unreadable> {
    let mut text = || take_option(bytes, |bytes| bytes.text().map(str::to_owned));
    Ok(Said { maker: text()?, checker: text()?, reason: text()?, order: text()? })
}

/// Appends a date: days since 1970-01-01.
pub fn put_date(out: &mut Vec<u8>, date: Date) {
    put_signed(out, date.days().into());
}

/// Reads a date.
pub fn take_date(bytes: &mut Bytes<'_>) -> Result<Date, Unreadable> {
    bytes.signed_narrow().map(Date::from_days)
}

fn put_book(out: &mut Vec<u8>, book: &Book) {
    let psp = if let Book::Psp(psp) = book { Some(psp) } else { None };
    put_option(out, psp, |out, psp| put_text(out, psp.as_str()));
}

fn take_book(bytes: &mut Bytes<'_>) -> Result<Book, Unreadable> {
    let psp = take_option(bytes, |bytes| super::contract::take_id(bytes, PspId::new))?;
    Ok(psp.map_or(Book::Bank, Book::Psp))
}

/// Reads an identifier that is written in few bytes.
pub fn identifier<T>(bytes: &mut Bytes<'_>, new: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    new(&take_id(bytes)?).ok_or_else(|| Unreadable::new("a text that is no identifier"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::money::Currency;

    fn amount(minor: u128) -> Note {
        Note::Amount { currency: Currency::from_code("CNY").expect("a currency"), minor }
    }

    /// Heads are for ever: what had 64 bits lies as it did when nothing had more.
    #[test]
    fn amounts_of_64_bits_have_the_bytes_that_they_had() {
        for minor in [0, 1, 127, 128, 16_384, 1_000_000_000_000_000, u64::MAX] {
            let mut before = vec![5];
            put_currency(&mut before, Currency::from_code("CNY").expect("a currency"));
            put_number(&mut before, minor);
            let mut now = Vec::new();
            put_note(&mut now, &amount(minor.into()));
            assert_eq!(now, before, "{minor}");
            assert_eq!(take_note(&mut Bytes::new(&before)), Ok(amount(minor.into())));
        }
    }

    #[test]
    fn what_is_waited_for_is_read_as_it_was_written() {
        let mut numbers = Vec::new();
        for wait in every_wait() {
            let mut written = Vec::new();
            put_wait(&mut written, &wait);
            assert_eq!(take_wait(&mut Bytes::new(&written)), Ok(wait));
            numbers.push(written[0]);
        }
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "for ever");
    }

    #[test]
    fn a_sum_of_many_events_is_noted_too() {
        for minor in [1 << 64, 18_501_000_000_000_000_000, Amount::MAX] {
            let mut bytes = Vec::new();
            put_note(&mut bytes, &amount(minor));
            assert_eq!(take_note(&mut Bytes::new(&bytes)), Ok(amount(minor)));
            assert_eq!((amount(minor).amount().map(|(_, minor)| minor), amount(minor).told()), (i128::try_from(minor).ok(), None));
        }
        let mut bytes = Vec::new();
        put_note(&mut bytes, &amount(Amount::MAX + 1));
        assert!(take_note(&mut Bytes::new(&bytes)).is_err());
    }
}
