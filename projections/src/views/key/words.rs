//! Keys of what the ledger has names for: words, accounts, books, currencies, dates.

use super::{Key, take};
use ledger::entry::Code;
use schemas::contract::Model;
use schemas::event::{Book, Card, EntryMode, EventType, HoldReason};
use schemas::ids::PspId;
use schemas::money::Currency;
use schemas::time::Date;

macro_rules! words {
    ($($type:ident { $($variant:ident = $tag:literal)* })*) => {$(
        impl Key for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$variant => $tag),* });
            }
            fn decode(from: &mut &[u8]) -> Option<Self> {
                match u8::decode(from)? { $($tag => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}
words! {
    Card { Debit = 1 Credit = 2 Prepaid = 3 Wallet = 4 }
    EntryMode { Swipe = 1 Insert = 2 Tap = 3 Qr = 4 Mobile = 5 Face = 6 Keyed = 7 CredentialOnFile = 8 }
    HoldReason { Risk = 1 Legal = 2 Kyc = 3 PayoutReturned = 4 }
    Model { BankPos = 1 JointBuild = 2 Referral = 3 SecondClearing = 4 PersonalPos = 5 ThirdPartyPos = 6 }
}

/// The number of the type, which is on disk for ever anyway.
impl Key for EventType {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.number());
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        u8::decode(from).and_then(Self::from_number)
    }
}

impl Key for Code {
    fn encode(&self, out: &mut Vec<u8>) {
        self.number().encode(out);
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        u16::decode(from).and_then(Self::from_number)
    }
}

/// The bank's book sorts first, PSPs' after it by name.
impl Key for Book {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bank => out.push(1),
            Self::Psp(psp) => {
                out.push(2);
                psp.encode(out);
            }
        }
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        match u8::decode(from)? {
            1 => Some(Self::Bank),
            2 => PspId::decode(from).map(Self::Psp),
            _ => None,
        }
    }
}

/// The three letters; the exponent follows from them.
impl Key for Currency {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.letters());
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        let code = take::<3>(from)?;
        Self::from_code(std::str::from_utf8(&code).ok()?)
    }
}

impl Key for Date {
    fn encode(&self, out: &mut Vec<u8>) {
        self.days().encode(out);
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        i32::decode(from).map(Self::from_days)
    }
}
