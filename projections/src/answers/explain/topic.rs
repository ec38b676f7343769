//! What a line of a payment's entry is about, from its accounts and the type of the event.

use ledger::entry::{Account, Code, Party, Posting, Row};
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
    /// A dispute fee without its VAT.
    DisputeFee,
    /// The VAT in it.
    DisputeFeeVat,
    /// VAT that moves between this income and 2090: more of it moves than of the fee.
    VatMoved(Code),
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
            Self::DisputeFeeVat => Some("dispute_fee"),
            _ => None,
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
            Self::DisputeFee => "dispute_fee",
            Self::MdrVat | Self::GatewayVat | Self::ChannelVat | Self::DisputeFeeVat | Self::VatMoved(_) => "vat",
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

/// The topics of an entry's lines, in their order. A VAT belongs to the income before it.
pub fn topics(row: &Row) -> Vec<Sorted> {
    let mut vat = Topic::MdrVat;
    row.lines
        .iter()
        .map(|line| {
            let (topic, adds) = topic(row, line, &mut vat);
            // Sums of amounts of 10^15 minor units stay far below 2^127.
            let amount = i128::try_from(line.amount.get()).unwrap_or(i128::MAX);
            Sorted { topic, signed: if adds { amount } else { -amount } }
        })
        .collect()
}

fn topic(row: &Row, line: &Posting, vat: &mut Topic) -> (Topic, bool) {
    let (debit, credit) = (line.debit.code, line.credit.code);
    for (income, of, tax) in [
        (Code::MdrIncome, Topic::Mdr, Topic::MdrVat),
        (Code::GatewayIncome, Topic::Gateway, Topic::GatewayVat),
        (Code::ChannelIncome, Topic::Channel, Topic::ChannelVat),
        (Code::DisputeFeeIncome, Topic::DisputeFee, Topic::DisputeFeeVat),
    ] {
        if credit == income || debit == income {
            *vat = tax;
            let other = if credit == income { debit } else { credit };
            return if other == Code::OutputVat { (Topic::VatMoved(income), credit == Code::OutputVat) } else { (of, credit == income) };
        }
    }
    for (cost, of) in [
        (Code::InterchangeCost, Topic::Interchange),
        (Code::SchemeFeeCost, Topic::SchemeFee),
        (Code::PartnerShareCost, Topic::PartnerShare),
        (Code::ChannelCost, Topic::ChannelCost),
    ] {
        if debit == cost || credit == cost {
            return (of, debit == cost);
        }
    }
    match (debit, credit) {
        (Code::DueFromPsp, Code::OutputVat) => (Topic::ChannelVat, true),
        (Code::OutputVat, Code::DueFromPsp) => (Topic::ChannelVat, false),
        (_, Code::OutputVat) => (*vat, true),
        (Code::OutputVat, _) => (*vat, false),
        (Code::Pending, Code::Reserve) => (Topic::Reserve, true),
        (Code::Reserve, Code::Pending | Code::Available) => (Topic::Reserve, false),
        _ => (Topic::Named(name(row, debit, credit)), true),
    }
}

/// What a line is that moves the event's own money, or follows from it.
fn name(row: &Row, debit: Code, credit: Code) -> &'static str {
    match (debit, credit) {
        (Code::Available, Code::MerchantReceivable) => "repayment",
        (Code::Available, Code::Hold) => "hold",
        (Code::Preauthorised, _) => "preauthorised",
        (Code::PreauthorisedContra, _) => "preauthorisation_released",
        (Code::DisputeNotified, _) => "dispute_notified",
        (Code::DisputeNotifiedContra, _) => "dispute_notice_cleared",
        (Code::Suspense, _) | (_, Code::Suspense) => "beyond_captured",
        (Code::SchemeReceivable, Code::FxPosition) | (Code::FxPosition, Code::SchemeReceivable) => "exchange",
        _ => match row.event_type {
            Some(EventType::PreauthCompleted) => "sale",
            Some(event) => event.as_str(),
            None => "other",
        },
    }
}

/// Whether an account is one of the merchant's own buckets.
pub fn is_purse(account: &Account) -> bool {
    account.party == Party::Merchant && account.code.is_merchant_balance()
}
