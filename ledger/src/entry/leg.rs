//! What a line of an entry is for, said where the line is made, and where the waterfall took its money from.
//!
//! A mirror (a void, a whole reversal) carries the legs of what it mirrors, the other way. Numbers are on disk for ever: a
//! retired one stays reserved.

use serde::{Deserialize, Serialize};

macro_rules! legs {
    ($($name:ident = $number:literal $text:literal, $about:literal;)*) => {
        /// What a line is for. The account on each side says which way it goes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Leg { $(#[doc = $about] $name = $number),* }

        impl Leg {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The leg with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What it is, in a sentence.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about),* }
            }
        }
    };
}

legs! {
    MoneyIn = 1 "money_in", "Money from the scheme: a sale, a completion, a tip, a refund that failed.";
    MoneyOut = 2 "money_out", "Money to the scheme: a refund, a part reversal.";
    Exchange = 3 "exchange", "The side of a two-currency payment that is in the sale's currency.";
    Subsidy = 4 "subsidy", "What a merchant pays towards its customer's instalments.";

    Mdr = 10 "mdr", "Merchant discount, without its VAT.";
    MdrVat = 11 "mdr_vat", "The VAT in the merchant discount.";
    Gateway = 12 "gateway", "A PSP's gateway fee, without its VAT.";
    GatewayVat = 13 "gateway_vat", "The VAT in the gateway fee.";
    Channel = 14 "channel", "The bank's channel fee, without its VAT, in the bank's book.";
    ChannelVat = 15 "channel_vat", "The VAT in the channel fee.";
    ChannelCost = 16 "channel_cost", "The channel fee in the PSP's book.";
    Vat = 17 "vat", "The VAT of several fees, netted into one line by a void or whole reversal.";

    Interchange = 20 "interchange", "Interchange.";
    SchemeFee = 21 "scheme_fee", "The scheme's fee.";
    PartnerShare = 22 "partner_share", "The partner's share of the discount.";
    Maintenance = 23 "maintenance", "A vendor's maintenance of terminals.";

    DisputeFee = 30 "dispute_fee", "The fee of a dispute, without its VAT.";
    DisputeFeeVat = 31 "dispute_fee_vat", "The VAT in the dispute fee.";
    EarlyReleaseFee = 32 "early_release_fee", "The fee of an early release, without its VAT.";
    EarlyReleaseFeeVat = 33 "early_release_fee_vat", "The VAT in the fee of an early release.";
    RefundFee = 34 "refund_fee", "The fixed fee of a refund, without its VAT.";
    RefundFeeVat = 35 "refund_fee_vat", "The VAT in the fixed fee of a refund.";
    MonthlyFee = 36 "monthly_fee", "A monthly fee, without its VAT.";
    MonthlyFeeVat = 37 "monthly_fee_vat", "The VAT in a monthly fee.";
    RentalFee = 38 "rental_fee", "A terminal's rental, without its VAT.";
    RentalFeeVat = 39 "rental_fee_vat", "The VAT in a rental.";
    OtherFee = 40 "other_fee", "Another fee, without its VAT.";
    OtherFeeVat = 41 "other_fee_vat", "The VAT in another fee.";
    Waiver = 42 "waiver", "A fee that is given back, without its VAT.";
    WaiverVat = 43 "waiver_vat", "The VAT in a fee that is given back.";
    Tier = 44 "tier", "A surcharge or rebate for the volume of a period, without its VAT.";
    TierVat = 45 "tier_vat", "The VAT in a surcharge or rebate.";

    ReserveWithheld = 50 "reserve_withheld", "Reserve that a sale puts by.";
    ReserveBack = 51 "reserve_back", "Reserve that comes back with a refund, a reversal or a void.";
    ReserveReleased = 52 "reserve_released", "Reserve that is released before its date.";
    ReserveDue = 53 "reserve_due", "Reserve whose date has come, by a day close.";
    PendingDue = 54 "pending_due", "Pending money that has become available, by a day close.";
    EarlyRelease = 55 "early_release", "Pending money that is made available before its date.";
    Repayment = 56 "repayment", "What is owed is repaid from what is available.";
    Sweep = 57 "sweep", "A hold that still misses something is fed from what is available.";

    HoldPlaced = 60 "hold_placed", "Money is held.";
    HoldReleased = 61 "hold_released", "Held money is available again.";
    HoldSeized = 62 "hold_seized", "Held money leaves on an order.";
    Payout = 63 "payout", "A payout is on its way.";
    PayoutPaid = 64 "payout_paid", "A payout has left.";
    PayoutFailed = 65 "payout_failed", "A payout failed: its money is available again.";
    PayoutReturned = 66 "payout_returned", "A payout came back: its money is held.";

    Chargeback = 70 "chargeback", "What the scheme takes back for a dispute, as far as the payment covers it.";
    ChargebackReturned = 71 "chargeback_returned", "What comes back of a chargeback from the scheme.";
    DisputeWon = 72 "dispute_won", "What was represented is the merchant's again.";
    BeyondCaptured = 73 "beyond_captured", "What a chargeback takes beyond its payment, in suspense.";

    DebtRepaid = 80 "debt_repaid", "A merchant pays towards what it owes.";
    DebtWrittenOff = 81 "debt_written_off", "What a merchant owes is given up.";
    Adjustment = 82 "adjustment", "A correction, against suspense.";
    Opening = 83 "opening", "What was there before the ledger, against suspense.";

    SchemeSettled = 90 "scheme_settled", "A scheme pays what it owes.";
    PartnerPaid = 91 "partner_paid", "A partner is paid.";
    TaxPaid = 92 "tax_paid", "Output VAT is paid.";
    PspPaidBank = 93 "psp_paid_bank", "A PSP pays the bank: a line in the book of each.";
    FeesSwept = 94 "fees_swept", "A PSP takes its fees out of its client reserve.";

    Preauthorised = 100 "preauthorised", "Memo: an amount is set aside on a card.";
    PreauthorisationReleased = 101 "preauthorisation_released", "Memo: it is no longer set aside.";
    DisputeNotified = 102 "dispute_notified", "Memo: a dispute is announced.";
    DisputeNoticeCleared = 103 "dispute_notice_cleared", "Memo: what was announced has come, or will not.";
}

impl Leg {
    /// Its number: for ever.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether it is the VAT in a fee.
    pub const fn is_vat(self) -> bool {
        match self {
            Self::MdrVat | Self::GatewayVat | Self::ChannelVat | Self::Vat => true,
            Self::DisputeFeeVat | Self::EarlyReleaseFeeVat | Self::RefundFeeVat | Self::MonthlyFeeVat | Self::RentalFeeVat | Self::OtherFeeVat => true,
            Self::WaiverVat | Self::TierVat => true,
            Self::MoneyIn | Self::MoneyOut | Self::Exchange | Self::Subsidy => false,
            Self::Mdr | Self::Gateway | Self::Channel | Self::ChannelCost => false,
            Self::Interchange | Self::SchemeFee | Self::PartnerShare | Self::Maintenance => false,
            Self::DisputeFee | Self::EarlyReleaseFee | Self::RefundFee | Self::MonthlyFee | Self::RentalFee | Self::OtherFee => false,
            Self::Waiver | Self::Tier => false,
            Self::ReserveWithheld | Self::ReserveBack | Self::ReserveReleased | Self::ReserveDue | Self::PendingDue | Self::EarlyRelease => false,
            Self::Repayment | Self::Sweep | Self::HoldPlaced | Self::HoldReleased | Self::HoldSeized => false,
            Self::Payout | Self::PayoutPaid | Self::PayoutFailed | Self::PayoutReturned => false,
            Self::Chargeback | Self::ChargebackReturned | Self::DisputeWon | Self::BeyondCaptured => false,
            Self::DebtRepaid | Self::DebtWrittenOff | Self::Adjustment | Self::Opening => false,
            Self::SchemeSettled | Self::PartnerPaid | Self::TaxPaid | Self::PspPaidBank | Self::FeesSwept => false,
            Self::Preauthorised | Self::PreauthorisationReleased | Self::DisputeNotified | Self::DisputeNoticeCleared => false,
        }
    }
}

/// Where the waterfall took a merchant's money from (`ledger/ACCOUNTING.md`, "The waterfall").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Source {
    /// What the payment itself has in pending.
    OwnPending = 1,
    /// The merchant's available money.
    Available = 2,
    /// What the payment itself put by.
    OwnReserve = 3,
    /// What others put by.
    OtherReserve = 4,
    /// Nowhere: the merchant owes it.
    Owed = 5,
}

impl Source {
    /// All of them, in the order of the waterfall.
    pub const ALL: [Self; 5] = [Self::OwnPending, Self::Available, Self::OwnReserve, Self::OtherReserve, Self::Owed];

    /// Its number: for ever.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The source with this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::OwnPending),
            2 => Some(Self::Available),
            3 => Some(Self::OwnReserve),
            4 => Some(Self::OtherReserve),
            5 => Some(Self::Owed),
            _ => None,
        }
    }

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnPending => "own_pending",
            Self::Available => "available",
            Self::OwnReserve => "own_reserve",
            Self::OtherReserve => "other_reserve",
            Self::Owed => "owed",
        }
    }
}

macro_rules! stored_as_number {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u8(self.number())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::from_number(u8::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom(concat!("no such ", stringify!($name))))
            }
        }
    };
}

stored_as_number!(Leg);
stored_as_number!(Source);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_each_one_leg() {
        for (at, leg) in Leg::ALL.iter().enumerate() {
            assert_eq!(Leg::from_number(leg.number()), Some(*leg));
            assert!(Leg::ALL.iter().skip(at + 1).all(|other| other.number() > leg.number() && other.as_str() != leg.as_str()), "{leg:?}");
            assert_eq!(leg.is_vat(), leg.as_str() == "vat" || leg.as_str().ends_with("_vat"), "{leg:?}");
        }
        for source in Source::ALL {
            assert_eq!(Source::from_number(source.number()), Some(source));
        }
    }
}
