//! What a day close moves for one merchant, booked on the date that it opens; what is owed is repaid from it and sweeps are fed as at
//! the end of any entry.

use crate::entry::{Account, Code, Leg};
use crate::rules::draft::{Draft, Move, Purview};
use crate::rules::state::Merchant;
use crate::rules::waterfall::dated;
use crate::source::Error;
use litemap::LiteMap;
use schemas::time::Date;

/// The books and currencies in which a date's close moves something, in their order.
pub fn due_in(merchant: &Merchant, open: Date) -> Vec<Purview> {
    merchant.purses.iter().filter(|(_, purse)| purse.is_due(open)).map(|((book, currency), _)| Purview { book: book.clone(), currency: *currency }).collect()
}

/// Pending and reserve whose date has come become available.
pub fn move_due(draft: &mut Draft, merchant: &mut Merchant, at: &Purview, open: Date) -> Result<(), Error> {
    let purse = draft.purse(merchant, at);
    let pending: Vec<_> = due_of(&purse.pending, open).map(|(&date, &amount)| (Leg::PendingDue, dated(Code::Pending, date), amount)).collect();
    let reserve: Vec<_> = due_of(&purse.reserve, open).map(|(&date, &amount)| (Leg::ReserveDue, dated(Code::Reserve, date), amount)).collect();
    for (leg, bucket, amount) in pending.into_iter().chain(reserve) {
        draft.post(merchant, at, Move::new(leg, bucket, Account::merchant(Code::Available), amount))?;
    }
    Ok(())
}

/// The buckets whose date has come, earliest first.
fn due_of(buckets: &LiteMap<Date, u128>, open: Date) -> impl Iterator<Item = (&Date, &u128)> {
    buckets.iter().take_while(move |(date, _)| **date <= open)
}
