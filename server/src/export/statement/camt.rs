//! A statement as ISO 20022 camt.053.001.08: a message with one `Stmt` for each currency and book.
//!
//! | balance | what |
//! |---|---|
//! | `OPBD` `CLBD` | everything that the merchant has less what it owes, as the date before closed and as the date closed |
//! | `CLAV` | what could be paid out |
//! | `FWAV` | what becomes available on a later date: one for each |
//!
//! Each line is an `Ntry`. Those with the status `BOOK` lead from `OPBD` to `CLBD`; a line between the merchant's own
//! accounts, or of a memo account, changes neither and has the status `INFO`. Its value date is that on which its money
//! becomes available.

use super::{Account, Form, Statement, xml::element};
use crate::export::{Line, Transaction};
use crate::shape::book_text;
use ledger::entry::{self, Code, Detail};
use schemas::money::{Currency, format_minor};
use schemas::time::Date;
use std::io::{self, Write};

/// The most characters of a reference.
const REFERENCE_MAX: usize = 35;
/// The most characters of additional information.
const INFORMATION_MAX: usize = 500;

/// The form.
pub struct Camt {
    statement: Statement,
}

impl Camt {
    /// Of a statement; it must have an account, for there is no message without a `Stmt`.
    pub const fn new(statement: Statement) -> Self {
        Self { statement }
    }

    fn account(&self, section: usize) -> io::Result<&Account> {
        self.statement.accounts.get(section).ok_or_else(|| io::Error::other("there is no such account"))
    }
}

impl Form for Camt {
    fn sections(&self) -> usize {
        self.statement.accounts.len()
    }

    fn begin(&mut self, section: usize, output: &mut dyn Write) -> io::Result<()> {
        let (statement, account) = (&self.statement, self.account(section)?);
        let message = short(&format!("{}.{}", statement.date, statement.position), REFERENCE_MAX);
        if section == 0 {
            writeln!(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
            writeln!(output, "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>")?;
            write!(output, "<GrpHdr>")?;
            element(output, "MsgId", &message)?;
            element(output, "CreDtTm", &statement.created_at)?;
            writeln!(output, "</GrpHdr>")?;
        }
        write!(output, "<Stmt>")?;
        element(output, "Id", &short(&format!("{}/{message}", section + 1), REFERENCE_MAX))?;
        element(output, "CreDtTm", &statement.created_at)?;
        write!(output, "<Acct><Id><Othr>")?;
        element(output, "Id", statement.merchant.as_str())?;
        write!(output, "</Othr></Id>")?;
        element(output, "Ccy", account.currency.code())?;
        write!(output, "<Svcr><FinInstnId>")?;
        element(output, "Nm", &book_text(&account.book))?;
        writeln!(output, "</FinInstnId></Svcr></Acct>")?;
        let currency = account.currency;
        balance(output, "OPBD", account.opening.total(), currency, statement.date)?;
        balance(output, "CLBD", account.closing.total(), currency, statement.date)?;
        balance(output, "CLAV", account.closing.payable(), currency, statement.date)?;
        for (date, minor) in account.closing.pending.iter().filter(|(_, minor)| **minor != 0) {
            balance(output, "FWAV", *minor, currency, *date)?;
        }
        Ok(())
    }

    fn transaction(&mut self, section: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        let account = self.account(section)?;
        let is_here = |line: &&Line| line.posting.currency == account.currency && line.posting.book == account.book;
        transaction.lines.iter().filter(is_here).try_for_each(|line| entry(output, transaction, line))
    }

    fn end(&mut self, section: usize, output: &mut dyn Write) -> io::Result<()> {
        writeln!(output, "</Stmt>")?;
        if section + 1 == self.sections() {
            writeln!(output, "</BkToCstmrStmt></Document>")?;
        }
        Ok(())
    }
}

fn balance(output: &mut dyn Write, code: &str, minor: i128, currency: Currency, date: Date) -> io::Result<()> {
    write!(output, "<Bal><Tp><CdOrPrtry>")?;
    element(output, "Cd", code)?;
    write!(output, "</CdOrPrtry></Tp>")?;
    amount(output, minor.abs(), currency, minor >= 0)?;
    write!(output, "<Dt>")?;
    element(output, "Dt", &date.to_string())?;
    writeln!(output, "</Dt></Bal>")
}

fn amount(output: &mut dyn Write, minor: i128, currency: Currency, is_credit: bool) -> io::Result<()> {
    write!(output, "<Amt Ccy=\"{currency}\">{}</Amt>", format_minor(minor, currency))?;
    element(output, "CdtDbtInd", if is_credit { "CRDT" } else { "DBIT" })
}

fn entry(output: &mut dyn Write, transaction: &Transaction, line: &Line) -> io::Result<()> {
    let change = line.change();
    // What only moves between the merchant's own accounts is a debit where it leaves what is available.
    let is_credit = if change == 0 { line.posting.debit.code != Code::Available } else { change > 0 };
    let reference = short(&format!("{}/{}", transaction.entry, line.number), REFERENCE_MAX);
    write!(output, "<Ntry>")?;
    element(output, "NtryRef", &reference)?;
    amount(output, i128::try_from(line.posting.amount.get()).unwrap_or(i128::MAX), line.posting.currency, is_credit)?;
    write!(output, "<Sts>")?;
    element(output, "Cd", if change == 0 { "INFO" } else { "BOOK" })?;
    write!(output, "</Sts><BookgDt>")?;
    element(output, "Dt", &transaction.date.to_string())?;
    write!(output, "</BookgDt><ValDt>")?;
    element(output, "Dt", &value_date(line).unwrap_or(transaction.date).to_string())?;
    write!(output, "</ValDt>")?;
    element(output, "AcctSvcrRef", &reference)?;
    write!(output, "<BkTxCd><Prtry>")?;
    element(output, "Cd", transaction.event_type)?;
    element(output, "Issr", "merchant-ledger")?;
    write!(output, "</Prtry></BkTxCd>")?;
    if let Some(payment) = transaction.payment.as_deref().filter(|payment| payment.len() <= REFERENCE_MAX) {
        write!(output, "<NtryDtls><TxDtls><Refs>")?;
        element(output, "EndToEndId", payment)?;
        write!(output, "</Refs></TxDtls></NtryDtls>")?;
    }
    element(output, "AddtlNtryInf", &short(&information(transaction, line), INFORMATION_MAX))?;
    writeln!(output, "</Ntry>")
}

/// The date on which the money of a line becomes available, where the line says.
fn value_date(line: &Line) -> Option<Date> {
    [&line.posting.credit, &line.posting.debit].into_iter().find_map(|account| match account {
        entry::Account { code: Code::Pending, detail: Detail::Date(date), .. } => Some(*date),
        _ => None,
    })
}

/// Everything in full, where references are short: `sale e3, payment P1: Dr 1010 unionpay / Cr 2010 M1 2026-11-23`.
fn information(transaction: &Transaction, line: &Line) -> String {
    let side = |side: &crate::shape::SideForm| {
        let parts = [Some(side.code.as_str()), side.party.as_deref(), side.detail.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let payment = transaction.payment.as_ref().map(|payment| format!(", payment {payment}")).unwrap_or_default();
    format!("{} {}{payment}: Dr {} / Cr {}", transaction.event_type, transaction.event, side(&line.told.debit), side(&line.told.credit))
}

/// The first characters of a text.
fn short(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
