//! Lines of a file that the ledger has already: of the same file under another name, of one that was corrected, of one that repeats days.
//!
//! A line's id is the same there, but its event says another report or number, and would be a conflict; so it is looked up and not sent. Each
//! look-up is a request of its own, so they are made where they are worth it: not where the source has no report of these dates, nor where a
//! file of one day came whole under its own name, or was begun. Else [`SAMPLE_LINES`] lines are looked up, and where one is known otherwise than
//! as this file has it all of them.

use super::asked::{self, CameBefore};
use super::whole::{Whole, at, open};
use crate::command::Failure;
use crate::command::remote::Server;
use crate::import::event::LineEvent;
use crate::import::found::{Aliases, Ends, count};
use crate::import::ids::Ids;
use crate::import::{Line, Reading, Wrong, money};
use schemas::time::Date;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Lines that are looked up first, evenly over the file.
const SAMPLE_LINES: u64 = 64;
/// The most dates of earlier reports that a line is looked for under: those of a month.
const DATES_MAX: usize = 31;
/// The most lines that are told one by one.
const TOLD_MAX: usize = 20;
/// What must be the same in the line that is known.
const FACTS: [&str; 8] = ["kind", "direction", "amount", "currency", "date", "reference", "payment", "payout"];

/// What of a file the ledger has already.
#[derive(Debug, Default)]
pub struct Taken {
    /// Of each line, in their order: whether it is there. Lines that were not looked up are not in it.
    pub lines: Vec<bool>,
    /// Those of other reports, by currency: they are not part of this one.
    pub elsewhere: Ends,
    /// By the report that has them: how many, and the first of them with their numbers here and there.
    reports: BTreeMap<String, (u64, Vec<(u64, u64)>)>,
    /// Lines whose like says something else.
    differing: Vec<Wrong>,
    /// The dates of earlier reports that have equal lines, which are other ones by the usual ids: with the first of them and its report.
    dates: BTreeMap<Date, (u64, String)>,
    /// How many lines are known, and are not sent.
    known: u64,
    /// Whether some are known under ids that this file does not give them.
    by_other_ids: bool,
    /// What cannot be told apart: lines that are equal to those of another file.
    doubtful: Vec<String>,
}

impl Taken {
    /// Whether a line is there already, by its place among the lines.
    pub fn has(&self, place: usize) -> bool {
        self.lines.get(place).copied().unwrap_or(false)
    }

    /// Whether what is known is known as this file has it: under the same ids, in this report, with the same numbers and facts.
    fn is_plain(&self) -> bool {
        !self.by_other_ids && self.reports.is_empty() && self.differing.is_empty()
    }

    /// Says what could not be told apart, which somebody must look at, whatever else was done.
    ///
    /// # Errors
    /// There is something.
    pub fn sure(&self) -> Result<(), Failure> {
        if self.doubtful.is_empty() { Ok(()) } else { Err(Failure::Failed(self.doubtful.join("\n"))) }
    }

    /// How many are.
    pub fn count(&self) -> u64 {
        self.lines.iter().filter(|is_there| **is_there).count() as u64
    }
}

/// Looks for lines of the file that are there already, and says of which it cannot be told whether they are the same ones.
pub fn taken(server: &Server, reading: &Reading, aliases: &Aliases, file: &Whole) -> Result<Taken, Failure> {
    let (first, last) = file.days();
    let came = asked::reports(server, &file.source, first, last)?;
    let own: Vec<&CameBefore> = came.iter().filter(|row| row.report == file.name).collect();
    let dates: BTreeSet<Date> = came.iter().filter_map(|row| row.date).filter(|date| *date != file.date).collect();
    let earlier = dates.into_iter().rev().take(DATES_MAX).map(|date| (Ids::ReportDate, date));
    // The file itself may have been taken before with ids of the other kind; of one day both are the same.
    let other_kind = match file.ids {
        Ids::ReportDate if first != last => Some((Ids::LineDate, file.date)),
        Ids::LineDate if first != last => Some((Ids::ReportDate, file.date)),
        // In the usual way, but for what was equal elsewhere.
        Ids::Report => Some((Ids::ReportDate, file.date)),
        Ids::ReportDate | Ids::LineDate => None,
    };
    let look = Look { server, reading, aliases, file };
    let is_again = is_whole_again(&own, &file.found.ends) || is_begun(&own);
    if came.is_empty() || file.ids == Ids::Report && own.is_empty() || file.ids != Ids::Report && other_kind.is_none() && is_again {
        return Ok(Taken::default());
    }
    let others: Vec<(Ids, Date)> = match file.ids {
        Ids::Report => other_kind.into_iter().collect(),
        Ids::ReportDate | Ids::LineDate => other_kind.into_iter().chain(earlier).collect(),
    };
    if file.ids != Ids::Report {
        let sample = look.at_every(file.found.lines().div_ceil(SAMPLE_LINES).max(1), &others)?;
        if let Some((date, (line, report))) = sample.dates.first_key_value() {
            repeated(file, *date, *line, report)?;
        }
        if sample.known == 0 || is_again && sample.is_plain() {
            return Ok(Taken::default());
        }
    }
    // By the usual ids what lies in earlier reports is another line.
    let others = if file.ids == Ids::ReportDate { other_kind.into_iter().collect() } else { others };
    look.at_every(1, &others).and_then(|taken| checked(file, &came, taken))
}

/// Whether all that the file has came before under its name: sent again, it is seen as it is.
fn is_whole_again(own: &[&CameBefore], ends: &Ends) -> bool {
    let is_of = |row: &CameBefore| {
        ends.iter().any(|(currency, (count, credits, debits))| {
            let text = |amount| money::text(0, amount, *currency).unwrap_or_default();
            row.currency == currency.code() && row.lines == *count && row.credits == text(*credits) && row.debits == text(*debits)
        })
    };
    own.len() == ends.len() && own.iter().copied().all(is_of)
}

/// Whether the file was begun and not ended: sent again, what came of it is seen as it is.
fn is_begun(own: &[&CameBefore]) -> bool {
    !own.is_empty() && own.iter().all(|row| row.state == "open")
}

/// Warns of a file that repeats lines of an earlier report: by the date of the report they are other lines, and are told twice.
fn repeated(file: &Whole, date: Date, line: u64, report: &str) -> Result<(), Failure> {
    crate::command::say(format_args!(
        "  warning: line {line} is equal to one of report {report:?} of {date}, and others may be: a file that repeats earlier days tells them twice, unless it \
         is sent with --repeats-days ({})",
        file.path.display()
    ))
}

/// Refuses lines that came with other facts, and says what is left out.
fn checked(file: &Whole, came: &[CameBefore], mut taken: Taken) -> Result<Taken, Failure> {
    if let Some(first) = taken.differing.first() {
        let more = match taken.differing.len() {
            1 => String::new(),
            lines => format!(" (and {} other lines)", lines - 1),
        };
        let why = format!("{}{more}: was the mapping changed? What was taken stays as it is; --apart sends the file as lines of its own", first.why);
        return Err(at(&file.place, &Wrong::at(first.line, why)));
    }
    let is_all = taken.count() == file.found.lines();
    for (report, (count, lines)) in &taken.reports {
        let told: Vec<String> = lines.iter().map(|(here, there)| format!("{here} (there {there})")).collect();
        let more = if *count > lines.len() as u64 { ", …" } else { "" };
        let told = told.join(", ");
        let all: u64 = came.iter().filter(|row| row.report == *report).map(|row| row.lines).sum();
        // A report that has lines which this file has not is another file, perhaps with a row that is equal.
        if file.ids == Ids::ReportDate && !is_all && *count < all && *report != file.name {
            taken.doubtful.push(format!(
                "{}: {count} lines are equal to lines of report {report:?}, which has {all}, and are taken for the same ones: lines {told}{more}. If they tell \
                 of other payments, the same file with --apart sends them as lines of its own",
                file.path.display()
            ));
            continue;
        }
        let were = if *count == 1 { "line was" } else { "lines were" };
        crate::command::say(format_args!("  {count} {were} taken before, in report {report:?}: lines {told}{more}"))?;
    }
    Ok(taken)
}

/// A line that the ledger has.
struct There {
    line: Value,
    /// Whether it has another id than this file gives it.
    by_other_ids: bool,
    /// The date of the earlier report that has it, where it is another line by the usual ids.
    earlier: Option<Date>,
}

/// A look for lines of a file.
struct Look<'a> {
    server: &'a Server,
    reading: &'a Reading,
    aliases: &'a Aliases,
    file: &'a Whole,
}

impl Look<'_> {
    /// Looks up every so many lines, under the ids that they have and that they would have in other reports.
    fn at_every(&self, step: u64, others: &[(Ids, Date)]) -> Result<Taken, Failure> {
        let (mut taken, mut failed, mut number) = (Taken::default(), None, 0u64);
        let mut report = self.file.report();
        let mut each = |line: Line| -> Result<(), Wrong> {
            let merchant = self.aliases.merchant(&line);
            let (event, ids) = report.line_by(&line, merchant.as_deref(), others)?;
            let is_asked = number.is_multiple_of(step);
            number += 1;
            let found = if is_asked { self.find(&event, &ids, others) } else { Ok(None) };
            let found = found.map_err(|failure| {
                failed = Some(failure);
                Wrong::at(line.number, "the server does not answer")
            })?;
            taken.lines.push(found.as_ref().is_some_and(|found| found.earlier.is_none()));
            if let Some(found) = found {
                self.note(&mut taken, (&line, &event), &found);
            }
            Ok(())
        };
        let mut input = open(self.reading, &self.file.path)?;
        let read = self.file.again(self.reading, &mut input, &mut each);
        match (failed, read) {
            (Some(failure), _) => Err(Failure::Failed(format!("{}: {failure}; nothing was sent", self.file.path.display()))),
            (None, Err(wrong)) => Err(at(&self.file.place, &wrong)),
            (None, Ok(())) => Ok(taken),
        }
    }

    /// The line in the ledger that has an id of this one.
    fn find(&self, event: &LineEvent<'_>, ids: &[String], others: &[(Ids, Date)]) -> Result<Option<There>, Failure> {
        if let Some(line) = asked::event(self.server, event.id(), event.owner())? {
            return Ok(Some(There { line, by_other_ids: false, earlier: None }));
        }
        for (id, (kind, date)) in ids.iter().zip(others).filter(|(id, _)| *id != event.id()) {
            let Some(line) = asked::event(self.server, id, event.owner())? else { continue };
            let is_own = text(&line, "report") == Some(self.file.name.as_str());
            match self.file.ids {
                Ids::LineDate => return Ok(Some(There { line, by_other_ids: true, earlier: None })),
                Ids::ReportDate | Ids::Report if is_own => return Ok(Some(There { line, by_other_ids: true, earlier: None })),
                Ids::ReportDate => {
                    // A line of the report's own date has one id in both ways.
                    let of_line = text(&line, "date").and_then(Date::parse).filter(|_| *kind == Ids::LineDate);
                    return Ok(Some(There { line, by_other_ids: true, earlier: Some(of_line.unwrap_or(*date)) }));
                }
                // By its name a file is taken for itself alone: what is equal in another one is another line.
                Ids::Report => {}
            }
        }
        Ok(None)
    }

    fn note(&self, taken: &mut Taken, (line, event): (&Line, &LineEvent<'_>), There { line: there, by_other_ids, earlier }: &There) {
        // A server of before does not say in which report a line lies.
        let report = text(there, "report").unwrap_or("?").to_owned();
        let number = there.pointer("/reported/line").and_then(Value::as_u64).unwrap_or_default();
        if let Some(date) = earlier {
            taken.dates.entry(*date).or_insert((line.number, report));
            return;
        }
        taken.known += 1;
        taken.by_other_ids |= by_other_ids;
        if let Some(why) = difference(event, there)
            && taken.differing.len() < TOLD_MAX
        {
            taken.differing.push(Wrong::at(line.number, format!("the line was taken before, as line {number} of report {report:?}, with {why}")));
        }
        if report != self.file.name {
            count(&mut taken.elsewhere, line);
        } else if number == line.number {
            return;
        }
        let (count, lines) = taken.reports.entry(report).or_default();
        *count += 1;
        if lines.len() < TOLD_MAX {
            lines.push((line.number, number));
        }
    }
}

/// A text of the line of a report that an event is.
fn text<'v>(event: &'v Value, name: &str) -> Option<&'v str> {
    event.get("reported").and_then(|reported| reported.get(name)).and_then(Value::as_str)
}

/// The first fact that is another one in the ledger.
fn difference(event: &LineEvent<'_>, there: &Value) -> Option<String> {
    let there = there.get("reported")?;
    let here = serde_json::to_value(event).ok()?;
    let of = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    FACTS.into_iter().find_map(|name| {
        let (here, there) = (of(&here, name), of(there, name));
        let word = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        (here != there).then(|| format!("another {name}: {} there, {} here", word(there), word(here)))
    })
}
