//! Where the value of a key comes from.

use super::value::text_of;
use super::{ENVIRONMENT_PREFIX, Error, KEYS, Key, kafka, wrong_toml};
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// A name is mistyped where at most so many letters make a key of it.
const MISTYPED_LETTERS_MAX: usize = 2;

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the command line.
    Flag,
    /// In the environment.
    Environment,
    /// In the TOML file of this name.
    File(String),
    /// Nowhere.
    Default,
}

/// A key, its value as text, and where that was said.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The key.
    pub key: &'static Key,
    /// The value.
    pub text: String,
    /// Where it was said.
    pub source: Source,
}

impl Setting {
    /// Where it was said, for who has to change it.
    pub fn place(&self) -> String {
        match &self.source {
            Source::Flag => format!("--{}", self.key.name.replace(['_', '.'], "-")),
            Source::Environment => self.key.variable(),
            Source::File(file) => format!("{} in {file}", self.key.name),
            Source::Default => self.key.name.to_owned(),
        }
    }

    /// The error that says that this value is wrong.
    pub fn wrong(&self) -> Error {
        let place = self.place();
        Error::Wrong { place, value: self.text.clone(), expected: self.key.expects.to_owned() }
    }

    /// The text, which must not be empty.
    pub fn non_empty(&self) -> Result<&str, Error> {
        if self.text.is_empty() { Err(self.wrong()) } else { Ok(&self.text) }
    }

    /// Refuses an address with a user, and so maybe a password, before its host, which is not told again: addresses are shown and logged. `instead`
    /// says what would be right.
    pub fn without_user(&self, instead: &str) -> Result<(), Error> {
        if !self.text.contains('@') {
            return Ok(());
        }
        Err(Error::Wrong { place: self.place(), value: "…".to_owned(), expected: format!("an address without a user and a password: {instead}") })
    }

    /// Numbers with commas between; none where the text is empty.
    pub fn numbers<T: FromStr>(&self) -> Result<Vec<T>, Error> {
        let parts = self.text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| self.wrong())).collect()
    }

    /// A whole number between two others.
    pub fn whole(&self, min: u64, max: u64) -> Result<u64, Error> {
        match self.text.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(self.wrong()),
        }
    }
}

/// The layers of a configuration, the strongest first: flags, environment, file.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<&'static str, String>,
    file: BTreeMap<&'static str, String>,
    file_name: String,
    /// Variables for single properties of Kafka's client, with their values.
    kafka_variables: BTreeMap<String, String>,
    /// Variables under our prefix that are no key.
    strangers: Vec<String>,
}

impl Layers {
    /// With nothing said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says a flag, where it was given. A name that is no key is a mistake of the caller and is left out.
    pub fn flag(&mut self, name: &str, value: Option<String>) {
        if let (Some(key), Some(value)) = (Key::find(name), value) {
            self.flags.insert(key.name, value);
        }
    }

    /// Takes the variables that are keys, and those of single properties of Kafka's client. What else is under our prefix is
    /// kept to be told: it may be mistyped, or belong to another tool.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let keys: BTreeMap<String, &'static str> = KEYS.iter().map(|key| (key.variable(), key.name)).collect();
        for (variable, value) in variables {
            if let Some(name) = keys.get(&variable) {
                self.environment.insert(name, value);
            } else if variable.starts_with(&kafka::property_prefix()) && !is_of_others(&variable) {
                self.kafka_variables.insert(variable, value);
            } else if variable.starts_with(ENVIRONMENT_PREFIX) && !is_of_others(&variable) {
                self.strangers.push(variable);
            }
        }
    }

    /// Variables for single properties of Kafka's client.
    pub const fn kafka_variables(&self) -> &BTreeMap<String, String> {
        &self.kafka_variables
    }

    /// Variables under our prefix that are no key and resemble none.
    ///
    /// # Errors
    /// One is nearly a key: it is mistyped.
    pub fn strangers(&self) -> Result<&[String], Error> {
        for stranger in &self.strangers {
            let nearest = KEYS.iter().map(Key::variable).min_by_key(|variable| strsim::levenshtein(variable, stranger));
            if let Some(nearest) = nearest.filter(|nearest| strsim::levenshtein(nearest, stranger) <= MISTYPED_LETTERS_MAX) {
                return Err(Error::Unknown { place: format!("{stranger} in the environment"), expected: nearest });
            }
        }
        Ok(&self.strangers)
    }

    /// Reads the TOML file at `path`.
    pub fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Error::File { file: name.clone(), reason: error.to_string() })?;
        self.file(&name, &text)
    }

    /// Takes the text of a TOML file. A key that nobody knows is an error.
    pub fn file(&mut self, name: &str, text: &str) -> Result<(), Error> {
        name.clone_into(&mut self.file_name);
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| Error::File { file: name.to_owned(), reason: wrong_toml(text, &error) })?;
        self.table(&table, "")
    }

    fn table(&mut self, table: &toml::Table, section: &str) -> Result<(), Error> {
        for (name, value) in table {
            let full = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
            let is_section = KEYS.iter().any(|key| key.name.strip_prefix(&full).is_some_and(|rest| rest.starts_with('.')));
            match (Key::find(&full), value) {
                (None, toml::Value::Table(inner)) if is_section => self.table(inner, &full)?,
                (Some(key), value) => {
                    let text = text_of(key, value).map_err(|unfit| unfit.of(key, &self.file_name))?;
                    self.file.insert(key.name, text);
                }
                (None, _) => return Err(self.unknown(&full, section)),
            }
        }
        Ok(())
    }

    fn unknown(&self, name: &str, section: &str) -> Error {
        let names = KEYS.iter().map(|key| key.name).filter(|key| section.is_empty() || key.starts_with(section));
        Error::Unknown { place: format!("{name} in {}", self.file_name), expected: names.collect::<Vec<_>>().join(", ") }
    }

    /// The strongest value of a key.
    pub fn find(&self, name: &str) -> Result<Option<Setting>, Error> {
        let Some(key) = Key::find(name) else { return Ok(None) };
        let layered = [
            (self.flags.get(key.name), Source::Flag),
            (self.environment.get(key.name), Source::Environment),
            (self.file.get(key.name), Source::File(self.file_name.clone())),
        ];
        for (value, source) in layered {
            if let Some(text) = value {
                return Ok(Some(Setting { key, text: text.clone(), source }));
            }
        }
        Ok(key.default.map(|text| Setting { key, text: text.to_owned(), source: Source::Default }))
    }

    /// The first of some keys that asks for something: its default, written out as `check-config` prints it, asks for nothing, nor does what is
    /// empty, as a variable of a template may be.
    pub fn asked(&self, names: &[&str]) -> Result<Option<Setting>, Error> {
        for name in names {
            if let Some(setting) = self.find(name)?.filter(|setting| !setting.text.is_empty() && Some(setting.text.as_str()) != setting.key.default) {
                return Ok(Some(setting));
            }
        }
        Ok(None)
    }

    /// The strongest value of a key that must have one.
    pub fn required(&self, name: &str) -> Result<Setting, Error> {
        self.find(name)?.ok_or_else(|| Error::Wrong {
            place: name.to_owned(),
            value: String::new(),
            expected: Key::find(name).map_or_else(String::new, |key| key.expects.to_owned()),
        })
    }
}

/// Variables under our prefix that are set for others on purpose: the file's own name, what commands ask a running server by, the
/// tests' tools, and what Kubernetes puts into the environment of every container for a service that is called merchant-ledger.
fn is_of_others(variable: &str) -> bool {
    let name = variable.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or_default();
    matches!(name, "CONFIG" | "URL" | "KEY" | "KEY_FILE" | "CA_FILE" | "KAFKA_LIBS" | "TABLES_PYTHON" | "SERVICE_HOST" | "PORT")
        || name.starts_with("SERVICE_PORT")
        || name.starts_with("PORT_")
}
