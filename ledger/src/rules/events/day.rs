//! What a day close moves for one merchant, booked on the date that it opens.

use crate::entry::{Account, Code, Leg};
use crate::rules::draft::{Draft, Move, Purview};
use crate::rules::state::Merchant;
use crate::rules::waterfall::dated;
use litemap::LiteMap;
use schemas::time::Date;

/// Pending and reserve whose date has come become available; what is owed is repaid and sweeps are fed by
/// [`Draft::settle`].
pub fn move_due(draft: &mut Draft, merchant: &mut Merchant, open: Date) {
    let due: Vec<_> = merchant.purses.iter().filter(|(_, purse)| purse.is_due(open)).map(|(key, _)| key.clone()).collect();
    for (book, currency) in due {
        let at = Purview { book, currency };
        let purse = draft.purse(merchant, &at);
        let pending: Vec<_> = due_of(&purse.pending, open).map(|(&date, &amount)| (Leg::PendingDue, dated(Code::Pending, date), amount)).collect();
        let reserve: Vec<_> = due_of(&purse.reserve, open).map(|(&date, &amount)| (Leg::ReserveDue, dated(Code::Reserve, date), amount)).collect();
        for (leg, bucket, amount) in pending.into_iter().chain(reserve) {
            draft.post(merchant, &at, Move::new(leg, bucket, Account::merchant(Code::Available), amount));
        }
        draft.settle(merchant);
    }
}

/// The buckets whose date has come, earliest first.
fn due_of(buckets: &LiteMap<Date, u128>, open: Date) -> impl Iterator<Item = (&Date, &u128)> {
    buckets.iter().take_while(move |(date, _)| **date <= open)
}
