//! `import`: reads report files, says what they have, and sends their lines to a running server.
//!
//! Nothing of a file is sent before all of it was read and found whole. Bounds: [`BATCH_LINES`] lines in a request,
//! [`BATCH_BYTES_MAX`] of it, a few requests at once (`in_flight`); names of merchants are asked for by pages.

mod in_flight;

use super::Failure;
use super::remote::{Remote, Server};
use crate::import::event::Report;
use crate::import::found::{Aliases, Found};
use crate::import::input::{Input, Stamp};
use crate::import::mapped::Mapping;
use crate::import::{Facts, Format, Line, Reading, Wrong, alipay};
use clap::Args;
use in_flight::{Batch, Sent, Untaken};
use schemas::decode::has_card_number;
use schemas::ids::{MerchantId, ReportName};
use schemas::report::{ReportKind, ReportSource};
use schemas::time::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Lines of a request.
const BATCH_LINES: usize = 5_000;
/// Bytes of a request, about.
const BATCH_BYTES_MAX: usize = 6 << 20;
/// Who reports, until the file has said it.
const SOMEBODY: &str = "bank:somebody";
/// The most merchants or payouts that are asked for: names and states are kept in memory.
const ROWS_MAX: usize = 5_000_000;

/// Which files, and how they are read.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The layout of the files
    #[arg(long, value_enum)]
    pub format: Format,
    /// Who reports: scheme:<id>, psp:<id> or bank:<account> [default: by the format; of camt the account of the file]
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// The merchant of every line that names none
    #[arg(long, value_name = "MERCHANT")]
    pub merchant: Option<String>,
    /// What the report is called [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub report: Option<String>,
    /// Of --format csv: a TOML file that says which column is what
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Of --format camt: a debit that names a payout which is initiated is its payout_paid, a return its payout_returned
    #[arg(long)]
    pub confirm_payouts: bool,
    /// The running server.
    #[command(flatten)]
    pub remote: Remote,
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// A file that was read and found whole.
struct Whole {
    path: PathBuf,
    stamp: Stamp,
    facts: Facts,
    found: Found,
    source: String,
    name: String,
    date: Date,
}

/// Reads all files, and sends them where all of them are whole.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(path) = arguments.files.iter().find(|path| !path.exists()) {
        return Err(Failure::Usage(format!("{}: there is no such file; nothing was sent", path.display())));
    }
    let reading = Reading { format: arguments.format, source: source(arguments)?, mapping: mapping(arguments)? };
    let server = arguments.remote.server()?;
    let aliases = match aliases(&server, arguments, &reading) {
        Ok(aliases) => aliases,
        Err(failure) if arguments.dry_run => {
            super::say(format_args!("no merchant is known: {failure}"))?;
            Aliases::of(arguments.merchant.clone())
        }
        Err(failure) => return Err(failure),
    };
    let whole = arguments.files.iter().map(|path| whole(arguments, &reading, &aliases, path)).collect::<Result<Vec<_>, _>>()?;
    for file in &whole {
        tell(file)?;
    }
    if arguments.dry_run {
        return super::say("nothing was sent");
    }
    let payouts = if arguments.confirm_payouts { payouts(&server)? } else { BTreeMap::new() };
    whole.iter().try_for_each(|file| send(&server, &reading, &aliases, &payouts, file))
}

fn source(arguments: &Arguments) -> Result<Option<String>, Failure> {
    let Some(text) = &arguments.source else { return Ok(None) };
    let told = || {
        Failure::Usage(format!(
            "--source = {text:?} is wrong; right would be scheme:<id>, psp:<id> or bank:<account>, and a letter before what would pass for a card number"
        ))
    };
    ReportSource::read(text).filter(|_| !has_card_number(text)).map(|source| Some(source.to_string())).ok_or_else(told)
}

fn mapping(arguments: &Arguments) -> Result<Option<Mapping>, Failure> {
    let Some(path) = &arguments.mapping else {
        let is_needed = arguments.format == Format::Csv;
        return if is_needed { Err(Failure::Usage("--format csv needs --mapping FILE, which says which column is what".to_owned())) } else { Ok(None) };
    };
    let told = |error: String| Failure::Usage(format!("--mapping = {path:?} is wrong: {error}"));
    let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    Mapping::read(&text).map(Some).map_err(told)
}

/// How reports of the source name merchants, by the contracts in force.
fn aliases(server: &Server, arguments: &Arguments, reading: &Reading) -> Result<Aliases, Failure> {
    let mut aliases = Aliases::of(arguments.merchant.clone());
    if let Some(merchant) = &arguments.merchant
        && MerchantId::new(merchant).is_none()
    {
        return Err(Failure::Usage(format!("--merchant = {merchant:?} is wrong; right would be a merchant's id")));
    }
    let source = reading.source.as_deref().or_else(|| reading.default_source());
    // A bank's statement names no merchants.
    let Some((_, id)) = source.and_then(|source| source.split_once(':')) else { return Ok(aliases) };
    pages(server, "/v1/merchants", |row| {
        let Some(merchant) = row.get("merchant").and_then(Value::as_str) else { return };
        let named = row.pointer("/contract/aliases").and_then(|aliases| aliases.get(id));
        match named {
            Some(Value::String(alias)) => aliases.add(alias, merchant),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).for_each(|alias| aliases.add(alias, merchant)),
            _ => {}
        }
    })?;
    Ok(aliases)
}

/// Payouts by their id: whose, and in what state. Those that two merchants have are nobody's.
fn payouts(server: &Server) -> Result<BTreeMap<String, Option<(String, String)>>, Failure> {
    let mut found = BTreeMap::new();
    for state in ["initiated", "paid"] {
        pages(server, &format!("/v1/payouts?state={state}"), |row| {
            let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
            if let (Some(payout), Some(merchant)) = (text("payout"), text("merchant")) {
                found.entry(payout).and_modify(|other| *other = None).or_insert_with(|| Some((merchant, state.to_owned())));
            }
        })?;
    }
    Ok(found)
}

/// Every row of a list.
fn pages(server: &Server, path: &str, mut row: impl FnMut(&Value)) -> Result<(), Failure> {
    let (joint, mut next, mut count) = (if path.contains('?') { '&' } else { '?' }, None::<String>, 0);
    loop {
        let cursor = next.as_ref().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let (status, body) = server.get(&format!("{path}{joint}limit=1000{cursor}"))?;
        if status != 200 {
            return Err(server.problem(status, &body));
        }
        let rows = body.get("rows").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        rows.iter().for_each(&mut row);
        count += rows.len();
        next = body.get("next").and_then(Value::as_str).map(str::to_owned);
        if next.is_none() || count >= ROWS_MAX {
            return Ok(());
        }
    }
}

fn at(path: &Path, wrong: &Wrong) -> Failure {
    Failure::Failed(format!("{}:{}: {}; nothing was sent", path.display(), wrong.line, wrong.why))
}

fn open(reading: &Reading, path: &Path) -> Result<Input, Failure> {
    let is_it = |name: &str| match reading.format {
        Format::Alipay => alipay::is_details(name),
        Format::Unionpay | Format::Wechat | Format::Adyen | Format::Camt | Format::Csv => !name.starts_with("__MACOSX"),
    };
    Input::open(path, is_it).map_err(|error| Failure::Failed(format!("{}: {error}; nothing was sent", path.display())))
}

/// Reads a file whole.
fn whole(arguments: &Arguments, reading: &Reading, aliases: &Aliases, path: &Path) -> Result<Whole, Failure> {
    let stamp = Stamp::of(path).map_err(|error| at(path, &Wrong::at(0, error)))?;
    let mut input = open(reading, path)?;
    let mut found = Found::default();
    let name = arguments.report.clone().unwrap_or_else(|| input.name().to_owned());
    if ReportName::new(&name).is_none() || has_card_number(&name) {
        return Err(at(path, &Wrong::at(0, "the report's name is not of 1 to 128 printable characters, or has a card number: give --report")));
    }
    let mut each = |line: Line| {
        Report::new(SOMEBODY, &name, line.date).check(&line, aliases.merchant(&line).as_deref())?;
        found.add(&line, aliases)
    };
    let facts = reading.read(&mut input, &mut each).map_err(|wrong| at(path, &wrong))?;
    let told = |what: &str| at(path, &Wrong::at(0, what));
    let source = reading.source.clone().or_else(|| facts.source.clone()).or_else(|| reading.default_source().map(str::to_owned));
    let source = source.ok_or_else(|| Failure::Usage("nothing says who reports: give --source".to_owned()))?;
    if has_card_number(&source) {
        return Err(Failure::Usage(format!("{source} would pass for a card number: give --source with a letter before it")));
    }
    let date = facts.date.ok_or_else(|| told("the file has no line and no date"))?;
    Ok(Whole { path: path.to_owned(), stamp, facts, found, source, name, date })
}

fn tell(file: &Whole) -> Result<(), Failure> {
    super::say(format_args!("{}: {} of {}, report {:?}", file.path.display(), file.source, file.date, file.name))?;
    file.found.told().iter().try_for_each(super::say)?;
    for (name, says, counted) in &file.facts.trailer {
        super::say(format_args!("  {name}: the file says {says}, counted {counted}"))?;
    }
    Ok(())
}

/// A file must be the one that was found whole: not one that is still being written, nor another one in its place.
fn unchanged(file: &Whole) -> Result<(), Wrong> {
    if Stamp::of(&file.path).is_ok_and(|stamp| stamp == file.stamp) { Ok(()) } else { Err(Wrong::at(0, "the file was changed while it was read")) }
}

/// Why a file is not sent to its end, and what of it was.
fn stopped(file: &Whole, why: impl std::fmt::Display, sent: &Sent) -> Failure {
    let before = match sent.posted + sent.seen + sent.other {
        0 => "nothing was sent".to_owned(),
        lines => format!("{lines} lines were sent, and the report is not closed: the same file again sends the rest"),
    };
    Failure::Failed(format!("{}: {why}; {before}", file.path.display()))
}

/// Sends a file: its lines, and its end once all of them were taken.
fn send(server: &Server, reading: &Reading, aliases: &Aliases, payouts: &BTreeMap<String, Option<(String, String)>>, file: &Whole) -> Result<(), Failure> {
    unchanged(file).map_err(|wrong| at(&file.path, &wrong))?;
    let mut input = open(reading, &file.path)?;
    let mut report = Report::new(&file.source, &file.name, file.date);
    let mut confirmed = Vec::new();
    let (read, mut sent, untaken) = in_flight::sent(server, |belt| {
        let (mut batch, mut lines) = (Batch::default(), 0usize);
        let mut each = |line: Line| -> Result<(), Wrong> {
            let merchant = aliases.merchant(&line);
            let event = report.line(&line, merchant.as_deref())?;
            if let Some((merchant, kind)) = confirmation(&line, payouts) {
                confirmed.push(event.payout(merchant, kind));
            }
            batch.push(&event.text(), Some(line.number));
            lines += 1;
            if lines >= BATCH_LINES || batch.events.len() >= BATCH_BYTES_MAX {
                lines = 0;
                if !belt.take(std::mem::take(&mut batch)) {
                    return Err(Wrong::at(line.number, "the server did not take a batch before it"));
                }
            }
            Ok(())
        };
        let read = reading.read(&mut input, &mut each).and_then(|_| unchanged(file));
        if read.is_ok() && batch.lines.is_some() {
            belt.take(batch);
        }
        read
    });
    if let Some(Untaken { lines, why }) = untaken {
        let lines = lines.map_or_else(String::new, |(first, last)| format!("lines {first} to {last}: "));
        return Err(stopped(file, format_args!("{lines}{why}"), &sent));
    }
    if let Err(wrong) = read {
        return Err(stopped(file, format_args!("line {}: {}", wrong.line, wrong.why), &sent));
    }
    let mut ends = Batch::default();
    for (currency, end) in &file.found.ends {
        let event = report.end(*currency, *end).map_err(|wrong| at(&file.path, &wrong))?;
        ends.push(&event.to_string(), None);
    }
    let Sent { posted, seen, other } = in_flight::post(server, &ends.events).map_err(|failure| stopped(file, failure, &sent))?;
    (sent.posted, sent.seen, sent.other) = (sent.posted + posted, sent.seen + seen, sent.other + other);
    let Sent { posted, seen, other } = sent;
    super::say(format_args!("{}: {posted} new, {seen} seen before", file.path.display()))?;
    if other > 0 {
        return Err(Failure::Failed(format!("{}: {other} lines were not taken: see /v1/quarantine", file.path.display())));
    }
    if !confirmed.is_empty() {
        let (mut posted, mut seen) = (0, 0);
        for chunk in confirmed.chunks(BATCH_LINES) {
            let events: String = chunk.iter().map(|event| format!("{event}\n")).collect();
            let sent = in_flight::post(server, &events)?;
            (posted, seen) = (posted + sent.posted, seen + sent.seen);
        }
        super::say(format_args!("{}: {posted} payouts confirmed, {seen} before", file.path.display()))?;
    }
    Ok(())
}

/// What a bank's line says of a payout: whose it is, and the event.
fn confirmation<'p>(line: &Line, payouts: &'p BTreeMap<String, Option<(String, String)>>) -> Option<(&'p str, &'static str)> {
    let (merchant, state) = payouts.get(line.payout.as_ref().filter(|_| line.kind == ReportKind::Payout)?)?.as_ref()?;
    match (line.credit, state.as_str()) {
        (false, "initiated") => Some((merchant, "payout_paid")),
        (true, "paid") if line.returned => Some((merchant, "payout_returned")),
        _ => None,
    }
}
