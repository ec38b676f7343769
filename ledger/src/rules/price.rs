//! Prices and roundings: integers only, one rounding per amount (`ledger/ACCOUNTING.md`, "Pricing").
//!
//! Percentages are millionths of a percent, so 100 % is 10^8, which is the highest. How large the numbers get, in minor units:
//!
//! | what | at most |
//! |---|---|
//! | the amount of an event, and each fee that it carries | 10^15 |
//! | what N events captured on a payment | N × 10^15 |
//! | the same, settled in another currency: 10^6 to one, and four decimals where the sale's has none | N × 10^25 |
//! | a price of that, or a share or the VAT in one | as much, and the fixed part: 10^15 |
//! | a fee that came with a sale of one minor unit, scaled as it grew | N × 1.5 × 10^30 |
//!
//! So nothing bounds what a payment comes to but how many events it has, and a product of two of these may need more than 128 bits
//! (3.4 × 10^38) where its result does not. Products are therefore made of 128 bits where those do, which is nearly always, and wide
//! otherwise; a result of 2^127 or more, for which the table asks 10^8 events of one payment, is not written down and stops the shard.

use super::exact::above;
pub use super::quotient::proportion;
use super::quotient::{WHOLE, percent_of};
use super::state::Fees;
use schemas::contract::{Contract, Costs, FundsFlow, Percent, Price, Rounding, Rule};
use schemas::event::{CarriedFees, Conversion, Instrument};
use schemas::money::Currency;

/// `clamp(round(amount × percent + fixed), floor, cap)`.
pub fn price(price: &Price, amount: u128, rounding: Rounding) -> u128 {
    let rounded = percent_of(amount, price.percent, price.fixed, rounding);
    let floored = price.floor.map_or(rounded, |floor| rounded.max(u128::from(floor)));
    price.cap.map_or(floored, |cap| floored.min(u128::from(cap)))
}

/// A share of an amount, rounded once.
pub fn share(amount: u128, percent: Percent, rounding: Rounding) -> u128 {
    percent_of(amount, percent, 0, rounding)
}

/// The VAT in an income that includes it: `round(x × t ÷ (100 + t))`.
pub fn vat_in(income: u128, contract: &Contract) -> u128 {
    let rate = u128::from(contract.vat.0);
    proportion(income, rate, WHOLE + rate, contract.rounding)
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
    // rate = digits / 10^decimals; minor units differ by the exponents. All powers are at most 10^(12+4), so the first product is at
    // most 10^19 an event.
    let up = 10u128.pow(u32::from(settled.exponent()));
    let down = 10u128.pow(u32::from(from.exponent()) + u32::from(rate.decimals));
    proportion(amount * up, u128::from(rate.digits), down, rounding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::event::Rate;

    /// A sale of 10^15 yen and 400 000 tips as large, paid in the Chilean unit of account (four decimals) at the highest rate and for the
    /// highest price: the product of the two needs more than 128 bits, what is taken does not.
    #[test]
    fn what_many_events_come_to_at_the_highest_rate_is_priced() {
        let currency = |code: &str| Currency::from_code(code).expect("a currency");
        let rate = Rate { digits: 1_000_000, decimals: 0 };
        let conversion = Conversion { settled: currency("CLF"), rate };
        let captured = 400_001 * 1_000_000_000_000_000;
        for rounding in [Rounding::HalfUp, Rounding::HalfEven] {
            let settled = convert(Some(&conversion), currency("JPY"), captured, rounding);
            assert_eq!(settled, captured * 10_000_000_000);
            let all = Price { percent: Percent::WHOLE, fixed: 5, ..Price::default() };
            assert!(settled.checked_mul(u128::from(all.percent.0)).is_none());
            assert_eq!(price(&all, settled, rounding), settled + 5);
            assert_eq!(share(settled, Percent(600_000), rounding), settled / 1000 * 6);
            // The same rate with all its decimals.
            let long = Conversion { rate: Rate { digits: Rate::DIGITS_MAX, decimals: Rate::DECIMALS }, ..conversion };
            assert_eq!(convert(Some(&long), currency("JPY"), captured, rounding), settled);
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
