//! The money side of a sale or a completion: carried fees, and a second currency.

use super::event::Known;
use super::fault::{self, Fault};
use super::scan::Value;
use super::slots::{Slots, need};
use super::tree::Node;
use crate::event::{Capture, CarriedFees, Conversion, Rate};
use crate::money::{AMOUNT_MINOR_MAX, Currency, parse_scaled};
use crate::wire::field::{FEE_KINDS, Field};
use crate::wire::shape::Shape;

/// What was captured.
pub fn read(slots: &Slots<'_>, known: &Known) -> Result<Capture, Fault> {
    let amount = need(known.amount, Field::Amount)?;
    let settled = slots.currency(Field::SettledCurrency)?;
    let rate = slots.read(Field::Rate, rate)?;
    let conversion = match (settled, rate) {
        (None, None) => None,
        // Equal to `currency`, it is as absent, and so is its rate.
        (Some(settled), _) if settled == amount.currency => None,
        (Some(settled), Some(rate)) => Some(Conversion { settled, rate }),
        (Some(_), None) => return Err(Fault::contradiction(Field::SettledCurrency.name(), "is there without rate")),
        (None, Some(_)) => return Err(Fault::contradiction(Field::Rate.name(), "is there without settled_currency")),
    };
    let fees = fees(slots, conversion.map_or(amount.currency, |conversion| conversion.settled))?;
    Ok(Capture { amount, fees, conversion, customer: known.customer.clone() })
}

/// An exact rate above zero. Zeros behind its last decimal are dropped.
fn rate(text: &str) -> Option<Rate> {
    let digits = parse_scaled(text, Rate::DECIMALS, Rate::DIGITS_MAX).ok().filter(|digits| *digits > 0)?;
    let mut rate = Rate { digits, decimals: Rate::DECIMALS };
    while rate.decimals > 0 && rate.digits.is_multiple_of(10) {
        rate = Rate { digits: rate.digits / 10, decimals: rate.decimals - 1 };
    }
    Some(rate)
}

/// The fees that an event carries, in this currency.
pub fn fees(slots: &Slots<'_>, currency: Currency) -> Result<CarriedFees, Fault> {
    let not_a_list = || Fault::bad(Field::Fees.name(), "something else", &Field::Fees.shape());
    let list = match slots.get(Field::Fees) {
        None => return Ok(CarriedFees::default()),
        Some(Value::Nested(text)) => Node::read(text).map_err(|_| not_a_list())?,
        Some(_) => return Err(not_a_list()),
    };
    let Node::List(elements) = list else { return Err(not_a_list()) };
    let mut fees = CarriedFees::default();
    for (index, element) in elements.iter().enumerate() {
        let (path_kind, path_amount) = (format!("fees[{index}].kind"), format!("fees[{index}].amount"));
        if !matches!(element, Node::Object(_)) {
            return Err(Fault::contradiction(&format!("fees[{index}]"), "must be an object of kind and amount"));
        }
        let kind = element.get("kind").ok_or_else(|| Fault::missing(&path_kind))?;
        let kind = kind.as_text().unwrap_or_default();
        let place = place(&mut fees, kind).ok_or_else(|| Fault::bad(&path_kind, &fault::shown(kind), &Shape::OneOf(FEE_KINDS)))?;
        let amount = element.get("amount").ok_or_else(|| Fault::missing(&path_amount))?;
        let text = amount.as_text().ok_or_else(|| Fault::amount(&path_amount, "not a string", "must be digits and a point"))?;
        let minor = fault::minor(&path_amount, text, currency, true)?;
        // Both are at most 10^15, so the sum fits by far.
        let sum = place.unwrap_or(0) + minor;
        if sum > AMOUNT_MINOR_MAX {
            return Err(Fault::amount(&path_amount, &fault::shown(text), "with those before it above 10^15 minor units"));
        }
        *place = Some(sum);
    }
    Ok(fees)
}

fn place<'f>(fees: &'f mut CarriedFees, kind: &str) -> Option<&'f mut Option<u64>> {
    Some(match kind {
        "mdr" => &mut fees.mdr,
        "interchange" => &mut fees.interchange,
        "scheme" => &mut fees.scheme,
        "gateway" => &mut fees.gateway,
        "channel" => &mut fees.channel,
        "partner" => &mut fees.partner,
        "vat" => &mut fees.vat,
        _ => return None,
    })
}
