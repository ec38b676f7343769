//! Prices and roundings: integers only, one rounding per amount (`ledger/ACCOUNTING.md`, "Pricing").
//!
//! Percentages are millionths of a percent, so 100 % is 10^8. Amounts of one event are at most 10^15; what a payment
//! has captured is the sum of its events and is bounded by [`SETTLED_MAX`], so that `amount × percent` stays below
//! 10^34 and inside 128 bits (3.4 × 10^38).

use super::exact::above;
use super::state::Fees;
use schemas::contract::{Contract, Costs, FundsFlow, Percent, Price, Rounding, Rule};
use schemas::event::{CarriedFees, Conversion, Instrument};
use schemas::money::Currency;

/// Above this, in minor units, nothing is captured on one payment: 10^24 still multiplies by 10^8 inside 128 bits.
pub const SETTLED_MAX: u128 = 1_000_000_000_000_000_000_000_000;

/// 100 % in millionths of a percent.
const WHOLE: u128 = Percent::WHOLE.0 as u128;

/// `round(numerator ÷ denominator)`; a denominator of zero gives zero.
pub const fn divide(numerator: u128, denominator: u128, rounding: Rounding) -> u128 {
    if denominator == 0 {
        return 0;
    }
    // Nearly every amount fits 64 bits, which divide many times quicker.
    if numerator <= u64::MAX as u128 && denominator <= u64::MAX as u128 {
        return divide_narrow(numerator as u64, denominator as u64, rounding) as u128;
    }
    // One division of 128 bits, not two: the rest follows from the quotient.
    let quotient = numerator / denominator;
    let rest = numerator - quotient * denominator;
    // `rest < denominator`, so `denominator - rest` does not underflow; comparing with it avoids doubling.
    let other = denominator - rest;
    let up = match rounding {
        Rounding::HalfUp => rest >= other,
        Rounding::HalfEven => rest > other || (rest == other && quotient % 2 == 1),
    };
    // The quotient is below 2^128 - 1 wherever the denominator is above 1; with 1 there is no rest.
    if rest > 0 && up { quotient + 1 } else { quotient }
}

/// The same of numbers of 64 bits; the denominator is not zero, and what comes out is no more than the numerator.
const fn divide_narrow(numerator: u64, denominator: u64, rounding: Rounding) -> u64 {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    let other = denominator - rest;
    let up = match rounding {
        Rounding::HalfUp => rest >= other,
        Rounding::HalfEven => rest > other || (rest == other && quotient % 2 == 1),
    };
    if rest > 0 && up { quotient + 1 } else { quotient }
}

/// `round(a × b ÷ c)` where the product may be wider than 128 bits: the shares of a payment that goes back in pieces.
pub fn proportion(a: u128, b: u128, c: u128, rounding: Rounding) -> u128 {
    match a.checked_mul(b) {
        Some(product) => divide(product, c, rounding),
        // Long division by binary digits: `a = q·c + r`, so `a·b/c = q·b + r·b/c`; amounts this large have no use for
        // speed. Both factors are at most SETTLED_MAX, below 2^80, so halving b ends after 80 steps.
        None => wide_proportion(a, b, c, rounding),
    }
}

fn wide_proportion(a: u128, b: u128, c: u128, rounding: Rounding) -> u128 {
    if c == 0 {
        return 0;
    }
    let (mut quotient, mut rest) = (0u128, 0u128);
    for bit in (0..128).rev() {
        // Invariant: rest < c ≤ SETTLED_MAX-ish, so doubling and adding a's remainder stay inside 128 bits.
        quotient *= 2;
        rest *= 2;
        if rest >= c {
            rest -= c;
            quotient += 1;
        }
        if b >> bit & 1 == 1 {
            quotient += a / c;
            rest += a % c;
            if rest >= c {
                rest -= c;
                quotient += 1;
            }
        }
    }
    quotient + divide(rest, c, if quotient % 2 == 1 && matches!(rounding, Rounding::HalfEven) { Rounding::HalfUp } else { rounding })
}

/// `clamp(round(amount × percent + fixed), floor, cap)`.
pub fn price(price: &Price, amount: u128, rounding: Rounding) -> u128 {
    let exact = amount * u128::from(price.percent.0) + u128::from(price.fixed) * WHOLE;
    let rounded = divide(exact, WHOLE, rounding);
    let floored = price.floor.map_or(rounded, |floor| rounded.max(u128::from(floor)));
    price.cap.map_or(floored, |cap| floored.min(u128::from(cap)))
}

/// A share of an amount, rounded once.
pub fn share(amount: u128, percent: Percent, rounding: Rounding) -> u128 {
    divide(amount * u128::from(percent.0), WHOLE, rounding)
}

/// The VAT in an income that includes it: `round(x × t ÷ (100 + t))`.
pub fn vat_in(income: u128, contract: &Contract) -> u128 {
    let rate = u128::from(contract.vat.0);
    divide(income * rate, WHOLE + rate, contract.rounding)
}

/// The first rule that applies to an instrument.
pub fn matching<'a, T>(rules: &'a [Rule<T>], instrument: &Instrument) -> Option<&'a T> {
    rules
        .iter()
        .find(|rule| {
            rule.card.is_none_or(|card| card == instrument.card)
                && rule.scheme.as_ref().is_none_or(|scheme| *scheme == instrument.scheme)
                && rule.entry_mode.is_none_or(|mode| instrument.entry_mode == Some(mode))
        })
        .map(|rule| &rule.then)
}

/// What the rules of a contract, and the fees that came with the event, make of an amount; and whether a price that
/// was needed has no rule.
pub fn fees(contract: &Contract, instrument: &Instrument, carried: &CarriedFees, amount: u128) -> (Fees, bool) {
    let rounding = contract.rounding;
    let rate = matching(&contract.rates, instrument);
    let costs = matching(&contract.costs, instrument);
    let unpriced = (rate.is_none() && carried.mdr.is_none()) || (costs.is_none() && (carried.interchange.is_none() || carried.scheme.is_none()));
    let given = |carried: Option<u64>, rule: Option<&Price>| carried.map_or_else(|| rule.map_or(0, |p| price(p, amount, rounding)), u128::from);

    let mdr = given(carried.mdr, rate);
    let costs: Option<&Costs> = costs;
    let interchange = given(carried.interchange, costs.map(|c| &c.interchange));
    let scheme = given(carried.scheme, costs.map(|c| &c.scheme_fee));
    let partner = match contract.partner.as_ref().and_then(|partner| partner.share) {
        Some(percent) => {
            let base = above(mdr, interchange + scheme);
            carried.partner.map_or_else(|| share(base, percent, rounding), u128::from)
        }
        None => 0,
    };
    let (gateway, channel) = match &contract.funds_flow {
        FundsFlow::Direct => (0, 0),
        FundsFlow::ViaPsp { gateway, channel, .. } => (given(carried.gateway, gateway.as_ref()), given(carried.channel, channel.as_ref())),
    };
    let fees = Fees {
        mdr,
        mdr_vat: carried.vat.map_or_else(|| vat_in(mdr, contract), u128::from),
        interchange,
        scheme,
        partner,
        gateway,
        gateway_vat: vat_in(gateway, contract),
        channel,
        channel_vat: vat_in(channel, contract),
    };
    (fees, unpriced)
}

/// The fees of a payment that carried its own, after its settled amount changed from `old` to `new`.
///
/// A settled amount of zero has no proportion to anything: the fees stay as they were carried.
pub fn scaled(fees: &Fees, old: u128, new: u128, rounding: Rounding) -> Fees {
    if old == 0 {
        return *fees;
    }
    let scale = |fee: u128| proportion(fee, new, old, rounding);
    Fees {
        mdr: scale(fees.mdr),
        mdr_vat: scale(fees.mdr_vat),
        interchange: scale(fees.interchange),
        scheme: scale(fees.scheme),
        partner: scale(fees.partner),
        gateway: scale(fees.gateway),
        gateway_vat: scale(fees.gateway_vat),
        channel: scale(fees.channel),
        channel_vat: scale(fees.channel_vat),
    }
}

/// What the reserve rule puts by: `min(round(A × percent), max(0, A − F − G))`.
pub fn reserve(contract: &Contract, amount: u128, fees: &Fees) -> u128 {
    let Some(rule) = &contract.reserve else { return 0 };
    share(amount, rule.percent, contract.rounding).min(above(amount, fees.mdr + fees.gateway))
}

/// An amount of the sale's currency in the settled one: `round(rate × amount)`, both in minor units.
pub fn convert(conversion: Option<&Conversion>, from: Currency, amount: u128, rounding: Rounding) -> u128 {
    let Some(Conversion { settled, rate }) = conversion else { return amount };
    // rate = digits / 10^decimals; minor units differ by the exponents. All powers are at most 10^(12+4).
    let up = 10u128.pow(u32::from(settled.exponent()));
    let down = 10u128.pow(u32::from(from.exponent()) + u32::from(rate.decimals));
    proportion(amount * up, u128::from(rate.digits), down, rounding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up_or_to_even() {
        for (numerator, denominator, up, even) in
            [(5, 10, 1, 0), (15, 10, 2, 2), (25, 10, 3, 2), (4, 10, 0, 0), (6, 10, 1, 1), (20, 10, 2, 2), (1, 3, 0, 0), (7, 0, 0, 0)]
        {
            assert_eq!(divide(numerator, denominator, Rounding::HalfUp), up, "{numerator}/{denominator} half up");
            assert_eq!(divide(numerator, denominator, Rounding::HalfEven), even, "{numerator}/{denominator} half even");
            // The same quotient where neither fits 64 bits.
            let wide = 1 << 70;
            assert_eq!(divide(numerator * wide, denominator * wide, Rounding::HalfUp), up, "{numerator}/{denominator} half up, wide");
            assert_eq!(divide(numerator * wide, denominator * wide, Rounding::HalfEven), even, "{numerator}/{denominator} half even, wide");
        }
    }

    #[test]
    fn the_wide_product_agrees_with_the_narrow_one() {
        for rounding in [Rounding::HalfUp, Rounding::HalfEven] {
            for (a, b, c) in [(5u128, 1, 2), (5, 3, 2), (7, 5, 10), (10, 10, 3), (999_999, 123_457, 1_000_003), (SETTLED_MAX, 3, 7), (25, 1, 10), (35, 1, 10)] {
                assert_eq!(wide_proportion(a, b, c, rounding), divide(a * b, c, rounding), "{a} × {b} ÷ {c} {rounding:?}");
            }
            assert_eq!(proportion(SETTLED_MAX, SETTLED_MAX, SETTLED_MAX, rounding), SETTLED_MAX);
        }
    }

    #[test]
    fn published_prices() {
        let rule = Price { percent: Percent(600_000), ..Price::default() };
        let sales = [(476_800, 2861), (83_800, 503), (9_900, 59), (10_000, 60), (456_700, 2740), (142_200, 853), (133_300, 800)];
        for (amount, fee) in sales {
            assert_eq!(price(&rule, amount, Rounding::HalfUp), fee, "{amount}");
        }
        assert_eq!(price(&rule, 750, Rounding::HalfUp), 5);
        assert_eq!(price(&rule, 750, Rounding::HalfEven), 4);
        let capped = Price { percent: Percent(350_000), cap: Some(1300), ..Price::default() };
        assert_eq!((price(&capped, 371_428, Rounding::HalfUp), price(&capped, 371_430, Rounding::HalfUp)), (1300, 1300));
        assert_eq!(price(&capped, 371_200, Rounding::HalfUp), 1299);
    }
}
