//! Answers: plain structures read from the snapshot of one shard, and merged over shards. No JSON, no HTTP.
//!
//! | file | what it answers |
//! |---|---|
//! | `shard` | one shard to read from: a snapshot of its views, and its journal |
//! | `moment` | now, a date as it closed, a position: what to read and what to replay |
//! | `balances` | a merchant's money at a moment |
//! | `accounts` | a trial balance at a moment, by any of its keys; merges |
//! | `payment` | the life of one payment |
//! | `explain` | why each line of a payment has its amount |
//! | `lists` | lists of entries, payments, holds, payouts, disputes over all merchants or of one |
//! | `contracts` | every version of a merchant's contract |
//! | `fees` | a merchant's fees by day |
//! | `payouts` | what a payout consists of, and what would go next |
//! | `statement` | a range of closed dates of a merchant |
//! | `merchants` | search; merges |
//! | `consumption` | who buys what, when and how, told only where enough customers stand behind it; merges |
//! | `controls` | control events, to be compared over shards |
//! | `quarantine` | what was set aside, and how records ended; merges |
//! | `unbooked` | what waits, was refused, set aside or came again: a list, and sums; merges |
//! | `exposure` | fund-hold exposure, liability, concentration, alerts; merges |
//! | `fee_income` | fee income by any of its keys; merges |
//! | `reconciliation` | what others report of the same money, beside ours |
//! | `agreement` | whether all of it adds up to the journal's lines |
//! | `calendar` | weeks and months |
//! | `cut` | what a caller is cut to |
//! | `group` · `ratio` | what grouped answers have in common: keys, how many rows there may be; ratios |
//! | `page` | pages, cursors, ranges of dates |
//!
//! Everything of one answer is from one snapshot, so from one position. `merge` is associative and commutative.

mod accounts;
mod agreement;
mod balances;
mod calendar;
pub mod consumption;
mod contracts;
mod controls;
mod cut;
mod each_shard;
mod error;
pub mod explain;
pub mod exposure;
mod fee_income;
mod fees;
mod group;
pub mod lists;
mod merchants;
mod moment;
mod page;
mod payment;
mod payouts;
mod quarantine;
mod ratio;
pub mod reconciliation;
mod shard;
mod statement;
mod unbooked;

pub use accounts::{AccountKeyName, AccountQuery, AccountRows, KeyValue, ROWS_MAX, accounts, book_name};
pub use agreement::{Agreement, Booked, agreement};
pub use balances::{MerchantBalances, balances, balances_before};
pub use contracts::{ContractRow, contracts};
pub use controls::{ControlEvent, controls};
pub use cut::Cut;
pub use error::Error;
pub use fee_income::{IncomeKey, IncomeQuery, IncomeRows, chargeback_percents, effective_percents, fee_income};
pub use fees::{FeeRow, fees};
pub use group::{GROUPS_MAX, GroupValue};
pub use merchants::{MerchantQuery, MerchantRow, merchant_name, merchants, merge_merchants};
pub use moment::{AsOf, Moment, moment};
pub use page::{Cursor, LIMIT_MAX, Page, Window};
pub use payment::{PaymentAnswer, PaymentEvent, payment};
pub use payouts::{ComposedPayout, PayoutItem, PoolCauses, WhichPayout, composed_payout, payout_items, pool_causes};
pub use quarantine::{QuarantinedRecord, counts, merge_quarantine, quarantine, quarantine_owners, quarantined_at, quarantined_by_id};
pub use ratio::ratio;
pub use shard::Shard;
pub use statement::{STATEMENT_DATES_MAX, STATEMENT_ENTRIES_MAX, Statement, StatementAccount, statement, statement_entries};
pub use unbooked::{UnbookedEvent, UnbookedKey, UnbookedQuery, UnbookedSums, merge_unbooked, unbooked, unbooked_sums};
