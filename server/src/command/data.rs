//! What `--data` may be, before anything in it is opened: a data directory or nothing yet, and one that was made as the configuration says.

use super::copy::MANIFEST;
use super::{Failure, check_directory};
use crate::config::{Config, Error as ConfigError, Layers};
use ledger::directory::{LEDGER_FILE, Ledger, LogKind};
use std::path::Path;

/// Refuses what is to be the data directory and is a file, or a backup: a server that writes into one leaves nothing that `restore` takes.
pub fn check(data: &Path) -> Result<(), Failure> {
    check_directory("--data", data)?;
    if !data.join(MANIFEST).is_file() {
        return Ok(());
    }
    let place = data.display();
    Err(Failure::Usage(if data.join(LEDGER_FILE).exists() {
        // A server has started in it before that was refused.
        format!("{place} was a backup, and a server has written into it: remove {MANIFEST} in it to go on with it as a data directory, or use another backup")
    } else {
        format!("{place} is a backup: `merchant-ledger restore --from {place} --data OTHER`")
    }))
}

/// Refuses another number of partitions than the embedded log was made with, where the directory says that. Where it does not, the log
/// itself refuses it.
pub fn check_partitions(layers: &Layers, config: &Config) -> Result<(), ConfigError> {
    let (None, Some(wanted), Some(setting)) = (&config.brokers, config.partitions, layers.find("partitions")?) else { return Ok(()) };
    // A file that cannot be read is no matter of this number: whoever opens the directory says why.
    match Ledger::read(&config.data) {
        Ok(Some(made)) if made.log == LogKind::Embedded && made.partitions != wanted => {
            Err(ConfigError::Wrong { place: setting.place(), value: setting.text, expected: format!("{}, which this log was made with", made.partitions) })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
