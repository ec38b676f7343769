//! Properties of fee income and exposure over random lives: sums are those of the accounts, whatever they are grouped by.

#[path = "support/random.rs"]
mod random;
mod support;

use ledger::entry::{Code, Party, Recorded};
use projections::answers::exposure::{Board, ExposureKey, ExposureQuery, Parameters};
use projections::answers::{Booked, GroupValue, IncomeKey, IncomeQuery, IncomeRows, agreement, book_name, fee_income};
use projections::folds::charges::minor;
use projections::folds::fee_income::Income;
use projections::views::Views;
use schemas::event::Book;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use support::*;

const SEEDS: std::ops::Range<u64> = 0..16;
const RECORDS: usize = 700;

/// Credits less debits of every code, by date, book and currency.
fn turnover(entries: &[Recorded]) -> BTreeMap<(Date, Book, Currency), BTreeMap<Code, i128>> {
    let mut all: BTreeMap<_, BTreeMap<Code, i128>> = BTreeMap::new();
    for entry in entries {
        for line in &entry.row.lines {
            let codes = all.entry((entry.row.date, line.book.clone(), line.currency)).or_default();
            *codes.entry(line.debit.code).or_default() -= minor(line);
            *codes.entry(line.credit.code).or_default() += minor(line);
        }
    }
    all
}

fn ask(views: &Views, life: &Life, group_by: &[IncomeKey]) -> IncomeRows {
    let query = IncomeQuery { from: date("2026-11-01"), to: date("2029-01-01"), group_by: group_by.to_vec(), filters: Vec::new(), limited: false };
    fee_income(&shard(views, &life.entries), &query).expect("readable").finish(&query).expect("few rows")
}

/// The rows without all keys but date, book and currency.
fn by_day(rows: &IncomeRows) -> BTreeMap<Vec<GroupValue>, Income> {
    let mut days: BTreeMap<Vec<GroupValue>, Income> = BTreeMap::new();
    for (key, (_, income)) in &rows.rows {
        let place = |wanted: IncomeKey| rows.keys.iter().position(|name| *name == wanted).expect("a key");
        let key = [IncomeKey::Day, IncomeKey::Book, IncomeKey::Currency].map(|wanted| key[place(wanted)].clone()).to_vec();
        days.entry(key).or_default().add(income);
    }
    days.retain(|_, income| !income.is_zero());
    days
}

#[test]
fn fee_income_adds_up_to_the_accounts_by_every_key() {
    let mut figures = 0;
    for seed in SEEDS {
        println!("seed {seed}");
        let life = random::life(seed, RECORDS);
        let scratch = tempfile::tempdir().expect("a directory");
        let writer = fold_into(scratch.path(), &life.entries, 64);
        let views = writer.views();
        let days = by_day(&ask(&views, &life, &[IncomeKey::Day]));
        for key in IncomeKey::ALL {
            assert_eq!(by_day(&ask(&views, &life, &[IncomeKey::Day, key][usize::from(key == IncomeKey::Day)..])), days, "seed {seed}, by {key:?}");
        }
        let keys = [IncomeKey::Mcc, IncomeKey::Card, IncomeKey::Day];
        assert_eq!(by_day(&ask(&views, &life, &keys)), days, "seed {seed}, by two keys of different tables");
        for ((day, book, currency), codes) in turnover(&life.entries) {
            let key = vec![GroupValue::Text(day.to_string()), GroupValue::Text(book_name(&book)), GroupValue::Text(currency.code().to_owned())];
            let income = days.get(&key).copied().unwrap_or_default();
            let of = |code: Code| codes.get(&code).copied().unwrap_or(0);
            let told = [
                (income.mdr, of(Code::MdrIncome)),
                (income.gateway, of(Code::GatewayIncome)),
                (-income.interchange, of(Code::InterchangeCost)),
                (-income.scheme_fees, of(Code::SchemeFeeCost)),
                (-income.partner_share, of(Code::PartnerShareCost)),
                (-income.maintenance, of(Code::MaintenanceCost)),
                (income.contribution(), codes.iter().filter(|(code, _)| (4000..6000).contains(&code.number())).map(|(_, amount)| amount).sum()),
            ];
            for (at, (told, booked)) in told.into_iter().enumerate() {
                assert_eq!(told, booked, "seed {seed}, {day} {book:?} {currency}, figure {at}");
            }
            figures += usize::from(!income.is_zero());
        }
    }
    assert!(figures > 100, "the lives earn something: {figures}");
}

/// Credits less debits of 2010 … 2050, by currency and holder.
fn held(entries: &[Recorded]) -> BTreeMap<(String, String), i128> {
    let mut all: BTreeMap<_, i128> = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| &entry.row.lines) {
        for (account, credit) in [(&line.debit, -minor(line)), (&line.credit, minor(line))] {
            if account.party == Party::Merchant && (2010..=2050).contains(&account.code.number()) {
                *all.entry((line.currency.code().to_owned(), book_name(&line.book))).or_default() += credit;
            }
        }
    }
    all.retain(|_, amount| *amount != 0);
    all
}

#[test]
fn exposure_adds_up_to_the_accounts_by_every_key() {
    let mut rows = 0;
    for seed in SEEDS {
        println!("seed {seed}");
        let life = random::life(seed, RECORDS);
        let scratch = tempfile::tempdir().expect("a directory");
        let mut following = Board::new(Parameters::default());
        // A board that follows in steps; each directory has the entries of a step more.
        for end in [life.entries.len() / 3, life.entries.len() / 2, life.entries.len()] {
            let entries = life.entries[..end].to_vec();
            let writer = fold_into(scratch.path(), &entries, 50);
            let views = writer.views();
            let shard = shard(&views, &entries);
            following.refresh(&shard).expect("readable");
            let mut fresh = Board::new(Parameters::default());
            fresh.refresh(&shard).expect("readable");
            let expected = held(&entries);
            for key in ExposureKey::ALL {
                let group_by = if matches!(key, ExposureKey::Holder | ExposureKey::Currency) {
                    vec![ExposureKey::Currency, ExposureKey::Holder]
                } else {
                    vec![ExposureKey::Currency, ExposureKey::Holder, key]
                };
                let query = ExposureQuery { group_by, ..ExposureQuery::default() };
                let answer = following.answer(&query).expect("few rows");
                assert_eq!(answer, fresh.answer(&query).expect("few rows"), "seed {seed}, {end} entries, by {key:?}");
                let mut told: BTreeMap<(String, String), i128> = BTreeMap::new();
                for (key, (_, amounts)) in &answer.rows {
                    let text = |at: usize| key[at].as_str().unwrap_or_default().to_owned();
                    *told.entry((text(0), text(1))).or_default() += amounts.amount;
                    assert!(amounts.amount > 0 && amounts.count >= 0 && amounts.of_age > 0, "seed {seed}: {key:?} {amounts:?}");
                }
                told.retain(|_, amount| *amount != 0);
                assert_eq!(told, expected, "seed {seed}, {end} entries, by {key:?}");
                rows += answer.rows.len();
            }
            // What a filter tells is what a row tells.
            let by_age = ExposureQuery { group_by: vec![ExposureKey::Age], ..ExposureQuery::default() };
            for (key, (currency, amounts)) in following.answer(&by_age).expect("few rows").rows {
                let age = key[0].as_str().expect("an age").to_owned();
                let one =
                    ExposureQuery { filters: vec![(ExposureKey::Age, age), (ExposureKey::Currency, currency.code().to_owned())], ..ExposureQuery::default() };
                let filtered = following.answer(&one).expect("few rows").rows;
                let same: Vec<_> = filtered.values().map(|(_, other)| (other.amount, other.overdue, one.count(other))).collect();
                assert_eq!(same, [(amounts.amount, amounts.overdue, by_age.count(&amounts))], "seed {seed}");
            }
        }
    }
    assert!(rows > 500, "the lives hold something: {rows}");
}

#[test]
fn shards_merge_in_any_order() {
    let query = ExposureQuery { group_by: vec![ExposureKey::Mcc, ExposureKey::Age], ..ExposureQuery::default() };
    let parts: Vec<_> = (0..3)
        .map(|seed| {
            let life = random::life(seed, 300);
            let scratch = tempfile::tempdir().expect("a directory");
            let writer = fold_into(scratch.path(), &life.entries, 50);
            let views = writer.views();
            let mut board = Board::new(Parameters::default());
            board.refresh(&shard(&views, &life.entries)).expect("readable");
            (board.answer(&query).expect("few rows"), ask(&views, &life, &[IncomeKey::Day, IncomeKey::Partner]))
        })
        .collect();
    let merged = |order: [usize; 3]| {
        let (mut exposure, mut income) = parts[order[0]].clone();
        for at in &order[1..] {
            exposure.merge(&query, parts[*at].0.clone()).expect("few rows");
            income.merge(parts[*at].1.clone());
        }
        (exposure, income)
    };
    let right = {
        let (mut exposure, mut income) = parts[1].clone();
        exposure.merge(&query, parts[2].0.clone()).expect("few rows");
        income.merge(parts[2].1.clone());
        let (mut first, mut first_income) = parts[0].clone();
        first.merge(&query, exposure).expect("few rows");
        first_income.merge(income);
        (first, first_income)
    };
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        // Merchants of the same name in several partitions do not occur; their alerts only have to be the same ones.
        assert!(merged(order) == right, "{order:?}");
    }
}

#[test]
fn what_is_told_adds_up_to_what_was_booked_and_a_missing_line_is_found() {
    let mut figures = 0;
    for seed in SEEDS {
        println!("seed {seed}");
        let life = random::life(seed, RECORDS);
        let scratch = tempfile::tempdir().expect("a directory");
        let writer = fold_into(scratch.path(), &life.entries, 64);
        let views = writer.views();
        let shard = shard(&views, &life.entries);
        let mut booked = Booked::default();
        life.entries.iter().for_each(|entry| booked.add(entry));
        let whole = agreement(&shard, &booked).expect("readable");
        assert_eq!((whole.differ, &whole.described), (0, &Vec::new()), "seed {seed}");
        figures += whole.figures;
        // The first sale twice: income, accounts and exposure are no longer what they were.
        let sale = life.entries.iter().find(|entry| entry.row.volumes.sales_count == 1 && entry.row.lines.len() > 1).expect("a sale");
        booked.add(sale);
        let doubled = agreement(&shard, &booked).expect("readable");
        assert!(doubled.differ >= 3, "seed {seed}: {doubled:?}");
        assert!(doubled.described.iter().any(|text| text.starts_with("exposure")), "seed {seed}: {doubled:?}");
    }
    assert!(figures > 5000, "{figures} figures were compared");
}
