//! What the house settled with schemes, PSPs and partners, matched with what banks and schemes say of it: by amount and party, within
//! [`WITHIN_DAYS`] business days. Of a scheme the settlement lines of one report are added up.
//!
//! A house has a few settlements a day, so all of them are read.

use super::context::Context;
use super::gather::Group;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{HOUSE, HOUSE_ENTRIES, HouseEntry, Item, SETTLEMENTS, Settlement, Side};
use crate::views::Order;
use schemas::event::Book;
use schemas::ids::PspId;
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// How many business days an entry and its line are apart at most.
pub const WITHIN_DAYS: u16 = 3;

/// An entry of the house that a source is expected to tell of.
struct Expected {
    item: Item,
    party: String,
    event: Option<String>,
    answered: bool,
}

/// What a source says of a settlement: a line, or of a scheme the lines of a report.
struct Said {
    items: Vec<Item>,
    party: Option<String>,
    date: Date,
}

/// Visits the pairs of the house's settlements.
pub fn each(context: &Context<'_>, shard: &Shard<'_>, visit: &mut dyn FnMut(Group) -> Result<(), Error>) -> Result<(), Error> {
    let mut entries = Vec::new();
    for row in shard.snapshot.scan(&HOUSE_ENTRIES, &(), Order::Ascending)? {
        let ((date, number), entry) = row?;
        if date <= context.until {
            entries.push((date, number, entry));
        }
    }
    let mut said = BTreeMap::<String, Vec<Said>>::new();
    for row in shard.snapshot.scan(&SETTLEMENTS, &(), Order::Ascending)? {
        let ((date, _), Settlement { source, party, item, .. }) = row?;
        if let Some(item) = item.filter(|_| date <= context.until) {
            add(context, &mut said, source, party, item)?;
        }
    }
    let sources: BTreeSet<String> = said.keys().cloned().chain(context.sources().cloned()).collect();
    for source in sources {
        let expected = expected(context, &source, &entries);
        pairs(context, shard, &source, expected, said.remove(&source).unwrap_or_default(), visit)?;
    }
    Ok(())
}

fn add(context: &Context<'_>, said: &mut BTreeMap<String, Vec<Said>>, source: String, party: Option<String>, item: Item) -> Result<(), Error> {
    let Side::Theirs { hash, date, report, .. } = &item.side else { return Ok(()) };
    if context.is_claimed(*hash)? {
        return Ok(());
    }
    let (date, report) = (*date, report.clone());
    let all = said.entry(source.clone()).or_default();
    let scheme = source.strip_prefix("scheme:").map(str::to_owned);
    let of_report = |other: &&mut Said| {
        other.items.first().is_some_and(|first| first.currency == item.currency && matches!(&first.side, Side::Theirs { report: of, .. } if *of == report))
    };
    match all.iter_mut().find(of_report).filter(|_| scheme.is_some()) {
        Some(other) => {
            other.date = other.date.max(date);
            other.items.push(item);
        }
        None => all.push(Said { party: scheme.or(party), date, items: vec![item] }),
    }
    Ok(())
}

/// The entries that a source is expected to tell of: of a bank those on its account, of a scheme what it settled with the bank.
fn expected(context: &Context<'_>, source: &str, entries: &[(Date, u64, HouseEntry)]) -> Vec<Expected> {
    let scheme = source.strip_prefix("scheme:");
    let account = context.terms.account(source);
    let is_of = |book: &Book, currency: Currency, entry: &HouseEntry| match (scheme, account) {
        (Some(scheme), _) => entry.is_scheme && entry.party == scheme && *book == Book::Bank,
        (None, Some(account)) => account.book == *book && account.currency == currency,
        (None, None) => false,
    };
    let expect = |(date, number, entry): &(Date, u64, HouseEntry)| {
        let (book, currency) = (book(&entry.book)?, entry.currency?);
        is_of(&book, currency, entry).then(|| Expected {
            item: Item {
                date: *date,
                entry: *number,
                offset: entry.offset,
                minor: entry.minor,
                currency,
                fee: None,
                payment: None,
                reference: None,
                side: Side::Ours { contract: None, book },
            },
            party: entry.party.clone(),
            event: entry.event.as_ref().map(ToString::to_string),
            answered: false,
        })
    };
    entries.iter().filter_map(expect).collect()
}

fn book(text: &str) -> Option<Book> {
    match text.strip_prefix("psp:") {
        Some(psp) => PspId::new(psp).map(Book::Psp),
        None => Some(Book::Bank),
    }
}

fn pairs(
    context: &Context<'_>,
    shard: &Shard<'_>,
    source: &str,
    mut expected: Vec<Expected>,
    said: Vec<Said>,
    visit: &mut dyn FnMut(Group) -> Result<(), Error>,
) -> Result<(), Error> {
    let group = |items: Vec<Item>, event: Option<String>| {
        let of = (HOUSE.to_owned(), source.to_owned(), ReportKind::Settlement);
        Group { event, ..Group::new(shard.partition, of, items) }
    };
    let calendar = context.terms.calendar(source);
    for Said { items, party, date } in said {
        let minor: i128 = items.iter().map(|item| item.minor).sum();
        let currency = items.first().map(|item| item.currency);
        let is_it = |ours: &&mut Expected| {
            !ours.answered
                && ours.item.minor == minor
                && Some(ours.item.currency) == currency
                && Some(&ours.party) == party.as_ref()
                && context.calendars.within(calendar, ours.item.date, date, WITHIN_DAYS)
        };
        match expected.iter_mut().find(is_it) {
            Some(ours) => {
                ours.answered = true;
                // The lines of a report are one answer: the others add to the first.
                visit(group([vec![ours.item.clone()], vec![together(items, minor)].into_iter().flatten().collect()].concat(), ours.event.clone()))?;
            }
            None => visit(group(together(items, minor).into_iter().collect(), None))?,
        }
    }
    for ours in expected.into_iter().filter(|ours| !ours.answered) {
        visit(group(vec![ours.item], ours.event))?;
    }
    Ok(())
}

/// Lines of one report as one: the first, with what all add up to, as of when the last one came.
fn together(items: Vec<Item>, minor: i128) -> Option<Item> {
    let last = items.iter().map(|item| item.date).max()?;
    items.into_iter().next().map(|first| Item { minor, date: last, ..first })
}
