//! Reconciliation: every state of a pair, breaks as they were, closings, settlements, payouts, reports.

mod support;

use projections::answers::Window;
use projections::answers::reconciliation::*;
use projections::views::Writer;
use schemas::event::Book;
use schemas::money::{Currency, format_minor};
use schemas::time::Date;
use serde_json::{Value, json};
use support::*;

/// Friday.
const OPENED: &str = "2026-11-20";

struct Bank {
    life: Life,
    count: u64,
    terms: ReconciliationTerms,
}

impl Bank {
    fn new() -> Self {
        let mut life = Life::opened(OPENED);
        life.posted(contract("M1", "c-1", |_| {}));
        life.posted(contract("M2", "c-2", |terms| {
            terms["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.05"}});
        }));
        let account = Some(Account { book: Book::Bank, currency: Currency::from_code("CNY").expect("a currency") });
        let terms = ReconciliationTerms {
            sources: [("bank:A1".to_owned(), SourceTerms { account, ..SourceTerms::default() })].into(),
            ..ReconciliationTerms::default()
        };
        Self { life, count: 0, terms }
    }

    fn event(&mut self, kind: &str, merchant: &str, more: Value) -> &mut Self {
        self.count += 1;
        let mut event = json!({"id": format!("e{}", self.count), "type": kind, "merchant": merchant, "currency": "CNY"});
        for (key, value) in more.as_object().expect("an object") {
            event[key] = value.clone();
        }
        self.life.posted(event);
        self
    }

    fn sale(&mut self, merchant: &str, payment: &str, amount: &str, reference: &str) -> &mut Self {
        let mut more = json!({"payment": payment, "amount": amount, "card": "credit", "scheme": "unionpay"});
        if !reference.is_empty() {
            more["reference"] = json!(reference);
        }
        self.event("sale", merchant, more)
    }

    /// A line of UnionPay of today.
    fn line(&mut self, merchant: &str, kind: &str, amount: &str, more: Value) -> &mut Self {
        let date = self.today().to_string();
        let (direction, amount) = amount.strip_prefix('-').map_or(("credit", amount), |amount| ("debit", amount));
        let mut line =
            json!({"source": "scheme:unionpay", "report": "F1", "line": self.count + 1, "kind": kind, "direction": direction, "amount": amount, "date": date});
        for (key, value) in more.as_object().expect("an object") {
            line[key] = value.clone();
        }
        self.event("report_line", merchant, line)
    }

    fn today(&self) -> Date {
        self.life.entries.last().map_or(date(OPENED), |entry| entry.row.date)
    }

    fn close(&mut self, days: i32) -> &mut Self {
        for _ in 0..days {
            let today = self.life_date();
            self.life.close(today);
        }
        self
    }

    fn life_date(&self) -> Date {
        let closed = self
            .life
            .entries
            .iter()
            .filter(|entry| entry.row.event_type == Some(schemas::event::EventType::DayClosed))
            .filter(|entry| entry.row.subject == Some(schemas::event::Subject::Partition));
        date(OPENED).plus_days(i32::try_from(closed.count()).expect("few"))
    }

    fn fold(&self) -> (tempfile::TempDir, Writer) {
        let scratch = tempfile::tempdir().expect("a directory");
        let writer = fold_into(scratch.path(), &self.life.entries, 3);
        (scratch, writer)
    }

    /// Everything that is told of every pair, by the sums: `source kind state currency count ours theirs`.
    fn sums(&self, as_of: Option<&str>) -> Vec<String> {
        let (_scratch, writer) = self.fold();
        let views = writer.views();
        let shards = [shard(&views, &self.life.entries)];
        let query = PairQuery { as_of: as_of.map(date), ..PairQuery::default() };
        let open = as_of.map_or(self.life_date(), date);
        let sums = pair_sums(&shards, &self.terms, &query, &[PairKey::Source, PairKey::Kind, PairKey::State], open).expect("sums");
        let row = |(key, (currency, sum)): (&Vec<_>, &(Currency, PairSum))| {
            let key: Vec<String> = key.iter().map(|value: &projections::answers::GroupValue| value.to_text().unwrap_or_default()).collect();
            format!("{} {} {} {}", key.join(" "), sum.count, format_minor(sum.ours, *currency), format_minor(sum.theirs, *currency))
        };
        sums.rows.iter().map(row).collect()
    }

    fn breaks(&self, as_of: Option<&str>, open: bool) -> Vec<Break> {
        let (_scratch, writer) = self.fold();
        let views = writer.views();
        let shards = [shard(&views, &self.life.entries)];
        let query = PairQuery { as_of: as_of.map(date), open: Some(open), ..PairQuery::default() };
        let open = as_of.map_or(self.life_date(), date);
        breaks(&shards, &self.terms, &query, &Window::newest(100), open).expect("breaks").rows
    }

    fn ids(&self, as_of: Option<&str>, open: bool) -> Vec<String> {
        self.breaks(as_of, open).iter().map(|found| format!("{} {}", found.id, found.state.as_str())).collect()
    }
}

#[test]
fn every_state_of_a_pair() {
    let mut bank = Bank::new();
    bank.sale("M1", "P1", "100.00", "R1").sale("M1", "P2", "100.00", "R2").sale("M1", "P3", "100.00", "R3").sale("M1", "P4", "100.00", "R4");
    bank.sale("M1", "P5", "100.00", "").sale("M1", "P6", "100.00", "R6").sale("M1", "P7", "70.00", "R7");
    bank.line("M1", "sale", "100.00", json!({"reference": "R1", "fee": "0.48"}));
    bank.line("M1", "sale", "14.00", json!({"reference": "R2", "currency": "USD"}));
    bank.line("M1", "sale", "100.00", json!({"reference": "R3"})).line("M1", "sale", "100.00", json!({"reference": "R3"}));
    bank.line("M1", "sale", "99.00", json!({"reference": "R4"}));
    bank.line("M1", "sale", "100.00", json!({"payment": "P5", "fee": "0.51"}));
    bank.line("M1", "sale", "55.00", json!({"reference": "R9"}));
    let now = [
        "scheme:unionpay sale amount CNY 1 100.00 99.00",
        "scheme:unionpay sale awaited CNY 3 170.00 55.00",
        "scheme:unionpay sale currency CNY 1 100.00 0.00",
        "scheme:unionpay sale duplicate CNY 1 100.00 200.00",
        "scheme:unionpay sale fee CNY 1 100.00 100.00",
        "scheme:unionpay sale matched CNY 1 100.00 100.00",
    ];
    assert_eq!(bank.sums(None), now);
    let open = [
        "scheme:unionpay/sale/M1/R2 currency",
        "scheme:unionpay/sale/M1/R3 duplicate",
        "scheme:unionpay/sale/M1/R4 amount",
        "scheme:unionpay/sale/M1/payment:P5 fee",
    ];
    assert_eq!(bank.ids(None, true), open);
    // Two business days after Friday is Tuesday: it is over on Wednesday.
    bank.close(4);
    assert_eq!(bank.ids(None, true), open, "Tuesday");
    bank.close(1);
    let late = [
        open[0],
        open[1],
        open[2],
        "scheme:unionpay/sale/M1/R6 missing_there",
        "scheme:unionpay/sale/M1/R7 missing_there",
        "scheme:unionpay/sale/M1/R9 missing_here",
        open[3],
    ];
    assert_eq!(bank.ids(None, true), late);
    bank.line("M1", "sale", "100.00", json!({"reference": "R6"})).sale("M1", "P9", "55.00", "R9");
    let then = bank.sums(None);
    assert!(then.contains(&"scheme:unionpay sale late CNY 2 155.00 155.00".to_owned()), "{then:?}");
    // As it was: answers of a date do not change.
    assert_eq!(bank.sums(Some(OPENED)), now);
    assert_eq!(bank.ids(Some(OPENED), true), open);
    assert_eq!(bank.ids(Some("2026-11-24"), true), open);
    let told = bank.breaks(None, true).into_iter().find(|found| found.state == State::Amount).expect("one");
    assert_eq!((told.ours, told.theirs, told.age, told.payment.as_deref(), told.reference.as_deref()), (10_000, 9_900, 5, Some("P4"), Some("R4")));
    assert_eq!((told.fees_ours, told.fees_theirs), (Some(48), None));
}

#[test]
fn what_belongs_together_is_joined_by_references_and_payments() {
    let mut bank = Bank::new();
    bank.line("M1", "other", "0.00", json!({}));
    // A tip without a reference joins its sale, and so does a line by the payment.
    bank.sale("M1", "P1", "100.00", "R1").event("tip_adjusted", "M1", json!({"payment": "P1", "amount": "5.00"}));
    bank.line("M1", "sale", "105.00", json!({"reference": "R1"}));
    // Refunds with references of their own are pairs of their own.
    bank.sale("M1", "P2", "90.00", "R2");
    bank.event("refund", "M1", json!({"payment": "P2", "amount": "10.00", "reference": "A"})).event(
        "refund",
        "M1",
        json!({"payment": "P2", "amount": "20.00", "reference": "B"}),
    );
    bank.line("M1", "refund", "-10.00", json!({"reference": "A"})).line("M1", "refund", "-21.00", json!({"reference": "B"})).line(
        "M1",
        "sale",
        "90.00",
        json!({"reference": "R2"}),
    );
    // Two payments of one reference.
    bank.sale("M1", "P3", "30.00", "R3").sale("M1", "P4", "40.00", "R3").line("M1", "sale", "70.00", json!({"reference": "R3"}));
    // A payment that stands at nothing is expected by nobody, a line of it is.
    bank.sale("M1", "P5", "11.00", "R5").event("void", "M1", json!({"payment": "P5"}));
    bank.sale("M1", "P6", "12.00", "R6").event("void", "M1", json!({"payment": "P6"})).line("M1", "sale", "12.00", json!({"payment": "P6"}));
    let sums: Vec<String> = bank.sums(None).into_iter().filter(|row| !row.contains(" other ")).collect();
    assert_eq!(
        sums,
        [
            "scheme:unionpay refund amount CNY 1 -20.00 -21.00",
            "scheme:unionpay refund matched CNY 1 -10.00 -10.00",
            "scheme:unionpay sale awaited CNY 1 0.00 12.00",
            "scheme:unionpay sale matched CNY 3 265.00 265.00",
        ]
    );
}

#[test]
fn expectations_begin_with_the_first_date_of_a_source() {
    let mut bank = Bank::new();
    bank.sale("M1", "P1", "100.00", "R1").sale("M1", "P2", "100.00", "R2").close(7);
    assert!(bank.sums(None).is_empty(), "a source that tells nothing is expected to tell nothing");
    bank.sale("M1", "P3", "10.00", "R3");
    bank.line("M1", "sale", "10.00", json!({"reference": "R3"})).line("M1", "sale", "100.00", json!({"reference": "R2"}));
    assert_eq!(bank.sums(None), ["scheme:unionpay sale late CNY 1 100.00 100.00", "scheme:unionpay sale matched CNY 1 10.00 10.00"]);
    // Of a PSP's payments the scheme is expected to tell nothing.
    bank.sale("M2", "Q1", "50.00", "S1").line("M2", "sale", "50.00", json!({"source": "psp:psp-7", "reference": "S1", "fee": "0.33"}));
    bank.line("M2", "sale", "50.00", json!({"reference": "S1"}));
    let sums = bank.sums(None);
    assert!(
        sums.contains(&"psp:psp-7 sale matched CNY 1 50.00 50.00".to_owned()) && sums.contains(&"scheme:unionpay sale awaited CNY 1 0.00 50.00".to_owned()),
        "{sums:?}"
    );
}

/// A void mostly has a reference of its own, and so has a refund's failure: they are pairs of their own, which nobody expects either.
#[test]
fn a_payment_at_nothing_is_expected_by_nobody_under_whatever_references() {
    let mut bank = Bank::new();
    bank.line("@house", "other", "0.00", json!({}));
    bank.sale("M1", "P1", "100.00", "R1").event("void", "M1", json!({"payment": "P1", "reference": "R2"}));
    // A reversal on a later date; a refund that failed; a reference that another payment has, too.
    bank.sale("M1", "P2", "70.00", "S1").sale("M1", "P3", "30.00", "T1").sale("M1", "P4", "50.00", "U1").close(1);
    bank.event("reversal", "M1", json!({"payment": "P2", "reference": "S2"}));
    bank.event("refund", "M1", json!({"payment": "P3", "amount": "20.00", "reference": "T2"}));
    let refund = format!("e{}", bank.count);
    bank.event("refund_failed", "M1", json!({"payment": "P3", "refund": refund, "reference": "T3"}));
    bank.sale("M1", "P5", "40.00", "U1").event("reversal", "M1", json!({"payment": "P4", "reference": "U2"})).close(8);
    let ids = |bank: &Bank, as_of: Option<&str>| bank.ids(as_of, true).into_iter().filter(|id| !id.contains("/other/")).collect::<Vec<_>>();
    let left = ["scheme:unionpay/sale/M1/U1 missing_there", "scheme:unionpay/sale/M1/T1 missing_there"];
    assert_eq!(ids(&bank, None), left);
    let other = "scheme:unionpay other missing_here CNY 1 0.00 0.00";
    assert_eq!(bank.sums(None), [other, "scheme:unionpay sale missing_there CNY 2 70.00 0.00"]);
    assert_eq!(bank.sums(Some(OPENED)), [other.replace("missing_here", "awaited"), "scheme:unionpay sale awaited CNY 3 150.00 0.00".to_owned()]);

    // A line of either makes both expected; with lines of both, both are matched.
    bank.line("M1", "sale", "100.00", json!({"reference": "R1"}));
    assert_eq!(ids(&bank, None), [left[0], "scheme:unionpay/sale/M1/R2 missing_there", left[1]]);
    bank.line("M1", "sale", "-100.00", json!({"reference": "R2"}));
    assert_eq!(ids(&bank, None), left);
    assert_eq!(bank.sums(None)[1..], ["scheme:unionpay sale late CNY 2 0.00 0.00", "scheme:unionpay sale missing_there CNY 2 70.00 0.00"]);
    // A line that names the payment alone joins them; one under another reference is a line of it, too.
    bank.line("M1", "sale", "7.00", json!({"reference": "S9", "payment": "P2"})).line("M1", "refund", "-20.00", json!({"payment": "P3"}));
    let told = ids(&bank, None);
    for id in ["sale/M1/S1 missing_there", "sale/M1/S2 missing_there", "refund/M1/T2 missing_there"] {
        assert!(told.contains(&format!("scheme:unionpay/{id}")), "{id} is not in {told:#?}");
    }
    // As it was before.
    assert_eq!(ids(&bank, Some("2026-11-28")), left);
}

/// What happens to a payment at nothing makes all of it expected again, and nothing again.
#[test]
fn a_payment_that_no_longer_stands_at_nothing_is_expected_again() {
    let mut bank = Bank::new();
    bank.line("@house", "other", "0.00", json!({})).sale("M1", "P1", "100.00", "");
    let refund = |bank: &mut Bank, reference: &str| {
        bank.event("refund", "M1", json!({"payment": "P1", "amount": "10.00", "reference": reference}));
        format!("e{}", bank.count)
    };
    let refunds =
        |bank: &Bank, as_of: Option<&str>| bank.sums(as_of).into_iter().find_map(|row| row.strip_prefix("scheme:unionpay refund ").map(str::to_owned));
    let id = refund(&mut bank, "A1");
    bank.close(1).event("refund_failed", "M1", json!({"payment": "P1", "refund": id, "reference": "A2"})).close(4);
    assert_eq!(refunds(&bank, None), None);
    let id = refund(&mut bank, "A3");
    bank.close(5);
    assert_eq!(refunds(&bank, None).as_deref(), Some("missing_there CNY 3 -10.00 0.00"));
    let closing = json!({"break": "scheme:unionpay/refund/M1/A1", "maker": "li", "checker": "wang", "reason": "seen"});
    bank.event("refund_failed", "M1", json!({"payment": "P1", "refund": id, "reference": "A4"})).event("break_closed", "@house", closing).close(4);
    assert_eq!(refunds(&bank, None), None);
    refund(&mut bank, "A5");
    bank.close(1);
    // What was closed while nobody expected it was not there to be closed.
    let open: Vec<String> = bank.ids(None, true).into_iter().filter(|id| id.contains("/refund/")).collect();
    assert_eq!(open.len(), 4, "{open:?}");
    assert!(bank.breaks(None, false).is_empty());
    for (as_of, told) in [("2026-11-20", Some("awaited CNY 1 -10.00 0.00")), ("2026-11-21", None), ("2026-11-24", None)] {
        assert_eq!(refunds(&bank, Some(as_of)).as_deref(), told, "{as_of}");
    }
    assert_eq!(refunds(&bank, Some("2026-11-29")).as_deref(), Some("missing_there CNY 3 -10.00 0.00"));
}

/// Of a payment under more references than the fold walks over, each answer looks at all.
#[test]
fn a_payment_of_very_many_references_is_known_to_stand_at_nothing() {
    let mut bank = Bank::new();
    bank.line("@house", "other", "0.00", json!({})).sale("M1", "P1", "100.00", "");
    let (first, day) = (bank.count, 2);
    for at in 0..30 {
        bank.event("refund", "M1", json!({"payment": "P1", "amount": "1.00", "reference": format!("A{at}")}));
    }
    bank.close(day);
    for at in 0..30 {
        bank.event("refund_failed", "M1", json!({"payment": "P1", "refund": format!("e{}", first + 1 + at), "reference": format!("B{at}")}));
        let left = 29 - i128::from(at);
        if [0, 14, 28].contains(&at) {
            let sums = bank.sums(None);
            assert!(
                sums.iter().any(|row| row.starts_with("scheme:unionpay refund awaited CNY ") && row.ends_with(&format!("{} -{left}.00 0.00", 31 + at))),
                "{sums:?}"
            );
        }
    }
    bank.close(7);
    assert_eq!(bank.ids(None, true).into_iter().filter(|id| id.contains("/refund/")).count(), 0);
    assert_eq!(bank.sums(Some(OPENED)).iter().filter(|row| row.ends_with(" awaited CNY 30 -30.00 0.00")).count(), 1);
    bank.line("M1", "refund", "-1.00", json!({"reference": "A7"}));
    assert_eq!(bank.ids(None, true).into_iter().filter(|id| id.contains("/refund/")).count(), 59);
}

/// Of what comes to nothing under one reference a part may lie before the source's first date, and the rest is expected: what sums count, the
/// list of breaks has.
#[test]
fn a_part_of_what_comes_to_nothing_is_a_break_in_sums_and_lists() {
    let mut bank = Bank::new();
    bank.sale("M1", "P1", "100.00", "").event("refund", "M1", json!({"payment": "P1", "amount": "10.00", "reference": "A1"}));
    let refund = format!("e{}", bank.count);
    bank.close(3).line("@house", "other", "0.00", json!({})).close(2);
    bank.event("refund_failed", "M1", json!({"payment": "P1", "refund": refund, "reference": "A1"})).close(1);
    bank.event("refund", "M1", json!({"payment": "P1", "amount": "5.00", "reference": "A3"})).close(8);
    assert!(bank.sums(None).contains(&"scheme:unionpay refund missing_there CNY 2 5.00 0.00".to_owned()), "{:?}", bank.sums(None));
    let told: Vec<String> = bank.ids(None, true).into_iter().filter(|id| id.contains("/refund/")).collect();
    assert_eq!(told, ["scheme:unionpay/refund/M1/A3 missing_there", "scheme:unionpay/refund/M1/A1 missing_there"]);
}

/// A reference of a batch names more payments than its node has room for: one that comes to nothing is found among them, too.
#[test]
fn a_payment_at_nothing_is_found_among_very_many_of_a_reference() {
    let mut bank = Bank::new();
    bank.line("@house", "other", "0.00", json!({}));
    let refund = |bank: &mut Bank, payment: &str, reference: &str| {
        bank.event("refund", "M1", json!({"payment": payment, "amount": "1.00", "reference": reference}));
        format!("e{}", bank.count)
    };
    let failed = |bank: &mut Bank, id: &str, reference: &str| {
        bank.event("refund_failed", "M1", json!({"payment": "P", "refund": id, "reference": reference}));
    };
    for payment in (0..20).map(|at| format!("Q{at}")).chain(["P".to_owned()]) {
        bank.sale("M1", &payment, "100.00", "");
    }
    for (batch, failure) in [("R1", "R2"), ("R3", "R4")] {
        (0..20).for_each(|at| drop(refund(&mut bank, &format!("Q{at}"), batch)));
        let id = refund(&mut bank, "P", batch);
        failed(&mut bank, &id, failure);
    }
    bank.close(8);
    let sums: Vec<String> = bank.sums(None).into_iter().filter(|row| row.contains(" refund ")).collect();
    // The two batches, each without what came to nothing; no failure is a pair of its own.
    assert_eq!(sums, ["scheme:unionpay refund missing_there CNY 2 -40.00 0.00"]);
}

/// What was booked before the first line's date is expected where a line of it came, also where an entry has none.
#[test]
fn what_came_in_part_is_a_break_also_before_the_first_date_of_a_source() {
    let mut bank = Bank::new();
    bank.sale("M1", "P1", "100.00", "").event("void", "M1", json!({"payment": "P1"})).close(1);
    bank.line("M1", "sale", "90.00", json!({"payment": "P1"})).close(9);
    assert_eq!(bank.ids(None, true), ["scheme:unionpay/sale/M1/payment:P1 missing_there"]);
    assert_eq!(bank.sums(None), ["scheme:unionpay sale missing_there CNY 1 0.00 90.00"]);
}

#[test]
fn a_break_is_closed_by_its_id_and_opens_again() {
    let mut bank = Bank::new();
    bank.sale("M1", "P1", "100.00", "R1").line("M1", "sale", "99.00", json!({"reference": "R1"}));
    let close = |bank: &mut Bank, id: &str| {
        bank.event("break_closed", "@house", json!({"break": id, "maker": "li", "checker": "wang", "reason": "agreed"}));
    };
    close(&mut bank, "scheme:unionpay/sale/M1/R1");
    close(&mut bank, "scheme:unionpay/sale/M1/R2");
    bank.close(1);
    assert!(bank.ids(None, true).is_empty());
    let closed = bank.breaks(None, false);
    assert_eq!(closed.iter().map(|found| (found.id.as_str(), found.state)).collect::<Vec<_>>(), [("scheme:unionpay/sale/M1/R1", State::Amount)]);
    assert_eq!(closed[0].closed.as_ref().map(|(at, closing)| (*at, closing.checker.as_str())), Some((date(OPENED), "wang")));
    // What is closed before it is a break stays open; what comes later opens again.
    bank.sale("M1", "P2", "50.00", "R2").close(6);
    assert_eq!(bank.ids(None, true), ["scheme:unionpay/sale/M1/R2 missing_there"]);
    bank.line("M1", "sale", "0.50", json!({"reference": "R1"}));
    assert_eq!(bank.ids(None, true), ["scheme:unionpay/sale/M1/R2 missing_there", "scheme:unionpay/sale/M1/R1 duplicate"]);
    assert!(bank.ids(Some("2026-11-21"), true).is_empty());
}

#[test]
fn banks_are_matched_by_payout_and_by_amount_and_party() {
    let mut bank = Bank::new();
    let of_bank = |more: Value| {
        let mut line = json!({"source": "bank:A1", "report": "S1"});
        for (key, value) in more.as_object().expect("an object") {
            line[key] = value.clone();
        }
        line
    };
    bank.sale("M1", "P1", "1000.00", "").close(4);
    for (payout, amount) in [("O1", "100.00"), ("O2", "50.00"), ("O3", "30.00")] {
        bank.event("payout_initiated", "M1", json!({"payout": payout, "amount": amount})).event("payout_paid", "M1", json!({"payout": payout}));
    }
    bank.line("@house", "payout", "-100.00", of_bank(json!({"payout": "O1"}))).line("M1", "payout", "-51.00", of_bank(json!({"payout": "O2"})));
    bank.event("scheme_settled", "@house", json!({"scheme": "unionpay", "amount": "900.00"})).event(
        "partner_paid",
        "@house",
        json!({"partner": "isv-9", "amount": "3.00"}),
    );
    bank.line("@house", "settlement", "900.00", of_bank(json!({"scheme": "unionpay"}))).line(
        "@house",
        "settlement",
        "-3.00",
        of_bank(json!({"scheme": "isv-8"})),
    );
    bank.line("@house", "settlement", "500.00", json!({})).line("@house", "settlement", "400.00", json!({}));
    bank.close(5);
    let sums = bank.sums(None);
    for row in [
        "bank:A1 payout amount CNY 1 -50.00 -51.00",
        "bank:A1 payout matched CNY 1 -100.00 -100.00",
        "bank:A1 payout missing_there CNY 1 -30.00 0.00",
        "bank:A1 settlement matched CNY 1 900.00 900.00",
        "bank:A1 settlement missing_here CNY 1 0.00 -3.00",
        "bank:A1 settlement missing_there CNY 1 -3.00 0.00",
        "scheme:unionpay settlement matched CNY 1 900.00 900.00",
    ] {
        assert!(sums.contains(&row.to_owned()), "{row} is not in {sums:#?}");
    }
    let ids = bank.ids(None, true);
    for id in ["bank:A1/payout/M1/payout:O2 amount", "bank:A1/payout/M1/payout:O3 missing_there"] {
        assert!(ids.contains(&id.to_owned()), "{id} is not in {ids:#?}");
    }
    assert!(ids.iter().any(|id| id.starts_with("bank:A1/settlement/@house/event:e")), "{ids:#?}");
    assert!(ids.iter().any(|id| id.starts_with("bank:A1/settlement/@house/S1:")), "{ids:#?}");
}

#[test]
fn reports_are_whole_or_not_and_lines_are_counted_once() {
    let mut bank = Bank::new();
    bank.line("M1", "sale", "100.00", json!({"reference": "R1"})).line("@house", "fee", "-2.00", json!({}));
    // The same line came to the house before its merchant had an alias.
    let (id, more) = (
        format!("e{}", bank.count - 1),
        json!({"source": "scheme:unionpay", "report": "F1", "line": 1, "kind": "sale", "direction": "credit", "amount": "100.00", "date": OPENED, "reference": "R1"}),
    );
    let mut again = json!({"id": id, "type": "report_line", "merchant": "@house", "currency": "CNY"});
    for (key, value) in more.as_object().expect("an object") {
        again[key] = value.clone();
    }
    bank.life.posted(again);
    let reports = |bank: &Bank| {
        let (_scratch, writer) = bank.fold();
        let views = writer.views();
        let shards = [shard(&views, &bank.life.entries)];
        let rows = reports(&shards, &bank.terms, None, bank.life_date()).expect("reports");
        rows.iter().map(|row| format!("{} {} {} {} {} {}", row.source, row.report, row.lines, row.credits, row.debits, row.state.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(reports(&bank), ["scheme:unionpay F1 2 10000 200 open"]);
    let end = |count: u64| json!({"source": "scheme:unionpay", "report": "F1", "date": OPENED, "count": count, "credits": "100.00", "debits": "2.00"});
    bank.event("report_closed", "@house", end(3));
    assert_eq!(reports(&bank), ["scheme:unionpay F1 2 10000 200 incomplete"]);
    bank.event("report_closed", "@house", end(2));
    assert_eq!(reports(&bank), ["scheme:unionpay F1 2 10000 200 complete"]);
    assert_eq!(bank.sums(None).iter().filter(|row| row.contains(" sale ")).count(), 1);
}
