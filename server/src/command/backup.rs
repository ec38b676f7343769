//! `backup`: copies the data directory of a server that is stopped. The views are left out: they are folded again.

use super::copy::{MANIFEST, Manifest, copy_tree, is_empty, read_heads};
use super::{Failure, Options};
use clap::Args;
use std::path::PathBuf;

/// From where to where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the backup goes: a directory that is empty, or not there
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// Copies it, and writes down how far each journal is and its head.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    if !is_empty(&arguments.to)? {
        return Err(Failure::Usage(format!("--to = {:?} is not empty; right would be a directory that is not there yet", arguments.to)));
    }
    // Opening the journals makes sure that no server has them; the copy is opened too, to see that it is whole.
    let heads = read_heads(&config.data)?;
    let bytes = copy_tree(&config.data, &arguments.to)?;
    if read_heads(&arguments.to)? != heads {
        return Err(Failure::Failed("the copy is not what was there before: something wrote to the data directory meanwhile".to_owned()));
    }
    let manifest = Manifest { heads };
    manifest.write(&arguments.to.join(MANIFEST))?;
    super::say(format_args!("{} shards, {bytes} bytes copied to {}", manifest.heads.len(), arguments.to.display()))?;
    Ok(())
}
