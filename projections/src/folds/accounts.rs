//! Every account: its debits and credits since inception, now and as each date closed.
//!
//! Accounts with all their details, and their sums by book, code and currency, so that a trial balance does not read an
//! account of every payout there ever was. Sums stay far below 2^127: 2^64 lines of at most 10^25.

use super::history::{Dated, History};
use crate::views::{Error, Id, Key, Projection, Rows, Table};
use ledger::entry::{Account, Code, Detail, Party, Posting, Recorded};
use schemas::event::{Book, Subject};
use schemas::ids::*;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// The projection.
pub const ID: Id = Id::new(2, "accounts", 1);

/// Every account.
pub const ACCOUNTS: History<AccountKey, Sums> = History { now: Table::<_, Dated<_>>::new(ID, 0), closed: Table::new(ID, 1) };
/// Their sums.
pub const TOTALS: History<(Book, Code, Currency), Sums> = History { now: Table::<_, Dated<_>>::new(ID, 2), closed: Table::new(ID, 3) };

/// What was debited and credited, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// All debits.
    pub debits: u128,
    /// All credits.
    pub credits: u128,
}

impl Sums {
    /// Debits less credits.
    pub fn balance(self) -> i128 {
        signed(self.debits) - signed(self.credits)
    }

    /// Adds other sums.
    pub fn add(&mut self, other: Self) {
        self.debits += other.debits;
        self.credits += other.credits;
    }
}

/// Sums are far below 2^127.
fn signed(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

/// An account, with its merchant and payment spelt out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey {
    /// Whose book.
    pub book: Book,
    /// Which account of the chart.
    pub code: Code,
    /// In what.
    pub currency: Currency,
    /// Whose account.
    pub party: PartyKey,
    /// Which of them.
    pub detail: DetailKey,
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named after what they hold")]
pub enum PartyKey {
    Merchant(MerchantId),
    Scheme(SchemeId),
    Psp(PspId),
    Partner(PartnerId),
    None,
}

/// What tells accounts of one code and party apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named after what they hold")]
pub enum DetailKey {
    Date(Date),
    Hold(HoldId),
    Payout(PayoutId),
    Payment(PaymentId),
    None,
}

impl PartyKey {
    /// As on the wire.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Merchant(id) => Some(id.as_str()),
            Self::Scheme(id) => Some(id.as_str()),
            Self::Psp(id) => Some(id.as_str()),
            Self::Partner(id) => Some(id.as_str()),
            Self::None => None,
        }
    }

    /// The party, where it is a merchant.
    pub const fn merchant(&self) -> Option<&MerchantId> {
        match self {
            Self::Merchant(id) => Some(id),
            Self::Scheme(_) | Self::Psp(_) | Self::Partner(_) | Self::None => None,
        }
    }
}

impl DetailKey {
    /// As on the wire.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Date(date) => Some(date.to_string()),
            Self::Hold(id) => Some(id.to_string()),
            Self::Payout(id) => Some(id.to_string()),
            Self::Payment(id) => Some(id.to_string()),
            Self::None => None,
        }
    }
}

impl Key for AccountKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.book.encode(out);
        self.code.encode(out);
        self.currency.encode(out);
        self.party.encode(out);
        self.detail.encode(out);
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        Some(Self { book: Key::decode(from)?, code: Key::decode(from)?, currency: Key::decode(from)?, party: Key::decode(from)?, detail: Key::decode(from)? })
    }
}

macro_rules! tagged {
    ($type:ident { $($variant:ident = $tag:literal)* }) => {
        impl Key for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(value) => {
                        out.push($tag);
                        value.encode(out);
                    })*
                    Self::None => out.push(9),
                }
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                match u8::decode(from)? {
                    $($tag => Key::decode(from).map(Self::$variant),)*
                    9 => Some(Self::None),
                    _ => None,
                }
            }
        }
    };
}
tagged! { PartyKey { Merchant = 1 Scheme = 2 Psp = 3 Partner = 4 } }
tagged! { DetailKey { Date = 1 Hold = 2 Payout = 3 Payment = 4 } }

/// One side of a line, with the entry's merchant and payment spelt out.
pub fn key_of(entry: &Recorded, line: &Posting, side: &Account) -> Result<AccountKey, Error> {
    let missing = |what: &str| Error::Fold { projection: ID.name, entry: entry.number, detail: format!("a line names the entry's {what}, which has none") };
    let party = match (&side.party, &entry.row.subject) {
        (Party::None, _) => PartyKey::None,
        (Party::Merchant, Some(Subject::Merchant(merchant))) => PartyKey::Merchant(merchant.clone()),
        (Party::Merchant, _) => return Err(missing("merchant")),
        (Party::Scheme(id), _) => PartyKey::Scheme(id.clone()),
        (Party::Psp(id), _) => PartyKey::Psp(id.clone()),
        (Party::Partner(id), _) => PartyKey::Partner(id.clone()),
    };
    let detail = match &side.detail {
        Detail::None => DetailKey::None,
        Detail::Date(date) => DetailKey::Date(*date),
        Detail::Hold(id) => DetailKey::Hold(id.clone()),
        Detail::Payout(id) => DetailKey::Payout(id.clone()),
        Detail::Payment => DetailKey::Payment(entry.row.payment.clone().ok_or_else(|| missing("payment"))?),
    };
    Ok(AccountKey { book: line.book.clone(), code: side.code, currency: line.currency, party, detail })
}

/// Both sides of a line and what they add.
pub fn sides(line: &Posting) -> [(&Account, Sums); 2] {
    let amount = line.amount.get();
    [(&line.debit, Sums { debits: amount, credits: 0 }), (&line.credit, Sums { debits: 0, credits: amount })]
}

/// The fold.
pub struct Accounts;

impl Projection for Accounts {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let date = entry.row.date;
        for line in &entry.row.lines {
            for (side, sums) in sides(line) {
                let key = key_of(entry, line, side)?;
                TOTALS.update(rows, (&key.book, key.code, key.currency), date, |total| total.add(sums))?;
                ACCOUNTS.update(rows, &key, date, |account| account.add(sums))?;
            }
        }
        Ok(())
    }
}
