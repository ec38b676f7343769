//! The published examples, as lives: `event → postings` and `event → balances`.

use super::Fold;
use crate::entry::{Outcome, Row};
use crate::source::Nothing;
use schemas::event::Book;
use schemas::money::Currency;
use serde_json::{Value, json};

/// A partition of its own, fed with events.
pub(super) struct Life {
    pub(super) fold: Fold,
    offset: i64,
}

impl Life {
    pub(super) fn opened(date: &str) -> Self {
        let mut life = Self { fold: Fold::open(0, 1, &Nothing).expect("an empty fold"), offset: 0 };
        life.event(json!({"id": "open", "type": "ledger_opened", "date": date, "time_zone": "Asia/Shanghai"}));
        life
    }

    pub(super) fn event(&mut self, event: Value) -> Vec<Row> {
        let mut rows = Vec::new();
        self.fold.record(&Nothing, self.offset, event.to_string().as_bytes(), &mut rows).expect("state can be read");
        self.offset += 1;
        rows
    }

    pub(super) fn posted(&mut self, mut event: Value) -> Vec<String> {
        event["occurred_at"] = json!("2026-11-20T10:00:00+08:00");
        let rows = self.event(event.clone());
        assert!(matches!(rows[0].outcome, Outcome::Posted), "{event}: {:?}", rows[0].outcome);
        rows[0].lines.iter().map(written).collect()
    }

    fn close(&mut self, date: &str) {
        let rows = self.event(json!({"id": format!("close-{date}"), "type": "day_closed", "date": date}));
        assert!(matches!(rows[0].outcome, Outcome::Posted), "{:?}", rows[0].outcome);
    }

    fn pending(&mut self, merchant: &str) -> u128 {
        let held = self.fold.merchants.take(&Nothing, merchant).expect("readable").expect("known");
        let currency = Currency::from_code("CNY").expect("a currency");
        let pending = held.value.purses.get(&(Book::Bank, currency)).map_or(0, |purse| purse.pending_total());
        self.fold.merchants.put(merchant, held);
        pending
    }
}

fn written(line: &crate::entry::Posting) -> String {
    format!("{} {} {}", line.debit.code.number(), line.credit.code.number(), line.amount)
}

pub(super) fn contract(rate: &str, interchange: &str, caps: (&str, &str, &str)) -> Value {
    let capped = |percent: &str, cap: &str| if cap.is_empty() { json!({"percent": percent}) } else { json!({"percent": percent, "cap": cap}) };
    json!({"id": "c-1", "type": "contract_set", "merchant": "M1", "contract": {
        "name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "funds_flow": {"kind": "direct"}, "partner": {"kind": "referral", "id": "isv-9", "share_percent": "50"},
        "rates": [capped(rate, caps.0)], "costs": [{"interchange": capped(interchange, caps.1), "scheme_fee": capped("0.0325", caps.2)}],
        "vat_percent": "6", "settlement": {"delay_days": 1, "calendar": "CN", "days": "business"}}})
}

pub(super) fn sale(id: &str, amount: &str, card: &str) -> Value {
    json!({"id": id, "type": "sale", "merchant": "M1", "payment": id, "currency": "CNY", "amount": amount, "card": card, "scheme": "unionpay"})
}

#[test]
fn the_two_worked_sales() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("0.60", "0.45", ("", "", "")));
    let lines = life.posted(sale("P1", "1000.00", "credit"));
    assert_eq!(lines, ["1010 2010 100000", "2010 4010 566", "2010 2090 34", "5010 1010 450", "5020 1010 33", "5030 2080 59"]);

    let mut life = Life::opened("2026-11-20");
    life.posted(contract("0.50", "0.35", ("20.00", "13.00", "3.25")));
    let lines = life.posted(sale("P1", "10000.00", "debit"));
    assert_eq!(lines, ["1010 2010 1000000", "2010 4010 1887", "2010 2090 113", "5010 1010 1300", "5020 1010 325", "5030 2080 188"]);
}

#[test]
fn the_eight_published_sales_leave_13_147_64() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("0.60", "0.35", ("", "13.00", "3.25")));
    for (at, amount) in ["4768.00", "838.00", "99.00", "100.00", "4567.00", "100.00", "1422.00", "1333.00"].iter().enumerate() {
        life.posted(sale(&format!("P{at}"), amount, "debit"));
    }
    assert_eq!(life.pending("M1"), 1_314_764);
}

#[test]
fn a_refund_of_a_third_three_times_returns_the_whole_fee() {
    let mut life = Life::opened("2026-11-20");
    let mut terms = contract("0", "0", ("", "", ""));
    terms["contract"]["rates"] = json!([{"fixed": "0.05"}]);
    terms["contract"]["vat_percent"] = json!("0");
    life.posted(terms);
    life.posted(sale("P1", "3.00", "debit"));
    let mut back = Vec::new();
    for third in 1..=3 {
        let lines = life.posted(json!({"id": format!("r{third}"), "type": "refund", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "1.00"}));
        back.push(lines[0].clone());
    }
    assert_eq!(back, ["4010 2010 2", "4010 2010 1", "4010 2010 2"]);
    assert_eq!(life.pending("M1"), 0);
}

#[test]
fn a_void_mirrors_every_line() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("0.60", "0.45", ("", "", "")));
    life.posted(sale("P1", "1000.00", "credit"));
    let lines = life.posted(json!({"id": "v", "type": "void", "merchant": "M1", "payment": "P1"}));
    assert_eq!(lines, ["4010 2010 566", "2090 2010 34", "1010 5010 450", "1010 5020 33", "2080 5030 59", "2010 1010 100000"]);
    assert_eq!(life.pending("M1"), 0);
    let again = life.event(json!({"id": "v2", "type": "void", "merchant": "M1", "payment": "P1", "occurred_at": "2026-11-20T10:00:00+08:00"}));
    assert!(matches!(&again[0].outcome, Outcome::Refused { code: crate::entry::RefusalCode::NotOpen, .. }), "{again:?}");
}

#[test]
fn what_waits_is_posted_when_it_can_be() {
    let mut life = Life::opened("2026-11-20");
    let refund = json!({"id": "r", "type": "refund", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "1.00", "occurred_at": "2026-11-20T10:00:00+08:00"});
    assert!(matches!(life.event(refund)[0].outcome, Outcome::Parked(_)));
    life.posted(contract("0.60", "0.45", ("", "", "")));
    let mut sold = sale("P1", "10.00", "credit");
    sold["occurred_at"] = json!("2026-11-20T10:00:00+08:00");
    let rows = life.event(sold);
    assert_eq!(rows.iter().map(|row| (row.offset, row.record)).collect::<Vec<_>>(), [(3, 3), (3, 1)]);
    assert!(rows.iter().all(|row| matches!(row.outcome, Outcome::Posted)));
}

#[test]
fn money_becomes_available_when_its_day_comes() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("0.60", "0.45", ("", "", "")));
    life.posted(sale("P1", "1000.00", "credit"));
    // A Friday: T+1 is Monday.
    life.close("2026-11-20");
    life.close("2026-11-21");
    assert_eq!(life.pending("M1"), 99_400);
    life.close("2026-11-22");
    assert_eq!(life.pending("M1"), 0);
}

#[test]
fn calendars_of_the_payment_system() {
    use super::state::Calendars;
    use schemas::ids::CalendarId;
    use schemas::time::Date;
    let date = |text: &str| Date::parse(text).expect("a date");
    let cn = CalendarId::new("CN").expect("an id");
    let mut calendars = Calendars::default();
    let closed = ["2018-02-15", "2018-02-16", "2018-02-19", "2018-02-20", "2018-02-21", "2018-04-30", "2018-05-01"].map(date).to_vec();
    let open = ["2018-02-11", "2018-02-24", "2018-04-28"].map(date).to_vec();
    calendars.set(cn.clone(), 2018, closed, open);
    for (sold, available) in [
        ("2018-02-09", "2018-02-11"),
        ("2018-02-10", "2018-02-11"),
        ("2018-02-14", "2018-02-22"),
        ("2018-02-21", "2018-02-22"),
        ("2018-04-27", "2018-04-28"),
        ("2018-04-28", "2018-05-02"),
        ("2018-05-01", "2018-05-02"),
    ] {
        assert_eq!(calendars.business_days_after(Some(&cn), date(sold), 1), date(available), "sold {sold}");
    }
}

/// The largest amounts, the highest rate and the most decimals: nothing overflows, and what goes in comes out again.
#[test]
fn amounts_of_ten_to_the_fifteenth() {
    let mut life = Life::opened("2026-11-20");
    let mut terms = contract("100", "100", ("", "", ""));
    terms["contract"]["reserve"] = json!({"percent": "100", "days": 30});
    terms["contract"]["rates"] = json!([{"percent": "0.999999", "fixed": "9999999999999.99"}]);
    terms["contract"]["on_shortfall"] = json!("owe");
    life.posted(terms.clone());
    let lines = life.posted(sale("P1", "10000000000000.00", "credit"));
    assert_eq!(lines[0], "1010 2010 1000000000000000");
    // 0.999999 % of 10^15 and the fixed part are more than the sale: the rest is owed, and no reserve is put by.
    let taken: u128 = lines
        .iter()
        .filter(|line| line.contains(" 4010 ") || line.contains(" 2090 "))
        .map(|line| line.rsplit(' ').next().expect("an amount").parse::<u128>().expect("a number"))
        .sum();
    assert_eq!(taken, 999_999_999_999_999 + 9_999_990_000_000);
    for refund in 1..=3 {
        let amount = if refund == 3 { "3333333333333.34" } else { "3333333333333.33" };
        life.posted(json!({"id": format!("r{refund}"), "type": "refund", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": amount}));
    }

    // Two currencies: from one without decimals into one with three, at a million to one.
    terms["contract"]["currency"] = json!("KWD");
    terms["contract"]["rates"] = json!([{"percent": "100"}]);
    terms["id"] = json!("c-2");
    life.posted(terms);
    let mut far = sale("P2", "1000000000000000", "credit");
    far["currency"] = json!("JPY");
    far["settled_currency"] = json!("KWD");
    far["rate"] = json!("1000000");
    let lines = life.posted(far);
    assert_eq!(lines[..2], ["1010 2130 1000000000000000", "2130 2010 1000000000000000000000000"]);
    let back = life.posted(json!({"id": "r9", "type": "refund", "merchant": "M1", "payment": "P2", "currency": "JPY", "amount": "1000000000000000"}));
    assert!(back.contains(&"2130 1010 1000000000000000".to_owned()), "{back:?}");
    let settled: u128 =
        back.iter().filter(|line| line.contains(" 2130 ")).map(|line| line.rsplit(' ').next().expect("an amount").parse::<u128>().expect("a number")).sum();
    assert_eq!(settled, 1_000_000_000_000_000_000_000_000);
}
