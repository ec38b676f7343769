//! The questions that are asked of a registry, by Confluent's API, which Karapace and Apicurio have, too.

use super::Encoding;
use crate::access::vouching;
use crate::config::Registry as Configured;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::log::{self, Code};
use serde_json::{Value, json};
use std::time::Duration;

/// The longest that one question may take.
pub const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
/// Schemas that one may refer to, with those that they refer to.
pub const REFERENCES_MAX: usize = 64;
/// The longest answer that is read: a schema and some words.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// What bodies are.
const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// A registry.
#[derive(Clone)]
pub struct Registry {
    url: String,
    authorization: Option<String>,
    agent: ureq::Agent,
}

/// What a schema is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Avro.
    Avro,
    /// Protobuf.
    Protobuf,
    /// JSON Schema.
    Json,
}

/// A schema as a registry tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What others import it by.
    pub name: String,
    /// How it is written.
    pub language: Language,
    /// What it says.
    pub text: String,
    /// All that it refers to, one by one.
    pub references: Vec<Self>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Registry {
    /// As configured; nothing is asked yet.
    ///
    /// # Errors
    /// The file of who may vouch for it cannot be read.
    pub fn new(configured: &Configured) -> Result<Self, log::Error> {
        let tls =
            vouching::tls("registry.certificates", configured.certificates.as_deref()).map_err(|what| log::Error::new(Code::RegistryUnreachable, what))?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_WAIT_MAX)).tls_config(tls).build().new_agent();
        let basic = |user: &String| format!("Basic {}", STANDARD.encode(format!("{user}:{}", configured.password.as_deref().unwrap_or_default())));
        Ok(Self { url: configured.url.trim_end_matches('/').to_owned(), authorization: configured.user.as_ref().map(basic), agent })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of a schema under a subject, registered where it is not there yet.
    ///
    /// # Errors
    /// `registry_unreachable`: there is no answer; `schema_refused`: it is not taken.
    pub fn register(&self, subject: &str, encoding: Encoding, schema: &str) -> Result<u32, log::Error> {
        let is_kept = self.keep_compatible(subject)?;
        let kind = match encoding {
            Encoding::Protobuf => "PROTOBUF",
            Encoding::Avro | Encoding::Json => "AVRO",
        };
        let (status, body) = self.ask("POST", &format!("/subjects/{subject}/versions"), Some(&json!({ "schema": schema, "schemaType": kind })))?;
        let id = body["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let Some(id) = id.filter(|_| status == 200) else {
            let code = if status == 409 || status == 422 { Code::SchemaRefused } else { Code::RegistryUnreachable };
            let detail = format!("the schema registry at {} does not take the schema of {subject}: {status} {body}; it is tried again", self.url);
            return Err(log::Error::new(code, detail));
        };
        // Some registries know a subject only now.
        if !is_kept {
            self.keep_compatible(subject)?;
        }
        Ok(id)
    }

    /// Asks that a later version must be able to read what an earlier one wrote, unless somebody asked for more. Whether that is so.
    fn keep_compatible(&self, subject: &str) -> Result<bool, log::Error> {
        let path = format!("/config/{subject}");
        let (status, body) = self.ask("GET", &path, None)?;
        let level = body["compatibilityLevel"].as_str().unwrap_or("NONE");
        if status == 200 && level != "NONE" {
            return Ok(true);
        }
        let (status, _) = self.ask("PUT", &path, Some(&json!({ "compatibility": "BACKWARD" })))?;
        Ok(status == 200)
    }

    /// A schema with all that it refers to; nothing where the registry knows none of this id.
    ///
    /// # Errors
    /// `registry_unreachable`; `schema_unknown`: it refers to what is not there, or to too much.
    pub fn schema(&self, id: u32) -> Result<Option<Found>, log::Error> {
        let (status, body) = self.ask("GET", &format!("/schemas/ids/{id}"), None)?;
        if status == 404 {
            return Ok(None);
        }
        let mut found = self.found(String::new(), status, &body)?;
        let mut waiting = references(&body);
        while let Some((name, subject, version)) = waiting.pop() {
            if found.references.len() >= REFERENCES_MAX {
                return Err(log::Error::new(Code::SchemaUnknown, format!("schema {id} refers to more than {REFERENCES_MAX} others")));
            }
            if found.references.iter().all(|known| known.name != name) {
                let (status, body) = self.ask("GET", &format!("/subjects/{}/versions/{version}", escaped(&subject)), None)?;
                waiting.extend(references(&body));
                let referred = self.found(name, status, &body)?;
                found.references.push(referred);
            }
        }
        Ok(Some(found))
    }

    fn found(&self, name: String, status: u16, body: &Value) -> Result<Found, log::Error> {
        let language = match body["schemaType"].as_str() {
            None | Some("AVRO") => Language::Avro,
            Some("PROTOBUF") => Language::Protobuf,
            Some("JSON") => Language::Json,
            Some(other) => {
                return Err(log::Error::new(Code::SchemaUnknown, format!("the registry at {} has a schema in {other}, which is not read", self.url)));
            }
        };
        match (status, body["schema"].as_str()) {
            (200, Some(text)) => Ok(Found { name, language, text: text.to_owned(), references: Vec::new() }),
            (404, _) => Err(log::Error::new(Code::SchemaUnknown, format!("the registry at {} does not have what a schema refers to: {body}", self.url))),
            _ => Err(self.failed(&format!("{status} {body}"))),
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), log::Error> {
        let url = format!("{}{path}", self.url);
        let mut request = ureq::http::Request::builder().method(method).uri(&url).header("accept", MEDIA_TYPE);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let failed = |what: &dyn std::fmt::Display| self.failed(&what.to_string());
        let answer = match body {
            Some(body) => {
                let request = request.header("content-type", MEDIA_TYPE).body(body.to_string()).map_err(|error| failed(&error))?;
                self.agent.run(request)
            }
            None => self.agent.run(request.body(()).map_err(|error| failed(&error))?),
        };
        let mut answer = answer.map_err(|error| failed(&vouching::told(&error)))?;
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().map_err(|error| failed(&error))?;
        match answer.status().as_u16() {
            401 | 403 => Err(failed(&"it refuses the service's user: see registry.user and registry.password")),
            status => Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text)))),
        }
    }

    fn failed(&self, what: &str) -> log::Error {
        log::Error::new(Code::RegistryUnreachable, format!("the schema registry at {}: {what}; it is tried again", self.url))
    }
}

/// What a schema refers to: the name of each, its subject and version.
fn references(body: &Value) -> Vec<(String, String, u64)> {
    let reference = |of: &Value| Some((of["name"].as_str()?.to_owned(), of["subject"].as_str()?.to_owned(), of["version"].as_u64()?));
    body["references"].as_array().into_iter().flatten().filter_map(reference).collect()
}

/// A subject as part of a path.
fn escaped(subject: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    subject.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
