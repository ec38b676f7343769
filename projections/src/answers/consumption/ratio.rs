//! Exact ratios, rounded half up once.

/// `part ÷ whole` in units of `1 ÷ scale`; `None` where there is nothing to divide by. Both are at least zero.
pub fn ratio(part: u128, whole: u128, scale: u128) -> Option<i128> {
    if whole == 0 {
        return None;
    }
    // Sums of money are below 10^30 and scales at most 10^4, so twice the product is far below 2^127.
    let twice = part.saturating_mul(scale).saturating_mul(2).saturating_add(whole);
    i128::try_from(twice / whole.saturating_mul(2)).ok()
}

/// Hundredths of a percent.
pub fn percent(part: u128, whole: u128) -> Option<i128> {
    ratio(part, whole, 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up() {
        assert_eq!(percent(1, 3), Some(3333));
        assert_eq!(percent(2, 3), Some(6667));
        assert_eq!(percent(1, 8), Some(1250));
        assert_eq!(ratio(1, 80_000, 10_000), Some(0));
        assert_eq!(ratio(1, 20_000, 10_000), Some(1), "exactly a half");
        assert_eq!((percent(0, 7), percent(1, 0)), (Some(0), None));
    }
}
