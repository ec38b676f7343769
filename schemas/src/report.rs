//! What others say of the same money: lines of the reports of schemes, payment companies and banks, the ends of such
//! reports, and breaks that people have closed.
//!
//! An amount stands in minor units and is never below zero; `credit` says which way it goes, seen from us: the source
//! owes us or pays us. Journals and views keep these types, so their members keep their order.

use crate::ids::*;
use crate::money::{Currency, Money, parse_scaled};
use crate::time::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReportSource {
    /// A card scheme or wallet.
    Scheme(SchemeId),
    /// A payment company.
    Psp(PspId),
    /// A bank, by the account whose statement it sends.
    Bank(AccountId),
}

impl ReportSource {
    /// Reads `scheme:<id>`, `psp:<id>` or `bank:<account>`.
    pub fn read(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("scheme", id) => SchemeId::new(id).map(Self::Scheme),
            ("psp", id) => PspId::new(id).map(Self::Psp),
            ("bank", id) => AccountId::new(id).map(Self::Bank),
            _ => None,
        }
    }

    /// The source without its kind: what the aliases of a contract are listed under.
    pub fn id(&self) -> &str {
        match self {
            Self::Scheme(id) => id.as_str(),
            Self::Psp(id) => id.as_str(),
            Self::Bank(id) => id.as_str(),
        }
    }
}

impl fmt::Display for ReportSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Scheme(_) => "scheme",
            Self::Psp(_) => "psp",
            Self::Bank(_) => "bank",
        };
        write!(f, "{kind}:{}", self.id())
    }
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// Sales, with their tips and reversals.
    Sale,
    /// Refunds, and refunds that failed.
    Refund,
    /// Chargebacks, and losses after a representment or a win.
    Chargeback,
    /// Representments, and wins that were not represented.
    Representment,
    /// Fees and subsidies.
    Fee,
    /// Payouts to merchants.
    Payout,
    /// What is settled between schemes, payment companies, partners and the bank.
    Settlement,
    /// Anything else.
    Other,
}

impl ReportKind {
    /// All of them, in the order in which answers list them.
    pub const ALL: [Self; 8] = [Self::Sale, Self::Refund, Self::Chargeback, Self::Representment, Self::Fee, Self::Payout, Self::Settlement, Self::Other];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
            Self::Representment => "representment",
            Self::Fee => "fee",
            Self::Payout => "payout",
            Self::Settlement => "settlement",
            Self::Other => "other",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// Who reports.
    pub source: ReportSource,
    /// The file.
    pub report: ReportName,
    /// Its number in the file, from 1.
    pub line: u64,
    /// What it is about.
    pub kind: ReportKind,
    /// Whether the source owes us or pays us.
    pub credit: bool,
    /// How much; zero is allowed.
    pub amount: Money,
    /// The report's own date of it.
    pub date: Date,
    /// The payment, where the source knows our name of it.
    pub payment: Option<PaymentId>,
    /// The payout.
    pub payout: Option<PayoutId>,
    /// What the source charges for it, in minor units of the amount's currency; below zero: what comes back.
    pub fee: Option<i64>,
    /// The scheme, payment company or partner that a line of a bank is about.
    pub scheme: Option<SchemeId>,
    /// What it says besides.
    pub text: Option<String>,
}

impl ReportLine {
    /// The amount with its sign: above zero where the source owes us or pays us.
    pub fn signed(&self) -> i128 {
        let minor = i128::from(self.amount.minor);
        if self.credit { minor } else { -minor }
    }
}

/// The end of a report in one currency: what should have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportClosed {
    /// Who reports.
    pub source: ReportSource,
    /// The file.
    pub report: ReportName,
    /// The report's date.
    pub date: Date,
    /// How many lines it has.
    pub count: u64,
    /// What its credits add up to.
    pub credits: Money,
    /// What its debits add up to, in the same currency.
    pub debits: Money,
}

/// A break that two people have closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakClosed {
    /// Which: `source/kind/merchant/` and what tells it apart.
    pub id: BreakId,
    /// Who found out why it is one.
    pub maker: String,
    /// Who agreed.
    pub checker: String,
    /// Why it is none any more.
    pub reason: String,
    /// The event that mended it.
    pub event: Option<EventId>,
}

/// The longest text of a fee.
const FEE_BYTES_MAX: usize = 40;
/// The largest fee, in minor units.
const FEE_MINOR_MAX: u64 = crate::money::AMOUNT_MINOR_MAX;

/// Reads a fee of a report into minor units: it may have a `-`, and more decimals than its currency, which are rounded half up once
/// (away from zero). `None` where it is no decimal, or above 10^15 minor units.
pub fn fee_minor(text: &str, currency: Currency) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    if digits.len() > FEE_BYTES_MAX {
        return None;
    }
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_decimal = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_decimal(whole) || (digits.len() > whole.len() && !is_decimal(decimals)) {
        return None;
    }
    let kept = decimals.len().min(usize::from(currency.exponent()));
    let (kept, rest) = decimals.split_at(kept);
    let text = if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") };
    let minor = parse_scaled(&text, currency.exponent(), FEE_MINOR_MAX).ok()?;
    let is_half = rest.bytes().next().is_some_and(|digit| digit >= b'5');
    i64::try_from(minor + u64::from(is_half)).ok().map(|minor| sign * minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_rounded_half_up_once_and_may_come_back() {
        for (text, code, minor) in [
            ("0.48", "CNY", Some(48)),
            ("0.00600", "CNY", Some(1)),
            ("0.00499", "CNY", Some(0)),
            ("-0.005", "CNY", Some(-1)),
            ("-1.2", "CNY", Some(-120)),
            ("0", "CNY", Some(0)),
            ("12.5", "JPY", Some(13)),
            ("7", "KWD", Some(7000)),
            ("0.1234567890123456789", "KWD", Some(123)),
            ("", "CNY", None),
            ("-", "CNY", None),
            ("--1", "CNY", None),
            ("+1", "CNY", None),
            ("1.", "CNY", None),
            (".5", "CNY", None),
            ("1e2", "CNY", None),
            ("1.2.3", "CNY", None),
            ("10000000000001", "CNY", None),
        ] {
            assert_eq!(fee_minor(text, Currency::from_code(code).expect("a currency")), minor, "{text} {code}");
        }
    }

    #[test]
    fn sources_are_written_as_they_are_read() {
        for text in ["scheme:unionpay", "psp:psp-7", "bank:DE89370400440532013000", "scheme:\u{94f6}\u{8054}"] {
            assert_eq!(ReportSource::read(text).map(|source| source.to_string()).as_deref(), Some(text));
        }
        for text in ["unionpay", "scheme:", "psp:a b", "bank:", "card:visa", "bank:123456789012345678901234567890123456"] {
            assert_eq!(ReportSource::read(text), None, "{text}");
        }
    }
}
