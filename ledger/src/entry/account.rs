//! The chart of accounts: every code that a posting may name, and whose and what it is.

use schemas::event::Book;
use schemas::ids::*;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

macro_rules! chart {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        /// The code of an account (`ledger/ACCOUNTING.md`, "Chart of accounts").
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $name = $number),* }

        impl Code {
            /// The code with this number.
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// Its name in the chart, such as `SchemeReceivable`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

chart! {
    /// What a scheme owes us.
    SchemeReceivable = 1010;
    /// The bank's settlement cash.
    SettlementCash = 1020;
    /// A PSP's client reserve (备付金).
    ClientReserve = 1030;
    /// A PSP's own cash.
    OwnCash = 1035;
    /// What a PSP owes the bank, in the bank's book.
    DueFromPsp = 1045;
    /// What a merchant owes us.
    MerchantReceivable = 1050;
    /// The merchant's money that is not available yet.
    Pending = 2010;
    /// What the merchant can be paid.
    Available = 2020;
    /// What is kept for what may still come.
    Reserve = 2030;
    /// What is held.
    Hold = 2040;
    /// Represented chargebacks.
    DisputeProvisional = 2045;
    /// Payouts on their way.
    PayoutInTransit = 2050;
    /// Interchange that will be billed.
    InterchangePayable = 2060;
    /// Scheme fees that will be billed.
    SchemeFeesPayable = 2070;
    /// What a partner gets.
    PartnerPayable = 2080;
    /// What a PSP owes the bank, in the PSP's book.
    DueToBank = 2085;
    /// Output VAT.
    OutputVat = 2090;
    /// Suspense.
    Suspense = 2120;
    /// What two-currency sales leave open in each currency.
    FxPosition = 2130;
    /// Merchant discount.
    MdrIncome = 4010;
    /// A PSP's gateway fee.
    GatewayIncome = 4015;
    /// Monthly, rental and other fees.
    OtherFeeIncome = 4020;
    /// Dispute fees.
    DisputeFeeIncome = 4030;
    /// Early release fees.
    EarlyReleaseIncome = 4040;
    /// The bank's channel fee.
    ChannelIncome = 4080;
    /// Fee waivers: contra income.
    FeeWaivers = 4090;
    /// Interchange.
    InterchangeCost = 5010;
    /// Scheme fees.
    SchemeFeeCost = 5020;
    /// A partner's share.
    PartnerShareCost = 5030;
    /// A vendor's maintenance.
    MaintenanceCost = 5035;
    /// Debts written off.
    CreditLoss = 5040;
    /// A PSP's channel fee.
    ChannelCost = 5045;
    /// Memo: pre-authorised.
    Preauthorised = 9010;
    /// Memo: its counterpart.
    PreauthorisedContra = 9011;
    /// Memo: disputes notified.
    DisputeNotified = 9020;
    /// Memo: its counterpart.
    DisputeNotifiedContra = 9021;
}

impl Code {
    /// The number in the chart.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether it is one of the merchant's own balances: 1050, 2010 … 2050.
    pub const fn is_merchant_balance(self) -> bool {
        matches!(self as u16, 1050 | 2010..=2050)
    }

    /// Whether a merchant may see it: its own balances and the memo accounts.
    pub const fn is_shown_to_merchant(self) -> bool {
        self.is_merchant_balance() || self.is_memo()
    }

    /// Whether it is a memo account, which no money moves through.
    pub const fn is_memo(self) -> bool {
        self as u16 >= 9000
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_number(u16::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("no such account code"))
    }
}

/// Whose account it is. An entry is about at most one merchant, so the merchant is named once, on the entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Party {
    /// Nobody's in particular.
    #[default]
    None,
    /// The entry's merchant.
    Merchant,
    /// A scheme's.
    Scheme(SchemeId),
    /// A PSP's.
    Psp(PspId),
    /// A partner's.
    Partner(PartnerId),
}

/// What tells accounts of one code and party apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// A date: `available_on` of 2010, `release_on` of 2030.
    Date(Date),
    /// A hold, of 2040.
    Hold(HoldId),
    /// A payout, of 2050.
    Payout(PayoutId),
    /// The entry's payment, of 2045 and the memo accounts.
    Payment,
}

/// One side of a posting. Book and currency stand on the posting, because both sides share them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// Which account of the chart.
    pub code: Code,
    /// Whose.
    pub party: Party,
    /// Which of them.
    pub detail: Detail,
}

impl Account {
    /// An account without party and detail.
    pub const fn plain(code: Code) -> Self {
        Self { code, party: Party::None, detail: Detail::None }
    }

    /// An account of the entry's merchant.
    pub const fn merchant(code: Code) -> Self {
        Self { code, party: Party::Merchant, detail: Detail::None }
    }

    /// An account of the entry's merchant with a detail.
    pub const fn merchant_detail(code: Code, detail: Detail) -> Self {
        Self { code, party: Party::Merchant, detail }
    }

    /// An account of a scheme.
    pub fn scheme(code: Code, scheme: &SchemeId) -> Self {
        Self { code, party: Party::Scheme(scheme.clone()), detail: Detail::None }
    }

    /// An account of a partner.
    pub fn partner(code: Code, partner: &PartnerId) -> Self {
        Self { code, party: Party::Partner(partner.clone()), detail: Detail::None }
    }

    /// An account of a PSP.
    pub fn psp(code: Code, psp: &PspId) -> Self {
        Self { code, party: Party::Psp(psp.clone()), detail: Detail::None }
    }
}

/// The account that cash moves through: 1020 in the bank's book, 1030 in a PSP's.
pub const fn cash(book: &Book) -> Code {
    match book {
        Book::Bank => Code::SettlementCash,
        Book::Psp(_) => Code::ClientReserve,
    }
}

/// The account that a house pays its own bills from: 1020 in the bank's book, 1035 in a PSP's.
pub const fn own_cash(book: &Book) -> Code {
    match book {
        Book::Bank => Code::SettlementCash,
        Book::Psp(_) => Code::OwnCash,
    }
}
