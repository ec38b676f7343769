//! Identifiers of camt.053 and camt.054: 35 characters at most, 34 of an account, where a merchant's id alone may have 32. What is too
//! long, or must be one for several things together, ends in a hash, so that no two are alike.

use super::Statement;
use schemas::ids::MerchantId;
use schemas::money::Currency;

/// The most characters of a reference.
pub const REFERENCE_MAX: usize = 35;
/// The most characters of an account's identifier.
const ACCOUNT_MAX: usize = 34;
/// Characters of a hash: of 88 bits, so that among as many statements as there ever are no two are alike.
const HASH_CHARACTERS: usize = 22;

/// The message of a statement, or that of one of its accounts: `20261101-030-` and a hash. The same statement has the same
/// one whenever it is told.
pub fn statement(statement: &Statement, account: Option<&str>) -> String {
    let (first, last) = (statement.first(), statement.last());
    let days = last.days() - first.days() + 1;
    // No merchant's id and no account has a line's end in it.
    let whole = format!("{}\n{first}\n{last}\n{}", statement.merchant, account.unwrap_or_default());
    format!("{}-{days:03}-{}", first.to_string().replace('-', ""), hash(&whole))
}

/// The account of a merchant in a book and currency: `M1/bank/CNY`.
pub fn account(merchant: &MerchantId, book: &str, currency: Currency) -> String {
    fitted(&format!("{merchant}/{book}/{currency}"), ACCOUNT_MAX)
}

/// A text of at most so many characters: its first ones, `~` and a hash of it where it is longer.
pub fn fitted(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let first: String = text.chars().take(characters.saturating_sub(HASH_CHARACTERS + 1)).collect();
    format!("{first}~{}", hash(text))
}

/// Characters that no other text has.
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(HASH_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::time::Date;
    use std::collections::BTreeSet;

    fn of(merchant: &str, first: &str, last: &str) -> Statement {
        let date = |text| Date::parse(text).expect("a date");
        let merchant = MerchantId::new(merchant).expect("an id");
        Statement { merchant, dates: date(first)..=date(last), position: "3:14".to_owned(), created_at: String::new(), accounts: Vec::new() }
    }

    #[test]
    fn identifiers_are_short_and_no_two_are_alike() {
        let (long, longer) = ("M".repeat(31), "M".repeat(32));
        let mut all = BTreeSet::new();
        for merchant in ["M1", "M2", "M1.bank", &long, &longer] {
            for (first, last) in [("2026-11-01", "2026-11-01"), ("2026-11-01", "2026-11-30"), ("2026-11-02", "2026-11-02")] {
                let told = of(merchant, first, last);
                assert!(all.insert(statement(&told, None)));
                let longest = format!("psp:{}", "p".repeat(32));
                for book in ["bank", "psp:psp-7", &longest] {
                    for currency in ["CNY", "JPY"] {
                        let account = account(&told.merchant, book, Currency::from_code(currency).expect("a currency"));
                        assert!(account.len() <= ACCOUNT_MAX, "{account}");
                        assert!(all.insert(statement(&told, Some(&account))));
                    }
                }
            }
        }
        assert_eq!(all.len(), 5 * 3 * 7);
        assert!(all.iter().all(|reference| reference.len() == REFERENCE_MAX), "{all:?}");
        let accounts: BTreeSet<String> = [&long, &longer]
            .iter()
            .map(|merchant| account(&MerchantId::new(merchant).expect("an id"), "bank", Currency::from_code("CNY").expect("a currency")))
            .collect();
        assert_eq!(accounts.len(), 2);
    }
}
