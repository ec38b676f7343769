//! `import` and bad luck: files that are still being written, cut short, of any size or no files; numbers that no amount can be; a
//! server that goes away in between. What is wrong is told with file and line, and what was sent with it.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::Server;
use support::events::opened;

/// What a file of [`TRANSACTIONS`] in one entry may take, many times over.
const BATCH_WAIT_MAX: Duration = Duration::from_secs(60);
const TRANSACTIONS: usize = 20_000;

/// Runs `import`, and answers what it said.
fn import(code: i32, url: &str, format: &str, file: &Path, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"));
    command.args(["import", "--format", format, "--url", url]).args(more).arg(file);
    let output = command.output().expect("the binary runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// A server that answers each request, by its first line and its body, as it is told to; what it was asked comes out of the channel.
fn answering(mut answer: impl FnMut(&str, &str) -> (u16, Value) + Send + 'static) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (asked, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
            reader.read_line(&mut first).expect("a request");
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                length = line.to_ascii_lowercase().strip_prefix("content-length:").map_or(length, |digits| digits.trim().parse().expect("a length"));
                line.clear();
            }
            let mut sent = String::new();
            reader.take(length).read_to_string(&mut sent).expect("a body");
            let (status, body) = answer(&first, &sent);
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).expect("answered");
            if asked.send(first).is_err() {
                break;
            }
        }
    });
    (url, requests)
}

fn mapping(directory: &Path) -> PathBuf {
    let path = directory.join("mapping.toml");
    let columns = "[columns]\namount = \"amount\"\ndate = \"date\"\npayment = \"payment\"\nreference = \"reference\"\n";
    fs::write(&path, format!("source = \"psp:p\"\ncurrency = \"CNY\"\nkind = \"sale\"\n{columns}")).expect("written");
    path
}

fn csv(directory: &Path, rows: &str) -> PathBuf {
    let path = directory.join("file.csv");
    fs::write(&path, format!("amount,date,payment,reference\n{rows}")).expect("written");
    path
}

#[test]
fn what_no_amount_can_be_is_told_before_anything_is_sent() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(&directory.path().join("data"));
    server.event(&opened("2026-11-23"));
    let mapping = mapping(directory.path());
    let more = ["--mapping", mapping.to_str().expect("a path")];
    let right = "12.00,2026-11-23,P1,R1\n";
    for (row, says) in [
        ("79228162514264337593543950335,2026-11-23,P2,R2\n79228162514264337593543950335,2026-11-23,P3,R3\n", ":3: amount: "),
        ("1000000000000001,2026-11-23,P2,R2\n", ":3: amount: "),
        ("10000000000000.01,2026-11-23,P2,R2\n", ":3: amount: "),
        ("0.00000000000000000000000000001,2026-11-23,P2,R2\n", ":3: amount: "),
        ("1.001,2026-11-23,P2,R2\n", ":3: 1.001: CNY has 2 decimals"),
        ("1e3,2026-11-23,P2,R2\n", ":3: amount: "),
    ] {
        let said = import(1, &server.base, "csv", &csv(directory.path(), &format!("{right}{row}")), &more);
        assert!(said.contains(says) && said.contains("nothing was sent"), "{row}: {said}");
    }
    assert_eq!(server.get_json("/v1/reconciliation/reports")["rows"], json!([]));
    // What passes for a card number names no payment of ours.
    let rows = format!("{right}0.00,2026-11-23,P2,R2\n5.00,2026-11-23,4111111111111111,5555-5555-5555-4444\n");
    let said = import(0, &server.base, "csv", &csv(directory.path(), &rows), &more);
    assert!(said.contains("3 lines") && said.contains("3 new"), "{said}");
    assert_eq!(server.get_json("/v1/reconciliation/reports")["rows"][0]["state"], "complete");
    let text = server.get("/v1/entries?type=report_line").text;
    assert!(!text.contains("4111111111111111") && !text.contains("5555-5555") && server.get_json("/v1/quarantine")["rows"] == json!([]), "{text}");
    for (name, more) in [("4111111111111111", &["--report", "4111111111111111"][..]), ("a card number", &["--source", "bank:4111111111111111"])] {
        let all = [&["--mapping", mapping.to_str().expect("a path")], more].concat();
        let code = if more.contains(&"--source") { 2 } else { 1 };
        assert!(import(code, &server.base, "csv", &csv(directory.path(), right), &all).contains("card number"), "{name}");
    }
}

/// A decimal sign that is another one than the mapping has must not make a hundredfold of an amount.
#[test]
fn an_amount_that_is_not_written_as_the_mapping_says_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let mapping = directory.path().join("signs.toml");
    let of = |signs: &str| {
        format!("source = \"psp:p\"\ndelimiter = \";\"\ncurrency = \"CNY\"\nkind = \"sale\"\n{signs}\n[columns]\namount = \"amount\"\ndate = \"date\"\n")
    };
    let said = |signs: &str, cell: &str, code: i32| {
        fs::write(&mapping, of(signs)).expect("written");
        let file = directory.path().join("file.csv");
        fs::write(&file, format!("amount;date\n1;2026-11-23\n{cell};2026-11-23\n")).expect("written");
        import(code, &url, "csv", &file, &["--dry-run", "--mapping", mapping.to_str().expect("a path")])
    };
    let (comma, point) = ("decimal = \",\"\nthousands = \".\"", "thousands = \",\"");
    for (signs, cell, right) in [
        (comma, "12.34", "1.234,50"),
        (comma, "1.2.3.4,5", "1.234,50"),
        (comma, "12.34,50", "1.234,50"),
        (comma, "12,34.567", "1.234,50"),
        (point, "12,34", "1,234.50"),
        (point, "1.234,50", "1,234.50"),
        ("decimal = \",\"", "12.34", "1234,50"),
    ] {
        let said = said(signs, cell, 1);
        assert!(said.contains(&format!("file.csv:3: amount: {cell:?} is no amount")) && said.contains(&format!("such as {right}; nothing was sent")), "{said}");
    }
    for (signs, cell, sum) in
        [(comma, "-1.234,50", "1234.50"), (comma, "1.234.567", "1234568.00"), (point, "12,34,567.5", "1234568.50"), (point, "999", "1000.00")]
    {
        let said = said(signs, cell, 0);
        assert!(said.contains(&format!(" {sum} CNY")), "{cell}: {said}");
    }
    assert!(said("thousands = \".\"", "1", 2).contains("thousands"), "one sign for both");
}

/// The example that the README names, with the file beside it.
#[test]
fn the_example_of_a_mapping_reads_the_file_beside_it() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project");
    let readme = fs::read_to_string(project.join("README.md")).expect("README.md");
    let command = "merchant-ledger import --format csv --mapping docs/mapping.toml docs/mapping.csv --dry-run";
    assert!(readme.contains(command), "the README has {command}");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let arguments = command.split(' ').skip(1);
    let output = Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).args(["--url", &url]).current_dir(project).output();
    let output = output.expect("the binary runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    for row in [
        "psp:psp-7 of 2026-11-23",
        "4 lines",
        "sale           credit         1              1234.50 EUR",
        "refund         debit          1                34.50 EUR",
        "fee            debit          1                 9.90 EUR",
        "payout         debit          1              1000.00 EUR",
        "count: the file says 4, counted 4",
        "sum: the file says 2278.90, counted 2278.90",
        "nothing was sent",
    ] {
        assert!(said.contains(row), "{row}: {said}");
    }
}

fn statement(entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Acct><Id><Othr><Id>4111111111111111</Id></Othr></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn entry(amount: &str, within: &str) -> String {
    format!("<Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt>{within}</Ntry>")
}

/// A bank's account may look like a card; a batch has as many transactions as it has, at a price for each that does not grow with them.
#[test]
fn a_batch_of_very_many_transactions_is_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let one = |number: usize| {
        format!(
            "<TxDtls><Refs><EndToEndId>O{number}</EndToEndId></Refs><Amt Ccy=\"CNY\">1.00</Amt><RmtInf><Ustrd>payout of a merchant, number {number}</Ustrd></RmtInf></TxDtls>"
        )
    };
    let transactions: String = (0..TRANSACTIONS).map(one).collect();
    let file = directory.path().join("batch.xml");
    fs::write(&file, statement(&entry(&TRANSACTIONS.to_string(), &format!("<NtryDtls>{transactions}</NtryDtls>")))).expect("written");
    let begun = Instant::now();
    let said = import(0, &url, "camt", &file, &["--dry-run"]);
    assert!(said.contains(&format!("{TRANSACTIONS} lines")) && said.contains("bank:t4111111111111111"), "{said}");
    assert!(begun.elapsed() < BATCH_WAIT_MAX, "{:?}", begun.elapsed());
}

#[test]
fn what_is_never_closed_and_what_is_no_file_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let long = "x".repeat(5 << 20);
    let columns = "Merchant Account,Psp Reference,Merchant Reference,Creation Date,Type,Modification Reference,Gross Currency,Gross Debit (GC),\
                   Gross Credit (GC),Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number";
    let adyen = format!("{columns}\n\"{long}");
    let mapping = mapping(directory.path());
    let xml = statement(&entry("1", &format!("<AddtlNtryInf>{long}</AddtlNtryInf>")));
    let cases = [("adyen", adyen), ("camt", xml.clone()), ("camt", format!("{}<!--{long}", &xml[..80])), ("csv", format!("amount,date\n{long}"))];
    for (format, text) in cases {
        let file = directory.path().join("endless");
        fs::write(&file, text).expect("written");
        let more = if format == "csv" { vec!["--mapping", mapping.to_str().expect("a path")] } else { vec![] };
        let said = import(1, &url, format, &file, &more);
        assert!(
            (said.contains("has more than") || said.contains("bytes or more") || said.contains("no column")) && said.contains("nothing was sent"),
            "{format}: {said}"
        );
    }
    let said = import(1, &url, "camt", directory.path(), &[]);
    assert!(said.contains("no file") && said.contains("nothing was sent"), "{said}");
}

/// A file that grows after it was found whole: somebody is still writing it.
#[test]
fn a_file_that_is_still_written_is_not_sent() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("growing.xml");
    fs::write(&file, statement(&entry("1.00", ""))).expect("written");
    let growing = file.clone();
    let (url, requests) = answering(move |first, _| {
        assert!(first.starts_with("GET"), "{first}");
        fs::OpenOptions::new().append(true).open(&growing).and_then(|mut file| file.write_all(b"\n")).expect("appended");
        (200, json!({"rows": [], "next": null}))
    });
    // Payouts and reports are asked for between the two times that the file is read.
    let said = import(1, &url, "camt", &file, &["--confirm-payouts"]);
    assert!(said.contains("the file was changed while it was read") && said.contains("nothing was sent"), "{said}");
    assert!(requests.try_iter().all(|request| request.starts_with("GET")), "nothing is sent");
}

/// A server that goes away within a file: what was sent is told, and that the same file again sends the rest.
#[test]
fn a_file_that_is_sent_in_part_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(move |first, body| {
        if first.starts_with("GET") {
            return (200, json!({"rows": [], "next": null}));
        }
        // Several are on their way at once: the second may be here first.
        let results = vec![json!({"outcome": "posted"}); 5_000];
        if body.lines().count() == 5_000 { (200, json!({"results": results})) } else { (503, json!({"code": "unavailable", "detail": "away"})) }
    });
    let mapping = mapping(directory.path());
    let rows: String = (0..5_001).map(|number| format!("1.00,2026-11-23,P{number},R{number}\n")).collect();
    let said = import(1, &url, "csv", &csv(directory.path(), &rows), &["--mapping", mapping.to_str().expect("a path")]);
    assert!(said.contains("503 unavailable: away") && said.contains("5000 lines were sent") && said.contains("the same file again sends the rest"), "{said}");
}

/// Several batches are with the server at once. One that it does not take is told by its lines, none is begun after it, and the report is not closed.
#[test]
fn a_batch_that_is_not_taken_is_told_by_its_lines() {
    let directory = tempfile::tempdir().expect("a directory");
    let (tell, bodies) = mpsc::channel();
    let (url, _requests) = answering(move |first, body| {
        if first.starts_with("GET") {
            return (200, json!({"rows": [], "next": null}));
        }
        tell.send((body.lines().count(), body.contains("report_closed"))).expect("listened to");
        if body.contains("\"R7000\"") {
            return (503, json!({"code": "unavailable", "detail": "away"}));
        }
        (200, json!({"results": vec![json!({"outcome": "posted"}); body.lines().count()]}))
    });
    let mapping = mapping(directory.path());
    let rows: String = (0..60_000).map(|number| format!("1.00,2026-11-23,P{number},R{number}\n")).collect();
    let said = import(1, &url, "csv", &csv(directory.path(), &rows), &["--mapping", mapping.to_str().expect("a path")]);
    assert!(said.contains("file.csv: lines 5002 to 10001: the server answered 503 unavailable: away; "), "{said}");
    let posted: Vec<(usize, bool)> = bodies.try_iter().collect();
    assert!(posted.iter().all(|(_, closes)| !closes) && posted.len() < 12, "{posted:?}");
    let taken: usize = posted.iter().map(|(lines, _)| lines).sum::<usize>() - 5_000;
    let told =
        if taken == 0 { "; it is not known whether lines 5002 to ".to_owned() } else { format!("; {taken} lines were sent, and the report is not closed") };
    assert!(said.contains(&told), "{taken}: {said}");
}

/// A server that goes away without an answer may have taken what it had.
#[test]
fn what_a_server_that_went_away_had_is_not_called_unsent() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|first, _| {
        assert!(first.starts_with("GET"), "the connection ends here, without an answer");
        (200, json!({"rows": [], "next": null}))
    });
    let mapping = mapping(directory.path());
    let rows = "1.00,2026-11-23,P1,R1\n2.00,2026-11-23,P2,R2\n";
    let said = import(1, &url, "csv", &csv(directory.path(), rows), &["--mapping", mapping.to_str().expect("a path")]);
    assert!(said.contains("it is not known whether lines 2 to 3 were taken") && said.contains("the same file again sends the rest"), "{said}");
    assert!(!said.contains("nothing was sent"), "{said}");
}

/// What the server did not append is in no quarantine: it is told with its code.
#[test]
fn lines_that_are_not_taken_are_told_with_their_codes() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, requests) = answering(|first, body| {
        if first.starts_with("GET") {
            return (200, json!({"rows": [], "next": null}));
        }
        let result = |line: &str| match line.contains("\"R2\"") {
            true => json!({"position": null, "code": "bad_field", "detail": "source: it is none"}),
            false => json!({"outcome": "posted"}),
        };
        (200, json!({"results": body.lines().map(result).collect::<Vec<_>>()}))
    });
    let mapping = mapping(directory.path());
    let rows = "1.00,2026-11-23,P1,R1\n2.00,2026-11-23,P2,R2\n";
    let said = import(1, &url, "csv", &csv(directory.path(), rows), &["--mapping", mapping.to_str().expect("a path")]);
    assert!(said.contains("1 new, 0 seen before") && said.contains("1 lines were not taken, and the report is not closed"), "{said}");
    assert!(said.contains("line 3: bad_field: source: it is none") && !said.contains("quarantine"), "{said}");
    assert_eq!(requests.try_iter().filter(|request| request.starts_with("POST")).count(), 1, "no end is sent");
    // A source that no ledger takes is the mapping's fault, and known before.
    let wrong = fs::read_to_string(&mapping).expect("the mapping").replace("psp:p", "psp-p");
    fs::write(&mapping, wrong).expect("written");
    let said = import(2, &url, "csv", &csv(directory.path(), rows), &["--dry-run", "--mapping", mapping.to_str().expect("a path")]);
    assert!(said.contains("source = \"psp-p\" is wrong"), "{said}");
}

#[test]
fn the_roles_that_a_key_needs_are_told_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, requests) = answering(|_, _| (200, json!({"who": "k", "open": false, "roles": ["bank"], "rows": [], "next": null})));
    let mapping = mapping(directory.path());
    let more = ["--mapping", mapping.to_str().expect("a path")];
    let said = import(1, &url, "csv", &csv(directory.path(), "1.00,2026-11-23,P1,R1\n"), &more);
    assert!(said.contains("the key lacks the role ingest") && said.contains("bank") && said.contains("nothing was sent"), "{said}");
    assert!(requests.try_iter().all(|request| request.contains("/v1/whoami")));
    import(0, &url, "csv", &csv(directory.path(), "1.00,2026-11-23,P1,R1\n"), &[&more[..], &["--dry-run"]].concat());
}

/// Files of CSV as they come: cut off within a row, in quotes, in other encodings, with many rows that are wrong.
#[test]
fn rows_of_csv_are_read_as_they_are_written_or_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let said = |more: &str, bytes: &[u8], code: i32| {
        let (mapping, file) = (directory.path().join("m.toml"), directory.path().join("file.csv"));
        let columns = "[columns]\namount = \"amount\"\ndate = \"date\"\nmerchant = \"shop\"\ntext = \"text\"\n";
        fs::write(&mapping, format!("source = \"psp:p\"\ncurrency = \"CNY\"\nkind = \"sale\"\n{more}\n{columns}")).expect("written");
        fs::write(&file, bytes).expect("written");
        import(code, &url, "csv", &file, &["--dry-run", "--mapping", mapping.to_str().expect("a path")])
    };
    let names = "date,shop,text,amount\n";
    let of = |rows: &str| format!("{names}{rows}").into_bytes();
    for (more, bytes, says) in [
        ("last_line_end = true", of("2026-11-23,s,,1234.50\n2026-11-23,s,,12"), "file.csv:3: the last line has no line end: it may be cut off"),
        ("", of("2026-11-23,s,\"open,1.00\n2026-11-23,s,,2.00\n"), "file.csv:2: a quote is never closed"),
        ("", of("2026-11-23,s,,\"1.00"), "file.csv:2: a quote is never closed"),
        ("", [names.as_bytes(), b"2026-11-23,H\xe4ndler-1,,1.00\n"].concat(), "encoding = \"iso-8859-1\""),
        ("", b"date,shop,text,amount,amount\n2026-11-23,s,,1.00,1.00\n".to_vec(), "file.csv:1: 2 columns have the name \"amount\""),
        ("date = \"%d.%m.%Y\"", of("23.11.26,s,,1.00\n"), "file.csv:2: date: \"23.11.26\", read by %d.%m.%Y, is of the year 26"),
    ] {
        let said = said(more, &bytes, 1);
        assert!(said.contains(says) && said.contains("nothing was sent"), "{says}: {said}");
    }
    for (more, bytes, says) in [
        ("last_line_end = false", of("2026-11-23,s,,12"), "12.00 CNY"),
        ("", of("2026-11-23,s,,1234.50\n2026-11-23,s,,12"), "warning: the last line has no line end: it may be cut off"),
        ("", of("2026-11-23,s,\"two\nlines\",1.00\n2026-11-23,s,,2.00\n"), "3.00 CNY"),
        ("encoding = \"iso-8859-1\"", [names.as_bytes(), b"2026-11-23,H\xe4ndler-1,,1.00\n"].concat(), "no alias names Händler-1"),
        ("encoding = \"gbk\"", [names.as_bytes(), b"2026-11-23,\xc9\xcc\xbb\xa7,,1.00\n"].concat(), "no alias names 商户"),
    ] {
        let said = said(more, &bytes, 0);
        assert!(said.contains(says), "{says}: {said}");
    }
    let wrong: String = (0..25).map(|number| format!("2026-11-23,s,,x{number}\n")).collect();
    let said = said("", &of(&format!("2026-11-23,s,,1.00\n{wrong}")), 1);
    assert!(said.contains("file.csv:3: amount: \"x0\"") && said.contains("file.csv:22: amount: \"x19\"") && !said.contains("\"x20\""), "{said}");
    assert!(said.contains("5 more rows are wrong; nothing was sent"), "{said}");
}

/// A line of totals may be in quotes, as the rows are.
#[test]
fn a_line_of_totals_in_quotes_is_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let mapping = mapping(directory.path());
    let text = fs::read_to_string(&mapping).expect("the mapping") + "[trailer]\nstarts = \"Total\"\ncount = 2\n";
    fs::write(&mapping, text).expect("written");
    let file = csv(directory.path(), "\"1.00\",\"2026-11-23\",\"P1\",\"R1\"\n\"Total\",\"1\"");
    let said = import(0, &url, "csv", &file, &["--dry-run", "--mapping", mapping.to_str().expect("a path")]);
    assert!(said.contains("count: the file says 1, counted 1"), "{said}");
}

#[test]
fn a_message_of_another_version_or_with_a_doctype_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, _requests) = answering(|_, _| (200, json!({"rows": [], "next": null})));
    let right = statement(&entry("1.00", ""));
    for (text, says) in [
        (right.replace("053.001.08", "053.001.13"), "the document is of version 001.13; what is read is 001.02 to 001.08"),
        (right.replace("camt.053", "pain.001"), "neither camt.053 nor camt.054"),
        (format!("<!DOCTYPE Document [<!ENTITY a \"1\">]>{right}"), "DOCTYPE"),
    ] {
        let file = directory.path().join("message.xml");
        fs::write(&file, text).expect("written");
        let said = import(1, &url, "camt", &file, &["--dry-run"]);
        assert!(said.contains(says) && said.contains("nothing was sent"), "{says}: {said}");
    }
    // Where the schema lies may stand first, and Austria's namespace has more behind the version.
    let namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    let located = format!("<Document xmlns:xsi=\"urn:xsi\" xsi:schemaLocation=\"{namespace} camt.053.001.08.xsd\" ");
    for text in [right.replace("<Document ", &located), right.replace(namespace, "ISO:camt.053.001.08:APC:STUZZA:payments:003")] {
        let file = directory.path().join("message.xml");
        fs::write(&file, text).expect("written");
        assert!(import(0, &url, "camt", &file, &["--dry-run"]).contains("1 lines"));
    }
}
