//! A payout as ISO 20022 camt.054.001.08: one debit of the merchant's account that is a batch, with a `TxDtls` for each item.
//!
//! What adds to the payout is a debit as the batch is, what takes from it a credit; what the payout before left and what this
//! one leaves are two more transactions. So the debits less the credits are the batch's amount, to the unit. Items of
//! nothing, which are told because a part of them is something, stand there with 0.00.
//!
//! Bounds: written item by item; nothing is kept.

use super::iso20022::{INFORMATION_MAX, Output, amount, amount_as, day, line, no_debit, of_account, text, within};
use super::statement::reference::{self, REFERENCE_MAX, fitted, hash};
use projections::answers::{ComposedPayout, PayoutItem};
use projections::folds::objects::{Payout, PayoutState};
use projections::folds::payouts::Cause;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use schemas::money::format_minor;
use std::io::{self, Write};

/// The namespace of the message.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08";
/// Who issues codes of our own.
const ISSUER: &str = "merchant-ledger";
/// What is carried from one payout to the next, beside the items.
const CARRIED_TRANSACTIONS: u64 = 2;

/// The message of one payout.
pub struct Camt054<'a> {
    /// What it consists of.
    pub composed: &'a ComposedPayout,
    /// The payout itself.
    pub payout: &'a Payout,
    /// The entry that initiated it, as `3:99120`.
    pub entry: String,
    /// When it is told: RFC 3339, in UTC.
    pub created_at: String,
}

impl Camt054<'_> {
    /// What comes before the items.
    pub fn begin(&self, output: &mut dyn Write) -> io::Result<()> {
        let output = &mut Writer::new(output);
        let ComposedPayout { merchant, currency, book, .. } = self.composed;
        let (book, payout) = (book.to_string(), self.payout.payout.as_str());
        let id = format!("{}-{}", self.payout.initiated_on.to_string().replace('-', ""), hash(&format!("{merchant}\n{payout}")));
        output.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        line(output)?;
        output.write_event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", NAMESPACE)])))?;
        output.write_event(Event::Start(BytesStart::new("BkToCstmrDbtCdtNtfctn")))?;
        within(output, "GrpHdr", |output| {
            text(output, "MsgId", &id)?;
            text(output, "CreDtTm", &self.created_at)
        })?;
        output.write_event(Event::Start(BytesStart::new("Ntfctn")))?;
        text(output, "Id", &id)?;
        text(output, "CreDtTm", &self.created_at)?;
        of_account(output, &reference::account(merchant, &book, *currency), &book, *currency)?;
        line(output)?;
        output.write_event(Event::Start(BytesStart::new("Ntry")))?;
        text(output, "NtryRef", &fitted(payout, REFERENCE_MAX))?;
        amount(output, -self.composed.amount, *currency)?;
        within(output, "Sts", |output| text(output, "Cd", status(self.payout.state)))?;
        day(output, "BookgDt", self.payout.initiated_on)?;
        day(output, "ValDt", self.payout.closed_on.unwrap_or(self.payout.initiated_on))?;
        text(output, "AcctSvcrRef", &fitted(&self.entry, REFERENCE_MAX))?;
        code(output, "payout")?;
        output.write_event(Event::Start(BytesStart::new("NtryDtls")))?;
        let items: u64 = self.composed.totals.0.values().map(|sum| sum.count).sum();
        within(output, "Btch", |output| {
            text(output, "PmtInfId", &fitted(payout, REFERENCE_MAX))?;
            text(output, "NbOfTxs", &(items + CARRIED_TRANSACTIONS).to_string())?;
            amount_as(output, "TtlAmt", -self.composed.amount, *currency)
        })?;
        line(output)?;
        self.transaction(output, "carried_over", "carried_over", self.composed.carried_over, None)
    }

    /// An item.
    pub fn item(&self, item: &PayoutItem, output: &mut dyn Write) -> io::Result<()> {
        let output = &mut Writer::new(output);
        let kind = item.cause.kind().as_str();
        let id = item.cause.id().unwrap_or(kind);
        self.transaction(output, kind, id, item.parts.net(), Some(item))
    }

    /// What comes after the items.
    pub fn end(&self, output: &mut dyn Write) -> io::Result<()> {
        let output = &mut Writer::new(output);
        self.transaction(output, "carried_on", "carried_on", -self.composed.carried_on, None)?;
        for name in ["NtryDtls", "Ntry", "Ntfctn", "BkToCstmrDbtCdtNtfctn", "Document"] {
            output.write_event(Event::End(BytesEnd::new(name)))?;
        }
        line(output)
    }

    /// What adds `net` to the payout; below zero, takes it from it.
    fn transaction(&self, output: &mut Output, kind: &str, id: &str, net: i128, item: Option<&PayoutItem>) -> io::Result<()> {
        within(output, "TxDtls", |output| {
            within(output, "Refs", |output| {
                text(output, "EndToEndId", &fitted(id, REFERENCE_MAX))?;
                match item.and_then(|item| item.reference.as_ref()) {
                    Some(reference) => text(output, "TxId", &fitted(reference.as_str(), REFERENCE_MAX)),
                    None => Ok(()),
                }
            })?;
            // Debit as the batch is; of nothing, too.
            match net {
                0 => no_debit(output, self.composed.currency)?,
                net => amount(output, -net, self.composed.currency)?,
            }
            code(output, kind)?;
            text(output, "AddtlTxInf", &fitted(&self.information(kind, id, item), INFORMATION_MAX))
        })?;
        line(output)
    }

    /// Everything in full, where references are short: `payment P1: gross 1000.00, fees -5.40`.
    fn information(&self, kind: &str, id: &str, item: Option<&PayoutItem>) -> String {
        let Some(item) = item else { return kind.replace('_', " ") };
        let what = match &item.cause {
            Cause::Payment(_) | Cause::Hold(_) | Cause::Payout(_) => format!("{kind} {id}"),
            Cause::Debt => kind.to_owned(),
            Cause::Event(_, event_type) => format!("{} {id}", event_type.as_str()),
        };
        let Cause::Payment(_) = item.cause else { return what };
        let parts = &item.parts;
        let named = [
            ("gross", parts.gross),
            ("refunds", parts.refunds),
            ("disputes", parts.disputes),
            ("fees", parts.fees),
            ("reserve", parts.reserve),
            ("other", parts.other),
        ];
        let told: Vec<String> =
            named.iter().filter(|(_, part)| *part != 0).map(|(name, part)| format!("{name} {}", format_minor(*part, self.composed.currency))).collect();
        format!("{what}: {}", told.join(", "))
    }
}

/// Whether a payout has moved: booked once it was paid, pending until then, for information only where it failed.
const fn status(state: PayoutState) -> &'static str {
    match state {
        PayoutState::Paid | PayoutState::Returned => "BOOK",
        PayoutState::Initiated => "PDNG",
        PayoutState::Failed => "INFO",
    }
}

/// A code of our own for what a transaction is.
fn code(output: &mut Output, name: &str) -> io::Result<()> {
    within(output, "BkTxCd", |output| {
        within(output, "Prtry", |output| {
            text(output, "Cd", name)?;
            text(output, "Issr", ISSUER)
        })
    })
}
