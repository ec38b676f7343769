//! `schemas`: the schemas of what travels: JSON Schema, Avro, Protobuf, and the AsyncAPI document of the topics.

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
    let mut documents = ::schemas::json_schema::documents();
    documents.extend(::schemas::avro::documents());
    documents.push(("asyncapi.yaml".to_owned(), ::schemas::asyncapi::document()));
    let protobuf = ::schemas::proto::documents();
    match &arguments.write {
        None => {
            let protobuf = protobuf.into_iter().map(|(name, text)| (name, serde_json::Value::String(text)));
            let all: serde_json::Map<String, serde_json::Value> = documents.into_iter().chain(protobuf).collect();
            say(serde_json::to_string_pretty(&all).map_err(Failure::failed)?)?;
        }
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|error| Failure::Failed(format!("{}: {error}", directory.display())))?;
            let pretty = |(name, document)| Ok((name, serde_json::to_string_pretty(&document).map_err(Failure::failed)? + "\n"));
            let texts = documents.into_iter().map(pretty).collect::<Result<Vec<_>, Failure>>()?;
            for (name, text) in texts.into_iter().chain(protobuf) {
                let path = directory.join(&name);
                std::fs::write(&path, text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
                say(path.display())?;
            }
        }
    }
    Ok(())
}
