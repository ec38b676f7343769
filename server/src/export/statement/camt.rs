//! A statement as ISO 20022 camt.053.001.08: a message with one `Stmt` for each currency and book; of a merchant that has
//! nothing yet, one of its contract's.
//!
//! | balance | what |
//! |---|---|
//! | `OPBD` `CLBD` | everything that the merchant has less what it owes, as the date before closed and as the last date closed |
//! | `CLAV` | what could be paid out |
//! | `FWAV` | what is at disposal on a later date: that, and all that is pending up to the date; one for each pending date |
//!
//! Each line that changes the total is an `Ntry` of the status `BOOK`, and nothing else is: readers add up every `Ntry`,
//! whatever its status, so a line between the merchant's own accounts or of a memo account must not be one. Opening and
//! entries are the closing. The value date is that on which the money becomes available.

use super::reference::{self, REFERENCE_MAX, fitted};
use super::{Account, Form, Statement};
use crate::export::iso20022::{INFORMATION_MAX, Output, amount, day, line, of_account, text, within};
use crate::export::{Line, Transaction};
use ledger::entry::{self, Code, Detail};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use schemas::money::Currency;
use schemas::time::Date;
use std::io::{self, Write};

/// The namespace of the message.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
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

    fn header(&self, output: &mut Output) -> io::Result<()> {
        output.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        line(output)?;
        output.write_event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", NAMESPACE)])))?;
        output.write_event(Event::Start(BytesStart::new("BkToCstmrStmt")))?;
        within(output, "GrpHdr", |output| {
            text(output, "MsgId", &reference::statement(&self.statement, None))?;
            text(output, "CreDtTm", &self.statement.created_at)
        })?;
        line(output)
    }
}

impl Form for Camt {
    fn sections(&self) -> usize {
        self.statement.accounts.len()
    }

    fn begin(&mut self, section: usize, output: &mut dyn Write) -> io::Result<()> {
        let output = &mut Writer::new(output);
        let (statement, account) = (&self.statement, self.account(section)?);
        if section == 0 {
            self.header(output)?;
        }
        let (book, currency) = (account.book.to_string(), account.currency);
        let id = reference::account(&statement.merchant, &book, currency);
        output.write_event(Event::Start(BytesStart::new("Stmt")))?;
        text(output, "Id", &reference::statement(statement, Some(&id)))?;
        text(output, "CreDtTm", &statement.created_at)?;
        within(output, "FrToDt", |output| {
            text(output, "FrDtTm", &format!("{}T00:00:00", statement.first()))?;
            text(output, "ToDtTm", &format!("{}T23:59:59", statement.last()))
        })?;
        of_account(output, &id, &book, currency)?;
        line(output)?;
        balance(output, "OPBD", account.opening.as_ref().map_or(0, |purse| purse.total()), currency, statement.first())?;
        balance(output, "CLBD", account.closing.total(), currency, statement.last())?;
        balance(output, "CLAV", account.closing.payable(), currency, statement.last())?;
        let mut at_disposal = account.closing.payable();
        for (date, minor) in account.closing.pending.iter().filter(|(_, minor)| **minor != 0) {
            at_disposal += minor;
            balance(output, "FWAV", at_disposal, currency, *date)?;
        }
        Ok(())
    }

    fn transaction(&mut self, section: usize, transaction: &Transaction, output: &mut dyn Write) -> io::Result<()> {
        let output = &mut Writer::new(output);
        let account = self.account(section)?;
        let is_here = |line: &&Line| line.change() != 0 && line.posting.currency == account.currency && line.posting.book == account.book;
        transaction.lines.iter().filter(is_here).try_for_each(|line| entry(output, transaction, line))
    }

    fn end(&mut self, section: usize, output: &mut dyn Write) -> io::Result<()> {
        let output = &mut Writer::new(output);
        output.write_event(Event::End(BytesEnd::new("Stmt")))?;
        line(output)?;
        if section + 1 == self.sections() {
            output.write_event(Event::End(BytesEnd::new("BkToCstmrStmt")))?;
            output.write_event(Event::End(BytesEnd::new("Document")))?;
            line(output)?;
        }
        Ok(())
    }
}

fn balance(output: &mut Output, code: &str, minor: i128, currency: Currency, date: Date) -> io::Result<()> {
    within(output, "Bal", |output| {
        within(output, "Tp", |output| within(output, "CdOrPrtry", |output| text(output, "Cd", code)))?;
        amount(output, minor, currency)?;
        day(output, "Dt", date)
    })?;
    line(output)
}

fn entry(output: &mut Output, transaction: &Transaction, booked: &Line) -> io::Result<()> {
    let reference = fitted(&format!("{}/{}", transaction.entry, booked.number), REFERENCE_MAX);
    within(output, "Ntry", |output| {
        text(output, "NtryRef", &reference)?;
        amount(output, booked.change(), booked.posting.currency)?;
        within(output, "Sts", |output| text(output, "Cd", "BOOK"))?;
        day(output, "BookgDt", transaction.date)?;
        day(output, "ValDt", value_date(booked).unwrap_or(transaction.date))?;
        text(output, "AcctSvcrRef", &reference)?;
        within(output, "BkTxCd", |output| {
            within(output, "Prtry", |output| {
                text(output, "Cd", transaction.event_type)?;
                text(output, "Issr", "merchant-ledger")
            })
        })?;
        if let Some(payment) = transaction.payment.as_deref().filter(|payment| payment.len() <= REFERENCE_MAX) {
            within(output, "NtryDtls", |output| within(output, "TxDtls", |output| within(output, "Refs", |output| text(output, "EndToEndId", payment))))?;
        }
        text(output, "AddtlNtryInf", &fitted(&information(transaction, booked), INFORMATION_MAX))
    })?;
    line(output)
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
