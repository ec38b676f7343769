//! Asks, compares, counts, and keeps the first difference.

use super::compare::{Compared, same};
use super::tally::Tally;
use crate::figures::Chronicle;
use crate::lives::dice::Dice;
use crate::service::{Client, Error};
use serde_json::Value;

/// Differences of one life that are shown.
const SHOWN_MAX: usize = 1;

/// Who asks one service about one life.
pub struct Asker<'a> {
    /// The service.
    pub client: &'a Client,
    /// The life so far.
    pub chronicle: &'a Chronicle,
    /// Chooses among questions.
    pub dice: &'a mut Dice,
    /// What was asked.
    pub tally: &'a mut Tally,
    /// The first difference of each kind of question.
    pub differences: &'a mut Vec<(String, String)>,
}

impl Asker<'_> {
    /// Asks one question; `compare` judges the answer.
    ///
    /// # Errors
    /// The service does not answer at all.
    pub fn ask(&mut self, kind: &str, path: &str, compare: impl FnOnce(&Value) -> Compared) -> Result<(), Error> {
        let answer = self.client.ask(path)?;
        let compared = if answer.status == 200 { compare(&answer.body) } else { Err(format!("status {} {}", answer.status, answer.body)) };
        self.note(kind, path, compared);
        Ok(())
    }

    /// Asks one question that is answered with this object.
    ///
    /// # Errors
    /// The service does not answer at all.
    pub fn ask_whole(&mut self, kind: &str, path: &str, mine: &Value) -> Result<(), Error> {
        self.ask(kind, path, |theirs| same("", mine, theirs))
    }

    /// Asks for every page of a list.
    ///
    /// # Errors
    /// The service does not answer, or not with 200.
    pub fn ask_list(&mut self, kind: &str, path: &str, compare: impl FnOnce(&Value) -> Compared) -> Result<(), Error> {
        let rows = Value::Array(self.client.rows(path)?);
        self.note(kind, path, compare(&rows));
        Ok(())
    }

    fn note(&mut self, kind: &str, path: &str, compared: Compared) {
        self.tally.count(kind, compared.as_ref().ok().copied());
        if let Err(difference) = compared
            && self.differences.iter().filter(|(known, _)| known == kind).count() < SHOWN_MAX
        {
            let at = self.chronicle.position();
            self.differences.push((kind.to_owned(), format!("after record {at}, GET {path}\n    {difference}")));
        }
    }
}

/// A query of keys and filters, empty where there are none.
pub fn query(keys: &[&str], filters: &[(&str, &str)], more: &[(&str, String)]) -> String {
    let mut parts = Vec::new();
    if !keys.is_empty() {
        parts.push(format!("group_by={}", keys.join(",")));
    }
    parts.extend(filters.iter().map(|(key, value)| format!("{key}={}", encoded(value))));
    parts.extend(more.iter().map(|(key, value)| format!("{key}={}", encoded(value))));
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

/// A text as it stands in a URL.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
