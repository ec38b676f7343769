//! A booked entry as lines: of each of its transactions, where they are all that it is, else as a whole.

use super::Statement;
use super::texts::{Parts, Texts};
use crate::import::{Each, Facts, Line, Wrong, Wrongs, names};
use rust_decimal::Decimal;
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;

/// The most ids of transactions that are told of an entry.
const IDS_MAX: usize = 5;

/// What the parts of an entry say of how many transactions they have.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// Parts.
    pub(super) parts: u64,
    /// Those that say it.
    pub(super) saying: u64,
    /// What they say.
    pub(super) transactions: u64,
}

/// An entry that was read.
pub(super) struct Entry<'e> {
    pub(super) parts: &'e Parts,
    pub(super) batches: &'e Batches,
    /// The number of its first line.
    pub(super) line: u64,
    /// The hash of its texts.
    pub(super) raw: blake3::Hash,
}

/// A transaction of an entry, or all of it.
type Part<'e> = (&'e Texts, bool, Decimal);

fn signed(credit: bool, amount: Decimal) -> Decimal {
    if credit { amount } else { -amount }
}

impl<'e> Entry<'e> {
    fn texts(&self) -> &'e Texts {
        &self.parts.entry
    }

    /// Counts it in its statement, and tells it where it is booked. Notes one whose transactions are not told, since they do not add up to it.
    pub(super) fn tell(&self, statement: &mut Statement, unsplit: &mut Wrongs, facts: &mut Facts, each: Each<'_>) -> Result<(), Wrong> {
        let (line, status) = (self.line, self.texts().get(&["Sts/Cd", "Sts"]));
        let indicator = self.texts().get(&["CdtDbtInd"]);
        if status != Some("BOOK") {
            // It moves nothing, so it is counted where it can be, and nothing is wrong with it.
            if let (Ok(Some((amount, _))), Some("CRDT" | "DBIT")) = (self.texts().amount(line, "Amt"), indicator) {
                statement.totals.entry(status, indicator == Some("CRDT"), amount);
            }
            return Ok(());
        }
        let (amount, currency) = self.texts().amount(line, "Amt")?.ok_or_else(|| Wrong::at(line, "the entry has no amount"))?;
        statement.in_currency(currency, line)?;
        let credit = match indicator {
            Some("CRDT") => true,
            Some("DBIT") => false,
            Some(other) => return Err(Wrong::at(line, format!("CdtDbtInd: {other:?} is neither CRDT nor DBIT"))),
            None => return Err(Wrong::at(line, "the entry has no CdtDbtInd: it is neither a credit nor a debit")),
        };
        statement.totals.entry(status, credit, amount);
        let date = self.texts().get(&["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"]).and_then(|text| text.get(..10)).and_then(Date::parse);
        let date = date.ok_or_else(|| Wrong::at(line, "the entry has no date"))?;
        facts.date = facts.date.max(Some(date));
        let none = Texts::default();
        let parts = match self.split(credit, (amount, currency), unsplit)? {
            Some(parts) => parts,
            None => vec![(if let [only] = self.parts.transactions.as_slice() { only } else { &none }, credit, amount)],
        };
        for (index, part) in parts.into_iter().enumerate() {
            each(self.line_of(index, part, (currency, date)))?;
        }
        Ok(())
    }

    /// Its transactions, where they are all that it is.
    fn split(&self, credit: bool, (amount, currency): (Decimal, Currency), unsplit: &mut Wrongs) -> Result<Option<Vec<Part<'e>>>, Wrong> {
        let (line, transactions) = (self.line, &self.parts.transactions);
        let mut parts = Vec::new();
        for transaction in transactions {
            let own = [transaction.amount(line, "Amt")?, transaction.amount(line, "AmtDtls/TxAmt/Amt")?, transaction.amount(line, "AmtDtls/InstdAmt/Amt")?];
            let is_credit = transaction.get(&["CdtDbtInd"]).map_or(credit, |indicator| indicator == "CRDT");
            if let Some((part, _)) = own.into_iter().flatten().find(|(_, of)| *of == currency) {
                parts.push((transaction, is_credit, part));
            }
        }
        let sum: Decimal = parts.iter().map(|(_, is_credit, part)| signed(*is_credit, *part)).sum();
        let count = transactions.len() as u64;
        let says = self.batches.transactions;
        let is_said = self.batches.parts > 0 && self.batches.saying == self.batches.parts;
        if parts.len() == transactions.len() && !parts.is_empty() && sum == signed(credit, amount) {
            // A single one may stand for a batch as a whole.
            if is_said && count > 1 && says != count {
                return Err(Wrong::at(line, format!("NbOfTxs: the entry says {says} transactions, and has {count}, which add up to it")));
            }
            return Ok(Some(parts));
        }
        let ids: Vec<&str> = transactions.iter().filter_map(|transaction| transaction.get(&["Refs/EndToEndId"])).take(IDS_MAX + 1).collect();
        if count > 1 && !(ids.is_empty() && parts.is_empty()) {
            let more = if ids.len() > IDS_MAX { ", …" } else { "" };
            let ids = ids.iter().take(IDS_MAX).copied().collect::<Vec<_>>().join(", ");
            let confirmed = if ids.is_empty() { String::new() } else { format!(", and no payout is confirmed by {ids}{more}") };
            let said = if is_said && says != count { format!(" (it says {says})") } else { String::new() };
            unsplit.add(Wrong::at(
                line,
                format!("the {count} transactions of the entry{said} make {sum}, the entry {}: it is told as a whole{confirmed}", signed(credit, amount)),
            ));
        }
        Ok(None)
    }

    fn line_of(&self, index: usize, (transaction, is_credit, part): Part<'_>, (currency, date): (Currency, Date)) -> Line {
        let entry = self.texts();
        let mut bytes = self.raw.as_bytes().to_vec();
        bytes.extend(index.to_be_bytes());
        let either = |paths: &[&str]| transaction.get(paths).or_else(|| entry.get(paths)).map(str::to_owned);
        let end_to_end = transaction.get(&["Refs/EndToEndId"]).unwrap_or("");
        let named = names::id(end_to_end);
        // A boolean of XML Schema.
        let reversed = matches!(entry.get(&["RvslInd"]), Some("true" | "1"));
        let returned = reversed || transaction.get(&["RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/OrgnlBkTxCd"]).is_some();
        let charged = matches!(either(&["BkTxCd/Domn/Fmly/SubFmlyCd"]).as_deref(), Some("CHRG" | "FEES" | "COMM"));
        let kind = match (charged, is_credit, &named) {
            (true, ..) => ReportKind::Fee,
            (false, false, Some(_)) => ReportKind::Payout,
            (false, true, Some(_)) if returned => ReportKind::Payout,
            (false, true, _) => ReportKind::Settlement,
            (false, false, None) => ReportKind::Other,
        };
        let mut told = Line::new(self.line, &bytes, kind, (is_credit, part, currency), date);
        told.returned = returned;
        told.payout = named.filter(|_| kind == ReportKind::Payout);
        let own = transaction.get(&["Refs/AcctSvcrRef", "Refs/TxId", "Refs/InstrId"]).or_else(|| entry.get(&["AcctSvcrRef", "NtryRef"]));
        let own = own.filter(|_| kind != ReportKind::Payout && kind != ReportKind::Settlement).unwrap_or("");
        told.reference = names::reference(own);
        told.left_out = names::is_too_long(&[own, end_to_end]);
        let party = if is_credit { ["RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm"] } else { ["RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"] };
        told.scheme = transaction.get(&party).map(|name| name.chars().take(32).collect());
        told.text = transaction.get(&["RmtInf/Ustrd", "AddtlTxInf"]).or_else(|| entry.get(&["AddtlNtryInf"])).map(str::to_owned);
        told
    }
}
