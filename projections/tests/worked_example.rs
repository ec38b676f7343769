//! The worked example of the HTTP contract: every figure that an answer tells of it.

mod support;

use projections::answers::lists::{Disputes, Entries, Filter, Holds, ListQuery, Payouts};
use projections::answers::{
    AccountKeyName, AccountQuery, AsOf, Error, KeyValue, MerchantQuery, Window, accounts, balances, fees, merchants, merge_merchants, payment, statement,
};
use schemas::event::EventType;
use schemas::ids::PaymentId;
use schemas::money::format_scaled;
use serde_json::json;
use support::*;

fn yuan(minor: i128) -> String {
    format_scaled(minor, 2)
}

#[test]
fn balances_as_a_date_closed_and_now() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let writer = fold_into(scratch.path(), &life.entries, 3);
    let views = writer.views();
    let shard = shard(&views, &life.entries);

    let then = balances(&shard, &merchant("M1"), AsOf::Date(date("2026-11-20"))).expect("closed");
    // Offsets: 0 opening, 1 calendar, 2 contract, 3 the sale, 4 the day close.
    assert_eq!((then.position, then.business_date, then.calendar_missing.len()), (3, Some(date("2026-11-20")), 0));
    let purse = then.purses.values().next().expect("one purse");
    let pending: Vec<_> = purse.pending.iter().map(|(day, amount)| (day.to_string(), yuan(*amount))).collect();
    let reserve: Vec<_> = purse.reserve.iter().map(|(day, amount)| (day.to_string(), yuan(*amount))).collect();
    assert_eq!(pending, [("2026-11-23".to_owned(), "894.00".to_owned())]);
    assert_eq!(reserve, [("2027-05-19".to_owned(), "100.00".to_owned())]);
    assert_eq!((purse.available, purse.payable(), purse.owed, purse.holds.amount), (0, 0, 0, 0));

    let now = balances(&shard, &merchant("M1"), AsOf::Now).expect("known");
    let purse = now.purses.values().next().expect("one purse");
    assert_eq!([purse.pending_total(), purse.available, purse.reserve_total(), purse.holds.amount].map(yuan), ["179.00", "274.60", "110.00", "30.00"]);
    assert_eq!((purse.in_transit, purse.disputed, yuan(purse.total())), (0, 0, "593.60".to_owned()));
    assert_eq!((purse.holds.first[0].hold.as_str(), purse.holds.first[0].since, purse.holds.first[0].missing), ("H1", date("2026-11-23"), 0));
    let set_by = now.terms.as_ref().and_then(|terms| life.entries[usize::try_from(terms.number).expect("few")].row.event.clone());
    assert_eq!(set_by.map(|event| event.to_string()), Some("c-1".to_owned()));

    assert!(matches!(balances(&shard, &merchant("M2"), AsOf::Now), Err(Error::NotFound)));
    assert!(matches!(balances(&shard, &merchant("M1"), AsOf::Date(date("2026-11-24"))), Err(Error::NotCaughtUp { .. })));
    assert!(matches!(balances(&shard, &merchant("M1"), AsOf::Position(99)), Err(Error::NotCaughtUp { .. })));
    let before = balances(&shard, &merchant("M1"), AsOf::Position(2)).expect("a position of the first date");
    assert!(before.purses.is_empty() && before.terms.is_some(), "the contract was set, nothing was sold");
}

#[test]
fn the_statement_closes_to_the_unit() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let open = fold_into(&scratch.path().join("open"), &life.entries, 100);
    let views = open.views();
    let asked = statement(&shard(&views, &life.entries), &merchant("M1"), date("2026-11-23")..=date("2026-11-23"));
    assert!(matches!(asked, Err(Error::NotClosed { open: Some(_) })));
    life.close(date("2026-11-23"));
    let writer = fold_into(&scratch.path().join("closed"), &life.entries, 2);
    let views = writer.views();
    let told = statement(&shard(&views, &life.entries), &merchant("M1"), date("2026-11-23")..=date("2026-11-23")).expect("closed");
    let account = told.accounts.values().next().expect("one account");
    let buckets = |purse: &projections::folds::balances::Purse| {
        [purse.pending_total(), purse.available, purse.reserve_total(), purse.holds.amount, purse.disputed, purse.in_transit, purse.owed, purse.total()]
            .map(yuan)
    };
    assert_eq!(buckets(account.opening.as_ref().expect("it had money")), ["894.00", "0.00", "100.00", "0.00", "0.00", "0.00", "0.00", "994.00"]);
    assert_eq!(buckets(&account.closing), ["179.00", "274.60", "110.00", "30.00", "0.00", "0.00", "0.00", "593.60"]);
    let m = account.movements;
    let moved = [m.sales, m.refunds, m.disputes, m.fees, m.payouts, m.seized, m.debt, m.adjustments].map(yuan);
    assert_eq!(moved, ["200.00", "-100.00", "0.00", "-0.40", "-500.00", "0.00", "0.00", "0.00"]);
    assert_eq!(account.opening_total() + m.total(), account.closing.total());
    assert_eq!(told.position, life.offset - 2, "the last record before its day_closed");
}

#[test]
fn a_payment_and_its_events() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    life.event(serde_json::json!({"id": "r2", "type": "refund", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "5000.00"}));
    let writer = fold_into(scratch.path(), &life.entries, 1);
    let views = writer.views();
    let told = payment(&shard(&views, &life.entries), &merchant("M1"), &PaymentId::new("P1").expect("an id")).expect("known");
    let p = &told.payment;
    assert_eq!([p.authorised, p.captured, p.refunded, p.charged_back, p.fees(), p.net()].map(yuan), ["0.00", "1000.00", "100.00", "0.00", "5.40", "894.60"]);
    let terms = p.terms.as_ref().expect("sold");
    assert_eq!((terms.stage.as_str(), terms.booked_on, terms.available_on), ("captured", date("2026-11-20"), Some(date("2026-11-23"))));
    assert_eq!(terms.terminal.as_ref().map(|terminal| terminal.as_str()), Some("T1"));
    let events: Vec<_> = told.events.iter().map(|event| (event.event.as_str(), event.event_type.as_str(), event.position)).collect();
    assert_eq!(events, [("e3", "sale", 3), ("r1", "refund", 8), ("d1", "dispute_opened", 9), ("r2", "refund", 13)]);
    assert!(matches!(told.events[3].outcome, ledger::entry::Outcome::Refused { code: ledger::entry::RefusalCode::ExceedsCaptured, .. }));
    assert_eq!(told.events[1].amount.map(|(_, minor)| minor), Some(10_000));
}

#[test]
fn lists_of_objects_and_fees() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let writer = fold_into(scratch.path(), &life.entries, 4);
    let views = writer.views();
    let (shard, m1, all) = (shard(&views, &life.entries), merchant("M1"), Window::newest(100));
    let of_m1 = ListQuery::newest(100, Filter::of("M1"));
    let (of, hold) = &page(&shard, Holds, &of_m1).rows[0];
    assert_eq!(*of, m1);
    assert_eq!((hold.hold.as_str(), hold.placed, hold.amount(), hold.missing, hold.is_open()), ("H1", 3000, 3000, 0, true));
    assert_eq!((hold.since, hold.expected_release), (date("2026-11-23"), Some(date("2026-11-30"))));
    let (_, payout) = &page(&shard, Payouts, &of_m1).rows[0];
    assert_eq!((payout.payout.as_str(), payout.amount, payout.state.as_str(), payout.closed_on), ("O1", 50_000, "paid", Some(date("2026-11-23"))));
    let (_, dispute) = &page(&shard, Disputes, &of_m1).rows[0];
    assert_eq!((dispute.dispute.as_str(), dispute.payment.as_str(), dispute.state(), dispute.amount, dispute.fee), ("D1", "P1", "opened", 5000, 0));
    let rows = fees(&shard, &m1, &all).expect("readable").rows;
    let told: Vec<_> = rows.iter().map(|row| (row.day.to_string(), row.kind.as_str(), row.fee.count, row.fee.amount, row.fee.vat)).collect();
    // 1.00 charged with 0.06 VAT, 0.60 back with 0.03.
    assert_eq!(told, [("2026-11-23".to_owned(), "mdr", 2, 40, 3), ("2026-11-20".to_owned(), "mdr", 1, 600, 34)]);
    let second = fees(&shard, &m1, &Window { limit: 1, ..all.clone() }).expect("readable");
    let rest = fees(&shard, &m1, &Window { limit: 1, cursor: second.next, ..all }).expect("readable");
    assert_eq!((rest.rows, rest.next), (vec![rows[1].clone()], None));
    let none = page(&shard, Payouts, &ListQuery { to: Some(date("2026-11-22")), ..of_m1 });
    assert!(none.rows.is_empty());
}

#[test]
fn entries_of_a_payment_of_a_type_of_a_date() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let writer = fold_into(scratch.path(), &life.entries, 100);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let ask = |payment: Option<&str>, event_type: Option<EventType>, window: Window| {
        let filter = Filter { payment: payment.and_then(PaymentId::new), types: event_type.into_iter().collect(), ..Filter::of("M1") };
        let Window { from, to, limit, cursor } = window;
        let page = page(&shard, Entries, &ListQuery { from, to, limit, cursor, filter });
        let events: Vec<_> = page.rows.iter().filter_map(|entry| entry.row.event.as_ref().map(|event| event.as_str().to_owned())).collect();
        (events, page.next)
    };
    assert_eq!(ask(Some("P1"), None, Window::newest(10)).0, ["d1", "r1", "e3"]);
    assert_eq!(ask(Some("P1"), Some(EventType::Refund), Window::newest(10)).0, ["r1"]);
    assert_eq!(ask(None, Some(EventType::Sale), Window::newest(10)).0, ["e4", "e3"]);
    assert_eq!(ask(None, None, Window { to: Some(date("2026-11-20")), ..Window::newest(10) }).0, ["e3", "c-1"]);
    let (first, next) = ask(None, None, Window::newest(3));
    assert_eq!(first, ["o2", "o1", "h1"]);
    let cursor = next.map(|cursor| projections::answers::Cursor::parse(&cursor.to_string()).expect("its own text"));
    assert_eq!(ask(None, None, Window { cursor, ..Window::newest(3) }).0, ["d1", "r1", "e4"]);
    assert!(projections::answers::Cursor::parse("zz").is_err());
}

#[test]
fn a_trial_balance() {
    let (life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let writer = fold_into(scratch.path(), &life.entries, 5);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let by_code = AccountQuery { group_by: vec![AccountKeyName::Book, AccountKeyName::Code], ..AccountQuery::default() };
    let (rows, moment) = accounts(&shard, &by_code, AsOf::Now).expect("readable");
    assert_eq!(moment.position, life.offset - 1);
    let (key, (_, sums)) = rows.rows.iter().next().expect("a row");
    assert_eq!(key, &["bank", "1010", "CNY"].map(|text| KeyValue::Text(text.to_owned())));
    assert_eq!(
        [i128::try_from(sums.debits).expect("small"), i128::try_from(sums.credits).expect("small"), sums.balance()].map(yuan),
        ["1200.00", "105.60", "1094.40"]
    );
    assert_eq!(rows.rows.values().map(|(_, sums)| sums.balance()).sum::<i128>(), 0);

    let mut both = rows.clone();
    both.merge(rows.clone()).expect("few rows");
    assert!(
        both.rows.len() == rows.rows.len() && both.rows.iter().all(|(key, (_, sums))| sums.balance() == 2 * rows.rows[key].1.balance()),
        "two shards add up"
    );

    let by_merchant = AccountQuery { group_by: vec![AccountKeyName::Merchant], filters: vec![(AccountKeyName::Code, "2020".to_owned())], limited: false };
    let (now, _) = accounts(&shard, &by_merchant, AsOf::Now).expect("readable");
    assert_eq!(now.rows.values().map(|(_, sums)| sums.balance()).collect::<Vec<_>>(), [-27_460]);
    // After the second close the money of the sale is available; the sale of the day has not come.
    let (then, _) = accounts(&shard, &by_merchant, AsOf::Position(6)).expect("readable");
    assert_eq!(then.rows.values().map(|(_, sums)| sums.balance()).collect::<Vec<_>>(), [-89_400]);
    let (closed, _) = accounts(&shard, &by_merchant, AsOf::Date(date("2026-11-20"))).expect("readable");
    assert!(closed.rows.is_empty());
}

#[test]
fn search() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    life.posted(contract("M2", "c-2", |c| {
        c["name"] = "Hotel".into();
        c["mcc"] = "7011".into();
        c["funds_flow"] = serde_json::json!({"kind": "via_psp", "psp": "psp-7"});
    }));
    let writer = fold_into(scratch.path(), &life.entries, 100);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let find = |query: MerchantQuery| {
        let page = merge_merchants(&query, [merchants(&shard, &query).expect("readable")]);
        (page.rows.iter().map(|row| row.merchant.as_str().to_owned()).collect::<Vec<_>>(), page.next)
    };
    let all = MerchantQuery { limit: 10, ..MerchantQuery::default() };
    assert_eq!(find(all.clone()), (vec!["M1".to_owned(), "M2".to_owned()], None));
    assert_eq!(find(MerchantQuery { text: Some("NOODLE".to_owned()), ..all.clone() }).0, ["M1"]);
    assert_eq!(find(MerchantQuery { text: Some("m2".to_owned()), ..all.clone() }).0, ["M2"]);
    assert_eq!(find(MerchantQuery { mcc: Some("7011".to_owned()), ..all.clone() }).0, ["M2"]);
    assert_eq!(find(MerchantQuery { model: Some(schemas::contract::Model::Referral), ..all.clone() }).0, ["M1"]);
    let (first, next) = find(MerchantQuery { limit: 1, ..all.clone() });
    assert_eq!((first, find(MerchantQuery { cursor: next, ..all }).0), (vec!["M1".to_owned()], vec!["M2".to_owned()]));
}

#[test]
fn a_gateway_fee_that_is_all_vat_is_told_as_one() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |contract| {
        contract["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "1"}});
        contract["rates"] = json!([{"percent": "0.10"}]);
        contract["vat_percent"] = json!("10");
    }));
    life.posted(json!({"id": "s", "type": "sale", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "5.00", "card": "debit", "scheme": "visa"}));
    // The gateway fee rises from 0.05 to 0.06, the VAT in it from nothing to 0.01; the merchant fee stays 0.01.
    let tip = life.posted(json!({"id": "t", "type": "tip_adjusted", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "1.00"}));
    assert!(tip.row.lines.iter().all(|line| line.credit.code != ledger::entry::Code::GatewayIncome), "{:?}", tip.row.lines);
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 10).views();
    let told = fees(&shard(&views, &life.entries), &merchant("M1"), &Window::newest(100)).expect("readable").rows;
    let told: Vec<_> = told.iter().map(|row| (row.kind.as_str(), row.fee.count, yuan(row.fee.amount), yuan(row.fee.vat))).collect();
    assert_eq!(told, [("gateway", 2, "0.06".into(), "0.01".into()), ("mdr", 1, "0.01".into(), "0.00".into())]);
}

#[test]
fn a_calendar_that_came_later_does_not_change_the_past() {
    let mut life = Life::opened("2026-12-31");
    life.posted(contract("M1", "c-1", |_| {}));
    life.posted(json!({"id": "s", "type": "sale", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "5.00", "card": "debit", "scheme": "visa"}));
    let before = life.offset - 1;
    life.posted(json!({"id": "cal", "type": "calendar_set", "calendar": "CN", "year": 2027, "closed": [], "open": []}));
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 10).views();
    let missing = |as_of| balances(&shard(&views, &life.entries), &merchant("M1"), as_of).expect("known").calendar_missing;
    assert_eq!(missing(AsOf::Position(before)), ["CN-2027"]);
    assert_eq!(missing(AsOf::Now), Vec::<String>::new());
}
