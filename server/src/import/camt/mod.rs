//! A bank's camt.053 and camt.054, 001.02 to 001.08: booked entries, and of a batch its transactions.
//!
//! | file | what it knows |
//! |---|---|
//! | this one | the document, its version and its accounts |
//! | `texts` | texts of the document by where they stand |
//! | `entry` | an entry as lines |
//! | `totals` | what a statement says that it comes to |
//!
//! `INFO` and `PDNG` entries move nothing. Balances are balances, not increments: what was opened with and what is booked must be what is closed
//! with; forward balances say nothing of it. A transaction has its own direction: a return within a batch concerns it alone.

mod entry;
mod texts;
mod totals;

use super::input::Input;
use super::{Each, Facts, Wrong, Wrongs, money, names};
use entry::{Batches, Entry};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use schemas::money::Currency;
use schemas::report::ReportSource;
use texts::{Parts, Texts};
use totals::{Totals, is_page};

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

/// A statement or notification while it is read.
#[derive(Default)]
struct Statement {
    currency: Option<Currency>,
    totals: Totals,
}

/// A document while it is read.
#[derive(Default)]
struct Document {
    parts: Parts,
    statement: Statement,
    batches: Batches,
    /// Where the entry began, and the hash of its texts.
    entry: (u64, blake3::Hasher),
    facts: Facts,
    /// Entries whose transactions do not add up to them.
    unsplit: Wrongs,
    /// How it says that it is written.
    encoding: Option<String>,
    statements: u64,
    is_page: bool,
}

/// Reads a file.
pub fn read(input: &mut Input, wanted: Option<&str>, each: Each<'_>) -> Result<Facts, Wrong> {
    let rest = input.rest();
    let read = rest.counts();
    let mut reader = Reader::from_reader(rest);
    let (mut buffer, mut path, mut text) = (Vec::new(), Vec::<String>::new(), String::new());
    let (mut document, mut is_camt) = (Document::default(), false);
    loop {
        buffer.clear();
        read.ended();
        let at = read.line();
        let event = reader.read_event_into(&mut buffer).map_err(|error| unreadable(&error, document.encoding.as_deref(), read.line()))?;
        match event {
            Event::Start(start) => {
                let name = start.local_name().into_inner().to_owned();
                if path.is_empty() {
                    let namespace = start.attributes().flatten().map(|attribute| attribute.value.to_string()).find(|value| value.contains("camt."));
                    known(namespace.as_deref().unwrap_or_default(), at)?;
                    is_camt = true;
                }
                document.begins(&name, at)?;
                if path.len() >= DEPTH_MAX {
                    return Err(Wrong::at(at, format!("elements are nested more than {DEPTH_MAX} deep")));
                }
                path.push(name);
                if let Some(code) = start.attributes().flatten().find(|attribute| attribute.key.local_name().into_inner() == "Ccy") {
                    document.parts.put(&path, "@Ccy", &code.value);
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
                document.says(&path, text.trim(), at)?;
                text.clear();
                if let Some(name) = path.pop() {
                    document.ends(&name, path.last().map(String::as_str), wanted, at, each)?;
                }
            }
            Event::Eof => break,
            // It could name entities of its own; a message of ISO 20022 has none.
            Event::DocType(_) => return Err(Wrong::at(at, "the document has a DOCTYPE, which no camt message has")),
            Event::Decl(declaration) => document.encoding = declaration.encoding().and_then(Result::ok).map(|name| name.to_string()),
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
    if !path.is_empty() || !is_camt {
        return Err(Wrong::at(read.line(), "the document ends before its end: it is cut off"));
    }
    document.facts(read.line())
}

impl Document {
    /// An element begins.
    fn begins(&mut self, name: &str, at: u64) -> Result<(), Wrong> {
        match name {
            "Stmt" | "Ntfctn" => {
                (self.statement, self.parts.statement) = (Statement::default(), Texts::default());
                self.statements += 1;
            }
            "Bal" => self.parts.balance = Texts::default(),
            "Ntry" => {
                (self.parts.entry, self.batches, self.entry) = (Texts::default(), Batches::default(), (at, blake3::Hasher::new()));
                self.parts.transactions.clear();
            }
            "NtryDtls" => self.batches.parts += 1,
            "TxDtls" if self.parts.transactions.len() < TRANSACTIONS_MAX => self.parts.transactions.push(Texts::default()),
            "TxDtls" => return Err(Wrong::at(at, format!("an entry has more than {TRANSACTIONS_MAX} transactions"))),
            _ => {}
        }
        Ok(())
    }

    /// The element at the end of the path has this text.
    fn says(&mut self, path: &[String], text: &str, at: u64) -> Result<(), Wrong> {
        self.parts.put(path, "", text);
        if !path.iter().any(|name| name == "Ntry") {
            return Ok(());
        }
        let raw = &mut self.entry.1;
        raw.update(text.as_bytes()).update(b"\n");
        if raw.count() > ENTRY_BYTES_MAX {
            return Err(Wrong::at(at, format!("an entry has more than {ENTRY_BYTES_MAX} bytes")));
        }
        if let ([.., batch, name], Ok(count)) = (path, text.parse::<u64>())
            && batch == "Btch"
            && name == "NbOfTxs"
        {
            self.batches.saying += 1;
            self.batches.transactions = self.batches.transactions.saturating_add(count);
        }
        Ok(())
    }

    /// An element ends that lies within another.
    fn ends(&mut self, name: &str, within: Option<&str>, wanted: Option<&str>, at: u64, each: Each<'_>) -> Result<(), Wrong> {
        match name {
            "GrpHdr" => self.is_page |= is_page(&self.parts.header, &["MsgPgntn"]),
            "Acct" if matches!(within, Some("Stmt" | "Ntfctn")) => account(&mut self.statement, &self.parts.statement, wanted, &mut self.facts, at)?,
            "Bal" => balanced(&mut self.statement, &self.parts.balance, at)?,
            "Ntry" => {
                let entry = Entry { parts: &self.parts, batches: &self.batches, line: self.entry.0, raw: self.entry.1.finalize() };
                entry.tell(&mut self.statement, &mut self.unsplit, &mut self.facts, each)?;
            }
            "Stmt" | "Ntfctn" => {
                let is_page = is_page(&self.parts.statement, &["StmtPgntn", "NtfctnPgntn"]);
                self.is_page |= is_page;
                // Pages of one statement say nothing of the next.
                let is_page = is_page || totals::is_page(&self.parts.header, &["MsgPgntn"]);
                let Statement { totals, .. } = &self.statement;
                if name == "Stmt" {
                    totals.closing(&mut self.facts, at)?;
                } else {
                    self.facts.trailer.push(("booked".to_owned(), "-".to_owned(), totals.booked().to_string()));
                }
                totals.summary(&self.parts.statement, is_page, &mut self.facts, at)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What the document says, at its end.
    fn facts(mut self, line: u64) -> Result<Facts, Wrong> {
        if self.statements == 0 {
            return Err(Wrong::at(line, "the document has no statement and no notification: there is nothing to read in it"));
        }
        if self.is_page {
            let warning = "this is one page of several: the others are needed, too, and what is said of all of them is compared with nothing";
            self.facts.warnings.push(warning.to_owned());
        }
        let more = self.unsplit.count.saturating_sub(self.unsplit.first.len() as u64);
        self.facts.warnings.extend(self.unsplit.first.iter().map(|unsplit| format!("line {}: {}", unsplit.line, unsplit.why)));
        if more > 0 {
            self.facts.warnings.push(format!("{more} more entries have transactions that do not add up to them"));
        }
        Ok(self.facts)
    }
}

/// Why the document cannot be read.
fn unreadable(error: &quick_xml::Error, declared: Option<&str>, line: u64) -> Wrong {
    let declared = declared.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':')));
    match (error, declared) {
        (quick_xml::Error::Encoding(_), Some(name)) if !name.eq_ignore_ascii_case("utf-8") => {
            Wrong::at(line, format!("the document is in {name}, as it declares, and not in UTF-8: convert it to UTF-8 (iconv -f {name} -t UTF-8)"))
        }
        (quick_xml::Error::Encoding(_), _) => Wrong::at(line, "the document is not in UTF-8: convert it to UTF-8"),
        (error, _) => Wrong::at(line, format!("no well-formed XML: {error}")),
    }
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

/// The account that a statement is of must be the one that is wanted, and the one of the whole file.
fn account(statement: &mut Statement, own: &Texts, wanted: Option<&str>, facts: &mut Facts, line: u64) -> Result<(), Wrong> {
    let id = own.get(&["Acct/Id/IBAN", "Acct/Id/Othr/Id"]).and_then(names::account).ok_or_else(|| Wrong::at(line, "the statement names no account"))?;
    let source = format!("bank:{id}");
    if ReportSource::read(&source).is_none() {
        return Err(Wrong::at(line, format!("{id:?} is no account's id")));
    }
    let expected = wanted.map(str::to_owned).or_else(|| facts.source.clone()).unwrap_or_else(|| source.clone());
    if source != expected {
        return Err(Wrong::at(line, format!("the statement is of {source}, not of {expected}")));
    }
    facts.source = Some(source);
    if let Some(code) = own.get(&["Acct/Ccy"]) {
        statement.currency = Some(money::currency(line, code)?);
    }
    Ok(())
}

/// Notes a balance.
fn balanced(statement: &mut Statement, balance: &Texts, line: u64) -> Result<(), Wrong> {
    let Some((amount, currency)) = balance.amount(line, "Amt")? else { return Ok(()) };
    statement.in_currency(currency, line)?;
    let signed = if balance.get(&["CdtDbtInd"]) == Some("DBIT") { -amount } else { amount };
    statement.totals.balance(balance.get(&["Tp/CdOrPrtry/Cd"]), signed);
    Ok(())
}

impl Statement {
    /// What stands in it must be in the account's currency.
    fn in_currency(&mut self, currency: Currency, line: u64) -> Result<(), Wrong> {
        match self.currency {
            Some(own) if own != currency => Err(Wrong::at(line, format!("{currency} in an account of {own}"))),
            _ => {
                self.currency = Some(currency);
                Ok(())
            }
        }
    }
}
