//! `import`: files of schemes, payment companies and banks, in the layouts that they publish; what is wrong with one is told with file and line,
//! and nothing of it is sent.

mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Server;
use support::events::{contract, contract_set, opened, sale};

const NOON: &str = "2026-11-23T12:00:00+08:00";

struct Place {
    directory: tempfile::TempDir,
    server: Server,
}

impl Place {
    fn new(aliases: &Value) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::start(&directory.path().join("data"));
        server.event(&opened("2026-11-23"));
        let mut terms = contract();
        terms["aliases"] = aliases.clone();
        server.posted(&contract_set("c-1", "M1", terms));
        Self { directory, server }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    fn import(&self, code: i32, format: &str, file: &Path, more: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"));
        command.args(["import", "--format", format, "--url", &self.server.base]).args(more).arg(file);
        let output = command.output().expect("the binary runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    }

    fn sums(&self) -> Vec<String> {
        let rows = self.server.get_json("/v1/reconciliation?from=2026-01-01&to=2026-12-31&group_by=source,kind,state,merchant")["rows"].clone();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let row = |row: &Value| ["source", "kind", "state", "merchant", "theirs", "fees_theirs"].map(|name| text(row, name)).join(" ");
        rows.as_array().expect("rows").iter().map(row).collect()
    }

    fn reports(&self) -> Value {
        self.server.get_json("/v1/reconciliation/reports")["rows"].clone()
    }
}

/// A record of the common clearing file: fields of these widths with a space between.
fn zm(fields: &[(usize, &str)]) -> Vec<u8> {
    const WIDTHS: [usize; 41] =
        [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131];
    let mut record = Vec::new();
    for (place, width) in WIDTHS.into_iter().enumerate() {
        let value = fields.iter().find(|(at, _)| *at == place + 1).map_or("", |(_, value)| value);
        let mut field = value.as_bytes().to_vec();
        field.resize(width, b' ');
        record.extend(field);
        record.push(b' ');
    }
    record.extend(b"\r\n");
    record
}

#[test]
fn a_clearing_file_of_unionpay() {
    let place = Place::new(&json!({"unionpay": ["898310000000001", "898310000000002"]}));
    let sold = zm(&[
        (1, "S22"),
        (5, "1123101500"),
        (6, "6222020000000000"),
        (7, "000000010000"),
        (10, "111234567890123456789"),
        (12, "P1"),
        (16, "D000000000048"),
        (17, "C000000009952"),
        (20, "01"),
        (28, "898310000000001"),
    ]);
    let back = zm(&[
        (1, "S30"),
        (5, "1123111500"),
        (7, "000000001000"),
        (10, "111234567890123456790"),
        (12, "RF1"),
        (16, "C000000000005"),
        (17, "D000000000995"),
        (20, "04"),
        (28, "898310000000001"),
    ]);
    let stranger = zm(&[
        (1, "S22"),
        (5, "1123121500"),
        (7, "000000000700"),
        (10, "111234567890123456791"),
        (12, "X1"),
        (16, "D000000000003"),
        (17, "C000000000697"),
        (20, "01"),
        (28, "898310000000009"),
    ]);
    let whole = [sold.clone(), back, stranger].concat();
    let file = place.file("INN26112388ZM_898310000000001", &whole);
    assert!(place.import(0, "unionpay", &file, &["--dry-run"]).contains("nothing was sent"));
    assert_eq!(place.reports(), json!([]));
    let said = place.import(0, "unionpay", &file, &[]);
    assert!(said.contains("3 lines") && said.contains("no alias names 898310000000009") && said.contains("3 new, 0 seen before"), "{said}");
    assert_eq!(
        place.sums(),
        ["scheme:unionpay refund awaited M1 -10.00 -0.05", "scheme:unionpay sale awaited @house 7.00 0.03", "scheme:unionpay sale awaited M1 100.00 0.48",]
    );
    assert_eq!(place.reports()[0]["state"], "complete");
    assert!(place.import(0, "unionpay", &file, &[]).contains("0 new, 3 seen before"), "the same file again");
    let cut = place.file("INN26112488ZM_1", &whole[..whole.len() - 200]);
    let said = place.import(1, "unionpay", &cut, &[]);
    assert!(said.contains("INN26112488ZM_1:3:") && said.contains("cut off") && said.contains("nothing was sent"), "{said}");
    assert_eq!(place.reports().as_array().map(Vec::len), Some(1));
}

const WECHAT_NAMES: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";

fn wechat(total: &str) -> String {
    let sold = "`2026-11-23 10:15:00,`wx1,`1900000001,`1900000109,`,`4200000000202611230000000001,`P1,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.60,`0.00,`0,`0,`0.00,`0.00,`,`,`noodles, 总交易单数,`,`0.00360,`0.60%,`0.60,`0.00,`";
    let back = "`2026-11-23 11:15:00,`wx1,`1900000001,`1900000109,`,`4200000000202611230000000001,`P1,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030000000202611230000000001,`RF1,`0.10,`0.00,`ORIGINAL,`SUCCESS,`noodles,`,`-0.00060,`0.60%,`0.00,`0.10,`";
    let totals = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
    format!("\u{feff}{WECHAT_NAMES}\r\n{sold}\r\n{back}\r\n{totals}\r\n{total}\r\n")
}

#[test]
fn a_bill_of_wechat_zipped_or_not() {
    let place = Place::new(&json!({"wechat": "1900000109"}));
    let right = wechat("`2,`0.60,`0.10,`0.00,`0.00300,`0.60,`0.10");
    let mut zipped = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zipped.start_file("bill.csv", zip::write::SimpleFileOptions::default()).expect("a file");
    zipped.write_all(right.as_bytes()).expect("written");
    let file = place.file("wechat.zip", &zipped.finish().expect("a zip").into_inner());
    let said = place.import(0, "wechat", &file, &["--report", "W1"]);
    assert!(said.contains("手续费总金额: the file says 0.00300, counted 0.00300"), "{said}");
    assert_eq!(place.sums(), ["scheme:wechat refund awaited M1 -0.10 0.00", "scheme:wechat sale awaited M1 0.60 0.00"]);
    assert!(place.import(0, "wechat", &place.file("plain.csv", right.as_bytes()), &["--report", "W1"]).contains("0 new, 2 seen"));
    for (wrong, says) in [
        (wechat("`3,`0.60,`0.10,`0.00,`0.00300,`0.60,`0.10"), ":5: 总交易单数: the bill says 3, its rows 2"),
        (wechat("`2,`0.60,`0.10,`0.00,`0.00301,`0.60,`0.10"), "手续费总金额"),
        (right.replace(",`0.00,`0.10,`\r\n", "\r\n"), ":3: the row has 24 cells, the bill 27"),
        (right.split("总交易单数,应结").next().expect("a part").to_owned(), "cut off"),
    ] {
        let said = place.import(1, "wechat", &place.file("wrong.csv", wrong.as_bytes()), &[]);
        assert!(said.contains(says) && said.contains("nothing was sent"), "{says}: {said}");
    }
}

#[test]
fn a_bill_of_alipay() {
    let place = Place::new(&json!({"alipay": "20881234567890120156"}));
    let bill = |end: &str| {
        let text = format!(
            "#支付宝业务明细查询\r\n#账号：[20881234567890120156]\r\n#起始日期：[2026年11月23日 00:00:00]   终止日期：[2026年11月24日 00:00:00]\r\n\
             #-----------------------------------------业务明细列表----------------------------------------\r\n\
             支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注\r\n\
             2026112322001400000000000001\t,P1\t,交易\t,noodles\t,2026-11-23 10:15:00,2026-11-23 10:15:30,,100.00,100.00,\t,-0.60,\t\r\n\
             2026112322001400000000000001\t,P1\t,退款\t,noodles\t,2026-11-23 10:15:00,2026-11-23 11:15:30,,-10.00,-10.00,RF1\t,0.06,\t\r\n\
             #-----------------------------------------业务明细列表结束------------------------------------\r\n{end}"
        );
        encoding_rs::GBK.encode(&text).0.into_owned()
    };
    let end = "#交易合计：1笔，商家实收共100.00元，商家优惠共0元\r\n#退款合计：1笔，商家实收退款共-10.00元，商家优惠退款共0元\r\n#导出时间：[2026年11月24日 08:00:00]\r\n";
    place.import(0, "alipay", &place.file("bill.csv", &bill(end)), &[]);
    assert_eq!(place.sums(), ["scheme:alipay refund awaited M1 -10.00 -0.06", "scheme:alipay sale awaited M1 100.00 0.60"]);
    let said = place.import(1, "alipay", &place.file("wrong.csv", &bill(&end.replace("1笔，商家实收共100.00", "2笔，商家实收共100.00"))), &[]);
    assert!(said.contains("交易合计") && said.contains("wrong.csv:"), "{said}");
    assert!(place.import(1, "alipay", &place.file("cut.csv", &bill("")), &[]).contains("cut off"));
}

#[test]
fn a_settlement_report_of_adyen() {
    let place = Place::new(&json!({"adyen": "NoodlesPOS"}));
    let names = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Batch Number";
    let rows = "Noodles,NoodlesPOS,8816000000000001,P1,visa,2026-11-23 10:15:00,CET,Settled,,EUR,,100.00,1,EUR,,98.80,,0.60,0.10,0.50,visacredit,7\n\
                Noodles,NoodlesPOS,8816000000000001,P1,visa,2026-11-23 11:15:00,CET,Refunded,KLMNPQRSTUVWXYZ2,EUR,10.00,,1,EUR,10.00,,,,,,visacredit,7\n\
                Noodles,NoodlesPOS,8816000000000009,,,2026-11-23 23:00:00,CET,Fee,Transaction Fees,,,,,EUR,1.20,,,,,,,7\n";
    let file = place.file("settlement_detail_report_batch_7.csv", format!("{names}\n{rows}").as_bytes());
    place.import(0, "adyen", &file, &[]);
    assert_eq!(place.sums(), ["psp:adyen fee awaited M1 -1.20 -", "psp:adyen refund awaited M1 -10.00 -", "psp:adyen sale awaited M1 100.00 1.20"]);
    let cut = format!("{names}\n{}", &rows[..rows.len() - 30]);
    assert!(place.import(1, "adyen", &place.file("cut.csv", cut.as_bytes()), &[]).contains("cut.csv:4: "));
    assert!(place.import(1, "adyen", &place.file("other.csv", b"a,b\n1,2\n"), &[]).contains("no settlement details report"));
}

fn statement(account: &str, closing: &str, currency: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>S1</Id>
<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>FWAV</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-24</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>
<Ntry><Amt Ccy="CNY">150.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt>
 <NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>
  <TxDtls><Refs><EndToEndId>O1</EndToEndId></Refs><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>
  <TxDtls><Refs><EndToEndId>O2</EndToEndId></Refs><Amt Ccy="CNY">50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>
 </NtryDtls></Ntry>
<Ntry><Amt Ccy="{currency}">900.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt>
 <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>unionpay</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>A &amp; B</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">5000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
"#
    )
}

#[test]
fn a_statement_of_a_bank_confirms_payouts() {
    let place = Place::new(&json!({}));
    place.server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", NOON));
    place.server.event(&json!({"id": "close-23", "type": "day_closed", "date": "2026-11-23"}));
    for (payout, amount) in [("O1", "100.00"), ("O2", "50.00")] {
        place.server.posted(
            &json!({"id": payout, "type": "payout_initiated", "merchant": "M1", "payout": payout, "amount": amount, "currency": "CNY", "occurred_at": NOON}),
        );
    }
    let file = place.file("stmt.xml", statement("6222-1", "1750.00", "CNY").as_bytes());
    for (wrong, more, says) in [
        (statement("6222-1", "1751.00", "CNY"), vec![], "closing balance: the statement says 1751.00"),
        (statement("6222-1", "1750.00", "USD"), vec![], "USD in an account of CNY"),
        (statement("6222-9", "1750.00", "CNY"), vec!["--source", "bank:6222-1"], "the statement is of bank:6222-9, not of bank:6222-1"),
        (statement("6222-1", "1750.00", "CNY").split("<Ntry><Amt Ccy=\"CNY\">5000").next().expect("a part").to_owned(), vec![], "cut off"),
    ] {
        let said = place.import(1, "camt", &place.file("wrong.xml", wrong.as_bytes()), &more);
        assert!(said.contains(says) && said.contains("wrong.xml:") && said.contains("nothing was sent"), "{says}: {said}");
    }
    assert_eq!(place.reports(), json!([]));
    let said = place.import(0, "camt", &file, &["--confirm-payouts"]);
    assert!(said.contains("3 lines") && said.contains("2 payouts confirmed"), "{said}");
    assert_eq!(place.server.get_json("/v1/payouts?state=paid")["rows"].as_array().map(Vec::len), Some(2));
    assert!(place.import(0, "camt", &file, &["--confirm-payouts"]).contains("0 new, 3 seen before"));
    assert_eq!(place.sums(), ["bank:6222-1 payout awaited M1 -150.00 -", "bank:6222-1 settlement awaited @house 900.00 -"]);
}

/// A notification or statement of another version, around entries.
fn message(message: &str, version: &str, entries: &str) -> String {
    let (root, part) = if message == "camt.054" { ("BkToCstmrDbtCdtNtfctn", "Ntfctn") } else { ("BkToCstmrStmt", "Stmt") };
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}.{version}\"><{root}><{part}><Id>1</Id>\
         <Acct><Id><Othr><Id>6222-1</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{entries}</{part}></{root}></Document>"
    )
}

/// An entry as its version has it: up to 001.06 the status is a text, and parties have their names themselves.
fn booked(version: &str, status: &str, (amount, indicator): (&str, &str), transactions: &str) -> String {
    let status = if version > "001.06" { format!("<Cd>{status}</Cd>") } else { status.to_owned() };
    format!(
        "<Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>{indicator}</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>\
         <NtryDtls>{transactions}</NtryDtls></Ntry>"
    )
}

/// In a batch a return concerns its own transaction; what is not booked moves nothing; in the layouts of every version.
#[test]
fn a_return_within_a_batch_concerns_one_transaction() {
    let paid = |payout: &str, amount: &str| {
        format!("<TxDtls><Refs><EndToEndId>{payout}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy=\"CNY\">{amount}</Amt></TxAmt></AmtDtls></TxDtls>")
    };
    let came = |version: &str| {
        let name = if version > "001.06" { "<Pty><Nm>unionpay</Nm></Pty>" } else { "<Nm>unionpay</Nm>" };
        let settled = format!("<AmtDtls><TxAmt><Amt Ccy=\"CNY\">900.00</Amt></TxAmt></AmtDtls><RltdPties><Dbtr>{name}</Dbtr></RltdPties>");
        let back = "<AmtDtls><TxAmt><Amt Ccy=\"CNY\">50.00</Amt></TxAmt></AmtDtls><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
        format!("<TxDtls>{settled}</TxDtls><TxDtls><Refs><EndToEndId>O2</EndToEndId></Refs>{back}</TxDtls>")
    };
    for version in ["001.02", "001.03", "001.04", "001.05", "001.06", "001.07", "001.08"] {
        let place = Place::new(&json!({}));
        place.server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", NOON));
        place.server.event(&json!({"id": "close-23", "type": "day_closed", "date": "2026-11-23"}));
        for (payout, amount) in [("O1", "100.00"), ("O2", "50.00")] {
            let event =
                json!({"id": payout, "type": "payout_initiated", "merchant": "M1", "payout": payout, "amount": amount, "currency": "CNY", "occurred_at": NOON});
            place.server.posted(&event);
        }
        let out = booked(version, "BOOK", ("150.00", "DBIT"), &(paid("O1", "100.00") + &paid("O2", "50.00")));
        let said = place.import(0, "camt", &place.file("out.xml", message("camt.054", version, &out).as_bytes()), &["--confirm-payouts"]);
        assert!(said.contains("2 payouts confirmed"), "{version}: {said}");
        let none = booked(version, "INFO", ("7000.00", "CRDT"), "") + &booked(version, "PDNG", ("8000.00", "DBIT"), "");
        let back = booked(version, "BOOK", ("950.00", "CRDT"), &came(version)) + &none;
        let said = place.import(0, "camt", &place.file("back.xml", message("camt.053", version, &back).as_bytes()), &["--confirm-payouts"]);
        assert!(said.contains("1 payouts confirmed"), "{version}: {said}");
        let states = place.server.get_json("/v1/payouts")["rows"].clone();
        let mut states: Vec<String> = states.as_array().expect("rows").iter().map(|row| format!("{} {}", row["payout"], row["state"])).collect();
        states.sort();
        assert_eq!(states, [r#""O1" "paid""#, r#""O2" "returned""#], "{version}");
        // Out 150.00 and back 50.00 of payouts, and what the scheme settled.
        assert_eq!(place.sums(), ["bank:6222-1 payout awaited M1 -100.00 -", "bank:6222-1 settlement awaited @house 900.00 -"], "{version}");
    }
}

/// A boolean of XML is `true` or `1`.
#[test]
fn a_reversed_payout_came_back_in_either_word() {
    for (word, state) in [("true", "returned"), ("1", "returned"), ("false", "paid"), ("0", "paid")] {
        let place = Place::new(&json!({}));
        place.server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", NOON));
        place.server.event(&json!({"id": "close-23", "type": "day_closed", "date": "2026-11-23"}));
        let event =
            json!({"id": "O1", "type": "payout_initiated", "merchant": "M1", "payout": "O1", "amount": "100.00", "currency": "CNY", "occurred_at": NOON});
        place.server.posted(&event);
        let named = "<TxDtls><Refs><EndToEndId>O1</EndToEndId></Refs></TxDtls>";
        let out = booked("001.08", "BOOK", ("100.00", "DBIT"), named);
        let back = booked("001.08", "BOOK", ("100.00", "CRDT"), named).replace("<Sts>", &format!("<RvslInd>{word}</RvslInd><Sts>"));
        place.import(0, "camt", &place.file("out.xml", message("camt.053", "001.08", &out).as_bytes()), &["--confirm-payouts"]);
        place.import(0, "camt", &place.file("back.xml", message("camt.053", "001.08", &back).as_bytes()), &["--confirm-payouts"]);
        assert_eq!(place.server.get_json("/v1/payouts")["rows"][0]["state"], state, "{word}");
    }
}

/// A bank that paid another amount, or in another currency, than the payout has: somebody must look, and nothing is confirmed by it.
#[test]
fn a_payout_is_confirmed_by_a_line_of_its_amount_and_currency() {
    let place = Place::new(&json!({}));
    place.server.posted(&sale("s1", "M1", "P1", "1000.00", "credit", NOON));
    place.server.event(&json!({"id": "close-23", "type": "day_closed", "date": "2026-11-23"}));
    for (payout, amount) in [("O1", "100.00"), ("O2", "50.00")] {
        let event =
            json!({"id": payout, "type": "payout_initiated", "merchant": "M1", "payout": payout, "amount": amount, "currency": "CNY", "occurred_at": NOON});
        place.server.posted(&event);
    }
    let states = || {
        let rows = place.server.get_json("/v1/payouts")["rows"].clone();
        let mut states: Vec<String> = rows.as_array().expect("rows").iter().map(|row| format!("{} {}", row["payout"], row["state"])).collect();
        states.sort();
        states
    };
    let named = |payout: &str| format!("<TxDtls><Refs><EndToEndId>{payout}</EndToEndId></Refs></TxDtls>");
    let entries = booked("001.08", "BOOK", ("99.00", "DBIT"), &named("O1")) + &booked("001.08", "BOOK", ("50.00", "DBIT"), &named("O2"));
    let file = place.file("out.xml", message("camt.053", "001.08", &entries).as_bytes());
    let differs = "line 1, payout O1 of M1: the line is of 99.00 CNY, the payout of 100.00 CNY";
    let said = place.import(1, "camt", &file, &["--confirm-payouts", "--dry-run"]);
    assert!(said.contains("1 payouts would be confirmed") && said.contains("line 1, payout O2 of M1: payout_paid") && said.contains(differs), "{said}");
    assert!(said.contains("nothing was sent") && place.reports() == json!([]), "{said}");
    let said = place.import(1, "camt", &file, &["--confirm-payouts"]);
    assert!(said.contains("2 new, 0 seen before") && said.contains("1 payouts confirmed, 0 before"), "{said}");
    assert!(said.contains("1 payouts were not confirmed") && said.contains(differs), "{said}");
    assert_eq!(states(), [r#""O1" "initiated""#, r#""O2" "paid""#]);
    let usd = message("camt.053", "001.08", &booked("001.08", "BOOK", ("100.00", "DBIT"), &named("O1"))).replace("CNY", "USD");
    let said = place.import(1, "camt", &place.file("usd.xml", usd.as_bytes()), &["--confirm-payouts"]);
    assert!(said.contains("payout O1 of M1: the line is of 100.00 USD, the payout of 100.00 CNY"), "{said}");
    assert_eq!(states(), [r#""O1" "initiated""#, r#""O2" "paid""#]);
    // What differs in one file keeps no other from being sent.
    let of_one =
        |name: &str, amount: &str, texts: &str| place.file(name, message("camt.053", "001.08", &booked("001.08", "BOOK", (amount, "DBIT"), texts)).as_bytes());
    let (first, second) = (of_one("first.xml", "98.00", &named("O1")), of_one("second.xml", "7.00", ""));
    let said = place.import(1, "camt", &second, &["--confirm-payouts", first.to_str().expect("a path")]);
    assert!(said.contains("the line is of 98.00 CNY") && said.contains("second.xml: 1 new, 0 seen before"), "{said}");
    assert_eq!(states(), [r#""O1" "initiated""#, r#""O2" "paid""#]);
}

#[test]
fn any_csv_by_a_mapping() {
    let place = Place::new(&json!({"psp-7": "sub-1"}));
    let mapping = place.file(
        "mapping.toml",
        "source = \"psp:psp-7\"\ndelimiter = \";\"\ndecimal = \",\"\nthousands = \".\"\ndate = \"%d.%m.%Y\"\ncurrency = \"EUR\"\n\
         [columns]\namount = \"Betrag\"\ncurrency = \"W\"\ndate = \"Tag\"\nkind = \"Art\"\nreference = \"Ref\"\nmerchant = \"Kunde\"\nfee = \"Entgelt\"\n\
         [kinds]\nKauf = \"sale\"\nGutschrift = \"refund\"\n[trailer]\nstarts = \"Summe\"\ncount = 2\nsum = 3\n"
            .as_bytes(),
    );
    let mapping = ["--mapping", mapping.to_str().expect("a path")];
    let csv = |sum: &str, currency: &str| {
        format!(
            "Tag;Art;Betrag;W;Ref;Kunde;Entgelt\n23.11.2026;Kauf;1.234,50;EUR;4200001234567890;sub-1;0,012\n23.11.2026;Gutschrift;-34,50;{currency};B 2;sub-2;\nSumme;2;{sum}\n"
        )
    };
    let said = place.import(0, "csv", &place.file("right.csv", csv("1.200,00", "EUR").as_bytes()), &mapping);
    assert!(said.contains("no alias names sub-2") && said.contains("count: the file says 2, counted 2"), "{said}");
    assert_eq!(place.sums(), ["psp:psp-7 refund awaited @house -34.50 -", "psp:psp-7 sale awaited M1 1234.50 0.01"]);
    assert!(
        place
            .import(1, "csv", &place.file("sum.csv", csv("1.200,01", "EUR").as_bytes()), &mapping)
            .contains("sum.csv:4: sum: the file says 1200.01, its rows 1200.00")
    );
    assert!(place.import(1, "csv", &place.file("usd.csv", csv("1.200,00", "USD").as_bytes()), &mapping).contains("usd.csv:3: USD in a report of EUR"));
    assert!(place.import(2, "csv", &place.file("none.csv", b"a\n"), &[]).contains("--mapping"));
}
