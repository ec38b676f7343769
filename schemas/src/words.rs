//! Words of the wire that are enumerations here, each with its name once; and what a book is called.

use crate::ids::PspId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `merchant` on events of the bank itself, and their key in the topic. No merchant is called so.
pub const HOUSE: &str = "@house";

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $word:ident $text:literal)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$about])* $word),* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word),*];
            /// The name of each, in the same order.
            pub const NAMES: &[&str] = &[$($text),*];

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text),* }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$word),)* _ => None }
            }
        }
    )*};
}

words! {
    /// How a card or wallet was funded.
    #[allow(missing_docs, reason = "the names are the field's own")]
    Card { Debit "debit" Credit "credit" Prepaid "prepaid" Wallet "wallet" }

    /// How the card or code came into the terminal.
    #[allow(missing_docs, reason = "the names are the field's own")]
    EntryMode {
        Swipe "swipe"
        Insert "insert"
        Tap "tap"
        Qr "qr"
        Mobile "mobile"
        Face "face"
        Keyed "keyed"
        CredentialOnFile "credential_on_file"
    }

    /// Why money is held.
    #[derive(Default)]
    HoldReason {
        /// The bank's own judgement.
        #[default]
        Risk "risk"
        /// A court's or an authority's order.
        Legal "legal"
        /// Papers are missing.
        Kyc "kyc"
        /// A payout came back; only the ledger places this one.
        PayoutReturned "payout_returned"
    }

    /// What a fee is for.
    #[allow(missing_docs, reason = "the names are the field's own")]
    FeeKind { Monthly "monthly" Rental "rental" Other "other" }

    /// The real-world form of an acquiring relationship (`ledger/ACCOUNTING.md`, "Who and why").
    #[allow(missing_docs, reason = "the names are the field's own")]
    Model {
        BankPos "bank_pos"
        JointBuild "joint_build"
        Referral "referral"
        SecondClearing "second_clearing"
        PersonalPos "personal_pos"
        ThirdPartyPos "third_party_pos"
    }
}

impl HoldReason {
    /// The names of those that an event may give: all but the last, which is the ledger's alone.
    pub const OF_EVENTS: &[&str] = &["risk", "legal", "kyc"];
}

/// Whose books an entry is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Book {
    /// The acquirer's own.
    Bank,
    /// The bank's mirror of a payment company's.
    Psp(PspId),
}

impl Book {
    /// A book by its name: `bank`, or `psp:` and the payment company's id.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.strip_prefix("psp:") {
            Some(psp) => PspId::new(psp).map(Self::Psp),
            None => (name == "bank").then_some(Self::Bank),
        }
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bank => f.write_str("bank"),
            Self::Psp(psp) => write!(f, "psp:{psp}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for (reason, name) in HoldReason::ALL.iter().zip(HoldReason::NAMES) {
            assert_eq!((reason.as_str(), HoldReason::from_name(name)), (*name, Some(*reason)));
        }
        assert!(HoldReason::NAMES.starts_with(HoldReason::OF_EVENTS));
        for name in ["bank", "psp:psp-7"] {
            assert_eq!(Book::from_name(name).map(|book| book.to_string()).as_deref(), Some(name));
        }
        assert_eq!((Book::from_name("psp:"), Book::from_name("psp"), Card::from_name("Debit")), (None, None, None));
    }
}
