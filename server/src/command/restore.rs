//! `restore`: makes a data directory of a backup, and checks that each journal has the head that was written down.

use super::copy::{MANIFEST, Manifest, copy_tree, is_empty, read_heads};
use super::{Failure, Options};
use clap::Args;
use std::path::PathBuf;

/// From where to where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The configuration: its data directory must be empty, or not there.
    #[command(flatten)]
    pub options: Options,
}

/// Copies it back and compares the heads.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    if !is_empty(&config.data)? {
        return Err(Failure::Usage(format!("--data = {:?} is not empty; right would be a directory that is not there yet", config.data)));
    }
    let manifest = Manifest::read(&arguments.from.join(MANIFEST))?;
    let bytes = copy_tree(&arguments.from, &config.data)?;
    let heads = read_heads(&config.data)?;
    if heads != manifest.heads {
        return Err(Failure::Failed("the journals are not the ones that were backed up: their heads differ".to_owned()));
    }
    super::say(format_args!("{} shards, {bytes} bytes restored to {}", heads.len(), config.data.display()))?;
    Ok(())
}
