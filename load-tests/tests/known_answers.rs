//! What the specification says in numbers, asked of the model.

mod ask;

use ask::Book;
use serde_json::json;

#[test]
fn two_worked_sales_split_as_published() {
    // F, I, S, P, V and what the bank keeps, of section 3.
    for (amount, card, rate, split) in [
        ("1000.00", "credit", json!({"percent": "0.60"}), ["6.00", "4.50", "0.33", "0.59", "0.34", "0.24"]),
        ("10000.00", "debit", json!({"percent": "0.50", "cap": "20.00"}), ["20.00", "13.00", "3.25", "1.88", "1.13", "0.74"]),
    ] {
        let mut book = Book::with(json!({"rates": [rate]}));
        book.sale("P1", amount, card);
        let [fee, interchange, scheme, partner, vat, kept] = split;
        let income = book.credit("4010");
        assert_eq!(book.minor(fee), income + book.credit("2090"), "fee of {amount}");
        assert_eq!(book.credit("2090"), book.minor(vat), "VAT of {amount}");
        assert_eq!(
            [book.debit("5010"), book.debit("5020"), book.debit("5030")],
            [interchange, scheme, partner].map(|text| book.minor(text)),
            "costs of {amount}"
        );
        assert_eq!(income - book.debit("5010") - book.debit("5020") - book.debit("5030"), book.minor(kept), "kept of {amount}");
    }
}

#[test]
fn eight_published_sales_settle_to_the_unit() {
    let mut book = Book::with(json!({"rates": [{"percent": "0.60"}], "vat_percent": "0", "reserve": null, "partner": null}));
    for (index, (amount, fee)) in
        [(4768, "28.61"), (838, "5.03"), (99, "0.59"), (100, "0.60"), (4567, "27.40"), (100, "0.60"), (1422, "8.53"), (1333, "8.00")].into_iter().enumerate()
    {
        let before = book.credit("4010");
        book.sale(&format!("P{index}"), &format!("{amount}.00"), "debit");
        assert_eq!(book.credit("4010") - before, book.minor(fee), "fee of {amount}");
    }
    assert_eq!(book.balances()["pending"], "13147.64");
}

#[test]
fn eight_sales_earn_what_the_fee_income_example_says() {
    let mut book = Book::with(json!({"rates": [{"percent": "0.60"}]}));
    for (index, amount) in [4768, 838, 99, 100, 4567, 100, 1422, 1333].into_iter().enumerate() {
        book.sale(&format!("P{index}"), &format!("{amount}.00"), "debit");
    }
    let expected = [("4010", "74.89"), ("5010", "39.63"), ("5020", "4.28"), ("5030", "17.74")];
    assert_eq!(expected.map(|(code, _)| book.turnover(code)), expected.map(|(_, text)| book.minor(text)));
}

#[test]
fn a_tie_is_rounded_as_the_contract_says() {
    for (rounding, fee) in [("half_up", "0.05"), ("half_even", "0.04")] {
        let mut book = Book::with(json!({"rates": [{"percent": "0.60"}], "vat_percent": "0", "rounding": rounding}));
        book.sale("P1", "7.50", "credit");
        assert_eq!(book.credit("4010"), book.minor(fee), "{rounding}");
    }
}

#[test]
fn caps_begin_to_bind_where_published() {
    for (price, below, at, cap) in [
        (json!({"percent": "0.35", "cap": "13.00"}), "3712.00", "3714.29", "13.00"),
        (json!({"percent": "0.5", "cap": "20.00"}), "3998.99", "4000.00", "20.00"),
        (json!({"percent": "0.0325", "cap": "3.25"}), "9984.61", "10000.00", "3.25"),
    ] {
        for (amount, binds) in [(below, false), (at, true), ("99999.99", true)] {
            let mut book = Book::with(json!({"rates": [price], "vat_percent": "0"}));
            book.sale("P1", amount, "credit");
            assert_eq!(book.credit("4010") == book.minor(cap), binds, "{price} of {amount}");
        }
    }
}

#[test]
fn thirds_of_a_refund_return_all_of_the_fee() {
    let mut book = Book::with(json!({"rates": [{"fixed": "0.05"}], "vat_percent": "0", "reserve": null, "partner": null, "costs": []}));
    book.sale("P1", "9.00", "credit");
    let returned = [1, 2, 3].map(|n| {
        let before = book.debit("4010");
        book.send(json!({"id": format!("r{n}"), "type": "refund", "payment": "P1", "amount": "3.00", "currency": "CNY"}));
        book.debit("4010") - before
    });
    assert_eq!(returned, [2, 1, 2]);
}

#[test]
fn the_calendar_moves_money_as_payment_systems_did() {
    for (sold, available) in [
        ("2018-02-09", "2018-02-11"),
        ("2018-02-10", "2018-02-11"),
        ("2018-02-14", "2018-02-22"),
        ("2018-02-18", "2018-02-22"),
        ("2018-02-21", "2018-02-22"),
        ("2018-04-27", "2018-04-28"),
        ("2018-04-28", "2018-05-02"),
        ("2018-05-01", "2018-05-02"),
    ] {
        let mut book = Book::opened(sold);
        book.send(json!({"id": "cal", "type": "calendar_set", "calendar": "CN", "year": 2018, "merchant": null,
            "closed": ["2018-02-15", "2018-02-16", "2018-02-19", "2018-02-20", "2018-02-21", "2018-04-30", "2018-05-01"],
            "open": ["2018-02-11", "2018-02-24", "2018-04-28"]}));
        book.contract(json!({}));
        book.sale("P1", "10.00", "credit");
        assert_eq!(book.balances()["pending_by_date"][0]["available_on"], available, "sold {sold}");
    }
}

#[test]
fn the_worked_shapes_come_out_as_published() {
    let mut book = Book::opened("2026-11-20");
    book.contract(json!({}));
    book.sale("P1", "1000.00", "credit");
    let balances = book.balances();
    assert_eq!([&balances["pending"], &balances["reserved"]], ["894.00", "100.00"]);
    assert_eq!(balances["pending_by_date"], json!([{"available_on": "2026-11-23", "amount": "894.00"}]));
    assert_eq!(balances["reserved_by_date"], json!([{"release_on": "2027-05-19", "amount": "100.00"}]));
    for date in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        book.close(date);
    }
    book.sale("P2", "200.00", "debit");
    let lines = book.send(json!({"id": "r1", "type": "refund", "payment": "P1", "amount": "100.00", "currency": "CNY"}));
    let (own, available) = (json!({"code": "2020", "party": "M1"}), json!({"code": "4010", "party": "M1"}));
    let line = |debit, credit, amount: &str| json!({"book": "bank", "currency": "CNY", "debit": debit, "credit": credit, "amount": amount});
    assert_eq!(
        lines,
        json!([
            line(json!({"code": "2030", "party": "M1", "detail": "2027-05-19"}), own.clone(), "10.00"),
            line(available, own.clone(), "0.57"),
            line(json!({"code": "2090"}), own.clone(), "0.03"),
            line(json!({"code": "2080", "party": "isv-9"}), json!({"code": "5030", "party": "isv-9"}), "0.06"),
            line(own, json!({"code": "1010", "party": "unionpay"}), "100.00"),
        ])
    );
    book.send(json!({"id": "d1", "type": "dispute_opened", "payment": "P1", "amount": "50.00", "currency": "CNY"}));
    book.send(json!({"id": "h1", "type": "hold_placed", "hold": "H1", "amount": "30.00", "currency": "CNY"}));
    book.send(json!({"id": "o1", "type": "payout_initiated", "payout": "O1", "amount": "500.00", "currency": "CNY"}));
    book.send(json!({"id": "o2", "type": "payout_paid", "payout": "O1"}));
    let closing = book.balances();
    for (name, amount) in [("pending", "179.00"), ("available", "274.60"), ("reserved", "110.00"), ("held", "30.00"), ("disputed", "0.00"), ("owed", "0.00")] {
        assert_eq!(closing[name], amount, "{name}");
    }
    assert_eq!((book.debit("1010") - book.credit("1010"), book.debit("1010"), book.credit("1010")), (109_440, 120_000, 10_560));
}
