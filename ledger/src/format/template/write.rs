//! The shape of lines, and what differs from entry to entry: which partner is the first, which date the second.

use super::Parameters;
use crate::entry::{Account, Detail, Party, PaymentFacts, Posting, Source};
use crate::format::bytes::put_number;
use crate::places::Places;
use schemas::event::Book;
use schemas::ids::{HoldId, PartnerId, PayoutId, PspId, SchemeId};
use schemas::time::Date;
use std::hash::Hash;

/// The shape of lines as bytes, and their parameters. `facts` are those of the entry's payment.
pub fn shape(lines: &[Posting], facts: Option<&PaymentFacts>) -> (Vec<u8>, Parameters) {
    let mut out = Vec::with_capacity(lines.len() * 16);
    let mut met = Met::default();
    for Posting { leg, source, book, currency, debit, credit, amount: _ } in lines {
        let book = match book {
            Book::Bank => 0,
            Book::Psp(psp) => met.psps.number(psp) + 1,
        };
        out.extend_from_slice(&[leg.number(), source.map_or(0, Source::number)]);
        put_number(&mut out, book);
        out.extend_from_slice(currency.letters());
        for account in [debit, credit] {
            put_side(&mut out, account, &mut met, facts);
        }
    }
    (out, met.into_parameters())
}

fn put_side(out: &mut Vec<u8>, account: &Account, met: &mut Met, facts: Option<&PaymentFacts>) {
    put_number(out, account.code.number().into());
    let (kind, at) = match &account.party {
        Party::None => (0, 0),
        Party::Merchant => (1, 0),
        Party::Scheme(scheme) if facts.is_some_and(|facts| facts.instrument.scheme == *scheme) => (2, 0),
        Party::Scheme(scheme) => (3, met.schemes.number(scheme)),
        Party::Psp(psp) => (4, met.psps.number(psp)),
        Party::Partner(partner) => (5, met.partners.number(partner)),
    };
    put_number(out, kind + 8 * at);
    let (kind, at) = match &account.detail {
        Detail::None => (0, 0),
        Detail::Payment => (1, 0),
        Detail::Date(date) if facts.is_some_and(|facts| facts.available_on == *date) => (5, 0),
        Detail::Date(date) => (2, met.dates.number(date)),
        Detail::Hold(hold) => (3, met.holds.number(hold)),
        Detail::Payout(payout) => (4, met.payouts.number(payout)),
    };
    put_number(out, kind + 8 * at);
}

/// The parameters that lines have named so far.
#[derive(Default)]
struct Met {
    psps: Distinct<PspId>,
    schemes: Distinct<SchemeId>,
    partners: Distinct<PartnerId>,
    dates: Distinct<Date>,
    holds: Distinct<HoldId>,
    payouts: Distinct<PayoutId>,
}

impl Met {
    fn into_parameters(self) -> Parameters {
        let Self { psps, schemes, partners, dates, holds, payouts } = self;
        Parameters { psps: psps.values, schemes: schemes.values, partners: partners.values, dates: dates.values, holds: holds.values, payouts: payouts.values }
    }
}

/// Parameters of one kind, in the order in which each comes first.
struct Distinct<T> {
    values: Vec<T>,
    places: Places,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { values: Vec::new(), places: Places::default() }
    }
}

impl<T: Hash + Eq + Clone> Distinct<T> {
    /// Which parameter it is; a new one is the next.
    fn number(&mut self, value: &T) -> u64 {
        let at = self.places.find(&self.values, value, |known| known).unwrap_or_else(|| {
            self.values.push(value.clone());
            self.values.len() - 1
        });
        at as u64
    }
}
