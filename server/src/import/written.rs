//! How a file writes numbers: what stands before decimals, and what between thousands.
//!
//! What stands between thousands stands left of the decimal sign alone, between groups of three (`1.234.567,50`), or as India groups them,
//! of two before the last three (`12,34,567.50`); both are the same digits, so nothing has to say which. What is grouped in another way is
//! no number of this file: `12.34` in one with `thousands = "."` is 12.34 by another's signs, and would come in as its hundredfold.

/// The signs of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// What stands before decimals.
    pub point: char,
    /// What may stand between thousands.
    pub thousands: Option<char>,
}

impl Written {
    /// Whether the signs can be told from each other and from digits.
    pub fn check(self) -> Result<(), String> {
        if !matches!(self.point, '.' | ',') {
            return Err(format!("decimal = {:?} is wrong; right would be \".\" or \",\"", self.point));
        }
        match self.thousands {
            Some(sign) if sign == self.point => Err(format!("thousands = {sign:?} is wrong, for it is decimal, too; right would be another sign")),
            Some(sign) if sign.is_alphanumeric() || matches!(sign, '+' | '-') => {
                Err(format!("thousands = {sign:?} is wrong; right would be a sign such as \".\", \",\", \"'\" or a space"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A number with a point before its decimals and nothing between its digits; none where the text is not written so. What is empty stays so.
    pub fn plain(self, text: &str) -> Option<String> {
        let text = text.trim();
        let (sign, number) = match text.strip_prefix(['-', '+']) {
            Some(number) => (if text.starts_with('-') { "-" } else { "" }, number),
            None => ("", text),
        };
        let (whole, decimals) = match number.split_once(self.point) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (number, None),
        };
        let groups: Vec<&str> = match self.thousands {
            Some(between) => whole.split(between).collect(),
            None => vec![whole],
        };
        let is_number = groups.iter().all(|group| is_digits(group)) && decimals.is_none_or(is_digits) && is_grouped(&groups);
        let digits = groups.concat();
        is_number.then(|| match decimals {
            Some(decimals) => format!("{sign}{digits}.{decimals}"),
            None => format!("{sign}{digits}"),
        })
    }

    /// A number as the file would have it.
    pub fn example(self) -> String {
        let thousands = self.thousands.map_or_else(String::new, |sign| sign.to_string());
        format!("1{thousands}234{}50", self.point)
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether digits are grouped as thousands are: not at all, or up to the last three in threes or, as in India, in twos.
fn is_grouped(groups: &[&str]) -> bool {
    let [first, between @ .., last] = groups else { return true };
    let of = |length: usize| (1..=length).contains(&first.len()) && between.iter().all(|group| group.len() == length);
    // Nobody writes a thousand as 0.500: that is a half by another's signs.
    !first.starts_with('0') && last.len() == 3 && (of(3) || of(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_left_of_the_decimal_sign() {
        let (comma, point) = (Written { point: ',', thousands: Some('.') }, Written { point: '.', thousands: Some(',') });
        let (none, space) = (Written { point: ',', thousands: None }, Written { point: ',', thousands: Some(' ') });
        for (written, text, plain) in [
            (comma, "1.234,50", "1234.50"),
            (comma, " -1.234.567,5 ", "-1234567.5"),
            (comma, "+34,50", "34.50"),
            (comma, "1234,50", "1234.50"),
            (comma, "1.234", "1234"),
            (comma, "", ""),
            (point, "12,34,567.50", "1234567.50"),
            (point, "1,00,000", "100000"),
            (point, "999,999", "999999"),
            (none, "1234,50", "1234.50"),
            (space, "1 234,50", "1234.50"),
        ] {
            assert_eq!(written.plain(text).as_deref(), Some(plain), "{text:?}");
        }
        for (written, text) in [
            (comma, "12.34"),
            (comma, "1.2.3.4,5"),
            (comma, "12.34,50"),
            (comma, "1234.567"),
            (comma, "0.500"),
            (point, "0,123"),
            (comma, ".234"),
            (comma, "1.234.56"),
            (comma, "1.23.4567"),
            (comma, "12,34.567"),
            (comma, "12,34,567"),
            (comma, "1..234"),
            (comma, "--1"),
            (comma, "1,5-"),
            (comma, "1e3"),
            (comma, "1 234,50"),
            (point, "12,34"),
            (point, "123,45,678"),
            (point, "1,234,56,789"),
            (none, "12.34"),
            (none, "1.234,50"),
        ] {
            assert_eq!(written.plain(text), None, "{text:?}");
        }
        assert_eq!((comma.example(), none.example()), ("1.234,50".to_owned(), "1234,50".to_owned()));
    }

    #[test]
    fn signs_that_could_be_taken_for_each_other_are_refused() {
        for (point, thousands) in [(',', Some('.')), ('.', Some('\'')), (',', Some(' ')), ('.', None)] {
            assert_eq!(Written { point, thousands }.check(), Ok(()));
        }
        for (point, thousands, said) in [('.', Some('.'), "thousands"), (',', Some('0'), "thousands"), (',', Some('-'), "thousands"), (';', None, "decimal")] {
            let error = Written { point, thousands }.check().expect_err(said);
            assert!(error.starts_with(said), "{error}");
        }
    }
}
