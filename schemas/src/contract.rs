//! A merchant's contract, whole in every `contract_set`: what taking payments costs, when the money comes, what is kept.
//!
//! Percentages and amounts are kept as scaled integers: the wire's decimal strings are read once, when the contract
//! comes, and pricing a sale never parses or divides decimals again.

use crate::ids::*;
use crate::money::Currency;
pub use crate::words::Model;
use crate::words::{Book, Card, EntryMode};
use serde::{Deserialize, Serialize};

/// A percentage in millionths of a percent: `0.60 %` is 600 000, 100 % is 100 000 000. At most six decimals on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Percent(pub u64);

impl Percent {
    /// Decimals that a percentage may have.
    pub const DECIMALS: u8 = 6;
    /// 100 %.
    pub const WHOLE: Self = Self(100_000_000);
}

/// A whole contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The merchant's name.
    pub name: String,
    /// Merchant category code: four digits.
    pub mcc: String,
    /// ISO 3166-2, such as `CN-31`.
    pub region: String,
    /// IANA time zone of the shop.
    pub time_zone: String,
    /// What the merchant is paid in.
    pub currency: Currency,
    /// Through whose hands the money goes.
    pub funds_flow: FundsFlow,
    /// Who else earns.
    pub partner: Option<Partner>,
    /// Merchant discount rules; the first that matches wins.
    pub rates: Vec<Rule<Price>>,
    /// Interchange and scheme fee rules; the first that matches wins.
    pub costs: Vec<Rule<Costs>>,
    /// Whether the scheme keeps its costs back or bills them.
    pub cost_settlement: CostSettlement,
    /// VAT in every fee.
    pub vat: Percent,
    /// How everything priced under this contract is rounded.
    pub rounding: Rounding,
    /// What a refund does to the discount.
    pub refund_fee: RefundFee,
    /// Whether interchange and scheme fee come back with a refund.
    pub refund_costs: bool,
    /// When money becomes available.
    pub settlement: Settlement,
    /// What is put by of each sale.
    pub reserve: Option<Reserve>,
    /// What happens to a refund that the merchant cannot cover.
    pub on_shortfall: OnShortfall,
    /// A natural person; only names the model.
    pub personal: bool,
    /// Where a customer's token means something.
    pub customer_scope: CustomerScope,
    /// Parameters of the liability estimate that differ from the configuration's.
    pub risk: Option<Risk>,
    /// The name of the price plan.
    pub plan: Option<String>,
}

/// Through whose hands the money goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FundsFlow {
    /// Scheme to bank to merchant.
    Direct,
    /// Scheme to the payment company's client reserve to merchant.
    ViaPsp {
        /// The payment company.
        psp: PspId,
        /// Without a licence it is second clearing (二清).
        licensed: bool,
        /// What it takes from the merchant on top.
        gateway: Option<Price>,
        /// What it pays the bank.
        channel: Option<Price>,
    },
}

/// A partner of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// What it does.
    pub kind: PartnerKind,
    /// Which one.
    pub id: PartnerId,
    /// Its share of the margin.
    pub share: Option<Percent>,
    /// Joint build: what it gets for maintenance, in minor units of the contract's currency.
    pub maintenance: Option<u64>,
}

/// What a partner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartnerKind {
    /// Maintains the bank's terminals.
    JointBuild,
    /// Brought the merchant.
    Referral,
}

/// A rule of a list: it applies where every key that it names agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule<T> {
    /// The cards it is for; any, where absent.
    pub card: Option<Card>,
    /// The scheme it is for.
    pub scheme: Option<SchemeId>,
    /// The entry mode it is for.
    pub entry_mode: Option<EntryMode>,
    /// What it says.
    pub then: T,
}

/// `clamp(round(A × percent + fixed), floor, cap)`; amounts in minor units of the contract's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Share of the amount.
    pub percent: Percent,
    /// Added to it.
    pub fixed: u64,
    /// Not less than this.
    pub floor: Option<u64>,
    /// Not more than this.
    pub cap: Option<u64>,
}

/// What a sale costs whoever the scheme charges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// To the issuer.
    pub interchange: Price,
    /// To the scheme.
    pub scheme_fee: Price,
}

/// Whether the scheme keeps its costs back or bills them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSettlement {
    /// Kept back from what it settles: off 1010.
    #[default]
    Net,
    /// Billed: 2060 and 2070.
    Gross,
}

/// How halves are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Away from zero.
    #[default]
    HalfUp,
    /// To the even neighbour.
    HalfEven,
}

/// What a refund does to the discount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundFee {
    /// It comes back in proportion.
    #[default]
    Return,
    /// It stays.
    Keep,
    /// It stays, and a fixed fee is taken: minor units of the contract's currency.
    KeepPlusFixed(u64),
}

/// When money becomes available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Days from booking to available.
    pub delay_days: u16,
    /// The calendar that says which days count.
    pub calendar: Option<CalendarId>,
    /// Which days count.
    pub days: DayCount,
    /// What an early release costs.
    pub early_fee: Option<Price>,
}

/// Which days count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Days on which the payment system clears.
    #[default]
    Business,
    /// Every day.
    Natural,
}

/// What is put by of each sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// Share of the sale.
    pub percent: Percent,
    /// Natural days until it is released.
    pub days: u16,
}

/// What happens to a refund that the merchant cannot cover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnShortfall {
    /// The merchant owes the rest.
    Owe,
    /// The refund is refused.
    #[default]
    Refuse,
}

/// Where a customer's token means something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerScope {
    /// Across the bank's merchants.
    #[default]
    Bank,
    /// At this merchant only.
    Merchant,
}

/// Parameters of the liability estimate; each falls back to the configuration's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire; percentages and days")]
pub struct Risk {
    pub chargeback_percent: Option<Percent>,
    pub chargeback_days: Option<u16>,
    pub refund_percent: Option<Percent>,
    pub refund_days: Option<u16>,
    pub delivery: Option<Vec<Delivery>>,
}

/// A share of sales that is delivered some days later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Share of sales.
    pub percent: Percent,
    /// Days until the customer has what was paid for.
    pub days: u16,
}

impl Contract {
    /// The book that the contract's payments are in.
    pub fn book(&self) -> Book {
        match &self.funds_flow {
            FundsFlow::Direct => Book::Bank,
            FundsFlow::ViaPsp { psp, .. } => Book::Psp(psp.clone()),
        }
    }

    /// Which real-world form it is.
    pub fn model(&self) -> Model {
        match (&self.funds_flow, &self.partner) {
            (FundsFlow::Direct, None) => Model::BankPos,
            (FundsFlow::Direct, Some(Partner { kind: PartnerKind::JointBuild, .. })) => Model::JointBuild,
            (FundsFlow::Direct, Some(Partner { kind: PartnerKind::Referral, .. })) => Model::Referral,
            (FundsFlow::ViaPsp { licensed: false, .. }, _) => Model::SecondClearing,
            (FundsFlow::ViaPsp { .. }, _) if self.personal => Model::PersonalPos,
            (FundsFlow::ViaPsp { .. }, _) => Model::ThirdPartyPos,
        }
    }
}
