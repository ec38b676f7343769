//! What `import --dry-run` says of files as people have them: zips of several files, names without a date, rows of types that nobody knows,
//! totals that are not those of the rows, days with nothing, other characters. It needs no server: nothing is sent.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    fn zip(&self, name: &str, members: &[(&str, &[u8])]) -> PathBuf {
        let mut zipped = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (member, bytes) in members {
            zipped.start_file(*member, zip::write::SimpleFileOptions::default()).expect("a file");
            zipped.write_all(bytes).expect("written");
        }
        self.file(name, zipped.finish().expect("a zip").into_inner())
    }

    /// Of CSV files: columns amount, date, reference and what is said besides.
    fn mapping(&self, more: &str) -> String {
        let columns = "[columns]\namount = \"amount\"\ndate = \"date\"\nreference = \"reference\"\n";
        let path = self.file("mapping.toml", format!("source = \"psp:p\"\nkind = \"sale\"\n{more}\n{columns}"));
        path.to_str().expect("a path").to_owned()
    }
}

fn import(code: i32, format: &str, files: &[&Path], more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"));
    let output = command.args(["import", "--dry-run", "--format", format, "--url", NOWHERE]).args(more).args(files).output().expect("the binary runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// A record of UnionPay's common clearing file.
fn zm(type_: &str) -> Vec<u8> {
    const WIDTHS: [usize; 41] =
        [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131];
    let values = [(1, "S22"), (5, "0101101500"), (7, "000000010000"), (10, "1"), (12, "P1"), (16, "D000000000048"), (17, "C000000009952"), (20, type_)];
    let mut record = Vec::new();
    for (place, width) in WIDTHS.into_iter().enumerate() {
        let value = values.iter().find(|(at, _)| *at == place + 1).map_or("", |(_, value)| value);
        record.extend(format!("{value:<width$} ").into_bytes());
    }
    record.extend(b"\r\n");
    record
}

#[test]
fn of_a_zip_the_one_file_of_the_format_is_taken() {
    let place = Place::new();
    let mapping = place.mapping("currency = \"CNY\"");
    let more = ["--mapping", mapping.as_str()];
    let rows = b"amount,date,reference\n1.00,2026-11-23,R1\n".as_slice();
    let wrong = b"amount,date,reference\nx,2026-11-23,R1\n".as_slice();
    let one = place.zip("one.zip", &[("readme.txt", rows), ("a/1.csv", rows), ("__MACOSX/a/._1.csv", rows), ("a/1.pdf", rows)]);
    assert!(import(0, "csv", &[&one], &more).contains("1 lines, dates 2026-11-23 to 2026-11-23"));
    for (name, members, says) in [
        ("two.zip", &[("a/1.csv", rows), ("a/2.csv", rows)][..], "the zip has 2 files of this format: a/1.csv, a/2.csv; take them out and import each"),
        ("none.zip", &[("a.pdf", rows)], "the zip has no file of this format, but a.pdf"),
        ("wrong.zip", &[("readme.md", rows), ("a/1.csv", wrong)], "wrong.zip:a/1.csv:2: amount: \"x\""),
        ("empty.zip", &[("a/1.csv", b"".as_slice())], "empty.zip: a/1.csv is empty"),
    ] {
        let said = import(1, "csv", &[&place.zip(name, members)], &more);
        assert!(said.contains(says) && said.contains("nothing was sent"), "{says}: {said}");
    }
    let two = place.zip("camt.zip", &[("2026-12-02_C53_1.xml", rows), ("2026-12-02_C53_2.xml", rows)]);
    assert!(import(1, "camt", &[&two], &[]).contains("2026-12-02_C53_1.xml, 2026-12-02_C53_2.xml"));
}

#[test]
fn the_date_of_a_clearing_file_is_that_of_its_name_where_it_has_one() {
    let place = Place::new();
    let record = zm("01");
    let members = [("INN26120188ZME_7772", b"E22".as_slice()), ("INN26120188ZM_7772", record.as_slice())];
    for name in ["7772_20261201.zip", "INN26110188ZM_7772.zip"] {
        let said = import(0, "unionpay", &[&place.zip(name, &members)], &[]);
        assert!(said.contains("scheme:unionpay of 2026-12-01") && !said.contains("warning"), "{said}");
    }
    for name in ["898581015200001_20261201.txt", "INN26133288ZM_1", "bill"] {
        let said = import(0, "unionpay", &[&place.file(name, &record)], &[]);
        assert!(said.contains("-01-01, report") && said.contains("has no settlement date") && said.contains("the date is that of the records"), "{said}");
    }
}

#[test]
fn rows_of_types_that_are_not_known_are_told() {
    let place = Place::new();
    let said = import(0, "unionpay", &[&place.file("INN26112388ZM_1", [zm("01"), zm("77"), zm("78"), zm("77")].concat())], &[]);
    assert!(said.contains("warning: 3 rows of types that are not known here, told as other: 77, 78"), "{said}");

    let bill = "#支付宝业务明细查询\r\n#起始日期：[2026年11月23日 00:00:00]\r\n支付宝交易号,商户订单号,业务类型,完成时间,商家实收（元）,服务费（元）\r\n\
                20261\t,P1\t,转账\t,2026-11-23 10:15:30,1.00,0.00\r\n#列表结束\r\n#交易合计：0笔，商家实收共0元\r\n#退款合计：0笔，商家实收退款共0元\r\n";
    let said = import(0, "alipay", &[&place.file("bill.csv", bill)], &[]);
    assert!(said.contains("warning: 1 row of types that are not known here, told as other: 转账"), "{said}");
}

const ADYEN: &str = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Batch Number";

/// A row of a type, and which way it goes.
fn settled(type_: &str, credit: bool) -> String {
    let (out, back) = if credit { ("", "1.00") } else { ("1.00", "") };
    format!("N,N,P1,O1,visa,2026-11-23 10:15:00,CET,{type_},M1,EUR,{out},{back},1,EUR,{out},{back},,,,,visa,7\n")
}

#[test]
fn types_of_adyen_are_of_their_kinds() {
    let place = Place::new();
    let rows: String = [
        ("SettledExternallyWithInfo", true),
        ("SettledInstallment", true),
        ("SettledInstallmentExternallyWithInfo", true),
        ("RefundedExternallyWithInfo", false),
        ("RefundedInstallment", false),
        ("RefundedInstallmentExternallyWithInfo", false),
        ("ChargebackExternallyWithInfo", false),
        ("ChargebackReversedExternallyWithInfo", true),
        ("PaymentCost", false),
        ("AcquirerPayout", false),
        ("SomethingNew", true),
    ]
    .map(|(type_, credit)| settled(type_, credit))
    .concat();
    let said = import(0, "adyen", &[&place.file("a.csv", format!("{ADYEN}\n{rows}"))], &[]);
    for (kind, direction, count) in
        [("sale", "credit", 3), ("refund", "debit", 3), ("chargeback", "debit", 1), ("representment", "credit", 1), ("fee", "debit", 1), ("payout", "debit", 1)]
    {
        assert!(said.contains(&format!("  {kind:<14} {direction:<6} {count:>9} ")), "{kind}: {said}");
    }
    assert!(said.contains("warning: 1 row of types that are not known here, told as other: SomethingNew"), "{said}");
    for column in ["Gross Debit (GC)", "Gross Currency", "Net Debit (NC)", "Commission (NC)", "Modification Reference"] {
        let without = ADYEN.replace(column, "x");
        let said = import(1, "adyen", &[&place.file("b.csv", format!("{without}\n{rows}"))], &[]);
        assert!(said.contains(&format!("b.csv:1: there is no column {column}: this is no settlement details report")), "{said}");
    }
}

/// A statement of an account, around what it says of itself and its entries.
fn statement(head: &str, within: &str) -> String {
    let namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    format!(
        "<Document xmlns=\"{namespace}\"><BkToCstmrStmt><GrpHdr>{head}</GrpHdr><Stmt><Acct><Id><Othr><Id>6222-1</Id></Othr></Id><Ccy>CNY</Ccy></Acct>\
         {within}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn entry(status: &str, indicator: &str, amount: &str, within: &str) -> String {
    format!("<Ntry><Amt Ccy=\"CNY\">{amount}</Amt>{indicator}<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt>{within}</Ntry>")
}

const CREDIT: &str = "<CdtDbtInd>CRDT</CdtDbtInd>";
const DEBIT: &str = "<CdtDbtInd>DBIT</CdtDbtInd>";

#[test]
fn the_totals_of_a_statement_are_those_of_its_entries() {
    let place = Place::new();
    let entries = [entry("BOOK", CREDIT, "100.00", ""), entry("BOOK", DEBIT, "30.00", ""), entry("PDNG", CREDIT, "7.00", "")].concat();
    let total = |name: &str, count: u64, sum: &str| format!("<{name}><NbOfNtries>{count}</NbOfNtries><Sum>{sum}</Sum></{name}>");
    let summary = |totals: &[String]| format!("<TxsSummry>{}</TxsSummry>", totals.concat());
    let read = |code: i32, head: &str, summary: &str| import(code, "camt", &[&place.file("s.xml", statement(head, &format!("{summary}{entries}")))], &[]);
    let booked = summary(&[total("TtlNtries", 2, "130"), total("TtlCdtNtries", 1, "100.00"), total("TtlDbtNtries", 1, "30.00")]);
    let said = read(0, "", &booked);
    assert!(said.contains("  entries: the file says 2, counted 2") && said.contains("  sum of debit entries: the file says 30.00, counted 30.00"), "{said}");
    let pending = summary(&[total("TtlNtries", 3, "137.00"), total("TtlCdtNtries", 2, "107.00")]);
    assert!(read(0, "", &pending).contains("  sum of entries: the file says 137.00, counted 137.00"));
    for (totals, says) in [
        (vec![total("TtlNtries", 5, "130.00")], "s.xml:1: entries: the statement says 5, its booked entries make 2"),
        (vec![total("TtlNtries", 2, "999.00")], "sum of entries: the statement says 999.00, its booked entries make 130.00"),
        (vec![total("TtlDbtNtries", 1, "31.00")], "sum of debit entries: the statement says 31.00"),
        // One way for the one, another for the other.
        (vec![total("TtlNtries", 2, "130.00"), total("TtlCdtNtries", 2, "107.00")], "credit entries: the statement says 2, its booked entries make 1"),
    ] {
        let said = read(1, "", &summary(&totals));
        assert!(said.contains(says) && said.contains("nothing was sent"), "{says}: {said}");
    }
    // Of a page nobody knows what the totals are of.
    for (head, page) in [
        ("<MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn>", ""),
        ("<MsgPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></MsgPgntn>", ""),
        ("", "<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"),
    ] {
        let said = read(0, head, &format!("{page}{}", summary(&[total("TtlNtries", 5, "130.00")])));
        assert!(said.contains("warning: this is one page of several") && said.contains("entries: the file says 5, counted 2"), "{said}");
    }
    let one = "<MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn>";
    assert!(!read(0, one, &booked).contains("warning"));
}

#[test]
fn a_batch_that_does_not_add_up_is_told() {
    let place = Place::new();
    let transaction = |id: &str, amount: &str| format!("<TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs><Amt Ccy=\"CNY\">{amount}</Amt></TxDtls>");
    let read = |code: i32, count: u64, amounts: [&str; 2]| {
        let transactions = [transaction("O11", amounts[0]), transaction("O12", amounts[1])].concat();
        let within = format!("<NtryDtls><Btch><NbOfTxs>{count}</NbOfTxs></Btch>{transactions}</NtryDtls>");
        import(code, "camt", &[&place.file("b.xml", statement("", &entry("BOOK", DEBIT, "30.50", &within)))], &[])
    };
    assert!(!read(0, 2, ["10.00", "20.50"]).contains("warning"));
    let said = read(0, 2, ["10.00", "20.00"]);
    let warning =
        "warning: line 1: the 2 transactions of the entry make -30.00, the entry -30.50: it is told as a whole, and no payout is confirmed by O11, O12";
    assert!(said.contains(warning) && said.contains("1 lines"), "{said}");
    assert!(read(0, 3, ["10.00", "20.00"]).contains("the 2 transactions of the entry (it says 3) make"));
    assert!(read(1, 3, ["10.00", "20.50"]).contains("b.xml:1: NbOfTxs: the entry says 3 transactions, and has 2"));
}

#[test]
fn what_is_wrong_with_a_document_is_said_in_words() {
    let place = Place::new();
    let gbk = encoding_rs::GBK
        .encode("<?xml version=\"1.0\" encoding=\"GBK\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><a>商户</a></Document>");
    for (bytes, says) in [
        (statement("", &entry("BOOK", "<CdtDbtInd>C</CdtDbtInd>", "1.00", "")).into_bytes(), "CdtDbtInd: \"C\" is neither CRDT nor DBIT"),
        (statement("", &entry("BOOK", "", "1.00", "")).into_bytes(), "the entry has no CdtDbtInd"),
        (statement("", "").replace("<Stmt>", "<Other>").replace("</Stmt>", "</Other>").into_bytes(), "the document has no statement"),
        (gbk.0.into_owned(), "the document is in GBK, as it declares, and not in UTF-8: convert it to UTF-8 (iconv -f GBK -t UTF-8)"),
    ] {
        let said = import(1, "camt", &[&place.file("d.xml", bytes)], &[]);
        assert!(said.contains(says) && !said.contains("Some(") && said.contains("nothing was sent"), "{says}: {said}");
    }
}

const WECHAT: &str = "\u{feff}交易时间,商户号,微信订单号,商户订单号,交易状态,货币种类,应结订单金额,退款金额,手续费\r\n";

#[test]
fn a_day_with_nothing_is_fine_and_an_empty_file_is_not() {
    let place = Place::new();
    let mapping = place.mapping("currency = \"CNY\"");
    let csv = ["--mapping", mapping.as_str()];
    let wechat = format!("{WECHAT}总交易单数,应结订单总金额,退款总金额,手续费总金额\r\n`0,`0.00,`0.00,`0.00000\r\n");
    let alipay = "#起始日期：[2026年11月23日 00:00:00]\r\n支付宝交易号,业务类型\r\n#列表结束\r\n#交易合计：0笔，共0元\r\n#退款合计：0笔，共0元\r\n";
    for (format, text, more) in [
        ("csv", "amount,date,reference\n".to_owned(), &csv[..]),
        ("camt", statement("", ""), &csv[..0]),
        ("camt", statement("", &entry("PDNG", CREDIT, "1.00", "")), &csv[..0]),
        ("wechat", wechat, &csv[..0]),
        ("alipay", alipay.to_owned(), &csv[..0]),
        ("adyen", format!("{ADYEN}\n"), &csv[..0]),
        ("unionpay", "\r\n".to_owned(), &csv[..0]),
    ] {
        let said = import(0, format, &[&place.file("nothing", text)], more);
        assert!(said.contains("nothing: nothing in it") && said.contains("nothing was sent"), "{format}: {said}");
        let said = import(1, format, &[&place.file("empty", "")], more);
        assert!(said.contains("empty: is empty: no file of this format; nothing was sent"), "{format}: {said}");
    }
}

#[test]
fn files_in_other_forms_are_told_with_the_way_out() {
    let place = Place::new();
    let mapping = place.mapping("currency = \"CNY\"");
    let csv = ["--mapping", mapping.as_str()];
    let utf16: Vec<u8> = WECHAT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (format, bytes, more, says) in [
        ("wechat", b"\x1f\x8b\x08\x00".to_vec(), &csv[..0], "is gzip: unpack it"),
        ("wechat", utf16, &[], "is in UTF-16, by its byte order mark: convert it to UTF-8"),
        (
            "wechat",
            b"<xml><return_code>FAIL</return_code></xml>".to_vec(),
            &[],
            "no transaction bill: its first line has no 交易时间, but is \"<xml><return_code>FAIL",
        ),
        ("csv", b"amount,date,reference\r1.00,2026-11-23,R1\r".to_vec(), &csv, "its lines end with CR alone"),
    ] {
        let said = import(1, format, &[&place.file("file", bytes)], more);
        assert!(said.contains(says) && !said.contains(":0") && said.contains("nothing was sent"), "{says}: {said}");
    }
}

#[test]
fn what_is_left_out_and_what_is_not_compared_is_warned_of() {
    let place = Place::new();
    let mapping = place.mapping("currency = \"cny\"");
    let csv = ["--mapping", mapping.as_str()];
    let long = "x".repeat(65);
    let text = format!("amount,date,reference\n1.00,2026-11-01,R1\n2.00,2026-12-01,R2\n3.00,2026-12-02,{long}\n4.00,2026-12-01,{long}\n");
    let said = import(0, "csv", &[&place.file("a.csv", &text)], &csv);
    assert!(said.contains("4 lines, dates 2026-11-01 to 2026-12-02") && said.contains("10.00 CNY"), "{said}");
    assert!(said.contains("warning: 2 lines have a reference, payment or payout of more than 64 characters") && said.contains("left out: line 4"), "{said}");
    assert!(said.contains("warning: the lines are of 32 days, 2026-11-01 to 2026-12-02"), "{said}");
    let said = import(0, "csv", &[&place.file("b.csv", "amount,date,reference\n1.00,2026-11-01,R1\n2.00,2026-12-01,R2\n")], &csv);
    assert!(!said.contains("warning"), "{said}");

    let row = "`2026-11-23 10:15:00,`1,`42,`P1,`SUCCESS,`CNY,`0.60,`0.00,`0.00360";
    let bill = format!("{WECHAT}{row}\r\n总交易单数,别名,退款总金额,手续费总金额\r\n`1,`9.99,`0.00,`0.00360\r\n");
    let said = import(0, "wechat", &[&place.file("w.csv", bill)], &[]);
    assert!(said.contains("warning: the totals have no column 应结订单总金额 or 总交易额"), "{said}");
}

#[test]
fn what_the_files_have_no_use_for_is_refused() {
    let place = Place::new();
    let mapping = place.mapping("currency = \"CNY\"");
    let csv = ["--mapping", mapping.as_str(), "--report", "R1"];
    let file = place.file("a.csv", "amount,date,reference\n1.00,2026-11-23,R1\n");
    for (format, files, more, says) in [
        ("wechat", &[file.as_path()][..], &["--mapping", mapping.as_str()][..], "--mapping says"),
        ("alipay", &[file.as_path()], &["--confirm-payouts"], "--confirm-payouts is"),
        ("csv", &[file.as_path(), file.as_path()], &csv, "--report names one report"),
    ] {
        let said = import(2, format, files, more);
        assert!(said.contains(says) && said.contains("nothing was sent"), "{says}: {said}");
    }
    assert!(import(0, "csv", &[&file], &csv).contains("report \"R1\""));
}
