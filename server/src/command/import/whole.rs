//! A file that was read to its end and found whole: nothing of one that is not is sent.

use super::{Arguments, SOMEBODY};
use crate::command::Failure;
use crate::import::event::Report;
use crate::import::found::{Aliases, Found};
use crate::import::ids::Ids;
use crate::import::input::{Input, Stamp};
use crate::import::wrong::TOLD_MAX;
use crate::import::{Facts, Line, Reading, Wrong, Wrongs};
use schemas::decode::has_card_number;
use schemas::ids::ReportName;
use schemas::time::Date;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A file that was read and found whole.
pub struct Whole {
    /// Where it is.
    pub path: PathBuf,
    /// The same, of a zip with the name of what is in it: where a line of it is.
    pub place: String,
    /// What it has.
    pub found: Found,
    /// Who reports.
    pub source: String,
    /// What the report is called.
    pub name: String,
    /// Its date.
    pub date: Date,
    /// What the ids of its lines are made of.
    pub ids: Ids,
    stamp: Stamp,
    facts: Facts,
}

/// Why a file of which nothing was sent is not.
pub fn at(place: impl Display, wrong: &Wrong) -> Failure {
    Failure::Failed(format!("{}; nothing was sent", told(place, wrong)))
}

/// What is wrong, with its line, where it is at one.
fn told(place: impl Display, Wrong { line, why }: &Wrong) -> String {
    if *line == 0 { format!("{place}: {why}") } else { format!("{place}:{line}: {why}") }
}

/// The same of many rows: the first ones, and how many more there are.
fn at_all(place: &str, wrongs: &[Wrong], count: u64) -> Failure {
    let told: Vec<String> = wrongs.iter().take(TOLD_MAX).map(|wrong| told(place, wrong)).collect();
    let more = match count.saturating_sub(told.len() as u64) {
        0 => String::new(),
        more => format!("\n{more} more rows are wrong"),
    };
    Failure::Failed(format!("{}{more}; nothing was sent", told.join("\n")))
}

/// Opens a file; of a zip the one of the format.
pub fn open(reading: &Reading, path: &Path) -> Result<Input, Failure> {
    Input::open(path, reading.format).map_err(|error| at(path.display(), &Wrong::at(0, error)))
}

/// Reads a file whole. Says so where there is nothing in it, as on a day without payments: then nothing is left to do.
pub fn whole(arguments: &Arguments, reading: &Reading, aliases: &Aliases, path: &Path) -> Result<Option<Whole>, Failure> {
    let stamp = Stamp::of(path).map_err(|error| at(path.display(), &Wrong::at(0, error)))?;
    let mut input = open(reading, path)?;
    let place = input.member().map_or_else(|| path.display().to_string(), |member| format!("{}:{member}", path.display()));
    let (mut found, mut refused) = (Found::default(), Wrongs::default());
    let name = arguments.report.clone().unwrap_or_else(|| input.name().to_owned());
    if ReportName::new(&name).is_none() || has_card_number(&name) {
        return Err(at(path.display(), &Wrong::at(0, "the report's name is not of 1 to 128 printable characters, or has a card number: give --report")));
    }
    let mut each = |line: Line| -> Result<(), Wrong> {
        let checked = Report::new(SOMEBODY, &name, line.date).check(&line, aliases.merchant(&line).as_deref());
        if let Err(wrong) = checked.and_then(|()| found.add(&line, aliases)) {
            refused.add(wrong);
        }
        Ok(())
    };
    let read = reading.read(&mut input, &mut each);
    let mut facts = match read {
        Ok(facts) => facts,
        // What ended the reading comes after what was wrong before it.
        Err(wrong) => {
            let wrongs = [refused.first.clone(), vec![wrong]].concat();
            return Err(at_all(&place, &wrongs, refused.count + 1));
        }
    };
    let unread = std::mem::take(&mut facts.wrong);
    if unread.count + refused.count > 0 {
        let mut wrongs = [unread.first.clone(), refused.first.clone()].concat();
        wrongs.sort_by_key(|wrong| wrong.line);
        return Err(at_all(&place, &wrongs, unread.count + refused.count));
    }
    if found.lines() == 0 {
        crate::command::say(format_args!("{place}: nothing in it"))?;
        tell(&facts)?;
        return Ok(None);
    }
    let source = reading.source.clone().or_else(|| facts.source.clone()).or_else(|| reading.default_source().map(str::to_owned));
    let source = source.ok_or_else(|| Failure::Usage("nothing says who reports: give --source".to_owned()))?;
    if has_card_number(&source) {
        return Err(Failure::Usage(format!("{source} would pass for a card number: give --source with a letter before it")));
    }
    let date = facts.date.ok_or_else(|| at(&place, &Wrong::at(0, "the file has no date")))?;
    let repeats_days = arguments.repeats_days || reading.mapping.as_ref().is_some_and(|mapping| mapping.repeats_days);
    let ids = match (arguments.apart, repeats_days) {
        (true, _) => Ids::Report,
        (false, true) => Ids::LineDate,
        (false, false) => Ids::ReportDate,
    };
    Ok(Some(Whole { path: path.to_owned(), place, found, source, name, date, ids, stamp, facts }))
}

/// Says what a file says of itself, and what somebody should look at.
fn tell(facts: &Facts) -> Result<(), Failure> {
    for (name, says, counted) in &facts.trailer {
        crate::command::say(format_args!("  {name}: the file says {says}, counted {counted}"))?;
    }
    facts.warnings.iter().try_for_each(|warning| crate::command::say(format_args!("  warning: {warning}")))
}

impl Whole {
    /// Says what it has.
    pub fn tell(&self) -> Result<(), Failure> {
        crate::command::say(format_args!("{}: {} of {}, report {:?}", self.place, self.source, self.date, self.name))?;
        self.found.told().iter().try_for_each(crate::command::say)?;
        tell(&self.facts)
    }

    /// It must be the one that was found whole: not one that is still being written, nor another one in its place.
    pub fn unchanged(&self) -> Result<(), Wrong> {
        if Stamp::of(&self.path).is_ok_and(|stamp| stamp == self.stamp) { Ok(()) } else { Err(Wrong::at(0, "the file was changed while it was read")) }
    }

    /// Reads it again, as it was found.
    pub fn again(&self, reading: &Reading, input: &mut Input, each: &mut dyn FnMut(Line) -> Result<(), Wrong>) -> Result<(), Wrong> {
        let facts = reading.read(input, each)?;
        match facts.wrong.first.into_iter().next() {
            Some(wrong) => Err(wrong),
            None => self.unchanged(),
        }
    }

    /// The first and the last date of the report and of its lines.
    pub fn days(&self) -> (Date, Date) {
        let (first, last) = self.found.days.unwrap_or((self.date, self.date));
        (first.min(self.date), last.max(self.date))
    }

    /// A report of it, of which no line was told yet.
    pub fn report(&self) -> Report {
        Report::new(&self.source, &self.name, self.date).with_ids(self.ids)
    }
}
