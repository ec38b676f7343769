//! How an entry changes a merchant's purses: told by its lines, and by what it says of holds.

use super::{Balances, Hold, ID, Kept};
use crate::folds::charges::minor;
use crate::views::Error;
use ledger::entry::{Account, Code, Detail, HoldTerms, Leg, Note, Party, Posting, Recorded};
use ledger::few;
use ledger::places::Places;
use litemap::LiteMap;
use schemas::event::{Book, HoldReason};
use schemas::ids::HoldId;
use schemas::money::Currency;
use schemas::time::Date;

/// What applying an entry needs besides the row: from tables in the fold, from a snapshot when entries are replayed.
pub trait Context {
    /// A hold, if it was ever placed: in the fold as it is, in a replay as it came to be later.
    fn hold(&mut self, hold: &HoldId) -> Result<Option<Kept>, Error>;
    /// Keeps a hold as it is now; `is_new`: it was placed by this entry.
    fn put_hold(&mut self, hold: Kept, is_new: bool) -> Result<(), Error>;
    /// The hold at a place, where it is open: `Some(None)` where it is closed; `None` where that cannot be said.
    fn open_at(&mut self, currency: Currency, book: &Book, place: u64) -> Result<Option<Option<Hold>>, Error>;
}

/// What an entry moves in holds, in the order in which it names them first.
#[derive(Default)]
struct MovedHolds<'a> {
    moved: Vec<Moved<'a>>,
    places: Places,
}

impl<'a> MovedHolds<'a> {
    /// The hold that a line names.
    fn of(&mut self, hold: &'a HoldId, line: &'a Posting) -> Option<&mut Moved<'a>> {
        let at = self.places.find(&self.moved, hold, |moved| moved.hold).unwrap_or_else(|| {
            self.moved.push(Moved { hold, currency: line.currency, book: &line.book, amount: 0, fed: 0, said: None });
            self.moved.len() - 1
        });
        self.moved.get_mut(at)
    }
}

/// What an entry moves in a hold.
struct Moved<'a> {
    hold: &'a HoldId,
    currency: Currency,
    book: &'a Book,
    amount: i128,
    /// What of it feeds a sweep.
    fed: i128,
    /// What the entry says of it, where it is about this hold.
    said: Option<Said>,
}

#[derive(Clone, Copy)]
struct Said {
    terms: Option<HoldTerms>,
    missing: i128,
    is_open: bool,
}

impl Balances {
    /// Applies an entry of this merchant.
    pub fn apply(&mut self, entry: &Recorded, context: &mut dyn Context) -> Result<(), Error> {
        let row = &entry.row;
        self.changes = self.changes.wrapping_add(1);
        if let Note::Contract { .. } = row.note {
            self.contract = Some(entry.number);
        }
        let mut holds = MovedHolds::default();
        if let Note::Hold { hold, placed, missing, open, book, currency, .. } = &row.note {
            let missing = i128::try_from(*missing).map_err(|_| fault(entry, "a sweep that misses more than there is money"))?;
            let said = Some(Said { terms: *placed, missing, is_open: *open });
            holds.moved.push(Moved { hold, currency: *currency, book, amount: 0, fed: 0, said });
        }
        for line in &row.lines {
            let amount = minor(line);
            self.move_to(entry, line, &line.debit, -amount, &mut holds)?;
            self.move_to(entry, line, &line.credit, amount, &mut holds)?;
        }
        holds.moved.iter().try_for_each(|moved| self.change_hold(entry, moved, context))
    }

    /// Adds to the bucket that an account is; what moves in holds is added up.
    fn move_to<'a>(&mut self, entry: &Recorded, line: &'a Posting, account: &'a Account, amount: i128, holds: &mut MovedHolds<'a>) -> Result<(), Error> {
        if account.party != Party::Merchant || !account.code.is_shown_to_merchant() {
            return Ok(());
        }
        if let (Code::Hold, Detail::Hold(hold)) = (account.code, &account.detail) {
            if let Some(moved) = holds.of(hold, line) {
                moved.amount += amount;
                if line.leg == Leg::Sweep {
                    moved.fed += amount;
                }
            }
            return Ok(());
        }
        let purse = few::entry(&mut self.purses, (line.currency, line.book.clone()));
        match (account.code, &account.detail) {
            (Code::Pending, Detail::Date(date)) => add(&mut purse.pending, *date, amount),
            (Code::Reserve, Detail::Date(date)) => add(&mut purse.reserve, *date, amount),
            (Code::Available, _) => purse.available += amount,
            (Code::MerchantReceivable, _) => purse.owed -= amount,
            (Code::PayoutInTransit, _) => purse.in_transit += amount,
            (Code::DisputeProvisional, _) => purse.disputed += amount,
            (Code::Preauthorised, _) => purse.preauthorised -= amount,
            (Code::PreauthorisedContra | Code::DisputeNotified | Code::DisputeNotifiedContra, _) => {}
            _ => return Err(fault(entry, "a line of a balance without its detail")),
        }
        Ok(())
    }

    /// Changes a hold, and the first open ones of its purse.
    fn change_hold(&mut self, entry: &Recorded, moved: &Moved, context: &mut dyn Context) -> Result<(), Error> {
        let known = context.hold(moved.hold)?;
        let holds = &mut few::entry(&mut self.purses, (moved.currency, moved.book.clone())).holds;
        let is_new = known.as_ref().and_then(|known| known.turns.first()).is_none_or(|placed_by| *placed_by >= entry.number);
        let mut kept = known.unwrap_or_else(|| placed(entry, moved, holds.placed));
        if is_new {
            holds.placed += 1;
        }
        let was_open = kept.was_open_at(entry.number);
        let mut hold = kept.hold.clone();
        match holds.at(hold.place) {
            Ok(at) => hold = holds.first[at].clone(),
            Err(_) if !was_open => (hold.amount, hold.missing) = (0, 0),
            // Beyond the first ones: as it is in the fold; in a replay nobody is told of it.
            Err(_) => {}
        }
        hold.amount += moved.amount;
        hold.missing = moved.said.map_or((hold.missing - moved.fed).max(0), |said| said.missing);
        let is_open = moved.said.is_none_or(|said| said.is_open);
        holds.amount += moved.amount;
        match (was_open, is_open) {
            (false, true) => holds.open += 1,
            (true, false) => holds.open -= 1,
            (true, true) | (false, false) => {}
        }
        if is_open {
            holds.keep(hold.clone());
        } else {
            holds.forget(hold.place);
        }
        if was_open != is_open {
            kept.turns.push(entry.number);
        }
        kept.hold = hold;
        context.put_hold(kept, is_new)?;
        while let Some(place) = holds.wanted() {
            match context.open_at(moved.currency, moved.book, place)? {
                Some(Some(next)) => holds.keep(next),
                Some(None) => holds.forget(place),
                None => break,
            }
        }
        Ok(())
    }
}

/// A hold as an entry makes it. Only a payout that came back makes one without an event of its own.
fn placed(entry: &Recorded, moved: &Moved, place: u64) -> Kept {
    let terms = moved.said.and_then(|said| said.terms);
    let hold = Hold {
        hold: moved.hold.clone(),
        place,
        reason: terms.map_or(HoldReason::PayoutReturned, |terms| terms.reason),
        amount: 0,
        since: entry.row.date,
        expected_release: terms.and_then(|terms| terms.expected_release),
        missing: 0,
    };
    Kept { hold, currency: moved.currency, book: moved.book.clone(), turns: Vec::new() }
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}

/// Adds to a bucket and drops it when it is empty.
fn add(buckets: &mut LiteMap<Date, i128>, date: Date, amount: i128) {
    let bucket = buckets.entry(date).or_default();
    *bucket += amount;
    if *bucket == 0 {
        buckets.remove(&date);
    }
}
