//! Fee income: the published settlement, and what must be true of every life.

mod support;

use projections::answers::{GroupValue, IncomeKey, IncomeQuery, IncomeRows, effective_percents, fee_income};
use projections::folds::fee_income::Income;
use schemas::money::format_minor;
use serde_json::{Value, json};
use support::{Life, contract, date, fold_into, shard, worked_example};

fn read(life: &Life, query: &IncomeQuery) -> IncomeRows {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = fold_into(directory.path(), &life.entries, 7);
    let views = writer.views();
    fee_income(&shard(&views, &life.entries), query).expect("readable").finish(query).expect("few rows")
}

fn query(from: &str, to: &str, group_by: &[IncomeKey]) -> IncomeQuery {
    IncomeQuery { from: date(from), to: date(to), group_by: group_by.to_vec(), filters: Vec::new(), limited: false }
}

/// Keys, then what is told, as on the wire.
fn told(key: &[GroupValue], income: &Income) -> String {
    let keys: Vec<_> = key.iter().map(|value| value.as_str().unwrap_or("null")).collect();
    let minor = |amount: i128| format_minor(amount, schemas::money::Currency::from_code("CNY").expect("a currency"));
    let volume = |volume: projections::folds::fee_income::Volume| format!("{}/{}", volume.count, minor(volume.amount));
    let (gross, net) = effective_percents(income);
    format!(
        "{} | sales {} refunds {} chargebacks {} | mdr {} gateway {} interchange {} scheme {} partner {} maintenance {} | margin {} other {} −{} contribution {} | paid {} {:?} {:?} | leakage {} negative {}",
        keys.join(" "),
        volume(income.sales),
        volume(income.refunds),
        volume(income.chargebacks),
        minor(income.mdr),
        minor(income.gateway),
        minor(income.interchange),
        minor(income.scheme_fees),
        minor(income.partner_share),
        minor(income.maintenance),
        minor(income.net_margin()),
        minor(income.other_income),
        minor(income.other_cost),
        minor(income.contribution()),
        minor(income.merchant_fees),
        gross,
        net,
        minor(income.refund_leakage),
        volume(income.negative_margin)
    )
}

fn lines(rows: &IncomeRows) -> Vec<String> {
    rows.rows.iter().map(|(key, (_, income))| told(key, income)).collect()
}

fn sale(merchant: &str, id: &str, amount: &str, card: &str) -> Value {
    json!({"id": id, "type": "sale", "merchant": merchant, "payment": id, "currency": "CNY", "amount": amount, "card": card, "scheme": "unionpay", "terminal": "T1"})
}

#[test]
fn the_eight_published_sales() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |contract| {
        contract["rates"] = json!([{"percent": "0.60"}]);
        contract["reserve"] = Value::Null;
        contract.as_object_mut().expect("an object").remove("reserve");
    }));
    for (at, amount) in ["4768.00", "838.00", "99.00", "100.00", "4567.00", "100.00", "1422.00", "1333.00"].iter().enumerate() {
        life.posted(sale("M1", &format!("P{at}"), amount, "debit"));
    }
    let rows = read(&life, &query("2026-11-23", "2026-11-23", &[IncomeKey::Day, IncomeKey::Partner]));
    let expected = "2026-11-23 isv-9 bank CNY | sales 8/13227.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 74.89 gateway 0.00 interchange 39.63 scheme 4.28 partner 17.74 \
                    maintenance 0.00 | margin 13.24 other 0.00 −0.00 contribution 13.24 | paid 79.36 Some(60) Some(60) | leakage 0.00 negative 0/0.00";
    assert_eq!(lines(&rows), [expected]);
}

#[test]
fn a_refund_leaves_what_does_not_come_back() {
    let rows = read(&worked_example(), &query("2026-11-20", "2026-11-23", &[IncomeKey::Day, IncomeKey::Card]));
    let expected = [
        "2026-11-20 credit bank CNY | sales 1/1000.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 5.66 gateway 0.00 interchange 4.50 scheme 0.33 partner 0.59 maintenance 0.00 \
         | margin 0.24 other 0.00 −0.00 contribution 0.24 | paid 6.00 Some(60) Some(60) | leakage 0.00 negative 0/0.00",
        "2026-11-23 debit bank CNY | sales 1/200.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 0.94 gateway 0.00 interchange 0.70 scheme 0.07 partner 0.12 maintenance 0.00 \
         | margin 0.05 other 0.00 −0.00 contribution 0.05 | paid 1.00 Some(50) Some(50) | leakage 0.00 negative 0/0.00",
        "2026-11-23 credit bank CNY | sales 0/0.00 refunds 1/100.00 chargebacks 0/0.00 | mdr -0.57 gateway 0.00 interchange 0.00 scheme 0.00 partner -0.06 maintenance 0.00 \
         | margin -0.51 other 0.00 −0.00 contribution -0.51 | paid -0.60 None Some(60) | leakage 0.51 negative 0/0.00",
    ];
    let mut told = lines(&rows);
    told.sort_by_key(|line| expected.iter().position(|other| other == line));
    assert_eq!(told, expected);
}

#[test]
fn a_payment_stands_under_what_its_sale_pinned() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |_| {}));
    life.posted(sale("M1", "P1", "1000.00", "credit"));
    life.posted(contract("M1", "c-2", |contract| {
        contract["mcc"] = json!("5999");
        contract["partner"] = json!({"kind": "joint_build", "id": "v-1", "maintenance": "15.00"});
    }));
    life.posted(json!({"id": "r1", "type": "refund", "merchant": "M1", "payment": "P1", "currency": "CNY", "amount": "1000.00", "terminal": "T9"}));
    life.posted(json!({"id": "m1", "type": "maintenance_due", "merchant": "M1", "terminal": "T9"}));
    life.posted(json!({"id": "f1", "type": "fee_charged", "merchant": "M1", "fee": "monthly", "currency": "CNY", "amount": "10.60"}));
    let keys = [IncomeKey::ContractVersion, IncomeKey::Mcc, IncomeKey::Terminal, IncomeKey::Model, IncomeKey::Partner];
    let rows = read(&life, &query("2026-11-23", "2026-11-23", &keys));
    let expected = [
        "c-1 5812 T1 referral isv-9 bank CNY | sales 1/1000.00 refunds 1/1000.00 chargebacks 0/0.00 | mdr 0.00 gateway 0.00 interchange 4.50 scheme 0.33 partner 0.00 maintenance 0.00 \
         | margin -4.83 other 0.00 −0.00 contribution -4.83 | paid 0.00 Some(0) None | leakage 5.07 negative 0/0.00",
        "c-2 5999 T9 joint_build v-1 bank CNY | sales 0/0.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 0.00 gateway 0.00 interchange 0.00 scheme 0.00 partner 0.00 maintenance 15.00 \
         | margin -15.00 other 0.00 −0.00 contribution -15.00 | paid 0.00 None None | leakage 0.00 negative 0/0.00",
        "c-2 5999 null joint_build v-1 bank CNY | sales 0/0.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 0.00 gateway 0.00 interchange 0.00 scheme 0.00 partner 0.00 maintenance 0.00 \
         | margin 0.00 other 10.00 −0.00 contribution 10.00 | paid 0.00 None None | leakage 0.00 negative 0/0.00",
    ];
    assert_eq!(lines(&rows), expected);
    let filters = vec![(IncomeKey::Merchant, "M1".to_owned()), (IncomeKey::Terminal, "T9".to_owned())];
    let rows = read(&life, &IncomeQuery { filters, ..query("2026-11-01", "2026-11-30", &[]) });
    assert_eq!(rows.rows.values().map(|(_, income)| income.maintenance).collect::<Vec<_>>(), [1500]);
}

#[test]
fn the_channel_is_the_banks_and_the_rest_the_psps() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |contract| {
        contract["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.05"}, "channel": {"percent": "0.02"}});
    }));
    life.posted(sale("M1", "P1", "1000.00", "credit"));
    life.posted(sale("M1", "P2", "1000.00", "credit"));
    life.posted(json!({"id": "v", "type": "void", "merchant": "M1", "payment": "P2"}));
    let rows = read(&life, &query("2026-11-23", "2026-11-23", &[IncomeKey::Model]));
    let expected = [
        "third_party_pos bank CNY | sales 0/0.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 0.00 gateway 0.00 interchange 0.00 scheme 0.00 partner 0.00 maintenance 0.00 \
         | margin 0.00 other 0.19 −0.00 contribution 0.19 | paid 0.00 None None | leakage 0.00 negative 0/0.00",
        "third_party_pos psp:psp-7 CNY | sales 1/1000.00 refunds 0/0.00 chargebacks 0/0.00 | mdr 5.66 gateway 0.47 interchange 4.50 scheme 0.33 partner 0.59 maintenance 0.00 \
         | margin 0.71 other 0.00 −0.20 contribution 0.51 | paid 6.50 Some(65) Some(65) | leakage 0.00 negative 0/0.00",
    ];
    assert_eq!(lines(&rows), expected);
}
