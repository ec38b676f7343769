//! The command line. Each command is a file with its arguments and what it does; what goes wrong is a [`Failure`].
//!
//! Exit codes: 0 fine, 1 the check failed or the work could not be done, 2 bad usage or configuration.

pub mod backup;
pub mod check_config;
pub mod close_day;
mod copy;
mod data;
pub mod demo;
pub mod export;
pub mod fold;
pub mod import;
pub mod keys;
pub mod openapi;
pub mod rebuild;
mod remote;
pub mod restore;
pub mod schemas;
pub mod serve;
pub mod verify;

use crate::config::{Config, Error as ConfigError, Layers};
use clap::{Args, Parser, Subcommand};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A real-time ledger for merchant acquiring.
#[derive(Debug, Parser)]
#[command(name = "merchant-ledger", version, about, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow the log and answer over HTTP.
    Serve(Options),
    /// Serve a simulated city of merchants that trades.
    Demo(demo::Arguments),
    /// Read the journal again, check every link, entry and projection.
    Verify(verify::Arguments),
    /// Fold a projection again from the first entry, compare it, and let it take the old one's place.
    Rebuild(rebuild::Arguments),
    /// Copy the data directory to another one.
    Backup(backup::Arguments),
    /// Make a data directory of a backup.
    Restore(restore::Arguments),
    /// Close the open business date of a running server.
    CloseDay(close_day::Arguments),
    /// Write the entries of a data directory's journals that have lines.
    ///
    /// What was booked, partition by partition. Entries without lines are left out: events that were refused, parked, quarantined or said before,
    /// and those that book nothing, such as contracts. /v1/merchants/{merchant}/entries lists them, too.
    Export(export::Arguments),
    /// Read report files of schemes, payment companies and banks, and send their lines to a running server.
    Import(import::Arguments),
    /// Add, list and revoke API keys.
    Keys(keys::Arguments),
    /// Fold records from standard input (NDJSON), and write what became of each.
    ///
    /// A line is a record: {"offset":0,"value":{…}} with an event as the value, or {"offset":0,"raw":"…"} for a value that is no JSON. "key" may
    /// be there, too, and changes nothing; nothing else may. Offsets rise. All records are of partition 0 of 1.
    Fold,
    /// Print the OpenAPI document.
    Openapi,
    /// Print the schemas of events and of what is written to topics (JSON Schema, Avro, Protobuf, AsyncAPI), or write them to a directory.
    Schemas(schemas::Arguments),
    /// Check a configuration and print it.
    CheckConfig(Options),
}

/// Options of every command that opens a ledger. Each one may also stand in the environment, as MERCHANT_LEDGER_ and
/// its name in capitals (MERCHANT_LEDGER_LISTEN), and in the TOML file of --config; a flag stands before the
/// environment, the environment before the file.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// A TOML file with any of these options, and the section [risk]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data directory [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Where to listen; an address that is not loopback needs keys and TLS [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// The file of API keys; without it, and without [jwt], only this machine may ask
    #[arg(long, value_name = "FILE")]
    pub keys: Option<String>,
    /// The certificate of https://, and those that vouch for it: a PEM file
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<String>,
    /// The private key of --tls-certificate: a PEM file
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,
    /// Kafka; without it, the log is embedded in the data directory
    #[arg(long, value_name = "HOST:PORT")]
    pub brokers: Option<String>,
    /// The topic of terminal events [default: terminal-events]
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// How many partitions an embedded log is made with, or must have [default: as are there, 12 for a new one]
    #[arg(long, value_name = "COUNT")]
    pub partitions: Option<String>,
    /// What is logged to standard error: a filter such as info, or warn,server=debug [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// How it is logged: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl Options {
    /// Reads the configuration: these flags, the environment, the file.
    pub fn configuration(&self) -> Result<Config, ConfigError> {
        Config::read(&self.layers()?)
    }

    /// The same, before it is checked: each key with where its value was said.
    pub fn layers(&self) -> Result<Layers, ConfigError> {
        let mut layers = Layers::new();
        for (name, value) in [
            ("data", &self.data),
            ("listen", &self.listen),
            ("keys", &self.keys),
            ("tls.certificate", &self.tls_certificate),
            ("tls.key", &self.tls_key),
            ("brokers", &self.brokers),
            ("topic", &self.topic),
            ("partitions", &self.partitions),
            ("log", &self.log),
            ("log_format", &self.log_format),
        ] {
            layers.flag(name, value.clone());
        }
        // What is not Unicode cannot be one of our values.
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        layers.environment(environment);
        let file = self.config.clone().or_else(|| std::env::var_os("MERCHANT_LEDGER_CONFIG").map(PathBuf::from));
        if let Some(file) = file {
            layers.read_file(&file)?;
        }
        Ok(layers)
    }
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is wrong.
    #[error("bad configuration: {0}")]
    Configuration(#[from] ConfigError),
    /// The command was used wrongly.
    #[error("{0}")]
    Usage(String),
    /// What was checked is not right, or the work could not be done.
    #[error("{0}")]
    Failed(String),
    /// Whoever read the output has gone (`merchant-ledger openapi | head`): nothing is left to do, and nothing is wrong.
    #[error("nobody reads the output")]
    NobodyReads,
}

/// Refuses what is to be a directory and is a file, or lies below one; what is not there yet is none of it.
fn check_directory(option: &str, path: &Path) -> Result<(), Failure> {
    let is_none = match std::fs::metadata(path) {
        Ok(found) => !found.is_dir(),
        Err(error) => error.kind() == ErrorKind::NotADirectory,
    };
    if is_none { Err(Failure::Usage(format!("{option} = {path:?} is no directory; right would be one, or a path where there is nothing yet"))) } else { Ok(()) }
}

/// Writes a line to standard output. That nobody reads it is no failure: the command goes on with what else it does.
///
/// # Errors
/// Where standard output does not take it: a full disk.
pub fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    match writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::writing) {
        Err(Failure::NobodyReads) => Ok(()),
        said => said,
    }
}

impl Failure {
    /// Something that could not be done, told by the error that says why.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Output that was not taken.
    pub fn writing(error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        if error.kind() == std::io::ErrorKind::BrokenPipe { Self::NobodyReads } else { Self::failed(error) }
    }

    /// What the process answers.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::from(1),
            Self::NobodyReads => ExitCode::SUCCESS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_file_is_no_directory_and_nothing_may_become_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("file");
        std::fs::write(&file, "").expect("written");
        for right in [directory.path(), &directory.path().join("later/still")] {
            assert!(check_directory("--data", right).is_ok(), "{right:?}");
        }
        for wrong in [&file, &file.join("below")] {
            let failure = check_directory("--data", wrong).expect_err("no directory");
            assert_eq!(failure.exit_code(), ExitCode::from(2), "{failure}");
            assert!(failure.to_string().contains("is no directory"), "{failure}");
        }
    }

    #[test]
    fn exit_codes_tell_configuration_from_failure() {
        assert_eq!(Failure::Usage(String::new()).exit_code(), ExitCode::from(2));
        assert_eq!(Failure::failed("no").exit_code(), ExitCode::from(1));
    }
}
