//! Ratios as texts: rounded half away from zero, once.

/// `numerator ÷ denominator`, rounded half away from zero; none where there is nothing to divide by.
pub fn divide(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator == 0 {
        return None;
    }
    let sign = numerator.signum() * denominator.signum();
    let (numerator, denominator) = (numerator.abs(), denominator.abs());
    // Both are far below 2^126, so doubling stays in range.
    Some(sign * ((numerator * 2 + denominator) / (denominator * 2)))
}

/// An integer counted in units of `10^-decimals`, as a text.
pub fn scaled(value: i128, decimals: usize) -> String {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, format!("{:0>width$}", value.abs(), width = decimals + 1));
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{sign}{whole}.{fraction}")
}

/// A ratio with so many decimals.
pub fn ratio(numerator: i128, denominator: i128, decimals: usize) -> Option<String> {
    let unit = (0..decimals).fold(1, |unit, _| unit * 10);
    divide(numerator * unit, denominator).map(|value| scaled(value, decimals))
}

/// A percentage with two decimals.
pub fn percent(part: i128, whole: i128) -> Option<String> {
    ratio(part * 100, whole, 2)
}

/// The place of a quantile by nearest rank among so many values, counted from 0; `percent` is above 0.
pub fn nearest_rank(percent: usize, count: usize) -> usize {
    (percent * count).div_ceil(100).max(1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!((divide(5, 10), divide(-5, 10), divide(4, 10), divide(-15, -10), divide(1, 0)), (Some(1), Some(-1), Some(0), Some(2), None));
        assert_eq!((percent(1, 3), percent(-1, 8), percent(2, 1)), (Some("33.33".into()), Some("-12.50".into()), Some("200.00".into())));
        assert_eq!(ratio(2, 3, 4).as_deref(), Some("0.6667"));
    }

    #[test]
    fn nearest_ranks() {
        assert_eq!([10, 50, 99].map(|percent| nearest_rank(percent, 10)), [0, 4, 9]);
        assert_eq!([1, 50, 95].map(|percent| nearest_rank(percent, 1)), [0, 0, 0]);
    }
}
