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
mod moves;

pub use layers::Layers;
pub use merchant::{Held, HoldSince, Merchant, MoneyRefused, Occurrences, Purse};

use self::moves::{apply, moved, sell};
use super::charges::minor;
use super::reference;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Code, Note, Outcome, Party, Recorded};
use litemap::LiteMap;
use schemas::contract::{Contract, Model};
use schemas::event::{Book, EventType, HoldReason, Subject};
use schemas::ids::{HoldId, MerchantId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;

/// The projection.
pub const ID: Id = Id::new(9, "exposure", 4);

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

/// The fold.
pub struct Exposure;

impl Projection for Exposure {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        match &row.outcome {
            Outcome::Posted => {}
            Outcome::Refused { .. } => return refused(entry, rows),
            Outcome::Duplicate { .. } | Outcome::Parked(_) | Outcome::Quarantined { .. } => return Ok(()),
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
        let mut moves = moved(entry)?;
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

/// Counts a refused event that tells of money moved outside.
fn refused(entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let Some(Subject::Merchant(merchant)) = &row.subject else { return Ok(()) };
    if !row.event_type.is_some_and(EventType::tells_of_moved_money) {
        return Ok(());
    }
    let (currency, amount) = match row.note.amount() {
        Some((currency, minor)) => (Some(currency), i128::from(minor)),
        None => (reference::in_force(rows, merchant)?.map(|version| version.contract.currency), 0),
    };
    let known = rows.row(&MERCHANTS, merchant)?;
    let before = known.money_refused.get(&currency).copied();
    known.money_refused.insert(currency, MoneyRefused::again(before, row.date, amount));
    let before = known.touched.replace(span_of(entry.number));
    touch(merchant, before, entry.number, rows)
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

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}
