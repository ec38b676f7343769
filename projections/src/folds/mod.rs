//! The projections: one pure fold a file. No clock, no I/O but through rows, no floats.
//!
//! | number | projection | what it keeps |
//! |---|---|---|
//! | 1 | `reference` | contracts, the open date, where each date begins, calendars; read by the others |
//! | 2 | `accounts` | every account, now and as each date closed |
//! | 3 | `balances` | every merchant's money, now and as each date closed |
//! | 4 | `entries` | which entries are about whom |
//! | 5 | `objects` | payments, holds, payouts, disputes, fees |
//! | 6 | `events` | what was not booked, what was quarantined, how many records ended how; control events |
//! | 7 | `merchants` | who there is |
//! | 8 | `fee_income` | fee income |
//! | 9 | `exposure` | fund-hold exposure |
//! | 10 | `consumption` | consumption |
//! | 11 | `payouts` | what payouts consist of |
//! | 12 | `reconciliation` | what others report of the same money |
//!
//! Numbers are never reused. A fold whose rows would come out differently takes its next version.
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]
#![deny(clippy::wildcard_enum_match_arm)]

pub mod accounts;
pub mod balances;
mod buckets;
pub mod charges;
pub mod consumption;
pub mod entries;
pub mod events;
pub mod exposure;
pub mod fee_income;
mod hash;
pub mod history;
pub mod merchants;
pub mod numbers;
pub mod objects;
pub mod payouts;
pub mod reconciliation;
pub mod reference;

use crate::views::Projection;

/// All projections, in the order in which they fold an entry: the reference first.
pub fn all() -> Vec<Box<dyn Projection>> {
    vec![
        Box::new(reference::Reference::default()),
        Box::new(accounts::Accounts::default()),
        Box::new(balances::BalancesFold),
        Box::new(entries::Entries::default()),
        Box::new(objects::Objects::default()),
        Box::new(events::Events::default()),
        Box::new(merchants::Merchants),
        Box::new(fee_income::FeeIncome::default()),
        Box::new(exposure::Exposure::default()),
        Box::new(consumption::Consumption::default()),
        Box::new(payouts::Payouts),
        Box::new(reconciliation::Reconciliation),
    ]
}
