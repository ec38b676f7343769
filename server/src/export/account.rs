//! Names of accounts that both hledger and beancount take, and that can be read back: `<root>:<book>:<account>:<party>:<detail>`,
//! such as `Liabilities:Bank:2030-Reserve:M1:2027-05-19` or `Assets:Psp:Xpsp-7:1030-ClientReserve`.
//!
//! Beancount wants one of five roots, and parts that begin with a capital letter or a digit and go on with letters, digits
//! and hyphens. So in a part
//! - a character that it does not take is written `--`, its code point in hexadecimal digits, and `-`;
//! - so is a hyphen, unless a letter or a digit follows it or nothing does: `--` always begins such a code;
//! - what would not begin with a digit or a capital, or begins with `X`, has one more `X` before it.
//!
//! So two accounts never share a name, and a name says which account it is.

use ledger::entry::{Account, Code, Party};
use schemas::event::Book;
use schemas::ids::MerchantId;
use std::fmt::Write;

/// The name of an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    text: String,
    of_merchant: bool,
}

impl Name {
    /// The name of an account of the chart, whose party and detail are told as these.
    pub fn new(book: &Book, account: &Account, party: Option<&str>, detail: Option<&str>) -> Self {
        let code = account.code;
        let mut text = match book {
            Book::Bank => format!("{}:Bank:{}-{}", root(code), code.number(), code.name()),
            Book::Psp(psp) => format!("{}:Psp:{}:{}-{}", root(code), part(psp.as_str()), code.number(), code.name()),
        };
        for more in [party, detail].into_iter().flatten() {
            text.push(':');
            text.push_str(&part(more));
        }
        Self { text, of_merchant: account.party == Party::Merchant }
    }

    /// The name of an account of a statement, whose accounts all are one merchant's: `<root>:<book>:<account>:<merchant>`.
    pub fn of_statement(root: &str, book: &Book, account: &str, merchant: &MerchantId) -> Self {
        let merchant = part(merchant.as_str());
        let text = match book {
            Book::Bank => format!("{root}:Bank:{account}:{merchant}"),
            Book::Psp(psp) => format!("{root}:Psp:{}:{account}:{merchant}", part(psp.as_str())),
        };
        Self { text, of_merchant: true }
    }

    /// Whether it is a merchant's, and so of one partition only.
    pub const fn is_of_merchant(&self) -> bool {
        self.of_merchant
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The root that beancount files an account of the chart under.
pub const fn root(code: Code) -> &'static str {
    match code.number() / 1000 {
        1 => "Assets",
        2 => "Liabilities",
        4 => "Income",
        5 => "Expenses",
        // Memo accounts, which no money moves through.
        _ => "Equity",
    }
}

/// A part of a name.
fn part(text: &str) -> String {
    let mut part = String::with_capacity(text.len() + 1);
    if !text.starts_with(|first: char| first.is_ascii_digit() || (first.is_ascii_uppercase() && first != 'X')) {
        part.push('X');
    }
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_plain = match character {
            '-' => characters.peek().is_none_or(char::is_ascii_alphanumeric),
            other => other.is_ascii_alphanumeric(),
        };
        if is_plain {
            part.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(part, "--{:x}-", u32::from(character));
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `part` was made of.
    fn read(part: &str) -> String {
        let mut rest = part.strip_prefix('X').unwrap_or(part);
        let mut text = String::new();
        while let Some(character) = rest.chars().next() {
            match rest.strip_prefix("--").and_then(|code| code.split_once('-')) {
                Some((code, after)) => {
                    text.push(u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a code point"));
                    rest = after;
                }
                None => {
                    text.push(character);
                    rest = &rest[1..];
                }
            }
        }
        text
    }

    #[test]
    fn parts_are_read_back_and_taken_by_beancount() {
        let shown = ["2027-05-19", "M1", "psp-7", "unionpay", "X", "a.b", "a:b", "-", "--", "a--b", "a-", ".-a", "-.a", "支付", "P 1", "---2d-", "x", "9@/_"]
            .map(|text| (text, part(text)));
        for (text, part) in &shown {
            assert_eq!(read(part), *text, "{part}");
            assert!(part.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit()), "{part}");
            assert!(part.chars().all(|character| character.is_ascii_alphanumeric() || character == '-'), "{part}");
        }
        let part_of = |text: &str| shown.iter().find(|(shown, _)| *shown == text).map(|(_, part)| part.as_str());
        assert_eq!((part_of("2027-05-19"), part_of("psp-7"), part_of("a.b")), (Some("2027-05-19"), Some("Xpsp-7"), Some("Xa--2e-b")));
    }

    #[test]
    fn names_say_book_account_party_and_detail() {
        let psp = Book::Psp(schemas::ids::PspId::new("psp-7").expect("an id"));
        let reserve = Account::merchant(Code::Reserve);
        let name = Name::new(&psp, &reserve, Some("M1"), Some("2027-05-19"));
        assert_eq!(name.as_str(), "Liabilities:Psp:Xpsp-7:2030-Reserve:M1:2027-05-19");
        assert!(name.is_of_merchant() && !Name::new(&psp, &Account::plain(Code::OwnCash), None, None).is_of_merchant());
        assert_eq!(Name::new(&Book::Bank, &Account::plain(Code::OutputVat), None, None).as_str(), "Liabilities:Bank:2090-OutputVat");
    }
}
