//! Products that are divided, rounded once: of 128 bits where those do, which is nearly always, and wide otherwise. `price` says how
//! large its numbers get; what comes out has 128 bits.

use schemas::contract::{Percent, Rounding};
use schemas::proportion as wide;

/// 100 % in millionths of a percent.
pub const WHOLE: u128 = Percent::WHOLE.0 as u128;

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

/// `round(a × b ÷ c)` where the product may be wider than 128 bits: the shares of a payment that goes back in pieces. A divisor of zero gives
/// zero; a quotient of 2^128 or more stops the shard.
pub fn proportion(a: u128, b: u128, c: u128, rounding: Rounding) -> u128 {
    match a.checked_mul(b) {
        Some(product) => divide(product, c, rounding),
        None if c == 0 => 0,
        // What does not fit is less than this product, which the check for overflow therefore stops.
        None => wide::proportion(a, b, c, rounding).unwrap_or_else(|| (a / c + 1) * b),
    }
}

/// `round(amount × percent + added)`.
pub fn percent_of(amount: u128, percent: Percent, added: u64, rounding: Rounding) -> u128 {
    let (percent, added) = (u128::from(percent.0), u128::from(added));
    match amount.checked_mul(percent).and_then(|product| product.checked_add(added * WHOLE)) {
        Some(exact) => divide(exact, WHOLE, rounding),
        None => {
            // Wholes of 10^8 by themselves; whether they are odd, which a half that goes to even asks, is told with the rest.
            let wholes = amount / WHOLE * percent + added;
            let odd = wholes % 2;
            wholes - odd + divide(amount % WHOLE * percent + odd * WHOLE, WHOLE, rounding)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUCH: u128 = 1_000_000_000_000_000_000_000_000;

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
            for (a, b, c) in [(5u128, 1, 2), (5, 3, 2), (7, 5, 10), (10, 10, 3), (999_999, 123_457, 1_000_003), (MUCH, 3, 7), (25, 1, 10), (35, 1, 10)] {
                assert_eq!(wide::proportion(a, b, c, rounding), Some(divide(a * b, c, rounding)), "{a} × {b} ÷ {c} {rounding:?}");
            }
            assert_eq!(proportion(MUCH, MUCH, MUCH, rounding), MUCH);
            // A divisor of 128 bits, too.
            assert_eq!(proportion(u128::MAX, u128::MAX, u128::MAX, rounding), u128::MAX);
            assert_eq!(proportion(u128::MAX - 1, u128::MAX, u128::MAX, rounding), u128::MAX - 1);
            assert_eq!(proportion(u128::MAX - 1, 5, u128::MAX, rounding), 5);
            assert_eq!(proportion(u128::MAX, u128::MAX, 0, rounding), 0);
        }
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn what_has_no_room_stops() {
        proportion(u128::MAX, u128::MAX, 2, Rounding::HalfUp);
    }

    #[test]
    fn a_percentage_of_much_agrees_with_one_of_little() {
        const WHOLES: u128 = 1_000_000_000_000_000_000_000_000_000_000;
        for rounding in [Rounding::HalfUp, Rounding::HalfEven] {
            for percent in [25_000_000, 50_000_000, 99_999_999, 100_000_000].map(Percent) {
                for (amount, added) in [(0, 0), (1, 0), (1, 1), (2, 0), (3, 7), (49_999_999, 8), (WHOLE + 1, 0), (WHOLE + 2, 9), (WHOLE + 3, 10)] {
                    let taken = |amount| percent_of(amount, percent, added, rounding);
                    let much = WHOLES * WHOLE + amount;
                    assert!(much.checked_mul(percent.0.into()).is_none());
                    // An even number of units more, which moves no half.
                    assert_eq!(taken(much), WHOLES * u128::from(percent.0) + taken(amount), "{amount} × {percent:?} + {added} {rounding:?}");
                }
            }
        }
    }
}
