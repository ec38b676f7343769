//! What each business date charged a merchant, and what moved its money: the lines of a statement.

use super::ID;
use crate::folds::charges::{Charges, Kind, merchant_side, minor};
use crate::views::{Error, Key, Rows, Table};
use ledger::entry::Recorded;
use ledger::few;
use litemap::LiteMap;
use schemas::event::{Book, EventType};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// What each date charged a merchant and moved of its money.
pub const DAYS: Table<(MerchantId, Date), Day> = Table::new(ID, 8).dated();

/// A business date of a merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// What it charged.
    pub fees: LiteMap<(Kind, Currency), FeeDay>,
    /// What it moved.
    pub movements: LiteMap<(Currency, Book), Movements>,
}

/// What a date charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeDay {
    /// Entries that charged or gave back.
    pub count: u64,
    /// What the merchant paid, VAT included, less what came back.
    pub amount: i128,
    /// The VAT in it.
    pub vat: i128,
}

/// What moved the total of a merchant's buckets less what it owes; moves between its buckets are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Movements {
    pub sales: i128,
    pub refunds: i128,
    pub disputes: i128,
    pub fees: i128,
    pub payouts: i128,
    pub seized: i128,
    pub debt: i128,
    pub adjustments: i128,
}

impl Movements {
    /// All of them.
    pub const fn total(&self) -> i128 {
        self.sales + self.refunds + self.disputes + self.fees + self.payouts + self.seized + self.debt + self.adjustments
    }

    /// Adds what other dates moved.
    pub const fn add(&mut self, other: &Self) {
        self.sales += other.sales;
        self.refunds += other.refunds;
        self.disputes += other.disputes;
        self.fees += other.fees;
        self.payouts += other.payouts;
        self.seized += other.seized;
        self.debt += other.debt;
        self.adjustments += other.adjustments;
    }

    /// What a group of events moves, apart from fees.
    const fn of(&mut self, group: Group) -> &mut i128 {
        match group {
            Group::Sales => &mut self.sales,
            Group::Refunds => &mut self.refunds,
            Group::Disputes => &mut self.disputes,
            Group::Payouts => &mut self.payouts,
            Group::Seized => &mut self.seized,
            Group::Debt => &mut self.debt,
            Group::Adjustments => &mut self.adjustments,
        }
    }
}

/// What a statement files an event under; the fees that it charges stand by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum Group {
    Sales,
    Refunds,
    Disputes,
    Payouts,
    Seized,
    Debt,
    Adjustments,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Sales, Self::Refunds, Self::Disputes, Self::Payouts, Self::Seized, Self::Debt, Self::Adjustments];

    /// The group of a type of events.
    pub const fn of(event_type: Option<EventType>) -> Self {
        use EventType as T;
        match event_type {
            Some(T::Sale | T::PreauthPlaced | T::PreauthIncreased | T::PreauthReleased | T::PreauthCompleted | T::TipAdjusted | T::Void | T::Reversal) => {
                Self::Sales
            }
            Some(T::Refund | T::RefundFailed | T::StandaloneRefund) => Self::Refunds,
            Some(T::DisputeOpened | T::Chargeback | T::ChargebackRepresented | T::DisputeWon | T::DisputeLost | T::StandaloneChargeback) => Self::Disputes,
            Some(T::PayoutInitiated | T::PayoutPaid | T::PayoutFailed | T::PayoutReturned) => Self::Payouts,
            Some(T::HoldPlaced | T::HoldReleased | T::HoldSeized) => Self::Seized,
            Some(T::DebtRepaid | T::DebtWrittenOff) => Self::Debt,
            // What these move besides fees is nothing, but of an adjustment.
            Some(T::InstalmentSubsidy | T::FeeCharged | T::FeeWaived | T::TierAdjusted | T::Adjustment | T::MaintenanceDue) => Self::Adjustments,
            Some(T::OpeningBalance | T::OpeningPayment) => Self::Adjustments,
            Some(T::ReserveReleased | T::EarlyRelease | T::LedgerOpened | T::DayClosed | T::CalendarSet | T::ContractSet) => Self::Adjustments,
            Some(T::ReportLine | T::ReportClosed | T::BreakClosed) => Self::Adjustments,
            Some(T::BatchClosed | T::CustomerErased | T::SchemeSettled | T::PartnerPaid | T::TaxPaid | T::PspPaidBank | T::FeesSwept) | None => {
                Self::Adjustments
            }
        }
    }
}

impl Key for Kind {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self as u8 + 1);
    }
    fn decode(from: &mut &[u8]) -> Option<Self> {
        Self::ALL.get(usize::from(u8::decode(from)?.checked_sub(1)?)).copied()
    }
}

/// Folds what an entry charged and moved.
pub fn fold(entry: &Recorded, merchant: &MerchantId, charged: &Charges, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    // By currency and book: what the total moved by, and what of it was fees.
    let mut moved: Vec<((Currency, &Book), (i128, i128))> = Vec::new();
    for line in &row.lines {
        if let Some(debited) = merchant_side(line) {
            let amount = if debited { -minor(line) } else { minor(line) };
            sum_at(&mut moved, line.currency, &line.book).0 += amount;
        }
    }
    for ((_, book, currency), charge) in charged {
        sum_at(&mut moved, *currency, book).1 += charge.amount;
    }
    moved.retain(|(_, sums)| *sums != (0, 0));
    if moved.is_empty() && charged.iter().all(|(_, charge)| charge.is_zero()) {
        return Ok(());
    }
    let day = rows.row_of_date(&DAYS, (merchant, row.date), row.date)?;
    for (at, ((kind, _, currency), charge)) in charged.iter().enumerate().filter(|(_, (_, charge))| !charge.is_zero()) {
        let fees = day.fees.entry((*kind, *currency)).or_default();
        // An entry counts once, also if it charged in two books.
        let again = charged.iter().take(at).any(|((k, _, c), charge)| (k, c) == (kind, currency) && !charge.is_zero());
        fees.count += u64::from(!again);
        fees.amount += charge.amount;
        fees.vat += charge.vat;
    }
    for ((currency, book), (total, fees)) in moved {
        let movements = few::entry(&mut day.movements, (currency, book.clone()));
        movements.fees -= fees;
        *movements.of(Group::of(row.event_type)) += total + fees;
    }
    Ok(())
}

fn sum_at<'a, 'b>(moved: &'a mut Vec<((Currency, &'b Book), (i128, i128))>, currency: Currency, book: &'b Book) -> &'a mut (i128, i128) {
    let place = moved.iter().position(|(key, _)| *key == (currency, book)).unwrap_or_else(|| {
        moved.push(((currency, book), (0, 0)));
        moved.len() - 1
    });
    &mut moved[place].1
}
