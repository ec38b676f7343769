//! A statement as JSON: what a merchant had, what moved, what it had at the end, by currency and book.

use crate::shape::amount;
use projections::answers::StatementAccount;
use projections::folds::balances::Purse;
use projections::folds::objects::Movements;
use schemas::event::Book;
use schemas::money::Currency;
use serde::Serialize;
use utoipa::ToSchema;

/// Closed dates of a merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    /// The merchant.
    #[schema(example = "M100001")]
    pub merchant: String,
    /// The date or the range, as it was asked.
    #[schema(example = "2026-11-23")]
    pub date: String,
    /// The first date.
    #[schema(example = "2026-11-23")]
    pub from: String,
    /// The last date.
    #[schema(example = "2026-11-23")]
    pub to: String,
    /// The date that is open now.
    #[schema(example = "2026-11-24")]
    pub business_date: Option<String>,
    /// The last date's position: that of the last record before its `day_closed`.
    #[schema(example = "3:14")]
    pub position: String,
    /// One for each currency and book in which anything ever moved. Opening and movements are the closing, to the unit.
    pub accounts: Vec<Account>,
}

/// One currency and book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementAccount)]
pub struct Account {
    /// ISO 4217.
    currency: String,
    /// Whose books.
    book: String,
    /// As the date before the first one closed.
    opening: Buckets,
    /// What moved the total.
    movements: MovementsForm,
    /// As the last date closed.
    closing: Buckets,
}

/// Every bucket, and all of them less what is owed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Buckets {
    /// Not yet cleared.
    pending: String,
    /// Cleared, and not paid out.
    available: String,
    /// Kept back for what may still come.
    reserved: String,
    /// Stopped by holds.
    held: String,
    /// Set aside for disputes.
    disputed: String,
    /// On its way to the merchant.
    in_transit: String,
    /// What the merchant owes.
    owed: String,
    /// All of them, less what is owed.
    total: String,
}

/// What moved the total; what moved between buckets did not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Movements)]
pub struct MovementsForm {
    /// Sales and tips, less voids and reversals.
    sales: String,
    /// Paid back to customers, negative.
    refunds: String,
    /// Charged back, less what was won, negative.
    disputes: String,
    /// What the merchant paid for it all, negative.
    fees: String,
    /// Paid out, less what came back, negative.
    payouts: String,
    /// Taken by order, negative.
    seized: String,
    /// Repaid or written off.
    debt: String,
    /// Corrected by hand.
    adjustments: String,
}

impl Buckets {
    fn of(purse: &Purse, currency: Currency) -> Self {
        let text = |minor: i128| amount(minor, currency);
        Self {
            pending: text(purse.pending_total()),
            available: text(purse.available),
            reserved: text(purse.reserve_total()),
            held: text(purse.holds.amount),
            disputed: text(purse.disputed),
            in_transit: text(purse.in_transit),
            owed: text(purse.owed),
            total: text(purse.total()),
        }
    }
}

impl MovementsForm {
    fn of(movements: &Movements, currency: Currency) -> Self {
        let text = |minor: i128| amount(minor, currency);
        Self {
            sales: text(movements.sales),
            refunds: text(movements.refunds),
            disputes: text(movements.disputes),
            fees: text(movements.fees),
            payouts: text(movements.payouts),
            seized: text(movements.seized),
            debt: text(movements.debt),
            adjustments: text(movements.adjustments),
        }
    }
}

impl Account {
    /// As it is told.
    pub fn of(currency: Currency, book: &Book, account: &StatementAccount) -> Self {
        Self {
            currency: currency.code().to_owned(),
            book: book.to_string(),
            opening: Buckets::of(&account.opening.clone().unwrap_or_default(), currency),
            movements: MovementsForm::of(&account.movements, currency),
            closing: Buckets::of(&account.closing, currency),
        }
    }
}
