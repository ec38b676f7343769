//! What a line of a payment's entry is about: its leg, and which way it goes.

use ledger::entry::{Account, Code, Leg, Posting, Row};
use schemas::event::EventType;

/// What a line is about. The order is that of the chart of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The discount without its VAT.
    Mdr,
    /// The VAT in it.
    MdrVat,
    /// The gateway fee without its VAT.
    Gateway,
    /// The VAT in it.
    GatewayVat,
    /// The channel fee without its VAT, in the bank's book.
    Channel,
    /// The VAT in it.
    ChannelVat,
    /// The channel fee in the PSP's book.
    ChannelCost,
    /// Interchange.
    Interchange,
    /// The scheme fee.
    SchemeFee,
    /// The partner's share.
    PartnerShare,
    /// Reserve put by or given back.
    Reserve,
    /// The fixed fee of a refund without its VAT.
    RefundFee,
    /// The VAT in it.
    RefundFeeVat,
    /// A dispute fee without its VAT.
    DisputeFee,
    /// The VAT in it.
    DisputeFeeVat,
    /// The VAT of several fees, netted.
    Vat,
    /// VAT of this leg that moves between its income and 2090: more of it moves than of the fee.
    VatMoved(Leg),
    /// What is explained by its name alone.
    Named(&'static str),
}

impl Topic {
    /// The fee that a VAT is in.
    pub const fn vat_of(self) -> Option<&'static str> {
        match self {
            Self::MdrVat => Some("mdr"),
            Self::GatewayVat => Some("gateway"),
            Self::ChannelVat => Some("channel"),
            Self::RefundFeeVat => Some("refund_fee"),
            Self::DisputeFeeVat => Some("dispute_fee"),
            Self::Mdr
            | Self::Gateway
            | Self::Channel
            | Self::ChannelCost
            | Self::Interchange
            | Self::SchemeFee
            | Self::PartnerShare
            | Self::Reserve
            | Self::RefundFee
            | Self::DisputeFee
            | Self::Vat
            | Self::VatMoved(_)
            | Self::Named(_) => None,
        }
    }

    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mdr => "mdr",
            Self::Gateway => "gateway",
            Self::Channel | Self::ChannelCost => "channel",
            Self::Interchange => "interchange",
            Self::SchemeFee => "scheme_fee",
            Self::PartnerShare => "partner_share",
            Self::Reserve => "reserve",
            Self::RefundFee => "refund_fee",
            Self::DisputeFee => "dispute_fee",
            Self::MdrVat | Self::GatewayVat | Self::ChannelVat | Self::RefundFeeVat | Self::DisputeFeeVat | Self::Vat | Self::VatMoved(_) => "vat",
            Self::Named(name) => name,
        }
    }
}

/// A line with its topic, and whether it adds to it or takes from it.
pub struct Sorted {
    /// What it is about.
    pub topic: Topic,
    /// Minor units; below zero where it goes back.
    pub signed: i128,
}

/// The topics of an entry's lines, in their order.
pub fn topics(row: &Row) -> Vec<Sorted> {
    let sorted = |line: &Posting| {
        let amount = line.amount.signed();
        let topic = topic(row, line);
        Sorted { topic, signed: if adds(topic, line) { amount } else { -amount } }
    };
    row.lines.iter().map(sorted).collect()
}

fn topic(row: &Row, line: &Posting) -> Topic {
    let income = |account: &Account| (4000..5000).contains(&account.code.number());
    if line.leg.is_vat() && (income(&line.debit) || income(&line.credit)) {
        return Topic::VatMoved(line.leg);
    }
    match line.leg {
        Leg::Mdr => Topic::Mdr,
        Leg::MdrVat => Topic::MdrVat,
        Leg::Gateway => Topic::Gateway,
        Leg::GatewayVat => Topic::GatewayVat,
        Leg::Channel => Topic::Channel,
        Leg::ChannelVat => Topic::ChannelVat,
        Leg::ChannelCost => Topic::ChannelCost,
        Leg::Vat => Topic::Vat,
        Leg::Interchange => Topic::Interchange,
        Leg::SchemeFee => Topic::SchemeFee,
        Leg::PartnerShare => Topic::PartnerShare,
        Leg::RefundFee => Topic::RefundFee,
        Leg::RefundFeeVat => Topic::RefundFeeVat,
        Leg::DisputeFee => Topic::DisputeFee,
        Leg::DisputeFeeVat => Topic::DisputeFeeVat,
        Leg::ReserveWithheld | Leg::ReserveBack => Topic::Reserve,
        Leg::Sweep => Topic::Named("hold"),
        Leg::Exchange
        | Leg::Repayment
        | Leg::BeyondCaptured
        | Leg::Preauthorised
        | Leg::PreauthorisationReleased
        | Leg::DisputeNotified
        | Leg::DisputeNoticeCleared => Topic::Named(line.leg.as_str()),
        // The event's own money, and what has no payment.
        Leg::MoneyIn
        | Leg::MoneyOut
        | Leg::Subsidy
        | Leg::Chargeback
        | Leg::ChargebackReturned
        | Leg::DisputeWon
        | Leg::Maintenance
        | Leg::EarlyReleaseFee
        | Leg::EarlyReleaseFeeVat
        | Leg::MonthlyFee
        | Leg::MonthlyFeeVat
        | Leg::RentalFee
        | Leg::RentalFeeVat
        | Leg::OtherFee
        | Leg::OtherFeeVat
        | Leg::Waiver
        | Leg::WaiverVat
        | Leg::Tier
        | Leg::TierVat
        | Leg::ReserveReleased
        | Leg::ReserveDue
        | Leg::PendingDue
        | Leg::EarlyRelease
        | Leg::HoldPlaced
        | Leg::HoldReleased
        | Leg::HoldSeized
        | Leg::Payout
        | Leg::PayoutPaid
        | Leg::PayoutFailed
        | Leg::PayoutReturned
        | Leg::DebtRepaid
        | Leg::DebtWrittenOff
        | Leg::Adjustment
        | Leg::SchemeSettled
        | Leg::PartnerPaid
        | Leg::TaxPaid
        | Leg::PspPaidBank
        | Leg::Opening
        | Leg::FeesSwept => Topic::Named(event_name(row)),
    }
}

/// Whether a line adds to its topic: fees and VAT are credited, costs debited, reserve put by.
fn adds(topic: Topic, line: &Posting) -> bool {
    match topic {
        Topic::Mdr | Topic::Gateway | Topic::Channel | Topic::RefundFee | Topic::DisputeFee => (4000..5000).contains(&line.credit.code.number()),
        Topic::MdrVat | Topic::GatewayVat | Topic::ChannelVat | Topic::RefundFeeVat | Topic::DisputeFeeVat | Topic::Vat | Topic::VatMoved(_) => {
            line.credit.code == Code::OutputVat
        }
        Topic::ChannelCost | Topic::Interchange | Topic::SchemeFee | Topic::PartnerShare => (5000..6000).contains(&line.debit.code.number()),
        Topic::Reserve => line.credit.code == Code::Reserve,
        Topic::Named(_) => true,
    }
}

/// The name of the event whose money a line moves.
const fn event_name(row: &Row) -> &'static str {
    match row.event_type {
        Some(EventType::PreauthCompleted) => EventType::Sale.as_str(),
        Some(event) => event.as_str(),
        None => "other",
    }
}
