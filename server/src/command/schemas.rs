//! `schemas`: the JSON Schemas of what travels.

use super::{Failure, say};
use clap::Args;
use std::path::PathBuf;

/// Where to.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Write each document to this directory, instead of printing all of them as one JSON object by name
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

/// Prints or writes every document.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let documents = ::schemas::json_schema::documents();
    match &arguments.write {
        None => {
            let all: serde_json::Map<String, serde_json::Value> = documents.into_iter().collect();
            say(serde_json::to_string_pretty(&all).map_err(Failure::failed)?)?;
        }
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|error| Failure::Failed(format!("{}: {error}", directory.display())))?;
            for (name, document) in documents {
                let path = directory.join(&name);
                let text = serde_json::to_string_pretty(&document).map_err(Failure::failed)?;
                std::fs::write(&path, text + "\n").map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
                say(path.display())?;
            }
        }
    }
    Ok(())
}
