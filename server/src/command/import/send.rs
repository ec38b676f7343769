//! A file on its way: its lines, its end once all of them were taken, and then what they say of payouts.

use super::asked::{self, Payouts};
use super::batch::{Batch, Refused, Sent, post};
use super::confirm::Confirmations;
use super::in_flight::{self, Untaken};
use super::taken::Taken;
use super::whole::{Whole, at, open};
use crate::command::Failure;
use crate::command::remote::Server;
use crate::import::found::{Aliases, Ends};
use crate::import::{Line, Reading, Wrong};
use rust_decimal::Decimal;
use schemas::money::Currency;
use serde_json::Value;

/// Sends a file: its lines, and its end once all of them were taken. Answers what somebody must look at.
pub fn send(server: &Server, reading: &Reading, aliases: &Aliases, payouts: &Payouts, file: &Whole, taken: &Taken) -> Result<Vec<String>, Failure> {
    file.unchanged().map_err(|wrong| at(&file.place, &wrong))?;
    let mut input = open(reading, &file.path)?;
    let (mut report, mut confirmed, mut place) = (file.report(), Confirmations::default(), 0usize);
    let (read, mut sent, untaken) = in_flight::sent(server, |belt| {
        let mut batch = Batch::default();
        let mut each = |line: Line| -> Result<(), Wrong> {
            let merchant = aliases.merchant(&line);
            let event = report.line(&line, merchant.as_deref())?;
            confirmed.note(&line, &event, payouts);
            place += 1;
            if taken.has(place - 1) {
                return Ok(());
            }
            batch.push(&event.text(), event.id(), event.owner(), Some(line.number));
            if batch.is_full() && !belt.take(std::mem::take(&mut batch)) {
                return Err(Wrong::at(line.number, "the server did not take a batch before it"));
            }
            Ok(())
        };
        let read = file.again(reading, &mut input, &mut each);
        if read.is_ok() && !batch.is_empty() {
            belt.take(batch);
        }
        read
    });
    if let Some(Untaken { lines, why, unknown }) = untaken {
        let lines = lines.map_or_else(String::new, |(first, last)| format!("lines {first} to {last}: "));
        return Err(stopped(file, format_args!("{lines}{why}"), &sent, unknown));
    }
    if let Err(wrong) = read {
        return Err(stopped(file, format_args!("line {}: {}", wrong.line, wrong.why), &sent, None));
    }
    sent.seen += taken.count();
    let Sent { posted, seen, refused, refused_count } = &sent;
    crate::command::say(format_args!("{}: {posted} new, {seen} seen before", file.path.display()))?;
    if *refused_count > 0 {
        return Err(refused_lines(server, file, refused, *refused_count));
    }
    close(server, file, taken, &sent)?;
    let unconfirmed = confirmed.send(server, file)?;
    let unsure = taken.sure().err().map(|failure| failure.to_string());
    Ok(unconfirmed.into_iter().chain(unsure).collect())
}

/// Why a file is not sent to its end, and what of it was.
fn stopped(file: &Whole, why: impl std::fmt::Display, sent: &Sent, unknown: Option<(u64, u64)>) -> Failure {
    let unknown = unknown.map(|(first, last)| format!("it is not known whether lines {first} to {last} were taken"));
    let before = match (sent.count(), unknown) {
        (0, None) => "nothing was sent".to_owned(),
        (0, Some(unknown)) => format!("{unknown}, and the report is not closed: the same file again sends the rest"),
        (lines, None) => format!("{lines} lines were sent, and the report is not closed: the same file again sends the rest"),
        (lines, Some(unknown)) => format!("{lines} lines were sent, and the report is not closed; {unknown}: the same file again sends the rest"),
    };
    Failure::Failed(format!("{}: {why}; {before}", file.path.display()))
}

/// Which lines were not taken and why; of those whose id another event has, where that lies.
fn refused_lines(server: &Server, file: &Whole, refused: &[Refused], count: u64) -> Failure {
    let mut told = vec![format!("{}: {count} lines were not taken, and the report is not closed", file.path.display())];
    let mut has_like = false;
    for one in refused {
        let line = one.line.map_or_else(String::new, |line| format!("line {line}: "));
        let like = if one.code == "conflict" { asked::event(server, &one.id, &one.merchant).ok().flatten() } else { None };
        let like = like.and_then(|like| {
            let report = like.pointer("/reported/report")?.as_str()?.to_owned();
            Some((report, like.pointer("/reported/line")?.as_u64()?))
        });
        told.push(match like {
            Some((report, there)) if report == file.name && Some(there) == one.line => {
                format!("  {line}it was taken before with other facts: was the mapping or an alias changed?")
            }
            Some((report, there)) => {
                has_like = true;
                format!("  {line}it is equal to line {there} of report {report:?}, which was taken before")
            }
            None => format!("  {line}{}: {}", one.code, one.detail),
        });
    }
    told.extend(more(refused, count));
    if has_like {
        told.push("If they tell of other payments, the same file with --apart sends them as lines of its own".to_owned());
    }
    if refused.iter().any(|one| one.is_quarantined) {
        told.push("They are in /v1/quarantine".to_owned());
    }
    Failure::Failed(told.join("\n"))
}

/// How many more there are than those that are told one by one.
fn more(told: &[Refused], count: u64) -> Option<String> {
    let more = count.saturating_sub(told.len() as u64);
    (more > 0).then(|| format!("  and {more} more"))
}

/// Sends the end of the report, in each currency of which it has lines of its own.
fn close(server: &Server, file: &Whole, taken: &Taken, sent: &Sent) -> Result<(), Failure> {
    let report = file.report();
    let mut ends = Batch::default();
    for (currency, end) in own(&file.found.ends, &taken.elsewhere) {
        let event = report.end(currency, end).map_err(|wrong| at(&file.place, &wrong))?;
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        ends.push(&event.to_string(), id, "@house", None);
    }
    let closed = post(server, &ends).map_err(|not_taken| stopped(file, not_taken.why, sent, None))?;
    if let Some(first) = closed.refused.first() {
        return Err(Failure::Failed(format!("{}: the lines were taken, the end of the report was not: {}: {}", file.path.display(), first.code, first.detail)));
    }
    // All was taken; who may not ask for reports, or cannot any more, has nothing to do again.
    let came = asked::reports(server, &file.source, file.date, file.date).unwrap_or_default();
    for row in came.iter().filter(|row| row.report == file.name && row.state == "incomplete") {
        crate::command::say(format_args!(
            "{}: warning: report {:?} is incomplete: {} lines in {} came under this name, with credits of {} and debits of {}, and the file says another \
             number or sum",
            file.path.display(),
            row.report,
            row.lines,
            row.currency,
            row.credits,
            row.debits
        ))?;
    }
    Ok(())
}

/// What the report itself has: all that the file has, but for what lies in others.
fn own(all: &Ends, elsewhere: &Ends) -> Ends {
    let less = |(currency, (count, credits, debits)): (&Currency, &(u64, Decimal, Decimal))| {
        let (other_count, other_credits, other_debits) = elsewhere.get(currency).copied().unwrap_or_default();
        (*currency, (count.saturating_sub(other_count), *credits - other_credits, *debits - other_debits))
    };
    all.iter().map(less).filter(|(_, (count, ..))| *count > 0).collect()
}
