//! The shape of an entry's lines: everything about them but the amounts, and but what differs from entry to entry.
//!
//! There are some hundred shapes in a bank of any size, so a shape is a name with a number ([`super::names`]). Parties, dates
//! and ids that differ are parameters: a shape says "the first partner", the entry which one that is. A line of a shape:
//!
//! | what | how |
//! |---|---|
//! | leg · source | a byte each; 0 is no source |
//! | book | a number: 0 the bank's, n + 1 that of the nth PSP |
//! | currency | its three letters |
//! | debit · credit | the code as a number, then a [`Party`] and a [`Detail`] as numbers: kind + 8 × which parameter |
//!
//! Kinds of parties: 0 nobody, 1 the merchant, 2 the scheme of the entry's payment, 3 a scheme, 4 a PSP, 5 a partner. Kinds of
//! details: 0 none, 1 the entry's payment, 2 a date, 3 a hold, 4 a payout, 5 the date when the payment's money is available.
//!
//! `write` makes a shape of lines; this file reads one, and fills it.

#[cfg(test)]
mod tests;
mod write;

pub use write::shape;

use super::bytes::{Bytes, Unreadable};
use super::facts::Pinned;
use crate::entry::{Account, Amount, Code, Detail, Leg, Party, Posting, Source};
use schemas::event::Book;
use schemas::ids::{HoldId, PartnerId, PayoutId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;

/// What differs between entries of one shape, each kind in the order in which it comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after what they are of")]
pub struct Parameters {
    pub psps: Vec<PspId>,
    pub schemes: Vec<SchemeId>,
    pub partners: Vec<PartnerId>,
    pub dates: Vec<Date>,
    pub holds: Vec<HoldId>,
    pub payouts: Vec<PayoutId>,
}

/// How many parameters of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after what they are of")]
pub struct Counts {
    pub psps: usize,
    pub schemes: usize,
    pub partners: usize,
    pub dates: usize,
    pub holds: usize,
    pub payouts: usize,
}

/// The shape of the lines of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    lines: Vec<Line>,
    /// How many parameters an entry of this shape has.
    pub counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    leg: Leg,
    source: Option<Source>,
    /// 0 is the bank's.
    book: usize,
    currency: Currency,
    debit: Side,
    credit: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Side {
    code: Code,
    party: PartyShape,
    detail: DetailShape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartyShape {
    None,
    Merchant,
    PaymentScheme,
    Scheme(usize),
    Psp(usize),
    Partner(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DetailShape {
    None,
    Payment,
    Date(usize),
    Hold(usize),
    Payout(usize),
    Available,
}

impl Template {
    /// Reads a shape.
    pub fn read(shape: &[u8]) -> Result<Self, Unreadable> {
        let mut bytes = Bytes::new(shape);
        let (mut lines, mut counts) = (Vec::new(), Counts::default());
        while !bytes.is_empty() {
            let leg = Leg::from_number(bytes.byte()?).ok_or_else(|| Unreadable::new("no such leg"))?;
            let source = match bytes.byte()? {
                0 => None,
                number => Some(Source::from_number(number).ok_or_else(|| Unreadable::new("no such source"))?),
            };
            let book = bytes.narrow::<usize>()?;
            let currency = take_currency(&mut bytes)?;
            counts.psps = counts.psps.max(book);
            let debit = take_side(&mut bytes, &mut counts)?;
            let credit = take_side(&mut bytes, &mut counts)?;
            lines.push(Line { leg, source, book, currency, debit, credit });
        }
        // Each parameter was new once, and each line has at most six.
        let most = [counts.psps, counts.schemes, counts.partners, counts.dates, counts.holds, counts.payouts].into_iter().max();
        if most > Some(lines.len() * 6) { Err(Unreadable::new("a shape with more parameters than places")) } else { Ok(Self { lines, counts }) }
    }

    /// How many lines there are.
    pub const fn lines(&self) -> usize {
        self.lines.len()
    }

    /// The lines of an entry of this shape: `amounts` are in their order.
    pub fn fill(&self, parameters: &Parameters, pinned: Option<&Pinned>, amounts: &[Amount]) -> Result<Vec<Posting>, Unreadable> {
        let fill = |(line, amount): (&Line, &Amount)| {
            let Line { leg, source, book, currency, debit, credit } = line;
            let book = match book.checked_sub(1) {
                None => Book::Bank,
                Some(at) => Book::Psp(nth(&parameters.psps, at)?),
            };
            Ok(Posting {
                leg: *leg,
                source: *source,
                book,
                currency: *currency,
                debit: debit.fill(parameters, pinned)?,
                credit: credit.fill(parameters, pinned)?,
                amount: *amount,
            })
        };
        // Each line is large: they are put where they stay, and not moved as the list grows.
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in self.lines.iter().zip(amounts) {
            lines.push(fill(line)?);
        }
        Ok(lines)
    }
}

impl Side {
    fn fill(self, parameters: &Parameters, pinned: Option<&Pinned>) -> Result<Account, Unreadable> {
        let pinned = || pinned.ok_or_else(|| Unreadable::new("a shape of a payment's lines without a payment"));
        let party = match self.party {
            PartyShape::None => Party::None,
            PartyShape::Merchant => Party::Merchant,
            PartyShape::PaymentScheme => Party::Scheme(pinned()?.instrument.scheme.clone()),
            PartyShape::Scheme(at) => Party::Scheme(nth(&parameters.schemes, at)?),
            PartyShape::Psp(at) => Party::Psp(nth(&parameters.psps, at)?),
            PartyShape::Partner(at) => Party::Partner(nth(&parameters.partners, at)?),
        };
        let detail = match self.detail {
            DetailShape::None => Detail::None,
            DetailShape::Payment => Detail::Payment,
            DetailShape::Date(at) => Detail::Date(nth(&parameters.dates, at)?),
            DetailShape::Hold(at) => Detail::Hold(nth(&parameters.holds, at)?),
            DetailShape::Payout(at) => Detail::Payout(nth(&parameters.payouts, at)?),
            DetailShape::Available => Detail::Date(pinned()?.available_on),
        };
        Ok(Account { code: self.code, party, detail })
    }
}

fn take_side(bytes: &mut Bytes<'_>, counts: &mut Counts) -> Result<Side, Unreadable> {
    let code = Code::from_number(bytes.narrow()?).ok_or_else(|| Unreadable::new("no such account code"))?;
    let see = |count: &mut usize, at: usize| {
        *count = (*count).max(at + 1);
        at
    };
    let (kind, at) = take_reference(bytes)?;
    let party = match kind {
        0 => PartyShape::None,
        1 => PartyShape::Merchant,
        2 => PartyShape::PaymentScheme,
        3 => PartyShape::Scheme(see(&mut counts.schemes, at)),
        4 => PartyShape::Psp(see(&mut counts.psps, at)),
        5 => PartyShape::Partner(see(&mut counts.partners, at)),
        _ => return Err(Unreadable::new("no such kind of party")),
    };
    let (kind, at) = take_reference(bytes)?;
    let detail = match kind {
        0 => DetailShape::None,
        1 => DetailShape::Payment,
        2 => DetailShape::Date(see(&mut counts.dates, at)),
        3 => DetailShape::Hold(see(&mut counts.holds, at)),
        4 => DetailShape::Payout(see(&mut counts.payouts, at)),
        5 => DetailShape::Available,
        _ => return Err(Unreadable::new("no such kind of detail")),
    };
    Ok(Side { code, party, detail })
}

/// A kind, and which parameter of it.
fn take_reference(bytes: &mut Bytes<'_>) -> Result<(u64, usize), Unreadable> {
    let reference = bytes.narrow::<u32>()?;
    Ok(((reference % 8).into(), (reference / 8) as usize))
}

fn nth<T: Clone>(parameters: &[T], at: usize) -> Result<T, Unreadable> {
    parameters.get(at).cloned().ok_or_else(|| Unreadable::new("a parameter that is not there"))
}

/// A currency, by its three letters.
pub fn take_currency(bytes: &mut Bytes<'_>) -> Result<Currency, Unreadable> {
    let letters = bytes.array::<3>()?;
    let code = std::str::from_utf8(&letters).map_err(Unreadable::new)?;
    Currency::from_code(code).ok_or_else(|| Unreadable(format!("no currency {code}")))
}

/// Appends a currency.
pub fn put_currency(out: &mut Vec<u8>, currency: Currency) {
    // Codes of ISO 4217 have three letters.
    out.extend_from_slice(currency.letters());
}
