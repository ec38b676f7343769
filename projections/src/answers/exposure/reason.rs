//! Why money is held, how old it is, and what exposure is asked by.

use crate::answers::GroupValue;
use schemas::event::HoldReason;
use schemas::time::Date;

/// Why money is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It waits to be paid out: 2010, 2020, 2050.
    Unsettled,
    /// It is reserve: 2030.
    Reserve,
    /// It is in a hold of the bank's own judgement.
    Risk,
    /// It is in a hold that an order wants.
    Legal,
    /// It is in a hold until papers come.
    Kyc,
    /// A payout came back.
    PayoutReturned,
    /// A chargeback was represented: 2045.
    Dispute,
}

impl Reason {
    /// Every one's name.
    pub const NAMES: [&'static str; 7] = ["unsettled", "reserve", "risk", "legal", "kyc", "payout_returned", "dispute"];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsettled => "unsettled",
            Self::Reserve => "reserve",
            Self::Risk => "risk",
            Self::Legal => "legal",
            Self::Kyc => "kyc",
            Self::PayoutReturned => "payout_returned",
            Self::Dispute => "dispute",
        }
    }

    /// Of a hold.
    pub const fn of_hold(reason: HoldReason) -> Self {
        match reason {
            HoldReason::Risk => Self::Risk,
            HoldReason::Legal => Self::Legal,
            HoldReason::Kyc => Self::Kyc,
            HoldReason::PayoutReturned => Self::PayoutReturned,
        }
    }
}

/// How long money has been held: a bucket of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Age(u8);

impl Age {
    /// The buckets, by the last day of each.
    const LAST_DAYS: [i32; 7] = [1, 3, 7, 14, 30, 90, 180];
    /// Their names on the wire.
    pub const NAMES: [&'static str; 8] = ["0-1", "2-3", "4-7", "8-14", "15-30", "31-90", "91-180", ">180"];

    /// Of money that came on a date, on another.
    pub fn of(since: Date, today: Date) -> Self {
        let days = today.days().saturating_sub(since.days());
        let bucket = Self::LAST_DAYS.iter().position(|last| days <= *last).unwrap_or(Self::LAST_DAYS.len());
        // There are eight buckets.
        Self(u8::try_from(bucket).unwrap_or(7))
    }

    /// As on the wire.
    pub fn name(self) -> &'static str {
        Self::NAMES.get(usize::from(self.0)).copied().unwrap_or(">180")
    }

    pub(super) fn value(self) -> GroupValue {
        GroupValue::Ranked(self.0, self.name())
    }
}

/// What exposure is grouped and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum ExposureKey {
    Holder,
    Merchant,
    Mcc,
    Partner,
    Reason,
    Age,
    Currency,
}

impl ExposureKey {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Holder, Self::Merchant, Self::Mcc, Self::Partner, Self::Reason, Self::Age, Self::Currency];

    /// The key with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Merchant => "merchant",
            Self::Mcc => "mcc",
            Self::Partner => "partner",
            Self::Reason => "reason",
            Self::Age => "age",
            Self::Currency => "currency",
        }
    }

    /// The values that it may have, where they are few and fixed.
    pub const fn values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Reason => Some(&Reason::NAMES),
            Self::Age => Some(&Age::NAMES),
            _ => None,
        }
    }

    /// Whether it is of the merchant's money as a whole, so that liability has it, too.
    pub const fn is_of_purse(self) -> bool {
        !matches!(self, Self::Reason | Self::Age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fall_into_their_buckets() {
        let names: Vec<_> = [0, 1, 2, 3, 4, 7, 8, 14, 15, 30, 31, 90, 91, 180, 181, 5000]
            .iter()
            .map(|days| Age::of(Date::from_days(20_000 - days), Date::from_days(20_000)).name())
            .collect();
        let expected = ["0-1", "0-1", "2-3", "2-3", "4-7", "4-7", "8-14", "8-14", "15-30", "15-30", "31-90", "31-90", "91-180", "91-180", ">180", ">180"];
        assert_eq!(names, expected);
    }
}
