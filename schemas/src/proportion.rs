//! `a × b ÷ c` exactly, where the product may be wider than 128 bits: shares of amounts, and ratios of sums.
//!
//! Nothing here saturates: a quotient that does not fit 128 bits is none.

use crate::contract::Rounding;

/// `a × b ÷ c` towards zero, and what is left over; `None` where `c` is zero or the quotient is 2^128 or more.
pub const fn multiply_divide(a: u128, b: u128, c: u128) -> Option<(u128, u128)> {
    if c == 0 {
        return None;
    }
    if let Some(product) = a.checked_mul(b) {
        let quotient = product / c;
        return Some((quotient, product - quotient * c));
    }
    let (high, low) = product(a, b);
    if high >= c {
        return None;
    }
    // Long division by binary digits. What is left over is below `c`, so twice that and a digit is below twice `c`, and one
    // subtraction makes it less again; where it has a bit more than 128, it is `c` or more for certain.
    let (mut quotient, mut rest, mut bit) = (0u128, high, u128::BITS);
    while bit > 0 {
        bit -= 1;
        let beyond = rest >> 127;
        rest = (rest << 1) | ((low >> bit) & 1);
        if beyond == 1 || rest >= c {
            rest = rest.wrapping_sub(c);
            quotient |= 1u128 << bit;
        }
    }
    Some((quotient, rest))
}

/// `round(a × b ÷ c)`; `None` where `c` is zero or the quotient is 2^128 or more.
pub const fn proportion(a: u128, b: u128, c: u128, rounding: Rounding) -> Option<u128> {
    let Some((quotient, rest)) = multiply_divide(a, b, c) else { return None };
    // What is left over is below `c`; comparing it with what is missing to the next one avoids doubling.
    let missing = c - rest;
    let up = match rounding {
        Rounding::HalfUp => rest >= missing,
        Rounding::HalfEven => rest > missing || (rest == missing && quotient % 2 == 1),
    };
    if up { quotient.checked_add(1) } else { Some(quotient) }
}

/// The product of two numbers: what of it is above 128 bits, and the rest.
const fn product(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & HALF, b >> 64, b & HALF);
    // Each product is at most (2^64 − 1)²: with two numbers of 64 bits on top it still has 128.
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 64);
    let other = a_low * b_high + (middle & HALF);
    (a_high * b_high + (middle >> 64) + (other >> 64), (other << 64) | (low & HALF))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up_or_to_even() {
        for (a, b, c, up, even) in
            [(1u128, 5u128, 10u128, 1, 0), (3, 5, 10, 2, 2), (5, 5, 10, 3, 2), (2, 2, 10, 0, 0), (2, 3, 10, 1, 1), (1, 1, 3, 0, 0), (4, 5, 10, 2, 2)]
        {
            // The same where the product is wider than 128 bits.
            for scale in [1u128, 1 << 70, 1 << 124] {
                assert_eq!(proportion(a, b * scale, c * scale, Rounding::HalfUp), Some(up), "{a} × {b} ÷ {c} half up, × {scale}");
                assert_eq!(proportion(a, b * scale, c * scale, Rounding::HalfEven), Some(even), "{a} × {b} ÷ {c} half even, × {scale}");
            }
        }
    }

    #[test]
    fn wide_products_are_exact() {
        assert_eq!(product(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(multiply_divide(u128::MAX, u128::MAX, u128::MAX), Some((u128::MAX, 0)));
        assert_eq!(multiply_divide(u128::MAX, u128::MAX - 1, u128::MAX), Some((u128::MAX - 1, 0)));
        // (2^100 + 1)(2^100 − 1) = 2^200 − 1.
        let (a, b) = ((1u128 << 100) + 1, (1u128 << 100) - 1);
        assert_eq!(multiply_divide(a, b, 1 << 100), Some(((1 << 100) - 1, (1 << 100) - 1)));
        for (a, b, c) in [(7u128, 3u128, 5u128), (1_000_003, 999, 1_000), (123_456_789, 987_654_321, 55_555)] {
            let (quotient, rest) = multiply_divide(a, b, c).expect("small");
            let scale = 1u128 << 70;
            assert_eq!(multiply_divide(a, b * scale, c * scale), Some((quotient, rest * scale)), "{a} × {b} ÷ {c}");
        }
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(multiply_divide(1 << 127, 2, 1), None);
        assert_eq!(multiply_divide(1 << 127, 1 << 127, (1 << 126) - 1), None);
        assert_eq!(multiply_divide(1 << 127, 1 << 127, 1 << 126), None);
        assert_eq!(multiply_divide(1 << 127, 1 << 127, (1 << 126) + 1).map(|(quotient, _)| quotient > u128::MAX - 8), Some(true));
        assert_eq!((multiply_divide(7, 3, 0), proportion(0, 0, 0, Rounding::HalfUp)), (None, None));
        assert_eq!(proportion(u128::MAX, 3, 2, Rounding::HalfUp), None);
        assert_eq!(proportion(u128::MAX, u128::MAX - 1, u128::MAX, Rounding::HalfEven), Some(u128::MAX - 1));
    }
}
