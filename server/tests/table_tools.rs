//! Parquet in the hands of those who read it: DuckDB, pandas with pyarrow, polars. Types are DECIMAL and DATE, and sums are
//! exact. `./dev test` installs them; without them this is skipped, loudly, and with `CI=true` it fails.

mod support;
mod trade;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Output};
use support::Server;

/// Sums of a column by currency, by each reader, and the types that they see.
const READ: &str = r#"
import decimal, json, sys
import duckdb, pandas, polars, pyarrow.compute, pyarrow.parquet
path, money, date = sys.argv[1:4]
told = {}
rows = duckdb.sql(f"select currency, sum({money}) from read_parquet('{path}') group by currency").fetchall()
told["duckdb"] = {currency: str(total) for currency, total in rows}
types = dict((row[0], row[1]) for row in duckdb.sql(f"describe select * from read_parquet('{path}')").fetchall())
told["duckdb types"] = [types[money], types.get(date)]
frame = pandas.read_parquet(path)
told["pandas"] = {currency: str(sum(rows[money])) for currency, rows in frame.groupby("currency")}
frame = polars.read_parquet(path)
totals = frame.group_by("currency").agg(polars.col(money).sum())
told["polars"] = {currency: str(total) for currency, total in totals.iter_rows()}
told["polars types"] = [str(frame.schema[money]), str(frame.schema.get(date))]
table = pyarrow.parquet.read_table(path)
told["pyarrow"] = {}
for currency in set(table["currency"].to_pylist()):
    of = table.filter(pyarrow.compute.equal(table["currency"], currency))
    told["pyarrow"][currency] = str(pyarrow.compute.sum(of[money]).as_py())
# An amount times a rate: Arrow refuses products of more than 38 digits.
pyarrow.compute.multiply(table[money], pyarrow.scalar(decimal.Decimal("0.006000")))
told["pyarrow types"] = [str(table.schema.field(money).type), str(table.schema.field(date).type) if date != "-" else None]
print(json.dumps(told))
"#;

/// The interpreter that has the readers; `./dev test` names it.
fn python() -> Option<String> {
    let python = std::env::var("MERCHANT_LEDGER_TABLES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let is_there = Command::new(&python).args(["-c", "import duckdb, pandas, polars, pyarrow"]).output().is_ok_and(|output| output.status.success());
    if !is_there {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and {python} has no duckdb, pandas, polars and pyarrow");
        eprintln!("*** {python} has no duckdb, pandas, polars and pyarrow: what they read is not judged; ./dev test installs them ***");
    }
    is_there.then_some(python)
}

/// Hundred-thousandths, so that every currency's decimals are whole.
fn scaled(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    sign * format!("{whole}{part:0<5}").parse::<i128>().unwrap_or_else(|_| panic!("{text} is no amount"))
}

/// The sums of a field of JSON rows, by currency.
fn sums(rows: &[Value], field: &str) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let amount = field.split('.').fold(row, |value, name| &value[name]);
        *sums.entry(row["currency"].as_str().expect("a currency").to_owned()).or_insert(0) += scaled(amount.as_str().expect("an amount"));
    }
    sums
}

fn rows(server: &Server, path: &str, list: &str) -> Vec<Value> {
    let answer = server.get_json(path);
    let rows = answer[list].as_array().unwrap_or_else(|| panic!("{path}: {answer}"));
    let lines = rows.iter().flat_map(|row| row["lines"].as_array().cloned().unwrap_or_else(|| vec![row.clone()]));
    lines.collect()
}

#[test]
fn readers_add_up_what_json_tells() {
    let Some(python) = python() else { return };
    let (_directory, server) = trade::traded();
    for (path, list, money, field, date) in [
        ("/v1/merchants/M1/entries?limit=1000", "rows", "amount", "amount", "business_date"),
        ("/v1/merchants/M1/fees?limit=1000", "rows", "vat", "vat", "day"),
        ("/v1/merchants/M1/balances?", "balances", "pending", "pending", "-"),
        ("/v1/accounts?group_by=code,party", "rows", "balance", "balance", "-"),
        ("/v1/fee-income?group_by=day,merchant", "rows", "sales_volume", "sales.volume", "day"),
        ("/v1/exposure?group_by=merchant", "rows", "amount", "amount", "-"),
        ("/v1/consumption/footfall?group_by=day", "rows", "sales", "sales", "day"),
    ] {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let answer = server.get(&format!("{path}&format=parquet"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        std::fs::write(file.path(), &answer.bytes).expect("written");
        let Output { status, stdout, stderr } = Command::new(&python).args(["-c", READ]).arg(file.path()).args([money, date]).output().expect("it runs");
        assert!(status.success(), "{path}: {}", String::from_utf8_lossy(&stderr));
        let told: Value = serde_json::from_slice(&stdout).expect("JSON");
        let expected = sums(&rows(&server, path, list), field);
        assert!(!expected.is_empty(), "{path}");
        for reader in ["duckdb", "pandas", "polars", "pyarrow"] {
            let read = told[reader].as_object().expect("sums").iter().map(|(currency, sum)| (currency.clone(), scaled(sum.as_str().expect("a sum"))));
            assert_eq!(read.collect::<BTreeMap<_, _>>(), expected, "{path} by {reader}: {told}");
        }
        let dates = |name: &str| if date == "-" { Value::Null } else { json!(name) };
        assert_eq!(told["duckdb types"], json!(["DECIMAL(28,4)", dates("DATE")]), "{path}");
        assert_eq!(told["pyarrow types"], json!(["decimal128(28, 4)", dates("date32[day]")]), "{path}");
        assert!(told["polars types"][0].as_str().is_some_and(|kind| kind.replace(' ', "").contains("28") && kind.starts_with("Decimal")), "{path}: {told}");
    }
}
