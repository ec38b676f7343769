//! Names of accounts that both hledger and beancount take.
//!
//! Beancount wants one of five roots and parts that begin with a capital letter or a digit and go on with letters, digits
//! and hyphens; so a character that it does not take is written `-` and its code point in hexadecimal digits, and the hyphen
//! itself likewise, so that two accounts never share a name.

use crate::shape::{LineForm, SideForm};

/// The name of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names of both accounts of a line: the debit's, the credit's.
pub fn names(line: &LineForm) -> (Name, Name) {
    (name(&line.book, &line.debit), name(&line.book, &line.credit))
}

fn name(book: &str, side: &SideForm) -> Name {
    let mut text = format!("{}:{}:{}", root(&side.code), part(book), side.code);
    for more in [&side.party, &side.detail].into_iter().flatten() {
        text.push(':');
        text.push_str(&part(more));
    }
    Name(text)
}

/// The root that beancount files an account of the chart under.
fn root(code: &str) -> &'static str {
    match code.as_bytes().first() {
        Some(b'1') => "Assets",
        Some(b'2') => "Liabilities",
        Some(b'4') => "Income",
        Some(b'5') => "Expenses",
        // Memo accounts, which no money moves through.
        _ => "Equity",
    }
}

/// A part of a name, beginning with a capital so that any id will do.
fn part(text: &str) -> String {
    let mut part = String::from("X");
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => part.push(character),
            other => part.push_str(&format!("-{:x}-", u32::from(other))),
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_accounts_never_share_a_name() {
        let side = |party: &str, detail: Option<&str>| SideForm { code: "2030".into(), party: Some(party.into()), detail: detail.map(str::to_owned) };
        assert_eq!(name("psp:p-7", &side("M1", Some("2027-05-19"))).to_string(), "Liabilities:Xpsp-3a-p-2d-7:2030:XM1:X2027-2d-05-2d-19");
        assert_ne!(name("bank", &side("a-b", None)), name("bank", &side("a.b", None)));
        assert_ne!(name("bank", &side("a:b", None)), name("bank", &side("a", Some("b"))));
    }
}
