//! What a bank's lines say of payouts: that they were paid, or came back. Only a line of the payout's own amount and currency says so;
//! of another one somebody must learn, for the bank paid something else than was asked of it.
//!
//! In memory is what is confirmed, a payout a line; of lines that differ the first [`TOLD_MAX`].

use super::asked::{Payouts, Waiting};
use super::batch::{Batch, LINES_MAX, Sent, post};
use super::whole::{Whole, at, open};
use crate::command::Failure;
use crate::command::remote::Server;
use crate::import::event::LineEvent;
use crate::import::found::Aliases;
use crate::import::wrong::TOLD_MAX;
use crate::import::{Line, Reading, Wrong, Wrongs, money};
use schemas::report::ReportKind;
use serde_json::Value;

/// What a line says of a payout.
struct Confirmation {
    line: u64,
    payout: String,
    merchant: String,
    /// The type of the event.
    kind: &'static str,
    event: Value,
}

/// What the lines of a file say of payouts.
#[derive(Default)]
pub struct Confirmations {
    confirmed: Vec<Confirmation>,
    /// Lines that name a payout and are not of it.
    differing: Wrongs,
}

impl Confirmations {
    /// Notes what a line says, if it says something.
    pub fn note(&mut self, line: &Line, event: &LineEvent<'_>, payouts: &Payouts) {
        let Some(payout) = line.payout.as_ref().filter(|_| line.kind == ReportKind::Payout) else { return };
        let Some(waiting) = payouts.get(payout).and_then(Option::as_ref) else { return };
        let kind = match (line.credit, waiting.state) {
            (false, "initiated") => "payout_paid",
            (true, "paid") if line.returned => "payout_returned",
            _ => return,
        };
        let Waiting { merchant, amount, currency, .. } = waiting;
        if line.amount != *amount || line.currency.code() != currency {
            let own = money::text(line.number, line.amount, line.currency).unwrap_or_else(|_| line.amount.to_string());
            let why = format!("payout {payout} of {merchant}: the line is of {own} {}, the payout of {amount} {currency}", line.currency);
            self.differing.add(Wrong::at(line.number, why));
            return;
        }
        let event = event.payout(merchant, kind);
        self.confirmed.push(Confirmation { line: line.number, payout: payout.clone(), merchant: merchant.clone(), kind, event });
    }

    /// Sends it; answers what somebody must look at.
    pub fn send(&self, server: &Server, file: &Whole) -> Result<Option<String>, Failure> {
        let mut sent = Sent::default();
        for chunk in self.confirmed.chunks(LINES_MAX) {
            let mut batch = Batch::default();
            for one in chunk {
                let id = one.event.get("id").and_then(Value::as_str).unwrap_or_default();
                batch.push(&one.event.to_string(), id, &one.merchant, Some(one.line));
            }
            let answer = post(server, &batch).map_err(|not_taken| {
                let lines = "the report was sent whole; of its payouts it is not known whether they were confirmed: the same file again sends the rest";
                Failure::Failed(format!("{}: {}; {lines}", file.path.display(), not_taken.why))
            })?;
            sent.add(answer);
        }
        let Sent { posted, seen, refused, refused_count } = &sent;
        if !self.confirmed.is_empty() {
            crate::command::say(format_args!("{}: {posted} payouts confirmed, {seen} before", file.path.display()))?;
        }
        let mut told = Vec::new();
        for one in refused {
            let is_it = |confirmation: &&Confirmation| {
                Some(confirmation.line) == one.line && confirmation.event.get("id").and_then(Value::as_str) == Some(one.id.as_str())
            };
            let payout = self.confirmed.iter().find(is_it).map_or("", |confirmation| confirmation.payout.as_str());
            told.push(format!("  line {}, payout {payout} of {}: {}: {}", one.line.unwrap_or_default(), one.merchant, one.code, one.detail));
        }
        Ok(self.unconfirmed(file, told, *refused_count))
    }

    /// Says what would be confirmed, as far as that is known without sending it; answers what somebody must look at.
    pub fn tell(&self, file: &Whole) -> Result<Option<String>, Failure> {
        crate::command::say(format_args!("{}: {} payouts would be confirmed", file.path.display(), self.confirmed.len()))?;
        for Confirmation { line, payout, merchant, kind, .. } in self.confirmed.iter().take(TOLD_MAX) {
            crate::command::say(format_args!("  line {line}, payout {payout} of {merchant}: {kind}"))?;
        }
        let more = self.confirmed.len().saturating_sub(TOLD_MAX);
        if more > 0 {
            crate::command::say(format_args!("  and {more} more"))?;
        }
        Ok(self.unconfirmed(file, Vec::new(), 0))
    }

    /// What is not confirmed: lines that were refused, and those that differ.
    fn unconfirmed(&self, file: &Whole, refused: Vec<String>, refused_count: u64) -> Option<String> {
        let count = refused_count + self.differing.count;
        let mut told = vec![format!("{}: {count} payouts were not confirmed", file.path.display())];
        told.extend(self.differing.first.iter().map(|wrong| format!("  line {}, {}", wrong.line, wrong.why)));
        told.extend(refused);
        let more = count.saturating_sub(told.len() as u64 - 1);
        told.extend((more > 0).then(|| format!("  and {more} more")));
        (count > 0).then(|| told.join("\n"))
    }
}

/// What the lines of a file say of payouts, without anything being sent.
pub fn confirmations(reading: &Reading, aliases: &Aliases, payouts: &Payouts, file: &Whole) -> Result<Confirmations, Failure> {
    let (mut report, mut found) = (file.report(), Confirmations::default());
    let mut each = |line: Line| -> Result<(), Wrong> {
        let merchant = aliases.merchant(&line);
        let event = report.line(&line, merchant.as_deref())?;
        found.note(&line, &event, payouts);
        Ok(())
    };
    let mut input = open(reading, &file.path)?;
    file.again(reading, &mut input, &mut each).map_err(|wrong| at(&file.place, &wrong))?;
    Ok(found)
}
