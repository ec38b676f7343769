//! Identifiers that do not mix: each noun of the domain has its own type.
//!
//! All of them are short, most are ASCII; up to 24 bytes live inline, without an allocation. Ordering is byte order,
//! which is the order in which a day close visits merchants. The character sets and lengths are checked where an
//! event is decoded; a value of these types has passed that check.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The most bytes of an identifier of up to 64 characters: its length fits one byte, also where its characters take several each.
/// Longer ones (names of reports, ids of breaks) may have four bytes a character.
pub const BYTES_MAX: usize = 255;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident, $check:ident, $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(CompactString);

        impl $name {
            /// The most characters that one may have.
            pub const MAX_LENGTH: usize = $max;
            const MAX_BYTES: usize = if $max > 64 { 4 * $max } else { BYTES_MAX };

            /// Reads one; `None` when it is empty, too long or has a character that is not allowed.
            #[inline]
            pub fn new(text: &str) -> Option<Self> {
                let fits = text.len() <= Self::MAX_LENGTH || (text.len() <= Self::MAX_BYTES && text.chars().count() <= Self::MAX_LENGTH);
                let is_allowed = |text: &str| text.bytes().fold(true, |all, byte| all & $check(byte));
                (!text.is_empty() && fits && is_allowed(text)).then(|| Self(CompactString::from(text)))
            }

            /// The text as it came.
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

/// `[A-Za-z0-9._:@/-]`
const fn wide(byte: u8) -> bool {
    WIDE[byte as usize]
}

/// `[A-Za-z0-9._-]`
const fn narrow(byte: u8) -> bool {
    NARROW[byte as usize]
}

static WIDE: [bool; 256] = letters_digits_and(b"._:@/-");
static NARROW: [bool; 256] = letters_digits_and(b"._-");

/// Which bytes are allowed: a table, because every byte of every identifier is looked at.
const fn letters_digits_and(others: &[u8]) -> [bool; 256] {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < allowed.len() {
        allowed[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        allowed[others[at] as usize] = true;
        at += 1;
    }
    allowed
}

/// Anything printable in ASCII or beyond; control characters are not.
const fn free(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7f
}

impl Reference {
    /// Lengths of a number of nothing but digits that is refused as a reference, see [`Reference::passes_for_card`].
    pub const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

    /// Whether a text might pass for a card number: 13 to 19 digits and nothing else. A fiftieth of such numbers would be
    /// quarantined as card data, so all of them are refused at once; they are written with a letter before the digits.
    pub fn passes_for_card(text: &str) -> bool {
        Self::CARD_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Reads one that does not pass for a card number.
    pub fn read(text: &str) -> Option<Self> {
        if Self::passes_for_card(text) { None } else { Self::new(text) }
    }
}

id! {
    /// The idempotency key of an event, unique for ever within its merchant (a control event's: within its partition).
    EventId, wide, 64;
    /// A merchant: the key of the topic, so all of a merchant's events lie in one partition.
    MerchantId, narrow, 32;
    /// A payment, from authorisation to the last dispute; scoped to its merchant.
    PaymentId, wide, 64;
    /// A hold on a merchant's money; scoped to its merchant.
    HoldId, wide, 64;
    /// A payout to a merchant; scoped to its merchant.
    PayoutId, wide, 64;
    /// A dispute; scoped to its payment.
    DisputeId, wide, 64;
    /// How the scheme or a PSP names what an event is about: a retrieval reference number, a transaction id.
    Reference, wide, 64;
    /// A bank account, as its statements name it.
    AccountId, wide, 34;
    /// The file that a line of a report came in.
    ReportName, free, 128;
    /// A break of the reconciliation.
    BreakId, free, 256;
    /// A POS terminal.
    TerminalId, free, 16;
    /// A card scheme or wallet, such as `unionpay`.
    SchemeId, free, 32;
    /// A payment company that keeps merchants' money in its client reserve.
    PspId, narrow, 32;
    /// A firm that brought merchants or maintains terminals.
    PartnerId, narrow, 32;
    /// A payment-system calendar, such as `CN`.
    CalendarId, narrow, 32;
    /// A customer's pseudonymous token.
    CustomerToken, free, 64;
}
