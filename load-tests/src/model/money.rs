//! Amounts as `i128` minor units, decimal strings on both ends, and the one place where something is rounded.

use schemas::money::Currency;

/// How halves are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// Away from zero.
    #[default]
    HalfUp,
    /// To the even neighbour.
    HalfEven,
}

impl Rounding {
    /// `numerator ÷ denominator`, rounded; both at least zero, and nothing divided by nothing is zero.
    pub fn divide(self, numerator: i128, denominator: i128) -> i128 {
        if denominator == 0 {
            return 0;
        }
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        let up = match (rest * 2).cmp(&denominator) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => self == Self::HalfUp || whole % 2 == 1,
        };
        whole + i128::from(up)
    }
}

/// An exact decimal: `digits / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits as one integer.
    pub digits: i128,
    /// How many of them stand behind the point.
    pub decimals: u32,
}

impl Decimal {
    /// Reads digits and at most one point; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, decimals: u32::try_from(fraction.len()).ok()? })
    }

    /// The integer that it is when counted in units of `10^-decimals`; `None` where that is not whole.
    pub fn scaled(self, decimals: u32) -> Option<i128> {
        if decimals >= self.decimals {
            self.digits.checked_mul(10i128.checked_pow(decimals - self.decimals)?)
        } else {
            let unit = 10i128.checked_pow(self.decimals - decimals)?;
            (self.digits % unit == 0).then_some(self.digits / unit)
        }
    }
}

/// Minor units of a decimal string, where it has no more decimals than the currency.
pub fn minor(text: &str, currency: Currency) -> Option<i128> {
    let decimal = Decimal::read(text)?;
    (decimal.decimals <= u32::from(currency.exponent())).then(|| decimal.scaled(u32::from(currency.exponent())))?
}

/// A decimal string of minor units.
pub fn text(minor: i128, currency: Currency) -> String {
    let (sign, digits, exponent) = (if minor < 0 { "-" } else { "" }, minor.abs().to_string(), usize::from(currency.exponent()));
    if exponent == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = exponent + 1);
    let (whole, fraction) = padded.split_at(padded.len() - exponent);
    format!("{sign}{whole}.{fraction}")
}

/// A conversion from the currency of a sale to the one that its merchant is paid in.
#[derive(Clone, Copy, Debug)]
pub struct Conversion {
    /// Settled units for one unit of the sale's currency.
    pub rate: Decimal,
    /// The sale's currency.
    pub from: Currency,
    /// The settled currency.
    pub to: Currency,
}

impl Conversion {
    /// `round(rate × amount)`, both in minor units.
    pub fn convert(self, amount: i128, rounding: Rounding) -> i128 {
        let numerator = amount * self.rate.digits * 10i128.pow(u32::from(self.to.exponent()));
        rounding.divide(numerator, 10i128.pow(u32::from(self.from.exponent()) + self.rate.decimals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_where_the_contract_says() {
        for (numerator, up, even) in [(5, 1, 0), (15, 2, 2), (25, 3, 2), (24, 2, 2), (26, 3, 3), (0, 0, 0)] {
            assert_eq!((Rounding::HalfUp.divide(numerator, 10), Rounding::HalfEven.divide(numerator, 10)), (up, even), "{numerator}/10");
        }
    }

    #[test]
    fn conversions_mind_both_exponents() {
        let (cny, jpy) = (Currency::from_code("CNY").expect("CNY"), Currency::from_code("JPY").expect("JPY"));
        let conversion = |rate: &str, from, to| Conversion { rate: Decimal::read(rate).expect("a rate"), from, to };
        assert_eq!(conversion("0.05", jpy, cny).convert(1000, Rounding::HalfUp), 5000);
        assert_eq!(conversion("20", cny, jpy).convert(1050, Rounding::HalfUp), 210);
        assert_eq!(conversion("0.5", cny, jpy).convert(100, Rounding::HalfEven), 0);
        assert_eq!(text(-5, cny), "-0.05");
        assert_eq!(minor("1.234", cny), None);
    }
}
