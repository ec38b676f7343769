//! A bank's camt.053 and camt.054, 001.02 to 001.08: booked entries, and of a batch its transactions.
//!
//! `INFO` and `PDNG` entries move nothing. Balances are balances, not increments: what was opened with and what is booked must be what is closed
//! with; forward balances say nothing of it. A transaction has its own direction: a return within a batch concerns it alone.

use super::input::Input;
use super::{Each, Facts, Line, Wrong, money, names};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use rust_decimal::Decimal;
use schemas::money::Currency;
use schemas::report::{ReportKind, ReportSource};
use schemas::time::Date;
use std::collections::BTreeMap;

/// The messages that are read, as their namespaces have them.
const MESSAGES: [&str; 2] = ["camt.053.001.", "camt.054.001."];
/// Their versions.
const VERSIONS: [&str; 7] = ["02", "03", "04", "05", "06", "07", "08"];
/// The deepest nesting of elements.
const DEPTH_MAX: usize = 64;
/// The longest text of an element, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// The most transactions of an entry.
const TRANSACTIONS_MAX: usize = 1_000_000;
/// The most bytes of the texts of an entry.
const ENTRY_BYTES_MAX: u64 = 1 << 30;

/// Texts of a part of the document, by the path within it; the first of each.
#[derive(Default)]
struct Texts(BTreeMap<String, String>);

impl Texts {
    fn get(&self, paths: &[&str]) -> Option<&str> {
        paths.iter().find_map(|path| self.0.get(*path)).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn amount(&self, line: u64, path: &str) -> Result<Option<(Decimal, Currency)>, Wrong> {
        let (Some(text), Some(code)) = (self.get(&[path]), self.get(&[&format!("{path}@Ccy")])) else { return Ok(None) };
        let amount = money::decimal(line, path, text)?.ok_or_else(|| Wrong::at(line, format!("{path}: no amount")))?;
        Ok(Some((amount, money::currency(line, code)?)))
    }
}

/// A statement or notification while it is read.
#[derive(Default)]
struct Statement {
    own: Texts,
    currency: Option<Currency>,
    opened: Option<Decimal>,
    closed: Option<Decimal>,
    booked: Decimal,
    entries: u64,
}

/// Reads a file.
pub fn read(input: &mut Input, wanted: Option<&str>, each: Each<'_>) -> Result<Facts, Wrong> {
    let rest = input.rest();
    let read = rest.counts();
    let mut reader = Reader::from_reader(rest);
    let (mut buffer, mut path) = (Vec::new(), Vec::<String>::new());
    let (mut statement, mut entry, mut transactions, mut balance) = (Statement::default(), Texts::default(), Vec::<Texts>::new(), Texts::default());
    let (mut entry_line, mut raw, mut facts, mut text) = (0, blake3::Hasher::new(), Facts::default(), String::new());
    let mut is_camt = false;
    loop {
        buffer.clear();
        read.ended();
        let at = read.line();
        let event = reader.read_event_into(&mut buffer).map_err(|error| Wrong::at(read.line(), format!("no well-formed XML: {error}")))?;
        match event {
            Event::Start(start) => {
                let name = start.local_name().into_inner().to_owned();
                if path.is_empty() {
                    let namespace = start.attributes().flatten().map(|attribute| attribute.value.to_string()).find(|value| value.contains("camt."));
                    known(namespace.as_deref().unwrap_or_default(), at)?;
                    is_camt = true;
                }
                match name.as_str() {
                    "Stmt" | "Ntfctn" => statement = Statement::default(),
                    "Bal" => balance = Texts::default(),
                    "Ntry" => {
                        (entry, entry_line, raw) = (Texts::default(), at, blake3::Hasher::new());
                        transactions.clear();
                    }
                    "TxDtls" if transactions.len() < TRANSACTIONS_MAX => transactions.push(Texts::default()),
                    "TxDtls" => return Err(Wrong::at(at, format!("an entry has more than {TRANSACTIONS_MAX} transactions"))),
                    _ => {}
                }
                if path.len() >= DEPTH_MAX {
                    return Err(Wrong::at(at, format!("elements are nested more than {DEPTH_MAX} deep")));
                }
                path.push(name);
                if let Some(code) = start.attributes().flatten().find(|attribute| attribute.key.local_name().into_inner() == "Ccy") {
                    put(&path, "@Ccy", &code.value, &mut statement.own, &mut balance, &mut entry, &mut transactions);
                }
                text.clear();
            }
            Event::Text(part) => add(&mut text, &part, at)?,
            Event::CData(part) => add(&mut text, &part, at)?,
            Event::GeneralRef(name) => {
                let resolved = match name.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    _ => resolve_predefined_entity(&name).ok_or_else(|| Wrong::at(at, format!("&{};: no such entity", &*name)))?.to_owned(),
                };
                add(&mut text, &resolved, at)?;
            }
            Event::End(_) => {
                put(&path, "", text.trim(), &mut statement.own, &mut balance, &mut entry, &mut transactions);
                if path.iter().any(|name| name == "Ntry") {
                    raw.update(text.trim().as_bytes()).update(b"\n");
                    if raw.count() > ENTRY_BYTES_MAX {
                        return Err(Wrong::at(at, format!("an entry has more than {ENTRY_BYTES_MAX} bytes")));
                    }
                }
                text.clear();
                match path.pop().as_deref() {
                    Some("Acct") if path.last().is_some_and(|name| name == "Stmt" || name == "Ntfctn") => account(&mut statement, wanted, &mut facts, at)?,
                    Some("Bal") => balanced(&mut statement, &balance, at)?,
                    Some("Ntry") => booked(&mut statement, &entry, &transactions, (entry_line, raw.finalize().as_bytes()), &mut facts, each)?,
                    Some("Stmt") => ended(&statement, &mut facts, at)?,
                    Some("Ntfctn") => facts.trailer.push(("booked".to_owned(), "-".to_owned(), statement.booked.to_string())),
                    _ => {}
                }
            }
            Event::Eof => break,
            // It could name entities of its own; a message of ISO 20022 has none.
            Event::DocType(_) => return Err(Wrong::at(at, "the document has a DOCTYPE, which no camt message has")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if !path.is_empty() || !is_camt {
        return Err(Wrong::at(read.line(), "the document ends before its end: it is cut off"));
    }
    Ok(facts)
}

/// The document must be of a message and a version that are read here.
fn known(namespace: &str, line: u64) -> Result<(), Wrong> {
    // A schema's place may stand behind it, or more of a namespace.
    let version = MESSAGES.into_iter().find_map(|message| namespace.split_once(message)).map(|(_, rest)| rest.get(..2).unwrap_or(rest));
    match version {
        Some(version) if VERSIONS.contains(&version) => Ok(()),
        Some(version) => Err(Wrong::at(line, format!("the document is of version 001.{version}; what is read is 001.02 to 001.08"))),
        None => Err(Wrong::at(line, "the document is neither camt.053 nor camt.054")),
    }
}

fn add(text: &mut String, part: &str, line: u64) -> Result<(), Wrong> {
    if text.len() + part.len() > TEXT_BYTES_MAX {
        return Err(Wrong::at(line, format!("a text has more than {TEXT_BYTES_MAX} bytes")));
    }
    text.push_str(part);
    Ok(())
}

/// Notes a text where it belongs: of the innermost of transaction, entry, balance and statement.
fn put(path: &[String], suffix: &str, text: &str, statement: &mut Texts, balance: &mut Texts, entry: &mut Texts, transactions: &mut [Texts]) {
    let within = |name: &str| path.iter().rposition(|step| step == name).map(|at| path.get(at + 1..).unwrap_or_default().join("/"));
    let (to, key) = if let Some(key) = within("TxDtls") {
        (transactions.last_mut(), key)
    } else if let Some(key) = within("Ntry") {
        (Some(entry), key)
    } else if let Some(key) = within("Bal") {
        (Some(balance), key)
    } else if let Some(key) = within("Stmt").or_else(|| within("Ntfctn")) {
        (Some(statement), key)
    } else {
        return;
    };
    if let Some(Texts(texts)) = to {
        texts.entry(format!("{key}{suffix}")).or_insert_with(|| text.to_owned());
    }
}

/// The account that a statement is of must be the one that is wanted, and the one of the whole file.
fn account(statement: &mut Statement, wanted: Option<&str>, facts: &mut Facts, line: u64) -> Result<(), Wrong> {
    let id =
        statement.own.get(&["Acct/Id/IBAN", "Acct/Id/Othr/Id"]).and_then(names::account).ok_or_else(|| Wrong::at(line, "the statement names no account"))?;
    let source = format!("bank:{id}");
    if ReportSource::read(&source).is_none() {
        return Err(Wrong::at(line, format!("{id:?} is no account's id")));
    }
    let expected = wanted.map(str::to_owned).or_else(|| facts.source.clone()).unwrap_or_else(|| source.clone());
    if source != expected {
        return Err(Wrong::at(line, format!("the statement is of {source}, not of {expected}")));
    }
    facts.source = Some(source);
    if let Some(code) = statement.own.get(&["Acct/Ccy"]) {
        statement.currency = Some(money::currency(line, code)?);
    }
    Ok(())
}

/// Notes what a statement opens and closes with.
fn balanced(statement: &mut Statement, balance: &Texts, line: u64) -> Result<(), Wrong> {
    let Some((amount, currency)) = balance.amount(line, "Amt")? else { return Ok(()) };
    in_currency(statement, currency, line)?;
    let signed = if balance.get(&["CdtDbtInd"]) == Some("DBIT") { -amount } else { amount };
    match balance.get(&["Tp/CdOrPrtry/Cd"]) {
        // The closing balance of the day before is what this one opens with.
        Some("OPBD" | "PRCD") => statement.opened = statement.opened.or(Some(signed)),
        Some("CLBD") => statement.closed = Some(signed),
        _ => {}
    }
    Ok(())
}

fn in_currency(statement: &mut Statement, currency: Currency, line: u64) -> Result<(), Wrong> {
    match statement.currency {
        Some(own) if own != currency => Err(Wrong::at(line, format!("{currency} in an account of {own}"))),
        _ => {
            statement.currency = Some(currency);
            Ok(())
        }
    }
}

/// Tells an entry that is booked: of each of its transactions, where they are all that it is, else as a whole.
fn booked(statement: &mut Statement, entry: &Texts, transactions: &[Texts], (line, raw): (u64, &[u8]), facts: &mut Facts, each: Each<'_>) -> Result<(), Wrong> {
    if entry.get(&["Sts/Cd", "Sts"]) != Some("BOOK") {
        return Ok(());
    }
    let (amount, currency) = entry.amount(line, "Amt")?.ok_or_else(|| Wrong::at(line, "the entry has no amount"))?;
    in_currency(statement, currency, line)?;
    let credit = match entry.get(&["CdtDbtInd"]) {
        Some("CRDT") => true,
        Some("DBIT") => false,
        other => return Err(Wrong::at(line, format!("CdtDbtInd: {other:?} is neither CRDT nor DBIT"))),
    };
    let signed = |credit: bool, amount: Decimal| if credit { amount } else { -amount };
    statement.booked += signed(credit, amount);
    statement.entries += 1;
    let date = entry.get(&["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"]).and_then(|text| text.get(..10)).and_then(Date::parse);
    let date = date.ok_or_else(|| Wrong::at(line, "the entry has no date"))?;
    facts.date = facts.date.max(Some(date));
    let none = Texts::default();
    let mut parts = Vec::new();
    for transaction in transactions {
        let own = [transaction.amount(line, "Amt")?, transaction.amount(line, "AmtDtls/TxAmt/Amt")?, transaction.amount(line, "AmtDtls/InstdAmt/Amt")?];
        let is_credit = transaction.get(&["CdtDbtInd"]).map_or(credit, |indicator| indicator == "CRDT");
        if let Some((part, _)) = own.into_iter().flatten().find(|(_, of)| *of == currency) {
            parts.push((transaction, is_credit, part));
        }
    }
    let sum: Decimal = parts.iter().map(|(_, is_credit, part)| signed(*is_credit, *part)).sum();
    if parts.len() != transactions.len() || parts.is_empty() || sum != signed(credit, amount) {
        parts = vec![(if let [only] = transactions { only } else { &none }, credit, amount)];
    }
    // A boolean of XML Schema.
    let reversed = matches!(entry.get(&["RvslInd"]), Some("true" | "1"));
    for (index, (transaction, is_credit, part)) in parts.into_iter().enumerate() {
        let mut bytes = raw.to_vec();
        bytes.extend(index.to_be_bytes());
        let either = |paths: &[&str]| transaction.get(paths).or_else(|| entry.get(paths)).map(str::to_owned);
        let named = transaction.get(&["Refs/EndToEndId"]).and_then(names::id);
        let returned = reversed || transaction.get(&["RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/OrgnlBkTxCd"]).is_some();
        let charged = matches!(either(&["BkTxCd/Domn/Fmly/SubFmlyCd"]).as_deref(), Some("CHRG" | "FEES" | "COMM"));
        let kind = match (charged, is_credit, &named) {
            (true, ..) => ReportKind::Fee,
            (false, false, Some(_)) => ReportKind::Payout,
            (false, true, Some(_)) if returned => ReportKind::Payout,
            (false, true, _) => ReportKind::Settlement,
            (false, false, None) => ReportKind::Other,
        };
        let mut told = Line::new(line, &bytes, kind, (is_credit, part, currency), date);
        told.returned = returned;
        told.payout = named.filter(|_| kind == ReportKind::Payout);
        let own = transaction.get(&["Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId"]).or_else(|| entry.get(&["AcctSvcrRef", "NtryRef"]));
        told.reference = own.and_then(names::reference).filter(|_| kind != ReportKind::Payout && kind != ReportKind::Settlement);
        let party = if is_credit { ["RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm"] } else { ["RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"] };
        told.scheme = transaction.get(&party).map(|name| name.chars().take(32).collect());
        told.text = transaction.get(&["RmtInf/Ustrd", "AddtlTxInf"]).or_else(|| entry.get(&["AddtlNtryInf"])).map(str::to_owned);
        each(told)?;
    }
    Ok(())
}

/// What a statement opened with and what is booked must be what it closes with.
fn ended(statement: &Statement, facts: &mut Facts, line: u64) -> Result<(), Wrong> {
    let (Some(opened), Some(closed)) = (statement.opened, statement.closed) else {
        facts.trailer.push(("closing balance".to_owned(), "-".to_owned(), statement.booked.to_string()));
        return Ok(());
    };
    let counted = opened + statement.booked;
    if counted != closed {
        return Err(Wrong::at(line, format!("closing balance: the statement says {closed}, {opened} and {} booked entries make {counted}", statement.entries)));
    }
    facts.trailer.push(("closing balance".to_owned(), closed.to_string(), counted.to_string()));
    Ok(())
}
