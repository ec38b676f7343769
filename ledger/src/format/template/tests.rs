//! Shapes of rows that name very many parameters: the numbers are those of a search from the front.

use super::*;
use crate::entry::{Outcome, Row};
use crate::format::bytes::put_number;
use crate::format::names::Literal;
use crate::format::row::{Base, read, write};
use schemas::event::Subject;
use schemas::ids::MerchantId;

/// How many holds and dates a row names.
const MANY: usize = 5_000;

fn naive<T: PartialEq + Clone>(parameters: &mut Vec<T>, value: &T) -> u64 {
    let at = parameters.iter().position(|known| known == value).unwrap_or_else(|| {
        parameters.push(value.clone());
        parameters.len() - 1
    });
    at as u64
}

/// A shape as it is packed with a search from the front, of lines without a payment.
fn naive_shape(lines: &[Posting]) -> (Vec<u8>, Parameters) {
    let (mut out, mut parameters) = (Vec::new(), Parameters::default());
    for line in lines {
        let book = match &line.book {
            Book::Bank => 0,
            Book::Psp(psp) => naive(&mut parameters.psps, psp) + 1,
        };
        out.extend_from_slice(&[line.leg.number(), line.source.map_or(0, Source::number)]);
        put_number(&mut out, book);
        put_currency(&mut out, line.currency);
        for account in [&line.debit, &line.credit] {
            put_number(&mut out, account.code.number().into());
            let (kind, at) = match &account.party {
                Party::None => (0, 0),
                Party::Merchant => (1, 0),
                Party::Scheme(scheme) => (3, naive(&mut parameters.schemes, scheme)),
                Party::Psp(psp) => (4, naive(&mut parameters.psps, psp)),
                Party::Partner(partner) => (5, naive(&mut parameters.partners, partner)),
            };
            put_number(&mut out, kind + 8 * at);
            let (kind, at) = match &account.detail {
                Detail::None => (0, 0),
                Detail::Payment => (1, 0),
                Detail::Date(date) => (2, naive(&mut parameters.dates, date)),
                Detail::Hold(hold) => (3, naive(&mut parameters.holds, hold)),
                Detail::Payout(payout) => (4, naive(&mut parameters.payouts, payout)),
            };
            put_number(&mut out, kind + 8 * at);
        }
    }
    (out, parameters)
}

/// A credit that feeds so many holds: each comes twice, in another order the second time, and so do dates and a few other names.
fn lines(many: usize) -> Vec<Posting> {
    let currency = Currency::from_code("CNY").expect("a currency");
    let psp = |at: usize| PspId::new(&format!("psp-{}", at % 3)).expect("an id");
    let line = |at: usize| {
        let debit = Account::merchant_detail(Code::Pending, Detail::Date(Date::from_days(i32::try_from(at).expect("few"))));
        let hold = HoldId::new(&format!("hold-{at}")).expect("an id");
        let book = if at.is_multiple_of(2) { Book::Bank } else { Book::Psp(psp(at)) };
        let credit = match at % 40 {
            38 => Account::partner(Code::PartnerPayable, &PartnerId::new(&format!("partner-{at}")).expect("an id")),
            39 => Account::scheme(Code::SchemeReceivable, &SchemeId::new(&format!("scheme-{at}")).expect("an id")),
            _ => Account::merchant_detail(Code::Hold, Detail::Hold(hold)),
        };
        let amount = Amount::new(at as u128 + 1).expect("an amount");
        Posting { leg: Leg::Sweep, source: None, book, currency, debit, credit, amount }
    };
    (0..many).chain((0..many).rev()).map(line).collect()
}

#[test]
fn very_many_parameters_have_the_numbers_of_a_search_from_the_front() {
    for many in [1, 15, 16, 31, 32, 33, 40, MANY] {
        let lines = lines(many);
        assert_eq!(shape(&lines, None), naive_shape(&lines), "{many}");
    }
}

#[test]
fn a_row_of_very_many_parameters_is_read_as_it_was_written() {
    let merchant = Subject::Merchant(MerchantId::new("M1").expect("an id"));
    let row = Row { subject: Some(merchant), lines: lines(MANY), ..Row::of(7, 7, Date::from_days(20_000), Outcome::Posted) };
    let mut bytes = Vec::new();
    write(&row, &Base::ZERO, &mut Literal, &mut bytes).expect("writable");
    assert_eq!(read(&bytes, &Base::ZERO, &mut Literal).expect("readable"), row);
}
