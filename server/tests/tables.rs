//! Tables of the API as JSON, CSV and Parquet: one rule for the form, the same figures in each; the first rows by a figure.

mod support;
mod trade;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use support::{Answer, Server};
use trade::traded;

const CSV: &str = "text/csv";
const PARQUET: &str = "application/vnd.apache.parquet";

/// Rows of a file, cells as texts without zeros at the end of decimals; `null` and nothing are one.
type Rows = Vec<BTreeMap<String, String>>;

fn csv_rows(answer: &Answer) -> Rows {
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    let names: Vec<String> = reader.headers().expect("names").iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| names.iter().cloned().zip(record.iter().map(plain)).filter(|(_, cell)| !cell.is_empty()).collect();
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

/// A cell of CSV: the guard of a text taken off, a number without its last zeros.
fn plain(text: &str) -> String {
    let text = text.strip_prefix('\'').unwrap_or(text);
    let is_decimal = text.contains('.') && text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_decimal { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

fn parquet_file(answer: &Answer) -> SerializedFileReader<std::fs::File> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&answer.bytes).expect("written");
    SerializedFileReader::new(file).expect("Parquet")
}

fn parquet_rows(answer: &Answer) -> Rows {
    let file = parquet_file(answer);
    let text = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::TimestampMicros(micros) => format!("at {micros}"),
        other => plain(&other.to_string()),
    };
    let row = |row: parquet::record::Row| row.get_column_iter().map(|(name, field)| (name.clone(), text(field))).filter(|(_, cell)| !cell.is_empty()).collect();
    file.get_row_iter(None).expect("rows").map(|found| row(found.expect("a row"))).collect()
}

/// The columns of a Parquet file and their logical types.
fn parquet_columns(answer: &Answer) -> Vec<(String, String)> {
    let file = parquet_file(answer);
    let schema = file.metadata().file_metadata().schema_descr();
    schema.columns().iter().map(|column| (column.name().to_owned(), format!("{:?}", column.logical_type_ref()))).collect()
}

/// What is told whole in JSON, and in other forms as something else.
const TOLD_WHOLE: [&str; 3] = ["/statements/{date}", "/payouts/{payout}", "/payouts/next"];

/// Every table that the OpenAPI document says there is, with something in each.
fn tables(server: &Server) -> Vec<String> {
    let document = server.get_json("/openapi.json");
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let parameters = operations["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let names_file = |parameter: &Value| parameter["schema"]["pattern"].as_str().is_some_and(|pattern| pattern.contains("csv"));
        let has_form = parameters.iter().any(|parameter| parameter["name"] == "format" && names_file(parameter));
        if !has_form || TOLD_WHOLE.iter().any(|end| path.ends_with(end)) {
            continue;
        }
        let content = operations["get"]["responses"]["200"]["content"].as_object().expect("content");
        assert!([CSV, PARQUET, "application/json"].iter().all(|form| content.contains_key(*form)), "{path}");
        found.push(path.replace("{merchant}", "M1").replace("{payment}", "P1").replace("{payout}", "-O1"));
    }
    found
}

#[test]
fn every_table_is_json_csv_and_parquet() {
    let (_directory, server) = traded();
    let tables = tables(&server);
    for known in ["holds", "payouts", "disputes", "fees", "entries", "balances", "payments/P1"] {
        assert!(tables.contains(&format!("/v1/merchants/M1/{known}")), "{known}: {tables:?}");
    }
    for known in ["merchants", "accounts", "fee-income", "exposure", "quarantine", "audit/heads", "projections", "consumption/footfall", "consumption/affinity"]
    {
        assert!(tables.contains(&format!("/v1/{known}")), "{known}: {tables:?}");
    }
    for path in &tables {
        let json = server.get(path);
        assert_eq!((json.status, json.content_type.as_str()), (200, "application/json"), "{path}");
        let csv = server.get_as(path, CSV);
        assert_eq!((csv.status, csv.content_type.as_str()), (200, "text/csv; charset=utf-8"), "{path}: {}", csv.text);
        let parquet = server.get_as(path, PARQUET);
        assert_eq!((parquet.status, parquet.content_type.as_str()), (200, PARQUET), "{path}: {}", parquet.text);
        // What a header asks for, a parameter asks for, too, and it goes before the header.
        assert_eq!(server.get_as(&format!("{path}?format=csv"), "application/json").bytes, csv.bytes, "{path}");
        assert_eq!(server.get(&format!("{path}?format=parquet")).content_type, PARQUET, "{path}");
        assert_eq!(server.get_as(&format!("{path}?format=json"), CSV).content_type, "application/json", "{path}");
        for answer in [&json, &csv, &parquet] {
            assert_eq!(answer.header("vary"), Some("Accept"), "{path}");
        }
        let problem = server.get_as(path, "image/png").problem(406, "not_acceptable");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("text/csv (format=csv)")), "{problem}");
        server.get(&format!("{path}?format=xlsx")).problem(406, "not_acceptable");
        let columns = parquet_columns(&parquet);
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(csv.text.lines().next().map(str::to_owned), Some(names.join(",")), "{path}");
        let (of_csv, of_parquet) = (csv_rows(&csv), parquet_rows(&parquet));
        assert_eq!(of_csv.len(), of_parquet.len(), "{path}");
        for (one, other) in of_csv.iter().zip(&of_parquet) {
            for (name, _) in columns.iter().filter(|(_, kind)| !kind.contains("Timestamp")) {
                assert_eq!(one.get(name), other.get(name), "{path}: {name}");
            }
        }
        let told = json.json();
        let rows = told["rows"].as_array().or(told["balances"].as_array()).or(told["events"].as_array()).expect("rows").clone();
        let may_be_empty = ["affinity", "mix", "payouts/next"].iter().any(|name| path.contains(name));
        assert!(may_be_empty || !rows.is_empty(), "{path} is empty, and shows nothing");
        // A file is the whole list, a page of JSON its beginning; entries are told line by line.
        if !path.ends_with("/entries") && told["next"].is_null() {
            assert_eq!(of_csv.len(), rows.len(), "{path}");
        }
        for (row, told) in of_csv.iter().zip(&rows).filter(|_| !path.ends_with("/entries")) {
            for (name, value) in told.as_object().expect("a row") {
                let Some(cell) = value.as_str().map(plain).or(value.as_i64().map(|number| number.to_string())) else { continue };
                assert!(row.get(name) == Some(&cell) || !names.contains(&name.as_str()), "{path}: {name} is {cell}, not {:?}", row.get(name));
            }
        }
        for (name, kind) in &columns {
            let is_money =
                ["amount", "placed", "balance", "debits", "mdr", "sales_volume", "uncovered", "pending", "vat", "sales", "net_margin"].contains(&name.as_str());
            let is_date = ["day", "since", "business_date", "opened_on", "initiated_on", "release_on"].contains(&name.as_str());
            assert!(!is_money || kind.contains("Decimal(DecimalType { scale: 4, precision: 28 })"), "{path}: {name} is {kind}");
            assert!(!is_date || kind.contains("Date"), "{path}: {name} is {kind}");
        }
    }
}

#[test]
fn every_table_of_exposure_is_a_file() {
    let (_directory, server) = traded();
    let whole = server.get_json("/v1/exposure?group_by=merchant,age");
    for table in ["rows", "liability", "ladder", "scheme_receivable", "retention", "alerts"] {
        let path = format!("/v1/exposure?group_by=merchant,age&table={table}");
        let rows = csv_rows(&server.get_as(&path, CSV));
        assert_eq!(Some(rows.len()), whole[table].as_array().map(Vec::len), "{table}");
        assert_eq!(rows, parquet_rows(&server.get_as(&path, PARQUET)), "{table}");
    }
    let largest: usize = whole["concentration"].as_array().expect("a list").iter().map(|one| one["top"].as_array().map_or(0, Vec::len)).sum();
    let concentration = csv_rows(&server.get("/v1/exposure?format=csv&table=concentration"));
    assert_eq!(concentration.len(), largest, "one of the largest a row");
    assert!(concentration.iter().all(|row| row.contains_key("hhi") && row.contains_key("rank")), "{concentration:?}");
    assert_eq!(server.get("/v1/exposure?group_by=merchant,age&format=csv").bytes, server.get("/v1/exposure?group_by=merchant,age&format=csv&table=rows").bytes);
    assert_eq!(server.get("/v1/exposure?format=csv&table=sums").problem(400, "bad_parameter")["parameter"], "table");
    assert_eq!(server.get("/v1/exposure?table=ladder").problem(400, "bad_parameter")["parameter"], "table");
}

#[test]
fn a_file_of_a_list_is_the_whole_list_and_has_its_position() {
    let (_directory, server) = traded();
    let all = server.get_json("/v1/merchants/M1/entries?limit=1000");
    let lines: usize = all["rows"].as_array().expect("rows").iter().map(|row| row["lines"].as_array().map_or(0, Vec::len)).sum();
    assert!(all["rows"].as_array().is_some_and(|rows| rows.len() > 100), "more than a page");
    let file = server.get("/v1/merchants/M1/entries?format=parquet");
    assert_eq!(parquet_rows(&file).len(), lines);
    assert_eq!((file.header("ledger-position"), file.header("ledger-next")), (all["position"].as_str(), None));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"entries.parquet\""));
    let page = server.get("/v1/merchants/M1/entries?format=csv&limit=3");
    let next = page.header("ledger-next").expect("a cursor").to_owned();
    let json = server.get_json("/v1/merchants/M1/entries?limit=3");
    assert_eq!(json["next"], next, "the same cursor in each form");
    let rest = csv_rows(&server.get(&format!("/v1/merchants/M1/entries?format=csv&limit=1000&cursor={next}")));
    assert_eq!(csv_rows(&page).len() + rest.len(), lines);
    let day = server.get("/v1/merchants/M1/entries?format=csv&from=2026-11-20&to=2026-11-20");
    assert!(csv_rows(&day).iter().all(|row| row["business_date"] == "2026-11-20") && !csv_rows(&day).is_empty());
    assert_eq!(
        (day.header("ledger-from"), day.header("ledger-to"), day.header("ledger-business-date")),
        (Some("2026-11-20"), Some("2026-11-20"), Some("2026-11-23"))
    );
    // A key and a number tell each line, and what a reader adds up is what the trial balance has.
    let debits: i64 =
        csv_rows(&server.get("/v1/merchants/M1/entries?format=csv")).iter().filter(|row| row["debit_code"] == "1010").map(|row| cents(&row["amount"])).sum();
    let told = server.get_json("/v1/accounts?group_by=code,currency&code=1010&currency=CNY");
    let others: i64 = ["-2-3", "M3"]
        .iter()
        .map(|merchant| {
            let rows = csv_rows(&server.get(&format!("/v1/merchants/{merchant}/entries?format=csv")));
            rows.iter().filter(|row| row["debit_code"] == "1010" && row["currency"] == "CNY").map(|row| cents(&row["amount"])).sum::<i64>()
        })
        .sum();
    assert_eq!(debits + others, cents(told["rows"][0]["debits"].as_str().expect("an amount")));
}

fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<2}").parse().expect("an amount")
}

#[test]
fn ids_that_a_spreadsheet_would_calculate_are_guarded() {
    let (_directory, server) = traded();
    let csv = server.get("/v1/merchants?format=csv");
    assert!(csv.text.contains("\r\n'-2-3,'=HYPERLINK(1)") || csv.text.contains("\r\n'-2-3,\"'=HYPERLINK"), "{}", csv.text);
    let payouts = server.get("/v1/merchants/M1/payouts?format=csv");
    assert!(payouts.text.contains("\r\nM1,'-O1,CNY,500.00,paid,"), "{}", payouts.text);
    let accounts = server.get("/v1/accounts?format=csv&group_by=merchant&code=2020");
    assert!(accounts.text.contains("\r\n'-2-3,") && accounts.text.contains(",-"), "amounts below zero are numbers: {}", accounts.text);
    // In Parquet nothing is a formula, so nothing is added.
    assert!(parquet_rows(&server.get("/v1/merchants?format=parquet")).iter().any(|row| row["merchant"] == "-2-3"));
}

/// What 406 names as values of `format`, the document has as a parameter with just these values.
#[test]
fn the_document_knows_the_forms_that_are_offered() {
    let (_directory, server) = traded();
    let document = server.get_json("/openapi.json");
    let mut offered = Vec::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        let path = template.replace("{merchant}", "M1").replace("{payment}", "P1").replace("{payout}", "-O1").replace("{date}", "2026-11-20");
        if !path.starts_with("/v1/") || path.contains('{') || !operations["get"].is_object() {
            continue;
        }
        let answer = server.get(&format!("{path}?format=nothing"));
        assert_eq!(answer.status, 406, "{path}: {}", answer.text);
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        let names: Vec<&str> = detail.split("(format=").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        let parameters = operations["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let documented = parameters.iter().find(|parameter| parameter["name"] == "format").map(|parameter| parameter["schema"]["pattern"].clone());
        assert_eq!(documented, Some(json!(format!("^({})$", names.join("|")))), "{path}: {detail}");
        assert!(operations["get"]["responses"]["406"].is_object(), "{path}");
        offered.push(template.clone());
    }
    assert!(TOLD_WHOLE.iter().all(|end| offered.iter().any(|path| path.ends_with(end))), "{offered:?}");
}

/// What a file tells beside its rows, the document has as headers, and nothing else.
#[test]
fn the_document_knows_what_a_file_tells_in_headers() {
    let (_directory, server) = traded();
    let document = server.get_json("/openapi.json");
    let mut seen = std::collections::BTreeSet::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        let path = template.replace("{merchant}", "M1").replace("{payment}", "P1").replace("{payout}", "-O1").replace("{date}", "2026-11-20");
        let response = &operations["get"]["responses"]["200"];
        if response["content"].get(CSV).is_none() {
            continue;
        }
        let parameters = operations["get"]["parameters"].as_array().expect("parameters");
        let is_list = parameters.iter().any(|parameter| parameter["name"] == "cursor");
        let answer = server.get_as(&format!("{path}{}", if is_list { "?limit=1" } else { "" }), CSV);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let is_told = |name: &str| name.starts_with("ledger-") || name == "content-disposition";
        let told = answer.headers.keys().map(|name| name.as_str().to_owned()).filter(|name| is_told(name));
        let documented: Vec<String> = response["headers"].as_object().expect("headers").keys().map(|name| name.to_lowercase()).collect();
        for name in told {
            assert!(documented.contains(&name), "{path}: {name}");
            seen.insert(name);
        }
        assert_eq!(documented.contains(&"ledger-next".to_owned()), is_list, "{path}");
    }
    let known = ["business-date", "from", "next", "position", "suppressed", "to"].map(|name| format!("ledger-{name}"));
    assert!(known.iter().all(|name| seen.contains(name)) && seen.contains("content-disposition"), "{seen:?}");
}

/// What the document says of what all rows come to is what is told: each member is known, and what is required is there.
#[test]
fn what_rows_come_to_is_what_the_document_says() {
    let (_directory, server) = traded();
    let document = server.get_json("/openapi.json");
    let schemas = &document["components"]["schemas"];
    for (path, answer) in [
        ("/v1/accounts?limit=1", "Accounts"),
        ("/v1/accounts?group_by=book,code&sort=-balance", "Accounts"),
        ("/v1/fee-income?group_by=merchant&limit=1", "FeeIncome"),
        ("/v1/reconciliation?limit=1", "ReconciliationSums"),
        ("/v1/events?group_by=type&limit=1", "UnbookedCounts"),
        ("/v1/exposure?group_by=merchant&limit=1", "ExposureAnswer"),
        ("/v1/exposure?group_by=merchant&limit=1&reason=kyc", "ExposureAnswer"),
        ("/v1/consumption/mix?group_by=merchant&limit=1", "Mix"),
    ] {
        let told = server.get_json(path);
        for list in ["rows", "total", "rest"] {
            let rows = told[list].as_array().unwrap_or_else(|| panic!("{path}: {list} is no list"));
            assert!(list == "rows" || path.contains("reason") || !rows.is_empty(), "{path}: {list}");
            for row in rows {
                let wrong = differs(schemas, &schemas[answer]["properties"][list]["items"], row);
                assert_eq!(wrong, None, "{path}: {list}: {row}");
            }
        }
    }
}

/// The first member of an object that its schema does not have, or that it lacks.
fn differs(schemas: &Value, schema: &Value, told: &Value) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return differs(schemas, &schemas[name], told);
    }
    let Some(members) = told.as_object() else {
        let kind = if told.is_string() {
            "string"
        } else if told.is_null() {
            "null"
        } else {
            "integer"
        };
        let is_of_kind = schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&kind.into()));
        return (!is_of_kind).then(|| format!("is no {}, but a {kind}", schema["type"]));
    };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let lacks = required.into_iter().find(|name| !members.contains_key(*name)).map(|name| format!("{name} is not there"));
    lacks.or_else(|| {
        members.iter().find_map(|(name, value)| match schema["properties"].get(name) {
            None => Some(format!("{name} is not known")),
            Some(schema) => differs(schemas, schema, value).map(|wrong| format!("{name}: {wrong}")),
        })
    })
}

#[test]
fn json_ends_with_a_newline_and_is_indented_where_that_is_asked() {
    let (_directory, server) = traded();
    for path in [
        "/v1/accounts",
        "/v1/merchants/M1/balances",
        "/readyz",
        "/openapi.json",
        "/v1/exposure",
        "/v1/merchants/M9/balances",
        "/v1/nothing",
        "/v1/accounts?brand=x",
    ] {
        let answer = server.get(path);
        assert!(answer.text.ends_with("}\n") && answer.text.lines().count() == 1, "{path}: {}", answer.text);
        assert_eq!(answer.header("vary"), Some("Accept"), "{path}");
        let joint = if path.contains('?') { '&' } else { '?' };
        let pretty = server.get(&format!("{path}{joint}pretty=true"));
        assert_eq!(pretty.json(), server.get(path).json(), "{path}");
        assert!(pretty.text.starts_with("{\n  \"") && pretty.text.ends_with("\n}\n"), "{path}: {}", pretty.text);
        assert_eq!(server.get(&format!("{path}{joint}pretty=false")).text, answer.text, "{path}");
    }
    let problem = server.get("/v1/accounts?pretty=yes").problem(400, "bad_parameter");
    assert_eq!(problem["parameter"], "pretty");
    // What is no table has JSON alone, and says so.
    server.get_as("/v1/events/s-M1-1?merchant=M1", CSV).problem(406, "not_acceptable");
    server.get_as("/v1/merchants/M1/balances/stream", "application/json").problem(406, "not_acceptable");
    server.get("/v1/events/s-M1-1?merchant=M1&format=csv").problem(406, "not_acceptable");
    assert_eq!(server.get("/v1/events/s-M1-1?merchant=M1&format=json").status, 200);
}

#[test]
fn the_first_rows_by_a_figure_with_the_total_and_the_rest() {
    let (_directory, server) = traded();
    let all = server.get_json("/v1/fee-income?group_by=merchant");
    let rows = all["rows"].as_array().expect("rows").clone();
    assert!(rows.len() > 3 && all.get("total").is_none() && all.get("rest").is_none(), "{all}");
    assert_eq!((&all["from"], &all["to"], &all["business_date"]), (&json!("2026-10-25"), &json!("2026-11-23"), &json!("2026-11-23")));
    let first = server.get_json("/v1/fee-income?group_by=merchant&sort=-mdr&limit=2");
    let mut expected = rows.clone();
    expected.sort_by_key(|row| std::cmp::Reverse(thousandths(&row["mdr"])));
    assert_eq!(first["rows"].as_array().expect("rows"), &expected[..2]);
    let rising = server.get_json("/v1/fee-income?group_by=merchant&sort=sales_volume");
    let volumes: Vec<i64> = rising["rows"].as_array().expect("rows").iter().map(|row| thousandths(&row["sales"]["volume"])).collect();
    assert!(volumes.is_sorted() && volumes.len() == rows.len(), "{volumes:?}");
    // What all rows come to, and those that are not shown: each currency and book by itself.
    for (name, part) in [("total", &rows[..]), ("rest", &expected[2..])] {
        let told = first[name].as_array().expect("a list");
        assert_eq!(told.len(), first["total"].as_array().map_or(0, Vec::len), "{name}");
        for sum in told {
            let of: Vec<&Value> = part.iter().filter(|row| row["currency"] == sum["currency"] && row["book"] == sum["book"]).collect();
            assert_eq!(sum["rows"], of.len(), "{name}: {sum}");
            for figure in ["mdr", "net_margin", "merchant_fees"] {
                assert_eq!(thousandths(&sum[figure]), of.iter().map(|row| thousandths(&row[figure])).sum::<i64>(), "{name}: {figure}");
            }
            assert_eq!(thousandths(&sum["sales"]["volume"]), of.iter().map(|row| thousandths(&row["sales"]["volume"])).sum::<i64>(), "{name}");
        }
    }
    // Percentages are of the sums, not sums of percentages.
    let ungrouped = server.get_json("/v1/fee-income");
    for sum in first["total"].as_array().expect("a list") {
        let whole = ungrouped["rows"].as_array().expect("rows").iter().find(|row| row["currency"] == sum["currency"] && row["book"] == sum["book"]);
        assert_eq!(whole.map(|row| &row["effective_percent"]), Some(&sum["effective_percent"]));
    }
    let exposure = server.get_json("/v1/exposure?group_by=merchant&sort=-uncovered&limit=1");
    let whole = server.get_json("/v1/exposure?group_by=merchant");
    assert_eq!((exposure["liability"].as_array().map(Vec::len), exposure["rows"].as_array().map(Vec::len)), (Some(1), Some(1)));
    let most = whole["liability"].as_array().expect("rows").iter().max_by_key(|row| thousandths(&row["uncovered"])).expect("a row");
    assert_eq!(&exposure["liability"][0], most);
    let total = exposure["total"].as_array().expect("a list").iter().find(|sum| sum["currency"] == "CNY").expect("CNY").clone();
    let of = |table: &str, figure: &str| -> i64 {
        whole[table].as_array().expect("rows").iter().filter(|row| row["currency"] == "CNY").map(|row| thousandths(&row[figure])).sum()
    };
    assert_eq!((thousandths(&total["uncovered"]), thousandths(&total["amount"])), (of("liability", "uncovered"), of("rows", "amount")));
    assert_eq!(server.get_json("/v1/accounts?group_by=book,code&sort=-balance&limit=1")["rows"].as_array().map(Vec::len), Some(1));
    let footfall = server.get_json("/v1/consumption/mix?group_by=merchant&sort=-sales&limit=1");
    assert_eq!(footfall["total"][0]["currency"], "CNY");
    assert_eq!(server.get("/v1/fee-income?sort=-uncovered").problem(400, "bad_parameter")["parameter"], "sort");
    for limit in ["0", "10001", "x"] {
        assert_eq!(server.get(&format!("/v1/exposure?limit={limit}")).problem(400, "bad_parameter")["parameter"], "limit");
    }
}

/// Rows in no currency have `null` for one, and so have what they come to.
#[test]
fn what_rows_come_to_has_the_keys_of_the_rows() {
    let (_directory, server) = traded();
    // A void tells no amount; each waits for a sale that does not come.
    for n in 0..2 {
        let early = json!({"id": format!("v{n}"), "type": "void", "merchant": "M1", "payment": format!("NONE{n}"), "occurred_at": "2026-11-23T10:00:00+08:00"});
        let parked = server.event(&early);
        assert_eq!(parked["outcome"], "parked", "{parked}");
        server.get_json(&format!("/v1/events?at_least={}&wait_ms=20000", parked["position"].as_str().expect("a position")));
    }
    let answer = server.get_json("/v1/events?group_by=type&outcome=parked&type=void&limit=1");
    assert_eq!(answer["rows"], json!([{"type": "void", "currency": null, "count": 2, "amount": null}]));
    assert_eq!(answer["total"], json!([{"currency": null, "count": 2, "amount": null, "rows": 1}]));
    assert_eq!(answer["rest"], json!([{"currency": null, "count": 0, "amount": null, "rows": 0}]));
    // Where rows have no currency at all, neither has what they come to.
    let answer = server.get_json("/v1/consumption/customers?limit=1");
    let sums = answer["total"].as_array().expect("a list");
    assert!(sums.iter().all(|sum| sum.get("currency").is_none()), "{answer}");
}

fn thousandths(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no amount"));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<3}").parse().expect("an amount")
}

#[test]
fn fee_income_by_week_and_month() {
    let (_directory, server) = traded();
    let of = |query: &str| server.get_json(&format!("/v1/fee-income?currency=CNY&book=bank&{query}"));
    let days = of("group_by=day");
    let weeks = of("group_by=week");
    assert_eq!(weeks["rows"].as_array().expect("rows").iter().map(|row| row["week"].clone()).collect::<Vec<_>>(), ["2026-11-16", "2026-11-23"]);
    let sum = |rows: &Value| -> i64 { rows["rows"].as_array().expect("rows").iter().map(|row| thousandths(&row["mdr"])).sum() };
    assert_eq!(sum(&weeks), sum(&days));
    let months = of("group_by=month");
    assert_eq!((months["rows"].as_array().map(Vec::len), &months["rows"][0]["month"]), (Some(1), &json!("2026-11")));
    let week = of("week=2026-11-16");
    assert_eq!((&week["from"], &week["to"]), (&json!("2026-11-16"), &json!("2026-11-22")));
    assert_eq!(thousandths(&week["rows"][0]["mdr"]), thousandths(&weeks["rows"][0]["mdr"]));
    let month = of("month=2026-11&group_by=week");
    assert_eq!((&month["from"], &month["to"], &month["rows"]), (&json!("2026-11-01"), &json!("2026-11-30"), &weeks["rows"]));
    for wrong in ["week=2026-11-17", "week=x", "month=2026-13", "day=2026-11-31"] {
        let problem = server.get(&format!("/v1/fee-income?{wrong}")).problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], wrong.split('=').next().expect("a name"));
    }
}

#[test]
fn names_stand_beside_ids() {
    let (_directory, server) = traded();
    let income = server.get_json("/v1/fee-income?group_by=merchant&merchant=M1");
    assert_eq!((&income["rows"][0]["merchant"], &income["rows"][0]["merchant_name"]), (&json!("M1"), &json!("Lao Wang Noodles")));
    let accounts = server.get_json("/v1/accounts?group_by=code,merchant&merchant=-2-3&code=2020");
    assert_eq!((&accounts["rows"][0]["code_name"], &accounts["rows"][0]["merchant_name"]), (&json!("Available"), &json!("=HYPERLINK(1)")));
    assert!(server.get("/v1/exposure?group_by=merchant&format=csv").text.starts_with("merchant,merchant_name,currency,"));
}

/// Wherever a merchant category code is told, what it is called stands beside it, in every form.
#[test]
fn categories_have_names_beside_their_codes() {
    const NAME: &str = "Eating places and restaurants";
    let (_directory, server) = traded();
    for path in [
        "/v1/fee-income?group_by=mcc",
        "/v1/exposure?group_by=mcc",
        "/v1/exposure?group_by=mcc&table=liability",
        "/v1/exposure?ladder_group_by=mcc&table=ladder",
        "/v1/exposure?table=concentration",
        "/v1/merchants?",
        "/v1/merchants/M1/contracts?",
    ] {
        let (asked, table) =
            path.split_once("table=").map_or((path.trim_end_matches('?'), "rows"), |(asked, table)| (asked.trim_end_matches(['&', '?']), table));
        let answer = server.get_json(asked);
        let rows = answer[table].as_array().unwrap_or_else(|| panic!("{path}: {answer}"));
        let rows: Vec<&Value> = rows.iter().flat_map(|row| row["top"].as_array().map_or_else(|| vec![row], |top| top.iter().collect())).collect();
        let coded = |row: &&&Value| [&row["mcc"], &row["key"], &row["contract"]["mcc"]].contains(&&json!("5812"));
        let named: Vec<&Value> = rows.iter().filter(coded).map(|row| if row["key"].is_null() { &row["mcc_name"] } else { &row["key_name"] }).collect();
        assert!(!named.is_empty() && named.iter().all(|name| **name == json!(NAME)), "{asked}: {named:?} of {answer}");
        let and = if path.contains('?') { "&" } else { "?" };
        let told = csv_rows(&server.get(&format!("{path}{and}format=csv").replace("?&", "?")));
        let coded: Vec<_> = told.iter().filter(|row| ["mcc", "key"].iter().any(|name| row.get(*name).is_some_and(|code| code == "5812"))).collect();
        let is_named = |row: &&BTreeMap<String, String>| ["mcc_name", "key_name"].iter().any(|name| row.get(*name).is_some_and(|name| name == NAME));
        assert!(!coded.is_empty() && coded.iter().all(is_named), "{path}: {told:?}");
    }
}
