//! A file that was read to its end and found whole: nothing of one that is not is sent.

use super::{Arguments, SOMEBODY};
use crate::command::Failure;
use crate::import::event::{Ids, Report};
use crate::import::found::{Aliases, Found};
use crate::import::input::{Input, Stamp};
use crate::import::wrong::TOLD_MAX;
use crate::import::{Facts, Format, Line, Reading, Wrong, Wrongs, alipay};
use schemas::decode::has_card_number;
use schemas::ids::ReportName;
use schemas::time::Date;
use std::path::{Path, PathBuf};

/// A file that was read and found whole.
pub struct Whole {
    /// Where it is.
    pub path: PathBuf,
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
pub fn at(path: &Path, wrong: &Wrong) -> Failure {
    Failure::Failed(format!("{}:{}: {}; nothing was sent", path.display(), wrong.line, wrong.why))
}

/// The same of many rows: the first ones, and how many more there are.
fn at_all(path: &Path, wrongs: &[Wrong], count: u64) -> Failure {
    let told: Vec<String> = wrongs.iter().take(TOLD_MAX).map(|wrong| format!("{}:{}: {}", path.display(), wrong.line, wrong.why)).collect();
    let more = match count.saturating_sub(told.len() as u64) {
        0 => String::new(),
        more => format!("\n{more} more rows are wrong"),
    };
    Failure::Failed(format!("{}{more}; nothing was sent", told.join("\n")))
}

/// Opens a file; of a zip the one of the format.
pub fn open(reading: &Reading, path: &Path) -> Result<Input, Failure> {
    let is_it = |name: &str| match reading.format {
        Format::Alipay => alipay::is_details(name),
        Format::Unionpay | Format::Wechat | Format::Adyen | Format::Camt | Format::Csv => !name.starts_with("__MACOSX"),
    };
    Input::open(path, is_it).map_err(|error| Failure::Failed(format!("{}: {error}; nothing was sent", path.display())))
}

/// Reads a file whole.
pub fn whole(arguments: &Arguments, reading: &Reading, aliases: &Aliases, path: &Path) -> Result<Whole, Failure> {
    let stamp = Stamp::of(path).map_err(|error| at(path, &Wrong::at(0, error)))?;
    let mut input = open(reading, path)?;
    let (mut found, mut refused) = (Found::default(), Wrongs::default());
    let name = arguments.report.clone().unwrap_or_else(|| input.name().to_owned());
    if ReportName::new(&name).is_none() || has_card_number(&name) {
        return Err(at(path, &Wrong::at(0, "the report's name is not of 1 to 128 printable characters, or has a card number: give --report")));
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
            return Err(at_all(path, &wrongs, refused.count + 1));
        }
    };
    let unread = std::mem::take(&mut facts.wrong);
    if unread.count + refused.count > 0 {
        let mut wrongs = [unread.first.clone(), refused.first.clone()].concat();
        wrongs.sort_by_key(|wrong| wrong.line);
        return Err(at_all(path, &wrongs, unread.count + refused.count));
    }
    let told = |what: &str| at(path, &Wrong::at(0, what));
    let source = reading.source.clone().or_else(|| facts.source.clone()).or_else(|| reading.default_source().map(str::to_owned));
    let source = source.ok_or_else(|| Failure::Usage("nothing says who reports: give --source".to_owned()))?;
    if has_card_number(&source) {
        return Err(Failure::Usage(format!("{source} would pass for a card number: give --source with a letter before it")));
    }
    let date = facts.date.ok_or_else(|| told("the file has no line and no date"))?;
    let repeats_days = arguments.repeats_days || reading.mapping.as_ref().is_some_and(|mapping| mapping.repeats_days);
    let ids = match (arguments.apart, repeats_days) {
        (true, _) => Ids::Report,
        (false, true) => Ids::LineDate,
        (false, false) => Ids::ReportDate,
    };
    Ok(Whole { path: path.to_owned(), found, source, name, date, ids, stamp, facts })
}

impl Whole {
    /// Says what it has.
    pub fn tell(&self) -> Result<(), Failure> {
        crate::command::say(format_args!("{}: {} of {}, report {:?}", self.path.display(), self.source, self.date, self.name))?;
        self.found.told().iter().try_for_each(crate::command::say)?;
        for (name, says, counted) in &self.facts.trailer {
            crate::command::say(format_args!("  {name}: the file says {says}, counted {counted}"))?;
        }
        self.facts.warnings.iter().try_for_each(|warning| crate::command::say(format_args!("  warning: {warning}")))
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
