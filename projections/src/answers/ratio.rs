//! Ratios as they are told: exact, rounded once, half up (away from zero).

use schemas::contract::Rounding;
use schemas::proportion::proportion;

/// `part ÷ whole` in units of `1 ÷ scale`; `None` where there is nothing to divide by, or more than 127 bits to tell.
pub fn ratio(part: i128, whole: i128, scale: u128) -> Option<i128> {
    let magnitude = ratio_of(part.unsigned_abs(), whole.unsigned_abs(), scale)?;
    Some(if (part < 0) == (whole < 0) { magnitude } else { -magnitude })
}

/// The same of what is never below zero: counts, and sums of them.
pub fn ratio_of(part: u128, whole: u128, scale: u128) -> Option<i128> {
    proportion(part, scale, whole, Rounding::HalfUp).and_then(|ratio| i128::try_from(ratio).ok())
}

/// The same in hundredths of a percent.
pub fn percent_of(part: u128, whole: u128) -> Option<i128> {
    ratio_of(part, whole, 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(ratio(1, 8, 100), Some(13));
        assert_eq!(ratio(-1, 8, 100), Some(-13));
        assert_eq!(ratio(1, -8, 100), Some(-13));
        assert_eq!(ratio(-1, -8, 100), Some(13));
        assert_eq!(ratio(7_936, 1_322_700, 10_000), Some(60));
        assert_eq!(ratio(5, 0, 100), None);
        assert_eq!((percent_of(1, 3), percent_of(2, 3), percent_of(1, 8)), (Some(3333), Some(6667), Some(1250)));
        assert_eq!((ratio_of(1, 80_000, 10_000), ratio_of(1, 20_000, 10_000)), (Some(0), Some(1)), "exactly a half");
        assert_eq!((percent_of(0, 7), percent_of(1, 0)), (Some(0), None));
    }

    #[test]
    fn sums_as_wide_as_there_are_have_the_same_ratios() {
        for scale in [1, 1i128 << 40, 1 << 80, 1 << 110] {
            assert_eq!(ratio(3 * scale, -8 * scale, 10_000), Some(-3750), "{scale}");
        }
        assert_eq!(ratio(i128::MIN, i128::MIN, 10_000), Some(10_000));
        assert_eq!(ratio_of(u128::MAX, u128::MAX, 10_000), Some(10_000));
        // What cannot be told is not told as something else.
        assert_eq!(ratio(i128::MAX, 1, 10_000), None);
    }
}
