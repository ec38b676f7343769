//! Which account a side of a line is: as a key, which owns what it names, and as a name, which a fold looks rows up by.

use super::ID;
use crate::views::{Error, Key, Names};
use ledger::entry::{Account, Code, Detail, Party, Posting, Recorded};
use schemas::event::{Book, Subject};
use schemas::ids::*;
use schemas::money::Currency;
use schemas::time::Date;

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
        self.party.encode(out);
        self.book.encode(out);
        self.code.encode(out);
        self.currency.encode(out);
        self.detail.encode(out);
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        Some(Self { party: Key::decode(from)?, book: Key::decode(from)?, code: Key::decode(from)?, currency: Key::decode(from)?, detail: Key::decode(from)? })
    }
}

macro_rules! tagged {
    ($type:ident, $name:ident { $($variant:ident($of:ident) = $tag:literal)* }) => {
        impl Key for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                self.name().encode_name(out);
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                match u8::decode(from)? {
                    $($tag => Key::decode(from).map(Self::$variant),)*
                    9 => Some(Self::None),
                    _ => None,
                }
            }
        }

        impl $type {
            /// The same, by reference.
            pub const fn name(&self) -> $name<'_> {
                match self {
                    $(Self::$variant(value) => $name::$variant(value),)*
                    Self::None => $name::None,
                }
            }
        }

        #[doc = concat!("A [`", stringify!($type), "`] by reference.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "named after what they hold")]
        pub enum $name<'a> {
            $($variant(&'a $of),)*
            None,
        }

        impl $name<'_> {
            pub(super) fn to_key(self) -> $type {
                match self {
                    $(Self::$variant(value) => $type::$variant(value.clone()),)*
                    Self::None => $type::None,
                }
            }
        }

        impl Names<$type> for $name<'_> {
            fn encode_name(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(value) => {
                        out.push($tag);
                        value.encode(out);
                    })*
                    Self::None => out.push(9),
                }
            }
        }
    };
}
tagged! { PartyKey, PartyName { Merchant(MerchantId) = 1 Scheme(SchemeId) = 2 Psp(PspId) = 3 Partner(PartnerId) = 4 } }
tagged! { DetailKey, DetailName { Date(Date) = 1 Hold(HoldId) = 2 Payout(PayoutId) = 3 Payment(PaymentId) = 4 } }

/// An [`AccountKey`] by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AccountName<'a> {
    pub code: Code,
    pub currency: Currency,
    pub detail: DetailName<'a>,
    pub party: PartyName<'a>,
    pub book: &'a Book,
}

impl Names<AccountKey> for AccountName<'_> {
    fn encode_name(&self, out: &mut Vec<u8>) {
        self.party.encode_name(out);
        self.book.encode(out);
        self.code.encode(out);
        self.currency.encode(out);
        self.detail.encode_name(out);
    }
}

/// One side of a line, with the entry's merchant and payment spelt out.
pub(super) fn name_of<'a>(entry: &'a Recorded, line: &'a Posting, side: &'a Account) -> Result<AccountName<'a>, Error> {
    let missing = |what: &str| Error::Fold { projection: ID.name, entry: entry.number, detail: format!("a line names the entry's {what}, which has none") };
    let party = match (&side.party, &entry.row.subject) {
        (Party::None, _) => PartyName::None,
        (Party::Merchant, Some(Subject::Merchant(merchant))) => PartyName::Merchant(merchant),
        (Party::Merchant, _) => return Err(missing("merchant")),
        (Party::Scheme(id), _) => PartyName::Scheme(id),
        (Party::Psp(id), _) => PartyName::Psp(id),
        (Party::Partner(id), _) => PartyName::Partner(id),
    };
    let detail = match &side.detail {
        Detail::None => DetailName::None,
        Detail::Date(date) => DetailName::Date(date),
        Detail::Hold(id) => DetailName::Hold(id),
        Detail::Payout(id) => DetailName::Payout(id),
        Detail::Payment => DetailName::Payment(entry.row.payment.as_ref().ok_or_else(|| missing("payment"))?),
    };
    Ok(AccountName { code: side.code, currency: line.currency, detail, party, book: &line.book })
}

/// One side of a line, with the entry's merchant and payment spelt out.
pub fn key_of(entry: &Recorded, line: &Posting, side: &Account) -> Result<AccountKey, Error> {
    let AccountName { code, currency, detail, party, book } = name_of(entry, line, side)?;
    Ok(AccountKey { book: book.clone(), code, currency, party: party.to_key(), detail: detail.to_key() })
}
