//! Whether what is told adds up to what was booked: the same money, reckoned from the journal's lines alone.
//!
//! Five identities, each to the minor unit: the trial balance by book, code and currency; fee income by date, book and
//! currency, code by code; exposure by holder and currency, which is all of 2010 … 2050; each statement of each merchant,
//! whose opening is the closing before and leads by its movements to its own closing; and the causes of each merchant's money,
//! which are its pools' balances.

use super::exposure::{Board, ExposureKey, ExposureQuery, Parameters};
use super::payouts::pool_sums;
use super::{AccountKeyName, AccountQuery, AsOf, Error, GroupValue, IncomeKey, IncomeQuery, KeyValue, Shard, accounts, book_name, fee_income, statement};
use crate::folds::accounts::Sums;
use crate::folds::balances::{BALANCES, Purse};
use crate::folds::reference::{DATES, IN_FORCE};
use crate::views::Order;
use ledger::entry::{Account, Code, Party, Recorded};
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// Differences that are described; more are only counted.
pub const DESCRIBED_MAX: usize = 20;

/// A pair of book and currency, as answers name them.
type Place = (String, String);

/// The journal's lines, added up. Bounded by dates, books, currencies and codes; never by merchants.
#[derive(Clone, Debug, Default)]
pub struct Booked {
    by_date: BTreeMap<Date, BTreeMap<Place, BTreeMap<Code, Sums>>>,
    held: BTreeMap<Place, i128>,
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// How many figures were compared.
    pub figures: u64,
    /// How many differ.
    pub differ: u64,
    /// The first of them.
    pub described: Vec<String>,
}

impl Booked {
    /// Adds an entry's lines.
    pub fn add(&mut self, entry: &Recorded) {
        for line in &entry.row.lines {
            let place = (book_name(&line.book), line.currency.code().to_owned());
            let held = [(&line.credit, 1), (&line.debit, -1)].into_iter().filter(|(account, _)| is_held(account)).map(|(_, sign)| sign).sum::<i128>();
            if held != 0 {
                *self.held.entry(place.clone()).or_default() += held * line.amount.signed();
            }
            let codes = self.by_date.entry(entry.row.date).or_default().entry(place).or_default();
            codes.entry(line.debit.code).or_default().debits += line.amount.get();
            codes.entry(line.credit.code).or_default().credits += line.amount.get();
        }
    }

    fn totals(&self) -> BTreeMap<(Place, Code), Sums> {
        let mut totals: BTreeMap<_, Sums> = BTreeMap::new();
        for (place, codes) in self.by_date.values().flatten() {
            for (code, sums) in codes {
                totals.entry((place.clone(), *code)).or_default().add(*sums);
            }
        }
        totals
    }
}

/// A merchant's money: 2010 … 2050.
fn is_held(account: &Account) -> bool {
    account.party == Party::Merchant && (Code::Pending.number()..=Code::PayoutInTransit.number()).contains(&account.code.number())
}

impl Agreement {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: impl FnOnce() -> String, told: &T, booked: &T) {
        self.figures += 1;
        if told != booked {
            self.differ += 1;
            if self.described.len() < DESCRIBED_MAX {
                self.described.push(format!("{}: {told:?} is told, {booked:?} was booked", what()));
            }
        }
    }
}

/// Compares the answers of a shard with its booked lines, which must be those of the entries that its views have.
///
/// # Errors
/// Those of reading.
pub fn agreement(shard: &Shard, booked: &Booked) -> Result<Agreement, Error> {
    let mut agreement = Agreement::default();
    trial_balance(shard, booked, &mut agreement)?;
    income(shard, booked, &mut agreement)?;
    exposure(shard, booked, &mut agreement)?;
    statements(shard, &mut agreement)?;
    Ok(agreement)
}

fn trial_balance(shard: &Shard, booked: &Booked, agreement: &mut Agreement) -> Result<(), Error> {
    let query = AccountQuery { group_by: vec![AccountKeyName::Book, AccountKeyName::Currency, AccountKeyName::Code], ..AccountQuery::default() };
    let (told, _) = accounts(shard, &query, AsOf::Now)?;
    let text = |value: &KeyValue| match value {
        KeyValue::Text(text) => text.clone(),
        KeyValue::Null => String::new(),
    };
    let told: BTreeMap<Vec<String>, Sums> = told.rows.iter().map(|(key, (_, sums))| (key.iter().map(text).collect(), *sums)).collect();
    let booked = booked.totals();
    for (((book, currency), code), sums) in &booked {
        let key = vec![book.clone(), currency.clone(), code.number().to_string()];
        agreement.compare(|| format!("account {}", key.join(" ")), &told.get(&key).copied().unwrap_or_default(), sums);
    }
    agreement.compare(|| "how many accounts there are".to_owned(), &told.len(), &booked.len());
    Ok(())
}

fn income(shard: &Shard, booked: &Booked, agreement: &mut Agreement) -> Result<(), Error> {
    for (date, places) in &booked.by_date {
        let query = IncomeQuery { from: *date, to: *date, group_by: vec![IncomeKey::Book], filters: Vec::new(), limited: false };
        let told = fee_income(shard, &query)?.finish(&query)?;
        let at = |wanted: IncomeKey, key: &[GroupValue]| {
            let place = told.keys.iter().position(|name| *name == wanted);
            place.and_then(|place| key.get(place)).and_then(GroupValue::as_str).unwrap_or_default().to_owned()
        };
        let rows: BTreeMap<Place, _> = told.rows.iter().map(|(key, (_, income))| ((at(IncomeKey::Book, key), at(IncomeKey::Currency, key)), *income)).collect();
        for (place, codes) in places {
            let income = rows.get(place).copied().unwrap_or_default();
            let earned = |code: Code| -codes.get(&code).copied().unwrap_or_default().balance();
            let all: i128 = codes.iter().filter(|(code, _)| (4000..6000).contains(&code.number())).map(|(_, sums)| -sums.balance()).sum();
            let figures = [
                ("mdr", income.mdr, earned(Code::MdrIncome)),
                ("gateway", income.gateway, earned(Code::GatewayIncome)),
                ("interchange", income.interchange, -earned(Code::InterchangeCost)),
                ("scheme_fees", income.scheme_fees, -earned(Code::SchemeFeeCost)),
                ("partner_share", income.partner_share, -earned(Code::PartnerShareCost)),
                ("maintenance", income.maintenance, -earned(Code::MaintenanceCost)),
                ("contribution", income.contribution(), all),
            ];
            for (name, told, booked) in figures {
                agreement.compare(|| format!("{name} of {date}, {} {}", place.0, place.1), &told, &booked);
            }
        }
    }
    Ok(())
}

fn exposure(shard: &Shard, booked: &Booked, agreement: &mut Agreement) -> Result<(), Error> {
    let mut board = Board::new(Parameters::default());
    board.refresh(shard)?;
    let answer = board.answer(&ExposureQuery { group_by: vec![ExposureKey::Holder, ExposureKey::Currency], ..ExposureQuery::default() })?;
    let text = |value: Option<&GroupValue>| value.and_then(GroupValue::as_str).unwrap_or_default().to_owned();
    let told: BTreeMap<Place, i128> = answer.rows.iter().map(|(key, (_, amounts))| ((text(key.first()), text(key.get(1))), amounts.amount)).collect();
    for (place, held) in &booked.held {
        agreement.compare(|| format!("exposure of {} {}", place.0, place.1), &told.get(place).copied().unwrap_or_default(), held);
    }
    Ok(())
}

fn statements(shard: &Shard, agreement: &mut Agreement) -> Result<(), Error> {
    let mut closed = Vec::new();
    for row in shard.snapshot.scan(&DATES, &(), Order::Ascending)? {
        let (date, range) = row?;
        closed.extend(range.closed.map(|_| date));
    }
    for row in shard.snapshot.scan(&IN_FORCE, &(), Order::Ascending)? {
        let name = row?.0;
        merchant(shard, &name, &closed, agreement)?;
        causes(shard, &name, agreement)?;
    }
    Ok(())
}

/// What payouts consist of: the causes of a merchant's money are what it has.
fn causes(shard: &Shard, merchant: &MerchantId, agreement: &mut Agreement) -> Result<(), Error> {
    let Some(balances) = BALANCES.now(&shard.snapshot, merchant)? else { return Ok(()) };
    for ((currency, book), purse) in balances.purses.iter() {
        let told = pool_sums(shard, merchant, *currency, book)?;
        let booked = [purse.available, purse.pending_total(), purse.reserve_total()];
        agreement.compare(|| format!("causes of what {merchant} has, {} {}", book_name(book), currency.code()), &told, &booked);
    }
    Ok(())
}

/// Every statement of one merchant.
fn merchant(shard: &Shard, merchant: &MerchantId, closed: &[Date], agreement: &mut Agreement) -> Result<(), Error> {
    let mut before: BTreeMap<(Currency, Book), Purse> = BTreeMap::new();
    for date in closed {
        let statement = match statement(shard, merchant, *date..=*date) {
            Ok(statement) => statement,
            Err(Error::NotFound) => continue,
            Err(error) => return Err(error),
        };
        for (place, account) in statement.accounts {
            let what = |of: &str| format!("{of} of {merchant} on {date}, {} {}", book_name(&place.1), place.0.code());
            agreement.compare(|| what("opening"), &account.opening_total(), &before.get(&place).map_or(0, Purse::total));
            agreement.compare(|| what("closing"), &account.closing.total(), &(account.opening_total() + account.movements.total()));
            before.insert(place, account.closing);
        }
    }
    Ok(())
}
