//! Folds a life and writes it down again, each event with its answer.

use crate::script;
use ledger::entry::{Account, Code, Detail, Outcome, Party, Posting, Row};
use ledger::rules::Fold;
use ledger::source::Nothing;
use schemas::event::Book;
use schemas::money::format_minor;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Balances by bucket, credit positive: what `balances` prints.
type Balances = BTreeMap<(String, u16), i128>;

/// Runs the lines of a block. Lines that are indented are answers and are written anew.
pub fn run(lines: &[&str]) -> String {
    let mut fold = Fold::open(0, 1, &Nothing).expect("an empty fold");
    let mut out = String::new();
    let mut balances = Balances::new();
    let mut offset = 0i64;
    let asked = lines.iter().map(|line| line.trim_end()).filter(|line| !line.starts_with(' '));
    for line in asked {
        out.push_str(line);
        out.push('\n');
        match line.split_whitespace().next() {
            None | Some("#") => continue,
            Some("balances") => {
                out.push_str(&shown(&balances));
                continue;
            }
            Some(_) => {}
        }
        let number = usize::try_from(offset).expect("a short life");
        let event = script::event(line, number);
        let mut rows = Vec::new();
        fold.record(&Nothing, offset, event.to_string().as_bytes(), &mut rows).expect("state can be read");
        offset += 1;
        for row in &rows {
            answer(&mut out, row);
            for posting in &row.lines {
                count(&mut balances, posting);
            }
        }
    }
    out
}

fn answer(out: &mut String, row: &Row) {
    if row.record != row.offset {
        let _ = writeln!(out, "    e{} leaves the park", row.record);
    }
    match &row.outcome {
        Outcome::Posted => {}
        Outcome::Duplicate { .. } => out.push_str("    duplicate\n"),
        Outcome::Parked(wait) => {
            let _ = writeln!(out, "    waits for {wait:?}");
        }
        Outcome::Refused { code, .. } => {
            let _ = writeln!(out, "    refused: {}", code.as_str());
        }
        Outcome::Quarantined { code, detail, .. } => {
            let _ = writeln!(out, "    quarantined: {} ({detail})", code.as_str());
        }
    }
    for posting in &row.lines {
        let book = book(&posting.book);
        let (debit, credit) = (account(&posting.debit), account(&posting.credit));
        let minor = i128::try_from(posting.amount.get()).expect("a small amount");
        let _ = writeln!(out, "    {book:<10} Dr {debit:<22} Cr {credit:<22} {:>12} {}", format_minor(minor, posting.currency), posting.currency);
    }
    for alert in &row.alerts {
        let _ = writeln!(out, "    alert: {alert:?}");
    }
}

fn book(book: &Book) -> String {
    match book {
        Book::Bank => "bank".to_owned(),
        Book::Psp(psp) => format!("psp:{psp}"),
    }
}

fn account(account: &Account) -> String {
    let party = match &account.party {
        Party::None | Party::Merchant => String::new(),
        Party::Scheme(id) => format!(" {id}"),
        Party::Psp(id) => format!(" {id}"),
        Party::Partner(id) => format!(" {id}"),
    };
    let detail = match &account.detail {
        Detail::None => String::new(),
        Detail::Payment => " payment".to_owned(),
        Detail::Date(date) => format!(" {date}"),
        Detail::Hold(id) => format!(" {id}"),
        Detail::Payout(id) => format!(" {id}"),
    };
    format!("{}{party}{detail}", account.code.number())
}

fn count(balances: &mut Balances, posting: &Posting) {
    let minor = i128::try_from(posting.amount.get()).expect("a small amount");
    for (side, sign) in [(&posting.debit, -1), (&posting.credit, 1)] {
        if side.code.is_merchant_balance() {
            *balances.entry((format!("{} {}", book(&posting.book), posting.currency), side.code.number())).or_default() += sign * minor;
        }
    }
}

fn shown(balances: &Balances) -> String {
    let mut out = String::new();
    let decimals = |text: &str| if text.ends_with("JPY") { 0 } else { 2 };
    for ((purse, code), amount) in balances.iter().filter(|(_, amount)| **amount != 0) {
        let name = match Code::from_number(*code) {
            Some(Code::MerchantReceivable) => "owed",
            Some(Code::Pending) => "pending",
            Some(Code::Available) => "available",
            Some(Code::Reserve) => "reserve",
            Some(Code::Hold) => "held",
            Some(Code::DisputeProvisional) => "disputed",
            Some(Code::PayoutInTransit) => "in transit",
            _ => continue,
        };
        let amount = if *code == Code::MerchantReceivable.number() { -amount } else { *amount };
        let _ = writeln!(out, "    {name:<10} {:>12} {purse}", schemas::money::format_scaled(amount, decimals(purse)));
    }
    if out.is_empty() {
        out.push_str("    nothing\n");
    }
    out
}
