//! Fund-hold exposure: whose money is held, why and since when, and what it may still have to pay for.
//!
//! The balances of a merchant are kept by the date on which the money came; a net of an entry is put or taken, so that
//! moves between buckets of one queue do not make money younger. Ages, shares and estimates depend on the open date and on
//! parameters; they are the answer's.
//!
//! | table | what |
//! |---|---|
//! | [`MERCHANTS`] | every merchant's money by date |
//! | [`CLOSED`] | the same as dates closed on which it changed, without sales |
//! | [`CHANGED`] | merchants by their last change, so that who keeps sums in memory sees what to read anew |
//! | [`NET_SALES`] | sales less refunds of earlier dates, 32 dates a row; the latest ones are the merchant's |
//! | [`HOLDS`], [`HELD`] | every hold: money may come to one that was empty; and what was in it after each entry that moved some |
//! | [`DISPUTED`], [`DISPUTED_AT`] | the money of each payment that came back, by date; and the same after each entry that moved some |
//! | [`SCHEMES`] | 1010 of each scheme, now and as dates closed |
//! | [`SAFEGUARDED`] | what each date changed of what a PSP has less what it owes its merchants |

mod layers;
mod merchant;
mod moves;
mod replay;

pub use layers::Layers;
pub use merchant::{Alike, Held, HoldSince, Merchant, MoneyRefused, Occurrences, Payments, Purse, Trading};
pub use replay::{Replay, at_close};

use self::moves::{apply, moved, sell, settle};
use super::charges::minor;
use super::history::History;
use super::reference;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Code, Note, Outcome, Party, Recorded};
use litemap::LiteMap;
use schemas::contract::{Contract, Model};
use schemas::event::{Book, EventType, HoldReason, Subject};
use schemas::ids::{HoldId, MerchantId, PaymentId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// The projection.
pub const ID: Id = Id::new(9, "exposure", 8);

/// Every merchant's money by date.
pub const MERCHANTS: Table<MerchantId, Merchant> = Table::new(ID, 0);
/// Merchants by the span of entries in which they changed last, see [`span_of`]: with the last entry that changed them.
pub const CHANGED: Table<(u64, MerchantId), u64> = Table::new(ID, 1).passing();
/// Sales less refunds: by currency and book, 32 dates a row (see [`chunk_of`]): the date's place in it, the amount.
pub const NET_SALES: Table<(MerchantId, Currency, Book, i32), Vec<(u8, i128)>> = Table::new(ID, 2);
/// Every hold.
pub const HOLDS: Table<(MerchantId, HoldId), Option<Held>> = Table::new(ID, 3);
/// What was in a hold after an entry.
pub const HELD: Table<(MerchantId, HoldId, u64), i128> = Table::new(ID, 8);
/// 2045 of a payment, by the date on which it came back.
pub const DISPUTED: Table<(MerchantId, PaymentId), Layers> = Table::new(ID, 9);
/// The same after an entry.
pub const DISPUTED_AT: Table<(MerchantId, PaymentId, u64), Layers> = Table::new(ID, 10);
/// 1010, debits less credits: now and as each date closed.
pub const SCHEMES: History<(SchemeId, Book, Currency), i128> = History { now: Table::new(ID, 4), closed: Table::new(ID, 6) };
/// 1030 + 1010 + 2130 + 1050 − Σ (2010 … 2050): what each date added.
pub const SAFEGUARDED: Table<(Date, PspId, Currency), i128> = Table::new(ID, 5);

/// Every merchant's money by date, as a date closed on which it changed; what it sold is in [`MERCHANTS`] and [`NET_SALES`],
/// where a date's sales are the same ever after.
pub const CLOSED: Table<(MerchantId, Date), Merchant> = Table::new(ID, 7);

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

/// The fold. What a scheme owes and what safeguards a PSP's merchants changes with many entries: it is added up, and written once
/// a commit or when the date ends.
#[derive(Default)]
pub struct Exposure {
    date: Option<Date>,
    schemes: BTreeMap<(SchemeId, Book, Currency), i128>,
    safeguarded: BTreeMap<(PspId, Currency), i128>,
}

impl Projection for Exposure {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        if self.date.is_some_and(|date| date != entry.row.date) {
            self.settle_sums(rows)?;
        }
        self.date = Some(entry.row.date);
        let Some(Applied { merchant, before, full }) = apply_to(entry, &mut InRows { rows, sums: self })? else { return Ok(()) };
        if let Some(Full { currency, book, chunk, dates }) = full {
            rows.append(&NET_SALES, (merchant, currency, &book, chunk), &dates)?;
        }
        match before.map(span_of).filter(|before| *before != span_of(entry.number)) {
            Some(before) => rows.remove(&CHANGED, (before, merchant)),
            None => Ok(()),
        }
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        self.settle_sums(rows)?;
        for (merchant, entry) in rows.changed(&MERCHANTS, |row| row.changed_by)? {
            if let Some(entry) = entry {
                rows.append(&CHANGED, (span_of(entry), &merchant), &entry)?;
            }
        }
        Ok(())
    }
}

impl Exposure {
    fn settle_sums(&mut self, rows: &mut Rows) -> Result<(), Error> {
        let Some(date) = self.date.take() else { return Ok(()) };
        for ((scheme, book, currency), change) in std::mem::take(&mut self.schemes) {
            SCHEMES.update(rows, (&scheme, &book, currency), date, |sum| *sum += change)?;
        }
        for ((psp, currency), change) in std::mem::take(&mut self.safeguarded) {
            *rows.row(&SAFEGUARDED, (date, &psp, currency))? += change;
        }
        Ok(())
    }
}

/// What an entry changed of a merchant.
struct Applied<'a> {
    merchant: &'a MerchantId,
    /// The entry that changed it before.
    before: Option<u64>,
    full: Option<Full>,
}

/// A row of [`NET_SALES`] that is full.
struct Full {
    currency: Currency,
    book: Book,
    chunk: i32,
    dates: Vec<(u8, i128)>,
}

/// What an entry is applied to: the rows, or what is made of them and of later entries in memory.
pub trait Kept {
    /// A merchant as it stands on a date, to be changed.
    fn merchant(&mut self, id: &MerchantId, date: Date) -> Result<&mut Merchant, Error>;
    /// A hold before an entry.
    fn hold(&mut self, merchant: &MerchantId, hold: &HoldId, entry: u64) -> Result<Option<Held>, Error>;
    /// A hold after an entry.
    fn put_hold(&mut self, merchant: &MerchantId, hold: &HoldId, entry: u64, held: Held) -> Result<(), Error>;
    /// 2045 of a payment before an entry.
    fn disputed(&mut self, merchant: &MerchantId, payment: &PaymentId, entry: u64) -> Result<Layers, Error>;
    /// The same after it.
    fn put_disputed(&mut self, merchant: &MerchantId, payment: &PaymentId, entry: u64, layers: &Layers) -> Result<(), Error>;
    /// Whose book the payments of a contract are in.
    fn book_of(&mut self, contract: u64) -> Result<Book, Error>;
    /// What a scheme owes changes on a date.
    fn scheme(&mut self, date: Date, of: (&SchemeId, &Book, Currency), change: i128) -> Result<(), Error>;
    /// What safeguards a PSP's merchants changes on a date.
    fn safeguard(&mut self, date: Date, of: (&PspId, Currency), change: i128) -> Result<(), Error>;
}

/// The rows themselves.
struct InRows<'a> {
    rows: &'a mut Rows,
    sums: &'a mut Exposure,
}

impl Kept for InRows<'_> {
    /// The first change on a date puts what was before under the date of the last change.
    fn merchant(&mut self, id: &MerchantId, date: Date) -> Result<&mut Merchant, Error> {
        let row = self.rows.row(&MERCHANTS, id)?;
        if let Some(before) = row.changed_on.filter(|before| *before != date) {
            // The row is taken out while it is written, because both tables are of the same rows.
            let mut past = std::mem::take(row);
            let sold = past.take_sold();
            self.rows.append(&CLOSED, (id, before), &past)?;
            past.put_sold(sold);
            *self.rows.row(&MERCHANTS, id)? = past;
        }
        let row = self.rows.row(&MERCHANTS, id)?;
        row.changed_on = Some(date);
        Ok(row)
    }

    fn hold(&mut self, merchant: &MerchantId, hold: &HoldId, _entry: u64) -> Result<Option<Held>, Error> {
        Ok(self.rows.get(&HOLDS, (merchant, hold))?.copied().flatten())
    }

    fn put_hold(&mut self, merchant: &MerchantId, hold: &HoldId, entry: u64, held: Held) -> Result<(), Error> {
        self.rows.append(&HELD, (merchant, hold, entry), &held.amount)?;
        self.rows.put(&HOLDS, (merchant, hold), Some(held))
    }

    fn disputed(&mut self, merchant: &MerchantId, payment: &PaymentId, _entry: u64) -> Result<Layers, Error> {
        Ok(self.rows.get(&DISPUTED, (merchant, payment))?.cloned().unwrap_or_default())
    }

    fn put_disputed(&mut self, merchant: &MerchantId, payment: &PaymentId, entry: u64, layers: &Layers) -> Result<(), Error> {
        self.rows.append(&DISPUTED_AT, (merchant, payment, entry), layers)?;
        self.rows.put(&DISPUTED, (merchant, payment), layers.clone())
    }

    fn book_of(&mut self, contract: u64) -> Result<Book, Error> {
        Ok(reference::terms(self.rows, contract)?.book.clone())
    }

    fn scheme(&mut self, _date: Date, (scheme, book, currency): (&SchemeId, &Book, Currency), change: i128) -> Result<(), Error> {
        *self.sums.schemes.entry((scheme.clone(), book.clone(), currency)).or_default() += change;
        Ok(())
    }

    fn safeguard(&mut self, _date: Date, (psp, currency): (&PspId, Currency), change: i128) -> Result<(), Error> {
        *self.sums.safeguarded.entry((psp.clone(), currency)).or_default() += change;
        Ok(())
    }
}

/// Applies an entry; answers what it changed of its merchant, if anything.
fn apply_to<'a>(entry: &'a Recorded, kept: &mut impl Kept) -> Result<Option<Applied<'a>>, Error> {
    let row = &entry.row;
    match &row.outcome {
        Outcome::Posted => {}
        Outcome::Refused { .. } => return refused(entry, kept),
        Outcome::Duplicate { .. } | Outcome::Parked(_) | Outcome::Quarantined { .. } => return Ok(None),
    }
    houses(entry, kept)?;
    let Some(Subject::Merchant(merchant)) = &row.subject else { return Ok(None) };
    if let Note::Contract { contract, .. } = &row.note {
        set(row.date, kept.merchant(merchant, row.date)?, contract);
    }
    let mut moves = moved(entry)?;
    // A sweep that finds nothing has no line.
    if let Note::Hold { hold, placed: Some(_), currency, book, .. } = &row.note {
        moves.entry((*currency, book)).or_default().holds.entry(hold).or_default();
    }
    let net = row.volumes.sales - row.volumes.refunds;
    let sold = match row.facts.as_ref().filter(|_| net != 0) {
        Some(facts) => Some((facts.currency, kept.book_of(facts.contract)?)),
        None => None,
    };
    let sells = row.volumes.sales_count > 0;
    for (_, moves) in moves.iter_mut() {
        for (hold, (amount, held)) in moves.holds.iter_mut() {
            let before = held_before(entry, merchant, hold, *amount, kept)?;
            kept.put_hold(merchant, hold, entry.number, Held { amount: before.amount + *amount, ..before })?;
            *held = Some(before);
        }
        if moves.dispute != 0 {
            let payment = row.payment.as_ref().ok_or_else(|| fault(entry, "a provisional line without a payment"))?;
            let before = kept.disputed(merchant, payment, entry.number)?;
            let mut after = before.clone();
            settle(entry, &mut after, moves.dispute)?;
            kept.put_disputed(merchant, payment, entry.number, &after)?;
            moves.disputed = Some((before, after));
        }
    }
    let opened = match (&row.note, &row.facts) {
        (Note::Opening { .. }, Some(facts)) => Some((facts, kept.book_of(facts.contract)?)),
        _ => None,
    };
    if sold.is_none() && opened.is_none() && !sells && row.lines.is_empty() && row.alerts.is_empty() && !matches!(row.note, Note::Contract { .. }) {
        return Ok(None);
    }
    let known = kept.merchant(merchant, row.date)?;
    if sells {
        known.sold_on(row.date);
    }
    for alert in &row.alerts {
        let before = known.occurrences.get(alert).copied();
        known.occurrences.insert(*alert, Occurrences::again(before, row.date));
    }
    for ((currency, book), moves) in &moves {
        apply(entry, book, known.purse(*currency, book), moves)?;
    }
    if let (Some((facts, book)), Some((currency, minor))) = (opened, row.note.amount()) {
        *known.purse(currency, &book).opened.entry(facts.booked_on).or_default() += minor;
    }
    let full = sold.and_then(|(currency, book)| {
        let (chunk, dates) = sell(row.date, known.purse(currency, &book), net)?;
        Some(Full { currency, book, chunk, dates })
    });
    Ok(Some(Applied { merchant, before: known.changed_by.replace(entry.number), full }))
}

/// Counts a refused event that tells of money moved outside.
fn refused<'a>(entry: &'a Recorded, kept: &mut impl Kept) -> Result<Option<Applied<'a>>, Error> {
    let row = &entry.row;
    let Some(Subject::Merchant(merchant)) = &row.subject else { return Ok(None) };
    if !row.event_type.is_some_and(EventType::tells_of_moved_money) {
        return Ok(None);
    }
    let known = kept.merchant(merchant, row.date)?;
    let (currency, amount) = match row.note.amount() {
        Some((currency, minor)) => (Some(currency), minor),
        None => (known.currency, 0),
    };
    let before = known.money_refused.get(&currency).copied();
    known.money_refused.insert(currency, MoneyRefused::again(before, row.date, amount));
    Ok(Some(Applied { merchant, before: known.changed_by.replace(entry.number), full: None }))
}

fn set(date: Date, known: &mut Merchant, contract: &Contract) {
    known.mcc.clone_from(&contract.mcc);
    known.currency = Some(contract.currency);
    known.partner = contract.partner.as_ref().map(|partner| partner.id.clone());
    known.risk.clone_from(&contract.risk);
    let second_clearing = contract.model() == Model::SecondClearing;
    known.second_clearing_since = second_clearing.then(|| known.second_clearing_since.unwrap_or(date));
}

/// What lines move of accounts that are not one merchant's: schemes, and what safeguards a PSP's merchants.
fn houses(entry: &Recorded, kept: &mut impl Kept) -> Result<(), Error> {
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
    for (of, change) in schemes.into_iter().filter(|(_, change)| *change != 0) {
        kept.scheme(entry.row.date, of, change)?;
    }
    for (of, change) in safeguarded.into_iter().filter(|(_, change)| *change != 0) {
        kept.safeguard(entry.row.date, of, change)?;
    }
    Ok(())
}

/// A hold that is placed, or that money moves in or out of, before that. Only a payout that came back makes a hold without an event
/// of its own.
fn held_before(entry: &Recorded, merchant: &MerchantId, hold: &HoldId, amount: i128, kept: &mut impl Kept) -> Result<Held, Error> {
    if let Some(held) = kept.hold(merchant, hold, entry.number)? {
        return Ok(held);
    }
    let terms = if let Note::Hold { hold: placed, placed: Some(terms), .. } = &entry.row.note
        && placed == hold
    {
        HoldSince { reason: terms.reason, since: entry.row.date, expected_release: terms.expected_release }
    } else if amount < 0 {
        return Err(fault(entry, "money leaves a hold that was never placed"));
    } else {
        HoldSince { reason: HoldReason::PayoutReturned, since: entry.row.date, expected_release: None }
    };
    Ok(Held { terms, amount: 0 })
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}
