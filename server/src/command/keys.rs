//! `keys`: adds, lists and revokes API keys. A running server reads the file again by itself.

use super::{Failure, say};
use crate::access::ATTRIBUTES;
use crate::access::key::{Key, KeyId};
use crate::access::key_file::{self, Entry};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

/// What to do, with which file.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Make a key, and print it: this once.
    Add(Add),
    /// List the keys, without their secrets.
    List(File),
    /// Revoke a key: within a second a running server refuses it.
    Revoke(Revoke),
}

/// Which file.
#[derive(Debug, Args)]
pub struct File {
    /// The file of keys [environment: MERCHANT_LEDGER_KEYS]
    #[arg(long, value_name = "FILE", env = "MERCHANT_LEDGER_KEYS", hide_env = true)]
    pub keys: PathBuf,
}

/// Which key.
#[derive(Debug, Args)]
pub struct Add {
    /// The file.
    #[command(flatten)]
    pub file: File,
    /// What it may do: bank, merchant, marketing, operator, ingest; several add up
    #[arg(long = "role", value_name = "ROLE", required = true)]
    pub roles: Vec<String>,
    /// A merchant that it is cut to; several add up, and the role merchant needs one
    #[arg(long = "merchant", value_name = "MERCHANT")]
    pub merchants: Vec<String>,
    /// An attribute that it is cut to: partner=isv-9, or mcc=5812
    #[arg(long = "where", value_name = "NAME=VALUE")]
    pub attributes: Vec<String>,
    /// From when on it is refused: a date, or a time such as 2027-01-01T00:00:00Z
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
    /// For people
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub note: String,
}

/// Which key.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The file.
    #[command(flatten)]
    pub file: File,
    /// The key's id: the 8 characters after ml_
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Does it.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.what {
        What::Add(add) => self::add(add),
        What::List(file) => list(file),
        What::Revoke(which) => revoke(which),
    }
}

fn of_file(file: &File) -> impl Fn(String) -> Failure {
    move |error| Failure::Failed(format!("--keys = {:?}: {error}", file.keys))
}

/// The keys that a file has. One that `serve` would not take is as bad a configuration here as there.
fn read(file: &File) -> Result<Vec<Entry>, Failure> {
    key_file::read(&file.keys).map_err(|error| Failure::Usage(format!("--keys = {:?}: {error}", file.keys)))
}

fn add(arguments: &Add) -> Result<(), Failure> {
    let key = Key::generate().map_err(Failure::failed)?;
    let mut entry = Entry::new(&key, arguments.roles.clone(), arguments.merchants.clone(), attributes(&arguments.attributes)?);
    (entry.expires, entry.note) = (arguments.expires.clone(), arguments.note.clone());
    let is_right = key_file::check(&entry);
    is_right.map_err(|error| Failure::Usage(format!("this would be no key: {error}")))?;
    if let Some(text) = arguments.expires.as_deref().filter(|text| key_file::expiry(text).is_some_and(|ends| ends <= Timestamp::now())) {
        return Err(Failure::Usage(format!("--expires = {text:?} is over, so the key would never be taken; right would be a date or a time to come")));
    }
    if arguments.note.contains(is_hidden) {
        return Err(Failure::Usage(format!("--note = {:?} is wrong; right would be one line, without control characters", arguments.note)));
    }
    if arguments.file.keys.exists() {
        read(&arguments.file)?;
    }
    let push = |entries: &mut Vec<Entry>| {
        entries.push(entry);
        Ok(())
    };
    key_file::change(&arguments.file.keys, push).map_err(of_file(&arguments.file))?;
    let mut output = std::io::stdout().lock();
    let written = writeln!(output, "{}", key.reveal()).and_then(|()| output.flush());
    written.map_err(|error| nobody_has(&key.id, &arguments.file, &error))
}

/// Takes a key out again that could not be written, also where nobody reads the output: nobody has its secret.
fn nobody_has(id: &KeyId, file: &File, error: &std::io::Error) -> Failure {
    let what = match remove(file, id) {
        Ok(()) => "and was taken out of the file again".to_owned(),
        Err(failure) => format!("and is in the file: revoke it by `merchant-ledger keys revoke {id}` ({failure})"),
    };
    Failure::Failed(format!("the key {id} could not be written to standard output ({error}), {what}"))
}

/// Takes a key out of a file.
fn remove(file: &File, id: &KeyId) -> Result<(), Failure> {
    let take = |entries: &mut Vec<Entry>| {
        let before = entries.len();
        entries.retain(|entry| entry.id != id.as_str());
        if entries.len() < before { Ok(()) } else { Err(format!("there is no key {id}")) }
    };
    key_file::change(&file.keys, take).map_err(of_file(file))
}

/// What a terminal obeys and does not show: control characters, other ends of lines, and what turns the direction of writing.
fn is_hidden(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of a file, in which anybody may have written, as one that can be seen.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
}

fn attributes(texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut attributes = BTreeMap::new();
    for text in texts {
        let wrong = || {
            Failure::Usage(format!("--where = {text:?} is wrong; right would be one of {} with = and its value, such as partner=isv-9", ATTRIBUTES.join(", ")))
        };
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        if attributes.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::Usage(format!("--where: {name} stands twice; a key is cut to one value of it")));
        }
    }
    Ok(attributes)
}

fn is_there(file: &File) -> Result<(), Failure> {
    if file.keys.exists() { Ok(()) } else { Err(Failure::Usage(format!("--keys = {:?}: there is no such file; `keys add` makes one", file.keys))) }
}

fn list(file: &File) -> Result<(), Failure> {
    is_there(file)?;
    let entries = read(file)?;
    say(format_args!("{:<8}  {:<20}  {:<24}  {:<20}  note", "id", "roles", "cut to", "expires"))?;
    for entry in entries {
        let attributes = entry.attributes.iter().map(|(name, value)| format!("{name}={value}"));
        let cut: Vec<String> = entry.merchants.iter().cloned().chain(attributes).collect();
        let or_none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        let (roles, cut, expires) = (entry.roles.join(","), or_none(cut.join(",")), or_none(entry.expires.unwrap_or_default()));
        let row = format!("{:<8}  {roles:<20}  {cut:<24}  {expires:<20}  {}", entry.id, entry.note);
        say(visible(&row))?;
    }
    Ok(())
}

fn revoke(which: &Revoke) -> Result<(), Failure> {
    // Whoever pastes a whole key means its id; what was pasted is not repeated.
    let id = Key::parse(&which.id).map(|key| key.id).or_else(|| KeyId::parse(&which.id));
    let id = id.ok_or_else(|| Failure::Usage("ID is wrong; right would be the 8 letters and digits that `keys list` shows".to_owned()))?;
    is_there(&which.file)?;
    read(&which.file)?;
    remove(&which.file, &id)?;
    say(format_args!("{id} is revoked"))
}
