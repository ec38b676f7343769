//! Payments of very many events, each as large as one may be: what they come to has no bound of its own.
//!
//! So many events take minutes, so the state is made what they would have left behind.

use super::fold_tests::{Life, contract, sale};
use super::state::{Fees, Payment, scoped_key};
use crate::entry::{Note, Outcome};
use crate::format::names::Literal;
use crate::format::other_half;
use crate::format::row::{Base, read};
use crate::source::Nothing;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use serde_json::{Value, json};

/// The largest amount of one event, in minor units.
const MOST: u128 = 1_000_000_000_000_000;

impl Life {
    fn payment(&mut self) -> Payment {
        let key = scoped_key(&MerchantId::new("M1").expect("an id"), "P1");
        self.fold.payments.get(&Nothing, &key).expect("readable").expect("known")
    }

    /// Makes the sale P1, with what its merchant has of it, what it would be after tips of so many times its own amount.
    fn grow(&mut self, times: u128) {
        let mut payment = self.payment();
        let Payment { captured, settled, own_pending, .. } = &mut payment;
        [captured, settled, own_pending].into_iter().for_each(|amount| *amount *= times);
        let Fees { mdr, mdr_vat, interchange, scheme, partner, .. } = &mut payment.fees;
        [mdr, mdr_vat, interchange, scheme, partner].into_iter().for_each(|fee| *fee *= times);
        self.fold.payments.put(scoped_key(&MerchantId::new("M1").expect("an id"), "P1"), &payment);
        let mut held = self.fold.merchants.take(&Nothing, "M1").expect("readable").expect("known");
        for (_, purse) in held.value.purses.iter_mut() {
            purse.pending.iter_mut().for_each(|(_, amount)| *amount *= times);
        }
        self.fold.merchants.put("M1", held);
    }
}

/// An event of P1, of which a life has one of each kind.
fn of_p1(kind: &str, more: &Value) -> Value {
    let mut event = json!({"id": kind, "type": kind, "merchant": "M1", "payment": "P1", "occurred_at": "2026-11-20T10:00:00+08:00"});
    more.as_object().expect("an object").iter().for_each(|(key, value)| event[key] = value.clone());
    event
}

#[test]
fn a_void_takes_back_what_has_more_than_64_bits() {
    for kind in ["void", "reversal"] {
        let mut life = Life::opened("2026-11-20");
        life.posted(contract("0", "0", ("", "", "")));
        life.posted(sale("P1", "10000000000000.00", "credit"));
        life.grow(18_500);
        life.posted(of_p1("tip_adjusted", &json!({"amount": "10000000000000.00", "currency": "CNY"})));
        let rows = life.event(of_p1(kind, &json!({})));
        assert!(matches!(rows[0].outcome, Outcome::Posted), "{:?}", rows[0].outcome);
        let captured = 18_501 * MOST;
        assert!(captured > u128::from(u64::MAX));
        assert_eq!(rows[0].note, Note::Amount { currency: Currency::from_code("CNY").expect("a currency"), minor: captured });
        let back = rows[0].lines.last().map(|line| (line.debit.code.number(), line.credit.code.number(), line.amount.get()));
        assert_eq!(back, Some((2010, 1010, captured)));
        let bytes = other_half(&rows[0]).expect("written");
        assert_eq!(read(&bytes, &Base::ZERO, &mut Literal).as_ref(), Ok(&rows[0]), "and it is read again");
        life.posted(sale("P2", "1.00", "credit"));
    }
}

#[test]
fn a_price_of_what_has_more_than_128_bits_with_its_percentage_is_taken() {
    let mut life = Life::opened("2026-11-20");
    let mut terms = contract("100", "100", ("", "", ""));
    terms["contract"]["currency"] = json!("CLF");
    terms["contract"]["on_shortfall"] = json!("owe");
    terms["contract"]["reserve"] = json!({"percent": "100", "days": 30});
    life.posted(terms);
    let mut far = sale("P1", "1000000000000000", "credit");
    (far["currency"], far["settled_currency"], far["rate"]) = (json!("JPY"), json!("CLF"), json!("1000000"));
    life.posted(far);
    life.grow(400_000);
    let most = json!({"amount": "1000000000000000", "currency": "JPY"});
    life.posted(of_p1("tip_adjusted", &most));
    let Payment { captured, settled, fees, .. } = life.payment();
    assert_eq!((captured, settled, fees.mdr, fees.interchange), (400_001 * MOST, captured * 10_000_000_000, settled, settled));
    assert!(settled.checked_mul(100_000_000).is_none(), "it needs the wide way");
    life.posted(of_p1("reversal", &most));
    life.posted(of_p1("refund", &most));
    assert_eq!(life.payment().back.mdr, MOST * 10_000_000_000);
}
