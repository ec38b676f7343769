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
//! | [`NET_SALES`] | sales less refunds of each date, 32 dates a row |
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
use schemas::contract::{Contract, Model};
use schemas::event::{Book, EventType, HoldReason, Subject};
use schemas::ids::{HoldId, MerchantId, PaymentId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// The projection.
pub const ID: Id = Id::new(9, "exposure", 1);

/// Every merchant's money by date.
pub const MERCHANTS: Table<MerchantId, Merchant> = Table::new(ID, 0);
/// Merchants by the span of entries in which they changed last, see [`span_of`].
pub const CHANGED: Table<(u64, MerchantId), ()> = Table::new(ID, 1);
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
const SPAN_ENTRIES: u64 = 4096;

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
struct Moves {
    queue: i128,
    in_transit: i128,
    reserve: BTreeMap<Date, i128>,
    holds: BTreeMap<HoldId, i128>,
    dispute: i128,
    owed: i128,
    notified: i128,
    advances: BTreeMap<Date, i128>,
}

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
        for alert in &row.alerts {
            let occurrences = &mut rows.row(&MERCHANTS, merchant)?.occurrences;
            let known = occurrences.get(alert).copied();
            occurrences.insert(*alert, Occurrences::again(known, row.date));
        }
        for ((currency, book), moves) in moves(entry)? {
            apply(entry, merchant, (currency, book), &moves, rows)?;
        }
        let sold = sell(entry, merchant, rows)?;
        if sold || !row.lines.is_empty() || !row.alerts.is_empty() || matches!(row.note, Note::Contract { .. }) {
            touch(entry, merchant, rows)?;
        }
        Ok(())
    }
}

/// Remembers that a merchant changed.
fn touch(entry: &Recorded, merchant: &MerchantId, rows: &mut Rows) -> Result<(), Error> {
    let span = span_of(entry.number);
    let before = rows.row(&MERCHANTS, merchant)?.touched.replace(span);
    if before == Some(span) {
        return Ok(());
    }
    if let Some(before) = before {
        rows.remove(&CHANGED, (before, merchant))?;
    }
    rows.put(&CHANGED, (span, merchant), ())
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
    let mut safeguarded: BTreeMap<(&PspId, Currency), i128> = BTreeMap::new();
    for line in &entry.row.lines {
        for (account, debit) in [(&line.debit, minor(line)), (&line.credit, -minor(line))] {
            if let (Code::SchemeReceivable, Party::Scheme(scheme)) = (account.code, &account.party) {
                *rows.row(&SCHEMES, (scheme, &line.book, line.currency))? += debit;
            }
            let counts = account.code.is_merchant_balance() && account.party == Party::Merchant;
            if let Book::Psp(psp) = &line.book
                && (counts || matches!(account.code, Code::ClientReserve | Code::SchemeReceivable | Code::FxPosition))
            {
                *safeguarded.entry((psp, line.currency)).or_default() += debit;
            }
        }
    }
    for ((psp, currency), change) in safeguarded.into_iter().filter(|(_, change)| *change != 0) {
        *rows.row(&SAFEGUARDED, (entry.row.date, psp, currency))? += change;
    }
    Ok(())
}

/// What an entry moves of its merchant's accounts, on balance.
fn moves(entry: &Recorded) -> Result<BTreeMap<(Currency, Book), Moves>, Error> {
    let mut moves: BTreeMap<(Currency, Book), Moves> = BTreeMap::new();
    let released_early = entry.row.event_type == Some(EventType::EarlyRelease);
    for line in &entry.row.lines {
        if line.debit.party != Party::Merchant && line.credit.party != Party::Merchant {
            continue;
        }
        let of = moves.entry((line.currency, line.book.clone())).or_default();
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

fn move_side(entry: &Recorded, moves: &mut Moves, account: &Account, credit: i128) -> Result<(), Error> {
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
        (Code::Hold, Detail::Hold(hold)) => *moves.holds.entry(hold.clone()).or_default() += credit,
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

fn apply(entry: &Recorded, merchant: &MerchantId, place: (Currency, Book), moves: &Moves, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let mut terms = Vec::with_capacity(moves.holds.len());
    for (hold, amount) in &moves.holds {
        terms.push(hold_terms(entry, merchant, hold, *amount, rows)?);
    }
    let purse = rows.row(&MERCHANTS, merchant)?.purses.entry(place).or_default();
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
        settle(entry, purse.reserve.entry(*release_on).or_default(), *amount)?;
    }
    purse.reserve.retain(|_, tranche| !tranche.is_empty());
    for ((hold, amount), terms) in moves.holds.iter().zip(&terms) {
        purse.holds.entry(hold.clone()).or_insert(Held { terms: *terms, amount: 0 }).amount += amount;
    }
    purse.holds.retain(|_, hold| hold.amount != 0);
    if moves.dispute != 0 {
        let payment: PaymentId = row.payment.clone().ok_or_else(|| fault(entry, "a provisional line without a payment"))?;
        settle(entry, purse.disputes.entry(payment).or_default(), moves.dispute)?;
        purse.disputes.retain(|_, payment| !payment.is_empty());
    }
    purse.forget_before(row.date);
    Ok(())
}

/// The terms of a hold that money moves in or out of. Only a payout that came back makes a hold without an event of its
/// own.
fn hold_terms(entry: &Recorded, merchant: &MerchantId, hold: &HoldId, amount: i128, rows: &mut Rows) -> Result<HoldSince, Error> {
    let key = (merchant.clone(), hold.clone());
    if let Some(terms) = rows.get(&HOLDS, &key)?.copied().flatten() {
        return Ok(terms);
    }
    if amount < 0 {
        return Err(fault(entry, "money leaves a hold that was never placed"));
    }
    let terms = HoldSince { reason: HoldReason::PayoutReturned, since: entry.row.date, expected_release: None };
    rows.put(&HOLDS, &key, Some(terms))?;
    Ok(terms)
}

/// Adds to the sales less refunds of the date; answers whether there was anything.
fn sell(entry: &Recorded, merchant: &MerchantId, rows: &mut Rows) -> Result<bool, Error> {
    let row = &entry.row;
    let net = row.volumes.sales - row.volumes.refunds;
    let Some(facts) = row.facts.as_ref().filter(|_| net != 0) else { return Ok(false) };
    let book = reference::contract(rows, facts.contract)?.contract.book();
    let (chunk, place) = chunk_of(row.date);
    let dates = rows.row(&NET_SALES, (merchant, facts.currency, &book, chunk))?;
    match dates.last_mut() {
        Some((last, sum)) if *last == place => *sum += net,
        _ => dates.push((place, net)),
    }
    // A purse there must be, for the estimate to be told.
    rows.row(&MERCHANTS, merchant)?.purses.entry((facts.currency, book)).or_default();
    Ok(true)
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}
