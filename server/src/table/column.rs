//! Columns: their names, what their cells are, and where a cell lies in a JSON row.

use schemas::time::{Date, OccurredAt};
use serde_json::{Map, Value};

/// Decimals of money in a file: the most that ISO 4217 gives a currency.
pub const MONEY_DECIMALS: u8 = 4;

/// Digits of a DECIMAL in a file. Arrow gives a product the digits of both factors and one more, and refuses more than 38:
/// amounts of 38 digits could not be multiplied by a rate there. These leave room for a rate of nine digits, and hold the sum
/// of 10^11 of the largest amounts that an event may carry.
pub const DECIMAL_DIGITS: u32 = 28;

/// What the cells of a column are. Any cell may be `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A civil date, ISO 8601.
    Date,
    /// A moment, RFC 3339. Parquet keeps the moment, in microseconds of UTC, and not the offset that it was written with.
    Instant,
    /// An amount, a decimal string with the decimals of its currency.
    Money,
    /// A decimal string with at most so many decimals: a percentage, a ratio.
    Decimal(u8),
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Flag,
}

impl Kind {
    /// The decimals of its DECIMAL; `None` where it is none.
    pub const fn decimals(self) -> Option<u8> {
        match self {
            Self::Money => Some(MONEY_DECIMALS),
            Self::Decimal(decimals) => Some(decimals),
            Self::Text | Self::Date | Self::Instant | Self::Whole | Self::Flag => None,
        }
    }
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in a file.
    pub name: &'static str,
    /// Where the cell lies in a JSON row: names of fields with points between them.
    path: &'static str,
    /// What its cells are.
    pub kind: Kind,
}

impl Column {
    /// A column whose cell is the field of the same name.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, path: name, kind }
    }

    /// Texts.
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    /// Dates.
    pub const fn date(name: &'static str) -> Self {
        Self::new(name, Kind::Date)
    }

    /// Moments.
    pub const fn instant(name: &'static str) -> Self {
        Self::new(name, Kind::Instant)
    }

    /// Amounts.
    pub const fn money(name: &'static str) -> Self {
        Self::new(name, Kind::Money)
    }

    /// Percentages, which have two decimals.
    pub const fn percent(name: &'static str) -> Self {
        Self::new(name, Kind::Decimal(2))
    }

    /// Decimals.
    pub const fn decimal(name: &'static str, decimals: u8) -> Self {
        Self::new(name, Kind::Decimal(decimals))
    }

    /// Whole numbers.
    pub const fn whole(name: &'static str) -> Self {
        Self::new(name, Kind::Whole)
    }

    /// `true` or `false`.
    pub const fn flag(name: &'static str) -> Self {
        Self::new(name, Kind::Flag)
    }

    /// The same column, its cell at another place of the JSON row: `debit.code`.
    pub const fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// Puts its cell into a row, within other objects where its place is there.
    pub fn put(&self, row: &mut Map<String, Value>, cell: Value) {
        match self.path.split_once('.') {
            None => drop(row.insert(self.path.to_owned(), cell)),
            Some((object, field)) => {
                let inner = row.entry(object).or_insert_with(|| Value::Object(Map::new()));
                if let Some(inner) = inner.as_object_mut() {
                    Self { path: field, ..*self }.put(inner, cell);
                }
            }
        }
    }

    /// Its cell in a row; `null` where the row has none.
    pub fn cell<'a>(&self, row: &'a Value) -> &'a Value {
        self.path.split('.').try_fold(row, |value, field| value.get(field)).unwrap_or(&Value::Null)
    }
}

/// The columns of one list and then those of another; `N` is how many that are.
pub const fn joined<const N: usize>(first: &[Column], then: &[Column]) -> [Column; N] {
    let mut all = [Column::text(""); N];
    let mut place = 0;
    while place < N {
        all[place] = if place < first.len() { first[place] } else { then[place - first.len()] };
        place += 1;
    }
    all
}

/// A decimal string as an integer scaled by `10^decimals`; `None` where it is none, or has more decimals or digits.
pub fn scaled(text: &str, decimals: u8) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = usize::from(decimals).checked_sub(part.len())?;
    if whole.is_empty() || (digits.contains('.') && part.is_empty()) {
        return None;
    }
    let digits = whole.bytes().chain(part.bytes()).chain(std::iter::repeat_n(b'0', missing));
    let mut value = 0i128;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    // What is beyond has no cell.
    (value < 10i128.pow(DECIMAL_DIGITS)).then_some(if negative { -value } else { value })
}

/// Days since 1970-01-01.
pub fn days(text: &str) -> Option<i32> {
    Date::parse(text).map(Date::days)
}

/// Microseconds since 1970-01-01, of UTC.
pub fn micros(text: &str) -> Option<i64> {
    OccurredAt::parse(text).map(|at| at.micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decimals_are_read_to_the_last_digit_or_not_at_all() {
        for (text, decimals, expected) in [
            ("128.50", 4, Some(1_285_000)),
            ("-0.05", 2, Some(-5)),
            ("7", 4, Some(70_000)),
            ("0.8356", 4, Some(8356)),
            ("0.83561", 4, None),
            ("999999999999999999999999.9999", 4, Some(10i128.pow(28) - 1)),
            ("-999999999999999999999999.9999", 4, Some(1 - 10i128.pow(28))),
            ("1000000000000000000000000.0000", 4, None),
            ("", 2, None),
            ("-", 2, None),
            (".5", 2, None),
            ("5.", 2, None),
            ("1e3", 2, None),
            ("1.-5", 2, None),
        ] {
            assert_eq!(scaled(text, decimals), expected, "{text:?}");
        }
    }

    #[test]
    fn a_cell_is_found_in_its_row() {
        let row = json!({"entry": "3:1", "debit": {"code": "2020"}});
        assert_eq!(Column::text("debit_code").at("debit.code").cell(&row), "2020");
        assert_eq!(Column::text("debit_party").at("debit.party").cell(&row), &Value::Null);
        assert_eq!((days("1970-01-02"), days("2026-11"), micros("1970-01-01T08:00:01+08:00")), (Some(1), None, Some(1_000_000)));
    }
}
