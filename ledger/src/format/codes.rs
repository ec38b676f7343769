//! The numbers of the domain's words, for ever. A number that is retired stays here, in a comment, and is never given again.

use super::bytes::Unreadable;
use crate::entry::{Alert, DisputeStage, RefusalCode};
use schemas::contract::{CostSettlement, CustomerScope, DayCount, OnShortfall, PartnerKind, Rounding};
use schemas::error::QuarantineCode;
use schemas::event::{Card, EntryMode, HoldReason};
use schemas::report::ReportKind;

/// A word of the domain that has a number on disk.
pub trait Numbered: Sized {
    /// Its number.
    fn number(self) -> u8;
    /// The word with this number.
    fn numbered(number: u8) -> Result<Self, Unreadable>;
}

macro_rules! numbers {
    ($($name:ident { $($variant:ident = $number:literal),* $(,)? })*) => {$(
        impl Numbered for $name {
            fn number(self) -> u8 {
                match self { $(Self::$variant => $number),* }
            }

            fn numbered(number: u8) -> Result<Self, Unreadable> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    _ => Err(Unreadable(format!("no {} has the number {number}", stringify!($name)))),
                }
            }
        }
    )*};
}

numbers! {
    RefusalCode {
        InsufficientFunds = 1, AlreadyCleared = 2, AlreadyExists = 3, ExceedsCaptured = 4, ExceedsPreauth = 5, ExceedsOwed = 6,
        NotOpen = 7, CurrencyMismatch = 8, SameMakerChecker = 9, MissingOrder = 10, WrongDate = 11, ExpiredInPark = 12,
    }
    QuarantineCode {
        Malformed = 1, UnknownType = 2, MissingField = 3, BadField = 4, BadAmount = 5, BadContract = 6, CardData = 7, Conflict = 8,
        WrongPartition = 9, NotOpened = 10, TooLarge = 11, AlreadyOpened = 12,
    }
    Alert { OutOfBalance = 1, Unpriced = 2, ChargebackExceedsCaptured = 3 }
    DisputeStage { Opened = 1, Dropped = 2, Charged = 3, Represented = 4, Won = 5, Lost = 6 }
    Card { Debit = 1, Credit = 2, Prepaid = 3, Wallet = 4 }
    EntryMode { Swipe = 1, Insert = 2, Tap = 3, Qr = 4, Mobile = 5, Face = 6, Keyed = 7, CredentialOnFile = 8 }
    PartnerKind { JointBuild = 1, Referral = 2 }
    CostSettlement { Net = 1, Gross = 2 }
    Rounding { HalfUp = 1, HalfEven = 2 }
    DayCount { Business = 1, Natural = 2 }
    OnShortfall { Owe = 1, Refuse = 2 }
    CustomerScope { Bank = 1, Merchant = 2 }
    ReportKind { Sale = 1, Refund = 2, Chargeback = 3, Representment = 4, Fee = 5, Payout = 6, Settlement = 7, Other = 8 }
    HoldReason { Risk = 1, Legal = 2, Kyc = 3, PayoutReturned = 4 }
}
