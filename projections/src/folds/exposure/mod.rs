//! Fund-hold exposure: whose money is held, why and since when, and what it may still have to pay for.
//!
//! The balances of a merchant are kept by the date on which the money came; a net of an entry is put or taken, so that
//! moves between buckets of one queue do not make money younger. Ages, shares and estimates depend on the open date and on
//! parameters; they are the answer's.
//!
//! | table | what |
//! |---|---|
//! | [`MERCHANTS`] | every merchant's money by date |
//! | [`CHANGED`] | merchants by their last change, so that who keeps sums in memory sees what to read anew |
//! | [`NET_SALES`] | sales less refunds of earlier dates, 32 dates a row; the latest ones are the merchant's |
//! | [`HOLDS`] | the terms of every hold: money may come to one that was empty |
//! | [`SCHEMES`] | 1010 of each scheme |
//! | [`SAFEGUARDED`] | what each date changed of what a PSP has less what it owes its merchants |

mod layers;
mod merchant;

pub use layers::Layers;
pub use merchant::{Held, HoldSince, Merchant, Occurrences, Purse};

use super::charges::minor;
use super::reference;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Account, Code, Detail, Note, Outcome, Party, Recorded};
use litemap::LiteMap;
use schemas::contract::{Contract, Model};
use schemas::event::{Book, EventType, HoldReason, Subject};
use schemas::ids::{HoldId, MerchantId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;

/// The projection.
pub const ID: Id = Id::new(9, "exposure", 3);

/// Every merchant's money by date.
pub const MERCHANTS: Table<MerchantId, Merchant> = Table::new(ID, 0);
/// Merchants by the span of entries in which they changed last, see [`span_of`]: with the last entry that changed them.
pub const CHANGED: Table<(u64, MerchantId), u64> = Table::new(ID, 1);
/// Sales less refunds: by currency and book, 32 dates a row (see [`chunk_of`]): the date's place in it, the amount.
pub const NET_SALES: Table<(MerchantId, Currency, Book, i32), Vec<(u8, i128)>> = Table::new(ID, 2);
/// The terms of every hold.
pub const HOLDS: Table<(MerchantId, HoldId), Option<HoldSince>> = Table::new(ID, 3);
/// 1010, debits less credits.
pub const SCHEMES: Table<(SchemeId, Book, Currency), i128> = Table::new(ID, 4);
/// 1030 + 1010 + 2130 + 1050 − Σ (2010 … 2050): what each date added.
pub const SAFEGUARDED: Table<(Date, PspId, Currency), i128> = Table::new(ID, 5);

/// Dates in a row of [`NET_SALES`].
const CHUNK_DAYS: i32 = 32;
/// Entries in a span of [`CHANGED`].
const SPAN_ENTRIES: u64 = 32_768;

/// The row of a date and the date's place in it.
pub const fn chunk_of(date: Date) -> (i32, u8) {
    // The remainder is below 32.
    (date.days().div_euclid(CHUNK_DAYS), date.days().rem_euclid(CHUNK_DAYS) as u8)
}

/// The date at a place of a row.
pub fn date_in_chunk(chunk: i32, place: u8) -> Date {
    Date::from_days(chunk * CHUNK_DAYS + i32::from(place))
}

/// The span that an entry is in.
pub const fn span_of(entry: u64) -> u64 {
    entry / SPAN_ENTRIES
}

/// What one entry moves of a merchant in one currency and book, on balance.
#[derive(Default)]
struct Moves<'a> {
    queue: i128,
    in_transit: i128,
    reserve: LiteMap<Date, i128>,
    holds: LiteMap<&'a HoldId, (i128, Option<HoldSince>)>,
    dispute: i128,
    owed: i128,
    notified: i128,
    advances: LiteMap<Date, i128>,
}

/// The same of each currency and book.
type AllMoves<'a> = LiteMap<(Currency, &'a Book), Moves<'a>>;

/// The fold.
pub struct Exposure;

impl Projection for Exposure {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        if row.outcome != Outcome::Posted {
            return Ok(());
        }
        houses(entry, rows)?;
        let Some(Subject::Merchant(merchant)) = &row.subject else { return Ok(()) };
        match &row.note {
            Note::Contract { contract, .. } => set(entry, merchant, contract, rows)?,
            Note::Hold { hold, placed: Some(terms), .. } => {
                let since = HoldSince { reason: terms.reason, since: row.date, expected_release: terms.expected_release };
                rows.put(&HOLDS, (merchant, hold), Some(since))?;
            }
            _ => {}
        }
        let mut moves = moves(entry)?;
        let net = row.volumes.sales - row.volumes.refunds;
        let sold = match row.facts.as_ref().filter(|_| net != 0) {
            Some(facts) => Some((facts.currency, reference::contract(rows, facts.contract)?.contract.book())),
            None => None,
        };
        if sold.is_none() && row.lines.is_empty() && row.alerts.is_empty() && !matches!(row.note, Note::Contract { .. }) {
            return Ok(());
        }
        for (_, moves) in moves.iter_mut() {
            for (hold, (amount, terms)) in moves.holds.iter_mut() {
                *terms = Some(hold_terms(entry, merchant, hold, *amount, rows)?);
            }
        }
        let known = rows.row(&MERCHANTS, merchant)?;
        for alert in &row.alerts {
            let before = known.occurrences.get(alert).copied();
            known.occurrences.insert(*alert, Occurrences::again(before, row.date));
        }
        for ((currency, book), moves) in &moves {
            apply(entry, known.purse(*currency, book), moves)?;
        }
        let full = sold.and_then(|(currency, book)| Some((sell(row.date, known.purse(currency, &book), net)?, currency, book)));
        let before = known.touched.replace(span_of(entry.number));
        if let Some(((chunk, dates), currency, book)) = full {
            rows.append(&NET_SALES, (merchant, currency, book, chunk), &dates)?;
        }
        touch(merchant, before, entry.number, rows)
    }
}

/// Remembers that an entry changed a merchant; `before`: the span in which it changed before.
fn touch(merchant: &MerchantId, before: Option<u64>, entry: u64, rows: &mut Rows) -> Result<(), Error> {
    let span = span_of(entry);
    if let Some(before) = before.filter(|before| *before != span) {
        rows.remove(&CHANGED, (before, merchant))?;
    }
    rows.put(&CHANGED, (span, merchant), entry)
}

fn set(entry: &Recorded, merchant: &MerchantId, contract: &Contract, rows: &mut Rows) -> Result<(), Error> {
    let known = rows.row(&MERCHANTS, merchant)?;
    known.mcc.clone_from(&contract.mcc);
    known.partner = contract.partner.as_ref().map(|partner| partner.id.clone());
    known.risk.clone_from(&contract.risk);
    let second_clearing = contract.model() == Model::SecondClearing;
    known.second_clearing_since = second_clearing.then(|| known.second_clearing_since.unwrap_or(entry.row.date));
    Ok(())
}

/// What lines move of accounts that are not one merchant's: schemes, and what safeguards a PSP's merchants.
fn houses(entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
    let mut schemes: LiteMap<(&SchemeId, &Book, Currency), i128> = LiteMap::default();
    let mut safeguarded: LiteMap<(&PspId, Currency), i128> = LiteMap::default();
    for line in &entry.row.lines {
        for (account, debit) in [(&line.debit, minor(line)), (&line.credit, -minor(line))] {
            if let (Code::SchemeReceivable, Party::Scheme(scheme)) = (account.code, &account.party) {
                *schemes.entry((scheme, &line.book, line.currency)).or_default() += debit;
            }
            let counts = account.code.is_merchant_balance() && account.party == Party::Merchant;
            if let Book::Psp(psp) = &line.book
                && (counts || matches!(account.code, Code::ClientReserve | Code::SchemeReceivable | Code::FxPosition))
            {
                *safeguarded.entry((psp, line.currency)).or_default() += debit;
            }
        }
    }
    for (key, change) in schemes {
        *rows.row(&SCHEMES, key)? += change;
    }
    for ((psp, currency), change) in safeguarded.into_iter().filter(|(_, change)| *change != 0) {
        *rows.row(&SAFEGUARDED, (entry.row.date, psp, currency))? += change;
    }
    Ok(())
}

/// What an entry moves of its merchant's accounts, on balance.
fn moves(entry: &Recorded) -> Result<AllMoves<'_>, Error> {
    let mut moves = AllMoves::default();
    let released_early = entry.row.event_type == Some(EventType::EarlyRelease);
    for line in &entry.row.lines {
        if line.debit.party != Party::Merchant && line.credit.party != Party::Merchant {
            continue;
        }
        let of = moves.entry((line.currency, &line.book)).or_default();
        move_side(entry, of, &line.debit, -minor(line))?;
        move_side(entry, of, &line.credit, minor(line))?;
        if released_early
            && line.credit.code == Code::Available
            && let (Code::Pending, Detail::Date(date)) = (line.debit.code, &line.debit.detail)
        {
            *of.advances.entry(*date).or_default() += minor(line);
        }
    }
    Ok(moves)
}

fn move_side<'a>(entry: &Recorded, moves: &mut Moves<'a>, account: &'a Account, credit: i128) -> Result<(), Error> {
    if account.party != Party::Merchant {
        return Ok(());
    }
    match (account.code, &account.detail) {
        (Code::Pending | Code::Available, _) => moves.queue += credit,
        (Code::PayoutInTransit, _) => {
            moves.queue += credit;
            moves.in_transit += credit;
        }
        (Code::Reserve, Detail::Date(date)) => *moves.reserve.entry(*date).or_default() += credit,
        (Code::Hold, Detail::Hold(hold)) => moves.holds.entry(hold).or_default().0 += credit,
        (Code::DisputeProvisional, _) => moves.dispute += credit,
        (Code::MerchantReceivable, _) => moves.owed -= credit,
        (Code::DisputeNotified, _) => moves.notified -= credit,
        (Code::Reserve | Code::Hold, _) => return Err(fault(entry, "a reserve without a date, or a hold without a name")),
        _ => {}
    }
    Ok(())
}

/// Puts what came on balance, takes what went.
fn settle(entry: &Recorded, layers: &mut Layers, amount: i128) -> Result<Vec<(Date, i128)>, Error> {
    if amount > 0 {
        layers.put(entry.row.date, amount);
    }
    let taken = layers.take((-amount).max(0));
    taken.ok_or_else(|| fault(entry, "more is taken from a merchant's balance than there is"))
}

fn apply(entry: &Recorded, purse: &mut Purse, moves: &Moves) -> Result<(), Error> {
    let row = &entry.row;
    let taken = settle(entry, &mut purse.queue, moves.queue)?;
    if row.event_type == Some(EventType::PayoutPaid) {
        let paid = purse.paid.entry(row.date).or_default();
        for (date, amount) in taken {
            *paid.entry(u32::try_from(row.date.days() - date.days()).unwrap_or(0)).or_default() += amount;
        }
    }
    purse.in_transit += moves.in_transit;
    purse.owed += moves.owed;
    purse.notified += moves.notified;
    for (date, amount) in &moves.advances {
        *purse.advances.entry(*date).or_default() += amount;
    }
    for (release_on, amount) in &moves.reserve {
        let tranche = purse.reserve.entry(*release_on).or_default();
        settle(entry, tranche, *amount)?;
        if tranche.is_empty() {
            purse.reserve.remove(release_on);
        }
    }
    for (&hold, (amount, terms)) in &moves.holds {
        let terms = terms.ok_or_else(|| fault(entry, "a hold without its terms"))?;
        let held = purse.holds.entry(hold.clone()).or_insert_with(|| Held { terms, amount: 0 });
        held.amount += amount;
        if held.amount == 0 {
            purse.holds.remove(hold);
        }
    }
    if moves.dispute != 0 {
        let payment = row.payment.as_ref().ok_or_else(|| fault(entry, "a provisional line without a payment"))?;
        let layers = purse.disputes.entry(payment.clone()).or_default();
        settle(entry, layers, moves.dispute)?;
        if layers.is_empty() {
            purse.disputes.remove(payment);
        }
    }
    purse.forget_before(row.date);
    Ok(())
}

/// The terms of a hold that money moves in or out of. Only a payout that came back makes a hold without an event of its
/// own.
fn hold_terms(entry: &Recorded, merchant: &MerchantId, hold: &HoldId, amount: i128, rows: &mut Rows) -> Result<HoldSince, Error> {
    let key = (merchant, hold);
    if let Some(terms) = rows.get(&HOLDS, key)?.copied().flatten() {
        return Ok(terms);
    }
    if amount < 0 {
        return Err(fault(entry, "money leaves a hold that was never placed"));
    }
    let terms = HoldSince { reason: HoldReason::PayoutReturned, since: entry.row.date, expected_release: None };
    rows.put(&HOLDS, key, Some(terms))?;
    Ok(terms)
}

/// Adds to the sales less refunds of the date. Answers the row of [`NET_SALES`] that is full thereby: the dates before it.
fn sell(date: Date, purse: &mut Purse, net: i128) -> Option<(i32, Vec<(u8, i128)>)> {
    let (chunk, _) = chunk_of(date);
    let last = purse.sold.keys().next_back().copied().filter(|last| chunk_of(*last).0 != chunk);
    let full = last.map(|last| {
        purse.sold_before = Some(last);
        let dates = std::mem::take(&mut purse.sold).into_iter().map(|(date, net)| (chunk_of(date).1, net));
        (chunk_of(last).0, dates.collect())
    });
    *purse.sold.entry(date).or_default() += net;
    full
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}
